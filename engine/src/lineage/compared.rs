//! [`Compared`]: two runs, and where a difference between them comes from, step by step.

use std::cell::RefCell;

use super::ledgers::Tick;
use super::place::{Field, RunPlace};
use super::reader::Reader;
use super::rules;
use super::scalar::Scalar;
use super::values::{RunValues, Values as _};
use super::vocabulary::{Vocabulary, narrow};

/// Two runs whose values are compared.
pub struct Compared<'c> {
    names: &'c Vocabulary,
    before: &'c RunValues<'c>,
    after: &'c RunValues<'c>,
    has_same_edges: bool,
    /// The tick whose values were asked for last.
    tick: RefCell<Option<Tick<'c>>>,
}

/// Where one differing value comes from, beside the values that it was computed from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Whether its own rule is a cause: no value that it depends on differs, or one of the runs
    /// recorded something else than the rule gives.
    pub is_rule: bool,
    /// How many differing values it was computed from.
    pub(super) from: u32,
    /// How many values were read to compute it.
    pub(super) reads: u64,
}

/// How many values are read at most in order to find out which of a step's dependencies were needed. The
/// bits of a window of 10^4 nodes and 10^3 ticks read ten times as many for each dependency, of which
/// there are up to as many again.
const READS_MAX: u64 = 1 << 20;

impl<'c> Compared<'c> {
    /// Two runs, of places in the same vocabulary.
    #[must_use]
    pub fn new(names: &'c Vocabulary, before: &'c RunValues<'c>, after: &'c RunValues<'c>) -> Self {
        Self {
            names,
            before,
            after,
            has_same_edges: before.topology().edges == after.topology().edges,
            tick: RefCell::new(None),
        }
    }

    /// The values of a place in both runs.
    #[must_use]
    pub fn values(&self, place: RunPlace) -> [Option<Scalar>; 2] {
        [self.before.get(place), self.after.get(place)]
    }

    /// Whether a value differs.
    #[must_use]
    pub fn differs(&self, place: RunPlace) -> bool {
        self.before.get(place) != self.after.get(place)
    }

    pub(super) const fn runs(&self) -> [&'c RunValues<'c>; 2] {
        [self.before, self.after]
    }

    pub(super) const fn names(&self) -> &'c Vocabulary {
        self.names
    }

    pub(super) const fn has_same_edges(&self) -> bool {
        self.has_same_edges
    }

    pub(super) const fn tick(&self) -> &RefCell<Option<Tick<'c>>> {
        &self.tick
    }

    /// Where a differing value comes from; nothing for an input. The differing values that it was computed from, in
    /// either run, are added to `from`, each once and in order.
    #[inline]
    pub fn step(&self, place: RunPlace, from: &mut Vec<RunPlace>) -> Step {
        let quick = self.step_in_ledgers(place, from);
        quick.unwrap_or_else(|| self.step_by_rule(place, from))
    }

    /// The same from the definition of the field alone.
    pub fn step_by_rule(&self, place: RunPlace, from: &mut Vec<RunPlace>) -> Step {
        if place.is_input() {
            return Step::default();
        }
        let [old, new] = self.values(place);
        let before = Reader::compared(self.names, self.before, self.after);
        let keeps_before = rules::compute(place, &before) == old;
        let after = Reader::compared(self.names, self.after, self.before);
        let keeps_after = rules::compute(place, &after) == new;
        let reads = after.reads();
        let mut found = before.into_reads();
        found.extend(after.into_reads());
        found.sort_unstable();
        found.dedup();
        from.extend_from_slice(&found);
        Step {
            is_rule: found.is_empty() || !keeps_before || !keeps_after,
            from: narrow(found.len()),
            reads,
        }
    }

    /// Whether a value would not be the new one if one of those that it depends on had its old value.
    /// False also if it would be too costly to find out.
    #[must_use]
    pub fn is_needed(&self, place: RunPlace, dependency: RunPlace, step: Step) -> bool {
        if let Some(is_needed) = self.is_plainly_needed(place, dependency) {
            return is_needed;
        }
        if step.from == 1 && !step.is_rule {
            // With its old value, everything that is read is as it was in the old run.
            return true;
        }
        if step.reads.saturating_mul(step.from.into()) > READS_MAX {
            return false;
        }
        let old = self.before.value(dependency);
        let reader = Reader::with(self.names, self.after, dependency, old);
        rules::compute(place, &reader) != self.after.value(place)
    }
}

impl Compared<'_> {
    /// Whether a dependency was needed, where it follows from the form of the rule; `None` where the
    /// value must be computed again.
    fn is_plainly_needed(&self, place: RunPlace, dependency: RunPlace) -> Option<bool> {
        let is_term = match place.field {
            // The hash of a text that contains all that it depends on.
            Field::LedgerHash
            | Field::SceneLedger
            | Field::PBlockHash
            | Field::IBlockHash
            | Field::SceneHash => return Some(true),
            Field::SumPreU => dependency.field == Field::PreU,
            // Every state has a weight in s_t that is not 0.
            Field::SumPostU | Field::St => dependency.field == Field::PostU,
            _ => false,
        };
        // A sum changes with each of its terms; an absent one counts nothing.
        let term = |value: Option<Scalar>| value.and_then(|value| value.integer()).unwrap_or(0);
        is_term.then(|| {
            let [old, new] = self.values(dependency).map(term);
            old != new
        })
    }
}
