//! Golden tests for deterministic programs.

mod artefact;
mod diff;
mod schema;
mod subject;

pub use artefact::Artefact;
pub use schema::{ArtefactSchema, KeyRule, Schema};
pub use subject::{Cancel, Failure, FailureKind, Mode, RunRequest, Subject};
