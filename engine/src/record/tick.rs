//! [`Tick`]: a tick as a run makes it, from which its ledger, its P-block and its checkpoint are written.

use super::{EdgeFlux, EdgeFluxSummary, Fluxes, IBlock, PBlock, UmxLedger};
use crate::config::RunPlan;

/// A tick that was made: its state and fluxes, and its place on the time chain.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tick {
    /// The tick.
    pub tick: u64,
    /// State before the tick, external inputs added; N numbers.
    pub pre_u: Vec<i64>,
    /// State after the tick; N numbers.
    pub post_u: Vec<i64>,
    /// The sum of the values, which is the same before and after.
    pub sum: i64,
    /// What every edge did.
    pub fluxes: Fluxes,
    /// The number that the profile's s_t rule reads off the tick.
    pub s_t: i64,
    /// C_{t−1}.
    pub c_prev: i64,
    /// C_t.
    pub c_t: i64,
}

impl Tick {
    /// A tick of a plan's size, to be overwritten.
    pub(crate) fn new(plan: &RunPlan) -> Self {
        let state = vec![0; plan.topology.node_count];
        Self {
            tick: 0,
            pre_u: state.clone(),
            post_u: state,
            sum: 0,
            fluxes: Fluxes::new(plan.topology.edges.len()),
            s_t: 0,
            c_prev: 0,
            c_t: 0,
        }
    }

    /// The ledger.
    pub fn ledger(&self, plan: &RunPlan) -> UmxLedger {
        let edges = plan.topology.edges.iter().zip(1..).zip(self.fluxes.iter());
        let edges = edges.map(|((edge, e_id), flux)| EdgeFlux::new(e_id, &edge, flux));
        UmxLedger {
            edges: edges.collect(),
            post_u: self.post_u.clone(),
            pre_u: self.pre_u.clone(),
            sum_post_u: self.sum,
            sum_pre_u: self.sum,
            tick: self.tick,
            z_check: self.sum,
        }
    }

    /// Whether a ledger has the numbers of the tick; its edges are those of the plan.
    pub fn is_in(&self, ledger: &UmxLedger) -> bool {
        let numbers = |edge: &EdgeFlux| (edge.du, edge.raw, edge.f_e);
        let fluxes = self.fluxes.iter().map(|flux| (flux.du, flux.raw, flux.f_e));
        let sums = [ledger.sum_pre_u, ledger.sum_post_u, ledger.z_check];
        self.tick == ledger.tick
            && self.pre_u == ledger.pre_u
            && self.post_u == ledger.post_u
            && sums == [self.sum; 3]
            && fluxes.eq(ledger.edges.iter().map(numbers))
    }

    /// The P-block.
    pub fn p_block(&self) -> PBlock {
        let f_e = self.fluxes.iter().map(|flux| flux.f_e);
        PBlock {
            c_t: self.c_t,
            edge_flux_summary: EdgeFluxSummary::all(f_e),
            s_t: self.s_t,
            seq: self.tick,
            tick: self.tick,
        }
    }

    /// The checkpoint; `None` if the tick has none.
    pub fn i_block(&self, plan: &RunPlan) -> Option<IBlock> {
        let is_due = plan.has_checkpoint(self.tick);
        is_due.then(|| IBlock::new(plan, self.tick, self.c_t, self.post_u.clone()))
    }
}
