//! The rule of a tick: inputs, fluxes, chain. A direct run and a replay share it.

use crate::config::RunPlan;
use crate::loom::{self, Chain};
use crate::record::{IBlock, PBlock, UmxLedger};
use crate::umx::{self, State};

use super::RunError;

/// The records of one tick that do not depend on a window.
#[derive(Clone, Debug)]
pub(super) struct Tick {
    pub(super) ledger: UmxLedger,
    pub(super) p_block: PBlock,
    pub(super) i_block: Option<IBlock>,
    /// C_{t−1}.
    pub(super) c_prev: i64,
}

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

    /// A tick with the ids of all edges, to be reused.
    pub(super) fn new_tick(&self) -> Tick {
        Tick {
            ledger: self.state.new_ledger(),
            p_block: loom::new_p_block(self.plan.topology.edges.len()),
            i_block: None,
            c_prev: 0,
        }
    }

    /// Computes the next tick and overwrites `tick` with it.
    pub(super) fn step(&mut self, tick: &mut Tick) -> Result<(), RunError> {
        let number = self.next_tick;
        self.state.add_inputs(number, self.plan.inputs_at(number))?;
        self.state.step(number, &mut tick.ledger)?;
        umx::check_diagnostics(&self.plan.diagnostics, &tick.ledger)?;
        tick.c_prev = self.chain.value();
        let s_t = self.chain.step(&tick.ledger)?;
        let c_t = self.chain.value();
        loom::fill_p_block(&mut tick.p_block, &tick.ledger, s_t, c_t);
        tick.i_block = loom::checkpoint(self.plan, &tick.ledger, c_t);
        self.next_tick += 1;
        Ok(())
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

impl Tick {
    /// The ids of the inputs that were added before this tick, in order.
    pub(super) fn pfna_refs(&self, plan: &RunPlan) -> Vec<String> {
        let applied = plan.inputs_before(self.ledger.tick);
        applied.iter().map(|entry| entry.pfna_id.clone()).collect()
    }
}
