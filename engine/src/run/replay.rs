//! Replay: recomputes ticks from a checkpoint or from the start, by the same rule.

use super::RunError;
use super::stepper::Stepper;
use crate::config::RunPlan;
use crate::loom::Chain;
use crate::record::{EdgeFluxSummary, IBlock, PBlock, Tick, UmxLedger};

/// Recomputes a run tick by tick, external inputs included.
pub struct Replay<'p> {
    stepper: Stepper<'p>,
    /// The last tick whose records were made, once there is one.
    tick: Option<Tick>,
    made: Option<Made>,
}

/// The records of a tick.
struct Made {
    ledger: UmxLedger,
    p_block: PBlock,
    i_block: Option<IBlock>,
}

/// One recomputed tick.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ReplayedTick<'r> {
    /// State and fluxes.
    pub ledger: &'r UmxLedger,
    /// The tick on the chain.
    pub p_block: &'r PBlock,
    /// The checkpoint; `None` if the tick has none.
    pub i_block: Option<&'r IBlock>,
}

impl<'p> Replay<'p> {
    /// A replay that starts before tick 1.
    ///
    /// # Errors
    /// The inputs of tick 0 take a value out of range.
    pub fn from_start(plan: &'p RunPlan) -> Result<Self, RunError> {
        Stepper::start(plan).map(Self::new)
    }

    /// A replay that starts after the tick of a checkpoint of a run of the same plan.
    pub fn from_checkpoint(plan: &'p RunPlan, checkpoint: &IBlock) -> Self {
        Self::new(Stepper::after(plan, checkpoint))
    }

    /// A replay that starts after a tick, from its ledger and its P-block.
    #[cfg(feature = "store")]
    pub(crate) fn after(plan: &'p RunPlan, ledger: UmxLedger, p_block: &PBlock) -> Self {
        Self::new(Stepper::at(plan, ledger.tick, ledger.post_u, p_block.c_t))
    }

    const fn new(stepper: Stepper<'p>) -> Self {
        Self {
            stepper,
            tick: None,
            made: None,
        }
    }

    /// The current state: N numbers.
    pub fn state(&self) -> &[i64] {
        self.stepper.values()
    }

    /// The current chain value: C_t of the tick before [`Replay::next_tick`].
    pub const fn chain_value(&self) -> i64 {
        self.stepper.chain_value()
    }

    /// The tick that [`Replay::advance`] computes next; T + 1 at the end of the run.
    pub const fn next_tick(&self) -> u64 {
        self.stepper.next_tick()
    }

    /// Computes the ticks before `tick`, and makes no records of them.
    ///
    /// # Errors
    /// The error that ended the run at one of them.
    pub fn pass(&mut self, tick: u64) -> Result<(), RunError> {
        while self.next_tick() < tick.min(self.stepper.plan().ticks + 1) {
            self.stepper.pass()?;
        }
        Ok(())
    }

    /// Computes the next tick and its records; `None` after the last.
    ///
    /// # Errors
    /// The error that ended the run at this tick.
    pub fn advance(&mut self) -> Result<Option<ReplayedTick<'_>>, RunError> {
        let plan = self.stepper.plan();
        if self.next_tick() > plan.ticks {
            return Ok(None);
        }
        let tick = self.tick.get_or_insert_with(|| self.stepper.new_tick());
        self.stepper.step(tick)?;
        let made = self.made.insert(Made {
            ledger: tick.ledger(plan),
            p_block: tick.p_block(),
            i_block: tick.i_block(plan),
        });
        Ok(Some(ReplayedTick {
            ledger: &made.ledger,
            p_block: &made.p_block,
            i_block: made.i_block.as_ref(),
        }))
    }
}

/// How the time chain does not follow from the ledgers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainFault {
    /// A P-block differs from what its ledger and the previous chain value give.
    #[error("the P-block of tick {tick} does not follow from the ledger: expected C_t {expected}")]
    PBlock {
        /// The tick.
        tick: u64,
        /// The chain value that follows from the ledgers.
        expected: i64,
    },
    /// A checkpoint differs from what its ledger and the chain give, is missing, or is at a tick
    /// that has none.
    #[error("the checkpoint of tick {tick} does not follow from the ledger")]
    IBlock {
        /// The tick.
        tick: u64,
    },
    /// The ledgers are not those of ticks 1, 2, 3, ….
    #[error("expected the ledger of tick {expected}, found that of tick {found}")]
    Ledger {
        /// The tick that comes next.
        expected: u64,
        /// The tick of the ledger.
        found: u64,
    },
    /// s_t cannot be computed from a ledger.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Recomputes the whole chain and every checkpoint from only the ledgers.
///
/// # Errors
/// The first record that differs.
pub fn check_chain(
    plan: &RunPlan,
    ledgers: impl IntoIterator<Item = UmxLedger>,
    p_blocks: impl IntoIterator<Item = PBlock>,
    i_blocks: impl IntoIterator<Item = IBlock>,
) -> Result<(), ChainFault> {
    let mut chain = Chain::start(plan);
    let mut p_blocks = p_blocks.into_iter();
    let mut i_blocks = i_blocks.into_iter().peekable();
    let mut last = 0;
    for ledger in ledgers {
        let tick = ledger.tick;
        if tick != last + 1 || ledger.edges.len() != plan.topology.edges.len() {
            return Err(ChainFault::Ledger {
                expected: last + 1,
                found: tick,
            });
        }
        last = tick;
        let f_e = || ledger.edges.iter().map(|edge| edge.f_e);
        let s_t = chain.step(tick, &ledger.post_u, f_e())?;
        let c_t = chain.value();
        let expected = PBlock {
            c_t,
            edge_flux_summary: EdgeFluxSummary::all(f_e()),
            s_t,
            seq: tick,
            tick,
        };
        if p_blocks.next() != Some(expected) {
            return Err(ChainFault::PBlock {
                tick,
                expected: c_t,
            });
        }
        let is_due = plan.has_checkpoint(tick);
        let checkpoint = is_due.then(|| IBlock::new(plan, tick, c_t, ledger.post_u));
        if i_blocks.next_if(|block| block.tick == tick) != checkpoint {
            return Err(ChainFault::IBlock { tick });
        }
    }
    match (p_blocks.next(), i_blocks.next()) {
        (Some(block), _) => Err(ChainFault::Ledger {
            expected: last + 1,
            found: block.tick,
        }),
        (None, Some(block)) => Err(ChainFault::IBlock { tick: block.tick }),
        (None, None) => Ok(()),
    }
}
