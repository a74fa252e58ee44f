//! What carries requests: over HTTP, or straight into a server in the same process.

mod http;
mod message;

pub use self::http::{Http, HttpBuilder};
pub use message::{Body, ByteStream, Request, Response, Transport, TransportError};
