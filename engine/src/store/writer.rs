//! Writes records into a run file, with one transaction per window.

use std::io;
use std::path::{Path, PathBuf};
use std::thread::Scope;
use std::time::Duration;

use aether_disk as fs;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::background::{Background, Open};
use super::columns::Shape;
use super::header::{self, HeaderRow};
use super::parcel::Parcel;
use super::recovery::{COMPANIONS, companion};
use super::rows::Places;
use super::{StoreError, schema, spill};
use crate::canonical::{self, Encoded, Hash};
use crate::config::RunPlan;
use crate::run::{Outcome, Record, RecordKind, RecordSink, RunOptions, RunStatus};

/// How long a writer and a reader wait for each other.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Memory for pages, in KiB. If a long window needs more, pages go to the write-ahead log, whose checksums are then made again
/// when the window is committed.
const PAGE_CACHE_KIB: i64 = 8 * 1024;
/// The same without a log. Pages go to the file while the run goes on, so that few are left when it ends.
const PAGE_CACHE_UNSEEN_KIB: i64 = 1024;
/// Size of the write-ahead log, in bytes, at which its content moves into the database.
const CHECKPOINT_BYTES: i64 = 16 << 20;
/// Numbers of ticks in a run whose file has long pages: it takes a quarter of the calls to write. Every table takes a page, so that the
/// file of a short run would be several times as long.
const LONG_PAGES: u128 = 1 << 20;

/// Writes the records of one run, in a thread of its own.
pub(super) struct RunWriter<'s> {
    path: PathBuf,
    background: Background<'s>,
    /// What the thread will receive next.
    parcel: Parcel,
    places: Places,
    committed: Places,
    /// How many parcels there were with the window that was committed last.
    last_commit: u64,
    /// Whether a commit waits until its window is in the file, and not only the one before.
    waits: bool,
    /// The run's working memory that does not fit, once there is some. It is not part of the file.
    spill: Option<Connection>,
}

/// Who sees a run file while it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Readers and resumptions: whole windows appear in it, and stay after a crash.
    ByWindow,
    /// Nobody, before it takes the place of another file. A crash leaves it to be removed, so that it needs neither
    /// a log nor the disk before it is whole.
    AtItsEnd,
}

/// Creates a run file with its tables, its inputs, and a header with the status `incomplete`, and opens it.
pub(super) fn create(path: &Path, beside: &Path, plan: &RunPlan) -> Result<Open, StoreError> {
    let header = put(path, beside, plan)?;
    open(path, header, Seen::ByWindow)
}

/// The same, and opens a copy of it, which will take its place.
pub(super) fn create_with_copy(
    path: &Path,
    beside: &Path,
    plan: &RunPlan,
) -> Result<Open, StoreError> {
    let header = put(path, beside, plan)?;
    fs::copy(path, beside).map_err(|error| StoreError::io(beside, error))?;
    open(beside, header, Seen::AtItsEnd)
}

/// Puts a run file without records in its place. It is complete or does not exist: it is written under another name and then
/// renamed.
fn put(path: &Path, beside: &Path, plan: &RunPlan) -> Result<HeaderRow, StoreError> {
    let header = make(beside, plan, Seen::ByWindow)?;
    remove_companions(path)?;
    fs::rename(beside, path).map_err(|error| StoreError::io(path, error))?;
    sync_parent(path)?;
    Ok(header)
}

/// As [`create`], for a file that is seen at its end.
pub(super) fn create_unseen(path: &Path, plan: &RunPlan) -> Result<Open, StoreError> {
    let header = make(path, plan, Seen::AtItsEnd)?;
    open(path, header, Seen::AtItsEnd)
}

/// Opens a run file to write what it does not have yet.
pub(super) fn go_on(path: &Path, header: HeaderRow) -> Result<Open, StoreError> {
    open(path, header, Seen::ByWindow)
}

fn make(path: &Path, plan: &RunPlan, seen: Seen) -> Result<HeaderRow, StoreError> {
    remove_database(path)?;
    fill(path, plan, seen).map_err(|error| StoreError::database(path, error))
}

fn open(path: &Path, header: HeaderRow, seen: Seen) -> Result<Open, StoreError> {
    let connection = connect_writer(path, seen);
    let connection = connection.map_err(|error| StoreError::database(path, error))?;
    Ok(Open { connection, header })
}

