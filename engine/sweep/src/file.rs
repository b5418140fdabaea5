//! [`SweepFile`]: the SQLite file of a shard, or of merged shards.
//!
//! Three tables: `sweep` has one row that says what the points are points of, `builds` the builds
//! of the engine that made them, `points` one row per finished point, by number. A file is written by
//! one process at a time, which SQLite's own lock ensures; it needs no shared memory, so that
//! network file systems will do. `docs/sweeps.md` describes the tables.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aether_engine::record::Metrics;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params_from_iter};

use crate::described::Described;
use crate::error::SweepError;
use crate::share::Share;

/// `AESW`, in the database header of every file of a sweep.
const APPLICATION_ID: i64 = 0x4145_5357;
/// Version of the tables, SQLite's `user_version`: the newest that is known, which has what descriptors
/// need. Only sweeps with a grammar of AEON windows are written in it.
const FORMAT: i64 = 2;
/// Version of the tables of sweeps without a grammar.
const FORMAT_WITHOUT_GRAMMAR: i64 = 1;
/// How long a file of a different process is waited for: a worker that was killed may take a moment
/// to end.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Memory for pages, in KiB.
const CACHE_KIB: i64 = 8 * 1024;
/// Size of the write-ahead log, in pages, at which its content moves into the database.
const CHECKPOINT_PAGES: i64 = 4000;

/// What a file of a sweep is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// The axes, their values and their order, as JSON.
    pub definition: String,
    /// The id of the base's inputs.
    pub base: String,
    /// The names of the axes, in order.
    pub axes: Vec<String>,
    /// How many points the sweep has.
    pub points: u64,
    /// The share of the shard; `None` for merged shards.
    pub share: Option<Share>,
    /// Whether the records of the points were kept.
    pub keeps_records: bool,
    /// Whether the points have a grammar of AEON windows, and so [`Row::described`].
    pub has_grammar: bool,
    /// The builds of the engine that made the points.
    pub builds: Vec<String>,
}

/// How a point ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The run reached its end.
    Complete,
    /// The run ended early, with an error.
    Failed,
    /// The point's documents have problems, so that it was not run.
    Refused,
}

impl Status {
    const ALL: [Self; 3] = [Self::Complete, Self::Failed, Self::Refused];

    /// The name in files and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

/// A metric of a run as a column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name, in files and tables.
    pub name: &'static str,
    value: fn(&Metrics) -> i64,
}

/// Number of metrics that are columns.
pub(crate) const METRICS: usize = 13;

macro_rules! columns {
    ($($name:ident),*) => {
        [$(Column {
            name: stringify!($name),
            value: |metrics| i64::try_from(metrics.$name).expect("counts of records fit 63 bits"),
        }),*]
    };
}

impl Column {
    /// The metrics of a point, in the order in which files and tables have them.
    #[rustfmt::skip]
    pub const ALL: [Self; METRICS] = columns![
        total_ticks, window_count, l_total, apx_manifests, i_blocks, uledger_entries, nap_ctrl,
        nap_ingress, nap_data, nap_egress, pfna_applied, codex_motifs, codex_proposals
    ];
}

/// A finished point.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// Its number in the sweep, from 0.
    pub number: u64,
    /// The SHA-256 of its resolved inputs.
    pub id: [u8; 32],
    /// The value of each axis, as JSON.
    pub values: Vec<String>,
    /// How it ended.
    pub status: Status,
    /// Why it did not reach its end, as JSON or as text.
    pub error: Option<String>,
    /// The hash of the last entry of its U-ledger.
    pub last_entry_hash: Option<[u8; 32]>,
    /// The SHA-256 of the hashes of all its records.
    pub records_hash: Option<[u8; 32]>,
    /// [`Column::ALL`]; `None` if it was not run.
    pub metrics: Option<[i64; METRICS]>,
    /// Bits by window and stream, as JSON.
    pub bits: Option<String>,
    /// 24 bytes per tick.
    pub digests: Vec<u8>,
    /// What descriptors of AEON windows need; `None` without a grammar, or if it was not run.
    pub described: Option<Described>,
    /// The build that made it, as an index into [`Header::builds`].
    pub build: usize,
}

