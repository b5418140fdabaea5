//! Tells a failure of the machine from what people can put right in a file.
//!
//! A file that is missing, that is a directory or that is not UTF-8 makes a scenario INVALID. A disk that is full or fails,
//! and a file that may not be read, say nothing of the scenario: commands end with the exit status of I/O failures.

use std::io::{self, ErrorKind};

/// An error that may be a failure of the machine.
pub trait MachineFailure {
    /// Whether the machine failed; otherwise somebody wrote what is wrong.
    fn is_of_machine(&self) -> bool;
}

impl MachineFailure for io::Error {
    fn is_of_machine(&self) -> bool {
        let is_of_file = matches!(
            self.kind(),
            ErrorKind::NotFound
                | ErrorKind::AlreadyExists
                | ErrorKind::NotADirectory
                | ErrorKind::IsADirectory
                | ErrorKind::InvalidFilename
                | ErrorKind::InvalidInput
                | ErrorKind::InvalidData
                | ErrorKind::UnexpectedEof
                // What this program itself says of a file.
                | ErrorKind::Other
        );
        !is_of_file && !leads_in_circles(self)
    }
}

/// Whether links lead to one another.
fn leads_in_circles(error: &io::Error) -> bool {
    #[cfg(unix)]
    let is_loop = rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::LOOP);
    #[cfg(not(unix))]
    let is_loop = {
        let _ = error;
        false
    };
    is_loop
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_author_can_put_right_is_not_of_the_machine() {
        let dir = tempfile::tempdir().unwrap();
        let (missing, text) = (dir.path().join("missing"), dir.path().join("text"));
        std::fs::write(&text, b"\xff").unwrap();
        let of_files = [
            std::fs::read(&missing).unwrap_err(),
            std::fs::read(text.join("below")).unwrap_err(),
            std::fs::read_to_string(&text).unwrap_err(),
            crate::atomic::read_regular(dir.path()).unwrap_err(),
        ];
        for error in of_files {
            assert!(!error.is_of_machine(), "{error}");
        }
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
