//! Collects what a walk finds: the first divergence, the counts, and as many changes as the budget allows.
//!
//! ```text
//! found in this order      tick 5 UMX raw 1 → 2,  tick 3 UMX raw 7 → 8,  tick 3 Loom c_t 4 → 9
//! first divergence         tick 3 UMX raw 7 → 8
//! followed                 UMX: 1 value at 1 tick;  Loom: 1 value at 1 tick
//! ```

use std::collections::BTreeMap;
use std::time::Instant;

use crate::change::is_hash_text;
use crate::change::{Change, ChangeKind, Diff, Followed, LeftOut, LeftOutReason};
use crate::path::Path;
use crate::size::{Largest, Size};
use crate::tick::{Stamp, When};
use crate::ticks::{Ticks, grows_from};
use crate::{DiffOptions, PlaceSort};
use aether_json::scan::{Kind, kind};
use aether_json::{Json, number};

/// Sorts of places that are counted in a stage; others are not.
const SORTS_MAX: usize = 4096;

/// A value of more bytes is a long one.
const SHORT_MAX: usize = 4096;

/// How many questions about the time are answered without looking at a clock.
const CLOCK_EVERY: u32 = 256;

/// The findings so far, artefact by artefact in causal order.
#[derive(Debug)]
pub(super) struct Tally {
    entries: usize,
    /// Whether listed changes hold long values.
    lists_long_values: bool,
    deadline: Option<Instant>,
    out_of_time: bool,
    questions: u32,
    /// The first divergence so far. Changes come in the order of artefacts, records and fields, so
    /// only an earlier time replaces it.
    first: Option<(When, Change)>,
    /// Whether no other value of its stage differs at the tick of the first divergence.
    first_is_alone: bool,
    /// Found changes by time and by the order in which they were found; now and then cut down to
    /// the earliest `entries`.
    listed: Vec<(When, u64, Change)>,
    /// The first change that was cut off; later ones are not listed.
    cut: Option<(When, u64, Path)>,
    found: u64,
    skipped: u64,
    stages: Vec<Stage>,
    sizes: Largest,
    left_out: Vec<LeftOut>,
}

/// What is found in one stage.
#[derive(Debug)]
struct Stage {
    name: String,
    values: u64,
    hashes: u64,
    ticks: Ticks,
    /// How many places of each sort differ, by path pattern.
    patterns: BTreeMap<String, BTreeMap<(ChangeKind, Offset), u64>>,
    /// How many sorts there are in `patterns`.
    sorts: usize,
}

/// A change before it is built: values as they are spelled, nothing copied.
pub(super) struct Met<'m> {
    pub(super) stamp: Stamp<'m>,
    pub(super) stage: &'m str,
    pub(super) pattern: &'m str,
    pub(super) kind: ChangeKind,
    pub(super) before: Option<&'m str>,
    pub(super) after: Option<&'m str>,
}

impl Met<'_> {
    fn is_hash(&self) -> bool {
        let is_hash = |raw: Option<&str>| raw.is_none_or(is_hash_text);
        !matches!(self.kind, ChangeKind::Moved | ChangeKind::Renamed)
            && (self.before.is_some() || self.after.is_some())
            && is_hash(self.before)
            && is_hash(self.after)
    }
}

/// New value minus old. Whole numbers, which are nearly all, are not turned into text each time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Offset {
    None,
    Whole(i128),
    Decimal(String),
}

impl Offset {
    /// The offset of a change, and both numbers if it is one of numbers.
    fn of(met: &Met<'_>) -> (Self, Option<(f64, f64)>) {
        let (ChangeKind::Changed, Some(before), Some(after)) = (met.kind, met.before, met.after)
        else {
            return (Self::None, None);
        };
        if kind(before) != Kind::Number || kind(after) != Kind::Number {
            return (Self::None, None);
        }
        let whole = |text: &str| text.parse::<i64>().ok();
        if let (Some(before), Some(after)) = (whole(before), whole(after)) {
            let offset = Self::Whole(i128::from(after) - i128::from(before));
            return (offset, Some((before as f64, after as f64)));
        }
        let double = |text: &str| text.parse::<f64>().ok();
        let whole = |text: &str| text.parse::<i128>().ok();
        let difference = whole(before).zip(whole(after));
        let offset = match difference.and_then(|(before, after)| after.checked_sub(before)) {
            Some(difference) => Self::Whole(difference),
            None => number::offset(before, after).map_or(Self::None, Self::Decimal),
        };
        (offset, double(before).zip(double(after)))
    }

