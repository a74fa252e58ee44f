//! `POST /api/collections/meta/dry-run-view`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use ketch_app::App;
use ketch_model::error::Invalid;
use ketch_model::{Error, Field, Object, Value};
use ketch_records::view::RecordView;

use crate::body;
use crate::encode;
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

/// The longest query, in bytes.
const LONGEST_QUERY: usize = 5000;

pub async fn dry_run_view(State(app): State<Arc<App>>, caller: Caller, body: Body) -> ApiResult {
    caller.require_superuser()?;
    let submitted = body::read(body, &caller.headers, body::DEFAULT_LIMIT)
        .await
        .map_err(|error| error.or_bad_request("An error occurred while loading the submitted data."))?;
    let query = submitted.text("query")?;
    check(query).map_err(|invalid| {
        Error::bad_request("An error occurred while validating the submitted data.")
            .with_field("query", invalid)
    })?;
    let dry_run = app.collections.dry_run_view(query).await?;
    let fields: Vec<Value> = dry_run.collection.fields.iter().map(Field::to_json).collect();
    let sample = dry_run.sample.into_iter().map(|record| {
        // What a view collection would show to anybody who may list it.
        let view = RecordView { record, shows_hidden: false, shows_email: true, expand: None };
        encode::record_value(&view)
    });
    let answer = Object::from_iter([
        ("fields".to_owned(), Value::Array(fields)),
        ("sample".to_owned(), Value::Array(sample.collect())),
    ]);
    response::json(&Value::Object(answer), &caller)
}

fn check(query: &str) -> Result<(), Invalid> {
    if query.is_empty() {
        return Err(Invalid::required());
    }
    if query.len() > LONGEST_QUERY {
        let invalid = Invalid::new(
            "validation_length_too_long",
            format!("The length must be no more than {LONGEST_QUERY}."),
        );
        return Err(invalid.param("min", 0).param("max", LONGEST_QUERY));
    }
    Ok(())
}
