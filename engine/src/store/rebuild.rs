//! Rows and columns become records again, each checked by its hash.

use super::stored::{FoundRecord, StoredRecord, StoredRun};
use super::writer::hash_column;
use super::{Damage, StoreError};
use crate::canonical::{self, Canonical, Hash};
use crate::record::{EdgeFluxSummary, IBlock, PBlock, SceneFrame, TopologySnapshotEdge, UmxLedger};
use crate::run::RecordKind;

/// What a row has of a record.
pub(super) enum Kept {
    /// All of it.
    Text {
        hash: Vec<u8>,
        text: String,
    },
    Ledger {
        hash: Vec<u8>,
    },
    PBlock {
        hash: Vec<u8>,
        text: Option<String>,
        s_t: i64,
        c_t: i64,
    },
    IBlock {
        hash: Vec<u8>,
        text: Option<String>,
        c_t: Option<i64>,
    },
    Scene {
        hash: Vec<u8>,
        nap_envelope_ref: Vec<u8>,
        pfna_refs: Option<String>,
        ledger_ref: Option<Vec<u8>>,
        c_prev: Option<i64>,
        c_t: Option<i64>,
        window_id: Option<String>,
        manifest_check: Option<i64>,
    },
}

/// The record at a position, checked by its hash.
pub(super) fn record(
    run: &StoredRun,
    kind: RecordKind,
    position: u64,
    kept: Kept,
) -> Result<StoredRecord, StoreError> {
    let found = found(run, kind, position, kept)?;
    if !found.is_whole() {
        let kind = kind.name();
        return Err(run.damaged(Damage::Hash { kind, position }));
    }
    Ok(StoredRecord {
        position,
        text: found.text,
        hash: found.hash,
    })
}

/// What is at a position, from its row and, where the row is not all, from the columns.
pub(super) fn found(
    run: &StoredRun,
    kind: RecordKind,
    position: u64,
    kept: Kept,
) -> Result<FoundRecord, StoreError> {
    let (hash, text) = match kept {
        Kept::Text { hash, text } => (hash, Some(text)),
        Kept::Ledger { hash } => {
            let ledger = ledger(run, position)?;
            (hash, Some(canonical::text(&ledger)))
        }
        Kept::PBlock {
            hash,
            text,
            s_t,
            c_t,
        } => match text {
            Some(text) => (hash, Some(text)),
            None => {
                let block = p_block(&ledger(run, position)?, s_t, c_t);
                (hash, Some(canonical::text(&block)))
            }
        },
        Kept::IBlock { hash, text, c_t } => match (text, c_t) {
            (Some(text), _) => (hash, Some(text)),
            (None, Some(c_t)) => {
                let block = i_block(run, ledger(run, position)?, c_t);
                (hash, Some(canonical::text(&block)))
            }
            (None, None) => (hash, None),
        },
        scene @ Kept::Scene { .. } => scene_text(run, position, scene)?,
    };
    let text = text.ok_or_else(|| {
        let kind = kind.name();
        run.damaged(Damage::Missing { kind, position })
    })?;
    Ok(FoundRecord {
        position,
        hash: canonical::hash_of_text(text.as_bytes()),
        text: text.into_bytes(),
        stored_hash: hash_column(&hash),
    })
}

pub(super) fn ledger(run: &StoredRun, tick: u64) -> Result<UmxLedger, StoreError> {
    let ledger = run.block(tick)?.ledger(run.shape(), tick);
    ledger.ok_or_else(|| {
        run.damaged(Damage::Missing {
            kind: RecordKind::Ledgers.name(),
            position: tick,
        })
    })
}

fn p_block(ledger: &UmxLedger, s_t: i64, c_t: i64) -> PBlock {
    let edges = ledger.edges.iter().map(|edge| EdgeFluxSummary {
        e_id: edge.e_id,
        f_e: edge.f_e,
    });
    PBlock {
        tick: ledger.tick,
        seq: ledger.tick,
        s_t,
        c_t,
        edge_flux_summary: edges.collect(),
    }
}

fn i_block(run: &StoredRun, ledger: UmxLedger, c_t: i64) -> IBlock {
    let shape = run.shape();
    let edges = shape.edges.iter().zip(1..);
    let edges = edges.map(|(edge, e_id)| TopologySnapshotEdge {
        e_id,
        i: edge.from as u64 + 1,
        j: edge.to as u64 + 1,
        k: edge.k,
        cap: edge.cap,
        sc: shape.scale,
        c: edge.c,
    });
    IBlock {
        tick: ledger.tick,
        w: run.row().checkpoint_spacing,
        c_t,
        profile_version: run.row().profile.clone(),
        post_u: ledger.post_u,
        topology_snapshot: edges.collect(),
    }
}

/// The hash column and the text of a scene; no text where rows that it draws on are missing.
fn scene_text(
    run: &StoredRun,
    tick: u64,
    kept: Kept,
) -> Result<(Vec<u8>, Option<String>), StoreError> {
    let Kept::Scene {
        hash,
        nap_envelope_ref,
        pfna_refs,
        ledger_ref,
        c_prev,
        c_t,
        window_id,
        manifest_check,
    } = kept
    else {
        return Ok((Vec::new(), None));
    };
    let ledger = ledger(run, tick)?;
    let row = run.row();
    let c_prev = if tick == 1 {
        Some(row.chain_start)
    } else {
        c_prev
    };
    let scene = || {
        Some(SceneFrame {
            gid: row.gid.clone(),
            run_id: row.run_id.clone(),
            tick,
            nid: row.nid.clone(),
            pre_u: ledger.pre_u,
            post_u: ledger.post_u,
            ledger_ref: hash_of(ledger_ref.as_deref())?,
            c_prev: c_prev?,
            c_t: c_t?,
            window_id: window_id?,
            manifest_check: manifest_check?,
            nap_envelope_ref: hash_of(Some(&nap_envelope_ref))?,
            pfna_refs: match pfna_refs {
                Some(refs) => aether_json::from_str(&refs).ok()?,
                None => Vec::new(),
            },
        })
    };
    let text = scene().map(|scene| {
        let scene: &dyn Canonical = &scene;
        canonical::text(scene)
    });
    Ok((hash, text))
}

fn hash_of(column: Option<&[u8]>) -> Option<Hash> {
    column.and_then(hash_column)
}
