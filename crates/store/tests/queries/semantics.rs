//! What filters mean. The answers were observed on a real PocketBase.

use std::sync::Arc;

use serde_json::json;

use crate::support::App;

fn found(app: &App, collection: &str, rule: &str, person: &str) -> String {
    match app.rule(collection, rule, &app.request(person)) {
        Ok(mut ids) => {
            ids.sort();
            ids.join(" ")
        }
        Err(error) => panic!("{rule}: {error}"),
    }
}

#[track_caller]
fn check(collection: &str, person: &str, table: &[(&str, &str)]) {
    let app = App::open();
    for (rule, expected) in table {
        assert_eq!(found(&app, collection, rule, person), *expected, "{rule}");
    }
}

#[test]
fn values_and_affinity() {
    check(
        "posts",
        "",
        &[
            ("title='p1'", "1"),
            ("n='5'", "1"),
            ("title=5", ""),
            ("b='true'", ""),
            ("b='1'", "1"),
            ("b=true", "1"),
            ("n=''", ""),
            ("n=null", ""),
            ("n!=null", "1 2 3 4 5"),
            ("''=0", ""),
            ("1='1'", ""),
            ("true=true", "1 2 3 4 5"),
            ("n=FALSE", "2"),
            ("n=-0", "2"),
            ("d=''", "2 3 5"),
            ("d=null", "2 3 5"),
            ("d<@now", "1 2 3 5"),
            ("author!='ann'", "2 3 5"),
            ("title='p1' || title='p2' && n=5", "1"),
            ("n=5 (b=true)", "1"),
            ("title:lower='P1'", ""),
            ("'p1'=title:lower", "1"),
            ("title:isset='p1'", "1"),
        ],
    );
}

#[test]
fn patterns() {
    check(
        "posts",
        "",
        &[
            ("title~'a_b'", "5"),
            ("title~'100%'", ""),
            (r"title~'100\%'", "5"),
            (r"title~'\x'", "5"),
            (r"title~'\\'", "5"),
            ("title~\"'q'\"", "5"),
            ("title~'P'", "1 2 3 4"),
            ("title~'_1%'", "1"),
            ("title~''", "1 2 3 4 5"),
            ("title~null", ""),
            ("title!~'p'", "5"),
            ("n~5", "1 3"),
            ("5~n", "1 2"),
            ("'p1x'~title", "1"),
            ("title~true", "1 5"),
        ],
    );
}

#[test]
fn json() {
    check(
        "posts",
        "",
        &[
            ("j='str'", "2"),
            ("j.x='str'", "1"),
            ("j.a.b.0=1", "1"),
            ("j.a.b.1='two'", "1"),
            ("j.a.b.2.c=null", "1 2 3 4 5"),
            ("j.t=true", "1"),
            ("j=''", "5"),
            ("j!=''", "1 2 3 4"),
            ("j=12", "4"),
            ("j='12'", ""),
            ("j.0=1", "3"),
            ("j~'str'", "1 2"),
            ("j.x:lower='str'", ""),
            ("loc.lon=10", "1"),
            ("loc~'10'", "1"),
            ("loc.foo=null", "1 2 3 4 5"),
            ("geoDistance(loc.lon, loc.lat, 10, 20)=0", "1"),
            ("geoDistance(null, 1, 2, 3)=null", "1 2 3 4 5"),
            ("strftime('%Y', d)='2024'", "1"),
            ("strftime('%Y', d)=''", "2 3 5"),
        ],
    );
}

#[test]
fn lists() {
    check(
        "posts",
        "",
        &[
            ("s1:length=1", "1 5"),
            ("sm:length=2", "1"),
            ("sm:length=0", "3 4"),
            ("sm='[]'", "3 4"),
            ("sm=''", ""),
            ("sm~'b'", "1 2"),
            ("sm:each='b'", "2"),
            ("sm:each?='b'", "1 2"),
            ("sm:each!='b'", "3 4 5"),
            ("s1:each=''", "2 3 4"),
        ],
    );
}

