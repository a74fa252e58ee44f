//! What a view's query selects, from its text: a light reading of the top-level SELECT list and tables.
//!
//! The database knows the columns' names; which field a column comes from only the text can tell.
//! Whatever this reading does not understand becomes a `json` field, so it need not be a SQL parser.

use super::scan::{self, Part};

/// A selected expression or a table, with the name it goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// As written, without the quotes of a plain name.
    pub expression: String,
    pub alias: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Selected {
    pub columns: Vec<Item>,
    pub tables: Vec<Item>,
}

/// Whether the query selects `*` or `table.*`.
pub(super) fn has_wildcard(query: &str) -> bool {
    let (columns, _) = sections(query);
    columns.iter().filter_map(|words| words.first()).any(|word| word == "*" || word.ends_with(".*"))
}

/// Reads the selected columns and the tables. The error is for the person who wrote the query.
pub(super) fn selected(query: &str) -> Result<Selected, String> {
    let (columns, tables) = sections(query);
    Ok(Selected {
        columns: columns.iter().map(|words| item(words)).collect::<Result<_, _>>()?,
        tables: tables.iter().map(|words| item(words)).collect::<Result<_, _>>()?,
    })
}

/// Where a word of the query belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Select,
    From,
    /// After `on`: the next join or comma goes on with tables.
    On,
    Other,
}

type Items = Vec<Vec<String>>;

/// Splits into the words of each selected column and of each table. The lists of a union's
/// members run into each other.
fn sections(query: &str) -> (Items, Items) {
    let (mut columns, mut tables) = (Items::new(), Items::new());
    let mut section = Section::Other;
    for word in words(&scan::without_comments(query)) {
        match (section, word.to_ascii_lowercase().as_str()) {
            (_, "select") => {
                section = Section::Select;
                open_item(&mut columns);
            }
            (_, "from") => {
                section = Section::From;
                open_item(&mut tables);
            }
            (_, "where" | "group" | "having" | "order" | "limit") => section = Section::Other,
            (Section::Select, ",") => columns.push(Vec::new()),
            (Section::Select, "distinct" | "all") if columns.last().is_none_or(Vec::is_empty) => {}
            (Section::Select, _) => push(&mut columns, word),
            (Section::From, "on") => section = Section::On,
            (
                Section::From | Section::On,
                "," | "join" | "left" | "right" | "full" | "inner" | "outer" | "cross" | "natural",
            ) => {
                section = Section::From;
                tables.push(Vec::new());
            }
            (Section::From, _) => push(&mut tables, word),
            (Section::On | Section::Other, _) => {}
        }
    }
    columns.retain(|words| !words.is_empty());
    tables.retain(|words| !words.is_empty());
    (columns, tables)
}

fn open_item(items: &mut Items) {
    if items.is_empty() {
        items.push(Vec::new());
    }
}

fn push(items: &mut Items, word: String) {
    match items.last_mut() {
        Some(words) => words.push(word),
        None => items.push(vec![word]),
    }
}

/// Words between blanks; what is quoted or in parentheses does not end a word. Commas are words.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut depth = 0_usize;
    for (_, character, part) in scan::characters(text) {
        if part == Part::Code {
            match character {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    take(&mut word, &mut words);
                    words.push(",".to_owned());
                    continue;
                }
                _ if character.is_whitespace() && depth == 0 => {
                    take(&mut word, &mut words);
                    continue;
                }
                _ => {}
            }
        }
        word.push(character);
    }
    take(&mut word, &mut words);
    words
}

