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

/// The fewest edits between two arrays, found by trying all pairs that keep their order.
pub(super) fn fewest_edits(a: &[u8], b: &[u8]) -> usize {
    fn go(a: &[u8], b: &[u8], left: &mut (Vec<u8>, Vec<u8>), changed: usize, best: &mut usize) {
        let (Some((x, rest_a)), Some((y, rest_b))) = (a.split_first(), b.split_first()) else {
            let (mut gone, mut new) = left.clone();
            gone.extend(a);
            new.extend(b);
            let both = gone.len() + new.len();
            new.retain(|y| match gone.iter().position(|x| x == y) {
                Some(at) => {
                    gone.swap_remove(at);
                    false
                }
                None => true,
            });
            let moved = (both - gone.len() - new.len()) / 2;
            *best = (*best).min(changed + moved + gone.len() + new.len());
            return;
        };
        go(rest_a, rest_b, left, changed + usize::from(x != y), best);
        left.0.push(*x);
        go(rest_a, b, left, changed, best);
        left.0.pop();
        left.1.push(*y);
        go(a, rest_b, left, changed, best);
        left.1.pop();
    }
    let mut best = usize::MAX;
    go(a, b, &mut (Vec::new(), Vec::new()), 0, &mut best);
    best
}

#[track_caller]
fn assert_fewest(a: &[u8], b: &[u8]) {
    let [before, after] = [a, b].map(|letters| {
        let letters = letters
            .iter()
            .map(|&letter| format!("\"{}\"", char::from(letter)));
        letters.collect::<Vec<String>>()
    });
    let count: usize = counts(&before, &after, None).iter().sum();
    let text = |letters| String::from_utf8_lossy(letters).into_owned();
    assert_eq!(count, fewest_edits(a, b), "{} {}", text(a), text(b));
}

proptest! {
    #[test]
    fn arrays_of_few_letters_have_the_fewest_edits(a in "[a-c]{0,6}", b in "[a-d]{0,6}") {
        assert_fewest(a.as_bytes(), b.as_bytes());
    }
}

const HARD: [(&str, &str); 4] = [
    ("decceda", "acdabea"),
    ("bdacacdd", "dbddbd"),
    ("dadbcdaa", "dadddcba"),
    ("aaaddbe", "cebaddc"),
];

/// Here the best alignment for given shares is not the best matching, which is searched for.
#[test]
fn arrays_that_no_share_explains_have_the_fewest_edits() {
    for (a, b) in HARD {
        assert_fewest(a.as_bytes(), b.as_bytes());
    }
}

#[test]
fn positions_of_a_vector_are_those_of_its_elements() {
    let matching = Matching::by_position(3, 1);
    assert_eq!(matching.pairs, [Pair::new(0, 0)]);
    assert_eq!(
        (&*matching.removed, &*matching.added),
        (&[1, 2][..], &[][..])
    );
    assert_eq!(Matching::by_position(1, 3).added, [1, 2]);
}

#[test]
fn edits_are_what_was_removed_added_moved_or_changed() {
    let moved = |before, after| Pair {
        moved: true,
        ..Pair::new(before, after)
    };
    let mut matching = Matching {
        pairs: vec![Pair::new(1, 0), moved(2, 1), moved(0, 2)],
        removed: vec![3, 4, 5],
        added: vec![3, 4],
        ..Matching::default()
    };
    let before = ["1", "2", "3", "-", "-", "-"];
    assert_eq!(matching.edits(&before, &["2", "3", "9", "+", "+"]), 8);
    assert_eq!(matching.edits(&before, &["8", "3", "1", "+", "+"]), 8);
    matching.pairs.clear();
    assert_eq!(matching.edits(&before, &["+"; 5]), 5);
}

#[test]
fn equal_ends_are_counted_once() {
    for (before, after, ends) in [
        (&["a", "b", "c"][..], &["a", "x", "c"][..], (1, 1)),
        (&["a", "a"], &["a"], (1, 0)),
        (&["b", "a", "a"], &["c", "a", "a"], (0, 2)),
        (&["a"], &[], (0, 0)),
    ] {
        assert_eq!(equal_ends(before, after), ends, "{before:?} {after:?}");
    }
}

#[test]
fn long_vectors_are_aligned_only_if_that_is_far_shorter() {
    let numbers: Vec<String> = (0..1_001).map(|n: usize| n.to_string()).collect();
    // One change, and this many numbers that one move or two put elsewhere.
    let rotated = |many: usize, blocks: usize| {
        let mut all = numbers.clone();
        for block in all[..many].chunks_mut(many / blocks) {
            block.rotate_left(1);
        }
        all[1_000].insert(0, '9');
        counts(&numbers, &all, None)
    };
    assert_eq!(rotated(15, 1), [0, 0, 0, 16]);
    assert_eq!(rotated(16, 1), [0, 0, 1, 1]);
    assert_eq!(rotated(22, 2), [0, 0, 0, 23]);
    assert_eq!(rotated(24, 2), [0, 0, 2, 1]);
    // One move that changes few positions, since most numbers are that of their neighbour.
    let moved = |length: usize, runs: usize| {
        let run = |at: usize| (at * runs / length).to_string();
        let mut before: Vec<String> = (0..length).map(run).collect();
        let mut after = before.clone();
        before.insert(0, "-1".to_owned());
        after.push("-1".to_owned());
        counts(&before, &after, None)
    };
    assert_eq!(moved(1_001, 15), [0, 0, 0, 16]);
    assert_eq!(moved(1_001, 16), [0, 0, 1, 0]);
    assert_eq!(moved(900, 15), [0, 0, 1, 0]);
    // Values that are no numbers have no positions, and nor do arrays of two lengths.
    let mut texts = numbers.clone();
    texts[0] = "\"start\"".to_owned();
    texts[1_000] = "\"end\"".to_owned();
    let mut shifted = texts.clone();
    shifted[..4].rotate_left(1);
    shifted[1_000] = "\"END\"".to_owned();
    assert_eq!(counts(&texts, &shifted, None), [0, 0, 1, 1]);
    let mut mixed = numbers.clone();
    mixed[..4].rotate_left(1);
    mixed[1_000] = "\"END\"".to_owned();
    assert_eq!(counts(&numbers, &mixed, None), [0, 0, 1, 1]);
    assert_eq!(counts(&mixed, &numbers, None), [0, 0, 1, 1]);
}

#[test]
fn an_identity_pairs_what_is_unlike_and_what_lacks_one_does_not() {
    let unlike = |id: &str, from: usize| {
        let fields = (from..from + 9).map(|n| format!(r#""f{n}":{n}"#));
        let fields: Vec<String> = fields.collect();
        let id = if id.is_empty() {
            String::new()
        } else {
            format!(r#","id":{id}"#)
        };
        format!("{{{}{id}}}", fields.join(","))
    };
    for (id, expected) in [
        ("\"x\"", [0, 0, 0, 1]),
        ("1", [0, 0, 0, 1]),
        ("", [1, 1, 0, 0]),
    ] {
        let [before, after] = [0, 100].map(|from| vec![unlike(id, from)]);
        assert_eq!(counts(&before, &after, Some(&id_key())), expected, "{id}");
    }
}

#[test]
fn elements_of_mixed_kinds_are_not_changed_into_others_that_are_equal_elsewhere() {
    for (before, after) in [(["1", "2"], ["2", "[1]"]), (["1", "[1]"], ["2", "1"])] {
        let [before, after] = [before, after].map(|texts| texts.map(str::to_owned).to_vec());
        assert_eq!(counts(&before, &after, None), [1, 1, 0, 0], "{before:?}");
    }
}
