//! Walks through two documents, into everything that differs, in reading order.
//!
//! ```text
//! before  [{"tick":1,"raw":2},{"tick":2,"raw":5}]
//! after   [{"tick":1,"raw":3},{"tick":2,"raw":5}]
//! found   [tick=1].raw: 2 → 3        (the second record is equal as bytes, and is not opened)
//! ```

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::change::{Change, ChangeKind, LeftOutReason};
use crate::digest::Part;
use crate::matching::{Identities, Identity, Met, Pair, Side, match_elements, match_unordered};
use crate::path::{Path, Step, element_label, identity_field, pattern_name};
use crate::reading::{Key, Reading, UNLISTED};
use crate::records;
use crate::spans::Spans;
use crate::steps;
use crate::tally::{Tally, kind_of};
use crate::tick::{Stamp, Tick, When};
use crate::{Artefact, ArtefactSchema, Schema};
use aether_json::scan::{self, Kind, Opened, kind};
use aether_json::{DEPTH_MAX, Json};

/// A whole artefact is shown in a report up to this many bytes.
const ARTEFACT_SHOWN_MAX: usize = 16 * 1024;

/// A walk through one artefact.
pub(super) struct Walk<'a, 't> {
    artefact: &'a str,
    stage: &'a str,
    /// The way to a record's tick; empty if records have none.
    tick_steps: Vec<String>,
    spans: Spans,
    tally: &'a mut Tally,
    /// How many arrays differ in nothing but an order that does not matter.
    reordered: u64,
    trail: Vec<Mark<'a, 't>>,
    /// The pattern of the way, kept while walking, since every change is counted by it.
    pattern: String,
}

/// One step of the way to where the walk is; paths are written only for what is found.
pub(super) enum Mark<'a, 't> {
    /// A member, its key as text spells it.
    Member(&'t str),
    /// An element with an identity, and which of several with the same one it is.
    Element(&'a Key, Identity<'t>, usize),
    /// One tick of digests.
    Digest(Step),
    /// An element that has a name but no identity, by its number from 1.
    Counted(&'a str, usize),
    Index(usize),
}

/// When the values of a record are known.
#[derive(Clone, Copy)]
struct Moment<'t> {
    /// The tick of the record.
    tick: Stamp<'t>,
    /// The end of its span.
    late: Stamp<'t>,
    /// Whether this value is a late one.
    is_late: bool,
}

impl Moment<'_> {
    const NEVER: Self = Self {
        tick: Stamp::NEVER,
        late: Stamp::NEVER,
        is_late: false,
    };

    fn within(self, reading: &Reading) -> Self {
        Self {
            is_late: self.is_late || reading.late,
            ..self
        }
    }
}

impl<'t> Moment<'t> {
    fn stamp(self) -> Stamp<'t> {
        if self.is_late { self.late } else { self.tick }
    }
}

impl<'a, 't> Walk<'a, 't> {
    pub(super) fn new(
        artefact: &'a str,
        stage: &'a str,
        listed: &ArtefactSchema,
        schema: &Schema,
        tally: &'a mut Tally,
    ) -> Self {
        Self {
            artefact,
            stage,
            tick_steps: listed
                .tick
                .as_deref()
                .map_or_else(Vec::new, steps::quoted_steps),
            // Where no field is late, no end of a span is asked for.
            spans: Spans::of(if listed.late_fields.is_empty() {
                &[]
            } else {
                &schema.spans
            }),
            tally,
            reordered: 0,
            trail: Vec::new(),
            pattern: pattern_name(artefact).into_owned(),
        }
    }

