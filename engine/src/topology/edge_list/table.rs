//! Reads edge lists in CSV with a header.

use super::columns::{Columns, numbered};
use super::{Code, Draft, Import, Span};
use crate::config::{each_row, list_of, shortened};

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
    each_row(text, |row| {
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
