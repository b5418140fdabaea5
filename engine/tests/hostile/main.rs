//! Input that means harm, or might as well: any bytes as documents, run files with damage of every sort, and run files that
//! say what no engine writes. Each is read or refused, in bounded time and memory, and never with a panic.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

mod bytes;
#[path = "../config/ground.rs"]
mod document;
mod documents;
#[path = "../store/ground.rs"]
mod run;
mod run_files;
