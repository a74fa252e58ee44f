//! `GET /api/collections/meta/oauth2-providers`

use ketch_auth::oauth2::PROVIDERS;
use ketch_model::{Object, Value};

use crate::error::ApiResult;
use crate::provider_logo::monogram;
use crate::request::Caller;
use crate::response;

/// The providers that a collection can be configured for.
pub async fn providers(caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let list = PROVIDERS.iter().map(|provider| {
        Value::Object(Object::from_iter([
            ("name".to_owned(), provider.name.into()),
            ("displayName".to_owned(), provider.display_name.into()),
            ("logo".to_owned(), monogram(provider.display_name).into()),
        ]))
    });
    response::json(&Value::Array(list.collect()), &caller)
}
