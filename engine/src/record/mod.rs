//! The records of a run, as they are hashed, stored and exported.
//!
//! One type a record, with exactly the fields of its format in canonical order. Runtime types of
//! the stages are turned into these explicitly; nothing here computes.

mod codex;
mod decode;
mod gate;
mod log;
mod loom;
mod metrics;
mod press;
mod uledger;
mod umx;

pub use codex::{
    CodexLibraryEntry, CodexProposal, ExpectedEffect, MdlStats, PatternDescriptor, TargetLocation,
    UsageStats,
};
pub use decode::{DecodeError, FromText};
pub use gate::{AppliedEntry, EnvelopeMeta, Layer, NapEnvelope, SceneFrame};
pub use log::{Component, LogEvent, LogPayload};
pub use loom::{EdgeFluxSummary, IBlock, PBlock, TopologySnapshotEdge};
pub use metrics::Metrics;
pub use press::{Manifest, StreamEntry};
pub use uledger::{LedgerEntry, LedgerMeta};
pub use umx::{EdgeFlux, UmxLedger};
