//! [`Rereading`]: computes ticks of a run again, for observers that read a window more than once.
//!
//! While windows are open whose ticks will be read again, the state after some of their ticks is
//! kept. Reading starts from the nearest of them. Their number is bounded, so that memory does not
//! grow with the length of a window:
//!
//! ```text
//! states after the ticks    0 1 2 3    full: 0   2   4   6    full: 0       4       8
//! ```

use std::ops::ControlFlow;

use super::RunError;
use super::stepper::{Stepper, Tick};
use crate::aeon::Ticks;
use crate::config::{RunPlan, Spans, Window};
use crate::press::TickView;

/// Most numbers that kept states have together: 4 MiB.
const KEPT_NUMBERS: usize = 1 << 19;
/// How many numbers a state counts for, beside the values of its nodes.
const STATE_NUMBERS: usize = 8;
/// Ticks between two questions whether to stop.
const PROGRESS_TICKS: u64 = 1024;

/// Reads ticks of a run again.
pub(super) struct Rereading<'p> {
    plan: &'p RunPlan,
    /// The windows that will be read, as first and last tick, in order; those that start first come
    /// last.
    coming: Vec<(u64, u64)>,
    /// The last tick of the windows that are open.
    until: u64,
    kept: Vec<Kept>,
    /// The distance of the ticks whose states are kept.
    spacing: u64,
    capacity: usize,
}

/// The state after a tick.
struct Kept {
    tick: u64,
    post_u: Vec<i64>,
    c_t: i64,
}

impl<'p> Rereading<'p> {
    /// Prepares to read the ticks of some windows.
    pub(super) fn new(plan: &'p RunPlan, windows: impl Iterator<Item = &'p Window>) -> Self {
        let numbers = plan.topology.node_count + STATE_NUMBERS;
        let mut coming: Vec<(u64, u64)> = windows
            .map(|window| (*window.ticks.start(), *window.ticks.end()))
            .collect();
        coming.sort_unstable_by(|a, b| b.cmp(a));
        Self {
            plan,
            coming,
            until: 0,
            kept: Vec::new(),
            spacing: 1,
            capacity: (KEPT_NUMBERS / numbers).max(1),
        }
    }

    /// Takes a tick that was made, before the windows that end with it are read.
    pub(super) fn take(&mut self, made: &Tick) {
        let tick = made.ledger.tick;
        if tick > self.until {
            self.kept.clear();
            self.spacing = 1;
        }
        // The state after a tick is that before the next.
        while let Some(&(start, end)) = self.coming.last()
            && start <= tick + 1
        {
            self.until = self.until.max(end);
            self.coming.pop();
        }
        if tick < self.until {
            self.keep(made);
        }
    }

    fn keep(&mut self, made: &Tick) {
        let tick = made.ledger.tick;
        let base = self.kept.first().map_or(tick, |first| first.tick);
        if !(tick - base).is_multiple_of(self.spacing) {
            return;
        }
        if self.kept.len() >= self.capacity {
            self.spacing *= 2;
            let spacing = self.spacing;
            self.kept
                .retain(|kept| (kept.tick - base).is_multiple_of(spacing));
        }
        if self.kept.len() < self.capacity && (tick - base).is_multiple_of(self.spacing) {
            self.kept.push(Kept {
                tick,
                post_u: made.ledger.post_u.clone(),
                c_t: made.p_block.c_t,
            });
        }
    }

    /// The ticks so far, to be read after tick `last`. `progress` may ask the run to stop.
    pub(super) fn reader<'r>(
        &'r self,
        last: u64,
        progress: &'r dyn Fn(u64) -> ControlFlow<()>,
    ) -> Reader<'r, 'p> {
        let stepper = self.stepper_before(1);
        Reader {
            tick: stepper.new_tick(),
            stepper,
            source: self,
            last,
            progress,
            steps: 0,
        }
    }

    /// The last kept state before a tick; `None` if that is the state before tick 1.
    fn kept_before(&self, tick: u64) -> Option<&Kept> {
        let after = self.kept.partition_point(|kept| kept.tick < tick);
        self.kept[..after].last()
    }

    fn stepper_before(&self, tick: u64) -> Stepper<'p> {
        match self.kept_before(tick) {
            Some(kept) => Stepper::at(self.plan, kept.tick, kept.post_u.clone(), kept.c_t),
            None => Stepper::start(self.plan).expect(MADE),
        }
    }
}

const MADE: &str = "a tick that was made once is made again from the same state";

/// Reads ticks one by one, in any order.
pub(super) struct Reader<'r, 'p> {
    source: &'r Rereading<'p>,
    stepper: Stepper<'p>,
    /// The tick that was made last.
    tick: Tick,
    /// The last tick of the run so far.
    last: u64,
    progress: &'r dyn Fn(u64) -> ControlFlow<()>,
    steps: u64,
}

impl Reader<'_, '_> {
    /// Makes a tick, unless it is the one that was made last.
    fn read(&mut self, tick: u64) -> Result<(), RunError> {
        assert!(
            (1..=self.last).contains(&tick),
            "only ticks that were made are read again"
        );
        if self.tick.ledger.tick == tick {
            return Ok(());
        }
        let next = self.stepper.next_tick();
        let kept = self.source.kept_before(tick).map_or(0, |kept| kept.tick);
        if next > tick || next <= kept {
            self.stepper = self.source.stepper_before(tick);
        }
        while self.stepper.next_tick() <= tick {
            self.stepper.step(&mut self.tick).expect(MADE);
            self.steps += 1;
            if self.steps.is_multiple_of(PROGRESS_TICKS) && (self.progress)(self.last).is_break() {
                return Err(RunError::Cancelled { tick: self.last });
            }
        }
        Ok(())
    }
}

impl Ticks for Reader<'_, '_> {
    fn each(
        &mut self,
        spans: &Spans,
        visit: &mut dyn FnMut(&TickView<'_>),
    ) -> Result<(), RunError> {
        for tick in spans.ticks() {
            self.read(tick)?;
            visit(&TickView {
                ledger: &self.tick.ledger,
                c_prev: self.tick.c_prev,
            });
        }
        Ok(())
    }
}
