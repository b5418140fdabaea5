//! The documents of a scenario as files, and what the machine failed to read of them.

use std::cell::RefCell;
use std::io;
use std::path::Path;

use aether_engine::config::{FileSystem, ReadDocument};
use aether_harness::{Failure, MachineFailure as _};

/// Reads files, and keeps the first failure of the machine: a report of the documents would take it for a problem of
/// theirs.
pub(crate) struct Documents {
    files: FileSystem,
    failed: RefCell<Option<Failure>>,
}

impl Documents {
    pub(crate) fn new(files: FileSystem) -> Self {
        Self {
            files,
            failed: RefCell::default(),
        }
    }

    /// What keeps the scenario from being read: what the machine failed at, else what a report says.
    pub(crate) fn failure(self, report: &dyn std::fmt::Display) -> Failure {
        let failed = self.failed.into_inner();
        failed.unwrap_or_else(|| Failure::invalid(report.to_string()))
    }
}

impl ReadDocument for Documents {
    fn read(&self, path: &Path, size_max: u64) -> io::Result<Vec<u8>> {
        let read = self.files.read(path, size_max);
        if let Err(error) = &read
            && error.is_of_machine()
        {
            let whole = self.base().map(|base| base.join(path));
            let failure = Failure::unreadable(whole.as_deref().unwrap_or(path), error);
            self.failed.borrow_mut().get_or_insert(failure);
        }
        read
    }

    fn siblings(&self, path: &Path) -> io::Result<Vec<String>> {
        self.files.siblings(path)
    }

    fn base(&self) -> Option<&Path> {
        self.files.base()
    }
}
