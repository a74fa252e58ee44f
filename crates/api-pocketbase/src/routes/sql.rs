//! `POST /api/sql`: statements that superusers type.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::post;
use ketch_app::App;
use ketch_model::error::Invalid;
use ketch_model::{Error, Object, Value};
use serde_json::json;

use crate::body::{self, DEFAULT_LIMIT};
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

/// The longest text, in bytes.
const LONGEST_QUERY: usize = 5000;

pub fn router() -> Router<Arc<App>> {
    Router::new().route("/api/sql", post(run))
}

async fn run(State(app): State<Arc<App>>, caller: Caller, body: Body) -> ApiResult {
    caller.require_superuser()?;
    let submitted = body::read(body, &caller.headers, DEFAULT_LIMIT)
        .await
        .map_err(|error| error.or_bad_request("An error occurred while loading the submitted data."))?;
    let query = submitted.text("query")?;
    check(query).map_err(|invalid| {
        Error::bad_request("An error occurred while validating the submitted data.")
            .with_field("query", invalid)
    })?;
    let answer = app.run_sql(query.to_owned()).await?;
    let columns = answer
        .columns
        .into_iter()
        .map(|(name, declared)| json!({ "name": name, "type": declared, "nullable": true }));
    let answer = Object::from_iter([
        ("execTime".to_owned(), answer.took.into()),
        ("affectedRows".to_owned(), answer.affected_rows.into()),
        ("columns".to_owned(), columns.collect()),
        ("rows".to_owned(), answer.rows.into()),
    ]);
    response::json(&Value::Object(answer), &caller)
}

fn check(query: &str) -> Result<(), Invalid> {
    if query.is_empty() {
        return Err(Invalid::required());
    }
    if query.len() > LONGEST_QUERY {
        let message = format!("The length must be no more than {LONGEST_QUERY}.");
        let invalid = Invalid::new("validation_length_too_long", message);
        return Err(invalid.param("min", 0).param("max", LONGEST_QUERY));
    }
    Ok(())
}
