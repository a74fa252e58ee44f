//! Who calls, and what the URL says.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, Method};
use ketch_app::App;
use ketch_model::{Collection, Record};
use ketch_query::RequestInfo;
use ketch_web::client;
use ketch_web::observe::Notes;

use crate::body::limit;
use crate::error::{ApiError, ApiResult};
pub use crate::query_params::QueryParams;
use crate::rate_limit::{self, Asker};

/// The request without its body. An extractor: put it before the body in a handler's arguments.
///
/// The headers **move** into the caller: an extractor that comes later sees none.
#[derive(Debug)]
pub struct Caller {
    /// The record that the `Authorization` header names; `None` for guests and for bad or expired tokens.
    pub auth: Option<Arc<Record>>,
    pub method: Method,
    pub query: QueryParams,
    pub headers: HeaderMap,
    /// The client's address, by way of the trusted proxy headers of the settings.
    pub real_ip: String,
}

impl Caller {
    /// The request as rules see it; `body` is empty and for the handler to fill.
    pub fn request_info(&self, context: &'static str) -> RequestInfo {
        RequestInfo {
            context,
            method: self.method.as_str().to_owned(),
            query: Arc::new(
                self.query.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            ),
            headers: Arc::new(snake_case_headers(&self.headers)),
            body: ketch_model::Object::new(),
            auth: self.auth.clone(),
        }
    }

    /// Whose requests the rate limits count.
    pub(crate) fn asker(&self) -> Asker<'_> {
        Asker { real_ip: &self.real_ip, is_auth: self.auth.is_some(), is_superuser: self.is_superuser() }
    }

    pub fn is_superuser(&self) -> bool {
        self.auth.as_ref().is_some_and(|record| record.collection.is_superusers())
    }

    /// Passes superusers only.
    ///
    /// # Errors
    /// 401 for guests, 403 for records of other collections.
    pub fn require_superuser(&self) -> Result<(), ApiError> {
        let record = self.require_auth()?;
        if record.collection.is_superusers() {
            return Ok(());
        }
        Err(ApiError::forbidden("The authorized record is not allowed to perform this action."))
    }

    /// Passes any authenticated record and answers it.
    ///
    /// # Errors
    /// 401 for guests.
    pub fn require_auth(&self) -> Result<&Arc<Record>, ApiError> {
        self.auth
            .as_ref()
            .ok_or_else(|| ApiError::unauthorized("The request requires valid record authorization token."))
    }

    /// Passes records of one collection and answers the record.
    ///
    /// # Errors
    /// 401 for guests, 403 for records of other collections.
    pub fn require_auth_of(&self, collection: &Collection) -> Result<&Arc<Record>, ApiError> {
        let record = self.require_auth()?;
        if record.collection.id == collection.id {
            return Ok(record);
        }
        Err(ApiError::forbidden("The authorized record is not allowed to perform this action."))
    }

    /// As [`Caller::require_auth_of`], with the words of the routes that prolong or change an account.
    ///
    /// # Errors
    /// 401 for guests, 403 for records of other collections.
    pub fn require_session_of(&self, collection: &Collection) -> Result<&Arc<Record>, ApiError> {
        let record = self.require_auth()?;
        if record.collection.id == collection.id {
            return Ok(record);
        }
        let own = &record.collection.name;
        Err(ApiError::forbidden(format!("The request requires auth record from {own} collection.")))
    }

    /// The value of a header as text, empty where it is missing or not text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> ApiResult<Self> {
        let settings = app.settings.current();
        let real_ip = client::real_ip(
            &parts.headers,
            parts.extensions.get::<client::Peer>().copied(),
            &settings.trusted_proxy.headers,
            settings.trusted_proxy.use_leftmost_ip,
        );
        let auth = match client::bearer_token(&parts.headers) {
            Some(token) => app.auth.identify(token).await,
            None => None,
        };
        let too_large = limit::check(parts);
        let caller = Self {
            auth,
            method: parts.method.clone(),
            query: QueryParams::parse(parts.uri.query().unwrap_or_default()),
            headers: std::mem::take(&mut parts.headers),
            real_ip,
        };
        if let Some(notes) = parts.extensions.get::<Notes>() {
            notes.caller(caller.auth.clone(), &caller.real_ip);
        }
        if caller.is_superuser() && !superuser_ip_allowed(&settings.superuser_ips, &caller.real_ip) {
            return Err(ApiError::forbidden(""));
        }
        rate_limit::admit(app, &settings, parts, caller.asker()).await?;
        too_large.map(|()| caller)
    }
}

/// Whether superusers may act from this address: an empty list allows every one.
pub fn superuser_ip_allowed(allowed: &[String], real_ip: &str) -> bool {
    allowed.is_empty() || client::ip_in_list(real_ip, allowed)
}

/// The collection that a path names by id or, in any case, by name.
///
/// # Errors
/// 404 where there is none.
pub fn find_collection(app: &App, name_or_id: &str) -> Result<Arc<Collection>, ApiError> {
    app.records
        .schema()
        .find(name_or_id)
        .cloned()
        .ok_or_else(|| ApiError::not_found("Missing or invalid collection context."))
}

/// `X-Token` is `x_token` in rules. The first value of a repeated header counts; `Host` is no header to them.
fn snake_case_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .keys()
        .filter(|name| *name != http::header::HOST)
        .filter_map(|name| {
            let value = headers.get(name)?;
            Some((name.as_str().replace('-', "_"), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        })
        .collect()
}
