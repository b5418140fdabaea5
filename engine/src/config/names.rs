//! [`Names`]: the names that a topology gives its nodes and edges, and how people refer to either.
//!
//! A label is a name if it is 1 to 128 printable characters, unlike every other label of its kind, and
//! not made only of digits (unless it is the number of what it labels). Other labels are descriptions:
//! they are kept in the resolved topology and give a warning.
//!
//! ```text
//! label "D0-J09" of node 20    `20`, `D0-J09` and `name:D0-J09` all mean node 20
//! label "11" of node 3         no name: a bare `11` means node 11
//! ```

use std::fmt;

use aether_json::nearest;

use super::limits::NAME_CHARS_MAX;

/// In front of a name, says that it is a name even if it looks like an id.
const FORCED: &str = "name:";

/// The names of a graph's nodes and edges.
///
/// Ids are from 1, as in every record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    nodes: Table,
    edges: Table,
}

/// The names of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Table {
    /// Ids are 1..=count.
    count: u64,
    /// Each id that has a name, with its name, in order of id.
    names: Vec<(u64, Box<str>)>,
    /// Indices into `names`, in order of name.
    by_name: Vec<usize>,
}

/// A reference to a node or an edge that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct NoSuchName {
    /// "node" or "edge".
    noun: &'static str,
    given: String,
    /// How many nodes or edges there are.
    count: u64,
    /// The name that was probably meant.
    near: Option<String>,
}

/// An id with its name, as people see it: `20 (D0-J09)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named<'n> {
    id: u64,
    name: Option<&'n str>,
}

/// Why a label is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAName {
    Empty,
    TooLong(usize),
    NotPrintable(char),
    /// Only digits, and not the number of what it labels.
    OtherNumber,
    /// Equal to the label of the id.
    Repeated(u64),
}

impl Names {
    /// Sets the names of the nodes; `refused` gets every label that is not a name.
    pub(crate) fn set_nodes<'l>(
        &mut self,
        count: u64,
        labels: impl IntoIterator<Item = (u64, &'l str)>,
        refused: impl FnMut(u64, NotAName),
    ) {
        self.nodes = Table::new(count, labels, refused);
    }

    /// Sets the names of the edges; see [`Names::set_nodes`].
    pub(crate) fn set_edges<'l>(
        &mut self,
        count: u64,
        labels: impl IntoIterator<Item = (u64, &'l str)>,
        refused: impl FnMut(u64, NotAName),
    ) {
        self.edges = Table::new(count, labels, refused);
    }

    /// The name of a node; `None` if it has none.
    #[must_use]
    pub fn node(&self, id: u64) -> Option<&str> {
        self.nodes.name(id)
    }

    /// The name of an edge; `None` if it has none.
    #[must_use]
    pub fn edge(&self, id: u64) -> Option<&str> {
        self.edges.name(id)
    }

    /// The id of the node that a text refers to: an id, a name, or `name:` with a name.
    ///
    /// # Errors
    /// There is no such node; the error names a near one.
    pub fn find_node(&self, given: &str) -> Result<u64, NoSuchName> {
        self.nodes.find("node", given, true)
    }

    /// The id of a node as by [`Names::find_node`]. The error names a near node only if asked to: looking
    /// at every name for each of a million unknown ones would take hours.
    pub(crate) fn find_node_hinting(&self, given: &str, hint: bool) -> Result<u64, NoSuchName> {
        self.nodes.find("node", given, hint)
    }

    /// The id of the edge that a text refers to; see [`Names::find_node`].
    ///
    /// # Errors
    /// There is no such edge; the error names a near one.
    pub fn find_edge(&self, given: &str) -> Result<u64, NoSuchName> {
        self.edges.find("edge", given, true)
    }

    /// A node for people: `20 (D0-J09)`, or `20` if it has no name.
    #[must_use]
    pub fn show_node(&self, id: u64) -> Named<'_> {
        let name = self.node(id);
        Named { id, name }
    }

    /// An edge for people; see [`Names::show_node`].
    #[must_use]
    pub fn show_edge(&self, id: u64) -> Named<'_> {
        let name = self.edge(id);
        Named { id, name }
    }

    /// Number of nodes, with and without names.
    #[must_use]
    pub const fn node_count(&self) -> u64 {
        self.nodes.count
    }

    /// Number of edges, with and without names.
    #[must_use]
    pub const fn edge_count(&self) -> u64 {
        self.edges.count
    }

    /// The nodes that have names, in order of id.
    pub fn nodes(&self) -> impl Iterator<Item = (u64, &str)> {
        self.nodes.each()
    }

    /// The edges that have names, in order of id.
    pub fn edges(&self) -> impl Iterator<Item = (u64, &str)> {
        self.edges.each()
    }
}

