//! What a directory of runs holds: descriptions for lists, which read no record, and the removal of
//! a run with everything that belongs to it.

use std::path::{Path, PathBuf};

use aether_disk as fs;
use rusqlite::OptionalExtension as _;

use super::header::RunHeader;
use super::lock::WriterLock;
use super::stored::open_database;
use super::{Damage, RunId, RunStore, StoreError, writer};

/// A stored run as a list shows it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunDescription {
    /// The description of the run.
    pub header: RunHeader,
    /// Number of recorded ticks.
    pub ticks_recorded: u64,
    /// Size of the run's file with SQLite's files beside it, in bytes.
    pub size_bytes: u64,
}

impl RunStore {
    /// Describes a run without reading its graph or any record, so that a long list is quick.
    ///
    /// # Errors
    /// Those of [`RunStore::open`]. A description says nothing about damage in the records.
    pub fn describe(&self, run_id: &RunId) -> Result<RunDescription, StoreError> {
        let path = self.path(run_id);
        self.require_stored(run_id)?;
        let (connection, _, row, status) = open_database(&path)?;
        let fail = |error| StoreError::database(&path, error);
        let last: Option<(i64, Vec<u8>)> = connection
            .query_row(
                "SELECT tick, sha256 FROM u_ledger ORDER BY tick DESC LIMIT 1",
                [],
                |found| Ok((found.get(0)?, found.get(1)?)),
            )
            .optional()
            .map_err(fail)?;
        let (ticks_recorded, committed) = last.unzip();
        let ticks_recorded = u64::try_from(ticks_recorded.unwrap_or(0)).map_err(|_| {
            let (table, column) = ("u_ledger", "tick");
            StoreError::damaged(&path, Damage::Value { table, column })
        })?;
        // Files of version 1 do not count their rows.
        let ticks_recorded = row.rows.map_or(ticks_recorded, |rows| rows.ticks());
        let committed = committed.as_deref().and_then(writer::hash_column);
        let count = |value: u64, column| {
            let table = "run";
            let damaged = |_| StoreError::damaged(&path, Damage::Value { table, column });
            usize::try_from(value).map_err(damaged)
        };
        Ok(RunDescription {
            header: RunHeader {
                last_entry_hash: row.last_entry_hash.map(|hash| hash.0).or(committed),
                gid: row.gid,
                run_id: row.run_id,
                ticks: row.ticks,
                profile: row.profile,
                node_count: count(row.node_count, "node_count")?,
                edge_count: count(row.edge_count, "edge_count")?,
                status,
                engine_version: row.engine_version,
            },
            ticks_recorded,
            size_bytes: self.size_bytes(run_id)?,
        })
    }

    /// The size of a run's file with SQLite's files beside it, in bytes.
    ///
    /// # Errors
    /// The file system cannot be read.
    pub fn size_bytes(&self, run_id: &RunId) -> Result<u64, StoreError> {
        let mut bytes = 0;
        for path in database_files(&self.path(run_id)) {
            match fs::metadata(&path) {
                Ok(metadata) => bytes += metadata.len(),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::io(&path, error)),
            }
        }
        Ok(bytes)
    }

    /// The paths of all files that a run may have: its file, SQLite's files beside it, those of an
    /// unfinished replacement, and the lock. Most of them usually do not exist.
    pub fn files(&self, run_id: &RunId) -> Vec<PathBuf> {
        let mut files = database_files(&self.path(run_id));
        files.extend(database_files(&self.path_beside(run_id)));
        files.push(WriterLock::path(self.runs_dir(), run_id));
        files
    }

    /// Removes a run with everything that belongs to it ([`RunStore::files`]). The run may be
    /// damaged.
    ///
    /// # Errors
    /// No such run is stored, a different process is writing it, or a file cannot be removed.
    pub fn remove(&self, run_id: &RunId) -> Result<(), StoreError> {
        let path = self.path(run_id);
        self.require_stored(run_id)?;
        let lock = WriterLock::take(self.runs_dir(), run_id)?;
        writer::remove_database(&self.path_beside(run_id))?;
        writer::remove_database(&path)?;
        lock.remove()?;
        writer::sync_parent(&path)
    }
}

/// The files of an SQLite database, the database itself first.
pub(super) fn database_files(path: &Path) -> Vec<PathBuf> {
    let with = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        name.into()
    };
    ["", "-journal", "-wal", "-shm"].map(with).to_vec()
}
