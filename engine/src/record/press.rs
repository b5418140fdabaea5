use serde::Deserialize;

use crate::canonical::{Canonical, Hash, Object, Writer};
use crate::config::Scheme;

/// `APXManifest_v1`: the description lengths of one window's streams.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    /// The configured APX name.
    pub apx_name: String,
    /// The profile's name.
    pub profile: String,
    /// The run's gid.
    pub gid: String,
    /// The window.
    pub window_id: String,
    /// First tick of the window.
    pub start_tick: u64,
    /// Last tick of the window.
    pub end_tick: u64,
    /// (b1·H + b0) mod M over the manifest and the values of its streams.
    pub manifest_check: i64,
    /// The streams, in configured order.
    pub streams: Vec<StreamEntry>,
}

/// `APXStream_v1`: one stream of a window and its length in bits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StreamEntry {
    /// The stream's name.
    pub stream_id: String,
    /// The configured description, "" where none is given.
    pub description: String,
    /// The scheme that describes it best, or the one hinted at.
    pub scheme: Scheme,
    /// p for Golomb–Rice, else 0.
    pub params: u64,
    /// Bits of the model: 0, the tally leaves headers out.
    #[serde(rename = "L_model")]
    pub model_bits: i64,
    /// Bits of the values under the scheme.
    #[serde(rename = "L_residual")]
    pub residual_bits: i64,
    /// Both together.
    #[serde(rename = "L_total")]
    pub total_bits: i64,
}

impl Manifest {
    /// The preimage of the check: the manifest without it, each stream with the hash of its values.
    pub(crate) fn preimage<'m>(&'m self, values: &'m [Hash]) -> ManifestPreimage<'m> {
        ManifestPreimage {
            manifest: self,
            values,
        }
    }

    fn write_members(&self, writer: &mut Writer, check: Option<i64>, streams: &impl Canonical) {
        let mut object = Object::begin(writer);
        object.field("apx_name", &self.apx_name);
        object.field("end_tick", &self.end_tick);
        object.field("gid", &self.gid);
        object.optional("manifest_check", check.as_ref());
        object.field("profile", &self.profile);
        object.field("start_tick", &self.start_tick);
        object.field("streams", streams);
        object.field("window_id", &self.window_id);
        object.end();
    }
}

/// What a manifest's check is computed over.
pub(crate) struct ManifestPreimage<'m> {
    manifest: &'m Manifest,
    values: &'m [Hash],
}

impl Canonical for ManifestPreimage<'_> {
    fn write(&self, writer: &mut Writer) {
        let streams: Vec<_> = self
            .manifest
            .streams
            .iter()
            .zip(self.values)
            .map(|(entry, values)| ExtendedEntry {
                entry,
                values: Some(values),
            })
            .collect();
        self.manifest.write_members(writer, None, &streams);
    }
}

struct ExtendedEntry<'m> {
    entry: &'m StreamEntry,
    values: Option<&'m Hash>,
}

impl Canonical for Manifest {
    fn write(&self, writer: &mut Writer) {
        self.write_members(writer, Some(self.manifest_check), &self.streams);
    }
}

impl Canonical for StreamEntry {
    fn write(&self, writer: &mut Writer) {
        ExtendedEntry {
            entry: self,
            values: None,
        }
        .write(writer);
    }
}

impl Canonical for ExtendedEntry<'_> {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("L_model", &self.entry.model_bits);
        object.field("L_residual", &self.entry.residual_bits);
        object.field("L_total", &self.entry.total_bits);
        object.field("description", &self.entry.description);
        object.field("params", &self.entry.params);
        object.field("scheme", self.entry.scheme.symbol());
        object.field("stream_id", &self.entry.stream_id);
        object.optional("values_sha256", self.values);
        object.end();
    }
}