impl Table {
    fn new<'l>(
        count: u64,
        labels: impl IntoIterator<Item = (u64, &'l str)>,
        mut refused: impl FnMut(u64, NotAName),
    ) -> Self {
        let labels: Vec<(u64, &str)> = labels.into_iter().collect();
        let mut sorted: Vec<usize> = (0..labels.len()).collect();
        sorted.sort_by_key(|&index| (labels[index].1, index));
        // For each label, a different one with the same text: the first, or for the first the second.
        let mut twins: Vec<Option<u64>> = vec![None; labels.len()];
        for group in sorted.chunk_by(|&a, &b| labels[a].1 == labels[b].1) {
            if let [first, second, ..] = *group {
                twins[first] = Some(labels[second].0);
                for &index in &group[1..] {
                    twins[index] = Some(labels[first].0);
                }
            }
        }
        let mut names = Vec::new();
        for (&(id, label), twin) in labels.iter().zip(twins) {
            match not_a_name(id, label).or(twin.map(NotAName::Repeated)) {
                Some(reason) => refused(id, reason),
                None => names.push((id, label.into())),
            }
        }
        let mut by_name: Vec<usize> = (0..names.len()).collect();
        by_name.sort_by_key(|&index| &names[index].1);
        Self {
            count,
            names,
            by_name,
        }
    }

    fn name(&self, id: u64) -> Option<&str> {
        let found = self.names.binary_search_by_key(&id, |(id, _)| *id);
        found.ok().map(|index| &*self.names[index].1)
    }

    fn id_of(&self, name: &str) -> Option<u64> {
        let found = self
            .by_name
            .binary_search_by(|&index| (*self.names[index].1).cmp(name));
        found
            .ok()
            .map(|position| self.names[self.by_name[position]].0)
    }

    fn find(&self, noun: &'static str, given: &str, hint: bool) -> Result<u64, NoSuchName> {
        let name = given.strip_prefix(FORCED);
        let found = match name {
            Some(name) => self.id_of(name),
            None if is_number(given) => {
                let id = given.parse().ok();
                id.filter(|id| (1..=self.count).contains(id))
            }
            None => self.id_of(given),
        };
        found.ok_or_else(|| NoSuchName {
            noun,
            given: given.to_owned(),
            count: self.count,
            near: if !hint || (name.is_none() && is_number(given)) {
                None
            } else {
                let known = self.names.iter().map(|(_, name)| &**name);
                nearest(name.unwrap_or(given), known).map(str::to_owned)
            },
        })
    }

    fn each(&self) -> impl Iterator<Item = (u64, &str)> {
        self.names.iter().map(|(id, name)| (*id, &**name))
    }
}

/// Why a label by itself is not a name; `None` if it may be one.
fn not_a_name(id: u64, label: &str) -> Option<NotAName> {
    if label.is_empty() {
        return Some(NotAName::Empty);
    }
    if let Some(character) = label.chars().find(|&c| !is_printable(c)) {
        return Some(NotAName::NotPrintable(character));
    }
    let length = label.chars().count();
    if length > NAME_CHARS_MAX {
        return Some(NotAName::TooLong(length));
    }
    (is_number(label) && label != id.to_string()).then_some(NotAName::OtherNumber)
}

/// Whether a character can be seen, or combines with one that can: not a control, a line end, an
/// invisible mark or an unassigned code point.
fn is_printable(character: char) -> bool {
    match character {
        '"' | '\'' | '\\' => true,
        // Behind a letter, combining marks are escaped only if they are invisible.
        other => format!("a{other}").escape_debug().count() == 2,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(formatter, "{} ({name})", self.id),
            None => self.id.fmt(formatter),
        }
    }
}

impl NoSuchName {
    /// What is wrong, without the advice.
    pub(crate) fn message(&self) -> String {
        let given = super::tree::shortened(&self.given);
        format!("there is no {} `{given}`", self.noun)
    }

