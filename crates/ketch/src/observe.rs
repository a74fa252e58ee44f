//! Shows the requests of all fronts to the log.

use std::sync::Arc;

use axum::body::HttpBody;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use ketch_app::App;
use ketch_telemetry::analytics::Visit;
use ketch_telemetry::{Analytics, Failure, Quiet, Seen, Telemetry};
use ketch_web::client;
use ketch_web::observe::{Exchange, Observer};

pub(crate) struct Watcher {
    pub(crate) app: Arc<App>,
}

impl Observer for Watcher {
    fn answered(&self, exchange: &Exchange, response: &Response) {
        let remote_ip = exchange.peer.map(|peer| client::expanded(peer.0.ip())).unwrap_or_default();
        let caller = exchange.caller();
        let (host, referer) = (exchange.host(), exchange.referer());
        let (user_agent, traceparent) = (exchange.user_agent(), exchange.traceparent());
        let seen = Seen {
            method: exchange.method.as_str(),
            url: exchange.uri.path_and_query().map_or("", |target| target.as_str()),
            host: &host,
            referer: &referer,
            user_agent: &user_agent,
            traceparent: &traceparent,
            status: response.status().as_u16(),
            response_size: response.body().size_hint().exact(),
            began: exchange.began_microseconds(),
            took: exchange.took,
            remote_ip: &remote_ip,
            // Where no route asked who calls, proxies were not looked at either.
            user_ip: caller.map_or(&remote_ip, |caller| &caller.real_ip),
            auth: caller.and_then(|caller| caller.auth.as_ref()),
            failure: response.extensions().get::<Failure>(),
            is_quiet: response.extensions().get::<Quiet>().is_some(),
        };
        // A request under another app's path belongs to that app.
        let telemetry = response.extensions().get::<Telemetry>().unwrap_or(&self.app.telemetry);
        telemetry.request(&seen);
        if telemetry.analytics.options().page_views && is_page(exchange, response, &seen) {
            count_view(telemetry.analytics.clone(), &seen, exchange.uri.path().to_owned());
        }
    }
}

/// Whether a page of the public folder was shown to somebody.
fn is_page(exchange: &Exchange, response: &Response, seen: &Seen<'_>) -> bool {
    let is_html = || {
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        content_type.is_some_and(|content_type| content_type.starts_with("text/html"))
    };
    seen.is_quiet && exchange.method == Method::GET && response.status() == StatusCode::OK && is_html()
}

fn count_view(analytics: Analytics, seen: &Seen<'_>, path: String) {
    let [ip, user_agent, host, referrer] =
        [seen.user_ip, seen.user_agent, seen.host, seen.referer].map(str::to_owned);
    tokio::spawn(async move {
        let visit = Visit { ip: &ip, user_agent: &user_agent, host: &host };
        analytics.page_view(visit, &path, &referrer).await;
    });
}
