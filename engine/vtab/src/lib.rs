//! Read-only SQLite tables over rows that a program computes, behind a safe interface.
//!
//! A [`Table`] has rows with two integer keys, in ascending order: by the first key, then by the
//! second. [`attach`] makes it a table of a connection. SQLite reports which ranges of keys a query
//! can need, and only the rows of those are asked for ([`Rows::seek`]). SQLite checks every
//! condition of the query again on the rows it gets. A range may therefore be too wide, and is
//! never too narrow: a condition that is not certainly about integers does not narrow it.
//!
//! This crate holds the unsafe code that SQL tables need: the implementations of rusqlite's `VTab` and
//! `VTabCursor`, which are unsafe because SQLite casts pointers to their first member. It knows
//! nothing of runs.

mod cursor;
mod plan;

use std::borrow::Cow;
use std::ffi::{CStr, CString};
use std::ops::RangeInclusive;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::vtab::{IndexInfo, Module, VTab, VTabConfig, VTabConnection, sqlite3_vtab};

use cursor::Cursor;

/// A column: its name and its type in SQL.
pub type Column = (&'static str, &'static str);

/// A table whose rows are computed.
///
/// ```
/// use std::ops::RangeInclusive;
///
/// use aether_vtab::{Column, Ranges, Rows, Table, Value, attach};
///
/// /// `a * b` for 1 ≤ a, b ≤ 9.
/// struct Products;
///
/// #[derive(Default)]
/// struct Cursor {
///     ranges: Ranges,
///     keys: Option<[i64; 2]>,
/// }
///
/// impl Table for Products {
///     type Rows = Cursor;
///
///     fn columns(&self) -> &[Column] {
///         &[("a", "INTEGER"), ("b", "INTEGER"), ("product", "INTEGER")]
///     }
///
///     fn counts(&self) -> [u64; 2] {
///         [9, 9]
///     }
///
///     fn rows(&self) -> Cursor {
///         Cursor::default()
///     }
/// }
///
/// impl Rows for Cursor {
///     fn seek(&mut self, ranges: Ranges) -> Result<(), String> {
///         self.ranges = ranges.within([1..=9, 1..=9]);
///         self.keys = self.ranges.first();
///         Ok(())
///     }
///
///     fn advance(&mut self) -> Result<(), String> {
///         self.keys = self.keys.and_then(|keys| self.ranges.after(keys));
///         Ok(())
///     }
///
///     fn keys(&self) -> Option<[i64; 2]> {
///         self.keys
///     }
///
///     fn value(&self, _column: usize) -> Value<'_> {
///         let [a, b] = self.keys.unwrap_or_default();
///         Value::Integer(a * b)
///     }
/// }
///
/// let connection = rusqlite::Connection::open_in_memory()?;
/// attach(&connection, "products", Products)?;
/// let sql = "SELECT sum(product) FROM products WHERE a = 7 AND b > 8.5";
/// let sum: i64 = connection.query_row(sql, [], |row| row.get(0))?;
/// assert_eq!(sum, 63);
/// # Ok::<(), rusqlite::Error>(())
/// ```
pub trait Table: Send + Sync + 'static {
    /// A position in the table.
    type Rows: Rows;

    /// The columns; the first two are the keys.
    fn columns(&self) -> &[Column];

    /// How many different values each key has, for the query planner.
    fn counts(&self) -> [u64; 2];

    /// A new position.
    fn rows(&self) -> Self::Rows;

    /// The column that names the second key, if there is one: text, compared as bytes.
    fn name_column(&self) -> Option<usize> {
        None
    }

    /// The second key that has a name; `None` if none has it.
    fn named(&self, name: &str) -> Option<i64> {
        let _ = name;
        None
    }
}

/// A position among the rows of a [`Table`].
pub trait Rows: 'static {
    /// Goes to the first row whose keys are in the ranges, which limit all rows until the next call.
    ///
    /// # Errors
    /// The row cannot be computed; the query fails with the message.
    fn seek(&mut self, ranges: Ranges) -> Result<(), String>;

    /// Goes to the next row.
    ///
    /// # Errors
    /// As for [`Rows::seek`].
    fn advance(&mut self) -> Result<(), String>;

    /// The keys of the row; `None` after the last.
    fn keys(&self) -> Option<[i64; 2]>;

    /// The value of a column of the row, counted from 0; never asked for the keys.
    fn value(&self, column: usize) -> Value<'_>;
}

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'v> {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// TEXT.
    Text(&'v str),
}

