//! The records of a run, as they are hashed, stored and exported.
//!
//! Each record is declared once, by `record!` (see `declare`): the struct, its canonical form, its
//! reader and its JSON Schema come from that. A record of which a run has many is also a
//! [`RecordType`]; [`KINDS`] has the place of each in the causal order, the fields that identify
//! its records, and the order in which their fields are read. `docs/extending.md` shows how to add
//! one.
//!
//! The stages convert their runtime types into records explicitly; nothing here computes values.

#[macro_use]
mod declare;
mod aeon;
mod codex;
mod decode;
mod edge_text;
mod fluxes;
mod gate;
mod kind;
mod log;
mod loom;
mod metrics;
mod pages;
mod press;
mod summary;
mod tick;
mod uledger;
mod umx;

pub use aeon::{
    AeonKind, AeonView, ApxiView, Descriptor, DescriptorEntry, DescriptorParams, Numbers,
};
pub use codex::{
    CodexLibraryEntry, CodexProposal, ExpectedEffect, MdlStats, PatternDescriptor, TargetLocation,
    UsageStats,
};
pub(crate) use declare::{Described, words};
pub use decode::{DecodeError, FromText};
pub(crate) use edge_text::{EdgeTexts, TickTexts};
pub(crate) use fluxes::{BLOCK, BLOCK_GROUPS, FluxGroup, FluxLanes, PIECE, WideBlocks};
pub use fluxes::{Flux, Fluxes};
pub(crate) use gate::SceneText;
pub use gate::{AppliedEntry, EnvelopeMeta, Layer, NapEnvelope, SceneFrame};
#[cfg(feature = "store")]
pub(crate) use kind::{Cell, RowContext};
pub use kind::{KINDS, KeyRule, KindInfo, Position, Record, RecordKind, RecordType, Stage};
pub use log::{Component, LogEvent, LogPayload};
pub use loom::{EdgeFluxSummary, IBlock, PBlock, TopologySnapshotEdge};
pub use metrics::Metrics;
pub use pages::{json_schema, tables};
pub use press::{Manifest, StreamEntry};
pub use summary::{RunSummary, StatusName};
pub use tick::Tick;
pub use uledger::{LedgerEntry, LedgerMeta};
pub use umx::{EdgeFlux, UmxLedger};
