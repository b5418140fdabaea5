//! [`StoredRun`]: a stored run, opened for reading.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::columns::{Block, Shape};
use super::header::{self, HeaderRow, RunHeader};
use super::metrics;
use super::rebuild::{self, Content};
use super::records::Records;
use super::writer::{BUSY_TIMEOUT, hash_column};
use super::{Damage, StoreError, schema};
use crate::canonical::{self, Hash};
use crate::config::ResolvedDocuments;
use crate::record::{
    DecodeError, FromText as _, IBlock, Metrics, Position, RecordKind, RecordType,
    TopologySnapshotEdge,
};

/// A run in a file, as it was when it was opened. What a writer adds later is not visible.
///
/// Every record is returned as its exact canonical text, and is checked by its hash.
///
/// ```no_run
/// use aether_engine::run::RecordKind;
/// use aether_engine::store::RunStore;
///
/// let run = RunStore::new(".aether/runs").open("GF01")?;
/// println!("{} of {} ticks", run.ticks_recorded()?, run.header().ticks);
/// for record in run.records(RecordKind::ULedger) {
///     println!("{}", String::from_utf8_lossy(&record?.text));
/// }
/// # Ok::<(), aether_engine::store::StoreError>(())
/// ```
pub struct StoredRun {
    path: PathBuf,
    connection: Connection,
    row: HeaderRow,
    header: RunHeader,
    shape: Shape,
    /// The block that was read last, since ticks are usually read in order.
    block: RefCell<Option<Rc<Block>>>,
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

impl StoredRun {
    /// Opens a run file, whatever its name, even while it is being written.
    ///
    /// # Errors
    /// There is no such file, it is not a run file, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.is_file() {
            let path = path.to_owned();
            return Err(StoreError::NoFile { path });
        }
        let fail = |error| StoreError::database(path, error);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(fail)?;
        // Everything is read from one state of the file, even while a writer continues.
        connection.execute_batch("BEGIN").map_err(fail)?;
        schema::check(&connection, path)?;
        let damage = |table| Damage::Hash {
            kind: table,
            position: 1,
        };
        let row = HeaderRow::read(&connection).map_err(fail)?;
        let (row, status) = row.ok_or_else(|| StoreError::damaged(path, damage("run")))?;
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
            row,
            shape,
            block: RefCell::new(None),
        };
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
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn ticks_recorded(&self) -> Result<u64, StoreError> {
        self.last("u_ledger", "tick")
    }

    /// Number of recorded events of the log.
    pub(super) fn events_recorded(&self) -> Result<u64, StoreError> {
        self.last("log", "seq")
    }

    /// The greatest key of a table; 0 if it is empty.
    fn last(&self, table: &'static str, column: &'static str) -> Result<u64, StoreError> {
        let last: Option<i64> = self.query(&format!("SELECT max({column}) FROM {table}"))?;
        u64::try_from(last.unwrap_or(0)).map_err(|_| self.damaged(Damage::Value { table, column }))
    }

    /// All records of a kind, in run order, a page at a time.
    pub fn records(&self, kind: RecordKind) -> Records<'_> {
        Records::new(self, kind, 1)
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

    fn has_row(&self, kind: RecordKind, position: u64) -> Result<bool, StoreError> {
        let exists = format!(
            "SELECT EXISTS (SELECT 1 FROM {} WHERE rowid = ?1)",
            kind.name()
        );
        self.prepare(&exists)?
            .query_row([header::bound(position)], |row| row.get(0))
            .map_err(|error| self.fail(error))
    }

    /// The tick of the last checkpoint at or before a tick; `None` before the first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn checkpoint_tick(&self, tick: u64) -> Result<Option<u64>, StoreError> {
        let found: Option<i64> = self
            .prepare("SELECT max(tick) FROM i_blocks WHERE tick <= ?1")?
            .query_row([header::bound(tick)], |row| row.get(0))
            .map_err(|error| self.fail(error))?;
        let tick = found.map(u64::try_from).transpose();
        tick.map_err(|_| {
            self.damaged(Damage::Value {
                table: "i_blocks",
                column: "tick",
            })
        })
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
        let (key, table) = (kind.columns()[0].0, kind.name());
        let tick = kind.info().tick.unwrap_or("NULL");
        let sql =
            format!("SELECT min({key}), max({key}) FROM {table} WHERE {tick} BETWEEN ?1 AND ?2");
        let range = [header::bound(*ticks.start()), header::bound(*ticks.end())];
        let (first, last): (Option<i64>, Option<i64>) = self
            .prepare(&sql)?
            .query_row(range, |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(|error| self.fail(error))?;
        let place = |place: i64| {
            u64::try_from(place).map_err(|_| self.damaged(Damage::Value { table, column: key }))
        };
        match first.zip(last) {
            Some((first, last)) => Ok(Some(place(first)?..=place(last)?)),
            None => Ok(None),
        }
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
            files,
        };
        if canonical::hash(&documents) == self.row.inputs_sha256 && texts.is_empty() {
            Ok(documents)
        } else {
            Err(damaged())
        }
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
            None => metrics::of_records(self),
        }
    }

    /// The metrics as canonical JSON.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn metrics_text(&self) -> Result<Cow<'_, str>, StoreError> {
        match &self.row.metrics {
            Some(metrics) => Ok(metrics.into()),
            None => metrics::of_records(self).map(|metrics| canonical::text(&metrics).into()),
        }
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

    pub(super) const fn shape(&self) -> &Shape {
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
    pub(super) fn block(&self, tick: u64) -> Result<Rc<Block>, StoreError> {
        if let Some(block) = self.block.borrow().as_ref()
            && block.holds(tick)
        {
            return Ok(Rc::clone(block));
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
        let block = Rc::new(block);
        *self.block.borrow_mut() = Some(Rc::clone(&block));
        Ok(block)
    }
}
