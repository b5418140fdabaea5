//! The keys that `scenario.toml` may have: every other is a problem of its own, with its place and
//! the key that was probably meant.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::nearest::nearest;

/// The keys of the document.
const TOP: &[&str] = &[
    "command",
    "description",
    "drop",
    "expect",
    "outputs",
    "pillars",
    "runtime",
    "snapshot",
    "snapshot_reason",
    "tags",
    "time_limit",
];

/// The keys of `[command]`.
const COMMAND: &[&str] = &["args", "env", "program", "stdin", "time_limit"];

/// The keys of each `[[outputs]]`.
const OUTPUT: &[&str] = &["format", "from", "keys", "name", "stage", "tick"];

/// Every unknown key, with its place in the text. A text that is no TOML has none.
pub(super) fn unknown(text: &str) -> Vec<(Range<usize>, String)> {
    let Ok(document) = DeTable::parse(text) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let document = document.get_ref();
    look(document, "the top level", TOP, &mut problems);
    if let Some(DeValue::Table(command)) = document.get("command").map(|value| value.get_ref()) {
        look(command, "[command]", COMMAND, &mut problems);
    }
    if let Some(DeValue::Array(outputs)) = document.get("outputs").map(|value| value.get_ref()) {
        for output in outputs {
            if let DeValue::Table(output) = output.get_ref() {
                look(output, "[[outputs]]", OUTPUT, &mut problems);
            }
        }
    }
    problems.sort_by_key(|(span, _)| span.start);
    problems
}

fn look(
    table: &DeTable<'_>,
    place: &str,
    known: &[&str],
    problems: &mut Vec<(Range<usize>, String)>,
) {
    for key in table.keys() {
        let name = key.get_ref().as_ref();
        if known.contains(&name) {
            continue;
        }
        let hint = match (nearest(name, known), elsewhere(name, known)) {
            (_, Some(other)) => format!("it belongs to {other}"),
            (Some(near), None) => format!("is `{near}` meant?"),
            (None, None) => format!("there are {}", known.join(", ")),
        };
        problems.push((key.span(), format!("{place} has no key `{name}`; {hint}")));
    }
}

/// Where else a key of that name stands.
fn elsewhere(name: &str, known: &[&str]) -> Option<&'static str> {
    [
        (TOP, "the top level, above every table"),
        (COMMAND, "[command]"),
        (OUTPUT, "[[outputs]]"),
    ]
    .into_iter()
    .find(|(keys, _)| *keys != known && keys.contains(&name))
    .map(|(_, place)| place)
}
