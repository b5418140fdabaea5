//! The ticks of a run one by one: tick 0, those in the file, and those that are recomputed because
//! the run did not store them.

use std::cell::OnceCell;
use std::ops::RangeInclusive;

use aether_engine::config::RunPlan;
use aether_engine::record::{PBlock, UmxLedger};
use aether_engine::run::{Replay, RunError, RunStatus};
use aether_engine::store::StoredRun;

use crate::exit::Failure;
use crate::selection;

/// A stored run, with its plan if something asks for it.
pub(super) struct Moments<'r> {
    pub(super) run: &'r StoredRun,
    plan: OnceCell<RunPlan>,
    /// The last tick in the file.
    pub(super) stored: u64,
}

/// What there is to see at a tick.
#[derive(Clone, Copy)]
pub(super) enum Moment<'m> {
    /// Tick 0: the initial state with its inputs.
    Start(&'m [i64]),
    /// A tick, with its P-block if that was asked for.
    Made {
        ledger: &'m UmxLedger,
        p_block: Option<&'m PBlock>,
        /// Whether it was recomputed, since the run did not store it.
        replayed: bool,
    },
    /// The tick at which the run fails.
    Fails(RunError),
}

impl<'r> Moments<'r> {
    pub(super) fn of(run: &'r StoredRun) -> Result<Self, Failure> {
        Ok(Self {
            run,
            plan: OnceCell::new(),
            stored: run.ticks_recorded()?,
        })
    }

    /// The plan of the run.
    pub(super) fn plan(&self) -> Result<&RunPlan, Failure> {
        if let Some(plan) = self.plan.get() {
            return Ok(plan);
        }
        let plan = self.run.plan()?;
        Ok(self.plan.get_or_init(|| plan))
    }

    /// The ticks that were asked for, from 0 to the last that the file or a recomputation has; those
    /// from 1 on if none were.
    pub(super) fn ticks(
        &self,
        asked: Option<&RangeInclusive<u64>>,
    ) -> Result<RangeInclusive<u64>, Failure> {
        let is_stored = asked.is_some_and(|asked| *asked.end() <= self.stored);
        let last = if is_stored || self.run.header().status == RunStatus::Complete {
            self.stored
        } else {
            let missing = self.run.missing_ticks(self.plan()?)?;
            self.stored.max(*missing.end())
        };
        match asked {
            None => Ok(last.min(1)..=last),
            Some(_) => selection::among(asked, &(0..=last)),
        }
    }

    /// Whether a tick is one that the run did not store.
    pub(super) fn is_missing(&self, tick: u64) -> bool {
        tick > self.stored
    }

    /// Shows every one of some [`ticks`](Self::ticks), in order. The memory that this takes is that
    /// of one tick.
    pub(super) fn each(
        &self,
        ticks: &RangeInclusive<u64>,
        with_chain: bool,
        mut show: impl FnMut(u64, Moment<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (first, last) = (*ticks.start(), *ticks.end());
        if first == 0 {
            match Replay::from_start(self.plan()?) {
                Ok(replay) => show(0, Moment::Start(replay.state()))?,
                Err(error) => return show(0, Moment::Fails(error)),
            }
        }
        let stored = first.max(1)..=last.min(self.stored);
        let mut p_blocks = with_chain.then(|| self.run.values_of_ticks(stored.clone()));
        for ledger in self.run.values_of_ticks(stored) {
            let ledger: UmxLedger = ledger?;
            let p_block = p_blocks.as_mut().and_then(Iterator::next).transpose()?;
            let made = Moment::Made {
                ledger: &ledger,
                p_block: p_block.as_ref(),
                replayed: false,
            };
            show(ledger.tick, made)?;
        }
        if !self.is_missing(last) {
            return Ok(());
        }
        let mut replayed = self.run.replayed(self.plan()?)?;
        while let Some(made) = replayed.next_tick() {
            let tick = made.ledger.tick;
            if tick > last {
                return Ok(());
            }
            if tick >= first {
                let made = Moment::Made {
                    ledger: made.ledger,
                    p_block: with_chain.then_some(made.p_block),
                    replayed: true,
                };
                show(tick, made)?;
            }
        }
        match replayed.error() {
            Some(error) if error.tick() <= last => show(error.tick(), Moment::Fails(error)),
            _ => Ok(()),
        }
    }
}
