//! [`Cells`]: the rows of a CSV table, cell by cell.
//!
//! Numbers are most of what a run holds and never need quotes, so they go straight into the row;
//! the csv crate spells every text that needs quotes.

use std::io::{self, Write};

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
        let mut digits = itoa::Buffer::new();
        self.plain(digits.format(number));
    }

    pub(super) fn id(&mut self, id: u64) {
        let mut digits = itoa::Buffer::new();
        self.plain(digits.format(id));
    }

    /// Adds text that needs no quotes: one cell, or several with commas between them.
    pub(super) fn plain(&mut self, cells: &str) {
        looks_at(cells.len() + 1);
        self.row.extend_from_slice(cells.as_bytes());
        self.row.push(b',');
    }

    pub(super) fn text(&mut self, text: &str) {
        looks_at(text.len());
        if text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
            self.plain(&quoted(text));
        } else {
            self.plain(text);
        }
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
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let written = writer.write_record([text]);
    written.expect("a vector takes every byte");
    let mut cell = writer.into_inner().expect("a vector takes every byte");
    // The end of the row.
    cell.pop();
    String::from_utf8(cell).expect("quotes are added to UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The csv crate reads back what was written.
    #[test]
    fn every_text_reads_back() {
        let texts = ["a", "a,b", "\"", "a\nb", "\r", " a ", "é", "[{\"a\":1}]", "a;b\tc"];
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
        let numbers = ["-9223372036854775808", "18446744073709551615", "1", "-2", "", ""];
        let expected: Vec<&str> = texts.into_iter().chain(numbers).collect();
        assert_eq!(row.iter().collect::<Vec<_>>(), expected);
    }
}
