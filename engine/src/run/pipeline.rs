//! The order of the steps of a run; the module documentation of `run` describes them.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::ControlFlow;

use super::batch::{self, Batches, Slot};
use super::binding::{Binder, ClosedWindow, Scenes};
use super::observer::AeonObserver;
use super::pending::{PendingTick, PendingTicks};
use super::recorder::Recorder;
use super::sink::RecordSink;
use super::stepper::Stepper;
use super::workers::{Workers, with_workers};
use super::{Operation, RunError};
use crate::canonical::Hash;
use crate::codex::Codex;
use crate::config::{AppliedInput, RunPlan, Window};
use crate::press::{TickView, WindowTally};
use crate::record::{
    CodexLibraryEntry, Component, EdgeTexts, LogEvent, LogPayload, Manifest, Metrics, Record,
    StatusName,
};

/// Most ticks whose scenes are made in one go.
const SCENES_MAX: usize = 32;
/// Most values of nodes in such a go, unless a single tick has more.
const SCENE_NUMBERS_MAX: usize = 1 << 17;
/// How many such goes of each thread are ahead of the entry that is recorded.
const SCENES_AHEAD: usize = 4;

/// Options of a run; none of them changes a byte of any record.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use aether_engine::run::RunOptions;
///
/// let half = |tick: u64| if tick < 50 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
/// let options = RunOptions::default().threads(2).progress(&half);
/// ```
#[derive(Clone, Copy)]
pub struct RunOptions<'o> {
    pub(crate) threads: usize,
    pub(crate) from_checkpoints: bool,
    pub(crate) progress: &'o (dyn Fn(u64) -> ControlFlow<()> + Sync),
    pub(crate) log: Option<&'o dyn Fn(&LogEvent)>,
}

impl<'o> RunOptions<'o> {
    /// The number of threads that encode and hash; at least 1, which is the default.
    #[must_use]
    pub const fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// Starts every span between checkpoints from its checkpoint instead of the current state: a
    /// replay of the whole run.
    #[must_use]
    pub const fn from_checkpoints(self) -> Self {
        Self {
            from_checkpoints: true,
            ..self
        }
    }

    /// Calls a function with the last finished tick now and then; it may ask the run to stop.
    #[must_use]
    pub const fn progress(self, progress: &'o (dyn Fn(u64) -> ControlFlow<()> + Sync)) -> Self {
        Self { progress, ..self }
    }

    /// Calls a function with every log event when its window is committed.
    #[must_use]
    pub const fn log(self, log: &'o dyn Fn(&LogEvent)) -> Self {
        Self {
            log: Some(log),
            ..self
        }
    }
}

impl Default for RunOptions<'_> {
    fn default() -> Self {
        Self {
            threads: 1,
            from_checkpoints: false,
            progress: &|_| ControlFlow::Continue(()),
            log: None,
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// Whether the run reached its end.
    pub status: RunStatus,
    /// The metrics of what was committed.
    pub metrics: Metrics,
}

/// Whether a run reached its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// All ticks are recorded.
    Complete,
    /// The run was stopped; the recorded ticks are those of a complete run.
    Incomplete,
    /// The run cannot continue.
    Failed(RunError),
}

impl RunStatus {
    /// The status without its error.
    pub const fn as_name(&self) -> StatusName {
        match self {
            Self::Complete => StatusName::Complete,
            Self::Incomplete => StatusName::Incomplete,
            Self::Failed(_) => StatusName::Failed,
        }
    }

    /// The name in exports.
    pub const fn name(&self) -> &'static str {
        self.as_name().name()
    }

    /// Why a failed run ended.
    pub const fn error(&self) -> Option<RunError> {
        match self {
            Self::Failed(error) => Some(*error),
            Self::Complete | Self::Incomplete => None,
        }
    }
}

/// Runs a plan into a sink.
///
/// # Errors
/// The sink could not keep a record. Any other failure is part of the [`Outcome`].
pub fn execute(
    plan: &RunPlan,
    options: &RunOptions<'_>,
    sink: &mut dyn RecordSink,
) -> io::Result<Outcome> {
    let mut pipeline = Pipeline::new(plan, *options, sink);
    let ended = match pipeline.run() {
        Ok(()) => return Ok(pipeline.outcome(RunStatus::Complete)),
        Err(Ended::Sink(error)) => return Err(error),
        Err(Ended::Run(error)) => error,
    };
    pipeline.recorder.roll_back()?;
    let status = if matches!(ended, RunError::Cancelled { .. }) {
        RunStatus::Incomplete
    } else {
        let payload = LogPayload::Error(ended);
        pipeline.put_library()?;
        pipeline
            .recorder
            .log(Component::Run, ended.tick(), None, payload)?;
        pipeline.recorder.commit()?;
        RunStatus::Failed(ended)
    };
    Ok(pipeline.outcome(status))
}

