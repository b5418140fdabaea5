//! [`Records`]: iterates over the records of one kind, a page of rows at a time.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use super::header::bound;
use super::rebuild::{Content, Parts, StoredParts, page_query};
use super::stored::{FoundRecord, StoredRecord, StoredRun};
use super::writer::hash_column;
use super::{Damage, StoreError};
use crate::canonical::{self, Hash};
use crate::record::{Position, RecordKind, RecordType};

/// Most rows that are read at a time.
const PAGE_ROWS: i64 = 128;
/// A page ends after the row with which its texts have this many bytes: a library has texts as
/// long as the graph has edges.
const PAGE_BYTES: usize = 1 << 20;

/// Records whose texts are hashed side by side, which takes little longer than to hash one of them.
const SIDE_BY_SIDE: usize = 4;
/// A text of more bytes ends a group: memory matters more than time.
const ALONE_BYTES: usize = 4 << 20;

/// A record whose text was not yet compared with its hash.
struct Unchecked {
    position: u64,
    stored_hash: Option<Hash>,
    text: Vec<u8>,
}

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
    /// The last position of the iteration.
    last: u64,
    /// Most rows to read at a time.
    rows: i64,
    /// The position that the next record must have; `None` at the end of the kind.
    expected: Option<u64>,
    /// Records whose hashes were checked, side by side.
    checked: VecDeque<StoredRecord>,
    /// Why the record after them cannot be read.
    failure: Option<StoreError>,
    /// The ticks to which every record belongs, by the member that says so.
    within: Option<(RangeInclusive<u64>, &'static str)>,
    ended: bool,
}

/// A row of a page.
struct PageRow {
    position: u64,
    /// `None` if the column does not contain a hash.
    hash: Option<Hash>,
    kept: Parts<StoredParts>,
}

impl PageRow {
    /// The position, the stored hash and the record.
    fn content(
        self,
        run: &StoredRun,
        kind: RecordKind,
    ) -> Result<(u64, Option<Hash>, Content), StoreError> {
        let position = self.position;
        let kept = self.kept.map_err(|column| {
            run.damaged(Damage::Record {
                kind: kind.name(),
                position,
                problem: format!("`{column}` has an invalid value"),
            })
        })?;
        let content = kept.content(run, kind, position)?;
        Ok((position, self.hash, content))
    }
}

fn check_hash(
    run: &StoredRun,
    (kind, position): (RecordKind, u64),
    stored: Option<Hash>,
    hash: Hash,
) -> Result<(), StoreError> {
    if stored == Some(hash) {
        return Ok(());
    }
    let kind = kind.name();
    Err(run.damaged(Damage::Hash { kind, position }))
}

/// A record that was found and not read: its text is made only if it is asked for.
///
/// Of two records with one stored hash, neither needs to be read to know that they are equal, if
/// the files are whole.
pub struct UnreadRecord<'r> {
    run: &'r StoredRun,
    kind: RecordKind,
    row: PageRow,
}

impl UnreadRecord<'_> {
    /// Its position, as in a [`StoredRecord`].
    pub const fn position(&self) -> u64 {
        self.row.position
    }

    /// The stored hash, which is not checked; `None` if the stored value is not a hash.
    pub const fn stored_hash(&self) -> Option<Hash> {
        self.row.hash
    }

    /// The record.
    ///
    /// # Errors
    /// The file cannot be read, or the record does not have its stored hash.
    pub fn read(self) -> Result<StoredRecord, StoreError> {
        let (run, kind) = (self.run, self.kind);
        let (position, stored_hash, content) = self.row.content(run, kind)?;
        let text = content.into_text().into_bytes();
        let hash = canonical::hash_of_text(&text);
        check_hash(run, (kind, position), stored_hash, hash)?;
        Ok(StoredRecord {
            position,
            text,
            hash,
        })
    }
}

