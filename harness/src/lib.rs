//! Golden tests for deterministic programs.

mod artefact;
mod diff;
mod runner;
mod schema;
mod subject;

pub use artefact::Artefact;
pub use runner::Runner;
pub use schema::{ArtefactSchema, KeyRule, Schema};
pub use subject::{Cancel, Failure, FailureKind, Mode, RunRequest, Subject};
