//! What a single call can be told.

use std::time::Duration;

use crate::multipart::File;

/// Which pending calls a call takes the place of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RequestKey {
    /// As the client is set: none, or with automatic cancellation method and path.
    #[default]
    Usual,
    /// None, whatever the client is set to.
    Never,
    /// Those with the same key.
    Named(String),
}

/// Options of one call. A [`Call`](crate::Call) has the same functions, so this type is only needed
/// to keep options or to build them elsewhere.
///
/// ```
/// use ketch_client::Options;
///
/// let options = Options::new().filter("done = false").sort("-created").expand("author,tags");
/// # let _ = options;
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct Options {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) request_key: RequestKey,
    pub(crate) timeout: Option<Duration>,
    pub(crate) files: Vec<(String, File)>,
}

impl Options {
    /// No options.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name))
    }

    /// The same options for a further request of the same call. Files can be sent only once, and
    /// the requests of one call do not cancel each other.
    pub(crate) fn again(&self) -> Self {
        Self {
            headers: self.headers.clone(),
            query: self.query.clone(),
            request_key: RequestKey::Never,
            timeout: self.timeout,
            files: Vec::new(),
        }
    }

    /// Sets a query parameter that the call itself needs; what the caller said before it is replaced.
    pub(crate) fn set_query(&mut self, key: &str, value: impl Into<String>) {
        self.query.retain(|(known, _)| known != key);
        self.query.push((key.to_owned(), value.into()));
    }

    fn options_mut(&mut self) -> &mut Self {
        self
    }
}

/// The functions that [`Options`] and [`Call`](crate::Call) share.
macro_rules! option_setters {
    ($($generics:tt)*) => {
        impl $($generics)* {
            /// A query parameter. Given twice, it is sent twice.
            pub fn query(mut self, key: impl Into<String>, value: impl ToString) -> Self {
                self.options_mut().query.push((key.into(), value.to_string()));
                self
            }

            /// A header; it takes the place of one that the client sets.
            pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                self.options_mut().headers.push((name.into(), value.into()));
                self
            }

            /// How long the whole call may take, tries included.
            pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
                self.options_mut().timeout = Some(timeout);
                self
            }

            /// Cancels pending calls with the same key, as a later call with this key cancels this one.
            pub fn request_key(mut self, key: impl Into<String>) -> Self {
                self.options_mut().request_key = crate::options::RequestKey::Named(key.into());
                self
            }

            /// Neither cancels other calls nor is cancelled by them.
            pub fn no_request_key(mut self) -> Self {
                self.options_mut().request_key = crate::options::RequestKey::Never;
                self
            }

            /// PocketBase: which records. Put values in with [`filter`](crate::pocketbase::filter).
            pub fn filter(self, expression: impl Into<String>) -> Self {
                self.query("filter", expression.into())
            }

            /// PocketBase: the order, such as `-created,title`.
            pub fn sort(self, fields: impl Into<String>) -> Self {
                self.query("sort", fields.into())
            }

            /// PocketBase: which related records come along, such as `author,comments_via_post`.
            pub fn expand(self, relations: impl Into<String>) -> Self {
                self.query("expand", relations.into())
            }

            /// PocketBase: which fields come, such as `id,title`.
            pub fn fields(self, fields: impl Into<String>) -> Self {
                self.query("fields", fields.into())
            }

            /// PocketBase: leaves out the count of all records, which is quicker.
            pub fn skip_total(self) -> Self {
                self.query("skipTotal", "1")
            }

            /// PocketBase: a file to upload into a field. With a `+` behind the field's name it is
            /// added to the files that are there.
            pub fn file(mut self, field: impl Into<String>, file: crate::File) -> Self {
                self.options_mut().files.push((field.into(), file));
                self
            }
        }
    };
}
pub(crate) use option_setters;

option_setters!(Options);
