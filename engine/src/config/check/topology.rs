//! Checks the graph: ids in order, ends that exist, a single SC, sizes within the limits.

use std::collections::BTreeMap;

use super::super::decode::{AnyObject, Given, Int, List, Text};
use super::super::defaults;
use super::super::documents::{EdgeDocument, NodeDocument, NodeRef, TopologyDocument};
use super::super::edges::Edges;
use super::super::limits::{EDGES_MAX, NODES_MAX};
use super::super::names::{Names, NotAName};
use super::super::plan::{Edge, Topology};
use super::super::problem::{Code, Draft, Problems};
use super::super::tree::{Document, NodeId, Value, shortened};
use super::{count, field_or, over_limit, value_at};

/// A topology without problems, and what its document says beside it.
pub(crate) struct CheckedTopology {
    pub(crate) topology: Topology,
    pub(crate) described: DescribedEdges,
}

/// Where the document says more of an edge than its numbers, by the index of the edge. A million
/// edges rarely have any of it.
#[derive(Debug, Default)]
pub(crate) struct DescribedEdges {
    pub(crate) attrs: BTreeMap<usize, NodeId>,
    pub(crate) labels: BTreeMap<usize, NodeId>,
}

pub(crate) fn topology(
    document: &Document,
    content: &TopologyDocument,
    problems: &mut Problems,
) -> Option<CheckedTopology> {
    let before = problems.len();
    let node_count = content.node_count.get().map(|Int(number)| count(*number));
    let node_count = node_count.filter(|&number| {
        let within = number <= NODES_MAX;
        if let (false, Some(value)) = (within, value_at(document, content.places.node_count)) {
            over_limit(value, "nodes", number, NODES_MAX, problems);
        }
        within
    });
    let mut labels = Vec::new();
    if let Some(list) = &content.nodes {
        let number = value_at(document, content.places.node_count);
        labels = nodes(document, list, (node_count, number), problems);
    }
    let mut names = Names::default();
    // Ids that are out of order are a problem, and then there are no names.
    let has_names = node_count.is_some() && problems.len() == before;
    if let (Some(node_count), true) = (node_count, problems.len() == before) {
        let given = labels
            .iter()
            .map(|(id, place)| (*id, document.value(*place).text()));
        let places: BTreeMap<u64, NodeId> = labels.iter().copied().collect();
        names.set_nodes(node_count, given, |id, reason| {
            label_refused("node", (id, reason), document.value(places[&id]), problems);
        });
    }
    let scale = content.scale.get().map(|Int(scale)| *scale);
    let edges = content.edges.get();
    let edges = edges.and_then(|list| {
        edges_of(
            document,
            list,
            Nodes {
                count: node_count,
                names: &names,
                has_names,
                hints: HINTS_MAX,
            },
            (scale, value_at(document, content.places.scale)),
            problems,
        )
    });
    let (edges, described) = edges?;
    let node_count = node_count?;
    if problems.len() > before {
        return None;
    }
    let labels = described
        .labels
        .iter()
        .map(|(index, place)| (*index as u64 + 1, *place));
    let given = labels.map(|(id, place)| (id, document.value(place).text()));
    names.set_edges(edges.len() as u64, given, |id, reason| {
        let index = usize::try_from(id - 1).expect("the id of an edge that has a place");
        let value = document.value(described.labels[&index]);
        label_refused("edge", (id, reason), value, problems);
    });
    let topology = Topology {
        gid: content.gid.get()?.0.clone(),
        node_count: usize::try_from(node_count).expect("at most NODES_MAX nodes"),
        scale: scale?,
        edges,
        names,
    };
    Some(CheckedTopology {
        topology,
        described,
    })
}

/// Warns that a label is not a name.
fn label_refused(
    noun: &str,
    (id, reason): (u64, NotAName),
    value: Value<'_>,
    problems: &mut Problems,
) {
    let message = format!("the label of {noun} {id} is not a name: {reason}");
    let draft = Draft::on(value, Code::LabelNotAName, message);
    problems.warn_on(value, draft);
}

