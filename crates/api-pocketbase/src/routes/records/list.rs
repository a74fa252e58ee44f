//! `GET …/records`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;
use ketch_model::{Collection, json};
use ketch_query::RequestInfo;
use ketch_query::fields::FieldPicker;
use ketch_records::view::Sight;
use ketch_records::{ListOptions, PageInfo};

use super::find_collection;
use crate::body::{self, DEFAULT_LIMIT};
use crate::encode::{self, RowEncoder};
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

const DEFAULT_PER_PAGE: u64 = 30;
const MAX_PER_PAGE: u64 = 1000;

pub async fn list(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    let collection = find_collection(&app, &collection)?;
    // Rules may ask about the body of a GET, too.
    let submitted = body::read(body, &caller.headers, DEFAULT_LIMIT).await?;
    let options = options(&caller)?;
    let picker = match caller.query.text("fields") {
        "" => None,
        text => Some(FieldPicker::parse(text)?),
    };
    let expand = caller.query.text("expand");
    let request = Arc::new(RequestInfo { body: submitted.data, ..caller.request_info("default") });
    if picker.is_none() && expand.is_empty() {
        let sight = Sight::of(&collection, &request);
        let mut out = Vec::with_capacity(8 * 1024);
        out.extend_from_slice(b"{\"items\":[");
        if let Some(encoder) = RowEncoder::new(collection.clone(), sight, out) {
            let empty = encoder.out.len();
            let (encoder, page) = app.records.list_rows(&collection, &options, &request, encoder).await?;
            if encoder.out.len() == empty {
                hold_back(&app, &caller, &collection, &options).await;
            }
            return Ok(response::bytes(close(encoder.out, page)));
        }
    }
    let (views, page) = app.records.list(&collection, &options, expand, &request).await?;
    if views.is_empty() {
        hold_back(&app, &caller, &collection, &options).await;
    }
    let mut out = Vec::with_capacity(8 * 1024);
    out.extend_from_slice(b"{\"items\":[");
    for (index, view) in views.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match &picker {
            Some(picker) => json::write(&picker.apply(encode::record_value(view)), &mut out),
            None => encode::record_view(view, &mut out),
        }
    }
    Ok(response::bytes(close(out, page)))
}

/// Makes who tries filter after filter on what a rule hides wait for another empty answer.
async fn hold_back(app: &App, caller: &Caller, collection: &Collection, options: &ListOptions) {
    let has_rule = collection.list_rule.as_ref().is_some_and(|rule| !rule.is_empty());
    if options.filter.is_empty() || !has_rule || caller.is_superuser() {
        return;
    }
    if let Some(wait) = app.probing.found_nothing(&caller.real_ip, &collection.id) {
        tokio::time::sleep(wait).await;
    }
}

/// The list parameters: numbers are strict, sizes are clamped.
pub(crate) fn options(caller: &Caller) -> ApiResult<ListOptions> {
    let query = &caller.query;
    let positive =
        |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).filter(|n| *n > 0);
    Ok(ListOptions {
        page: positive(query.integer("page")?).unwrap_or(1),
        per_page: positive(query.integer("perPage")?).unwrap_or(DEFAULT_PER_PAGE).min(MAX_PER_PAGE),
        skip_total: query.boolean("skipTotal")?.unwrap_or(false),
        filter: query.text("filter").to_owned(),
        sort: query.text("sort").to_owned(),
    })
}

/// Ends the envelope that was opened with its items.
fn close(mut out: Vec<u8>, page: PageInfo) -> Vec<u8> {
    let PageInfo { page, per_page, total_items, total_pages } = page;
    let tail = format!(
        "],\"page\":{page},\"perPage\":{per_page},\"totalItems\":{total_items},\"totalPages\":{total_pages}}}"
    );
    out.extend_from_slice(tail.as_bytes());
    out
}
