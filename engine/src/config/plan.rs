//! [`RunPlan`]: the valid form of a run's documents, which all later stages use.
//!
//! Only the loader of this folder makes a [`RunPlan`], after every check has passed, so no later
//! stage checks a document again. Ticks and ids are 1-based as in the records; node
//! references inside [`Edge`] are 0-based indices, ready for the kernel.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::aeon::Aeon;
use super::change::Part;
use super::edges::Edges;
use super::inputs::{AppliedInput, Inputs};
use super::names::Names;
use crate::record::RecordKind;

/// Everything one run needs, valid and resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunPlan {
    pub(crate) gid: String,
    pub(crate) run_id: String,
    pub(crate) ticks: u64,
    pub(crate) topology: Topology,
    pub(crate) profile: Profile,
    pub(crate) initial_state: Vec<i64>,
    /// Primary windows in order, then the additional ones as configured.
    pub(crate) windows: Vec<Window>,
    pub(crate) nap: Nap,
    /// Ticks between two checkpoints: the RunConfig's override, else the profile's spacing.
    pub(crate) checkpoint_spacing: u64,
    pub(crate) codex: bool,
    /// External inputs; empty when PFNA is off.
    pub(crate) inputs: Inputs,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) logging: Logging,
    pub(crate) metrics: bool,
    /// The windows of the grammar, if there is one, with what is tried on them.
    pub(crate) aeon: Option<Aeon>,
    pub(crate) documents: ResolvedDocuments,
}

/// A graph: `node_count` nodes, edges in id order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    pub(crate) gid: String,
    pub(crate) node_count: usize,
    /// The divisor SC of the flux rule, ≥ 1.
    pub(crate) scale: i64,
    pub(crate) edges: Edges,
    pub(crate) names: Names,
}

/// One edge; its id is its index among all edges plus one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Index of node i (id − 1).
    pub(crate) from: u32,
    /// Index of node j (id − 1), never equal to `from`.
    pub(crate) to: u32,
    /// k ≥ 0.
    pub(crate) conductance: i64,
    /// cap ≥ 0.
    pub(crate) cap: i64,
    /// c, recorded and without effect under the known flux rules.
    pub(crate) c: i64,
}

/// A profile's numbers and rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub(crate) name: String,
    /// modulus_M ≥ 1.
    pub(crate) modulus: i64,
    /// C0 ≥ 1; used as it is, also when it is not below the modulus.
    pub(crate) chain_start: i64,
    pub(crate) scale: i64,
    /// I_block_spacing_W ≥ 1.
    pub(crate) checkpoint_spacing: u64,
    pub(crate) flux_rule: FluxRule,
    pub(crate) chain_rule: ChainRule,
    pub(crate) s_t_rule: StRule,
    pub(crate) press: PressDefaults,
}

/// How an edge's flux follows from the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FluxRule {
    /// `CMP0_flux_v1`: f = sign(du) · min(⌊k·|du| / SC⌋, cap, |du|).
    Cmp0V1,
}

/// The rule by which the chain value follows from the previous one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainRule {
    /// `CMP0_chain_v1`: C_t = (a·C_{t−1} + b·s_t + seq) mod M.
    Cmp0V1 {
        /// Factor of the previous chain value.
        a: i64,
        /// Factor of s_t.
        b: i64,
    },
}

/// The rule by which s_t is computed from a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StRule {
    /// Σ p_n · post_u[n], p_n the n-th prime.
    PrimeWeighted,
    /// The same value at every tick.
    Constant(i64),
    /// min(offset + scale · Σ |f_e|, max_value).
    SumAbsFlux {
        /// Added to the scaled sum.
        offset: i64,
        /// Factor of the sum.
        scale: i64,
        /// Upper bound; `None` if there is none.
        max_value: Option<i64>,
    },
}

/// The profile's part in choosing schemes and in the manifest check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PressDefaults {
    /// All three schemes, the one that wins ties first.
    pub(crate) preference: [Scheme; 3],
    /// b1 of the manifest check.
    pub(crate) check_factor: i64,
    /// b0 of the manifest check.
    pub(crate) check_offset: i64,
}

/// A way of describing a stream of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scheme {
    /// `ID`: every value by itself.
    Identity,
    /// `R`: runs of zero deltas.
    RunLength,
    /// `GR`: Golomb–Rice with a parameter.
    GolombRice,
}

/// A window of ticks over which streams are tallied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    pub(crate) window_id: String,
    pub(crate) apx_name: String,
    pub(crate) ticks: RangeInclusive<u64>,
    /// Whether the window is one of those that tile the run.
    pub(crate) primary: bool,
    /// Never empty; in configured order.
    pub(crate) streams: Vec<StreamPlan>,
    /// The window of the grammar that it names. Without a grammar, it has no effect.
    pub(crate) aeon_window_id: Option<String>,
}

