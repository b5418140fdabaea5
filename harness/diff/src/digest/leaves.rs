//! What is digested of a record, and when it is known.

use std::ops::Range;

use super::Part;
use crate::reading::Reading;
use crate::records;
use crate::spans::Spans;
use crate::steps;
use crate::tick::{Stamp, Tick};
use crate::{Artefact, Schema};
use aether_json::layout::{quoted, write_compact};
use aether_json::{Json, Parser, Tree};

/// A record, or a part of one.
pub(super) struct Leaf<'l> {
    /// The tick of the record.
    pub(super) record_tick: Option<&'l Tick>,
    /// The tick at which the part is known.
    pub(super) tick: Option<&'l Tick>,
    pub(super) part: Part,
    /// Its compact text.
    pub(super) text: &'l [u8],
    /// Where the whole record is in the text of the artefact; `None` if the artefact is not an array.
    pub(super) record: Option<Range<usize>>,
}

/// Calls `found` for every part of every record of an artefact, in the order of the artefact. An artefact that
/// is not an array is one record.
pub(super) fn each(artefact: &Artefact, schema: &Schema, found: &mut dyn FnMut(Leaf<'_>)) {
    let listed = schema.artefact(artefact.name());
    let listed = listed.cloned().unwrap_or_default();
    let reading = Reading::of(&listed, artefact.name());
    let has_late = !listed.late_fields.is_empty();
    let spans = Spans::of(if has_late { &schema.spans } else { &[] });
    let tick_steps = listed
        .tick
        .as_deref()
        .map_or_else(Vec::new, steps::quoted_steps);
    let text = String::from_utf8_lossy(artefact.text());
    let whole;
    let (all, is_array) = match records::all(&text) {
        Some(records) => (records, true),
        None => {
            whole = Json::from_raw(text.trim_ascii());
            (vec![whole.as_str()], false)
        }
    };
    let mut start = text.find('\n').map_or(0, |end| end + 1);
    let mut tick: Option<Tick> = None;
    for record in all {
        // Each record is a line that ends in a comma, but for the last.
        let place = is_array.then(|| start..start + record.len());
        start += record.len() + ",\n".len();
        let stamp = match tick_steps.is_empty() {
            true => None,
            false => steps::find(record, &tick_steps).and_then(Stamp::read),
        };
        let is_same = match (&tick, stamp.and_then(Stamp::raw)) {
            (Some(tick), Some(raw)) => tick.as_json() == raw,
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            tick = stamp.and_then(Stamp::tick);
        }
        let mut leaf = |at: Option<&Tick>, part, text: &[u8]| {
            found(Leaf {
                record_tick: tick.as_ref(),
                tick: at,
                part,
                text,
                record: place.clone(),
            });
        };
        let parts = if has_late {
            Parser::document(record)
                .ok()
                .map(|tree| split(tree, &reading))
        } else {
            None
        };
        let Some((rest, late)) = parts else {
            leaf(tick.as_ref(), Part::Records, record.as_bytes());
            continue;
        };
        let end = stamp.and_then(Stamp::as_u64).map(|tick| spans.end_of(tick));
        let at_end = end.map(Tick::from).or_else(|| tick.clone());
        for (tree, tick, part) in [(rest, &tick, Part::Records), (late, &at_end, Part::Late)] {
            if let Some(tree) = tree {
                let mut text = Vec::new();
                write_compact(&tree, &mut text);
                leaf(tick.as_ref(), part, &text);
            }
        }
    }
}

/// Parts a record into what is known at its tick and what is known late.
fn split<'t>(tree: Tree<'t>, reading: &Reading) -> (Option<Tree<'t>>, Option<Tree<'t>>) {
    if reading.late {
        return (None, Some(tree));
    }
    match tree {
        Tree::Object(members) => {
            let (mut rest, mut late) = (Vec::new(), Vec::new());
            for (key, value) in members {
                let (now, then) = split(value, reading.member(&quoted(&key)));
                rest.extend(now.map(|value| (key.clone(), value)));
                late.extend(then.map(|value| (key, value)));
            }
            let late = (!late.is_empty()).then_some(Tree::Object(late));
            (Some(Tree::Object(rest)), late)
        }
        Tree::Array(elements) => {
            let (mut rest, mut late) = (Vec::new(), Vec::new());
            for element in elements {
                let (now, then) = split(element, reading);
                rest.push(now.unwrap_or(Tree::Atom("null")));
                late.push(then);
            }
            let late = late.iter().any(Option::is_some).then(|| {
                let parts = late
                    .into_iter()
                    .map(|part| part.unwrap_or(Tree::Atom("null")));
                Tree::Array(parts.collect())
            });
            (Some(Tree::Array(rest)), late)
        }
        scalar => (Some(scalar), None),
    }
}
