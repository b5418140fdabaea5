//! [`Graph`]: which nodes and edges of a run are exported, and what they are called.

use aether_engine::store::StoredRun;
use aether_json::layout;

use super::cells;
use crate::selection::Selection;

/// The nodes and edges that are exported, as ids in order.
pub(super) struct Graph {
    pub(super) nodes: Ids,
    pub(super) edges: Ids,
}

/// Some of the ids 1..=count.
pub(super) struct Ids {
    /// All of them, without a list, or these.
    chosen: Option<Vec<u64>>,
    pub(super) count: usize,
}

impl Graph {
    /// What was selected. If only nodes were, there are no edges, and the other way round.
    pub(super) fn of(run: &StoredRun, selection: &Selection) -> Self {
        let header = run.header();
        let of = |own: &Option<Vec<u64>>, other: &Option<Vec<u64>>, count| Ids {
            chosen: own.clone().or(other.as_ref().map(|_| Vec::new())),
            count,
        };
        Self {
            nodes: of(&selection.nodes, &selection.edges, header.node_count),
            edges: of(&selection.edges, &selection.nodes, header.edge_count),
        }
    }
}

impl Ids {
    pub(super) const fn is_all(&self) -> bool {
        self.chosen.is_none()
    }

    /// How many are chosen.
    pub(super) fn len(&self) -> usize {
        self.chosen.as_ref().map_or(self.count, Vec::len)
    }

    /// The chosen indices, which are one less than the ids.
    pub(super) fn indices(&self) -> impl Iterator<Item = usize> {
        let all = self.is_all().then_some(0..self.count);
        let chosen = self.chosen.iter().flatten();
        let index = |&id: &u64| usize::try_from(id - 1).expect("an id of a graph in memory");
        all.into_iter().flatten().chain(chosen.map(index))
    }
}

/// The names of nodes or edges by index, spelled for an output; empty if there are none.
pub(super) struct Labels(Vec<String>);

impl Labels {
    /// As cells of CSV; an id without a name has an empty one.
    pub(super) fn cells<'n>(count: usize, name: impl Fn(u64) -> Option<&'n str>) -> Self {
        Self::of(count, name, "", cells::quoted)
    }

    /// As JSON strings; an id without a name has `null`.
    pub(super) fn json<'n>(count: usize, name: impl Fn(u64) -> Option<&'n str>) -> Self {
        Self::of(count, name, "null", layout::quoted)
    }

    fn of<'n>(
        count: usize,
        name: impl Fn(u64) -> Option<&'n str>,
        unnamed: &str,
        spell: fn(&str) -> String,
    ) -> Self {
        let spelled = (1..=count as u64).map(|id| name(id).map_or(unnamed.to_owned(), spell));
        Self(spelled.collect())
    }

    pub(super) fn get(&self, index: usize) -> &str {
        &self.0[index]
    }
}
