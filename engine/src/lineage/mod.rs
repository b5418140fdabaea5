//! Lineage: what each value of a run was computed from.
//!
//! `rules` holds one definition for each field of each record: how its value follows from
//! other values and from inputs, by the rules that the engine runs. From it follow
//!
//! - [`RunValues::depends`]: what a value was computed from;
//! - [`Compared::step`]: of two runs, which differing values a differing value comes from, and whether
//!   its rule itself gives something else;
//! - [`Compared::is_needed`]: whether one of those values was needed.
//!
//! ```text
//! ledgers[tick=9].post_u[node=2]: 40 → 43
//!   ledgers[tick=9].edges[e_id=5].f_e: 5 → 8        needed: with 5 again, post_u would be 40
//!     ledgers[tick=9].edges[e_id=5].raw: 5 → 8
//!       inputs.topology.edges[e_id=5].k: 12 → 13    an input: a cause
//! ```
//!
//! Lineage computes no record and stores nothing: it checks what a run recorded.

#[cfg(feature = "store")]
mod ahead;
mod compared;
mod ledgers;
mod place;
mod reader;
mod rules;
mod scalar;
#[cfg(feature = "store")]
mod stored;
mod values;
mod vocabulary;

pub use compared::{Compared, Step};
pub use place::RunPlace;
pub use scalar::Scalar;
#[cfg(feature = "store")]
pub use stored::ReadFailure;
pub use values::{RunRecords, RunValues};
pub use vocabulary::Vocabulary;

use std::cell::RefCell;

use place::{Field, PlaceKind};
use reader::Reader;
use values::Values;

use crate::config::RunPlan;
use crate::record::Layer;

/// What a rule gave from values that somebody else read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recomputed {
    /// The value; `None` if a run with those values would not have it.
    Value(Option<Scalar>),
    /// What the rule reads depends on the values themselves, so that it cannot be known beforehand.
    Unknown,
}

/// The value of a place by its rule, from values that `read` returns and from nothing else. The plans
/// say in which order a window lists its streams.
pub fn recompute(
    place: RunPlace,
    names: &Vocabulary,
    plans: &[&RunPlan],
    read: &mut dyn FnMut(RunPlace) -> Option<Scalar>,
) -> Recomputed {
    struct Asked<'a, 'r>(
        &'a [&'a RunPlan],
        RefCell<&'r mut dyn FnMut(RunPlace) -> Option<Scalar>>,
    );

    impl Values for Asked<'_, '_> {
        fn value(&self, place: RunPlace) -> Option<Scalar> {
            (self.1.borrow_mut())(place)
        }

        fn plans(&self) -> Vec<&RunPlan> {
            self.0.to_vec()
        }
    }

    let follows_values = [
        PlaceKind::CodexLibrary,
        PlaceKind::CodexProposals,
        PlaceKind::Log,
    ];
    if place.field == Field::LibraryHash || follows_values.contains(&place.field.artefact()) {
        return Recomputed::Unknown;
    }
    let asked = Asked(plans, RefCell::new(read));
    Recomputed::Value(rules::compute(place, &Reader::plain(names, &asked)))
}

impl RunValues<'_> {
    /// The value of a place by its rule, from the other values of the run; `None` if the run should
    /// not have it. That of a run's own records is the recorded value.
    #[must_use]
    pub fn computed(&self, place: RunPlace) -> Option<Scalar> {
        rules::compute(place, &Reader::plain(self.names(), self))
    }

    /// What a value was computed from: places of values that were read or tested, each once. Empty
    /// for an input.
    #[must_use]
    pub fn depends(&self, place: RunPlace) -> Vec<RunPlace> {
        if place.is_input() {
            return Vec::new();
        }
        let reader = Reader::traced(self.names(), self);
        rules::compute(place, &reader);
        reader.into_reads()
    }
}

impl RunPlace {
    /// Whether the value is given: by a document, or by what stopped the run.
    #[must_use]
    pub const fn is_input(self) -> bool {
        self.field.is_given()
    }

    /// The rule that computes the value, as reports name it: `ledgers.edges.raw`.
    #[must_use]
    pub fn rule(self) -> String {
        self.field.rule()
    }

    #[inline]
    fn number(self, names: &Vocabulary) -> Option<u32> {
        let (first, count) = self.field.numbers(names)?;
        let is_known = (1..=count).contains(&self.index) && (1..=names.ticks()).contains(&self.at);
        is_known.then(|| first + self.index - 1)
    }

    /// The value with a number in a layer; `None` if there is none.
    #[must_use]
    #[inline]
    pub fn numbered(layer: u64, number: u32, names: &Vocabulary) -> Option<Self> {
        Field::NUMBERED.into_iter().find_map(|field| {
            let (first, count) = field.numbers(names)?;
            let index = number.checked_sub(first).filter(|index| *index < count)?;
            Some(field.at(layer / 4, index + 1))
        })
    }

    /// The layer of the value, and its number there if it has one.
    ///
    /// A value is computed from values of its own layer and lower ones. The layers of a run go from its
    /// inputs through its ticks, each window's manifest after the ticks of the window, to what belongs
    /// to the run as a whole. The values of a ledger that each node or edge has are numbered in the order
    /// of places, within the ticks that a run may have.
    #[must_use]
    #[inline]
    pub fn located(self, names: &Vocabulary) -> (u64, Option<u32>) {
        match self.number(names) {
            None => (self.layer(names), None),
            number => (layer_of_tick(self.at), number),
        }
    }

    fn layer(self, names: &Vocabulary) -> u64 {
        let above = layer_of_tick(names.ticks().saturating_add(1));
        let late = |tick: u64| layer_of_tick(names.bound_until(tick)) + 2;
        match self.field.artefact() {
            _ if self.field == Field::TotalTicks => 0,
            PlaceKind::Given => 0,
            PlaceKind::Ledgers | PlaceKind::PBlocks | PlaceKind::IBlocks => layer_of_tick(self.at),
            PlaceKind::Manifests => layer_of_tick(names.end_of_window(self.at)) + 1,
            PlaceKind::Scenes | PlaceKind::ULedger => late(self.at),
            PlaceKind::Envelopes => match place::layer_at(self.index) {
                Layer::Data | Layer::Ingress => late(self.at),
                Layer::Ctrl | Layer::Egress => late(names.ticks()),
            },
            PlaceKind::CodexLibrary | PlaceKind::AeonViews | PlaceKind::ApxiViews => above,
            PlaceKind::CodexProposals => above + 1,
            PlaceKind::Metrics => above + 2,
            PlaceKind::Log => above + 3,
        }
    }
}

/// The layer of the values of a tick.
const fn layer_of_tick(tick: u64) -> u64 {
    tick.saturating_mul(4)
}

impl Field {
    /// The fields whose values have numbers within their tick.
    const NUMBERED: [Self; 5] = [
        Self::PreU,
        Self::DuOfEdge,
        Self::RawOfEdge,
        Self::FluxOfEdge,
        Self::PostU,
    ];

    /// The first number of its values within a tick, and how many they have; `None` if they have none.
    #[inline]
    const fn numbers(self, names: &Vocabulary) -> Option<(u32, u32)> {
        let (nodes, edges) = (*names.nodes().end(), *names.edges().end());
        Some(match self {
            Self::PreU => (0, nodes),
            Self::DuOfEdge => (nodes, edges),
            Self::RawOfEdge => (nodes + edges, edges),
            Self::FluxOfEdge => (nodes + 2 * edges, edges),
            Self::PostU => (nodes + 3 * edges, nodes),
            _ => return None,
        })
    }
}
