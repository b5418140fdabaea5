//! A sweep: one RunConfig, and the settings in which its points differ.

use super::super::decode::{Anything, Choice, Decode, Int, List, PathText, Text, wrong_type};
use super::super::problem::Problems;
use super::super::tree::{Kind, NodeId, Value};

document! {
    /// Many runs of one RunConfig, each with other values of its settings.
    SweepDocument, "a sweep", Refused {
        /// Version of this document: 1.
        given "v" => v: Int,
        /// The RunConfig that every point starts from, from this document's directory.
        given "run_config" => run_config: PathText,
        /// What is varied.
        given "axes" => axes: List<AxisDocument>,
        /// How the values of axes make points. Default: grid.
        optional "combine" => combine: CombineWord,
        /// A CSV file with one point per row, from this document's directory.
        optional "table" => table: PathText,
        /// What is stored of each point. Default: digests.
        optional "keep" => keep: KeepWord,
    }
}

document! {
    /// One thing that is varied: where, and its values.
    AxisDocument, "an axis", Refused {
        /// Name in tables, unique in the sweep. Default: the first path of `set`.
        optional "name" => name: Text,
        /// The paths of the values that the axis sets: one, or a list of paths that are set to the same value.
        given "set" => set: SetPaths,
        /// The values, in order.
        optional "values" => values: List<Anything>,
        /// Equally spaced integers.
        optional "range" => range: RangeDocument,
        /// Integers drawn from a range.
        optional "sample" => sample: SampleDocument,
        /// The column of the table that has the values. Default: the axis's name.
        optional "column" => column: Text,
    }
}

document! {
    /// Equally spaced integers.
    RangeDocument, "`range`", Refused {
        /// The first.
        given "from" => from: Int,
        /// The last is at most this.
        given "to" => to: Int,
        /// The distance between two. Default: 1.
        optional "step" => step: Int<1>,
    }
}

document! {
    /// Integers drawn from a range, each equally likely; the same forever.
    SampleDocument, "`sample`", Refused {
        /// How many are drawn.
        given "count" unit "points" => count: Int<1>,
        /// The smallest that can be drawn.
        given "from" => from: Int,
        /// The largest that can be drawn.
        given "to" => to: Int,
        /// Which of the possible sequences is drawn.
        given "seed" => seed: Int<0>,
    }
}

/// One path or a list of paths, as their places in the document.
#[derive(Clone, Debug)]
pub(crate) struct SetPaths(pub(crate) Vec<NodeId>);

impl Decode for SetPaths {
    fn expected() -> String {
        "a path or a list of paths".to_owned()
    }

    fn decode(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        let items: Vec<Value<'_>> = match value.kind() {
            Kind::List => value.children().collect(),
            _ => vec![value],
        };
        let before = problems.len();
        for item in items.iter().filter(|item| item.kind() != Kind::String) {
            wrong_type::<Self>(*item, Kind::String, problems);
        }
        let paths = items.into_iter().map(Value::id).collect();
        (problems.len() == before).then_some(Self(paths))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for SetPaths {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SetPaths".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
        ]})
    }
}

/// How the values of axes make points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CombineWord {
    Grid,
    Zip,
}

impl Choice for CombineWord {
    const WORDS: &'static [(&'static str, Self)] = &[("grid", Self::Grid), ("zip", Self::Zip)];
    const NOUN: &'static str = "combination";
}

/// What is stored of each point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeepWord {
    Digests,
    Records,
}

impl Choice for KeepWord {
    const WORDS: &'static [(&'static str, Self)] =
        &[("digests", Self::Digests), ("records", Self::Records)];
    const NOUN: &'static str = "way of keeping a point";
}

super::choice_schema!(CombineWord, KeepWord);
