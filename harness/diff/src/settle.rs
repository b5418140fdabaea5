//! Puts the old numbers in place of new ones that are within their tolerances, so that what is left to
//! compare differs for another reason.
//!
//! ```text
//! tolerance  x: abs = 0.1
//! before     {"id":1,"x":0.50,"y":1}
//! after      {"id":1,"x":0.52,"y":2}
//! settled    {"id":1,"x":0.50,"y":2}
//! ```
//!
//! Elements of arrays are paired by identity or, if none is declared, by position. Nothing but numbers is
//! ever replaced: an element that was added, moved or renamed stays as it is.

use std::borrow::Cow;
use std::ops::Range;

use crate::digest::is_digest;
use crate::matching::{Identities, Identity, Side};
use crate::path::Path;
use crate::reading::{Key, Reading};
use crate::size::Largest;
use crate::steps;
use crate::tick::Stamp;
use crate::ticks::{Ticks, grows_from};
use crate::tolerance::{Tolerance, Tolerated, Ways};
use crate::walk::{Mark, element_mark, inside, path_of};
use crate::{Artefact, INPUTS, Schema};
use aether_json::scan::{self, Kind, kind};
use aether_json::{Json, Number};

/// What tolerances leave of a comparison.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The new artefacts, with the old numbers in place of those within tolerance.
    pub after: Vec<Artefact>,
    /// Those numbers.
    pub tolerated: Tolerated,
}

/// Puts the old numbers in place of new ones that are within their [tolerances](Tolerance); `None` if there
/// are none of these.
///
/// Two runs are equal within tolerance exactly if what is settled has the bytes of `before`: what has no
/// tolerance must be the same to the byte. Inputs and digests have no tolerances.
pub fn settled(before: &[Artefact], after: &[Artefact], schema: &Schema) -> Option<Settled> {
    if !schema.has_tolerances() {
        return None;
    }
    let mut sum = Sum::default();
    let changed: Vec<Option<Artefact>> = after
        .iter()
        .map(|new| {
            let old = before.iter().find(|old| old.name() == new.name())?;
            artefact(old, new, schema, &mut sum)
        })
        .collect();
    let tolerated = sum.finish()?;
    let each = changed.into_iter().zip(after);
    Some(Settled {
        after: each
            .map(|(settled, new)| settled.unwrap_or_else(|| new.clone()))
            .collect(),
        tolerated,
    })
}

fn artefact(old: &Artefact, new: &Artefact, schema: &Schema, sum: &mut Sum) -> Option<Artefact> {
    let name = new.name();
    let listed = schema.artefact(name).filter(|_| name != INPUTS)?;
    if listed.tolerances.is_empty() || old.text() == new.text() || is_digest(old) || is_digest(new)
    {
        return None;
    }
    let [before, after] = [old, new].map(|artefact| std::str::from_utf8(artefact.text()).ok());
    let (before, after) = (before?.trim_ascii(), after?.trim_ascii());
    let paths: Vec<_> = listed
        .tolerances
        .iter()
        .map(|tolerance| (tolerance, steps::wild(&tolerance.path)))
        .collect();
    let reading = Reading::of(listed, name);
    let mut settling = Settling { hits: Vec::new() };
    let stamp = match kind(before) {
        Kind::Object => stamp_of(before, after, &reading),
        _ => Stamp::NEVER,
    };
    let text = settling.value(before, after, &Ways::new(&paths), &reading, stamp)?;
    sum.add(name, after, &reading, &settling.hits);
    let mut text = text.into_owned().into_bytes();
    text.push(b'\n');
    Some(Artefact::laid_out_already(name, text))
}

/// A number within its tolerance.
struct Hit<'s, 't> {
    tolerance: &'s Tolerance,
    share: f64,
    before: &'t str,
    after: &'t str,
    stamp: Stamp<'t>,
}

/// The way through two artefacts side by side.
struct Settling<'s, 't> {
    hits: Vec<Hit<'s, 't>>,
}

/// A part of the new text, and what comes in its place.
type Edit<'t> = (&'t str, Cow<'t, str>);

