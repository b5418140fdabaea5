//! The records of AEON windows and of the descriptors that are tried on them.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::declare::{Described, words};
use super::kind::{
    Cell, Column, KeyRule, KindInfo, Position, RecordKind, RecordType, Stage, count,
};
use crate::canonical::{Canonical, Hash, Writer};
use crate::config::{Aggregation, DescriptorType, Scheme};

record! {
    /// `AEONView_v1`: one window of the grammar, with its ticks and what they cost.
    pub struct AeonView {
        /// How it is made of its sources; null for a base window.
        aggregation: Option<Aggregation> => "aggregation",
        /// Whether it is made of ticks or of other windows.
        kind: AeonKind => "kind",
        /// Bits by stream, summed over the windows of the run that its base windows name, each counted as often as it is covered; null if a base window names none.
        total_bits: Option<BTreeMap<String, i64>> => "l_total",
        /// The labels of the grammar.
        labels: Vec<String> => "labels",
        /// Hash of the manifest of the window that it names; null if it names none.
        manifest_hash: Option<Hash> => "manifest_hash",
        /// The window that it is part of.
        parent_id: Option<String> => "parent_id",
        /// The window of the run that it names, as the grammar has it.
        press_window_id: Option<String> => "press_window_id",
        /// The windows that it is made of, in order; empty for a base window.
        source_ids: Vec<String> => "source_ids",
        /// Its ticks in their order: maximal runs of consecutive ones, each as its first and its last.
        spans: Vec<[u64; 2]> => "spans",
        /// Number of ticks, repeats counted.
        ticks: u64 => "ticks",
        /// The window.
        window_id: String => "window_id",
    }
}

record! {
    /// `APXiView_v1`: the descriptors of the streams of one window, with what they cost.
    pub struct ApxiView {
        /// The window of the grammar over whose ticks the descriptors are tried.
        aeon_window_id: String => "aeon_window_id",
        /// The APX name of the window.
        apx_name: String => "apx_name",
        /// The descriptors of each stream that has any, in configured order, the one that was found last.
        descriptors_by_stream: BTreeMap<String, Vec<DescriptorEntry>> => "descriptors_by_stream",
        /// The scheme that describes what the models leave over.
        residual_scheme: Scheme => "residual_scheme",
        /// The window of the run.
        window_id: String => "window_id",
    }
}

record! {
    /// A descriptor of a stream with its length in bits.
    pub struct DescriptorEntry {
        /// Bits of the model: its numbers.
        model_bits: i64 => "L_model",
        /// Bits of the residual under the scheme.
        residual_bits: i64 => "L_residual",
        /// Both together.
        total_bits: i64 => "L_total",
        /// The descriptor as it is written, or as it was found.
        descriptor: Descriptor => "descriptor",
        /// p for Golomb–Rice, else 0.
        params: u64 => "params",
        /// The scheme of the residual.
        residual_scheme: Scheme => "residual_scheme",
    }
}

record! {
    /// `APXiDescriptor_v1`: a model of one stream over the ticks of an AEON window.
    pub struct Descriptor {
        /// Id; `FOUND_<stream_id>` for one that was found.
        descriptor_id: String => "descriptor_id",
        /// The kind of model.
        descriptor_type: DescriptorType => "descriptor_type",
        /// For people; `found` for one that was found.
        labels [omit if none]: Option<Vec<String>> => "labels",
        /// The numbers of the model.
        params: DescriptorParams => "params",
        /// The stream.
        stream_id: String => "stream_id",
        /// The window of the grammar.
        window_id: String => "window_id",
    }
}

record! {
    /// The numbers of a model: those of its type.
    #[derive(Default)]
    pub struct DescriptorParams {
        /// `LINEAR_TREND`: the vector at `start_tick`.
        intercept [omit if none]: Option<Numbers> => "intercept",
        /// `RUN_SEGMENT`: the vectors that repeat.
        pattern [omit if none]: Option<Vec<Numbers>> => "pattern",
        /// `RUN_SEGMENT`: how often they repeat.
        repeats [omit if none]: Option<i64> => "repeats",
        /// `LINEAR_TREND`: what is added with every tick.
        slope [omit if none]: Option<Numbers> => "slope",
        /// `LINEAR_TREND`: the tick at which the model is the intercept.
        start_tick [omit if none]: Option<i64> => "start_tick",
        /// `CONST_SEGMENT`: every vector.
        value [omit if none]: Option<Numbers> => "value",
    }
}

