//! The spill: pages of a run's working memory while a window is open, and notes that last as long as the
//! run. They are in SQLite's temporary file, which disappears with the connection, however that ends.

use std::io;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::codex::PatternStore;

/// The compression level: fast, since half of a page is hashes.
const LEVEL: i32 = 1;

/// Keeps a page under the next number.
pub(super) fn put(connection: &Connection, page: &[u8]) -> io::Result<()> {
    let compressed = zstd::bulk::compress(page, LEVEL)?;
    let size = i64::try_from(page.len()).map_err(io::Error::other)?;
    let insert = || {
        connection.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS spill
             (number INTEGER PRIMARY KEY, size INTEGER, page BLOB)",
        )?;
        connection.execute(
            "INSERT INTO temp.spill
             SELECT coalesce(max(number) + 1, 0), ?1, ?2 FROM temp.spill",
            params![size, compressed],
        )
    };
    insert().map_err(io::Error::other).map(|_| ())
}

/// The page with a number.
pub(super) fn get(connection: &Connection, number: usize) -> io::Result<Vec<u8>> {
    let number = i64::try_from(number).map_err(io::Error::other)?;
    let sql = "SELECT size, page FROM temp.spill WHERE number = ?1";
    let (size, page): (i64, Vec<u8>) = connection
        .query_row(sql, params![number], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(io::Error::other)?;
    zstd::bulk::decompress(&page, usize::try_from(size).map_err(io::Error::other)?)
}

/// Drops all pages.
pub(super) fn clear(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("DROP TABLE IF EXISTS temp.spill")
}

/// Drops all notes.
pub(super) fn clear_notes(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("DROP TABLE IF EXISTS temp.notes")
}

/// Keeps a note under a key that has none.
pub(super) fn put_note(connection: &Connection, key: &[u8; 32], note: &[u8]) -> io::Result<()> {
    let insert = || {
        connection.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS notes (key BLOB PRIMARY KEY, note BLOB) WITHOUT ROWID",
        )?;
        connection
            .prepare_cached("INSERT INTO temp.notes VALUES (?1, ?2)")?
            .execute(params![key, note])
    };
    insert().map_err(io::Error::other).map(|_| ())
}

/// The note with a key. Some note has been kept before.
pub(super) fn note(connection: &Connection, key: &[u8; 32]) -> io::Result<Option<Vec<u8>>> {
    let select = || {
        connection
            .prepare_cached("SELECT note FROM temp.notes WHERE key = ?1")?
            .query_row(params![key], |row| row.get(0))
            .optional()
    };
    select().map_err(io::Error::other)
}

/// Notes that are kept beside a run that is only read.
pub(super) struct Notes<'c>(&'c Connection);

impl<'c> Notes<'c> {
    /// No notes: those of an earlier reading are dropped.
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        clear_notes(connection)?;
        Ok(Self(connection))
    }
}

impl PatternStore for Notes<'_> {
    fn keep(&mut self, key: &[u8; 32], pattern: &[u8]) -> io::Result<bool> {
        put_note(self.0, key, pattern).map(|()| true)
    }

    fn kept(&mut self, key: &[u8; 32]) -> io::Result<Option<Vec<u8>>> {
        note(self.0, key)
    }
}
