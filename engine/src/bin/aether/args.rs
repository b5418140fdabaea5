//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Runs an exact integer engine from files, and looks at what its runs recorded.
#[derive(Debug, Parser)]
#[command(name = "aether", version, propagate_version = true, after_help = EXIT_STATUSES)]
pub(crate) struct Arguments {
    /// How results are printed: text for people, JSON for programs (standard output alone).
    #[arg(long, value_enum, global = true, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_STATUSES: &str = "\
Exit status: 0 done, 1 a difference or failed check, 2 bad input or usage, 3 internal or I/O failure.";

/// How results are printed.
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
    /// Checks documents or scenario directories, and tells every problem at once.
    Validate(ValidateCommand),
    /// Runs a scenario or a RunConfig, stores the run, and prints a summary.
    Run(RunCommand),
    /// Prints the records of a stored run.
    Export(ExportCommand),
}

#[derive(Debug, Args)]
pub(crate) struct ScenariosDir {
    /// Where the scenarios are [default: `scenarios` here or in the nearest directory above].
    #[arg(long, value_name = "DIR")]
    pub(crate) scenarios_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RunsDir {
    /// Where the runs are stored.
    #[arg(long, value_name = "DIR", default_value = ".aether/runs")]
    pub(crate) runs_dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ListCommand {
    #[command(flatten)]
    pub(crate) scenarios: ScenariosDir,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  aether validate scenarios/*\n  aether validate run.toml topology.json")]
pub(crate) struct ValidateCommand {
    /// Documents (.json or .toml) or scenario directories.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  aether run gf01\n  aether run experiments/run.toml --run-id trial-7\n  aether run grid32 --threads 2 --force")]
pub(crate) struct RunCommand {
    /// A scenario's name, or the path of a RunConfig (with a slash or an extension).
    #[arg(value_name = "SCENARIO-or-RUNCONFIG")]
    pub(crate) target: String,
    /// Names the stored run; records keep the RunConfig's `run_id` [default: that one].
    #[arg(long, value_name = "ID")]
    pub(crate) run_id: Option<String>,
    /// Threads that encode and hash records; the bytes are the same for any number.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
    /// Replaces a stored run of the same id.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) runs: RunsDir,
    #[command(flatten)]
    pub(crate) scenarios: ScenariosDir,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  aether export gf01 --as json --out gf01.json\n  aether export gf01 --kind ledgers --as jsonl\n  aether export gf01 --kind p_blocks --as csv")]
pub(crate) struct ExportCommand {
    /// The stored run.
    #[arg(value_name = "RUN-ID")]
    pub(crate) run_id: String,
    /// One kind of record only: ledgers, p_blocks, i_blocks, manifests, scenes, envelopes, u_ledger,
    /// codex_library, codex_proposals, log, metrics or inputs.
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// One JSON object, a JSON record a line, or a table.
    #[arg(long = "as", value_enum, value_name = "FORM", default_value_t = ExportForm::Json)]
    pub(crate) form: ExportForm,
    /// Writes to a file, which is replaced only when all is written.
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) runs: RunsDir,
}

/// The forms of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportForm {
    Json,
    Jsonl,
    Csv,
}
