//! Loom: the time axis, with a chain value per tick and a checkpoint every W ticks.

mod primes;
mod s_t;

use crate::config::{ChainRule, Profile, RunPlan};
use crate::error::RunError;
use crate::record::{EdgeFluxSummary, IBlock, PBlock, TopologySnapshotEdge, UmxLedger};

pub(crate) use primes::first_primes;
use s_t::StReader;
pub(crate) use s_t::{scaled_flux, weighted_sum};

/// The state of the chain between two ticks.
pub(crate) struct Chain<'p> {
    profile: &'p Profile,
    s_t: StReader,
    value: i64,
}

impl<'p> Chain<'p> {
    /// The chain at tick 0.
    pub(crate) fn start(plan: &'p RunPlan) -> Self {
        Self::at(plan, plan.profile.chain_start)
    }

    /// The chain after some tick, from a checkpoint.
    pub(crate) fn at(plan: &'p RunPlan, value: i64) -> Self {
        let s_t = StReader::new(plan.profile.s_t_rule, plan.topology.node_count);
        Self {
            profile: &plan.profile,
            s_t,
            value,
        }
    }

    /// The chain value.
    pub(crate) const fn value(&self) -> i64 {
        self.value
    }

    /// Advances the chain by the tick of `ledger` and returns its s_t.
    pub(crate) fn step(&mut self, ledger: &UmxLedger) -> Result<i64, RunError> {
        let s_t = self.s_t.read(ledger)?;
        let ChainRule::Cmp0V1 { a, b } = self.profile.chain_rule;
        let next = next_value((a, b), self.value, s_t, ledger.tick);
        self.value = self.profile.reduce(next);
        Ok(s_t)
    }
}

/// a·C_{t−1} + b·s_t + seq, which is still to be reduced.
pub(crate) fn next_value((a, b): (i64, i64), c_prev: i64, s_t: i64, seq: u64) -> i128 {
    // |a·C| and |b·s_t| stay below 2^126 each, so the sum is exact in 128 bits.
    i128::from(a) * i128::from(c_prev) + i128::from(b) * i128::from(s_t) + i128::from(seq)
}

/// A P-block with the ids of all edges, to be reused every tick.
pub(crate) fn new_p_block(edge_count: usize) -> PBlock {
    let edges = (1..)
        .take(edge_count)
        .map(|e_id| EdgeFluxSummary { e_id, f_e: 0 });
    PBlock {
        edge_flux_summary: edges.collect(),
        ..PBlock::default()
    }
}

/// Overwrites `block` (from [`new_p_block`]) with the values of a tick.
pub(crate) fn fill_p_block(block: &mut PBlock, ledger: &UmxLedger, s_t: i64, c_t: i64) {
    block.tick = ledger.tick;
    block.seq = ledger.tick;
    block.s_t = s_t;
    block.c_t = c_t;
    for (summary, flux) in block.edge_flux_summary.iter_mut().zip(&ledger.edges) {
        summary.f_e = flux.f_e;
    }
}

/// The checkpoint after the tick of `ledger`; `None` if the tick has none.
pub(crate) fn checkpoint(plan: &RunPlan, ledger: &UmxLedger, c_t: i64) -> Option<IBlock> {
    let due = ledger.tick.is_multiple_of(plan.checkpoint_spacing);
    due.then(|| IBlock {
        tick: ledger.tick,
        w: plan.checkpoint_spacing,
        c_t,
        profile_version: plan.profile.name.clone(),
        post_u: ledger.post_u.clone(),
        topology_snapshot: snapshot(plan),
    })
}

fn snapshot(plan: &RunPlan) -> Vec<TopologySnapshotEdge> {
    let sc = plan.topology.scale;
    let edges = plan.topology.edges.iter().zip(1..).map(|(edge, e_id)| {
        let (i, j) = edge.node_ids();
        TopologySnapshotEdge {
            e_id,
            i,
            j,
            k: edge.conductance,
            cap: edge.cap,
            sc,
            c: edge.c,
        }
    });
    edges.collect()
}
