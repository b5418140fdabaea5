//! Whether a file was written, as far as its metadata says so.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// What changes when a file is written or replaced: its size, its time, and which file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    bytes: u64,
    modified: Option<SystemTime>,
    id: u64,
}

impl Fingerprint {
    /// That of the file at `path`; `None` if it is not there.
    pub fn of(path: &Path) -> Option<Self> {
        let meta = fs::metadata(path).ok()?;
        #[cfg(unix)]
        let id = std::os::unix::fs::MetadataExt::ino(&meta);
        #[cfg(not(unix))]
        let id = 0;
        Some(Self {
            bytes: meta.len(),
            modified: meta.modified().ok(),
            id,
        })
    }
}