/// One stream of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPlan {
    pub(crate) name: String,
    pub(crate) source: StreamSource,
    pub(crate) hint: Option<Scheme>,
    pub(crate) description: String,
}

/// The source of a stream, which gives one vector per tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StreamSource {
    /// post_u − pre_u, N numbers.
    PostUDeltas,
    /// f_e in id order, E numbers.
    Fluxes,
    /// N numbers.
    PreU,
    /// N numbers.
    PostU,
    /// C_{t−1}, one number.
    PrevChain,
}

/// The values of a run's envelopes, and which of them are emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nap {
    /// Which layers are emitted; the envelopes of the others are formed and hashed too.
    pub(crate) layers: LayerSet,
    pub(crate) nid: String,
    pub(crate) v: i64,
    pub(crate) mode: String,
}

/// The layers that a run emits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerSet {
    pub(crate) ctrl: bool,
    pub(crate) ingress: bool,
    pub(crate) data: bool,
    pub(crate) egress: bool,
}

/// Checks during a run, which change no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    pub(crate) conservation: bool,
    /// Whether negative values are allowed.
    pub(crate) allow_negative: bool,
    /// Largest |u| allowed; `None` if there is no limit.
    pub(crate) limit: Option<i64>,
}

/// Where log lines are sent, and which of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    pub(crate) enabled: bool,
    pub(crate) destination: LogDestination,
    pub(crate) include_ticks: bool,
    pub(crate) include_windows: bool,
    /// Whether the lines that are sent carry the wall clock as `ts`.
    pub(crate) clock: bool,
}

/// The destination of log lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogDestination {
    /// Log lines are only stored with the run.
    Memory,
    /// Standard output (standard error under `--format json`).
    Stdout,
    /// A file, relative to the RunConfig.
    File(String),
}

/// The documents a plan was made from, defaults filled in, as canonical JSON texts.
///
/// Complete enough to run again; `files` maps each member to the file it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolvedDocuments {
    pub(crate) run_config: String,
    pub(crate) topology: String,
    pub(crate) profile: String,
    /// `None` when PFNA is off.
    pub(crate) pfna: Option<String>,
    /// `None` without a grammar.
    pub(crate) aeon: Option<String>,
    pub(crate) files: BTreeMap<String, String>,
}

impl ResolvedDocuments {
    /// Makes resolved documents from JSON texts that are not from files;
    /// [`ResolvedDocuments::plan`] checks them.
    #[must_use]
    pub fn new(
        run_config: String,
        topology: String,
        profile: String,
        pfna: Option<String>,
    ) -> Self {
        Self {
            run_config,
            topology,
            profile,
            pfna,
            aeon: None,
            files: BTreeMap::new(),
        }
    }

    /// The documents with a grammar of AEON windows.
    #[must_use]
    pub fn with_aeon(self, aeon: Option<String>) -> Self {
        Self { aeon, ..self }
    }

    /// The text of a document; `None` if the run does not have it.
    pub(crate) fn text(&self, part: Part) -> Option<&str> {
        match part {
            Part::RunConfig => Some(&self.run_config),
            Part::Topology => Some(&self.topology),
            Part::Profile => Some(&self.profile),
            Part::Pfna => self.pfna.as_deref(),
            Part::Aeon => self.aeon.as_deref(),
        }
    }

    /// The RunConfig, with the initial state inline.
    #[must_use]
    pub fn run_config(&self) -> &str {
        &self.run_config
    }

    /// The topology.
    #[must_use]
    pub fn topology(&self) -> &str {
        &self.topology
    }

    /// The profile.
    #[must_use]
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// The PFNA document; `None` when PFNA is off.
    #[must_use]
    pub fn pfna(&self) -> Option<&str> {
        self.pfna.as_deref()
    }

    /// The grammar of AEON windows; `None` without one.
    #[must_use]
    pub fn aeon(&self) -> Option<&str> {
        self.aeon.as_deref()
    }

    /// The file that each member came from: `run_config`, `topology`, `profile`, `pfna`, `aeon`,
    /// `initial_state`. Inputs that were changed also have `set`: the settings, one per line.
    #[must_use]
    pub const fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }
}

impl RunPlan {
    /// The primary windows, in order. Together they have every tick once.
    pub(crate) fn primary_windows(&self) -> impl Iterator<Item = &Window> {
        self.windows.iter().filter(|window| window.primary)
    }

    /// M: every chain value is from 0 to M − 1.
    #[must_use]
    pub const fn modulus(&self) -> i64 {
        self.profile.modulus
    }

