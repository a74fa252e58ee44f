//! Sends spans to a collector: OTLP over HTTP, as JSON. A collector that is slow or dead costs
//! nothing but the spans that it does not take.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::otlp;
use super::span::Span;

/// Batches that wait for the collector at most.
const WAITING: usize = 8;
const CONNECT_PATIENCE: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a collector that failed is left alone, and its failure is not told again.
const PAUSE: Duration = Duration::from_secs(30);
/// Where a collector takes spans, below its endpoint.
const PATH: &str = "/v1/traces";

/// Where spans are sent to.
#[derive(Debug, Clone)]
pub struct OtlpOptions {
    /// The collector's base address, `http://127.0.0.1:4318`; `/v1/traces` is added unless it is there.
    pub endpoint: String,
    /// Headers of every request (`name=value`), for collectors that want a key.
    pub headers: Vec<(String, String)>,
    /// What this server is called there.
    pub service: String,
}

/// The near end of a task that sends.
#[derive(Debug)]
pub(super) struct Exporter {
    queue: mpsc::Sender<Arc<Vec<Span>>>,
}

impl Exporter {
    /// Starts the task; must be called within a runtime.
    ///
    /// # Errors
    /// One sentence about what is wrong with the options.
    pub(super) fn start(options: &OtlpOptions) -> Result<Self, String> {
        let url = address(&options.endpoint)?;
        // Somebody may have chosen already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_PATIENCE)
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers(&options.headers)?)
            .build()
            .map_err(|error| format!("the OTLP exporter cannot be set up: {error}"))?;
        let (queue, batches) = mpsc::channel(WAITING);
        tokio::spawn(run(client, url, options.service.clone(), batches));
        Ok(Self { queue })
    }

    /// Hands over a batch unless the collector is behind.
    pub(super) fn send(&self, spans: Arc<Vec<Span>>) {
        // The spans are in the store in any case.
        let _ = self.queue.try_send(spans);
    }
}

fn address(endpoint: &str) -> Result<reqwest::Url, String> {
    let endpoint = endpoint.trim_end_matches('/');
    let full = if endpoint.ends_with(PATH) { endpoint.to_owned() } else { format!("{endpoint}{PATH}") };
    let url = reqwest::Url::parse(&full)
        .map_err(|error| format!("{endpoint:?} is no address of an OTLP collector: {error}"))?;
    if matches!(url.scheme(), "http" | "https") {
        return Ok(url);
    }
    Err(format!("{endpoint:?} is no address of an OTLP collector: write http://HOST:PORT"))
}

fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in pairs {
        let wrong = || format!("{name:?} is no header for the OTLP collector");
        let name = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
        let mut value = HeaderValue::try_from(value.as_str()).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

async fn run(
    client: reqwest::Client,
    url: reqwest::Url,
    service: String,
    mut batches: mpsc::Receiver<Arc<Vec<Span>>>,
) {
    let mut paused_until: Option<Instant> = None;
    while let Some(spans) = batches.recv().await {
        if paused_until.is_some_and(|until| Instant::now() < until) {
            continue;
        }
        let body = otlp::body(&service, &spans);
        let sent = client.post(url.clone()).body(body).send().await;
        let failure = match sent {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answered {}", answer.status())),
            Err(error) => Some(error.without_url().to_string()),
        };
        paused_until = failure.as_ref().map(|_| Instant::now() + PAUSE);
        if let Some(failure) = failure {
            tracing::warn!(%failure, lost = spans.len(), "the OTLP collector takes no spans");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let full = |endpoint| address(endpoint).map(String::from);
        assert_eq!(full("http://127.0.0.1:4318/").as_deref(), Ok("http://127.0.0.1:4318/v1/traces"));
        assert_eq!(
            full("https://a.example/otlp/v1/traces").as_deref(),
            Ok("https://a.example/otlp/v1/traces")
        );
        assert!(full("127.0.0.1:4318").is_err());
        assert!(full("file:///etc").is_err());
    }
}
