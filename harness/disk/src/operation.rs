//! What can happen to a file.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// An open file or directory: it stays the same when its name changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(u64);

impl FileId {
    /// The id of a file that is about to be opened, different from all others of the process.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "each is different, so none is the default"
    )]
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// An operation on files.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Operation<'a> {
    /// A file or directory is opened to be read.
    Read {
        /// Its path.
        path: &'a Path,
        /// What it is called while it is open.
        file: FileId,
    },
    /// A file is opened to be written, and created if it does not exist.
    Open {
        /// Its path.
        path: &'a Path,
        /// What it is called while it is open.
        file: FileId,
        /// Whether its content is dropped.
        truncates: bool,
    },
    /// Bytes are written.
    Write {
        /// The path under which the file was opened.
        path: &'a Path,
        /// The file.
        file: FileId,
        /// Where the first byte goes.
        at: u64,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// A file gets a length.
    SetLen {
        /// The path under which the file was opened.
        path: &'a Path,
        /// The file.
        file: FileId,
        /// The length.
        len: u64,
    },
    /// What was written to a file, or the names in a directory, become durable.
    Sync {
        /// The path under which it was opened.
        path: &'a Path,
        /// The file or directory.
        file: FileId,
    },
    /// All files of a file system become durable.
    SyncAll {
        /// A file of it.
        path: &'a Path,
    },
    /// A file or directory gets a new name, and replaces what had it.
    Rename {
        /// The old path.
        from: &'a Path,
        /// The new path.
        to: &'a Path,
    },
    /// Two names are swapped.
    Exchange {
        /// One path.
        one: &'a Path,
        /// The other.
        other: &'a Path,
    },
    /// A file gets a second name.
    Link {
        /// The first path.
        from: &'a Path,
        /// The second.
        to: &'a Path,
    },
    /// A symbolic link is made.
    Symlink {
        /// The path of the link.
        path: &'a Path,
    },
    /// The content of a file is copied to another.
    Copy {
        /// The file that is read.
        from: &'a Path,
        /// The one that is written.
        to: &'a Path,
    },
    /// A file is removed.
    Remove {
        /// Its path.
        path: &'a Path,
    },
    /// A directory is made.
    CreateDir {
        /// Its path.
        path: &'a Path,
    },
    /// An empty directory is removed.
    RemoveDir {
        /// Its path.
        path: &'a Path,
    },
    /// The permissions of a file change.
    SetPermissions {
        /// Its path.
        path: &'a Path,
    },
}

impl Operation<'_> {
    /// The path that a message about it names.
    #[must_use]
    pub const fn path(&self) -> &Path {
        match self {
            Self::Read { path, .. }
            | Self::Open { path, .. }
            | Self::Write { path, .. }
            | Self::SetLen { path, .. }
            | Self::Sync { path, .. }
            | Self::SyncAll { path }
            | Self::Symlink { path }
            | Self::Remove { path }
            | Self::CreateDir { path }
            | Self::RemoveDir { path }
            | Self::SetPermissions { path }
            | Self::Rename { from: path, .. }
            | Self::Exchange { one: path, .. }
            | Self::Link { from: path, .. }
            | Self::Copy { to: path, .. } => path,
        }
    }

    /// What it is called: `write`, `sync`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Read { .. } => "open to read",
            Self::Open { .. } => "open to write",
            Self::Write { .. } => "write",
            Self::SetLen { .. } => "set the length",
            Self::Sync { .. } => "sync",
            Self::SyncAll { .. } => "sync all",
            Self::Rename { .. } => "rename",
            Self::Exchange { .. } => "exchange",
            Self::Link { .. } => "link",
            Self::Symlink { .. } => "link by name",
            Self::Copy { .. } => "copy",
            Self::Remove { .. } => "remove",
            Self::CreateDir { .. } => "make a directory",
            Self::RemoveDir { .. } => "remove a directory",
            Self::SetPermissions { .. } => "set permissions",
        }
    }
}

impl fmt::Display for Operation<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.name(), self.path().display())?;
        match self {
            Self::Write { at, bytes, .. } => write!(formatter, " ({at}+{})", bytes.len()),
            Self::SetLen { len, .. } => write!(formatter, " ({len})"),
            Self::Rename { to, .. } | Self::Link { to, .. } | Self::Exchange { other: to, .. } => {
                write!(formatter, " → {}", to.display())
            }
            _ => Ok(()),
        }
    }
}
