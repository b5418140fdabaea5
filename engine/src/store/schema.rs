//! The tables of a run file, and how a file says that it is one.

use rusqlite::Connection;

use super::{NotARun, StoreError};
use std::path::Path;

/// `AETH`, in the database header of every run file.
pub(super) const APPLICATION_ID: i64 = 0x4145_5448;
/// Version of the tables, SQLite's `user_version`. Raised when a table or the meaning of a column
/// changes; older files of a known version stay readable.
pub(super) const SCHEMA_VERSION: i64 = 1;

/// Every table and index, each as SQLite keeps its text.
pub(super) const TABLES: &[&str] = &[
    "CREATE TABLE run (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  gid TEXT NOT NULL,
  run_id TEXT NOT NULL,
  ticks INTEGER NOT NULL,
  profile TEXT NOT NULL,
  nid TEXT NOT NULL,
  node_count INTEGER NOT NULL,
  edge_count INTEGER NOT NULL,
  scale INTEGER NOT NULL,
  checkpoint_spacing INTEGER NOT NULL,
  chain_start INTEGER NOT NULL,
  engine_version TEXT NOT NULL,
  inputs_sha256 BLOB NOT NULL,
  status TEXT NOT NULL,
  error TEXT,
  last_entry_hash TEXT,
  metrics TEXT,
  sha256 BLOB NOT NULL
) STRICT",
    "CREATE TABLE inputs (
  name TEXT PRIMARY KEY,
  json TEXT NOT NULL,
  sha256 BLOB NOT NULL
) STRICT, WITHOUT ROWID",
    "CREATE TABLE input_files (
  name TEXT PRIMARY KEY,
  file TEXT NOT NULL
) STRICT, WITHOUT ROWID",
    "CREATE TABLE edges (
  e_id INTEGER PRIMARY KEY,
  i INTEGER NOT NULL,
  j INTEGER NOT NULL,
  k INTEGER NOT NULL,
  cap INTEGER NOT NULL,
  c INTEGER NOT NULL
) STRICT",
    "CREATE TABLE tick_columns (
  first_tick INTEGER PRIMARY KEY,
  ticks INTEGER NOT NULL,
  data BLOB NOT NULL
) STRICT",
    "CREATE TABLE ledgers (
  tick INTEGER PRIMARY KEY,
  sha256 BLOB NOT NULL
) STRICT",
    "CREATE TABLE p_blocks (
  tick INTEGER PRIMARY KEY,
  s_t INTEGER NOT NULL,
  c_t INTEGER NOT NULL,
  json TEXT,
  sha256 BLOB NOT NULL
) STRICT",
    "CREATE TABLE i_blocks (
  tick INTEGER PRIMARY KEY,
  json TEXT,
  sha256 BLOB NOT NULL
) STRICT",
    "CREATE TABLE manifests (
  seq INTEGER PRIMARY KEY,
  window_id TEXT NOT NULL UNIQUE,
  start_tick INTEGER NOT NULL,
  end_tick INTEGER NOT NULL,
  manifest_check INTEGER NOT NULL,
  json TEXT NOT NULL,
  sha256 BLOB NOT NULL
) STRICT",
    "CREATE TABLE envelopes (
  seq INTEGER PRIMARY KEY,
  tick INTEGER NOT NULL,
  layer TEXT NOT NULL,
  json TEXT NOT NULL,
  sha256 BLOB NOT NULL
) STRICT",
    "CREATE INDEX envelopes_by_tick ON envelopes (tick)",
    "CREATE TABLE scenes (
  tick INTEGER PRIMARY KEY,
  manifest INTEGER NOT NULL,
  nap_envelope_ref BLOB NOT NULL,
  pfna_refs TEXT,
  sha256 BLOB NOT NULL
) STRICT",
    "CREATE TABLE u_ledger (
  tick INTEGER PRIMARY KEY,
  json TEXT NOT NULL,
  sha256 BLOB NOT NULL
) STRICT",
    "CREATE TABLE codex_library (
  seq INTEGER PRIMARY KEY,
  motif_id TEXT NOT NULL,
  json TEXT NOT NULL,
  sha256 BLOB NOT NULL
) STRICT",
    "CREATE TABLE codex_proposals (
  seq INTEGER PRIMARY KEY,
  proposal_id TEXT NOT NULL,
  json TEXT NOT NULL,
  sha256 BLOB NOT NULL
) STRICT",
    "CREATE TABLE log (
  seq INTEGER PRIMARY KEY,
  tick INTEGER,
  event TEXT NOT NULL,
  component TEXT NOT NULL,
  json TEXT NOT NULL,
  sha256 BLOB NOT NULL
) STRICT",
    "CREATE INDEX log_by_tick ON log (tick)",
];

/// Makes the tables in an empty database, inside the caller's transaction.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    TABLES
        .iter()
        .try_for_each(|table| connection.execute_batch(table))
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
