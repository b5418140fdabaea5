//! Replaces the goldens of a scenario: all files or none, even if it is killed halfway.
//!
//! 1. One bless at a time holds the lock on `.bless.lock` in the snapshots directory.
//! 2. What an earlier, killed bless left is repaired ([`SnapshotLock::acquire`]).
//! 3. The new state is written whole to `.bless-<name>.new`, next to the old one, and synced; files
//!    that do not change are linked, so that they keep their times.
//! 4. It is swapped with the old state in one step if the system can (Linux, macOS). Elsewhere
//!    the old state is renamed to `.bless-<name>.old` and the new one to `<name>`; killed between
//!    the two, readers find the old state under its other name ([`interrupted`]), and the next bless
//!    renames it back.
//! 5. What is left of the old state is removed.
//!
//! So at every moment `<name>` (or, for that instant, `.bless-<name>.old`) is either the old state
//! or the new one.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aether_disk::{self as fs, File, Operation};

use super::{GoldenSet, MANIFEST_FILE, Manifest};
use crate::atomic::{at, read_regular};
use crate::scenario::ScenarioName;

const LOCK_FILE: &str = ".bless.lock";
const PREFIX: &str = ".bless-";
const NEW: &str = ".new";
const OLD: &str = ".old";

/// Why goldens could not be replaced.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system reported an error.
    #[error("{path}: cannot {doing}: {source}")]
    Io {
        /// The file or directory.
        path: String,
        /// What could not be done with it.
        doing: &'static str,
        /// What the system reported.
        source: io::Error,
    },
    /// A manifest could not be written as TOML.
    #[error("snapshot.toml cannot be written: {0}")]
    Manifest(#[from] toml::ser::Error),
}

fn io_error(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.display().to_string();
    move |source| StoreError::Io {
        path,
        doing,
        source,
    }
}

/// The right to change goldens; given back when dropped.
#[derive(Debug)]
pub struct SnapshotLock {
    snapshots: PathBuf,
    _file: File,
}

/// What a replacement did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Files whose contents are new.
    pub written: Vec<String>,
    /// Files that are gone.
    pub removed: Vec<String>,
}

impl SnapshotLock {
    /// Waits for the lock (calling `waiting` once if it is taken), and puts right what a killed
    /// bless left behind.
    ///
    /// # Errors
    /// The directory cannot be made, locked or put right.
    pub fn acquire(snapshots: &Path, waiting: impl FnOnce()) -> Result<Self, StoreError> {
        fs::create_dir_all_durable(snapshots).map_err(io_error(snapshots, "create it"))?;
        let path = snapshots.join(LOCK_FILE);
        // To open a pipe for writing would wait for a reader.
        if fs::metadata(&path).is_ok_and(|lock| !lock.is_file()) {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
            return Err(io_error(&path, "open it for locking")(error));
        }
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(io_error(&path, "open it for locking"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                waiting();
                file.lock().map_err(io_error(&path, "lock it"))?;
            }
            Err(fs::TryLockError::Error(error)) => {
                return Err(io_error(&path, "lock it")(error));
            }
        }
        let lock = Self {
            snapshots: snapshots.to_owned(),
            _file: file,
        };
        lock.recover()?;
        Ok(lock)
    }

    /// Makes `set` with `manifest` the goldens of `name`.
    ///
    /// # Errors
    /// The first step that failed. The old goldens are then still in place.
    pub fn replace(
        &self,
        name: &ScenarioName,
        set: &GoldenSet,
        manifest: &Manifest,
    ) -> Result<Replaced, StoreError> {
        let current = self.snapshots.join(name.as_str());
        let new = self.staging(name.as_str(), NEW);
        remove_tree(&new)?;
        fs::create_dir(&new).map_err(io_error(&new, "create it"))?;
        let replaced = self
            .write_new(&new, &current, set, manifest)
            .inspect_err(|_| {
                // The error that counts is the one that stopped the writing.
                let _ = fs::remove_dir_all(&new);
            })?;
        self.swap(name, &new, &current)?;
        remove_tree(&new)?;
        Ok(replaced)
    }

    /// Removes the goldens of `name`, which are now those of a scenario of another name.
    ///
    /// # Errors
    /// They cannot be removed.
    pub fn remove(&self, name: &ScenarioName) -> Result<(), StoreError> {
        remove_tree(&self.snapshots.join(name.as_str()))?;
        sync_dir(&self.snapshots)
    }

    fn write_new(
        &self,
        new: &Path,
        current: &Path,
        set: &GoldenSet,
        manifest: &Manifest,
    ) -> Result<Replaced, StoreError> {
        let mut replaced = Replaced {
            written: Vec::new(),
            removed: Vec::new(),
        };
        let mut made = Vec::new();
        for (file, content) in set.files() {
            let old = current.join(&file);
            let same = read_regular(&old).is_ok_and(|bytes| bytes == content);
            if same && fs::hard_link(&old, new.join(&file)).is_ok() {
                continue;
            }
            made.push(write_new(&new.join(&file), content)?);
            if !same {
                replaced.written.push(file);
            }
        }
        let manifest = manifest.render()?;
        made.push(write_new(&new.join(MANIFEST_FILE), manifest.as_bytes())?);
        sync_files(&made)?;
        sync_dir(new)?;
        for name in super::file_names(current).unwrap_or_default() {
            if name != MANIFEST_FILE && !new.join(&name).exists() {
                replaced.removed.push(name);
            }
        }
        Ok(replaced)
    }

