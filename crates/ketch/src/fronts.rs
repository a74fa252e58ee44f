//! Which front a request goes to.
//!
//! `/api/…` is the PocketBase front of the main app, and `/apps/<app id>/api/…` that of any app, for
//! `new PocketBase("http://host/apps/<app id>")`. The Instant front has paths of its own and serves
//! all apps. What neither knows is a static file, or missing; the site's index page does not answer
//! for paths of the Instant front.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Weak};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use http::{Method, StatusCode};
use ketch_api_instant as instant;
use ketch_api_pocketbase as pocketbase;
use ketch_app::{App, Apps, is_canonical_uuid};
use ketch_web::folder::Folder;
use parking_lot::Mutex;
use serde_json::json;
use tower::ServiceExt;

const PREFIX: &str = "/apps/";

/// The routers of opened apps. An app that was closed and opened again gets a new one.
#[derive(Default)]
struct Routers(Mutex<HashMap<String, (Weak<App>, Router)>>);

impl Routers {
    fn of(&self, app: &Arc<App>) -> Router {
        let mut routers = self.0.lock();
        if let Some((known, router)) = routers.get(app.id())
            && known.as_ptr() == Arc::as_ptr(app)
        {
            return router.clone();
        }
        routers.retain(|_, (known, _)| known.strong_count() > 0);
        let router = pocketbase::router(app.clone());
        routers.insert(app.id().to_owned(), (Arc::downgrade(app), router.clone()));
        router
    }
}

/// The first parts of the Instant front's paths.
const INSTANT: [&str; 8] = [
    "/admin/",
    "/runtime/",
    "/storage/",
    "/dash/",
    "/superadmin/",
    "/health/",
    "/webhooks/payload/",
    "/.well-known/webhooks/",
];

/// All fronts. `main` is the router of the main app, with the static files; `files` are those alone.
pub(crate) fn router(apps: Arc<Apps>, main: Router, files: Folder) -> Router {
    let routers = Arc::new(Routers::default());
    let missing = move |request: Request| missing(files.clone(), request);
    let served = apps.clone();
    // Made for its first request: who only speaks the other dialect need not have it in memory.
    let instant = Arc::new(LazyLock::new(move || {
        instant::router(served).fallback(missing.clone()).method_not_allowed_fallback(missing)
    }));
    // No route: parameters of a route of this router would be seen by the handlers of the inner one.
    Router::new().fallback(move |request: Request| {
        let (apps, routers, main, instant) = (apps.clone(), routers.clone(), main.clone(), instant.clone());
        async move {
            let path = request.uri().path();
            if path.starts_with(PREFIX) {
                answer(&apps, &routers, main, request).await
            } else if path == "/dash" || INSTANT.iter().any(|first| path.starts_with(first)) {
                run(Router::clone(&instant), request).await
            } else {
                run(main, request).await
            }
        }
    })
}

/// A path of the Instant front that is none of its routes: a site may have such folders too.
async fn missing(files: Folder, request: Request) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    if matches!(*method, Method::GET | Method::HEAD) {
        match files.serve(method, path, request.headers()).await {
            Ok(Some(response)) => return response,
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "a static file cannot be read"),
        }
    }
    instant::response::no_route(method, path)
}

async fn answer(apps: &Apps, routers: &Routers, main: Router, mut request: Request) -> Response {
    let Some((id, path)) = split(request.uri().path()) else { return run(main, request).await };
    match apps.find(id).await {
        Ok(Some(app)) => {
            let path = match request.uri().query() {
                Some(query) => format!("{path}?{query}"),
                None => path.to_owned(),
            };
            // A part of a sound path is a sound path.
            if let Ok(uri) = path.parse() {
                *request.uri_mut() = uri;
            }
            let mut response = run(routers.of(&app), request).await;
            response.extensions_mut().insert(app.telemetry.clone());
            response
        }
        Ok(None) => refusal(StatusCode::NOT_FOUND, "There is no app with this id."),
        Err(error) => {
            tracing::error!(app = id, %error, "an app cannot be opened");
            refusal(StatusCode::SERVICE_UNAVAILABLE, "The app cannot be opened.")
        }
    }
}

fn refusal(status: StatusCode, message: &str) -> Response {
    pocketbase::error::envelope(status, message, json!({}))
}

async fn run(router: Router, request: Request) -> Response {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// The app's id and the rest of the path, `/api/…`.
fn split(path: &str) -> Option<(&str, &str)> {
    let (id, rest) = path.strip_prefix(PREFIX)?.split_at_checked(36)?;
    (is_canonical_uuid(id) && (rest == "/api" || rest.starts_with("/api/"))).then_some((id, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let id = "8f14e45f-ceea-467f-a0e6-3b6e3a7d0c1d";
        assert_eq!(split(&format!("/apps/{id}/api/health")), Some((id, "/api/health")));
        assert_eq!(split(&format!("/apps/{id}/api")), Some((id, "/api")));
        for other in [
            format!("/apps/{id}"),
            format!("/apps/{id}/apix"),
            "/apps/x/api/".to_owned(),
            format!("/apps/{id}x/api"),
        ] {
            assert_eq!(split(&other), None, "{other}");
        }
    }
}
