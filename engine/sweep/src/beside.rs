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

use aether_disk as fs;

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

/// Removes from beside a file what SQLite would apply and must not; returns what the file is.
///
/// # Errors
/// A pipe or the like is in place of the file or beside it, or the disk fails.
pub(crate) fn tidy(path: &Path) -> io::Result<Mode> {
    fs::require_file(path)?;
    if path.is_symlink() && !path.try_exists()? {
        let message = "it is a link that leads nowhere";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let mut beside = Vec::new();
    for ending in ["-journal", "-wal", "-shm"] {
        let file = companion(path, ending);
        fs::require_file(&file)?;
        if file.try_exists()? {
            beside.push((ending, file));
        }
    }
    // The header is read after them: a log that a worker made since is not among them, and the header
    // named the others before they were made.
    let mode = mode(path)?;
    for (ending, file) in beside {
        let is_useless = match mode {
            Mode::RollbackJournal => true,
            Mode::WriteAheadLog => ending == "-journal",
            Mode::Empty | Mode::Other => false,
        };
        if is_useless {
            fs::remove_file(file)?;
        }
    }
    Ok(mode)
}

fn companion(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn mode(path: &Path) -> io::Result<Mode> {
    let mut start = Vec::new();
    fs::File::open(path)?.take(100).read_to_end(&mut start)?;
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
