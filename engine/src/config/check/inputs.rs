//! External inputs: the entries of a PFNA document.

use std::collections::BTreeMap;

use super::super::decode::{Int, Name};
use super::super::defaults::PFNA_VERSION;
use super::super::documents::PfnaDocument;
use super::super::limits::PFNA_ENTRIES_MAX;
use super::super::plan::InputEntry;
use super::super::problem::{Code, Draft, Problems};
use super::super::tree::{Document, Value};
use super::state::{difference, integers, sort_entries};
use super::{Known, count, field_or, over_limit, run, value_at};

/// Checks the entries against N and T, if those are known, and returns them in the order in which
/// they are applied.
pub(crate) fn inputs(
    document: &Document,
    content: &PfnaDocument,
    node_count: Option<Known<'_>>,
    ticks: Option<Known<'_>>,
    problems: &mut Problems,
) -> Option<Vec<InputEntry>> {
    let before = problems.len();
    run::version(
        value_at(document, content.places.v),
        content.v.get().copied(),
        PFNA_VERSION,
        "PFNA",
        problems,
    );
    let list = content.entries.get()?;
    if list.len() > PFNA_ENTRIES_MAX {
        over_limit(
            list.value(document),
            "entries",
            list.len(),
            PFNA_ENTRIES_MAX,
            problems,
        );
        return None;
    }
    let mut entries = Vec::new();
    let mut seen: BTreeMap<(i64, String), Value<'_>> = BTreeMap::new();
    list.each(document, problems, |value, entry, problems| {
        let Some(entry) = entry else { return };
        let tick = entry.tick.get().map(|Int(tick)| *tick);
        let id = entry.pfna_id.get().map(|Name(id)| id.clone());
        if let Some(tick) = tick {
            tick_of_run(field_or(value, entry.places.tick), tick, ticks, problems);
        }
        if let (Some(tick), Some(id)) = (tick, &id) {
            let at = field_or(value, entry.places.pfna_id);
            let key = (tick, id.clone());
            if let Some(first) = seen.get(&key) {
                let message = format!("`{id}` is given twice for tick {tick}");
                let draft = Draft::on(at, Code::DuplicateInput, message);
                problems.add_on(at, draft.related(*first, "first given here"));
            } else {
                seen.insert(key, at);
            }
        }
        let Some(list) = entry.values.get() else {
            return;
        };
        let (values, found) = (list.value(document), list.len());
        if let Some(known) = node_count.filter(|known| known.number != found) {
            let expected = known.number;
            let message = format!("the entry has {found} values for {expected} nodes");
            let draft = Draft::on(values, Code::InputLength, message)
                .expected(format!("{expected} integers"))
                .help_if(difference(found, expected))
                .related(known.value, "the number of nodes");
            problems.add_on(values, draft);
        }
        let values = integers(document, list, problems);
        let tick = tick.and_then(|tick| u64::try_from(tick).ok());
        if let (Some(pfna_id), Some(tick), Some(values)) = (id, tick, values) {
            entries.push(InputEntry {
                pfna_id,
                tick,
                values,
            });
        }
    });
    sort_entries(&mut entries);
    (problems.len() == before).then_some(entries)
}

fn tick_of_run(value: Value<'_>, tick: i64, ticks: Option<Known<'_>>, problems: &mut Problems) {
    if tick >= 0 && ticks.is_none_or(|ticks| count(tick) <= ticks.number) {
        return;
    }
    let draft = |message: String, expected: String| {
        Draft::on(value, Code::InputTick, message).expected(expected)
    };
    let draft = match ticks {
        Some(Known {
            number,
            value: length,
        }) => draft(
            format!("tick {tick} is outside the run, which has the ticks 1 to {number}"),
            format!("a tick from 0 to {number}"),
        )
        .related(length, "the run's length"),
        None => draft(
            format!("tick {tick} is outside every run"),
            "a tick from 0 on".to_owned(),
        ),
    };
    problems.add_on(value, draft);
}
