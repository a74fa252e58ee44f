//! `POST …/auth-with-oauth2`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;
use ketch_auth::{Method, OAuth2Login};

use super::find_auth_collection;
use super::finish::finish_with_meta;
use super::form::Form;
use crate::error::ApiResult;
use crate::request::Caller;

pub async fn auth_with_oauth2(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    let collection = find_auth_collection(&app, &collection)?;
    app.auth.oauth2_options(&collection)?;
    let form = Form::read(&caller, body).await?;
    let login = OAuth2Login {
        provider: form.text("provider")?.into_owned(),
        code: form.text("code")?.into_owned(),
        code_verifier: form.text("codeVerifier")?.into_owned(),
        // Clients of old versions write `redirectUrl`: keys match in any case.
        redirect_url: form.text("redirectURL")?.into_owned(),
        create_data: form.object("createData")?,
    };
    let request = caller.request_info(Method::OAuth2.name());
    let signed_in = app.auth.check_oauth2(&collection, &login, &request).await?;
    finish_with_meta(&app, &caller, signed_in.record, Method::OAuth2, form.data(), Some(signed_in.meta)).await
}
