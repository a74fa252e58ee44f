//! What is said of an expression before it is evaluated.

use ketch_cel::{Action, Binds, Expression, Types, Variable};

fn check(text: &str, binds: &[(&str, &str)]) -> Result<ketch_cel::Facts, String> {
    let binds = Binds::compile(binds.iter().copied())
        .map_err(|errors| format!("bind {}: {}", errors[0].name, errors[0].error.message))?;
    let expression = Expression::parse(text).map_err(|error| error.to_string())?;
    expression.check(Action::View.variables(), &binds).map_err(|errors| errors[0].to_string())
}

#[test]
fn errors_have_positions() {
    for (text, expected) in [
        ("nobody", "1:1: undeclared reference to 'nobody' (in container '')"),
        ("true &&\n  nobody", "2:3: undeclared reference to 'nobody' (in container '')"),
        ("'é' == nobody", "1:8: undeclared reference to 'nobody' (in container '')"),
        ("newData.title == 'a'", "1:1: undeclared reference to 'newData' (in container '')"),
        ("linkedData.id == 'a'", "1:1: undeclared reference to 'linkedData' (in container '')"),
        ("linkedData.ref('a.b') == []", "1:12: undeclared reference to 'linkedData' (in container '')"),
        ("1 + 'a' == 2", "1:3: found no matching overload for '_+_' applied to '(int, string)'"),
        ("1 == 'a'", "1:3: found no matching overload for '_==_' applied to '(int, string)'"),
        ("1 < 'a'", "1:3: found no matching overload for '_<_' applied to '(int, string)'"),
        ("1 && true", "1:1: found no matching overload for '_&&_' applied to '(int)'"),
        ("!'a'", "1:2: found no matching overload for '!_' applied to '(string)'"),
        ("-'a'", "1:2: found no matching overload for '-_' applied to '(string)'"),
        ("'a' in 'b'", "1:5: found no matching overload for '@in' applied to '(string, string)'"),
        ("size(1) > 0", "1:1: found no matching overload for 'size' applied to '(int)'"),
        ("1.startsWith('a')", "1:3: found no matching overload for 'startsWith' applied to '(int, string)'"),
        (
            "(1).startsWith('a')",
            "1:5: found no matching overload for 'startsWith' applied to '(int, string)'",
        ),
        (
            "data.title.startsWith(1)",
            "1:12: found no matching overload for 'startsWith' applied to '(dyn, int)'",
        ),
        ("'a'.b", "1:1: type 'string' does not support field selection of 'b'"),
        ("'a'[0]", "1:4: found no matching overload for '_[_]' applied to '(string, int)'"),
        ("'abc'.all(x, true)", "1:1: expression of type 'string' cannot be walked: it must be a list or map"),
        ("[1].all(x, 'a')", "1:12: found no matching overload for '_&&_' applied to '(string)'"),
        ("[1].all(x, y)", "1:12: undeclared reference to 'y' (in container '')"),
        ("[1].all(x, true) && x", "1:21: undeclared reference to 'x' (in container '')"),
        ("request == null", "1:1: request can only be asked for its fields"),
        ("request['time'] == null", "1:1: request can only be asked for its fields"),
        ("rateLimit.a", "1:1: rateLimit can only be used as in rateLimit.bucket.limit(key)"),
        ("true ? 1", "1:9: Syntax error: mismatched input the end expecting ':'"),
        ("1 ? 1 : 2", "1:1: found no matching overload for '_?_:_' applied to '(int)'"),
        ("timestamp(true) == null", "1:1: found no matching overload for 'timestamp' applied to '(bool)'"),
        ("data.ref('a.b') == 'x'", "1:17: found no matching overload for '_==_' applied to '(list, string)'"),
        ("'a'.matches(1)", "1:13: found no matching overload for 'matches' applied to '(int)'"),
        ("{1.5: 1} == null", "1:2: unsupported key type: double"),
    ] {
        let error = check(text, &[]).unwrap_err();
        assert_eq!(error, format!("ERROR: <input>:{expected}"), "{text}");
    }
}

#[test]
fn certain_types() {
    for (text, expected) in [
        ("data.title", Types::ANY),
        ("data.title == 'a'", Types::BOOL),
        ("data.a && data.b", Types::BOOL),
        ("1 + data.a", Types::INT),
        ("data.a + data.b == data.c", Types::BOOL),
        ("'a'", Types::STRING),
        ("true ? 1 : 'a'", Types::INT.or(Types::STRING)),
        ("cel.bind(x, 1, x + 1)", Types::INT),
        ("data.ref('a.b')", Types::LIST),
        ("request.time - request.time", Types::DURATION),
        ("request.ip == null", Types::BOOL),
        ("1 == null", Types::BOOL),
        ("1 == 1.5", Types::BOOL),
        ("type(1) == int", Types::BOOL),
        ("null", Types::NULL),
    ] {
        assert_eq!(check(text, &[]).unwrap().result, expected, "{text}");
    }
}

#[test]
fn what_a_rule_uses() {
    let binds = [
        ("isOwner", "auth.id in data.ref('owner.id')"),
        ("open", "data.state.name == 'open' && isOwner"),
        ("un", "newData.x"),
    ];
    let facts =
        check("open || ruleParams.key == data['key'] && rateLimit.r.limit(auth.email)", &binds).unwrap();
    let fields: Vec<String> =
        facts.fields.iter().map(|(variable, field)| format!("{}.{field}", variable.name())).collect();
    assert_eq!(fields, ["data.key", "data.state", "auth.email", "auth.id", "ruleParams.key"]);
    assert_eq!(facts.references.iter().map(|(_, path)| &**path).collect::<Vec<_>>(), ["owner.id"]);
    assert_eq!(facts.buckets.iter().map(|bucket| &**bucket).collect::<Vec<_>>(), ["r"]);
    assert!(facts.whole.is_empty());
    let variables = [Variable::Data, Variable::Auth, Variable::RuleParams, Variable::RateLimit];
    assert_eq!(facts.variables.into_iter().collect::<Vec<_>>(), variables);
    let facts = check("data[auth.id] == 1", &binds).unwrap();
    assert_eq!(facts.whole.into_iter().collect::<Vec<_>>(), [Variable::Data]);
    assert!(check("un == 1", &binds).unwrap_err().contains("'newData' (in container ''), used by bind 'un'"));
}

#[test]
fn binds() {
    let order = [("c", "b + 1"), ("a", "1"), ("b", "a + 1")];
    assert_eq!(check("c == 3", &order).unwrap().result, Types::BOOL);
    for (binds, expected) in [
        (&[("a", "b"), ("b", "a")][..], "bind b: cyclic bind: 'a' needs itself"),
        (&[("a", "a")], "bind a: cyclic bind"),
        (&[("a", "nobody")], "bind a: undeclared reference to 'nobody'"),
        (&[("a", "1 +")], "bind a: Syntax error"),
        (&[("data", "1")], "bind data: 'data' cannot be the name of a bind"),
        (&[("a b", "1")], "bind a b: 'a b' cannot be the name of a bind"),
        (&[("", "1")], "bind : '' cannot be the name of a bind"),
        (&[("if", "1")], "bind if: 'if' cannot be the name of a bind"),
        (&[("a", "1 + 'b'")], "bind a: found no matching overload"),
    ] {
        let error = check("true", binds).unwrap_err();
        assert!(error.starts_with(expected) || error.contains("cyclic bind"), "{error}: {expected}");
    }
    // A macro's own name is no use of a bind.
    assert!(check("a", &[("a", "[1].all(b, b > 0)"), ("b", "a")]).is_ok());
}
