//! [`Cursor`]: a position in a table, as SQLite moves it.

use std::ffi::c_int;
use std::sync::Arc;

use rusqlite::types::Null;
use rusqlite::vtab::{Context, Filters, VTabCursor, sqlite3_vtab_cursor};
use rusqlite::{Error, Result};

use crate::{Rows, Table, Value, plan};

#[repr(C)]
pub(crate) struct Cursor<T: Table> {
    /// What SQLite sees, at the start.
    base: sqlite3_vtab_cursor,
    table: Arc<T>,
    rows: T::Rows,
    /// The keys of the row; `None` after the last.
    keys: Option<[i64; 2]>,
}

impl<T: Table> Cursor<T> {
    pub(crate) fn new(table: Arc<T>) -> Self {
        Self {
            base: sqlite3_vtab_cursor::default(),
            rows: table.rows(),
            table,
            keys: None,
        }
    }
}

#[expect(unsafe_code, reason = "the trait is unsafe to implement")]
// SAFETY: `VTabCursor` asks for a `repr(C)` struct whose first member is the
// `sqlite3_vtab_cursor`, which `Cursor` is. SQLite only follows a pointer to that member; rusqlite
// casts it back to the type that it made, and drops it once, in `xClose`.
unsafe impl<T: Table> VTabCursor for Cursor<T> {
    fn filter(&mut self, _number: c_int, plan: Option<&str>, values: &Filters<'_>) -> Result<()> {
        let ranges = plan::ranges(&*self.table, plan.unwrap_or_default(), values.iter());
        self.rows.seek(ranges).map_err(Error::ModuleError)?;
        self.keys = self.rows.keys();
        Ok(())
    }

    fn next(&mut self) -> Result<()> {
        self.rows.advance().map_err(Error::ModuleError)?;
        self.keys = self.rows.keys();
        Ok(())
    }

    fn eof(&self) -> bool {
        self.keys.is_none()
    }

    fn column(&self, context: &mut Context, column: c_int) -> Result<()> {
        let keys = self.keys.expect("SQLite asks for values of a row only");
        match usize::try_from(column) {
            Ok(key @ (0 | 1)) => context.set_result(keys[key]),
            Ok(column) => match self.rows.value(column) {
                Value::Null => context.set_result(Null),
                Value::Integer(number) => context.set_result(number),
                Value::Text(text) => context.set_result(text),
            },
            Err(_) => unreachable!("columns are counted from 0"),
        }
    }

    /// Different rows of a table that has fewer than 2^32 second keys have different ids.
    fn rowid(&self) -> Result<i64> {
        let [first, second] = self.keys.expect("SQLite asks for the id of a row only");
        Ok((first << 32).wrapping_add(second))
    }
}
