//! Values that a forked child must not share with its parent.

use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// How often it is looked whether another thread has made the value.
const PAUSE: Duration = Duration::from_micros(200);

/// One value for each process that a chain of forks leads through.
///
/// A child inherits sockets and the memory of threads that do not exist in it. No lock is held while a
/// value is made, so a fork at that moment leaves nothing locked for ever: the child sees that the maker
/// was a thread of its parent, and makes its own. The chain grows by one link a fork.
pub struct PerProcess<T> {
    /// The process of which a thread is making the value, or has begun to.
    maker: AtomicU32,
    link: OnceLock<Box<Link<T>>>,
}

struct Link<T> {
    process: u32,
    value: T,
    next: PerProcess<T>,
}

impl<T> PerProcess<T> {
    /// A place for values that are not made yet.
    #[expect(clippy::new_without_default, reason = "made in statics")]
    pub const fn new() -> Self {
        Self { maker: AtomicU32::new(0), link: OnceLock::new() }
    }

    /// This process's value, made by `make` at the first call.
    pub fn get_or_init(&self, make: impl Fn() -> T) -> &T {
        let process = process::id();
        let mut place = self;
        loop {
            match place.link.get() {
                Some(link) if link.process == process => return &link.value,
                Some(link) => place = &link.next,
                None => place.make(process, &make),
            }
        }
    }

    /// Makes the value, or waits for a while because another thread does.
    fn make(&self, process: u32, make: &impl Fn() -> T) {
        let maker = self.maker.load(Ordering::Acquire);
        if maker == process {
            thread::sleep(PAUSE);
            return;
        }
        if self.maker.compare_exchange(maker, process, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return;
        }
        let given_up = GivenUp(&self.maker);
        let link = Link { process, value: make(), next: Self::new() };
        // There is one maker at a time, so the place is free.
        let _ = self.link.set(Box::new(link));
        std::mem::forget(given_up);
    }
}

/// Lets another thread try when making has panicked.
struct GivenUp<'a>(&'a AtomicU32);

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn many_threads_make_one_value() {
        let (place, made) = (PerProcess::new(), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let value = place.get_or_init(|| {
                        thread::sleep(Duration::from_millis(5));
                        made.fetch_add(1, Ordering::Relaxed)
                    });
                    assert_eq!(*value, 0);
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }

    #[test]
    fn what_a_parents_thread_has_begun_is_made_anew() {
        // As a child finds it: begun in another process, and nobody there to go on.
        let place = PerProcess { maker: AtomicU32::new(process::id() + 1), link: OnceLock::new() };
        assert_eq!(*place.get_or_init(|| 7), 7);
    }

    #[test]
    fn a_maker_that_panics_leaves_its_place() {
        let place = PerProcess::new();
        assert!(catch_unwind(AssertUnwindSafe(|| *place.get_or_init(|| panic!("on purpose")))).is_err());
        assert_eq!(*place.get_or_init(|| 7), 7);
    }
}
