//! The spill: pages of a run's working memory while a window is open. They are in SQLite's
//! temporary file, which disappears with the connection, however that ends.

use std::io;

use rusqlite::{Connection, params};

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
