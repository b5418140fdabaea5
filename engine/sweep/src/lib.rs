//! Many runs of one RunConfig: a sweep's points are expanded, run in shards, stored and compared.
//!
//! | module | what it does |
//! | --- | --- |
//! | `points` | the values of point 0, 1, 2, …, in a fixed order; nothing is expanded in memory |
//! | `sample` | seeded integers that never change |
//! | `share` | which points are a worker's, from an option or from the environment of a scheduler |
//! | `described` | what the descriptors of AEON windows amount to |
//! | `digest` | a run as 24 bytes per tick |
//! | `hash` | the hash of values of a file |
//! | `row` | a finished point, and the hash that covers it |
//! | `header` | what the points of a file are points of |
//! | `tables` | the tables of a file, and its marks |
//! | `beside` | what a killed worker left beside a file |
//! | `file` | the SQLite file of a shard |
//! | `work` | the threads that run points, and the one that stores them |
//! | `merge` | the union of shards |
//! | `compare` | where two sweeps diverge |
//!
//! Nothing here reads the clock for a result, or the environment: `share` is given a look-up.

mod beside;
mod compare;
mod described;
mod digest;
mod error;
mod file;
mod hash;
mod header;
mod merge;
mod points;
mod row;
mod sample;
mod share;
mod tables;
mod work;

pub use compare::{Comparison, Divergence, Group, Region, Span, compare};
pub use described::Described;
pub use error::SweepError;
pub use file::SweepFile;
pub use header::Header;
pub use merge::{MergeOptions, Merged, merge};
pub use points::Points;
pub use row::{Column, Row, Status};
pub use share::{Share, ShareError};
pub use work::{Options, Progress, Worked, build_of, work};
