//! Records runs in the store: new runs, runs that replace a stored one, and runs that are resumed.

use std::path::{Path, PathBuf};
use std::thread;

use aether_disk as fs;

use super::background::Open;
use super::lock::WriterLock;
use super::recovery;
use super::stored::StoredRun;
use super::writer::{self, RunWriter};
use super::{Difference, RunId, RunStore, StoreError, resumption};
use crate::canonical;
use crate::config::RunPlan;
use crate::record::LogEvent;
use crate::run::{Outcome, RecordKind, RunOptions, RunStatus, execute};

/// How to treat a stored run of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays. The new run is made beside it, and refused unless it is byte for byte the same.
    Keep,
    /// The new run is made beside it, and replaces it when it has completed or failed. If the new
    /// run is stopped or interrupted, the old one stays.
    Replace,
}

/// What was written to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// A new file was created.
    New,
    /// A file was replaced.
    Replaced,
    /// The same run, byte for byte, was already stored, and was not changed.
    Unchanged,
    /// The stored run was finished.
    Finished,
}

/// The result of storing a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recorded {
    /// How the run ended, with its metrics.
    pub outcome: Outcome,
    /// What was written to the store.
    pub written: Written,
    /// The run's file.
    pub path: PathBuf,
}

impl RunStore {
    /// Runs a plan and stores it as `run_id`, window by window.
    ///
    /// A run that fails is stored with its error, and is not an `Err`: see [`Recorded::outcome`].
    ///
    /// ```no_run
    /// use aether_engine::config::{FileSystem, load_run};
    /// use aether_engine::run::RunOptions;
    /// use aether_engine::store::{Existing, RunStore};
    ///
    /// let plan = load_run(&FileSystem::new("."), "scenarios/gf01/run.toml".as_ref())?;
    /// let store = RunStore::new(".aether/runs");
    /// let recorded = store.record(&plan, "gf01", Existing::Keep, &RunOptions::default())?;
    /// println!("{:?}: {}", recorded.written, recorded.path.display());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The name is not a run id or is taken, a different process is writing the run, or the run
    /// could not be stored (for example, on a full disk). In the last case the committed windows of
    /// a new run stay, and [`RunStore::resume`] can finish it.
    pub fn record(
        &self,
        plan: &RunPlan,
        run_id: &str,
        existing: Existing,
        options: &RunOptions<'_>,
    ) -> Result<Recorded, StoreError> {
        let run_id: RunId = run_id.parse()?;
        let _lock = WriterLock::take(self.runs_dir(), &run_id)?;
        self.refuse_other_case(&run_id)?;
        self.refuse_strange_names(&run_id)?;
        let path = self.path(&run_id);
        // A disk that cannot tell must not make a stored run look absent.
        let is_stored = path
            .try_exists()
            .map_err(|error| StoreError::io(&path, error))?;
        let (outcome, written) = if is_stored {
            self.record_again(plan, &run_id, existing, options)?
        } else {
            (self.record_new(plan, &run_id, options)?, Written::New)
        };
        Ok(Recorded {
            outcome,
            written,
            path,
        })
    }

    /// Makes a run that is not stored: of several windows in its place, so that those that were committed stay; of one
    /// window beside it, where there is nothing to keep before it is written.
    fn record_new(
        &self,
        plan: &RunPlan,
        run_id: &RunId,
        options: &RunOptions<'_>,
    ) -> Result<Outcome, StoreError> {
        let (path, beside) = (self.path(run_id), self.path_beside(run_id));
        if plan.primary_windows().count() > 1 || options.log.is_some() {
            let create = || writer::create(&path, &beside, plan);
            return write(&path, plan, options, create);
        }
        let create = || writer::create_with_copy(&path, &beside, plan);
        let made = write(&beside, plan, options, create).and_then(|outcome| {
            if outcome.is_at_its_end() {
                replace(&path, &beside)?;
            }
            Ok(outcome)
        });
        writer::remove_database(&beside)?;
        made
    }

    /// Makes a run whose name is taken beside the stored one, and compares it with that or replaces it.
    fn record_again(
        &self,
        plan: &RunPlan,
        run_id: &RunId,
        existing: Existing,
        options: &RunOptions<'_>,
    ) -> Result<(Outcome, Written), StoreError> {
        let (path, beside) = (self.path(run_id), self.path_beside(run_id));
        recovery::tidy_locked(&path)?;
        if existing == Existing::Keep {
            refuse_other_header(&path, run_id, plan)?;
        }
        let create = || writer::create_unseen(&beside, plan);
        let made = write(&beside, plan, options, create).and_then(|outcome| {
            let written = match existing {
                Existing::Keep => {
                    refuse_other_records(&path, &beside, run_id)?;
                    Written::Unchanged
                }
                Existing::Replace if outcome.is_at_its_end() => {
                    replace(&path, &beside)?;
                    Written::Replaced
                }
                Existing::Replace => Written::Unchanged,
            };
            Ok((outcome, written))
        });
        writer::remove_database(&beside)?;
        made
    }

