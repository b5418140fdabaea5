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

/// Arrays of these scalars, by length.
fn arrays_of(scalars: &[&str], length_max: usize) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..length_max {
        let until = all.len();
        for at in from..until {
            for scalar in scalars {
                let mut longer: Vec<String> = all[at].clone();
                longer.push((*scalar).to_owned());
                all.push(longer);
            }
        }
        from = until;
    }
    all
}

/// Everything that one edit makes of an array.
fn one_edit_away(array: &[String], scalars: &[&str]) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for at in 0..=array.len() {
        for scalar in scalars {
            let mut inserted = array.to_vec();
            inserted.insert(at, (*scalar).to_owned());
            all.push(inserted);
            let mut changed = array.to_vec();
            if let Some(element) = changed.get_mut(at) {
                (*scalar).clone_into(element);
                all.push(changed);
            }
        }
    }
    for at in 0..array.len() {
        let mut removed = array.to_vec();
        let element = removed.remove(at);
        for to in 0..=removed.len() {
            let mut moved = removed.clone();
            moved.insert(to, element.clone());
            all.push(moved);
        }
        all.push(removed);
    }
    all
}

/// The fewest edits between any two short arrays, found by making every edit.
#[test]
fn short_arrays_of_scalars_never_have_more_than_the_fewest_edits() {
    for (scalars, length_max) in [(&["\"a\"", "\"b\""][..], 5), (&["0", "1", "2"][..], 4)] {
        let arrays = arrays_of(scalars, length_max);
        let number: std::collections::BTreeMap<&Vec<String>, usize> = arrays
            .iter()
            .enumerate()
            .map(|(at, array)| (array, at))
            .collect();
        let next: Vec<Vec<usize>> = arrays
            .iter()
            .map(|array| {
                let away = one_edit_away(array, scalars);
                let mut away: Vec<usize> = away
                    .iter()
                    .filter_map(|array| number.get(array).copied())
                    .collect();
                away.sort_unstable();
                away.dedup();
                away
            })
            .collect();
        for (from, before) in arrays.iter().enumerate() {
            let mut edits = vec![usize::MAX; arrays.len()];
            edits[from] = 0;
            let mut queue = std::collections::VecDeque::from([from]);
            while let Some(at) = queue.pop_front() {
                for &to in &next[at] {
                    if edits[to] == usize::MAX {
                        edits[to] = edits[at] + 1;
                        queue.push_back(to);
                    }
                }
            }
            for (after, fewest) in arrays.iter().zip(edits) {
                let [removed, added, moved, changed] = counts(before, after, None);
                let count = removed + added + moved + changed;
                assert_eq!(count, fewest, "{before:?} {after:?}");
            }
        }
    }
}

#[test]
fn scalars_are_moved_changed_and_aligned() {
    let check = |before: &str, after: &str, expected: [usize; 4]| {
        let [old, new] =
            [before, after].map(|text| text.split(' ').map(str::to_owned).collect::<Vec<String>>());
        assert_eq!(counts(&old, &new, None), expected, "{before} -> {after}");
    };
    check("0 1 2 3", "3 0 1 2", [0, 0, 1, 0]);
    check("0 0 3 1 0", "0 3 1 0 0", [0, 0, 1, 0]);
    check("1 2 3 1 4", "2 3 5 1", [1, 0, 1, 1]);
    // By position if that is as short.
    check("1 2 3", "2 3 1", [0, 0, 1, 0]);
    check("1 2", "3 4", [0, 0, 0, 2]);
    // One change makes room for another, with what does not move between them.
    check(
        "\"z\" \"A\" \"B\" \"C\" \"x\"",
        "\"x\" \"A\" \"B\" \"C\" \"y\"",
        [0, 0, 0, 2],
    );
}

