//! Client for Ketch, and for every server that speaks one of its interfaces: [`pocketbase`] and [`instant`].
//!
//! ```no_run
//! use ketch_client::pocketbase::{Client, Record, filter};
//! use serde_json::json;
//!
//! # async fn example() -> ketch_client::Result<()> {
//! let client = Client::new("http://127.0.0.1:8090")?;
//! client.collection("users").auth_with_password("ada@example.com", "a good password").await?;
//!
//! let posts = client.collection("posts");
//! let post: Record = posts.create(json!({"title": "Hello"})).await?;
//! let mine = filter("author = {:id}", [("id", post.text("author").into())])?;
//! let page = posts.get_list::<Record>(1, 30).filter(mine).sort("-created").await?;
//! # Ok(()) }
//! ```
//!
//! - A function that talks to the server returns a [`Call`]: give it options, then `.await` it, or
//!   [`wait`](Call::wait) for it where there is no `async`; see [`blocking`].
//! - Dropping a call's future cancels it. A [request key](Call::request_key) has a newer call cancel an older one.
//! - Connections are kept and shared. Every call has a deadline; calls that change nothing are tried
//!   again after a broken connection, see [`RetryPolicy`].
//! - Uploads and downloads are streams: a file is never in memory as a whole.
//! - All failures are one [`Error`], with the status, the server's answer and what caused it.
//! - A [`Transport`](transport::Transport) of your own may take the place of HTTP.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod backoff;
pub mod blocking;
mod call;
mod encode;
mod error;
mod exchange;
pub mod instant;
pub mod jwt;
mod keys;
mod multipart;
mod options;
pub mod pocketbase;
pub mod process;
pub mod raw;
mod sse;
pub mod transport;

pub use call::Call;
pub use error::{Error, ErrorKind, Result};
pub use exchange::RetryPolicy;
pub use multipart::File;
pub use options::{Options, RequestKey};

/// The HTTP types that this crate's functions take and give.
pub use http;
