//! Tells a failure of the machine from what people can put right in a file.
//!
//! A file that is missing, that is a directory or that is not UTF-8 makes a scenario INVALID. A disk that is full or fails,
//! and a file that may not be read, say nothing of the scenario: commands end with the exit status of I/O failures.

use std::io;

/// An error that may be a failure of the machine.
pub trait MachineFailure {
    /// Whether the machine failed; otherwise somebody wrote what is wrong.
    fn is_of_machine(&self) -> bool;
}

impl MachineFailure for io::Error {
    fn is_of_machine(&self) -> bool {
        aether_disk::is_of_machine(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_regular_file_is_not_of_the_machine() {
        let dir = tempfile::tempdir().unwrap();
        let error = crate::atomic::read_regular(dir.path()).unwrap_err();
        assert!(!error.is_of_machine(), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn what_the_system_reports_of_a_disk_is_of_the_machine() {
        use rustix::io::Errno;
        for errno in [
            Errno::IO,
            Errno::NOSPC,
            Errno::ACCESS,
            Errno::PERM,
            Errno::ROFS,
            Errno::MFILE,
            Errno::INTR,
        ] {
            let error = io::Error::from(errno);
            assert!(error.is_of_machine(), "{error}");
            let named = crate::atomic::at(std::path::Path::new("file"), &error);
            assert!(named.is_of_machine(), "{named}");
        }
        assert!(!io::Error::from(Errno::LOOP).is_of_machine());
    }
}
