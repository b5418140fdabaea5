//! The thread that makes and writes a run file while the run goes on.
//!
//! ```text
//! run      makes ticks 1–4             makes ticks 5–8, packs their rows      makes ticks 9–12 …
//! thread   makes the file              compresses and writes ticks 1–4        ticks 5–8 …
//! ```
//!
//! Parcels go to the thread full and come back empty, and there are only a few of them: a run that is
//! faster than the disk waits for it, instead of filling the memory. An error of the thread is found
//! by the next parcel, or at the end.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, Scope, ScopedJoinHandle};

use rusqlite::Connection;

use super::StoreError;
use super::columns::{BlockBuilder, Shape};
use super::header::HeaderRow;
use super::inserting::Inserting;
use super::parcel::{PARCEL_BYTES, Parcel};

/// How many parcels there are at least: one that is packed, one that is written, and two that wait.
const PARCELS_MIN: u64 = 4;
/// Bytes of parcels, if those are not fewer: what a run makes while the thread makes the file.
const PARCELS_BYTES: usize = 4 << 20;

/// A run file that is written.
pub(super) struct Open {
    pub(super) connection: Connection,
    /// The header, as the next commit writes it.
    pub(super) header: HeaderRow,
}

/// The run's side of the thread.
pub(super) struct Background<'s> {
    /// `None` once nothing more is to be written.
    full: Option<Sender<Parcel>>,
    empty: Receiver<Parcel>,
    /// Empty parcels that came back.
    spare: Vec<Parcel>,
    /// How many parcels were handed over, and how many of them came back.
    sent: u64,
    written: u64,
    /// How many there are at most.
    parcels: u64,
    /// `None` once it has ended.
    thread: Option<ScopedJoinHandle<'s, Result<Open, StoreError>>>,
}

impl<'s> Background<'s> {
    /// Starts the thread, which opens the file while the run begins, and has it until it ends.
    pub(super) fn start(
        scope: &'s Scope<'s, '_>,
        path: &Path,
        shape: Shape,
        open: impl FnOnce() -> Result<Open, StoreError> + Send + 's,
    ) -> Result<Self, StoreError> {
        let fail = |error| StoreError::io(path, error);
        let block = BlockBuilder::new(&shape).map_err(fail)?;
        let tick_bytes = 2 * size_of::<i64>() * (shape.node_count + shape.edges.len());
        let parcels = (PARCELS_BYTES / PARCEL_BYTES.max(tick_bytes)) as u64;
        let (full, to_write) = mpsc::channel::<Parcel>();
        let (written, empty) = mpsc::channel();
        let of_thread = path.to_owned();
        let thread = thread::Builder::new().spawn_scoped(scope, move || {
            let Open { connection, header } = open()?;
            let mut inserting = Inserting::new(&of_thread, &connection, header, &shape, block);
            for mut parcel in to_write {
                for step in parcel.steps(&shape) {
                    inserting.take(step)?;
                }
                parcel.clear();
                // A run that was dropped does not take its parcels back.
                let _ = written.send(parcel);
            }
            let header = inserting.into_header();
            Ok(Open { connection, header })
        });
        Ok(Self {
            full: Some(full),
            empty,
            spare: Vec::new(),
            sent: 0,
            written: 0,
            parcels: parcels.max(PARCELS_MIN),
            thread: Some(thread.map_err(fail)?),
        })
    }

    /// How many parcels were handed over.
    pub(super) const fn sent(&self) -> u64 {
        self.sent
    }

    /// Hands over a full parcel and returns an empty one.
    pub(super) fn exchange(&mut self, parcel: Parcel) -> Result<Parcel, StoreError> {
        let full = self.full.as_ref();
        let full = full.expect("nothing is written after the end");
        if full.send(parcel).is_err() {
            return Err(self.failure());
        }
        self.sent += 1;
        self.wait_for((self.sent + 1).saturating_sub(self.parcels))?;
        Ok(self.spare.pop().unwrap_or_default())
    }

    /// Waits until the first `count` parcels are written.
    pub(super) fn wait_for(&mut self, count: u64) -> Result<(), StoreError> {
        while self.written < count {
            let Ok(parcel) = self.empty.recv() else {
                return Err(self.failure());
            };
            self.spare.push(parcel);
            self.written += 1;
        }
        Ok(())
    }

    /// Ends the thread after what it was given, and returns its file.
    pub(super) fn end(mut self) -> Result<Open, StoreError> {
        self.join().expect("the thread is joined once")
    }

    /// Why the thread ended early.
    fn failure(&mut self) -> StoreError {
        match self.join() {
            Some(Err(error)) => error,
            _ => unreachable!("the thread ends early only with an error, which ends the run"),
        }
    }

    /// `None` if it was joined before.
    fn join(&mut self) -> Option<Result<Open, StoreError>> {
        self.full = None;
        let ended = self.thread.take()?.join();
        Some(ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }
}

/// The file is left to others only when nothing writes it any more.
impl Drop for Background<'_> {
    fn drop(&mut self) {
        self.full = None;
        if let Some(thread) = self.thread.take() {
            // What went wrong has ended the run already.
            let _ = thread.join();
        }
    }
}
