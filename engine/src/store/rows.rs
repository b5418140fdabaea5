//! What a record is as a row: the one definition that writing and verifying share.

use std::collections::BTreeMap;

use rusqlite::types::{ToSqlOutput, ValueRef};

use super::header::signed;
use crate::canonical::{self, Encoded, Hash};
use crate::run::Record;

/// P-blocks and checkpoints up to this size stand in the file as text; larger ones are rebuilt from
/// the columns.
const SMALL_TEXT_SIZE: usize = 4096;

/// The tables that records go to, each by the statements that touch one row of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) insert: &'static str,
    pub(super) select: &'static str,
}

macro_rules! table {
    ($name:ident, $($column:ident),+ ; $values:literal) => {
        Table {
            name: stringify!($name),
            columns: &[$(stringify!($column)),+],
            insert: concat!("INSERT INTO ", stringify!($name), " VALUES (", $values, ")"),
            select: concat!(
                "SELECT * FROM ", stringify!($name), " WHERE ", table!(@first $($column),+), " = ?1"
            ),
        }
    };
    (@first $first:ident $(, $rest:ident)*) => { stringify!($first) };
}

const LEDGERS: Table = table!(ledgers, tick, sha256; "?1, ?2");
const P_BLOCKS: Table = table!(p_blocks, tick, s_t, c_t, json, sha256; "?1, ?2, ?3, ?4, ?5");
const I_BLOCKS: Table = table!(i_blocks, tick, json, sha256; "?1, ?2, ?3");
const MANIFESTS: Table = table!(
    manifests, seq, window_id, start_tick, end_tick, manifest_check, json, sha256;
    "?1, ?2, ?3, ?4, ?5, ?6, ?7"
);
const ENVELOPES: Table = table!(envelopes, seq, tick, layer, json, sha256; "?1, ?2, ?3, ?4, ?5");
const SCENES: Table = table!(
    scenes, tick, manifest, nap_envelope_ref, pfna_refs, sha256; "?1, ?2, ?3, ?4, ?5"
);
const U_LEDGER: Table = table!(u_ledger, tick, json, sha256; "?1, ?2, ?3");
const CODEX_LIBRARY: Table = table!(codex_library, seq, motif_id, json, sha256; "?1, ?2, ?3, ?4");
const CODEX_PROPOSALS: Table =
    table!(codex_proposals, seq, proposal_id, json, sha256; "?1, ?2, ?3, ?4");
const LOG: Table = table!(log, seq, tick, event, component, json, sha256; "?1, ?2, ?3, ?4, ?5, ?6");

/// One row: its table, its values in column order, the first of them the key.
pub(super) struct Row<'r> {
    pub(super) table: Table,
    pub(super) values: Vec<ToSqlOutput<'r>>,
}

/// The last row of each table whose rows are numbered, and the manifests of the open window.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    manifests: i64,
    envelopes: i64,
    library: i64,
    proposals: i64,
    open_manifests: BTreeMap<String, i64>,
}

impl Places {
    /// The window is closed: no later record refers to its manifests.
    pub(super) fn close_window(&mut self) {
        self.open_manifests.clear();
    }

    /// The row of a record, the next of its table.
    pub(super) fn row<'r>(&mut self, record: &Record<'r>, encoded: Encoded<'r>) -> Row<'r> {
        let text = || bytes_as_text(encoded.text);
        let small = || {
            if encoded.text.len() <= SMALL_TEXT_SIZE {
                text()
            } else {
                null()
            }
        };
        let (table, mut values) = match *record {
            Record::Ledger(ledger) => (LEDGERS, vec![count(ledger.tick)]),
            Record::PBlock(block) => {
                let values = vec![count(block.tick), int(block.s_t), int(block.c_t), small()];
                (P_BLOCKS, values)
            }
            Record::IBlock(block) => (I_BLOCKS, vec![count(block.tick), small()]),
            Record::Manifest(manifest) => {
                self.manifests += 1;
                self.open_manifests
                    .insert(manifest.window_id.clone(), self.manifests);
                let values = vec![
                    int(self.manifests),
                    string(&manifest.window_id),
                    count(manifest.start_tick),
                    count(manifest.end_tick),
                    int(manifest.manifest_check),
                    text(),
                ];
                (MANIFESTS, values)
            }
            Record::Envelope(envelope) => {
                self.envelopes += 1;
                let values = vec![
                    int(self.envelopes),
                    count(envelope.tick),
                    string(envelope.layer.name()),
                    text(),
                ];
                (ENVELOPES, values)
            }
            Record::Scene(scene) => {
                let manifest = self.open_manifests.get(&scene.window_id).copied();
                let refs = if scene.pfna_refs.is_empty() {
                    null()
                } else {
                    canonical::text(&scene.pfna_refs).into()
                };
                let values = vec![
                    count(scene.tick),
                    int(manifest.unwrap_or_default()),
                    hash(&scene.nap_envelope_ref),
                    refs,
                ];
                (SCENES, values)
            }
            Record::LedgerEntry(entry) => (U_LEDGER, vec![count(entry.tick), text()]),
            Record::CodexLibraryEntry(entry) => {
                self.library += 1;
                let values = vec![int(self.library), string(&entry.motif_id), text()];
                (CODEX_LIBRARY, values)
            }
            Record::CodexProposal(proposal) => {
                self.proposals += 1;
                let values = vec![int(self.proposals), string(&proposal.proposal_id), text()];
                (CODEX_PROPOSALS, values)
            }
            Record::Log(event) => {
                let values = vec![
                    count(event.seq),
                    event.tick.map_or_else(null, count),
                    string(event.payload.event()),
                    string(event.component.name()),
                    text(),
                ];
                (LOG, values)
            }
        };
        values.push(owned_hash(&encoded.hash));
        Row { table, values }
    }
}

impl Row<'_> {
    /// The key, which is a number in every table of records.
    pub(super) fn key(&self) -> u64 {
        let key = match self.values.first() {
            Some(ToSqlOutput::Owned(rusqlite::types::Value::Integer(key))) => *key,
            _ => 0,
        };
        u64::try_from(key).unwrap_or(0)
    }

    /// The name of the first column in which a stored row differs.
    pub(super) fn differing_column(
        &self,
        stored: &rusqlite::Row<'_>,
    ) -> rusqlite::Result<Option<&'static str>> {
        for (index, (value, column)) in self.values.iter().zip(self.table.columns).enumerate() {
            if as_ref(value) != stored.get_ref(index)? {
                return Ok(Some(column));
            }
        }
        Ok(None)
    }
}

fn as_ref<'v>(value: &'v ToSqlOutput<'_>) -> ValueRef<'v> {
    match value {
        ToSqlOutput::Borrowed(value) => *value,
        ToSqlOutput::Owned(value) => value.into(),
        _ => ValueRef::Null,
    }
}

fn int(value: i64) -> ToSqlOutput<'static> {
    value.into()
}

fn count(value: u64) -> ToSqlOutput<'static> {
    signed(value).into()
}

fn null() -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(rusqlite::types::Value::Null)
}

fn string(text: &str) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
}

/// Canonical text is UTF-8 already.
fn bytes_as_text(text: &[u8]) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(ValueRef::Text(text))
}

fn hash(hash: &Hash) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(ValueRef::Blob(hash.as_bytes()))
}

fn owned_hash(hash: &Hash) -> ToSqlOutput<'static> {
    hash.as_bytes().to_vec().into()
}
