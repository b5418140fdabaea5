//! Reads tables: CSV with a header, columns separated by commas, semicolons or tabs.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::source::Span;

/// One record of a table.
pub(crate) struct Row<'t> {
    pub(crate) cells: Vec<&'t str>,
    pub(crate) delimiter: u8,
    text: &'t str,
    start: usize,
}

impl Row<'_> {
    /// The span of a cell; of the whole record if it has no such cell.
    pub(crate) fn place(&self, column: usize) -> Span {
        cell_span(self.text, self.start, self.delimiter, column)
    }
}

impl Row<'_> {
    /// The span of each cell, found in one pass.
    pub(crate) fn places(&self) -> Vec<Span> {
        let mut places = Vec::with_capacity(self.cells.len());
        let mut whole = Span::new(self.start, self.start);
        visit_cells(self.text, self.start, self.delimiter, |span, record| {
            places.push(span);
            whole = record;
            true
        });
        // A quote inside a cell that is not quoted may hide where the next cell begins.
        places.resize(self.cells.len(), whole);
        places
    }
}

/// Visits the records of a table, the header first, until the visitor returns false.
pub(crate) fn each_row(text: &str, mut visit: impl FnMut(Row<'_>) -> bool) {
    let delimiter = delimiter(text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .comment(Some(b'#'))
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    // The text is UTF-8, and records may have different lengths, so no record can fail.
    while let Ok(true) = reader.read_record(&mut record) {
        let start = record
            .position()
            .expect("a record that was read has its position");
        let start = usize::try_from(start.byte()).expect("a position in a text that is in memory");
        let row = Row {
            cells: record.iter().collect(),
            delimiter,
            text,
            start,
        };
        if !visit(row) {
            return;
        }
    }
}

/// The character that separates the columns of the header: of comma, semicolon and tab the one that
/// occurs most often outside quotes.
fn delimiter(text: &str) -> u8 {
    let header = text
        .lines()
        .find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    // A text without a header has no columns, so any separator will do.
    let header = header.unwrap_or_default();
    let mut is_quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in header.bytes() {
        is_quoted ^= byte == b'"';
        for (delimiter, count) in &mut counts {
            *count += usize::from(!is_quoted && byte == *delimiter);
        }
    }
    // Of equals the first.
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    most.map_or(b',', |(delimiter, _)| delimiter)
}

/// The span of a cell of the record that starts at a byte; the whole record if it has no such cell.
fn cell_span(text: &str, start: usize, delimiter: u8, column: usize) -> Span {
    let (mut index, mut found, mut whole) = (0, None, Span::new(start, start));
    visit_cells(text, start, delimiter, |span, record| {
        found = (index == column).then_some(span);
        whole = record;
        index += 1;
        found.is_none()
    });
    found.unwrap_or(whole)
}

/// Visits the spans of the cells of a record, each with that of the record up to it, until the visitor
/// returns false.
fn visit_cells(text: &str, start: usize, delimiter: u8, mut visit: impl FnMut(Span, Span) -> bool) {
    let rest = text.get(start..).expect("a record starts in its text");
    let blank = rest.len() - rest.trim_start_matches(['\n', '\r']).len();
    let start = start + blank;
    let rest = &rest.as_bytes()[blank..];
    let (mut from, mut quoted) = (0, false);
    for (at, byte) in rest.iter().chain(b"\n").enumerate() {
        quoted ^= *byte == b'"';
        let is_end = (*byte == b'\n' && !quoted) || at == rest.len();
        if !is_end && (*byte != delimiter || quoted) {
            continue;
        }
        let cell = trimmed(text, start + from, start + at);
        let is_over = is_end || !visit(cell, Span::new(start, start));
        if is_end {
            visit(cell, trimmed(text, start, start + at));
        }
        if is_over {
            return;
        }
        from = at + 1;
    }
}

/// A span without the white space around its text.
fn trimmed(text: &str, start: usize, end: usize) -> Span {
    let cell = text.get(start..end).expect("a cell is in its text");
    let blank = cell.len() - cell.trim_start().len();
    let from = if cell.trim().is_empty() {
        start
    } else {
        start + blank
    };
    Span::new(from, from + cell.trim().len())
}