impl Row {
    /// Sets what a run amounts to.
    pub(crate) fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.metrics = Some(Column::ALL.map(|column| (column.value)(metrics)));
        let bits = aether_json::to_string(&metrics.l_total_by_window);
        self.bits = Some(bits.expect("a map of integers is JSON"));
        self.last_entry_hash = metrics.uledger_last_hash.map(|hash| *hash.as_bytes());
        self
    }

    /// The values that say how the point came out, in the order of [`outcome_columns`]; without the
    /// build. Those that only sweeps with a grammar have come last.
    pub(crate) fn outcome(&self, has_grammar: bool) -> impl Iterator<Item = Value> {
        let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
        let hash = |hash: &Option<[u8; 32]>| hash.map_or(Value::Null, |hash| hash.to_vec().into());
        let metrics = (0..METRICS).map(|index| {
            let value = self.metrics.map(|metrics| metrics[index]);
            value.map_or(Value::Null, Value::Integer)
        });
        let metrics: Vec<Value> = metrics.collect();
        let described = has_grammar.then(|| Described::values(self.described.as_ref()));
        [
            Value::Text(self.status.name().to_owned()),
            text(&self.error),
            hash(&self.last_entry_hash),
            hash(&self.records_hash),
        ]
        .into_iter()
        .chain(metrics)
        .chain([text(&self.bits), Value::Blob(self.digests.clone())])
        .chain(described.into_iter().flatten())
    }
}

/// The columns of `points` that say how a point came out.
pub(crate) fn outcome_columns(has_grammar: bool) -> impl Iterator<Item = &'static str> {
    let before = ["status", "error", "last_entry_hash", "records_hash"];
    let metrics = Column::ALL.iter().map(|column| column.name);
    before
        .into_iter()
        .chain(metrics)
        .chain(["l_total_by_window", "digests"])
        .chain(Described::COLUMNS.into_iter().filter(move |_| has_grammar))
}

/// All columns of `points`.
pub(crate) fn columns(has_grammar: bool) -> String {
    let outcome: Vec<_> = outcome_columns(has_grammar).collect();
    format!("number, id, axis_values, {}, build", outcome.join(", "))
}

fn tables(has_grammar: bool) -> String {
    let described = if has_grammar { Described::TABLE } else { "" };
    let metrics = Column::ALL
        .iter()
        .map(|column| format!("  {} INTEGER,\n", column.name));
    let metrics: String = metrics.collect();
    format!(
        "CREATE TABLE sweep (
  definition TEXT NOT NULL,
  base TEXT NOT NULL,
  axes TEXT NOT NULL,
  points INTEGER NOT NULL,
  shard INTEGER,
  shards INTEGER,
  keep TEXT NOT NULL
) STRICT;
CREATE TABLE builds (
  build INTEGER PRIMARY KEY,
  name TEXT NOT NULL
) STRICT;
CREATE TABLE points (
  number INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  axis_values TEXT NOT NULL,
  status TEXT NOT NULL,
  error TEXT,
  last_entry_hash BLOB,
  records_hash BLOB,
{metrics}  l_total_by_window TEXT,
  digests BLOB NOT NULL,
{described}  build INTEGER NOT NULL
) STRICT;
"
    )
}

/// An open file of a sweep.
pub struct SweepFile {
    path: PathBuf,
    pub(crate) connection: Connection,
    header: Header,
}

