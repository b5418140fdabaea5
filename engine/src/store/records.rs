//! [`Records`]: iterates over the records of one kind, a page of rows at a time.

use std::collections::VecDeque;
use std::sync::LazyLock;

use super::header::bound;
use super::rebuild::{Content, Parts, StoredParts, page_query};
use super::stored::{FoundRecord, StoredRecord, StoredRun};
use super::writer::hash_column;
use super::{Damage, StoreError};
use crate::canonical::{self, Hash};
use crate::record::{Position, RecordKind, RecordType};

/// Number of rows that are read at a time.
const PAGE_ROWS: i64 = 128;

static PAGE_QUERIES: LazyLock<Vec<String>> =
    LazyLock::new(|| RecordKind::ALL.into_iter().map(page_query).collect());

/// The records of one kind in run order; made by [`StoredRun::records`].
///
/// Each is checked by its hash and its position; the first that fails ends the iteration.
pub struct Records<'r> {
    run: &'r StoredRun,
    kind: RecordKind,
    page: VecDeque<PageRow>,
    /// The position at which the next page starts.
    next: u64,
    /// Number of rows to read at a time.
    rows: i64,
    /// The position that the next record must have, if the kind has no gaps.
    expected: Option<u64>,
    ended: bool,
}

/// A row of a page.
struct PageRow {
    position: u64,
    /// `None` if the column does not contain a hash.
    hash: Option<Hash>,
    kept: Parts<StoredParts>,
}

impl<'r> Records<'r> {
    pub(super) fn new(run: &'r StoredRun, kind: RecordKind, first: u64) -> Self {
        Self::paged(run, kind, first, PAGE_ROWS)
    }

    /// Sets the number of rows to read at a time.
    pub(super) fn paged(run: &'r StoredRun, kind: RecordKind, first: u64, rows: i64) -> Self {
        let first = first.max(1);
        Self {
            run,
            kind,
            page: VecDeque::new(),
            next: first,
            rows,
            expected: (kind.info().position != Position::SomeTicks).then_some(first),
            ended: false,
        }
    }

    fn read_page(&mut self) -> Result<(), StoreError> {
        let mut select = self.run.prepare(&PAGE_QUERIES[self.kind as usize])?;
        let rows = select.query_map([bound(self.next), self.rows], |row| {
            let hash: Vec<u8> = row.get(1)?;
            Ok((
                row.get::<_, i64>(0)?,
                hash,
                StoredParts::read(self.kind, row)?,
            ))
        });
        for row in rows.map_err(|error| self.run.fail(error))? {
            let (position, hash, kept) = row.map_err(|error| self.run.fail(error))?;
            let position = u64::try_from(position).map_err(|_| self.missing(self.next))?;
            self.next = position + 1;
            let hash = hash_column(&hash);
            self.page.push_back(PageRow {
                position,
                hash,
                kept,
            });
        }
        Ok(())
    }

    fn next_row(&mut self) -> Result<Option<PageRow>, StoreError> {
        if self.page.is_empty() {
            self.read_page()?;
        }
        let Some(row) = self.page.pop_front() else {
            return Ok(None);
        };
        if let Some(expected) = &mut self.expected {
            if row.position != *expected {
                let expected = *expected;
                return Err(self.missing(expected));
            }
            *expected += 1;
        }
        Ok(Some(row))
    }

    fn content(&self, row: PageRow) -> Result<(u64, Option<Hash>, Content), StoreError> {
        let position = row.position;
        let kept = row.kept.map_err(|column| {
            self.run.damaged(Damage::Record {
                kind: self.kind.name(),
                position,
                problem: format!("`{column}` has an invalid value"),
            })
        })?;
        let content = kept.content(self.run, self.kind, position)?;
        Ok((position, row.hash, content))
    }

    /// The next record, whether or not it matches its stored hash.
    pub(super) fn found(mut self) -> Result<Option<FoundRecord>, StoreError> {
        self.read_page()?;
        let Some(row) = self.page.pop_front() else {
            return Ok(None);
        };
        let (position, stored_hash, content) = self.content(row)?;
        Ok(Some(FoundRecord {
            position,
            hash: content.hash(),
            stored_hash,
            content,
        }))
    }

    fn next_text(&mut self) -> Result<Option<StoredRecord>, StoreError> {
        let Some(row) = self.next_row()? else {
            return Ok(None);
        };
        let (position, stored_hash, content) = self.content(row)?;
        let text = content.into_text().into_bytes();
        let hash = canonical::hash_of_text(&text);
        self.check_hash(position, stored_hash, hash)?;
        Ok(Some(StoredRecord {
            position,
            text,
            hash,
        }))
    }

    /// The next record as a value. A record from the columns is built once, and hashed without a
    /// text.
    pub(super) fn next_record<R: RecordType>(&mut self) -> Result<Option<R>, StoreError> {
        debug_assert!(R::INFO.kind == self.kind, "records of one kind");
        let Some(row) = self.next_row()? else {
            return Ok(None);
        };
        let (position, stored_hash, content) = self.content(row)?;
        self.check_hash(position, stored_hash, content.hash())?;
        let record = content.into_record().map_err(|error| {
            self.run.damaged(Damage::Record {
                kind: self.kind.name(),
                position,
                problem: error.to_string(),
            })
        });
        record.map(Some)
    }

    fn check_hash(
        &self,
        position: u64,
        stored: Option<Hash>,
        hash: Hash,
    ) -> Result<(), StoreError> {
        if stored == Some(hash) {
            return Ok(());
        }
        let kind = self.kind.name();
        Err(self.run.damaged(Damage::Hash { kind, position }))
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
        let record = self.next_text().transpose();
        self.ended = !matches!(record, Some(Ok(_)));
        record
    }
}
