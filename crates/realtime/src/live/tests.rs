use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use ketch_records::ChangeSink;
use ketch_store::{Change, ChangeKind};

use super::{Asked, Asker, Asking, ChangeFeed, LiveHub};
use crate::client::Hangup;

/// Answers with what the world is; a question of more than 9 is answered for the last time.
struct World {
    state: Arc<AtomicU8>,
    asked: Arc<AtomicUsize>,
    again: Arc<AtomicUsize>,
}

impl Asker for World {
    type Question = u8;
    type Answer = u8;

    fn ask(&self, question: u8, is_again: bool) -> Asking<u8> {
        self.again.fetch_add(usize::from(is_again), Ordering::SeqCst);
        let state = self.state.load(Ordering::SeqCst);
        self.asked.fetch_add(1, Ordering::SeqCst);
        assert_ne!(question, 7, "this question is answered by a panic");
        Box::pin(async move {
            Asked {
                answer: Arc::new(state),
                digest: [state; 32],
                depends: Box::new(|_| true),
                is_last: question > 9,
            }
        })
    }
}

fn world() -> (LiveHub<World>, ChangeFeed, Arc<AtomicU8>, Arc<AtomicUsize>) {
    let (state, asked) = (Arc::<AtomicU8>::default(), Arc::<AtomicUsize>::default());
    let feed = ChangeFeed::default();
    let world = World { state: state.clone(), asked: asked.clone(), again: Arc::default() };
    let hub = LiveHub::start(world, feed.clone());
    (hub, feed, state, asked)
}

fn nothing() -> Hangup {
    Hangup::new(|| {})
}

#[tokio::test(start_paused = true)]
async fn only_differences_are_told() {
    let (hub, feed, state, asked) = world();
    let live = hub.ask(1, nothing());
    assert_eq!(live.next().await.as_deref(), Some(&0));
    feed.outdated();
    // The clock stands still until everybody waits: whatever was to come has come.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    state.store(5, Ordering::SeqCst);
    feed.outdated();
    assert_eq!(live.next().await.as_deref(), Some(&5));
    hub.close();
    assert_eq!(live.next().await, None);
    assert_eq!(hub.ask(1, nothing()).next().await, None);
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_gets_the_newest() {
    let (hub, feed, state, _) = world();
    let live = hub.ask(1, nothing());
    for now in 1..=3 {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        state.store(now, Ordering::SeqCst);
        feed.outdated();
    }
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(live.next().await.as_deref(), Some(&3));
    // One who takes nothing for long is cut.
    state.store(4, Ordering::SeqCst);
    feed.outdated();
    tokio::time::sleep(std::time::Duration::from_secs(31)).await;
    state.store(5, Ordering::SeqCst);
    feed.outdated();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(live.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn questions_end_by_themselves_and_by_panics() {
    let (hub, feed, _, asked) = world();
    let last = hub.ask(10, nothing());
    assert_eq!(last.next().await.as_deref(), Some(&0));
    assert_eq!(last.next().await, None);
    assert_eq!(hub.ask(7, nothing()).next().await, None);
    drop(last);
    let before = asked.load(Ordering::SeqCst);
    feed.outdated();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(asked.load(Ordering::SeqCst), before, "nobody listens");
}

/// Answers with what the world was when it was asked, after a while; the first answer depends on nothing.
struct Slow {
    state: Arc<AtomicU8>,
    asked: Arc<AtomicUsize>,
}

impl Asker for Slow {
    type Question = u8;
    type Answer = u8;

    fn ask(&self, _: u8, _: bool) -> Asking<u8> {
        let state = self.state.load(Ordering::SeqCst);
        let first = self.asked.fetch_add(1, Ordering::SeqCst) == 0;
        Box::pin(async move {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            Asked {
                answer: Arc::new(state),
                digest: [state; 32],
                depends: Box::new(move |_| !first),
                is_last: false,
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn what_happens_while_a_question_is_asked_again_is_not_lost() {
    let (state, asked) = (Arc::<AtomicU8>::default(), Arc::<AtomicUsize>::default());
    let feed = ChangeFeed::default();
    let hub = LiveHub::start(Slow { state: state.clone(), asked: asked.clone() }, feed.clone());
    let live = hub.ask(1, nothing());
    assert_eq!(live.next().await.as_deref(), Some(&0));
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    feed.outdated();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    // The second asking has begun and does not see this.
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    state.store(5, Ordering::SeqCst);
    feed.committed(&[Change { kind: ChangeKind::Create, before: None, after: None }]);
    let next = tokio::time::timeout(std::time::Duration::from_secs(60), live.next()).await;
    assert_eq!(next.expect("it is asked once more").as_deref(), Some(&5));
}

#[tokio::test(start_paused = true)]
async fn the_asker_knows_whether_somebody_waits_for_a_first_answer() {
    let (state, asked, again) = (Arc::<AtomicU8>::default(), Arc::default(), Arc::<AtomicUsize>::default());
    let feed = ChangeFeed::default();
    let world = World { state: state.clone(), asked, again: again.clone() };
    let hub = LiveHub::start(world, feed.clone());
    let first = hub.ask(1, nothing());
    assert_eq!(first.next().await.as_deref(), Some(&0));
    assert_eq!(again.load(Ordering::SeqCst), 0);
    state.store(1, Ordering::SeqCst);
    feed.outdated();
    assert_eq!(first.next().await.as_deref(), Some(&1));
    assert_eq!(again.load(Ordering::SeqCst), 1);
    // Whoever comes later has had none.
    let second = hub.ask(1, nothing());
    assert_eq!(second.next().await.as_deref(), Some(&1));
    assert_eq!(again.load(Ordering::SeqCst), 1);
}
