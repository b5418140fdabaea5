//! Reads edge lists in CSV with a header.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::columns::{Columns, numbered};
use super::{Code, Draft, Import, Span};
use crate::config::{list_of, shortened};

/// The column names that public collections use for the two nodes of an edge.
const ENDS: [(&str, &str); 11] = [
    ("from", "to"),
    ("source", "target"),
    ("src", "dst"),
    ("i", "j"),
    ("u", "v"),
    ("start", "end"),
    ("tail", "head"),
    ("node1", "node2"),
    ("node_1", "node_2"),
    ("id1", "id2"),
    ("id_1", "id_2"),
];

/// Reads one edge per record; the first record is the header.
pub(super) fn read(import: &mut Import<'_>) {
    let text = import.source.text();
    let mut header: Option<(Columns, usize)> = None;
    let mut names = Vec::new();
    each(text, |row| {
        let cells = &row.cells;
        let place = |column: usize| row.place(column);
        let Some((columns, width)) = header else {
            let comma = row.delimiter != b',';
            let Some(columns) = columns_of(import, cells, comma, place) else {
                return false;
            };
            header = Some((columns, cells.len()));
            names = cells.iter().map(|cell| (*cell).to_owned()).collect();
            return true;
        };
        if cells.iter().skip(width).any(|cell| !cell.is_empty()) {
            let message = format!(
                "the line has {} columns and the header {width}",
                cells.len()
            );
            let draft = Draft::new(Code::EdgeLine, place(width), message)
                .expected(format!("{width} columns"))
                .help("put a cell that contains the separator in double quotes");
            import.report(draft);
            return true;
        }
        import.line(cells, columns, "", place)
    });
    if let Some((columns, _)) = header {
        let names = names.into_iter().enumerate();
        import.account(
            columns,
            names.map(|(index, name): (usize, String)| match name.as_str() {
                "" => (index + 1).to_string(),
                _ => name,
            }),
        );
    }
}

/// One record of a table.
pub(super) struct Row<'t> {
    pub(super) cells: Vec<&'t str>,
    pub(super) delimiter: u8,
    text: &'t str,
    start: usize,
}

impl Row<'_> {
    /// The span of a cell; of the whole record if it has no such cell.
    pub(super) fn place(&self, column: usize) -> Span {
        cell_span(self.text, self.start, self.delimiter, column)
    }
}

/// Visits the records of a table, the header first, until the visitor returns false.
pub(super) fn each(text: &str, mut visit: impl FnMut(Row<'_>) -> bool) {
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

/// Whether a text without a known format is a table: its first line has separators that are not white
/// space, or has tabs between the names of columns.
pub(super) fn is_table(text: &str, is_named: impl Fn(&[&str]) -> bool) -> bool {
    let Some(header) = first_line(text).filter(|_| !text.starts_with("%%MatrixMarket")) else {
        return false;
    };
    let cells: Vec<&str> = header.split('\t').map(str::trim).collect();
    header.contains([',', ';']) || (cells.len() > 1 && is_named(&cells))
}

/// Whether the first line of a text is numbers separated by white space, and so not a header.
pub(super) fn starts_with_numbers(text: &str) -> bool {
    first_line(text).is_some_and(|line| {
        let mut cells = line.split_whitespace();
        cells.all(|cell| cell.parse::<i64>().is_ok())
    })
}

fn first_line(text: &str) -> Option<&str> {
    let is_content = |line: &&str| !line.trim().is_empty() && !line.starts_with(['#', '%']);
    text.lines().find(is_content)
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

/// The columns of the two nodes, if the header names them as public collections do.
pub(super) fn known_ends(header: &[&str]) -> Option<(usize, usize)> {
    ENDS.iter()
        .find_map(|(from, to)| named(header, from).zip(named(header, to)))
}

pub(super) fn named(header: &[&str], name: &str) -> Option<usize> {
    header
        .iter()
        .position(|cell| cell.eq_ignore_ascii_case(name))
}

/// The columns of a header.
fn columns_of(
    import: &mut Import<'_>,
    header: &[&str],
    comma: bool,
    place: impl Fn(usize) -> Span,
) -> Option<Columns> {
    if header.iter().all(|cell| cell.parse::<i64>().is_ok()) {
        let draft = Draft::new(Code::EdgeColumn, place(0), "the first line is not a header")
            .expected("the names of the columns")
            .help("add a first line such as `from,to`");
        import.report(draft);
        return None;
    }
    let named = |name: &str| named(header, name);
    let options = import.options;
    let known = known_ends(header);
    if known.is_none() && header.len() == 2 && options.from.is_none() && options.to.is_none() {
        // Two columns can only be the nodes, unless this line is already an edge.
        import.guessed_header =
            Some((header.iter().map(|cell| (*cell).into()).collect(), place(0)));
    }
    let mut good = true;
    let mut column = |option: &str, name: &Option<String>, otherwise: Option<usize>| {
        let Some(name) = name else { return otherwise };
        let found = named(name).or_else(|| numbered(name).filter(|at| *at < header.len()));
        if found.is_none() {
            good = false;
            let message = format!("{option}: there is no column `{}`", name.escape_debug());
            import.report(no_column(message, header, &place));
        }
        found
    };
    let known = known.or((header.len() == 2).then_some((0, 1)));
    let from = column("--from", &options.from, known.map(|(from, _)| from));
    let to = column("--to", &options.to, known.map(|(_, to)| to));
    let conductance = column("--k-column", &options.conductance, named("k"));
    let cap = column("--cap-column", &options.cap, named("cap"));
    let label = column("--label", &options.label, None);
    if good && (from.is_none() || to.is_none()) {
        let message = "which columns are the two nodes does not follow from the header".to_owned();
        let draft = no_column(message, header, &place);
        import
            .report(draft.help("name them with --from and --to, or `from` and `to` in the header"));
    }
    good.then_some(())?;
    Some(Columns {
        from: from?,
        to: to?,
        conductance,
        cap,
        label,
        comma,
    })
}

fn no_column(message: String, header: &[&str], place: impl Fn(usize) -> Span) -> Draft {
    let (first, last) = (place(0), place(header.len().saturating_sub(1)));
    let span = Span::new(first.start(), last.end());
    let names: Vec<String> = header.iter().take(16).map(|name| shortened(name)).collect();
    let names = list_of(names.iter().map(String::as_str), "and");
    Draft::new(Code::EdgeColumn, span, message).help(format!("the columns are {names}"))
}

/// The span of a cell of the record that starts at a byte; the whole record if it has no such cell.
fn cell_span(text: &str, start: usize, delimiter: u8, column: usize) -> Span {
    let rest = text.get(start..).expect("a record starts in its text");
    let blank = rest.len() - rest.trim_start_matches(['\n', '\r']).len();
    let start = start + blank;
    let rest = &rest.as_bytes()[blank..];
    let (mut from, mut index, mut quoted) = (0, 0, false);
    for (at, byte) in rest.iter().chain(b"\n").enumerate() {
        quoted ^= *byte == b'"';
        let is_end = (*byte == b'\n' && !quoted) || at == rest.len();
        if !is_end && (*byte != delimiter || quoted) {
            continue;
        }
        if index == column {
            return trimmed(text, start + from, start + at);
        }
        if is_end {
            return trimmed(text, start, start + at);
        }
        (from, index) = (at + 1, index + 1);
    }
    Span::new(start, start)
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