impl<'s, 't> Settling<'s, 't> {
    /// What comes in place of a value; `None` if it stays as it is.
    fn value(
        &mut self,
        before: &'t str,
        after: &'t str,
        ways: &Ways<'s>,
        reading: &Reading,
        stamp: Stamp<'t>,
    ) -> Option<Cow<'t, str>> {
        if before == after || ways.is_empty() {
            return None;
        }
        match (kind(before), kind(after)) {
            (Kind::Number, Kind::Number) => {
                let (tolerance, share) = ways.share(before, after)?;
                self.hits.push(Hit {
                    tolerance,
                    share,
                    before,
                    after,
                    stamp,
                });
                Some(Cow::Borrowed(before))
            }
            (Kind::Object, Kind::Object) => self.object(before, after, ways, reading, stamp),
            (Kind::Array, Kind::Array) => self.array(before, after, ways, reading, stamp),
            _ => None,
        }
    }

    fn object(
        &mut self,
        before: &'t str,
        after: &'t str,
        ways: &Ways<'s>,
        reading: &Reading,
        stamp: Stamp<'t>,
    ) -> Option<Cow<'t, str>> {
        let mut old = scan::members(before)?;
        old.sort_by_key(|member| member.0);
        let mut edits = Vec::new();
        for (key, new) in scan::members(after)? {
            let Ok(at) = old.binary_search_by_key(&key, |member| member.0) else {
                continue;
            };
            let settled = self.value(
                old[at].1,
                new,
                &ways.member(key),
                reading.member(key),
                stamp,
            );
            edits.extend(settled.map(|settled| (new, settled)));
        }
        edited(after, edits)
    }

    fn array(
        &mut self,
        before: &'t str,
        after: &'t str,
        ways: &Ways<'s>,
        reading: &Reading,
        stamp: Stamp<'t>,
    ) -> Option<Cow<'t, str>> {
        let (old, new) = (scan::elements(before)?, scan::elements(after)?);
        let elements = Elements {
            old: &old,
            new: &new,
            ways,
            reading,
            stamp,
        };
        let edits = match pairs_by_identity(&old, &new, reading.key.as_ref()) {
            Some(pairs) => self.by_identity(&elements, &pairs),
            None if old.len() == new.len() => self.by_position(&elements),
            None => self.at_both_ends(&elements),
        };
        edited(after, edits)
    }

    fn element(
        &mut self,
        elements: &Elements<'_, 's, 't>,
        old: usize,
        new: usize,
    ) -> Option<Cow<'t, str>> {
        let (before, after) = (elements.old[old], elements.new[new]);
        let reading = inside(elements.reading, after);
        let own = match &elements.reading.tick {
            Some(_) => stamp_of(before, after, elements.reading),
            None => elements.stamp,
        };
        self.value(before, after, elements.ways, reading, own)
    }

    /// Elements whose identities occur once on each side, as pairs of positions.
    fn by_identity(
        &mut self,
        elements: &Elements<'_, 's, 't>,
        pairs: &[(usize, usize)],
    ) -> Vec<Edit<'t>> {
        let mut settled: Vec<(usize, Edit<'t>)> = Vec::new();
        for &(old, new) in pairs {
            let text = self.element(elements, old, new);
            let is_replaced = text.is_some();
            let text = text.unwrap_or(Cow::Borrowed(elements.new[new]));
            if is_replaced || elements.reading.unordered {
                settled.push((old, (elements.new[new], text)));
            }
        }
        // Where the order does not matter, the old one is taken, so that it makes no difference.
        let (count, all) = (pairs.len(), (elements.old.len(), elements.new.len()));
        if elements.reading.unordered && all == (count, count) {
            settled.sort_by_key(|(old, _)| *old);
            let texts = settled.into_iter().map(|(_, (_, text))| text);
            return elements.new.iter().copied().zip(texts).collect();
        }
        let edits = settled.into_iter().map(|(_, edit)| edit);
        edits.collect()
    }

    /// As many elements on each side. If most are equal within tolerance, positions mean something, and the
    /// numbers of all elements are looked at; else only those of elements that are equal then.
    fn by_position(&mut self, elements: &Elements<'_, 's, 't>) -> Vec<Edit<'t>> {
        let count = elements.new.len();
        let mut edits = Vec::new();
        let mut partial: Vec<(usize, Range<usize>)> = Vec::new();
        let mut equal = 0;
        for at in 0..count {
            let start = self.hits.len();
            let settled = self.element(elements, at, at);
            let text = settled.as_deref().unwrap_or(elements.new[at]);
            let is_equal = text == elements.old[at];
            equal += usize::from(is_equal);
            if !is_equal && settled.is_some() {
                partial.push((edits.len(), start..self.hits.len()));
            }
            edits.extend(settled.map(|settled| (elements.new[at], settled)));
        }
        if 2 * equal < count {
            for (edit, hits) in partial.into_iter().rev() {
                edits.remove(edit);
                self.hits.drain(hits);
            }
        }
        edits
    }

    /// Arrays of two lengths: elements that are equal within tolerance at the front and at the end.
    fn at_both_ends(&mut self, elements: &Elements<'_, 's, 't>) -> Vec<Edit<'t>> {
        let (old, new) = (elements.old.len(), elements.new.len());
        let mut edits = Vec::new();
        let mut left = old.min(new);
        let mut from =
            |this: &mut Self, left: &mut usize, place: &dyn Fn(usize) -> (usize, usize)| {
                let mut step = 0;
                while *left > 0 {
                    let (a, b) = place(step);
                    let start = this.hits.len();
                    let settled = this.element(elements, a, b);
                    if settled.as_deref().unwrap_or(elements.new[b]) != elements.old[a] {
                        this.hits.truncate(start);
                        return;
                    }
                    edits.extend(settled.map(|settled| (elements.new[b], settled)));
                    *left -= 1;
                    step += 1;
                }
            };
        from(self, &mut left, &|step| (step, step));
        from(self, &mut left, &|step| (old - 1 - step, new - 1 - step));
        edits
    }
}

/// Two arrays, and how to read their elements.
struct Elements<'e, 's, 't> {
    old: &'e [&'t str],
    new: &'e [&'t str],
    ways: &'e Ways<'s>,
    reading: &'e Reading,
    stamp: Stamp<'t>,
}

