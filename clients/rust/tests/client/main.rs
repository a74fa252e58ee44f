//! Tests of the client as its users see it: against fake servers, and against a real one.
#![allow(clippy::unwrap_used)]

mod bad_servers;
mod fake;
mod in_process;
mod instant_wire;
mod ketch;
mod oauth2;
mod on_ketch;
mod waiting;
