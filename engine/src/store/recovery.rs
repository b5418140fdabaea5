//! Files that a killed process left beside a run file.
//!
//! ```text
//! run.aether-wal       windows that are not in the run file yet; SQLite reads both as one
//! run.aether-shm       an index of the former, made again whenever it is needed
//! run.aether-journal   of an older engine: a switch from or to the write-ahead log that was not completed
//! ```
//!
//! A run file changes only through its write-ahead log. A rollback journal beside it can therefore
//! hold nothing but the mark of its mode, and is removed without being applied: SQLite would apply
//! any journal that lies there, that of another file included. A file that takes the place of a run is written without a log
//! under another name, and a crash leaves it to be removed.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use aether_disk::{self as fs, File};
use rusqlite::{Connection, OpenFlags};

use super::header::HeaderRow;
use super::lock::WriterLock;
use super::{RunId, StoreError, schema, writer};
use crate::record::StatusName;

/// The endings of the files that SQLite keeps beside a database.
pub(super) const COMPANIONS: [&str; 3] = ["-journal", "-wal", "-shm"];

/// The file with an ending beside a database.
pub(super) fn companion(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// How a database is written, as its first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    RollbackJournal,
    WriteAheadLog,
}

/// The mode of a run file; `None` if it is not a run file.
fn mode(path: &Path) -> io::Result<Option<Mode>> {
    let mut start = Vec::new();
    fs::require_file(path)?;
    File::open(path)?.take(100).read_to_end(&mut start)?;
    Ok(mode_of(&start))
}

/// The mode of the run file that starts so.
fn mode_of(start: &[u8]) -> Option<Mode> {
    let application_id = i64::from(u32::from_be_bytes(*start.get(68..)?.first_chunk()?));
    if !start.starts_with(b"SQLite format 3\0") || application_id != schema::APPLICATION_ID {
        return None;
    }
    match start[18..20] {
        [1, 1] => Some(Mode::RollbackJournal),
        [2, 2] => Some(Mode::WriteAheadLog),
        _ => None,
    }
}

/// Whether a run file is written through a log, as that of every unfinished run is.
pub(super) fn has_log(path: &Path) -> io::Result<bool> {
    Ok(mode(path)? == Some(Mode::WriteAheadLog))
}

/// Refuses a pipe or a directory with the name of a file that SQLite keeps beside a run file.
pub(super) fn refuse_others(path: &Path) -> Result<(), StoreError> {
    for file in COMPANIONS.map(|ending| companion(path, ending)) {
        StoreError::unless_file(&file)?;
    }
    Ok(())
}

/// Completes what a killed process left, unless a writer is at work or the directory is read-only.
/// What cannot be done stays for the next time.
pub(super) fn tidy(path: &Path) {
    let is_alone = !COMPANIONS
        .iter()
        .any(|ending| companion(path, ending).exists());
    if is_alone && !matches!(mode(path), Ok(Some(Mode::WriteAheadLog))) {
        return;
    }
    let name = path.file_stem().and_then(|name| name.to_str());
    let run_id = name.and_then(|name| name.parse::<RunId>().ok());
    let Some((run_id, folder)) = run_id.zip(path.parent()) else {
        return;
    };
    if let Ok(_lock) = WriterLock::take(folder, &run_id) {
        // The run is read in any case, and that reports what is wrong with it.
        let _ = tidy_locked(path);
    }
}

/// As [`tidy`], for the holder of the writer's lock.
pub(super) fn tidy_locked(path: &Path) -> Result<(), StoreError> {
    let found = mode(path).map_err(|error| StoreError::io(path, error))?;
    let Some(mode) = found else {
        return Ok(());
    };
    writer::remove_file(&companion(path, "-journal"))?;
    match mode {
        // Everything is in the file already.
        Mode::RollbackJournal => {
            writer::remove_file(&companion(path, "-wal"))?;
            writer::remove_file(&companion(path, "-shm"))
        }
        Mode::WriteAheadLog => {
            let fail = |error| StoreError::database(path, error);
            let connection = writer::connect(path).map_err(fail)?;
            schema::check(&connection, path)?;
            match HeaderRow::read(&connection).map_err(fail)? {
                Some((header, _)) if header.status != StatusName::Incomplete => {
                    writer::close(connection).map_err(fail)
                }
                // The run will go on, or it is damaged, which its readers report.
                _ => Ok(()),
            }
        }
    }
}

/// Opens a run file for reading. In a directory in which SQLite cannot make the files that it needs,
/// a file that is whole without them is read as it is.
pub(super) fn open_for_reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(writer::BUSY_TIMEOUT)?;
    schema::harden(&connection)?;
    let log = fs::metadata(companion(path, "-wal"));
    if !matches!(mode(path), Ok(Some(_))) || log.is_ok_and(|log| log.len() > 0) {
        return Ok(connection);
    }
    match connection.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0)) {
        Err(error) if is_refused(&error) => {
            let flags = flags | OpenFlags::SQLITE_OPEN_URI;
            let connection = Connection::open_with_flags(uri(path), flags)?;
            schema::harden(&connection)?;
            Ok(connection)
        }
        _ => Ok(connection),
    }
}

fn is_refused(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, ReadOnly};
    matches!(error.sqlite_error_code(), Some(ReadOnly | CannotOpen))
}

/// The address under which SQLite reads a file without looking for others beside it.
fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                uri.push(char::from(*byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri + "?immutable=1"
}
