use proptest::prelude::*;

use super::*;

/// Expressions with the error that the original gives; empty where it accepts them.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("(?-u)a", "error parsing regexp: invalid or unsupported Perl syntax: `(?-u`"),
    (r"\Ba", ""),
    (r"\b\w+\b", ""),
    (r"[\w-]+", ""),
    ("[a&&b]", ""),
    ("[[a]", ""),
    ("[]a]", ""),
    ("[^]a]", ""),
    (r"\Qa.b\E", ""),
    ("a{,3}", ""),
    (r"\x41", ""),
    (r"\101", ""),
    (r"\1", r"error parsing regexp: invalid escape sequence: `\1`"),
    (r"\pL", ""),
    (r"\p{^Greek}", ""),
    ("(?i)é", ""),
    ("a|*", "error parsing regexp: missing argument to repetition operator: `*`"),
    ("^*", ""),
    ("x**", "error parsing regexp: invalid nested repetition operator: `**`"),
    ("x*+", "error parsing regexp: invalid nested repetition operator: `*+`"),
    ("x*?", ""),
    ("x*??", "error parsing regexp: invalid nested repetition operator: `*??`"),
    ("(?P<a>x)(?P<a>y)", ""),
    ("(?x)a b", "error parsing regexp: invalid or unsupported Perl syntax: `(?x`"),
    (r"\<a", ""),
    ("a}b]", ""),
    (r"[a-\d]", r"error parsing regexp: invalid escape sequence: `\d`"),
    (r"[\d-a]", ""),
    ("[a--]", "error parsing regexp: invalid character class range: `a--`"),
    ("[+--]", ""),
    ("(?:)", ""),
    ("()", ""),
    ("a||b", ""),
    ("(a", "error parsing regexp: missing closing ): `(a`"),
    ("a)", "error parsing regexp: unexpected ): `a)`"),
    (r"\C", r"error parsing regexp: invalid escape sequence: `\C`"),
    (r"\z", ""),
    (r"\A", ""),
    ("[[:foo:]]", "error parsing regexp: invalid character class range: `[:foo:]`"),
    ("[[:^alpha:]]", ""),
    (r"\p{Latin}", ""),
    ("(?U)a+", ""),
    ("(?imsU-imsU:a)", ""),
    ("(?i", "error parsing regexp: invalid or unsupported Perl syntax: `(?i`"),
    ("(?<1>a)", ""),
    ("(?P<n>a", "error parsing regexp: missing closing ): `(?P<n>a`"),
    ("(?P=n)", "error parsing regexp: invalid or unsupported Perl syntax: `(?P`"),
    ("(?#c)", "error parsing regexp: invalid or unsupported Perl syntax: `(?#`"),
    ("a{2,1}", "error parsing regexp: invalid repeat count: `{2,1}`"),
    ("a{3}{3}", "error parsing regexp: invalid nested repetition operator: `{3}{3}`"),
    ("a{3}?", ""),
    ("a{3}*", "error parsing regexp: invalid nested repetition operator: `{3}*`"),
    ("[a-", "error parsing regexp: missing closing ]: `[a-`"),
    ("[", "error parsing regexp: missing closing ]: `[`"),
    ("[a", "error parsing regexp: missing closing ]: `[a`"),
    (r"[\", "error parsing regexp: trailing backslash at end of expression: ``"),
    ("[z-a]", "error parsing regexp: invalid character class range: `z-a`"),
    (r"\", "error parsing regexp: trailing backslash at end of expression: ``"),
    (r"\8", r"error parsing regexp: invalid escape sequence: `\8`"),
    (r"\0", ""),
    (r"\08", ""),
    (r"\x{110000}", r"error parsing regexp: invalid escape sequence: `\x{110000`"),
    (r"\xg", r"error parsing regexp: invalid escape sequence: `\xg`"),
    (r"\x{41", r"error parsing regexp: invalid escape sequence: `\x{41`"),
    (r"\u0041", r"error parsing regexp: invalid escape sequence: `\u`"),
    (r"\e", r"error parsing regexp: invalid escape sequence: `\e`"),
    (r"\cA", r"error parsing regexp: invalid escape sequence: `\c`"),
    (r"\N", r"error parsing regexp: invalid escape sequence: `\N`"),
    (r"\h", r"error parsing regexp: invalid escape sequence: `\h`"),
    (r"\R", r"error parsing regexp: invalid escape sequence: `\R`"),
    (r"\X", r"error parsing regexp: invalid escape sequence: `\X`"),
    (r"\K", r"error parsing regexp: invalid escape sequence: `\K`"),
    (r"\G", r"error parsing regexp: invalid escape sequence: `\G`"),
    (r"\Z", r"error parsing regexp: invalid escape sequence: `\Z`"),
    (r"\'", ""),
    (r"\ ", ""),
    (r"\é", r"error parsing regexp: invalid escape sequence: `\é`"),
    (r"\p", r"error parsing regexp: invalid character class range: `\p`"),
    (r"\p{", r"error parsing regexp: invalid character class range: `\p{`"),
    ("é{2}", ""),
    ("(((((((((a)))))))))", ""),
    ("(?m)^a$", ""),
    ("(?s).", ""),
    ("+a", "error parsing regexp: missing argument to repetition operator: `+`"),
    ("?a", "error parsing regexp: missing argument to repetition operator: `?`"),
    ("{2}", "error parsing regexp: missing argument to repetition operator: `{2}`"),
    ("{a}", ""),
    ("a{", ""),
    ("a{1", ""),
    ("a{1,", ""),
    ("a{1,2", ""),
    ("|", ""),
    ("|a", ""),
    ("^|$", ""),
    ("[a-z&&[^b]]", ""),
    ("[a~~b]", ""),
    (r"[a\-z]", ""),
    (r"[\b]", r"error parsing regexp: invalid escape sequence: `\b`"),
    (r"[\Q]", r"error parsing regexp: invalid escape sequence: `\Q`"),
    (r"[\n]", ""),
    (r"[\x00-\x20]", ""),
    (r"[\pL\d_]", ""),
];

#[test]
fn expressions_are_judged_as_the_original_judges_them() {
    for (text, expected) in EXPRESSIONS {
        let error = compile(text).err().unwrap_or_default();
        assert_eq!(error, *expected, "{text}");
    }
}

#[test]
fn the_dialect_is_re2() {
    let matches = |pattern: &str, text: &str| Pattern::from(pattern).allows(text);
    assert!(matches(r"^\d$", "5") && !matches(r"^\d$", "٥"));
    assert!(!matches(r"^\w$", "é") && matches(r"^\W$", "é"));
    assert!(matches("^[a&&b]$", "&"));
    assert!(matches("^[[a]$", "["));
    assert!(matches("^[]a]$", "]"));
    assert!(matches("^a{,3}$", "a{,3}"));
    assert!(matches(r"^\Qa.b\E$", "a.b") && !matches(r"^\Qa.b\E$", "axb"));
    assert!(matches(r"^\101$", "A"));
    assert!(matches("(?i)^É$", "é"));
    assert!(matches(r"^[\w-]+$", "a-b_c"));
    assert!(!matches("^a$", "a\n"));
    assert!(matches(r"é\b", "é ") != matches(r"a\b", "a "));
    assert!(matches("", "anything") && !matches("[", "anything"));
}

fn generated(pattern: &str) -> Result<String, String> {
    Pattern::from(pattern).generate(&mut crate::ids::random_below)
}

#[test]
fn texts_of_positions_are_refused() {
    let error = |pattern| generated(pattern).err();
    assert_eq!(error("^a").as_deref(), Some("unsupported pattern operator 9"));
    assert_eq!(error("a$").as_deref(), Some("unsupported pattern operator 10"));
    assert_eq!(error(r"\bx").as_deref(), Some("unsupported pattern operator 11"));
    assert!(error("((((a{1000}){1000}){1000}){1000})").is_some());
}

#[test]
fn a_dot_is_alphanumeric_and_repeats_end() {
    for _ in 0..200 {
        let text = generated("(a|bc).x*y+z{2,}w?").unwrap();
        assert!(text.is_ascii() && text.len() <= 2 + 1 + 6 + 6 + 6 + 1, "{text}");
    }
    assert_eq!(generated("x{,3}").unwrap(), "x{,3}");
    assert_eq!(generated(r"[^\x00-\x{10FFFF}]?").unwrap(), "");
}

proptest! {
    #[test]
    fn generated_texts_match(pattern in r"(\(?[a-z0-9]{1,3}\)?|\[[a-f0-9]{1,4}\]|\[\^a\]|\\d|\\w|.|\\pL|[x-z]\{1,4\}|[é-ü][+*?]){1,6}") {
        if let Ok(regex) = compile(&format!("^(?:{pattern})$"))
            && let Ok(text) = generated(&pattern)
        {
            prop_assert!(regex.is_match(&text), "{pattern} {text}");
        }
    }

    #[test]
    fn any_expression_compiles_or_not(pattern in r"[\\\[\](){}|*+?^$.:a-c0-9pPxQE<>=,&~é-]{0,16}|\PC{0,12}") {
        // What passes the translation must be an expression of the target, or too large for it.
        let translated = translate::translate(&pattern);
        if let Ok(translated) = &translated {
            prop_assert!(compile(&pattern).is_ok() || translated.contains('{'), "{pattern} became {translated}");
        }
        let _ = generated(&pattern);
    }
}
