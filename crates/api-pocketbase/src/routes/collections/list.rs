//! `GET /api/collections`

use std::sync::Arc;

use axum::extract::State;
use ketch_app::App;
use ketch_model::{Object, Value};
use ketch_query::fields::FieldPicker;

use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;
use crate::routes::records::list_options;

pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let (collections, page) = app.collections.list(list_options(&caller)?).await?;
    let picker = match caller.query.text("fields") {
        "" => None,
        text => Some(FieldPicker::parse(text)?),
    };
    // The picker speaks of the items; the envelope stays whole.
    let items = collections.iter().map(|collection| collection.to_json()).map(|item| match &picker {
        Some(picker) => picker.apply(item),
        None => item,
    });
    let envelope = Object::from_iter([
        ("items".to_owned(), Value::Array(items.collect())),
        ("page".to_owned(), page.page.into()),
        ("perPage".to_owned(), page.per_page.into()),
        ("totalItems".to_owned(), page.total_items.into()),
        ("totalPages".to_owned(), page.total_pages.into()),
    ]);
    let mut body = Vec::with_capacity(16 * 1024);
    ketch_model::json::write(&Value::Object(envelope), &mut body);
    Ok(response::bytes(body))
}
