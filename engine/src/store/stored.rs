//! [`StoredRun`]: a stored run, opened for reading.

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aether_json::Value;
use rusqlite::{Connection, OptionalExtension as _};

use super::columns::{Block, Shape};
use super::header::{self, HeaderRow, RunHeader};
use super::metrics;
use super::rebuild::{self, Content};
use super::records::Records;
use super::row_counts::RowCounts;
use super::writer::hash_column;
use super::{Damage, StoreError, recovery, schema};
use crate::canonical::{self, Hash};
use crate::config::{ResolvedDocuments, limits};
use crate::record::{
    DecodeError, FromText as _, IBlock, KINDS, Metrics, Position, RecordKind, RecordType,
    StatusName, TopologySnapshotEdge,
};
use crate::run::RunStatus;

/// A run in a file, as it was when it was opened. What a writer adds later is not visible.
///
/// Every record is returned as its exact canonical text, and is checked by its hash.
///
/// ```no_run
/// use aether_engine::run::RecordKind;
/// use aether_engine::store::RunStore;
///
/// let run = RunStore::new(".aether/runs").open("GF01")?;
/// println!("{} of {} ticks", run.ticks_recorded(), run.header().ticks);
/// for record in run.records(RecordKind::ULedger) {
///     println!("{}", String::from_utf8_lossy(&record?.text));
/// }
/// # Ok::<(), aether_engine::store::StoreError>(())
/// ```
pub struct StoredRun {
    path: PathBuf,
    connection: Connection,
    /// The version of the file.
    version: i64,
    row: HeaderRow,
    header: RunHeader,
    shape: Arc<Shape>,
    counts: RowCounts,
    /// The block that was read last, since ticks are usually read in order.
    block: RefCell<Option<Arc<Block>>>,
}

/// One record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredRecord {
    /// Its position: the tick for kinds with one record per tick or checkpoint, else the number
    /// within the kind, from 1.
    pub position: u64,
    /// The canonical text.
    pub text: Vec<u8>,
    /// Its hash, which was checked.
    pub hash: Hash,
}

/// One record as it is in a file, which may not match its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundRecord {
    /// Its position, as in a [`StoredRecord`].
    pub position: u64,
    /// The hash of its text.
    pub hash: Hash,
    /// The stored hash; `None` if the stored value is not a hash.
    pub stored_hash: Option<Hash>,
    pub(super) content: Content,
}

impl FoundRecord {
    /// Whether the record matches its stored hash.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.stored_hash == Some(self.hash)
    }

    /// Its text as it is in the file, or that of the record that its columns give.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        self.content.text()
    }

    /// Whether the record is made of columns, so that its text is always JSON.
    #[must_use]
    pub const fn is_rebuilt(&self) -> bool {
        !matches!(self.content, Content::Text(_))
    }

    /// Its text, without the record.
    #[must_use]
    pub fn into_text(self) -> String {
        self.content.into_text()
    }

    /// The record, if its text is one of this type.
    ///
    /// # Errors
    /// What is wrong with the text.
    ///
    /// # Panics
    /// The record is of a different kind.
    pub fn value<R: RecordType + Clone>(&self) -> Result<Cow<'_, R>, DecodeError> {
        self.content.record()
    }
}

/// Opens a run file for reading, and reads its header.
pub(super) fn open_database(
    path: &Path,
) -> Result<(Connection, i64, HeaderRow, RunStatus), StoreError> {
    let fail = |error| StoreError::database(path, error);
    recovery::refuse_others(path)?;
    recovery::tidy(path);
    let connection = recovery::open_for_reading(path).map_err(fail)?;
    // Everything is read from one state of the file, even while a writer continues.
    connection.execute_batch("BEGIN").map_err(fail)?;
    let version = schema::check(&connection, path)?;
    let damage = |table| Damage::Hash {
        kind: table,
        position: 1,
    };
    let row = HeaderRow::read(&connection).map_err(fail)?;
    let (row, status) = row.ok_or_else(|| StoreError::damaged(path, damage("run")))?;
    Ok((connection, version, row, status))
}

