//! What a window of the grammar is made of, in words.

use aether_engine::record::AeonView;

/// Most sources and spans that are named; more are counted.
const NAMED: usize = 12;

/// `a base window`, or `sum of week1, week2`.
pub(crate) fn made(view: &AeonView) -> String {
    match view.aggregation {
        None => "a base window".to_owned(),
        Some(aggregation) => {
            let sources = view.source_ids.iter().cloned();
            format!("{} of {}", aggregation.name(), first(sources, "windows"))
        }
    }
}

/// The number of ticks, and which: `72: 1 to 56, 21 to 28, 49 to 56`.
pub(crate) fn ticks(view: &AeonView) -> String {
    let spans = view.spans.iter().map(|[first, last]| match first == last {
        true => first.to_string(),
        false => format!("{first} to {last}"),
    });
    format!("{}: {}", view.ticks, first(spans, "spans"))
}

fn first(texts: impl ExactSizeIterator<Item = String>, what: &str) -> String {
    let left = texts.len().saturating_sub(NAMED);
    let named = texts.take(NAMED).collect::<Vec<_>>().join(", ");
    match left {
        0 => named,
        left => format!("{named} and {left} more {what}"),
    }
}
