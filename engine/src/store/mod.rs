//! The run store: one SQLite file per run, written window by window, from which every record is
//! read back byte for byte.
//!
//! A [`RunStore`] is a directory of runs. It makes runs ([`RunStore::record`]), finishes
//! interrupted ones ([`RunStore::resume`]) and opens them ([`RunStore::open`]). A [`StoredRun`]
//! returns records as their exact canonical text, each checked by its hash, writes the export
//! object without holding it in memory ([`StoredRun::write_export`]), and recomputes the whole run
//! to find any difference ([`StoredRun::verify`]).
//!
//! Small records are rows of text, which any SQLite tool can read. Tick vectors and edge lists are
//! compact columns over many ticks, from which their records are rebuilt. `docs/run-file.md`
//! describes every column and byte of the file.
//!
//! Nothing here determines the content of a run, which [`run`](mod@crate::run) produces. The store
//! reads neither the clock nor the environment.

mod background;
mod catalogue;
mod columns;
mod error;
mod export;
mod header;
mod inputs;
mod inserting;
mod lock;
mod metrics;
mod parcel;
mod rebuild;
mod recording;
mod records;
mod recovery;
mod replayed;
mod resumption;
mod row_counts;
mod rows;
mod run_id;
mod schema;
mod spill;
mod stored;
mod tick_check;
mod tick_values;
mod verify;
mod writer;

pub use catalogue::RunDescription;
pub use error::{Damage, Difference, NotARun, StoreError, StoreErrorKind};
pub use export::{ExportError, WriteRecord};
pub use header::RunHeader;
pub use recording::{Existing, Recorded, Written};
pub use records::{Records, UnreadRecord};
pub use replayed::Replayed;
pub use run_id::{RunId, RunIdError};
pub use stored::{FoundRecord, StoredRecord, StoredRun};
pub use tick_check::{CheckedTick, FailedCheck, TickProblem};
pub use tick_values::TickValues;
pub use verify::{Finding, Verification};

use std::io;
use std::path::{Path, PathBuf};

use aether_disk as fs;

/// File name extension of run files.
const ENDING: &str = ".aether";

/// A directory of stored runs, one file `<run-id>.aether` each.
#[derive(Clone, Debug)]
pub struct RunStore {
    runs_dir: PathBuf,
}

impl RunStore {
    /// A store in a directory, which need not exist yet.
    #[must_use]
    pub fn new(runs_dir: impl Into<PathBuf>) -> Self {
        let mut runs_dir = runs_dir.into();
        // SQLite takes a path that begins so for an address.
        if runs_dir
            .as_os_str()
            .as_encoded_bytes()
            .starts_with(b"file:")
        {
            runs_dir = Path::new(".").join(runs_dir);
        }
        Self { runs_dir }
    }

    /// The directory.
    pub fn runs_dir(&self) -> &Path {
        &self.runs_dir
    }

    /// The path of a run's file, whether or not it exists.
    pub fn path(&self, run_id: &RunId) -> PathBuf {
        self.runs_dir.join(format!("{run_id}{ENDING}"))
    }

    /// The path at which a run is made that may replace a stored one.
    fn path_beside(&self, run_id: &RunId) -> PathBuf {
        self.runs_dir.join(format!(".{run_id}{ENDING}.new"))
    }

    /// Opens a run for reading, even while it is being written.
    ///
    /// # Errors
    /// The name is not a run id, no such run is stored, or its file cannot be read.
    pub fn open(&self, run_id: &str) -> Result<StoredRun, StoreError> {
        let run_id: RunId = run_id.parse()?;
        self.require_stored(&run_id)?;
        StoredRun::open(&self.path(&run_id))
    }

    /// The ids of all stored runs, in order; empty if the directory does not exist.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn run_ids(&self) -> Result<Vec<RunId>, StoreError> {
        StoreError::unless_directory(&self.runs_dir)?;
        let entries = match fs::read_dir(&self.runs_dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::io(&self.runs_dir, error)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| StoreError::io(&self.runs_dir, error))?;
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(ENDING));
            ids.extend(id.and_then(|id| id.parse().ok()));
        }
        ids.sort();
        Ok(ids)
    }

    /// Refuses the name of a run that is not stored.
    fn require_stored(&self, run_id: &RunId) -> Result<(), StoreError> {
        let path = self.path(run_id);
        StoreError::unless_directory(&self.runs_dir)?;
        StoreError::unless_file(&path)?;
        match aether_disk::is_file(&path) {
            Ok(true) => Ok(()),
            Ok(false) => Err(StoreError::NotFound {
                run_id: run_id.to_string(),
                runs_dir: self.runs_dir.clone(),
            }),
            Err(error) => Err(StoreError::io(&path, error)),
        }
    }

    /// Refuses a name that writing a run needs and that is not that of a file, before anything is computed.
    fn refuse_strange_names(&self, run_id: &RunId) -> Result<(), StoreError> {
        let files = [self.path(run_id), self.path_beside(run_id)];
        for file in files
            .iter()
            .flat_map(|file| catalogue::database_files(file))
        {
            StoreError::unless_file(&file)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
