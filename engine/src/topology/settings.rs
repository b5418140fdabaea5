//! What all edges of a new topology share, and why none was made.

use super::document::CMP_0_SCALE;
use crate::config::limits::{DOCUMENT_BYTES_MAX, EDGES_MAX, NODES_MAX};
use crate::config::{Edge, bad_name};

/// "No cap", as GF-01 writes it.
pub const NO_CAP: i64 = 2_147_483_647;

/// What the edges of a new topology carry, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The graph id; without one it is made from the shape or the file.
    pub gid: Option<String>,
    /// SC, the divisor of the flux rule, ≥ 1. A profile has to have the same.
    pub scale: i64,
    /// k of every edge, ≥ 0. Without one it is SC / (2 · the greatest degree), at least 1: as much
    /// as an edge may carry with no node overshooting its neighbours.
    pub conductance: Option<i64>,
    /// cap of every edge, ≥ 0.
    pub cap: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gid: None,
            scale: CMP_0_SCALE,
            conductance: None,
            cap: NO_CAP,
        }
    }
}

impl Settings {
    /// The gid, checked, or a given one.
    pub(super) fn gid(&self, otherwise: String) -> Result<String, MakeError> {
        let Some(gid) = &self.gid else {
            return Ok(otherwise);
        };
        bad_name(gid).map_or_else(
            || Ok(gid.clone()),
            |wrong| {
                Err(MakeError::Gid {
                    gid: gid.escape_debug().to_string(),
                    wrong,
                })
            },
        )
    }

    /// What every edge carries in a graph of this greatest degree.
    pub(super) fn conductance_for(&self, degree_max: u64) -> i64 {
        self.conductance.unwrap_or_else(|| {
            let twice = i64::try_from(degree_max * 2)
                .expect("a degree is at most twice the number of edges, which has a limit");
            (self.scale / twice.max(1)).max(1)
        })
    }
}

/// The greatest number of edges that meet at a node.
pub(super) fn degree_max(node_count: usize, edges: &[Edge]) -> u64 {
    let mut degrees = vec![0_u64; node_count];
    for edge in edges {
        for end in [edge.from, edge.to] {
            degrees[end as usize] += 1;
        }
    }
    degrees.into_iter().max().expect("a topology has a node")
}

/// Why a topology cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    /// The shape needs more than that.
    #[error("a {shape} needs at least {least} {what}, not {found}")]
    TooSmall {
        /// The shape's name.
        shape: &'static str,
        /// What it needs more of.
        what: &'static str,
        /// How many it needs.
        least: u64,
        /// How many were asked for.
        found: u64,
    },
    /// There are not so many pairs of nodes.
    #[error("{nodes} nodes have {pairs} pairs, too few for {edges} edges; write at most {pairs}")]
    TooFewPairs {
        /// How many nodes there are.
        nodes: u64,
        /// How many pairs they make.
        pairs: u64,
        /// How many edges were asked for.
        edges: u64,
    },
    /// More nodes than the engine runs.
    #[error("{} nodes, which is over the limit of {NODES_MAX}", counted(*.0))]
    Nodes(u64),
    /// More edges than the engine runs.
    #[error("{} edges, which is over the limit of {EDGES_MAX}", counted(*.0))]
    Edges(u64),
    /// The graph id cannot be one.
    #[error(
        "the gid `{gid}` {wrong}; use 1 to 128 printable ASCII characters without quotes, backslash and slash"
    )]
    Gid {
        /// The id, control characters escaped.
        gid: String,
        /// What is wrong with it.
        wrong: String,
    },
    /// The document would be larger than one that can be read.
    #[error("the document would be larger than the limit of {} MiB; ask for fewer edges", (DOCUMENT_BYTES_MAX + 1) >> 20)]
    Document,
}

/// A count, which stops where 64 bits do.
fn counted(count: u64) -> String {
    match count {
        u64::MAX => format!("{count} or more"),
        _ => count.to_string(),
    }
}
