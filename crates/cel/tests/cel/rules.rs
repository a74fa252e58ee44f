//! The rules document: what is refused, and which rule decides.

use ketch_cel::rules::{Limit, Refill};
use ketch_cel::{Action, Decision, FailureKind, LinkAction, Rules};
use serde_json::{Value as Json, json};

use crate::environment::World;

fn problems(document: &Json) -> Vec<String> {
    match Rules::compile(document) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|problem| {
                format!("{} {}:{} {}", problem.path.join("/"), problem.line, problem.column, problem.message)
            })
            .collect(),
    }
}

#[test]
fn documents_that_are_refused() {
    let rows = [
        (json!([]), " 1:1 the rules are an object of namespaces"),
        (json!({"posts": 1}), "posts 1:1 the rules of 'posts' must be an object"),
        (json!({"posts": {"allow": "true"}}), "posts/allow 1:1 posts.allow must be an object"),
        (
            json!({"posts": {"allow": {"view": 1}}}),
            "posts/allow/view 1:1 a rule is an expression, true or false",
        ),
        (json!({"posts": {"allow": {"view": "tru"}}}), "posts/allow/view 1:1 undeclared reference to 'tru'"),
        (json!({"posts": {"allow": {"view": "true &&"}}}), "posts/allow/view 1:8 Syntax error"),
        (
            json!({"posts": {"allow": {"view": "newData.a == 1"}}}),
            "posts/allow/view 1:1 undeclared reference to 'newData'",
        ),
        (
            json!({"posts": {"allow": {"view": "1"}}}),
            "posts/allow/view 1:1 expected type 'bool' but found 'int'",
        ),
        (
            json!({"posts": {"allow": {"update": "linkedData.a == 1"}}}),
            "posts/allow/update 1:1 undeclared reference",
        ),
        (json!({"posts": {"fields": {"title": "nobody"}}}), "posts/fields/title 1:1 undeclared reference"),
        (
            json!({"posts": {"fields": {"id": "true"}}}),
            "posts/fields/id 1:1 the id of an entity cannot be hidden",
        ),
        (json!({"posts": {"bind": ["a"]}}), "posts/bind 1:1 bind has an odd number of items"),
        (json!({"posts": {"bind": ["a", "1", "a", "2"]}}), "posts/bind/a 1:1 there are two binds named 'a'"),
        (json!({"posts": {"bind": [1, "1"]}}), "posts/bind 1:1 the name of a bind must be a string, not 1"),
        (json!({"posts": {"bind": {"a": 1}}}), "posts/bind/a 1:1 a bind is an expression, true or false"),
        (json!({"posts": {"bind": "a"}}), "posts/bind 1:1 bind is a list of names"),
        (json!({"posts": {"bind": {"a": "b", "b": "a"}}}), "posts/bind/a 1:1 cyclic bind"),
        (json!({"posts": {"bind": {"a": "1 +"}}}), "posts/bind/a 1:4 Syntax error"),
        (json!({"$default": {"bind": {"a": "1 +"}}, "posts": {}}), "$default/bind/a 1:4 Syntax error"),
        (json!({"$default": {"bind": ["a"]}, "posts": {}}), "$default/bind 1:1 bind has an odd number"),
        (
            json!({"$default": {"bind": {"a": "b", "b": "1"}}, "posts": {"bind": {"b": "a"}}}),
            "posts/bind/b 1:1 cyclic bind",
        ),
        (json!({"$default": {"allow": {"view": "nobody"}}}), "$default/allow/view 1:1 undeclared reference"),
        (json!({"$users": {"allow": {"delete": "true"}}}), "$users/allow/delete 1:1 users cannot be deleted"),
        (json!({"$secrets": {"allow": {"view": "true"}}}), "$secrets 1:1 there can be no rules"),
        (
            json!({"posts": {"allow": {"view": "rateLimit.a.limit('k')"}}}),
            "posts/allow/view 1:1 there is no bucket 'a'",
        ),
        (json!({"$rateLimits": []}), "$rateLimits 1:1 $rateLimits must be an object"),
        (json!({"$rateLimits": {"a": {}}}), "$rateLimits/a 1:1 a bucket is written as"),
        (
            json!({"$rateLimits": {"a": {"limits": [{"capacity": 0}]}}}),
            "$rateLimits/a/limits/0/capacity 1:1 the capacity",
        ),
        (
            json!({"$rateLimits": {"a": {"limits": [{"capacity": 1, "refill": {"period": "2 days"}}]}}}),
            "$rateLimits/a/limits/0/refill 1:1 \"2 days\" is no period",
        ),
        (
            json!({"$rateLimits": {"a": {"limits": [{"capacity": 1, "refill": {"type": "slow"}}]}}}),
            "$rateLimits/a/limits/0/refill 1:1 the type of a refill",
        ),
    ];
    for (document, expected) in rows {
        let found = problems(&document);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{document}: {found:?}");
    }
    let several =
        json!({"posts": {"allow": {"view": "a", "create": "b"}}, "tags": {"fields": {"name": "c"}}});
    assert_eq!(problems(&several).len(), 3);
}