    /// Compares two artefacts that differ as bytes, first after `same` of them.
    pub(super) fn documents(
        &mut self,
        before: &'t Artefact,
        after: &'t Artefact,
        same: usize,
        reading: &'a Reading,
    ) {
        let seen = self.tally.seen();
        if let Some(middle) = records::middle(before.text(), after.text(), same) {
            self.array(
                &middle.before,
                &middle.after,
                middle.offset,
                reading,
                Moment::NEVER,
            );
        } else if let (Ok(a), Ok(b)) = (
            std::str::from_utf8(before.text()),
            std::str::from_utf8(after.text()),
        ) {
            let (a, b) = (a.trim_ascii(), b.trim_ascii());
            let moment = self.moment(&[a, b]);
            self.value(a, b, reading, moment);
        }
        self.or_as_text(seen, before, after);
    }

    /// Compares some records of two artefacts, after `offset` others of either.
    pub(super) fn records(
        &mut self,
        before: &[&'t str],
        after: &[&'t str],
        offset: usize,
        reading: &'a Reading,
    ) {
        self.array(before, after, offset, reading, Moment::NEVER);
    }

    /// Different bytes are a difference, even if nothing in them was seen to differ: if they
    /// are not in layout, that is.
    pub(super) fn or_as_text(&mut self, seen: u64, before: &Artefact, after: &Artefact) {
        if self.tally.seen() > seen || self.reordered > 0 {
            return;
        }
        let text = |artefact: &Artefact| Json::string(&String::from_utf8_lossy(artefact.text()));
        self.found(Stamp::NEVER, ChangeKind::Changed, (None, None), || {
            (Some(text(before)), Some(text(after)))
        });
        let path = self.path();
        self.tally.leave_out(|| path, LeftOutReason::NotInLayout, 1);
    }

    /// Two artefacts that cannot be compared, because they hold these.
    pub(super) fn kinds(&mut self, kinds: [&str; 2]) {
        let [before, after] = kinds.map(Json::string);
        self.found(Stamp::NEVER, ChangeKind::Changed, (None, None), || {
            (Some(before), Some(after))
        });
    }

    /// How many differences were met so far.
    pub(super) fn seen(&self) -> u64 {
        self.tally.seen()
    }

    /// An artefact that only one side has.
    pub(super) fn lone_artefact(&mut self, artefact: &Artefact, kind: ChangeKind) {
        let text = String::from_utf8_lossy(artefact.text());
        let records = records::all(&text);
        let records = records.unwrap_or_else(|| vec![text.trim_ascii()]);
        let first = records
            .iter()
            .map(|record| self.moment(&[record]).tick)
            .min_by_key(|stamp| stamp.when)
            .unwrap_or(Stamp::NEVER);
        let shown = (text.len() <= ARTEFACT_SHOWN_MAX).then(|| Json::from_raw(text.trim_ascii()));
        self.found(first, kind, (None, None), || match kind {
            ChangeKind::Removed => (shown, None),
            _ => (None, shown),
        });
    }

    /// One tick, or span of ticks, of two artefacts that are kept as digests.
    pub(super) fn digest(
        &mut self,
        tick: Option<&Tick>,
        span: Option<&(i128, i128)>,
        part: Part,
        [before, after]: [Option<&str>; 2],
    ) {
        let stamp = Stamp::of(tick);
        let found = |walk: &mut Self| {
            walk.found(stamp, kind_of(before, after), (before, after), || {
                (before.map(Json::from_raw), after.map(Json::from_raw))
            });
        };
        let part = match part.member() {
            "" => None,
            member => Some(format!("{member}=true")),
        };
        let (place, label) = match (span, tick) {
            (Some((first, last)), _) => {
                let span = format!("\"{first}..{last}\"");
                // Of what is late, the path says it.
                let label = match part {
                    None => element_label("ticks", &[&span]),
                    Some(_) => String::new(),
                };
                (Some(format!("{}{span}", crate::path::TICKS)), label)
            }
            (None, Some(tick)) => (Some(format!("tick={}", tick.as_json())), String::new()),
            (None, None) => (None, String::new()),
        };
        let identity: Vec<String> = part.into_iter().chain(place).collect();
        if identity.is_empty() {
            return found(self);
        }
        let element = Step::Element {
            identity: identity.join(",").into(),
            label: label.into(),
        };
        self.step(Mark::Digest(element), found);
    }

    /// Two values at the same place.
    fn value(&mut self, before: &'t str, after: &'t str, reading: &'a Reading, moment: Moment<'_>) {
        if before != after {
            let closed = |text| Opened {
                text,
                elements: None,
            };
            self.opened([before, after].map(closed), reading, moment);
        }
    }

    /// Two values that differ, and their elements if these were found already.
    fn opened(&mut self, sides: [Opened<'t>; 2], reading: &'a Reading, moment: Moment<'_>) {
        if self.tally.skips(moment.stamp().when) {
            let path = self.path();
            self.tally.leave_out(|| path, LeftOutReason::Time, 1);
            return;
        }
        let seen = (self.tally.seen(), self.reordered);
        let [before, after] = [sides[0].text, sides[1].text];
        if self.trail.len() < DEPTH_MAX {
            match (kind(before), kind(after)) {
                (Kind::Object, Kind::Object) => self.object(before, after, reading, moment),
                (Kind::Array, Kind::Array) => {
                    let elements =
                        |side: Opened<'t>| side.elements.or_else(|| scan::elements(side.text));
                    if let [Some(a), Some(b)] = sides.map(elements) {
                        self.array(&a, &b, 0, reading, moment);
                    }
                }
                _ => {}
            }
        }
        if (self.tally.seen(), self.reordered) == seen {
            self.changed(before, after, moment);
        }
    }

    fn object(
        &mut self,
        before: &'t str,
        after: &'t str,
        reading: &'a Reading,
        moment: Moment<'_>,
    ) {
        // Nearly all pairs of objects have the same members.
        if let Some(mut fields) = scan::differing_members(before, after) {
            fields.sort_by_key(|(key, _)| (reading.member(key).turn, *key));
            for (key, sides) in fields {
                let reading = reading.member(key);
                let moment = moment.within(reading);
                self.step(Mark::Member(key), |walk| {
                    walk.opened(sides, reading, moment);
                });
            }
            return;
        }
        let (Some(mut a), Some(mut b)) = (scan::members(before), scan::members(after)) else {
            return;
        };
        a.sort_by_key(|member| member.0);
        b.sort_by_key(|member| member.0);
        let mut fields = joined(&a, &b);
        let renamed = take_renamed(&mut fields);
        fields.sort_by_key(|field| {
            let turn = reading.member(field.0).turn;
            (turn, turn == UNLISTED && is_added_and_empty(field), field.0)
        });
        for (key, before, after) in fields {
            let reading = reading.member(key);
            let moment = moment.within(reading);
            let key_before = renamed.get(key).copied();
            self.step(Mark::Member(key), |walk| match (before, after) {
                (Some(before), Some(after)) => walk.value(before, after, reading, moment),
                _ => walk.lone(before, after, key_before, moment.stamp()),
            });
        }
    }

    /// Two arrays, of which `offset` equal elements at the front were left out. The records of an
    /// artefact are the array at the start of the trail; each has a moment of its own.
    fn array(
        &mut self,
        before: &[&'t str],
        after: &[&'t str],
        offset: usize,
        reading: &'a Reading,
        moment: Moment<'_>,
    ) {
        let key = reading.key.as_ref();
        let identities = Identities::of(before, after, key);
        for (reason, count) in [
            (LeftOutReason::DuplicateIdentity, identities.duplicates),
            (LeftOutReason::MissingIdentity, identities.missing),
        ] {
            if count > 0 {
                let path = self.path();
                self.tally.leave_out(|| path, reason, count);
            }
        }
        // The elements of the outermost array that has ticks each have a moment of their own.
        let tick_steps = reading
            .tick
            .as_deref()
            .filter(|_| moment.tick.when == When::NEVER);
        let seen = (self.tally.seen(), self.reordered);
        let matching = if reading.unordered {
            match_unordered(before, after, key, &identities)
        } else {
            match_elements(before, after, key, &identities)
        };
        for met in matching.walk() {
            let (old, new) = match met {
                Met::Pair(pair) => (Some(pair.before), Some(pair.after)),
                Met::Removed(at) => (Some(at), None),
                Met::Added(at) => (None, Some(at)),
            };
            let texts = (old.map(|at| before[at]), new.map(|at| after[at]));
            let is_moved = matches!(met, Met::Pair(Pair { moved: true, .. }));
            if texts.0 == texts.1 && !is_moved {
                continue;
            }
            let moment = match tick_steps {
                Some(steps) => {
                    let own = self.moment_at(steps, texts.0.into_iter().chain(texts.1));
                    own.within(reading)
                }
                None => moment,
            };
            let (side, at) = match (old, new) {
                (_, Some(at)) => (Side::After, at),
                (Some(at), None) => (Side::Before, at),
                (None, None) => continue,
            };
            let mark = element_mark(reading, &identities, side, at, offset);
            self.step(mark, |walk| {
                if is_moved && let (Some(old), Some(new)) = (old, new) {
                    let [old, new] = [old, new].map(|at| Some(Json::from(at + offset)));
                    walk.found(moment.stamp(), ChangeKind::Moved, (None, None), || {
                        (old, new)
                    });
                }
                match texts {
                    (Some(a), Some(b)) => walk.value(a, b, inside(reading, a), moment),
                    (a, b) => walk.lone(a, b, None, moment.stamp()),
                }
            });
        }
        if reading.unordered && (self.tally.seen(), self.reordered) == seen {
            self.reordered += 1;
        }
    }

    /// Takes a step, does something there, and steps back.
    fn step(&mut self, mark: Mark<'a, 't>, there: impl FnOnce(&mut Self)) {
        let length = self.pattern.len();
        self.pattern.push('/');
        match &mark {
            Mark::Member(key) => self.pattern.push_str(&pattern_name(&unquoted(key))),
            Mark::Element(..) | Mark::Digest(_) | Mark::Counted(..) | Mark::Index(_) => {
                self.pattern.push('*');
            }
        }
        self.trail.push(mark);
        there(self);
        self.trail.pop();
        self.pattern.truncate(length);
    }

    /// A value that only one side has, or that the old one has under another key.
    fn lone(
        &mut self,
        before: Option<&'t str>,
        after: Option<&'t str>,
        key_before: Option<&'t str>,
        stamp: Stamp<'_>,
    ) {
        if self.tally.skips(stamp.when) {
            let path = self.path();
            self.tally.leave_out(|| path, LeftOutReason::Time, 1);
            return;
        }
        let (kind, before) = match key_before {
            Some(_) => (ChangeKind::Renamed, after),
            None => (kind_of(before, after), before),
        };
        self.found_from(key_before, stamp, kind, (before, after), || {
            (before.map(Json::from_raw), after.map(Json::from_raw))
        });
    }

    fn changed(&mut self, before: &str, after: &str, moment: Moment<'_>) {
        // Other than strings with escapes, only what is not laid out has two spellings.
        let is_plain = |raw: &str| match kind(raw) {
            Kind::Number | Kind::Word => true,
            Kind::String => !raw.contains('\\'),
            Kind::Object | Kind::Array => false,
        };
        let is_text = !(is_plain(before) && is_plain(after))
            && Json::from_raw(before) == Json::from_raw(after);
        if is_text {
            let path = self.path();
            self.tally.leave_out(|| path, LeftOutReason::NotInLayout, 1);
        }
        self.found(
            moment.stamp(),
            ChangeKind::Changed,
            (Some(before), Some(after)),
            || {
                // Of two spellings of one value, only their texts show the difference.
                let json = if is_text {
                    Json::string
                } else {
                    Json::from_raw
                };
                (Some(json(before)), Some(json(after)))
            },
        );
    }

    /// Counts a change, given its values as they are spelled, and builds them only if they are
    /// kept.
    fn found(
        &mut self,
        stamp: Stamp<'_>,
        kind: ChangeKind,
        texts: (Option<&str>, Option<&str>),
        values: impl FnOnce() -> (Option<Json>, Option<Json>),
    ) {
        self.found_from(None, stamp, kind, texts, values);
    }

    /// The same for a member that had another key before.
    fn found_from(
        &mut self,
        key_before: Option<&str>,
        stamp: Stamp<'_>,
        kind: ChangeKind,
        (before, after): (Option<&str>, Option<&str>),
        values: impl FnOnce() -> (Option<Json>, Option<Json>),
    ) {
        let met = crate::tally::Met {
            stamp,
            stage: self.stage,
            pattern: &self.pattern,
            kind,
            before,
            after,
        };
        let (artefact, stage, trail) = (self.artefact, self.stage, &self.trail);
        self.tally.add(&met, || {
            let (before, after) = values();
            Change {
                tick: stamp.tick(),
                stage: stage.to_owned(),
                artefact: artefact.to_owned(),
                path: path_of(artefact, trail),
                path_before: key_before.map(|key| renamed_path(artefact, trail, key)),
                kind,
                before,
                after,
                size: None,
            }
        });
    }

    /// The moment of a record, given as it was and as it is: the earlier of their ticks.
    fn moment<'r>(&self, texts: &[&'r str]) -> Moment<'r> {
        self.moment_at(&self.tick_steps, texts.iter().copied())
    }

    fn moment_at<'r>(&self, way: &[String], texts: impl Iterator<Item = &'r str>) -> Moment<'r> {
        if way.is_empty() {
            return Moment::NEVER;
        }
        let stamps = texts.filter_map(|text| Stamp::read(steps::find(text, way)?));
        let earliest = stamps.min_by_key(|stamp| stamp.when);
        earliest.map_or(Moment::NEVER, |tick| {
            let end = tick.as_u64().map(|number| self.spans.end_of(number));
            Moment {
                tick,
                late: end.map_or(tick, Stamp::number),
                is_late: false,
            }
        })
    }