/// The tick of a record, given as it was and as it is.
fn stamp_of<'t>(before: &'t str, after: &'t str, reading: &Reading) -> Stamp<'t> {
    let way = reading.tick.as_deref().unwrap_or_default();
    if way.is_empty() {
        return Stamp::NEVER;
    }
    let stamp = |text| Stamp::read(steps::find(text, way)?);
    stamp(before)
        .or_else(|| stamp(after))
        .unwrap_or(Stamp::NEVER)
}

/// Positions of elements with the same identity; `None` if a side has elements without one, or several with
/// one.
fn pairs_by_identity(old: &[&str], new: &[&str], key: Option<&Key>) -> Option<Vec<(usize, usize)>> {
    let key = key.filter(|key| !key.fields.is_empty())?;
    let identities = Identities::of(old, new, Some(key));
    if identities.duplicates + identities.missing > 0 {
        return None;
    }
    let mut sorted: Vec<(&Identity<'_>, usize)> = identities.before.iter().zip(0..).collect();
    sorted.sort();
    let pair = |(identity, new): (&Identity<'_>, usize)| {
        let at = sorted
            .binary_search_by_key(&identity, |(identity, _)| *identity)
            .ok()?;
        Some((sorted[at].1, new))
    };
    Some(identities.after.iter().zip(0..).filter_map(pair).collect())
}

/// A text in which parts of it are replaced; `None` if there are no edits. The parts may come in any order.
fn edited<'t>(text: &'t str, mut edits: Vec<Edit<'t>>) -> Option<Cow<'t, str>> {
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|(part, _)| part.as_ptr());
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (part, settled) in edits {
        let start = offset_in(text, part);
        out.push_str(&text[done..start]);
        out.push_str(&settled);
        done = start + part.len();
    }
    out.push_str(&text[done..]);
    Some(Cow::Owned(out))
}

/// Where a part of a text begins in it.
fn offset_in(text: &str, part: &str) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}

/// Everything that was within tolerance.
#[derive(Default)]
struct Sum {
    values: u64,
    largest: Option<(f64, Path)>,
    reasons: Vec<String>,
    sizes: Largest,
    ticks: Ticks,
}

impl Sum {
    fn add(&mut self, name: &str, after: &str, reading: &Reading, hits: &[Hit<'_, '_>]) {
        for hit in hits {
            self.values += 1;
            if !self.reasons.contains(&hit.tolerance.reason) {
                self.reasons.push(hit.tolerance.reason.clone());
            }
            let numbers = (hit.before.parse(), hit.after.parse());
            if let (Ok(old), Ok(new)) = numbers {
                let abs = self.sizes.add((old, new), (hit.before, hit.after));
                self.ticks.add(hit.stamp, Some(abs));
            }
        }
        let Some(largest) = hits.iter().max_by(|a, b| a.share.total_cmp(&b.share)) else {
            return;
        };
        let is_larger = |(share, _): &(f64, Path)| largest.share > *share;
        if self.largest.as_ref().is_none_or(is_larger) {
            let mut trail = Vec::new();
            find(after, largest.after, reading, &mut trail);
            self.largest = Some((largest.share, path_of(name, &trail)));
        }
    }