/// The range of each key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges(pub [RangeInclusive<i64>; 2]);

/// Every integer.
impl Default for Ranges {
    fn default() -> Self {
        Self([i64::MIN..=i64::MAX, i64::MIN..=i64::MAX])
    }
}

impl Ranges {
    /// What both have in common.
    #[must_use]
    pub fn within(self, limits: [RangeInclusive<i64>; 2]) -> Self {
        let [first, second] = self.0;
        let [of_first, of_second] = limits;
        Self([common(&first, &of_first), common(&second, &of_second)])
    }

    /// The least keys; `None` if a range is empty.
    #[must_use]
    pub fn first(&self) -> Option<[i64; 2]> {
        let [first, second] = &self.0;
        let is_empty = first.is_empty() || second.is_empty();
        (!is_empty).then_some([*first.start(), *second.start()])
    }

    /// The keys that follow, if every pair of keys is a row.
    #[must_use]
    pub fn after(&self, keys: [i64; 2]) -> Option<[i64; 2]> {
        let [first, second] = &self.0;
        if keys[1] < *second.end() {
            Some([keys[0], keys[1] + 1])
        } else if keys[0] < *first.end() {
            Some([keys[0] + 1, *second.start()])
        } else {
            None
        }
    }
}

fn common(left: &RangeInclusive<i64>, right: &RangeInclusive<i64>) -> RangeInclusive<i64> {
    *left.start().max(right.start())..=*left.end().min(right.end())
}

/// Makes a table of a connection, in every statement that is prepared from now on. Nothing is
/// written to the database.
///
/// # Errors
/// SQLite does not accept the name.
pub fn attach<T: Table>(connection: &Connection, name: &str, table: T) -> rusqlite::Result<()> {
    connection.create_module(name, Attached::<T>::MODULE, Some(Arc::new(table)))
}

/// A table as SQLite knows it.
#[repr(C)]
struct Attached<T: Table> {
    /// What SQLite sees, at the start.
    base: sqlite3_vtab,
    table: Arc<T>,
}

impl<T: Table> Attached<T> {
    const MODULE: &'static Module<'static, Self> = &Module::eponymous_only_module();
}

#[expect(unsafe_code, reason = "the trait is unsafe to implement")]
// SAFETY: `VTab` asks for a `repr(C)` struct whose first member is the `sqlite3_vtab`, which
// `Attached` is. SQLite only follows a pointer to that member; rusqlite casts it back to the type
// that it made, and drops it once, in `xDisconnect`.
unsafe impl<'vtab, T: Table> VTab<'vtab> for Attached<T> {
    type Aux = Arc<T>;
    type Cursor = Cursor<T>;

    fn connect(
        db: &mut VTabConnection,
        aux: Option<&Arc<T>>,
        _module: &[u8],
        _database: &[u8],
        _table: &[u8],
        _arguments: &[&[u8]],
    ) -> rusqlite::Result<(Cow<'static, CStr>, Self)> {
        db.config(VTabConfig::Innocuous)?;
        let table = Arc::clone(aux.expect("`attach` always gives a table"));
        let columns: Vec<String> = table
            .columns()
            .iter()
            .map(|(name, sql_type)| format!("{name} {sql_type}"))
            .collect();
        let sql = CString::new(format!("CREATE TABLE x({})", columns.join(", ")))?;
        let base = sqlite3_vtab::default();
        Ok((Cow::Owned(sql), Self { base, table }))
    }

    fn best_index(&self, info: &mut IndexInfo) -> rusqlite::Result<bool> {
        plan::choose(&*self.table, info)?;
        Ok(true)
    }

    fn open(&'vtab mut self) -> rusqlite::Result<Cursor<T>> {
        Ok(Cursor::new(Arc::clone(&self.table)))
    }
}

#[cfg(test)]
mod tests;
