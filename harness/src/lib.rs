//! Golden tests for deterministic programs.

mod artefact;
mod atomic;
mod bundle;
mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod command;
#[cfg(feature = "cli")]
mod date;
mod diff;
mod exec;
mod json;
mod judge;
mod layout;
mod nearest;
mod product;
mod program;
mod report;
mod results;
mod runner;
mod scenario;
mod schema;
mod sha256;
mod snapshot;
mod subject;
mod suite;
mod verdict;

pub use artefact::{Artefact, ArtefactError};
pub use check::Check;
pub use diff::{
    Cause, Change, ChangeKind, Chart, Diff, DiffOptions, Followed, LeftOut, LeftOutReason, Path,
    diff, digest, patches,
};
pub use json::{Json, JsonProblem};
pub use layout::Layout;
pub use report::{Group, OffsetGroup, Report, ScenarioReport};
pub use runner::Runner;
pub use scenario::{
    Expect, NameError, Runtime, Scenario, ScenarioError, ScenarioName, SnapshotMode,
};
pub use schema::{ArtefactSchema, KeyRule, KeyRuleError, Schema};
pub use subject::{Cancel, Failure, FailureKind, Mode, RunRequest, Subject};
pub use suite::Suite;
pub use verdict::Verdict;
