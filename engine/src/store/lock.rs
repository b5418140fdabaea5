//! Allows one writer per run, with an advisory lock that ends with its process.

use std::path::{Path, PathBuf};

use aether_disk::{self as fs, File, TryLockError};

use super::{RunId, StoreError};

/// Folder of the lock files, inside the runs directory.
const FOLDER: &str = ".locks";

/// The exclusive right to write one run, until it is dropped.
///
/// The lock is on a separate file, since closing a second handle of a database would drop SQLite's
/// locks. The file is deleted only with its run, by the process that holds the lock. A process that
/// locks a deleted file sees that the file is gone, and starts again with a new one; otherwise two
/// could write.
pub(super) struct WriterLock {
    file: File,
    path: PathBuf,
}

impl WriterLock {
    /// The path of the lock file of a run.
    pub(super) fn path(runs_dir: &Path, run_id: &RunId) -> PathBuf {
        runs_dir.join(FOLDER).join(run_id.folded())
    }

    pub(super) fn take(runs_dir: &Path, run_id: &RunId) -> Result<Self, StoreError> {
        let folder = runs_dir.join(FOLDER);
        StoreError::unless_directory(&folder)?;
        fs::create_dir_all_durable(&folder).map_err(|error| StoreError::io(&folder, error))?;
        let path = Self::path(runs_dir, run_id);
        StoreError::unless_file(&path)?;
        fs::require_own_file(&path).map_err(|error| StoreError::io(&path, error))?;
        loop {
            let open = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path);
            let file = open.map_err(|error| StoreError::io(&path, error))?;
            match file.try_lock() {
                Ok(()) if file.is_at(&path) => return Ok(Self { file, path }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(StoreError::Busy {
                        run_id: run_id.to_string(),
                    });
                }
                Err(TryLockError::Error(error)) => return Err(StoreError::io(&path, error)),
            }
        }
    }

    /// Deletes the lock file, if a process that has it open can see that.
    pub(super) fn remove(self) -> Result<(), StoreError> {
        #[cfg(unix)]
        super::writer::remove_file(&self.path)?;
        Ok(())
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_removed_lock_can_be_taken_again_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let run_id: RunId = "Run".parse().unwrap();
        let first = WriterLock::take(folder.path(), &run_id).unwrap();
        let busy = |taken| matches!(taken, Err(StoreError::Busy { .. }));
        assert!(busy(WriterLock::take(folder.path(), &run_id)));
        // A process that opened the file before it was removed gets a lock that means nothing.
        let path = WriterLock::path(folder.path(), &run_id);
        let waiting = File::options().write(true).open(&path).unwrap();
        assert!(waiting.is_at(&path));
        first.remove().unwrap();
        assert!(!path.exists() && !waiting.is_at(&path));
        waiting.try_lock().unwrap();
        let second = WriterLock::take(folder.path(), &run_id).unwrap();
        assert!(busy(WriterLock::take(folder.path(), &run_id)));
        drop(second);
    }
}