    /// Finishes a run that was interrupted or stopped, from the inputs in its file. The result is
    /// byte for byte that of an uninterrupted run.
    ///
    /// Everything stored is recomputed and compared, as by [`StoredRun::verify`], before anything is
    /// added. So it takes the time of a whole run, and never continues from a state that it did not
    /// reproduce. An observer of the log receives only the events of the windows that are added.
    ///
    /// # Errors
    /// Those of [`RunStore::record`]. Also: the run is not stored, has ended, was started by a
    /// different engine version, or its file is damaged.
    pub fn resume(&self, run_id: &str, options: &RunOptions<'_>) -> Result<Recorded, StoreError> {
        let run_id: RunId = run_id.parse()?;
        let path = self.path(&run_id);
        self.require_stored(&run_id)?;
        let _lock = WriterLock::take(self.runs_dir(), &run_id)?;
        self.refuse_strange_names(&run_id)?;
        recovery::tidy_locked(&path)?;
        // A run of one window that was killed left it.
        writer::remove_database(&self.path_beside(&run_id))?;
        let stored = StoredRun::open(&path)?;
        let (header, run_id) = (stored.header(), run_id.to_string());
        if header.status != RunStatus::Incomplete {
            let status = header.status.name();
            return Err(StoreError::Finished { run_id, status });
        }
        if header.engine_version != crate::VERSION {
            let found = header.engine_version.clone();
            return Err(StoreError::OtherEngine { run_id, found });
        }
        let plan = stored.plan()?;
        let shown = stored.counts().of(RecordKind::Log);
        let show_rest = |event: &LogEvent| {
            if let Some(show) = options.log
                && event.seq > shown
            {
                show(event);
            }
        };
        let options = RunOptions {
            log: options.log.is_some().then_some(&show_rest),
            ..*options
        };
        let outcome = resumption::finish(stored, &plan, &options)?;
        let written = Written::Finished;
        Ok(Recorded {
            outcome,
            written,
            path,
        })
    }

    /// Refuses a name that differs from a stored one only in case.
    fn refuse_other_case(&self, run_id: &RunId) -> Result<(), StoreError> {
        let mut others = self.run_ids()?.into_iter();
        match others.find(|other| other != run_id && other.folded() == run_id.folded()) {
            Some(other) => Err(exists(&other, Difference::Name)),
            None => Ok(()),
        }
    }
}

impl Outcome {
    /// Whether the run has ended.
    fn is_at_its_end(&self) -> bool {
        !matches!(self.status, RunStatus::Incomplete)
    }
}

/// Makes the run in a new file, which is opened while the run begins.
fn write(
    path: &Path,
    plan: &RunPlan,
    options: &RunOptions<'_>,
    create: impl FnOnce() -> Result<Open, StoreError> + Send,
) -> Result<Outcome, StoreError> {
    thread::scope(|scope| {
        let mut writer = RunWriter::start(scope, path, plan, options, create)?;
        let outcome = execute(plan, options, &mut writer)
            .map_err(|error| StoreError::from_io(path, error))?;
        writer.finish(&outcome)?;
        Ok(outcome)
    })
}

/// Replaces `path` with the finished file `beside`.
fn replace(path: &Path, beside: &Path) -> Result<(), StoreError> {
    // The log of an interrupted run must not be applied to the new file.
    writer::remove_companions(path)?;
    fs::rename(beside, path).map_err(|error| StoreError::io(path, error))?;
    writer::sync_parent(path)
}

fn exists(run_id: &RunId, difference: Difference) -> StoreError {
    StoreError::Exists {
        existing: run_id.to_string(),
        difference,
    }
}

/// Refuses, before the run starts, if the stored run cannot be the same.
fn refuse_other_header(path: &Path, run_id: &RunId, plan: &RunPlan) -> Result<(), StoreError> {
    let stored = match StoredRun::open(path) {
        Ok(stored) => stored,
        Err(StoreError::Damaged { .. } | StoreError::NotARun { .. }) => {
            return Err(exists(run_id, Difference::Damaged));
        }
        Err(other) => return Err(other),
    };
    let difference = if stored.header().status == RunStatus::Incomplete {
        Some(Difference::Status {
            stored: stored.header().status.name(),
        })
    } else if stored.header().engine_version != crate::VERSION {
        Some(Difference::Header {
            member: "engine_version",
        })
    } else if stored.row().inputs_sha256 != canonical::hash(&plan.documents) {
        Some(Difference::Header { member: "inputs" })
    } else {
        None
    };
    difference.map_or(Ok(()), |difference| Err(exists(run_id, difference)))
}

/// Refuses if any record of the stored run differs from that of the new one.
fn refuse_other_records(path: &Path, beside: &Path, run_id: &RunId) -> Result<(), StoreError> {
    let (stored, made) = (StoredRun::open(path)?, StoredRun::open(beside)?);
    match first_difference(&stored, &made)? {
        Some(difference) => Err(exists(run_id, difference)),
        None => Ok(()),
    }
}

fn first_difference(
    stored: &StoredRun,
    made: &StoredRun,
) -> Result<Option<Difference>, StoreError> {
    for kind in RecordKind::ALL {
        let mut theirs = stored.records(kind);
        let ours = made.records(kind).map(Some).chain([None]);
        for (ours, position) in ours.zip(1..) {
            let ours = ours.transpose()?;
            match theirs.next().transpose() {
                Ok(theirs) if theirs == ours => {}
                Ok(_) => {
                    let kind = kind.name();
                    return Ok(Some(Difference::Record { kind, position }));
                }
                Err(StoreError::Damaged { .. }) => return Ok(Some(Difference::Damaged)),
                Err(other) => return Err(other),
            }
        }
    }
    let (stored, made) = (stored.row(), made.row());
    if stored.differing_column(made).is_none() {
        return Ok(None);
    }
    let status = stored.status.name();
    Ok(Some(if stored.status == made.status {
        Difference::Header { member: "metrics" }
    } else {
        Difference::Status { stored: status }
    }))
}
