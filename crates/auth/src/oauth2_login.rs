//! The form that ends a sign-in by OAuth2, and what is answered to it.

use std::sync::Arc;

use ketch_model::collection::OAuth2Options;
use ketch_model::error::Invalid;
use ketch_model::time::DateTime;
use ketch_model::{Collection, Error, Object, Record, Result, Value};
use ketch_query::RequestInfo;

use crate::oauth2::describe::{Described, describe};
use crate::oauth2::exchange::{Grant, Token, exchange};
use crate::oauth2::offer::Configured;
use crate::oauth2_account::Newcomer;
use crate::service::Auth;

const UNREADABLE: &str = "An error occurred while loading the submitted data.";
/// Apple's names come by another way.
const APPLE: &str = "apple";

/// What the client sends when the provider has sent the person back.
#[derive(Debug, Clone, Default)]
pub struct OAuth2Login {
    pub provider: String,
    pub code: String,
    pub code_verifier: String,
    /// The address that the person came back to.
    pub redirect_url: String,
    /// Values for the record, should one be made.
    pub create_data: Object,
}

/// A proven identity: its record here, and what the client is told of the person.
#[derive(Debug)]
pub struct OAuth2SignIn {
    pub record: Record,
    pub meta: Object,
}

impl Auth {
    /// The collection's options of OAuth2.
    ///
    /// # Errors
    /// 403 where nobody signs in by it.
    pub fn oauth2_options<'a>(&self, collection: &'a Collection) -> Result<&'a OAuth2Options> {
        collection.auth().map(|options| &options.oauth2).filter(|options| options.enabled).ok_or_else(|| {
            Error::forbidden("The collection is not configured to allow OAuth2 authentication.")
        })
    }

    /// Keeps the name that Apple sent along with a code, for the sign-in with that code.
    pub fn keep_name(&self, code: &str, name: &str) {
        self.memory.names.keep(code, name);
    }

    /// The record that a provider's code stands for: one that is linked already, the one that asks
    /// (`request.auth`), one with the same verified address, or a new one.
    ///
    /// # Errors
    /// 403 where OAuth2 is off; 400 for a malformed form, a code or person that the provider does
    /// not vouch for, and a record that may not be made as it would have to be. Nothing is kept then.
    pub async fn check_oauth2(
        &self,
        collection: &Arc<Collection>,
        login: &OAuth2Login,
        request: &RequestInfo,
    ) -> Result<OAuth2SignIn> {
        let options = self.oauth2_options(collection)?;
        let configured = configured(options, login)?;
        let (token, mut described) = self.identity(&configured, login).await?;
        if configured.provider.name == APPLE && described.person.name.is_empty() {
            described.person.name = self.memory.names.take(&login.code);
        }
        let newcomer = Newcomer {
            collection,
            provider: configured.provider.name,
            person: &described.person,
            create_data: &login.create_data,
            request,
        };
        let (record, is_new) = self.account_of(&newcomer).await?;
        Ok(OAuth2SignIn { record, meta: meta(&token, described, is_new) })
    }

    async fn identity(&self, configured: &Configured<'_>, login: &OAuth2Login) -> Result<(Token, Described)> {
        let refused = |message| move |cause: String| Error::bad_request(message).with_cause(cause);
        let grant = Grant {
            code: &login.code,
            code_verifier: &login.code_verifier,
            redirect_url: &login.redirect_url,
        };
        let http = &self.memory.http;
        let token = exchange(http, configured, grant);
        let token = token.await.map_err(refused("Failed to fetch OAuth2 token."))?;
        let described = describe(http, configured, &token);
        let described = described.await.map_err(refused("Failed to fetch OAuth2 user."))?;
        Ok((token, described))
    }
}

fn configured<'a>(options: &'a OAuth2Options, login: &OAuth2Login) -> Result<Configured<'a>> {
    let mut error = Error::bad_request(UNREADABLE);
    let found = options.providers.iter().find(|provider| provider.name == login.provider);
    let found = found.and_then(Configured::of);
    if login.provider.is_empty() {
        error = error.with_field("provider", Invalid::required());
    } else if found.is_none() {
        let message = format!("Provider with name {} is missing or is not enabled.", login.provider);
        let invalid = Invalid::new("validation_invalid_provider", message);
        error = error.with_field("provider", invalid.param("name", login.provider.as_str()));
    }
    if login.code.is_empty() {
        error = error.with_field("code", Invalid::required());
    }
    match found {
        Some(found) if error.fields.is_empty() => Ok(found),
        _ => Err(error),
    }
}

fn meta(token: &Token, described: Described, is_new: bool) -> Object {
    let Described { person, raw } = described;
    let expiry = token.expiry.map(|end| DateTime::from_unix_milliseconds(end).to_text());
    Object::from_iter([
        ("id".to_owned(), person.id.into()),
        ("name".to_owned(), person.name.into()),
        ("username".to_owned(), person.username.into()),
        ("email".to_owned(), person.email.into()),
        ("avatarURL".to_owned(), person.avatar_url.clone().into()),
        // For clients of old versions.
        ("avatarUrl".to_owned(), person.avatar_url.into()),
        ("accessToken".to_owned(), token.access.clone().into()),
        ("refreshToken".to_owned(), token.refresh.clone().into()),
        ("expiry".to_owned(), expiry.unwrap_or_default().into()),
        ("rawUser".to_owned(), Value::Object(raw)),
        ("isNew".to_owned(), is_new.into()),
    ])
}
