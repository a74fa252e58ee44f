//! Live queries: answered again when what they read has changed.

mod asker;
mod depends;

pub(crate) use asker::viewer_of;
pub use asker::{LiveAnswer, LiveQueries, LiveQuery, LiveQuestion, LiveViewer};
