//! [`Shape`]: regular and random graphs that are made from a few numbers.

use super::document::{Meta, NewTopology};
use super::random;
use super::settings::{MakeError, Settings, degree_max};
use crate::config::limits::{EDGES_MAX, NODES_MAX};
use crate::config::{Edge, Names, Topology, defaults};

/// A graph that is determined by a few numbers.
///
/// Nodes are numbered from 1, in a grid row by row. Every edge goes from the lower node to the
/// higher one, except for the edges that close a ring or a row or column of a torus. Edge ids are
/// in order of the first node, then of the second.
///
/// ```
/// use aether_engine::topology::{Format, Settings, Shape};
///
/// let ring = Shape::Ring { nodes: 5 }.make(&Settings::default()).unwrap();
/// assert_eq!((ring.gid(), ring.node_count(), ring.edge_count()), ("RING5", 5, 5));
/// assert!(ring.text(Format::Json).unwrap().contains(r#""gid": "RING5""#));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// 1 – 2 – … – N.
    Line {
        /// N ≥ 1.
        nodes: u64,
    },
    /// A line whose last node is joined to the first.
    Ring {
        /// N ≥ 3.
        nodes: u64,
    },
    /// Node 1 joined to all others.
    Star {
        /// N ≥ 2, the centre included.
        nodes: u64,
    },
    /// Rows and columns, each node joined to its neighbours to the right and below.
    Grid {
        /// ≥ 1.
        rows: u64,
        /// ≥ 1.
        columns: u64,
    },
    /// A grid whose rows and columns are rings.
    Torus {
        /// ≥ 3.
        rows: u64,
        /// ≥ 3.
        columns: u64,
    },
    /// Every pair of nodes joined.
    Complete {
        /// N ≥ 1.
        nodes: u64,
    },
    /// A number of different pairs of nodes; every choice of pairs is equally likely.
    ///
    /// The pairs (1, 2), (1, 3), …, (N−1, N) are numbered from 0. Numbers are drawn by SplitMix64
    /// from the seed, each reduced to a pair without bias (a draw past the largest multiple of the
    /// number of pairs is drawn again), until there are as many different pairs as edges. If that
    /// is more than half of all pairs, the pairs to leave out are drawn instead. This is version 1
    /// of the method, which will not change; `meta` names it.
    Random {
        /// N ≥ 1.
        nodes: u64,
        /// At most N · (N − 1) / 2.
        edges: u64,
        /// The seed of the random choice.
        seed: u64,
    },
}

/// The reason why sizes fit: a shape is only made after its sizes were checked.
const WITHIN: &str = "sizes are within the limits";

