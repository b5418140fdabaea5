//! What is run again and again, to see whether results differ: a [scenario](scenario()), or
//! [every test](rounds) of a cargo workspace.
//!
//! ```text
//! rounds::Workspace ──▶ rounds of nextest ──▶ junit::read ──▶ tally ──▶ history, report
//!                                                    quarantine ──┘
//! ```
//!
//! Nothing here prints, and nothing decides an exit status.

pub(crate) mod history;
mod junit;
pub(crate) mod quarantine;
pub(crate) mod rounds;
mod scenario;
pub(crate) mod tally;

pub(crate) use scenario::{FirstDifference, FlakyReport, flaky as scenario};