impl SweepFile {
    /// Opens a file for reading. One that a worker left behind is first brought into order.
    ///
    /// # Errors
    /// It does not exist, is not a file of a sweep, or is being written.
    pub fn open(path: &Path) -> Result<Self, SweepError> {
        if !aether_disk::is_file(path).map_err(|error| SweepError::io(path, error))? {
            return Err(SweepError::NotFound(path.to_owned()));
        }
        let flags = if was_interrupted(path).map_err(|error| SweepError::io(path, error))? {
            OpenFlags::SQLITE_OPEN_READ_WRITE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
        let failed = |error| SweepError::database(path, error);
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        set_up(&connection).map_err(failed)?;
        if is_empty(&connection).map_err(failed)? {
            return Err(SweepError::Empty(path.to_owned()));
        }
        if mark(&connection).map_err(failed)? != APPLICATION_ID {
            return Err(SweepError::NotASweep(path.to_owned()));
        }
        let header = read_header(&connection, path)?;
        require_points(&connection, path, &header)?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            header,
        })
    }

    /// Opens the file of a shard for writing, or creates it.
    ///
    /// # Errors
    /// A different process is writing it, or it is a different file.
    pub(crate) fn write(path: &Path, header: &Header) -> Result<Self, SweepError> {
        let failed = |error| SweepError::database(path, error);
        require_files(path).map_err(|error| SweepError::io(path, error))?;
        let connection = Connection::open(path).map_err(failed)?;
        set_up(&connection).map_err(failed)?;
        connection
            .pragma_update(None, "synchronous", "FULL")
            .map_err(failed)?;
        let is_empty = is_empty(&connection).map_err(failed)?;
        // A file that is not the wanted one is left as it is.
        if !is_empty {
            if mark(&connection).map_err(failed)? != APPLICATION_ID {
                return Err(SweepError::NotASweep(path.to_owned()));
            }
            same(path, &read_header(&connection, path)?, header)?;
        }
        connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
            .map_err(failed)?;
        connection
            .pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)
            .map_err(failed)?;
        // Takes the lock, which stays until the file is closed.
        connection
            .execute_batch("BEGIN EXCLUSIVE; COMMIT")
            .map_err(failed)?;
        if is_empty {
            create(&connection, header).map_err(failed)?;
        }
        let found = read_header(&connection, path)?;
        same(path, &found, header)?;
        require_points(&connection, path, &found)?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            header: found,
        })
    }

    /// The first point that is not complete, and its error.
    pub(crate) fn first_error(&self) -> Result<Option<(u64, String)>, SweepError> {
        let found = self.connection.query_row(
            "SELECT number, error FROM points WHERE error IS NOT NULL ORDER BY number LIMIT 1",
            [],
            |row| Ok((unsigned(row)?, row.get(1)?)),
        );
        found.optional().map_err(|error| self.failed(error))
    }

    /// A new file, which is not safe against a crash; for a file that is renamed when it is complete.
    pub(crate) fn scratch(path: &Path, header: &Header) -> Result<Self, SweepError> {
        let failed = |error| SweepError::database(path, error);
        let connection = Connection::open(path).map_err(failed)?;
        set_up(&connection).map_err(failed)?;
        connection
            .pragma_update(None, "synchronous", "OFF")
            .map_err(failed)?;
        connection
            .pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(()))
            .map_err(failed)?;
        create(&connection, header).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            header: header.clone(),
        })
    }

    /// What the file is about.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many points have each status, in the order complete, failed, refused.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn counts(&self) -> Result<[u64; 3], SweepError> {
        let mut counts = [0; 3];
        for (count, status) in counts.iter_mut().zip(Status::ALL) {
            let found = self.connection.query_row(
                "SELECT count(*) FROM points WHERE status = ?1",
                [status.name()],
                unsigned,
            );
            *count = found.map_err(|error| self.failed(error))?;
        }
        Ok(counts)
    }

    /// Calls a function with the number of each finished point, in order.
    pub(crate) fn numbers(&self, mut each: impl FnMut(u64)) -> Result<(), SweepError> {
        let read = || -> rusqlite::Result<()> {
            let mut statement = self
                .connection
                .prepare("SELECT number FROM points ORDER BY number")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(unsigned(row)?);
            }
            Ok(())
        };
        let mut read = read;
        read().map_err(|error| self.failed(error))
    }

    /// Reads the points in the order of a query's `rest`, one at a time.
    pub(crate) fn read(
        &self,
        rest: &str,
        each: &mut dyn FnMut(Row) -> Result<(), SweepError>,
    ) -> Result<(), SweepError> {
        let failed = |error| self.failed(error);
        let sql = format!(
            "SELECT {} FROM points {rest}",
            columns(self.header.has_grammar)
        );
        let mut statement = self.connection.prepare(&sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each(self.row(row)?)?;
        }
        Ok(())
    }

    /// Calls a function with each finished point, by number.
    ///
    /// # Errors
    /// The file cannot be read or is damaged, or the function fails.
    pub fn rows<E: From<SweepError>>(
        &self,
        mut each: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut stopped = None;
        let read = self.read("ORDER BY number", &mut |row| match each(row) {
            Ok(()) => Ok(()),
            Err(error) => {
                stopped = Some(error);
                Err(SweepError::NotFound(PathBuf::new()))
            }
        });
        match stopped {
            Some(error) => Err(error),
            None => Ok(read?),
        }
    }

    /// A row of a query of [`columns`].
    pub(crate) fn row(&self, row: &rusqlite::Row<'_>) -> Result<Row, SweepError> {
        read_row(row, &self.header)
            .map_err(|error| self.failed(error))?
            .map_err(|what| SweepError::damaged(&self.path, what))
    }

    /// Stores a point in the open transaction.
    pub(crate) fn insert(&self, row: &Row) -> Result<(), SweepError> {
        let has_grammar = self.header.has_grammar;
        let columns = columns(has_grammar);
        let places = vec!["?"; columns.split(',').count()].join(", ");
        let sql = format!("INSERT INTO points ({columns}) VALUES ({places})");
        let values = [
            Value::Integer(signed(row.number)),
            Value::Blob(row.id.to_vec()),
            Value::Text(format!("[{}]", row.values.join(","))),
        ];
        let build = Value::Integer(signed(row.build as u64));
        let values = values
            .into_iter()
            .chain(row.outcome(has_grammar))
            .chain([build]);
        let mut statement = self
            .connection
            .prepare_cached(&sql)
            .map_err(|error| self.failed(error))?;
        statement
            .execute(params_from_iter(values))
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    pub(crate) fn execute(&self, sql: &str) -> Result<(), SweepError> {
        self.connection
            .execute_batch(sql)
            .map_err(|error| self.failed(error))
    }

    /// Makes it a plain file, which any program can read without a log beside it.
    pub(crate) fn finish(self) -> Result<(), SweepError> {
        self.connection
            .pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
            .map_err(|error| self.failed(error))?;
        let path = self.path;
        self.connection
            .close()
            .map_err(|(_, error)| SweepError::database(&path, error))
    }

    fn failed(&self, error: rusqlite::Error) -> SweepError {
        SweepError::database(&self.path, error)
    }
}

