//! The settings of a new topology, and the reasons why one cannot be made.

use super::document::CMP_0_SCALE;
use crate::config::limits::{DOCUMENT_BYTES_MAX, EDGES_MAX, NODES_MAX};
use crate::config::{Edge, bad_name};

/// The value that means "no cap", as in GF-01.
pub const NO_CAP: i64 = 2_147_483_647;

/// The name of a new topology, and the values of its edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub(super) gid: Option<String>,
    pub(super) scale: i64,
    pub(super) conductance: Option<i64>,
    pub(super) cap: i64,
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
    /// The graph id; by default it is made from the shape or the file name.
    #[must_use]
    pub fn with_gid(self, gid: impl Into<String>) -> Self {
        Self {
            gid: Some(gid.into()),
            ..self
        }
    }

    /// SC, the divisor of the flux rule, ≥ 1. The profile of a run must have the same value.
    #[must_use]
    pub fn with_scale(self, scale: i64) -> Self {
        Self { scale, ..self }
    }

    /// k of every edge, ≥ 0. By default it is SC / (2 · the greatest degree), at least 1: the
    /// largest k with which no node overshoots its neighbours.
    #[must_use]
    pub fn with_conductance(self, conductance: i64) -> Self {
        Self {
            conductance: Some(conductance),
            ..self
        }
    }

    /// cap of every edge, ≥ 0; [`NO_CAP`] by default.
    #[must_use]
    pub fn with_cap(self, cap: i64) -> Self {
        Self { cap, ..self }
    }

    /// The gid of the settings, which is checked, or else the given one.
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

    /// The k of every edge in a graph of this greatest degree.
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
    /// A size is too small for the shape.
    #[error("a {shape} needs at least {least} {what}, not {found}")]
    TooSmall {
        /// The shape's name.
        shape: &'static str,
        /// The size that is too small, such as "nodes".
        what: &'static str,
        /// The least number that the shape needs.
        least: u64,
        /// The requested number.
        found: u64,
    },
    /// There are fewer pairs of nodes than edges.
    #[error("{nodes} nodes have {pairs} pairs, too few for {edges} edges; write at most {pairs}")]
    TooFewPairs {
        /// Number of nodes.
        nodes: u64,
        /// Number of pairs of nodes.
        pairs: u64,
        /// The requested number of edges.
        edges: u64,
    },
    /// More nodes than the engine runs.
    #[error("{} nodes, which is over the limit of {NODES_MAX}", counted(*.0))]
    Nodes(u64),
    /// More edges than the engine runs.
    #[error("{} edges, which is over the limit of {EDGES_MAX}", counted(*.0))]
    Edges(u64),
    /// The graph id is invalid.
    #[error(
        "the gid `{gid}` {wrong}; use 1 to 128 printable ASCII characters without quotes, backslash and slash"
    )]
    Gid {
        /// The id, control characters escaped.
        gid: String,
        /// What is wrong with it.
        wrong: String,
    },
    /// The document would be larger than the limit for documents.
    #[error("the document would be larger than the limit of {} MiB; ask for fewer edges", (DOCUMENT_BYTES_MAX + 1) >> 20)]
    Document,
}

/// A count for a message; the greatest `u64` means that or more.
fn counted(count: u64) -> String {
    match count {
        u64::MAX => format!("{count} or more"),
        _ => count.to_string(),
    }
}
