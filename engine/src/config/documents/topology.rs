//! `TopologyProfile_v1`: the graph of a run, its nodes and edges.

use super::super::decode::{AnyObject, Decode, Int, List, Name, Text, wrong_type};
use super::super::problem::Problems;
use super::super::tree::{Kind, Value};

document! {
    /// A graph: nodes 1..N and the edges that join them.
    TopologyDocument, "a topology", Refused {
        /// Graph id; equals the RunConfig's.
        given "gid" => gid: Name,
        /// Names the profile that the graph was made for; only the RunConfig chooses the profile.
        optional "profile" => profile: Text,
        /// Number of nodes.
        given "N" unit "nodes" => node_count: Int<1>,
        /// The nodes 1..N in order. Default: 1..N without labels.
        optional "nodes" => nodes: List<NodeDocument>,
        /// The edges 1..E in order.
        given "edges" => edges: List<EdgeDocument>,
        /// Divisor of the flux rule; equals the profile's.
        given "SC" => scale: Int<1>,
        /// For people and tools; without effect.
        optional "meta" => meta: AnyObject,
    }
}

document! {
    /// A node.
    NodeDocument, "a node", Refused {
        /// Its number, from 1.
        required "node_id" in "1..N" unit "node id" => node_id: Int,
        /// Its name in commands, inputs and reports, if it differs from every other.
        optional "label" => label: Text,
        /// For people and tools; without effect.
        optional "attrs" => attrs: AnyObject,
    }
}

document! {
    /// An edge from node i to node j.
    EdgeDocument, "an edge", Refused {
        /// Its number, from 1.
        given "e_id" in "1..E" unit "edge id" => e_id: Int,
        /// Node at the start, by id or name: a positive flux leaves it.
        given "i" unit "node id" => i: NodeRef,
        /// Node at the end, by id or name; differs from `i`.
        given "j" unit "node id" => j: NodeRef,
        /// Conductance.
        given "k" => k: Int<0>,
        /// Largest flux per tick.
        given "cap" unit "amount per tick" => cap: Int<0>,
        /// Repeats the topology's SC.
        optional "SC" => scale: Int<1>,
        /// Recorded, but without effect under the known rules. Default: 0.
        optional "c" => c: Int,
        /// Its name in commands and reports, if it differs from every other.
        optional "label" => label: Text,
        /// For people and tools; without effect.
        optional "attrs" => attrs: AnyObject,
    }
}

/// A node of the same document.
#[derive(Clone, Debug)]
pub(crate) enum NodeRef {
    /// By its number.
    Id(i64),
    /// By its name, or as `name:` with a name.
    Name(String),
}

impl Decode for NodeRef {
    fn expected() -> String {
        "the id or name of a node".to_owned()
    }

    fn decode(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        match value.kind() {
            Kind::Integer => {
                Int::<{ i64::MIN }>::decode(value, problems).map(|Int(id)| Self::Id(id))
            }
            Kind::String => Some(Self::Name(value.text().to_owned())),
            _ => {
                wrong_type::<Self>(value, Kind::Integer, problems);
                None
            }
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for NodeRef {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NodeRef".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let id = generator.subschema_for::<Int>();
        schemars::json_schema!({ "anyOf": [id, {"type": "string"}] })
    }
}