fn take(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// `expression`, `expression alias` or `expression as alias`.
fn item(words: &[String]) -> Result<Item, String> {
    let (expression, alias) = match words {
        [expression] => (expression, last_segment(expression)),
        [expression, alias] => (expression, alias.as_str()),
        [expression, keyword, alias] if keyword.eq_ignore_ascii_case("as") => (expression, alias.as_str()),
        [_, keyword, _] => return Err(format!("invalid identifier part - expected \"as\", got {keyword}")),
        _ => return Err(format!("invalid identifier parts [{}]", words.join(" "))),
    };
    Ok(Item { expression: unquoted_path(expression), alias: unquoted(alias).to_owned() })
}

fn last_segment(expression: &str) -> &str {
    match expression.rsplit_once('.') {
        Some((_, name)) if is_path(expression) => name,
        _ => expression,
    }
}

/// A name or names joined by dots, quoted or not.
fn is_path(expression: &str) -> bool {
    scan::characters(expression).all(|(_, character, part)| {
        part == Part::Quoted
            || character == '.'
            || character == '_'
            || character == '$'
            || character.is_alphanumeric()
    })
}

fn unquoted_path(expression: &str) -> String {
    if !is_path(expression) {
        return expression.to_owned();
    }
    // What stands in single quotes is a text, where it is not a name to go by.
    let names = expression.split('.').map(|name| if name.starts_with('\'') { name } else { unquoted(name) });
    names.collect::<Vec<_>>().join(".")
}

fn unquoted(name: &str) -> &str {
    let quotes = [('`', '`'), ('"', '"'), ('[', ']'), ('\'', '\'')];
    let inner = quotes.iter().find_map(|&(open, close)| name.strip_prefix(open)?.strip_suffix(close));
    inner.unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(query: &str) -> Vec<(String, String)> {
        let selected = selected(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        selected.columns.into_iter().map(|item| (item.expression, item.alias)).collect()
    }

    fn tables(query: &str) -> Vec<(String, String)> {
        let selected = selected(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        selected.tables.into_iter().map(|item| (item.expression, item.alias)).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|&(expression, alias)| (expression.to_owned(), alias.to_owned())).collect()
    }

    #[test]
    fn reads_columns() {
        assert_eq!(columns("select id, b.a from base b"), pairs(&[("id", "id"), ("b.a", "a")]));
        assert_eq!(
            columns("SELECT distinct\n`b`.`id` , [b].[a] as \"x\",\tcount(*) c from base"),
            pairs(&[("b.id", "id"), ("b.a", "x"), ("count(*)", "c")])
        );
        assert_eq!(
            columns("select (select a, b from c) as x, 'y, from z' y, a||n as w from t"),
            pairs(&[("(select a, b from c)", "x"), ("'y, from z'", "y"), ("a||n", "w")])
        );
        assert_eq!(
            columns("with x as (select q from w) select id from x where a in (select 1)"),
            pairs(&[("id", "id")])
        );
        assert_eq!(columns("select 'a' as 'b' from t"), pairs(&[("'a'", "b")]));
        assert_eq!(
            columns("select coalesce(a.x, 1.5) from t"),
            pairs(&[("coalesce(a.x, 1.5)", "coalesce(a.x, 1.5)")])
        );
    }

    #[test]
    fn reads_tables() {
        assert_eq!(tables("select id from a"), pairs(&[("a", "a")]));
        assert_eq!(
            tables(
                "select id from `a` as x, b y left outer join [c] on c.d = y.e join d where 1 order by 2, 3"
            ),
            pairs(&[("a", "x"), ("b", "y"), ("c", "c"), ("d", "d")])
        );
        assert_eq!(
            tables("select id from (select 1) t cross join c"),
            pairs(&[("(select 1)", "t"), ("c", "c")])
        );
    }

    #[test]
    fn refuses_what_it_cannot_name() {
        for (query, error) in [
            ("select id, a + n as x from t", "invalid identifier parts [a + n as x]"),
            ("select id, a b c from t", "invalid identifier part - expected \"as\", got b"),
            (
                "select id from a union select id from b",
                "invalid identifier part - expected \"as\", got union",
            ),
        ] {
            assert_eq!(selected(query), Err(error.to_owned()), "{query}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reads_any_text(text in "[a-z .,;'\"`()\\[\\]*/\\-\n\u{e9}]{0,40}|.{0,40}") {
            let _ = (has_wildcard(&text), selected(&text), scan::single_query(&text));
        }
    }

    #[test]
    fn finds_wildcards() {
        for query in ["select * from t", "select id, t.* from t", "select distinct * from t"] {
            assert!(has_wildcard(query), "{query}");
        }
        for query in [
            "select count(*) as c from t",
            "select 2*3 as x",
            "select '*' as x",
            "select a from (select * from b)",
        ] {
            assert!(!has_wildcard(query), "{query}");
        }
    }
}
