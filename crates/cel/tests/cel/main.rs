//! What the rule language answers, as its users see it.

// Helpers panic where tests do.
#![allow(clippy::unwrap_used)]

mod checks;
mod environment;
mod functions;
mod language;
mod limits;
mod partial;
mod properties;
mod rules;
