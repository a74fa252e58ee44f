use proptest::prelude::*;

use super::{Index, IndexColumn};

fn canonical(statement: &str) -> Option<String> {
    Index::parse(statement).map(|index| index.to_sql())
}

#[test]
fn statements_become_canonical() {
    for (statement, expected) in [
        ("create index a on t (x)", "CREATE INDEX `a` ON `t` (`x`)"),
        (
            "CREATE UNIQUE INDEX IF NOT EXISTS a on t(x, y)",
            "CREATE UNIQUE INDEX IF NOT EXISTS `a` ON `t` (\n  `x`,\n  `y`\n)",
        ),
        ("create unique index main.a on t (x)", "CREATE UNIQUE INDEX `main`.`a` ON `t` (`x`)"),
        (
            "CREATE INDEX 'a' on [t] (`x`, \"y\", [z], 'v')",
            "CREATE INDEX `a` ON `t` (\n  `x`,\n  `y`,\n  `z`,\n  `v`\n)",
        ),
        (
            "create index a on t (x collate   NoCase desc, y asc)",
            "CREATE INDEX `a` ON `t` (\n  `x` COLLATE NoCase DESC,\n  `y` ASC\n)",
        ),
        (
            "create index a on t (lower(x) desc, substr(y, 1, 2))",
            "CREATE INDEX `a` ON `t` (\n  lower(x) DESC,\n  substr(y, 1, 2)\n)",
        ),
        ("create index a on t ((x))", "CREATE INDEX `a` ON `t` ((x))"),
        ("create index a on t (x || ',')", "CREATE INDEX `a` ON `t` (x || ',')"),
        ("create index a on t (x) WHERE   x != ''  ", "CREATE INDEX `a` ON `t` (`x`) WHERE x != ''"),
        ("create index a on t (x) where (x = 'y') ; ", "CREATE INDEX `a` ON `t` (`x`) WHERE (x = 'y')"),
        (
            "create index a on t (x) where x in ('y)', ' where ;')",
            "CREATE INDEX `a` ON `t` (`x`) WHERE x in ('y)', ' where ;')",
        ),
        ("\n create\tindex\n a\n on\n t\n (\n x\n,\n y,)\n", "CREATE INDEX `a` ON `t` (\n  `x`,\n  `y`\n)"),
        ("-- why\ncreate index a on t (x)", "CREATE INDEX `a` ON `t` (`x`)"),
        ("create index `a``b` on t (x)", "CREATE INDEX `a``b` ON `t` (`x`)"),
        (
            "create index a-b on t (x collate nocase collate rtrim)",
            "CREATE INDEX `a-b` ON `t` (x collate nocase COLLATE rtrim)",
        ),
    ] {
        assert_eq!(canonical(statement).as_deref(), Some(expected), "{statement}");
    }
}

#[test]
fn other_texts_are_refused() {
    for statement in [
        "",
        "drop table t",
        "create uniqueindex a on t (x)",
        "create index on t (x)",
        "create index if not exists on t (x)",
        "create index a on t",
        "create index a on t ()",
        "create index a on t (,)",
        "create index a on t ('')",
        "create index a on t (x) y",
        "create index a on t (x);",
        "create index a on t (x); drop table t",
        "create index a on t (x) where",
        "create index a on t (x) where ;",
        "create index a on t (x) where x = 1; drop table t",
        "create index a on t (x)where x = 1",
        "create index 'a on t (x)",
        "create index a' on t (x)",
        "create index `a] on t (x)",
        "create index `a b` on t (x)",
        "create index a.b.c on t (x)",
        "create index a on t (lower(x)",
        "create index a on t ('x)",
    ] {
        assert_eq!(Index::parse(statement), None, "{statement}");
    }
}

#[test]
fn the_table_is_as_written_where_it_is_no_plain_name() {
    for (table, expected) in [("t", "t"), ("`t`", "t"), ("[t]", "t"), ("main.t", "main.t"), ("", "")] {
        let index = Index::parse(&format!("create index a on {table} (x)"));
        assert_eq!(index.map(|index| index.table).as_deref(), Some(expected));
    }
}

#[test]
fn a_unique_index_of_one_column() {
    let is_unique_of = |statement: &str| Index::parse(statement).is_some_and(|index| index.is_unique_of("x"));
    assert!(is_unique_of("create unique index a on t (x)"));
    assert!(is_unique_of("create unique index a on t (`X` collate nocase) where x != ''"));
    assert!(!is_unique_of("create index a on t (x)"));
    assert!(!is_unique_of("create unique index a on t (x, y)"));
    assert!(!is_unique_of("create unique index a on t (lower(x))"));
}

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_é-]{1,12}"
}

fn column() -> impl Strategy<Value = IndexColumn> {
    let collate = prop_oneof![Just(String::new()), Just("NOCASE".to_owned())];
    let sort = prop_oneof![Just(String::new()), Just("ASC".to_owned()), Just("DESC".to_owned())];
    ("[A-Za-z0-9_,()' ;`]{1,8}", collate, sort).prop_map(|(name, collate, sort)| IndexColumn {
        name,
        is_expression: false,
        collate,
        sort,
    })
}

proptest! {
    #[test]
    fn canonical_statements_read_back_the_same(
        unique: bool,
        optional: bool,
        schema_name in prop_oneof![Just(String::new()), name()],
        name in name(),
        table in name(),
        columns in prop::collection::vec(column(), 1..4),
        where_clause in prop_oneof![Just(String::new()), Just("`x` != ')' AND (y = 1)".to_owned())],
    ) {
        let index = Index { unique, optional, schema_name, name, table, columns, where_clause };
        prop_assert_eq!(Index::parse(&index.to_sql()), Some(index));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(?i)(create (unique )?index )?.{0,20}( on )?.{0,10}[(].{0,20}[)]?( where )?.{0,20}") {
        if let Some(index) = Index::parse(&text) {
            let again = Index::parse(&index.to_sql());
            // What is written back is either the same index or left to the database to refuse.
            prop_assert!(again.is_none_or(|again| again.name == index.name && again.unique == index.unique));
        }
    }
}