/// Makes the file that nobody reads before it has its name: until it is whole it needs neither a
/// journal nor the disk. The last change, which is to the write-ahead log, syncs all of it.
fn fill(path: &Path, plan: &RunPlan, seen: Seen) -> rusqlite::Result<HeaderRow> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "page_size", page_bytes(plan))?;
    connection.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    let transaction = connection.transaction()?;
    schema::create(&transaction, schema::version_of(plan.aeon.is_some()))?;
    write_inputs(&transaction, plan)?;
    header::write_edges(&transaction, &Shape::of(&plan.topology))?;
    let header = HeaderRow::begin(plan);
    header.write(&transaction)?;
    transaction.commit()?;
    if seen == Seen::ByWindow {
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    }
    connection.close().map_err(|(_, error)| error)?;
    Ok(header)
}

/// Bytes of a page.
fn page_bytes(plan: &RunPlan) -> i64 {
    let topology = &plan.topology;
    let numbers = 2 * (topology.node_count + topology.edges.len());
    if u128::from(plan.ticks) * numbers as u128 > LONG_PAGES {
        16_384
    } else {
        4_096
    }
}

fn write_inputs(connection: &Connection, plan: &RunPlan) -> rusqlite::Result<()> {
    let documents = &plan.documents;
    let texts = [
        ("run_config", Some(&documents.run_config)),
        ("topology", Some(&documents.topology)),
        ("profile", Some(&documents.profile)),
        ("pfna", documents.pfna.as_ref()),
        ("aeon", documents.aeon.as_ref()),
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

impl<'s> RunWriter<'s> {
    /// Starts the thread, which opens the file.
    pub(super) fn start(
        scope: &'s Scope<'s, '_>,
        path: &Path,
        plan: &RunPlan,
        options: &RunOptions<'_>,
        open: impl FnOnce() -> Result<Open, StoreError> + Send + 's,
    ) -> Result<Self, StoreError> {
        let shape = Shape::of(&plan.topology);
        Ok(Self {
            path: path.to_owned(),
            background: Background::start(scope, path, shape, open)?,
            parcel: Parcel::default(),
            places: Places::start(plan.aeon.is_some()),
            committed: Places::start(plan.aeon.is_some()),
            last_commit: 0,
            // Whoever is shown the log of a window finds the window in the file.
            waits: options.log.is_some(),
            spill: None,
        })
    }

    /// Goes on after the rows that the file already has.
    pub(super) fn go_on_after(&mut self, places: Places) {
        self.committed = places.clone();
        self.places = places;
    }

    /// Writes how the run ended. A run at its end becomes one file without a log beside it; a
    /// stopped run is left as it is, to be continued.
    pub(super) fn finish(self, outcome: &Outcome) -> Result<(), StoreError> {
        let Self {
            path,
            background,
            parcel,
            committed,
            ..
        } = self;
        assert!(parcel.is_empty(), "a run ends with a commit or a roll-back");
        let Open {
            mut connection,
            mut header,
        } = background.end()?;
        header.count(committed.counts());
        let end = |connection: &mut Connection| -> rusqlite::Result<()> {
            // What is reported as stored survives a loss of power, with all that was written before.
            connection.pragma_update(None, "synchronous", "FULL")?;
            let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
            header.end(outcome).write(&transaction)?;
            transaction.commit()
        };
        end(&mut connection).map_err(|error| StoreError::database(&path, error))?;
        if outcome.status == RunStatus::Incomplete {
            return Ok(());
        }
        close(connection).map_err(|error| StoreError::database(&path, error))
    }

    fn put_record(&mut self, record: &Record<'_>, encoded: Encoded<'_>) -> Result<(), StoreError> {
        self.parcel.push_row(&self.places.row(record, encoded));
        if let Record::Ledger(tick) = record {
            self.parcel.push_tick(tick);
        }
        if self.parcel.is_full() {
            self.hand_over()?;
        }
        Ok(())
    }

    fn hand_over(&mut self) -> Result<(), StoreError> {
        let parcel = std::mem::take(&mut self.parcel);
        self.parcel = self.background.exchange(parcel)?;
        Ok(())
    }

    fn commit_window(&mut self) -> Result<(), StoreError> {
        self.parcel.push_commit(self.places.counts());
        self.hand_over()?;
        let before = std::mem::replace(&mut self.last_commit, self.background.sent());
        let awaited = if self.waits { self.last_commit } else { before };
        self.background.wait_for(awaited)?;
        self.clear_spill()?;
        self.places.close_window();
        self.committed = self.places.clone();
        Ok(())
    }

    fn drop_window(&mut self) -> Result<(), StoreError> {
        self.parcel.clear();
        self.parcel.push_roll_back();
        self.hand_over()?;
        self.places = self.committed.clone();
        self.clear_spill()
    }

    fn clear_spill(&mut self) -> Result<(), StoreError> {
        self.spill
            .as_ref()
            .map_or(Ok(()), spill::clear)
            .map_err(|error| StoreError::database(&self.path, error))
    }

    /// The connection for working memory; its temporary tables are all that it has.
    fn working_memory(&mut self) -> io::Result<&Connection> {
        match &mut self.spill {
            Some(connection) => Ok(connection),
            none => {
                let connection = Connection::open_in_memory().map_err(io::Error::other)?;
                Ok(none.insert(connection))
            }
        }
    }
}

impl RecordSink for RunWriter<'_> {
    fn text_max(&self, kind: RecordKind) -> usize {
        kind.text_max()
    }

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

    fn spill(&mut self, page: &[u8]) -> io::Result<bool> {
        spill::put(self.working_memory()?, page).map(|()| true)
    }

    fn read_spilled(&mut self, number: usize) -> io::Result<Vec<u8>> {
        spill::get(self.working_memory()?, number)
    }

    fn keep_note(&mut self, key: &[u8; 32], note: &[u8]) -> io::Result<bool> {
        spill::put_note(self.working_memory()?, key, note).map(|()| true)
    }

    fn note(&mut self, key: &[u8; 32]) -> io::Result<Option<Vec<u8>>> {
        spill::note(self.working_memory()?, key)
    }
}

/// A connection for a writer.
///
/// A file that is seen by window has a write-ahead log, so that readers can continue while it is written. With
/// `synchronous = NORMAL`, a killed process loses nothing that was committed. A power cut may lose whole windows at the end,
/// but never damages the file. In both cases, finishing the run recomputes the same windows.
fn connect_writer(path: &Path, seen: Seen) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
    let (journal, synchronous, cache_kib) = match seen {
        Seen::ByWindow => ("WAL", "NORMAL", PAGE_CACHE_KIB),
        // A window that is rolled back needs the pages that it changed.
        Seen::AtItsEnd => ("MEMORY", "OFF", PAGE_CACHE_UNSEEN_KIB),
    };
    connection.pragma_update_and_check(None, "journal_mode", journal, |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    let page_bytes: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let pages = CHECKPOINT_BYTES / page_bytes;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", pages, |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// A connection to an existing run file that may change it.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    schema::harden(&connection)?;
    Ok(connection)
}

/// Moves the write-ahead log into the database file. If readers still use an old state, the log
/// stays, and the file is complete together with it.
///
/// The journal of the switch is in memory. In a file it would be synced four times, and never applied ([`recovery`](super::recovery)): the switch changes
/// some bytes of one sector.
pub(super) fn close(connection: Connection) -> rusqlite::Result<()> {
    connection.flush_prepared_statement_cache();
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let merged = connection.pragma_update_and_check(None, "journal_mode", "MEMORY", |_| Ok(()));
    match merged.as_ref().map_err(rusqlite::Error::sqlite_error_code) {
        Ok(())
        | Err(Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)) => {}
        Err(_) => return merged,
    }
    connection.close().map_err(|(_, error)| error)
}