/// Whether a window of a grammar is made of ticks or of other windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AeonKind {
    /// Of ticks.
    Base,
    /// Of other windows.
    Derived,
}

/// A number for all components of a vector, or one for each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Numbers {
    /// The same for all.
    Same(i64),
    /// One for each.
    Each(Vec<i64>),
}

impl ApxiView {
    /// The descriptor of each stream with the fewest bits in all; of several, the first. Streams
    /// without descriptors are left out.
    pub fn best(&self) -> impl Iterator<Item = (&str, &DescriptorEntry)> {
        let streams = self.descriptors_by_stream.iter();
        streams.filter_map(|(stream, entries)| {
            let best = entries.iter().min_by_key(|entry| entry.total_bits)?;
            Some((stream.as_str(), best))
        })
    }
}

impl AeonKind {
    const ALL: [Self; 2] = [Self::Base, Self::Derived];

    /// The name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Derived => "derived",
        }
    }
}

impl Canonical for AeonKind {
    fn write(&self, writer: &mut Writer) {
        self.name().write(writer);
    }
}

impl Described for AeonKind {
    fn schema() -> aether_json::Value {
        words(Self::ALL.map(Self::name))
    }
}

impl Canonical for Numbers {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Same(number) => number.write(writer),
            Self::Each(numbers) => numbers.write(writer),
        }
    }
}

impl Described for Numbers {
    fn schema() -> aether_json::Value {
        aether_json::json!({ "anyOf": [i64::schema(), Vec::<i64>::schema()] })
    }
}

/// Words of documents that records have too.
macro_rules! named {
    ($($name:ident),+) => {$(
        impl Canonical for $name {
            fn write(&self, writer: &mut Writer) {
                self.name().write(writer);
            }
        }

        impl Described for $name {
            fn schema() -> aether_json::Value {
                words(Self::ALL.map(Self::name))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = String::deserialize(deserializer)?;
                let known = Self::ALL.into_iter().find(|known| known.name() == name);
                known.ok_or_else(|| serde::de::Error::custom(format_args!("unknown word `{name}`")))
            }
        }
    )+};
}
named!(Aggregation, DescriptorType);

impl RecordType for AeonView {
    const INFO: KindInfo = KindInfo {
        kind: RecordKind::AeonViews,
        name: "aeon_views",
        stage: Stage::Aeon,
        occurs: "with a grammar: one per window of it, at the end of the run; bases first, each group in order of id",
        position: Position::Number,
        tick: None,
        keys: &[
            KeyRule::record(&["window_id"], "AEON window"),
            KeyRule::vector("spans", "span"),
        ],
        reading_order: &["spans", "ticks", "manifest_hash", "l_total"],
        late_fields: &[],
        needs_grammar: true,
    };

    type Made = Self;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::NUMBER,
        Column::new("window_id", "TEXT NOT NULL UNIQUE", |view, _| {
            Cell::Text(&view.window_id)
        }),
        Column::new("kind", "TEXT NOT NULL", |view, _| {
            Cell::Text(view.kind.name())
        }),
        Column::new("ticks", "INTEGER NOT NULL", |view, _| count(view.ticks)),
        Column::JSON,
        Column::SHA256,
    ];
}

impl RecordType for ApxiView {
    const INFO: KindInfo = KindInfo {
        kind: RecordKind::ApxiViews,
        name: "apxi_views",
        stage: Stage::Aeon,
        occurs: "with a grammar and `apxi`: one per window with an `aeon_window_id`, in closing order",
        position: Position::Number,
        tick: None,
        keys: &[KeyRule::record(&["window_id"], "window")],
        reading_order: &["aeon_window_id", "residual_scheme", "descriptors_by_stream"],
        late_fields: &[],
        needs_grammar: true,
    };

    type Made = Self;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::NUMBER,
        Column::new("window_id", "TEXT NOT NULL UNIQUE", |view, _| {
            Cell::Text(&view.window_id)
        }),
        Column::new("aeon_window_id", "TEXT NOT NULL", |view, _| {
            Cell::Text(&view.aeon_window_id)
        }),
        Column::JSON,
        Column::SHA256,
    ];
}
