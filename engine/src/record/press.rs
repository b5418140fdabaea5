//! The records of the Press: description lengths.

use super::declare::{Described, Members as _, words};
use super::kind::{
    Cell, Column, KeyRule, KindInfo, Position, RecordKind, RecordType, Stage, count,
};
use crate::canonical::{Canonical, Hash, Object, Writer};
use crate::config::Scheme;

record! {
    /// `APXManifest_v1`: the description lengths of one window's streams.
    pub struct Manifest {
        /// The configured APX name.
        apx_name: String => "apx_name",
        /// Last tick of the window.
        end_tick: u64 => "end_tick" in "1..T" unit "tick",
        /// The run's gid.
        gid: String => "gid",
        /// (b1·H + b0) mod M over the manifest and the values of its streams.
        manifest_check: i64 => "manifest_check" in "0..M−1",
        /// The profile's name.
        profile: String => "profile",
        /// First tick of the window.
        start_tick: u64 => "start_tick" in "1..T" unit "tick",
        /// The streams, in configured order.
        streams: Vec<StreamEntry> => "streams",
        /// The window.
        window_id: String => "window_id",
    }
}

record! {
    /// `APXStream_v1`: one stream of a window and its length in bits.
    pub struct StreamEntry {
        /// Bits of the model: 0, the tally leaves headers out.
        model_bits: i64 => "L_model" in "0..0" unit "bits",
        /// Bits of the values under the scheme.
        residual_bits: i64 => "L_residual" in "0.." unit "bits",
        /// Both together.
        total_bits: i64 => "L_total" in "0.." unit "bits",
        /// The configured description, "" if none is given.
        description: String => "description",
        /// p for Golomb–Rice, else 0.
        params: u64 => "params" in "0..4",
        /// The scheme that describes it best, or the one hinted at.
        scheme: Scheme => "scheme",
        /// The stream's name.
        stream_id: String => "stream_id",
    }
}

impl RecordType for Manifest {
    const INFO: KindInfo = KindInfo {
        kind: RecordKind::Manifests,
        name: "manifests",
        stage: Stage::Press,
        occurs: "one per window, in closing order",
        position: Position::Number,
        tick: Some("end_tick"),
        keys: &[
            KeyRule::record(&["window_id"], "window"),
            KeyRule::list("streams", &["stream_id"], "stream"),
        ],
        reading_order: &[
            "start_tick",
            "end_tick",
            "streams",
            "streams.scheme",
            "streams.params",
            "streams.L_residual",
            "streams.L_total",
            "manifest_check",
        ],
        late_fields: &[],
        needs_grammar: false,
    };

    type Made = Self;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::NUMBER,
        Column::new("window_id", "TEXT NOT NULL UNIQUE", |manifest, _| {
            Cell::Text(&manifest.window_id)
        }),
        Column::new("start_tick", "INTEGER NOT NULL", |manifest, _| {
            count(manifest.start_tick)
        }),
        Column::new("end_tick", "INTEGER NOT NULL", |manifest, _| {
            count(manifest.end_tick)
        }),
        Column::new("manifest_check", "INTEGER NOT NULL", |manifest, _| {
            Cell::Integer(manifest.manifest_check)
        }),
        Column::JSON,
        Column::SHA256,
    ];
}

impl Canonical for Scheme {
    fn write(&self, writer: &mut Writer) {
        self.symbol().write(writer);
    }
}

impl Described for Scheme {
    fn schema() -> aether_json::Value {
        words([Self::Identity, Self::RunLength, Self::GolombRice].map(Self::symbol))
    }
}

impl Manifest {
    /// The preimage of the check: the manifest without it, each stream with the hash of its values.
    pub(crate) const fn preimage<'m>(&'m self, values: &'m [Hash]) -> ManifestPreimage<'m> {
        ManifestPreimage {
            manifest: self,
            values,
        }
    }
}

/// What a manifest's check is computed over.
pub(crate) struct ManifestPreimage<'m> {
    manifest: &'m Manifest,
    values: &'m [Hash],
}

impl Canonical for ManifestPreimage<'_> {
    fn write(&self, writer: &mut Writer) {
        let streams = self.manifest.streams.iter().zip(self.values);
        let streams: Vec<_> = streams
            .map(|(entry, values)| StreamPreimage { entry, values })
            .collect();
        let mut object = Object::begin(writer);
        self.manifest.members(&mut |key, value| match key {
            "manifest_check" => {}
            "streams" => object.field(key, &streams),
            _ => object.field(key, value),
        });
        object.end();
    }
}

struct StreamPreimage<'m> {
    entry: &'m StreamEntry,
    values: &'m Hash,
}

impl Canonical for StreamPreimage<'_> {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        self.entry
            .members(&mut |key, value| object.field(key, value));
        object.field("values_sha256", self.values);
        object.end();
    }
}