    /// What to write instead.
    pub(crate) fn help(&self) -> String {
        let Self {
            noun, count, near, ..
        } = self;
        match (near, count) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, 0) => format!("there are no {noun}s"),
            (None, count) => format!("the {noun}s are 1 to {count}"),
        }
    }
}

impl fmt::Display for NoSuchName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; {}", self.message(), self.help())
    }
}

impl fmt::Display for NotAName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("it is empty"),
            Self::TooLong(length) => write!(
                formatter,
                "it has {length} characters, more than {NAME_CHARS_MAX}"
            ),
            Self::NotPrintable(character) => {
                write!(
                    formatter,
                    "it holds U+{:04X}, which is not printable",
                    u32::from(*character)
                )
            }
            Self::OtherNumber => {
                formatter.write_str("it is a number, and not the number of what it labels")
            }
            Self::Repeated(other) => write!(formatter, "number {other} has the same label"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(count: u64, labels: &[(u64, &str)]) -> (Names, Vec<(u64, NotAName)>) {
        let (mut names, mut refused) = (Names::default(), Vec::new());
        names.set_nodes(count, labels.iter().copied(), |id, reason| {
            refused.push((id, reason));
        });
        (names, refused)
    }

    #[test]
    fn labels_that_are_not_names_are_refused_with_their_reason() {
        let long = "n".repeat(129);
        for (labels, expected) in [
            (vec![(1, "")], vec![(1, NotAName::Empty)]),
            (vec![(1, &*long)], vec![(1, NotAName::TooLong(129))]),
            (vec![(1, &long[1..])], vec![]),
            (vec![(1, "a\tb")], vec![(1, NotAName::NotPrintable('\t'))]),
            (
                vec![(1, "a\u{202e}b")],
                vec![(1, NotAName::NotPrintable('\u{202e}'))],
            ),
            (
                vec![(1, "a\u{a0}b")],
                vec![(1, NotAName::NotPrintable('\u{a0}'))],
            ),
            (vec![(1, "Küche \"4\" e\u{301} 水 \\ '")], vec![]),
            (vec![(3, "11")], vec![(3, NotAName::OtherNumber)]),
            (vec![(3, "03")], vec![(3, NotAName::OtherNumber)]),
            (vec![(3, "3"), (4, "-3"), (5, "٣")], vec![]),
            (
                vec![(1, "a"), (2, "b"), (3, "a"), (4, "a")],
                vec![
                    (1, NotAName::Repeated(3)),
                    (3, NotAName::Repeated(1)),
                    (4, NotAName::Repeated(1)),
                ],
            ),
        ] {
            let (names, refused) = nodes(9, &labels);
            assert_eq!(refused, expected, "{labels:?}");
            for (id, label) in labels {
                let is_name = refused.iter().all(|(other, _)| *other != id);
                assert_eq!(names.node(id), is_name.then_some(label));
            }
        }
    }

    #[test]
    fn a_bare_number_is_an_id_and_a_forced_name_is_a_name() {
        let (names, _) = nodes(12, &[(2, "D0-J09"), (3, "11"), (4, "name:2"), (12, "12")]);
        for (given, expected) in [
            ("2", Some(2)),
            ("D0-J09", Some(2)),
            ("name:D0-J09", Some(2)),
            ("11", Some(11)),
            ("name:11", None),
            ("name:12", Some(12)),
            ("name:name:2", Some(4)),
            ("name:2", None),
            ("0", None),
            ("13", None),
            ("99999999999999999999", None),
            ("", None),
            ("d0-j09", None),
        ] {
            assert_eq!(names.find_node(given).ok(), expected, "{given}");
        }
        assert_eq!(names.show_node(2).to_string(), "2 (D0-J09)");
        assert_eq!(names.show_node(5).to_string(), "5");
    }

    #[test]
    fn an_unknown_name_gets_a_near_one_or_the_range() {
        let (names, _) = nodes(12, &[(2, "D0-J09")]);
        for (given, expected) in [
            ("D0-J9", "there is no node `D0-J9`; did you mean `D0-J09`?"),
            ("13", "there is no node `13`; the nodes are 1 to 12"),
            ("pump", "there is no node `pump`; the nodes are 1 to 12"),
        ] {
            let error = names.find_node(given).expect_err("no such node");
            assert_eq!(error.to_string(), expected);
        }
        let error = names.find_edge("e").expect_err("no such edge");
        assert_eq!(
            error.to_string(),
            "there is no edge `e`; there are no edges"
        );
    }
}
