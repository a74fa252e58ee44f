//! `GET …/records/{id}`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;
use ketch_query::RequestInfo;
use ketch_records::view::Sight;

use super::find_collection;
use crate::body::{self, DEFAULT_LIMIT};
use crate::encode::{self, RowEncoder};
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub async fn view(
    State(app): State<Arc<App>>,
    Path((collection, id)): Path<(String, String)>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    let collection = find_collection(&app, &collection)?;
    // Rules may ask about the body of a GET, too.
    let submitted = body::read(body, &caller.headers, DEFAULT_LIMIT).await?;
    let expand = caller.query.text("expand");
    let request = Arc::new(RequestInfo { body: submitted.data, ..caller.request_info("default") });
    if expand.is_empty() && caller.query.text("fields").is_empty() {
        let sight = Sight::of(&collection, &request);
        if let Some(encoder) = RowEncoder::new(collection.clone(), sight, Vec::with_capacity(1024)) {
            let encoder = app.records.view_row(&collection, &id, &request, encoder).await?;
            return Ok(response::bytes(encoder.out));
        }
    }
    let view = app.records.view(&collection, &id, expand, &request).await?;
    encode::respond(&view, &caller)
}
