//! [`Rows`]: the nodes or edges that a picture shows, with their ids and names.

use aether_engine::config::Names;

/// Most letters of a name beside an axis.
const LETTERS_MAX: usize = 9;

/// The rows of a picture, numbered from 1: all nodes or edges of a run, or those that were asked
/// for.
pub(super) struct Rows<'n> {
    /// `node` or `edge`.
    kind: &'static str,
    count: u64,
    /// The ids in ascending order; `None` for all.
    ids: Option<&'n [u64]>,
    names: Option<&'n Names>,
}

impl<'n> Rows<'n> {
    /// All nodes or edges, without names.
    #[cfg(test)]
    pub(super) const fn all(kind: &'static str, count: u64) -> Self {
        Self {
            kind,
            count,
            ids: None,
            names: None,
        }
    }

    pub(super) fn nodes(count: u64, ids: Option<&'n [u64]>, names: &'n Names) -> Self {
        Self::of("node", count, ids, names)
    }

    pub(super) fn edges(count: u64, ids: Option<&'n [u64]>, names: &'n Names) -> Self {
        Self::of("edge", count, ids, names)
    }

    fn of(kind: &'static str, count: u64, ids: Option<&'n [u64]>, names: &'n Names) -> Self {
        let count = ids.map_or(count, |ids| ids.len() as u64);
        let names = Some(names);
        Self {
            kind,
            count,
            ids,
            names,
        }
    }

    pub(super) const fn kind(&self) -> &'static str {
        self.kind
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// The id of a row.
    pub(super) fn id(&self, row: u64) -> u64 {
        let at = |ids: &[u64]| ids[usize::try_from(row - 1).expect("a selection has few rows")];
        self.ids.map_or(row, at)
    }

    /// The index of the row of an id; `None` if it is not shown.
    pub(super) fn place(&self, id: u64) -> Option<usize> {
        let all = || usize::try_from(id - 1).ok().filter(|_| id <= self.count);
        self.ids.map_or_else(all, |ids| ids.binary_search(&id).ok())
    }

    /// The values of the rows, of a list of the values of all nodes or edges.
    pub(super) fn pick<V: Copy>(&self, all: &[V]) -> impl Iterator<Item = V> {
        (1..=self.count).map(|row| {
            let place = usize::try_from(self.id(row) - 1);
            all[place.expect("the list has a value for each id")]
        })
    }

    fn own_name(&self, row: u64) -> Option<&'n str> {
        let (names, id) = (self.names?, self.id(row));
        if self.kind == "node" {
            names.node(id)
        } else {
            names.edge(id)
        }
    }

    /// Whether any row has a name.
    pub(super) fn has_names(&self) -> bool {
        (1..=self.count).any(|row| self.own_name(row).is_some())
    }

    /// A row in full: `node 20 (D0-J09)`.
    pub(super) fn name(&self, row: u64) -> String {
        let (kind, id) = (self.kind, self.id(row));
        match self.own_name(row) {
            Some(name) if name != id.to_string() => format!("{kind} {id} ({name})"),
            _ => format!("{kind} {id}"),
        }
    }

    /// A row beside an axis: its name, or its id.
    pub(super) fn short_name(&self, row: u64) -> String {
        self.own_name(row).map_or_else(
            || self.id(row).to_string(),
            |name| shortened(name, LETTERS_MAX),
        )
    }
}

/// A name in at most that many letters.
pub(super) fn shortened(name: &str, letters: usize) -> String {
    if name.chars().count() <= letters {
        return name.to_owned();
    }
    let kept: String = name.chars().take(letters - 1).collect();
    format!("{kept}…")
}
