//! Live queries: answered again when what they read has changed.

mod asker;
mod depends;

pub use asker::{LiveAnswer, LiveQueries, LiveQuery, LiveQuestion, LiveViewer};
