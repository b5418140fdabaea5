//! [`SweepFile`]: the SQLite file of a shard, or of merged shards.
//!
//! Three tables: `sweep` has one row that says what the points are points of, `builds` the builds
//! of the engine that made them, `points` one row per finished point, by number. A file is written by
//! one process at a time, which SQLite's own lock ensures; it needs no shared memory, so that
//! network file systems will do. `docs/sweeps.md` describes the tables.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aether_disk::{Existing, File, Replacement};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params_from_iter};

use crate::beside::{self, Mode};
use crate::error::SweepError;
use crate::hash::signed;
use crate::header::Header;
use crate::row::{Row, Seal, Status, columns};
use crate::tables::{Format, harden};

/// How long a file of a different process is waited for: a worker that was killed may take a moment
/// to end.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Memory for pages, in KiB.
const CACHE_KIB: i64 = 8 * 1024;
/// Size of the write-ahead log, in pages, at which its content moves into the database.
const CHECKPOINT_PAGES: i64 = 4000;

/// An open file of a sweep.
pub struct SweepFile {
    path: PathBuf,
    pub(crate) connection: Connection,
    header: Header,
    format: Format,
    seal: Seal,
    /// Inserts a row unless its number is taken.
    insert: String,
    /// Whether a worker left it before it was finished.
    has_log: bool,
    /// Keeps workers away, and from a worker readers too. It is after the connection: closing any handle of a file gives up the locks that SQLite has of it.
    _lock: Option<File>,
}

impl SweepFile {
    /// Opens a file for reading. One that a worker left behind is first brought into order.
    ///
    /// # Errors
    /// It does not exist, is not a file of a sweep, is damaged, or is being written.
    pub fn open(path: &Path) -> Result<Self, SweepError> {
        Self::open_for(path, false)
    }

    /// Opens the file of a shard for writing, or creates it. Nothing of it changes before [`Self::begin`].
    ///
    /// # Errors
    /// A different process is writing it, or it is a different file.
    pub(crate) fn write(path: &Path, header: &Header) -> Result<Self, SweepError> {
        if path.symlink_metadata().is_err() {
            create(path, header)?;
        }
        let file = Self::open_for(path, true)?;
        file.header.require(path, header)?;
        Ok(file)
    }

    fn open_for(path: &Path, writes: bool) -> Result<Self, SweepError> {
        let file = Self::connect(path, writes)?;
        file.require_whole()?;
        if file.has_log {
            // What is in the log is of this file, as far as anybody can tell.
            let plain = set_journal(&file.connection, "MEMORY");
            plain.map_err(|error| file.failed(error))?;
        }
        Ok(file)
    }

