//! The requests of deliveries.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ketch_auth::outbound::{PublicAddresses, is_public_literal};
use ketch_model::time;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use super::event::{Attempt, Outcome};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For one request with its answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// As much of an answer is kept for whoever looks for what went wrong.
const TEXT_KEPT: usize = 1000;
const AGENT: &str = concat!("ketch-webhooks/", env!("CARGO_PKG_VERSION"));

/// Sends deliveries. It follows no redirects: they could lead anywhere.
#[derive(Debug)]
pub(super) struct Sender {
    client: Result<Client, String>,
    public_only: bool,
}

/// One delivery as it is sent.
pub(super) struct Delivery {
    pub url: String,
    pub signature: String,
    pub idempotency_key: String,
    pub body: String,
}

/// Why deliveries cannot go to an address, if they go to public ones only.
pub(super) fn not_public(url: &str) -> Option<&'static str> {
    match Url::parse(url) {
        Ok(url) if url.scheme() != "https" => Some("`url` must begin with https:// in this app."),
        Ok(url) if is_public_literal(url.host_str()) => None,
        _ => Some("`url` must lead to a public address in this app."),
    }
}

impl Sender {
    pub fn new(public_only: bool) -> Self {
        // Another part of the process may have installed one first, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .user_agent(AGENT);
        if public_only {
            // A proxy would resolve names itself, past the guard.
            builder = builder.no_proxy().dns_resolver(Arc::new(PublicAddresses));
        }
        Self { client: builder.build().map_err(|error| error.to_string()), public_only }
    }

    pub async fn send(&self, delivery: Delivery) -> Attempt {
        let (at, begun) = (time::unix_milliseconds(), Instant::now());
        let outcome =
            self.try_send(delivery).await.unwrap_or_else(|(kind, message)| Outcome::Failed { kind, message });
        let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Attempt { at, milliseconds, outcome }
    }

    async fn try_send(&self, delivery: Delivery) -> Result<Outcome, (&'static str, String)> {
        let client = self.client.as_ref().map_err(|error| ("client", error.clone()))?;
        if self.public_only
            && let Some(why) = not_public(&delivery.url)
        {
            return Err(("refused-address", why.to_owned()));
        }
        let request = client
            .post(&delivery.url)
            .header(CONTENT_TYPE, "application/json")
            .header("Instant-Signature", delivery.signature)
            .header("Idempotency-Key", delivery.idempotency_key)
            .body(delivery.body);
        let mut response = request.send().await.map_err(|error| (kind(&error), reason(&error)))?;
        let status = response.status().as_u16();
        let mut text = Vec::new();
        // The status says enough: who breaks off afterwards has been told.
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = TEXT_KEPT - text.len();
            text.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if text.len() >= TEXT_KEPT {
                break;
            }
        }
        Ok(Outcome::Answered { status, text: String::from_utf8_lossy(&text).replace('\0', "") })
    }
}

fn kind(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connection"
    } else {
        "request"
    }
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

#[cfg(test)]
mod tests {
    use super::not_public;

    #[test]
    fn public_addresses() {
        for url in ["https://example.com/x", "https://1.1.1.1:8443/"] {
            assert_eq!(not_public(url), None, "{url}");
        }
        for url in [
            "http://example.com",
            "https://127.0.0.1",
            "https://[::1]/",
            "https://2130706433/",
            "https://169.254.169.254/latest",
            "no address",
        ] {
            assert!(not_public(url).is_some(), "{url}");
        }
    }
}