/// Why the pipeline stopped early.
enum Ended {
    Run(RunError),
    Sink(io::Error),
}

impl From<RunError> for Ended {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Sink(error)
    }
}

struct Pipeline<'p, 's> {
    plan: &'p RunPlan,
    options: RunOptions<'s>,
    recorder: Recorder<'p, 's>,
    binder: Binder,
    /// Additional windows that are open or start later, in configured order.
    additional: Vec<WindowTally<'p>>,
    codex: Option<Codex<'p>>,
    /// The library when the last primary window closed.
    library: Vec<CodexLibraryEntry>,
    pending: PendingTicks,
    observer: Option<AeonObserver<'p>>,
}

impl<'p, 's> Pipeline<'p, 's> {
    fn new(plan: &'p RunPlan, options: RunOptions<'s>, sink: &'s mut dyn RecordSink) -> Self {
        let additional = plan.windows.iter().filter(|window| !window.primary);
        Self {
            plan,
            options,
            recorder: Recorder::new(plan, sink, options.log),
            binder: Binder::default(),
            additional: additional.map(WindowTally::open).collect(),
            codex: plan.codex.then(|| Codex::new(plan)),
            library: Vec::new(),
            pending: PendingTicks::default(),
            observer: plan.aeon.as_ref().map(|aeon| AeonObserver::new(plan, aeon)),
        }
    }

    fn outcome(self, status: RunStatus) -> Outcome {
        Outcome {
            status,
            metrics: self.recorder.into_metrics(),
        }
    }

    fn run(&mut self) -> Result<(), Ended> {
        let plan = self.plan;
        let started = LogPayload::RunStarted {
            ticks: plan.ticks,
            nodes: plan.topology.node_count,
            edges: plan.topology.edges.len(),
            profile: plan.profile.name.clone(),
        };
        self.recorder.log(Component::Run, None, None, started)?;
        let stepper = Stepper::start(plan)?;
        let texts = EdgeTexts::new(plan);
        let options = self.options;
        with_workers(batch::threads(plan, &options), |workers| {
            let sink = self.recorder.sink();
            let mut batches = Batches::new(stepper, &texts, workers, &options, sink);
            for window in plan.primary_windows() {
                self.first_pass(window, &mut batches, workers)?;
                if *window.ticks.end() == plan.ticks {
                    self.finish()?;
                }
                self.recorder.commit()?;
            }
            Ok(())
        })
    }

