use proptest::prelude::*;

use super::{Comparison, Expression, Operand, parse, parse_cached};

/// An expression as text, with every group in parentheses.
fn show(expression: &Expression) -> String {
    let all = |parts: &[Expression], join: &str| {
        let parts: Vec<String> = parts.iter().map(show).collect();
        format!("({})", parts.join(join))
    };
    match expression {
        Expression::Compare(Comparison { left, operator, right }) => {
            format!("{}{}{}", operand(left), operator.text(), operand(right))
        }
        Expression::And(parts) => all(parts, " & "),
        Expression::Or(parts) => all(parts, " | "),
    }
}

fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Identifier(name) => name.clone(),
        Operand::Text(text) => format!("{text:?}"),
        Operand::Number(number) => number.to_string(),
        Operand::Function { name, arguments } => {
            let arguments: Vec<String> = arguments.iter().map(self::operand).collect();
            format!("{name}({})", arguments.join(", "))
        }
    }
}

#[test]
fn accepted() {
    for (text, expected) in [
        ("a=1", "a=1"),
        (" a\t=\n1 ", "a=1"),
        ("a?!~'x'", "a?!~\"x\""),
        ("a>=-1.50", "a>=-1.5"),
        ("a=00005", "a=5"),
        ("a=1||b=2&&c=3", "(a=1 | (b=2 & c=3))"),
        ("a=1&&b=2||c=3&&d=4", "((a=1 & b=2) | (c=3 & d=4))"),
        ("(a=1||b=2)&&c=3", "((a=1 | b=2) & c=3)"),
        ("((a=1))", "a=1"),
        // A group may follow without a join and takes the one before it.
        ("(a=1)(b=2)", "(a=1 & b=2)"),
        ("a=1 (b=2)", "(a=1 & b=2)"),
        ("a=1 || b=2 (c=3)", "(a=1 | b=2 | c=3)"),
        ("(a=1) || b=2 (c=3) && d=4", "(a=1 | b=2 | (c=3 & d=4))"),
        ("a (b=2)", "b=2"),
        ("a=1 // c ' (\n&& b=2 //", "(a=1 & b=2)"),
        ("// c\na=1", "a=1"),
        ("(// c\na=1)", "a=1"),
        (r#"a="it's""#, r#"a="it's""#),
        (r"a='\\'", r#"a="\\""#),
        (r"a='\'\x\n'", r#"a="'\\x\n""#),
        ("a='x\ny'", r#"a="x\ny""#),
        ("@request.body.a:isset=true", "@request.body.a:isset=true"),
        ("#a=_b", "#a=_b"),
        ("f(1, b , 'c',)=g()", "f(1, b, \"c\")=g()"),
        ("f(g(h(1)))=1", "f(g(h(1)))=1"),
        ("f( // c\n 1)=1", "f(1)=1"),
    ] {
        match parse(text) {
            Ok(expression) => assert_eq!(show(&expression), expected, "{text:?}"),
            Err(error) => panic!("{text:?}: {error}"),
        }
    }
}

#[test]
fn refused() {
    for (text, expected) in [
        ("", "empty filter expression"),
        (" // only", "empty filter expression"),
        ("()", "empty filter expression"),
        ("a=1 && ()", "empty filter expression"),
        ("a", "invalid or incomplete filter expression"),
        ("a=1 &&", "invalid or incomplete filter expression"),
        ("(a=1 && )", "invalid or incomplete filter expression"),
        ("=1", "expected left operand (identifier, function, text or number), got \"=\" (sign)"),
        ("a= =", "expected right operand (identifier, function text or number), got \"=\" (sign)"),
        ("a b", "expected a sign operator, got \"b\" (identifier)"),
        ("a=1 b=2", "expected && or ||, got \"b\" (identifier)"),
        ("(a=1) f()", "expected && or ||, got \"f\" (function)"),
        ("a=5a", "expected && or ||, got \"a\" (identifier)"),
        ("a==1", "invalid sign operator \"==\""),
        ("a<>1", "invalid sign operator \"<>\""),
        ("a? =1", "invalid sign operator \"?\""),
        ("a=1 & b=2", "invalid join operator \"&\""),
        ("a=1 ||| b=2", "invalid join operator \"|||\""),
        ("(a=1", "invalid formatted group - missing 1 closing bracket(s)"),
        ("((a=1", "invalid formatted group - missing 2 closing bracket(s)"),
        ("a=1)", "unexpected character ')'"),
        ("a=1\r", "unexpected character '\\r'"),
        ("é=1", "unexpected character 'é'"),
        ("a=1 /", "invalid comment"),
        ("a='x", "invalid quoted text \"'x\""),
        (r"a='\'", r#"invalid quoted text "'\\'""#),
        ("a=1.", "invalid number \"1.\""),
        ("a=-", "invalid number \"-\""),
        ("a=-.5", "invalid number \"-.5\""),
        ("a.=1", "invalid identifier \"a.\""),
        ("@=1", "invalid identifier \"@\""),
        ("f(,1)=1", "unexpected comma in function \"f\""),
        ("f(1 2)=1", "expected comma after the last argument in function \"f\""),
        ("f((1))=1", "unsupported argument character '(' in function \"f\""),
        ("f(1", "invalid or incomplete function \"f\" (expected ')')"),
        ("f(g(h(i(1))))=1", "max nested function arguments reached (max: 3)"),
    ] {
        match parse(text) {
            Ok(expression) => panic!("{text:?}: {}", show(&expression)),
            Err(error) => assert_eq!(error.message, expected, "{text:?}"),
        }
    }
}

#[test]
fn limits() {
    let many = |count: usize| vec!["a=1"; count].join("||");
    assert!(parse(&many(super::MAX_COMPARISONS)).is_ok());
    assert!(parse(&many(super::MAX_COMPARISONS + 1)).is_err());
    let deep = format!("{}a=1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(parse(&deep).map(|expression| show(&expression)), Ok("a=1".to_owned()));
}

#[test]
fn cached() {
    for _ in 0..3 {
        assert_eq!(*parse_cached("cached=1").expect("a filter"), parse("cached=1").expect("a filter"));
        assert!(parse_cached("cached=").is_err());
    }
    // More texts than fit: the oldest are forgotten, nothing else happens.
    for number in 0..3000 {
        assert!(parse_cached(&format!("cached={number}")).is_ok());
    }
}

proptest! {
    #[test]
    fn garbage_never_panics(text in "\\PC{0,60}") {
        let _ = parse(&text);
    }

    #[test]
    fn nearly_filters_never_panic(
        parts in prop::collection::vec(
            prop_oneof![
                Just("a"), Just("@request.x"), Just("'x'"), Just("\""), Just("\\"), Just("-1"), Just("."),
                Just("="), Just("?"), Just("!~"), Just("&&"), Just("||"), Just("("), Just(")"), Just("f("),
                Just(","), Just(" "), Just("//"), Just("\n"), Just("é"), Just(":each"),
            ],
            0..24,
        )
    ) {
        let _ = parse(&parts.concat());
    }

    #[test]
    fn any_text_can_be_quoted(text in "\\PC{0,40}") {
        let quoted = text.replace('\\', "\\\\").replace('\'', "\\'");
        let expression = parse(&format!("a='{quoted}'"));
        let right = match expression {
            Ok(Expression::Compare(Comparison { right: Operand::Text(right), .. })) => right,
            other => panic!("{other:?}"),
        };
        prop_assert_eq!(right, text);
    }
}
