//! Reads documents, and produces a valid [`RunPlan`] or a [`Report`] of everything that is wrong.
//!
//! A run is described by a RunConfig, a topology, a profile and, with external inputs, a PFNA
//! document, in JSON or TOML. [`load_run`] takes them through four steps:
//!
//! 1. `read`: bytes from a [`ReadDocument`], checked to be text; this is the only I/O.
//! 2. `tree`: JSON and TOML become one compact tree in which every key and value has its place.
//! 3. `decode`, `documents`: the tree becomes typed documents; all unknown, missing and mistyped
//!    fields are reported.
//! 4. `check`: checks what types cannot express (ids in order, windows that tile the run, documents
//!    that belong together), and makes the plan.
//!
//! `resolve` then writes the documents out again with their defaults filled in. Problems are
//! data ([`Problem`], with a stable [`Code`]) before they are text.
//!
//! Nothing here reads a clock, the environment or the working directory, and no input makes it
//! panic.

mod aeon;
mod change;
mod check;
#[macro_use]
mod decode;
pub(crate) mod defaults;
#[expect(
    clippy::allow_attributes,
    reason = "`document!` lets fields be unread, and only some documents have such fields"
)]
mod documents;
mod edges;
mod explain;
mod inputs;
pub mod limits;
mod load;
mod names;
mod plan;
mod problem;
mod read;
mod resolve;
mod rows;
mod scenario_dir;
#[cfg(feature = "schema")]
mod schema;
mod source;
mod sweep;
#[cfg(feature = "schema")]
mod tables;
mod template;
mod tree;
mod validate;

pub(crate) use aeon::{
    Aeon, AeonWindow, Apxi, DescriptorPlan, Model, Numbers, Spans, all_covered, found_id,
};
pub use aeon::{Aggregation, DescriptorType};
#[cfg(feature = "store")]
pub(crate) use change::CHANGED;
pub use change::{Change, Changed, change};
pub(crate) use check::generated_names;
#[cfg(feature = "topology")]
pub(crate) use decode::{bad_name, list_of};
pub(crate) use defaults::streams as default_streams;
pub(crate) use documents::stream_source;
pub(crate) use edges::{EdgeGroup, Edges, LANES};
pub use explain::{Explained, ExplainedProfile, explain_profile};
pub(crate) use inputs::InputValues;
#[cfg(test)]
pub(crate) use inputs::Inputs;
pub use inputs::{AppliedInput, InputEntry};
#[cfg(feature = "topology")]
pub(crate) use load::read_table;
pub use load::{Checked, load_run, load_run_with_warnings};
#[cfg(feature = "topology")]
pub(crate) use names::NotAName;
pub use names::{Named, Names, NoSuchName};
pub(crate) use plan::reduced;
pub use plan::*;
pub use problem::{Code, Excerpt, Place, Problem, Related, Report, Severity};
#[cfg(feature = "topology")]
pub(crate) use problem::{Draft, Problems};
pub use read::{FileSystem, MemoryDocuments, ReadDocument};
#[cfg(feature = "topology")]
pub(crate) use rows::{Row, each_row};
pub use scenario_dir::{RunConfigError, run_config};
#[cfg(feature = "schema")]
pub use schema::json_schemas;
#[cfg(feature = "topology")]
pub(crate) use source::{Source, Span};
pub use sweep::{Axis, AxisValues, Combine, Sweep, TABLE_COLUMNS, cell_value, load_sweep};
#[cfg(feature = "schema")]
pub use tables::document_tables;
pub use template::{CMP_0, template};
#[cfg(feature = "topology")]
pub(crate) use tree::shortened;
pub use validate::{DocumentKind, document_kind, validate, validate_scenario};
