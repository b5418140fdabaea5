//! The step of a value of a ledger, from whole ledgers: what [`Compared::step_by_rule`] gives, many
//! times as fast. Most values of a long run are these, and they have numbers within their tick.

use std::sync::Arc;

use super::compared::{Compared, Step};
use super::place::{Field, RunPlace};
use super::values::{Column, Columns, RunValues, Values as _};
use super::vocabulary::{Vocabulary, narrow};
use crate::config::{AppliedInput, Edge, InputValues};
use crate::umx;

/// A tick of two runs, before and after.
pub(super) struct Tick<'c> {
    runs: [&'c RunValues<'c>; 2],
    names: &'c Vocabulary,
    has_same_edges: bool,
    number: u64,
    columns: [Arc<Columns>; 2],
    /// The tick before, if both runs have it.
    earlier: Option<[Arc<Columns>; 2]>,
    /// The entries that are applied; `None` if the runs differ in which these are.
    applied: Option<Vec<Applied<'c>>>,
}

/// An entry that both runs apply.
struct Applied<'c> {
    entry: u64,
    values: [&'c InputValues; 2],
}

impl Compared<'_> {
    /// The step of a value of a ledger that both runs have; `None` for any other value.
    #[inline]
    pub(super) fn step_in_ledgers(
        &self,
        place: RunPlace,
        from: &mut Vec<RunPlace>,
    ) -> Option<Step> {
        let mut recent = self.tick().borrow_mut();
        if recent.as_ref().is_none_or(|tick| tick.number != place.at) {
            place.number(self.names())?;
            *recent = Tick::of(place.at, self);
        }
        let tick = recent.as_ref()?;
        let start = from.len();
        let Some(keeps_rule) = tick.step(place, from) else {
            from.truncate(start);
            return None;
        };
        let own = &mut from[start..];
        own.sort_unstable();
        Some(Step {
            is_rule: own.is_empty() || !keeps_rule,
            from: narrow(own.len()),
            reads: own.len() as u64,
        })
    }
}

impl<'c> Tick<'c> {
    /// `None` if a run does not have the tick.
    fn of(number: u64, compared: &Compared<'c>) -> Option<Self> {
        let (runs, names) = (compared.runs(), compared.names());
        if runs.iter().any(|run| !run.reaches(number)) {
            return None;
        }
        let both = |tick| Some([runs[0].columns(tick)?, runs[1].columns(tick)?]);
        Some(Self {
            runs,
            names,
            has_same_edges: compared.has_same_edges(),
            number,
            columns: both(number)?,
            earlier: if number > 1 { both(number - 1) } else { None },
            applied: applied(number, runs, names),
        })
    }

    /// Adds what differs of what a value was computed from; returns whether both runs keep its rule, `None` if only
    /// the definition of the field can say.
    fn step(&self, place: RunPlace, from: &mut Vec<RunPlace>) -> Option<bool> {
        let index = (place.index as usize).checked_sub(1)?;
        match place.field {
            Field::PreU => self.pre_u(place.index, index, from),
            Field::PostU => self.post_u(place.index, index, from),
            Field::DuOfEdge => self.du(place.index, index, from),
            Field::RawOfEdge => self.raw(place.index, index, from),
            Field::FluxOfEdge => self.flux(place.index, index, from),
            _ => None,
        }
    }

    /// An edge of each run.
    fn edges(&self, index: usize) -> Option<[Edge; 2]> {
        let edge = |run: usize| self.runs[run].topology().edges.get(index);
        let before = edge(0)?;
        let after = match self.has_same_edges {
            true => before,
            false => edge(1)?,
        };
        Some([before, after])
    }

    /// A number of each run.
    fn both(&self, column: Column, index: usize) -> Option<[i64; 2]> {
        let [before, after] = &self.columns;
        Some([*column(before).get(index)?, *column(after).get(index)?])
    }

    /// The state after the tick before, and the inputs.
    fn pre_u(&self, node: u32, index: usize, from: &mut Vec<RunPlace>) -> Option<bool> {
        let earlier = self.earlier.as_ref()?;
        let before = [
            *earlier[0].post_u.get(index)?,
            *earlier[1].post_u.get(index)?,
        ];
        let own = self.both(Columns::PRE_U, index)?;
        push_if(
            before[0] != before[1],
            Field::PostU.at(self.number - 1, node),
            from,
        );
        let mut totals = before.map(i128::from);
        for applied in self.applied.as_ref()? {
            let given = applied.values.map(|values| values.written(index));
            push_if(
                given[0] != given[1],
                Field::EntryValue.at(applied.entry, node),
                from,
            );
            for (total, given) in totals.iter_mut().zip(given) {
                *total += i128::from(given.unwrap_or(0));
            }
        }
        Some(totals == own.map(i128::from))
    }

