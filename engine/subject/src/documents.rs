//! The documents of a scenario as files, and what the machine failed to read of them.

use std::cell::RefCell;
use std::io;
use std::path::Path;

use aether_disk::{FileId, Operation};
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
        let whole = self
            .base()
            .map_or_else(|| path.to_owned(), |base| base.join(path));
        let operation = Operation::Read {
            path: &whole,
            file: FileId::new(),
        };
        let read = aether_disk::perform(&operation, || self.files.read(path, size_max));
        if let Err(error) = &read
            && error.is_of_machine()
        {
            let failure = Failure::unreadable(&whole, error);
            self.failed.borrow_mut().get_or_insert(failure);
        }
        read
    }

    fn siblings(&self, path: &Path) -> Vec<String> {
        self.files.siblings(path)
    }

    fn base(&self) -> Option<&Path> {
        self.files.base()
    }
}
