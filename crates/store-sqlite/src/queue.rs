//! A queue of jobs between many submitters and the threads that run them.

use std::collections::VecDeque;

use parking_lot::{Condvar, Mutex};

pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
}

struct State<T> {
    jobs: VecDeque<T>,
    closed: bool,
    /// Threads that wait for a job.
    idle: usize,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State { jobs: VecDeque::new(), closed: false, idle: 0 }),
            arrived: Condvar::new(),
        }
    }

    /// Gives the job back if the queue is closed; else tells whether every job has a thread that waits for it.
    pub(crate) fn push(&self, job: T) -> Result<bool, T> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(job);
        }
        state.jobs.push_back(job);
        let is_served = state.jobs.len() <= state.idle;
        drop(state);
        self.arrived.notify_one();
        Ok(is_served)
    }

    /// Waits for a job; `None` when the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<T> {
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            self.arrived.wait(&mut state);
            state.idle -= 1;
        }
    }

    /// The next job if there is one that may be taken now.
    pub(crate) fn try_pop(&self, may_be_taken: impl FnOnce(&T) -> bool) -> Option<T> {
        let mut state = self.state.lock();
        if state.jobs.front().is_some_and(may_be_taken) { state.jobs.pop_front() } else { None }
    }

    /// Takes everything that waits at this moment.
    pub(crate) fn drain(&self) -> VecDeque<T> {
        std::mem::take(&mut self.state.lock().jobs)
    }

    /// No job is taken in any more; those that wait are still handed out.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.arrived.notify_all();
    }
}