impl StoredRun {
    /// All records of a kind, in run order, without reading them.
    ///
    /// Each is checked by its position; the first that fails ends the iteration.
    pub fn unread(
        &self,
        kind: RecordKind,
    ) -> impl Iterator<Item = Result<UnreadRecord<'_>, StoreError>> {
        let mut records = Some(Records::new(self, kind, 1));
        std::iter::from_fn(move || {
            let unread = records.as_mut()?.next_unread().transpose();
            if !matches!(unread, Some(Ok(_))) {
                records = None;
            }
            unread
        })
    }
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
            last: u64::MAX,
            rows,
            expected: run.place_from(kind, first),
            checked: VecDeque::new(),
            failure: None,
            within: None,
            ended: false,
        }
    }

    /// The records of a range of positions, all of which must be there and belong to some ticks.
    pub(super) fn between(
        run: &'r StoredRun,
        kind: RecordKind,
        positions: RangeInclusive<u64>,
        within: (RangeInclusive<u64>, &'static str),
    ) -> Self {
        Self {
            last: *positions.end(),
            within: Some(within),
            ..Self::new(run, kind, *positions.start())
        }
    }

    /// Refuses a record that does not belong where it is: its hash is right, but no hash covers its place.
    fn check_tick(&self, position: u64, text: &[u8]) -> Result<(), StoreError> {
        let Some((ticks, member)) = &self.within else {
            return Ok(());
        };
        let record = self.run.json(self.kind, position, text)?;
        let is_here = |tick: u64| match self.kind.info().position {
            Position::Number => ticks.contains(&tick),
            Position::EveryTick | Position::SomeTicks => tick == position,
        };
        match record[*member].as_u64() {
            Some(tick) if is_here(tick) => Ok(()),
            Some(_) => Err(self.missing(position)),
            None => Err(self.run.damaged(Damage::Record {
                kind: self.kind.name(),
                position,
                problem: format!("it has no `{member}`"),
            })),
        }
    }

    fn read_page(&mut self) -> Result<(), StoreError> {
        if self.next > self.last || !self.run.has(self.kind) {
            return Ok(());
        }
        let left = (self.last - self.next).saturating_add(1);
        let rows = self.rows.min(bound(left));
        let mut bytes = 0;
        let mut select = self.run.prepare(&PAGE_QUERIES[self.kind as usize])?;
        let found = select.query_map([bound(self.next), rows], |row| {
            let hash: Vec<u8> = row.get(1)?;
            Ok((
                row.get::<_, i64>(0)?,
                hash,
                StoredParts::read(self.kind, row)?,
            ))
        });
        for row in found.map_err(|error| self.run.fail(error))? {
            let (position, hash, kept) = row.map_err(|error| self.run.fail(error))?;
            let position = u64::try_from(position).map_err(|_| self.missing(self.next))?;
            if position > self.last {
                break;
            }
            // Keys are below 2^63.
            self.next = position + 1;
            let hash = hash_column(&hash);
            bytes += kept.as_ref().map_or(0, StoredParts::text_size);
            self.page.push_back(PageRow {
                position,
                hash,
                kept,
            });
            if bytes >= PAGE_BYTES {
                break;
            }
        }
        Ok(())
    }

    fn next_row(&mut self) -> Result<Option<PageRow>, StoreError> {
        if self.page.is_empty() {
            self.read_page()?;
        }
        let expected = self.expected.filter(|expected| *expected <= self.last);
        match (self.page.pop_front(), expected) {
            (None, None) => Ok(None),
            (Some(row), Some(expected)) if row.position == expected => {
                self.expected = self.run.place_from(self.kind, expected + 1);
                Ok(Some(row))
            }
            (Some(row), None) => {
                let (kind, position) = (self.kind.name(), row.position);
                Err(self.run.damaged(Damage::Extra { kind, position }))
            }
            (_, Some(expected)) => Err(self.missing(expected)),
        }
    }

    /// The next record, whether or not it matches its stored hash.
    pub(super) fn found(mut self) -> Result<Option<FoundRecord>, StoreError> {
        self.read_page()?;
        let Some(row) = self.page.pop_front() else {
            return Ok(None);
        };
        let (position, stored_hash, content) = row.content(self.run, self.kind)?;
        Ok(Some(FoundRecord {
            position,
            hash: content.hash(),
            stored_hash,
            content,
        }))
    }

    /// Reads the next records of the page, as many as are hashed side by side.
    fn check_some(&mut self) {
        let mut texts: Vec<Unchecked> = Vec::with_capacity(SIDE_BY_SIDE);
        loop {
            match self.next_text() {
                Ok(Some(next)) => texts.push(next),
                Ok(None) => break,
                Err(error) => {
                    self.failure = Some(error);
                    break;
                }
            }
            let is_large = texts
                .last()
                .is_some_and(|record| record.text.len() > ALONE_BYTES);
            if texts.len() == SIDE_BY_SIDE || is_large || self.page.is_empty() {
                break;
            }
        }
        let text = |at: usize| texts.get(at).map_or(&[][..], |record| &record.text);
        let hashes: [Hash; SIDE_BY_SIDE] = canonical::hashes_of_texts(std::array::from_fn(text));
        for (record, hash) in texts.into_iter().zip(hashes) {
            let place = (self.kind, record.position);
            let checked = check_hash(self.run, place, record.stored_hash, hash)
                .and_then(|()| self.check_tick(record.position, &record.text));
            if let Err(error) = checked {
                self.failure = Some(error);
                return;
            }
            self.checked.push_back(StoredRecord {
                position: record.position,
                text: record.text,
                hash,
            });
        }
    }

    fn next_text(&mut self) -> Result<Option<Unchecked>, StoreError> {
        let Some(row) = self.next_row()? else {
            return Ok(None);
        };
        let (position, stored_hash, content) = row.content(self.run, self.kind)?;
        Ok(Some(Unchecked {
            position,
            stored_hash,
            text: content.into_text().into_bytes(),
        }))
    }

    fn next_checked(&mut self) -> Result<Option<StoredRecord>, StoreError> {
        if self.checked.is_empty() && self.failure.is_none() {
            self.check_some();
        }
        match (self.checked.pop_front(), self.failure.take()) {
            (Some(record), later) => {
                self.failure = later;
                Ok(Some(record))
            }
            (None, Some(failure)) => Err(failure),
            (None, None) => Ok(None),
        }
    }

    /// The next record as a value. A record from the columns is built once, and hashed without a
    /// text.
    pub(super) fn next_record<R: RecordType>(&mut self) -> Result<Option<R>, StoreError> {
        debug_assert!(R::INFO.kind == self.kind, "records of one kind");
        let Some(row) = self.next_row()? else {
            return Ok(None);
        };
        let (position, stored_hash, content) = row.content(self.run, self.kind)?;
        check_hash(self.run, (self.kind, position), stored_hash, content.hash())?;
        let record = content.into_record().map_err(|error| {
            self.run.damaged(Damage::Record {
                kind: self.kind.name(),
                position,
                problem: error.to_string(),
            })
        });
        record.map(Some)
    }

    /// The next record, not read yet.
    fn next_unread(&mut self) -> Result<Option<UnreadRecord<'r>>, StoreError> {
        let row = self.next_row()?;
        Ok(row.map(|row| UnreadRecord {
            run: self.run,
            kind: self.kind,
            row,
        }))
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
        let record = self.next_checked().transpose();
        self.ended = !matches!(record, Some(Ok(_)));
        record
    }
}