#[test]
fn documents_that_are_fine() {
    for document in [
        json!(null),
        json!({}),
        json!({"posts": {}}),
        json!({"posts": null}),
        json!({"posts": {"allow": {"read": "nobody", "view": null}}}),
        json!({"posts": {"allow": {"$default": "nobody", "link": {"a": "nobody"}, "unlink": {"$default": "1 +"}}}}),
        json!({"posts": {"allow": {"create": "newData.a == data.a", "delete": true, "view": false}}}),
        json!({"$users": {"allow": {"delete": "false", "view": "true"}}, "$files": {"allow": {"view": "data.path != null"}}}),
        json!({"posts": {"bind": ["isOwner", "data.owner == auth.id", "is", "isOwner"], "allow": {"view": "is"}}}),
        json!({"posts": {"bind": ["unused", "linkedData.x == newData.y"], "allow": {"view": "true"}}}),
        json!({"attrs": {"allow": {"create": "auth.id != null", "$default": "false"}}}),
        json!({"$rateLimits": {"a": {"limits": [{"capacity": 5}]}}, "posts": {"allow": {"view": "rateLimit.a.limit(auth.id)"}}}),
    ] {
        assert_eq!(problems(&document), Vec::<String>::new(), "{document}");
    }
}

fn decides(rules: &Rules, namespace: &str, action: Action) -> String {
    let found = rules.rule(namespace, action);
    let decision = match found.decision {
        Decision::Constant(value) => value.to_string(),
        Decision::Rule(rule) => rule.source().to_owned(),
        Decision::Broken(problem) => format!("broken: {}", problem.path.join("/")),
    };
    if found.written { decision } else { format!("fallback {decision}") }
}

#[test]
fn the_nearest_rule_decides() {
    let rules = Rules::compile(&json!({
        "posts": {"allow": {"view": "data.a", "$default": "data.b"}},
        "tags": {"allow": {"create": "newData.c == 1"}},
        "broken": {"allow": {"$default": "newData.x == 1"}},
        "$default": {"allow": {"update": "data.d", "$default": false}},
    }))
    .unwrap();
    for (namespace, action, expected) in [
        ("posts", Action::View, "data.a"),
        ("posts", Action::Delete, "data.b"),
        ("posts", Action::Update, "data.b"),
        ("tags", Action::Create, "newData.c == 1"),
        ("tags", Action::Update, "data.d"),
        ("tags", Action::View, "false"),
        ("other", Action::Update, "data.d"),
        ("other", Action::Delete, "false"),
        ("broken", Action::View, "broken: broken/allow/$default"),
        ("broken", Action::Update, "newData.x == 1"),
    ] {
        assert_eq!(decides(&rules, namespace, action), expected, "{namespace} {action:?}");
    }
    let none = Rules::default();
    for (namespace, action, expected) in [
        ("posts", Action::View, "fallback true"),
        ("posts", Action::Delete, "fallback true"),
        ("attrs", Action::Create, "fallback true"),
        ("$files", Action::View, "fallback false"),
        ("$streams", Action::Create, "fallback false"),
        ("$other", Action::View, "fallback false"),
        ("$users", Action::Create, "fallback true"),
        ("$users", Action::Delete, "fallback false"),
    ] {
        assert_eq!(decides(&none, namespace, action), expected, "{namespace} {action:?}");
    }
}

