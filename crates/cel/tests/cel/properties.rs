//! Random texts, rules and rows.

use std::cmp::Ordering;
use std::sync::Arc;

use ketch_cel::{
    Action, Binds, CompiledRule, Condition, Constant, EndTest, Expression, FieldTest, Operator, Residual,
    Value, Variable,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::environment::{World, ask};
use crate::partial::without_row;

/// Pieces that rules are made of, and some that they are not.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(vec![
            "data", ".a", "auth", ".id", "(", ")", "[", "]", "{", "}", ",", ":", "?", "&&", "||", "!", "-", "==", "<",
            "in", "1", "2u", "1.5", "'a'", "\"b\"", "r'\\'", "b'x'", "null", "true", ".map(x,", ".all(x,", "x", "has(",
            "cel.bind(x,", ".ref('a.b')", "rateLimit.b.limit(", "size(", ".matches('a')", "timestamp(", ".getTime()",
            "'\\u12'", "`", "//", "\n", " ", "'''", "0x", "é", "😀", "'", "\\", ".", "math.least(", "request.time",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-3_i64..4).prop_map(Json::from),
        prop::sample::select(vec![0.5, 1.0, -1.0, 2.5]).prop_map(Json::from),
        prop::sample::select(vec!["", "a", "b", "ann"]).prop_map(Json::from),
    ]
}

fn row() -> impl Strategy<Value = Json> {
    let field = prop_oneof![
        4 => scalar(),
        1 => prop::collection::vec(scalar(), 0..3).prop_map(Json::from),
        1 => prop::collection::hash_map("[ab]", scalar(), 0..3).prop_map(|map| json!(map)),
    ];
    prop::collection::hash_map("[abc]", field, 0..4).prop_map(|map| json!(map))
}

/// Something that only evaluation knows the type of.
fn dynamic() -> impl Strategy<Value = String> {
    let of_row = prop::sample::select(vec!["data.a", "data.b", "data.c", "data['a']", "bound", "data.a.b"]);
    let known = prop::sample::select(vec![
        "auth.id",
        "auth.missing",
        "auth.role",
        "ruleParams.list",
        "ruleParams.one",
        "ruleParams.yes",
        "dyn(1 / 0)",
    ]);
    prop_oneof![3 => of_row, 2 => known].prop_map(str::to_owned)
}

fn list() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "data.ref('l.id')",
        "data.ref('m.id')",
        "auth.ref('$user.teams.id')",
        "ruleParams.list",
        "[]",
        "[1, 'a', null]",
        "[data.a, 'a']",
        "[data.a, data.b, auth.id]",
        "[data.a.b, 1]",
        "[1 / 0, data.a]",
        "data.a",
        "data.b",
        "bound",
        "data",
        "{'a': 1}",
        "{'a': data.b}",
    ])
    .prop_map(str::to_owned)
}

fn constant() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "null",
        "true",
        "false",
        "1",
        "2",
        "-1",
        "1.5",
        "'a'",
        "'ann'",
        "1u",
        "[1]",
        "request.time",
    ])
    .prop_map(str::to_owned)
}

