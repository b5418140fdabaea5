//! [`Ticks`]: the ticks of a picture, read or recomputed one by one.

use std::ops::RangeInclusive;

use aether_engine::config::RunPlan;
use aether_engine::record::UmxLedger;
use aether_engine::run::{Operation, Replay, RunError, RunStatus};
use aether_engine::store::StoredRun;

use crate::exit::Failure;
use crate::progress::Progress;
use crate::registry::id_of;

/// The ticks that a picture shows. Ticks that the run reached and did not store are recomputed.
pub(super) struct Ticks<'r> {
    run: &'r StoredRun,
    plan: &'r RunPlan,
    /// The last stored tick, and the last one that can be recomputed.
    stored: u64,
    range: RangeInclusive<u64>,
}

/// One tick of a picture.
pub(super) struct Moment<'m> {
    pub(super) tick: u64,
    /// The state after the tick; at tick 0, after its inputs.
    pub(super) state: &'m [i64],
    /// `None` at tick 0, which has no fluxes.
    pub(super) ledger: Option<&'m UmxLedger>,
}

impl<'r> Ticks<'r> {
    /// The ticks that were asked for, or all from `first` on.
    pub(super) fn new(
        run: &'r StoredRun,
        plan: &'r RunPlan,
        asked: Option<&RangeInclusive<u64>>,
        first: u64,
    ) -> Result<Self, Failure> {
        let stored = run.ticks_recorded();
        let missing = run.missing_ticks(plan)?;
        let has_no_state = match run.header().status {
            RunStatus::Failed(RunError::Overflow { operation, .. }) => operation != Operation::Bits,
            RunStatus::Failed(_) => true,
            RunStatus::Complete | RunStatus::Incomplete => false,
        };
        // The failing tick has no state, unless only its description length is too large.
        let last = missing.end().saturating_sub(u64::from(has_no_state));
        let last = last.max(stored);
        let name = id_of(run);
        if last < first {
            return Err(Failure::Input(format!(
                "run `{name}` has no committed window yet, so there is nothing to draw"
            )));
        }
        let range = asked.cloned().unwrap_or(first..=last);
        if *range.start() < first || *range.end() > last || range.is_empty() {
            let (from, to) = range.into_inner();
            return Err(Failure::Input(format!(
                "ticks {from} to {to} of run `{name}` cannot be drawn: its ticks are {first} to {last}"
            )));
        }
        Ok(Self {
            run,
            plan,
            stored,
            range,
        })
    }

    pub(super) const fn range(&self) -> &RangeInclusive<u64> {
        &self.range
    }

    /// The first tick that is not stored, if any is shown.
    fn replayed_from(&self) -> Option<u64> {
        let first = (self.stored + 1).max(*self.range.start());
        // Tick 0 is never stored, and always follows from the inputs.
        (first <= *self.range.end()).then_some(first)
    }

    /// The first tick that is not stored, and what a picture says about it.
    pub(super) fn replayed(&self) -> Option<(u64, String)> {
        self.replayed_from().zip(self.note())
    }

    /// Which ticks are recomputed and why; `None` if none are.
    pub(super) fn note(&self) -> Option<String> {
        let (from, to) = (self.replayed_from()?, self.range.end());
        let ticks = if from == *to {
            format!("Tick {from} is")
        } else {
            format!("Ticks {from} to {to} are")
        };
        let why = match self.run.header().status {
            RunStatus::Failed(error) => format!("the run failed at tick {}", error.tick()),
            RunStatus::Complete | RunStatus::Incomplete => {
                format!("the run was cut off after its stored tick {}", self.stored)
            }
        };
        Some(format!("{ticks} replayed from the stored inputs: {why}."))
    }

    /// Calls `each` for every tick in order.
    pub(super) fn each(
        &self,
        mut each: impl FnMut(&Moment<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (first, last) = (*self.range.start(), *self.range.end());
        let progress = Progress::ticks(last - first + 1);
        let mut each = |moment: &Moment<'_>| {
            progress.set(moment.tick - first);
            each(moment)
        };
        if first == 0 {
            let start = Replay::from_start(self.plan)
                .map_err(|error| Failure::run(error, self.plan.names()))?;
            each(&Moment {
                tick: 0,
                state: start.state(),
                ledger: None,
            })?;
        }
        let stored = first.max(1)..=last.min(self.stored);
        if !stored.is_empty() {
            for ledger in self.run.values_of_ticks::<UmxLedger>(stored) {
                let ledger = ledger?;
                self.check(&ledger)?;
                each(&Moment {
                    tick: ledger.tick,
                    state: &ledger.post_u,
                    ledger: Some(&ledger),
                })?;
            }
        }
        if self.replayed_from().is_none() {
            return Ok(());
        }
        let mut replayed = self.run.replayed(self.plan)?;
        while let Some(made) = replayed.next_tick() {
            let ledger = made.ledger;
            if ledger.tick > last {
                break;
            }
            if ledger.tick >= first {
                each(&Moment {
                    tick: ledger.tick,
                    state: &ledger.post_u,
                    ledger: Some(ledger),
                })?;
            }
        }
        Ok(())
    }

    /// Refuses a ledger that does not have as many nodes and edges as the run.
    fn check(&self, ledger: &UmxLedger) -> Result<(), Failure> {
        let header = self.run.header();
        for (what, expected, found) in [
            ("nodes", header.node_count, ledger.post_u.len()),
            ("edges", header.edge_count, ledger.edges.len()),
        ] {
            if found != expected {
                return Err(Failure::Damaged(format!(
                    "{} is damaged: the run has {expected} {what}, but the ledger of tick {} has \
                     {found}",
                    self.run.path().display(),
                    ledger.tick
                )));
            }
        }
        Ok(())
    }
}
