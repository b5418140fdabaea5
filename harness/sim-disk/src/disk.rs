//! Records what happens below a directory, and lets one operation fail.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aether_disk::{Decision, FileId, Operation, Watcher, Watching};

use crate::image::{Change, History, Tree};

/// What goes wrong with an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full.
    NoSpace,
    /// The disk is full, and stays so.
    NoMoreSpace,
    /// The device fails.
    Io,
    /// The device fails, and does not recover.
    Broken,
    /// A signal interrupts the operation.
    Interrupted,
    /// Half of the bytes are written.
    Short,
    /// It is not allowed.
    Denied,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::NoSpace,
        Self::NoMoreSpace,
        Self::Io,
        Self::Broken,
        Self::Interrupted,
        Self::Short,
        Self::Denied,
    ];

    /// Whether the operation can fail so.
    fn suits(self, operation: &Operation<'_>) -> bool {
        use Operation::{Open, Read, Remove, RemoveDir, SetLen, SetPermissions, Sync, Write};
        match self {
            Self::NoSpace | Self::NoMoreSpace => !matches!(
                operation,
                Read { .. } | Remove { .. } | RemoveDir { .. } | SetPermissions { .. }
            ),
            Self::Io | Self::Broken => true,
            // Other operations are not interrupted on a disk of this machine.
            Self::Interrupted => matches!(
                operation,
                Read { .. } | Open { .. } | Write { .. } | Sync { .. }
            ),
            Self::Short => matches!(operation, Write { bytes, .. } if bytes.len() > 1),
            Self::Denied => !matches!(
                operation,
                Write { .. } | SetLen { .. } | Sync { .. } | Operation::SyncAll { .. }
            ),
        }
    }

    /// Whether what is tried later fails, too.
    const fn stays(self) -> bool {
        matches!(self, Self::NoMoreSpace | Self::Broken)
    }

    fn decision(self, operation: &Operation<'_>) -> Decision {
        // The codes of Linux, so that messages are those of the system.
        let code = match (self, operation) {
            (Self::Short, Operation::Write { bytes, .. }) => {
                return Decision::Short(bytes.len() / 2);
            }
            (Self::Short, _) => return Decision::Proceed,
            (Self::NoSpace | Self::NoMoreSpace, _) => 28,
            (Self::Io | Self::Broken, _) => 5,
            (Self::Interrupted, _) => 4,
            (Self::Denied, _) => 13,
        };
        Decision::Fail(io::Error::from_raw_os_error(code))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoSpace => "ENOSPC",
            Self::NoMoreSpace => "ENOSPC from here on",
            Self::Io => "EIO",
            Self::Broken => "EIO from here on",
            Self::Interrupted => "EINTR",
            Self::Short => "a short write",
            Self::Denied => "EACCES",
        })
    }
}

/// An operation that fails: its number among all, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) number: usize,
    pub(crate) fault: Fault,
}

impl fmt::Display for Planned {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "operation {}: {}", self.number, self.fault)
    }
}

/// What a disk can do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    /// Swap two names in one step.
    pub(crate) swaps: bool,
}

/// An operation that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) shown: String,
    /// The faults that it can have.
    pub(crate) faults: Vec<Fault>,
    /// The number of changes before it.
    pub(crate) changes: usize,
}

/// The watcher of a directory.
pub(crate) struct Disk {
    root: PathBuf,
    features: Features,
    planned: Option<Planned>,
    state: Mutex<State>,
}

struct State {
    asked: Vec<Asked>,
    /// Whether the planned fault was reached.
    failed: bool,
    history: History,
    open: BTreeMap<FileId, crate::image::Id>,
}

impl Disk {
    /// Watches a directory as it is now.
    pub(crate) fn watch(
        root: &Path,
        features: Features,
        planned: Option<Planned>,
    ) -> (Arc<Self>, Watching) {
        let disk = Arc::new(Self {
            root: root.to_owned(),
            features,
            planned,
            state: Mutex::new(State {
                asked: Vec::new(),
                failed: false,
                history: History::new(Tree::of(root)),
                open: BTreeMap::new(),
            }),
        });
        let watching = aether_disk::watch(root, disk.clone());
        (disk, watching)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The operations that were asked for.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// Whether the planned fault was reached.
    pub(crate) fn has_failed(&self) -> bool {
        self.state().failed
    }

    /// What changed.
    pub(crate) fn history(&self) -> History {
        self.state().history.clone()
    }

    fn inside(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_owned()
    }
}

impl Watcher for Disk {
    fn decide(&self, operation: &Operation<'_>) -> Decision {
        if matches!(operation, Operation::Exchange { .. }) && !self.features.swaps {
            // ENOSYS.
            return Decision::Fail(io::Error::from_raw_os_error(38));
        }
        let mut state = self.state();
        let number = state.asked.len();
        let shown = operation.to_string();
        let changes = state.history.len();
        state.asked.push(Asked {
            shown: shown.replace(&self.root.display().to_string(), "…"),
            faults: Fault::ALL
                .into_iter()
                .filter(|fault| fault.suits(operation))
                .collect(),
            changes,
        });
        let Some(Planned { number: at, fault }) = self.planned else {
            return Decision::Proceed;
        };
        if number == at || number > at && fault.stays() && fault.suits(operation) {
            state.failed = true;
            return fault.decision(operation);
        }
        Decision::Proceed
    }

    fn done(&self, operation: &Operation<'_>) {
        let mut state = self.state();
        let State { history, open, .. } = &mut *state;
        match *operation {
            Operation::Read { path, file } => {
                if let Some(id) = history.id(&self.inside(path)) {
                    open.insert(file, id);
                }
            }
            Operation::Open {
                path,
                file,
                truncates,
            } => {
                // A file without a name is not there after a crash.
                let is_named = path.starts_with(&self.root);
                let id = if is_named {
                    history.open(&self.inside(path))
                } else {
                    history.nameless()
                };
                open.insert(file, id);
                if truncates {
                    history.push(Change::Len { id, len: 0 });
                }
            }
            Operation::Write {
                file, at, bytes, ..
            } => {
                if let Some(&id) = open.get(&file) {
                    let bytes = bytes.to_vec();
                    history.push(Change::Bytes { id, at, bytes });
                }
            }
            Operation::SetLen { file, len, .. } => {
                if let Some(&id) = open.get(&file) {
                    history.push(Change::Len { id, len });
                }
            }
            Operation::Sync { path, file } => {
                let id = open.get(&file).copied();
                if let Some(id) = id.or_else(|| history.id(&self.inside(path))) {
                    history.push(Change::Sync { id });
                }
            }
            Operation::SyncAll { .. } => history.push(Change::SyncAll),
            Operation::Rename { from, to } => {
                history.rename(&self.inside(from), &self.inside(to));
            }
            Operation::Exchange { one, other } => {
                history.exchange(&self.inside(one), &self.inside(other));
            }
            Operation::Link { from, to } => history.link(&self.inside(from), &self.inside(to)),
            Operation::Copy { to, .. } => {
                let id = history.open(&self.inside(to));
                let bytes = fs::read(to).expect("it was copied");
                history.push(Change::Len { id, len: 0 });
                history.push(Change::Bytes { id, at: 0, bytes });
            }
            Operation::Remove { path } | Operation::RemoveDir { path } => {
                history.remove(&self.inside(path));
            }
            Operation::CreateDir { path } => history.create_dir(&self.inside(path)),
            Operation::SetPermissions { .. } => {}
            ref other => panic!("the model does not have `{other}`"),
        }
    }
}
