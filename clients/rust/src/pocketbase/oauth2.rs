//! Signing in through OAuth2 providers.

use std::time::Duration;

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::auth::Authenticated;
use super::realtime::{Event, Realtime, Subscription};
use super::record::Record;
use super::records::Collection;
use crate::call::Call;
use crate::encode::component;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;

/// The topic on which the server hands over what a provider sent it.
const TOPIC: &str = "@oauth2";
/// Where the server takes the person's way back from the provider.
const REDIRECT_PATH: &str = "/api/oauth2-redirect";

/// What a sign-in with a code of an OAuth2 provider needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OAuth2Code {
    /// The name of the provider, as [`Collection::list_auth_methods`] tells it.
    pub provider: String,
    /// The code that the provider sent to the redirect address.
    pub code: String,
    /// The verifier that came with the provider's address.
    pub code_verifier: String,
    /// The redirect address that the provider was given.
    #[serde(rename = "redirectURL")]
    pub redirect_url: String,
    /// Fields of the record, should one be created; null for none.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub create_data: Value,
}

/// What a sign-in needs whose way back from the provider leads through the server; see
/// [`Collection::auth_with_oauth2`].
#[derive(Clone, Debug)]
#[must_use]
pub struct OAuth2SignIn {
    provider: String,
    scopes: Vec<String>,
    create_data: Value,
    patience: Duration,
}

impl OAuth2SignIn {
    /// Through the provider of this name, as [`Collection::list_auth_methods`] tells it.
    pub fn through(provider: impl Into<String>) -> Self {
        let patience = Duration::from_secs(600);
        Self { provider: provider.into(), scopes: Vec::new(), create_data: Value::Null, patience }
    }

    /// What to ask the provider for, in place of what the server would ask for.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Fields of the record, should one be created.
    pub fn create_data(mut self, data: Value) -> Self {
        self.create_data = data;
        self
    }

    /// How long the person may take; 10 minutes unless told.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The address for the person: the provider's, with the state that the server will look for.
    fn url(&self, auth_url: &str, state: &str, redirect_url: &str) -> Result<String> {
        let unusable = |why: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Decode, format!("the provider's address {auth_url:?} is not usable: {why}"))
        };
        let full = OAuth2Code::sign_in_url(auth_url, redirect_url);
        let mut url = reqwest::Url::parse(&full).map_err(|error| unusable(&error))?;
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| name != "state" && (name != "scope" || self.scopes.is_empty()))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let mut query = url.query_pairs_mut();
        query.clear().extend_pairs(kept).append_pair("state", state);
        if !self.scopes.is_empty() {
            query.append_pair("scope", &self.scopes.join(" "));
        }
        drop(query);
        Ok(url.into())
    }
}

impl Collection {
    /// Signs in with a code of an OAuth2 provider.
    pub fn auth_with_oauth2_code(&self, code: &OAuth2Code) -> Call<Authenticated> {
        self.sign_in("auth-with-oauth2", serde_json::to_value(code).unwrap_or_default())
    }

    /// Signs in through an OAuth2 provider, from the address for the person to the token.
    ///
    /// `open` is called once, with the address to show: it opens a browser, or prints the address, and
    /// returns at once. The person's way back leads to the server's `/api/oauth2-redirect`, which must be
    /// among the redirect addresses that the provider allows; the server tells this client over a realtime
    /// connection that is there for this call only.
    ///
    /// ```no_run
    /// # async fn example(client: ketch_client::pocketbase::Client) -> ketch_client::Result<()> {
    /// use ketch_client::pocketbase::OAuth2SignIn;
    ///
    /// let sign_in = OAuth2SignIn::through("github").scopes(["user:email"]);
    /// client.collection("users").auth_with_oauth2(sign_in, |url| println!("Please open {url}")).await?;
    /// # Ok(()) }
    /// ```
    pub fn auth_with_oauth2(
        &self,
        sign_in: OAuth2SignIn,
        open: impl FnOnce(&str) + Send + 'static,
    ) -> Call<Authenticated> {
        let this = self.clone();
        Call::new(move |options| async move {
            let methods = this.list_auth_methods().options(options.again()).await?;
            let provider = provider(&methods, &sign_in.provider)?;
            let realtime = Realtime::new(&this.client.core);
            let messages = realtime.subscribe(TOPIC).options(Options::new().no_request_key()).await?;
            let state = realtime.client_id();
            let redirect_url = this.client.url(REDIRECT_PATH);
            open(&sign_in.url(provider.text("authURL"), &state, &redirect_url)?);
            let late = |_| {
                let text =
                    format!("nobody came back from {} within {:?}", sign_in.provider, sign_in.patience);
                Err(Error::new(ErrorKind::Timeout, text))
            };
            let waiting = code_for(messages, &state, &sign_in.provider);
            let code = tokio::time::timeout(sign_in.patience, waiting).await.unwrap_or_else(late)?;
            let code_verifier = provider.text("codeVerifier").to_owned();
            let OAuth2SignIn { provider, create_data, .. } = sign_in;
            let code = OAuth2Code { provider, code, code_verifier, redirect_url, create_data };
            this.auth_with_oauth2_code(&code).options(options).await
        })
    }
}

