#![doc = include_str!("../README.md")]
//!
//! # What a crash may leave
//!
//! The model is that of POSIX, which promises less than most file systems keep:
//!
//! - Bytes written to a file, and its length, are durable after a sync of the file. Before that, each
//!   sector of 512 bytes may be there or not.
//! - The names in a directory (files made, renamed, removed) are durable after a sync of the directory.
//!   Before that, each change may be there or not, whatever the order. A rename and a swap are one change.
//!
//! # Order of modules
//!
//! [`disk`] records what happened, and lets one operation fail. [`image`] is what a crash leaves.
//! [`exhaust`] tries everything in turn.

mod disk;
mod exhaust;
mod image;

pub use disk::Fault;
pub use exhaust::{Case, Ended, SEEDS, Tally, exhaust, exhaust_without_swap};

#[cfg(test)]
mod tests;
