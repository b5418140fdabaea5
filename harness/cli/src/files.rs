//! The files of a directory, such as that of a scenario, in memory and back.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use aether_disk::{self as fs, File};
use aether_program::OUTPUT_BYTES_MAX;

/// Paths inside a directory, and the bytes of their files.
pub(crate) type Files = Vec<(PathBuf, Vec<u8>)>;

/// The files below a directory, in order. Links are followed to files, not to directories.
///
/// # Errors
/// One cannot be read.
pub(crate) fn read(dir: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    let mut dirs = vec![PathBuf::new()];
    while let Some(under) = dirs.pop() {
        let place = dir.join(&under);
        for entry in fs::read_dir(&place).map_err(|error| at(&place, &error))? {
            let entry = entry.map_err(|error| at(&place, &error))?;
            let path = under.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                dirs.push(path);
            } else if entry.path().is_file() {
                let bytes = fs::read(entry.path()).map_err(|error| at(&entry.path(), &error))?;
                files.push((path, bytes));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The bytes of a document, which may come from a pipe; no more of it is read than an output may have.
///
/// # Errors
/// It cannot be read, or has more.
pub(crate) fn read_document(path: &Path) -> io::Result<Vec<u8>> {
    within_limit(File::open(path)?)
}

/// The bytes of a stream, if they are no more than an output may have.
///
/// # Errors
/// It cannot be read, or has more.
pub(crate) fn within_limit(stream: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(OUTPUT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > OUTPUT_BYTES_MAX {
        let problem = format!(
            "it is longer than {} MiB, and no more of a document is read",
            OUTPUT_BYTES_MAX >> 20
        );
        return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
    }
    Ok(bytes)
}

/// Writes a file below a directory, with the directories that it needs.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(dir: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = dir.join(path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| at(parent, &error))?;
    }
    fs::write(&path, bytes).map_err(|error| at(&path, &error))
}

/// The error with the path that it is about.
fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let files: Files = [("a/b.txt", "1"), ("a/c/d", ""), ("e", "2")]
            .map(|(path, text)| (path.into(), text.into()))
            .into();
        for (path, bytes) in files.iter().rev() {
            write(dir.path(), path, bytes).expect("written");
        }
        assert_eq!(read(dir.path()).expect("read"), files);
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_to_files_and_not_to_directories() {
        use std::os::unix::fs::symlink;

        let dir = tempfile::tempdir().expect("a directory");
        write(dir.path(), Path::new("in/a"), b"1").expect("written");
        for (to, at) in [
            ("in/a", "file"),
            ("in", "directory"),
            (".", "in/circle"),
            ("x", "nowhere"),
        ] {
            symlink(to, dir.path().join(at)).expect("a link");
        }
        let read = read(dir.path()).expect("read");
        let names: Vec<_> = read
            .iter()
            .map(|(path, _)| path.to_string_lossy())
            .collect();
        assert_eq!(names, ["file", "in/a"]);
    }
}
