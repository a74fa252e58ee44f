//! Users of an app.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::client::{Client, Outgoing};
use crate::call::Call;
use crate::encode::with_query;

impl Client {
    /// The users of the app.
    pub fn auth(&self) -> Auth {
        Auth { client: self.clone() }
    }
}

/// Which user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserKey {
    /// The one with this address.
    Email(String),
    /// The one with this id.
    Id(String),
    /// The one with this refresh token.
    RefreshToken(String),
}

impl UserKey {
    fn pair(self) -> (&'static str, String) {
        match self {
            Self::Email(email) => ("email", email),
            Self::Id(id) => ("id", id),
            Self::RefreshToken(token) => ("refresh_token", token),
        }
    }
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The id.
    pub id: String,
    /// The address, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The token that the user signs in with, where one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// A user with a new token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The user.
    pub user: User,
    /// Whether the user is new.
    #[serde(default)]
    pub created: bool,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Found {
    #[serde(alias = "deleted")]
    user: Option<User>,
}

/// Finds users, signs them in and out.
///
/// ```no_run
/// # async fn example(client: ketch_client::instant::Client) -> ketch_client::Result<()> {
/// use ketch_client::instant::UserKey;
/// let ada = client.auth().create_token(UserKey::Email("ada@example.com".to_owned())).await?;
/// println!("{:?}", ada.user.refresh_token);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Auth {
    client: Client,
}

impl Auth {
    /// A new token for a user, who is made if not there.
    pub fn create_token(&self, key: UserKey) -> Call<SignedIn> {
        self.post("/admin/refresh_tokens", object(key))
    }

    /// A code to sign in with. It is up to you how it reaches the user.
    pub fn generate_magic_code(&self, email: &str) -> Call<String> {
        self.code("/admin/magic_code", email)
    }

    /// As [`generate_magic_code`](Self::generate_magic_code); the server mails it to the user.
    pub fn send_magic_code(&self, email: &str) -> Call<String> {
        self.code("/admin/send_magic_code", email)
    }

    /// Signs a user in with a code.
    pub fn verify_magic_code(&self, email: &str, code: &str) -> Call<SignedIn> {
        self.post("/admin/verify_magic_code", json!({"email": email, "code": code}))
    }

    /// The user that a refresh token belongs to. Needs no admin token.
    pub fn verify_token(&self, token: &str) -> Call<User> {
        let body = json!({"app-id": &*self.client.app_id, "refresh-token": token});
        let outgoing = Outgoing::post("/runtime/auth/verify_refresh_token", &body)
            .map(|outgoing| Outgoing { is_public: true, ..outgoing.safe() });
        let call: Call<SignedIn> = self.client.call(outgoing);
        Call::new(move |options| async move { Ok(call.options(options).await?.user) })
    }

    /// Makes a user without an address.
    pub fn sign_in_guest(&self) -> Call<SignedIn> {
        self.post("/admin/sign_in_guest", json!({}))
    }

    /// A user, if there is such a one.
    pub fn get_user(&self, key: UserKey) -> Call<Option<User>> {
        self.user(Method::GET, key)
    }

    /// Deletes a user; returns who it was, if there was such a one.
    pub fn delete_user(&self, key: UserKey) -> Call<Option<User>> {
        self.user(Method::DELETE, key)
    }

    /// Makes tokens invalid: all of a user, or only the one that is given.
    pub fn sign_out(&self, key: UserKey) -> Call<()> {
        let call: Call<Value> = self.post("/admin/sign_out", object(key));
        Call::new(move |options| async move { call.options(options).await.map(drop) })
    }

    fn code(&self, path: &str, email: &str) -> Call<String> {
        let call: Call<Code> = self.post(path, json!({ "email": email }));
        Call::new(move |options| async move { Ok(call.options(options).await?.code) })
    }

    fn user(&self, method: Method, key: UserKey) -> Call<Option<User>> {
        let path = with_query("/admin/users", &[key.pair()]);
        let call: Call<Found> = self.client.call(Ok(Outgoing::new(method, path)));
        Call::new(move |options| async move { Ok(call.options(options).await?.user) })
    }

    fn post<T: serde::de::DeserializeOwned + Send + 'static>(&self, path: &str, body: Value) -> Call<T> {
        self.client.call(Outgoing::post(path, &body))
    }
}

fn object(key: UserKey) -> Value {
    let (name, value) = key.pair();
    json!({ name: value })
}
