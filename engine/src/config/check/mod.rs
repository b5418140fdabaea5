//! Turns documents into the parts of a plan, with the checks that types cannot express.
//!
//! Each check reports its problems, and returns its part of the plan if it has none. A check that
//! depends on a missing value (N, ticks) skips what it cannot know, and never reports a consequence
//! of a problem that was already reported.

mod aeon;
mod apxi;
mod input_table;
mod inputs;
mod profile;
mod run;
mod state;
mod topology;
mod windows;

pub(crate) use aeon::{AeonBounds, aeon_window_ids, grammar};
pub(crate) use apxi::{ApxiBounds, apxi, apxi_needs_grammar};
pub(crate) use input_table::input_table;
pub(crate) use inputs::{Bounds, inputs};
pub(crate) use profile::profile;
pub(crate) use run::{flag, nap, run_settings, version};
pub(crate) use state::{inline_state, json_state, state_csv};
pub(crate) use topology::{CheckedTopology, DescribedEdges, topology};
pub(crate) use windows::{generated_names, windows};

use super::problem::{Code, Draft, Problems};
use super::tree::{Document, NodeId, Value};

/// A number from a different document, and its place there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    pub(crate) number: u64,
    pub(crate) value: Value<'a>,
}

/// The value at a place of a document.
pub(crate) fn value_at(document: &Document, place: Option<NodeId>) -> Option<Value<'_>> {
    place.map(|place| document.value(place))
}

/// A field of a structure, or the structure itself where the field is absent.
fn field_or(structure: Value<'_>, place: Option<NodeId>) -> Value<'_> {
    value_at(structure.document(), place).unwrap_or(structure)
}

/// Reports that something is over a limit of the engine.
fn over_limit(value: Value<'_>, what: &str, count: u64, limit: u64, problems: &mut Problems) {
    let message = format!("{count} {what}, which is over the limit of {limit}");
    let draft = Draft::on(value, Code::OverLimit, message)
        .expected(format!("at most {limit} {what}"))
        .help(format!("this engine runs at most {limit} {what}"));
    problems.add_on(value, draft);
}

/// A number that is known not to be negative, as a count.
pub(crate) fn count(number: i64) -> u64 {
    u64::try_from(number).expect("the number was checked not to be negative")
}