/// The file that has the name of another with an ending.
pub(crate) fn companion(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Refuses pipes and the like in place of the file and of those that SQLite keeps beside it, which it would wait for.
fn require_files(path: &Path) -> std::io::Result<()> {
    for ending in ["", "-journal", "-wal", "-shm"] {
        aether_disk::require_file(companion(path, ending))?;
    }
    Ok(())
}

/// Whether a worker did not finish with a file: it has a write-ahead log, or a switch from or to one was not
/// completed and left a journal, which takes a writer to roll back.
fn was_interrupted(path: &Path) -> std::io::Result<bool> {
    require_files(path)?;
    if companion(path, "-journal").try_exists()? {
        return Ok(true);
    }
    let mut header = [0; 19];
    let mut file = aether_disk::File::open(path)?;
    let size = file.metadata()?.len();
    if size < header.len() as u64 {
        return Ok(true);
    }
    file.read_exact(&mut header)?;
    // The version that a program must know to read the file; 2 is the write-ahead log.
    Ok(header[18] == 2)
}

/// A count or a number of a point for SQLite.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).expect("numbers of points are below 2^32")
}

/// The first column of a row as a count or a number of a point.
pub(crate) fn unsigned(row: &rusqlite::Row<'_>) -> rusqlite::Result<u64> {
    row.get::<_, u32>(0).map(u64::from)
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)
}

fn mark(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "application_id", |row| row.get(0))
}

/// Whether the file has no tables: it is new, or its creation was interrupted.
fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
        row.get(0)
    })
}

fn create(connection: &Connection, header: &Header) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    let format = if header.has_grammar {
        FORMAT
    } else {
        FORMAT_WITHOUT_GRAMMAR
    };
    connection.pragma_update(None, "user_version", format)?;
    connection.execute_batch(&tables(header.has_grammar))?;
    let axes = aether_json::to_string(&header.axes).expect("strings are JSON");
    let (shard, shards) = header
        .share
        .map(|share| (signed(share.index()), signed(share.count())))
        .unzip();
    connection.execute(
        "INSERT INTO sweep VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            &header.definition,
            &header.base,
            axes,
            signed(header.points),
            shard,
            shards,
            keep(header.keeps_records),
        ),
    )?;
    for (index, build) in header.builds.iter().enumerate() {
        let index = signed(index as u64);
        connection.execute("INSERT INTO builds VALUES (?1, ?2)", (index, build))?;
    }
    connection.execute_batch("COMMIT")
}