    fn finish(mut self) -> Option<Tolerated> {
        let (share, at) = self.largest?;
        let share = Number::try_from((share * 1e6).round() / 1e6);
        let share = share.expect("a share is between 0 and 1");
        Some(Tolerated {
            values: self.values,
            largest: Json::from_raw(share.as_str()),
            at,
            reasons: self.reasons,
            sizes: self.sizes.finish(grows_from([&mut self.ticks])),
        })
    }
}

/// Writes down the way to a part of a text.
fn find<'r, 't>(text: &'t str, part: &'t str, reading: &'r Reading, trail: &mut Vec<Mark<'r, 't>>) {
    let holds = |value: &str| {
        let (start, end) = (value.as_ptr().addr(), value.as_ptr().addr() + value.len());
        (start..end).contains(&part.as_ptr().addr())
    };
    match kind(text) {
        Kind::Object => {
            let members = scan::members(text).unwrap_or_default();
            if let Some((key, value)) = members.into_iter().find(|(_, value)| holds(value)) {
                trail.push(Mark::Member(key));
                find(value, part, reading.member(key), trail);
            }
        }
        Kind::Array => {
            let elements = scan::elements(text).unwrap_or_default();
            if let Some(at) = elements.iter().position(|value| holds(value)) {
                let key = reading.key.as_ref();
                let identities = Identities::of(&[], &elements, key);
                trail.push(element_mark(reading, &identities, Side::After, at, 0));
                find(elements[at], part, inside(reading, elements[at]), trail);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArtefactSchema, DiffOptions, diff};

    fn schema(paths: &[&str], keys: &[&str]) -> Schema {
        let mut listed = ArtefactSchema::new("o").with_tick("t");
        for path in paths {
            let tolerance =
                Tolerance::new(*path, format!("why {path}")).with_abs("0.1".parse().unwrap());
            listed = listed.with_tolerance(tolerance);
        }
        for key in keys {
            listed = listed.with_key(key.parse().unwrap());
        }
        Schema {
            artefacts: vec![listed],
            ..Schema::default()
        }
    }

    fn settle(before: &str, after: &str, schema: &Schema) -> Option<(String, u64, String)> {
        let [old, new] =
            [before, after].map(|text| Artefact::from_json("o", text.as_bytes()).unwrap());
        let settled = settled(&[old], &[new], schema)?;
        let text = String::from_utf8_lossy(settled.after[0].text()).replace(['\n', ' '], "");
        // What is settled is in layout.
        Artefact::from_golden("o", settled.after[0].text()).unwrap();
        Some((
            text,
            settled.tolerated.values,
            settled.tolerated.at.to_string(),
        ))
    }

    #[track_caller]
    fn check(schema: &Schema, before: &str, after: &str, expected: Option<(&str, u64, &str)>) {
        let found = settle(before, after, schema);
        let found = found
            .as_ref()
            .map(|(text, values, at)| (&**text, *values, &**at));
        assert_eq!(found, expected);
    }

    #[test]
    fn numbers_at_the_path_are_settled_and_nothing_else() {
        let plain = schema(&["x", "m.*.z"], &[]);
        check(
            &plain,
            r#"[{"s":"1","x":0.50,"y":1}]"#,
            r#"[{"s":"2","x":0.52,"y":1.01}]"#,
            None,
        );
        check(
            &plain,
            r#"[{"s":"1","x":0.5,"y":1},{"x":7}]"#,
            r#"[{"s":"1","x":0.5,"y":1},{"x":7.05}]"#,
            Some((r#"[{"s":"1","x":0.5,"y":1},{"x":7}]"#, 1, "o[1].x")),
        );
        // Any member, and every number of a list.
        check(
            &plain,
            r#"{"m":{"a":{"z":[1,[2]]},"b":{"y":1,"z":3}},"x":1}"#,
            r#"{"m":{"a":{"z":[1,[2.1]]},"b":{"y":1.1,"z":3.05}},"x":1.2}"#,
            Some((
                r#"{"m":{"a":{"z":[1,[2]]},"b":{"y":1.1,"z":3}},"x":1.2}"#,
                2,
                "o.m.a.z[1][0]",
            )),
        );
    }

    #[test]
    fn elements_are_paired_by_identity_or_position() {
        let keyed = schema(&["x"], &["=id"]);
        check(
            &keyed,
            r#"[{"id":1,"x":1},{"id":2,"x":5}]"#,
            r#"[{"id":0,"x":1},{"id":2,"x":5.01},{"id":1,"x":1.05}]"#,
            Some((
                r#"[{"id":0,"x":1},{"id":2,"x":5},{"id":1,"x":1}]"#,
                2,
                "o[id=1].x",
            )),
        );
        let plain = schema(&["x"], &[]);
        // One record more: what is equal at both ends is settled.
        check(
            &plain,
            r#"[{"x":1},{"x":2},{"x":3}]"#,
            r#"[{"x":1.01},{"x":9},{"x":2.01},{"x":3.02}]"#,
            Some((r#"[{"x":1},{"x":9},{"x":2},{"x":3}]"#, 3, "o[3].x")),
        );
        // Most are equal within tolerance, so that positions mean something.
        check(
            &plain,
            r#"[{"x":1,"y":1},{"x":2,"y":1},{"x":3,"y":1}]"#,
            r#"[{"x":1.01,"y":1},{"x":2.01,"y":2},{"x":3.01,"y":1}]"#,
            Some((
                r#"[{"x":1,"y":1},{"x":2,"y":2},{"x":3,"y":1}]"#,
                3,
                "o[2].x",
            )),
        );
        check(
            &plain,
            r#"[{"x":1,"y":1},{"x":2,"y":1},{"x":3,"y":1}]"#,
            r#"[{"x":1.01,"y":2},{"x":2.01,"y":2},{"x":3.02,"y":1}]"#,
            Some((
                r#"[{"x":1.01,"y":2},{"x":2.01,"y":2},{"x":3,"y":1}]"#,
                1,
                "o[2].x",
            )),
        );
    }

    #[test]
    fn an_order_that_does_not_matter_is_taken_from_before() {
        let mut unordered = schema(&["x"], &["=id"]);
        unordered.artefacts[0].unordered.push(String::new());
        check(
            &unordered,
            r#"[{"id":1,"x":1},{"id":2,"x":1.05}]"#,
            r#"[{"id":2,"x":1},{"id":1,"x":1.05}]"#,
            Some((r#"[{"id":1,"x":1},{"id":2,"x":1.05}]"#, 2, "o[id=1].x")),
        );
    }

    #[test]
    fn a_diff_shows_what_is_left() {
        let schema = schema(&["x"], &["=t"]);
        let [old, new] = [
            r#"[{"t":1,"x":1},{"t":2,"x":1},{"t":3,"x":1}]"#,
            r#"[{"t":1,"x":1},{"t":2,"x":1.03},{"t":3,"x":1.3}]"#,
        ]
        .map(|text| [Artefact::from_json("o", text.as_bytes()).unwrap()]);
        let diff = diff(&old, &new, &schema, &DiffOptions::default());
        let first = diff.first_divergence.unwrap();
        assert_eq!(first.lead(), "tick 3 · o · x: 1 → 1.3");
        assert_eq!(diff.changes.len(), 1);
        let tolerated = diff.tolerated.unwrap();
        assert_eq!((tolerated.values, tolerated.largest.as_str()), (1, "0.3"));
        assert_eq!(tolerated.reasons, ["why x"]);
        assert_eq!(tolerated.sizes.unwrap().abs.as_str(), "0.03");
    }

    #[test]
    fn nothing_is_settled_without_need() {
        let schema = schema(&["x"], &[]);
        check(&schema, r#"[{"x":1}]"#, r#"[{"x":1}]"#, None);
        check(&schema, r#"[{"x":1}]"#, r#"[{"x":2}]"#, None);
        check(&schema, r#"[{"x":1}]"#, r#"{"x":1.01}"#, None);
        check(&schema, r#"[{"x":"1"}]"#, r#"[{"x":1.01}]"#, None);
        let inputs = |text: &str| [Artefact::from_json("inputs", text.as_bytes()).unwrap()];
        let mut all = schema;
        all.artefacts[0].name = "*".to_owned();
        assert!(settled(&inputs(r#"{"x":1}"#), &inputs(r#"{"x":1.01}"#), &all).is_none());
    }

    #[test]
    fn arrays_of_two_lengths_may_be_equal_as_far_as_both_go() {
        let plain = schema(&["x"], &[]);
        check(
            &plain,
            r#"[{"x":1}]"#,
            r#"[{"x":1.01},{"x":5}]"#,
            Some((r#"[{"x":1},{"x":5}]"#, 1, "o[0].x")),
        );
        check(
            &plain,
            r#"[{"x":5},{"x":1}]"#,
            r#"[{"x":1.01}]"#,
            Some((r#"[{"x":1}]"#, 1, "o[0].x")),
        );
    }

    #[test]
    fn positions_mean_something_if_half_of_the_elements_are_equal() {
        check(
            &schema(&["x"], &[]),
            r#"[{"x":1,"y":1},{"x":2,"y":1}]"#,
            r#"[{"x":1.01,"y":1},{"x":2.02,"y":2}]"#,
            Some((r#"[{"x":1,"y":1},{"x":2,"y":2}]"#, 2, "o[1].x")),
        );
    }

    #[test]
    fn elements_with_doubled_or_missing_identities_are_paired_by_position() {
        let keyed = schema(&["x"], &["=id"]);
        let check = |[a, b]: [&str; 2]| {
            let array = |x: &str, y: &str| format!(r#"[{{{a}"x":{x}}},{{{b}"x":{y}}}]"#);
            let found = settle(&array("1", "5"), &array("1.01", "5.01"), &keyed);
            let (text, values, _) = found.unwrap();
            assert_eq!((text, values), (array("1", "5"), 2), "{a} {b}");
        };
        check([r#""id":1,"#, r#""id":1,"#]);
        check(["", ""]);
    }

    #[test]
    fn digests_have_no_tolerances() {
        let mut counted = schema(&["records"], &["=tick"]);
        let hash = "a".repeat(64);
        let digests = |records: u32| {
            let line = format!(r#"{{"digest":"{hash}","records":{records},"tick":0}}"#);
            Artefact::from_canonical_records("o", [line])
        };
        let wide = Tolerance::new("records", "why").with_abs("9".parse().unwrap());
        counted.artefacts[0].tolerances = vec![wide];
        let document = Artefact::from_canonical_records("o", [r#"{"records":1,"tick":0}"#]);
        for (old, new) in [
            (&digests(1), &digests(2)),
            (&digests(2), &document),
            (&document, &digests(2)),
        ] {
            let settled = settled(
                std::slice::from_ref(old),
                std::slice::from_ref(new),
                &counted,
            );
            assert!(settled.is_none(), "{settled:?}");
        }
    }

    #[test]
    fn the_largest_share_of_all_artefacts_is_told() {
        let one = schema(&["x"], &[]);
        let mut two = one.clone();
        two.artefacts.push(ArtefactSchema {
            name: "p".to_owned(),
            ..one.artefacts[0].clone()
        });
        let run = |o: &str, p: &str| {
            [("o", o), ("p", p)].map(|(name, x)| {
                Artefact::from_json(name, format!(r#"{{"x":{x}}}"#).as_bytes()).unwrap()
            })
        };
        for (o, p, largest, at) in [
            ("1.02", "1.05", "0.5", "p.x"),
            ("1.05", "1.02", "0.5", "o.x"),
            ("1.05", "1.05", "0.5", "o.x"),
        ] {
            let tolerated = settled(&run("1", "1"), &run(o, p), &two).unwrap().tolerated;
            let found = (tolerated.largest.as_str(), tolerated.at.to_string());
            assert_eq!(found, (largest, at.to_owned()), "{o} {p}");
        }
    }

    #[test]
    fn documents_have_ticks_from_which_differences_grow() {
        let one = schema(&["x"], &[]);
        let mut two = one.clone();
        two.artefacts.push(ArtefactSchema {
            name: "p".to_owned(),
            ..one.artefacts[0].clone()
        });
        let run = |o: &str, p: &str| {
            [("o", 1, o), ("p", 2, p)].map(|(name, t, x)| {
                Artefact::from_json(name, format!(r#"{{"t":{t},"x":{x}}}"#).as_bytes()).unwrap()
            })
        };
        let settled = settled(&run("1", "1"), &run("1.01", "1.05"), &two).unwrap();
        let lead = settled.tolerated.sizes.unwrap().lead();
        assert!(lead.ends_with("growing from tick 2"), "{lead}");
    }
}
