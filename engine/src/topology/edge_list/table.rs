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
    let delimiter = delimiter(text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .comment(Some(b'#'))
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let mut columns = None;
    // The text is UTF-8, and records may have different lengths, so no record can fail.
    while let Ok(true) = reader.read_record(&mut record) {
        let start = record
            .position()
            .expect("a record that was read has its position");
        let start = usize::try_from(start.byte()).expect("a position in a text that is in memory");
        let cells: Vec<&str> = record.iter().collect();
        let place = |column: usize| cell_span(text, start, delimiter, column);
        let Some(columns) = columns else {
            columns = columns_of(import, &cells, place);
            if columns.is_none() {
                return;
            }
            continue;
        };
        if !import.line(&cells, columns, "", place) {
            return;
        }
    }
}

/// The character that separates the columns of the header.
fn delimiter(text: &str) -> u8 {
    let header = text
        .lines()
        .find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    // A text without a header has no columns, so any separator will do.
    let Some(header) = header else { return b',' };
    let found = [b',', b';', b'\t']
        .into_iter()
        .find(|delimiter| header.contains(char::from(*delimiter)));
    found.unwrap_or(b',')
}

/// The columns of a header.
fn columns_of(
    import: &mut Import<'_>,
    header: &[&str],
    place: impl Fn(usize) -> Span,
) -> Option<Columns> {
    if header.iter().all(|cell| cell.parse::<i64>().is_ok()) {
        let draft = Draft::new(Code::EdgeColumn, place(0), "the first line is not a header")
            .expected("the names of the columns")
            .help("add a first line such as `from,to`");
        import.report(draft);
        return None;
    }
    let named = |name: &str| {
        header
            .iter()
            .position(|cell| cell.eq_ignore_ascii_case(name))
    };
    let options = import.options;
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
    let known = ENDS
        .iter()
        .find_map(|(from, to)| named(from).zip(named(to)));
    let known = known.or((header.len() == 2).then_some((0, 1)));
    let from = column("--from", &options.from, known.map(|(from, _)| from));
    let to = column("--to", &options.to, known.map(|(_, to)| to));
    let conductance = column("--k-column", &options.conductance, named("k"));
    let cap = column("--cap-column", &options.cap, named("cap"));
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
