//! Values that a forked child must not share with its parent.

use std::process;
use std::sync::OnceLock;

/// One value for each process that a chain of forks leads through.
///
/// A child inherits sockets and the memory of threads that do not exist in it. Reading takes no
/// lock, so a fork at any moment leaves nothing locked; the chain grows by one link a fork.
pub struct PerProcess<T> {
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
        Self { link: OnceLock::new() }
    }

    /// This process's value, made by `make` at the first call.
    pub fn get_or_init(&self, make: impl Fn() -> T) -> &T {
        let process = process::id();
        let mut place = self;
        loop {
            let link =
                place.link.get_or_init(|| Box::new(Link { process, value: make(), next: Self::new() }));
            if link.process == process {
                return &link.value;
            }
            place = &link.next;
        }
    }
}
