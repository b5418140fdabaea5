//! Records into a run file, a transaction a window.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::columns::{BlockBuilder, Shape};
use super::header::{self, HeaderRow, signed};
use super::{StoreError, schema};
use crate::canonical::{self, Encoded, Hash};
use crate::config::RunPlan;
use crate::run::{Outcome, Record, RecordSink};

/// P-blocks and checkpoints up to this size stand in the file as text; larger ones are rebuilt from
/// the columns.
pub(super) const SMALL_TEXT_SIZE: usize = 4096;
/// How long a writer waits for readers, and they for it.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Memory for pages, in KiB; what a long window writes beyond it waits in the write-ahead log.
const PAGE_CACHE_KIB: i64 = 8 * 1024;
/// Pages of the write-ahead log after which its content moves into the database.
const CHECKPOINT_PAGES: i64 = 4000;

/// Writes one run.
pub(super) struct RunWriter {
    path: PathBuf,
    connection: Connection,
    header: HeaderRow,
    shape: Shape,
    block: BlockBuilder,
    places: Places,
    committed: Places,
    open: bool,
}

/// The last row of each table whose rows are numbered, and the manifests of the open window.
#[derive(Clone, Default)]
struct Places {
    manifests: i64,
    envelopes: i64,
    library: i64,
    proposals: i64,
    open_manifests: BTreeMap<String, i64>,
}

/// Makes a run file: tables, inputs, and a header that says `incomplete`.
///
/// The file is whole or not there: it is filled under another name and renamed.
pub(super) fn create(path: &Path, unfinished: &Path, plan: &RunPlan) -> Result<(), StoreError> {
    remove_database(unfinished)?;
    fill(unfinished, plan).map_err(|error| StoreError::database(unfinished, error))?;
    if path != unfinished {
        std::fs::rename(unfinished, path).map_err(|error| StoreError::io(path, error))?;
        sync_parent(path)?;
    }
    Ok(())
}

fn fill(path: &Path, plan: &RunPlan) -> rusqlite::Result<()> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction()?;
    schema::create(&transaction)?;
    write_inputs(&transaction, plan)?;
    header::write_edges(&transaction, &Shape::of(&plan.topology))?;
    HeaderRow::begin(plan).write(&transaction)?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)
}

fn write_inputs(connection: &Connection, plan: &RunPlan) -> rusqlite::Result<()> {
    let documents = &plan.documents;
    let texts = [
        ("run_config", Some(&documents.run_config)),
        ("topology", Some(&documents.topology)),
        ("profile", Some(&documents.profile)),
        ("pfna", documents.pfna.as_ref()),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            let hash = canonical::hash_of_text(text.as_bytes());
            connection.execute(
                "INSERT INTO inputs VALUES (?1, ?2, ?3)",
                params![name, text, hash.as_bytes()],
            )?;
        }
    }
    for (name, file) in &documents.files {
        connection.execute("INSERT INTO input_files VALUES (?1, ?2)", (name, file))?;
    }
    Ok(())
}

impl RunWriter {
    /// Goes on in a file made by [`create`], at its first tick.
    pub(super) fn open(path: &Path, plan: &RunPlan) -> Result<Self, StoreError> {
        let connection =
            open_for_writing(path).map_err(|error| StoreError::database(path, error))?;
        let shape = Shape::of(&plan.topology);
        let block = BlockBuilder::new(&shape).map_err(|error| StoreError::io(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            header: HeaderRow::begin(plan),
            shape,
            block,
            places: Places::default(),
            committed: Places::default(),
            open: false,
        })
    }

    /// Writes how the run ended and leaves one file without a log beside it.
    pub(super) fn finish(self, outcome: &Outcome) -> Result<(), StoreError> {
        let Self {
            path,
            mut connection,
            header,
            ..
        } = self;
        let end = |connection: &mut Connection| -> rusqlite::Result<()> {
            let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
            header.end(outcome).write(&transaction)?;
            transaction.commit()
        };
        end(&mut connection).map_err(|error| StoreError::database(&path, error))?;
        close(connection).map_err(|error| StoreError::database(&path, error))
    }

    fn begin(&mut self) -> rusqlite::Result<()> {
        if !self.open {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            self.open = true;
        }
        Ok(())
    }

    fn put_record(&mut self, record: &Record<'_>, encoded: Encoded<'_>) -> Result<(), StoreError> {
        let full = match record {
            Record::Ledger(ledger) => self.block.push(&self.shape, ledger),
            _ => false,
        };
        self.begin()
            .and_then(|()| self.insert(record, encoded))
            .map_err(|error| StoreError::database(&self.path, error))?;
        if full { self.flush() } else { Ok(()) }
    }