pub(crate) const fn with_descriptors(has_grammar: bool) -> &'static str {
    if has_grammar {
        "points with descriptors"
    } else {
        "points without descriptors"
    }
}

pub(crate) const fn keep(records: bool) -> &'static str {
    if records { "records" } else { "digests" }
}

fn read_header(connection: &Connection, path: &Path) -> Result<Header, SweepError> {
    let failed = |error| SweepError::database(path, error);
    let format: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed)?;
    if format > FORMAT {
        return Err(SweepError::NewerFormat {
            path: path.to_owned(),
            found: format,
            supported: FORMAT,
        });
    }
    let has_grammar = format > FORMAT_WITHOUT_GRAMMAR;
    require_tables(connection, path, &tables(has_grammar))?;
    let mut builds = connection
        .prepare("SELECT name FROM builds ORDER BY build")
        .map_err(failed)?;
    let builds = builds.query_map([], |row| row.get(0)).map_err(failed)?;
    let builds: Vec<String> = builds.collect::<Result<_, _>>().map_err(failed)?;
    let header = connection
        .query_row(
            "SELECT definition, base, axes, points, shard, shards, keep FROM sweep",
            [],
            |row| {
                let axes: String = row.get(2)?;
                let share: (Option<u32>, Option<u32>) = (row.get(4)?, row.get(5)?);
                let keep: String = row.get(6)?;
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    axes,
                    row.get::<_, u32>(3)?.into(),
                    share,
                    keep,
                ))
            },
        )
        .optional()
        .map_err(failed)?;
    let damaged = || SweepError::damaged(path, "the table `sweep` is not as it was written");
    let (definition, base, axes, points, share, kept) = header.ok_or_else(damaged)?;
    let axes: Vec<String> = aether_json::from_str(&axes).map_err(|_| damaged())?;
    let share = match share {
        (Some(index), Some(count)) => {
            Some(format!("{index}/{count}").parse().map_err(|_| damaged())?)
        }
        _ => None,
    };
    if axes.is_empty() || builds.is_empty() {
        return Err(damaged());
    }
    Ok(Header {
        definition,
        base,
        axes,
        points,
        share,
        keeps_records: kept == keep(true),
        has_grammar,
        builds,
    })
}

/// Refuses tables that are not those of a sweep, before any is read: a view may never end, and a trigger changes what is
/// written.
fn require_tables(connection: &Connection, path: &Path, expected: &str) -> Result<(), SweepError> {
    let failed = |error| SweepError::database(path, error);
    let mut found = connection
        .prepare("SELECT name, sql FROM sqlite_schema ORDER BY rowid")
        .map_err(failed)?;
    let found = found
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(failed)?;
    let found: Vec<(String, Option<String>)> = found.collect::<Result<_, _>>().map_err(failed)?;
    let expected: Vec<&str> = expected
        .trim_end()
        .split_terminator(';')
        .map(str::trim)
        .collect();
    let is_ours = |(at, (_, sql)): (usize, &(String, Option<String>))| {
        sql.as_deref() == expected.get(at).copied()
    };
    let other = found
        .iter()
        .enumerate()
        .find(|(at, entry)| !is_ours((*at, *entry)));
    let what = match other {
        Some((_, (name, _))) => format!("`{name}` is not a table of a sweep"),
        None if found.len() < expected.len() => "a table is missing".to_owned(),
        None => return Ok(()),
    };
    Err(SweepError::damaged(path, what))
}

