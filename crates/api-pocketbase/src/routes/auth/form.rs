//! Bodies that fill a fixed form.

use std::borrow::Cow;

use axum::body::Body;
use http::header::CONTENT_TYPE;
use ketch_model::{Error, Object, Value};

use crate::body::{self, DEFAULT_LIMIT, Submitted};
use crate::error::{ApiError, ApiResult};
use crate::request::Caller;

const UNREADABLE: &str = "An error occurred while loading the submitted data.";

/// A submitted form. Keys match in any case.
pub struct Form {
    submitted: Submitted,
    /// Whether values are texts of a form, from which the reader of bodies inferred numbers and bools.
    is_inferred: bool,
}

impl Form {
    /// Reads a body of at most the default size.
    pub async fn read(caller: &Caller, body: Body) -> ApiResult<Self> {
        let submitted = body::read(body, &caller.headers, DEFAULT_LIMIT).await.map_err(|error| {
            // Errors with a text of their own keep it.
            if error.0.message.is_empty() { error.or_bad_request(UNREADABLE) } else { error }
        })?;
        let content_type = caller.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_inferred = !content_type.is_some_and(|text| text.trim_start().starts_with("application/json"));
        Ok(Self { submitted, is_inferred })
    }

    /// The body as rules see it.
    pub fn data(&self) -> &Object {
        &self.submitted.data
    }

    /// A text; absent and null are empty.
    pub fn text(&self, name: &str) -> ApiResult<Cow<'_, str>> {
        match self.submitted.get(name) {
            // Inference took only what is written back the same.
            Some(Value::Number(number)) if self.is_inferred => {
                Ok(Cow::Owned(number.as_f64().unwrap_or_default().to_string()))
            }
            Some(Value::Bool(flag)) if self.is_inferred => {
                Ok(Cow::Borrowed(if *flag { "true" } else { "false" }))
            }
            _ => self.submitted.text(name).map(Cow::Borrowed).map_err(unreadable),
        }
    }

    /// An object; absent and null are empty.
    pub fn object(&self, name: &str) -> ApiResult<Object> {
        match self.submitted.get(name) {
            None | Some(Value::Null) => Ok(Object::new()),
            Some(Value::Object(object)) => Ok(object.clone()),
            Some(_) => Err(ApiError::bad_request(UNREADABLE)),
        }
    }

    /// A whole number; absent and null are 0.
    pub fn integer(&self, name: &str) -> ApiResult<i64> {
        self.submitted.integer(name).map_err(unreadable)
    }
}

fn unreadable(error: Error) -> ApiError {
    ApiError::from(error).or_bad_request(UNREADABLE)
}
