//! Directories of one run, which are gone afterwards: when dropped, or later if the process was killed.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aether_disk::{self as fs, File, TryLockError};

/// The end of the name of the file beside a scratch directory that its process has locked. The system
/// unlocks it when the process ends, however it ends.
const LOCK: &str = ".lock";

/// How often another name is tried.
const NAMES_MAX: usize = 64;

/// A directory of one run.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    lock_path: PathBuf,
    _lock: File,
}

impl Scratch {
    /// A new directory below `outputs` whose name begins with `prefix`. The first in a process removes
    /// what killed processes left there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(outputs: &Path, prefix: &str) -> io::Result<Self> {
        fs::create_dir_all(outputs)?;
        sweep_once(outputs, prefix);
        for _ in 0..NAMES_MAX {
            let file = tempfile::Builder::new()
                .prefix(prefix)
                .suffix(LOCK)
                .make_in(outputs, |lock| File::create_new(lock))?;
            let (lock, lock_path) = file.keep().map_err(|error| error.error)?;
            match lock.try_lock() {
                // A system without locks has nothing that sweeps either.
                Ok(()) | Err(TryLockError::Error(_)) => {}
                Err(TryLockError::WouldBlock) => continue,
            }
            // Another process may have swept the file before it was locked.
            if !lock_path.exists() {
                continue;
            }
            let name = lock_path.to_string_lossy();
            let path = PathBuf::from(name.strip_suffix(LOCK).unwrap_or(&name));
            fs::create_dir(&path)?;
            return Ok(Self {
                path,
                lock_path,
                _lock: lock,
            });
        }
        Err(io::Error::other("no name is free for a directory"))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is removed by a later run.
        if remove_tree(&self.path).is_ok() {
            let _ = fs::remove_file(&self.lock_path);
        }
    }
}

/// Removes a directory with everything below it, nested however deeply and whatever its permissions.
///
/// # Errors
/// Something cannot be removed.
pub fn remove_tree(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {}
        _ => return Ok(()),
    }
    remove_by_moving(dir)
}

fn remove_by_moving(dir: &Path) -> io::Result<()> {
    // The standard library holds one file descriptor for each level, and a path has a greatest length:
    // so every directory is first moved up to here.
    open_up(dir);
    let mut dirs = vec![];
    let mut next = 0_u64;
    empty(dir, dir, &mut dirs, &mut next)?;
    while let Some(inner) = dirs.pop() {
        empty(&inner, dir, &mut dirs, &mut next)?;
        fs::remove_dir(&inner)?;
    }
    fs::remove_dir(dir)
}

/// Removes the files of a directory, and moves its directories to `top`.
fn empty(dir: &Path, top: &Path, dirs: &mut Vec<PathBuf>, next: &mut u64) -> io::Result<()> {
    for entry in fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()? {
        let path = entry.path();
        if !entry.file_type()?.is_dir() {
            fs::remove_file(&path)?;
            continue;
        }
        open_up(&path);
        // A name that is taken already is that of a directory which is not empty, or of a file.
        let moved = loop {
            let moved = top.join(format!(".removed-{next}"));
            *next += 1;
            if !moved.exists() {
                break moved;
            }
        };
        fs::rename(&path, &moved)?;
        dirs.push(moved);
    }
    Ok(())
}

/// Lets its owner list and change a directory.
fn open_up(dir: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What cannot be opened up fails where it is removed.
        let _ = fs::set_permissions(dir, fs::Permissions::from_mode(0o700));
    }
    #[cfg(not(unix))]
    let _ = dir;
}

fn sweep_once(outputs: &Path, prefix: &str) {
    static SWEPT: Mutex<BTreeSet<(PathBuf, String)>> = Mutex::new(BTreeSet::new());
    let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if swept.insert((outputs.to_owned(), prefix.to_owned())) {
        sweep(outputs, prefix);
    }
}

/// Removes the directories of processes that have ended. What cannot be removed stays for the next.
fn sweep(outputs: &Path, prefix: &str) {
    for entry in fs::read_dir(outputs).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let Some(dir) = name
            .strip_suffix(LOCK)
            .filter(|dir| dir.starts_with(prefix))
        else {
            continue;
        };
        let lock_path = entry.path();
        let Ok(lock) = File::options().read(true).write(true).open(&lock_path) else {
            continue;
        };
        if lock.try_lock().is_ok() && remove_tree(&outputs.join(dir)).is_ok() {
            let _ = fs::remove_file(&lock_path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(dir: &Path) -> usize {
        fs::read_dir(dir).unwrap().count()
    }

    #[test]
    fn a_directory_is_gone_when_dropped() {
        let outputs = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(outputs.path(), ".x-").unwrap();
        fs::write(scratch.path().join("a"), "a").unwrap();
        assert_eq!(entries(outputs.path()), 2);
        drop(scratch);
        assert_eq!(entries(outputs.path()), 0);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let outputs = tempfile::tempdir().unwrap();
        let running = Scratch::new(outputs.path(), ".x-").unwrap();
        let left = outputs.path().join(".x-left");
        fs::create_dir_all(left.join("work")).unwrap();
        fs::write(outputs.path().join(".x-left.lock"), "").unwrap();
        fs::create_dir(outputs.path().join("some-scenario")).unwrap();
        sweep(outputs.path(), ".x-");
        assert!(!left.exists());
        assert!(running.path().exists());
        assert_eq!(entries(outputs.path()), 3);
    }

    #[test]
    fn deep_trees_are_removed() {
        let outputs = tempfile::tempdir().unwrap();
        let (deep, outer) = (outputs.path().join("deep"), outputs.path().join("outer"));
        for remove in [remove_tree, remove_by_moving] {
            fs::create_dir(&deep).unwrap();
            // Deeper than a path can be long, and than files can be open.
            for _ in 0..3000 {
                fs::create_dir(&outer).unwrap();
                fs::rename(&deep, outer.join("d")).unwrap();
                fs::write(outer.join(".removed-1"), "").unwrap();
                fs::rename(&outer, &deep).unwrap();
            }
            remove(&deep).unwrap();
            assert_eq!(entries(outputs.path()), 0);
        }
    }

    #[cfg(unix)]
    #[test]
    fn directories_that_forbid_it_are_removed() {
        use std::os::unix::fs::PermissionsExt;
        let outputs = tempfile::tempdir().unwrap();
        let dir = outputs.path().join("a/b");
        fs::create_dir_all(dir.join("c")).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o500)).unwrap();
        remove_tree(&outputs.path().join("a")).unwrap();
        assert_eq!(entries(outputs.path()), 0);
    }
}
