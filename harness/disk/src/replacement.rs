//! A file that takes the place of another whole.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempPath};

use crate::{File, Operation, perform, sync_dir};

/// What becomes of a file that has the name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is replaced.
    Replace,
    /// It stays, and the new file is not kept.
    Keep,
}

/// A file that is written beside its place under a name of its own. It takes its place in one step,
/// or is removed.
#[derive(Debug)]
pub struct Replacement {
    file: File,
    /// `None` when it has its place.
    beside: Option<TempPath>,
}

impl Replacement {
    /// Begins a file that will be at `path`.
    ///
    /// # Errors
    /// It cannot be made; the error does not have its temporary name, which means nothing to a user.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let parent = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let dir = parent.unwrap_or(Path::new("."));
        let made = Builder::new()
            .prefix(".writing-")
            .make_in(dir, |path| File::create_new(path))
            .map_err(|error| without_path(&error))?;
        let (file, beside) = made.into_parts();
        Ok(Self {
            file,
            beside: Some(beside),
        })
    }

    /// Where it is written.
    pub fn beside(&self) -> &Path {
        self.beside.as_deref().unwrap_or(Path::new(""))
    }

    /// Puts it in its place. Once this has returned, it survives a loss of power.
    ///
    /// # Errors
    /// It cannot be made durable or renamed, and is removed.
    pub fn finish(self, path: &Path, existing: Existing) -> io::Result<()> {
        self.file.sync_all()?;
        self.put(path, existing)?;
        sync_dir(path.parent().unwrap_or(Path::new("")))
    }

    /// Puts it in its place, without waiting until it is durable: after a loss of power it may be
    /// there in part.
    ///
    /// # Errors
    /// It cannot be renamed, and is removed.
    pub fn put(mut self, path: &Path, existing: Existing) -> io::Result<()> {
        let Some(beside) = self.beside.take() else {
            unreachable!("it is put in its place once");
        };
        let from: PathBuf = beside.to_path_buf();
        let mut beside = Some(beside);
        let mut persist = || {
            let Some(file) = beside.take() else {
                unreachable!("it is renamed once");
            };
            let put = match existing {
                Existing::Replace => file.persist(path),
                Existing::Keep => file.persist_noclobber(path),
            };
            put.map_err(|error| {
                beside = Some(error.path);
                error.error
            })
        };
        let put = perform(
            &Operation::Rename {
                from: &from,
                to: path,
            },
            &mut persist,
        );
        self.beside = beside;
        put
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if let Some(beside) = self.beside.take() {
            // The error that counts is the one for which it is given up.
            let path = beside.to_path_buf();
            let mut beside = Some(beside);
            let _ = perform(&Operation::Remove { path: &path }, || {
                beside.take().map_or(Ok(()), TempPath::close)
            });
            // What may not be removed stays, as on a disk that fails.
            if let Some(beside) = beside {
                let _ = beside.keep();
            }
        }
    }
}

fn without_path(error: &io::Error) -> io::Error {
    match error.kind() {
        kind @ io::ErrorKind::NotFound => io::Error::new(kind, "its directory does not exist"),
        kind => kind.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn replaced(dir: &Path, existing: Existing) -> io::Result<()> {
        let path = dir.join("file");
        let mut new = Replacement::begin(&path)?;
        new.write_all(b"new")?;
        assert!(new.beside().starts_with(dir));
        new.finish(&path, existing)
    }

    #[test]
    fn a_file_takes_its_place_or_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let names = || fs::read_dir(dir.path()).unwrap().count();
        let content = || fs::read_to_string(dir.path().join("file")).unwrap();
        replaced(dir.path(), Existing::Keep).unwrap();
        assert_eq!((names(), content().as_str()), (1, "new"));
        fs::write(dir.path().join("file"), "old").unwrap();
        let refused = replaced(dir.path(), Existing::Keep).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((names(), content().as_str()), (1, "old"));
        replaced(dir.path(), Existing::Replace).unwrap();
        assert_eq!((names(), content().as_str()), (1, "new"));
        drop(Replacement::begin(&dir.path().join("file")).unwrap());
        assert_eq!((names(), content().as_str()), (1, "new"));
    }
}
