//! Tells a failure of the machine from what people can put right in a file.

use std::io::{self, ErrorKind};

/// Whether the machine failed: a disk that is full or fails, a limit of the system, or a file that this user may not
/// read or write. Otherwise somebody wrote a wrong path or a wrong file.
#[must_use]
pub fn is_of_machine(error: &io::Error) -> bool {
    let is_of_file = matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::AlreadyExists
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput
            | ErrorKind::InvalidData
            | ErrorKind::UnexpectedEof
            // What a program itself says of a file.
            | ErrorKind::Other
    );
    !is_of_file && !leads_in_circles(error)
}

/// Whether links lead to one another. The stable library has this kind, but no name for it yet.
#[must_use]
pub fn leads_in_circles(error: &io::Error) -> bool {
    format!("{:?}", error.kind()) == "FilesystemLoop"
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_an_author_can_put_right_is_not_of_the_machine() {
        let dir = tempfile::tempdir().unwrap();
        let (missing, text) = (dir.path().join("missing"), dir.path().join("text"));
        fs::write(&text, b"\xff").unwrap();
        for error in [
            fs::read(&missing).unwrap_err(),
            fs::read(text.join("below")).unwrap_err(),
            fs::read(dir.path().join("x".repeat(1000))).unwrap_err(),
            fs::read("with\0zero").unwrap_err(),
            fs::read_to_string(&text).unwrap_err(),
            io::Error::other("it is not one of ours"),
        ] {
            assert!(!is_of_machine(&error), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_in_circles_and_directories_are_not_of_the_machine() {
        let dir = tempfile::tempdir().unwrap();
        let circle = dir.path().join("circle");
        std::os::unix::fs::symlink(&circle, &circle).unwrap();
        for path in [circle.clone(), circle.join("below"), dir.path().to_owned()] {
            let error = fs::read(path).unwrap_err();
            assert!(!is_of_machine(&error), "{error}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_the_system_reports_of_a_disk_is_of_the_machine() {
        // EPERM, EINTR, EIO, ENOMEM, EACCES, EMFILE, ENOSPC, EROFS, ETIMEDOUT, ESTALE.
        for errno in [1, 4, 5, 12, 13, 24, 28, 30, 110, 116] {
            let error = io::Error::from_raw_os_error(errno);
            assert!(is_of_machine(&error), "{error}");
        }
    }
}
