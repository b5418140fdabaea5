//! The files of a directory, such as that of a scenario, in memory and back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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
        for entry in fs::read_dir(dir.join(&under))? {
            let entry = entry?;
            let path = under.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                dirs.push(path);
            } else if entry.path().is_file() {
                files.push((path, fs::read(entry.path())?));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Writes a file below a directory, with the directories that it needs.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(dir: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = dir.join(path);
    if let Some(parent) = path.parent() {
        aether_disk::create_dir_all(parent)?;
    }
    aether_disk::write(path, bytes)
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