#[test]
fn users_see_themselves() {
    let rules = Rules::default();
    for action in [Action::View, Action::Update] {
        let Decision::Rule(rule) = rules.rule("$users", action).decision else { panic!("a rule") };
        for (id, primary, guest, expected) in [
            ("ann", "", false, true),
            ("bob", "", false, false),
            ("bob", "ann", false, true),
            ("bob", "zoe", false, false),
            ("bob", "ann", true, false),
        ] {
            let mut world = if guest { World::guest() } else { World::new() };
            world.variables.insert(ketch_cel::Variable::Data, json!({"id": id}));
            let linked = if primary.is_empty() { vec![] } else { vec![json!(primary)] };
            world.references.insert((ketch_cel::Variable::Data, "linkedPrimaryUser.id".to_owned()), linked);
            assert_eq!(rule.allows(&world).unwrap(), expected, "{id} {primary} {guest}");
        }
    }
}

#[test]
fn links_and_fields_have_their_own_rules() {
    let rules = Rules::compile(&json!({
        "posts": {
            "bind": {"isOwner": "auth.id == data.owner"},
            "allow": {
                "link": {"tags": "isOwner && linkedData.id != null && actions.linkedData == 'create'", "$default": false},
                "unlink": {"tags": "actions.data == 'update'"},
            },
            "fields": {"secret": "isOwner", "email": false},
        },
    }))
    .unwrap();
    let allows = |label: &str, action| match rules.link_rule("posts", label, action) {
        None => "none".to_owned(),
        Some(Decision::Constant(value)) => value.to_string(),
        Some(Decision::Rule(rule)) => format!("asked: {}", rule.allows(&World::new()).unwrap()),
        Some(Decision::Broken(problem)) => problem.message.clone(),
    };
    assert_eq!(allows("tags", LinkAction::Link), "asked: true");
    assert_eq!(allows("other", LinkAction::Link), "false");
    assert_eq!(allows("other", LinkAction::Unlink), "none");
    assert!(allows("tags", LinkAction::Unlink).contains("undeclared reference to 'actions'"));
    assert!(rules.link_rule("tags", "posts", LinkAction::Link).is_none());
    assert_eq!(rules.field_rules("posts").map(|(label, _)| label).collect::<Vec<_>>(), ["email", "secret"]);
    assert!(matches!(rules.field_rule("posts", "email"), Some(Decision::Constant(false))));
    assert!(rules.field_rule("posts", "title").is_none());
}

#[test]
fn binds_are_shared_and_overridden() {
    let rules = Rules::compile(&json!({
        "$default": {"bind": {"who": "'ann'", "mine": "auth.id == who"}, "allow": {"delete": "mine"}},
        "posts": {"allow": {"view": "mine"}},
        "tags": {"bind": ["who", "'bob'"], "allow": {"view": "mine"}},
    }))
    .unwrap();
    for (namespace, action, expected) in
        [("posts", Action::View, true), ("tags", Action::View, false), ("tags", Action::Delete, true)]
    {
        let Decision::Rule(rule) = rules.rule(namespace, action).decision else { panic!("a rule") };
        assert_eq!(rule.allows(&World::new()).unwrap(), expected, "{namespace} {action:?}");
    }
}

#[test]
fn only_true_allows() {
    for (text, expected) in [
        ("data.flag", Ok(true)),
        ("data.off", Ok(false)),
        ("data.missing", Ok(false)),
        ("null", Ok(false)),
        ("data.title", Ok(false)),
        ("data.count < 10", Ok(true)),
        ("data.missing < 10", Err(FailureKind::Failed)),
        ("rateLimit.empty.limit('a')", Err(FailureKind::RateLimited)),
    ] {
        let limits = json!({"empty": {"limits": [{"capacity": 1}]}});
        let rules =
            Rules::compile(&json!({"posts": {"allow": {"view": text}}, "$rateLimits": limits})).unwrap();
        let Decision::Rule(rule) = rules.rule("posts", Action::View).decision else { panic!("a rule") };
        assert_eq!(rule.allows(&World::new()).map_err(|error| error.kind), expected, "{text}");
    }
}

#[test]
fn rate_limits() {
    let rules = Rules::compile(&json!({"$rateLimits": {
        "a": {"limits": [
            {"capacity": 5},
            {"capacity": 10, "refill": {"amount": 2, "period": "30 seconds", "type": "interval"}},
        ]},
    }}))
    .unwrap();
    let expected = [
        Limit { capacity: 5, amount: 5, period_seconds: 3600, refill: Refill::Greedy },
        Limit { capacity: 10, amount: 2, period_seconds: 30, refill: Refill::Interval },
    ];
    assert_eq!(rules.bucket("a").unwrap().limits, expected);
    assert!(rules.bucket("b").is_none());
}
