//! Reads the file of `--names`: one node per row, its name in the first column, and attributes in
//! the further ones.

use std::collections::BTreeMap;

use super::ends::{End, Ends};
use super::{Code, Draft, Problems, Source, Span};
use crate::config::{Row, each_row, shortened};
use crate::topology::document::{Attr, Attrs};

/// The nodes of a file, in its order.
pub(super) struct Nodes {
    pub(super) rows: Vec<(End, Attrs)>,
    /// The file, for messages.
    pub(super) path: String,
    /// The columns that became attributes.
    pub(super) columns: Vec<String>,
}

/// Reads the nodes; problems are those of their file.
pub(super) fn read(source: &Source, ends: &mut Ends, problems: &mut Problems) -> Nodes {
    let mut header: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    let mut seen: BTreeMap<End, Span> = BTreeMap::new();
    each_row(source.text(), |row| {
        let Some(header) = &header else {
            header = Some(columns(source, &row, problems));
            return true;
        };
        let place = row.place(0);
        let name = row.cells[0];
        if name.is_empty() {
            let draft = Draft::new(Code::EdgeLine, place, "the name of the node is missing")
                .expected("a name")
                .help("write the name of the node in the first column");
            problems.add(source, draft);
            return true;
        }
        if row.cells.len() > header.len() {
            let message = format!(
                "the row has {} columns and the header {}",
                row.cells.len(),
                header.len()
            );
            let draft = Draft::new(Code::EdgeLine, row.place(header.len()), message)
                .help("put a cell that contains the separator in double quotes");
            problems.add(source, draft);
            return true;
        }
        // The places of names in this file are not those of the edge list.
        let end = ends.read(name, Span::new(0, 0));
        if let Some(first) = seen.get(&end) {
            let message = format!("node `{}` is listed twice", shortened(name));
            let draft = Draft::new(Code::EdgeLine, place, message)
                .help("keep one of the rows")
                .related_at(source, *first, "first listed here");
            problems.add(source, draft);
            return true;
        }
        seen.insert(end, place);
        let attrs = header.iter().zip(&row.cells).skip(1);
        let attrs = attrs.filter(|(key, cell)| !key.is_empty() && !cell.is_empty());
        let attrs = attrs.map(|(key, cell)| (key.clone(), Attr::of(cell)));
        rows.push((end, Attrs(attrs.collect())));
        true
    });
    let columns = header.unwrap_or_default();
    Nodes {
        rows,
        path: source.path().to_owned(),
        columns: columns
            .into_iter()
            .skip(1)
            .filter(|key| !key.is_empty())
            .collect(),
    }
}

/// The names of the columns; each may occur once.
fn columns(source: &Source, row: &Row<'_>, problems: &mut Problems) -> Vec<String> {
    for (index, cell) in row.cells.iter().enumerate() {
        if index > 0 && !cell.is_empty() && row.cells[..index].contains(cell) {
            let message = format!("two columns are named `{}`", shortened(cell));
            let draft = Draft::new(Code::EdgeColumn, row.place(index), message)
                .help("give each column its own name");
            problems.add(source, draft);
        }
    }
    row.cells.iter().map(|cell| (*cell).to_owned()).collect()
}
