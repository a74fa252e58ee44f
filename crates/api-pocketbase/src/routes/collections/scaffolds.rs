//! `GET /api/collections/meta/scaffolds`

use ketch_model::collection;

use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub async fn scaffolds(caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    response::json(&collection::scaffolds(), &caller)
}
