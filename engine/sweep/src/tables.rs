//! [`Format`]: the tables of a file, and its marks.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;

use crate::described::Described;
use crate::error::SweepError;
use crate::row::Column;

/// `AESW`, in the database header of every file of a sweep.
const APPLICATION_ID: i64 = 0x4145_5357;
/// The newest `user_version` that is known.
const NEWEST: i64 = 4;
/// The newest without a hash of each point.
const NEWEST_WITHOUT_HASHES: i64 = 2;

/// Which tables a file has, as SQLite's `user_version` says: an even one has what descriptors need, and
/// those from 3 on have a hash of each point and of what the sweep is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// Whether points have columns for a grammar of AEON windows.
    pub(crate) has_grammar: bool,
    /// Whether points have a hash, as all do that are written now.
    pub(crate) has_hashes: bool,
}

impl Format {
    /// That of a new file.
    pub(crate) const fn new(has_grammar: bool) -> Self {
        Self {
            has_grammar,
            has_hashes: true,
        }
    }

    /// That of an open file, which must be one of a sweep, with exactly its tables. Nothing else of the file may be
    /// used before: a view may never end, and a trigger changes what is written.
    pub(crate) fn of(connection: &Connection, path: &Path) -> Result<Self, SweepError> {
        let failed = |error| SweepError::database(path, error);
        let pragma = |name: &str| -> Result<i64, SweepError> {
            let value = connection.pragma_query_value(None, name, |row| row.get(0));
            value.map_err(failed)
        };
        if pragma("application_id")? != APPLICATION_ID {
            return Err(SweepError::NotASweep(path.to_owned()));
        }
        let found = pragma("user_version")?;
        if found > NEWEST {
            return Err(SweepError::NewerFormat {
                path: path.to_owned(),
                found,
                supported: NEWEST,
            });
        }
        if found < 1 {
            return Err(SweepError::damaged(path, "it has no format"));
        }
        let format = Self {
            has_grammar: found % 2 == 0,
            has_hashes: found > NEWEST_WITHOUT_HASHES,
        };
        format.require_tables(connection, path)?;
        Ok(format)
    }

    const fn version(self) -> i64 {
        match (self.has_hashes, self.has_grammar) {
            (false, false) => 1,
            (false, true) => 2,
            (true, false) => 3,
            (true, true) => 4,
        }
    }

    /// Makes the tables in an empty database, within the caller's transaction.
    pub(crate) fn create(self, connection: &Connection) -> rusqlite::Result<()> {
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", self.version())?;
        connection.execute_batch(&self.tables())
    }

    /// The text of the tables, which SQLite stores as it is.
    fn tables(self) -> String {
        let described = if self.has_grammar {
            Described::TABLE
        } else {
            ""
        };
        let hash = |name: &str| match self.has_hashes {
            true => format!(",\n  {name} BLOB NOT NULL"),
            false => String::new(),
        };
        let (sweep_hash, point_hash) = (hash("sweep_hash"), hash("point_hash"));
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
  keep TEXT NOT NULL{sweep_hash}
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
{described}  build INTEGER NOT NULL{point_hash}
) STRICT;
"
        )
    }

    fn require_tables(self, connection: &Connection, path: &Path) -> Result<(), SweepError> {
        let failed = |error| SweepError::database(path, error);
        let mut found = connection
            .prepare("SELECT name, sql FROM sqlite_schema ORDER BY rowid")
            .map_err(failed)?;
        let found = found
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(failed)?;
        let found: Vec<(String, Option<String>)> =
            found.collect::<Result<_, _>>().map_err(failed)?;
        let tables = self.tables();
        let expected: Vec<&str> = tables
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
}

/// Refuses what a file must not make SQLite do: run code of its own, or reach other files.
pub(crate) fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.pragma_update(None, "cell_size_check", true)
}
