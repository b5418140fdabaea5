use serde::Deserialize;

use crate::canonical::{Canonical, EmptyObject, Hash, Object, Writer};

/// A layer of envelopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Layer {
    /// Session start and end.
    Ctrl,
    /// External inputs of a tick.
    Ingress,
    /// One a tick.
    Data,
    /// After the last tick.
    Egress,
}

impl Layer {
    /// All layers, in the order of a run.
    pub const ALL: [Self; 4] = [Self::Ctrl, Self::Ingress, Self::Data, Self::Egress];

    /// The name as records have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ctrl => "CTRL",
            Self::Ingress => "INGRESS",
            Self::Data => "DATA",
            Self::Egress => "EGRESS",
        }
    }
}

/// `NAPEnvelope_v1`: what crosses the boundary, and where in the chain it does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct NapEnvelope {
    /// Format version.
    pub v: i64,
    /// The tick it belongs to.
    pub tick: u64,
    /// The run's gid.
    pub gid: String,
    /// The node's name.
    pub nid: String,
    /// The layer.
    pub layer: Layer,
    /// The mode, "P" unless configured.
    pub mode: String,
    /// A check of what is sent.
    pub payload_ref: i64,
    /// Unique and increasing within a layer.
    pub seq: u64,
    /// The chain value before.
    pub prev_chain: i64,
    /// What a CTRL envelope tells.
    pub meta: EnvelopeMeta,
}

/// The `meta` of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "MetaMembers")]
pub enum EnvelopeMeta {
    /// {}.
    Empty,
    /// {"event": "SESSION_START"}.
    SessionStart,
    /// {"event": "SESSION_END"}.
    SessionEnd,
}

/// `SceneFrame_v1`: a tick as the boundary sees it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SceneFrame {
    /// The run's gid.
    pub gid: String,
    /// The RunConfig's run id.
    pub run_id: String,
    /// The tick.
    pub tick: u64,
    /// The envelopes' nid.
    pub nid: String,
    /// State before the tick.
    pub pre_u: Vec<i64>,
    /// State after the tick.
    pub post_u: Vec<i64>,
    /// Hash of the tick's UMX ledger.
    pub ledger_ref: Hash,
    /// C_{t−1}.
    #[serde(rename = "C_prev")]
    pub c_prev: i64,
    /// C_t.
    #[serde(rename = "C_t")]
    pub c_t: i64,
    /// The primary window that holds the tick.
    pub window_id: String,
    /// That window's check.
    pub manifest_check: i64,
    /// Hash of the tick's DATA envelope.
    pub nap_envelope_ref: Hash,
    /// The entries added before the tick, in order.
    pub pfna_refs: Vec<String>,
}

/// An external input as an INGRESS envelope refers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedEntry<'p> {
    /// The entry's id.
    pub pfna_id: &'p str,
    /// The tick it was made for, 0..T.
    pub tick: u64,
    /// N numbers.
    pub values: &'p [i64],
}

impl Canonical for NapEnvelope {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("gid", &self.gid);
        object.field("layer", self.layer.name());
        object.field("meta", &self.meta);
        object.field("mode", &self.mode);
        object.field("nid", &self.nid);
        object.field("payload_ref", &self.payload_ref);
        object.field("prev_chain", &self.prev_chain);
        object.field("seq", &self.seq);
        object.field("sig", "");
        object.field("tick", &self.tick);
        object.field("v", &self.v);
        object.end();
    }
}

impl Canonical for EnvelopeMeta {
    fn write(&self, writer: &mut Writer) {
        let event = match self {
            Self::Empty => None,
            Self::SessionStart => Some("SESSION_START"),
            Self::SessionEnd => Some("SESSION_END"),
        };
        let mut object = Object::begin(writer);
        object.optional("event", event.as_ref());
        object.end();
    }
}

impl Canonical for SceneFrame {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("C_prev", &self.c_prev);
        object.field("C_t", &self.c_t);
        object.field("gid", &self.gid);
        object.field("ledger_ref", &self.ledger_ref);
        object.field("manifest_check", &self.manifest_check);
        object.field("meta", &EmptyObject);
        object.field("nap_envelope_ref", &self.nap_envelope_ref);
        object.field("nid", &self.nid);
        object.field("pfna_refs", &self.pfna_refs);
        object.field("post_u", &self.post_u);
        object.field("pre_u", &self.pre_u);
        object.field("run_id", &self.run_id);
        object.field("tick", &self.tick);
        object.field("window_id", &self.window_id);
        object.end();
    }
}

impl Canonical for AppliedEntry<'_> {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("pfna_id", self.pfna_id);
        object.field("tick", &self.tick);
        object.field("values", self.values);
        object.end();
    }
}

/// An envelope's `meta` as it is read back.
#[derive(Deserialize)]
struct MetaMembers {
    event: Option<String>,
}

impl TryFrom<MetaMembers> for EnvelopeMeta {
    type Error = String;

    fn try_from(members: MetaMembers) -> Result<Self, String> {
        match members.event.as_deref() {
            None => Ok(Self::Empty),
            Some("SESSION_START") => Ok(Self::SessionStart),
            Some("SESSION_END") => Ok(Self::SessionEnd),
            Some(other) => Err(format!("unknown session event `{other}`")),
        }
    }
}