/// Refuses points that are not those of the file's share, and statuses that no point has.
fn require_points(connection: &Connection, path: &Path, header: &Header) -> Result<(), SweepError> {
    let (first, step) = match header.share {
        Some(share) => (share.index() - 1, share.count()),
        None => (0, 1),
    };
    let statuses = Status::ALL.map(|status| format!("'{}'", status.name()));
    let sql = format!(
        "SELECT number FROM points WHERE number < 0 OR number >= ?1 OR number % ?2 != ?3
         OR status NOT IN ({}) ORDER BY number LIMIT 1",
        statuses.join(", ")
    );
    let range = [header.points, step, first].map(signed);
    let found = connection.query_row(&sql, range, |row| row.get::<_, i64>(0));
    match found.optional() {
        Ok(None) => Ok(()),
        Ok(Some(number)) => {
            let what = format!("point {number} is not one of its points, or has no known status");
            Err(SweepError::damaged(path, what))
        }
        Err(error) => Err(SweepError::database(path, error)),
    }
}

/// Reports a file that is not the one that is wanted.
fn same(path: &Path, found: &Header, expected: &Header) -> Result<(), SweepError> {
    let other = |found: &str, expected: &str| {
        Err(SweepError::Other {
            path: path.to_owned(),
            found: found.to_owned(),
            expected: expected.to_owned(),
        })
    };
    if found.definition != expected.definition {
        return other("points of other axes or values", "its own");
    }
    if found.base != expected.base {
        return other("points that start from other inputs", "its own");
    }
    if found.keeps_records != expected.keeps_records {
        let kept = |header: &Header| format!("`keep = \"{}\"`", keep(header.keeps_records));
        return other(&kept(found), &kept(expected));
    }
    if found.share != expected.share {
        let share = |header: &Header| {
            header
                .share
                .map_or("merged shards".to_owned(), |share| format!("shard {share}"))
        };
        return other(&share(found), &share(expected));
    }
    if found.builds != expected.builds {
        let builds = |header: &Header| format!("points of the build {}", header.builds.join(", "));
        return other(&builds(found), &builds(expected));
    }
    if found.has_grammar != expected.has_grammar {
        let described = |header: &Header| with_descriptors(header.has_grammar);
        return other(described(found), described(expected));
    }
    Ok(())
}

/// A row of [`columns`]; the inner error says what is damaged.
fn read_row(row: &rusqlite::Row<'_>, header: &Header) -> rusqlite::Result<Result<Row, String>> {
    let number: i64 = row.get(0)?;
    let damaged = |column: &str| {
        Ok(Err(format!(
            "`{column}` of point {number} is not as it was written"
        )))
    };
    let hash = |index: usize| -> rusqlite::Result<Option<[u8; 32]>> {
        let bytes: Option<Vec<u8>> = row.get(index)?;
        Ok(bytes.and_then(|bytes| bytes.try_into().ok()))
    };
    let values: String = row.get(2)?;
    let Ok(aether_json::Value::Array(values)) = aether_json::from_str(&values) else {
        return damaged("axis_values");
    };
    if values.len() != header.axes.len() {
        return damaged("axis_values");
    }
    let status: String = row.get(3)?;
    let Some(status) = Status::ALL.into_iter().find(|known| known.name() == status) else {
        return damaged("status");
    };
    let mut metrics = Some([0; METRICS]);
    for index in 0..METRICS {
        let value: Option<i64> = row.get(7 + index)?;
        match (&mut metrics, value) {
            (Some(metrics), Some(value)) => metrics[index] = value,
            _ => metrics = None,
        }
    }
    let last = 7 + METRICS;
    let mut described = None;
    let mut build = last + 2;
    if header.has_grammar {
        match Described::read(row, build)? {
            Ok(read) => described = read,
            Err(column) => return damaged(column),
        }
        build += Described::COLUMNS.len();
    }
    let build: i64 = row.get(build)?;
    let (Ok(number), Some(id), Some(build)) = (
        u64::try_from(number),
        hash(1)?,
        usize::try_from(build)
            .ok()
            .filter(|build| *build < header.builds.len()),
    ) else {
        return damaged("number, id or build");
    };
    Ok(Ok(Row {
        number,
        id,
        values: values.iter().map(ToString::to_string).collect(),
        status,
        error: row.get(4)?,
        last_entry_hash: hash(5)?,
        records_hash: hash(6)?,
        metrics,
        bits: row.get(last)?,
        digests: row.get(last + 1)?,
        described,
        build,
    }))
}