/// The provider as the sign-in methods of a collection describe it.
fn provider(methods: &Value, name: &str) -> Result<Record> {
    let providers = methods.pointer("/oauth2/providers").and_then(Value::as_array);
    let providers = providers.map(Vec::as_slice).unwrap_or_default();
    let names: Vec<&str> = providers.iter().filter_map(|known| known.get("name")?.as_str()).collect();
    let found = providers.iter().find(|known| known.get("name") == Some(&json!(name)));
    let known = found.ok_or_else(|| {
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Error::input(format!("there is no OAuth2 provider {name:?} for this collection; there is: {known}"))
    })?;
    serde_json::from_value(known.clone()).map_err(|error| {
        let text = format!("the description of the provider {name:?} is not an object: {error}");
        Error::new(ErrorKind::Decode, text)
    })
}

/// Waits for the code that belongs to `state`.
async fn code_for(mut messages: Subscription, state: &str, provider: &str) -> Result<String> {
    // A new connection has another id, which the address in the person's browser does not name.
    let Some(Event::Message { data, .. }) = messages.next().await else {
        let text = "the realtime connection broke before the person had come back: sign in once more";
        return Err(Error::new(ErrorKind::Interrupted, text));
    };
    let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default();
    if text("state") != state {
        let message = format!("the answer of {provider} is for another sign-in: its state is not ours");
        return Err(Error::input(message));
    }
    if !text("error").is_empty() || text("code").is_empty() {
        return Err(Error::input(format!("{provider} gave no code: {:?}", text("error"))));
    }
    Ok(text("code").to_owned())
}

impl OAuth2Code {
    /// The address to send a person to: `auth_url` as [`Collection::list_auth_methods`] tells it, and
    /// where the provider shall send them back to.
    ///
    /// ```
    /// use ketch_client::pocketbase::OAuth2Code;
    /// let url = OAuth2Code::sign_in_url("https://provider.example/auth?redirect_uri=", "https://app.example/back");
    /// assert!(url.ends_with("redirect_uri=https%3A%2F%2Fapp.example%2Fback"));
    /// ```
    pub fn sign_in_url(auth_url: &str, redirect_url: &str) -> String {
        format!("{auth_url}{}", component(redirect_url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_carries_our_state_and_scopes() {
        let auth_url = "https://p.example/auth?scope=a+b&state=theirs&x=%26&redirect_uri=";
        let back = "http://h/api/oauth2-redirect";
        for (scopes, query) in [
            (vec![], "scope=a+b&x=%26&redirect_uri=http%3A%2F%2Fh%2Fapi%2Foauth2-redirect&state=ours"),
            (
                vec!["c", "d e"],
                "x=%26&redirect_uri=http%3A%2F%2Fh%2Fapi%2Foauth2-redirect&state=ours&scope=c+d+e",
            ),
        ] {
            let url = OAuth2SignIn::through("p").scopes(scopes).url(auth_url, "ours", back).unwrap();
            assert_eq!(url, format!("https://p.example/auth?{query}"));
        }
        assert_eq!(OAuth2SignIn::through("p").url("", "s", "").unwrap_err().kind(), ErrorKind::Decode);
    }

    #[test]
    fn unknown_providers_are_told_with_the_known_ones() {
        let methods = json!({"oauth2": {"providers": [{"name": "oidc", "authURL": "u"}]}});
        assert_eq!(provider(&methods, "oidc").unwrap().text("authURL"), "u");
        assert!(provider(&methods, "google").unwrap_err().to_string().contains("oidc"));
        assert!(provider(&json!({}), "google").unwrap_err().to_string().contains("none"));
    }
}
