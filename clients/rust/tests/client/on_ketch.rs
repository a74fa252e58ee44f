//! The clients against a started Ketch.

use std::time::Duration;

use futures_util::StreamExt;
use ketch_client::instant::{AsUser, QueryEvent, Step, UserKey, lookup, new_id};
use ketch_client::pocketbase::{Record, RecordChange, filter};
use ketch_client::{File, transport};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ketch::{EMAIL, Ketch, PASSWORD};

#[derive(Debug, Deserialize, PartialEq)]
struct Post {
    id: String,
    title: String,
}

#[tokio::test]
async fn records_are_created_read_changed_and_deleted() {
    let Some(ketch) = Ketch::start() else { return };
    ketch.root().await;
    let posts = ketch.client().collection("posts");
    let post: Post = posts.create(json!({"title": "One"})).await.unwrap();
    assert_eq!(posts.get_one::<Post>(&post.id).fields("id,title").await.unwrap(), post);
    let changed: Record = posts.update(&post.id, json!({"title": "Two", "stars": 3})).await.unwrap();
    assert_eq!((changed.text("title"), changed.get_as::<u8>("stars").unwrap()), ("Two", 3));
    for n in 0..4 {
        posts.create::<Record>(json!({ "title": format!("More {n}") })).await.unwrap();
    }
    let page = posts.get_list::<Post>(2, 2).sort("-title").await.unwrap();
    assert_eq!((page.total_items, page.total_pages, page.items.len()), (5, 3, 2));
    assert_eq!(posts.get_list::<Post>(1, 2).skip_total().await.unwrap().total_items, -1);
    assert_eq!(posts.get_full_list::<Post>(2).await.unwrap().len(), 5);
    posts.delete(&post.id).await.unwrap();
    let error = posts.get_one::<Post>(&post.id).await.unwrap_err();
    assert_eq!(error.status(), 404);
    assert_eq!(ketch.client().collection("none").get_list::<Record>(1, 1).await.unwrap_err().status(), 404);
}

#[tokio::test]
async fn filters_find_exactly_the_text_that_was_put_in() {
    let Some(ketch) = Ketch::start() else { return };
    ketch.root().await;
    let posts = ketch.client().collection("posts");
    let nasty = ["it's", r"end\", r"\'", " || 1=1 //", "{:b}", "a\"b", "line\nbreak", "%", "é🦀", r"\\", "'"];
    for title in nasty {
        posts.create::<Record>(json!({ "title": title })).await.unwrap();
    }
    for title in nasty {
        let text = filter("title = {:a}", [("a", title.into()), ("b", "x".into())]).unwrap();
        let found = posts.get_full_list::<Post>(100).filter(text).await.unwrap();
        assert_eq!(found.iter().map(|post| post.title.as_str()).collect::<Vec<_>>(), [title]);
    }
    // The placeholders of an injection that a quoting without escapes would fall for.
    let text =
        filter("title = {:a} && title = {:b}", [("a", "\\".into()), ("b", " || 1=1 //".into())]).unwrap();
    assert!(posts.get_full_list::<Post>(100).filter(text).await.unwrap().is_empty());
    let error = posts.get_first_list_item::<Post>("title = 'none'").await.unwrap_err();
    assert_eq!((error.status(), error.response()["code"].as_u64()), (404, Some(404)));
}

#[tokio::test]
async fn people_sign_in_and_out() {
    let Some(ketch) = Ketch::start() else { return };
    let root = ketch.root().await;
    assert!(root.auth().is_valid() && root.auth().is_superuser());
    let users = root.collection("users");
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "passwordConfirm": PASSWORD});
    let ada: Record = users.create(body).await.unwrap();
    let client = ketch.client();
    let accounts = client.collection("users");
    assert_eq!(accounts.list_auth_methods().await.unwrap()["password"]["enabled"], true);
    let error = accounts.auth_with_password("ada@example.com", "wrong password").await.unwrap_err();
    assert_eq!((error.status(), client.auth().is_valid()), (400, false));
    accounts.auth_with_password("ada@example.com", PASSWORD).await.unwrap();
    assert!(client.auth().is_valid() && !client.auth().is_superuser());
    accounts.auth_refresh().await.unwrap();
    accounts.update::<Record>(ada.id(), json!({"name": "Ada"})).await.unwrap();
    assert_eq!(client.auth().record.unwrap().text("name"), "Ada");
    let other = users.impersonate(ada.id(), Some(Duration::from_secs(60))).await.unwrap();
    assert_eq!(other.auth().record.unwrap().id(), ada.id());
    assert!(root.auth().is_superuser());
    assert!(users.list_external_auths(ada.id()).await.unwrap().is_empty());
    assert_eq!(users.unlink_external_auth(ada.id(), "google").await.unwrap_err().status(), 404);
    accounts.delete(ada.id()).await.unwrap();
    assert!(client.auth().token.is_empty());
    // A token that is as good as expired is refreshed once before each call, and once only.
    let week = Duration::from_secs(86400 * 365);
    root.collection("_superusers").auth_with_auto_refresh(EMAIL, PASSWORD, week).await.unwrap();
    let before = root.auth().token;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let (first, second) = tokio::join!(root.health(), root.crons().get_full_list());
    first.unwrap();
    second.unwrap();
    assert_ne!(root.auth().token, before);
    root.sign_out();
    assert!(root.crons().get_full_list().await.is_err());
}

