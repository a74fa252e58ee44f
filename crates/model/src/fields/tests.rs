use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::cell::CellRef;
use crate::{Object, Value, json};

mod definitions;

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

fn field(kind: &str, options: Value) -> Field {
    let mut definition = object(options);
    definition.insert("type".to_owned(), kind.into());
    definition.entry("name").or_insert("t".into());
    Field::from_json(&definition).unwrap()
}

/// The normalised value, or the code and message of the error.
fn save(field: &Field, raw: Value) -> Result<Value, String> {
    let value = field.normalize(&raw);
    match field.validate(&value) {
        Ok(()) => {
            // What is stored must come back unchanged, as a value and as JSON text.
            let cell = field.to_cell(&value);
            assert_eq!(field.from_cell(cell.as_ref()), value, "{raw}");
            let mut out = Vec::new();
            field.write_cell(cell.as_ref(), &mut out);
            if field.type_name() != "password" {
                assert_eq!(String::from_utf8(out).unwrap(), json::to_text(&value));
            }
            Ok(value)
        }
        Err(invalid) => {
            Err(format!("{} {} {}", invalid.code, invalid.message, json!(invalid.params)).replace(" {}", ""))
        }
    }
}

#[track_caller]
fn saves(field: &Field, cases: &[(Value, Value)]) {
    for (raw, expected) in cases {
        assert_eq!(save(field, raw.clone()), Ok(expected.clone()), "{raw}");
    }
}

#[track_caller]
fn refuses(field: &Field, cases: &[(Value, &str)]) {
    for (raw, expected) in cases {
        assert_eq!(save(field, raw.clone()), Err((*expected).to_owned()), "{raw}");
    }
}

