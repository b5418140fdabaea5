//! The run: every stage in order, tick by tick and window by window.
//!
//! A run is a walk over its primary windows. For each tick of a window:
//!
//! 1. the external inputs of the tick are added to the state (gate);
//! 2. the edge fluxes move the state: a ledger (UMX), then the diagnostics;
//! 3. s_t and the chain value follow: a P-block, at every W-th tick a checkpoint (Loom);
//! 4. every open window tallies its streams; additional windows that end here close (Press);
//! 5. the observer takes the fluxes, if it is enabled (Codex).
//!
//! When a window closes that names an AEON window, its ticks are computed again, and descriptors are
//! tried on its streams (AEON); the views of the grammar's windows are made at the end of the run.
//!
//! When the primary window closes, its check is known. A second pass over its ticks makes the
//! records that contain or hash the check: envelopes and scenes (gate) and the hash chain
//! (U-ledger). Then the window is committed. A run that fails keeps what was committed.
//!
//! Only `pipeline` knows this order. Records go to a [`RecordSink`] as they are made.

mod batch;
mod binding;
mod encoded;
mod export;
mod memory;
mod observer;
mod pending;
mod pipeline;
mod recorder;
mod replay;
mod rereading;
mod sink;
mod stepper;
mod workers;

pub use crate::error::{DiagnosticCheck, Operation, RunError};
pub(crate) use export::EXPORT_VERSION;
#[cfg(feature = "store")]
pub(crate) use export::{Exported, write_export};
pub use memory::Run;
pub use pipeline::{Outcome, RunOptions, RunStatus, execute};
pub use replay::{ChainFault, Replay, ReplayedTick, check_chain};
pub use sink::RecordSink;

pub use crate::record::{Record, RecordKind};

use crate::config::RunPlan;

/// Runs a plan from its first tick to its last, keeping every record in memory.
///
/// A run that ends early is a [`Run`] too: it holds what was committed, and its error.
pub fn run(plan: &RunPlan, options: &RunOptions<'_>) -> Run {
    Run::execute(plan, options)
}

#[cfg(test)]
pub(crate) mod tests;
