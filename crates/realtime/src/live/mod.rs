//! Live questions: asked again when what they depend on has changed, told when the answer differs.
//!
//! What a question is, its asker knows. Here it is something that can be compared: whoever asks the
//! same shares one asking. An answer stands in the place of an older one that was not taken yet, so
//! nothing piles up for those who are slow.

mod entry;
mod feed;
mod hub;
mod slot;
#[cfg(test)]
mod tests;

pub use feed::ChangeFeed;
pub use hub::{Live, LiveHub};

use std::hash::Hash;
use std::pin::Pin;
use std::sync::Arc;

use ketch_store::Change;

/// Whether a committed change may change an answer.
pub type Depends = Box<dyn Fn(&Change) -> bool + Send + Sync>;

/// What was answered.
pub struct Asked<T> {
    pub answer: Arc<T>,
    /// Equal for answers that are the same to whoever gets them.
    pub digest: [u8; 32],
    pub depends: Depends,
    /// Who asked may not ask again: nothing comes after this.
    pub is_last: bool,
}

pub type Asking<T> = Pin<Box<dyn Future<Output = Asked<T>> + Send>>;

/// Who answers questions.
pub trait Asker: Send + Sync + 'static {
    type Question: Clone + Eq + Hash + Send + Sync + 'static;
    type Answer: Send + Sync + 'static;

    /// Answers as things are now, failures too. `is_again`: everybody who waits had an answer before.
    fn ask(&self, question: Self::Question, is_again: bool) -> Asking<Self::Answer>;
}
