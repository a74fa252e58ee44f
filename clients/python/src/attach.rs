//! Threads of the core that run Python code.
//!
//! A thread that waits for the interpreter's lock when the interpreter ends is killed there, and the
//! process with it. So the interpreter waits, before it ends, for those that are at work, and
//! afterwards no further one begins.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ketch_client::process::PerProcess;
use pyo3::prelude::*;

/// How long the end of the interpreter waits for code of the program that does not return.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(1);

#[derive(Default)]
struct Gate {
    is_shut: AtomicBool,
    inside: AtomicUsize,
}

static GATE: PerProcess<Gate> = PerProcess::new();

fn gate() -> &'static Gate {
    GATE.get_or_init(Gate::default)
}

/// Leaves even when the work panics.
struct Inside(&'static Gate);

impl Inside {
    fn enter() -> Self {
        let gate = gate();
        gate.inside.fetch_add(1, Ordering::SeqCst);
        Self(gate)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs `work` with the interpreter's lock on a thread of the core; nothing once the interpreter ends.
pub(crate) fn attach<R>(work: impl FnOnce(Python<'_>) -> R) -> Option<R> {
    // Counted before the look at the gate, so that whoever shuts it either is seen or sees.
    let inside = Inside::enter();
    if inside.0.is_shut.load(Ordering::SeqCst) {
        return None;
    }
    Python::try_attach(work)
}

/// Has the interpreter wait at its end. To be called when the module is made: what is registered
/// first runs last.
pub(crate) fn wait_at_exit(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let shut = wrap_pyfunction!(shut, module)?;
    module.py().import("atexit")?.call_method1("register", (shut,)).map(drop)
}

#[pyfunction]
fn shut(py: Python<'_>) {
    let gate = gate();
    gate.is_shut.store(true, Ordering::SeqCst);
    let end = Instant::now() + PATIENCE;
    py.detach(|| {
        while gate.inside.load(Ordering::SeqCst) > 0 && Instant::now() < end {
            thread::sleep(LOOK_AGAIN);
        }
    });
}
