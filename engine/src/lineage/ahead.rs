//! Columns that a thread reads ahead of a walk, which goes from each tick to the one before.
//!
//! ```text
//! walk     asks for ticks 9, 8     visits tick 8   visits tick 7 …
//! thread                     reads ticks 7, 6, 5   reads 4 …
//! ```

use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

use super::values::Columns;
use crate::store::{RunHeader, StoredRun};

/// How many ticks wait for the walk.
const WAITING: usize = 2;

/// A thread that reads a run file.
pub(super) struct Ahead {
    /// The tick that it hands out next.
    tick: u64,
    /// `None` once nothing more is wanted.
    read: Option<Receiver<Columns>>,
    thread: Option<JoinHandle<()>>,
}

impl Ahead {
    /// Starts to read a run's ticks from its file, from `tick` down; `None` if the system gives no thread.
    pub(super) fn start(run: &StoredRun, tick: u64) -> Option<Self> {
        let (path, header) = (run.path().to_owned(), run.header().clone());
        let (sender, read) = mpsc::sync_channel(WAITING);
        let work = move || read_down(&path, &header, tick, &sender);
        let thread = thread::Builder::new().spawn(work).ok()?;
        Some(Self {
            tick,
            read: Some(read),
            thread: Some(thread),
        })
    }

    /// The columns of a tick, if it is the next one and could be read.
    pub(super) fn take(&mut self, tick: u64) -> Option<Columns> {
        if tick != self.tick {
            return None;
        }
        self.tick = tick.checked_sub(1)?;
        self.read.as_ref()?.recv().ok()
    }
}

/// Ends early if a different file has its name now, if a tick cannot be read, or if nobody wants more.
fn read_down(path: &Path, header: &RunHeader, tick: u64, to: &SyncSender<Columns>) {
    let Ok(run) = StoredRun::open(path) else {
        return;
    };
    if run.header() != header {
        return;
    }
    for tick in (1..=tick).rev() {
        let Ok(columns) = Columns::stored(&run, tick) else {
            return;
        };
        if to.send(columns).is_err() {
            return;
        }
    }
}

/// No thread is left behind.
impl Drop for Ahead {
    fn drop(&mut self) {
        self.read = None;
        if let Some(thread) = self.thread.take()
            && let Err(panic) = thread.join()
            && !thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}
