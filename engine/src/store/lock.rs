//! One writer a run: an advisory lock that ends with its process.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use super::{RunId, StoreError};

/// Folder of the lock files, inside the runs directory.
const FOLDER: &str = ".locks";

/// The right to write one run, held until dropped.
///
/// The lock is on a file of its own, since a second handle on a database, closed, would drop
/// SQLite's locks. Lock files stay: deleting one that another process waits for would let two in.
pub(super) struct WriterLock {
    file: File,
}

impl WriterLock {
    pub(super) fn take(runs_dir: &Path, run_id: &RunId) -> Result<Self, StoreError> {
        let folder = runs_dir.join(FOLDER);
        fs::create_dir_all(&folder).map_err(|error| StoreError::io(&folder, error))?;
        let path = folder.join(run_id.folded());
        let open = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = open.map_err(|error| StoreError::io(&path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Busy {
                run_id: run_id.to_string(),
            }),
            Err(TryLockError::Error(error)) => Err(StoreError::io(&path, error)),
        }
    }
}

impl Drop for WriterLock {
    /// Unlocks, rather than only closing the file: a child process that another thread is starting has a
    /// copy of the open file until it runs its program, and would hold the lock for that long.
    fn drop(&mut self) {
        // What fails here is unlocked when the file is closed.
        let _ = self.file.unlock();
    }
}
