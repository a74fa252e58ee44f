use serde_json::{Value, json};

use super::{create, refused, refused_update, update};

fn base(indexes: Value) -> Value {
    let fields =
        json!([{"name": "x", "type": "text"}, {"name": "s", "type": "text", "id": "s1", "system": true}]);
    json!({"name": "a", "fields": fields, "indexes": indexes})
}

#[test]
fn texts_stay_unless_the_table_differs() {
    let texts = ["create index i1 on a (x)", "create   index `i2` on `A` (`x` desc)", "nonsense"];
    let collection = create(base(json!(texts)));
    assert_eq!(collection.indexes, [texts[0], "CREATE INDEX `i2` ON `a` (`x` DESC)", texts[2]]);
    let renamed = update(&collection, json!({"name": "b"}));
    assert_eq!(
        renamed.indexes,
        ["CREATE INDEX `i1` ON `b` (`x`)", "CREATE INDEX `i2` ON `b` (`x` DESC)", "nonsense"]
    );
    assert_eq!(renamed.parsed_indexes().len(), 2);
}

#[test]
fn the_first_fault_is_reported() {
    for (indexes, expected) in [
        (json!([""]), "indexes.0 invalid_index_expression"),
        (json!(["create index i on a (x)", "bad", "bad"]), "indexes.1 invalid_index_expression"),
        (json!(["create index i on a (x)", "create index I on a (s)"]), "indexes.1 duplicated_index_name"),
        (
            json!(["create index i on a (x)", "create index j on b (`x`)"]),
            "indexes.1 duplicated_index_definition",
        ),
        (json!(["create index IDX_mfas_collectionRef_recordRef on a (x)"]), "indexes.0 existing_index_name"),
        (json!(["create index idx__collections_type on a (x)"]), "indexes.0 existing_index_name"),
    ] {
        assert_eq!(refused(base(indexes)), [expected]);
    }
    let similar =
        ["create index i on a (x)", "create unique index j on a (x)", "create index k on a (x) where x = 1"];
    assert_eq!(refused(base(json!(similar))), [""; 0]);
}

#[test]
fn unique_indexes_of_system_fields_stay() {
    let before = create(base(json!(["create unique index i on a (x, s)", "create index j on a (s)"])));
    for (statement, stays) in [
        ("create unique index k on a (x, s)", true),
        ("create unique index i on a (`x` collate nocase, s desc) where x = 1", true),
        ("create index i on a (x, s)", false),
        ("create unique index i on a (s, x)", false),
        ("create unique index i on a (X, s)", false),
        ("create unique index i on a (s)", false),
    ] {
        let expected: &[&str] = if stays { &[] } else { &["indexes invalid_unique_system_field_index"] };
        assert_eq!(refused_update(&before, json!({"indexes": [statement]})), expected, "{statement}");
    }
}

#[test]
fn sign_in_gets_its_indexes() {
    let name = |collection: &super::Collection| {
        collection.parsed_indexes().iter().map(|index| index.name.clone()).collect::<Vec<_>>()
    };
    let auth = |extra: (&str, Value)| {
        let mut value = json!({"name": "w1", "type": "auth"});
        value[extra.0] = extra.1;
        create(value)
    };
    let default = auth(("id", json!("own")));
    assert_eq!(name(&default), ["idx_tokenKey_pbc_3496038587", "idx_email_pbc_3496038587"]);
    assert_eq!(
        default.indexes[1],
        "CREATE UNIQUE INDEX `idx_email_pbc_3496038587` ON `w1` (`email`) WHERE `email` != ''"
    );
    assert_eq!(name(&update(&default, json!({"indexes": []}))), ["idx_tokenKey_own", "idx_email_own"]);
    let own = update(&default, json!({"indexes": ["create unique index u on w1 (EMAIL)"]}));
    assert_eq!(name(&own), ["u", "idx_tokenKey_own"]);
    assert!(own.has_unique_single_index("email").is_some());
    let weak = json!({"indexes": ["create index idx_email_own on w1 (email)"]});
    assert_eq!(refused_update(&default, weak), ["indexes.2 duplicated_index_name"]);
}
