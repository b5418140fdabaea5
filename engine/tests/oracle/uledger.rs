//! The oracle's U-ledger: one entry per tick, chained by hash.

use super::gate::Envelopes;
use super::{Case, Json, Manifest, Tick, int, object, text};

/// The records whose hashes an entry contains.
pub(super) struct Bound<'a> {
    pub(super) tick: &'a Tick<'a>,
    pub(super) ledger: &'a Json,
    pub(super) p_block: &'a Json,
    pub(super) i_block: Option<&'a Json>,
    pub(super) scene: &'a Json,
    pub(super) envelopes: &'a Envelopes,
    pub(super) primary: &'a Manifest,
    /// Additional windows that close at this tick, in closing order.
    pub(super) closing: Vec<&'a Manifest>,
    /// The library when the primary window closes; `None` if the Codex is off.
    pub(super) library: Option<Json>,
}

/// `ULedgerEntry_v1`.
pub(super) fn entry(case: &Case, bound: &Bound<'_>, previous: Option<&Json>) -> Json {
    let hash = |record: &Json| text(record.sha256());
    object([
        ("gid", text(&case.topology.gid)),
        ("run_id", text(&case.run.run_id)),
        ("tick", int(bound.tick.tick)),
        ("window_id", text(&bound.primary.window.id)),
        ("C_t", int(bound.tick.chain.clone())),
        ("manifest_check", int(bound.primary.check.clone())),
        ("nap_envelope_hash", hash(&bound.envelopes.data)),
        ("umx_ledger_hash", hash(bound.ledger)),
        ("loom_block_hash", hash(bound.p_block)),
        ("apx_manifest_hash", hash(&bound.primary.record)),
        (
            "codex_library_hash",
            bound.library.as_ref().map_or(Json::Null, hash),
        ),
        ("prev_entry_hash", previous.map_or(Json::Null, hash)),
        ("timestamp_utc", Json::Null),
        ("meta", meta(bound)),
    ])
}

fn meta(bound: &Bound<'_>) -> Json {
    let hash = |record: &Json| text(record.sha256());
    let mut meta = object([("scene_hash", hash(bound.scene))]);
    if let Some(ingress) = &bound.envelopes.ingress {
        meta.insert("ingress_hash", hash(ingress));
    }
    if let Some(i_block) = bound.i_block {
        meta.insert("i_block_hash", hash(i_block));
    }
    let ctrl = [&bound.envelopes.ctrl_start, &bound.envelopes.ctrl_end];
    let ctrl: Vec<_> = ctrl.into_iter().flatten().map(hash).collect();
    if !ctrl.is_empty() {
        meta.insert("ctrl_hashes", Json::List(ctrl));
    }
    if let Some(egress) = &bound.envelopes.egress {
        meta.insert("egress_hash", hash(egress));
    }
    if !bound.closing.is_empty() {
        let mut hashes = object([]);
        for manifest in &bound.closing {
            hashes.insert(&manifest.window.id, hash(&manifest.record));
        }
        meta.insert("manifest_hashes", hashes);
    }
    meta
}
