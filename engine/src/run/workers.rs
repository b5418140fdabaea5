//! Threads that make texts and hashes, while the thread of the pipeline goes on.
//!
//! The pipeline puts work into a queue, and later waits for its result. Threads take work from there; so does the pipeline's own thread
//! whenever what it waits for is not ready:
//!
//! ```text
//! pipeline   compute 1 2 3 │ encode 2        │ take 1 │ compute 4 │ take 2 │ encode 4 …
//! a thread         │ encode 1        │ encode 3            │ …
//! ```
//!
//! Without threads, it does all work when it waits for it. Nothing depends on who does it.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The queue of what is to be done.
#[derive(Default)]
pub(super) struct Workers<'w> {
    queue: Mutex<Queue<'w>>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue<'w> {
    jobs: VecDeque<Job<'w>>,
    closed: bool,
}

type Job<'w> = Box<dyn FnOnce() + Send + 'w>;

/// The result of work that is in the queue or being done.
pub(super) struct Coming<T>(Receiver<T>);

/// Closes the queue, and so ends the threads, in whatever way the pipeline ends.
struct Closing<'q, 'w>(&'q Workers<'w>);

/// Calls a function while `threads` threads work, the calling one among them.
pub(super) fn with_workers<'w, R>(threads: usize, body: impl FnOnce(&Workers<'w>) -> R) -> R {
    let workers = Workers::default();
    std::thread::scope(|scope| {
        let _closing = Closing(&workers);
        for _ in 1..threads {
            scope.spawn(|| {
                while let Some(job) = workers.take() {
                    job();
                }
            });
        }
        body(&workers)
    })
}

impl<'w> Workers<'w> {
    /// Puts work into the queue.
    pub(super) fn put<T: Send + 'w>(&self, work: impl FnOnce() -> T + Send + 'w) -> Coming<T> {
        let (done, coming) = channel();
        let job = move || {
            // Nobody waits for it after the run was stopped.
            let _ = done.send(work());
        };
        self.queue().jobs.push_back(Box::new(job));
        self.changed.notify_one();
        Coming(coming)
    }

    /// The result of some work. Until it is there, the calling thread does what is in the queue.
    ///
    /// # Panics
    /// The work has panicked.
    pub(super) fn wait<T>(&self, coming: Coming<T>) -> T {
        let Coming(coming) = coming;
        loop {
            match coming.try_recv() {
                Ok(result) => return result,
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => panic!("a thread has panicked at its work"),
            }
            let job = self.queue().jobs.pop_front();
            match job {
                Some(job) => job(),
                None => return coming.recv().expect("a thread does its work"),
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue<'w>> {
        // Nothing that could panic happens while the queue is locked.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; waits for one, and returns `None` after the run.
    fn take(&self) -> Option<Job<'w>> {
        let waiting = |queue: &mut Queue<'w>| queue.jobs.is_empty() && !queue.closed;
        let queue = self.changed.wait_while(self.queue(), waiting);
        let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
        if queue.closed {
            return None;
        }
        queue.jobs.pop_front()
    }
}

impl Drop for Closing<'_, '_> {
    fn drop(&mut self) {
        self.0.queue().closed = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_in_which_they_are_awaited() {
        for threads in [1, 2, 5] {
            let squares = with_workers(threads, |workers| {
                let coming: Vec<_> = (0..100_u64).map(|n| workers.put(move || n * n)).collect();
                coming
                    .into_iter()
                    .map(|coming| workers.wait(coming))
                    .collect::<Vec<_>>()
            });
            assert_eq!(squares, (0..100_u64).map(|n| n * n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_not_awaited_does_not_hold_up_the_end() {
        for threads in [1, 2] {
            with_workers(threads, |workers| {
                for _ in 0..10 {
                    workers.put(|| ());
                }
            });
        }
    }

    /// A panic ends the run; it does not leave it waiting.
    #[test]
    fn a_panic_at_work_reaches_the_caller() {
        for threads in [1, 2] {
            let ended = std::panic::catch_unwind(|| {
                with_workers(threads, |workers| {
                    let coming = workers.put(|| assert_eq!(threads, 0, "work that fails"));
                    workers.wait(coming);
                });
            });
            assert!(ended.is_err());
        }
    }
}
