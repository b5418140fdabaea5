//! Reads edge lists of columns separated by white space.

use super::columns::{Columns, numbered};
use super::table::known_ends;
use super::{Code, Draft, Import, Span};

/// Reads one edge per line. Blank lines, and anything after `#` or `%`, are ignored, and so is a first
/// line with the usual names of the two columns.
pub(super) fn read(import: &mut Import<'_>) {
    let Some(mut columns) = columns(import) else {
        return;
    };
    let text = import.source.text();
    let mut is_size_line = text.starts_with("%%MatrixMarket");
    let mut is_first = !is_size_line;
    let mut start = 0;
    let mut widest = 0;
    let mut header: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let content = line
            .split(['#', '%'])
            .next()
            .expect("a split has a first part");
        let cells: Vec<&str> = content.split_ascii_whitespace().collect();
        if cells.is_empty() {
            continue;
        }
        if std::mem::take(&mut is_size_line) {
            size_line(import, &cells, span_of(at, content));
            continue;
        }
        if std::mem::take(&mut is_first) {
            let options = import.options;
            let is_named = options.from.is_some() || options.to.is_some();
            if let Some((from, to)) = known_ends(&cells).filter(|_| !is_named) {
                (columns.from, columns.to) = (from, to);
                header = cells.iter().map(|cell| (*cell).to_owned()).collect();
                continue;
            }
        }
        widest = widest.max(cells.len());
        let place = |column: usize| match cells.get(column) {
            // Cells are slices of the line, so their offset follows from their address.
            Some(cell) => {
                let from = at + (cell.as_ptr() as usize).wrapping_sub(content.as_ptr() as usize);
                Span::new(from, from + cell.len())
            }
            None => span_of(at, content),
        };
        if !import.line(&cells, columns, "", place) {
            return;
        }
    }
    let name = |column: usize| match header.get(column) {
        Some(name) => name.clone(),
        None => (column + 1).to_string(),
    };
    import.account(columns, (0..widest.max(header.len())).map(name));
}

fn span_of(at: usize, content: &str) -> Span {
    let blank = content.len() - content.trim_start().len();
    Span::new(at + blank, at + blank + content.trim().len())
}

/// The requested columns, which must be numbers here.
fn columns(import: &mut Import<'_>) -> Option<Columns> {
    let options = import.options;
    let mut good = true;
    let mut column = |option: &str, name: &Option<String>, otherwise: Option<usize>| {
        let Some(name) = name else { return otherwise };
        let number = numbered(name);
        if number.is_none() {
            good = false;
            let message = format!(
                "{option} is `{}`, and a list of lines has no header",
                name.escape_debug()
            );
            let draft = Draft::new(Code::EdgeColumn, Span::new(0, 0), message)
                .expected("a column number from 1")
                .help("write the number of the column, or add --as csv where there is a header");
            import.report(draft);
        }
        number
    };
    let from = column("--from", &options.from, Some(0));
    let to = column("--to", &options.to, Some(1));
    let conductance = column("--k-column", &options.conductance, None);
    let cap = column("--cap-column", &options.cap, None);
    let label = column("--label", &options.label, None);
    good.then_some(Columns {
        from: from?,
        to: to?,
        conductance,
        cap,
        label,
        comma: false,
    })
}

/// The size line of a Matrix Market file, with its numbers of rows, columns and entries.
fn size_line(import: &mut Import<'_>, cells: &[&str], span: Span) {
    let sizes: Vec<Option<i64>> = cells.iter().map(|cell| cell.parse().ok()).collect();
    match sizes.as_slice() {
        [Some(rows), Some(columns), Some(_)] if rows == columns && *rows >= 1 => {
            import.node_count = Some((*rows, span));
        }
        _ => {
            let message = "the size line of a Matrix Market file says rows, columns and entries";
            let draft = Draft::new(Code::EdgeLine, span, message)
                .expected("three integers, the first two equal")
                .help("a graph is a square matrix in coordinate form");
            import.report(draft);
        }
    }
}
