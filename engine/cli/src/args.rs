//! The command line: subcommands, arguments and their help.

mod documents;
#[cfg(test)]
mod page;
mod runs;
mod scenarios;
mod sql;
mod sweep;
mod topology;
mod why;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::selection::{SelectionArgs, tick};

pub(crate) use documents::{InitCommand, ProfileCommand, ProfileShowCommand};
pub(crate) use runs::{
    CompareCommand, Condition, ConditionKey, GcCommand, RmCommand, RunsAction, RunsCommand,
    RunsList, SortKey,
};
pub(crate) use scenarios::{ListCommand, RunCommand, ScenarioFilter};
pub(crate) use sql::{SqlCommand, SqlForm};
pub(crate) use sweep::{
    SweepCommand, SweepDiffCommand, SweepMergeCommand, SweepSubcommand, SweepTableCommand,
    TableForm,
};
pub(crate) use topology::{
    ImportCommand, ListFormatWord, MadeTopology, NewTopologyCommand, TopologyCommand,
};
pub(crate) use why::{WhyCommand, WhyForm};

/// Runs an exact integer engine from files, and inspects what its runs recorded.
#[derive(Debug, Parser)]
#[command(name = "aether", version, propagate_version = true, after_help = EXIT_STATUSES)]
pub(crate) struct Arguments {
    /// Output format: text for people, or JSON for programs (on standard output only).
    #[arg(long, value_enum, global = true, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_STATUSES: &str = "\
Exit status: 0 done, 1 a difference or failed check, 2 bad input or usage, 3 internal or I/O failure.";

/// The output format of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables and sentences.
    Text,
    /// One JSON document.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the scenarios.
    List(ListCommand),
    /// Checks documents or scenario directories, and reports every problem at once.
    Validate(ValidateCommand),
    /// Runs scenarios or RunConfigs, stores the runs, and prints a summary of each.
    Run(RunCommand),
    /// Prints the records of a stored run.
    Export(ExportCommand),
    /// Answers a query over a stored run, in SQL.
    Sql(SqlCommand),
    /// Shows a stored run, or one tick, window or layer of it.
    Inspect(InspectCommand),
    /// Prints U-ledger entries in order.
    #[command(
        after_help = "Examples:\n  aether show-ledger gf01\n  aether show-ledger gf01 --tick 3..5 --format json"
    )]
    ShowLedger(ShowLedgerCommand),
    /// Recomputes a stored run from its inputs and checks every hash, chain and record.
    #[command(after_help = "Examples:\n  aether verify gf01\n  aether verify gf01 --format json")]
    Verify(StoredCommand),
    /// Rebuilds the state at a tick from the nearest checkpoint, and reports whether it matches.
    #[command(
        after_help = "Examples:\n  aether replay gf01 --tick 5\n  aether replay gf01 --tick 0 --format json"
    )]
    Replay(ReplayCommand),
    /// Finishes an interrupted run; the result is byte for byte that of an uninterrupted one.
    #[command(
        after_help = "Examples:\n  aether resume trial-7\n  aether resume trial-7 --runs-dir /data/runs"
    )]
    Resume(StoredCommand),
    /// Compares two stored runs, starting with the first divergence.
    #[command(
        after_help = "Examples:\n  aether diff trial-7 trial-8\n  aether diff trial-7 trial-8 --all --format json"
    )]
    Diff(DiffCommand),
    /// Explains how a value of a run came to differ from another run, back to inputs or rules.
    Why(WhyCommand),
    /// Prints the structured log, filtered.
    Log(LogCommand),
    /// Prints a run's metrics.
    Metrics(MetricsCommand),
    /// Draws a run as SVG: state, flux, activity, bits, the graph, or a few nodes as lines.
    Plot(PlotCommand),
    /// Writes a run as one self-contained HTML page.
    Report(ReportCommand),
    /// Lists the stored runs, removes them, or compares them.
    Runs(RunsCommand),
    /// Explains profiles.
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Writes a small, commented scenario that is ready to run.
    Init(InitCommand),
    /// Makes topology documents from regular shapes, random graphs or edge lists.
    #[command(subcommand)]
    Topology(TopologyCommand),
    /// Packs the streams of a window into a capsule, and reads capsules.
    #[command(
        after_help = "Examples:\n  aether press pack gf01 --window 1 --out gf01.apx\n  aether press info gf01.apx"
    )]
    #[command(subcommand)]
    Press(PressCommand),
    /// Runs a RunConfig many times with other values, in any number of shards.
    Sweep(SweepCommand),
    /// Prints a completion script for a shell.
    #[command(
        after_help = "Examples:\n  aether completions bash > ~/.local/share/bash-completion/completions/aether\n  aether completions fish > ~/.config/fish/completions/aether.fish"
    )]
    Completions(CompletionsCommand),
}

