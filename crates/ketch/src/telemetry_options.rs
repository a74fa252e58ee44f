//! Flags and variables of the environment that are about telemetry.

use std::env;
use std::time::Duration;

use clap::{ArgAction, Args};
use ketch_telemetry::{AnalyticsOptions, OtlpOptions, TelemetryOptions, TraceOptions};

use crate::failure::Failure;

/// What collectors call this server unless told otherwise.
const SERVICE: &str = "ketch";
// The names that OpenTelemetry gives them.
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";

#[derive(Debug, Args)]
pub(crate) struct TelemetryFlags {
    /// Takes analytics events at /api/analytics/events
    #[arg(long = "analytics", default_value_t = true, action = ArgAction::Set, num_args = 0..=1,
          require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    analytics: bool,
    /// Counts served pages of the public folder as page views
    #[arg(long = "analyticsPageViews", default_value_t = false, action = ArgAction::Set, num_args = 0..=1,
          require_equals = true, default_missing_value = "true", hide_default_value = true, value_name = "BOOL")]
    page_views: bool,
    /// The share of requests that are traced, from 0 to 1; slow and failed ones always are
    #[arg(long = "traceSampling", default_value_t = 0.01, value_name = "SHARE")]
    sampling: f64,
    /// The milliseconds from which a request is slow
    #[arg(long = "traceSlow", default_value_t = 1000, value_name = "MILLISECONDS")]
    slow: u64,
    /// The OTLP collector that spans are sent to, http://HOST:4318 [env: OTEL_EXPORTER_OTLP_ENDPOINT]
    #[arg(long = "otlpEndpoint", value_name = "URL")]
    endpoint: Option<String>,
}

impl TelemetryFlags {
    /// The options that flags and environment make together; flags win.
    pub(crate) fn options(&self) -> Result<TelemetryOptions, Failure> {
        if !(0.0..=1.0).contains(&self.sampling) {
            let message = format!("--traceSampling must be from 0 to 1, not {}.", self.sampling);
            return Err(Failure::new(message));
        }
        Ok(TelemetryOptions {
            analytics: AnalyticsOptions {
                enabled: self.analytics,
                page_views: self.page_views,
                ..AnalyticsOptions::default()
            },
            traces: TraceOptions {
                sampling: self.sampling,
                slow: Duration::from_millis(self.slow),
                otlp: self.otlp()?,
                ..TraceOptions::default()
            },
        })
    }

    fn otlp(&self) -> Result<Option<OtlpOptions>, Failure> {
        let endpoint =
            self.endpoint.clone().or_else(|| variable(TRACES_ENDPOINT)).or_else(|| variable(ENDPOINT));
        let Some(endpoint) = endpoint else { return Ok(None) };
        let mut headers = Vec::new();
        for pair in variable(HEADERS).unwrap_or_default().split(',').filter(|pair| !pair.trim().is_empty()) {
            // The values are secrets: they are not repeated.
            let Some((name, value)) = pair.split_once('=') else {
                return Err(Failure::new(format!(
                    "{HEADERS} must be a list of NAME=VALUE, separated by commas."
                )));
            };
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        let service = variable(SERVICE_NAME).unwrap_or_else(|| SERVICE.to_owned());
        Ok(Some(OtlpOptions { endpoint, headers, service }))
    }
}

/// A variable that holds something.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}