#[test]
fn relations_mean_all_or_any() {
    check(
        "posts",
        "",
        &[
            ("author.nick='ann'", "1 4"),
            ("author.nick!='ann'", "2 3 5"),
            ("author.id!=''", "1 2 4"),
            ("tags.name='alpha'", "2"),
            ("tags.name?='alpha'", "1 2"),
            ("tags.name!='alpha'", "3 4 5"),
            ("tags.name?!='alpha'", "1 3 4 5"),
            ("tags.name!~'al'", "4"),
            ("tags.name=''", "3 5"),
            ("tags:each='alpha'", "2"),
            ("tags.name=tags2.name", "3 4 5"),
            ("tags.name?=tags2.name", "1 3 4 5"),
            ("tags.name!=tags2.name", "2"),
            ("tags.name?!=tags2.name", "1 2"),
            // Every pair has to satisfy, also of one relation with itself.
            ("tags.name=tags.name", "2 3 4 5"),
            // One row of a join has to satisfy all that is asked of it.
            ("tags.name?='alpha' && tags.color?='green'", ""),
            ("tags.name?='beta' && tags.color?='green'", "1"),
            ("tags.name?='alpha' || tags2.name?='other'", "1 2 4"),
            ("comments_via_post.text?='hello'", "1 2"),
            ("comments_via_post.text='hello'", "2"),
            ("comments_via_posts.text?='world'", "2"),
            ("meta_via_post.info='m1'", "1"),
            ("author.comments_via_by.post.title?='p2'", "1 4"),
            ("@collection.comments.text?='orphan' && title='p1'", "1"),
            ("title=@collection.comments.text", ""),
            ("@collection.empty.x!='z'", "1 2 3 4 5"),
            ("@collection.tags:a.name?='alpha' && @collection.tags:b.name?='beta' && title='p2'", "2"),
            ("@collection.tags.name?='alpha' && @collection.tags.name?='beta'", ""),
        ],
    );
    check(
        "comments",
        "",
        &[
            ("post.loc=''", "k4"),
            ("post.loc.lon=''", ""),
            ("post.loc.lon=null", "k4"),
            ("post.n=''", "k4"),
            ("post.sm:length=0", "k4"),
            ("post.title!='x'", "k1 k2 k3 k4"),
            ("post.title!~'x'", "k1 k2 k3"),
            ("post.author.nick=''", "k4"),
        ],
    );
    check(
        "view",
        "",
        &[
            ("title='p1'", "1"),
            ("x='5x'", "1"),
            ("x='-3x' || n=0", "2 4"),
            ("tags.name?='alpha'", "1 2"),
            ("tags:length=2", "1"),
        ],
    );
}

#[test]
fn the_request() {
    check(
        "posts",
        "ann",
        &[
            ("@request.auth.id!=''", "1 2 3 4 5"),
            ("author=@request.auth.id", "1 4"),
            ("@request.auth.age='5'", "1 2 3 4 5"),
            ("n=@request.auth.age", "1"),
            ("title=@request.auth.age", ""),
            ("@request.auth.secret='sann'", "1 2 3 4 5"),
            ("@request.auth.tags.name='alpha'", ""),
            ("@request.auth.tags.name?='alpha'", "1 2 3 4 5"),
            ("@request.auth.best.name='alpha'", "1 2 3 4 5"),
            ("tags.id?=@request.auth.best", "1 2"),
            ("tags.id?=@request.auth.tags.id", "1 2"),
            ("@request.auth.roles:each='x'", ""),
            ("@request.auth.roles:each?='x'", "1 2 3 4 5"),
            ("@request.auth.roles:length>1", "1 2 3 4 5"),
            ("@request.auth.data.k.1='two'", "1 2 3 4 5"),
            ("@request.auth.data.zz=''", ""),
            ("@request.auth.foo=null", "1 2 3 4 5"),
            ("@request.auth.collectionName='people'", "1 2 3 4 5"),
            ("@request.auth.comments_via_by.text='hello'", "1 2 3 4 5"),
            ("@request.method='GET' && @request.context='default'", "1 2 3 4 5"),
            ("@request.query.zz:isset=false", "1 2 3 4 5"),
        ],
    );
    check(
        "posts",
        "",
        &[
            ("@request.auth.id!=''", ""),
            // NULL equals the empty text: the famous trap.
            ("author=@request.auth.id", "3 5"),
            ("@request.auth.nick.x='1'", ""),
            ("tags.id=@request.auth.tags.id", "3 5"),
        ],
    );
}

