//! Loom: the time axis, with a chain value per tick.

mod primes;
mod s_t;

use crate::config::{ChainRule, Profile, RunPlan};
use crate::error::RunError;

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

    /// Advances the chain by a tick, and returns its s_t.
    pub(crate) fn step(
        &mut self,
        tick: u64,
        post_u: &[i64],
        f_e: impl Iterator<Item = i64>,
    ) -> Result<i64, RunError> {
        let s_t = self.s_t.read(tick, post_u, f_e)?;
        let ChainRule::Cmp0V1 { a, b } = self.profile.chain_rule;
        let next = next_value((a, b), self.value, s_t, tick);
        self.value = self.profile.reduce(next);
        Ok(s_t)
    }
}

/// a·C_{t−1} + b·s_t + seq, which is still to be reduced.
pub(crate) fn next_value((a, b): (i64, i64), c_prev: i64, s_t: i64, seq: u64) -> i128 {
    // |a·C| and |b·s_t| stay below 2^126 each, so the sum is exact in 128 bits.
    i128::from(a) * i128::from(c_prev) + i128::from(b) * i128::from(s_t) + i128::from(seq)
}
