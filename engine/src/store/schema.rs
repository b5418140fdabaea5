//! The tables of a run file, and the marks by which a run file is recognized.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;

use super::{NotARun, StoreError, header};
use crate::record::RecordKind;
use std::path::Path;

/// `AETH`, in the database header of every run file.
pub(super) const APPLICATION_ID: i64 = 0x4145_5448;
/// Version of the tables, SQLite's `user_version`. Raised when a table or the meaning of a column
/// changes; older files of a known version stay readable.
pub(super) const SCHEMA_VERSION: i64 = 3;
/// Version of a file without the tables of AEON windows, which only runs with a grammar have.
const VERSION_WITHOUT_GRAMMAR: i64 = 2;

/// Version of the file of a run.
pub(super) const fn version_of(has_grammar: bool) -> i64 {
    match has_grammar {
        true => SCHEMA_VERSION,
        false => VERSION_WITHOUT_GRAMMAR,
    }
}

/// Whether a version has the table of a kind of record.
pub(super) const fn has_table(version: i64, kind: RecordKind) -> bool {
    version > VERSION_WITHOUT_GRAMMAR || !kind.info().needs_grammar
}

/// Longest statement, in bytes.
const SQL_BYTES_MAX: i32 = 1 << 20;

/// The tables without records, after `run`.
const TABLES: &[(&str, &str)] = &[
    (
        "inputs",
        "CREATE TABLE inputs (
  name TEXT PRIMARY KEY,
  json TEXT NOT NULL,
  sha256 BLOB NOT NULL
) STRICT, WITHOUT ROWID",
    ),
    (
        "input_files",
        "CREATE TABLE input_files (
  name TEXT PRIMARY KEY,
  file TEXT NOT NULL
) STRICT, WITHOUT ROWID",
    ),
    (
        "edges",
        "CREATE TABLE edges (
  e_id INTEGER PRIMARY KEY,
  i INTEGER NOT NULL,
  j INTEGER NOT NULL,
  k INTEGER NOT NULL,
  cap INTEGER NOT NULL,
  c INTEGER NOT NULL
) STRICT",
    ),
    (
        "tick_columns",
        "CREATE TABLE tick_columns (
  first_tick INTEGER PRIMARY KEY,
  ticks INTEGER NOT NULL,
  data BLOB NOT NULL
) STRICT",
    ),
];

/// The name and the SQL text of every table and index of a version, in the order of their creation.
/// SQLite stores exactly these texts.
pub(super) fn tables(version: i64) -> Vec<(String, String)> {
    let mut all = vec![table("run", &header::columns(version))];
    all.extend(
        TABLES
            .iter()
            .map(|&(name, sql)| (name.to_owned(), sql.to_owned())),
    );
    for kind in RecordKind::ALL
        .into_iter()
        .filter(|kind| has_table(version, *kind))
    {
        let name = kind.name();
        all.push(table(name, &kind.columns()));
        all.extend(kind.index().map(|column| {
            let index = format!("{name}_by_{column}");
            let sql = format!("CREATE INDEX {index} ON {name} ({column})");
            (index, sql)
        }));
    }
    all
}

fn table(name: &str, columns: &[(&str, &str)]) -> (String, String) {
    let columns: Vec<String> = columns
        .iter()
        .map(|(column, sql_type)| format!("  {column} {sql_type}"))
        .collect();
    let columns = columns.join(",\n");
    (
        name.to_owned(),
        format!("CREATE TABLE {name} (\n{columns}\n) STRICT"),
    )
}

/// Creates the tables in an empty database, inside the caller's transaction.
pub(super) fn create(connection: &Connection, version: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", version)?;
    tables(version)
        .iter()
        .try_for_each(|(_, sql)| connection.execute_batch(sql))
}

/// Refuses what a run file must not make SQLite do: run code of its own, or reach other files.
pub(super) fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, SQL_BYTES_MAX)?;
    connection.pragma_update(None, "cell_size_check", true)
}

/// Whether the database is a run file of a version that this engine reads, with exactly the tables
/// of that version. Nothing else of the file may be used before. Returns the version.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let pragma = |name: &str| -> Result<i64, StoreError> {
        connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(|error| StoreError::database(path, error))
    };
    let application_id = pragma("application_id")?;
    if application_id != APPLICATION_ID {
        return Err(StoreError::NotARun {
            path: path.to_owned(),
            reason: NotARun::ApplicationId(application_id),
        });
    }
    let found = pragma("user_version")?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::NewerSchema {
            path: path.to_owned(),
            found,
            supported: SCHEMA_VERSION,
        });
    }
    if found < 1 {
        return Err(StoreError::damaged(
            path,
            super::Damage::Value {
                table: "header",
                column: "user_version",
            },
        ));
    }
    match differing_name(connection, found).map_err(|error| StoreError::database(path, error))? {
        Some(name) => Err(StoreError::damaged(path, super::Damage::Schema { name })),
        None => Ok(found),
    }
}

/// The first table, index, view or trigger that differs from those of a version.
fn differing_name(connection: &Connection, version: i64) -> rusqlite::Result<Option<String>> {
    let mut expected: BTreeMap<String, String> = tables(version).into_iter().collect();
    let mut select = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY rowid")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (name, sql): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        let is_expected = match sql {
            Some(sql) => expected.remove(&name) == Some(sql),
            // The indexes that SQLite makes for PRIMARY KEY columns have no text.
            None => name.starts_with("sqlite_autoindex_"),
        };
        if !is_expected {
            return Ok(Some(name));
        }
    }
    Ok(expected.into_keys().next())
}
