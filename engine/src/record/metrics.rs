//! [`Metrics`]: the numbers of a run.

use std::collections::BTreeMap;

use crate::canonical::Hash;

record! {
    /// What a run amounts to, in numbers that any run of the same documents gives again.
    #[derive(Default)]
    pub struct Metrics {
        /// Manifests made.
        apx_manifests: u64 => "apx_manifests" unit "manifests",
        /// Motifs in the library.
        codex_motifs: u64 => "codex_motifs" unit "motifs",
        /// Proposals made.
        codex_proposals: u64 => "codex_proposals" unit "proposals",
        /// The run's gid.
        gid: String => "gid",
        /// Checkpoints made.
        i_blocks: u64 => "i_blocks" unit "checkpoints",
        /// Bits of all manifests.
        l_total: i64 => "l_total" in "0.." unit "bits",
        /// Bits by window and stream.
        l_total_by_window: BTreeMap<String, BTreeMap<String, i64>> => "l_total_by_window" in "0.." unit "bits",
        /// CTRL envelopes emitted.
        nap_ctrl: u64 => "nap_ctrl" unit "envelopes",
        /// DATA envelopes emitted.
        nap_data: u64 => "nap_data" unit "envelopes",
        /// EGRESS envelopes emitted.
        nap_egress: u64 => "nap_egress" unit "envelopes",
        /// INGRESS envelopes emitted.
        nap_ingress: u64 => "nap_ingress" unit "envelopes",
        derived "nap_total": u64 => nap_total,
        /// External inputs applied.
        pfna_applied: u64 => "pfna_applied" unit "entries",
        /// The RunConfig's run id.
        run_id: String => "run_id",
        /// Ticks recorded.
        total_ticks: u64 => "total_ticks" in "0..T" unit "ticks",
        /// U-ledger entries made.
        uledger_entries: u64 => "uledger_entries" in "0..T" unit "entries",
        /// Hash of the last entry; null before the first window is committed.
        uledger_last_hash: Option<Hash> => "uledger_last_hash",
        /// Windows closed, primary and additional.
        window_count: u64 => "window_count" unit "windows",
    }
}

impl Metrics {
    /// Envelopes emitted, of all layers.
    pub const fn nap_total(&self) -> u64 {
        // Only counts that no run has could add up to more than 64 bits.
        self.nap_ctrl
            .saturating_add(self.nap_ingress)
            .saturating_add(self.nap_data)
            .saturating_add(self.nap_egress)
    }
}
