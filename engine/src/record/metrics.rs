use std::collections::BTreeMap;

use serde::Deserialize;

use crate::canonical::{Canonical, Hash, Object, Writer};

/// What a run amounts to, in numbers that any run of the same documents gives again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Metrics {
    /// The run's gid.
    pub gid: String,
    /// The RunConfig's run id.
    pub run_id: String,
    /// Ticks recorded.
    pub total_ticks: u64,
    /// Windows closed, primary and additional.
    pub window_count: u64,
    /// CTRL envelopes emitted.
    pub nap_ctrl: u64,
    /// INGRESS envelopes emitted.
    pub nap_ingress: u64,
    /// DATA envelopes emitted.
    pub nap_data: u64,
    /// EGRESS envelopes emitted.
    pub nap_egress: u64,
    /// Manifests made.
    pub apx_manifests: u64,
    /// Bits by window and stream.
    pub l_total_by_window: BTreeMap<String, BTreeMap<String, i64>>,
    /// Bits of all manifests.
    pub l_total: i64,
    /// Checkpoints made.
    pub i_blocks: u64,
    /// U-ledger entries made.
    pub uledger_entries: u64,
    /// Hash of the last entry; none before the first window is committed.
    pub uledger_last_hash: Option<Hash>,
    /// External inputs applied.
    pub pfna_applied: u64,
    /// Motifs in the library.
    pub codex_motifs: u64,
    /// Proposals made.
    pub codex_proposals: u64,
}

impl Metrics {
    /// Envelopes emitted, of all layers.
    pub const fn nap_total(&self) -> u64 {
        self.nap_ctrl + self.nap_ingress + self.nap_data + self.nap_egress
    }
}

impl Canonical for Metrics {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("apx_manifests", &self.apx_manifests);
        object.field("codex_motifs", &self.codex_motifs);
        object.field("codex_proposals", &self.codex_proposals);
        object.field("gid", &self.gid);
        object.field("i_blocks", &self.i_blocks);
        object.field("l_total", &self.l_total);
        object.field("l_total_by_window", &self.l_total_by_window);
        object.field("nap_ctrl", &self.nap_ctrl);
        object.field("nap_data", &self.nap_data);
        object.field("nap_egress", &self.nap_egress);
        object.field("nap_ingress", &self.nap_ingress);
        object.field("nap_total", &self.nap_total());
        object.field("pfna_applied", &self.pfna_applied);
        object.field("run_id", &self.run_id);
        object.field("total_ticks", &self.total_ticks);
        object.field("uledger_entries", &self.uledger_entries);
        object.field("uledger_last_hash", &self.uledger_last_hash);
        object.field("window_count", &self.window_count);
        object.end();
    }
}
