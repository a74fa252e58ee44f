//! Who calls, and which app.
//!
//! Everything about a request but its body. Which proof a route asks for is the route's own choice:
//! [`Caller::app`] for none, [`Caller::admin`] for the admin token, [`Caller::viewer`] where
//! impersonation is honoured.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST};
use http::request::Parts;
use ketch_app::{App, Apps, is_canonical_uuid};
use ketch_instant::permissions::Context;
use ketch_instant::users::Viewer;
use ketch_instant::{Error, Kind};
use ketch_model::{Record, Value};
use ketch_web::{client, form};
use serde_json::json;

use crate::error::{ApiError, not_open};
use crate::observe::Notebook;

/// The address of the app in settings that nobody has changed.
const UNTOLD: &str = "http://localhost:8090";

/// The request without its body. An extractor: put it before the body in a handler's arguments.
///
/// The headers **move** into the caller: an extractor that comes later sees none.
pub struct Caller {
    pub apps: Arc<Apps>,
    pub headers: HeaderMap,
    query: Vec<(String, String)>,
    peer: Option<client::Peer>,
    notebook: Notebook,
}

impl FromRequestParts<Arc<Apps>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, apps: &Arc<Apps>) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = form::pairs(query.as_bytes()).map(|(name, value)| (name.to_string(), value.to_string()));
        Ok(Self {
            apps: apps.clone(),
            query: pairs.collect(),
            peer: parts.extensions.get().copied(),
            notebook: Notebook {
                notes: parts.extensions.get().cloned(),
                belongs: parts.extensions.get().cloned(),
            },
            headers: std::mem::take(&mut parts.headers),
        })
    }
}