    /// The external inputs that are applied before a tick, in order; before tick 1 those of tick 0
    /// come first.
    #[must_use]
    pub fn inputs_before(&self, tick: u64) -> Vec<AppliedInput<'_>> {
        let mut inputs = if tick == 1 {
            self.inputs.at(0)
        } else {
            Vec::new()
        };
        inputs.extend(self.inputs.at(tick));
        inputs
    }

    /// The external inputs of one tick, in order; those of tick 0 are part of the state at tick 0.
    #[must_use]
    pub fn inputs_at(&self, tick: u64) -> Vec<AppliedInput<'_>> {
        self.inputs.at(tick)
    }

    /// Whether the run makes records of a kind: those of AEON windows need a grammar.
    #[must_use]
    pub const fn has(&self, kind: RecordKind) -> bool {
        self.aeon.is_some() || !kind.info().needs_grammar
    }

    /// Whether the AEON window that a window of the run names has exactly its ticks, once each and in
    /// their order. Only then do its descriptors and its tally describe the same values.
    #[must_use]
    pub fn is_described_as_tallied(&self, window_id: &str) -> bool {
        let mut windows = self.windows.iter();
        let window = windows.find(|window| window.window_id == window_id);
        window.is_some_and(|window| {
            let named = window.aeon_window_id.as_deref();
            let named = named.and_then(|id| self.aeon.as_ref()?.grammar.find(id));
            let ticks = [*window.ticks.start(), *window.ticks.end()];
            named.is_some_and(|named| named.spans.runs() == [ticks])
        })
    }

    /// The graph's id.
    #[must_use]
    pub fn gid(&self) -> &str {
        &self.gid
    }

    /// The RunConfig's run id.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// T: the run has the ticks 1..T.
    #[must_use]
    pub const fn ticks(&self) -> u64 {
        self.ticks
    }

    /// Primary windows in order, then the additional ones as configured.
    #[must_use]
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// C0: the chain value before tick 1.
    #[must_use]
    pub const fn chain_start(&self) -> i64 {
        self.profile.chain_start
    }

    /// N, the number of nodes; their ids are 1..=N.
    #[must_use]
    pub const fn node_count(&self) -> usize {
        self.topology.node_count
    }

    /// The number of edges; their ids start at 1.
    #[must_use]
    pub const fn edge_count(&self) -> usize {
        self.topology.edges.len()
    }

    /// The ids of the two nodes of each edge, i and j, in order of the edges' ids.
    pub fn edge_ends(&self) -> impl Iterator<Item = (u64, u64)> {
        let id = |index: u32| u64::from(index) + 1;
        let edges = self.topology.edges.iter();
        edges.map(move |edge| (id(edge.from), id(edge.to)))
    }

    /// The names of the nodes and edges.
    #[must_use]
    pub const fn names(&self) -> &Names {
        &self.topology.names
    }

    /// The settings of the log.
    #[must_use]
    pub const fn logging(&self) -> &Logging {
        &self.logging
    }

    /// Whether a checkpoint follows a tick.
    pub(crate) const fn has_checkpoint(&self, tick: u64) -> bool {
        tick.is_multiple_of(self.checkpoint_spacing)
    }

    /// The documents the plan was made from.
    #[must_use]
    pub const fn documents(&self) -> &ResolvedDocuments {
        &self.documents
    }
}

impl Logging {
    /// Whether lines are sent to a destination.
    #[must_use]
    pub const fn enabled(&self) -> bool {
        self.enabled
    }

    /// The destination of the lines.
    #[must_use]
    pub const fn destination(&self) -> &LogDestination {
        &self.destination
    }

    /// Whether `tick_summary` events are sent.
    #[must_use]
    pub const fn include_ticks(&self) -> bool {
        self.include_ticks
    }

    /// Whether `window_closed` events are sent.
    #[must_use]
    pub const fn include_windows(&self) -> bool {
        self.include_windows
    }

    /// Whether lines carry the wall clock as `ts`.
    #[must_use]
    pub const fn clock(&self) -> bool {
        self.clock
    }
}

impl Window {
    /// The window's id, unique within the run.
    #[must_use]
    pub fn window_id(&self) -> &str {
        &self.window_id
    }

    /// First and last tick.
    #[must_use]
    pub const fn ticks(&self) -> &RangeInclusive<u64> {
        &self.ticks
    }

    /// The names of its streams, in configured order.
    pub fn stream_names(&self) -> impl Iterator<Item = &str> {
        self.streams.iter().map(|stream| stream.name.as_str())
    }

    /// Whether it is one of those that tile the run.
    #[must_use]
    pub const fn is_primary(&self) -> bool {
        self.primary
    }
}

impl Profile {
    /// The remainder modulo M, in 0..M−1 also for negative numbers.
    pub(crate) fn reduce(&self, number: i128) -> i64 {
        reduced(number, self.modulus)
    }
}

/// The remainder of a number modulo M ≥ 1, in 0..M−1 also for negative numbers.
pub(crate) fn reduced(number: i128, modulus: i64) -> i64 {
    i64::try_from(number.rem_euclid(i128::from(modulus)))
        .expect("a remainder of an i64 is below it")
}
