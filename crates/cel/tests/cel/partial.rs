//! What is left of a rule when everything but the row is known.

use std::sync::Arc;

use ketch_cel::{Action, Binds, CompiledRule, Residual, Variable};

use crate::environment::World;

/// A world that knows everything but the row.
pub fn without_row(mut world: World) -> World {
    world.variables.remove(&Variable::Data);
    world.references.retain(|(object, _), _| *object != Variable::Data);
    world
}

pub fn compile(text: &str) -> CompiledRule {
    let binds = Binds::compile([("isOwner", "auth.id == data.owner"), ("owner", "data.owner")]).unwrap();
    CompiledRule::compile(text, Action::View.variables(), Arc::new(binds))
        .unwrap_or_else(|errors| panic!("{text}: {}", errors[0]))
}

/// A residual in few words.
fn shown(residual: &Residual) -> String {
    let text = match residual {
        Residual::Always => "always".to_owned(),
        Residual::Never => "never".to_owned(),
        Residual::Fails(error) => format!("fails {}", error.message),
        Residual::When(condition) => format!("{condition:?}"),
    };
    let text = text.replace("Field { field: ", "(").replace(", test: ", " ").replace(" }", ")");
    text.replace("Reference { path: ", "ref(").replace('"', "'")
}

fn table(world: World, rows: &[(&str, &str)]) {
    let world = without_row(world);
    for (text, expected) in rows {
        assert_eq!(shown(&compile(text).partial(&world)), *expected, "{text}");
    }
}

