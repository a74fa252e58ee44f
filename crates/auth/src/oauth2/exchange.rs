//! The code that a person brings back, turned into a token.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ketch_model::{Object, Value, time};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

use crate::oauth2::http::{self, Answer, Http};
use crate::oauth2::offer::{Configured, encode, encode_form};
use crate::oauth2::profile::{Read, text_at};

/// What a provider gave for a code.
#[derive(Debug, Default)]
pub(crate) struct Token {
    pub access: String,
    pub refresh: String,
    pub kind: String,
    /// When the token ends, in milliseconds since 1970.
    pub expiry: Option<i64>,
    /// The whole answer.
    pub raw: Value,
}

impl Token {
    /// The `Authorization` header that it stands for.
    pub fn authorization(&self) -> String {
        let kind = match self.kind.to_ascii_lowercase().as_str() {
            "" | "bearer" => "Bearer",
            "mac" => "MAC",
            "basic" => "Basic",
            _ => &self.kind,
        };
        format!("{kind} {}", self.access)
    }

    pub fn has_ended(&self) -> bool {
        self.expiry.is_some_and(|expiry| expiry <= time::unix_milliseconds())
    }
}

/// What the client sends of its attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant<'a> {
    pub code: &'a str,
    pub code_verifier: &'a str,
    pub redirect_url: &'a str,
}

/// Exchanges a code. Providers disagree on where the client's credentials belong: first they are
/// sent as a header, and if that is refused, in the form.
pub(crate) async fn exchange(http: &Http, configured: &Configured<'_>, grant: Grant<'_>) -> Read<Token> {
    match ask(http, configured, grant, true).await {
        Ok(token) => Ok(token),
        Err(Refused::Unreachable(error)) => Err(error),
        Err(Refused::Answered(_)) => {
            ask(http, configured, grant, false).await.map_err(|refused| match refused {
                Refused::Unreachable(error) | Refused::Answered(error) => error,
            })
        }
    }
}

enum Refused {
    Unreachable(String),
    Answered(String),
}

async fn ask(
    http: &Http,
    configured: &Configured<'_>,
    grant: Grant<'_>,
    in_header: bool,
) -> Result<Token, Refused> {
    let settings = configured.settings;
    let mut form = vec![("code", grant.code), ("grant_type", "authorization_code")];
    if configured.proves_exchange() {
        form.push(("code_verifier", grant.code_verifier));
    }
    if !grant.redirect_url.is_empty() {
        form.push(("redirect_uri", grant.redirect_url));
    }
    if !in_header {
        form.push(("client_id", &settings.client_id));
        form.push(("client_secret", &settings.client_secret));
    }
    form.sort_unstable();
    let client = http.trusted().map_err(Refused::Unreachable)?;
    let mut request = client
        .post(configured.token_url())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(encode_form(&form));
    if in_header {
        let credentials = format!("{}:{}", encode(&settings.client_id), encode(&settings.client_secret));
        request = request.header(AUTHORIZATION, format!("Basic {}", STANDARD.encode(credentials)));
    }
    let answer = http::send(request).await.map_err(Refused::Unreachable)?;
    read(&answer).map_err(Refused::Answered)
}

fn read(answer: &Answer) -> Read<Token> {
    if !(200..300).contains(&answer.status) {
        return Err(format!("the provider answers the code with {}", answer.status));
    }
    let raw = match answer.content_type.as_str() {
        "application/x-www-form-urlencoded" | "text/plain" => form_fields(&answer.body),
        _ => answer.json()?,
    };
    let error = text_at(&raw, "error")?;
    if !error.is_empty() {
        return Err(format!("the provider refuses the code: {error}"));
    }
    let access = text_at(&raw, "access_token")?;
    if access.is_empty() {
        return Err("the provider's answer has no access_token".to_owned());
    }
    Ok(Token {
        access,
        refresh: text_at(&raw, "refresh_token")?,
        kind: text_at(&raw, "token_type")?,
        expiry: expiry(raw.get("expires_in"))?,
        raw,
    })
}

/// The end of a token that lasts so many seconds, said as a number or as text; 0 is no end.
fn expiry(seconds: Option<&Value>) -> Read<Option<i64>> {
    let seconds = match seconds {
        None | Some(Value::Null) => 0,
        Some(Value::Number(number)) => number.as_i64().ok_or("expires_in is no whole number")?,
        Some(Value::String(text)) if text.is_empty() => 0,
        Some(Value::String(text)) => text.parse().map_err(|_| "expires_in is no number".to_owned())?,
        Some(_) => return Err("expires_in is no number".to_owned()),
    };
    let end = time::unix_milliseconds().saturating_add(seconds.saturating_mul(1000));
    Ok((seconds != 0).then_some(end))
}

fn form_fields(body: &[u8]) -> Value {
    let text = String::from_utf8_lossy(body);
    let mut object = Object::new();
    for pair in text.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        object.entry(decode(name)).or_insert_with(|| Value::String(decode(value)));
    }
    Value::Object(object)
}

fn decode(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(content_type: &str, body: &str) -> Answer {
        Answer { status: 200, content_type: content_type.to_owned(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn tokens_in_json_and_in_forms() {
        let token = read(&answer("application/json", r#"{"access_token":"a","expires_in":60}"#)).unwrap();
        assert_eq!((token.authorization().as_str(), token.has_ended()), ("Bearer a", false));
        let form = "access_token=a%20b+c&token_type=mac&expires_in=-5";
        let token = read(&answer("text/plain", form)).unwrap();
        assert_eq!((token.authorization().as_str(), token.has_ended()), ("MAC a b c", true));
    }

    #[test]
    fn what_is_no_token() {
        for body in [
            "{}",
            "no json",
            r#"{"access_token":5}"#,
            r#"{"access_token":"a","error":"bad"}"#,
            r#"{"access_token":"a","expires_in":"soon"}"#,
            r#"{"access_token":"a","expires_in":1.5}"#,
        ] {
            assert!(read(&answer("application/json", body)).is_err(), "{body}");
        }
        assert!(read(&Answer { status: 400, ..answer("", r#"{"access_token":"a"}"#) }).is_err());
    }
}
