//! Known edits are reported as what they are, even in large arrays.

use proptest::prelude::*;

use super::*;
use crate::reading::Reading;
use crate::{ArtefactSchema, KeyRule};

fn id_key() -> Key {
    let schema = ArtefactSchema {
        keys: vec![KeyRule {
            fields: vec!["id".into()],
            ..KeyRule::default()
        }],
        ..ArtefactSchema::default()
    };
    Reading::of(&schema, "a").key.unwrap()
}

fn matched(before: &[String], after: &[String], key: Option<&Key>) -> Matching {
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let after: Vec<&str> = after.iter().map(String::as_str).collect();
    let identities = Identities::of(&before, &after, key);
    match_elements(&before, &after, key, &identities)
}

/// How many elements were removed, added, moved and changed.
fn counts(before: &[String], after: &[String], key: Option<&Key>) -> [usize; 4] {
    let matching = matched(before, after, key);
    let moved = matching.pairs.iter().filter(|pair| pair.moved).count();
    let differing = |pair: &&Pair| before[pair.before] != after[pair.after];
    let changed = matching.pairs.iter().filter(differing).count();
    [matching.removed.len(), matching.added.len(), moved, changed]
}

fn record(id: usize, value: usize) -> String {
    format!(
        r#"{{"a":{value},"b":[{value},{id}],"id":{id},"name":"n{}"}}"#,
        id % 7
    )
}

#[test]
fn one_edit_in_many_records_is_one_change() {
    const COUNT: usize = 100_000;
    let records: Vec<String> = (0..COUNT).map(|id| record(id, 1)).collect();
    let mut inserted = records.clone();
    inserted.insert(0, record(COUNT, 1));
    let mut removed = records.clone();
    removed.remove(COUNT / 2);
    let mut moved = records.clone();
    let last = moved.pop().unwrap();
    moved.insert(0, last);
    let mut changed = records.clone();
    changed[77] = record(77, 2);
    let mut swapped = records.clone();
    swapped.swap(10, COUNT - 10);
    let mut rotated = records.clone();
    rotated.rotate_left(1);
    for (name, after, expected) in [
        ("insert", &inserted, [0, 1, 0, 0]),
        ("remove", &removed, [1, 0, 0, 0]),
        ("move", &moved, [0, 0, 1, 0]),
        ("change", &changed, [0, 0, 0, 1]),
        ("swap", &swapped, [0, 0, 2, 0]),
        ("rotate", &rotated, [0, 0, 1, 0]),
    ] {
        for key in [Some(&id_key()), None] {
            let is_keyed = key.is_some();
            assert_eq!(counts(&records, after, key), expected, "{name} {is_keyed}");
        }
    }
    let reversed: Vec<String> = records.iter().rev().cloned().collect();
    for key in [Some(&id_key()), None] {
        assert_eq!(counts(&records, &reversed, key), [0, 0, COUNT - 1, 0]);
    }
}

#[test]
fn repeated_values_are_aligned() {
    let many = |pattern: &[&str]| -> Vec<String> { pattern.iter().map(|&s| s.into()).collect() };
    let check = |before: &[&str], after: &[&str], expected: [usize; 4]| {
        let (before, after) = (many(before), many(after));
        assert_eq!(
            counts(&before, &after, None),
            expected,
            "{before:?} {after:?}"
        );
    };
    check(&["[]", "[]", "1", "[]"], &["[]", "1", "[]"], [1, 0, 0, 0]);
    check(
        &["\"a\"", "\"a\""],
        &["\"a\"", "\"b\"", "\"a\""],
        [0, 1, 0, 0],
    );
    check(&["{}"; 3], &["{}"; 5], [0, 2, 0, 0]);
}

#[test]
fn a_changed_record_is_found_beside_a_new_one() {
    let before = vec![record(1, 1), record(2, 1)];
    let after = vec![record(9, 9), record(1, 1), record(2, 3)];
    assert_eq!(counts(&before, &after, None), [0, 1, 0, 1]);
    // Two neighbours of which one went and the other changed.
    let after = vec![r#"{"a":2,"b":[1,2],"id":2,"name":"n2"}"#.to_owned()];
    let matching = matched(&before, &after, None);
    assert_eq!(matching.removed, [0]);
    assert_eq!(matching.pairs[0].before, 1);
}

#[test]
fn hard_arrays_are_matched_within_bounds() {
    // Two random strings of two letters, without unique values: the worst case of an alignment.
    let mut state = 1_u64;
    let mut letters = || -> Vec<String> {
        (0..50_000)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                if state >> 63 == 0 { "{}" } else { "[]" }.to_owned()
            })
            .collect()
    };
    let (before, after) = (letters(), letters());
    let matching = matched(&before, &after, None);
    assert!(matching.removed.len() + matching.pairs.len() <= before.len());
}

/// Every element of both arrays is told exactly once, equal ends aside, and no pair is unlike.
fn assert_complete(before: &[String], after: &[String], matching: &Matching) {
    let [texts_before, texts_after] =
        [before, after].map(|all| all.iter().map(String::as_str).collect::<Vec<_>>());
    let (prefix, suffix) = equal_ends(&texts_before, &texts_after);
    let olds = matching.pairs.iter().map(|pair| pair.before);
    let news = matching.pairs.iter().map(|pair| pair.after);
    for (positions, length) in [
        (
            olds.chain(matching.removed.iter().copied())
                .collect::<Vec<_>>(),
            before.len(),
        ),
        (
            news.chain(matching.added.iter().copied()).collect(),
            after.len(),
        ),
    ] {
        let mut positions = positions;
        positions.sort_unstable();
        assert_eq!(positions, (prefix..length - suffix).collect::<Vec<_>>());
    }
    let kept: Vec<_> = matching.pairs.iter().filter(|pair| !pair.moved).collect();
    assert!(kept.is_sorted_by(|a, b| a.before < b.before && a.after < b.after));
    assert_eq!(
        matching.walk().count(),
        matching.pairs.len() + matching.removed.len() + matching.added.len()
    );
}

proptest! {
    #[test]
    fn every_element_is_told_once(
        before in prop::collection::vec("\\{(\"id\":[0-4])?\\}|[0-3]|\\[[01],[01]\\]", 0..12),
        after in prop::collection::vec("\\{(\"id\":[0-4])?\\}|[0-3]|\\[[01],[01]\\]", 0..12),
    ) {
        for key in [Some(&id_key()), None] {
            let matching = matched(&before, &after, key);
            assert_complete(&before, &after, &matching);
        }
    }
}
