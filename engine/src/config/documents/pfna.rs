//! PFNA V0: external inputs, which are added to the state before given ticks.

use super::super::decode::{Decode, Int, List, Name, RunId, Text, wrong_type};
use super::super::problem::Problems;
use super::super::tree::{Kind, NodeId, Value};

document! {
    /// External inputs of a run: values added to the state before given ticks.
    PfnaDocument, "a PFNA document", Refused {
        /// Version of this document: 0.
        given "v" => v: Int,
        /// Id of this document.
        given "pfna_id" => pfna_id: Name,
        /// Graph id; equals the RunConfig's.
        given "gid" => gid: Name,
        /// Id of the run that the inputs are for; equals the RunConfig's. Default: any run of the graph.
        optional "run_id" => run_id: RunId,
        /// Node id of their origin; without effect.
        optional "nid" => nid: Text,
        /// The inputs, in any order.
        given "entries" => entries: List<PfnaEntry>,
    }
}

document! {
    /// Values that are added to the state before a tick, and at later ticks if they repeat.
    PfnaEntry, "an entry", Refused {
        /// Id; unique for its tick.
        given "pfna_id" => pfna_id: Name,
        /// 1..T, or 0 for the initial state.
        given "tick" in "0..T" unit "tick" => tick: Int,
        /// A list with one integer per node, or an object with the integers of some nodes by id or name.
        given "values" unit "amount" => values: Values,
        /// Later ticks at which the entry is applied too.
        optional "repeat" => repeat: RepeatDocument,
        /// For people; without effect.
        optional "description" => description: Text,
    }
}

document! {
    /// The ticks t, t + `every`, t + 2 · `every`, … of an entry of tick t.
    RepeatDocument, "a repetition", Refused {
        /// Ticks between two applications.
        given "every" unit "ticks" => every: Int<1>,
        /// The last tick at which the entry may be applied. Default: T.
        optional "until" unit "tick" => until: Int<0>,
    }
}

/// The values of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Values {
    /// One integer per node.
    List(List<Int>),
    /// An object: integers by id or name of the node.
    Object(NodeId),
}

impl Decode for Values {
    fn expected() -> String {
        "a list of integers, or an object of nodes and integers".to_owned()
    }

    fn decode(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        match value.kind() {
            Kind::Object => Some(Self::Object(value.id())),
            Kind::List => List::decode(value, problems).map(Self::List),
            _ => {
                wrong_type::<Self>(value, Kind::List, problems);
                None
            }
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Values {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Values".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let list = generator.subschema_for::<List<Int>>();
        let integer = generator.subschema_for::<Int>();
        schemars::json_schema!({
            "anyOf": [list, {"type": "object", "additionalProperties": integer}]
        })
    }
}