    fn json(&self) -> Option<Json> {
        match self {
            Self::None => None,
            Self::Whole(whole) => Json::parse(&whole.to_string()).ok(),
            Self::Decimal(text) => Json::parse(text).ok(),
        }
    }
}

impl Stage {
    fn count_place(&mut self, met: &Met<'_>, offset: Offset) {
        let is_full = self.sorts >= SORTS_MAX;
        if !self.patterns.contains_key(met.pattern) {
            if is_full {
                return;
            }
            self.patterns
                .insert(met.pattern.to_owned(), BTreeMap::new());
        }
        let Some(sorts) = self.patterns.get_mut(met.pattern) else {
            return;
        };
        let sort = (met.kind, offset);
        if let Some(count) = sorts.get_mut(&sort) {
            *count += 1;
        } else if !is_full {
            sorts.insert(sort, 1);
            self.sorts += 1;
        }
    }

    /// How many places of this sort were counted.
    fn places(&self, sort: &PlaceSort) -> u64 {
        let sorts = self.patterns.get(&sort.pattern).into_iter().flatten();
        sorts
            .filter(|((kind, offset), _)| *kind == sort.kind && offset.json() == sort.offset)
            .map(|(_, count)| count)
            .sum()
    }
}

impl Tally {
    #[expect(
        clippy::disallowed_methods,
        reason = "the budget ends the listing of changes, never the search for the first one"
    )]
    pub(super) fn new(options: &DiffOptions) -> Self {
        Self {
            entries: options.entries,
            lists_long_values: true,
            deadline: options
                .time
                .and_then(|time| Instant::now().checked_add(time)),
            out_of_time: false,
            questions: 0,
            first: None,
            first_is_alone: true,
            listed: Vec::new(),
            cut: None,
            found: 0,
            skipped: 0,
            stages: Vec::new(),
            sizes: Largest::default(),
            left_out: Vec::new(),
        }
    }

    /// Leaves long values out of the listed changes.
    pub(super) fn list_short_values(&mut self) {
        self.lists_long_values = false;
    }

    /// Does something that the time budget does not count.
    #[expect(
        clippy::disallowed_methods,
        reason = "the budget ends the listing of changes, never the search for the first one"
    )]
    pub(super) fn outside_budget<T>(&mut self, read: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let read = read();
        self.deadline = self
            .deadline
            .and_then(|deadline| deadline.checked_add(started.elapsed()));
        read
    }

    /// How many differences were met so far, whether taken in or skipped.
    pub(super) fn seen(&self) -> u64 {
        self.found + self.skipped
    }

    /// Whether a difference at this time or later can be skipped: the time is up, and it cannot be the first
    /// divergence.
    pub(super) fn skips(&mut self, earliest: When) -> bool {
        let skips = self.is_out_of_time()
            && self
                .first
                .as_ref()
                .is_some_and(|(first, _)| *first <= earliest);
        self.skipped += u64::from(skips);
        skips
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the budget ends the listing of changes, never the search for the first one"
    )]
    fn is_out_of_time(&mut self) -> bool {
        if let Some(deadline) = self.deadline
            && !self.out_of_time
        {
            if self.questions == 0 {
                self.out_of_time = Instant::now() >= deadline;
                self.questions = CLOCK_EVERY;
            }
            self.questions -= 1;
        }
        self.out_of_time
    }

    /// Counts one change, and builds it in full if it is listed or is the first divergence.
    pub(super) fn add(&mut self, met: &Met<'_>, make: impl FnOnce() -> Change) {
        let order = self.found;
        let when = met.stamp.when;
        self.found += 1;
        self.count(met);
        let is_first = self.first.as_ref().is_none_or(|(first, _)| when < *first);
        // What was met before a new first divergence was later than it.
        let is_beside =
            |(first, change): &(When, Change)| *first == when && change.stage == met.stage;
        self.first_is_alone =
            is_first || self.first_is_alone && !self.first.as_ref().is_some_and(is_beside);
        let is_listed = self
            .cut
            .as_ref()
            .is_none_or(|(cut, cut_order, _)| (when, order) < (*cut, *cut_order));
        if !is_first && !is_listed {
            return;
        }
        let mut change = make();
        if is_first {
            self.first = Some((when, change.clone()));
        }
        if is_listed {
            if !self.lists_long_values {
                let is_short = |value: &Json| value.as_str().len() <= SHORT_MAX;
                change.before = change.before.filter(is_short);
                change.after = change.after.filter(is_short);
            }
            self.listed.push((when, order, change));
            if self.listed.len() >= self.entries.saturating_add(self.entries / 2).max(1024) {
                self.cut_down();
            }
        }
    }

    /// Records something that is not reported, or not exactly; one record per place and reason.
    pub(super) fn leave_out(
        &mut self,
        path: impl FnOnce() -> Path,
        reason: LeftOutReason,
        count: usize,
    ) {
        if count == 0 {
            return;
        }
        let count = count as u64;
        if let Some(last) = self.left_out.last_mut()
            && last.reason == reason
            && reason == LeftOutReason::Time
        {
            last.count += count;
        } else if self.left_out.len() < self.entries.max(64) {
            let path = path();
            self.left_out.push(LeftOut {
                path,
                reason,
                count,
            });
        } else if let Some(last) = self.left_out.last_mut() {
            last.count += count;
        }
    }

    fn count(&mut self, met: &Met<'_>) {
        if self.stages.last().is_none_or(|s| s.name != met.stage) {
            self.stages.push(Stage {
                name: met.stage.to_owned(),
                values: 0,
                hashes: 0,
                ticks: Ticks::default(),
                patterns: BTreeMap::new(),
                sorts: 0,
            });
        }
        if let Some(stage) = self.stages.last_mut() {
            stage.values += 1;
            stage.hashes += u64::from(met.is_hash());
            let (offset, numbers) = Offset::of(met);
            let numbers = numbers.zip(met.before.zip(met.after));
            let abs = numbers.map(|(numbers, texts)| self.sizes.add(numbers, texts));
            stage.ticks.add(met.stamp, abs);
            stage.count_place(met, offset);
        }
    }

    /// Keeps the earliest `entries` changes.
    fn cut_down(&mut self) {
        if self.listed.len() <= self.entries {
            return;
        }
        let key = |(when, order, _): &(When, u64, Change)| (*when, *order);
        let (_, cut, _) = self.listed.select_nth_unstable_by_key(self.entries, key);
        self.cut = Some((cut.0, cut.1, cut.2.path.clone()));
        self.listed.truncate(self.entries);
    }

    /// What was found.
    pub(super) fn finish(mut self) -> Diff {
        self.cut_down();
        self.listed
            .sort_unstable_by_key(|(when, order, _)| (*when, *order));
        let mut left_out = self.left_out;
        if let Some((_, _, path)) = self.cut {
            left_out.push(LeftOut {
                path,
                reason: LeftOutReason::Entries,
                count: self.found - self.listed.len() as u64,
            });
        }
        let first = self.first.map(|(_, change)| sized(change));
        let mut stages = merged(self.stages);
        let grows_from = grows_from(stages.iter_mut().map(|stage| &mut stage.ticks));
        let changes: Vec<Change> = self
            .listed
            .into_iter()
            .map(|(_, _, change)| sized(change))
            .collect();
        let alike = first
            .as_ref()
            .map_or(0, |first| alike(&PlaceSort::of(first), &stages, &changes));
        Diff {
            followed: followed(stages, first.as_ref(), self.first_is_alone),
            first_divergence: first,
            causes: Vec::new(),
            charts: Vec::new(),
            sizes: self.sizes.finish(grows_from),
            tolerated: None,
            bytes: Vec::new(),
            changes,
            left_out,
            alike,
        }
    }
}

