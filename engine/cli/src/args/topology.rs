//! The arguments of `aether topology`.

use std::path::PathBuf;

use aether_engine::topology::{NO_CAP, Shape};
use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum TopologyCommand {
    /// Makes a regular or random graph.
    #[command(subcommand)]
    New(NewTopologyCommand),
    /// Makes a topology from an edge list.
    Import(ImportCommand),
}

#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  aether topology new ring 5 --out ring.json\n  aether topology new grid 4 3 --k 3 --cap 64 --gid GRID\n  aether topology new random 100 250 --seed 7 --out random.toml"
)]
pub(crate) enum NewTopologyCommand {
    /// A line: 1–2, 2–3, …
    Line(NodesShape),
    /// A ring: the line and N–1; at least 3 nodes.
    Ring(NodesShape),
    /// A star: 1–2, 1–3, …, with node 1 as the centre; at least 2 nodes.
    Star(NodesShape),
    /// A grid, numbered row by row: each node's edge to the right, then the one below.
    Grid(RowsShape),
    /// A torus: a grid whose rows and columns are rings; at least 3 of each.
    Torus(RowsShape),
    /// Every pair of nodes: 1–2, 1–3, …, 2–3, …
    Complete(NodesShape),
    /// A random graph: that many different pairs of nodes, in the order of `complete`; the same seed always
    /// gives the same pairs.
    Random(RandomShape),
}

impl NewTopologyCommand {
    /// The shape, and the settings of the topology that is made from it.
    pub(crate) const fn shape(&self) -> (Shape, &MadeTopology) {
        match self {
            Self::Line(NodesShape { nodes, made }) => (Shape::Line { nodes: *nodes }, made),
            Self::Ring(NodesShape { nodes, made }) => (Shape::Ring { nodes: *nodes }, made),
            Self::Star(NodesShape { nodes, made }) => (Shape::Star { nodes: *nodes }, made),
            Self::Complete(NodesShape { nodes, made }) => (Shape::Complete { nodes: *nodes }, made),
            Self::Grid(RowsShape {
                rows,
                columns,
                made,
            }) => {
                let (rows, columns) = (*rows, *columns);
                (Shape::Grid { rows, columns }, made)
            }
            Self::Torus(RowsShape {
                rows,
                columns,
                made,
            }) => {
                let (rows, columns) = (*rows, *columns);
                (Shape::Torus { rows, columns }, made)
            }
            Self::Random(RandomShape {
                nodes,
                edges,
                seed,
                made,
            }) => {
                let (nodes, edges, seed) = (*nodes, *edges, *seed);
                (Shape::Random { nodes, edges, seed }, made)
            }
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct NodesShape {
    /// Number of nodes.
    #[arg(value_name = "NODES")]
    nodes: u64,
    #[command(flatten)]
    made: MadeTopology,
}

#[derive(Debug, Args)]
pub(crate) struct RowsShape {
    /// Number of rows.
    #[arg(value_name = "ROWS")]
    rows: u64,
    /// Number of columns.
    #[arg(value_name = "COLUMNS")]
    columns: u64,
    #[command(flatten)]
    made: MadeTopology,
}

#[derive(Debug, Args)]
pub(crate) struct RandomShape {
    /// Number of nodes.
    #[arg(value_name = "NODES")]
    nodes: u64,
    /// Number of edges, each between a different pair of nodes.
    #[arg(value_name = "EDGES")]
    edges: u64,
    /// The seed of the random choice.
    #[arg(long, value_name = "SEED", default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    seed: u64,
    #[command(flatten)]
    made: MadeTopology,
}

/// The name of a topology, the weights of its edges, and the file to write.
#[derive(Debug, Args)]
pub(crate) struct MadeTopology {
    /// The graph id [default: made from the shape or the file name].
    #[arg(long, value_name = "GID")]
    pub(crate) gid: Option<String>,
    /// k of every edge [default: SC / (2 · the greatest degree), at least 1].
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) k: Option<i64>,
    /// cap of every edge.
    #[arg(long, value_name = "CAP", default_value_t = NO_CAP, value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) cap: i64,
    /// SC; the profile of a run must have the same value.
    #[arg(long, value_name = "SC", default_value_t = 32, value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) sc: i64,
    /// Writes to a .json or .toml file and prints a summary [default: JSON to standard output].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replaces an existing topology.
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Nodes may have any names. If all are integers, nodes are numbered in the order of these; else in the \
                  order in which they appear, or that of --names, and the names become labels.\n\nExamples:\n  aether topology import karate.txt --out karate.json\n  aether topology import pipes.csv --label pipe --names nodes.csv --out water.json\n  aether topology import roads.csv --from source --to target --k-column width_m --k-scale 100\n  aether topology import web.mtx --drop-self-loops --drop-duplicates --out web.json"
)]
pub(crate) struct ImportCommand {
    /// The edge list, one edge per line: CSV with a header, or columns separated by white space.
    #[arg(value_name = "EDGES")]
    pub(crate) edges: PathBuf,
    /// The format of the list [default: found from the text; separators are found in any case].
    #[arg(long = "as", value_enum, value_name = "FORM")]
    pub(crate) form: Option<ListFormatWord>,
    /// The column of the first node: a name from the header, or a number from 1 [default: in CSV `from`,
    /// `source`, `src`, `i`, `u` and the like, or the first of only two columns; otherwise 1].
    #[arg(long, value_name = "COLUMN")]
    pub(crate) from: Option<String>,
    /// The column of the second node [default: in CSV `to`, `target`, `dst`, `j`, `v` and the like, or the
    /// second of only two columns; otherwise 2].
    #[arg(long, value_name = "COLUMN")]
    pub(crate) to: Option<String>,
    /// The column of k, numbers from 0 [default: in CSV the column named `k`; otherwise --k applies to all
    /// edges].
    #[arg(long, value_name = "COLUMN")]
    pub(crate) k_column: Option<String>,
    /// The column of cap, numbers from 0 [default: in CSV the column named `cap`; otherwise --cap applies
    /// to all edges].
    #[arg(long, value_name = "COLUMN")]
    pub(crate) cap_column: Option<String>,
    /// Multiplies the column of k. Decimals are converted exactly: 0.25 with 100 is 25, and 0.125 with 100
    /// is a problem. Choose --sc to fit.
    #[arg(long, value_name = "FACTOR", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) k_scale: i64,
    /// The column that becomes `edges[].label`.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,
    /// A CSV file of all nodes in order. The first column has their names; the further ones become
    /// `nodes[].attrs`.
    #[arg(long, value_name = "NODES")]
    pub(crate) names: Option<PathBuf>,
    /// Leaves out edges from a node to itself, which are otherwise problems.
    #[arg(long)]
    pub(crate) drop_self_loops: bool,
    /// Keeps only the first of several edges between two nodes, in either direction; otherwise all
    /// stay.
    #[arg(long)]
    pub(crate) drop_duplicates: bool,
    #[command(flatten)]
    pub(crate) made: MadeTopology,
}

/// The formats of an edge list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormatWord {
    /// Columns separated by white space, without a header; `#` and `%` start comments.
    Lines,
    /// CSV with a header.
    Csv,
}
