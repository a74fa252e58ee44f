//! Text of clients never becomes SQL, and whatever is accepted can be run.

use proptest::prelude::*;
use serde_json::json;

use crate::support::{App, Sqlite};
use ketch_store::sql::{count_records, record_exists, select_records};

fn name() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        Just("id"),
        Just("title"),
        Just("n"),
        Just("b"),
        Just("d"),
        Just("s1"),
        Just("sm"),
        Just("author"),
        Just("cat"),
        Just("tags"),
        Just("tags2"),
        Just("j"),
        Just("loc"),
        Just("hid"),
        Just("nick"),
        Just("email"),
        Just("age"),
        Just("data"),
        Just("best"),
        Just("roles"),
        Just("name"),
        Just("color"),
        Just("text"),
        Just("post"),
        Just("posts"),
        Just("by"),
        Just("comments_via_post"),
        Just("comments_via_posts"),
        Just("posts_via_author"),
        Just("posts_via_tags"),
        Just("meta_via_post"),
        Just("people_via_best"),
        Just("lon"),
        Just("0"),
        Just("k"),
    ];
    let start = prop_oneof![
        6 => Just(""), 1 => Just("@request.auth."), 1 => Just("@request.body."), 1 => Just("@request.query."),
        1 => Just("@collection.comments."), 1 => Just("@collection.posts:z."),
    ];
    let end = prop_oneof![
        5 => Just(""), 1 => Just(":each"), 1 => Just(":length"), 1 => Just(":lower"), 1 => Just(":isset"),
        1 => Just(":changed"),
    ];
    (start, prop::collection::vec(segment, 1..4), end)
        .prop_map(|(start, segments, end)| format!("{start}{}{end}", segments.join(".")))
}

fn operand() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => name(),
        1 => "[a-z%_\\\\;)(\"-]{0,6}".prop_map(|text| format!("'{}'", text.replace('\\', "\\\\"))),
        1 => Just("''".to_owned()),
        1 => (-20..20_i32).prop_map(|number| number.to_string()),
        1 => prop_oneof![Just("true"), Just("null"), Just("@now"), Just("@year")].prop_map(str::to_owned),
        1 => name().prop_map(|name| format!("strftime('%Y', {name})")),
        1 => (name(), name()).prop_map(|(left, right)| format!("geoDistance({left}, {right}, 1, 2)")),
    ]
}

fn filter() -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        Just("="),
        Just("!="),
        Just("~"),
        Just("!~"),
        Just("<"),
        Just(">="),
        Just("?="),
        Just("?!="),
        Just("?~"),
        Just("?>"),
    ];
    let comparison =
        (operand(), sign, operand()).prop_map(|(left, sign, right)| format!("{left} {sign} {right}"));
    comparison.prop_recursive(3, 6, 3, |inner| {
        (prop::collection::vec(inner, 1..4), prop::bool::ANY)
            .prop_map(|(parts, and)| format!("({})", parts.join(if and { " && " } else { " || " })))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn accepted_filters_run(filter in filter(), sort in name(), person in prop::bool::ANY, create in prop::bool::ANY) {
        thread_local! {
            static APP: App = App::open();
        }
        APP.with(|app| {
            let mut request = app.request(if person { "ann" } else { "" });
            request.body = json!({"title": "x", "tags": ["alpha"], "author": "ann", "sm": ["a"], "j": {"k": [1]}})
                .as_object().expect("an object").clone();
            if let Ok(ids) = app.rule("posts", &filter, &request) {
                let mut distinct = ids.clone();
                distinct.sort();
                distinct.dedup();
                prop_assert_eq!(distinct.len(), ids.len(), "{}", filter);
            }
            let mut resolver = app.resolver("posts", &request);
            if let Ok(predicate) = resolver.rule(&filter) {
                let sorted = resolver.sort(&sort, false).is_ok();
                let mut select = resolver.into_select(vec![predicate]);
                if create && !sorted {
                    let cells = select.collection.fields.iter().map(|field| field.to_cell(&field.zero())).collect();
                    select = select.over_virtual(cells);
                }
                // Sorting through several rows may repeat no record either.
                if let Err(error) = app.run(&select) {
                    prop_assert!(false, "{filter} sorted by {sort}: {error}");
                }
            }
            let _ = app.list("posts", &filter, &sort, &request);
            Ok(())
        })?;
    }

    #[test]
    fn texts_of_clients_are_bound(secret in "[a-zA-Z0-9]{12}x'\"`;%_") {
        let app = App::open();
        let mut request = app.request("ann");
        std::sync::Arc::make_mut(&mut request.query).insert("q".to_owned(), secret.clone());
        std::sync::Arc::make_mut(&mut request.headers).insert("h".to_owned(), secret.clone());
        request.body = json!({"title": secret, "tags": [secret], "author": secret, "j": {secret.clone(): secret}, "sm": [secret]})
            .as_object().expect("an object").clone();
        let quoted = secret.replace('\'', "\\'");
        let key: String = secret.chars().take(12).collect();
        let filters = [
            format!("title = '{quoted}' || title ~ '{quoted}' || title:lower != '{quoted}'"),
            format!("tags.name = '{quoted}' && comments_via_post.text ?~ '{quoted}' && j.{key} = 1"),
            format!("strftime('{quoted}', d, '{quoted}') = '{quoted}' || j.a.{key}.0 = '{quoted}'"),
            "@request.query.q = title || @request.headers.h ~ title || @request.body.title != title".to_owned(),
            "@request.body.tags.name ?= title || @request.body.author.nick = title".to_owned(),
            "@request.body.sm:each ?= title || @request.body.title:changed = true || @request.body.j = title".to_owned(),
            format!("@collection.comments:{key}.text ?= '{quoted}'"),
        ];
        for filter in filters {
            let mut resolver = app.resolver("posts", &request);
            let predicate = resolver.rule(&filter).expect("a filter");
            resolver.sort(&format!("j.{key}"), false).expect("a sort");
            let select = resolver.into_select(vec![predicate]).only_ids(vec![secret.clone(), key.clone()]);
            let virtual_row = select.collection.fields.iter().map(|_| ketch_model::Cell::text(secret.as_str())).collect();
            let created = select.clone().over_virtual(virtual_row);
            for statement in [
                select_records(&Sqlite, &select), count_records(&Sqlite, &select), record_exists(&Sqlite, &created),
            ] {
                prop_assert!(!statement.sql.contains(&key), "{}", statement.sql);
            }
            prop_assert!(app.run(&select).is_ok());
        }
    }
}