#[tokio::test]
async fn files_go_up_and_come_down_in_streams() {
    let Some(ketch) = Ketch::start() else { return };
    ketch.root().await;
    let client = ketch.client();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.bin");
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[n as usize % 3]).collect();
    std::fs::write(&path, &content).unwrap();
    let chunks =
        content.chunks(70_000).map(|chunk| Ok(bytes::Bytes::copy_from_slice(chunk))).collect::<Vec<_>>();
    let stream: transport::ByteStream = Box::pin(futures_util::stream::iter(chunks));
    let creating = client.collection("posts").create::<Record>(json!({"title": "007", "stars": 7}));
    let record = creating
        .file("files", File::path(&path))
        .file("files", File::bytes("note.txt", "Hello"))
        .file("files", File::stream("stream.bin", stream, None))
        .await
        .unwrap();
    assert_eq!((record.text("title"), record["stars"].as_f64()), ("007", Some(7.0)));
    let names: Vec<String> = record.get_as("files").unwrap();
    assert_eq!(names.len(), 3);
    for name in names.iter().filter(|name| name.ends_with(".bin")) {
        let copy = folder.path().join("copy");
        let download = client.files().download(&client.files().url(&record, name)).await.unwrap();
        assert_eq!(download.save_to(&copy).await.unwrap(), 3_000_000);
        assert!(std::fs::read(&copy).unwrap() == content);
    }
    let note = client.files().url(&record, names.iter().find(|name| name.ends_with(".txt")).unwrap());
    assert_eq!(client.files().download(&note).await.unwrap().bytes().await.unwrap(), "Hello");
    let missing = client.files().url(&record, "none.txt");
    assert_eq!(client.files().download(&missing).await.unwrap_err().status(), 404);
}

#[tokio::test]
async fn batches_are_all_or_nothing() {
    let Some(ketch) = Ketch::start() else { return };
    let root = ketch.root().await;
    root.settings()
        .update(json!({"batch": {"enabled": true, "maxRequests": 50, "timeout": 3}}))
        .await
        .unwrap();
    let mut batch = root.batch();
    batch
        .create("posts", json!({"title": "One"}))
        .file("files", File::bytes("a.txt", "Hello"))
        .fields("title,files");
    batch.upsert("posts", json!({"id": "abcdefghijklmno", "title": "Two"}));
    let answers = batch.send().await.unwrap();
    assert_eq!((answers[0].status, answers[0].body["title"].as_str()), (200, Some("One")));
    assert_eq!(answers[0].body["files"].as_array().unwrap().len(), 1);
    let mut batch = root.batch();
    batch.update("posts", "abcdefghijklmno", json!({"title": "Three"}));
    batch.delete("posts", "missing");
    let error = batch.send().await.unwrap_err();
    assert!(error.field("requests").unwrap().get("1").is_some(), "{error:?}");
    let post: Post = root.collection("posts").get_one("abcdefghijklmno").await.unwrap();
    assert_eq!(post.title, "Two");
    let mut batch = root.batch();
    batch.delete("posts", "abcdefghijklmno");
    assert_eq!(batch.send().await.unwrap()[0].status, 204);
}