#[test]
fn equal_elements_of_long_arrays_move() {
    let element = |at: usize| format!("[{}]", at % 700);
    let before: Vec<String> = (0..3_000).map(element).collect();
    let mut after = before.clone();
    let moved = after.remove(2_500);
    after.insert(10, moved);
    assert_eq!(counts(&before, &after, None), [0, 0, 1, 0]);
}

/// Edits of an array of scalars with duplicates: kind, place, another place, new value.
fn edit_all(array: &mut Vec<String>, edits: &[(u8, usize, usize, u8)]) {
    for &(edit, at, to, value) in edits {
        let value = value.to_string();
        if array.is_empty() || edit == 0 {
            array.insert(at % (array.len() + 1), value);
            continue;
        }
        let at = at % array.len();
        match edit {
            1 => drop(array.remove(at)),
            2 => array[at] = value,
            _ => {
                let element = array.remove(at);
                array.insert(to % (array.len() + 1), element);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn edits_of_scalars_are_no_more_than_were_made(
        before in prop::collection::vec(0..12_u8, 0..200),
        edits in prop::collection::vec((0..4_u8, 0..1000_usize, 0..1000_usize, 0..12_u8), 0..12),
    ) {
        let before: Vec<String> = before.iter().map(u8::to_string).collect();
        let mut after = before.clone();
        edit_all(&mut after, &edits);
        let count: usize = counts(&before, &after, None).iter().sum();
        prop_assert!(count <= edits.len(), "{count} {edits:?}");
        assert_complete(&before, &after, &matched(&before, &after, None));
    }
}

#[test]
fn likeness_does_not_depend_on_positions() {
    let changes = |before: &str, after: &str| {
        let artefacts =
            [before, after].map(|text| [crate::Artefact::from_json("x", text.as_bytes()).unwrap()]);
        let [before, after] = &artefacts;
        let diff = crate::diff(
            before,
            after,
            &crate::Schema::default(),
            &crate::DiffOptions::default(),
        );
        let lines = diff
            .changes
            .iter()
            .map(|c| format!("{} {}", c.kind.as_str(), c.path));
        lines.collect::<Vec<String>>()
    };
    let rows = |count: usize, inserted: bool, from: usize| {
        let new = if inserted { "-9," } else { "" };
        let row = |at: usize| format!(r#"["r{at}",{new}{at},{}]"#, at + 1);
        format!("[{}]", (from..count).map(row).collect::<Vec<_>>().join(","))
    };
    for count in [3, 20, 100] {
        let expected: Vec<String> = (0..count).map(|at| format!("added x[{at}][1]")).collect();
        assert_eq!(
            changes(&rows(count, false, 0), &rows(count, true, 0)),
            expected
        );
        // One more change, where the first row is gone too.
        let found = changes(&rows(count, false, 0), &rows(count, true, 1));
        assert_eq!(found.len(), count, "{found:?}");
        assert_eq!(found[0], "removed x[0]");
    }
    // Rings of a GeoJSON polygon, each with one more point at its start.
    let rings = |more: &str| {
        let ring = |at: u32| format!("[{more}[{at},1.5],[{at},2.5],[{at}.5,3],[{at},1.5]]");
        format!(
            r#"{{"coordinates":[{}],"type":"Polygon"}}"#,
            (1..5).map(ring).collect::<Vec<_>>().join(",")
        )
    };
    let expected: Vec<String> = (0..4)
        .map(|at| format!("added x.coordinates[{at}][0]"))
        .collect();
    assert_eq!(changes(&rings(""), &rings("[0,0],")), expected);
    // A syntax tree in which a statement comes first and another changes deep inside.
    let tree = |first: &str, value: u32| {
        format!(
            r#"["block",[{first}["let","a",["num",1]],["let","b",["add",["var","a"],["num",{value}]]],["call","print",[["var","b"]]]]]"#
        )
    };
    assert_eq!(
        changes(&tree("", 2), &tree(r#"["let","z",["num",0]],"#, 3)),
        ["added x[1][0]", "changed x[1][2][2][2][1]"]
    );
}