    fn post_u(&self, node: u32, index: usize, from: &mut Vec<RunPlace>) -> Option<bool> {
        let pre = self.both(Columns::PRE_U, index)?;
        let post = self.both(Columns::POST_U, index)?;
        push_if(pre[0] != pre[1], Field::PreU.at(self.number, node), from);
        let mut totals = pre.map(i128::from);
        for &id in self.names.edges_of(node) {
            let edge = (id as usize).checked_sub(1)?;
            let sides = self.edges(edge)?;
            let fluxes = self.both(Columns::F_E, edge)?;
            let starts = sides.map(|edge| edge.from as usize == index);
            let ends = sides.map(|edge| edge.to as usize == index);
            push_if(starts[0] != starts[1], Field::EdgeFrom.at(0, id), from);
            push_if(ends[0] != ends[1], Field::EdgeTo.at(0, id), from);
            let is_used = starts.contains(&true) || ends.contains(&true);
            push_if(
                is_used && fluxes[0] != fluxes[1],
                Field::FluxOfEdge.at(self.number, id),
                from,
            );
            for side in 0..2 {
                let flux = i128::from(fluxes[side]);
                if starts[side] {
                    totals[side] -= flux;
                }
                if ends[side] {
                    totals[side] += flux;
                }
            }
        }
        Some(totals == post.map(i128::from))
    }

    fn du(&self, id: u32, index: usize, from: &mut Vec<RunPlace>) -> Option<bool> {
        let own = self.both(Columns::DU, index)?;
        let [before, after] = self.edges(index)?;
        push_if(before.from != after.from, Field::EdgeFrom.at(0, id), from);
        push_if(before.to != after.to, Field::EdgeTo.at(0, id), from);
        let ends = [before.from, before.to, after.from, after.to];
        // A node that only one of the runs has is for the general rule.
        let mut values = [[0; 2]; 4];
        for (at, &end) in ends.iter().enumerate() {
            if let Some(known) = ends[..at].iter().position(|known| *known == end) {
                values[at] = values[known];
                continue;
            }
            values[at] = self.both(Columns::PRE_U, end as usize)?;
            let [old, new] = values[at];
            push_if(old != new, Field::PreU.at(self.number, end + 1), from);
        }
        let [from, to, after_from, after_to] = values;
        Some(
            from[0].checked_sub(to[0]) == Some(own[0])
                && after_from[1].checked_sub(after_to[1]) == Some(own[1]),
        )
    }

    fn raw(&self, id: u32, index: usize, from: &mut Vec<RunPlace>) -> Option<bool> {
        let (own, du) = (
            self.both(Columns::RAW, index)?,
            self.both(Columns::DU, index)?,
        );
        let conductances = self.edges(index)?.map(|edge| edge.conductance);
        let scales = self.runs.map(|run| run.topology().scale);
        push_if(
            conductances[0] != conductances[1],
            Field::Conductance.at(0, id),
            from,
        );
        push_if(scales[0] != scales[1], Field::Scale.of_run(), from);
        push_if(du[0] != du[1], Field::DuOfEdge.at(self.number, id), from);
        let keeps =
            |side: usize| umx::raw(conductances[side], scales[side], du[side]) == Some(own[side]);
        Some(keeps(0) && keeps(1))
    }

    fn flux(&self, id: u32, index: usize, from: &mut Vec<RunPlace>) -> Option<bool> {
        let own = self.both(Columns::F_E, index)?;
        let (raw, du) = (
            self.both(Columns::RAW, index)?,
            self.both(Columns::DU, index)?,
        );
        let caps = self.edges(index)?.map(|edge| edge.cap);
        let at = self.number;
        push_if(caps[0] != caps[1], Field::Capacity.at(0, id), from);
        push_if(raw[0] != raw[1], Field::RawOfEdge.at(at, id), from);
        push_if(du[0] != du[1], Field::DuOfEdge.at(at, id), from);
        let keeps = |side: usize| umx::flux(raw[side], caps[side], du[side]) == own[side];
        Some(keeps(0) && keeps(1))
    }
}

fn push_if(differs: bool, place: RunPlace, from: &mut Vec<RunPlace>) {
    if differs {
        from.push(place);
    }
}

/// The entries that both runs apply at a tick.
fn applied<'c>(
    tick: u64,
    runs: [&'c RunValues<'c>; 2],
    names: &Vocabulary,
) -> Option<Vec<Applied<'c>>> {
    let likely = names.entries_at(tick);
    if likely.is_empty() {
        return Some(Vec::new());
    }
    // Whether an entry is applied is tested by these values.
    let fields = [Field::EntryTick, Field::EntryEvery, Field::EntryUntil];
    let tests = likely
        .iter()
        .flat_map(|entry| fields.map(|field| field.of(*entry)));
    let mut tests = tests.chain([Field::EnablePfna.of_run()]);
    if tests.any(|place| runs[0].value(place) != runs[1].value(place)) {
        return None;
    }
    let [before, after] = runs.map(|run| run.inputs_at(tick));
    let both = before.iter().zip(&after);
    both.map(|(before, after)| {
        let entry =
            |input: &AppliedInput<'_>| names.entry_named(input.entry().tick, input.pfna_id());
        (entry(before) == entry(after)).then_some(())?;
        Some(Applied {
            entry: entry(before)?,
            values: [before.input_values(), after.input_values()],
        })
    })
    .collect()
}