/// Checks that the node ids are exactly 1..N, in order, and returns the places of the labels.
fn nodes(
    document: &Document,
    list: &List<NodeDocument>,
    (node_count, number): (Option<u64>, Option<Value<'_>>),
    problems: &mut Problems,
) -> Vec<(u64, NodeId)> {
    let mut order = Order::new("node", Code::NodeOrder);
    let mut labels = Vec::new();
    let mut id = 0;
    list.each(document, problems, |value, node, problems| {
        id += 1;
        let Some(node) = node else {
            order.skip();
            return;
        };
        order.next(
            field_or(value, node.places.node_id),
            node.node_id.0,
            problems,
        );
        if let (Some(Text(_)), Some(place)) = (node.label, node.places.label) {
            labels.push((id, place));
        }
    });
    let Some(node_count) = node_count.filter(|number| *number != list.len()) else {
        return labels;
    };
    let value = list.value(document);
    let message = format!("`nodes` has {} entries and N is {node_count}", list.len());
    let mut draft = Draft::on_key(value, Code::NodeCount, message)
        .expected(format!("{node_count} nodes"))
        .help(format!(
            "write `N`: {}, or list exactly {node_count} nodes",
            list.len()
        ))
        .help("`nodes` may be left out when the nodes have no labels");
    if let Some(number) = number {
        draft = draft.related(number, format!("N is {node_count} here"));
    }
    problems.add_on(value, draft);
    labels
}

/// Names that nobody has and that get a near one in their message: looking at every name for each of a
/// million unknown ones would take hours.
const HINTS_MAX: usize = 100;

/// The nodes that edges may join.
struct Nodes<'n> {
    /// `None` if it is not known.
    count: Option<u64>,
    names: &'n Names,
    /// Whether the names are known; else a name is not checked.
    has_names: bool,
    hints: usize,
}