#[test]
fn submitted_data() {
    let app = App::open();
    let mut request = app.request("ann");
    let body = json!({
        "title": "new", "n": 8, "b": true, "sm": ["a", "c"], "tags": ["alpha", "beta"], "author": "ann",
        "j": {"a": [1], "s": "str", "nn": null}, "loc": {"lon": 3, "lat": 4}, "unk": "u", "nul": null,
    });
    request.body = body.as_object().expect("an object").clone();
    for (rule, expected) in [
        ("@request.body.title='new'", true),
        (
            "@request.body.title:isset=true && @request.body.zz:isset=false && @request.body.nul:isset=true",
            true,
        ),
        ("@request.body.zz=''", true),
        ("@request.body.n=8", true),
        ("@request.body.n='8'", false),
        ("@request.body.b='true'", false),
        ("@request.body.sm='[\"a\",\"c\"]'", true),
        ("@request.body.sm:length=2", true),
        ("@request.body.sm:each='a'", false),
        ("@request.body.sm:each?='a'", true),
        ("@request.body.tags.name='alpha'", false),
        ("@request.body.tags.name?='alpha'", true),
        ("@request.body.tags.name!='zz'", true),
        ("@request.body.author.tags.name?='beta'", true),
        ("@request.body.cat.name!='x'", true),
        ("@request.body.j.a.0=1 && @request.body.j.s='str' && @request.body.j.nn=''", true),
        ("@request.body.j='{\"a\":[1],\"nn\":null,\"s\":\"str\"}'", true),
        ("@request.body.loc.lon=3", true),
        ("@request.body.title:lower='new'", true),
        ("@request.body.title:changed=false", true),
        ("title=@request.body.title && tags=@request.body.tags", true),
        ("n='8'", false),
        ("n~'8.0'", true),
        ("tags.name?='alpha' && tags:length=2", true),
        ("author.nick='ann'", true),
        ("comments_via_post.text='' || title='new'", false),
        ("@collection.posts.title?='new'", false),
    ] {
        assert_eq!(app.creates("posts", rule, &body, &request), expected, "{rule}");
    }
    request.body = json!({"title": "p1", "n": 6, "tags": ["alpha"]}).as_object().expect("an object").clone();
    for (rule, expected) in [
        ("@request.body.title:changed=true", "2 3 4 5"),
        ("@request.body.title:changed=false", "1"),
        ("@request.body.n:changed=true", "1 2 3 4 5"),
        ("@request.body.tags:changed=false", "2"),
        ("@request.body.d:changed=true", ""),
    ] {
        let ids = app.rule("posts", rule, &request).map(|ids| ids.join(" "));
        assert_eq!(ids.as_deref(), Ok(expected), "{rule}");
    }
}

