//! Requests to providers: few, short, and never trusted with more than they need.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ketch_model::{Value, json};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder};

use crate::oauth2::profile::Read;
use crate::outbound::{PublicAddresses, is_public_literal};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For one request with its answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The longest answer of a provider, in bytes.
const ANSWER_MAX: usize = 4 << 20;
const REDIRECTS_MAX: usize = 5;
/// Some providers refuse clients without a name.
const AGENT: &str = concat!("ketch/", env!("CARGO_PKG_VERSION"));

/// The two clients: one for the configured addresses of providers, which are an administrator's
/// word, and one for addresses that people bring along. Made at the first use.
#[derive(Debug, Default)]
pub(crate) struct Http {
    trusted: OnceLock<Read<Client>>,
    guarded: OnceLock<Read<Client>>,
}

/// A provider's answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    /// The media type without parameters.
    pub content_type: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON. Whole numbers keep all their digits: ids are made of them.
    pub fn json(&self) -> Read<Value> {
        // Repeated keys could mean one thing here and another elsewhere.
        json::parse_whole(&self.body)
            .map_err(|error| format!("the provider's answer is no JSON: {error}"))?;
        serde_json::from_slice(&self.body).map_err(|error| error.to_string())
    }
}

impl Http {
    /// The client for configured addresses.
    pub fn trusted(&self) -> Read<&Client> {
        self.trusted.get_or_init(|| build(Client::builder())).as_ref().map_err(Clone::clone)
    }

    /// The client for addresses of anybody's making: it reaches public addresses only.
    pub fn guarded(&self) -> Read<&Client> {
        let made = self.guarded.get_or_init(|| {
            let policy = Policy::custom(|attempt| {
                if attempt.previous().len() > REDIRECTS_MAX || !is_public_literal(attempt.url().host_str()) {
                    return attempt.stop();
                }
                attempt.follow()
            });
            // A proxy would resolve names itself, past the guard.
            build(Client::builder().no_proxy().redirect(policy).dns_resolver(Arc::new(PublicAddresses)))
        });
        made.as_ref().map_err(Clone::clone)
    }
}

fn build(builder: ClientBuilder) -> Read<Client> {
    // Another part of the process may have installed one first, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Sign-ins are rare: a connection kept from the last one is most likely dead, and a code can be
    // tried once only.
    let builder = builder.pool_max_idle_per_host(0);
    let built = builder.connect_timeout(CONNECT_TIMEOUT).timeout(TIMEOUT).user_agent(AGENT).build();
    built.map_err(|error| format!("no HTTP client: {}", reason(&error)))
}

/// Sends a request and reads its answer, of at most the default size.
pub(crate) async fn send(request: RequestBuilder) -> Read<Answer> {
    send_limited(request, ANSWER_MAX).await
}

/// Sends a request and reads at most `limit` bytes of its answer; more is an error.
pub(crate) async fn send_limited(request: RequestBuilder, limit: usize) -> Read<Answer> {
    let failed = |error: reqwest::Error| reason(&error);
    let mut response = request.send().await.map_err(failed)?;
    let content_type = response.headers().get(reqwest::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut answer =
        Answer { status: response.status().as_u16(), content_type: media_type, body: Vec::new() };
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if answer.body.len() + chunk.len() > limit {
            return Err(format!("the answer is longer than {limit} bytes"));
        }
        answer.body.extend_from_slice(&chunk);
    }
    Ok(answer)
}

/// The whole chain of causes: the outermost says only that a request failed.
fn reason(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