#[test]
fn texts_take_plain_values_and_nothing_else() {
    let text = field("text", json!({"min": 3, "max": 5}));
    saves(
        &text,
        &[
            (json!("ééé"), json!("ééé")),
            (json!(123), json!("123")),
            (json!(true), json!("true")),
            (json!(null), json!("")),
            (json!(["abc"]), json!("")),
            (json!({}), json!("")),
        ],
    );
    refuses(
        &text,
        &[
            (json!("a"), r#"validation_min_text_constraint Must be at least 3 character(s). {"min":3}"#),
            (
                json!("abcdef"),
                r#"validation_max_text_constraint Must be no more than 5 character(s). {"max":5}"#,
            ),
        ],
    );
    let free = field("text", json!({}));
    saves(
        &free,
        &[
            (json!(1e21), json!("1000000000000000000000")),
            (json!(1e-7), json!("0.0000001")),
            (json!(12_345_678_901_234_567_890_u64), json!("12345678901234567000")),
        ],
    );
    assert!(save(&free, json!("a".repeat(5001))).is_err() && save(&free, json!("a".repeat(5000))).is_ok());
    refuses(
        &field("text", json!({"pattern": "^[a-z]+$"})),
        &[(json!("1a"), "validation_invalid_format Invalid value format")],
    );
    refuses(
        &field("text", json!({"required": true})),
        &[(json!([]), "validation_required Cannot be blank.")],
    );
}

#[test]
fn ids_of_free_patterns_cannot_break_paths() {
    let id =
        field("text", json!({"name": "id", "primaryKey": true, "required": true, "pattern": r"^[\s\S]+$"}));
    for good in ["_", "-", "~", "@", "null", "com0", "lpt0", "com", "q\u{1}", "é"] {
        assert!(save(&id, json!(good)).is_ok(), "{good}");
    }
    refuses(
        &id,
        &[
            (
                json!("a$."),
                r#"validation_forbidden_pk_character '.' is not a valid primary key character {"ch":"."}"#,
            ),
            (
                json!("a b"),
                r#"validation_forbidden_pk_character ' ' is not a valid primary key character {"ch":" "}"#,
            ),
            (
                json!("aux"),
                r#"validation_reserved_pk The primary key 'AUX' is reserved and cannot be used {"reserved":"AUX"}"#,
            ),
        ],
    );
    let default = field(
        "text",
        json!({"name": "id", "primaryKey": true, "pattern": "^[a-z0-9]+$", "min": 15, "max": 15}),
    );
    refuses(&default, &[(json!("aaaaaaaaaaaaaa."), "validation_invalid_format Invalid value format")]);
}

#[test]
fn numbers_are_read_from_texts_as_go_reads_them() {
    let number = field("number", json!({}));
    for (text, expected) in [
        ("0x10", 0.0),
        ("0x1p-2", 0.25),
        ("0X1p4", 16.0),
        ("0x_1p4", 16.0),
        ("0x1.8p1", 3.0),
        ("1_000", 1000.0),
        ("1_000.5_5", 1000.55),
        ("1e5_0", 1e50),
        ("1__0", 0.0),
        ("_1", 0.0),
        ("1_", 0.0),
        ("1_.5", 0.0),
        (" 5", 0.0),
        ("5 ", 0.0),
        ("+5", 5.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e400", 0.0),
        ("1e-400", 0.0),
        ("-0", 0.0),
        ("0b11", 0.0),
        ("0o17", 0.0),
        ("1E5", 100_000.0),
        ("-007", -7.0),
        ("-nan", 0.0),
        ("-", 0.0),
        ("", 0.0),
        ("abc", 0.0),
        ("1,000", 0.0),
    ] {
        saves(&number, &[(json!(text), json::number(expected))]);
    }
    for text in ["inf", "-inf", "Infinity", "nan", "NaN", "+Inf"] {
        refuses(
            &number,
            &[(json!(text), "validation_not_a_number The submitted number is not properly formatted")],
        );
    }
    saves(&number, &[(json!(true), json!(1)), (json!([5]), json!(0)), (json!(2.0), json!(2))]);
}

#[test]
fn number_bounds_do_not_hold_for_zero() {
    let bounded = field("number", json!({"min": 1.5, "max": 1e6}));
    saves(&bounded, &[(json!(0), json!(0)), (json!(1.5), json!(1.5))]);
    refuses(
        &bounded,
        &[
            (json!(1), r#"validation_min_number_constraint Must be greater or equal than 1.5 {"min":1.5}"#),
            (
                json!(1e7),
                r#"validation_max_number_constraint Must be less or equal than 1e+06 {"max":1000000}"#,
            ),
        ],
    );
    let whole = field("number", json!({"onlyInt": true}));
    refuses(&whole, &[(json!(0.5), "validation_only_int_constraint Decimal numbers are not allowed")]);
    saves(&whole, &[(json!(1e300), json!(1e300))]);
}

#[test]
fn bools_know_few_texts() {
    let flag = field("bool", json!({}));
    for (raw, expected) in [
        (json!(0), false),
        (json!(-1), true),
        (json!(0.5), true),
        (json!("yes"), false),
        (json!("1"), true),
        (json!("T"), true),
        (json!("tRUE"), false),
        (json!([]), false),
        (json!(null), false),
    ] {
        saves(&flag, &[(raw, json!(expected))]);
    }
    refuses(
        &field("bool", json!({"required": true})),
        &[(json!(false), "validation_required Cannot be blank.")],
    );
}

#[test]
fn selects_take_lists_in_many_forms() {
    let many = field("select", json!({"values": ["a", "b", "c", "1", "x[y"], "maxSelect": 3}));
    let one = field("select", json!({"values": ["a", "b", "c", "1"]}));
    saves(
        &many,
        &[
            (json!("a"), json!(["a"])),
            (json!(["a", "a", ""]), json!(["a"])),
            (json!("[\"a\",\"b\"]"), json!(["a", "b"])),
            (json!(" [\"a\"]"), json!(["a"])),
            (json!("x[y"), json!(["x[y"])),
            (json!(["a", 1]), json!(["a", "1"])),
            (json!(1), json!(["1"])),
            (json!(null), json!([])),
            (json!({"x": 1}), json!([])),
            (json!([["a"]]), json!([])),
        ],
    );
    saves(
        &one,
        &[(json!("[\"a\",\"b\"]"), json!("b")), (json!(["a", "b"]), json!("b")), (json!("[]"), json!(""))],
    );
    refuses(
        &many,
        &[
            (json!("[\"a\",1]"), r#"validation_invalid_value Invalid value ["a",1] {"value":"[\"a\",1]"}"#),
            (
                json!(["a", "b", "c", "zz"]),
                r#"validation_too_many_values Select no more than 3 {"maxSelect":3}"#,
            ),
            (json!(["a", "zz"]), r#"validation_invalid_value Invalid value zz {"value":"zz"}"#),
        ],
    );
}

#[test]
fn relations_and_files_count_their_values() {
    let relation = field("relation", json!({"collectionId": "x", "minSelect": 2, "maxSelect": 3}));
    refuses(
        &relation,
        &[
            (json!(["a"]), r#"validation_not_enough_values Select at least 2 {"minSelect":2}"#),
            (
                json!(["a", "b", "c", "d"]),
                r#"validation_too_many_values Select no more than 3 {"maxSelect":3}"#,
            ),
        ],
    );
    saves(&relation, &[(json!([]), json!([]))]);
    let FieldKind::File(options) =
        field("file", json!({"maxSelect": 2, "maxSize": 3, "mimeTypes": ["image/png"]})).kind
    else {
        panic!("not a file")
    };
    assert!(options.validate_count(2).is_ok() && options.validate_count(3).is_err());
    assert!(options.validate_size("a", 3).is_ok() && options.validate_size("a", 4).is_err());
    assert_eq!(options.invalid_mime_type("a").message, "\"a\" mime type must be one of: image/png.");
    let submitted = json!(["x", "y"]);
    assert_eq!(file::FileOptions::unknown_names(&submitted, &json!(["y"])), ["x"]);
    assert_eq!(file::FileOptions::invalid_names(&["x", "y"]).message, "Invalid new files: [x y].");
}

#[test]
fn json_texts_are_read_where_they_are_json() {
    let any = field("json", json!({}));
    saves(
        &any,
        &[
            (json!("\"\""), json!("")),
            (json!("\"x\""), json!("x")),
            (json!("true"), json!(true)),
            (json!("nullx"), json!("nullx")),
            (json!("1"), json!(1)),
            (json!("01"), json!("01")),
            (json!("-"), json!("-")),
            (json!("[1"), json!("[1")),
            (json!("[1] x"), json!("[1] x")),
            (json!(" {\"a\":1}"), json!(" {\"a\":1}")),
            (json!("1e5"), json!(100_000)),
            (json!(""), json!("")),
            (json!({"b": 1, "a": 1.0}), json!({"a": 1, "b": 1})),
            (json!(null), Value::Null),
        ],
    );
    let small = field("json", json!({"maxSize": 10}));
    refuses(
        &small,
        &[(
            json!({"a": "éé"}),
            r#"validation_json_size_limit The maximum allowed JSON size is 10 bytes {"maxSize":10}"#,
        )],
    );
    let required = field("json", json!({"required": true}));
    for blank in [json!(null), json!(""), json!([]), json!({}), json!("[]"), json!("\"\"")] {
        refuses(&required, &[(blank, "validation_required Cannot be blank.")]);
    }
    let mut out = Vec::new();
    for (cell, expected) in [
        (CellRef::Integer(12), "12"),
        (CellRef::Real(1e21), "1e+21"),
        (CellRef::Null, "null"),
        (CellRef::Text("not json"), "\"not json\""),
        (CellRef::Text("{\"b\":1.0, \"a\":2}"), "{\"b\":1.0, \"a\":2}"),
    ] {
        out.clear();
        any.write_cell(cell, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
}

#[test]
fn points_are_voided_by_a_wrong_part() {
    let point = field("geoPoint", json!({}));
    let zero = json!({"lon": 0, "lat": 0});
    saves(
        &point,
        &[
            (json!({"lon": 1, "lat": 2, "x": 3}), json!({"lon": 1, "lat": 2})),
            (json!({"lon": "1", "lat": 2}), zero.clone()),
            (json!({"lon": 1}), json!({"lon": 1, "lat": 0})),
            (json!({"lon": null, "lat": 3}), json!({"lon": 0, "lat": 3})),
            (json!("{\"lon\":1,\"lat\":2}"), json!({"lon": 1, "lat": 2})),
            (json!([1, 2]), zero.clone()),
            (json!({"LON": 5}), zero),
            (json!({"lon": -1.5e-9, "lat": 0.25}), json!({"lon": -1.5e-9, "lat": 0.25})),
        ],
    );
    let mut out = Vec::new();
    point.write_cell(CellRef::Text("{\"lon\":1.,\"lat\":02}"), &mut out);
    assert_eq!(out, b"{\"lon\":0,\"lat\":0}");
    refuses(
        &point,
        &[
            (json!({"lat": 91}), "validation_invalid_latitude Latitude must be between -90 and 90 degrees."),
            (
                json!({"lon": 181}),
                "validation_invalid_longitude Longitude must be between -180 and 180 degrees.",
            ),
        ],
    );
}

#[test]
fn dates_keep_their_bounds() {
    let date = field("date", json!({"min": "2024-01-01 00:00:00.500Z", "max": "2024-12-31"}));
    saves(&date, &[(json!("2024-12-31"), json!("2024-12-31 00:00:00.000Z")), (json!(5), json!(""))]);
    refuses(
        &date,
        &[
            (
                json!("2023-01-01"),
                r#"validation_min_greater_equal_than_required must be no less than 2024-01-01 00:00:00.5 +0000 UTC {"threshold":"2024-01-01T00:00:00.5Z"}"#,
            ),
            (
                json!("2024-12-31 00:00:00.001Z"),
                r#"validation_max_less_equal_than_required must be no greater than 2024-12-31 00:00:00 +0000 UTC {"threshold":"2024-12-31T00:00:00Z"}"#,
            ),
        ],
    );
}

#[test]
fn passwords_are_checked_in_plain() {
    let FieldKind::Password(options) =
        field("password", json!({"min": 3, "max": 5, "pattern": "^[a-z]+$"})).kind
    else {
        panic!("not a password")
    };
    let code = |plain: &str| options.validate_plain(plain).map_err(|invalid| invalid.code.into_owned());
    assert_eq!(code("abc"), Ok(()));
    assert_eq!(code("ab"), Err("validation_min_text_constraint".to_owned()));
    assert_eq!(code("abcdef"), Err("validation_max_text_constraint".to_owned()));
    assert_eq!(code("AB1"), Err("validation_invalid_format".to_owned()));
    assert_eq!(code(&"a".repeat(80)), Err("validation_invalid_value".to_owned()));
    let free = password::PasswordOptions::default();
    assert!(free.validate_plain(&"a".repeat(71)).is_ok() && free.validate_plain(&"a".repeat(72)).is_err());
    assert!(free.validate_plain(&"é".repeat(36)).is_ok() && free.validate_plain(&"é".repeat(37)).is_err());
    assert_eq!(free.effective_cost(), 10);
}

#[test]
fn addresses_are_judged_as_the_original_judges_them() {
    let email = field("email", json!({}));
    for good in [
        "a@b.c",
        "A@B.CO",
        "\"a\"@c.de",
        "é@c.de",
        "a@é.de",
        "a@b.é",
        "a@b_c.de",
        "a@b.co.",
        "a+b@c.de",
        "a@b.c-d",
        "a@xn--p1ai.xn--p1ai",
        "o'x@b.co",
        "a@b.c_d",
        "a@b~c.de",
        "日本@日本.日本",
    ] {
        assert!(save(&email, json!(good)).is_ok(), "{good}");
    }
    for bad in [
        "a",
        "a@b",
        " a@b.co",
        "a@b.co ",
        "a b@c.de",
        "\"a b\"@c.de",
        "a..b@c.de",
        ".a@b.co",
        "a.@b.co",
        "a@-b.co",
        "a@b-.co",
        "a@_b.de",
        "a@[1.2.3.4]",
        "a@1.2.3.4",
        "a@b.c1",
        "a@b.1c",
        "a@b..co",
        "a@b@c.de",
        "<a@b.co>",
        "a@localhost",
        "a@b.co\n",
    ] {
        assert_eq!(
            save(&email, json!(bad)),
            Err("validation_is_email must be a valid email address".to_owned()),
            "{bad}"
        );
    }
    let url = field("url", json!({}));
    for good in [
        "http://a",
        "http://a.b",
        "https://a.com",
        "a.com",
        "www.a.com",
        "ftp://a.com",
        "ws://a.com",
        "mailto:a@b.co",
        "http://localhost:80/x",
        "http://1.2.3.4",
        "http://[::1]",
        "http://[::1]:80/x",
        "http://a.com/x?y#z",
        "http://a_b.com",
        "http://a.com:99999",
        "http://user:pw@a.com",
        "http://user@a.com",
        "http://é.com",
        "http://a.é",
        "http://a.com.",
        "http://a.c",
        "http://a.com?x",
        "http://a.com#x",
        "http://xn--80ak6aa92e.com",
    ] {
        assert!(save(&url, json!(good)).is_ok(), "{good}");
    }
    for bad in [
        "a",
        "javascript:alert(1)",
        "http://a b.com",
        "http://a.com/ x",
        "//a.com",
        "/a",
        "http://",
        "http:///x",
        "http://-a.com",
        "http://a.com:999999",
        "HTTP://A.COM",
        "custom://a.com",
        "file:///x",
        "http://a..com",
        "http://.com",
        "http://300.1.1.1",
        "http://a.1",
        "data:text/plain,x",
        "http://a.com\\x",
        "http:a.com",
        "x:y",
        "http://%41.com",
        "http://a.com/%zz",
        "git+ssh://a.com",
        "http://a-.com",
        "http://a.b-c.de",
    ] {
        assert_eq!(
            save(&url, json!(bad)),
            Err("validation_invalid_url Must be a valid url".to_owned()),
            "{bad}"
        );
    }
    let only = field("url", json!({"onlyDomains": ["a.com"]}));
    assert!(save(&only, json!("http://x@a.com/")).is_ok());
    for other in ["http://a.com:80", "http://A.com", "a.com"] {
        assert_eq!(
            save(&only, json!(other)),
            Err("validation_url_domain_not_allowed Url domain is not allowed".to_owned())
        );
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>().prop_map(json::number),
        "\\PC{0,20}|[0-9.eExp_+-]{0,9}|[\\[\\]\"a,{}:]{0,12}".prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec(("lon|lat|[a-z]{1,3}", inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Normalising is idempotent, and a normalised value survives the store.
    #[test]
    fn normal_forms_are_stable(raw in any_json(), multiple in any::<bool>()) {
        for kind in FieldKind::TYPES {
            let field = field(kind, json!({"maxSelect": if multiple { 3 } else { 1 }}));
            let value = field.normalize(&raw);
            if *kind != "json" && !(value.is_string() && multiple) {
                prop_assert_eq!(field.normalize(&value), value.clone(), "{}", kind);
            }
            if !(value.is_null() && *kind == "number") {
                let cell = field.to_cell(&value);
                let stored = field.from_cell(cell.as_ref());
                let is_listlike = matches!(*kind, "select" | "file" | "relation");
                if !is_listlike || multiple {
                    prop_assert_eq!(&stored, &value, "{}", kind);
                }
                let mut out = Vec::new();
                field.write_cell(cell.as_ref(), &mut out);
                let written = json::parse_whole(&out);
                prop_assert!(written.is_ok(), "{}", kind);
                if *kind != "password" {
                    prop_assert_eq!(written.unwrap(), stored, "{}", kind);
                }
            }
            let _ = field.validate(&value);
        }
    }
}
