//! `POST /api/settings/test/email`: a mail by which superusers try their set-up.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::post;
use ketch_app::App;
use ketch_auth::TestLetter;

use crate::body::{self, DEFAULT_LIMIT};
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub fn router() -> Router<Arc<App>> {
    Router::new().route("/api/settings/test/email", post(send))
}

async fn send(State(app): State<Arc<App>>, caller: Caller, body: Body) -> ApiResult {
    caller.require_superuser()?;
    let submitted = body::read(body, &caller.headers, DEFAULT_LIMIT)
        .await
        .map_err(|error| error.or_bad_request("An error occurred while loading the submitted data."))?;
    let form = TestLetter {
        recipient: submitted.text("email")?.to_owned(),
        template: submitted.text("template")?.to_owned(),
        collection: submitted.text("collection")?.to_owned(),
    };
    app.auth.send_test_letter(&form).await?;
    Ok(response::no_content())
}
