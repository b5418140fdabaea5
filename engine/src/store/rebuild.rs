//! Rebuilds records from rows and columns: for each kind, the parts that its rows store, and how
//! the other parts are computed. For example, a large P-block is rebuilt from `s_t` and `c_t` of
//! its row and the fluxes in the columns.

use std::any::Any;
use std::borrow::Cow;

use rusqlite::Row;

use super::columns::Shape;
use super::stored::StoredRun;
use super::tick_values::TickValues;
use super::writer::hash_column;
use super::{Damage, StoreError};
use crate::canonical::{self, Canonical, Hash, Writer};
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
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            rebuilt => Cow::Owned(canonical::text(rebuilt)),
        }
    }

    /// The canonical text.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            rebuilt => canonical::text(&rebuilt),
        }
    }

    /// The hash of the canonical text.
    pub(super) fn hash(&self) -> Hash {
        match self {
            Self::Text(text) => canonical::hash_of_text(text.as_bytes()),
            rebuilt => canonical::hash(rebuilt),
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

impl Canonical for Content {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Text(text) => writer.raw(text),
            Self::Ledger(record) => record.write(writer),
            Self::PBlock(record) => record.write(writer),
            Self::IBlock(record) => record.write(writer),
            Self::Scene(record) => record.write(writer),
        }
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

    /// Size in bytes of the text that the row has.
    pub(super) const fn text_size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Ledger | Self::PBlock { .. } | Self::IBlock { .. } | Self::Scene(_) => 0,
        }
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
            Self::Ledger => Content::Ledger(run.ledger_of_columns(position)?),
            Self::PBlock { s_t, c_t } => {
                Content::PBlock(p_block(&run.tick_values(position)?, s_t, c_t))
            }
            Self::IBlock { c_t } => {
                let c_t = c_t.ok_or_else(missing)?;
                Content::IBlock(i_block(run, &run.tick_values(position)?, c_t))
            }
            Self::Scene(kept) => {
                let values = run.tick_values(position)?;
                Content::Scene(kept.scene(run, &values).ok_or_else(missing)?)
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
    fn scene(self, run: &StoredRun, values: &TickValues) -> Option<SceneFrame> {
        let row = run.row();
        Some(SceneFrame {
            gid: row.gid.clone(),
            run_id: row.run_id.clone(),
            tick: values.tick(),
            nid: row.nid.clone(),
            c_prev: if values.tick() == 1 {
                row.chain_start
            } else {
                self.c_prev?
            },
            pre_u: values.pre_u().to_vec(),
            post_u: values.post_u().to_vec(),
            ledger_ref: self.ledger_ref?,
            c_t: self.c_t?,
            window_id: self.window_id?,
            manifest_check: self.manifest_check?,
            nap_envelope_ref: self.nap_envelope_ref,
            pfna_refs: self.pfna_refs,
        })
    }
}

fn p_block(values: &TickValues, s_t: i64, c_t: i64) -> PBlock {
    let edges = values.f_e().iter().zip(1..);
    PBlock {
        tick: values.tick(),
        seq: values.tick(),
        s_t,
        c_t,
        edge_flux_summary: edges
            .map(|(&f_e, e_id)| EdgeFluxSummary { e_id, f_e })
            .collect(),
    }
}

fn i_block(run: &StoredRun, values: &TickValues, c_t: i64) -> IBlock {
    IBlock {
        tick: values.tick(),
        w: run.row().checkpoint_spacing,
        c_t,
        profile_version: run.row().profile.clone(),
        post_u: values.post_u().to_vec(),
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
