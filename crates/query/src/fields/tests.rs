use ketch_model::Value;
use proptest::prelude::*;
use serde_json::json;

use super::FieldPicker;
use super::excerpt::excerpt;

fn pick(fields: &str, value: Value) -> Value {
    FieldPicker::parse(fields).expect(fields).apply(value)
}

#[test]
fn keys_and_paths() {
    let record = json!({
        "title": "p1", "n": 5, "tags": ["a", "b"], "j": {"a": {"b": [1, {"c": null}]}, "x": "str"},
        "expand": {"tags": [{"id": "1", "name": "alpha"}, {"id": "2", "name": "beta"}], "by": {"name": "ann"}},
    });
    for (fields, expected) in [
        ("title", json!({"title": "p1"})),
        (" title , n ", json!({"title": "p1", "n": 5})),
        ("title,", json!({"title": "p1"})),
        ("", record.clone()),
        (",", record.clone()),
        ("*", record.clone()),
        ("j.x", json!({"j": {"x": "str"}})),
        ("j.a,j", json!({"j": record["j"]})),
        ("j.", json!({"j": record["j"]})),
        ("j..a", json!({"j": {}})),
        (".j", json!({})),
        ("j.*", json!({"j": record["j"]})),
        ("j.a.b.c", json!({"j": {"a": {"b": [1, {"c": null}]}}})),
        ("title.x,tags.x", json!({"title": "p1", "tags": ["a", "b"]})),
        ("*.a", json!({})),
        ("unknown,TITLE", json!({})),
        ("expand.tags.name", json!({"expand": {"tags": [{"name": "alpha"}, {"name": "beta"}]}})),
        ("expand.*.name", json!({"expand": {}})),
        ("expand.tags.name,expand", json!({"expand": record["expand"]})),
        ("title:excerpt(1),title", json!({"title": "p1"})),
        ("title,title:excerpt(1)", json!({"title": "p"})),
        ("j.*:excerpt(2)", json!({"j": {"a": record["j"]["a"], "x": "st"}})),
        ("tags:excerpt(1)", json!({"tags": ["a", "b"]})),
        ("title)", json!({})),
    ] {
        assert_eq!(pick(fields, record.clone()), expected, "{fields}");
    }
    let starred = pick("*:excerpt(1,true),expand.by", record.clone());
    assert_eq!(starred["title"], "p...");
    assert_eq!(starred["expand"], json!({"by": {"name": "ann"}}));
    assert_eq!(pick("n", json!([{"n": 1, "m": 2}])), json!([{"n": 1}]));
}

#[test]
fn refused() {
    for fields in [
        "body:excerpt",
        "body:excerpt()",
        "body:excerpt(0)",
        "body:excerpt(-1)",
        "body:excerpt(a)",
        "body:excerpt(3,true,1)",
        "body:foo(1)",
        "body:excerpt(3",
        "body:excerpt3)",
        "title:",
        "title(",
        "title::excerpt(1)",
        "body:excerpt(,)",
    ] {
        assert!(FieldPicker::parse(fields).is_err(), "{fields}");
    }
    for fields in ["body:excerpt( 3 , true )", "body:excerpt(3,foo)", "body:excerpt(2.5)", "body:excerpt(3,)"]
    {
        assert!(FieldPicker::parse(fields).is_ok(), "{fields}");
    }
}

#[test]
fn html_to_text() {
    for (html, expected) in [
        ("<p>Hi <b>there</b></p><p>x</p>", "Hi there x"),
        ("a<br>b", "ab"),
        ("<ul><li>1</li><li>2</li></ul>", "1 2"),
        ("x<script>if (a<b) alert('</p>')</script>y", "xy"),
        ("<style><b></style>y", "y"),
        ("<textarea><b>x</textarea>y", "y"),
        ("a  b\n\n c\t d", "a b c d"),
        ("a&nbsp;b", "a\u{a0}b"),
        (
            "a&amp;b &lt;x&gt; &quot;q&quot; &#39; &copy; &hellip; &eacute; &#x41; &unknown; &amp",
            "a&b <x> \"q\" ' © … é A &unknown; &",
        ),
        ("&notit; &not &ampx &#0; &#128; &;", "¬it; ¬ &x \u{fffd} € &;"),
        ("a < b", "a < b"),
        ("a <b", "a"),
        ("<!-- <p> -->x<!doctype html>", "x"),
        ("< p>x", "< p>x"),
        ("</ p>x", "x"),
        ("<p title='a>b'>x</p>", "x"),
        ("<p title=a>b>x</p>", "b>x"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("<td>x</td>y", "xy"),
        ("<iframe>zz</iframe>q", "q"),
        ("<svg><text>t</text></svg>u", "u"),
        ("<custom>a</custom>b", "a b"),
        ("a<hr>b", "a b"),
        ("<p>unclosed <b>bold", "unclosed bold"),
        ("x<script>a", "x"),
        ("a<", "a<"),
        ("\u{a0}a\u{a0}", "a"),
        ("<select><p>x</p></select>y", "y"),
    ] {
        assert_eq!(excerpt(html, 1000, true), expected, "{html}");
    }
}

#[test]
fn cut() {
    for (html, max, expected) in [
        ("one two three", 1, "o..."),
        ("one two three", 4, "one..."),
        ("one two three", 8, "one two..."),
        ("one two three", 13, "one two three"),
        ("<p>one</p><p>two</p>", 7, "one two"),
        ("<p>one</p><p> </p>", 3, "one"),
        ("日本語テキスト", 2, "日本..."),
        ("a&amp;b", 2, "a&..."),
    ] {
        assert_eq!(excerpt(html, max, true), expected, "{html} {max}");
    }
}

proptest! {
    #[test]
    fn hostile_fields_never_panic(fields in ".{0,60}", modifiers in "[a-c*.,:()0-9excrpt ]{0,40}") {
        let value = json!({"a": {"b": [1, "<p>x</p>", {"c": null}]}, "c": "text"});
        for text in [fields, modifiers] {
            if let Ok(picker) = FieldPicker::parse(&text) {
                picker.apply(value.clone());
            }
        }
    }

    #[test]
    fn hostile_html_never_panics(html in "([<>/&;#'\"=!-]|[a-z]|script|table|\\PC){0,80}", max in 1_usize..20) {
        let text = excerpt(&html, max, false);
        prop_assert!(text.chars().count() <= max);
    }
}
