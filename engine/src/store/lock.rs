//! Allows one writer per run, with an advisory lock that ends with its process.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use super::{RunId, StoreError};

/// Folder of the lock files, inside the runs directory.
const FOLDER: &str = ".locks";

/// The exclusive right to write one run, until it is dropped.
///
/// The lock is on a separate file, since closing a second handle of a database would drop SQLite's
/// locks. Lock files are never deleted: if a different process waits for one, two could then write.
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
    /// Unlocks explicitly, since closing the file is not enough: a child process that a different
    /// thread is starting has a copy of the open file until it runs its program, and would keep the
    /// lock.
    fn drop(&mut self) {
        // If this fails, closing the file unlocks it.
        let _ = self.file.unlock();
    }
}
