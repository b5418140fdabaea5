//! `TopologyProfile_v1`: the graph of a run, its nodes and edges.

use super::super::decode::{AnyObject, Int, List, Name, Text};

document! {
    /// A graph: nodes 1..N and the edges that join them.
    TopologyDocument, "a topology", Refused {
        /// Graph id; equals the RunConfig's.
        given "gid" => gid: Name,
        /// Names the profile that the graph was made for; only the RunConfig chooses the profile.
        optional "profile" => profile: Text,
        /// Number of nodes.
        given "N" => node_count: Int<1>,
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
        required "node_id" => node_id: Int,
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
        given "e_id" => e_id: Int,
        /// Node at the start: a positive flux leaves it.
        given "i" => i: Int,
        /// Node at the end; differs from `i`.
        given "j" => j: Int,
        /// Conductance.
        given "k" => k: Int<0>,
        /// Largest flux per tick.
        given "cap" => cap: Int<0>,
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
