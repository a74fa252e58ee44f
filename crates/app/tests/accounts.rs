//! What the server does to accounts by itself, over a data folder.

use std::sync::Arc;

use ketch_app::{App, AppConfig};
use ketch_model::{Object, Record, Value, time};
use ketch_store::Store;
use ketch_store_sqlite::{SqliteOptions, SqliteStore};
use serde_json::json;

struct Folder {
    app: Arc<App>,
    _path: tempfile::TempDir,
}

impl Folder {
    async fn new() -> Self {
        let path = tempfile::tempdir().expect("a folder");
        let open = |name: &str| -> Arc<dyn Store> {
            Arc::new(SqliteStore::open(path.path().join(name), SqliteOptions::default()).expect("a store"))
        };
        let config = AppConfig { data_dir: path.path().to_owned(), ..AppConfig::default() };
        let app = App::open(config, open("data.db"), open("auxiliary.db")).await.expect("an app");
        Self { app, _path: path }
    }

    async fn create(&self, collection: &str, data: Value) -> Record {
        let collection = self.app.records.schema().by_name(collection).cloned().expect("a collection");
        self.app.records.create_internal(&collection, object(data)).await.expect("a record")
    }

    async fn person(&self) -> Record {
        self.create("users", json!({"email": "anna@example.com", "password": "password123"})).await
    }

    /// A row of a system collection that belongs to an account.
    async fn row(&self, collection: &str, account: &Record, mut data: Value) -> Record {
        data["collectionRef"] = json!(account.collection.id);
        data["recordRef"] = json!(account.id());
        self.create(collection, data).await
    }

    async fn exists(&self, record: &Record) -> bool {
        self.app.records.find_by_id(&record.collection, record.id()).await.expect("an answer").is_some()
    }
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

#[tokio::test]
async fn what_has_ended_is_removed() {
    let folder = Folder::new().await;
    let anna = folder.person().await;
    let otp = folder.row("_otps", &anna, json!({"password": "12345678"})).await;
    let mfa = folder.row("_mfas", &anna, json!({"method": "password"})).await;
    let options = anna.collection.auth().unwrap().clone();
    assert!(options.otp.duration < options.mfa.duration);

    let now = time::unix_milliseconds();
    let remove = async |now: i64| {
        folder.app.auth.remove_expired_mfas(now).await.unwrap();
        folder.app.auth.remove_expired_otps(now).await.unwrap();
    };
    remove(now).await;
    assert!(folder.exists(&otp).await && folder.exists(&mfa).await);
    remove(now + options.otp.duration * 1000 + 1000).await;
    assert!(!folder.exists(&otp).await && folder.exists(&mfa).await);
    remove(now + options.mfa.duration * 1000 + 1000).await;
    assert!(!folder.exists(&mfa).await && folder.exists(&anna).await);
    folder.app.close().await;
}

#[tokio::test]
async fn verification_ends_what_strangers_had_linked() {
    let folder = Folder::new().await;
    let anna = folder.person().await;
    let verified = |flag: bool| object(json!({"verified": flag}));
    // Without links nobody is signed out.
    let once = folder.app.records.update_internal(&anna, verified(true)).await.unwrap();
    assert_eq!(once.text("tokenKey"), anna.text("tokenKey"));
    folder.app.records.update_internal(&anna, verified(false)).await.unwrap();

    let link = folder.row("_externalAuths", &anna, json!({"provider": "google", "providerId": "1"})).await;
    let again = folder.app.records.update_internal(&anna, verified(true)).await.unwrap();
    assert_ne!(again.text("tokenKey"), anna.text("tokenKey"));
    assert!(!folder.exists(&link).await);
    folder.app.close().await;
}

#[tokio::test]
async fn a_random_password_ends_the_old_one_and_all_sessions() {
    let folder = Folder::new().await;
    let anna = folder.person().await;
    assert!(folder.app.auth.password_matches(&anna, "password123").await);
    let changed = folder.app.records.update_with_random_password(&anna, Object::new()).await.unwrap();
    assert!(!folder.app.auth.password_matches(&changed, "password123").await);
    assert!(!changed.text("password").is_empty());
    assert_ne!(changed.text("tokenKey"), anna.text("tokenKey"));
    folder.app.close().await;
}
