//! What the server does to accounts by itself, over a data folder.

use std::sync::Arc;

use ketch_app::{App, AppConfig};
use ketch_auth::MagicCode;
use ketch_model::{ErrorKind, Object, Record, Value, time};
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

#[tokio::test]
async fn refresh_tokens_name_an_account_until_they_are_revoked() {
    let folder = Folder::new().await;
    let (auth, anna) = (&folder.app.auth, folder.person().await);
    let accounts = anna.collection.clone();
    let named = async |token: &str| {
        let account = auth.account_of_refresh_token(&accounts, token).await.unwrap();
        account.map(|account| account.id().to_owned())
    };
    let first = auth.issue_refresh_token(&anna).await.unwrap();
    let second = auth.issue_refresh_token(&anna).await.unwrap();
    assert_ne!(first, second);
    for token in [&first, &second] {
        assert_eq!(named(token).await.as_deref(), Some(anna.id()));
    }
    for wrong in ["", "x", "00000000-0000-4000-8000-000000000000"] {
        assert_eq!(named(wrong).await, None, "{wrong}");
    }
    auth.revoke_refresh_token(&first).await.unwrap();
    assert_eq!(named(&first).await, None);
    assert!(named(&second).await.is_some());
    auth.revoke_refresh_tokens_of(anna.id()).await.unwrap();
    assert_eq!(named(&second).await, None);

    // A token hangs on the account's key, not on its id alone.
    let third = auth.issue_refresh_token(&anna).await.unwrap();
    folder.app.records.delete_internal(&anna).await.unwrap();
    assert_eq!(named(&third).await, None);
    let again = json!({"id": anna.id(), "email": "anna@example.com", "password": "password123"});
    folder.create("users", again).await;
    assert_eq!(named(&third).await, None);
}

#[tokio::test]
async fn magic_codes_are_good_once() {
    let folder = Folder::new().await;
    let auth = &folder.app.auth;
    let email = "anna@example.com";
    let codes = [auth.make_magic_code(email).await.unwrap(), auth.make_magic_code(email).await.unwrap()];
    for code in &codes {
        assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
        let padded = format!(" {code} ");
        // Looking at a code neither uses it up nor counts as a guess.
        for _ in 0..20 {
            assert_eq!(auth.look_at_magic_code(email, &padded).await.unwrap(), MagicCode::Valid);
        }
        let other = auth.look_at_magic_code("bob@example.com", code).await.unwrap();
        assert_eq!(other, MagicCode::Unknown);
    }
    assert!(auth.use_magic_code(email, &codes[0]).await.unwrap());
    assert!(!auth.use_magic_code(email, &codes[0]).await.unwrap());
    assert_eq!(auth.look_at_magic_code(email, &codes[0]).await.unwrap(), MagicCode::Unknown);
    assert_eq!(auth.look_at_magic_code(email, &codes[1]).await.unwrap(), MagicCode::Valid);
    auth.remove_magic_codes_of(email).await.unwrap();
    assert_eq!(auth.look_at_magic_code(email, &codes[1]).await.unwrap(), MagicCode::Unknown);
    let mut guesses = 0;
    let refused = loop {
        guesses += 1;
        match auth.look_at_magic_code("carl@example.com", "000000").await {
            Ok(seen) => assert_eq!(seen, MagicCode::Unknown),
            Err(error) => break error,
        }
    };
    assert_eq!((guesses, refused.kind), (11, ErrorKind::TooManyRequests));
}