/// Deletes a database with the files that SQLite keeps beside it, the log first. A log that is left
/// behind would be applied to the next file of that name.
pub(super) fn remove_database(path: &Path) -> Result<(), StoreError> {
    for ending in COMPANIONS {
        remove_file(&companion(path, ending))?;
    }
    remove_file(path)
}

/// Deletes what SQLite kept beside a database that is about to be replaced. A log that comes back after a
/// loss of power would be applied to the new file, so this is durable first.
pub(super) fn remove_companions(path: &Path) -> Result<(), StoreError> {
    let companions = COMPANIONS.map(|ending| companion(path, ending));
    let mut is_any = false;
    for file in &companions {
        is_any |= file
            .try_exists()
            .map_err(|error| StoreError::io(file, error))?;
    }
    if is_any {
        companions.iter().try_for_each(|file| remove_file(file))?;
        sync_parent(path)?;
    }
    Ok(())
}

/// Deletes a file if it exists.
pub(super) fn remove_file(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(path, error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes a rename durable, so that it survives a power cut.
pub(super) fn sync_parent(path: &Path) -> Result<(), StoreError> {
    let parent = path.parent().unwrap_or(Path::new(""));
    fs::sync_dir(parent).map_err(|error| StoreError::io(parent, error))
}

/// The hash in a column of a row.
pub(super) fn hash_column(bytes: &[u8]) -> Option<Hash> {
    bytes.try_into().ok().map(Hash::from_bytes)
}
