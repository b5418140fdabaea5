//! [`Numbering`]: which node of the topology each name of an edge list is.

use std::collections::BTreeMap;

use aether_json::nearest;

use super::ends::{End, Ends};
use super::nodes::Nodes;
use super::{Code, Draft, Import};
use crate::config::limits::NODES_MAX;
use crate::config::shortened;
use crate::topology::document::{Attrs, DescribedNode};

/// For how many unknown nodes a near name is looked for.
const HINTS_MAX: usize = 16;

/// The nodes 1..N, by their names in the file.
pub(super) struct Numbering {
    /// The nodes in order.
    nodes: Vec<End>,
    /// The index of each node; empty if `nodes` are 1..N, or sorted.
    index: BTreeMap<End, u32>,
    /// Whether the nodes are the numbers 1..N.
    is_counted: bool,
    /// Whether all names are integers.
    is_numbers: bool,
    /// The attributes of each node, with --names.
    attrs: Option<Vec<Attrs>>,
}

impl Numbering {
    /// Numbers the nodes of an edge list; problems are reported to it.
    pub(super) fn of(import: &mut Import<'_>, nodes: Option<Nodes>) -> Self {
        let is_numbers = import.ends.first_word().is_none();
        if let Some(nodes) = nodes {
            return Self::listed(import, nodes, is_numbers);
        }
        if let Some((count, _)) = import.node_count {
            check_size(import, count);
            // Over the limit there is a problem, for which the complete list is not needed.
            let most = NODES_MAX.cast_signed();
            let numbers = 1..=count.min(most.saturating_add(1));
            return Self::sorted(numbers.map(End::of_number).collect());
        }
        let ends = import.edges.iter().flat_map(|edge| [edge.from, edge.to]);
        if is_numbers {
            let mut nodes: Vec<End> = ends.collect();
            nodes.sort_unstable();
            nodes.dedup();
            return Self::sorted(nodes);
        }
        let mut nodes = Vec::new();
        let mut index = BTreeMap::new();
        for end in ends {
            index.entry(end).or_insert_with(|| {
                nodes.push(end);
                number(nodes.len() - 1)
            });
        }
        Self {
            nodes,
            index,
            is_counted: false,
            is_numbers: false,
            attrs: None,
        }
    }

    fn sorted(nodes: Vec<End>) -> Self {
        let mut numbers = nodes.iter().zip(1_i64..);
        let is_counted = numbers.all(|(end, number)| end.as_number() == number);
        Self {
            nodes,
            index: BTreeMap::new(),
            is_counted,
            is_numbers: true,
            attrs: None,
        }
    }

    /// The nodes of a file; every node of an edge must be one of them.
    fn listed(import: &mut Import<'_>, nodes: Nodes, is_numbers: bool) -> Self {
        let Nodes {
            mut rows,
            path,
            columns,
        } = nodes;
        import.columns.attrs = columns;
        if is_numbers {
            for (end, _) in &mut rows {
                *end = import.ends.number(*end);
            }
            rows.sort_by_key(|(end, _)| *end);
        }
        let (nodes, attrs): (Vec<End>, Vec<Attrs>) = rows.into_iter().unzip();
        let index: BTreeMap<End, u32> = nodes
            .iter()
            .enumerate()
            .map(|(at, end)| (*end, number(at)))
            .collect();
        let unknown = |edge: &super::Listed| {
            let ends = [edge.from, edge.to].into_iter();
            let missing = ends.filter(|end| !index.contains_key(end));
            missing.map(|end| (end, edge.place)).collect::<Vec<_>>()
        };
        let unknown: Vec<_> = import.edges.iter().flat_map(unknown).collect();
        for (index, (end, place)) in unknown.into_iter().enumerate() {
            let name = import.ends.name(end).into_owned();
            // Looking at every name for each of many unknown ones would take hours.
            let known = nodes.iter().filter(|_| index < HINTS_MAX);
            let known: Vec<_> = known.map(|node| import.ends.name(*node)).collect();
            let near = nearest(&name, known.iter().map(AsRef::as_ref));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("add the node to {path}"),
            };
            let message = format!("node `{}` is not in {path}", shortened(&name));
            let draft = Draft::new(Code::NoSuchNode, place, message).help(help);
            import.report(draft);
        }
        let is_counted = nodes
            .iter()
            .zip(1_i64..)
            .all(|(end, number)| end.as_number() == number);
        Self {
            nodes,
            index,
            is_counted,
            is_numbers,
            attrs: Some(attrs),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// How many names are integers.
    pub(super) fn integers(&self) -> usize {
        self.nodes.iter().filter(|end| end.as_number() >= 0).count()
    }

    /// The index of a node, which is one of these.
    pub(super) fn index(&self, end: End) -> u32 {
        if let Some(index) = self.index.get(&end) {
            return *index;
        }
        if self.is_counted {
            let at = usize::try_from(end.as_number() - 1);
            return number(at.expect("counted ids are 1 to the number of nodes"));
        }
        number(self.nodes.partition_point(|known| *known < end))
    }

    /// The names and attributes of the nodes, and their numbers in the file if these are their names
    /// and not 1..N.
    pub(super) fn described(self, ends: &Ends) -> (Vec<DescribedNode>, Option<Vec<i64>>) {
        let ids = self.is_numbers && !self.is_counted;
        let ids = ids.then(|| self.nodes.iter().map(|end| end.as_number()).collect());
        if self.is_numbers && self.attrs.is_none() {
            return (Vec::new(), ids);
        }
        let label = |end: &End| (!self.is_numbers).then(|| ends.name(*end).into_owned());
        let mut attrs = self.attrs.into_iter().flatten();
        let nodes = self.nodes.iter().map(|end| DescribedNode {
            label: label(end),
            attrs: attrs.next().unwrap_or_default(),
        });
        (nodes.collect(), ids)
    }
}

/// Reports a node beyond the size that the file states.
fn check_size(import: &mut Import<'_>, count: i64) {
    let mut ends = import.edges.iter().flat_map(|edge| [edge.from, edge.to]);
    let beyond = ends.find(|end| !(1..=count).contains(&end.as_number()));
    let (Some(end), Some((_, span))) = (beyond, import.node_count) else {
        return;
    };
    let name = import.ends.name(end);
    let message = format!(
        "node {} occurs and the size line says {count} nodes",
        shortened(&name)
    );
    let draft = Draft::new(Code::EdgeLine, span, message)
        .help("correct the size line, which counts rows, columns and entries");
    import.report(draft);
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("a node takes bytes of its file")
}
