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

/// The error with the path that it is about.
pub(crate) fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
