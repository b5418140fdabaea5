//! The tables of a run file, and the marks by which a run file is recognized.

use rusqlite::Connection;

use super::{NotARun, StoreError, header};
use crate::record::RecordKind;
use std::path::Path;

/// `AETH`, in the database header of every run file.
pub(super) const APPLICATION_ID: i64 = 0x4145_5448;
/// Version of the tables, SQLite's `user_version`. Raised when a table or the meaning of a column
/// changes; older files of a known version stay readable.
pub(super) const SCHEMA_VERSION: i64 = 1;

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

/// The name and the SQL text of every table and index, in the order of their creation. SQLite
/// stores exactly these texts.
pub(super) fn tables() -> Vec<(String, String)> {
    let mut all = vec![table("run", &header::columns())];
    all.extend(
        TABLES
            .iter()
            .map(|&(name, sql)| (name.to_owned(), sql.to_owned())),
    );
    for kind in RecordKind::ALL {
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
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    tables()
        .iter()
        .try_for_each(|(_, sql)| connection.execute_batch(sql))
}

/// Whether the database is a run file of a version that this engine reads.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
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
    Ok(())
}