/// Something that might be a bool.
fn rule() -> impl Strategy<Value = String> {
    let equality = || prop::sample::select(vec!["==", "!="]);
    let order = || prop::sample::select(vec!["<", "<=", ">", ">="]);
    let number = prop::sample::select(vec!["1", "-1", "1.5", "'a'", "2u", "true"]);
    let text = |(left, operator, right): (String, &str, String)| format!("{left} {operator} {right}");
    let leaf = prop_oneof![
        4 => (dynamic(), equality(), constant()).prop_map(text),
        2 => (dynamic(), equality(), dynamic()).prop_map(text),
        1 => (constant(), equality(), dynamic()).prop_map(text),
        3 => (dynamic(), order(), number).prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
        2 => (dynamic(), order(), dynamic()).prop_map(text),
        1 => (dynamic(), dynamic(), equality()).prop_map(|(a, b, operator)| format!("{a} {operator} ({a} + {b})")),
        4 => (dynamic(), list()).prop_map(|(left, right)| format!("{left} in {right}")),
        2 => (constant(), list()).prop_map(|(left, right)| format!("{left} in {right}")),
        3 => dynamic(),
        1 => list().prop_map(|list| format!("{list}.exists(x, x == data.a)")),
        3 => (list(), prop::sample::select(vec!["exists", "all"]), equality(), dynamic())
            .prop_map(|(list, walk, operator, value)| format!("{list}.{walk}(x, x {operator} {value})")),
        3 => (list(), prop::sample::select(vec!["exists", "all"]), list())
            .prop_map(|(list, walk, values)| format!("{list}.{walk}(x, x in {values})")),
        2 => (list(), list(), constant()).prop_map(|(list, values, constant)| {
            format!("{list}.all(bound, bound != {constant} && !(bound in {values}))")
        }),
        2 => (list(), prop_oneof![equality(), order()], prop::sample::select(vec!["0", "1", "2", "0.5", "-1", "'a'"]))
            .prop_map(|(list, operator, number)| format!("size({list}) {operator} {number}")),
        1 => (list(), equality()).prop_map(|(list, operator)| format!("{list} {operator} []")),
        1 => Just("has(data.a)".to_owned()),
        1 => Just("boundRule".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |rule| {
        prop_oneof![
            (rule.clone(), rule.clone()).prop_map(|(left, right)| format!("({left}) && ({right})")),
            (rule.clone(), rule.clone()).prop_map(|(left, right)| format!("({left}) || ({right})")),
            rule.clone().prop_map(|rule| format!("!({rule})")),
            (rule.clone(), rule.clone(), rule.clone())
                .prop_map(|(condition, then, other)| format!("({condition}) ? ({then}) : ({other})")),
            (rule.clone(), rule).prop_map(|(value, body)| format!("cel.bind(y, {value}, y || ({body}))")),
        ]
    })
}

fn compile(text: &str) -> Option<CompiledRule> {
    let binds = [("bound", "data.b"), ("boundRule", "data.c == 'a' || auth.id == bound")];
    let binds = Arc::new(Binds::compile(binds).unwrap());
    CompiledRule::compile(text, Action::View.variables(), binds).ok()
}

fn value_of(constant: &Constant) -> Value<'_> {
    match constant {
        Constant::Null => Value::Null,
        Constant::Bool(value) => Value::Bool(*value),
        Constant::Int(value) => Value::Int(*value),
        Constant::Double(value) => Value::Double(*value),
        Constant::String(text) => Value::String(ketch_cel::value::Text::Borrowed(text)),
    }
}

fn ordered(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// What the documentation of the forms says, for a row. An opaque part asks for `opaque`.
fn holds(condition: &Condition, row: &Json, references: &World, opaque: bool) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().all(|part| holds(part, row, references, opaque)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, row, references, opaque)),
        Condition::Raises => false,
        Condition::Opaque => opaque,
        Condition::Reference { path, test } => {
            let values = &references.references[&(Variable::Data, path.to_string())];
            let has_any = |constants: &[Constant]| {
                let is = |value: &Json| {
                    constants.iter().any(|constant| Value::from_json(value).equals(&value_of(constant)))
                };
                values.iter().any(is)
            };
            match test {
                EndTest::HasAny(constants) => has_any(constants),
                EndTest::HasNone(constants) => !has_any(constants),
                EndTest::Some => !values.is_empty(),
                EndTest::Nothing => values.is_empty(),
            }
        }
        Condition::Field { field, test } => {
            let json = row.get(&**field).unwrap_or(&Json::Null);
            let value = Value::from_json(json);
            let equals = |constant: &Constant| value.equals(&value_of(constant));
            let contains = |constant: &Constant| match json {
                Json::Array(items) => {
                    Some(items.iter().any(|item| Value::from_json(item).equals(&value_of(constant))))
                }
                Json::Object(object) => {
                    Some(matches!(constant, Constant::String(key) if object.contains_key(&**key)))
                }
                _ => None,
            };
            match test {
                FieldTest::Equal(constant) => equals(constant),
                FieldTest::NotEqual(constant) => !equals(constant),
                FieldTest::OneOf(constants) => constants.iter().any(equals),
                FieldTest::NoneOf(constants) => !constants.iter().any(equals),
                FieldTest::Is(wanted) => *json == Json::Bool(*wanted),
                FieldTest::Order(operator, constant) => value
                    .compare(&value_of(constant))
                    .is_some_and(|order| order.is_some_and(|order| ordered(*operator, order))),
                FieldTest::Contains(constant) => contains(constant) == Some(true),
                FieldTest::Lacks(constant) => contains(constant) == Some(false),
            }
        }
    }
}