fn edges_of(
    document: &Document,
    list: &List<EdgeDocument>,
    mut nodes: Nodes<'_>,
    (scale, scale_at): (Option<i64>, Option<Value<'_>>),
    problems: &mut Problems,
) -> Option<(Edges, DescribedEdges)> {
    if list.len() > EDGES_MAX {
        over_limit(
            list.value(document),
            "edges",
            list.len(),
            EDGES_MAX,
            problems,
        );
        return None;
    }
    let edge_count = usize::try_from(list.len()).expect("at most EDGES_MAX edges");
    let mut edges = Edges::with_capacity(edge_count);
    let mut described = DescribedEdges::default();
    let mut order = Order::new("edge", Code::EdgeOrder);
    list.each(document, problems, |value, edge, problems| {
        let Some(edge) = edge else {
            order.skip();
            return;
        };
        match edge.e_id.get() {
            Some(Int(id)) => order.next(field_or(value, edge.places.e_id), *id, problems),
            None => order.skip(),
        }
        if let (Some(AnyObject), Some(place)) = (edge.attrs, edge.places.attrs) {
            described.attrs.insert(edges.len(), place);
        }
        if let (Some(Text(_)), Some(place)) = (&edge.label, edge.places.label) {
            described.labels.insert(edges.len(), place);
        }
        edges.extend(ends(value, &edge, &mut nodes, problems));
        if let (Some(Int(own)), Some(scale)) = (edge.scale, scale)
            && own != scale
        {
            let at = field_or(value, edge.places.scale);
            scale_differs(at, own, (scale, scale_at), problems);
        }
    });
    Some((edges, described))
}

/// The edge with its ends as indices; `None` if they are not two different nodes.
fn ends(
    value: Value<'_>,
    edge: &EdgeDocument,
    nodes: &mut Nodes<'_>,
    problems: &mut Problems,
) -> Option<Edge> {
    let mut end = |place, node: &Given<NodeRef>, problems: &mut Problems| {
        let at = field_or(value, place);
        match node.get()? {
            NodeRef::Id(id) => end(at, *id, nodes.count, problems),
            NodeRef::Name(name) => named_end(at, name, nodes, problems),
        }
    };
    let from = end(edge.places.i, &edge.i, problems);
    let to = end(edge.places.j, &edge.j, problems);
    let (from, to) = (from?, to?);
    if from == to {
        let mut shown = "edge".to_owned();
        if let Some(Int(id)) = edge.e_id.get() {
            shown.push_str(&format!(" {id}"));
        }
        if let Some(Text(label)) = &edge.label {
            shown.push_str(&format!(" ({})", shortened(label)));
        }
        let node = nodes.names.show_node(u64::from(from) + 1);
        let message = format!("{shown} joins node {node} to itself");
        let at = field_or(value, edge.places.j);
        let draft = Draft::on(at, Code::SelfLoop, message).expected("another node than `i`");
        problems.add_on(at, draft);
        return None;
    }
    let c = edge.c.map_or(defaults::EDGE_C, |Int(c)| c);
    Some(Edge {
        from,
        to,
        conductance: edge.k.get()?.0,
        cap: edge.cap.get()?.0,
        c,
    })
}

fn end(at: Value<'_>, node: i64, node_count: Option<u64>, problems: &mut Problems) -> Option<u32> {
    let index = u64::try_from(node)
        .ok()
        .and_then(|node| node.checked_sub(1));
    let inside = |index: &u64| node_count.is_none_or(|number| *index < number);
    if let Some(index) = index.filter(inside) {
        // The id is at most N, which has a limit. If N is unknown, there will be no plan.
        return u32::try_from(index).ok();
    }
    let known = node_count.map_or("from 1".to_owned(), |number| format!("from 1 to {number}"));
    let message = format!("there is no node {node}");
    let help = match (node, node_count) {
        (0, _) => "nodes are numbered from 1".to_owned(),
        (_, Some(number)) => format!("write a node {known}, or raise `N`, which is {number}"),
        _ => format!("write a node {known}"),
    };
    let draft = Draft::on(at, Code::NoSuchNode, message).expected(format!("a node {known}"));
    problems.add_on(at, draft.help(help));
    None
}

fn named_end(
    at: Value<'_>,
    name: &str,
    nodes: &mut Nodes<'_>,
    problems: &mut Problems,
) -> Option<u32> {
    if !nodes.has_names {
        return None;
    }
    match nodes.names.find_node_hinting(name, nodes.hints > 0) {
        Ok(id) => Some(u32::try_from(id - 1).expect("the number of nodes is within its limit")),
        Err(error) => {
            nodes.hints = nodes.hints.saturating_sub(1);
            let draft = Draft::on(at, Code::NoSuchNode, error.message());
            problems.add_on(at, draft.help(error.help()));
            None
        }
    }
}

fn scale_differs(
    at: Value<'_>,
    own: i64,
    (scale, scale_at): (i64, Option<Value<'_>>),
    problems: &mut Problems,
) {
    let message = format!("the edge's SC is {own} and the topology's {scale}");
    let mut draft = Draft::on(at, Code::EdgeScale, message)
        .expected(scale.to_string())
        .help(format!("write {scale}, or remove the edge's `SC`"));
    if let Some(value) = scale_at {
        draft = draft.related(value, "the topology's SC");
    }
    problems.add_on(at, draft);
}

/// Checks that ids count 1, 2, 3, …. A jump is reported once, and counting continues from there: in
/// 1, 2, 5, 6 only 5 is a problem.
struct Order {
    noun: &'static str,
    code: Code,
    expected: i64,
}

impl Order {
    fn new(noun: &'static str, code: Code) -> Self {
        Self {
            noun,
            code,
            expected: 1,
        }
    }

    fn next(&mut self, at: Value<'_>, id: i64, problems: &mut Problems) {
        let (noun, expected) = (self.noun, self.expected);
        if id != expected {
            let message = match (expected, id) {
                (1, 0) => format!("{noun}s are numbered from 1, not from 0"),
                (1, _) => format!("the first {noun} is number {id}, not 1"),
                _ => format!("expected {noun} {expected}, found {noun} {id}"),
            };
            let draft = Draft::on(at, self.code, message).expected(expected.to_string());
            problems.add_on(at, draft);
        }
        self.expected = id.saturating_add(1);
    }

    /// Counts an item whose id could not be read.
    fn skip(&mut self) {
        self.expected = self.expected.saturating_add(1);
    }
}
