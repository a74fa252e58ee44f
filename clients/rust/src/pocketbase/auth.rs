//! Signing in, and what belongs to it.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::auth_store::{AuthState, MemoryAuthStore};
use super::client::Client;
use super::core::{AutoRefresh, Core, How, segment};
use super::record::Record;
use super::records::{Collection, email};
use crate::call::Call;
use crate::jwt;

/// The answer to a sign-in; the client keeps it in its auth store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Authenticated {
    /// The token.
    pub token: String,
    /// The record that is signed in.
    pub record: Record,
    /// What the OAuth2 provider told, for a sign-in through one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Value>,
}

impl Collection {
    /// How records of this collection can sign in.
    pub fn list_auth_methods(&self) -> Call<Value> {
        self.client.call(self.action(Method::GET, "auth-methods", None))
    }

    /// Signs in with an e-mail address or another identity, and a password.
    ///
    /// When a second factor is asked for it fails with status 401, and
    /// [`Error::mfa_id`](crate::Error::mfa_id) is what the second sign-in needs as `mfaId` in its query.
    pub fn auth_with_password(&self, identity: &str, password: &str) -> Call<Authenticated> {
        self.sign_in("auth-with-password", json!({"identity": identity, "password": password}))
    }

    /// As [`auth_with_password`](Self::auth_with_password), and then keeps the token fresh: a request
    /// refreshes it first if it would expire within `threshold`, or signs in again should that fail.
    /// Ends with the sign-out, or when another record signs in.
    pub fn auth_with_auto_refresh(
        &self,
        identity: &str,
        password: &str,
        threshold: Duration,
    ) -> Call<Authenticated> {
        let sign_in = self.auth_with_password(identity, password);
        let (core, collection) = (self.client.core.clone(), self.name.clone());
        let (identity, password) = (identity.to_owned(), password.to_owned());
        Call::new(move |options| async move {
            core.stop_refreshing();
            let answer = sign_in.options(options).await?;
            let record_id = answer.record.id().to_owned();
            let how = How::Renew { collection, record_id, identity, password };
            core.set_refresh(Some(AutoRefresh { threshold, how }));
            Ok(answer)
        })
    }

    /// Signs in with the code of an e-mail; see [`request_otp`](Self::request_otp).
    pub fn auth_with_otp(&self, otp_id: &str, password: &str) -> Call<Authenticated> {
        self.sign_in("auth-with-otp", json!({"otpId": otp_id, "password": password}))
    }

    /// A new token for the record that is signed in, and its current fields.
    pub fn auth_refresh(&self) -> Call<Authenticated> {
        self.sign_in("auth-refresh", json!({}))
    }

    /// Has a code mailed for [`auth_with_otp`](Self::auth_with_otp); returns the code's id.
    pub fn request_otp(&self, address: &str) -> Call<String> {
        let call: Call<Record> = self.post_action("request-otp", email(address));
        Call::new(move |options| async move { call.options(options).await?.get_as("otpId") })
    }

    /// Has a mail sent with which a new password can be set.
    pub fn request_password_reset(&self, address: &str) -> Call<()> {
        self.post_action("request-password-reset", email(address))
    }

    /// Sets a new password with the token of a mail.
    pub fn confirm_password_reset(&self, token: &str, password: &str, password_confirm: &str) -> Call<()> {
        let body = json!({"token": token, "password": password, "passwordConfirm": password_confirm});
        self.post_action("confirm-password-reset", body)
    }

    /// Has a mail sent that proves an address.
    pub fn request_verification(&self, address: &str) -> Call<()> {
        self.post_action("request-verification", email(address))
    }

    /// Proves an address with the token of a mail. If it is that of the record that is signed in, the
    /// kept record counts as verified too.
    pub fn confirm_verification(&self, token: &str) -> Call<()> {
        let this = self.clone();
        self.confirm("confirm-verification", json!({"token": token}), token, move |mut state| {
            if let Some(record) = &mut state.record {
                record.insert("verified".to_owned(), true.into());
                this.client.core.auth.save(state);
            }
        })
    }

    /// Has a mail sent to a new address for the record that is signed in.
    pub fn request_email_change(&self, new_address: &str) -> Call<()> {
        self.post_action("request-email-change", json!({"newEmail": new_address}))
    }

    /// Sets the new address with the token of a mail. If it is that of the record that is signed in,
    /// it is signed out: its token is no longer valid.
    pub fn confirm_email_change(&self, token: &str, password: &str) -> Call<()> {
        let core = self.client.core.clone();
        let body = json!({"token": token, "password": password});
        self.confirm("confirm-email-change", body, token, move |_| core.auth.clear())
    }

    /// A client that acts as another record, for superusers. This client stays as it is. `duration`
    /// is how long the new token lasts; nothing for the collection's usual time.
    pub fn impersonate(&self, record_id: &str, duration: Option<Duration>) -> Call<Client> {
        let body = json!({"duration": duration.map_or(0, |duration| duration.as_secs())});
        let outgoing = segment(record_id, "id of the record")
            .and_then(|id| self.action(Method::POST, &format!("impersonate/{id}"), Some(body)));
        let core = self.client.core.clone();
        Call::new(move |options| async move {
            let answer: Authenticated = core.send(outgoing?, options).await?;
            let state = AuthState { token: answer.token, record: Some(answer.record) };
            let auth = Arc::new(MemoryAuthStore::with(state));
            let mut other = Core::new(core.exchange.clone(), auth, core.language.clone());
            other.hooks = core.hooks.clone();
            Ok(Client::of_core(other))
        })
    }

    pub(crate) fn sign_in(&self, action: &str, body: Value) -> Call<Authenticated> {
        let outgoing = self.action(Method::POST, action, Some(body));
        let core = self.client.core.clone();
        Call::new(move |options| async move {
            let answer: Authenticated = core.send(outgoing?, options).await?;
            core.save_auth(&answer.token, Some(answer.record.clone()));
            Ok(answer)
        })
    }

    /// Sends a mail's token, then `then` if the token is about the record that is signed in.
    fn confirm(
        &self,
        action: &str,
        body: Value,
        token: &str,
        then: impl FnOnce(AuthState) + Send + 'static,
    ) -> Call<()> {
        let outgoing = self.action(Method::POST, action, Some(body));
        let (core, claims) = (self.client.core.clone(), jwt::payload(token));
        Call::new(move |options| async move {
            let (): () = core.send(outgoing?, options).await?;
            let state = core.auth.load();
            let is_about = |record: &Record| {
                let claim = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
                claim("id") == record.id() && claim("collectionId") == record.collection_id()
            };
            if state.record.as_ref().is_some_and(is_about) {
                then(state);
            }
            Ok(())
        })
    }
}
