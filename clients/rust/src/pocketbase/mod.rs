//! The client for the PocketBase interface.
//!
//! ```no_run
//! use ketch_client::pocketbase::{Client, Record};
//! use serde_json::json;
//!
//! # async fn example() -> ketch_client::Result<()> {
//! let client = Client::new("http://127.0.0.1:8090")?;
//! client.collection("users").auth_with_password("ada@example.com", "a good password").await?;
//! let post: Record = client.collection("posts").create(json!({"title": "Hello"})).await?;
//! println!("{} {}", post.id(), post.text("title"));
//! # Ok(()) }
//! ```

mod analytics;
mod auth;
mod auth_store;
mod backups;
mod batch;
mod client;
mod collections;
mod core;
mod crud;
mod download;
mod files;
mod filter;
mod hooks;
mod jobs;
mod oauth2;
mod realtime;
mod record;
mod records;
mod secrets;
mod server;
mod settings;
mod subscribe;
mod traces;

pub use analytics::Analytics;
pub use auth::Authenticated;
pub use auth_store::{AuthState, AuthStore, MemoryAuthStore};
pub use backups::{Backup, Backups};
pub use batch::{Batch, BatchAnswer, BatchRequest};
pub use client::{Client, ClientBuilder};
pub use collections::Collections;
pub use download::Download;
pub use files::{FileUrl, Files};
pub use filter::{Literal, filter};
pub use hooks::{HookFuture, HookRequest, Hooks};
pub use jobs::{ClaimedJob, ClaimedJobs, JobList, Jobs};
pub use oauth2::{OAuth2Code, OAuth2SignIn};
pub use realtime::{ConnectionEvent, Event, Listener, Realtime, RecordChange, RecordChanges, Subscription};
pub use record::{Page, Record};
pub use records::Collection;
pub use secrets::Secrets;
pub use server::{Cron, Crons, Logs, Sql};
pub use settings::Settings;
pub use traces::{SpanQuery, Traces};
