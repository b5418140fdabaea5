//! What a killed worker, or somebody else, left beside a file.
//!
//! ```text
//! s.sweep-wal       points that are not in the file yet, if its header says that it has a log
//! s.sweep-journal   never of use
//! ```
//!
//! A file changes only through its write-ahead log. A rollback journal beside it can therefore hold nothing but
//! the mark of its mode, and is removed without being applied; so is a log beside a file that has none.
//! SQLite would apply whatever lies there, that of another file included.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aether_disk::{self as fs, File, TryLockError};

use crate::error::SweepError;

/// What a file is, as its first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It has no byte.
    Empty,
    /// It is whole without a file beside it.
    RollbackJournal,
    /// The newest points may be in its log.
    WriteAheadLog,
    /// It is not a database.
    Other,
}

/// How often the lock of a file is tried to get, and how long to wait after each time: a worker that was killed may
/// take a moment to end.
const TRIES: u32 = 100;
const WAIT: Duration = Duration::from_millis(20);

/// Removes from beside a file what SQLite would apply and must not; returns what the file is, with its lock, which readers
/// share. It is taken first: what lies beside the file of a live worker is its own.
///
/// # Errors
/// A pipe or the like is in place of the file or beside it, somebody else has the lock, or the disk fails.
pub(crate) fn tidy(path: &Path, writes: bool) -> Result<(Mode, File), SweepError> {
    let failed = |error| SweepError::io(path, error);
    fs::require_file(path).map_err(failed)?;
    let beside = ["-journal", "-wal", "-shm"].map(|ending| companion(path, ending));
    for file in &beside {
        fs::require_own_file(file).map_err(|error| SweepError::io(file, error))?;
    }
    let mut file = locked(path, writes)?;
    let mode = mode(&mut file).map_err(failed)?;
    let useless = match mode {
        Mode::RollbackJournal => &beside[..],
        Mode::WriteAheadLog => &beside[..1],
        Mode::Empty | Mode::Other => &[],
    };
    for file in useless {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(SweepError::io(file, error));
            }
            _ => {}
        }
    }
    Ok((mode, file))
}

/// Opens a file with its lock.
fn locked(path: &Path, writes: bool) -> Result<File, SweepError> {
    for _ in 0..TRIES {
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SweepError::NotFound(path.to_owned()),
            _ => SweepError::io(path, error),
        })?;
        // There, a lock keeps other handles of this process, SQLite's among them, from reading the file.
        if cfg!(windows) {
            return Ok(file);
        }
        let locked = match writes {
            true => file.try_lock(),
            false => file.try_lock_shared(),
        };
        // Where files cannot be locked so, SQLite's own lock still keeps two workers apart.
        let is_ours = !matches!(locked, Err(TryLockError::WouldBlock));
        if is_ours && file.is_at(path) {
            return Ok(file);
        }
        std::thread::sleep(WAIT);
    }
    Err(SweepError::Busy(path.to_owned()))
}

fn companion(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn mode(file: &mut File) -> io::Result<Mode> {
    let mut start = Vec::new();
    file.take(100).read_to_end(&mut start)?;
    if start.is_empty() {
        return Ok(Mode::Empty);
    }
    if !start.starts_with(b"SQLite format 3\0") {
        return Ok(Mode::Other);
    }
    // The versions that a program must know to write the file and to read it; 2 is the write-ahead log.
    Ok(match start.get(18..20) {
        Some([1, 1]) => Mode::RollbackJournal,
        Some([2, 2]) => Mode::WriteAheadLog,
        _ => Mode::Other,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_that_of_the_file_that_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let (path, new) = (dir.path().join("s.sweep"), dir.path().join("new"));
        fs::write(&path, "old").unwrap();
        let old = File::open(&path).unwrap();
        old.try_lock().unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| locked(&path, true));
            std::thread::sleep(WAIT);
            fs::write(&new, "new").unwrap();
            fs::rename(&new, &path).unwrap();
            assert!(waiting.join().unwrap().unwrap().is_at(&path));
        });
        assert!(!old.is_at(&path));
        fs::remove_file(&path).unwrap();
        let gone = locked(&path, true);
        assert!(matches!(gone, Err(SweepError::NotFound(_))), "{gone:?}");
    }
}