#[test]
fn guards_of_client_filters() {
    let app = App::open().with_list_rule("tags", "color='red'").with_list_rule("people", "nick='ann'");
    let list = |filter: &str, sort: &str, person: &str| {
        let mut ids = app
            .list("posts", filter, sort, &app.request(person))
            .map_err(|error| (error.kind, error.message))?;
        if sort.is_empty() {
            ids.sort();
        }
        Ok::<_, (_, _)>(ids.join(" "))
    };
    for (filter, expected) in [
        ("tags.name?='alpha'", "1 2"),
        ("tags.name?='beta'", ""),
        ("tags.name!='zz'", "1 2 3 5"),
        ("tags.name='other' || title='p1'", "1"),
        ("author.nick='bob' || title~'p'", "1 3 4"),
        ("author.id!='zz'", "1 2 3 4 5"),
        ("tags:each?='beta'", "1"),
        ("cat.id!=''", "1 2"),
        ("author.email!='x'", "1 4"),
        ("author.email='bob@x.co'", ""),
        ("title='p1' || author.email='ann@x.co'", "1 4"),
    ] {
        assert_eq!(list(filter, "", "").as_deref(), Ok(expected), "{filter}");
    }
    use ketch_model::ErrorKind::{BadRequest, Forbidden};
    for (filter, kind) in [
        ("hid='x'", BadRequest),
        ("author.secret='x'", BadRequest),
        ("strftime('%Y', hid)=''", BadRequest),
        ("cat.name='c1'", BadRequest),
        ("  ", BadRequest),
        ("title='@request.x'", Forbidden),
        ("title='@collection.x'", Forbidden),
    ] {
        let error = list(filter, "", "ann").expect_err(filter);
        assert_eq!(error.0, kind, "{filter}");
    }
    assert!(list(&format!("n=5//{}", "x".repeat(3495)), "", "").is_ok());
    assert!(list(&format!("n=5//{}", "x".repeat(3496)), "", "").is_err());
    assert_eq!(list("", "author.nick", "").as_deref(), Ok("3 5 1 4"));
    for sort in ["hid", "cat.name", "title,", "--n", "@request.auth.id", "@collection.posts.n", "foo", "1"] {
        assert!(list("", sort, "").is_err(), "{sort}");
    }
    assert!(app.list("view", "", "@rowid", &app.request("")).is_err());
}

#[test]
fn superusers_have_no_guards() {
    let app = App::open();
    let mut superuser = app.record("people", "ann");
    let mut collection = ketch_model::Collection::clone(&superuser.collection);
    collection.name = ketch_model::collection::SUPERUSERS.to_owned();
    superuser.collection = Arc::new(collection);
    let mut request = app.request("");
    request.auth = Some(Arc::new(superuser));
    for (filter, expected) in [
        ("hid='h1'", "1"),
        ("cat.name='c1'", "1"),
        ("author.email='bob@x.co'", "2"),
        ("@collection.tags.name?='alpha' && title='p1'", "1"),
    ] {
        assert_eq!(
            app.list("posts", filter, "", &request).map(|ids| ids.join(" ")).ok().as_deref(),
            Some(expected)
        );
    }
}

#[test]
fn orders() {
    let app = App::open();
    let sorted =
        |sort: &str| app.list("posts", "", sort, &app.request("")).map(|ids| ids.join(" ")).expect(sort);
    for (sort, expected) in [
        ("", "1 2 3 4 5"),
        ("-n", "3 5 1 2 4"),
        ("+n", "4 2 1 5 3"),
        ("-@rowid", "5 4 3 2 1"),
        ("-author.nick,title", "2 1 4 5 3"),
        ("tags.name,title", "5 3 1 2 4"),
        ("sm:length,-title", "4 3 2 5 1"),
        ("j.x,title", "5 2 3 4 1"),
        ("title:lower", "5 1 2 3 4"),
    ] {
        assert_eq!(sorted(sort), expected, "{sort}");
    }
    assert_eq!(sorted("@random").len(), "1 2 3 4 5".len());
    let request = app.request("");
    let mut resolver = app.resolver("posts", &request);
    resolver.sort("-n", true).expect("a sort");
    let page = resolver.into_select(Vec::new()).only_ids(vec!["1".into(), "3".into(), "4".into()]).page(2, 1);
    assert_eq!(app.run(&page), Ok(vec!["1".to_owned(), "4".to_owned()]));
}
