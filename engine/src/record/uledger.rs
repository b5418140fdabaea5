use std::collections::BTreeMap;

use serde::Deserialize;

use crate::canonical::{Canonical, Hash, Object, Writer};

/// `ULedgerEntry_v1`: one tick's records, bound by their hashes to each other and to all ticks
/// before.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LedgerEntry {
    /// The run's gid.
    pub gid: String,
    /// The RunConfig's run id.
    pub run_id: String,
    /// The tick.
    pub tick: u64,
    /// The primary window that holds the tick.
    pub window_id: String,
    /// The chain value after the tick.
    #[serde(rename = "C_t")]
    pub c_t: i64,
    /// The window's check.
    pub manifest_check: i64,
    /// Hash of the tick's DATA envelope, emitted or not.
    pub nap_envelope_hash: Hash,
    /// Hash of the tick's UMX ledger.
    pub umx_ledger_hash: Hash,
    /// Hash of the tick's P-block.
    pub loom_block_hash: Hash,
    /// Hash of the primary window's manifest.
    pub apx_manifest_hash: Hash,
    /// Hash of the Codex library when the primary window closes; none with Codex off.
    pub codex_library_hash: Option<Hash>,
    /// Hash of the previous entry; none at tick 1.
    pub prev_entry_hash: Option<Hash>,
    /// What else the tick has.
    pub meta: LedgerMeta,
}

/// The records that only some ticks have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LedgerMeta {
    /// Hash of the tick's scene.
    pub scene_hash: Hash,
    /// Hash of the INGRESS envelope, where entries were applied before the tick.
    pub ingress_hash: Option<Hash>,
    /// Hash of the checkpoint, where the tick has one.
    pub i_block_hash: Option<Hash>,
    /// Hashes of the CTRL envelopes: start at tick 1, end at tick T; else empty.
    #[serde(default)]
    pub ctrl_hashes: Vec<Hash>,
    /// Hash of the EGRESS envelope, at tick T.
    pub egress_hash: Option<Hash>,
    /// Hashes of the additional windows' manifests that close at this tick, by window id.
    #[serde(default)]
    pub manifest_hashes: BTreeMap<String, Hash>,
}

impl Canonical for LedgerEntry {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("C_t", &self.c_t);
        object.field("apx_manifest_hash", &self.apx_manifest_hash);
        object.field("codex_library_hash", &self.codex_library_hash);
        object.field("gid", &self.gid);
        object.field("loom_block_hash", &self.loom_block_hash);
        object.field("manifest_check", &self.manifest_check);
        object.field("meta", &self.meta);
        object.field("nap_envelope_hash", &self.nap_envelope_hash);
        object.field("prev_entry_hash", &self.prev_entry_hash);
        object.field("run_id", &self.run_id);
        object.field("tick", &self.tick);
        object.field("timestamp_utc", &None::<i64>);
        object.field("umx_ledger_hash", &self.umx_ledger_hash);
        object.field("window_id", &self.window_id);
        object.end();
    }
}

impl Canonical for LedgerMeta {
    fn write(&self, writer: &mut Writer) {
        let ctrl = (!self.ctrl_hashes.is_empty()).then_some(&self.ctrl_hashes);
        let manifests = (!self.manifest_hashes.is_empty()).then_some(&self.manifest_hashes);
        let mut object = Object::begin(writer);
        object.optional("ctrl_hashes", ctrl);
        object.optional("egress_hash", self.egress_hash.as_ref());
        object.optional("i_block_hash", self.i_block_hash.as_ref());
        object.optional("ingress_hash", self.ingress_hash.as_ref());
        object.optional("manifest_hashes", manifests);
        object.field("scene_hash", &self.scene_hash);
        object.end();
    }
}