    /// Computes the ticks of a primary window, and closes it after its last.
    fn first_pass<'w>(
        &mut self,
        window: &'p Window,
        batches: &mut Batches<'_, 'w>,
        workers: &Workers<'w>,
    ) -> Result<(), Ended>
    where
        'p: 'w,
    {
        let mut primary = Some(WindowTally::open(window));
        while primary.is_some() {
            let group = batches.next();
            let group = group.expect("groups reach the end of a window, or hold a failure");
            for slot in group.slots() {
                let closes = slot.tick.tick == *window.ticks.end();
                self.take_tick(slot, window, &mut primary)?;
                if closes && let Some(tally) = primary.take() {
                    self.close_primary(tally, workers)?;
                }
            }
            if let Some(failure) = group.failure() {
                return Err(failure.into());
            }
            let last = group.slots().last();
            let tick = last.map_or(0, |slot| slot.tick.tick);
            if (self.options.progress)(tick).is_break() {
                return Err(RunError::Cancelled { tick }.into());
            }
            batches.reuse(group);
        }
        Ok(())
    }

    /// Records what a tick produced, and passes it to the windows and the observer.
    fn take_tick(
        &mut self,
        slot: &Slot,
        window: &'p Window,
        primary: &mut Option<WindowTally<'p>>,
    ) -> Result<(), Ended> {
        let tick = &slot.tick;
        let number = tick.tick;
        let recorder = &mut self.recorder;
        recorder.put_encoded(&Record::Ledger(tick), slot.ledger())?;
        recorder.put_encoded(&Record::PBlock(tick), slot.p_block())?;
        let i_block = slot.i_block();
        if let Some(encoded) = i_block {
            recorder.put_encoded(&Record::IBlock(tick), encoded)?;
        }
        let i_block_hash = i_block.map(|encoded| encoded.hash);
        let inputs = self.plan.inputs_before(number);
        self.log_tick(slot, window, &inputs)?;
        let view = TickView::of(tick);
        self.observe(&view, window)?;
        if let Some(primary) = primary {
            primary.add(&view);
        }
        if let Some(observer) = &mut self.observer {
            observer.take(tick);
        }
        let manifest_hashes = self.tally_additional(&view, *window.ticks.end() == number)?;
        let pending = PendingTick {
            tick: number,
            c_prev: tick.c_prev,
            c_t: tick.c_t,
            ledger_hash: slot.ledger().hash,
            p_block_hash: slot.p_block().hash,
            i_block_hash,
            continues: inputs.is_empty() && number > *window.ticks.start(),
        };
        self.pending
            .push(tick, pending, manifest_hashes, self.recorder.sink())?;

        let metrics = self.recorder.metrics();
        metrics.total_ticks += 1;
        metrics.i_blocks += u64::from(i_block_hash.is_some());
        metrics.pfna_applied += inputs.len() as u64;
        Ok(())
    }

    fn log_tick(
        &mut self,
        slot: &Slot,
        window: &Window,
        inputs: &[AppliedInput<'_>],
    ) -> io::Result<()> {
        let tick = &slot.tick;
        let number = tick.tick;
        let window_id = Some(window.window_id.as_str());
        if !inputs.is_empty() {
            let ids = inputs.iter().map(|entry| entry.pfna_id().to_owned());
            let payload = LogPayload::InputsApplied {
                pfna_refs: ids.collect(),
            };
            self.recorder
                .log(Component::Gate, number, window_id, payload)?;
        }
        let moved = LogPayload::TickMoved {
            moved_edges: tick.fluxes.moved_edges(),
            sum_post_u: tick.sum,
        };
        self.recorder
            .log(Component::Umx, number, window_id, moved)?;
        let chained = LogPayload::TickChained {
            s_t: tick.s_t,
            c_t: tick.c_t,
            checkpoint: slot.i_block().is_some(),
        };
        self.recorder
            .log(Component::Loom, number, window_id, chained)
    }

    fn observe(&mut self, view: &TickView<'_>, window: &Window) -> io::Result<()> {
        let Some(codex) = &mut self.codex else {
            return Ok(());
        };
        let Some(found) = codex.observe(view, self.recorder.sink())? else {
            return Ok(());
        };
        let payload = LogPayload::MotifFound {
            motif_id: found.motif_id,
            first_tick: found.first_tick,
        };
        let window_id = Some(window.window_id.as_str());
        self.recorder
            .log(Component::Codex, view.tick, window_id, payload)
    }

    /// Passes a tick to the additional windows that contain it, and closes those that end with it.
    /// If the primary window also ends here, its manifest comes first, so closing waits for it.
    fn tally_additional(
        &mut self,
        view: &TickView<'_>,
        primary_closes: bool,
    ) -> Result<BTreeMap<String, Hash>, Ended> {
        let tick = view.tick;
        for tally in &mut self.additional {
            if tally.window().ticks.contains(&tick) {
                tally.add(view);
            }
        }
        if primary_closes {
            Ok(BTreeMap::new())
        } else {
            self.close_additional(tick)
        }
    }

    fn close_additional(&mut self, tick: u64) -> Result<BTreeMap<String, Hash>, Ended> {
        let (closing, open) = std::mem::take(&mut self.additional)
            .into_iter()
            .partition(|tally| *tally.window().ticks.end() == tick);
        self.additional = open;
        let mut hashes = BTreeMap::new();
        let closing: Vec<WindowTally<'p>> = closing;
        for tally in closing {
            let window = tally.window();
            let manifest = tally.close(self.plan)?;
            let hash = self.put_manifest(&manifest)?;
            self.observe_closed(window, &manifest, hash)?;
            hashes.insert(manifest.window_id, hash);
        }
        Ok(hashes)
    }

    fn put_manifest(&mut self, manifest: &Manifest) -> Result<Hash, Ended> {
        let tick = manifest.end_tick;
        let hash = self
            .recorder
            .manifest(manifest)?
            .ok_or(RunError::Overflow {
                tick,
                operation: Operation::Bits,
                id: None,
            })?;
        let payload = LogPayload::WindowClosed {
            start_tick: manifest.start_tick,
            end_tick: tick,
            manifest_check: manifest.manifest_check,
        };
        self.recorder
            .log(Component::Press, tick, Some(&manifest.window_id), payload)?;
        Ok(hash)
    }

    /// Tries the descriptors of a window that has closed.
    fn observe_closed(
        &mut self,
        window: &Window,
        manifest: &Manifest,
        hash: Hash,
    ) -> Result<(), Ended> {
        let Some(observer) = &mut self.observer else {
            return Ok(());
        };
        if let Some(view) = observer.close(window, manifest, hash, self.options.progress)? {
            self.recorder.apxi_view(&view)?;
        }
        Ok(())
    }

    /// Makes the primary manifest, then makes the second pass over the window's ticks.
    fn close_primary<'w>(
        &mut self,
        tally: WindowTally<'p>,
        workers: &Workers<'w>,
    ) -> Result<(), Ended>
    where
        'p: 'w,
    {
        let window = tally.window();
        let manifest = tally.close(self.plan)?;
        let end_tick = manifest.end_tick;
        let manifest_hash = self.put_manifest(&manifest)?;
        self.observe_closed(window, &manifest, manifest_hash)?;
        let mut late_hashes = self.close_additional(end_tick)?;
        let codex_hash = match &self.codex {
            Some(codex) => {
                self.library = codex.library(end_tick)?;
                let motifs = self.library.len() as u64 - self.recorder.motifs_committed();
                self.recorder.metrics().codex_motifs = motifs;
                Some(Codex::library_hash(&self.library))
            }
            None => None,
        };
        let closed = ClosedWindow {
            manifest: &manifest,
            manifest_hash,
            codex_hash,
        };
        let mut pending = std::mem::take(&mut self.pending);
        let mut state = vec![0; self.plan.topology.node_count];
        let (size, ahead) = scene_groups(self.plan, &self.options);
        for number in 0..pending.page_count() {
            let page = pending.take_page(number, self.recorder.sink())?;
            let mut groups = page.groups(size, &mut state);
            let mut coming = VecDeque::new();
            loop {
                while coming.len() < ahead
                    && let Some(group) = groups.next().transpose()?
                {
                    let scenes = Scenes::new(self.plan, &manifest, self.recorder.sink());
                    coming.push_back(workers.put(move || scenes.of(group)));
                }
                let Some(scenes) = coming.pop_front() else {
                    break;
                };
                for bound in workers.wait(scenes) {
                    let tick = bound.number();
                    let mut manifest_hashes = pending.take_manifest_hashes(tick);
                    if tick == end_tick {
                        manifest_hashes.append(&mut late_hashes);
                    }
                    let recorder = &mut self.recorder;
                    self.binder
                        .bind(bound, &closed, manifest_hashes, recorder)?;
                }
            }
            drop(groups);
            self.pending.reuse(page);
        }
        let payload = LogPayload::EntriesBound { entries: end_tick };
        self.recorder.log(
            Component::ULedger,
            end_tick,
            Some(&manifest.window_id),
            payload,
        )?;
        Ok(())
    }

    /// Records what follows the last window: the views of the grammar's windows, the library, the
    /// proposals and the end of the log.
    fn finish(&mut self) -> Result<(), Ended> {
        if let Some(observer) = &self.observer {
            for view in observer.aeon_views() {
                self.recorder.aeon_view(&view?)?;
            }
        }
        self.put_library()?;
        let ticks = self.plan.ticks;
        let proposals = self
            .codex
            .as_ref()
            .map(|codex| codex.proposals(&self.library))
            .unwrap_or_default();
        for proposal in &proposals {
            self.recorder.put(Record::CodexProposal, proposal)?;
            let payload = LogPayload::MotifProposed {
                proposal_id: proposal.proposal_id.clone(),
                motif_id: proposal.motif_id.clone(),
                delta_bits: proposal.expected_effect.delta_total_bits,
            };
            self.recorder.log(Component::Codex, ticks, None, payload)?;
        }
        self.recorder.metrics().codex_proposals = proposals.len() as u64;
        let payload = LogPayload::RunFinished {
            ticks,
            entries: ticks,
        };
        self.recorder.log(Component::Run, ticks, None, payload)?;
        Ok(())
    }

    fn put_library(&mut self) -> io::Result<()> {
        for entry in &self.library {
            self.recorder.put(Record::CodexLibraryEntry, entry)?;
        }
        Ok(())
    }
}

/// The ticks whose scenes are made in one go, and how many goes are ahead.
fn scene_groups(plan: &RunPlan, options: &RunOptions<'_>) -> (usize, usize) {
    let ticks = SCENE_NUMBERS_MAX / (2 * plan.topology.node_count);
    let ahead = match batch::threads(plan, options) {
        1 => 1,
        threads => threads * SCENES_AHEAD,
    };
    (batch::side_by_side(ticks.min(SCENES_MAX)), ahead)
}
