//! The rule of a tick: inputs, fluxes, chain. A direct run and a replay share it.

use crate::config::RunPlan;
use crate::loom::Chain;
use crate::record::{IBlock, Tick};
use crate::umx::{self, State};

use super::RunError;

/// The state of a run between two ticks.
pub(super) struct Stepper<'p> {
    plan: &'p RunPlan,
    state: State<'p>,
    chain: Chain<'p>,
    next_tick: u64,
}

impl<'p> Stepper<'p> {
    /// The state before tick 1.
    pub(super) fn start(plan: &'p RunPlan) -> Result<Self, RunError> {
        let (state, chain) = (State::initial(plan)?, Chain::start(plan));
        Ok(Self {
            plan,
            state,
            chain,
            next_tick: 1,
        })
    }

    /// The state after the tick of a checkpoint.
    pub(super) fn after(plan: &'p RunPlan, checkpoint: &IBlock) -> Self {
        let post_u = checkpoint.post_u.clone();
        Self::at(plan, checkpoint.tick, post_u, checkpoint.c_t)
    }

    /// The state after a tick, from the values of all nodes and of the chain.
    pub(super) fn at(plan: &'p RunPlan, tick: u64, post_u: Vec<i64>, c_t: i64) -> Self {
        Self {
            plan,
            state: State::at(plan, post_u),
            chain: Chain::at(plan, c_t),
            next_tick: tick + 1,
        }
    }

    /// The current values of all nodes.
    pub(super) fn values(&self) -> &[i64] {
        self.state.values()
    }

    /// The current chain value.
    pub(super) const fn chain_value(&self) -> i64 {
        self.chain.value()
    }

    /// A tick of this run's size, to be used again and again.
    pub(super) fn new_tick(&self) -> Tick {
        Tick::new(self.plan)
    }

    /// Computes the next tick and overwrites `tick` with it.
    pub(super) fn step(&mut self, tick: &mut Tick) -> Result<(), RunError> {
        tick.tick = self.next_tick;
        tick.c_prev = self.chain.value();
        (tick.sum, tick.s_t) = self.pass()?;
        tick.c_t = self.chain.value();
        self.state.hand_over(tick);
        Ok(())
    }

    /// Computes the next tick, and keeps nothing but the state after it. Returns the sum of the values, and s_t.
    pub(super) fn pass(&mut self) -> Result<(i64, i64), RunError> {
        let number = self.next_tick;
        self.state
            .add_inputs(number, &self.plan.inputs_at(number))?;
        let sum = self.state.advance(number)?;
        let states = [self.state.values_before(), self.state.values()];
        umx::check_diagnostics(&self.plan.diagnostics, number, states)?;
        let f_e = self.state.fluxes().iter().map(|flux| flux.f_e);
        let s_t = self.chain.step(number, self.state.values(), f_e)?;
        self.next_tick += 1;
        Ok((sum, s_t))
    }

    /// The tick that comes next.
    pub(super) const fn next_tick(&self) -> u64 {
        self.next_tick
    }

    /// The plan being run.
    pub(super) const fn plan(&self) -> &'p RunPlan {
        self.plan
    }
}