#[test]
fn forms() {
    table(
        World::new(),
        &[
            ("true", "always"),
            ("null", "never"),
            ("auth.id == 'ann'", "always"),
            ("auth.id == 'bob'", "never"),
            ("1 / 0 == 1", "fails divide by zero"),
            ("auth.missing < 3", "fails found no matching overload for '_<_' applied to '(null_type, int)'"),
            ("data.owner == auth.id", "('owner' Equal(String('ann')))"),
            ("isOwner", "('owner' Equal(String('ann')))"),
            ("owner == auth.id", "('owner' Equal(String('ann')))"),
            ("!isOwner", "('owner' NotEqual(String('ann')))"),
            ("data.owner != auth.id", "('owner' NotEqual(String('ann')))"),
            ("data['owner'] == null", "('owner' Equal(Null))"),
            ("auth.id != null && data.owner == auth.id", "('owner' Equal(String('ann')))"),
            ("auth.id == null && data.owner == auth.id", "never"),
            ("auth.role == 'editor' || data.public", "always"),
            ("auth.role == 'admin' || data.public", "('public' Is(true))"),
            ("data.public", "('public' Equal(Bool(true)))"),
            ("!data.public", "('public' Is(false))"),
            ("data.public == true", "('public' Equal(Bool(true)))"),
            ("data.count > 3", "('count' Order(Greater, Int(3)))"),
            ("3 > data.count", "('count' Order(Less, Int(3)))"),
            ("!(data.count > 3)", "('count' Order(LessOrEqual, Int(3)))"),
            ("data.count < 1.5", "('count' Order(Less, Double(1.5)))"),
            ("data.count < auth.missing", "Raises"),
            ("data.a < auth.missing || data.b == 1", "Any([Raises, ('b' Equal(Int(1)))])"),
            ("data.a < auth.missing && data.b == 1", "All([Raises, ('b' Equal(Int(1)))])"),
            ("data.id in ruleParams.ids", "('id' OneOf([String('post-1'), String('post-2')]))"),
            ("!(data.id in ruleParams.ids)", "('id' NoneOf([String('post-1'), String('post-2')]))"),
            ("data.id in []", "never"),
            ("data.id in auth.ref('$user.teams.id')", "('id' OneOf([String('t1'), String('t2')]))"),
            ("auth.id in data.ref('owner.id')", "ref('owner.id' HasAny([String('ann')]))"),
            ("!(auth.id in data.ref('owner.id'))", "ref('owner.id' HasNone([String('ann')]))"),
            ("auth.id in data.members", "('members' Contains(String('ann')))"),
            ("!(auth.id in data.members)", "('members' Lacks(String('ann')))"),
            ("auth.id in [data.a, data.b]", "Any([('a' Equal(String('ann'))), ('b' Equal(String('ann')))])"),
            ("!(auth.id in [data.a, 'x'])", "('a' NotEqual(String('ann')))"),
            ("auth.id in [data.a, 'ann']", "always"),
            (
                "data.a == 1 ? data.b == 2 : auth.id == 'bob'",
                "All([('a' Equal(Int(1))), ('b' Equal(Int(2)))])",
            ),
            (
                "data.a == 1 && (data.b == 2 && data.c == 3)",
                "All([('a' Equal(Int(1))), ('b' Equal(Int(2))), ('c' Equal(Int(3)))])",
            ),
            ("!(data.a == 1 || data.b == 2)", "All([('a' NotEqual(Int(1))), ('b' NotEqual(Int(2)))])"),
            ("data.a == request.time", "never"),
            ("has(data.a)", "always"),
            ("data.a.b == 1", "Opaque"),
            ("data.a == data.b", "Opaque"),
            ("data.a == [1]", "Opaque"),
            ("data.title.startsWith('a')", "Opaque"),
            ("size(data.ref('o.id')) > 0", "ref('o.id' Some)"),
            ("data.ref('o.id').size() != 0", "ref('o.id' Some)"),
            ("1 <= data.ref('o.id').size()", "ref('o.id' Some)"),
            ("0 == size(data.ref('o.id'))", "ref('o.id' Nothing)"),
            ("!(size(data.ref('o.id')) > 0.5)", "ref('o.id' Nothing)"),
            ("size(data.ref('o.id')) >= 0", "always"),
            ("size(data.ref('o.id')) < -1", "never"),
            ("size(data.ref('o.id')) == 1", "Opaque"),
            ("size(data.ref('o.id')) > 1", "Opaque"),
            ("size(data.ref('o.id')) == 7", "Opaque"),
            ("size(data.ref('o.id')) < auth.id", "Raises"),
            ("size(data.ref('o.id')) == auth.id", "never"),
            ("data.ref('o.id') == []", "ref('o.id' Nothing)"),
            ("[] != data.ref('o.id')", "ref('o.id' Some)"),
            ("data.ref('o.id') == ['ann']", "Opaque"),
            ("data.ref('o.id').exists(x, x == auth.id)", "ref('o.id' HasAny([String('ann')]))"),
            ("!data.ref('o.id').exists(x, auth.id == x)", "ref('o.id' HasNone([String('ann')]))"),
            ("data.ref('o.id').all(x, x != auth.id)", "ref('o.id' HasNone([String('ann')]))"),
            (
                "data.ref('o.id').exists(x, x == 'a' || x in [1, 2])",
                "ref('o.id' HasAny([String('a'), Int(1), Int(2)]))",
            ),
            (
                "data.ref('o.id').all(x, x != 'a' && !(x in [1, 2]))",
                "ref('o.id' HasNone([String('a'), Int(1), Int(2)]))",
            ),
            (
                "data.ref('o.id').exists(x, x in auth.ref('$user.teams.id'))",
                "ref('o.id' HasAny([String('t1'), String('t2')]))",
            ),
            (
                "auth.ref('$user.teams.id').exists(x, x in data.ref('o.id'))",
                "ref('o.id' HasAny([String('t1'), String('t2')]))",
            ),
            (
                "!auth.ref('$user.teams.id').exists(x, x in data.ref('o.id'))",
                "ref('o.id' HasNone([String('t1'), String('t2')]))",
            ),
            (
                "auth.ref('$user.teams.id').all(x, x in data.ref('o.id'))",
                "All([ref('o.id' HasAny([String('t1')])), ref('o.id' HasAny([String('t2')]))])",
            ),
            (
                "auth.ref('$user.teams.id').exists(x, x == data.a)",
                "Any([('a' Equal(String('t1'))), ('a' Equal(String('t2')))])",
            ),
            ("[].exists(x, x in data.ref('o.id'))", "never"),
            ("[].all(x, x in data.ref('o.id'))", "always"),
            ("data.a == 1 || [1, 2].exists(x, x > 1 && x < 3)", "always"),
            ("data.ref('o.id').exists(x, x != auth.id)", "Opaque"),
            ("data.ref('o.id').all(x, x == auth.id)", "Opaque"),
            ("data.ref('o.id').exists(x, x == data.a)", "Opaque"),
            ("data.ref('o.id').exists(x, x in [x])", "Opaque"),
            ("data.ref('o.id').exists(owner, owner == 'a' && true)", "Opaque"),
            ("data.ref('o.id').exists_one(x, x == 'a')", "Opaque"),
            ("['a'].exists(owner, owner == [owner][0])", "always"),
            ("data.tags.exists(t, t == 'a') && isOwner", "All([Opaque, ('owner' Equal(String('ann')))])"),
            ("timestamp(data.due) < request.time", "Opaque"),
            ("cel.bind(x, data.a, x == 1)", "Opaque"),
        ],
    );
    table(
        World::guest(),
        &[
            ("isOwner", "('owner' Equal(Null))"),
            ("auth.id != null && isOwner", "never"),
            ("auth.id in data.ref('owner.id')", "ref('owner.id' HasAny([Null]))"),
        ],
    );
}

#[test]
fn rate_limits_are_not_taken_from_ahead() {
    let world = without_row(World::new());
    let rule = compile("rateLimit.sends.limit(auth.id) && data.a == 1");
    assert_eq!(shown(&rule.partial(&world)), "All([Opaque, ('a' Equal(Int(1)))])");
    assert!(world.taken.lock().unwrap().is_empty());
}

#[test]
fn prefilters() {
    let world = without_row(World::new());
    for (text, expected) in [
        ("isOwner", "Some(('owner' Equal(String('ann'))))"),
        ("isOwner && data.count > 3", "Some(('owner' Equal(String('ann'))))"),
        (
            "isOwner && data.a == 1 && data.x.y",
            "Some(All([('owner' Equal(String('ann'))), ('a' Equal(Int(1)))]))",
        ),
        ("isOwner || data.count > 3", "None"),
        (
            "isOwner || data.a == 1 && data.b",
            "Some(Any([('owner' Equal(String('ann'))), ('a' Equal(Int(1)))]))",
        ),
        ("data.x.y", "None"),
    ] {
        let Residual::When(condition) = compile(text).partial(&world) else { panic!("{text}") };
        let shown = match condition.prefilter() {
            Some(condition) => format!("Some({})", shown(&Residual::When(condition))),
            None => "None".to_owned(),
        };
        assert_eq!(shown, expected, "{text}");
    }
}
