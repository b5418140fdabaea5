//! `RunConfig_v1`: which documents a run uses, how many ticks it has, and what is tallied and
//! logged.

use super::super::decode::{
    Anything, Choice, Flag, Int, List, Name, PathText, RunId, Text, of_word,
};
use super::super::plan::{Scheme, StreamSource};
use super::super::problem::Code;
use super::ApxiDocument;

document! {
    /// One run of the engine: which documents, how many ticks, which windows.
    RunConfig, "a RunConfig", Refused {
        /// Version of this document: 1.
        given "v" => v: Int,
        /// Graph id; equals the topology's.
        given "gid" => gid: Name,
        /// Name of the run; names the stored file unless `--run-id` does.
        given "run_id" => run_id: RunId,
        /// The topology document, from this document's directory.
        given "topology_path" => topology_path: PathText,
        /// The profile document, from this document's directory.
        given "profile_path" => profile_path: PathText,
        /// Number of ticks T: the run has the ticks 1..T.
        given "ticks" unit "ticks" => ticks: Int<1>,
        /// State at tick 0, one integer per node. Either this or `initial_state_path`.
        optional "initial_state" unit "amount" => initial_state: List<Int>,
        /// File of the state at tick 0: a JSON array, or CSV with one integer per line.
        optional "initial_state_path" => initial_state_path: PathText,
        /// Windows of ticks over which streams are tallied.
        optional "windows" => windows: List<WindowDocument>,
        /// The window that covers 1..ticks. Either this or `window_every`.
        optional "primary_window_id" => primary_window_id: Name,
        /// Length in ticks of the primary windows that tile the run.
        optional "window_every" unit "ticks" => window_every: Int<1>,
        /// Values of envelopes, and which layers are emitted.
        optional "nap" => nap: NapDocument,
        /// Overrides of the profile's time axis.
        optional "loom" => loom: LoomDocument,
        /// Whether the Codex observes the run. Default: false.
        optional "enable_codex" => enable_codex: Flag,
        /// Whether external inputs are applied. Default: false.
        optional "enable_pfna" => enable_pfna: Flag,
        /// The PFNA document, from this document's directory.
        optional "pfna_path" => pfna_path: PathText,
        /// The grammar of AEON windows, from this document's directory.
        optional "aeon_path" => aeon_path: PathText,
        /// Descriptors that are tried on the streams of windows. Needs `aeon_path`.
        optional "apxi" => apxi: ApxiDocument,
        /// Where log lines go.
        optional "logging" => logging: LoggingDocument,
        /// Whether metrics are shown.
        optional "metrics" => metrics: MetricsDocument,
        /// Checks during the run. They affect no record while they pass.
        optional "diagnostics" => diagnostics: DiagnosticsDocument,
    }
}

document! {
    /// A window: an inclusive range of ticks, and the streams tallied over it.
    WindowDocument, "a window", Refused {
        /// Id, unique in the run.
        given "window_id" => window_id: Name,
        /// Name of the APX manifest.
        given "apx_name" => apx_name: Name,
        /// First tick.
        given "start_tick" in "1..T" unit "tick" => start_tick: Int,
        /// Last tick.
        given "end_tick" in "1..T" unit "tick" => end_tick: Int,
        /// The streams to tally. Default: S1_post_u_deltas and S2_fluxes.
        optional "streams" => streams: List<StreamDocument>,
        /// The AEON window over whose ticks descriptors are tried. Without a grammar it is kept, and has no effect.
        optional "aeon_window_id" => aeon_window_id: Name,
    }
}

document! {
    /// A stream: one vector of integers a tick.
    StreamDocument, "a stream", Refused {
        /// Name, unique in the window.
        given "name" => name: Name,
        /// Source of the vectors.
        given "source" => source: StreamSource,
        /// The scheme to use instead of the shortest.
        optional "scheme_hint" => scheme_hint: Scheme,
        /// Appears in the manifest. Default: "".
        optional "description" => description: Text,
    }
}

