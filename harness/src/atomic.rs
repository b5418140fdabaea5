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
