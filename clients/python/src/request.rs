//! A call's arguments as a request.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use ketch_client::raw::{Keys, Turn};
use ketch_client::transport::Body;
use ketch_client::{Error, File, raw};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyMapping, PyString};

use crate::encode::{self, Dates};
use crate::errors;
use crate::file_part::{self, FilePart, Raised};

/// The class of `NOTHING`: no JSON body, where `None` is the body `null`.
#[pyclass(frozen, name = "_Nothing", module = "ketch._core")]
pub(crate) struct Nothing;

#[pymethods]
impl Nothing {
    fn __repr__(&self) -> &'static str {
        "NOTHING"
    }

    fn __bool__(&self) -> bool {
        false
    }
}

pub(crate) fn nothing(py: Python<'_>) -> PyResult<&Py<Nothing>> {
    static NOTHING: PyOnceLock<Py<Nothing>> = PyOnceLock::new();
    NOTHING.get_or_try_init(py, || Py::new(py, Nothing))
}

/// The argument `json`.
pub(crate) struct Json<'py>(Option<Bound<'py, PyAny>>);

impl Json<'_> {
    pub(crate) const NOTHING: Self = Self(None);
}

impl<'a, 'py> FromPyObject<'a, 'py> for Json<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self((!object.is_instance_of::<Nothing>()).then(|| object.to_owned())))
    }
}

/// The arguments that all calls share.
pub(crate) struct Arguments<'a, 'py> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: Option<Bound<'py, PyAny>>,
    pub(crate) headers: Option<Bound<'py, PyAny>>,
    pub(crate) json: Json<'py>,
    pub(crate) iso_dates: bool,
    pub(crate) files: Option<Bound<'py, PyAny>>,
    pub(crate) content: Option<Bound<'py, PyAny>>,
    pub(crate) timeout: Option<f64>,
    /// Whether sending it twice is as good as once; by the method unless told.
    pub(crate) safe: Option<bool>,
    /// The call's place among those with its key.
    pub(crate) turn: Option<Turn>,
}

/// A request whose body may still have to be opened.
pub(crate) struct Prepared {
    request: raw::Request,
    body: Content,
    turn: Option<Turn>,
    pub(crate) raised: Raised,
}

enum Content {
    Ready,
    Form { payload: Option<String>, files: Vec<(String, File)> },
    File(File),
}

impl Prepared {
    /// The call's place among those with its key, which was taken when the call was made.
    pub(crate) fn take_turn(&mut self) -> Turn {
        self.turn.take().unwrap_or_else(|| Keys::default().enter(None))
    }

    /// The request, its files opened.
    pub(crate) async fn open(self) -> Result<raw::Request, Error> {
        let mut request = self.request;
        match self.body {
            Content::Ready => {}
            Content::File(file) => request.body = file.into_body().await?,
            Content::Form { payload, files } => {
                let (body, content_type) = raw::form(payload, files).await?;
                request.body = body;
                if let Ok(content_type) = HeaderValue::try_from(content_type) {
                    request.headers.insert(CONTENT_TYPE, content_type);
                }
            }
        }
        Ok(request)
    }
}

impl Arguments<'_, '_> {
    pub(crate) fn prepare(self, py: Python<'_>) -> PyResult<Prepared> {
        let method = Method::from_bytes(self.method.as_bytes())
            .map_err(|_| errors::input(py, &format!("{:?} is no HTTP method", self.method)))?;
        if !self.path.starts_with('/') {
            return Err(errors::input(py, &format!("the path {:?} does not begin with a slash", self.path)));
        }
        let mut request = raw::Request::new(method, self.path);
        request.timeout = self.timeout.map(|seconds| duration(py, seconds)).transpose()?;
        request.is_safe = self.safe.unwrap_or(request.is_safe);
        if let Some(query) = self.query {
            for pair in query.try_iter()? {
                request.query.push(pair?.extract()?);
            }
        }
        if let Some(headers) = &self.headers {
            request.headers = header_map(headers)?;
        }
        let raised = Raised::default();
        let files = self.files.map(|files| named_files(py, &files, &raised)).transpose()?.unwrap_or_default();
        let json = self.json.0.map(|value| encode::to_vec(&value, Dates::iso(self.iso_dates))).transpose()?;
        let body = match (json, self.content) {
            (Some(_), Some(_)) => {
                return Err(errors::input(py, "a request has json or content as its body, not both"));
            }
            (_, Some(_)) if !files.is_empty() => {
                return Err(errors::input(py, "a request has files or content as its body, not both"));
            }
            (None, Some(content)) => match file_part::content(&content)? {
                Some(bytes) => {
                    request.body = Body::Bytes(bytes);
                    Content::Ready
                }
                None => Content::File(content.cast::<FilePart>()?.get().to_file(py, &raised)?),
            },
            (json, None) if !files.is_empty() => {
                let payload = json.map(|json| String::from_utf8_lossy(&json).into_owned());
                Content::Form { payload, files }
            }
            (Some(json), None) => {
                let usual = HeaderValue::from_static("application/json");
                request.headers.entry(CONTENT_TYPE).or_insert(usual);
                request.body = Body::Bytes(Bytes::from(json));
                Content::Ready
            }
            (None, None) => Content::Ready,
        };
        Ok(Prepared { request, body, turn: self.turn, raised })
    }
}

/// Seconds as a duration: what is no sensible number of them is refused.
pub(crate) fn duration(py: Python<'_>, seconds: f64) -> PyResult<Duration> {
    if seconds == f64::INFINITY {
        return Ok(Duration::MAX);
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        errors::input(py, &format!("{seconds} is no number of seconds to wait for: it must be at least 0"))
    })
}

fn named_files(py: Python<'_>, files: &Bound<'_, PyAny>, raised: &Raised) -> PyResult<Vec<(String, File)>> {
    let mut named = Vec::new();
    for pair in files.try_iter()? {
        let (name, part): (String, Py<FilePart>) = pair?.extract()?;
        named.push((name, part.get().to_file(py, raised)?));
    }
    Ok(named)
}

/// Headers of a mapping. What no header may have is refused without showing its value.
pub(crate) fn header_map(headers: &Bound<'_, PyAny>) -> PyResult<HeaderMap> {
    let mut all = HeaderMap::new();
    match headers.cast::<PyDict>() {
        Ok(headers) => {
            for (name, value) in headers.iter() {
                add_header(&mut all, &name, &value)?;
            }
        }
        Err(_) => {
            for item in headers.cast::<PyMapping>()?.items()?.iter() {
                let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
                add_header(&mut all, &name, &value)?;
            }
        }
    }
    Ok(all)
}

fn add_header(all: &mut HeaderMap, name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = name.py();
    let (name, value) = (name.cast::<PyString>()?.to_str()?, value.cast::<PyString>()?.to_str()?);
    // On the wire headers are Latin-1.
    let latin: Option<Vec<u8>> = value.chars().map(|letter| u8::try_from(letter).ok()).collect();
    let bad = || {
        let text = format!(
            "the header {name:?} is not valid: names are letters, digits and dashes, values visible characters of Latin-1"
        );
        errors::input(py, &text)
    };
    let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
    let value = latin.and_then(|value| HeaderValue::from_bytes(&value).ok());
    all.insert(key, value.ok_or_else(bad)?);
    Ok(())
}
