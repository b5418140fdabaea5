//! Ticks whose window is still open: what the second pass over them will need.

use std::collections::BTreeMap;

use super::stepper::Tick;
use crate::canonical::Hash;

/// The ticks of the open primary window, in order.
#[derive(Default)]
pub(super) struct PendingTicks {
    ticks: Vec<PendingTick>,
    /// pre_u and post_u of every tick, end to end.
    states: Vec<i64>,
}

/// One tick that waits for its window's check.
pub(super) struct PendingTick {
    pub(super) tick: u64,
    pub(super) c_prev: i64,
    pub(super) c_t: i64,
    pub(super) ledger_hash: Hash,
    pub(super) p_block_hash: Hash,
    pub(super) i_block_hash: Option<Hash>,
    /// Manifests of additional windows that closed at this tick.
    pub(super) manifest_hashes: BTreeMap<String, Hash>,
}

impl PendingTicks {
    pub(super) fn push(&mut self, tick: &Tick, pending: PendingTick) {
        self.states.extend_from_slice(&tick.ledger.pre_u);
        self.states.extend_from_slice(&tick.ledger.post_u);
        self.ticks.push(pending);
    }

    /// The ticks with their states before and after.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&PendingTick, &[i64], &[i64])> {
        let node_count = self.states.len() / (2 * self.ticks.len().max(1));
        let states = self.states.chunks_exact((2 * node_count).max(1));
        self.ticks.iter().zip(states).map(move |(tick, states)| {
            let (pre_u, post_u) = states.split_at(node_count);
            (tick, pre_u, post_u)
        })
    }

    pub(super) fn clear(&mut self) {
        self.ticks.clear();
        self.states.clear();
    }
}