#[tokio::test]
async fn changes_come_as_they_happen() {
    let Some(ketch) = Ketch::start() else { return };
    ketch.root().await;
    let client = ketch.client();
    let posts = client.collection("posts");
    let mut all = posts.subscribe::<Post>("*").await.unwrap();
    let mut few = posts.subscribe::<Record>("*").filter("stars > 5").fields("title").await.unwrap();
    assert!(client.realtime().is_connected());
    let one: Post = posts.create(json!({"title": "One", "stars": 1})).await.unwrap();
    posts.create::<Record>(json!({"title": "Six", "stars": 6})).await.unwrap();
    posts.delete(&one.id).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 3 {
        seen.push(tokio::time::timeout(Duration::from_secs(20), all.next()).await.unwrap().unwrap().unwrap());
    }
    assert!(seen.contains(&RecordChange::Created(Post { id: one.id.clone(), title: "One".to_owned() })));
    assert!(seen.contains(&RecordChange::Deleted(one)));
    let change = tokio::time::timeout(Duration::from_secs(20), few.next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(&change, RecordChange::Created(post) if post.text("title") == "Six"), "{change:?}");
    drop(few);
    posts.unsubscribe_all().await.unwrap();
    assert!(all.next().await.is_none() && !client.realtime().is_connected());
}

#[tokio::test]
async fn superusers_look_after_the_server() {
    let Some(ketch) = Ketch::start() else { return };
    let root = ketch.root().await;
    assert_eq!(root.health().await.unwrap()["code"], 200);
    assert!(root.settings().get_all().await.unwrap()["meta"].is_object());
    assert_eq!(root.settings().test_s3("storage").await.unwrap_err().status(), 400);
    let collections = root.collections();
    let posts: Value = collections.get_one("posts").await.unwrap();
    assert!(collections.get_list::<Value>(1, 50).await.unwrap().items.len() > 1);
    assert!(collections.get_scaffolds().await.unwrap()["base"].is_object());
    collections.import(json!([posts]), false).await.unwrap();
    root.collection("posts").create::<Record>(json!({"title": "x"})).await.unwrap();
    collections.truncate("posts").await.unwrap();
    assert!(root.collection("posts").get_full_list::<Record>(1000).await.unwrap().is_empty());
    let crons = root.crons().get_full_list().await.unwrap();
    root.crons().run(&crons[0].id).await.unwrap();
    root.logs().get_list::<Record>(1, 5).sort("-created").await.unwrap();
    root.logs().get_stats().await.unwrap();
    assert_eq!(root.sql().run("SELECT 1 AS one").await.unwrap()["rows"], json!([["1"]]));
    let backups = root.backups();
    backups.create("first.zip").timeout(Duration::from_secs(60)).await.unwrap();
    assert_eq!(backups.get_full_list().await.unwrap()[0].key, "first.zip");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("second.zip");
    assert!(backups.download("first.zip").await.unwrap().save_to(&path).await.unwrap() > 1000);
    backups.upload(File::path(&path)).await.unwrap();
    assert_eq!(backups.get_full_list().await.unwrap().len(), 2);
    backups.delete("first.zip").await.unwrap();
    collections.delete("posts").await.unwrap();
}

