use proptest::prelude::*;
use serde_json::json;

use super::*;

fn float_text(float: f64) -> String {
    let mut out = Vec::new();
    write_f64(float, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn numbers_have_the_shortest_ecmascript_form() {
    for (float, expected) in [
        (1.0, "1"),
        (-0.0, "0"),
        (12.5, "12.5"),
        (1e-7, "1e-7"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (-9_007_199_254_740_992.0, "-9007199254740992"),
        (12_345_678_901_234_567_890.0, "12345678901234567000"),
        (f64::NAN, "null"),
        (f64::INFINITY, "null"),
    ] {
        assert_eq!(float_text(float), expected);
    }
}

#[test]
fn texts_are_escaped_no_more_than_needed() {
    let text = "\u{0}\u{1f}\u{8}\u{c}\n\r\t\"\\/<>&\u{2028}\u{7f}é😀";
    assert_eq!(to_text(&json!(text)), "\"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\/<>&\u{2028}\u{7f}é😀\"");
}

#[test]
fn reading_is_strict_about_the_first_value_only() {
    assert_eq!(parse_strict(b" {\"b\":1.0,\"a\":[]} trailing"), Ok(json!({"b": 1, "a": []})));
    assert_eq!(parse_strict(b"12345678901234567890"), Ok(number(12_345_678_901_234_567_890.0)));
    assert_eq!(parse_strict(b"-0"), Ok(json!(0)));
    for broken in [
        &b""[..],
        b"{",
        b"{\"a\":1,\"a\":2}",
        b"[{\"a\":{\"b\":1,\"b\":1}}]",
        b"\"\xff\"",
        b"\"\\ud800\"",
        b"1e999",
        b"nul",
        b"'a'",
    ] {
        assert!(parse_strict(broken).is_err(), "{}", String::from_utf8_lossy(broken));
    }
    assert!(parse_strict("[".repeat(100_000).as_bytes()).is_err());
    assert!(parse_whole(b"1 x").is_err() && parse_whole(b" 1 ").is_ok());
}

#[test]
fn form_values_are_inferred() {
    for (text, expected) in [
        ("true", json!(true)),
        ("false", json!(false)),
        ("True", json!("True")),
        ("5", json!(5)),
        ("-1.5", json!(-1.5)),
        ("007", json!("007")),
        ("1.50", json!("1.50")),
        ("1e3", json!("1e3")),
        ("+1", json!("+1")),
        ("inf", json!("inf")),
        ("NaN", json!("NaN")),
        ("", json!("")),
        ("0", json!(0)),
        (".5", json!(".5")),
    ] {
        assert_eq!(infer_form_value(text), expected, "{text}");
    }
}

#[test]
fn only_lists_that_need_no_rewriting_are_plain() {
    for plain in ["[]", r#"["a"]"#, r#"["a","é]b"]"#] {
        assert!(is_plain_text_list(plain), "{plain}");
    }
    for other in
        ["", "[", r#"[""]"#, r#"["a",]"#, r#"["a" ,"b"]"#, r#"["a\"b"]"#, "[1]", r#"["a"]]"#, r#"["a"b"]"#]
    {
        assert!(!is_plain_text_list(other), "{other}");
    }
}

#[test]
fn keys_are_sorted_at_every_depth() {
    assert_eq!(
        to_text(&sort_keys(json!({"b": [{"d": 1, "c": 2}], "a": null}))),
        r#"{"a":null,"b":[{"c":2,"d":1}]}"#
    );
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>().prop_map(number),
        any::<i32>().prop_map(|integer| number(f64::from(integer))),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(value in any_value()) {
        prop_assert_eq!(parse_whole(to_text(&value).as_bytes()), Ok(value));
    }

    #[test]
    fn the_writer_and_serde_agree_about_texts(text in any::<String>()) {
        prop_assert_eq!(to_text(&json!(text.as_str())), serde_json::to_string(&text).unwrap());
    }

    #[test]
    fn floats_read_back(float in any::<f64>().prop_filter("finite", |float| float.is_finite())) {
        prop_assert_eq!(float_text(float).parse::<f64>().unwrap(), float);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in any::<Vec<u8>>()) {
        let _ = parse_strict(&bytes);
    }

    #[test]
    fn plain_lists_are_what_the_reader_says(text in r#"\[("[a"\\,]{0,2}",?){0,3}\]"#) {
        if is_plain_text_list(&text) {
            let value = parse_whole(text.as_bytes());
            prop_assert!(value.is_ok());
            prop_assert_eq!(to_text(&value.unwrap()), text);
        }
    }
}
