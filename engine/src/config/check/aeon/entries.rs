//! Reads the windows of a grammar, each with its own checks: its id, its ticks, its list of sources.

use std::collections::BTreeMap;

use super::super::super::aeon::Aggregation;
use super::super::super::decode::{Given, Int, List, Map, Name, Text};
use super::super::super::documents::{BaseWindowDocument, DerivedWindowDocument, GrammarDocument};
use super::super::super::limits::{AEON_TICKS_MAX, AEON_WINDOWS_MAX};
use super::super::super::problem::{Code, Draft, Problems};
use super::super::super::tree::{Document, NodeId, Value, shortened};
use super::super::{Known, count, field_or, over_limit};

/// A window as it is read, with the places of its parts.
pub(super) struct Entry<'a> {
    pub(super) id: String,
    /// The window itself.
    pub(super) value: Value<'a>,
    pub(super) labels: Vec<String>,
    pub(super) parent: Option<(String, Value<'a>)>,
    pub(super) press: Option<(String, Value<'a>)>,
    pub(super) made: Made<'a>,
}

/// What a window is made of.
pub(super) enum Made<'a> {
    /// Ticks; `None` if they have problems.
    Of(Option<[u64; 2]>),
    /// Other windows.
    From {
        aggregation: Option<Aggregation>,
        /// `None` if they have problems of their own.
        sources: Option<Vec<(String, Value<'a>)>>,
    },
}

/// The windows in their order, and the ids of those that cannot be read.
pub(super) fn entries<'a>(
    document: &'a Document,
    content: &GrammarDocument,
    ticks: Option<Known<'_>>,
    problems: &mut Problems,
) -> Option<(Vec<Entry<'a>>, Vec<String>)> {
    let bases = content.base_windows.get()?;
    let derived = content.derived_windows.as_ref();
    let found = bases.len() + derived.map_or(0, Map::len);
    if found > AEON_WINDOWS_MAX {
        let value = bases.value(document);
        over_limit(value, "AEON windows", found, AEON_WINDOWS_MAX, problems);
        return None;
    }
    let mut reading = Reading::default();
    bases.each(document, problems, |value, window, problems| {
        let window = reading.of_id(value, window, problems);
        reading
            .entries
            .extend(window.map(|(id, window)| base(id, value, &window, ticks, problems)));
    });
    reading.entries.sort_by(|a, b| a.id.cmp(&b.id));
    let base_count = reading.entries.len();
    if let Some(derived) = derived {
        derived.each(document, problems, |value, window, problems| {
            let window = reading.of_id(value, window, problems);
            reading
                .entries
                .extend(window.map(|(id, window)| made(id, value, &window, problems)));
        });
    }
    reading.entries[base_count..].sort_by(|a, b| a.id.cmp(&b.id));
    Some((reading.entries, reading.others))
}

/// The windows that were read so far.
#[derive(Default)]
struct Reading<'a> {
    entries: Vec<Entry<'a>>,
    /// The window of each key, and whether it is derived.
    keys: BTreeMap<&'a str, (Value<'a>, bool)>,
    /// The ids of windows that cannot be read.
    others: Vec<String>,
}

/// A window with an id of its own.
trait HasId {
    const IS_DERIVED: bool;

    fn id(&self) -> &Given<Name>;

    fn place<'a>(&self, value: Value<'a>) -> Value<'a>;
}

impl HasId for BaseWindowDocument {
    const IS_DERIVED: bool = false;

    fn id(&self) -> &Given<Name> {
        &self.window_id
    }

    fn place<'a>(&self, value: Value<'a>) -> Value<'a> {
        field_or(value, self.places.window_id)
    }
}

impl HasId for DerivedWindowDocument {
    const IS_DERIVED: bool = true;

    fn id(&self) -> &Given<Name> {
        &self.window_id
    }

    fn place<'a>(&self, value: Value<'a>) -> Value<'a> {
        field_or(value, self.places.window_id)
    }
}

impl<'a> Reading<'a> {
    /// A window with its key, which must be its id and that of no other window.
    fn of_id<W: HasId>(
        &mut self,
        value: Value<'a>,
        window: Option<W>,
        problems: &mut Problems,
    ) -> Option<(String, W)> {
        let key = value.key().expect("the values of an object have keys");
        if let Some(Name(id)) = window.as_ref().and_then(|window| window.id().get())
            && id != key
        {
            let at = window.as_ref().map_or(value, |window| window.place(value));
            let message = format!(
                "the window `{}` has the `window_id` `{}`",
                shortened(key),
                shortened(id)
            );
            let span = value.key_span().unwrap_or_else(|| value.span());
            let draft = Draft::on(at, Code::AeonKey, message)
                .expected(format!("\"{}\"", shortened(key)))
                .related_at(value.document().source(), span, "the key");
            problems.add_on(at, draft);
        }
        if let Some((first, is_derived)) = self.keys.get(key).copied() {
            // Within one of the objects, a key that is there twice was already reported.
            if is_derived != W::IS_DERIVED {
                let message = format!("the AEON window id `{}` is used twice", shortened(key));
                let span = first.key_span().unwrap_or_else(|| first.span());
                let draft = Draft::on_key(value, Code::DuplicateAeonWindow, message).related_at(
                    value.document().source(),
                    span,
                    "first used here",
                );
                problems.add_on(value, draft);
            }
            return None;
        }
        self.keys.insert(key, (value, W::IS_DERIVED));
        match window {
            Some(window) => Some((key.to_owned(), window)),
            None => {
                self.others.push(key.to_owned());
                None
            }
        }
    }
}

