//! Converts records to rows. Writing and verifying share this definition.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

use super::row_counts::RowCounts;
use crate::canonical::Encoded;
use crate::record::{Cell, KINDS, Record, RecordKind, RowContext};

/// A table of records, with the statements that write and read its rows.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) kind: RecordKind,
    pub(super) name: &'static str,
    pub(super) columns: Vec<&'static str>,
    pub(super) insert: String,
    /// One row, by its key.
    pub(super) select: String,
}

static TABLES: LazyLock<Vec<Table>> =
    LazyLock::new(|| RecordKind::ALL.into_iter().map(Table::of).collect());

impl Table {
    fn of(kind: RecordKind) -> Self {
        let name = kind.name();
        let columns: Vec<&str> = kind.columns().iter().map(|(column, _)| *column).collect();
        let places: Vec<String> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
        Self {
            kind,
            name,
            insert: format!("INSERT INTO {name} VALUES ({})", places.join(", ")),
            select: format!("SELECT * FROM {name} WHERE {} = ?1", columns[0]),
            columns,
        }
    }
}

/// One row: its table, and its values in column order; the first is the key.
pub(super) struct Row<'r> {
    pub(super) table: &'static Table,
    cells: Vec<Cell<'r>>,
}

/// The last row of each table, and the manifests of the open window.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    last: [u64; KINDS.len()],
    has_grammar: bool,
    open_manifests: BTreeMap<String, u64>,
}

impl Places {
    /// The places of a run before its first record.
    pub(super) fn start(has_grammar: bool) -> Self {
        Self {
            has_grammar,
            ..Self::default()
        }
    }

    /// How many rows there are.
    pub(super) fn counts(&self) -> RowCounts {
        RowCounts::new(self.last, self.has_grammar)
    }

    /// Ends the window; no later record refers to its manifests.
    pub(super) fn close_window(&mut self) {
        self.open_manifests.clear();
    }

    /// The row of a record, which is the next row of its table.
    pub(super) fn row<'r>(&mut self, record: &Record<'r>, encoded: Encoded<'r>) -> Row<'r> {
        let kind = record.kind();
        let number = self.last[kind as usize] + 1;
        self.last[kind as usize] = number;
        let window_manifest = match record {
            Record::Manifest(manifest) => {
                let window_id = manifest.window_id.clone();
                self.open_manifests.insert(window_id, number);
                Some(number)
            }
            Record::Scene(scene) => self.open_manifests.get(&scene.window_id).copied(),
            _ => None,
        };
        Row {
            table: &TABLES[kind as usize],
            cells: record.cells(RowContext {
                number,
                window_manifest,
                encoded,
            }),
        }
    }
}

impl Row<'_> {
    /// The values, in column order.
    pub(super) fn values(&self) -> impl Iterator<Item = ValueRef<'_>> {
        self.cells.iter().map(value)
    }

    /// The key: a tick, or the number within the table.
    pub(super) fn key(&self) -> i64 {
        match self.cells.first() {
            Some(Cell::Integer(key)) => *key,
            _ => unreachable!("the first column of a record's table is its key, a number"),
        }
    }

    /// The name of the first column in which a stored row differs; `None` if it does not.
    pub(super) fn differing_column(
        &self,
        stored: &rusqlite::Row<'_>,
    ) -> rusqlite::Result<Option<&'static str>> {
        for (index, (cell, column)) in self.cells.iter().zip(&self.table.columns).enumerate() {
            if value(cell) != stored.get_ref(index)? {
                return Ok(Some(column));
            }
        }
        Ok(None)
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(value(self)))
    }
}

/// A cell as an SQLite value; canonical text is UTF-8.
fn value<'v>(cell: &'v Cell<'_>) -> ValueRef<'v> {
    match cell {
        Cell::Null => ValueRef::Null,
        Cell::Integer(number) => ValueRef::Integer(*number),
        Cell::Text(text) => ValueRef::Text(text.as_bytes()),
        Cell::OwnedText(text) => ValueRef::Text(text.as_bytes()),
        Cell::Json(text) => ValueRef::Text(text),
        Cell::Hash(hash) => ValueRef::Blob(hash.as_bytes()),
    }
}