#[derive(Debug, Default, Args)]
pub(crate) struct ScenariosDir {
    /// Directory of the scenarios [default: `scenarios` here or in the nearest directory above].
    #[arg(long, value_name = "DIR")]
    pub(crate) scenarios_dir: Option<PathBuf>,
}

/// The directory of the stored runs, unless `--runs-dir` names another.
pub(crate) const DEFAULT_RUNS_DIR: &str = ".aether/runs";

#[derive(Debug, Args)]
pub(crate) struct RunsDir {
    /// Directory of the stored runs.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RUNS_DIR)]
    pub(crate) runs_dir: PathBuf,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aether validate scenarios/*\n  aether validate run.toml topology.json"
)]
pub(crate) struct ValidateCommand {
    /// Documents (.json or .toml) or scenario directories.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aether export gf01 --as json --out gf01.json\n  aether export gf01 --kind ledgers --as jsonl --tick 3..5\n  aether export gf01 --kind p_blocks --as csv\n  aether export water --long --node D0-J09 --tick 0..50 --as csv\n  aether export water --long --kind edges --as csv --out flux.csv"
)]
pub(crate) struct ExportCommand {
    /// The stored run: its id, or the path of its file (with a slash or the extension `.aether`).
    #[arg(value_name = "RUN")]
    pub(crate) run_id: String,
    /// Exports only one kind of record: ledgers, p_blocks, i_blocks, manifests, scenes, envelopes,
    /// u_ledger, codex_library, codex_proposals, log, metrics or inputs; with a grammar also aeon_views
    /// and apxi_views; as a table also edges.
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// One JSON object, one JSON record per line, or a CSV table.
    #[arg(long = "as", value_enum, value_name = "FORM", default_value_t = ExportForm::Json)]
    pub(crate) form: ExportForm,
    /// One row per tick and node (`--kind ledgers`, the default) or per tick and edge
    /// (`--kind edges`), in any form.
    #[arg(long)]
    pub(crate) long: bool,
    /// Recomputes the ticks that a failed or interrupted run reached and did not store; the column
    /// `replayed` marks them. For --long.
    #[arg(long)]
    pub(crate) replayed: bool,
    /// Puts names into the header of a CSV table, beside the ids.
    #[arg(long)]
    pub(crate) labels: bool,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Writes to a file, which appears only when all is written.
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// Replaces an existing file of the same kind.
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) runs: RunsDir,
}

/// The file formats of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportForm {
    Json,
    Jsonl,
    Csv,
}

/// A stored run, by its id or the path of its file.
#[derive(Debug, Args)]
pub(crate) struct StoredCommand {
    /// The stored run: its id, or the path of its file (with a slash or the extension `.aether`).
    #[arg(value_name = "RUN-ID")]
    pub(crate) run_id: String,
    #[command(flatten)]
    pub(crate) runs: RunsDir,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aether inspect gf01\n  aether inspect gf01 --tick 5\n  aether inspect gf01 --node 2 --tick 0..8\n  aether inspect gf01 --edge 1..3\n  aether inspect gf01 --window 1 --format json\n  aether inspect weeks --aeon week1"
)]
pub(crate) struct InspectCommand {
    #[command(flatten)]
    pub(crate) stored: StoredCommand,
    /// The run as a whole; the default.
    #[arg(long)]
    pub(crate) summary: bool,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// A window's manifest, by its id or its number (primaries first, then as configured, from 1).
    #[arg(long, value_name = "W")]
    pub(crate) window: Option<String>,
    /// The emitted envelopes of a layer: CTRL, INGRESS, DATA or EGRESS.
    #[arg(long, value_name = "L")]
    pub(crate) layer: Option<String>,
    /// An AEON window, with the descriptors of the windows that name it.
    #[arg(long, value_name = "ID")]
    pub(crate) aeon: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ShowLedgerCommand {
    #[command(flatten)]
    pub(crate) stored: StoredCommand,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// First tick [default: 1].
    #[arg(
        long,
        value_name = "T",
        value_parser = tick,
        allow_negative_numbers = true,
        conflicts_with = "tick"
    )]
    pub(crate) from: Option<u64>,
    /// Last tick [default: the last recorded].
    #[arg(
        long,
        value_name = "T",
        value_parser = tick,
        allow_negative_numbers = true,
        conflicts_with = "tick"
    )]
    pub(crate) to: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayCommand {
    #[command(flatten)]
    pub(crate) stored: StoredCommand,
    /// The tick, 0..T; 0 is the initial state.
    #[arg(long, value_name = "T", value_parser = tick, allow_negative_numbers = true)]
    pub(crate) tick: u64,
}

#[derive(Debug, Args)]
pub(crate) struct DiffCommand {
    /// The first run: its id, or the path of its file.
    #[arg(value_name = "RUN-A")]
    pub(crate) before: String,
    /// The second run, named like the first.
    #[arg(value_name = "RUN-B")]
    pub(crate) after: String,
    /// Lists every change, not only the first divergence and what followed from it.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) runs: RunsDir,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aether log gf01 --event window_closed\n  aether log gf01 --tick 3..5 --component loom"
)]
pub(crate) struct LogCommand {
    #[command(flatten)]
    pub(crate) stored: StoredCommand,
    /// Prints only events with this name.
    #[arg(long, value_name = "E")]
    pub(crate) event: Option<String>,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Prints only events of this component.
    #[arg(long, value_name = "C")]
    pub(crate) component: Option<String>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aether metrics gf01\n  aether metrics gf01 --as openmetrics > gf01.prom"
)]
pub(crate) struct MetricsCommand {
    #[command(flatten)]
    pub(crate) stored: StoredCommand,
    /// The metrics as a JSON object or as OpenMetrics text [default: a table].
    #[arg(long = "as", value_enum, value_name = "FORM")]
    pub(crate) form: Option<MetricsForm>,
}

/// The formats of metrics for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MetricsForm {
    Json,
    Openmetrics,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aether plot gf02 --out state.svg\n  aether plot gf02 --what topology --tick 5 --out graph.svg\n  aether plot water --what series --node D0-J09,D0-J10 --tick 100..160 --out burst.svg\n  aether plot gf02 --what press > press.svg"
)]
pub(crate) struct PlotCommand {
    #[command(flatten)]
    pub(crate) stored: StoredCommand,
    /// What to draw.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = PlotWhat::State)]
    pub(crate) what: PlotWhat,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Writes to a file, which appears only when all is written [default: standard output].
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) out: Option<PathBuf>,
    /// Replaces an existing file of the same kind.
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}

/// The pictures of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlotWhat {
    /// The state of every node after every tick, from tick 0 on, as a heat map.
    State,
    /// The flux of every edge, as a heat map.
    Flux,
    /// The number of edges that move anything, and the sum of |f_e|, tick by tick.
    Activity,
    /// `L_total` of every window, one stream on top of the other. The part of it that the best
    /// descriptor saves is hollow, if its AEON window has exactly the ticks of the window.
    Press,
    /// The graph: nodes coloured by their state after the last tick, edges by their mean |f_e| per
    /// tick.
    Topology,
    /// The states of up to 8 nodes as lines, with the inputs that were applied.
    Series,
}

impl PlotWhat {
    /// The name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Flux => "flux",
            Self::Activity => "activity",
            Self::Press => "press",
            Self::Topology => "topology",
            Self::Series => "series",
        }
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aether report water --out water.html\n  aether report water --node D0-J09,D0-J10 --tick 100..160 --out burst.html"
)]
pub(crate) struct ReportCommand {
    #[command(flatten)]
    pub(crate) stored: StoredCommand,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Writes to a file, which appears only when all is written [default: standard output].
    #[arg(long, value_name = "FILE.html")]
    pub(crate) out: Option<PathBuf>,
    /// Replaces an existing file of the same kind.
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PressCommand {
    /// Packs the streams of a window into a capsule.
    #[command(after_help = "Examples:\n  aether press pack gf01 --window 1 --out gf01.apx")]
    Pack(PackCommand),
    /// Prints the vectors of a capsule as JSON, stream by stream.
    #[command(after_help = "Examples:\n  aether press unpack gf01.apx")]
    Unpack(CapsuleCommand),
    /// Prints the names, schemes and sizes of a capsule's streams.
    #[command(
        after_help = "Examples:\n  aether press info gf01.apx\n  aether press info gf01.apx --format json"
    )]
    Info(CapsuleCommand),
}

#[derive(Debug, Args)]
pub(crate) struct PackCommand {
    #[command(flatten)]
    pub(crate) stored: StoredCommand,
    /// The window, by its id or its number (primaries first, then as configured, from 1).
    #[arg(long, value_name = "W")]
    pub(crate) window: String,
    /// The capsule file to write.
    #[arg(long, value_name = "F.apx")]
    pub(crate) out: PathBuf,
    /// Replaces an existing capsule.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CapsuleCommand {
    /// The capsule file to read.
    #[arg(value_name = "F.apx")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsCommand {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}
