//! An exact integer engine: state on a graph moved by edge fluxes, with every tick recorded,
//! hashed and replayable.
//!
//! The pipeline, in the order in which data flows:
//!
//! | stage | what it does |
//! | --- | --- |
//! | [`config`] | documents in, a valid [`RunPlan`](config::RunPlan) out |
//! | `gate` | external inputs in; scenes and envelopes out |
//! | [`umx`] | edge fluxes move the state |
//! | `loom` | a chain value per tick, a checkpoint every W ticks |
//! | [`press`] | description lengths over windows of ticks |
//! | `aeon` | an observer of windows that are made of windows, and of descriptors of streams |
//! | `codex` | an observer that learns repeated flux patterns |
//! | [`run`](mod@run) | the order of all steps, and the U-ledger that binds them |
//! | [`record`] | what all of these write down |
//! | [`canonical`] | how a record becomes bytes, and bytes a hash |
//! | [`lineage`] | what each value was computed from |

mod aeon;
pub mod canonical;
mod codex;
pub mod config;
mod error;
mod gate;
pub mod lineage;
mod loom;
pub mod press;
pub mod record;
pub mod run;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "topology")]
pub mod topology;
pub mod umx;
mod varint;
pub mod view;

/// The version of this engine, as exports and goldens name it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Checks that the example of the readme compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
