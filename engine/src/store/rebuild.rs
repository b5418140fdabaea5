//! Rebuilds records from rows and columns: for each kind, the parts that its rows store, and how
//! the other parts are computed. For example, a large P-block is rebuilt from `s_t` and `c_t` of
//! its row and the fluxes in the columns.

use std::any::Any;
use std::borrow::Cow;

use rusqlite::Row;

use super::columns::Shape;
use super::stored::StoredRun;
use super::writer::hash_column;
use super::{Damage, StoreError};
use crate::canonical::{self, Hash};
use crate::record::{
    DecodeError, EdgeFluxSummary, IBlock, PBlock, RecordKind, RecordType, SceneFrame,
    TopologySnapshotEdge, UmxLedger,
};

/// The parts of a record that its row stores.
pub(super) enum StoredParts {
    /// The whole record, as canonical text.
    Text(String),
    /// Nothing; the columns have the whole ledger.
    Ledger,
    PBlock {
        s_t: i64,
        c_t: i64,
    },
    IBlock {
        c_t: Option<i64>,
    },
    Scene(SceneParts),
}

/// The parts of a scene beside its ledger: those of its row, and those from other rows.
pub(super) struct SceneParts {
    nap_envelope_ref: Hash,
    pfna_refs: Vec<String>,
    ledger_ref: Option<Hash>,
    c_prev: Option<i64>,
    c_t: Option<i64>,
    window_id: Option<String>,
    manifest_check: Option<i64>,
}

/// The parts of a row, or the column that has a value that no engine writes.
pub(super) type Parts<P> = Result<P, &'static str>;

/// A record as it was read: its text, or the rebuilt record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    Ledger(UmxLedger),
    PBlock(PBlock),
    IBlock(IBlock),
    Scene(SceneFrame),
}

impl Content {
    /// The canonical text.
    pub(super) fn text(&self) -> Cow<'_, str> {
        Cow::Owned(match self {
            Self::Text(text) => return Cow::Borrowed(text),
            Self::Ledger(record) => canonical::text(record),
            Self::PBlock(record) => canonical::text(record),
            Self::IBlock(record) => canonical::text(record),
            Self::Scene(record) => canonical::text(record),
        })
    }

    /// The canonical text.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            rebuilt => rebuilt.text().into_owned(),
        }
    }

    /// The hash of the canonical text.
    pub(super) fn hash(&self) -> Hash {
        match self {
            Self::Text(text) => canonical::hash_of_text(text.as_bytes()),
            Self::Ledger(record) => canonical::hash(record),
            Self::PBlock(record) => canonical::hash(record),
            Self::IBlock(record) => canonical::hash(record),
            Self::Scene(record) => canonical::hash(record),
        }
    }

    /// The record; a rebuilt one is lent without a conversion to text.
    pub(super) fn record<R: RecordType + Clone>(&self) -> Result<Cow<'_, R>, DecodeError> {
        let record: &dyn Any = match self {
            Self::Text(text) => return R::from_text(text.as_bytes()).map(Cow::Owned),
            Self::Ledger(record) => record,
            Self::PBlock(record) => record,
            Self::IBlock(record) => record,
            Self::Scene(record) => record,
        };
        Ok(Cow::Borrowed(record.downcast_ref().expect(SAME_TYPE)))
    }

    /// The record; a rebuilt one is returned without a conversion to text.
    pub(super) fn into_record<R: RecordType>(self) -> Result<R, DecodeError> {
        let record: Box<dyn Any> = match self {
            Self::Text(text) => return R::from_text(text.as_bytes()),
            Self::Ledger(record) => Box::new(record),
            Self::PBlock(record) => Box::new(record),
            Self::IBlock(record) => Box::new(record),
            Self::Scene(record) => Box::new(record),
        };
        Ok(*record.downcast().expect(SAME_TYPE))
    }
}

const SAME_TYPE: &str = "a kind is rebuilt as the record that it is of";

/// The query for the rows of a kind from a position on: position, hash, then what [`StoredParts::read`]
/// reads.
pub(super) fn page_query(kind: RecordKind) -> String {
    let (columns, joins) = match kind {
        RecordKind::Ledgers => ("", ""),
        RecordKind::PBlocks => (", t.json, t.s_t, t.c_t", ""),
        RecordKind::IBlocks => (", t.json, p.c_t", "LEFT JOIN p_blocks p ON p.tick = t.tick"),
        RecordKind::Scenes => (
            ", t.nap_envelope_ref, t.pfna_refs, l.sha256, q.c_t, p.c_t, m.window_id, m.manifest_check",
            "LEFT JOIN ledgers l ON l.tick = t.tick
             LEFT JOIN p_blocks p ON p.tick = t.tick
             LEFT JOIN p_blocks q ON q.tick = t.tick - 1
             LEFT JOIN manifests m ON m.seq = t.manifest",
        ),
        _ => (", t.json", ""),
    };
    let (table, key) = (kind.name(), kind.columns()[0].0);
    format!(
        "SELECT t.{key}, t.sha256{columns} FROM {table} t {joins}
         WHERE t.{key} >= ?1 ORDER BY t.{key} LIMIT ?2"
    )
}

