//! The core of Ketch's Python packages: requests and answers, with the interpreter's lock released
//! while they travel. It knows neither API; the packages in `python/` do.

mod attach;
mod completions;
mod connection;
mod decode;
mod download;
mod embedded;
mod encode;
mod errors;
mod events;
mod exit;
mod file_part;
mod folders;
mod link;
mod reading;
mod realtime;
mod request;
mod server;
mod waiting;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::connection::Connection;
    #[pymodule_export]
    use crate::decode::decode_json;
    #[pymodule_export]
    use crate::download::Download;
    #[pymodule_export]
    use crate::encode::encode_json;
    #[pymodule_export]
    use crate::errors::CoreError;
    #[pymodule_export]
    use crate::events::EventStream;
    #[pymodule_export]
    use crate::file_part::FilePart;
    #[pymodule_export]
    use crate::realtime::Realtime;
    #[pymodule_export]
    use crate::request::Nothing;
    #[pymodule_export]
    use crate::server::{Server, run_cli};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::attach::wait_at_exit(module)?;
        module.add("NOTHING", crate::request::nothing(module.py())?)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