#[tokio::test]
async fn jobs_are_queued_and_worked_on() {
    let Some(ketch) = Ketch::start() else { return };
    let jobs = ketch.root().await.jobs();
    let minute = Duration::from_secs(60);
    let queued = jobs.enqueue("mail", json!({"to": "ada"}), None, Some(1)).await.unwrap();
    let id = queued["id"].as_str().unwrap();
    jobs.enqueue("mail", json!(null), Some("2999-01-01 00:00:00Z"), None).await.unwrap();
    assert_eq!(jobs.claim(["sms"], 5, minute).await.unwrap().items, []);
    let first = jobs.claim(["sms", "mail"], 5, minute).await.unwrap().items;
    assert_eq!((first.len(), first[0].id.as_str(), first[0].payload["to"].as_str()), (1, id, Some("ada")));
    let longer = jobs.extend(&first[0], minute * 60).await.unwrap();
    assert!(longer.locked_until > first[0].locked_until && longer.lease == first[0].lease);
    let waiting = jobs.fail(&first[0], "no luck", Some(Duration::ZERO)).await.unwrap();
    assert_eq!((waiting["status"].as_str(), waiting["retries"].as_u64()), (Some("pending"), Some(1)));
    assert_eq!(jobs.complete(&first[0]).await.unwrap_err().status(), 409);
    let second = jobs.claim([""; 0], 5, Duration::ZERO).await.unwrap().items;
    assert_eq!((second[0].last_error.as_str(), second[0].retries), ("no luck", 1));
    jobs.fail(&second[0], "no luck again", None).await.unwrap();
    assert_eq!(jobs.get_one(id).await.unwrap()["status"], "failed");
    assert_eq!(jobs.requeue(id).await.unwrap()["status"], "pending");
    let third = jobs.claim(["mail"], 1, minute).await.unwrap().items;
    assert_eq!(jobs.complete(&third[0]).await.unwrap()["status"], "completed");
    assert_eq!(jobs.delete(id).await.unwrap_err().status(), 400);
    let page = jobs.get_list(1, 0).query("topic", "mail").query("status", "pending").await.unwrap();
    assert_eq!((page.items.len(), page.total, page.limit), (1, 1, 1));
    assert_eq!(jobs.delete(page.items[0]["id"].as_str().unwrap()).await.unwrap(), json!({"ok": true}));
    let stats = jobs.get_stats().await.unwrap();
    assert_eq!((&stats["total"], &stats["completed"], &stats["running"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!(ketch.client().jobs().get_stats().await.unwrap_err().status(), 401);
}

#[tokio::test]
async fn secrets_are_kept() {
    let Some(ketch) = Ketch::start() else { return };
    let secrets = ketch.root().await.secrets();
    assert_eq!(secrets.create("stripe/key", "sk_live_1234567", "", "").await.unwrap()["env"], "global");
    secrets.create("short", "1234", "test", "a short one").await.unwrap();
    assert_eq!(secrets.get("stripe/key").await.unwrap()["value"], "sk_live_1234567");
    secrets.update("short", "5678", "still short").await.unwrap();
    let list = secrets.get_list().await.unwrap();
    let masked = |index: usize| list["items"][index]["masked_value"].as_str();
    assert_eq!((list["total"].as_u64(), masked(0), masked(1)), (Some(2), Some("***"), Some("sk_liv***")));
    assert_eq!(list["items"][0]["description"], "still short");
    secrets.delete("short").await.unwrap();
    assert_eq!(secrets.get("short").await.unwrap_err().status(), 404);
}

#[tokio::test]
async fn visits_are_counted() {
    let Some(ketch) = Ketch::start() else { return };
    let root = ketch.root().await;
    let analytics = root.analytics();
    if !analytics.is_enabled().await.unwrap() {
        eprintln!("skipped: this Ketch does not record visits");
        return;
    }
    let answer = analytics.track_event("view", "/a", json!({"sessionId": "s1"})).await.unwrap();
    assert_eq!(answer["accepted"], 1);
    assert!(analytics.get_stats("7d").await.unwrap()["summary"].is_object());
    analytics.get_config().await.unwrap();
    root.traces().list_spans(Default::default()).await.unwrap();
}

#[tokio::test]
async fn instant_queries_and_transactions() {
    let Some(ketch) = Ketch::start() else { return };
    let client = ketch.instant();
    let (goal, todo) = (new_id(), new_id());
    let steps = [
        Step::update("goals", &goal, json!({"title": "Learn"})),
        Step::create("todos", &todo, json!({"title": "Read"})),
        Step::link("goals", &goal, [("todos", todo.as_str())]),
    ];
    let first = client.transact(steps).await.unwrap();
    let second = client.transact([Step::merge("goals", &goal, json!({"more": {"a": 1}}))]).await.unwrap();
    assert!(second > first);
    let tree: Value = client.query(json!({"goals": {"todos": {}}})).await.unwrap();
    assert_eq!(
        (&tree["goals"][0]["title"], &tree["goals"][0]["todos"][0]["title"]),
        (&json!("Learn"), &json!("Read"))
    );
    client.transact([Step::delete("todos", &todo)]).await.unwrap();
    let tree: Value = client.query(json!({"todos": {}})).await.unwrap();
    assert_eq!(tree, json!({"todos": []}));
    let error = client.transact([Step::raw(json!(["frobnicate", "a", "b"]))]).await.unwrap_err();
    assert_eq!((error.status(), error.instant_type()), (400, Some("validation-failed")));
    let error = client.transact([Step::update("goals", lookup("title", "x"), json!({}))]).await.unwrap_err();
    assert_eq!(error.status(), 400);
}

#[tokio::test]
async fn instant_users() {
    let Some(ketch) = Ketch::start() else { return };
    let (client, ada) = (ketch.instant(), UserKey::Email("ada+1@example.com".to_owned()));
    let auth = client.auth();
    let signed_in = auth.create_token(ada.clone()).await.unwrap();
    let token = signed_in.user.refresh_token.unwrap();
    assert_eq!(auth.verify_token(&token).await.unwrap().id, signed_in.user.id);
    assert_eq!(auth.get_user(ada.clone()).await.unwrap().unwrap().id, signed_in.user.id);
    let code = auth.generate_magic_code("ada+1@example.com").await.unwrap();
    assert_eq!(auth.verify_magic_code("ada+1@example.com", &code).await.unwrap().user.id, signed_in.user.id);
    client.as_user(AsUser::Token(token.clone())).query::<Value>(json!({"goals": {}})).await.unwrap();
    auth.sign_out(ada.clone()).await.unwrap();
    assert_eq!(auth.verify_token(&token).await.unwrap_err().instant_type(), Some("record-not-found"));
    assert!(auth.delete_user(ada.clone()).await.unwrap().is_some());
    assert!(auth.get_user(ada).await.unwrap().is_none());
}

#[tokio::test]
async fn instant_files() {
    let Some(ketch) = Ketch::start() else { return };
    let storage = ketch.instant().storage();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.bin");
    std::fs::write(&path, vec![7; 300_000]).unwrap();
    storage.upload("photos/ä b.bin", File::path(&path)).await.unwrap();
    storage.upload("note.txt", File::bytes("note.txt", "Hello")).await.unwrap();
    let files = storage.list().await.unwrap();
    assert_eq!(files.len(), 2);
    assert!(files.iter().any(|file| file.size == Some(300_000)), "{files:?}");
    let url = storage.download_url("note.txt").await.unwrap().unwrap();
    let path = url.strip_prefix(&ketch.url).unwrap();
    assert_eq!(ketch.client().download(path).await.unwrap().bytes().await.unwrap(), "Hello");
    assert_eq!(storage.download_url("none.txt").await.unwrap(), None);
    let error = storage.upload("日本.txt", File::bytes("x", "")).await.unwrap_err();
    assert_eq!(error.kind(), ketch_client::ErrorKind::Input);
    storage.delete("note.txt").await.unwrap();
    storage.delete_many(["photos/ä b.bin"]).await.unwrap();
    assert!(storage.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn instant_queries_stay_up_to_date() {
    let Some(ketch) = Ketch::start() else { return };
    let client = ketch.instant();
    client.transact([Step::create("goals", new_id(), json!({"title": "One"}))]).await.unwrap();
    let mut goals = client.subscribe_query(json!({"goals": {}})).await.unwrap();
    for count in 1..3 {
        let event =
            tokio::time::timeout(Duration::from_secs(20), goals.next()).await.unwrap().unwrap().unwrap();
        let QueryEvent::Result { result, .. } = event else { panic!("{event:?}") };
        assert_eq!(result["goals"].as_array().unwrap().len(), count);
        client.transact([Step::create("goals", new_id(), json!({"title": "More"}))]).await.unwrap();
    }
}

#[tokio::test]
async fn instant_permissions_can_be_tried_out() {
    let Some(ketch) = Ketch::start() else { return };
    let (client, goal) = (ketch.instant(), new_id());
    client.transact([Step::create("goals", &goal, json!({"title": "One"}))]).await.unwrap();
    let guest = client.as_user(AsUser::Guest);
    let rules = json!({"goals": {"allow": {"view": "false", "delete": "false"}}});
    let check = guest.debug_query(json!({"goals": {}}), Some(rules.clone())).await.unwrap();
    assert_eq!((&check.result["goals"], check.check_results.len()), (&json!([]), 1));
    let check = guest.debug_transact([Step::delete("goals", &goal)], Some(rules)).await.unwrap();
    assert!(!check.all_checks_ok && !check.is_committed);
    let error = client.debug_query(json!({"goals": {}}), None).await.unwrap_err();
    assert_eq!(error.instant_type(), Some("validation-failed"));
}
