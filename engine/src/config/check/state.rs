//! Checks the initial state: a list in a document, or a CSV file.

use super::super::decode::{Decode as _, Int, List};
use super::super::problem::{Code, Draft, Problems};
use super::super::source::{Source, Span};
use super::super::tree::{Document, Value, shortened};
use super::Known;

/// A list of integers, one per node.
pub(crate) fn inline_state(
    document: &Document,
    list: &List<Int>,
    node_count: Option<Known<'_>>,
    problems: &mut Problems,
) -> Option<Vec<i64>> {
    let value = list.value(document);
    let values = integers(document, list, problems);
    check_length(value, list.len(), node_count, problems).then_some(())?;
    values
}

/// A document that consists of one list of integers.
pub(crate) fn json_state(
    document: &Document,
    node_count: Option<Known<'_>>,
    problems: &mut Problems,
) -> Option<Vec<i64>> {
    let list = List::<Int>::decode(document.root(), problems)?;
    inline_state(document, &list, node_count, problems)
}

/// A CSV file with one integer per line, under an optional header.
pub(crate) fn state_csv(
    source: &Source,
    node_count: Option<Known<'_>>,
    problems: &mut Problems,
) -> Option<Vec<i64>> {
    let before = problems.len();
    let mut values = Vec::new();
    let mut offset = 0;
    let mut is_first = true;
    for line in source.text().split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let cell = content.trim();
        let start = offset + (content.len() - content.trim_start().len());
        let span = Span::new(start, start + cell.len());
        offset += line.len();
        let is_header = is_first && cell.starts_with(|c: char| c.is_alphabetic() || c == '_');
        is_first = false;
        match cell.parse::<i64>() {
            Ok(value) if !cell.starts_with('+') => values.push(value),
            // A line end at the end of the file does not start another line, nor do blank lines
            // there.
            _ if cell.is_empty() && is_blank(source, offset) => {}
            _ if is_header && !cell.contains(',') => {}
            _ => {
                let shown = shortened(cell);
                let draft = match (cell.is_empty(), cell.contains([',', ';', '\t'])) {
                    (true, _) => Draft::new(Code::StateLine, span, "an empty line"),
                    (_, true) => Draft::new(
                        Code::StateLine,
                        span,
                        format!("`{shown}` is more than one column"),
                    ),
                    _ => Draft::new(
                        Code::StateLine,
                        span,
                        format!("`{shown}` is not a 64-bit integer"),
                    ),
                };
                problems.add(source, draft.expected("one integer on a line"));
                values.push(0);
            }
        }
    }
    let found = values.len() as u64;
    if let Some(known) = node_count.filter(|known| known.number != found) {
        let expected = known.number;
        let end = source.text().trim_end().len();
        let message = format!("the initial state has {found} integers for {expected} nodes");
        let draft = Draft::new(Code::StateLength, Span::new(end, end), message)
            .expected(format!("{expected} integers"))
            .help_if(difference(found, expected))
            .related(known.value, "the number of nodes");
        problems.add(source, draft);
    }
    (problems.len() == before).then_some(values)
}

/// Whether the rest is blank.
fn is_blank(source: &Source, offset: usize) -> bool {
    source
        .text()
        .get(offset..)
        .is_none_or(|rest| rest.trim().is_empty())
}

/// Reports a list that does not have one item per node.
fn check_length(
    value: Value<'_>,
    found: u64,
    node_count: Option<Known<'_>>,
    problems: &mut Problems,
) -> bool {
    let Some(known) = node_count.filter(|known| known.number != found) else {
        return true;
    };
    let expected = known.number;
    let message = format!("the initial state has {found} integers for {expected} nodes");
    let draft = Draft::on(value, Code::StateLength, message)
        .expected(format!("{expected} integers"))
        .help_if(difference(found, expected))
        .related(known.value, "the number of nodes");
    problems.add_on(value, draft);
    false
}

/// The help: how many items to add or remove.
pub(super) fn difference(found: u64, expected: u64) -> Option<String> {
    if found < expected {
        Some(format!("add {} more, one for each node", expected - found))
    } else {
        Some(format!(
            "remove {}: there is one for each node",
            found - expected
        ))
    }
}

/// The integers of a list; `None` if any is wrong.
pub(super) fn integers(
    document: &Document,
    list: &List<Int>,
    problems: &mut Problems,
) -> Option<Vec<i64>> {
    let length = usize::try_from(list.len()).expect("the items of a list are in memory");
    let mut values = Vec::with_capacity(length);
    let mut good = true;
    list.each(document, problems, |_, integer, _| match integer {
        Some(Int(value)) => values.push(value),
        None => good = false,
    });
    good.then_some(values)
}
