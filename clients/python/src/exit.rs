//! What has to be done before the interpreter ends.

use std::sync::Mutex;
use std::sync::PoisonError;

use ketch_client::process::PerProcess;
use pyo3::prelude::*;

use crate::{folders, waiting};

static IS_REGISTERED: PerProcess<Mutex<bool>> = PerProcess::new();

/// Has the interpreter close the data folders that are still open when it ends.
pub(crate) fn close_folders_at_exit(py: Python<'_>) -> PyResult<()> {
    let registered = IS_REGISTERED.get_or_init(|| Mutex::new(false));
    let was = std::mem::replace(&mut *registered.lock().unwrap_or_else(PoisonError::into_inner), true);
    if was {
        return Ok(());
    }
    let close = wrap_pyfunction!(close_folders, py)?;
    py.import("atexit")?.call_method1("register", (close,))?;
    Ok(())
}

#[pyfunction]
fn close_folders(py: Python<'_>) -> PyResult<()> {
    waiting::wait(py, folders::close_all())
}
