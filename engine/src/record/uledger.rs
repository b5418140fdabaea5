//! The records of the U-ledger: the hash chain.

use std::collections::BTreeMap;

use super::kind::{Column, KeyRule, KindInfo, Position, RecordKind, RecordType, Stage, count};
use crate::canonical::Hash;

record! {
    /// `ULedgerEntry_v1`: one tick's records, bound by their hashes to each other and to all ticks
    /// before. The hash of the last entry identifies the whole run.
    pub struct LedgerEntry {
        /// The chain value after the tick.
        c_t: i64 => "C_t" in "0..M−1" unit "chain value",
        /// Hash of the primary window's manifest.
        apx_manifest_hash: Hash => "apx_manifest_hash",
        /// Hash of the Codex library when the primary window closes; null with Codex off.
        codex_library_hash: Option<Hash> => "codex_library_hash",
        /// The run's gid.
        gid: String => "gid",
        /// Hash of the tick's P-block.
        loom_block_hash: Hash => "loom_block_hash",
        /// The window's check.
        manifest_check: i64 => "manifest_check" in "0..M−1",
        /// The hashes that only some ticks have.
        meta: LedgerMeta => "meta",
        /// Hash of the tick's DATA envelope, emitted or not.
        nap_envelope_hash: Hash => "nap_envelope_hash",
        /// Hash of the previous entry; null at tick 1.
        prev_entry_hash: Option<Hash> => "prev_entry_hash",
        /// The RunConfig's run id.
        run_id: String => "run_id",
        /// The tick.
        tick: u64 => "tick" in "1..T" unit "tick",
        constant "timestamp_utc" => None::<i64>,
        /// Hash of the tick's UMX ledger.
        umx_ledger_hash: Hash => "umx_ledger_hash",
        /// The primary window that holds the tick.
        window_id: String => "window_id",
    }
}

record! {
    /// The hashes of records that only some ticks have, and of the scene.
    pub struct LedgerMeta {
        /// Hashes of the CTRL envelopes: start at tick 1, end at tick T.
        ctrl_hashes [omit if empty]: Vec<Hash> => "ctrl_hashes",
        /// Hash of the EGRESS envelope, at tick T.
        egress_hash [omit if none]: Option<Hash> => "egress_hash",
        /// Hash of the checkpoint, at the ticks that have one.
        i_block_hash [omit if none]: Option<Hash> => "i_block_hash",
        /// Hash of the INGRESS envelope, if inputs were applied before the tick.
        ingress_hash [omit if none]: Option<Hash> => "ingress_hash",
        /// Hashes of the additional windows' manifests that close at this tick, by window id.
        manifest_hashes [omit if empty]: BTreeMap<String, Hash> => "manifest_hashes",
        /// Hash of the tick's scene.
        scene_hash: Hash => "scene_hash",
    }
}

impl RecordType for LedgerEntry {
    const INFO: KindInfo = KindInfo {
        kind: RecordKind::ULedger,
        name: "u_ledger",
        stage: Stage::ULedger,
        occurs: "one per tick",
        position: Position::EveryTick,
        tick: Some("tick"),
        keys: &[KeyRule::record(&["tick"], "entry")],
        reading_order: &[
            "umx_ledger_hash",
            "C_t",
            "loom_block_hash",
            "window_id",
            "manifest_check",
            "apx_manifest_hash",
            "nap_envelope_hash",
            "codex_library_hash",
            "meta",
            "prev_entry_hash",
        ],
        late_fields: &[
            "manifest_check",
            "apx_manifest_hash",
            "nap_envelope_hash",
            "codex_library_hash",
            "prev_entry_hash",
            "meta.scene_hash",
            "meta.ctrl_hashes",
            "meta.egress_hash",
        ],
        needs_grammar: false,
    };

    type Made = Self;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::key("tick", |entry, _| count(entry.tick)),
        Column::JSON,
        Column::SHA256,
    ];
}
