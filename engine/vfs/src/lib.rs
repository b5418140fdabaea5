#![doc = include_str!("../README.md")]
//!
//! ```text
//! SQLite ──xWrite──▶ this file system ──Operation::Write──▶ who watches the directory
//!                          └──xWrite──▶ SQLite's own file system, if the watcher lets it
//! ```
//!
//! What is only in memory passes through unseen: locks, and the index of a write-ahead log, which
//! SQLite makes again. A failure is reported to SQLite by the code that its own file system has for it.
//!
//! The unsafe code is that of a C interface: SQLite calls functions with pointers to structures that
//! it allocated. They are called only by SQLite, which keeps what its documentation of `sqlite3_vfs` and
//! `sqlite3_io_methods` promises; the comments say which promise each block needs.

mod methods;
mod open;

use std::sync::Once;

/// Makes this the file system of all databases that the process opens from now on.
///
/// # Panics
/// SQLite refuses it, which happens only if it cannot start.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(open::register);
}

#[cfg(test)]
mod tests;
