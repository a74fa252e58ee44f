//! Files of forms, and raw bodies.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream;
use ketch_client::File;
use ketch_client::transport::ByteStream;
use pyo3::exceptions::{PyIsADirectoryError, PyOSError, PyTypeError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyString};

use crate::attach::attach;

/// What is asked of a file object at a time, in bytes.
const SLICE: usize = 128 * 1024;

/// One file of a form, or a raw body. Nothing is read before it is sent; see the stub.
#[pyclass(frozen, module = "ketch._core")]
pub(crate) struct FilePart {
    source: Source,
    filename: String,
    content_type: Option<String>,
}

enum Source {
    Bytes(Bytes),
    Path(PathBuf),
    Object(Py<PyAny>),
}

/// The exception that a file object raised while it was read, for whoever waits for the call.
#[derive(Clone, Default)]
pub(crate) struct Raised(Arc<Mutex<Option<PyErr>>>);

impl Raised {
    pub(crate) fn take(&self) -> Option<PyErr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep(&self, error: PyErr) -> io::Error {
        let text = error.to_string();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        io::Error::other(text)
    }
}

#[pymethods]
impl FilePart {
    #[new]
    #[pyo3(signature = (source, filename = None, content_type = None))]
    fn new(
        source: &Bound<'_, PyAny>,
        filename: Option<String>,
        content_type: Option<String>,
    ) -> PyResult<Self> {
        let py = source.py();
        let base_name = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        if let Some(content) = content(source)? {
            let filename = filename.unwrap_or_else(|| "file".to_owned());
            return Ok(Self { source: Source::Bytes(content), filename, content_type });
        }
        if source.is_instance_of::<PyString>() || source.hasattr(pyo3::intern!(py, "__fspath__"))? {
            let path: PathBuf = source.extract()?;
            check(py, &path)?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            return Ok(Self { source: Source::Path(path), filename: filename.unwrap_or(name), content_type });
        }
        if !source.hasattr(pyo3::intern!(py, "read"))? {
            let class = source.get_type().name()?.to_string();
            return Err(PyTypeError::new_err(format!(
                "a file is bytes, a path or an object with read(), not an object of the class {class}"
            )));
        }
        let text_base = py.import("io")?.getattr("TextIOBase")?;
        if source.is_instance(&text_base)? {
            return Err(PyTypeError::new_err("the file is open in text mode: open it with mode \"rb\""));
        }
        // Files from `open` know their path; others may have a number there, or anything else.
        let own_name = || -> Option<String> {
            let name = source.getattr("name").ok()?.extract::<String>().ok()?;
            Some(base_name(&name)).filter(|name| !name.is_empty())
        };
        let filename = filename.or_else(own_name).unwrap_or_else(|| "file".to_owned());
        Ok(Self { source: Source::Object(source.clone().unbind()), filename, content_type })
    }

    /// The name that the server is told.
    #[getter]
    fn filename(&self) -> &str {
        &self.filename
    }

    /// The media type, if it was given; otherwise it is guessed from the name.
    #[getter]
    fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    fn __repr__(&self) -> String {
        format!("FilePart(filename={:?}, content_type={:?})", self.filename, self.content_type)
    }
}

impl FilePart {
    /// The file as the client sends it. What a file object raises meanwhile is put into `raised`.
    pub(crate) fn to_file(&self, py: Python<'_>, raised: &Raised) -> PyResult<File> {
        let file = match &self.source {
            Source::Bytes(content) => File::bytes(&self.filename, content.clone()),
            Source::Path(path) => File::path(path).name(&self.filename),
            Source::Object(object) => {
                let length = remaining(object.bind(py))?;
                File::stream(&self.filename, read(object.clone_ref(py), raised.clone(), length), length)
            }
        };
        Ok(match &self.content_type {
            Some(content_type) => file.content_type(content_type),
            None => file,
        })
    }
}

/// The content of a bytes-like object, without a copy where it cannot change.
pub(crate) fn content(source: &Bound<'_, PyAny>) -> PyResult<Option<Bytes>> {
    if let Ok(bytes) = source.cast::<PyBytes>() {
        return Ok(Some(Bytes::from_owner(PyBackedBytes::from(bytes.clone()))));
    }
    if let Ok(array) = source.cast::<PyByteArray>() {
        return Ok(Some(Bytes::from(array.to_vec())));
    }
    if source.is_instance_of::<PyMemoryView>() {
        let bytes = source.call_method0("tobytes")?.cast_into::<PyBytes>()?;
        return Ok(Some(Bytes::from_owner(PyBackedBytes::from(bytes))));
    }
    Ok(None)
}

/// Opens the file, so that a missing one is told where it is named and not where it is sent.
fn check(py: Python<'_>, path: &std::path::Path) -> PyResult<()> {
    let opened = py.detach(|| std::fs::File::open(path).and_then(|file| file.metadata()));
    match opened {
        Ok(about) if about.is_dir() => {
            Err(PyIsADirectoryError::new_err((21, "Is a directory", path.as_os_str().to_owned())))
        }
        Ok(_) => Ok(()),
        Err(error) => {
            let text = error.to_string();
            let short = text.split(" (os error").next().unwrap_or(&text).to_owned();
            // Python chooses the class by the number: FileNotFoundError, PermissionError …
            Err(PyOSError::new_err((error.raw_os_error(), short, path.as_os_str().to_owned())))
        }
    }
}

/// How much of a file object is left to read, if it can tell.
fn remaining(object: &Bound<'_, PyAny>) -> PyResult<Option<u64>> {
    let can_seek = object.call_method0("seekable").and_then(|can| can.is_truthy()).unwrap_or(false);
    if !can_seek {
        return Ok(None);
    }
    let position: u64 = object.call_method0("tell")?.extract()?;
    let end: u64 = object.call_method1("seek", (0, 2))?.extract()?;
    object.call_method1("seek", (position, 0))?;
    Ok(Some(end.saturating_sub(position)))
}

/// Reads on a thread that may block. `limit` bytes were announced: not more are read.
fn read(object: Py<PyAny>, raised: Raised, limit: Option<u64>) -> ByteStream {
    let rest = limit.unwrap_or(u64::MAX);
    Box::pin(stream::try_unfold((Arc::new(object), raised, rest), |(object, raised, rest)| async move {
        if rest == 0 {
            return Ok(None);
        }
        let size = usize::try_from(rest).unwrap_or(SLICE).min(SLICE);
        let (reader, keeper) = (object.clone(), raised.clone());
        let reading = tokio::task::spawn_blocking(move || slice(&reader, size, &keeper));
        let slice = reading.await.map_err(io::Error::other)??;
        let read = u64::try_from(slice.len()).unwrap_or(rest);
        Ok((!slice.is_empty()).then(|| (slice, (object, raised, rest.saturating_sub(read)))))
    }))
}

fn slice(object: &Py<PyAny>, size: usize, raised: &Raised) -> io::Result<Bytes> {
    let read = |py: Python<'_>| -> PyResult<Bytes> {
        let read = object.bind(py).call_method1(pyo3::intern!(py, "read"), (size,))?;
        let wrong = || {
            let class = read.get_type().name().map(|name| name.to_string()).unwrap_or_default();
            PyTypeError::new_err(format!("read() of the file gave an object of the class {class}, not bytes"))
        };
        content(&read)?.ok_or_else(wrong)
    };
    let attached = attach(|py| read(py).map_err(|error| raised.keep(error)));
    attached.unwrap_or_else(|| Err(io::Error::other("the interpreter is being shut down")))
}
