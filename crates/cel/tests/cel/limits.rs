//! Hostile rules: nothing overflows, spins or panics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ketch_cel::{Binds, CompiledRule, Expression, FailureKind, Variable};

use crate::environment::{World, ask};
use crate::partial::without_row;

/// Runs on a stack far smaller than that of any thread of the server.
fn on_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap();
    thread.join().unwrap();
}

#[test]
fn deep_texts_are_refused_or_answered() {
    on_small_stack(|| {
        for count in [40, 47, 118, 1_000, 8_000] {
            for (open, middle, close) in [
                ("(", "1", ")"),
                ("[", "1", "]"),
                ("{'a':", "1", "}"),
                ("1+", "1", ""),
                ("!", "true", ""),
                ("-", "1", ""),
                ("- -", "data.count", ""),
                ("true?", "1", ":1"),
                ("true?1:", "1", ""),
                ("", "data", ".a"),
                ("", "data", "['a']"),
                ("", "'a'", ".trim()"),
                ("", "[1]", ".map(x, x)"),
                ("[1].map(x,", "x", ")"),
                ("cel.bind(x,", "1", ",x)"),
                ("cel.bind(x,1,", "x", ")"),
                ("true&&(", "true", ")"),
                ("size([", "1", "])"),
                ("(", "", ""),
                ("1<", "1", ""),
                ("1 in [", "1", "]"),
                ("!(", "data.a", ")"),
                ("data.a&&(", "data.a", ")"),
                ("data.a||!(", "data.a", ")"),
                ("(data.a?", "data.b", ":data.c)"),
                ("(", "data.a", "?data.b:data.c)"),
                ("data.a==(", "data.a", ")"),
            ] {
                let text = format!("{}{middle}{}", open.repeat(count), close.repeat(count));
                ask(&World::new(), &text);
                let boolean = format!("({text}) == data.x || !({text} != data.y)");
                for text in [&text, &boolean] {
                    if let Ok(rule) = CompiledRule::compile(text, &Variable::ALL, Arc::default()) {
                        rule.partial(&without_row(World::new()));
                        drop(rule.evaluate(&World::new()));
                    }
                }
            }
        }
    });
}

#[test]
fn values_behind_binds_do_not_exhaust_the_stack() {
    on_small_stack(|| {
        let mut text = String::from("cel.bind(b0, 1");
        for index in 1..45 {
            let sum = format!("b{}{}", index - 1, " + 1".repeat(60));
            text = format!("{text}, cel.bind(b{index}, {sum}");
        }
        text = format!("{text}, b44{}", ")".repeat(45));
        let answer = ask(&World::new(), &text);
        assert!(answer.starts_with("error: the rule nests deeper"), "{answer}");
    });
}

#[test]
fn work_is_bounded() {
    let doubled = |value: &str, double: &str| {
        let binds: String = (1..45)
            .map(|index| format!("cel.bind(b{index}, {double}, ").replace("PREV", &format!("b{}", index - 1)))
            .collect();
        format!("cel.bind(b0, {value}, {binds}b44 == b44{}", ")".repeat(45))
    };
    let thousand = format!("[{}]", vec!["1"; 1000].join(","));
    let rows = [
        doubled("'xxxxxxxxxxxxxxxx'", "PREV + PREV"),
        doubled("[1]", "PREV + PREV"),
        doubled("[1]", "[PREV, PREV]"),
        doubled("{'a': 1}", "{'a': PREV, 'b': PREV}"),
        doubled("'ab'", "PREV.replace('', PREV)"),
        doubled("'ab'", "[PREV, PREV].join(PREV)"),
        doubled("'ab'", "'%s%s'.format([PREV, PREV])"),
        doubled("[1]", "[PREV, PREV].map(x, x)"),
        format!("{thousand}.all(x, {thousand}.all(y, x == y))"),
        format!("cel.bind(l, {thousand}, l.all(x, l.all(y, l.all(z, x == y))))"),
        format!("cel.bind(l, {thousand}, l.all(x, 'aaaa'.matches('a+' + string(x)) || true))"),
        format!("cel.bind(l, {thousand}, l.all(x, l == l))"),
    ];
    for text in rows {
        let start = Instant::now();
        let binds = Binds::default();
        let expression = Expression::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let world = World::new();
        let error = expression.evaluate(&binds, &world).map(drop).unwrap_err();
        assert_eq!(error.kind, FailureKind::TooExpensive, "{text}");
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}: {text}", start.elapsed());
    }
}

#[test]
fn values_do_not_nest_without_end() {
    on_small_stack(|| {
        // Each bind is forced before the next needs it, so that no evaluation is deep itself.
        let nested =
            |value: &str, open: &str, close: &str| format!("{}{value}{}", open.repeat(20), close.repeat(20));
        let mut binds = vec![("b0".to_owned(), "[1]".to_owned())];
        for index in 1..30 {
            let before = format!("b{}", index - 1);
            let inner = format!(
                "cel.bind(x, {}, x == x ? {} : x)",
                nested(&before, "[", "]"),
                nested("x", "{'a':", "}")
            );
            binds.push((format!("b{index}"), inner));
        }
        let binds = Binds::compile(binds.iter().map(|(name, text)| (&**name, &**text))).unwrap();
        let forced: Vec<String> = (0..30).map(|index| format!("b{index} == b{index}")).collect();
        let expression = Expression::parse(&forced.join(" && ")).unwrap();
        let world = World::new();
        let error = expression.evaluate(&binds, &world).map(drop).unwrap_err();
        assert!(error.message.starts_with("a list or map nests deeper"), "{error}");
    });
}

#[test]
fn many_patterns_are_refused() {
    let text = vec!["'a'.matches('a')"; 33].join(" && ");
    assert_eq!(ask(&World::new(), &text), "syntax: there are more than 32 regular expressions");
    assert_eq!(ask(&World::new(), &vec!["'a'.matches('a')"; 32].join(" && ")), "true");
}

#[test]
fn rules_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<ketch_cel::Rules>();
    shared::<ketch_cel::Residual>();
}

#[test]
fn long_texts_are_refused() {
    assert!(
        ask(&World::new(), &format!("'{}'", "x".repeat(40_000)))
            .starts_with("syntax: the expression is longer")
    );
}
