use crate::canonical::{self, Canonical, Object, Writer};
use crate::error::RunError;

/// One line of the structured log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// From 1, without a gap.
    pub seq: u64,
    /// The part of the engine that speaks.
    pub component: Component,
    /// The run's gid.
    pub gid: String,
    /// The RunConfig's run id.
    pub run_id: String,
    /// The tick that the event belongs to; none for what comes before the first.
    pub tick: Option<u64>,
    /// The primary window that holds the tick, or the window that closed; none where there is none.
    pub window_id: Option<String>,
    /// What happened.
    pub payload: LogPayload,
}

/// The part of the engine that an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// Inputs and envelopes.
    Gate,
    /// State and fluxes.
    Umx,
    /// Chain and checkpoints.
    Loom,
    /// Windows and description lengths.
    Press,
    /// The hash chain.
    ULedger,
    /// The observer.
    Codex,
    /// The run as a whole.
    Run,
}

impl Component {
    /// All components.
    pub const ALL: [Self; 7] = [
        Self::Gate,
        Self::Umx,
        Self::Loom,
        Self::Press,
        Self::ULedger,
        Self::Codex,
        Self::Run,
    ];

    /// The name as events have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Umx => "umx",
            Self::Loom => "loom",
            Self::Press => "press",
            Self::ULedger => "uledger",
            Self::Codex => "codex",
            Self::Run => "run",
        }
    }
}

/// What an event tells, by kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogPayload {
    /// `run_started`.
    RunStarted {
        /// T.
        ticks: u64,
        /// N.
        nodes: usize,
        /// E.
        edges: usize,
        /// The profile's name.
        profile: String,
    },
    /// `tick_summary` of the gate: the inputs applied before the tick.
    InputsApplied {
        /// Their ids, in order.
        pfna_refs: Vec<String>,
    },
    /// `tick_summary` of the UMX.
    TickMoved {
        /// Edges whose flux is not zero.
        moved_edges: u64,
        /// Σ post_u.
        sum_post_u: i64,
    },
    /// `tick_summary` of the Loom.
    TickChained {
        /// The tick's s_t.
        s_t: i64,
        /// The chain value after the tick.
        c_t: i64,
        /// Whether the tick has a checkpoint.
        checkpoint: bool,
    },
    /// `window_closed` of the Press.
    WindowClosed {
        /// First tick of the window.
        start_tick: u64,
        /// Last tick of the window.
        end_tick: u64,
        /// The manifest's check.
        manifest_check: i64,
    },
    /// `window_closed` of the U-ledger: a primary window's entries are bound.
    EntriesBound {
        /// How many entries the ledger has.
        entries: u64,
    },
    /// `codex_event`: a flux pattern occurred a second time.
    MotifFound {
        /// The motif.
        motif_id: String,
        /// Tick of its first use.
        first_tick: u64,
    },
    /// `codex_event`: a motif is proposed.
    MotifProposed {
        /// The proposal.
        proposal_id: String,
        /// The motif.
        motif_id: String,
        /// Its `delta_vs_baseline`.
        delta_bits: i64,
    },
    /// `run_finished`.
    RunFinished {
        /// T.
        ticks: u64,
        /// How many entries the ledger has.
        entries: u64,
    },
    /// `error`: the run ended early.
    Error(RunError),
}

impl LogPayload {
    /// The names of all events.
    pub const EVENTS: [&str; 6] = [
        "run_started",
        "tick_summary",
        "window_closed",
        "codex_event",
        "run_finished",
        "error",
    ];

    /// The event's name.
    pub const fn event(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "run_started",
            Self::InputsApplied { .. } | Self::TickMoved { .. } | Self::TickChained { .. } => {
                "tick_summary"
            }
            Self::WindowClosed { .. } | Self::EntriesBound { .. } => "window_closed",
            Self::MotifFound { .. } | Self::MotifProposed { .. } => "codex_event",
            Self::RunFinished { .. } => "run_finished",
            Self::Error(_) => "error",
        }
    }
}

impl LogEvent {
    /// The event as canonical JSON, without a line feed.
    pub fn to_json(&self) -> String {
        canonical::text(self)
    }
}

impl Canonical for LogEvent {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("component", self.component.name());
        object.field("event", self.payload.event());
        object.field("gid", &self.gid);
        object.field("payload", &self.payload);
        object.field("run_id", &self.run_id);
        object.field("seq", &self.seq);
        object.field("tick", &self.tick);
        object.field("window_id", &self.window_id);
        object.end();
    }
}

impl Canonical for bool {
    fn write(&self, writer: &mut Writer) {
        writer.raw(if *self { "true" } else { "false" });
    }
}

impl Canonical for LogPayload {
    fn write(&self, writer: &mut Writer) {
        if let Self::Error(error) = self {
            return error.write(writer);
        }
        let mut object = Object::begin(writer);
        match self {
            Self::RunStarted {
                ticks,
                nodes,
                edges,
                profile,
            } => {
                object.field("edges", edges);
                object.field("nodes", nodes);
                object.field("profile", profile);
                object.field("ticks", ticks);
            }
            Self::InputsApplied { pfna_refs } => object.field("pfna_refs", pfna_refs),
            Self::TickMoved {
                moved_edges,
                sum_post_u,
            } => {
                object.field("moved_edges", moved_edges);
                object.field("sum_post_u", sum_post_u);
            }
            Self::TickChained {
                s_t,
                c_t,
                checkpoint,
            } => {
                object.field("C_t", c_t);
                object.field("checkpoint", checkpoint);
                object.field("s_t", s_t);
            }
            Self::WindowClosed {
                start_tick,
                end_tick,
                manifest_check,
            } => {
                object.field("end_tick", end_tick);
                object.field("manifest_check", manifest_check);
                object.field("start_tick", start_tick);
            }
            Self::EntriesBound { entries } => object.field("entries", entries),
            Self::MotifFound {
                motif_id,
                first_tick,
            } => {
                object.field("first_tick", first_tick);
                object.field("kind", "motif");
                object.field("motif_id", motif_id);
            }
            Self::MotifProposed {
                proposal_id,
                motif_id,
                delta_bits,
            } => {
                object.field("delta_L_total", delta_bits);
                object.field("kind", "proposal");
                object.field("motif_id", motif_id);
                object.field("proposal_id", proposal_id);
            }
            Self::RunFinished { ticks, entries } => {
                object.field("entries", entries);
                object.field("ticks", ticks);
            }
            Self::Error(_) => {}
        }
        object.end();
    }
}
