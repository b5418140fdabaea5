//! The `aether` command from outside: what it prints, where, and the status it ends with.
#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

#[path = "cli/mod.rs"]
mod cli;
