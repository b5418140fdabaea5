//! The arguments of `aether why`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::RunsDir;
use crate::selection::tick;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aether why base stiffer\n  aether why base stiffer --tick 40 --node D0-J09\n  aether why base stiffer --at 'p_blocks[tick=40].C_t' --format json\n  aether why base stiffer --as html --out why.html"
)]
pub(crate) struct WhyCommand {
    /// The run before: its id, or the path of its file.
    #[arg(value_name = "RUN-A")]
    pub(crate) before: String,
    /// The run after, named like the first.
    #[arg(value_name = "RUN-B")]
    pub(crate) after: String,
    /// The value to explain, by its path as `diff` prints it [default: the first divergence].
    #[arg(long, value_name = "PATH", conflicts_with_all = ["tick", "node", "edge"])]
    pub(crate) at: Option<String>,
    /// The tick of the value of --node or --edge [default: the first at which it differs].
    #[arg(long, value_name = "T", value_parser = tick, allow_negative_numbers = true)]
    pub(crate) tick: Option<u64>,
    /// Explains the state of a node after the tick; the node by its id or name.
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "edge",
        allow_negative_numbers = true
    )]
    pub(crate) node: Option<String>,
    /// Explains the flux of an edge; the edge by its id or name.
    #[arg(long, value_name = "E", allow_negative_numbers = true)]
    pub(crate) edge: Option<String>,
    /// How many values are written at most, the nearest ones; the others are counted.
    #[arg(long, value_name = "N", default_value_t = aether_why::LIMIT)]
    pub(crate) limit: usize,
    /// Finds only the shortest path, and counts nothing: quick in long runs.
    #[arg(long)]
    pub(crate) nearest: bool,
    /// Writes every step of the path and every cause.
    #[arg(long)]
    pub(crate) all: bool,
    /// A picture or a page with the picture, instead of text.
    #[arg(long = "as", value_enum, value_name = "FORM")]
    pub(crate) form: Option<WhyForm>,
    /// Writes to a file, which appears only when all is written [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replaces an existing file of the same kind.
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) runs: RunsDir,
}

/// What an explanation is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhyForm {
    Svg,
    Html,
}