impl Caller {
    /// The value of a query parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of a header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The value of a header letter by letter: each byte is one of Latin-1.
    pub fn latin1_header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| value.as_bytes().iter().copied().map(char::from).collect())
    }

    /// Where the client reached this server, for URLs that lead back here: `https://host`. An
    /// operator who has said where the app is has the last word.
    pub fn origin(&self, app: &App) -> String {
        let told = app.settings.current().meta.app_url.trim_end_matches('/').to_owned();
        let host = self.header(HOST.as_str()).filter(|host| !host.is_empty());
        match host {
            Some(host) if told == UNTOLD || told.is_empty() => {
                let is_secure = self.header("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
                format!("{}://{host}", if is_secure { "https" } else { "http" })
            }
            _ => told,
        }
    }

    /// The client's address, by way of the trusted proxy headers of the app's settings.
    pub fn real_ip(&self, app: &App) -> String {
        let trusted = &app.settings.current().trusted_proxy;
        client::real_ip(&self.headers, self.peer, &trusted.headers, trusted.use_leftmost_ip)
    }

    /// What rules may know of where the request comes from.
    pub fn context(&self, app: &App) -> Context {
        let ip = Some(self.real_ip(app)).filter(|ip| !ip.is_empty());
        Context { ip, origin: self.header("origin").map(str::to_owned) }
    }

    /// The app that the request names, in its header or its query.
    ///
    /// # Errors
    /// `param-missing`, `param-malformed`, `record-not-found`.
    pub async fn app(&self) -> Result<Arc<App>, Error> {
        let id = self.app_id()?;
        self.app_with_id(&id).await
    }

    /// The app with an id.
    ///
    /// # Errors
    /// `record-not-found`.
    pub async fn app_with_id(&self, id: &str) -> Result<Arc<App>, Error> {
        let app = self.apps.find(id).await.map_err(|error| not_open(&error))?;
        let app = app.ok_or_else(|| Error::not_found("app", json!({ "app-id": id })))?;
        self.notebook.app(&app);
        Ok(app)
    }

    fn app_id(&self) -> Result<String, Error> {
        let header = self.header("app-id").or_else(|| self.header("app_id"));
        let found = header.or_else(|| self.parameter("app_id"));
        let Some(text) = found else {
            let mut error = Error::missing(&["headers", "app-id"]);
            error.hint["possible-ins"] = json!([["query-params", "app_id"]]);
            return Err(error);
        };
        let id = text.trim().to_ascii_lowercase();
        if is_canonical_uuid(&id) {
            return Ok(id);
        }
        Err(Error::malformed(&["headers", "app-id"], &text.into()))
    }

    /// The app, of whoever shows its admin token or is one of its superusers.
    ///
    /// # Errors
    /// As [`Caller::app`]; `record-not-found` of `app-admin-token` for a wrong token.
    pub async fn admin(&self) -> Result<Arc<App>, Error> {
        let id = self.app_id()?;
        self.admin_of(&id).await
    }

    /// As [`Caller::admin`], for the app with this id.
    ///
    /// # Errors
    /// As there.
    pub async fn admin_of(&self, id: &str) -> Result<Arc<App>, Error> {
        let token = self.bearer()?;
        // Whether there is such an app is nothing that a wrong token tells.
        let wrong = || Error::not_found("app-admin-token", json!({ "app-id": id }));
        let app = self.apps.find(id).await.map_err(|error| not_open(&error))?.ok_or_else(wrong)?;
        let superuser = match &token {
            Bearer::Uuid(token) => {
                if !app.identity().await?.is_admin_token(token) {
                    return Err(wrong());
                }
                None
            }
            Bearer::Signed(token) => {
                let record = app.auth.identify(token).await;
                Some(record.filter(|record| record.collection.is_superusers()).ok_or_else(wrong)?)
            }
        };
        self.notebook.app(&app);
        self.notebook.caller(superuser, &self.real_ip(&app));
        self.check_address(&app)?;
        Ok(app)
    }

    /// The app with this id, for whoever manages it: with its admin token, as one of its superusers,
    /// or as a superuser of the main app.
    ///
    /// # Errors
    /// As [`Caller::admin`].
    pub async fn manager_of(&self, id: &str) -> Result<Arc<App>, Error> {
        let id = id.trim().to_ascii_lowercase();
        if !is_canonical_uuid(&id) {
            return Err(Error::malformed(&["params", "app_id"], &id.into()));
        }
        match self.operator().await {
            Ok(_) => self.app_with_id(&id).await,
            Err(_) => self.admin_of(&id).await,
        }
    }

    /// The superuser of the main app who calls: they may list and make apps.
    ///
    /// # Errors
    /// `permission-denied` for anybody else.
    pub async fn operator(&self) -> Result<Arc<Record>, Error> {
        let main = self.apps.main();
        let record = match self.bearer()? {
            Bearer::Signed(token) => main.auth.identify(&token).await,
            Bearer::Uuid(_) => None,
        };
        let superuser = record.filter(|record| record.collection.is_superusers());
        let superuser =
            superuser.ok_or_else(|| Error::denied(&["apps", "superuser"], "main-app-superuser?"))?;
        self.notebook.caller(Some(superuser.clone()), &self.real_ip(main));
        self.check_address(main)?;
        Ok(superuser)
    }

    /// Superusers may be tied to addresses; so are those who may do the same.
    fn check_address(&self, app: &App) -> Result<(), Error> {
        let allowed = &app.settings.current().superuser_ips;
        if !allowed.is_empty() && !client::ip_in_list(&self.real_ip(app), allowed) {
            return Err(Error::denied(&["app-admin-token", "address"], "allowed-ip?"));
        }
        Ok(())
    }

    /// The app and on whose behalf the request is made: `as-token`, `as-email`, `as-guest`, or the
    /// admin themselves. The first and the last but one need no admin token.
    ///
    /// # Errors
    /// As [`Caller::admin`]; for users that there are not, `record-not-found` of `app-user`.
    pub async fn viewer(&self) -> Result<(Arc<App>, Viewer), Error> {
        if let Some(token) = self.header("as-token") {
            let app = self.app().await?;
            let user = app.instant.user_of_token(token, &["asUser", "token"]).await?;
            self.notebook.caller(Some(user.clone()), &self.real_ip(&app));
            return Ok((app, Viewer::User(user)));
        }
        if let Some(email) = self.header("as-email") {
            let app = self.admin().await?;
            // Looked up as it came: this header alone is not put into lower case.
            let user = app.instant.user_with_email(email).await?;
            let user = user.ok_or_else(|| Error::not_found("app-user", json!({ "email": email })))?;
            return Ok((app, Viewer::User(Arc::new(user))));
        }
        if self.headers.contains_key("as-guest") {
            return Ok((self.app().await?, Viewer::Guest));
        }
        Ok((self.admin().await?, Viewer::Admin))
    }

    /// The app and whose refresh token the request bears, as browsers send it: a missing token, or
    /// the word `undefined`, is a guest's.
    ///
    /// # Errors
    /// As [`Caller::app`]; `record-not-found` of `app-user` for an unknown token.
    pub async fn visitor(&self) -> Result<(Arc<App>, Viewer), Error> {
        let app = self.app().await?;
        let viewer = self.visitor_of(&app).await?;
        Ok((app, viewer))
    }

    /// As [`Caller::visitor`], for an app that is known already.
    ///
    /// # Errors
    /// `record-not-found` of `app-user` for an unknown token.
    pub async fn visitor_of(&self, app: &App) -> Result<Viewer, Error> {
        let token = client::bearer_token(&self.headers).unwrap_or_default();
        if matches!(token, "" | "undefined" | "null") {
            return Ok(Viewer::Guest);
        }
        let user = app.instant.user_of_token(token, &["headers", "authorization"]).await?;
        self.notebook.caller(Some(user.clone()), &self.real_ip(app));
        Ok(Viewer::User(user))
    }

    fn bearer(&self) -> Result<Bearer, Error> {
        let place = ["headers", "authorization"];
        let text = self.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let text = text.ok_or_else(|| Error::missing(&place))?;
        let token =
            text.strip_prefix("Bearer ").or_else(|| text.strip_prefix("bearer ")).unwrap_or(text).trim();
        if token.is_empty() {
            return Err(Error::missing(&place));
        }
        if is_canonical_uuid(token) {
            return Ok(Bearer::Uuid(token.to_ascii_lowercase()));
        }
        if token.starts_with("eyJ") {
            return Ok(Bearer::Signed(token.to_owned()));
        }
        // The value itself is a secret, if a mistyped one.
        Err(Error::new(
            Kind::ParamMalformed,
            "Malformed parameter: [\"headers\" \"authorization\"]: the token is neither an admin token (a UUID) nor a superuser's.",
            json!({ "in": place, "original-input": Value::Null }),
        ))
    }
}

/// The proofs that a bearer may show.
enum Bearer {
    /// An admin token.
    Uuid(String),
    /// A session of a superuser of the PocketBase front.
    Signed(String),
}
