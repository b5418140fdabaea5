//! External inputs: the entries of a PFNA document.

use std::collections::BTreeMap;

use super::super::decode::{Decode as _, Int, Name};
use super::super::defaults::PFNA_VERSION;
use super::super::documents::{PfnaDocument, PfnaEntry, RepeatDocument, Values};
use super::super::inputs::{InputEntry, InputValues, Inputs, Repeat};
use super::super::limits::{PFNA_ENTRIES_MAX, PFNA_REPEATS_MAX};
use super::super::names::Names;
use super::super::problem::{Code, Draft, Problems};
use super::super::source::Span;
use super::super::tree::{Document, Value};
use super::state::{difference, integers};
use super::{Known, count, field_or, over_limit, run, value_at};

/// For how many unknown nodes of a document a near name is looked for.
pub(super) const HINTS_MAX: usize = 16;

/// What entries are checked against, as far as it is known.
#[derive(Clone, Copy, Default)]
pub(crate) struct Bounds<'a> {
    pub(crate) node_count: Option<Known<'a>>,
    pub(crate) ticks: Option<Known<'a>>,
    pub(crate) names: Option<&'a Names>,
}

/// Checks the entries of a document.
pub(crate) fn inputs(
    document: &Document,
    content: &PfnaDocument,
    bounds: Bounds<'_>,
    problems: &mut Problems,
) -> Option<Inputs> {
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
    let mut entries: Vec<(InputEntry, Value<'_>)> = Vec::new();
    let mut repeats = 0;
    let mut hints = HINTS_MAX;
    list.each(document, problems, |value, entry, problems| {
        let Some(entry) = entry else { return };
        repeats += u64::from(entry.repeat.is_some());
        let checked = entry_of(value, &entry, bounds, &mut hints, problems);
        let at = field_or(value, entry.places.pfna_id);
        entries.extend(checked.map(|checked| (checked, at)));
    });
    if repeats > PFNA_REPEATS_MAX {
        let list = list.value(document);
        over_limit(
            list,
            "entries that repeat",
            repeats,
            PFNA_REPEATS_MAX,
            problems,
        );
        return None;
    }
    clashes(&entries, bounds.ticks, problems);
    let entries = entries.into_iter().map(|(entry, _)| entry).collect();
    (problems.len() == before).then(|| Inputs::new(entries))
}

/// One entry. If only its values have problems, it is returned without values, so that clashes are
/// found at the same time.
fn entry_of(
    value: Value<'_>,
    entry: &PfnaEntry,
    bounds: Bounds<'_>,
    hints: &mut usize,
    problems: &mut Problems,
) -> Option<InputEntry> {
    let ticks = bounds.ticks;
    let tick = entry.tick.get().map(|Int(tick)| *tick);
    let tick = tick.filter(|tick| {
        let at = field_or(value, entry.places.tick);
        match tick_outside(at.span(), *tick, ticks) {
            Some(draft) => problems.add_on(at, draft.at(at.path())),
            None => return true,
        }
        false
    });
    let before = problems.len();
    let repeat = entry.repeat.as_ref();
    let repeat =
        repeat.and_then(|repeat| repeat_of(value.document(), repeat, tick, ticks, problems));
    let is_good = problems.len() == before && (entry.repeat.is_none() == repeat.is_none());
    let values = entry.values.get();
    let values =
        values.and_then(|values| values_of(value.document(), *values, bounds, hints, problems));
    let Name(pfna_id) = entry.pfna_id.get()?;
    let nothing = InputValues::Dense(Vec::new());
    Some(InputEntry {
        pfna_id: pfna_id.clone(),
        tick: count(tick.filter(|_| is_good)?),
        values: values.unwrap_or(nothing),
        repeat,
    })
}

fn repeat_of(
    document: &Document,
    repeat: &RepeatDocument,
    tick: Option<i64>,
    ticks: Option<Known<'_>>,
    problems: &mut Problems,
) -> Option<Repeat> {
    let until = repeat.until.map(|Int(until)| until);
    if let (Some(until), Some(at)) = (until, value_at(document, repeat.places.until)) {
        let draft = match tick.filter(|tick| until < *tick) {
            Some(tick) => {
                let message =
                    format!("the entry of tick {tick} repeats until tick {until}, before it");
                Some(
                    Draft::new(Code::InputTick, at.span(), message)
                        .expected(format!("a tick from {tick} on")),
                )
            }
            None => tick_outside(at.span(), until, ticks),
        };
        if let Some(draft) = draft {
            problems.add_on(at, draft.at(at.path()));
        }
    }
    Some(Repeat {
        every: count(repeat.every.get()?.0),
        until: until.map(count),
    })
}

fn values_of(
    document: &Document,
    values: Values,
    bounds: Bounds<'_>,
    hints: &mut usize,
    problems: &mut Problems,
) -> Option<InputValues> {
    let list = match values {
        Values::List(list) => list,
        Values::Object(at) => return sparse(document.value(at), bounds, hints, problems),
    };
    let (value, found) = (list.value(document), list.len());
    let before = problems.len();
    if let Some(known) = bounds.node_count.filter(|known| known.number != found) {
        let expected = known.number;
        let message = format!("the entry has {found} values for {expected} nodes");
        let draft = Draft::on(value, Code::InputLength, message)
            .expected(format!("{expected} integers"))
            .help_if(difference(found, expected))
            .help("or write an object with the values of some nodes: {\"1\": 5}")
            .related(known.value, "the number of nodes");
        problems.add_on(value, draft);
    }
    let values = integers(document, &list, problems);
    values
        .filter(|_| problems.len() == before)
        .map(InputValues::Dense)
}

/// The values of some nodes, each named by its id or name.
fn sparse(
    object: Value<'_>,
    bounds: Bounds<'_>,
    hints: &mut usize,
    problems: &mut Problems,
) -> Option<InputValues> {
    let before = problems.len();
    let mut found: BTreeMap<u32, (i64, Value<'_>)> = BTreeMap::new();
    for value in object.children() {
        let key = value.key().expect("the values of an object have keys");
        let number = match value.is_broken() {
            true => None,
            false => Int::<{ i64::MIN }>::decode(value, problems),
        };
        let Some(names) = bounds.names else { continue };
        let node = match names.find_node_hinting(key, *hints > 0) {
            Ok(node) => node,
            Err(error) => {
                *hints = hints.saturating_sub(1);
                let draft = Draft::on_key(value, Code::NoSuchNode, error.message());
                problems.add_on(value, draft.help(error.help()));
                continue;
            }
        };
        let index = u32::try_from(node - 1).expect("the number of nodes is within its limit");
        if let Some((_, first)) = found.get(&index) {
            let message = format!("node {} is given twice", names.show_node(node));
            let first_key = first.key_span().unwrap_or_else(|| first.span());
            let draft = Draft::on_key(value, Code::DuplicateInput, message)
                .help("remove one of the two: an id and a name can be the same node")
                .related_at(value.document().source(), first_key, "first given here");
            problems.add_on(value, draft);
            continue;
        }
        if let Some(Int(number)) = number {
            found.insert(index, (number, value));
        }
    }
    let node_count = bounds.node_count.map_or(0, |known| known.number);
    (problems.len() == before).then(|| InputValues::Sparse {
        node_count: usize::try_from(node_count).expect("at most NODES_MAX nodes"),
        values: found
            .into_iter()
            .map(|(index, (number, _))| (index, number))
            .collect(),
    })
}

/// Reports entries of the same id that are applied at the same tick.
fn clashes(entries: &[(InputEntry, Value<'_>)], ticks: Option<Known<'_>>, problems: &mut Problems) {
    let ticks = ticks.map_or(i64::MAX.unsigned_abs(), |ticks| ticks.number);
    let mut of_id: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, (entry, _)) in entries.iter().enumerate() {
        of_id.entry(&entry.pfna_id).or_default().push(index);
    }
    for (id, group) in of_id {
        let mut once: BTreeMap<u64, usize> = BTreeMap::new();
        let mut repeating: Vec<usize> = Vec::new();
        for &index in &group {
            let (entry, at) = &entries[index];
            let first = if entry.repeat.is_none() {
                let first = once.get(&entry.tick).copied();
                once.entry(entry.tick).or_insert(index);
                first.map(|first| (first, entry.tick))
            } else {
                None
            };
            let met = first.or_else(|| {
                let mut earlier = repeating.iter();
                earlier.find_map(|&other| Some((other, entries[other].0.meets(entry, ticks)?)))
            });
            // Entries that are applied once and come before one that repeats.
            let met = met.or_else(|| {
                entry.repeat?;
                let mut within = once.range(entry.tick..);
                within.find_map(|(_, &other)| Some((other, entries[other].0.meets(entry, ticks)?)))
            });
            if entry.repeat.is_some() {
                repeating.push(index);
            }
            if let Some((other, tick)) = met {
                let message = format!("`{id}` is given twice for tick {tick}");
                let draft = Draft::on(*at, Code::DuplicateInput, message);
                problems.add_on(*at, draft.related(entries[other].1, "first given here"));
            }
        }
    }
}

/// The problem of a tick that is not one of the run's.
pub(super) fn tick_outside(span: Span, tick: i64, ticks: Option<Known<'_>>) -> Option<Draft> {
    if tick >= 0 && ticks.is_none_or(|ticks| count(tick) <= ticks.number) {
        return None;
    }
    let draft = |message: String, expected: String| {
        Draft::new(Code::InputTick, span, message).expected(expected)
    };
    Some(match ticks {
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
    })
}