fn base<'a>(
    id: String,
    value: Value<'a>,
    window: &BaseWindowDocument,
    ticks: Option<Known<'_>>,
    problems: &mut Problems,
) -> Entry<'a> {
    let places = &window.places;
    let labels = labels(value.document(), window.labels.as_ref(), problems);
    Entry {
        made: Made::Of(range(value, window, ticks, problems)),
        labels,
        parent: named(value, window.parent_id.as_ref(), places.parent_id),
        press: named(
            value,
            window.press_window_id.as_ref(),
            places.press_window_id,
        ),
        id,
        value,
    }
}

fn made<'a>(
    id: String,
    value: Value<'a>,
    window: &DerivedWindowDocument,
    problems: &mut Problems,
) -> Entry<'a> {
    let places = &window.places;
    let labels = labels(value.document(), window.labels.as_ref(), problems);
    let sources = window.source_ids.get();
    Entry {
        made: Made::From {
            aggregation: window.aggregation.get().copied(),
            sources: sources.and_then(|list| sources_of(value.document(), list, problems)),
        },
        labels,
        parent: named(value, window.parent_id.as_ref(), places.parent_id),
        press: named(
            value,
            window.press_window_id.as_ref(),
            places.press_window_id,
        ),
        id,
        value,
    }
}

/// The texts of labels; the problems of the others are reported.
pub(in super::super) fn labels(
    document: &Document,
    list: Option<&List<Text>>,
    problems: &mut Problems,
) -> Vec<String> {
    let labels = list.and_then(|list| list.all(document, problems));
    labels
        .into_iter()
        .flatten()
        .map(|Text(label)| label)
        .collect()
}

fn named<'a>(
    value: Value<'a>,
    name: Option<&Name>,
    place: Option<NodeId>,
) -> Option<(String, Value<'a>)> {
    let Name(name) = name?;
    Some((name.clone(), field_or(value, place)))
}

/// The ticks of a base window, checked to be a range of the run.
fn range(
    value: Value<'_>,
    window: &BaseWindowDocument,
    ticks: Option<Known<'_>>,
    problems: &mut Problems,
) -> Option<[u64; 2]> {
    let before = problems.len();
    let (start, end) = (window.tick_start.get(), window.tick_end.get());
    let start_at = field_or(value, window.places.tick_start);
    let end_at = field_or(value, window.places.tick_end);
    if let (Some(Int(start)), Some(Int(end))) = (start, end)
        && end < start
    {
        let message = format!("the AEON window ends at tick {end}, before its start {start}");
        let draft = Draft::on(end_at, Code::WindowReversed, message)
            .expected(format!("a tick from {start} on"))
            .help("exchange `tick_start` and `tick_end`");
        problems.add_on(value, draft.related(start_at, "it starts here"));
        return None;
    }
    for (at, tick) in [(start_at, start), (end_at, end)] {
        let Some(Int(tick)) = tick else { continue };
        let last = ticks.filter(|ticks| *tick >= 1 && count(*tick) > ticks.number);
        let draft = match last {
            Some(last) => {
                let message = format!("tick {tick} is after the last tick, {}", last.number);
                Draft::on(at, Code::WindowOutside, message)
                    .expected(format!("a tick from 1 to {}", last.number))
                    .related(last.value, "the run's length")
            }
            None if *tick < 1 => {
                let message = format!("tick {tick} is before the first tick, 1");
                Draft::on(at, Code::WindowOutside, message).expected("a tick from 1 on")
            }
            None => continue,
        };
        problems.add_on(
            value,
            draft.help("let the AEON window lie within the ticks of the run"),
        );
    }
    let range = [count(start?.0.max(0)), count(end?.0.max(0))];
    if problems.len() != before {
        return None;
    }
    let ticks = range[1] - range[0] + 1;
    if ticks > AEON_TICKS_MAX {
        over_limit(
            value,
            "ticks of an AEON window",
            ticks,
            AEON_TICKS_MAX,
            problems,
        );
        return None;
    }
    Some(range)
}

/// The sources of a derived window: at least one, none of them twice.
fn sources_of<'a>(
    document: &'a Document,
    list: &List<Name>,
    problems: &mut Problems,
) -> Option<Vec<(String, Value<'a>)>> {
    if list.len() == 0 {
        let at = list.value(document);
        let draft = Draft::on(at, Code::NoSources, "the derived window has no sources")
            .expected("a list of window ids");
        problems.add_on(at, draft);
        return None;
    }
    let (mut sources, mut is_good) = (Vec::new(), true);
    let mut first: BTreeMap<String, Value<'a>> = BTreeMap::new();
    list.each(document, problems, |at, name, problems| {
        let Some(Name(name)) = name else {
            is_good = false;
            return;
        };
        if let Some(first) = first.get(&name) {
            let message = format!("the source `{name}` is listed twice");
            let draft = Draft::on(at, Code::RepeatedItem, message).help(
                "remove one of the two; for its ticks twice, add a derived window that is made of it",
            );
            problems.add_on(at, draft.related(*first, "first listed here"));
            return;
        }
        first.insert(name.clone(), at);
        sources.push((name, at));
    });
    is_good.then_some(sources)
}
