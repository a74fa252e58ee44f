//! Shows the requests of all fronts to the log.

use std::sync::Arc;

use axum::body::HttpBody;
use axum::response::Response;
use ketch_app::App;
use ketch_telemetry::{Failure, Logs, Quiet, Seen};
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
        // A request under another app's path belongs into the log of that app.
        response.extensions().get::<Logs>().unwrap_or(&self.app.logs).request(&seen);
    }
}
