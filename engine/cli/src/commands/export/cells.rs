//! [`Cells`]: the rows of a CSV table, cell by cell.
//!
//! Most of a table is numbers, and most of its texts are JSON in quotes, so cells are written straight
//! into the row.

use std::io::{self, Write};

use aether_engine::canonical::{push_count, push_integer};
use aether_engine::record::EdgeFluxSummary;

use super::work::looks_at;

/// A row of a CSV table while its cells are added.
///
/// ```text
/// number(3), text("a,b"), plain("1,2"), empty(1)   gives   3,"a,b",1,2,
/// ```
#[derive(Default)]
pub(super) struct Cells {
    /// Every cell, each with a comma after it.
    row: Vec<u8>,
}

impl Cells {
    pub(super) fn number(&mut self, number: i64) {
        push_integer(&mut self.row, number);
        self.row.push(b',');
        looks_at(1);
    }

    pub(super) fn id(&mut self, id: u64) {
        push_count(&mut self.row, id);
        self.row.push(b',');
        looks_at(1);
    }

    /// Adds text that needs no quotes: one cell, or several with commas between them.
    pub(super) fn plain(&mut self, cells: &str) {
        looks_at(cells.len() + 1);
        self.row.extend_from_slice(cells.as_bytes());
        self.row.push(b',');
    }

    pub(super) fn text(&mut self, text: &str) {
        looks_at(2 * text.len() + 1);
        push_quoted(&mut self.row, text);
        self.row.push(b',');
    }

    /// Adds the fluxes of edges as one cell of JSON: `[{"e_id":1,"f_e":-3}]`, in quotes.
    pub(super) fn fluxes(&mut self, fluxes: impl Iterator<Item = EdgeFluxSummary>) {
        self.row.extend_from_slice(b"\"[");
        for (place, flux) in fluxes.enumerate() {
            if place > 0 {
                self.row.push(b',');
            }
            self.row.extend_from_slice(b"{\"\"e_id\"\":");
            push_count(&mut self.row, flux.e_id);
            self.row.extend_from_slice(b",\"\"f_e\"\":");
            push_integer(&mut self.row, flux.f_e);
            self.row.push(b'}');
            looks_at(1);
        }
        self.row.extend_from_slice(b"]\",");
    }

    /// Adds cells without a value.
    pub(super) fn empty(&mut self, count: usize) {
        looks_at(count);
        self.row.extend(std::iter::repeat_n(b',', count));
    }

    /// Ends the row and writes it.
    pub(super) fn end(&mut self, sink: &mut dyn Write) -> io::Result<()> {
        let last = self.row.last_mut().expect("a table has columns");
        *last = b'\n';
        sink.write_all(&self.row)?;
        self.row.clear();
        Ok(())
    }
}

/// A text as one cell, in quotes if it needs them.
pub(super) fn quoted(text: &str) -> String {
    let mut cell = Vec::new();
    push_quoted(&mut cell, text);
    String::from_utf8(cell).expect("quotes are added to UTF-8")
}

/// Appends a text as RFC 4180 spells it: in quotes if it has a comma, a quote or a line end, and then
/// with every quote twice.
fn push_quoted(row: &mut Vec<u8>, text: &str) {
    let needs_quotes = |byte: u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    if !text.bytes().any(needs_quotes) {
        row.extend_from_slice(text.as_bytes());
        return;
    }
    // JSON has a quote every few bytes: each byte is written with a quote after it, which the next byte
    // replaces unless the byte was a quote itself.
    let start = row.len();
    row.resize(start + 2 * text.len() + 2, 0);
    let place = &mut row[start..];
    place[0] = b'"';
    let mut end = 1;
    for &byte in text.as_bytes() {
        place[end..end + 2].copy_from_slice(&[byte, b'"']);
        end += 1 + usize::from(byte == b'"');
    }
    place[end] = b'"';
    row.truncate(start + end + 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An independent reader reads back what was written.
    #[test]
    fn every_text_reads_back() {
        let texts = [
            "a",
            "a,b",
            "\"",
            "a\nb",
            "\r",
            " a ",
            "é",
            "[{\"a\":1}]",
            "a;b\tc",
        ];
        let mut cells = Cells::default();
        let mut bytes = Vec::new();
        for text in texts {
            cells.text(text);
        }
        cells.number(i64::MIN);
        cells.id(u64::MAX);
        cells.plain("1,-2");
        cells.empty(2);
        cells.end(&mut bytes).unwrap();
        let mut reader = csv::ReaderBuilder::new();
        let mut reader = reader.has_headers(false).from_reader(&*bytes);
        let row = reader.records().next().unwrap().unwrap();
        let numbers = [
            "-9223372036854775808",
            "18446744073709551615",
            "1",
            "-2",
            "",
            "",
        ];
        let expected: Vec<&str> = texts.into_iter().chain(numbers).collect();
        assert_eq!(row.iter().collect::<Vec<_>>(), expected);
    }
}
