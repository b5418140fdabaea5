//! Writes the resolved topology. It keeps labels, attributes and `meta`, by which pictures and
//! reports name nodes.

use super::super::plan::{Edge, Topology};
use super::super::tree::{Document, Kind, Value};
use super::{WriteWith, object};
use crate::canonical::{self, Canonical, Object, Writer};

/// The topology's text; `profile` is used if the document does not name one.
pub(in super::super) fn topology(
    document: &Document,
    topology: &Topology,
    profile: &str,
) -> String {
    let root = document.root();
    let given = |key: &str| root.field(key).filter(|value| value.kind() != Kind::Null);
    let noted = given("profile").map_or(profile, Value::text);
    // Checked once for all edges: a million edges rarely have attributes.
    let items = root.field("edges").into_iter().flat_map(Value::children);
    let attributed = items.clone().any(|edge| edge.field("attrs").is_some());
    let edges = WriteWith(|writer: &mut Writer| {
        let mut items = attributed.then(|| items.clone());
        writer.raw("[");
        for (index, edge) in topology.edges.iter().enumerate() {
            let attrs = items
                .as_mut()
                .and_then(Iterator::next)
                .and_then(|item| attrs(item));
            writer.raw(if index == 0 { "" } else { "," });
            write_edge(writer, index + 1, edge, topology.scale, attrs);
        }
        writer.raw("]");
    });
    let nodes = given("nodes").filter(|nodes| {
        nodes
            .children()
            .any(|node| node.field("label").is_some() || node.field("attrs").is_some())
    });
    canonical::text(&object(|members| {
        members.field("N", &topology.node_count);
        members.field("SC", &topology.scale);
        members.field("edges", &edges);
        members.field("gid", &topology.gid);
        members.optional("meta", given("meta").as_ref());
        members.optional("nodes", nodes.map(|nodes| without_nulls(nodes)).as_ref());
        members.field("profile", noted);
    }))
}

fn attrs(item: Value<'_>) -> Option<Value<'_>> {
    item.field("attrs")
        .filter(|attrs| attrs.kind() != Kind::Null)
}

fn write_edge(writer: &mut Writer, id: usize, edge: &Edge, scale: i64, attrs: Option<Value<'_>>) {
    let mut members = Object::begin(writer);
    members.field("SC", &scale);
    members.optional("attrs", attrs.as_ref());
    members.field("c", &edge.c);
    members.field("cap", &edge.cap);
    members.field("e_id", &id);
    members.field("i", &(edge.from + 1));
    members.field("j", &(edge.to + 1));
    members.field("k", &edge.conductance);
    members.end();
}

/// The nodes; a null label is the same as no label.
fn without_nulls(nodes: Value<'_>) -> impl Canonical {
    WriteWith(move |writer: &mut Writer| {
        writer.raw("[");
        for (index, node) in nodes.children().enumerate() {
            writer.raw(if index == 0 { "" } else { "," });
            let given = |key| node.field(key).filter(|value| value.kind() != Kind::Null);
            let mut members = Object::begin(writer);
            members.optional("attrs", given("attrs").as_ref());
            members.optional("label", given("label").as_ref());
            members.optional("node_id", given("node_id").as_ref());
            members.end();
        }
        writer.raw("]");
    })
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
                let keyed = self
                    .children()
                    .filter_map(|child| Some((child.key()?, child)));
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
