//! The step of a value of a ledger, from whole ledgers: what [`Compared::step_by_rule`] gives, many
//! times as fast. Most values of a long run are these.

use std::sync::Arc;

use super::compared::{Compared, Step};
use super::place::{Field, RunPlace};
use crate::config::{Edge, Topology};
use crate::record::{EdgeFlux, UmxLedger};
use crate::umx;

/// A tick of both runs.
struct Tick<'c> {
    before: Arc<UmxLedger>,
    after: Arc<UmxLedger>,
    topologies: [&'c Topology; 2],
    number: u64,
    from: Vec<RunPlace>,
}

impl Compared<'_> {
    /// The step of a value of a ledger that both runs have; `None` for any other value.
    pub(super) fn step_in_ledgers(&self, place: RunPlace) -> Option<Step> {
        let in_node = matches!(place.field, Field::PreU | Field::PostU);
        let in_edge = matches!(
            place.field,
            Field::DuOfEdge | Field::RawOfEdge | Field::FluxOfEdge
        );
        if !in_node && !in_edge || self.runs().iter().any(|run| !run.is_whole()) {
            return None;
        }
        let [before, after] = self.runs();
        let mut tick = Tick {
            before: before.ledger(place.at)?,
            after: after.ledger(place.at)?,
            topologies: [before.topology(), after.topology()],
            number: place.at,
            from: Vec::new(),
        };
        let index = (place.index as usize).checked_sub(1)?;
        let keeps_rule = match place.field {
            Field::PreU => self.pre_u(&mut tick, place, index)?,
            Field::PostU => tick.post_u(place.index, index, self.names().edges_of(place.index))?,
            Field::DuOfEdge => tick.du(place.index, index)?,
            Field::RawOfEdge => tick.raw(place.index, index)?,
            _ => tick.flux(place.index, index)?,
        };
        let mut from = tick.from;
        from.sort_unstable();
        from.dedup();
        Some(Step {
            is_rule: from.is_empty() || !keeps_rule,
            reads: from.len() as u64,
            from,
        })
    }

    /// The state before a tick without inputs: that after the tick before.
    fn pre_u(&self, tick: &mut Tick<'_>, place: RunPlace, index: usize) -> Option<bool> {
        if place.at < 2 || !self.names().entries_at(place.at).is_empty() {
            return None;
        }
        let [before, after] = self.runs().map(|run| run.ledger(place.at - 1));
        let old = *before?.post_u.get(index)?;
        let new = *after?.post_u.get(index)?;
        let own = [
            *tick.before.pre_u.get(index)?,
            *tick.after.pre_u.get(index)?,
        ];
        if old != new {
            tick.from.push(Field::PostU.at(place.at - 1, place.index));
        }
        Some(own == [old, new])
    }
}

impl Tick<'_> {
    fn edges(&self, index: usize) -> Option<[(Edge, EdgeFlux); 2]> {
        let [before, after] = self.topologies;
        Some([
            (before.edges.get(index)?, *self.before.edges.get(index)?),
            (after.edges.get(index)?, *self.after.edges.get(index)?),
        ])
    }

    fn push_if(&mut self, differs: bool, place: RunPlace) {
        if differs {
            self.from.push(place);
        }
    }

    fn post_u(&mut self, node: u32, index: usize, edges: &[u32]) -> Option<bool> {
        let pre = [
            *self.before.pre_u.get(index)?,
            *self.after.pre_u.get(index)?,
        ];
        let post = [
            *self.before.post_u.get(index)?,
            *self.after.post_u.get(index)?,
        ];
        self.push_if(pre[0] != pre[1], Field::PreU.at(self.number, node));
        let mut totals = pre.map(i128::from);
        for &id in edges {
            let sides = self.edges((id as usize).checked_sub(1)?)?;
            let starts = sides.map(|(edge, _)| edge.from as usize == index);
            let ends = sides.map(|(edge, _)| edge.to as usize == index);
            self.push_if(starts[0] != starts[1], Field::EdgeFrom.at(0, id));
            self.push_if(ends[0] != ends[1], Field::EdgeTo.at(0, id));
            let fluxes = sides.map(|(_, flux)| flux.f_e);
            let is_used = starts.contains(&true) || ends.contains(&true);
            self.push_if(
                is_used && fluxes[0] != fluxes[1],
                Field::FluxOfEdge.at(self.number, id),
            );
            for side in 0..2 {
                totals[side] -= i128::from(starts[side]) * i128::from(fluxes[side]);
                totals[side] += i128::from(ends[side]) * i128::from(fluxes[side]);
            }
        }
        Some(totals == post.map(i128::from))
    }

    fn du(&mut self, id: u32, index: usize) -> Option<bool> {
        let sides = self.edges(index)?;
        let [(before, _), (after, _)] = sides;
        self.push_if(before.from != after.from, Field::EdgeFrom.at(0, id));
        self.push_if(before.to != after.to, Field::EdgeTo.at(0, id));
        for end in [before.from, before.to, after.from, after.to] {
            let values = [&self.before, &self.after].map(|ledger| ledger.pre_u.get(end as usize));
            // A node that only one of the runs has is for the general rule.
            let [Some(old), Some(new)] = values else {
                return None;
            };
            let differs = old != new;
            self.push_if(differs, Field::PreU.at(self.number, end + 1));
        }
        let ledgers = [&self.before, &self.after];
        let keeps = ledgers.iter().zip(sides).all(|(ledger, (edge, flux))| {
            let at = |end: u32| ledger.pre_u[end as usize];
            at(edge.from).checked_sub(at(edge.to)) == Some(flux.du)
        });
        Some(keeps)
    }

    fn raw(&mut self, id: u32, index: usize) -> Option<bool> {
        let sides = self.edges(index)?;
        let scales = self.topologies.map(|topology| topology.scale);
        let [(before, old), (after, new)] = sides;
        let at = self.number;
        self.push_if(
            before.conductance != after.conductance,
            Field::Conductance.at(0, id),
        );
        self.push_if(scales[0] != scales[1], Field::Scale.of_run());
        self.push_if(old.du != new.du, Field::DuOfEdge.at(at, id));
        let keeps = sides.iter().zip(scales).all(|((edge, flux), scale)| {
            umx::raw(edge.conductance, scale, flux.du) == Some(flux.raw)
        });
        Some(keeps)
    }

    fn flux(&mut self, id: u32, index: usize) -> Option<bool> {
        let sides = self.edges(index)?;
        let [(before, old), (after, new)] = sides;
        let at = self.number;
        self.push_if(before.cap != after.cap, Field::Capacity.at(0, id));
        self.push_if(old.raw != new.raw, Field::RawOfEdge.at(at, id));
        self.push_if(old.du != new.du, Field::DuOfEdge.at(at, id));
        let keeps =
            |(edge, flux): &(Edge, EdgeFlux)| umx::flux(flux.raw, edge.cap, flux.du) == flux.f_e;
        Some(sides.iter().all(keeps))
    }
}
