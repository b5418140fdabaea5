//! PFNA V0: external inputs, which are added to the state before given ticks.

use super::super::decode::{Int, List, Name, RunId, Text};

document! {
    /// External inputs of one run: vectors added to the state before given ticks.
    PfnaDocument, "a PFNA document", Refused {
        /// Version of this document: 0.
        given "v" => v: Int,
        /// Id of this document.
        given "pfna_id" => pfna_id: Name,
        /// Graph id; equals the RunConfig's.
        given "gid" => gid: Name,
        /// Id of the run that the inputs are for; equals the RunConfig's.
        given "run_id" => run_id: RunId,
        /// Node id of their origin; without effect.
        optional "nid" => nid: Text,
        /// The inputs, in any order.
        given "entries" => entries: List<PfnaEntry>,
    }
}

document! {
    /// One vector, added to the state before a tick.
    PfnaEntry, "an entry", Refused {
        /// Id; unique for its tick.
        given "pfna_id" => pfna_id: Name,
        /// 1..T, or 0 for the initial state.
        given "tick" => tick: Int,
        /// One integer per node.
        given "values" => values: List<Int>,
        /// For people; without effect.
        optional "description" => description: Text,
    }
}
