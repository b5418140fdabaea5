//! Writes the resolved topology. It keeps labels, attributes and `meta`, by which pictures and
//! reports name nodes.

use std::collections::BTreeMap;

use super::super::check::DescribedEdges;
use super::super::decode::{List, Text};
use super::super::documents::{NodeDocument, TopologyDocument};
use super::super::plan::{Edge, Topology};
use super::super::problem::Problems;
use super::super::tree::{Document, Kind, NodeId, Value};
use super::{CHECKED, WriteWith, object};
use crate::canonical::{self, Canonical, Object, Writer};

/// A topology's document, which was checked and has no problems.
pub(in super::super) struct GivenTopology<'d> {
    pub(in super::super) document: &'d Document,
    pub(in super::super) content: &'d TopologyDocument,
    pub(in super::super) described: &'d DescribedEdges,
}

/// The topology's text; `profile` is used if the document does not name one.
pub(in super::super) fn topology(
    given: &GivenTopology<'_>,
    topology: &Topology,
    profile: &str,
) -> String {
    let (document, content) = (given.document, given.content);
    let noted = content.profile.as_ref().map_or(profile, |Text(name)| name);
    let edges = WriteWith(|writer: &mut Writer| {
        writer.raw("[");
        for (index, edge) in topology.edges.iter().enumerate() {
            let described = given.described;
            let value = |places: &BTreeMap<usize, NodeId>| {
                places.get(&index).map(|place| document.value(*place))
            };
            let (attrs, label) = (value(&described.attrs), value(&described.labels));
            writer.raw(if index == 0 { "" } else { "," });
            write_edge(writer, index + 1, &edge, topology.scale, (attrs, label));
        }
        writer.raw("]");
    });
    let meta = content.meta.and(content.places.meta);
    let nodes = content.nodes.as_ref();
    let nodes = nodes.filter(|nodes| are_described(document, nodes));
    canonical::text(&object(|members| {
        members.field("N", &topology.node_count);
        members.field("SC", &topology.scale);
        members.field("edges", &edges);
        members.field("gid", &topology.gid);
        members.optional("meta", meta.map(|place| document.value(place)).as_ref());
        members.optional("nodes", nodes.map(|list| nodes_of(document, list)).as_ref());
        members.field("profile", noted);
    }))
}

/// Whether any node has a label or attributes.
fn are_described(document: &Document, list: &List<NodeDocument>) -> bool {
    let mut any = false;
    each_node(document, list, |node| {
        any |= node.places.label.is_some() || node.places.attrs.is_some();
    });
    any
}

/// The nodes; a null label is the same as no label.
fn nodes_of(document: &Document, list: &List<NodeDocument>) -> impl Canonical {
    WriteWith(move |writer: &mut Writer| {
        let mut separator = "[";
        each_node(document, list, |node| {
            writer.raw(separator);
            separator = ",";
            let attrs = node.attrs.and(node.places.attrs);
            let mut members = Object::begin(writer);
            members.optional("attrs", attrs.map(|place| document.value(place)).as_ref());
            members.optional("label", node.label.as_ref().map(|Text(label)| label));
            members.field("node_id", &node.node_id.0);
            members.end();
        });
        writer.raw("]");
    })
}

fn each_node(document: &Document, list: &List<NodeDocument>, mut visit: impl FnMut(NodeDocument)) {
    list.each(document, &mut Problems::default(), |_, node, _| {
        visit(node.expect(CHECKED));
    });
}

fn write_edge(
    writer: &mut Writer,
    id: usize,
    edge: &Edge,
    scale: i64,
    (attrs, label): (Option<Value<'_>>, Option<Value<'_>>),
) {
    let mut members = Object::begin(writer);
    members.field("SC", &scale);
    members.optional("attrs", attrs.as_ref());
    members.field("c", &edge.c);
    members.field("cap", &edge.cap);
    members.field("e_id", &id);
    members.field("i", &(edge.from + 1));
    members.field("j", &(edge.to + 1));
    members.field("k", &edge.conductance);
    members.optional("label", label.as_ref());
    members.end();
}

/// A part of a document, unchanged except for the order of its keys.
impl Canonical for Value<'_> {
    fn write(&self, writer: &mut Writer) {
        match self.kind() {
            // TOML also has inf and nan, which JSON can only write as strings.
            Kind::Float if self.text().contains(['i', 'n']) => self.text().write(writer),
            Kind::Null | Kind::Bool | Kind::Integer | Kind::Float => writer.raw(self.text()),
            Kind::String | Kind::Date => self.text().write(writer),
            Kind::List => {
                writer.raw("[");
                for (index, item) in self.children().enumerate() {
                    writer.raw(if index == 0 { "" } else { "," });
                    item.write(writer);
                }
                writer.raw("]");
            }
            Kind::Object => {
                const KEYED: &str = "the values of an object have keys";
                let keyed = self.children();
                let keyed = keyed.map(|child| (child.key().expect(KEYED), child));
                let mut sorted: Vec<_> = keyed.collect();
                sorted.sort_by_key(|(key, _)| *key);
                let mut members = Object::begin(writer);
                for (key, value) in sorted {
                    members.member(key, &value);
                }
                members.end();
            }
        }
    }
}