    fn insert(&mut self, record: &Record<'_>, encoded: Encoded<'_>) -> rusqlite::Result<()> {
        let hash = encoded.hash.as_bytes();
        let json = str::from_utf8(encoded.text)?;
        let small = (json.len() <= SMALL_TEXT_SIZE).then_some(json);
        let places = &mut self.places;
        let put = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            self.connection
                .prepare_cached(sql)?
                .execute(values)
                .map(|_| ())
        };
        match record {
            Record::Ledger(ledger) => put(
                "INSERT INTO ledgers VALUES (?1, ?2)",
                params![signed(ledger.tick), hash],
            ),
            Record::PBlock(block) => put(
                "INSERT INTO p_blocks VALUES (?1, ?2, ?3, ?4, ?5)",
                params![signed(block.tick), block.s_t, block.c_t, small, hash],
            ),
            Record::IBlock(block) => put(
                "INSERT INTO i_blocks VALUES (?1, ?2, ?3)",
                params![signed(block.tick), small, hash],
            ),
            Record::Manifest(manifest) => {
                places.manifests += 1;
                places
                    .open_manifests
                    .insert(manifest.window_id.clone(), places.manifests);
                put(
                    "INSERT INTO manifests VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        places.manifests,
                        manifest.window_id,
                        signed(manifest.start_tick),
                        signed(manifest.end_tick),
                        manifest.manifest_check,
                        json,
                        hash
                    ],
                )
            }
            Record::Envelope(envelope) => {
                places.envelopes += 1;
                put(
                    "INSERT INTO envelopes VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![
                        places.envelopes,
                        signed(envelope.tick),
                        envelope.layer.name(),
                        json,
                        hash
                    ],
                )
            }
            Record::Scene(scene) => {
                let manifest = places.open_manifests.get(&scene.window_id).copied();
                let refs = (!scene.pfna_refs.is_empty()).then(|| canonical::text(&scene.pfna_refs));
                put(
                    "INSERT INTO scenes VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![
                        signed(scene.tick),
                        manifest.unwrap_or_default(),
                        scene.nap_envelope_ref.as_bytes(),
                        refs,
                        hash
                    ],
                )
            }
            Record::LedgerEntry(entry) => put(
                "INSERT INTO u_ledger VALUES (?1, ?2, ?3)",
                params![signed(entry.tick), json, hash],
            ),
            Record::CodexLibraryEntry(entry) => {
                places.library += 1;
                put(
                    "INSERT INTO codex_library VALUES (?1, ?2, ?3, ?4)",
                    params![places.library, entry.motif_id, json, hash],
                )
            }
            Record::CodexProposal(proposal) => {
                places.proposals += 1;
                put(
                    "INSERT INTO codex_proposals VALUES (?1, ?2, ?3, ?4)",
                    params![places.proposals, proposal.proposal_id, json, hash],
                )
            }
            Record::Log(event) => put(
                "INSERT INTO log VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    signed(event.seq),
                    event.tick.map(signed),
                    event.payload.event(),
                    event.component.name(),
                    json,
                    hash
                ],
            ),
        }
    }

    /// Writes the open block.
    fn flush(&mut self) -> Result<(), StoreError> {
        let block = self
            .block
            .take()
            .map_err(|error| StoreError::io(&self.path, error))?;
        let Some(block) = block else { return Ok(()) };
        self.connection
            .prepare_cached("INSERT INTO tick_columns VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| {
                insert.execute(params![
                    signed(block.first_tick),
                    signed(block.ticks),
                    block.bytes
                ])
            })
            .map_err(|error| StoreError::database(&self.path, error))?;
        Ok(())
    }

    fn commit_window(&mut self) -> Result<(), StoreError> {
        self.flush()?;
        if self.open {
            self.connection
                .execute_batch("COMMIT")
                .map_err(|error| StoreError::database(&self.path, error))?;
            self.open = false;
        }
        self.places.open_manifests.clear();
        self.committed = self.places.clone();
        Ok(())
    }

    fn drop_window(&mut self) -> Result<(), StoreError> {
        self.block.clear();
        self.places = self.committed.clone();
        // An error such as a full disk may have rolled back already.
        if self.open && !self.connection.is_autocommit() {
            self.connection
                .execute_batch("ROLLBACK")
                .map_err(|error| StoreError::database(&self.path, error))?;
        }
        self.open = false;
        Ok(())
    }
}

impl RecordSink for RunWriter {
    fn put(&mut self, record: &Record<'_>, encoded: Encoded<'_>) -> io::Result<()> {
        self.put_record(record, encoded)
            .map_err(StoreError::into_io)
    }

    fn commit(&mut self) -> io::Result<()> {
        self.commit_window().map_err(StoreError::into_io)
    }

    fn roll_back(&mut self) -> io::Result<()> {
        self.drop_window().map_err(StoreError::into_io)
    }
}

/// A connection that logs ahead, so that readers go on while it writes.
///
/// `synchronous = NORMAL`: a killed process loses nothing that was committed; a power cut may lose
/// the last windows, whole ones, and never damages the file. Nothing is lost for good either way:
/// finishing the run makes the same windows again.
fn open_for_writing(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -PAGE_CACHE_KIB)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Moves everything into the one file. Readers that hold an old state keep the log alive; the file
/// is then left as it is, complete with its log.
fn close(connection: Connection) -> rusqlite::Result<()> {
    connection.flush_prepared_statement_cache();
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let merged = connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()));
    match merged.as_ref().map_err(rusqlite::Error::sqlite_error_code) {
        Ok(())
        | Err(Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)) => {}
        Err(_) => return merged,
    }
    connection.close().map_err(|(_, error)| error)
}

/// Takes a database away with what SQLite keeps beside it, the log first: a log left behind would
/// be read as that of the next file of the name.
pub(super) fn remove_database(path: &Path) -> Result<(), StoreError> {
    for ending in ["-journal", "-wal", "-shm", ""] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        remove_file(Path::new(&name))?;
    }
    Ok(())
}

/// Takes a file away where there is one.
pub(super) fn remove_file(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(path, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes a rename outlive a power cut.
pub(super) fn sync_parent(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    if let Some(parent) = path.parent() {
        let synced = std::fs::File::open(parent).and_then(|folder| folder.sync_all());
        synced.map_err(|error| StoreError::io(parent, error))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// The hash column of a row.
pub(super) fn hash_column(bytes: &[u8]) -> Option<Hash> {
    bytes.try_into().ok().map(Hash::from_bytes)
}
