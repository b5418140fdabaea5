//! The records of one kind, read a page at a time.

use std::collections::VecDeque;

use rusqlite::Row;

use super::header::signed;
use super::rebuild::{self, Kept};
use super::stored::{FoundRecord, StoredRecord, StoredRun};
use super::{Damage, StoreError};
use crate::run::RecordKind;

/// Rows that are read at a time.
const PAGE_ROWS: u64 = 128;

/// The records of one kind in run order; made by [`StoredRun::records`].
///
/// Each is checked by its hash and its place; the first that fails ends the iteration.
pub struct Records<'r> {
    run: &'r StoredRun,
    kind: RecordKind,
    page: VecDeque<(u64, Kept)>,
    /// Where the next page begins.
    next: u64,
    /// Rows to read at a time.
    rows: u64,
    /// The place that the next record has to have, where the kind has no gaps.
    expected: Option<u64>,
    ended: bool,
}

impl<'r> Records<'r> {
    pub(super) fn new(run: &'r StoredRun, kind: RecordKind, first: u64) -> Self {
        Self::paged(run, kind, first, PAGE_ROWS)
    }

    /// With another number of rows to read at a time.
    pub(super) fn paged(run: &'r StoredRun, kind: RecordKind, first: u64, rows: u64) -> Self {
        let first = first.max(1);
        Self {
            run,
            kind,
            page: VecDeque::new(),
            next: first,
            rows,
            // Checkpoints alone leave ticks out.
            expected: (kind != RecordKind::IBlocks).then_some(first),
            ended: false,
        }
    }

    fn read_page(&mut self) -> Result<(), StoreError> {
        let mut select = self.run.prepare(page_query(self.kind))?;
        let rows = select.query_map([signed(self.next), signed(self.rows)], |row| {
            Ok((row.get::<_, i64>(0)?, kept(self.kind, row)?))
        });
        for row in rows.map_err(|error| self.run.fail(error))? {
            let (position, kept) = row.map_err(|error| self.run.fail(error))?;
            let position = u64::try_from(position).map_err(|_| self.missing(self.next))?;
            self.next = position.saturating_add(1);
            self.page.push_back((position, kept));
        }
        Ok(())
    }

    fn next_record(&mut self) -> Result<Option<StoredRecord>, StoreError> {
        if self.page.is_empty() {
            self.read_page()?;
        }
        let Some((position, kept)) = self.page.pop_front() else {
            return Ok(None);
        };
        if let Some(expected) = &mut self.expected {
            if position != *expected {
                let expected = *expected;
                return Err(self.missing(expected));
            }
            *expected += 1;
        }
        rebuild::record(self.run, self.kind, position, kept).map(Some)
    }

    /// The next record, whether or not it has its stored hash.
    pub(super) fn found(mut self) -> Result<Option<FoundRecord>, StoreError> {
        self.read_page()?;
        let next = self.page.pop_front();
        next.map(|(position, kept)| rebuild::found(self.run, self.kind, position, kept))
            .transpose()
    }

    fn missing(&self, position: u64) -> StoreError {
        self.run.damaged(Damage::Missing {
            kind: self.kind.name(),
            position,
        })
    }
}

impl Iterator for Records<'_> {
    type Item = Result<StoredRecord, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let record = self.next_record().transpose();
        self.ended = !matches!(record, Some(Ok(_)));
        record
    }
}

/// The rows of a kind from a position on: position, hash, then what [`kept`] takes.
const fn page_query(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Ledgers => {
            "SELECT tick, sha256 FROM ledgers WHERE tick >= ?1 ORDER BY tick LIMIT ?2"
        }
        RecordKind::PBlocks => {
            "SELECT tick, sha256, json, s_t, c_t FROM p_blocks
             WHERE tick >= ?1 ORDER BY tick LIMIT ?2"
        }
        RecordKind::IBlocks => {
            "SELECT i.tick, i.sha256, i.json, p.c_t FROM i_blocks i
             LEFT JOIN p_blocks p ON p.tick = i.tick
             WHERE i.tick >= ?1 ORDER BY i.tick LIMIT ?2"
        }
        RecordKind::Manifests => {
            "SELECT seq, sha256, json FROM manifests WHERE seq >= ?1 ORDER BY seq LIMIT ?2"
        }
        RecordKind::Envelopes => {
            "SELECT seq, sha256, json FROM envelopes WHERE seq >= ?1 ORDER BY seq LIMIT ?2"
        }
        RecordKind::Scenes => {
            "SELECT s.tick, s.sha256, s.nap_envelope_ref, s.pfna_refs, l.sha256, q.c_t, p.c_t,
                    m.window_id, m.manifest_check
             FROM scenes s
             LEFT JOIN ledgers l ON l.tick = s.tick
             LEFT JOIN p_blocks p ON p.tick = s.tick
             LEFT JOIN p_blocks q ON q.tick = s.tick - 1
             LEFT JOIN manifests m ON m.seq = s.manifest
             WHERE s.tick >= ?1 ORDER BY s.tick LIMIT ?2"
        }
        RecordKind::ULedger => {
            "SELECT tick, sha256, json FROM u_ledger WHERE tick >= ?1 ORDER BY tick LIMIT ?2"
        }
        RecordKind::CodexLibrary => {
            "SELECT seq, sha256, json FROM codex_library WHERE seq >= ?1 ORDER BY seq LIMIT ?2"
        }
        RecordKind::CodexProposals => {
            "SELECT seq, sha256, json FROM codex_proposals WHERE seq >= ?1 ORDER BY seq LIMIT ?2"
        }
        RecordKind::Log => {
            "SELECT seq, sha256, json FROM log WHERE seq >= ?1 ORDER BY seq LIMIT ?2"
        }
    }
}

fn kept(kind: RecordKind, row: &Row<'_>) -> rusqlite::Result<Kept> {
    let hash = row.get(1)?;
    Ok(match kind {
        RecordKind::Ledgers => Kept::Ledger { hash },
        RecordKind::PBlocks => Kept::PBlock {
            hash,
            text: row.get(2)?,
            s_t: row.get(3)?,
            c_t: row.get(4)?,
        },
        RecordKind::IBlocks => Kept::IBlock {
            hash,
            text: row.get(2)?,
            c_t: row.get(3)?,
        },
        RecordKind::Scenes => Kept::Scene {
            hash,
            nap_envelope_ref: row.get(2)?,
            pfna_refs: row.get(3)?,
            ledger_ref: row.get(4)?,
            c_prev: row.get(5)?,
            c_t: row.get(6)?,
            window_id: row.get(7)?,
            manifest_check: row.get(8)?,
        },
        RecordKind::Manifests
        | RecordKind::Envelopes
        | RecordKind::ULedger
        | RecordKind::CodexLibrary
        | RecordKind::CodexProposals
        | RecordKind::Log => Kept::Text {
            hash,
            text: row.get(2)?,
        },
    })
}
