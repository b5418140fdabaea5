//! The definition of every field: how its value is computed from other values and from inputs.
//!
//! [`compute`] is the only definition. It calls the rules that the engine itself runs (a quotient, a
//! step of the chain, a tally, a hash); what depends on what, whether a dependency is needed, and
//! whether a rule has changed all follow from it. A property test computes every field of generated
//! runs and compares it with the record.
//!
//! A rule reads nothing that it does not need, and only tests what it does not need in full.

mod aeon;
mod codex;
mod gate;
mod log;
mod loom;
mod metrics;
mod press;
mod trials;
mod uledger;
mod umx;

use super::place::{Field, PlaceKind, RunPlace};
use super::reader::Reader;
use super::scalar::Scalar;

/// The value of a place by its rule; `None` if the run should not have it. A given value is itself.
pub(crate) fn compute(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    match place.field.artefact() {
        PlaceKind::Given => reader.get(place),
        PlaceKind::Ledgers => umx::compute(place, reader),
        PlaceKind::PBlocks | PlaceKind::IBlocks => loom::compute(place, reader),
        PlaceKind::Manifests => press::compute(place, reader),
        PlaceKind::Envelopes => gate::envelope_field(place, reader),
        PlaceKind::Scenes => gate::scene_field(place, reader),
        PlaceKind::CodexLibrary => codex::library_field(place, reader),
        PlaceKind::CodexProposals => codex::proposal_field(place, reader),
        PlaceKind::AeonViews => aeon::compute(place, reader),
        PlaceKind::ApxiViews => trials::compute(place, reader),
        PlaceKind::ULedger => uledger::compute(place, reader),
        PlaceKind::Metrics => metrics::compute(place, reader),
        PlaceKind::Log => log::compute(place, reader),
    }
}

impl Reader<'_> {
    /// Whether the run computed a tick.
    fn has_tick(&self, tick: u64) -> bool {
        tick >= 1
            && self.test_count(Field::Ticks.of_run(), |ticks| tick <= ticks)
            && self.test(Field::StopComputed.of_run(), |last| reaches(last, tick))
    }

    /// Whether the run recorded a tick.
    fn is_recorded(&self, tick: u64) -> bool {
        tick >= 1 && self.test_count(Field::TotalTicks.of_run(), |ticks| tick <= ticks)
    }

    /// Whether the run reached its end.
    fn is_complete(&self) -> bool {
        self.test(Field::StopRecorded.of_run(), |stop| stop.is_none())
    }

    /// Whether the run has a node.
    fn has_node(&self, node: u32) -> bool {
        node >= 1 && self.test_count(Field::NodeCount.of_run(), |count| u64::from(node) <= count)
    }

    /// Whether the run has an edge.
    fn has_edge(&self, edge: u32) -> bool {
        self.has(Field::EdgeName.at(0, edge))
    }

    /// The values of a field of all nodes or edges that have one.
    fn vector(
        &self,
        field: Field,
        at: u64,
        elements: std::ops::RangeInclusive<u32>,
    ) -> Option<Vec<i64>> {
        let values = elements.filter_map(|element| self.get(field.at(at, element)));
        values.map(|value| value.integer()).collect()
    }
}

/// Whether a run that was stopped after some tick, or was not stopped, reaches another.
fn reaches(last: Option<&Scalar>, tick: u64) -> bool {
    last.is_none_or(|last| last.count().is_some_and(|last| tick <= last))
}
