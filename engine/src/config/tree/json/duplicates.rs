//! Finds duplicate keys of objects.

use super::super::super::limits::PROBLEMS_PER_DOCUMENT_MAX;
use super::super::super::problem::{Code, Draft};
use super::super::{Document, Kind, Value, shortened};

/// A problem for each key that its object already has.
pub(super) fn duplicates(document: &Document) -> Vec<Draft> {
    let mut problems = Vec::new();
    let mut keys: Vec<(&str, Value<'_>)> = Vec::new();
    for index in 0..document.len() {
        // Enough to fill a report; more would only use memory.
        if problems.len() > PROBLEMS_PER_DOCUMENT_MAX {
            break;
        }
        let object = Value { document, index };
        if object.kind() != Kind::Object {
            continue;
        }
        keys.clear();
        keys.extend(object.children().map(|child| {
            (
                child.key().expect("the values of an object have keys"),
                child,
            )
        }));
        // In small objects, which are the most common, keys are compared pair by pair.
        if keys.len() > 12 {
            keys.sort_by_key(|(key, value)| (*key, value.index));
            for pair in keys.windows(2) {
                if let [(first, earlier), (second, later)] = pair
                    && first == second
                    && problems.len() <= PROBLEMS_PER_DOCUMENT_MAX
                {
                    problems.push(duplicate(*earlier, *later));
                }
            }
        } else {
            for (position, (key, later)) in keys.iter().enumerate() {
                let mut earlier = keys.iter().take(position);
                if let Some((_, earlier)) = earlier.find(|(other, _)| other == key) {
                    problems.push(duplicate(*earlier, *later));
                }
            }
        }
    }
    problems
}

fn duplicate(earlier: Value<'_>, later: Value<'_>) -> Draft {
    const KEYED: &str = "duplicate keys are keys";
    let key = shortened(later.key().expect(KEYED));
    let span = earlier.key_span().expect(KEYED);
    Draft::on_key(later, Code::DuplicateKey, format!("duplicate key `{key}`")).related_at(
        later.document().source(),
        span,
        "first defined here",
    )
}
