//! Finishes an interrupted run: compares what is stored, then adds the rest.
//!
//! ```text
//! windows 1–8 and 9–16 are stored, 17–24 is not
//! ticks 1–16     recomputed and compared
//! tick 16        everything else in the file is compared; what differs ends the resumption here
//! ticks 17–24    written
//! ```

use std::io;
use std::thread;

use super::stored::StoredRun;
use super::verify::Comparison;
use super::writer::{self, RunWriter};
use super::{Damage, StoreError, recovery};
use crate::canonical::Encoded;
use crate::config::RunPlan;
use crate::record::{Record, RecordKind};
use crate::run::{Outcome, RecordSink, RunOptions, execute};

struct Resumption<'p> {
    plan: &'p RunPlan,
    /// The stored part, until it has been compared. It is then closed, since a reader keeps the
    /// write-ahead log from being merged.
    stored: Option<(StoredRun, Comparison)>,
    writer: RunWriter<'p>,
}

/// Finishes a run from its plan.
pub(super) fn finish(
    stored: StoredRun,
    plan: &RunPlan,
    options: &RunOptions<'_>,
) -> Result<Outcome, StoreError> {
    let path = stored.path().to_owned();
    // To switch to the log, SQLite would wait for `stored`.
    if !recovery::has_log(&path).map_err(|error| StoreError::io(&path, error))? {
        let problem = "its first page says that it has no write-ahead log".to_owned();
        return Err(stored.damaged(Damage::Differs(problem)));
    }
    let open = writer::go_on(&path, stored.row().clone())?;
    thread::scope(|scope| {
        let writer = RunWriter::start(scope, &path, plan, options, || Ok(open))?;
        let mut comparison = Comparison::start(&stored)?;
        comparison.check_edges(&stored, plan);
        let mut resumption = Resumption {
            plan,
            stored: Some((stored, comparison)),
            writer,
        };
        resumption.leave_stored()?;
        let outcome = execute(plan, options, &mut resumption)
            .map_err(|error| StoreError::from_io(&path, error))?;
        if resumption.stored.is_some() {
            return Err(resumption.ends_early());
        }
        resumption.writer.finish(&outcome)?;
        Ok(outcome)
    })
}

impl Resumption<'_> {
    /// Goes on to what is not stored, if all that is stored was compared.
    fn leave_stored(&mut self) -> Result<(), StoreError> {
        let Some((run, comparison)) = &mut self.stored else {
            return Ok(());
        };
        if comparison.is_passed() {
            comparison.check_rest(run, self.plan, None)?;
            comparison.refuse_findings(run)?;
            if let Some((_, comparison)) = self.stored.take() {
                self.writer.go_on_after(comparison.into_places());
            }
        }
        Ok(())
    }

    /// The run ended before the last stored tick.
    fn ends_early(&self) -> StoreError {
        let (run, _) = self.stored.as_ref().expect("what is stored was not passed");
        let problem = "the inputs produce fewer ticks than are stored".to_owned();
        run.damaged(Damage::Differs(problem))
    }
}

impl RecordSink for Resumption<'_> {
    fn text_max(&self, kind: RecordKind) -> usize {
        kind.text_max()
    }

    fn put(&mut self, record: &Record<'_>, encoded: Encoded<'_>) -> io::Result<()> {
        match &mut self.stored {
            Some((run, comparison)) => {
                let compared = comparison.compare(run, record, encoded);
                compared.map_err(StoreError::into_io)
            }
            None => self.writer.put(record, encoded),
        }
    }

    fn commit(&mut self) -> io::Result<()> {
        if let Some((_, comparison)) = &mut self.stored {
            comparison.close_window();
        }
        self.writer.commit()?;
        self.leave_stored().map_err(StoreError::into_io)
    }

    fn roll_back(&mut self) -> io::Result<()> {
        if self.stored.is_some() {
            return Err(self.ends_early().into_io());
        }
        self.writer.roll_back()
    }

    fn spill(&mut self, page: &[u8]) -> io::Result<bool> {
        self.writer.spill(page)
    }

    fn read_spilled(&mut self, number: usize) -> io::Result<Vec<u8>> {
        self.writer.read_spilled(number)
    }

    fn keep_note(&mut self, key: &[u8; 32], note: &[u8]) -> io::Result<bool> {
        self.writer.keep_note(key, note)
    }

    fn note(&mut self, key: &[u8; 32]) -> io::Result<Option<Vec<u8>>> {
        self.writer.note(key)
    }
}