    /// Opens a file that is there, once what lies beside it is in order, and reads what it is about.
    fn connect(path: &Path, writes: bool) -> Result<Self, SweepError> {
        // SQLite looks beside the file behind a link, and takes a path that begins with `file:` for an address.
        let whole = match path.canonicalize() {
            Ok(whole) => whole,
            Err(_) if path.is_symlink() => {
                let error = io::Error::new(io::ErrorKind::InvalidInput, "it is a link to nothing");
                return Err(SweepError::io(path, error));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(SweepError::NotFound(path.to_owned()));
            }
            Err(error) => return Err(SweepError::io(path, error)),
        };
        let (mode, lock) = beside::tidy(&whole, writes)?;
        let flags = match mode {
            Mode::Empty => return Err(SweepError::Empty(path.to_owned())),
            Mode::Other => return Err(SweepError::NotASweep(path.to_owned())),
            Mode::RollbackJournal if !writes => OpenFlags::SQLITE_OPEN_READ_ONLY,
            // A log is moved into the file even by a reader.
            Mode::RollbackJournal | Mode::WriteAheadLog => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let open = || {
            let connection = Connection::open_with_flags(whole, flags)?;
            set_up(&connection)?;
            harden(&connection)?;
            Ok(connection)
        };
        let connection = open().map_err(|error| SweepError::database(path, error))?;
        let format = Format::of(&connection, path)?;
        let header = Header::read(&connection, path, format)?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            seal: Seal::new(&header),
            header,
            format,
            insert: insertion("IGNORE", format),
            has_log: mode == Mode::WriteAheadLog,
            _lock: Some(lock),
        })
    }

    /// Opens a file that [`Self::open`] found to be whole.
    pub(crate) fn open_again(path: &Path) -> Result<Self, SweepError> {
        Self::connect(path, false)
    }

    /// What a file is about.
    ///
    /// # Errors
    /// As those of [`Self::open`], except for damaged points.
    pub(crate) fn header_of(path: &Path) -> Result<Header, SweepError> {
        Ok(Self::connect(path, false)?.header)
    }

    /// Makes it ready for points, and takes SQLite's lock, which stays until the file is closed.
    pub(crate) fn begin(&self) -> Result<(), SweepError> {
        let connection = &self.connection;
        let begin = || {
            connection.pragma_update(None, "synchronous", "FULL")?;
            set_journal(connection, "MEMORY")?;
            set_journal(connection, "WAL")?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
            connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
            connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")
        };
        begin().map_err(|error| self.failed(error))
    }

    /// Refuses a file whose pages do not make one table in order, points that are not those of its share, and
    /// statuses that no point has.
    fn require_whole(&self) -> Result<(), SweepError> {
        let check = self
            .connection
            .pragma_query_value(None, "quick_check", |row| row.get(0));
        let found: String = check.map_err(|error| self.failed(error))?;
        if found != "ok" {
            return Err(SweepError::damaged(&self.path, found));
        }
        let (first, step) = match self.header.share {
            Some(share) => (share.index() - 1, share.count()),
            None => (0, 1),
        };
        let statuses = Status::ALL.map(|status| format!("'{}'", status.name()));
        let sql = format!(
            "SELECT number FROM points WHERE number < 0 OR number >= ?1 OR number % ?2 != ?3
             OR status NOT IN ({}) ORDER BY number LIMIT 1",
            statuses.join(", ")
        );
        let range = [self.header.points, step, first].map(signed);
        let found = self
            .connection
            .query_row(&sql, range, |row| row.get::<_, i64>(0));
        match found.optional().map_err(|error| self.failed(error))? {
            None => Ok(()),
            Some(number) => {
                let what =
                    format!("point {number} is not one of its points, or has no known status");
                Err(SweepError::damaged(&self.path, what))
            }
        }
    }

    /// Makes the tables in an empty file, which is not safe against a crash; for a file that becomes the one at `path` when it
    /// is complete.
    pub(crate) fn scratch(empty: &Path, path: &Path, header: &Header) -> Result<Self, SweepError> {
        let whole = std::path::absolute(empty).map_err(|error| SweepError::io(path, error))?;
        let connection = Connection::open(whole);
        let format = Format::new(header.has_grammar);
        let file = Self {
            path: path.to_owned(),
            connection: connection.map_err(|error| SweepError::database(path, error))?,
            seal: Seal::new(header),
            header: header.clone(),
            format,
            insert: insertion("IGNORE", format),
            has_log: false,
            _lock: None,
        };
        let fill = || {
            set_up(&file.connection)?;
            set_journal(&file.connection, "OFF")?;
            file.connection.pragma_update(None, "synchronous", "OFF")?;
            file.connection.execute_batch("BEGIN")?;
            file.format.create(&file.connection)?;
            header.write(&file.connection)?;
            file.connection.execute_batch("COMMIT")
        };
        fill().map_err(|error| file.failed(error))?;
        Ok(file)
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

    /// The query of points with this rest, for [`Self::row`].
    pub(crate) fn query(&self, rest: &str) -> Result<rusqlite::Statement<'_>, SweepError> {
        let columns = columns(self.format).join(", ");
        let statement = self
            .connection
            .prepare(&format!("SELECT {columns} FROM points {rest}"));
        statement.map_err(|error| self.failed(error))
    }

    /// The next row of such a query.
    pub(crate) fn row(&self, rows: &mut rusqlite::Rows<'_>) -> Result<Option<Row>, SweepError> {
        let row = rows.next().map_err(|error| self.failed(error))?;
        let row = row.map(|row| Row::read(row, &self.header, self.format, &self.seal));
        let row = row.transpose().map_err(|error| self.failed(error))?;
        row.transpose()
            .map_err(|what| SweepError::damaged(&self.path, what))
    }

    /// The point with a number.
    pub(crate) fn point(&self, number: u64) -> Result<Option<Row>, SweepError> {
        let mut statement = self.query("WHERE number = ?1")?;
        let rows = statement.query([signed(number)]);
        self.row(&mut rows.map_err(|error| self.failed(error))?)
    }

    /// Calls a function with each finished point, by number.
    ///
    /// # Errors
    /// The file cannot be read or is damaged, or the function fails.
    pub fn rows<E: From<SweepError>>(
        &self,
        mut each: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.query("ORDER BY number")?;
        let rows = statement.query([]);
        let mut rows = rows.map_err(|error| self.failed(error))?;
        while let Some(row) = self.row(&mut rows)? {
            each(row)?;
        }
        Ok(())
    }

    /// Stores a point in the open transaction; returns whether its number was free.
    pub(crate) fn insert(&self, row: &Row) -> Result<bool, SweepError> {
        self.store(&self.insert, row)
    }

    /// Stores a point in the open transaction in place of the one with its number.
    pub(crate) fn replace(&self, row: &Row) -> Result<(), SweepError> {
        self.store(&insertion("REPLACE", self.format), row)
            .map(drop)
    }

    fn store(&self, insertion: &str, row: &Row) -> Result<bool, SweepError> {
        let values = row.values(&self.header, self.format, &self.seal);
        let store = || {
            let mut statement = self.connection.prepare_cached(insertion)?;
            statement.execute(params_from_iter(values))
        };
        let stored = store().map_err(|error| self.failed(error))?;
        Ok(stored > 0)
    }

    pub(crate) fn execute(&self, sql: &str) -> Result<(), SweepError> {
        self.connection
            .execute_batch(sql)
            .map_err(|error| self.failed(error))
    }

    /// Makes it a plain file, which any program can read without a log beside it.
    ///
    /// The journal of the switch is in memory: in a file it would never be applied ([`beside`]), and the
    /// switch changes some bytes of one sector.
    pub(crate) fn finish(self) -> Result<(), SweepError> {
        set_journal(&self.connection, "MEMORY").map_err(|error| self.failed(error))?;
        self.close()
    }

    fn close(self) -> Result<(), SweepError> {
        let path = self.path;
        self.connection
            .close()
            .map_err(|(_, error)| SweepError::database(&path, error))
    }

    fn failed(&self, error: rusqlite::Error) -> SweepError {
        SweepError::database(&self.path, error)
    }
}

/// The statement that stores a row, and what it does where the number is taken.
fn insertion(if_taken: &str, format: Format) -> String {
    let columns = columns(format);
    let places = vec!["?"; columns.len()].join(", ");
    let columns = columns.join(", ");
    format!("INSERT OR {if_taken} INTO points ({columns}) VALUES ({places})")
}

/// Makes the file of a shard, unless a different process made it just now.
fn create(path: &Path, header: &Header) -> Result<(), SweepError> {
    let io = |error| SweepError::io(path, error);
    let place = Replacement::begin(path).map_err(io)?;
    let file = SweepFile::scratch(place.beside(), path, header)?;
    file.close()?;
    match place.finish(path, Existing::Keep) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(io(error)),
        _ => Ok(()),
    }
}

/// The first column of a row as a count or a number of a point.
pub(crate) fn unsigned(row: &rusqlite::Row<'_>) -> rusqlite::Result<u64> {
    row.get::<_, u32>(0).map(u64::from)
}

fn set_journal(connection: &Connection, mode: &str) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", mode, |_| Ok(()))
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    // A log that is found stays until what it makes of the file has been checked.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)
}
