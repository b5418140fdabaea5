//! Records restricted to some nodes and edges, as JSON.
//!
//! A vector becomes an object with the ids as keys, a list of edges keeps those that are chosen:
//! with node 20 and edge 3, `"post_u":[…]` becomes `"post_u":{"20":-3000}`.

use aether_json::scan;

use super::graph::{Graph, Ids};
use super::layout::{Layout, Member, Part};

/// Appends the chosen part of a record; `None` if the text is not a record of the layout's kind.
pub(super) fn write(layout: &Layout, graph: &Graph, text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    object(&layout.members, graph, std::str::from_utf8(text).ok()?, out)
}

fn object(members: &[Member], graph: &Graph, raw: &str, out: &mut Vec<u8>) -> Option<()> {
    let mut separator = b'{';
    for (key, value) in scan::members(raw)? {
        let member = members.iter().find(|member| member.key == key)?;
        out.push(separator);
        separator = b',';
        out.extend_from_slice(key.as_bytes());
        out.push(b':');
        match &member.part {
            Part::Object(members) => object(members, graph, value, out)?,
            Part::OfNodes => vector(value, &graph.nodes, out)?,
            Part::OfEdges => vector(value, &graph.edges, out)?,
            Part::EdgeList => edge_list(value, &graph.edges, out)?,
            Part::Value => out.extend_from_slice(value.as_bytes()),
        }
    }
    if separator == b'{' {
        out.push(b'{');
    }
    out.push(b'}');
    Some(())
}

fn vector(raw: &str, ids: &Ids, out: &mut Vec<u8>) -> Option<()> {
    let numbers = scan::elements(raw)?;
    if numbers.len() != ids.count {
        return None;
    }
    out.push(b'{');
    for (place, index) in ids.indices().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let entry = format!("{comma}\"{}\":{}", index + 1, numbers[index]);
        out.extend_from_slice(entry.as_bytes());
    }
    out.push(b'}');
    Some(())
}

/// Appends the chosen elements of a list of edges, which has all edges in order.
pub(super) fn edge_list(raw: &str, ids: &Ids, out: &mut Vec<u8>) -> Option<()> {
    let edges = scan::elements(raw)?;
    if edges.len() != ids.count {
        return None;
    }
    out.push(b'[');
    for (place, index) in ids.indices().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(edges[index].as_bytes());
    }
    out.push(b']');
    Some(())
}
