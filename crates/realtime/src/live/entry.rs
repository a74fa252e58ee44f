//! One question with all who ask it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::feed::News;
use super::slot::Slot;
use super::{Asker, Depends};

/// The pause before a question is asked again that was just answered: many commits in a row are
/// one reason to ask.
const PAUSE: Duration = Duration::from_millis(10);

pub(super) struct Entry<A: Asker> {
    pub question: A::Question,
    state: Mutex<State<A::Answer>>,
}

struct State<T> {
    slots: Vec<Arc<Slot<T>>>,
    /// What the last answer depends on; everything before there was one, and while the next is made.
    depends: Option<Depends>,
    /// Somebody is asking.
    is_running: bool,
    /// What is being asked may be outdated already.
    is_dirty: bool,
}

impl<A: Asker> Entry<A> {
    pub fn new(question: A::Question) -> Self {
        let state = State { slots: Vec::new(), depends: None, is_running: false, is_dirty: false };
        Self { question, state: Mutex::new(state) }
    }

    /// Adds somebody, who gets the answer to an asking that begins after this.
    pub fn join(&self, slot: Arc<Slot<A::Answer>>) {
        self.state.lock().slots.push(slot);
    }

    /// Takes somebody out; tells whether nobody is left.
    pub fn leave(&self, slot: &Arc<Slot<A::Answer>>) -> bool {
        let mut state = self.state.lock();
        state.slots.retain(|known| !Arc::ptr_eq(known, slot));
        state.slots.is_empty()
    }

    pub fn end(&self) {
        for slot in &self.state.lock().slots {
            slot.end();
        }
    }

    /// Whether the news may change the answer.
    pub fn is_touched(&self, news: &News) -> bool {
        let state = self.state.lock();
        match &state.depends {
            None => true,
            Some(_) if news.everything => true,
            Some(depends) => news.changes.iter().any(depends),
        }
    }

    /// Asks, now or as soon as what is being asked is answered.
    pub fn ask(self: &Arc<Self>, asker: &Arc<A>, turns: &Arc<Semaphore>) {
        let mut state = self.state.lock();
        if state.is_running {
            state.is_dirty = true;
            return;
        }
        state.is_running = true;
        drop(state);
        tokio::spawn(self.clone().run(asker.clone(), turns.clone()));
    }

    async fn run(self: Arc<Self>, asker: Arc<A>, turns: Arc<Semaphore>) {
        loop {
            // The semaphore is never closed.
            let turn = turns.acquire().await;
            let present = {
                let mut state = self.state.lock();
                state.is_dirty = false;
                // What is asked now may depend on other things than the last answer: until it is known,
                // anything that happens counts.
                state.depends = None;
                if state.slots.is_empty() {
                    state.is_running = false;
                    return;
                }
                state.slots.clone()
            };
            // On a task of its own: a panic must not keep the question from being asked again.
            let (asking, question) = (asker.clone(), self.question.clone());
            let is_again = present.iter().all(|slot| slot.is_answered());
            let asked = tokio::spawn(async move { asking.ask(question, is_again).await }).await;
            drop(turn);
            match asked {
                Ok(asked) => {
                    for slot in &present {
                        slot.offer(&asked);
                    }
                    self.state.lock().depends = Some(asked.depends);
                }
                Err(error) => {
                    tracing::error!(%error, "a live query could not be answered");
                    for slot in &present {
                        slot.end();
                    }
                }
            }
            {
                let mut state = self.state.lock();
                if !state.is_dirty {
                    state.is_running = false;
                    return;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