    fn path(&self) -> Path {
        path_of(self.artefact, &self.trail)
    }
}

/// The path of a member before it was renamed.
fn renamed_path(artefact: &str, trail: &[Mark<'_, '_>], key: &str) -> Path {
    let around = trail.split_last().map_or(trail, |(_, around)| around);
    let mut steps = steps_of(artefact, around);
    steps.push(Step::Field(unquoted(key).into()));
    Path::new(steps)
}

pub(super) fn path_of(artefact: &str, trail: &[Mark<'_, '_>]) -> Path {
    Path::new(steps_of(artefact, trail))
}

fn steps_of(artefact: &str, trail: &[Mark<'_, '_>]) -> Vec<Step> {
    let mut steps = vec![Step::Field(artefact.into())];
    steps.extend(trail.iter().map(|mark| match mark {
        Mark::Member(key) => Step::Field(unquoted(key).into()),
        Mark::Element(key, identity, occurrence) => element_step(key, identity, *occurrence),
        Mark::Digest(step) => step.clone(),
        Mark::Counted(noun, number) => Step::Element {
            identity: format!("{}={number}", identity_field(noun)).into(),
            label: format!("{noun} {number}").into(),
        },
        Mark::Index(at) => Step::Index(*at),
    }));
    steps
}

/// A member: its key, and the values of both sides.
pub(super) type Field<'t> = (&'t str, Option<&'t str>, Option<&'t str>);