impl StoredParts {
    /// The stored parts in a row of [`page_query`].
    pub(super) fn read(kind: RecordKind, row: &Row<'_>) -> rusqlite::Result<Parts<Self>> {
        let text = |at: usize| row.get::<_, Option<String>>(at);
        Ok(Ok(match kind {
            RecordKind::Ledgers => Self::Ledger,
            RecordKind::PBlocks => match text(2)? {
                Some(text) => Self::Text(text),
                None => Self::PBlock {
                    s_t: row.get(3)?,
                    c_t: row.get(4)?,
                },
            },
            RecordKind::IBlocks => match text(2)? {
                Some(text) => Self::Text(text),
                None => Self::IBlock { c_t: row.get(3)? },
            },
            RecordKind::Scenes => return Ok(SceneParts::read(row)?.map(Self::Scene)),
            _ => match text(2)? {
                Some(text) => Self::Text(text),
                None => return Ok(Err("json")),
            },
        }))
    }

    /// The record, completed from the columns and other rows.
    pub(super) fn content(
        self,
        run: &StoredRun,
        kind: RecordKind,
        position: u64,
    ) -> Result<Content, StoreError> {
        let missing = || {
            let kind = kind.name();
            run.damaged(Damage::Missing { kind, position })
        };
        Ok(match self {
            Self::Text(text) => Content::Text(text),
            Self::Ledger => Content::Ledger(ledger(run, position)?),
            Self::PBlock { s_t, c_t } => {
                Content::PBlock(p_block(&ledger(run, position)?, s_t, c_t))
            }
            Self::IBlock { c_t } => {
                let c_t = c_t.ok_or_else(missing)?;
                Content::IBlock(i_block(run, ledger(run, position)?, c_t))
            }
            Self::Scene(kept) => {
                let ledger = ledger(run, position)?;
                Content::Scene(kept.scene(run, ledger).ok_or_else(missing)?)
            }
        })
    }
}

impl SceneParts {
    fn read(row: &Row<'_>) -> rusqlite::Result<Parts<Self>> {
        let Some(nap_envelope_ref) = hash_column(&row.get::<_, Vec<u8>>(2)?) else {
            return Ok(Err("nap_envelope_ref"));
        };
        let pfna_refs = match row.get::<_, Option<String>>(3)? {
            Some(refs) => match aether_json::from_str(&refs) {
                Ok(refs) => refs,
                Err(_) => return Ok(Err("pfna_refs")),
            },
            None => Vec::new(),
        };
        let ledger_ref: Option<Vec<u8>> = row.get(4)?;
        let ledger_ref = match ledger_ref.as_deref().map(hash_column) {
            Some(None) => return Ok(Err("ledger_ref")),
            found => found.flatten(),
        };
        Ok(Ok(Self {
            nap_envelope_ref,
            pfna_refs,
            ledger_ref,
            c_prev: row.get(5)?,
            c_t: row.get(6)?,
            window_id: row.get(7)?,
            manifest_check: row.get(8)?,
        }))
    }

    /// `None` if rows that it depends on are missing.
    fn scene(self, run: &StoredRun, ledger: UmxLedger) -> Option<SceneFrame> {
        let row = run.row();
        Some(SceneFrame {
            gid: row.gid.clone(),
            run_id: row.run_id.clone(),
            tick: ledger.tick,
            nid: row.nid.clone(),
            c_prev: if ledger.tick == 1 {
                row.chain_start
            } else {
                self.c_prev?
            },
            pre_u: ledger.pre_u,
            post_u: ledger.post_u,
            ledger_ref: self.ledger_ref?,
            c_t: self.c_t?,
            window_id: self.window_id?,
            manifest_check: self.manifest_check?,
            nap_envelope_ref: self.nap_envelope_ref,
            pfna_refs: self.pfna_refs,
        })
    }
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
    IBlock {
        tick: ledger.tick,
        w: run.row().checkpoint_spacing,
        c_t,
        profile_version: run.row().profile.clone(),
        post_u: ledger.post_u,
        topology_snapshot: edges(run.shape()).collect(),
    }
}

/// The edges of a run, as checkpoints have them.
pub(super) fn edges(shape: &Shape) -> impl Iterator<Item = TopologySnapshotEdge> {
    let edges = shape.edges.iter().zip(1..);
    edges.map(|(edge, e_id)| TopologySnapshotEdge {
        e_id,
        i: edge.from as u64 + 1,
        j: edge.to as u64 + 1,
        k: edge.k,
        cap: edge.cap,
        sc: shape.scale,
        c: edge.c,
    })
}
