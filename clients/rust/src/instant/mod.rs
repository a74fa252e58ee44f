//! The client for the InstantDB admin interface.
//!
//! ```no_run
//! use ketch_client::instant::{Client, Step, new_id};
//! use serde_json::json;
//!
//! # async fn example() -> ketch_client::Result<()> {
//! let client = Client::new("http://127.0.0.1:8090", "APP_ID", "ADMIN_TOKEN")?;
//! client.transact([Step::update("goals", new_id(), json!({"title": "Learn Rust"}))]).await?;
//! let tree: serde_json::Value = client.query(json!({"goals": {"todos": {}}})).await?;
//! println!("{}", tree["goals"]);
//! # Ok(()) }
//! ```

mod auth;
mod client;
mod debug;
mod live;
mod step;
mod storage;

pub use auth::{Auth, SignedIn, User, UserKey};
pub use client::{AsUser, Client, ClientBuilder};
pub use debug::{QueryCheck, TransactCheck};
pub use live::{LiveQuery, QueryEvent};
pub use step::{EntityId, Step, lookup, new_id};
pub use storage::{Storage, StorageFile, Uploaded};
