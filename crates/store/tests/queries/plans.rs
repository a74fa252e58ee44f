//! That queries are asked in a way that can be answered fast.

use ketch_store::Statement;
use ketch_store::sql::{count_records, select_records};

use crate::support::{App, Sqlite};

fn statement(app: &App, rule: &str, sort: &str) -> Statement {
    let request = app.request("ann");
    let mut resolver = app.resolver("posts", &request);
    let predicate = resolver.rule(rule).expect(rule);
    resolver.sort(sort, false).expect(sort);
    select_records(&Sqlite, &resolver.into_select(vec![predicate]).page(30, 0))
}

#[test]
fn an_index_gives_the_order() {
    let app = App::open();
    for rule in [
        "",
        "@request.auth.id != ''",
        "title ~ 'x' || n > 5",
        "tags.name ?= 'alpha'",
        "tags.name = 'alpha'",
        "comments_via_post.text ?= 'hello' || sm:each ?= 'a'",
        "@collection.comments.by ?= @request.auth.id && @collection.comments.post ?= id",
    ] {
        let statement = statement(&app, rule, "-created");
        let plan = app.plan(&statement);
        assert!(plan.contains("SCAN t0 USING INDEX posts_created"), "{rule}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{rule}: {plan}");
        assert!(!statement.sql.contains("DISTINCT"), "{rule}");
    }
}

#[test]
fn indexes_are_not_hidden_behind_functions() {
    let app = App::open();
    for (rule, expected) in [
        ("author = @request.auth.id", "SEARCH t0 USING INDEX posts_author (author=?)"),
        ("id = 'x'", "SEARCH t0 USING INDEX sqlite_autoindex_posts_1 (id=?)"),
        ("author.nick = 'ann'", "SEARCH t0 USING INDEX posts_author (author=?)"),
        ("comments_via_post.by ?= @request.auth.id", "INDEX comments_post (post=?)"),
        (
            "@collection.comments.by ?= @request.auth.id && @collection.comments.post ?= id",
            "INDEX comments_post (post=?)",
        ),
    ] {
        let statement = statement(&app, rule, "");
        let plan = app.plan(&statement);
        assert!(plan.contains(expected), "{rule}: {plan}: {}", statement.sql);
        assert!(!statement.sql.contains("COALESCE"), "{rule}: {}", statement.sql);
    }
}

#[test]
fn texts_are_the_same_for_the_same_shape() {
    let app = App::open();
    let text = |rule: &str| statement(&app, rule, "-n").sql;
    assert_eq!(text("title = 'a' && n > 1"), text("title = 'other' && n > 2.5"));
    assert_eq!(text("j.a.b = 1"), text("j.x = 2"));
    assert_eq!(text("@request.auth.nick = 'ann' && n = 1"), text("n = 7"));
    let request = app.request("");
    let ids = |ids: &[&str]| {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        select_records(&Sqlite, &app.resolver("posts", &request).into_select(Vec::new()).only_ids(ids)).sql
    };
    assert_eq!(ids(&["1", "2"]), ids(&["1", "2", "3"]));
}

#[test]
fn counts_are_plain() {
    let app = App::open();
    let request = app.request("ann");
    for rule in
        ["", "n > 1", "author.nick = 'ann'", "tags.name ?= 'alpha' && comments_via_post.text ?= 'hello'"]
    {
        let mut resolver = app.resolver("posts", &request);
        let predicate = resolver.rule(rule).expect(rule);
        resolver.sort("tags.name", false).expect("a sort");
        let statement = count_records(&Sqlite, &resolver.into_select(vec![predicate]));
        assert!(statement.sql.starts_with("SELECT COUNT(*) FROM `posts` AS t0"), "{}", statement.sql);
        assert!(!statement.sql.contains("DISTINCT"), "{}", statement.sql);
    }
}

#[test]
fn rules_over_the_request_need_no_query() {
    let app = App::open();
    for (rule, person, always, never) in [
        ("@request.auth.id != ''", "ann", true, false),
        ("@request.auth.id != ''", "", false, true),
        ("@request.auth.nick = 'ann' && @request.method = 'GET'", "ann", true, false),
        ("@request.auth.age > 6 || @request.auth.data.s ~ 'ST'", "ann", true, false),
        ("@request.auth.verified = true", "ann", false, true),
        ("title = 'x' && @request.auth.id = 'bob'", "ann", false, true),
        ("title = 'x' || @request.auth.id = 'ann'", "ann", true, false),
        ("title = 'x' && @request.auth.id = 'ann'", "ann", false, false),
        ("@request.query.k:isset = false && '' = null", "", true, false),
    ] {
        let request = app.request(person);
        let mut resolver = app.resolver("posts", &request);
        let predicate = resolver.rule(rule).expect(rule);
        assert_eq!((predicate.is_always_true(), predicate.is_never()), (always, never), "{rule}");
    }
}