impl Shape {
    /// The shape's name, as commands write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Line { .. } => "line",
            Self::Ring { .. } => "ring",
            Self::Star { .. } => "star",
            Self::Grid { .. } => "grid",
            Self::Torus { .. } => "torus",
            Self::Complete { .. } => "complete",
            Self::Random { .. } => "random",
        }
    }

    /// The topology.
    ///
    /// # Errors
    ///
    /// Every reason why it cannot be made.
    pub fn make(self, settings: &Settings) -> Result<NewTopology, Vec<MakeError>> {
        let mut errors = self.errors();
        let gid = settings.gid(self.gid()).map_err(|error| errors.push(error));
        let (Ok(gid), true) = (gid, errors.is_empty()) else {
            return Err(errors);
        };
        let node_count = usize::try_from(self.node_count()).expect(WITHIN);
        let mut edges = self.edges(settings.cap);
        let conductance = settings.conductance_for(degree_max(node_count, &edges));
        for edge in &mut edges {
            edge.conductance = conductance;
        }
        let topology = Topology {
            gid,
            node_count,
            scale: settings.scale,
            edges: edges.into_iter().collect(),
            names: Names::default(),
        };
        Ok(NewTopology::new(topology, self.meta()))
    }

    /// The names of the sizes, with their values.
    fn sizes(self) -> Vec<(&'static str, u64)> {
        match self {
            Self::Line { nodes }
            | Self::Ring { nodes }
            | Self::Star { nodes }
            | Self::Complete { nodes } => vec![("nodes", nodes)],
            Self::Grid { rows, columns } | Self::Torus { rows, columns } => {
                vec![("rows", rows), ("columns", columns)]
            }
            Self::Random { nodes, edges, seed } => {
                vec![("nodes", nodes), ("edges", edges), ("seed", seed)]
            }
        }
    }

    fn errors(self) -> Vec<MakeError> {
        let least = match self {
            Self::Ring { .. } | Self::Torus { .. } => 3,
            Self::Star { .. } => 2,
            _ => 1,
        };
        let small = |(what, found): &(&'static str, u64)| {
            matches!(*what, "nodes" | "rows" | "columns") && *found < least
        };
        let sizes = self.sizes().into_iter().filter(small);
        let mut errors: Vec<_> = sizes
            .map(|(what, found)| MakeError::TooSmall {
                shape: self.name(),
                what,
                least,
                found,
            })
            .collect();
        let (nodes, edges) = (self.node_count(), self.edge_count());
        if nodes > NODES_MAX {
            errors.push(MakeError::Nodes(nodes));
        }
        if edges > EDGES_MAX {
            errors.push(MakeError::Edges(edges));
        }
        if let Self::Random { nodes, edges, .. } = self
            && edges > random::pair_count(nodes)
        {
            let pairs = random::pair_count(nodes);
            errors.push(MakeError::TooFewPairs {
                nodes,
                pairs,
                edges,
            });
        }
        errors
    }

    fn node_count(self) -> u64 {
        match self {
            Self::Line { nodes }
            | Self::Ring { nodes }
            | Self::Star { nodes }
            | Self::Complete { nodes }
            | Self::Random { nodes, .. } => nodes,
            Self::Grid { rows, columns } | Self::Torus { rows, columns } => {
                rows.saturating_mul(columns)
            }
        }
    }

    fn edge_count(self) -> u64 {
        let less = |count: u64| count.saturating_sub(1);
        match self {
            Self::Line { nodes } | Self::Star { nodes } => less(nodes),
            Self::Ring { nodes } => nodes,
            Self::Grid { rows, columns } => {
                let along = rows.saturating_mul(less(columns));
                along.saturating_add(columns.saturating_mul(less(rows)))
            }
            Self::Torus { rows, columns } => rows.saturating_mul(columns).saturating_mul(2),
            Self::Complete { nodes } => random::pair_count(nodes),
            Self::Random { edges, .. } => edges,
        }
    }

    /// The default graph id, such as `GRID4X3`.
    fn gid(self) -> String {
        let sizes = self.sizes();
        let sizes = sizes.iter().map(|(_, size)| size.to_string());
        let sizes = sizes.collect::<Vec<_>>().join("X");
        format!("{}{sizes}", self.name().to_uppercase())
    }

    fn meta(self) -> Meta {
        let mut meta = Meta::default();
        meta.text("shape", self.name());
        for (what, size) in self.sizes() {
            meta.number(what, size);
        }
        if let Self::Random { .. } = self {
            meta.text("method", random::METHOD);
        }
        meta
    }

    /// The edges; the sizes were checked against the limits before.
    fn edges(self, cap: i64) -> Vec<Edge> {
        let mut edges = Vec::with_capacity(usize::try_from(self.edge_count()).expect(WITHIN));
        // Node numbers from 0.
        let mut join = |from: u64, to: u64| {
            let index = |node: u64| u32::try_from(node).expect(WITHIN);
            edges.push(Edge {
                from: index(from),
                to: index(to),
                conductance: 0,
                cap,
                c: defaults::EDGE_C,
            });
        };
        match self {
            Self::Line { nodes } => (1..nodes).for_each(|node| join(node - 1, node)),
            Self::Ring { nodes } => (0..nodes).for_each(|node| join(node, (node + 1) % nodes)),
            Self::Star { nodes } => (1..nodes).for_each(|node| join(0, node)),
            Self::Grid { rows, columns } => {
                for node in 0..rows * columns {
                    if (node + 1) % columns != 0 {
                        join(node, node + 1);
                    }
                    if node + columns < rows * columns {
                        join(node, node + columns);
                    }
                }
            }
            Self::Torus { rows, columns } => {
                for node in 0..rows * columns {
                    let (row, column) = (node / columns, node % columns);
                    join(node, row * columns + (column + 1) % columns);
                    join(node, (row + 1) % rows * columns + column);
                }
            }
            Self::Complete { nodes } => {
                for from in 0..nodes {
                    (from + 1..nodes).for_each(|to| join(from, to));
                }
            }
            Self::Random { nodes, edges, seed } => {
                random::pairs(nodes, edges, seed, join);
            }
        }
        edges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The edges of a shape, as `1-2 2-3`.
    #[track_caller]
    fn check(shape: Shape, expected: &str) {
        let edges = shape.edges(1);
        assert_eq!(edges.len() as u64, shape.edge_count(), "{shape:?}");
        let text = edges
            .iter()
            .map(|edge| format!("{}-{}", edge.from + 1, edge.to + 1));
        assert_eq!(text.collect::<Vec<_>>().join(" "), expected, "{shape:?}");
    }

    #[test]
    fn shapes_have_their_edges() {
        check(Shape::Line { nodes: 1 }, "");
        check(Shape::Line { nodes: 4 }, "1-2 2-3 3-4");
        check(Shape::Ring { nodes: 3 }, "1-2 2-3 3-1");
        check(Shape::Star { nodes: 4 }, "1-2 1-3 1-4");
        let (rows, columns) = (2, 3);
        check(Shape::Grid { rows, columns }, "1-2 1-4 2-3 2-5 3-6 4-5 5-6");
        let (rows, columns) = (3, 1);
        check(Shape::Grid { rows, columns }, "1-2 2-3");
        let (rows, columns) = (3, 3);
        check(
            Shape::Torus { rows, columns },
            "1-2 1-4 2-3 2-5 3-1 3-6 4-5 4-7 5-6 5-8 6-4 6-9 7-8 7-1 8-9 8-2 9-7 9-3",
        );
        check(Shape::Complete { nodes: 4 }, "1-2 1-3 1-4 2-3 2-4 3-4");
    }

    /// The choice for a seed never changes.
    #[test]
    fn a_seed_has_its_edges() {
        let random = |nodes, edges, seed| Shape::Random { nodes, edges, seed };
        check(random(6, 5, 7), "1-5 1-6 2-4 3-4 4-5");
        check(random(6, 15, 7), &all_pairs(6));
        check(random(1, 0, 7), "");
    }

    fn all_pairs(nodes: u64) -> String {
        let pairs = (1..=nodes).flat_map(|i| (i + 1..=nodes).map(move |j| format!("{i}-{j}")));
        pairs.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_problem_is_reported() {
        let settings = Settings {
            gid: Some("a/b".to_owned()),
            ..Settings::default()
        };
        let errors = |shape: Shape| {
            let errors = shape.make(&settings).expect_err("errors");
            errors.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let gid = "the gid `a/b` holds the character /";
        let torus = errors(Shape::Torus {
            rows: 2,
            columns: 0,
        });
        assert_eq!(torus[0], "a torus needs at least 3 rows, not 2");
        assert_eq!(torus[1], "a torus needs at least 3 columns, not 0");
        assert!(torus[2].starts_with(gid), "{torus:?}");
        let huge = errors(Shape::Complete { nodes: u64::MAX });
        assert_eq!(huge.len(), 3, "{huge:?}");
        let random = errors(Shape::Random {
            nodes: 4,
            edges: 7,
            seed: 0,
        });
        let few = "4 nodes have 6 pairs, too few for 7 edges; write at most 6";
        assert_eq!(random[0], few);
    }

    #[test]
    fn no_node_overshoots_by_default() {
        let conductance = |shape: Shape| {
            let made = shape.make(&Settings::default()).expect("a topology");
            made.conductances().next().unwrap_or(0)
        };
        assert_eq!(conductance(Shape::Line { nodes: 9 }), 8);
        let (rows, columns) = (4, 4);
        assert_eq!(conductance(Shape::Torus { rows, columns }), 4);
        assert_eq!(conductance(Shape::Star { nodes: 17 }), 1);
        assert_eq!(conductance(Shape::Complete { nodes: 100 }), 1);
    }
}