/// The change with how far its number moved, which is computed only for changes that are kept.
fn sized(mut change: Change) -> Change {
    if change.kind == ChangeKind::Changed {
        let values = change.before.as_ref().zip(change.after.as_ref());
        change.size = values.and_then(|(before, after)| Size::of(before, after));
    }
    change
}

/// How many places are of the sort of the first divergence. If there are too many sorts to count them
/// all, those that are listed count.
fn alike(sort: &PlaceSort, stages: &[Stage], changes: &[Change]) -> u64 {
    let stage = stages.iter().find(|stage| stage.name == sort.stage);
    let counted = stage.map_or(0, |stage| stage.places(sort));
    let listed = changes
        .iter()
        .filter(|change| PlaceSort::of(change) == *sort);
    counted.max(listed.count() as u64).max(1)
}

/// One entry per stage, in the order in which they were met first.
fn merged(stages: Vec<Stage>) -> Vec<Stage> {
    let mut merged: Vec<Stage> = Vec::new();
    for stage in stages {
        let Some(known) = merged.iter_mut().find(|known| known.name == stage.name) else {
            merged.push(stage);
            continue;
        };
        known.values += stage.values;
        known.hashes += stage.hashes;
        known.ticks.merge(stage.ticks);
        for (pattern, sorts) in stage.patterns {
            let known = known.patterns.entry(pattern).or_default();
            for (sort, count) in sorts {
                *known.entry(sort).or_default() += count;
            }
        }
    }
    merged
}

