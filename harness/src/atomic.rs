//! Files that are written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Puts `bytes` in place of `path` in one step. An error names the path.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let write = || {
        fs::create_dir_all(dir)?;
        // The error of `tempfile` has the name of the temporary file, which helps nobody.
        let mut file = tempfile::Builder::new()
            .prefix(".writing-")
            .tempfile_in(dir)
            .map_err(|error| io::Error::from(error.kind()))?;
        file.write_all(bytes)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
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

/// How many bytes a regular file has.
///
/// # Errors
/// It is something else, or not there.
pub(crate) fn regular_size(path: &Path) -> io::Result<u64> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() {
        return Ok(metadata.len());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let problem = format!("{name} is not a regular file");
    Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
}

/// The error with the path that it is about.
pub(crate) fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
