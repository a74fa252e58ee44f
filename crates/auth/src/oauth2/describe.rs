//! Asking a provider whom a token belongs to.

use ketch_model::{Object, Value};
use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

use crate::oauth2::exchange::Token;
use crate::oauth2::http::{self, Answer, Http};
use crate::oauth2::jose::{CLOCK_SKEW, SignedToken};
use crate::oauth2::offer::Configured;
use crate::oauth2::profile::{Profile, Read, text_at};
use crate::oauth2::provider::{EmailLocation, Person, Source};

/// Options of the OpenID Connect providers: where their keys are and who may issue their tokens.
const KEYS_URL: &str = "jwksURL";
const ISSUERS: &str = "issuers";

/// A person and the description that they were read from.
#[derive(Debug)]
pub(crate) struct Described {
    pub person: Person,
    pub raw: Object,
}

/// Who the token's owner is.
pub(crate) async fn describe(http: &Http, configured: &Configured<'_>, token: &Token) -> Read<Described> {
    let raw = match configured.provider.source {
        Source::IdToken { keys_url, issuer } => {
            identity(http, configured, token, keys_url, &[issuer]).await?
        }
        Source::OpenId if configured.user_info_url().is_empty() => {
            openid_identity(http, configured, token).await?
        }
        Source::OpenId | Source::Get(_) | Source::Graphql(_) => ask(http, configured, token).await?,
    };
    let read = configured.provider.person;
    let mut profile = Profile { raw, token: token.raw.clone(), emails: Value::Null };
    let mut person = read(&profile)?;
    if let Some(emails) = emails(http, configured, token, &profile.raw).await? {
        profile.emails = emails;
        person = read(&profile)?;
    }
    match profile.raw {
        Value::Object(raw) => Ok(Described { person, raw }),
        _ => Ok(Described { person, raw: Object::new() }),
    }
}

async fn ask(http: &Http, configured: &Configured<'_>, token: &Token) -> Read<Value> {
    let (client, url) = (http.trusted()?, configured.user_info_url());
    let request = match configured.provider.source {
        Source::Graphql(query) => {
            let body = Value::Object(Object::from_iter([("query".to_owned(), query.into())]));
            client.post(url).header(CONTENT_TYPE, "application/json").body(body.to_string())
        }
        Source::Get(headers) => headers.iter().fold(client.get(url), |request, (name, value)| {
            request.header(*name, value.replace("{clientId}", &configured.settings.client_id))
        }),
        Source::OpenId | Source::IdToken { .. } => client.get(url),
    };
    let answer = send(request, token).await?;
    if answer.status >= 400 {
        return Err(format!("the provider answers {} when asked for the person", answer.status));
    }
    let raw = answer.json()?;
    if !raw.is_object() && !raw.is_null() {
        return Err("the provider's description of the person is no object".to_owned());
    }
    Ok(raw)
}

async fn send(request: RequestBuilder, token: &Token) -> Read<Answer> {
    if token.has_ended() {
        return Err("the provider's token has already ended".to_owned());
    }
    http::send(request.header(AUTHORIZATION, token.authorization())).await
}

/// The list of a person's addresses, where the provider keeps one. To be refused it is no error: the
/// person may not have allowed a look.
async fn emails(http: &Http, configured: &Configured<'_>, token: &Token, raw: &Value) -> Read<Option<Value>> {
    let Some(source) = configured.provider.emails else { return Ok(None) };
    if source.only_if_missing && !text_at(raw, "email")?.is_empty() {
        return Ok(None);
    }
    let url = match source.location {
        EmailLocation::Below(path) => format!("{}{path}", configured.user_info_url()),
        EmailLocation::At(url) => url.to_owned(),
    };
    let answer = send(http.trusted()?.get(url), token).await?;
    if answer.status >= 400 { Ok(None) } else { answer.json().map(Some) }
}

/// The claims of an OpenID Connect token, checked as far as the provider is configured for it. Without
/// keys the token is what the provider itself said over its own connection, and is believed as that.
async fn openid_identity(http: &Http, configured: &Configured<'_>, token: &Token) -> Read<Value> {
    let extra = &configured.settings.extra;
    let keys_url = match extra.get(KEYS_URL) {
        None | Some(Value::Null) => "",
        Some(Value::String(url)) => url,
        Some(_) => return Err(format!("the option {KEYS_URL} is no text")),
    };
    let issuers: Vec<&str> = match extra.get(ISSUERS) {
        Some(Value::String(one)) if !one.is_empty() => vec![one],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    identity(http, configured, token, keys_url, &issuers).await
}

/// The claims of the `id_token`. No keys: its signature is not asked; no issuers: anybody's.
async fn identity(
    http: &Http,
    configured: &Configured<'_>,
    token: &Token,
    keys_url: &str,
    issuers: &[&str],
) -> Read<Value> {
    let text = text_at(&token.raw, "id_token")?;
    if text.is_empty() {
        return Err("the provider sent no id_token".to_owned());
    }
    let signed = SignedToken::parse(&text)?;
    let client_id = &configured.settings.client_id;
    signed.check_claims(client_id, CLOCK_SKEW)?;
    if !issuers.is_empty() {
        signed.check_issuer(issuers)?;
    }
    if !keys_url.is_empty() {
        let answer = http::send(http.trusted()?.get(keys_url)).await?;
        if answer.status >= 400 {
            return Err(format!("the provider's keys cannot be had: {}", answer.status));
        }
        signed.verify(&answer.json()?)?;
        signed.check_claims(client_id, 0)?;
    }
    Ok(signed.claims)
}
