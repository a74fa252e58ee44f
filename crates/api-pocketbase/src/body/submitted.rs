//! What a body held.

use ketch_model::{Error, Object, Value};

pub use ketch_web::multipart::Content;

/// The keys and files of a body. Empty for a body without bytes.
#[derive(Debug, Default)]
pub struct Submitted {
    pub data: Object,
    /// In the order of the body.
    pub uploads: Vec<Upload>,
}

/// One file of a multipart body.
#[derive(Debug)]
pub struct Upload {
    /// The form field as sent, modifiers included (`docs+`).
    pub field: String,
    /// The name that the client gave the file, as sent.
    pub file_name: String,
    /// In memory up to 1 MB, else in a temporary file that goes away with the upload.
    pub content: Content,
    /// In bytes.
    pub size: u64,
}

impl Submitted {
    /// A key of a fixed form: exact, else without regard to case, as the original reads its forms.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.data.get(self.key(name)?)
    }

    /// The value that [`Submitted::get`] finds, null in its place.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let key = self.key(name)?.to_owned();
        self.data.get_mut(&key).map(Value::take)
    }

    fn key(&self, name: &str) -> Option<&str> {
        let exact = self.data.get_key_value(name).map(|(key, _)| key);
        exact.or_else(|| self.data.keys().find(|key| key.eq_ignore_ascii_case(name))).map(String::as_str)
    }

    /// A text of a fixed form; absent and `null` are empty.
    ///
    /// # Errors
    /// 400 for a value of another type.
    pub fn text(&self, name: &str) -> Result<&str, Error> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(wrong_type()),
        }
    }

    /// A boolean of a fixed form; absent and `null` are false.
    ///
    /// # Errors
    /// 400 for a value of another type.
    pub fn bool(&self, name: &str) -> Result<bool, Error> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(wrong_type()),
        }
    }

    /// A whole number of a fixed form; absent and `null` are 0.
    ///
    /// # Errors
    /// 400 for a value of another type or with a fraction.
    pub fn integer(&self, name: &str) -> Result<i64, Error> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(0),
            Some(Value::Number(number)) => {
                number.as_i64().or_else(|| number.as_f64().and_then(whole)).ok_or_else(wrong_type)
            }
            Some(_) => Err(wrong_type()),
        }
    }
}

/// Floats up to 2^53 are exact, and no form takes more.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
}

fn wrong_type() -> Error {
    Error::bad_request("An error occurred while loading the submitted data.")
}
