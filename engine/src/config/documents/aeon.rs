//! `AEONWindowGrammar_v1`: windows of ticks that are made of other windows, and the descriptors of a
//! RunConfig that are tried on them.

use super::super::aeon::{Aggregation, DescriptorType};
use super::super::decode::{Choice, Decode, Flag, Int, List, Map, Name, Text, wrong_type};
use super::super::plan::Scheme;
use super::super::problem::Problems;
use super::super::tree::{Kind, Value};

document! {
    /// A grammar of windows: those of ticks, and those that are made of other windows.
    GrammarDocument, "an AEON grammar", Refused {
        /// Windows of ticks, by their ids.
        given "base_windows" => base_windows: Map<BaseWindowDocument>,
        /// Windows that are made of other windows, by their ids.
        optional "derived_windows" => derived_windows: Map<DerivedWindowDocument>,
    }
}

document! {
    /// A window of ticks.
    BaseWindowDocument, "a base window", Refused {
        /// Id, equal to the key; unique in the grammar.
        given "window_id" => window_id: Name,
        /// First tick.
        given "tick_start" => tick_start: Int,
        /// Last tick.
        given "tick_end" => tick_end: Int,
        /// For people. Default: none.
        optional "labels" => labels: List<Text>,
        /// The window of the RunConfig that it stands for, by `window_id` or by `apx_name`.
        optional "press_window_id" => press_window_id: Name,
        /// The window that it is part of.
        optional "parent_id" => parent_id: Name,
    }
}

document! {
    /// A window that is made of other windows.
    DerivedWindowDocument, "a derived window", Refused {
        /// Id, equal to the key; unique in the grammar.
        given "window_id" => window_id: Name,
        /// The windows that it is made of, in order.
        given "source_ids" => source_ids: List<Name>,
        /// `union` and `aggregate`: the set of the sources' ticks. `concat` and `sum`: the ticks of one source after the other, with repeats.
        given "aggregation" => aggregation: Aggregation,
        /// For people. Default: none.
        optional "labels" => labels: List<Text>,
        /// The window of the RunConfig that it stands for, by `window_id` or by `apx_name`.
        optional "press_window_id" => press_window_id: Name,
        /// The window that it is part of.
        optional "parent_id" => parent_id: Name,
    }
}

document! {
    /// Descriptors: short models of streams, and what they save.
    ApxiDocument, "`apxi`", Refused {
        /// Whether views are made. Default: true.
        optional "enabled" => enabled: Flag,
        /// The scheme that describes what a model leaves over. Default: R.
        optional "residual_scheme" => residual_scheme: Scheme,
        /// Whether descriptors are also looked for. Default: false.
        optional "discover" => discover: Flag,
        /// The descriptors to try.
        optional "descriptors" => descriptors: List<DescriptorDocument>,
    }
}

document! {
    /// A model of one stream over the ticks of an AEON window.
    DescriptorDocument, "a descriptor", Refused {
        /// Id, unique in the run.
        given "descriptor_id" => descriptor_id: Name,
        /// The kind of model.
        given "descriptor_type" => descriptor_type: DescriptorType,
        /// A window of the grammar, which windows of the run name as their `aeon_window_id`.
        given "window_id" => window_id: Name,
        /// The stream of those windows.
        given "stream_id" => stream_id: Name,
        /// The numbers of the model.
        given "params" => params: ParamsDocument,
        /// For people.
        optional "labels" => labels: List<Text>,
    }
}

document! {
    /// The numbers of a model. A number that is not in a list is that of all components.
    ParamsDocument, "`params`", Refused {
        /// `CONST_SEGMENT`: every vector.
        optional "value" => value: Numbers,
        /// `RUN_SEGMENT`: the vectors that repeat.
        optional "pattern" => pattern: List<Numbers>,
        /// `RUN_SEGMENT`: how often they repeat; after that, the model is 0.
        optional "repeats" => repeats: Int<1>,
        /// `LINEAR_TREND`: the vector at `start_tick`.
        optional "intercept" => intercept: Numbers,
        /// `LINEAR_TREND`: what is added with every tick.
        optional "slope" => slope: Numbers,
        /// `LINEAR_TREND`: the tick at which the model is the intercept. Default: the window's first tick.
        optional "start_tick" => start_tick: Int,
    }
}

/// A number for all components of a vector, or one for each.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Numbers {
    Same(i64),
    Each(List<Int>),
}

impl Decode for Numbers {
    fn expected() -> String {
        "an integer, or a list of integers".to_owned()
    }

    fn decode(value: Value<'_>, problems: &mut Problems) -> Option<Self> {
        match value.kind() {
            Kind::List => List::decode(value, problems).map(Self::Each),
            Kind::Integer => {
                Int::<{ i64::MIN }>::decode(value, problems).map(|Int(number)| Self::Same(number))
            }
            _ => {
                wrong_type::<Self>(value, Kind::Integer, problems);
                None
            }
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Numbers {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Numbers".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let list = generator.subschema_for::<List<Int>>();
        let integer = generator.subschema_for::<Int>();
        schemars::json_schema!({ "anyOf": [integer, list] })
    }
}

impl Choice for Aggregation {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("union", Self::Union),
        ("concat", Self::Concat),
        ("sum", Self::Sum),
        ("aggregate", Self::Aggregate),
    ];
    const NOUN: &'static str = "aggregation";
}

impl Choice for DescriptorType {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("CONST_SEGMENT", Self::Const),
        ("RUN_SEGMENT", Self::Run),
        ("LINEAR_TREND", Self::Linear),
    ];
    const NOUN: &'static str = "descriptor type";
}

super::choice_schema!(Aggregation, DescriptorType);