/// The counts by stage, without the first divergence itself.
fn followed(stages: Vec<Stage>, first: Option<&Change>, first_is_alone: bool) -> Vec<Followed> {
    let counted = stages.into_iter().map(|mut stage| {
        let mut followed = Followed {
            ticks: stage.ticks.count(),
            stage: stage.name,
            values: stage.values,
            hashes: stage.hashes,
        };
        if let Some(first) = first
            && followed.stage == first.stage
        {
            followed.values -= 1;
            followed.hashes -= u64::from(first.is_hash());
            followed.ticks -= u64::from(first_is_alone && first.tick.is_some());
        }
        followed
    });
    counted.filter(|followed| followed.values > 0).collect()
}

/// A change of a kind, as the walk meets it.
pub(super) fn kind_of(before: Option<&str>, after: Option<&str>) -> ChangeKind {
    match (before, after) {
        (None, _) => ChangeKind::Added,
        (_, None) => ChangeKind::Removed,
        _ => ChangeKind::Changed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met<'m>(pattern: &'m str, kind: ChangeKind, values: (&'m str, &'m str)) -> Met<'m> {
        let value = |text: &'m str| (!text.is_empty()).then_some(text);
        Met {
            stamp: Stamp::number(3),
            stage: "s",
            pattern,
            kind,
            before: value(values.0),
            after: value(values.1),
        }
    }

    fn sort(pattern: &str, kind: ChangeKind, offset: Option<&str>) -> PlaceSort {
        PlaceSort {
            stage: "s".to_owned(),
            pattern: pattern.to_owned(),
            kind,
            offset: offset.map(|text| Json::parse(text).unwrap()),
        }
    }

    fn stage(of: &[Met<'_>]) -> Stage {
        let mut tally = Tally::new(&DiffOptions::default());
        for met in of {
            tally.count(met);
        }
        tally.stages.remove(0)
    }

    #[test]
    fn an_offset_is_exact() {
        for (before, after, offset) in [
            ("1", "3", Some("2")),
            ("3", "1", Some("-2")),
            (
                "-9223372036854775808",
                "9223372036854775807",
                Some("18446744073709551615"),
            ),
            ("18446744073709551616", "18446744073709551619", Some("3")),
            ("0.5", "2", Some("1.5")),
            ("\"a\"", "1", None),
            ("1", "\"a\"", None),
        ] {
            let (found, _) = Offset::of(&met("p", ChangeKind::Changed, (before, after)));
            assert_eq!(
                found.json().as_ref().map(Json::as_str),
                offset,
                "{before} {after}"
            );
        }
        let (found, numbers) = Offset::of(&met("p", ChangeKind::Moved, ("1", "2")));
        assert_eq!((found, numbers), (Offset::None, None));
    }

    #[test]
    fn a_hash_is_one_on_every_side_that_there_is() {
        let hash = format!("\"{}\"", "0f".repeat(32));
        let hash = hash.as_str();
        for (kind, values, is_hash) in [
            (ChangeKind::Changed, (hash, hash), true),
            (ChangeKind::Changed, (hash, "1"), false),
            (ChangeKind::Changed, ("1", hash), false),
            (ChangeKind::Added, ("", hash), true),
            (ChangeKind::Removed, (hash, ""), true),
            (ChangeKind::Added, ("", ""), false),
            (ChangeKind::Moved, (hash, hash), false),
            (ChangeKind::Renamed, (hash, hash), false),
        ] {
            assert_eq!(met("p", kind, values).is_hash(), is_hash, "{values:?}");
        }
    }

    #[test]
    fn places_are_counted_by_sort() {
        let changed = ChangeKind::Changed;
        let stage = stage(&[
            met("p", changed, ("1", "3")),
            met("p", changed, ("5", "7")),
            met("p", changed, ("1", "2")),
            met("q", changed, ("1", "3")),
            met("p", ChangeKind::Added, ("", "3")),
        ]);
        assert_eq!((stage.values, stage.sorts), (5, 4));
        for (pattern, kind, offset, count) in [
            ("p", changed, Some("2"), 2),
            ("p", changed, Some("1"), 1),
            ("q", changed, Some("2"), 1),
            ("q", changed, Some("1"), 0),
            ("r", changed, Some("2"), 0),
            ("p", changed, None, 0),
            ("p", ChangeKind::Added, None, 1),
            ("p", ChangeKind::Removed, None, 0),
        ] {
            assert_eq!(
                stage.places(&sort(pattern, kind, offset)),
                count,
                "{pattern} {offset:?}"
            );
        }
        let alike = |stage_name: &str| {
            let sort = PlaceSort {
                stage: stage_name.to_owned(),
                ..sort("p", changed, Some("2"))
            };
            alike(&sort, std::slice::from_ref(&stage), &[])
        };
        assert_eq!((alike("s"), alike("t")), (2, 1));
    }

    #[test]
    fn no_more_sorts_are_counted_than_there_is_room_for() {
        let values: Vec<String> = (0..=SORTS_MAX).map(|n| n.to_string()).collect();
        let each = values
            .iter()
            .map(|value| met("p", ChangeKind::Changed, ("0", value)));
        let mut all: Vec<Met<'_>> = each.collect();
        // One sort that is known, and one pattern that is not.
        all.push(met("p", ChangeKind::Changed, ("1", "2")));
        all.push(met("q", ChangeKind::Changed, ("1", "2")));
        let stage = stage(&all);
        assert_eq!((stage.values, stage.sorts), (all.len() as u64, SORTS_MAX));
        let count = |pattern: &str, offset: &str| {
            stage.places(&sort(pattern, ChangeKind::Changed, Some(offset)))
        };
        assert_eq!((count("p", "1"), count("q", "1")), (2, 0));
        assert_eq!(
            (
                count("p", &values[SORTS_MAX - 1]),
                count("p", &values[SORTS_MAX])
            ),
            (1, 0)
        );
    }

    #[test]
    fn what_is_met_of_a_stage_again_is_added_to_it() {
        let hash = format!("\"{}\"", "0f".repeat(32));
        let of = |name: &str, values: &[(&str, &str)]| {
            let all: Vec<Met<'_>> = values
                .iter()
                .map(|&values| met("p", ChangeKind::Changed, values))
                .collect();
            Stage {
                name: name.to_owned(),
                ..stage(&all)
            }
        };
        let hashes = (&*hash, &*hash);
        let merged = merged(vec![
            of("s", &[("1", "3"), hashes]),
            of("t", &[("1", "3")]),
            of("s", &[("2", "4"), ("2", "5"), hashes]),
        ]);
        let found: Vec<(&str, u64, u64)> = merged
            .iter()
            .map(|stage| (&*stage.name, stage.values, stage.hashes))
            .collect();
        assert_eq!(found, [("s", 5, 2), ("t", 1, 0)]);
        let places = |offset: &str| merged[0].places(&sort("p", ChangeKind::Changed, Some(offset)));
        assert_eq!((places("2"), places("3")), (2, 1));
    }

    #[test]
    fn what_is_left_out_is_counted_by_place_and_reason() {
        let options = DiffOptions {
            entries: 1,
            ..DiffOptions::default()
        };
        let mut tally = Tally::new(&options);
        let path = |name: &str| Path::parse(name).unwrap();
        tally.leave_out(|| path("a"), LeftOutReason::Time, 2);
        tally.leave_out(|| path("b"), LeftOutReason::Time, 3);
        tally.leave_out(|| path("c"), LeftOutReason::MissingIdentity, 0);
        for _ in 0..70 {
            tally.leave_out(|| path("d"), LeftOutReason::MissingIdentity, 2);
        }
        let counts: Vec<usize> = tally
            .left_out
            .iter()
            .map(|left| left.count as usize)
            .collect();
        assert_eq!(
            (counts.len(), counts[0], counts[1], counts[62]),
            (64, 5, 2, 2)
        );
        assert_eq!(counts[63], 2 * 8);
    }

    #[test]
    fn places_that_are_skipped_are_counted() {
        let mut tally = Tally::new(&DiffOptions {
            time: Some(std::time::Duration::ZERO),
            ..DiffOptions::default()
        });
        assert!(!tally.skips(When::at(1)));
        tally.first = Some((
            When::at(3),
            Change {
                tick: None,
                stage: "s".to_owned(),
                artefact: "a".to_owned(),
                path: Path::parse("a").unwrap(),
                path_before: None,
                kind: ChangeKind::Removed,
                before: None,
                after: None,
                size: None,
            },
        ));
        assert!(tally.skips(When::at(3)) && tally.skips(When::at(4)));
        assert!(!tally.skips(When::at(2)));
        assert_eq!((tally.skipped, tally.seen()), (2, 2));
    }
}
