//! Files that are written whole or not at all.

use std::io::{self, Write};
use std::path::Path;

use aether_disk::{self as fs, Existing, Replacement};

use crate::MachineFailure as _;

/// Puts `bytes` in place of `path` in one step. An error names the path. The file is whole even if the
/// process is killed; if power is lost soon after, it may be there in part.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let write = || {
        fs::create_dir_all(dir)?;
        let mut file = Replacement::begin(path)?;
        file.write_all(bytes)?;
        file.put(path, Existing::Replace)
    };
    write().map_err(|error: io::Error| at(path, &error))
}

/// As [`write_whole`] for a file that a user asked for: when this has returned, the file survives a loss
/// of power. A pipe, a terminal or a device is written to as it is.
pub fn deliver(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // `/dev/stdout` and the like may be files that others write to, too; `/dev/shm` is a directory as any other.
    let open = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"];
    let is_stream = open.iter().any(|open| path.starts_with(open))
        || fs::metadata(path).is_ok_and(|found| !found.is_file());
    let write = || {
        if is_stream {
            return fs::write(path, bytes);
        }
        // The file behind a link is replaced, and the link stays.
        let behind = fs::canonicalize(path);
        let path = behind.as_deref().unwrap_or(path);
        if let Some(dir) = path.parent() {
            fs::create_dir_all_durable(dir)?;
        }
        let mut file = Replacement::begin(path)?;
        file.write_all(bytes)?;
        file.finish(path, Existing::Replace)
    };
    write().map_err(|error: io::Error| at(path, &error))
}

/// The bytes of a regular file. Whatever else has its name is refused: a read of a pipe may wait for ever.
///
/// # Errors
/// It is something else, or cannot be read.
pub(crate) fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    regular_size(path)?;
    fs::read(path)
}

/// The bytes of a file; `None` if there is no regular file of this name.
///
/// # Errors
/// The machine cannot read it; the error names it.
pub(crate) fn read_if_any(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match read_regular(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_of_machine() => Err(at(path, &error)),
        Err(_) => Ok(None),
    }
}

/// How many bytes a regular file has.
///
/// # Errors
/// It is something else, or not there.
pub(crate) fn regular_size(path: &Path) -> io::Result<u64> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() {
        return Ok(metadata.len());
    }
    let problem = "it is not a regular file";
    Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
}

/// The error with the path that it is about.
pub(crate) fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
