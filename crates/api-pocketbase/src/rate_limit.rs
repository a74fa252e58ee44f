//! Requests in the terms of the rate limits: what rules call a route, and whose requests count.

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams};
use http::Method;
use http::request::Parts;
use ketch_app::{App, CollectionRoute, Visit};
use ketch_model::settings::Settings;
use ketch_model::{Collection, Error};
use ketch_web::client;
use percent_encoding::percent_decode_str;

use crate::error::ApiError;

/// A route that acts on a collection: its verb, its path, its name among counters, its tags.
type Tagged = (Method, &'static str, &'static str, &'static [&'static str]);

const RECORDS: &str = "/api/collections/{collection}/records";
const RECORD: &str = "/api/collections/{collection}/records/{id}";

static TAGGED: [Tagged; 18] = [
    (Method::GET, RECORDS, "list", &["list"]),
    (Method::GET, RECORD, "view", &["view"]),
    (Method::POST, RECORDS, "create", &["create"]),
    (Method::PATCH, RECORD, "update", &["update"]),
    (Method::DELETE, RECORD, "delete", &["delete"]),
    (Method::GET, "/api/files/{collection}/{record}/{name}", "file", &["file"]),
    auth(Method::GET, "/api/collections/{collection}/auth-methods", &["listAuthMethods"]),
    auth(Method::POST, "/api/collections/{collection}/auth-refresh", &["authRefresh"]),
    auth(Method::POST, "/api/collections/{collection}/auth-with-password", &["authWithPassword", "auth"]),
    auth(Method::POST, "/api/collections/{collection}/auth-with-oauth2", &["authWithOAuth2", "auth"]),
    auth(Method::POST, "/api/collections/{collection}/auth-with-otp", &["authWithOTP", "auth"]),
    auth(Method::POST, "/api/collections/{collection}/request-otp", &["requestOTP"]),
    auth(Method::POST, "/api/collections/{collection}/request-password-reset", &["requestPasswordReset"]),
    auth(Method::POST, "/api/collections/{collection}/confirm-password-reset", &["confirmPasswordReset"]),
    auth(Method::POST, "/api/collections/{collection}/request-verification", &["requestVerification"]),
    auth(Method::POST, "/api/collections/{collection}/confirm-verification", &["confirmVerification"]),
    auth(Method::POST, "/api/collections/{collection}/request-email-change", &["requestEmailChange"]),
    auth(Method::POST, "/api/collections/{collection}/confirm-email-change", &["confirmEmailChange"]),
];

const fn auth(method: Method, path: &'static str, tags: &'static [&'static str]) -> Tagged {
    (method, path, tags[0], tags)
}

/// What the parts of a batch are called. They count apart from the same requests made alone.
const BATCHED: [(&str, &str, &[&str]); 3] = [
    ("POST", "batched create", &["create"]),
    ("PATCH", "batched update", &["update"]),
    ("DELETE", "batched delete", &["delete"]),
];

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub real_ip: &'a str,
    pub is_auth: bool,
    pub is_superuser: bool,
}

impl Asker<'_> {
    fn is_free(&self, settings: &Settings) -> bool {
        let limits = &settings.rate_limits;
        !limits.enabled || self.is_superuser || client::ip_in_list(self.real_ip, &limits.excluded_ips)
    }
}

/// Counts a request.
///
/// # Errors
/// 429 for one too many.
pub(crate) async fn admit(
    app: &App,
    settings: &Settings,
    parts: &mut Parts,
    asker: Asker<'_>,
) -> Result<(), ApiError> {
    if asker.is_free(settings) {
        return Ok(());
    }
    let tagged = parts.extensions.get::<MatchedPath>().and_then(|path| tagged(&parts.method, path.as_str()));
    let collection = match tagged {
        None => None,
        Some(_) => match named_collection(app, parts).await {
            // Nothing is there to protect: the handler answers 404.
            None => return Ok(()),
            collection => collection,
        },
    };
    let route = tagged.zip(collection.as_deref()).map(|((_, _, name, tags), collection)| CollectionRoute {
        collection: (&collection.id, &collection.name),
        name,
        tags,
    });
    let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
    let visit = Visit {
        ip: asker.real_ip,
        is_auth: asker.is_auth,
        method: parts.method.as_str(),
        path: &path,
        route,
    };
    Ok(app.rate_limiter.admit(&settings.rate_limits, &visit)?)
}

/// Counts a part of a batch: the write that it turned out to be.
///
/// # Errors
/// 429 for one too many.
pub(crate) fn admit_batched(
    app: &App,
    settings: &Settings,
    asker: Asker<'_>,
    (method, path): (&str, &str),
    collection: &Collection,
) -> Result<(), Error> {
    if asker.is_free(settings) {
        return Ok(());
    }
    let named = BATCHED.iter().find(|(verb, ..)| *verb == method);
    let route = named.map(|&(_, name, tags)| CollectionRoute {
        collection: (&collection.id, &collection.name),
        name,
        tags,
    });
    let visit = Visit { ip: asker.real_ip, is_auth: asker.is_auth, method, path, route };
    app.rate_limiter.admit(&settings.rate_limits, &visit)
}

fn tagged(method: &Method, path: &str) -> Option<&'static Tagged> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    TAGGED.iter().find(|(verb, route, ..)| verb == method && *route == path)
}

async fn named_collection(app: &App, parts: &mut Parts) -> Option<std::sync::Arc<Collection>> {
    let params = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let name = params.iter().find_map(|(key, value)| (key == "collection").then_some(value))?;
    app.records.schema().find(name).cloned()
}