document! {
    /// Envelopes: what they say, and which layers are emitted.
    NapDocument, "`nap`", Refused {
        /// The layers that are emitted. Default: all four.
        optional "layers" => layers: List<LayerWord>,
        /// Node id of envelopes and scenes. Default: "N/A".
        optional "nid" => nid: Text,
        /// Version in envelopes. Default: the profile's, else 1.
        optional "v" => v: Int,
        /// Layer of a tick's envelope, which can only be DATA.
        optional "layer" => layer: DataLayer,
        /// Mode in envelopes. Default: the profile's, else "P".
        optional "mode" => mode: Text,
    }
}

document! {
    /// Overrides of the profile's time axis.
    LoomDocument, "`loom`", Refused {
        /// Ticks between two checkpoints, instead of the profile's `I_block_spacing_W`.
        optional "W" unit "ticks" => spacing: Int<1>,
    }
}

document! {
    /// Where log lines go and what is filtered on the way; the log is made in any case.
    LoggingDocument, "`logging`", Refused {
        /// Whether log lines are sent. Default: true.
        optional "enabled" => enabled: Flag,
        /// Where they are sent. Default: memory.
        optional "destination" => destination: DestinationWord,
        /// The file of destination `file`, from this document's directory.
        optional "file_path" => file_path: PathText,
        /// Whether tick summaries are sent. Default: true.
        optional "include_ticks" => include_ticks: Flag,
        /// Whether closing windows are sent. Default: true.
        optional "include_windows" => include_windows: Flag,
        /// Whether lines carry the wall clock as `ts`. Default: false.
        optional "clock" => clock: Flag,
    }
}

document! {
    /// Whether metrics are shown; they are made in any case.
    MetricsDocument, "`metrics`", Refused {
        /// Default: true.
        optional "enabled" => enabled: Flag,
    }
}

document! {
    /// Checks of the run, off by default.
    DiagnosticsDocument, "`diagnostics`", Refused {
        /// Whether the sum of the state is checked at every tick. Default: false.
        optional "conservation" => conservation: Flag,
        /// Whether negative values are allowed. Default: true.
        optional "allow_negative" => allow_negative: Flag,
        /// Largest absolute value allowed. Default: no limit.
        optional "limit" unit "amount" => limit: Int<0>,
        /// For people; without effect.
        optional "notes" => notes: Anything,
    }
}

/// An envelope layer, as `nap.layers` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LayerWord {
    Ctrl,
    Ingress,
    Data,
    Egress,
}

impl Choice for LayerWord {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("CTRL", Self::Ctrl),
        ("INGRESS", Self::Ingress),
        ("DATA", Self::Data),
        ("EGRESS", Self::Egress),
    ];
    const NOUN: &'static str = "layer";
}

/// The one layer that a tick's envelope can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DataLayer;

impl Choice for DataLayer {
    const WORDS: &'static [(&'static str, Self)] = &[("DATA", Self)];
    const CODE: Code = Code::LayerNotData;
    const NOUN: &'static str = "tick envelope in layer";
}

/// Where log lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DestinationWord {
    Memory,
    Stdout,
    File,
}

impl Choice for DestinationWord {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("memory", Self::Memory),
        ("stdout", Self::Stdout),
        ("file", Self::File),
    ];
    const NOUN: &'static str = "destination";
}

impl Choice for Scheme {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("ID", Self::Identity),
        ("R", Self::RunLength),
        ("GR", Self::GolombRice),
    ];
    const NOUN: &'static str = "scheme";
}

impl Choice for StreamSource {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("post_u_deltas", Self::PostUDeltas),
        ("fluxes", Self::Fluxes),
        ("pre_u", Self::PreU),
        ("post_u", Self::PostU),
        ("prev_chain", Self::PrevChain),
    ];
    const NOUN: &'static str = "source";
}

/// The source of a stream, by its word in documents.
pub(crate) fn stream_source(word: &str) -> Option<StreamSource> {
    of_word(word)
}

super::choice_schema!(LayerWord, DataLayer, DestinationWord, Scheme, StreamSource);
