//! The arguments of `aether sweep`.

use std::path::PathBuf;

use aether_sweep::Share;
use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  aether sweep pumps.toml\n  aether sweep pumps.toml --shard 3/8\n  aether sweep merge pumps.sweep pumps.*-of-8.sweep\n  aether sweep table pumps.sweep > pumps.csv\n  aether sweep diff before.sweep after.sweep\n\nWithout --shard, the shard is taken from the variables of SLURM arrays, Kubernetes indexed jobs, GitLab, CircleCI or Buildkite, and otherwise is the whole sweep. docs/sweeps.md has a file for each."
)]
pub(crate) struct SweepCommand {
    #[command(subcommand)]
    pub(crate) command: Option<SweepSubcommand>,
    /// The sweep: a document with a RunConfig and axes.
    #[arg(value_name = "SPEC", required = true)]
    pub(crate) spec: Option<PathBuf>,
    /// Runs only part i of n, from 1/n to n/n.
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Share>,
    /// The file of the points [default: the name of SPEC with `.sweep`, or `.I-of-N.sweep`]. If it
    /// has points already, they are skipped.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Number of points that run at once [default: the number of processors]; no result depends on
    /// it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Most points that are stored with one sync of the disk. A batch also ends after a second; a
    /// crash costs at most one.
    #[arg(long, value_name = "N", default_value_t = 8192, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) batch: u32,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SweepSubcommand {
    /// Merges shards into one file. Equal points must be equal.
    #[command(
        after_help = "Examples:\n  aether sweep merge pumps.sweep pumps.*-of-8.sweep\n  aether sweep merge all.sweep old.sweep new.sweep --mixed"
    )]
    Merge(SweepMergeCommand),
    /// Prints the points as a table.
    #[command(
        after_help = "Examples:\n  aether sweep table pumps.sweep > pumps.csv\n  aether sweep table pumps.sweep --as jsonl"
    )]
    Table(SweepTableCommand),
    /// Reports where two sweeps diverge: which points, where in their runs, and in what region.
    #[command(
        after_help = "Examples:\n  aether sweep diff before.sweep after.sweep\n  aether sweep diff before.sweep after.sweep --format json"
    )]
    Diff(SweepDiffCommand),
}

#[derive(Debug, Args)]
pub(crate) struct SweepMergeCommand {
    /// The file to write; it is replaced only when all is merged.
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// The shards, or files that were merged before.
    #[arg(value_name = "SHARD", required = true)]
    pub(crate) shards: Vec<PathBuf>,
    /// Merges points of different builds of the engine, and marks which build made each.
    #[arg(long)]
    pub(crate) mixed: bool,
    /// Replaces OUT if it is a file of a sweep.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SweepTableCommand {
    /// A shard, or merged shards.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// CSV with a header, or one JSON object per line.
    #[arg(long = "as", value_enum, value_name = "FORM", default_value_t = TableForm::Csv)]
    pub(crate) form: TableForm,
}

/// The forms of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableForm {
    Csv,
    Jsonl,
}

#[derive(Debug, Args)]
pub(crate) struct SweepDiffCommand {
    /// The first.
    #[arg(value_name = "A")]
    pub(crate) one: PathBuf,
    /// The second.
    #[arg(value_name = "B")]
    pub(crate) other: PathBuf,
}