    fn swap(&self, name: &ScenarioName, new: &Path, current: &Path) -> Result<(), StoreError> {
        let is_there = current.try_exists().map_err(io_error(current, "find it"))?;
        if !is_there {
            fs::rename(new, current).map_err(io_error(new, "rename it"))?;
        } else if !exchange(new, current).map_err(io_error(current, "replace it"))? {
            let old = self.staging(name.as_str(), OLD);
            fs::rename(current, &old).map_err(io_error(current, "rename it"))?;
            fs::rename(new, current).map_err(io_error(new, "rename it"))?;
            // Until the new state has its name for good, a loss of power brings the old one back.
            sync_dir(&self.snapshots)?;
            remove_tree(&old)?;
        }
        sync_dir(&self.snapshots)
    }

    /// Puts right what a killed bless left: an old state without a new one comes back, everything
    /// else that was staged goes.
    fn recover(&self) -> Result<(), StoreError> {
        let names =
            super::file_names(&self.snapshots).map_err(io_error(&self.snapshots, "read it"))?;
        for staged in names {
            let Some((name, is_old)) = staged_name(&staged) else {
                continue;
            };
            let path = self.snapshots.join(&staged);
            let current = self.snapshots.join(name);
            let is_there = current
                .try_exists()
                .map_err(io_error(&current, "find it"))?;
            if is_old && !is_there {
                fs::rename(&path, &current).map_err(io_error(&path, "put it back"))?;
            } else {
                remove_tree(&path)?;
            }
        }
        Ok(())
    }

    fn staging(&self, name: &str, suffix: &str) -> PathBuf {
        staging(&self.snapshots, name, suffix)
    }
}

fn staging(snapshots: &Path, name: &str, suffix: &str) -> PathBuf {
    snapshots.join(format!("{PREFIX}{name}{suffix}"))
}

/// The scenario that a staged directory belongs to, and whether it is an old state.
fn staged_name(file: &str) -> Option<(&str, bool)> {
    let rest = file.strip_prefix(PREFIX)?;
    let old = rest.strip_suffix(OLD).map(|name| (name, true));
    old.or_else(|| rest.strip_suffix(NEW).map(|name| (name, false)))
}

/// The old state of a replacement that was killed between its two renames, when there is one.
pub fn interrupted(current: &Path) -> Option<PathBuf> {
    // If the system cannot tell, reading it fails with the reason.
    if current.try_exists().unwrap_or(true) {
        return None;
    }
    let name = current.file_name()?.to_str()?;
    let old = staging(current.parent()?, name, OLD);
    old.try_exists().unwrap_or(true).then_some(old)
}

/// What a killed bless left in the snapshots directory, by name.
///
/// # Errors
/// The directory is there and cannot be read.
pub fn remains(snapshots: &Path) -> io::Result<Vec<String>> {
    match super::file_names(snapshots) {
        Ok(names) => Ok(names
            .into_iter()
            .filter(|name| staged_name(name).is_some())
            .collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(at(snapshots, &error)),
    }
}

/// Swaps two directories in one step; `false` if the system or file system cannot.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange(a: &Path, b: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    let operation = Operation::Exchange { one: a, other: b };
    let swapped = fs::perform(&operation, || {
        Ok(renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
    });
    match swapped.map_err(|error| (Errno::from_io_error(&error), error)) {
        Ok(()) => Ok(true),
        Err((Some(Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP), _)) => Ok(false),
        Err((_, error)) => Err(error),
    }
}

/// Swaps two directories in one step; `false` if the system or file system cannot.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Writes a new file, and returns its path. Its bytes are durable only after [`sync_files`].
fn write_new(path: &Path, bytes: &[u8]) -> Result<PathBuf, StoreError> {
    let write = || File::create_new(path)?.write_all(bytes);
    write().map_err(io_error(path, "write it"))?;
    Ok(path.to_owned())
}

/// Above this number of files, one call for the whole file system is quicker than one for each file.
#[cfg(target_os = "linux")]
const SYNCED_ONE_BY_ONE: usize = 64;

/// Makes the bytes of files durable. All of them are written before, so that the disk can take them together.
fn sync_files(paths: &[PathBuf]) -> Result<(), StoreError> {
    #[cfg(target_os = "linux")]
    if let [first, ..] = paths
        && paths.len() > SYNCED_ONE_BY_ONE
    {
        let operation = Operation::SyncAll { path: first };
        let sync = || {
            let file = File::open(first)?;
            fs::perform(&operation, || Ok(rustix::fs::syncfs(file)?))
        };
        return sync().map_err(io_error(first, "write it"));
    }
    for path in paths {
        let sync = || File::options().write(true).open(path)?.sync_all();
        sync().map_err(io_error(path, "write it"))?;
    }
    Ok(())
}

/// Makes names in a directory durable, where directories can be synced.
fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    fs::sync_dir(dir).map_err(io_error(dir, "sync it"))
}

fn remove_tree(dir: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error(dir, "remove it")(error))
        }
        _ => Ok(()),
    }
}
