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
use super::stepper::Stepper;
use crate::aeon::Ticks;
use crate::config::{RunPlan, Spans, Window};
use crate::press::TickView;
use crate::record::Tick;

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
        let tick = made.tick;
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
        let tick = made.tick;
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
                post_u: made.post_u.clone(),
                c_t: made.c_t,
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
        if self.tick.tick == tick {
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
            visit(&TickView::of(&self.tick));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{MemoryDocuments, load_run};

    /// A run of two windows that moves and takes inputs.
    fn plan() -> RunPlan {
        let documents = MemoryDocuments::new()
            .with(
                "run.toml",
                "v = 1\ngid = \"G\"\nrun_id = \"R\"\ntopology_path = \"t.json\"\n\
                 profile_path = \"p.json\"\nticks = 40\ninitial_state = [90, 3, 0]\nwindow_every = 20\n\
                 enable_pfna = true\npfna_path = \"i.json\"\n",
            )
            .with(
                "t.json",
                r#"{"gid":"G","profile":"CMP-0","N":3,"SC":32,"edges":[
                    {"e_id":1,"i":1,"j":2,"k":9,"cap":99},{"e_id":2,"i":2,"j":3,"k":7,"cap":99}]}"#,
            )
            .with(
                "p.json",
                r#"{"name":"CMP-0","modulus_M":1009,"C0":5,"SC":32,"I_block_spacing_W":8,
                    "flux_rule":{"type":"CMP0_flux_v1"},"chain_rule":{"type":"CMP0_chain_v1"},
                    "s_t_rule":{"mode":"prime_weighted"}}"#,
            )
            .with(
                "i.json",
                r#"{"v":0,"pfna_id":"P","gid":"G","entries":[
                    {"pfna_id":"a","tick":0,"values":[1,0,0]},
                    {"pfna_id":"b","tick":3,"values":[0,0,5],"repeat":{"every":7}}]}"#,
            );
        load_run(&documents, "run.toml".as_ref()).unwrap_or_else(|report| panic!("{report}"))
    }

    #[test]
    fn ticks_are_made_again_whatever_is_kept() {
        let plan = plan();
        let order = [39, 1, 7, 7, 8, 2, 40, 21, 20, 22, 6, 40];
        for (capacity, windows) in [
            (1, &plan.windows[..]),
            (2, &plan.windows[..]),
            (3, &plan.windows[1..]),
            (1000, &plan.windows[..]),
            (5, &[]),
        ] {
            let mut rereading = Rereading::new(&plan, windows.iter());
            rereading.capacity = capacity;
            let mut stepper = Stepper::start(&plan).expect("it starts");
            let mut tick = stepper.new_tick();
            let mut made = Vec::new();
            let of = |view: &TickView<'_>| {
                let mut fluxes = Vec::new();
                view.fluxes(|some| fluxes.extend_from_slice(some));
                let (pre_u, post_u) = (view.pre_u.to_vec(), view.post_u.to_vec());
                (view.tick, pre_u, post_u, fluxes, view.c_prev)
            };
            for _ in 0..plan.ticks {
                stepper.step(&mut tick).expect("it goes on");
                rereading.take(&tick);
                assert!(rereading.kept.len() <= capacity);
                made.push(of(&TickView::of(&tick)));
            }
            let go_on = |_| ControlFlow::Continue(());
            let mut reader = rereading.reader(plan.ticks, &go_on);
            for number in order {
                let mut read = Vec::new();
                let spans = Spans::range(number, number);
                let visited = reader.each(&spans, &mut |view| {
                    read.push(of(view));
                });
                assert_eq!(visited, Ok(()));
                let index = usize::try_from(number).expect("small");
                assert_eq!(read, made[index - 1..index], "{capacity}");
            }
        }
    }

    #[test]
    fn reading_stops_on_request() {
        let plan = plan();
        let rereading = Rereading::new(&plan, [].into_iter());
        let stop = |_| ControlFlow::Break(());
        let mut reader = rereading.reader(plan.ticks, &stop);
        let backwards: Vec<Spans> = (1..=40)
            .rev()
            .map(|tick| Spans::range(tick, tick))
            .collect();
        let twice = [
            Spans::concat(backwards.iter()),
            Spans::concat(backwards.iter()),
        ];
        let spans = Spans::concat(twice.iter());
        let stopped = reader.each(&spans, &mut |_| {});
        assert_eq!(stopped, Err(RunError::Cancelled { tick: 40 }));
    }
}
