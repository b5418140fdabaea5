//! The seam: who is asked before an operation, and told after it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{self, ThreadId};

use crate::Operation;

/// How an operation is to end.
#[derive(Debug)]
pub enum Decision {
    /// As the system lets it end.
    Proceed,
    /// It fails, and changes nothing.
    Fail(io::Error),
    /// Of a write, only this many of the bytes are written, as a system may do; of any other
    /// operation as [`Decision::Proceed`].
    Short(usize),
}

/// Decides how operations end. It may be asked by several threads.
pub trait Watcher: Send + Sync {
    /// How an operation is to end.
    fn decide(&self, operation: &Operation<'_>) -> Decision;

    /// An operation succeeded; of a short write, it has the bytes that were written.
    fn done(&self, operation: &Operation<'_>) {
        let _ = operation;
    }
}

struct Watched {
    dir: PathBuf,
    watcher: Arc<dyn Watcher>,
    /// Who began to watch.
    thread: ThreadId,
}

/// Whether there is a watcher at all, which every operation asks first.
static IS_ON: AtomicBool = AtomicBool::new(false);
static WATCHED: RwLock<Option<Watched>> = RwLock::new(None);
/// Held while a directory is watched.
static TURN: Mutex<()> = Mutex::new(());

/// A directory is watched until this is dropped.
#[must_use]
pub struct Watching {
    _turn: MutexGuard<'static, ()>,
}

/// Lets `watcher` decide how every operation below `dir` ends. A process has one watcher at a time;
/// a second waits for its turn.
pub fn watch(dir: &Path, watcher: Arc<dyn Watcher>) -> Watching {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    *WATCHED.write().unwrap_or_else(PoisonError::into_inner) = Some(Watched {
        dir: dir.to_owned(),
        watcher,
        thread: thread::current().id(),
    });
    IS_ON.store(true, Ordering::SeqCst);
    Watching { _turn: turn }
}

impl Drop for Watching {
    fn drop(&mut self) {
        IS_ON.store(false, Ordering::SeqCst);
        *WATCHED.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Who watches a path. An empty path is that of a file without a name, which is watched if the thread
/// that watches opens it.
fn watcher(path: &Path) -> Option<Arc<dyn Watcher>> {
    if !IS_ON.load(Ordering::SeqCst) {
        return None;
    }
    let watched = WATCHED.read().unwrap_or_else(PoisonError::into_inner);
    let watched = watched.as_ref()?;
    let is_watched = if path.as_os_str().is_empty() {
        thread::current().id() == watched.thread
    } else {
        path.starts_with(&watched.dir)
    };
    is_watched.then(|| watched.watcher.clone())
}

/// Whether a test decides how operations on a path end.
#[must_use]
pub fn is_watched(path: &Path) -> bool {
    watcher(path).is_some()
}

/// Does an operation, if who watches it lets it be done. Writes go through [`perform_write`], which alone
/// knows a [`Decision::Short`].
///
/// # Errors
/// That of the operation, or the one that was decided on.
pub fn perform<T>(operation: &Operation<'_>, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let Some(watcher) = watcher(operation.path()) else {
        return act();
    };
    if let Decision::Fail(error) = watcher.decide(operation) {
        return Err(error);
    }
    let done = act()?;
    watcher.done(operation);
    Ok(done)
}

/// As [`perform`], for a write: `act` gets the bytes that are to be written, and returns how many were.
///
/// # Errors
/// Those of [`perform`].
///
/// # Panics
/// The operation is not a write.
pub fn perform_write(
    operation: &Operation<'_>,
    act: impl FnOnce(&[u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    let Operation::Write {
        path,
        file,
        at,
        bytes,
    } = *operation
    else {
        panic!("`{}` is not a write", operation.name());
    };
    let Some(watcher) = watcher(path) else {
        return act(bytes);
    };
    let bytes = match watcher.decide(operation) {
        Decision::Fail(error) => return Err(error),
        Decision::Short(len) => &bytes[..len.min(bytes.len())],
        Decision::Proceed => bytes,
    };
    let written = act(bytes)?;
    watcher.done(&Operation::Write {
        path,
        file,
        at,
        bytes: &bytes[..written],
    });
    Ok(written)
}
