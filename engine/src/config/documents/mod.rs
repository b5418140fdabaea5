//! The documents as people write them, before they are checked against each other.
//!
//! Each structure is declared once: its fields here are its fields in JSON, in TOML, in the JSON
//! Schema and in the messages.

mod aeon;
mod pfna;
mod profile;
mod run_config;
mod scenario;
mod sweep;
mod topology;

pub(crate) use aeon::{
    ApxiDocument, BaseWindowDocument, DerivedWindowDocument, DescriptorDocument, GrammarDocument,
    Numbers, ParamsDocument,
};
pub(crate) use pfna::{PfnaDocument, PfnaEntry, RepeatDocument, Values};
pub(crate) use profile::{
    ChainRuleDocument, ChainRuleType, FluxRuleDocument, FluxRuleType, PressDocument,
    ProfileDocument, StMode, StRuleDocument,
};
pub(crate) use run_config::{
    DestinationWord, DiagnosticsDocument, LayerWord, LoggingDocument, NapDocument, RunConfig,
    StreamDocument, WindowDocument, stream_source,
};
// Only the reference names these.
#[cfg(feature = "schema")]
pub(crate) use profile::{ChainConstants, CheckConstants, NapDefaults};
#[cfg(feature = "schema")]
pub(crate) use run_config::{LoomDocument, MetricsDocument};
pub(crate) use scenario::ScenarioDocument;
pub(crate) use sweep::{
    AxisDocument, CombineWord, KeepWord, RangeDocument, SampleDocument, SweepDocument,
};
pub(crate) use topology::{EdgeDocument, NodeDocument, NodeRef, TopologyDocument};

/// Gives a [`Choice`](super::decode::Choice) its JSON Schema, an enumeration of its words.
macro_rules! choice_schema {
    ($($name:ty),*) => {$(
        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                use $crate::config::decode::Choice as _;
                let words: Vec<&str> = Self::WORDS.iter().map(|(word, _)| *word).collect();
                schemars::json_schema!({"type": "string", "enum": words})
            }
        }
    )*};
}
use choice_schema;
