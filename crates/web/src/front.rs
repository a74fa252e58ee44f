//! The outer pass: everything that every request goes through, in one function.
//!
//! Path cleaning, preflight, the router, security headers and panics are handled here instead of
//! in a stack of layers that would each allocate per request.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures_util::FutureExt;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use http::{Method, StatusCode};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use crate::cors::Cors;
use crate::observe::{Exchange, Observer};
use crate::path;
use crate::remainder::Remainder;

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Put into a response's extensions by what may be shown in frames of other sites: leaves
/// `X-Frame-Options` away.
#[derive(Debug, Clone, Copy)]
pub struct MayBeFramed;

/// Put into a response's extensions by what is answered as the outer pass answers its own redirects:
/// without any of its headers.
#[derive(Debug, Clone, Copy)]
pub struct Bare;

/// A router behind the outer pass. Cheap to clone; callable with or without a socket.
#[derive(Clone)]
pub struct Front {
    router: TowerToHyperService<Router>,
    cors: Arc<Cors>,
    /// The answer to a request whose handler panicked.
    on_panic: fn() -> Response,
    observer: Option<Arc<dyn Observer>>,
}

impl Front {
    pub fn new(router: Router, cors: Cors, on_panic: fn() -> Response) -> Self {
        let router = TowerToHyperService::new(router);
        Self { router, cors: Arc::new(cors), on_panic, observer: None }
    }

    /// Shows every request and its answer to the observer.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Answers one request. Never fails: every error is an answer.
    pub async fn handle(&self, mut request: Request) -> Response {
        let url_path = request.uri().path();
        // `CONNECT` names a host, `OPTIONS *` the server: neither has a path.
        if *request.method() != Method::CONNECT && url_path != "*" {
            if !path::has_valid_escapes(url_path) {
                return malformed();
            }
            if let Cow::Owned(cleaned) = path::clean(url_path) {
                return redirect(&request, &cleaned);
            }
            if let Some(repaired) = path::repaired(url_path) {
                replace_path(&mut request, &repaired);
            }
        }
        if *request.method() == Method::OPTIONS {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            self.cors.preflight(request.headers(), response.headers_mut());
            return response;
        }
        let allowed_origin = self.cors.allowed(request.headers());
        let exchange = self.observer.as_ref().map(|_| Exchange::begin(&mut request));
        let (parts, body) = request.into_parts();
        let (remainder, body) = Remainder::of(&parts.headers, body);
        let request = Request::from_parts(parts, body);
        let answered = AssertUnwindSafe(self.router.call(request)).catch_unwind().await;
        let mut response = match answered {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            // The panic's text and place are in the log by way of the panic hook.
            Err(_) => (self.on_panic)(),
        };
        if let (Some(observer), Some(mut exchange)) = (&self.observer, exchange)
            && response.extensions().get::<Bare>().is_none()
        {
            exchange.end();
            observer.answered(&exchange, &response);
        }
        if let Some(remainder) = remainder
            && !response.status().is_success()
        {
            remainder.discard().await;
        }
        secure(&mut response, allowed_origin);
        response
    }
}

fn secure(response: &mut Response, allowed_origin: Option<HeaderValue>) {
    if response.extensions().get::<Bare>().is_some() {
        return;
    }
    let may_be_framed = response.extensions().get::<MayBeFramed>().is_some();
    let headers = response.headers_mut();
    headers.reserve(6);
    headers.remove(ALLOW);
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed_origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    headers.insert(X_XSS_PROTECTION, HeaderValue::from_static("1; mode=block"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !may_be_framed {
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    }
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
}

fn replace_path(request: &mut Request, path: &str) {
    let text = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    // What was escaped from text is a sound path.
    if let Ok(uri) = text.parse() {
        *request.uri_mut() = uri;
    }
}

/// 307 to the same place under its clean name, with a line of HTML for people who asked with GET.
fn redirect(request: &Request, cleaned: &str) -> Response {
    let location = match request.uri().query() {
        Some(query) => format!("{cleaned}?{query}"),
        None => cleaned.to_owned(),
    };
    temporary_redirect(request.method(), &location)
}

/// A 307 answer to `location`, which must be text that a header may hold.
pub fn temporary_redirect(method: &Method, location: &str) -> Response {
    let readable = matches!(*method, Method::GET | Method::HEAD);
    let body = if *method == Method::GET {
        let escaped = location
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&#34;")
            .replace('\'', "&#39;");
        Body::from(format!("<a href=\"{escaped}\">Temporary Redirect</a>.\n\n"))
    } else {
        Body::empty()
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    if readable {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    }
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response.extensions_mut().insert(Bare);
    response
}

fn malformed() -> Response {
    let mut response = Response::new(Body::from("400 Bad Request"));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
