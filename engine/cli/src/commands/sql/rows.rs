//! The rows that a query gives, as text, CSV or JSON, written while they are read.

use std::io::{self, Read, Seek, Write};

use aether_json::layout::quoted;
use rusqlite::types::ValueRef;
use unicode_width::UnicodeWidthStr as _;

use crate::exit::Failure;

/// The columns of a query and its rows.
pub(super) struct Found<'s> {
    columns: Vec<String>,
    rows: rusqlite::Rows<'s>,
}

/// Why writing ended before the last row.
pub(super) enum Stopped {
    Query(rusqlite::Error),
    Write(io::Error),
}

impl From<rusqlite::Error> for Stopped {
    fn from(error: rusqlite::Error) -> Self {
        Self::Query(error)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

impl<'s> Found<'s> {
    pub(super) const fn new(columns: Vec<String>, rows: rusqlite::Rows<'s>) -> Self {
        Self { columns, rows }
    }
}

/// Writes {columns, rows}, a row per line.
pub(super) fn json(found: &mut Found<'_>, sink: &mut dyn Write) -> Result<(), Stopped> {
    let columns: Vec<String> = found.columns.iter().map(|name| quoted(name)).collect();
    write!(sink, "{{\"columns\":[{}],\"rows\":[", columns.join(","))?;
    let mut separator = "\n";
    while let Some(row) = found.rows.next()? {
        write!(sink, "{separator}[")?;
        separator = ",\n";
        for column in 0..columns.len() {
            let comma = if column == 0 { "" } else { "," };
            match row.get_ref(column)? {
                ValueRef::Null => write!(sink, "{comma}null")?,
                ValueRef::Integer(number) => write!(sink, "{comma}{number}")?,
                ValueRef::Real(number) => write!(sink, "{comma}{}", real(number))?,
                ValueRef::Text(text) => {
                    write!(sink, "{comma}{}", quoted(&String::from_utf8_lossy(text)))?;
                }
                ValueRef::Blob(bytes) => write!(sink, "{comma}\"{}\"", hex(bytes))?,
            }
        }
        sink.write_all(b"]")?;
    }
    Ok(writeln!(sink, "\n]}}")?)
}

/// Writes a table with a header. NULL is an empty cell.
pub(super) fn csv(found: &mut Found<'_>, sink: &mut dyn Write) -> Result<(), Stopped> {
    let failed = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => Stopped::Write(error),
        other => unreachable!("every row has a cell per column: {other:?}"),
    };
    let mut table = csv::Writer::from_writer(sink);
    table.write_record(&found.columns).map_err(failed)?;
    let mut cells = Vec::with_capacity(found.columns.len());
    while let Some(row) = found.rows.next()? {
        cells.clear();
        for column in 0..found.columns.len() {
            cells.push(match row.get_ref(column)? {
                ValueRef::Null => String::new(),
                value => plain(value),
            });
        }
        table.write_record(&cells).map_err(failed)?;
    }
    Ok(table.flush()?)
}

/// The rows after which the widths of columns are set.
const SAMPLE: usize = 1_000;
/// The greatest width of a column; a longer value moves what follows it.
const WIDTH_MAX: usize = 66;

/// Writes a table for people.
pub(super) fn text(found: &mut Found<'_>, sink: &mut dyn Write) -> Result<(), Stopped> {
    let mut table = Columns::new(&found.columns);
    let mut sample = Vec::new();
    let mut cells = Vec::new();
    let mut count = 0;
    loop {
        let row = found.rows.next()?;
        let is_last = row.is_none();
        if let Some(row) = row {
            count += 1;
            cells.clear();
            for column in 0..found.columns.len() {
                let value = row.get_ref(column)?;
                let is_number = matches!(value, ValueRef::Integer(_) | ValueRef::Real(_));
                cells.push((visible(&plain(value)), is_number));
            }
        }
        if count <= SAMPLE && !is_last {
            table.see(&cells);
            sample.push(cells.clone());
            continue;
        }
        if count <= SAMPLE || count == SAMPLE + 1 && !is_last {
            table.begin(sink)?;
            for cells in sample.drain(..) {
                table.row(&cells, sink)?;
            }
        }
        if is_last {
            return Ok(());
        }
        table.row(&cells, sink)?;
    }
}

/// The columns of a table for people: numbers to the right, text to the left.
struct Columns<'c> {
    names: &'c [String],
    widths: Vec<usize>,
    is_text: Vec<bool>,
}

/// A cell, and whether it is a number.
type Cell = (String, bool);

impl<'c> Columns<'c> {
    fn new(names: &'c [String]) -> Self {
        let widths = names.iter().map(|name| name.width().min(WIDTH_MAX));
        Self {
            names,
            widths: widths.collect(),
            is_text: vec![false; names.len()],
        }
    }

    fn see(&mut self, cells: &[Cell]) {
        for (column, (text, is_number)) in cells.iter().enumerate() {
            self.widths[column] = self.widths[column].max(text.width().min(WIDTH_MAX));
            self.is_text[column] |= !is_number && text != NULL;
        }
    }

    fn begin(&self, sink: &mut dyn Write) -> io::Result<()> {
        let names: Vec<Cell> = self
            .names
            .iter()
            .map(|name| (visible(name), true))
            .collect();
        self.row(&names, sink)?;
        let rule = |width: &usize| ("─".repeat(*width), true);
        self.row(&self.widths.iter().map(rule).collect::<Vec<_>>(), sink)
    }

    fn row(&self, cells: &[Cell], sink: &mut dyn Write) -> io::Result<()> {
        let mut line = String::new();
        for (column, (text, _)) in cells.iter().enumerate() {
            let space = " ".repeat(self.widths[column].saturating_sub(text.width()));
            if column > 0 {
                line.push_str("  ");
            }
            if self.is_text[column] {
                line.push_str(text);
                line.push_str(&space);
            } else {
                line.push_str(&space);
                line.push_str(text);
            }
        }
        writeln!(sink, "{}", line.trim_end())
    }
}

const NULL: &str = "NULL";

/// A value as people read it; bytes are in hex, as hashes are written elsewhere.
fn plain(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => NULL.to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => real(number),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => hex(bytes),
    }
}

/// Text on one line, without what a terminal would obey.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A real number as JSON. SQLite has infinity, which JSON has not: `9e999` reads back as it.
fn real(number: f64) -> String {
    if number.is_finite() {
        format!("{number:?}")
    } else if number > 0.0 {
        "9e999".to_owned()
    } else {
        "-9e999".to_owned()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Copies what was written before.
pub(super) fn copy(spool: &mut (impl Read + Seek), sink: &mut dyn Write) -> Result<(), Failure> {
    spool.rewind()?;
    io::copy(spool, sink)?;
    Ok(())
}