fn world_of(row: &Json, guest: bool, references: (Vec<Json>, Vec<Json>)) -> World {
    let mut world = if guest { World::guest() } else { World::new() };
    world.variables.insert(Variable::Data, row.clone());
    world.variables.insert(Variable::RuleParams, json!({"list": [1, "a", "ann"], "one": 1, "yes": true}));
    world.references.insert((Variable::Data, "l.id".to_owned()), references.0);
    world.references.insert((Variable::Data, "m.id".to_owned()), references.1);
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in pieces()) {
        ask(&World::new(), &text);
        if let Ok(expression) = Expression::parse(&text) {
            drop(expression.check(&Variable::ALL, &Binds::default()));
        }
        if let Some(rule) = compile(&text) {
            rule.partial(&without_row(World::new()));
        }
    }

    #[test]
    fn any_text_at_all(text in "\\PC{0,60}") {
        ask(&World::new(), &text);
    }

    #[test]
    fn a_residual_says_what_the_rule_says(
        text in rule(),
        rows in prop::collection::vec(row(), 1..6),
        references in (prop::collection::vec(scalar(), 0..3), prop::collection::vec(scalar(), 0..3)),
        guest in any::<bool>(),
    ) {
        let Some(rule) = compile(&text) else { return Ok(()) };
        let ahead = without_row(world_of(&Json::Null, guest, (vec![], vec![])));
        let residual = rule.partial(&ahead);
        for row in rows {
            let world = world_of(&row, guest, references.clone());
            let answer = rule.allows(&world);
            let context = format!("{text}\n{row}\n{residual:?}\n{answer:?}");
            match &residual {
                Residual::Always => prop_assert_eq!(&answer, &Ok(true), "{}", context),
                Residual::Never => prop_assert_eq!(&answer, &Ok(false), "{}", context),
                Residual::Fails(error) => prop_assert_eq!(&answer, &Err(error.clone()), "{}", context),
                Residual::When(condition) => {
                    // Whatever opaque parts turn out to be, the rest bounds the answer on both sides.
                    let least = holds(condition, &row, &world, false);
                    let most = holds(condition, &row, &world, true);
                    prop_assert!(!least || most, "{}", context);
                    if !condition.is_opaque() {
                        prop_assert_eq!(least, answer == Ok(true), "{}", context);
                        prop_assert!(condition.may_raise() || answer.is_ok(), "{}", context);
                    }
                    prop_assert!(most || answer != Ok(true), "{}", context);
                    prop_assert!(!least || answer == Ok(true), "{}", context);
                    if let Some(prefilter) = condition.prefilter() {
                        prop_assert!(!prefilter.may_raise());
                        let kept = holds(&prefilter, &row, &world, false);
                        prop_assert!(kept || answer == Ok(false), "{}", context);
                    }
                }
            }
        }
    }

    #[test]
    fn checked_rules_only_fail_for_what_is_dynamic(text in rule(), row in row()) {
        let world = world_of(&row, false, (vec![], vec![]));
        if let Some(rule) = compile(&text) {
            drop(rule.evaluate(&world));
        }
    }

    #[test]
    fn timestamps_are_read_as_they_are_written(milliseconds in -62_135_596_800_000_i64..253_402_300_800_000) {
        let time = ketch_cel::time::Timestamp::from_milliseconds(milliseconds).unwrap();
        prop_assert_eq!(ketch_cel::time::Timestamp::parse(&time.format()), Some(time));
    }

    #[test]
    fn order_is_an_order(values in prop::collection::vec(scalar(), 3)) {
        let values: Vec<Value<'_>> = values.iter().map(Value::from_json).collect();
        for left in &values {
            for right in &values {
                let (there, back) = (left.compare(right), right.compare(left));
                prop_assert_eq!(there.map(|order| order.map(Ordering::reverse)), back);
                prop_assert_eq!(left.equals(right), right.equals(left));
            }
        }
    }
}
