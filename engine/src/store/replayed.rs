//! [`Replayed`]: recomputes the ticks that a run reached and did not store.
//!
//! A run stores whole windows. If it fails or is cut off inside one, the ticks of that window are
//! not in its file. They follow from the last stored tick and the inputs.
//!
//! ```text
//! windows 1–50 and 51–100, failed at tick 77     stored 1–50, replayed 51–76, tick 77 fails again
//! ```

use std::ops::RangeInclusive;

use super::stored::StoredRun;
use super::{Damage, StoreError};
use crate::config::RunPlan;
use crate::record::{PBlock, RecordType, UmxLedger};
use crate::run::{Replay, ReplayedTick, RunError, RunStatus};

/// The missing ticks of a run, recomputed one by one; made by [`StoredRun::replayed`].
///
/// ```no_run
/// use aether_engine::store::RunStore;
///
/// let run = RunStore::new(".aether/runs").open("burst")?;
/// let plan = run.plan()?;
/// let mut replayed = run.replayed(&plan)?;
/// while let Some(tick) = replayed.next_tick() {
///     println!("{}: {:?}", tick.ledger.tick, tick.ledger.post_u);
/// }
/// println!("{:?}", replayed.error());
/// # Ok::<(), aether_engine::store::StoreError>(())
/// ```
pub struct Replayed<'p> {
    /// `None` if the run fails before its first tick.
    replay: Option<Replay<'p>>,
    last: u64,
    error: Option<RunError>,
}

impl StoredRun {
    /// The ticks that the run reached and did not store: from the first after its last committed
    /// window up to the one in which it failed. If it was cut off, how far it got is not known, and
    /// they are all ticks of that window. Empty if nothing is missing.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn missing_ticks(&self, plan: &RunPlan) -> Result<RangeInclusive<u64>, StoreError> {
        let first = self.ticks_recorded() + 1;
        let last = match self.header().status {
            RunStatus::Complete => first - 1,
            RunStatus::Failed(error) => error.tick(),
            RunStatus::Incomplete => {
                let mut windows = plan.primary_windows();
                let window = windows.find(|window| window.ticks.contains(&first));
                window.map_or(first - 1, |window| *window.ticks.end())
            }
        };
        Ok(first..=last)
    }

    /// Recomputes the [missing ticks](Self::missing_ticks) from the last stored one. The memory
    /// that it takes is that of one tick.
    ///
    /// # Errors
    /// The file cannot be read, or the last stored tick is damaged.
    pub fn replayed<'p>(&self, plan: &'p RunPlan) -> Result<Replayed<'p>, StoreError> {
        let missing = self.missing_ticks(plan)?;
        let stored = missing.start() - 1;
        let started = match stored {
            0 => Replay::from_start(plan),
            tick => {
                let ledger = self.at_tick::<UmxLedger>(tick)?;
                let p_block = self.at_tick::<PBlock>(tick)?;
                Ok(Replay::after(plan, ledger, &p_block))
            }
        };
        let last = *missing.end();
        Ok(match started {
            Ok(replay) => Replayed {
                replay: Some(replay),
                last,
                error: None,
            },
            Err(error) => Replayed {
                replay: None,
                last,
                error: Some(error),
            },
        })
    }

    /// The record of a stored tick.
    fn at_tick<R: RecordType>(&self, tick: u64) -> Result<R, StoreError> {
        let kind = R::INFO.kind.name();
        self.value(tick)?.ok_or_else(|| {
            self.damaged(Damage::Missing {
                kind,
                position: tick,
            })
        })
    }
}

impl Replayed<'_> {
    /// The next missing tick; `None` after the last, and at the tick that fails.
    pub fn next_tick(&mut self) -> Option<ReplayedTick<'_>> {
        let replay = self.replay.as_mut()?;
        if self.error.is_some() || replay.next_tick() > self.last {
            return None;
        }
        match replay.advance() {
            Ok(tick) => tick,
            Err(error) => {
                self.error = Some(error);
                None
            }
        }
    }

    /// Why the tick after the last one returned cannot be computed; `None` if none has failed yet.
    pub const fn error(&self) -> Option<RunError> {
        self.error
    }
}