/// Whether only the new side has a member, and nothing is in it: it says less than what changed beside it.
fn is_added_and_empty(field: &Field<'_>) -> bool {
    field.1.is_none() && field.2.is_some_and(|value| matches!(value, "{}" | "[]"))
}

/// The old keys of members that were renamed, by the new ones; the old members are taken out. A member
/// was renamed if one that went and one that came have the same value, and no others do.
pub(super) fn take_renamed<'t>(fields: &mut Vec<Field<'t>>) -> BTreeMap<&'t str, &'t str> {
    let is_lone = |field: &&Field<'_>| field.1.is_none() != field.2.is_none();
    let went = fields.iter().filter(|field| field.2.is_none()).count();
    if went == 0 || fields.iter().filter(is_lone).count() == went {
        return BTreeMap::new();
    }
    // By value: the only key that went and the only one that came.
    let mut by_value: BTreeMap<&str, [Option<Option<&'t str>>; 2]> = BTreeMap::new();
    for &(key, before, after) in fields.iter().filter(is_lone) {
        let Some(value) = before.or(after) else {
            continue;
        };
        let side = &mut by_value.entry(value).or_default()[usize::from(before.is_none())];
        *side = Some(if side.is_none() { Some(key) } else { None });
    }
    let renamed: BTreeMap<&str, &str> = by_value
        .into_values()
        .filter_map(|[old, new]| Some((new??, old??)))
        // Two spellings of one key are not two names.
        .filter(|(new, old)| unquoted(new) != unquoted(old))
        .collect();
    let old_keys: BTreeSet<&str> = renamed.values().copied().collect();
    fields.retain(|field| field.2.is_some() || !old_keys.contains(field.0));
    renamed
}

/// Members of two objects by key, both sorted; those that are equal are left out.
pub(super) fn joined<'t>(
    before: &[scan::Member<'t>],
    after: &[scan::Member<'t>],
) -> Vec<Field<'t>> {
    let mut fields = Vec::new();
    let (mut a, mut b) = (before.iter().peekable(), after.iter().peekable());
    while let Some(key) = [a.peek(), b.peek()]
        .into_iter()
        .flatten()
        .map(|m| m.0)
        .min()
    {
        let old = a.next_if(|member| member.0 == key).map(|member| member.1);
        let new = b.next_if(|member| member.0 == key).map(|member| member.1);
        if old != new {
            fields.push((key, old, new));
        }
    }
    fields
}

pub(super) fn element_mark<'a, 't>(
    reading: &'a Reading,
    identities: &Identities<'t>,
    side: Side,
    at: usize,
    offset: usize,
) -> Mark<'a, 't> {
    let key = reading.key.as_ref();
    let noun = key.and_then(Key::counted).or(reading.element.as_deref());
    match (key, identities.get(side, at), noun) {
        (Some(key), identity, _)
            if !key.fields.is_empty() && !matches!(identity, Identity::Missing) =>
        {
            Mark::Element(key, identity.clone(), identities.occurrence(side, at))
        }
        (.., Some(noun)) => Mark::Counted(noun, at + offset + 1),
        (.., None) => Mark::Index(at + offset),
    }
}

fn element_step(key: &Key, identity: &Identity<'_>, occurrence: usize) -> Step {
    let values = identity.values();
    let named = key.fields.iter().zip(values);
    let mut identity = named
        .map(|(field, value)| format!("{}={value}", field.name))
        .collect::<Vec<_>>()
        .join(",");
    if occurrence > 1 {
        identity.push_str(&format!("#{occurrence}"));
    }
    let label = if key.noun.is_empty() {
        String::new()
    } else {
        element_label(&key.noun, values)
    };
    Step::Element {
        identity: identity.into(),
        label: label.into(),
    }
}

/// What is known of an element: paths of a schema do not count indices, but a key is that of the
/// outer of two nested arrays.
pub(super) fn inside<'r>(reading: &'r Reading, element: &str) -> &'r Reading {
    if kind(element) == Kind::Array {
        Reading::unknown()
    } else {
        reading
    }
}

pub(super) fn unquoted(key: &str) -> Cow<'_, str> {
    let plain = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
    match plain {
        Some(plain) if !plain.contains('\\') => Cow::Borrowed(plain),
        _ => aether_json::from_str::<String>(key).map_or(Cow::Borrowed(key), Cow::Owned),
    }
}
