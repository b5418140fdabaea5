#![doc = include_str!("../README.md")]
//!
//! # Order of modules
//!
//! [`Operation`] is what can happen to a file. [`Watcher`] is asked before each of them, and hears of
//! those that succeeded. The functions and [`File`] are those of [`std::fs`], and [`Replacement`] a file
//! that takes the place of another whole. Nothing here knows what the files are for.

mod file;
mod functions;
mod machine;
mod operation;
#[cfg(feature = "replace")]
mod replacement;
mod watch;

pub use file::{File, OpenOptions};
#[cfg(unix)]
pub use functions::symlink;
pub use functions::{
    Found, copy, create_dir, create_dir_all, create_dir_all_durable, hard_link, is_dir, is_file,
    read, read_dir, read_to_string, remove_dir, remove_dir_all, remove_file, rename, require_file,
    require_own_file, set_permissions, sync_dir, write,
};
pub use machine::{is_of_machine, leads_in_circles};
pub use operation::{FileId, Operation};
#[cfg(feature = "replace")]
pub use replacement::{Existing, Replacement};
pub use std::fs::{
    DirEntry, FileType, Metadata, Permissions, ReadDir, TryLockError, canonicalize, metadata,
    read_link, symlink_metadata,
};
pub use watch::{Decision, Watcher, Watching, is_watched, perform, perform_write, watch};