impl StoredRun {
    /// Opens a run file, whatever its name, even while it is being written.
    ///
    /// # Errors
    /// There is no such file, it is not a run file, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        StoreError::unless_file(path)?;
        if !aether_disk::is_file(path).map_err(|error| StoreError::io(path, error))? {
            let path = path.to_owned();
            return Err(StoreError::NoFile { path });
        }
        let (connection, version, row, status) = open_database(path)?;
        let fail = |error| StoreError::database(path, error);
        let shape = header::read_edges(&connection, &row).map_err(fail)?;
        let shape = shape.ok_or_else(|| {
            let damage = Damage::Missing {
                kind: "edges",
                position: 1,
            };
            StoreError::damaged(path, damage)
        })?;
        let mut run = Self {
            path: path.to_owned(),
            header: RunHeader {
                gid: row.gid.clone(),
                run_id: row.run_id.clone(),
                ticks: row.ticks,
                profile: row.profile.clone(),
                node_count: shape.node_count,
                edge_count: shape.edges.len(),
                status,
                last_entry_hash: row.last_entry_hash.map(|hash| hash.0),
                engine_version: row.engine_version.clone(),
            },
            connection,
            version,
            row,
            shape: Arc::new(shape),
            counts: RowCounts::default(),
            block: RefCell::new(None),
        };
        run.counts = run.count_rows()?;
        if run.header.last_entry_hash.is_none() {
            run.header.last_entry_hash = run.last_committed_entry()?;
        }
        Ok(run)
    }

    /// The description of the run.
    pub const fn header(&self) -> &RunHeader {
        &self.header
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of recorded ticks: all ticks of a complete run, else those of its committed windows.
    pub const fn ticks_recorded(&self) -> u64 {
        self.counts.ticks()
    }

    /// Whether the run makes records of a kind: those of AEON windows need a grammar.
    #[must_use]
    pub const fn has(&self, kind: RecordKind) -> bool {
        schema::has_table(self.version, kind)
    }

    /// Whether the run has a grammar of AEON windows.
    pub(super) const fn has_grammar(&self) -> bool {
        self.has(RecordKind::AeonViews)
    }

    /// How many records of each kind the file must have.
    pub(super) const fn counts(&self) -> &RowCounts {
        &self.counts
    }

    /// Reads the number of records of each kind from the header or, in a file of version 1, from the
    /// metrics of an ended run; those of an interrupted one have the keys 1, 2, 3, ….
    fn count_rows(&self) -> Result<RowCounts, StoreError> {
        let is_ended = self.row.status != StatusName::Incomplete;
        let counts = match &self.row.rows {
            Some(counts) if counts.has_grammar() == self.has_grammar() => *counts,
            Some(_) => {
                return Err(self.damaged(Damage::Value {
                    table: "run",
                    column: "rows",
                }));
            }
            None if is_ended => {
                let events = self.last(RecordKind::Log)?;
                let library = self.last(RecordKind::CodexLibrary)?;
                RowCounts::of_metrics(&self.metrics()?, events, library)
            }
            None => {
                let mut counts = [0; KINDS.len()];
                for kind in RecordKind::ALL.into_iter().filter(|kind| self.has(*kind)) {
                    let last = self.last(kind)?;
                    counts[kind as usize] = match kind.info().position {
                        Position::SomeTicks => last / self.row.checkpoint_spacing.max(1),
                        Position::EveryTick | Position::Number => last,
                    };
                }
                RowCounts::new(counts, false)
            }
        };
        let invalid = |column| {
            let table = "run";
            Err(self.damaged(Damage::Value { table, column }))
        };
        if self.row.ticks > limits::TICKS_MAX {
            return invalid("ticks");
        }
        if self.row.checkpoint_spacing == 0 {
            return invalid("checkpoint_spacing");
        }
        let ticks = counts.ticks();
        if ticks > self.row.ticks
            || self.row.status == StatusName::Complete && ticks != self.row.ticks
        {
            return invalid("ticks");
        }
        match counts.contradiction(self.row.checkpoint_spacing) {
            Some(damage) => Err(self.damaged(damage)),
            None => Ok(counts),
        }
    }

    /// The greatest key of a table; 0 if it is empty.
    fn last(&self, kind: RecordKind) -> Result<u64, StoreError> {
        let (table, column) = (kind.name(), kind.columns()[0].0);
        let last: Option<i64> = self.query(&format!("SELECT max({column}) FROM {table}"))?;
        u64::try_from(last.unwrap_or(0)).map_err(|_| self.damaged(Damage::Value { table, column }))
    }

    /// The first position at or after another at which there is a record of a kind; `None` if the
    /// kind ends before.
    pub(super) fn place_from(&self, kind: RecordKind, position: u64) -> Option<u64> {
        let step = self.step(kind);
        let place = position.max(1).checked_next_multiple_of(step)?;
        (place / step <= self.counts.of(kind)).then_some(place)
    }

    /// The distance between two records of a kind.
    pub(super) fn step(&self, kind: RecordKind) -> u64 {
        match kind.info().position {
            Position::SomeTicks => self.row.checkpoint_spacing,
            Position::EveryTick | Position::Number => 1,
        }
    }

    /// All records of a kind, in run order, a page at a time.
    pub fn records(&self, kind: RecordKind) -> Records<'_> {
        Records::new(self, kind, 1)
    }

    /// The records of a kind that belong to some ticks, in run order; all records if no ticks are
    /// given, and of a kind that belongs to the run and not to a tick.
    ///
    /// A kind that every tick has one of must have all of them: a missing one is an error.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn records_of_ticks(
        &self,
        kind: RecordKind,
        ticks: Option<&RangeInclusive<u64>>,
    ) -> Result<Records<'_>, StoreError> {
        let (Some(ticks), Some(member)) = (ticks, kind.info().tick) else {
            return Ok(self.records(kind));
        };
        if !self.has(kind) {
            return Ok(self.records(kind));
        }
        let (first, last) = self.checked_bounds(kind, ticks)?;
        let within = (ticks.clone(), member);
        Ok(Records::between(self, kind, first..=last, within))
    }

    /// The text of a record as JSON. One that has its hash need not be: whoever changed it may have made a new hash.
    pub(crate) fn json(
        &self,
        kind: RecordKind,
        position: u64,
        text: &[u8],
    ) -> Result<Value, StoreError> {
        aether_json::from_slice(text).map_err(|error| {
            self.damaged(Damage::Record {
                kind: kind.name(),
                position,
                problem: error.to_string(),
            })
        })
    }

    /// The first and the last position of the records that belong to some ticks.
    ///
    /// Ticks never decrease along the positions, so the range has no others. Where columns say it, which no hash covers,
    /// the records beside the range must say themselves that they are outside it.
    fn checked_bounds(
        &self,
        kind: RecordKind,
        ticks: &RangeInclusive<u64>,
    ) -> Result<(u64, u64), StoreError> {
        let (first, last) = self.bounds_of_ticks(kind, ticks)?;
        let (Position::Number, Some(member)) = (kind.info().position, kind.info().tick) else {
            return Ok((first, last));
        };
        let table = kind.name();
        let column = || {
            let column = member;
            self.damaged(Damage::Value { table, column })
        };
        if last.saturating_add(1) < first {
            return Err(column());
        }
        let tick_of = |position: u64| -> Result<Option<u64>, StoreError> {
            let found = self.record(kind, position)?;
            let extra = Damage::Extra {
                kind: table,
                position,
            };
            let record = found.ok_or_else(|| self.damaged(extra))?;
            let record = self.json(kind, position, &record.text)?;
            Ok(record[member].as_u64())
        };
        let before = (first > 1).then(|| tick_of(first - 1)).transpose()?;
        if before.flatten().is_some_and(|tick| tick >= *ticks.start()) {
            return Err(column());
        }
        let has_after = last < self.counts.of(kind);
        let after = has_after.then(|| tick_of(last + 1)).transpose()?;
        match after {
            Some(tick) if tick.is_none_or(|tick| tick <= *ticks.end()) => Err(column()),
            _ => Ok((first, last)),
        }
    }

    /// The records of a type, in run order from a position on, as values.
    ///
    /// Each is checked by its hash and its position; the first that fails ends the iteration.
    pub fn values_from<R: RecordType>(
        &self,
        position: u64,
    ) -> impl Iterator<Item = Result<R, StoreError>> {
        let mut records = Some(Records::new(self, R::INFO.kind, position));
        std::iter::from_fn(move || {
            let value = records.as_mut()?.next_record().transpose();
            if !matches!(value, Some(Ok(_))) {
                records = None;
            }
            value
        })
    }

    /// All records of a type, in run order, as values; see [`StoredRun::values_from`].
    pub fn values<R: RecordType>(&self) -> impl Iterator<Item = Result<R, StoreError>> {
        self.values_from(1)
    }

    /// The records of some ticks, of a type that every tick has one of, as values.
    ///
    /// Each is checked as by [`StoredRun::values_from`]. A tick without a record is an error.
    pub fn values_of_ticks<R: RecordType>(
        &self,
        ticks: RangeInclusive<u64>,
    ) -> impl Iterator<Item = Result<R, StoreError>> {
        let kind = R::INFO.kind.name();
        assert_eq!(R::INFO.position, Position::EveryTick, "`{kind}`");
        let mut values = self.values_from(*ticks.start());
        ticks.map(move |position| {
            let missing = || Err(self.damaged(Damage::Missing { kind, position }));
            values.next().unwrap_or_else(missing)
        })
    }

    /// One record as a value, by its position as in [`StoredRun::record`]; `None` if there is none.
    ///
    /// # Errors
    /// The file cannot be read, or the record does not have its stored hash.
    pub fn value<R: RecordType>(&self, position: u64) -> Result<Option<R>, StoreError> {
        if !self.has_row(R::INFO.kind, position)? {
            return Ok(None);
        }
        Records::paged(self, R::INFO.kind, position, 1).next_record()
    }

    /// One record, by its tick for kinds with one record per tick or checkpoint, else by its number
    /// within the kind; `None` if there is none.
    ///
    /// # Errors
    /// The file cannot be read, or the record does not have its stored hash.
    pub fn record(
        &self,
        kind: RecordKind,
        position: u64,
    ) -> Result<Option<StoredRecord>, StoreError> {
        if !self.has_row(kind, position)? {
            return Ok(None);
        }
        Records::paged(self, kind, position, 1).next().transpose()
    }

    /// One record as it is in the file, even if it does not match its stored hash, in order to show
    /// damage; `None` if there is no record.
    ///
    /// # Errors
    /// The file cannot be read, or the stored data does not form a record.
    pub fn record_as_found(
        &self,
        kind: RecordKind,
        position: u64,
    ) -> Result<Option<FoundRecord>, StoreError> {
        if !self.has_row(kind, position)? {
            return Ok(None);
        }
        Records::paged(self, kind, position, 1).found()
    }

    /// Whether there is a record at a position. A row that should be there and is not is damage.
    fn has_row(&self, kind: RecordKind, position: u64) -> Result<bool, StoreError> {
        if self.place_from(kind, position) != Some(position) {
            return Ok(false);
        }
        let exists = format!(
            "SELECT EXISTS (SELECT 1 FROM {} WHERE rowid = ?1)",
            kind.name()
        );
        let exists: bool = self
            .prepare(&exists)?
            .query_row([header::bound(position)], |row| row.get(0))
            .map_err(|error| self.fail(error))?;
        let kind = kind.name();
        match exists {
            true => Ok(true),
            false => Err(self.damaged(Damage::Missing { kind, position })),
        }
    }

    /// The tick of the last checkpoint at or before a tick; `None` before the first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn checkpoint_tick(&self, tick: u64) -> Result<Option<u64>, StoreError> {
        let spacing = self.row.checkpoint_spacing;
        let number = (tick / spacing).min(self.counts.of(RecordKind::IBlocks));
        Ok((number > 0).then(|| number * spacing))
    }

    /// The last checkpoint before a tick, from which later ticks can be recomputed; `None` before
    /// the first.
    ///
    /// # Errors
    /// The file cannot be read, or the checkpoint is not one of this run.
    pub fn checkpoint_before(&self, tick: u64) -> Result<Option<IBlock>, StoreError> {
        let Some(tick) = self.checkpoint_tick(tick.saturating_sub(1))? else {
            return Ok(None);
        };
        let checkpoint = self.value::<IBlock>(tick)?;
        let is_ours =
            |block: &IBlock| block.tick == tick && block.post_u.len() == self.shape.node_count;
        match checkpoint {
            Some(block) if is_ours(&block) => Ok(Some(block)),
            _ => Err(self.damaged(Damage::Value {
                table: "i_blocks",
                column: "json",
            })),
        }
    }

    /// The positions of the records that belong to some ticks. A manifest belongs to the tick at
    /// which its window ends.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn places_of_ticks(
        &self,
        kind: RecordKind,
        ticks: &RangeInclusive<u64>,
    ) -> Result<Option<RangeInclusive<u64>>, StoreError> {
        if !self.has(kind) {
            return Ok(None);
        }
        let (first, last) = self.bounds_of_ticks(kind, ticks)?;
        Ok((first <= last).then_some(first..=last))
    }

    /// The first and the last position of the records that belong to some ticks; the last is below the first if there
    /// are none.
    fn bounds_of_ticks(
        &self,
        kind: RecordKind,
        ticks: &RangeInclusive<u64>,
    ) -> Result<(u64, u64), StoreError> {
        let count = self.counts.of(kind);
        Ok(if kind.info().position == Position::Number {
            let (key, table) = (kind.columns()[0].0, kind.name());
            let tick = kind.info().tick.unwrap_or("NULL");
            let sql = format!(
                "WITH around AS (SELECT
                     (SELECT max({key}) FROM {table} WHERE {tick} < ?1 OR {tick} IS NULL) AS before,
                     (SELECT min({key}) FROM {table} WHERE {tick} > ?2) AS after)
                 SELECT before, after, (SELECT count(*) FROM {table}
                     WHERE {key} > coalesce(before, 0) AND {key} < coalesce(after, ?3))
                 FROM around"
            );
            let range = [
                header::bound(*ticks.start()),
                header::bound(*ticks.end()),
                i64::MAX,
            ];
            let [before, after, rows]: [Option<i64>; 3] = self
                .prepare(&sql)?
                .query_row(range, |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))
                .map_err(|error| self.fail(error))?;
            let place = |place: Option<i64>| {
                let place = place.map(u64::try_from).transpose();
                place.map_err(|_| self.damaged(Damage::Value { table, column: key }))
            };
            let first = place(before)?.unwrap_or(0).saturating_add(1);
            let last = place(after)?.map_or(count, |after| after.saturating_sub(1));
            // Of the records that are missing between those that are there, one is enough to be missed.
            (
                first,
                last.min(first.saturating_add(place(rows)?.unwrap_or(0))),
            )
        } else {
            let step = self.step(kind);
            let last = (*ticks.end() / step).min(count).saturating_mul(step);
            let first = self.place_from(kind, *ticks.start());
            (first.unwrap_or(u64::MAX), last)
        })
    }

    /// The records of a type that belong to some ticks, as values.
    ///
    /// # Errors
    /// The file cannot be read, a record does not have its stored hash, or one is missing or in the
    /// wrong place.
    pub fn values_between<R: RecordType>(
        &self,
        ticks: &RangeInclusive<u64>,
        tick_of: impl Fn(&R) -> Option<u64>,
    ) -> Result<Vec<R>, StoreError> {
        let kind = R::INFO.kind;
        if !self.has(kind) {
            return Ok(Vec::new());
        }
        let (first, last) = self.checked_bounds(kind, ticks)?;
        let mut positions = (first..=last).step_by(
            usize::try_from(self.step(kind)).expect("a spacing is below 2^63, as are addresses"),
        );
        let mut found = Vec::new();
        let Some(first) = positions.next() else {
            return Ok(found);
        };
        let mut values = self.values_from(first);
        for position in [first].into_iter().chain(positions) {
            let value = values.next().transpose()?;
            let is_here = |value: &R| tick_of(value).is_some_and(|tick| ticks.contains(&tick));
            let kind = kind.name();
            let missing = || self.damaged(Damage::Missing { kind, position });
            found.push(value.filter(is_here).ok_or_else(missing)?);
        }
        Ok(found)
    }

    /// The resolved inputs, from which the run can be repeated.
    ///
    /// # Errors
    /// The file cannot be read, or an input does not have its stored hash.
    pub fn documents(&self) -> Result<ResolvedDocuments, StoreError> {
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        let mut select = self.prepare("SELECT name, json, sha256 FROM inputs ORDER BY name")?;
        let mut rows = select.query([]).map_err(|error| self.fail(error))?;
        while let Some(row) = rows.next().map_err(|error| self.fail(error))? {
            let read = || -> rusqlite::Result<(String, String, Vec<u8>)> {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            };
            let (name, text, hash) = read().map_err(|error| self.fail(error))?;
            if hash_column(&hash) != Some(canonical::hash_of_text(text.as_bytes())) {
                return Err(self.damaged(Damage::Hash {
                    kind: "inputs",
                    position: texts.len() as u64 + 1,
                }));
            }
            texts.insert(name, text);
        }
        let mut files = BTreeMap::new();
        let mut select = self.prepare("SELECT name, file FROM input_files ORDER BY name")?;
        let mut rows = select.query([]).map_err(|error| self.fail(error))?;
        while let Some(row) = rows.next().map_err(|error| self.fail(error))? {
            let read = || -> rusqlite::Result<(String, String)> { Ok((row.get(0)?, row.get(1)?)) };
            let (name, file) = read().map_err(|error| self.fail(error))?;
            files.insert(name, file);
        }
        let damaged = || {
            self.damaged(Damage::Hash {
                kind: "inputs",
                position: 0,
            })
        };
        let mut take = |name: &str| texts.remove(name).ok_or_else(damaged);
        let documents = ResolvedDocuments {
            run_config: take("run_config")?,
            topology: take("topology")?,
            profile: take("profile")?,
            pfna: texts.remove("pfna"),
            aeon: texts.remove("aeon"),
            files,
        };
        if canonical::hash(&documents) == self.row.inputs_sha256 && texts.is_empty() {
            Ok(documents)
        } else {
            Err(damaged())
        }
    }

    /// Whether a different run has the same resolved inputs, by their stored hashes.
    #[must_use]
    pub fn has_inputs_of(&self, other: &Self) -> bool {
        self.row.inputs_sha256 == other.row.inputs_sha256
    }

    /// The metrics of the whole run if it has ended, else of its committed windows.
    ///
    /// # Errors
    /// The file cannot be read, or its metrics are invalid.
    pub fn metrics(&self) -> Result<Metrics, StoreError> {
        match &self.row.metrics {
            Some(metrics) => Metrics::from_text(metrics.as_bytes()).map_err(|_| {
                self.damaged(Damage::Value {
                    table: "run",
                    column: "metrics",
                })
            }),
            None => {
                self.require_counts()?;
                metrics::of_records(self)
            }
        }
    }

    /// The metrics as canonical JSON.
    ///
    /// # Errors
    /// The file cannot be read, or its metrics are invalid.
    pub fn metrics_text(&self) -> Result<Cow<'_, str>, StoreError> {
        let metrics = self.metrics()?;
        Ok(match &self.row.metrics {
            Some(stored) => stored.into(),
            None => canonical::text(&metrics).into(),
        })
    }

    /// Refuses a file in whose tables records are missing, or are more than it must have. What reads records in their
    /// order need not ask: it notices each of them.
    ///
    /// # Errors
    /// The file cannot be read, or a table has not as many records as it must have.
    pub fn require_counts(&self) -> Result<(), StoreError> {
        for kind in RecordKind::ALL.into_iter().filter(|kind| self.has(*kind)) {
            let (table, key) = (kind.name(), kind.columns()[0].0);
            let counted: i64 = self.query(&format!("SELECT count({key}) FROM {table}"))?;
            let (counted, expected) = (counted.unsigned_abs(), self.counts.of(kind));
            let step = self.step(kind);
            match counted.cmp(&expected) {
                Ordering::Equal => {}
                Ordering::Less => {
                    let position = self.first_missing(kind, expected)?;
                    let kind = table;
                    return Err(self.damaged(Damage::Missing { kind, position }));
                }
                Ordering::Greater => {
                    let kind = table;
                    let position = expected.saturating_add(1).saturating_mul(step);
                    return Err(self.damaged(Damage::Extra { kind, position }));
                }
            }
        }
        Ok(())
    }

    /// The first position without a record, of a kind of which one is missing.
    fn first_missing(&self, kind: RecordKind, expected: u64) -> Result<u64, StoreError> {
        let (table, key) = (kind.name(), kind.columns()[0].0);
        let step = self.step(kind);
        let (mut whole, mut missing) = (0, expected);
        while missing - whole > 1 {
            let middle = whole + (missing - whole) / 2;
            let last = header::bound(middle.saturating_mul(step));
            let sql = format!("SELECT count({key}) FROM {table} WHERE {key} BETWEEN 1 AND {last}");
            let counted: i64 = self.query(&sql)?;
            match counted.unsigned_abs() < middle {
                true => missing = middle,
                false => whole = middle,
            }
        }
        Ok(missing.saturating_mul(step))
    }

    /// The edges of the graph, in order of their ids, with the numbers that do not change.
    pub fn edges(&self) -> impl Iterator<Item = TopologySnapshotEdge> {
        rebuild::edges(&self.shape)
    }

    fn last_committed_entry(&self) -> Result<Option<Hash>, StoreError> {
        let sql = "SELECT sha256 FROM u_ledger ORDER BY tick DESC LIMIT 1";
        let hash: Option<Vec<u8>> = self
            .connection
            .query_row(sql, [], |row| row.get(0))
            .optional()
            .map_err(|error| self.fail(error))?;
        let hash = hash.map(|bytes| {
            hash_column(&bytes).ok_or_else(|| {
                self.damaged(Damage::Value {
                    table: "u_ledger",
                    column: "sha256",
                })
            })
        });
        hash.transpose()
    }

    pub(super) const fn row(&self) -> &HeaderRow {
        &self.row
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(super) const fn shared_shape(&self) -> &Arc<Shape> {
        &self.shape
    }

    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn prepare(&self, sql: &str) -> Result<rusqlite::CachedStatement<'_>, StoreError> {
        self.connection
            .prepare_cached(sql)
            .map_err(|error| self.fail(error))
    }

    /// One value of one row.
    pub(super) fn query<T: rusqlite::types::FromSql>(&self, sql: &str) -> Result<T, StoreError> {
        self.connection
            .query_row(sql, [], |row| row.get(0))
            .map_err(|error| self.fail(error))
    }

    pub(super) fn fail(&self, error: rusqlite::Error) -> StoreError {
        StoreError::database(&self.path, error)
    }

    pub(super) fn damaged(&self, damage: Damage) -> StoreError {
        StoreError::damaged(&self.path, damage)
    }

    /// The decoded block that contains a tick.
    pub(super) fn block(&self, tick: u64) -> Result<Arc<Block>, StoreError> {
        if let Some(block) = self.block.borrow().as_ref()
            && block.holds(tick)
        {
            return Ok(Arc::clone(block));
        }
        let sql = "SELECT first_tick, ticks, data FROM tick_columns
                   WHERE first_tick <= ?1 ORDER BY first_tick DESC LIMIT 1";
        let found = self
            .prepare(sql)?
            .query_row([header::bound(tick)], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, Vec<u8>>(2)?,
                ))
            })
            .optional()
            .map_err(|error| self.fail(error))?;
        let missing = || {
            self.damaged(Damage::Missing {
                kind: "tick_columns",
                position: tick,
            })
        };
        let (first_tick, ticks, data) = found.ok_or_else(missing)?;
        let first_tick = u64::try_from(first_tick).map_err(|_| missing())?;
        let ticks = u64::try_from(ticks).map_err(|_| missing())?;
        let block = Block::decode(&self.shape, first_tick, ticks, &data)
            .map_err(|reason| self.damaged(Damage::Columns { first_tick, reason }))?;
        if !block.holds(tick) {
            return Err(missing());
        }
        let block = Arc::new(block);
        *self.block.borrow_mut() = Some(Arc::clone(&block));
        Ok(block)
    }

    /// Leaves the decoded block to its readers.
    pub(super) fn forget_block(&self) {
        self.block.replace(None);
    }
}
