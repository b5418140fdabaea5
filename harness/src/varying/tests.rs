use std::time::Duration;

use super::*;
use crate::{ArtefactSchema, KeyRule};

/// The moment of a run that began so many milliseconds after a certain time.
fn moment(after: u64, is_elsewhere: bool) -> Moment {
    let from = Duration::from_secs(1_764_180_000) + Duration::from_millis(after);
    Moment {
        from,
        to: from + Duration::from_millis(20),
        process_ids: Some((4000 + after, 4005 + after)),
        is_elsewhere,
        is_alone: true,
    }
}

fn schema() -> Schema {
    let rows = ArtefactSchema {
        name: "o".to_owned(),
        keys: vec![KeyRule {
            path: "rows".to_owned(),
            fields: vec!["id".to_owned()],
            label: String::new(),
        }],
        ..ArtefactSchema::default()
    };
    Schema {
        artefacts: vec![rows],
        ..Schema::default()
    }
}

/// What differs between runs that make these documents 100 ms apart, the last in a changed environment if
/// `has_elsewhere`.
fn found(documents: &[&str], has_elsewhere: bool) -> Vec<String> {
    let artefacts: Vec<Artefact> = documents
        .iter()
        .map(|text| Artefact::from_json("o", text.as_bytes()).unwrap())
        .collect();
    let moments: Vec<Moment> = (0..documents.len())
        .map(|at| moment(at as u64 * 100, has_elsewhere && at + 1 == documents.len()))
        .collect();
    let runs: Vec<Observed<'_>> = artefacts
        .iter()
        .zip(&moments)
        .map(|(artefact, moment)| Observed {
            artefacts: vec![artefact],
            moment,
        })
        .collect();
    varying(&runs, &schema())
        .iter()
        .map(|varying| {
            let elsewhere = if varying.only_elsewhere {
                " elsewhere"
            } else {
                ""
            };
            format!("{varying}{elsewhere}")
        })
        .collect()
}

#[track_caller]
fn check(documents: &[&str], expected: &[&str]) {
    assert_eq!(found(documents, false), expected, "{documents:?}");
}

#[test]
fn places_are_counted_by_pattern() {
    check(
        &[
            r#"{"rows": [{"id": 1, "x": "a b"}, {"id": 2, "x": "a b"}], "m": {"a.b": true}}"#,
            r#"{"rows": [{"id": 1, "x": "a c"}, {"id": 2, "x": "a d"}], "m": {"a.b": false}}"#,
        ],
        &[
            r#"o.m."a.b": 1 value, values of different kinds (true → false)"#,
            r#"o.rows.x: 2 values, different texts ("a b" → "a c")"#,
        ],
    );
    check(&["[1, 2]", "[1, 2]"], &[]);
    check(
        &["[1, 2]", "[1, 2, 3]"],
        &["o: 1 array, different numbers of elements"],
    );
    check(
        &[r#"{"a": 1, "b": 1}"#, r#"{"a": 2, "c": 1}"#],
        &[
            "o: 1 object, different names of members",
            "o.a: 1 value, different numbers (1 → 2)",
        ],
    );
    // Names that are data.
    let document = |value: u32| {
        let members: Vec<String> = (0..9)
            .map(|name| format!("\"k{name}\": {{\"v\": {value}}}"))
            .collect();
        format!("{{{}}}", members.join(", "))
    };
    check(
        &[&document(1), &document(2)],
        &["o.*.v: 9 values, different numbers (1 → 2)"],
    );
    // So few are not.
    let document = |value: u32| {
        let members: Vec<String> = (0..8)
            .map(|name| format!("\"k{name}\": {{\"v\": {value}}}"))
            .collect();
        format!("{{{}}}", members.join(", "))
    };
    assert_eq!(found(&[&document(1), &document(2)], false).len(), 8);
    // What has elements is not shown beside what has none.
    check(
        &[r#"{"a": [1]}"#, r#"{"a": 2}"#],
        &["o.a: 1 value, values of different kinds"],
    );
}

#[test]
fn a_pattern_looks_like_most_of_its_values() {
    check(
        &[r#"{"x": ["a b", 1, 2]}"#, r#"{"x": ["a c", 5, 9]}"#],
        &[r#"o.x: 3 values, different numbers ("a b" → "a c")"#],
    );
}

#[test]
fn a_time_that_one_run_shows_is_a_clock() {
    assert_eq!(
        found(&[r#"{"v": "18:00"}"#, r#"{"v": "07:45"}"#], true),
        [r#"o.v: 1 value, a clock ("18:00" → "07:45") elsewhere"#]
    );
}

#[test]
fn runs_that_differ_here_do_so_wherever_the_first_one_ran() {
    let artefacts = ["[1]", "[1, 2]", "[1, 2, 3]"]
        .map(|text| Artefact::from_json("o", text.as_bytes()).unwrap());
    let moments = [true, false, false].map(|is_elsewhere| moment(0, is_elsewhere));
    let runs = [0, 1, 2].map(|at| Observed {
        artefacts: vec![&artefacts[at]],
        moment: &moments[at],
    });
    let found = varying(&runs, &schema());
    assert_eq!((found.len(), found[0].only_elsewhere), (1, false));
}

#[test]
fn an_order_is_seen_with_twins_if_they_are_equal() {
    check(
        &[r#"{"x": [1, 1, 2]}"#, r#"{"x": [2, 1, 1]}"#],
        &["o.x: 1 array, the same elements in another order"],
    );
    // Two elements of one identity that differ are told apart by all that they hold.
    check(
        &[
            r#"{"rows": [{"id": 1, "t": 5}, {"id": 1, "t": 9}]}"#,
            r#"{"rows": [{"id": 1, "t": 9}, {"id": 1, "t": 5}]}"#,
        ],
        &["o.rows: 1 array, the same elements in another order"],
    );
    // Other elements are no other order.
    check(
        &[r#"{"x": [1, 2]}"#, r#"{"x": [9, 1]}"#],
        &["o.x: 2 values, different numbers (1 → 9)"],
    );
}

/// Of few records that differ, the order is seen beside what they hold, by their identity; of many, only an
/// order of the same records.
#[test]
fn records_that_move_and_change_are_matched_if_they_are_few() {
    let mut schema = schema();
    schema.artefacts[0].keys[0].path.clear();
    let found = |count: usize, moved: usize| -> Vec<String> {
        let run = |swaps: bool| {
            let mut ids: Vec<usize> = (0..count).collect();
            if swaps {
                ids[..moved].reverse();
            }
            let records = ids.into_iter().map(|id| {
                let value = if swaps && id == 0 { 7 } else { 1 };
                format!(r#"{{"id":{id},"x":{value}}}"#)
            });
            Artefact::from_canonical_records("o", records)
        };
        let (artefacts, moment) = ([run(false), run(true)], moment(0, false));
        let runs = [0, 1].map(|at| Observed {
            artefacts: vec![&artefacts[at]],
            moment: &moment,
        });
        let found = varying(&runs, &schema);
        let lines = found.iter().map(|one| {
            let line = one.to_string();
            line.split(" (").next().unwrap_or_default().to_owned()
        });
        lines.collect()
    };
    let both = [
        "o: 1 array, the same elements in another order",
        "o.x: 1 value, different numbers",
    ];
    assert_eq!(found(4, 4), both);
    assert_eq!(found(12_000, 4), both);
    let looks = |lines: Vec<String>| -> Vec<String> {
        let paths = lines.iter().filter_map(|line| line.split(": ").next());
        paths.map(str::to_owned).collect()
    };
    assert_eq!(looks(found(12_000, 12_000)), ["o.id", "o.x"]);
}

#[test]
fn an_order_is_one_finding_and_what_elements_hold_another() {
    check(
        &["[[1, 2], [3]]", "[[3], [1, 2]]"],
        &["o: 1 array, the same elements in another order"],
    );
    // By their identity, where it is declared.
    check(
        &[
            r#"{"rows": [{"id": 1, "t": 0.5}, {"id": 2, "t": 0.25}]}"#,
            r#"{"rows": [{"id": 2, "t": 0.75}, {"id": 1, "t": 0.5}]}"#,
        ],
        &[
            "o.rows: 1 array, the same elements in another order",
            "o.rows.t: 1 value, different numbers (0.25 → 0.75)",
        ],
    );
}

#[test]
fn records_are_walked_however_many_they_are() {
    let document = |seed: u64, count: u64| {
        let records: Vec<String> = (0..count)
            .map(|at| format!("{{\"id\": {at}, \"x\": {}}}", at * seed % 7919))
            .collect();
        format!("[{}]", records.join(","))
    };
    for count in [9_000, 25_000] {
        let found = found(&[&document(1, count), &document(2, count)], false);
        assert_eq!(found.len(), 1, "{found:?}");
        // All but those for which both are 0.
        let expected = count - count.div_ceil(7919);
        let lead = format!("o.x: {expected} values, different numbers (");
        let plain = found[0].replace(',', "");
        assert!(plain.starts_with(&lead.replace(',', "")), "{found:?}");
    }
    let shuffled = |step: u64| {
        let records: Vec<String> = (0..20_001)
            .map(|at| (at * step % 20_001).to_string())
            .collect();
        format!("[{}]", records.join(","))
    };
    check(
        &[&shuffled(1), &shuffled(2)],
        &["o: 1 array, the same elements in another order"],
    );
}

#[test]
fn values_are_held_against_their_runs() {
    let check = |values: &[&str], expected: &str| {
        let documents: Vec<String> = values
            .iter()
            .map(|value| format!("{{\"v\": {value}}}"))
            .collect();
        let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
        let found = found(&documents, false);
        assert_eq!(found.len(), 1, "{found:?}");
        let looks = found[0].split(", ").nth(1).unwrap();
        let looks = looks.split(" (").next().unwrap();
        assert_eq!(looks, expected, "{values:?}");
    };
    // The time of the run, since 1970 and in several units, or as a text.
    check(&["1764180000", "1764180001", "1764180000"], "a clock");
    check(&["1764180000.01", "1764180000.11"], "a clock");
    check(&["1764180000010001", "1764180000110002"], "a clock");
    check(
        &[r#""2025-11-26T18:00:00Z""#, r#""2025-11-26T18:00:01Z""#],
        "a clock",
    );
    check(&[r#""at 18:00:00, ok""#, r#""at 18:00:01, ok""#], "a clock");
    // A clock that began with the machine.
    check(&["51.010", "51.115", "51.212"], "a clock");
    check(&["4003", "4104", "4202"], "a process id");
    check(
        &[r#""worker-4003 up""#, r#""worker-4104 up""#],
        "a process id",
    );
    check(&["7", "8", "9"], "a counter kept on disk");
    check(&["7", "5", "9"], "different numbers");
    check(
        &[
            r#""6ba7b810-9dad-11d1-80b4-00c04fd430c8""#,
            r#""7ba7b810-9dad-11d1-80b4-00c04fd430c9""#,
        ],
        "a uuid",
    );
    check(&[r#""0x7ffe12""#, r#""0x7ffe99""#], "an address in memory");
    check(
        &[r#""deadbeef01""#, r#""feedbeef02""#],
        "a digest or a random name",
    );
    check(&[r#""took 12 ms""#, r#""took 9 ms""#], "different texts");
    check(&[r#""12ms""#, r#""9ms""#], "a duration");
    check(&[r#""/tmp/a1""#, r#""/tmp/zz""#], "a path");
    check(&[r#""/""#, r#""/tmp""#], "different texts");
    check(&["1", "\"a\""], "values of different kinds");
}

#[test]
fn process_ids_begin_anew() {
    let moment = Moment {
        process_ids: Some((32_760, 310)),
        ..moment(0, false)
    };
    for (id, expected) in [
        (32_760, false),
        (32_761, true),
        (1, true),
        (310, true),
        (311, false),
    ] {
        assert_eq!(moment.has_process(id), expected, "{id}");
    }
}

#[test]
fn a_member_may_be_called_a_duration() {
    check(
        &[r#"{"elapsed": 0.25}"#, r#"{"elapsed": 0.125}"#],
        &["o.elapsed: 1 value, a duration (0.25 → 0.125)"],
    );
}

#[test]
fn what_a_changed_environment_shows_is_named() {
    let check = |here: &str, elsewhere: &str, expected: &str| {
        let documents = [here, here, elsewhere].map(|value| format!("{{\"v\": \"{value}\"}}"));
        let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
        let found = found(&documents, true);
        let expected = format!("o.v: 1 value, {expected} (\"{here}\" → \"{elsewhere}\") elsewhere");
        assert_eq!(found, [expected]);
    };
    for user in USERS {
        check("root", user, "the user name");
    }
    check("on vm", "on elsewhere", "the host name");
    check(
        "/root/.cache",
        "/x/home-of-another/.cache",
        "the home directory",
    );
    check("18:00", "07:45", "a date or time");
    // Places of one pattern that differ anyway are another finding.
    let lines = |clock: &str, user: &str| format!("[\"at {clock}\", \"by {user}\"]");
    let documents = [
        lines("1764180000", "me"),
        lines("1764180001", "me"),
        lines("1764180002", USERS[0]),
    ];
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    assert_eq!(
        self::found(&documents, true),
        [
            "o: 1 value, a clock (\"at 1764180000\" → \"at 1764180001\")".to_owned(),
            format!(
                "o: 1 value, the user name (\"by me\" → \"by {}\") elsewhere",
                USERS[0]
            ),
        ]
    );
}

#[test]
fn steps_are_quoted_where_they_would_be_taken_for_others() {
    for (name, written) in [
        ("at", "at"),
        ("", "\"\""),
        ("*", "\"*\""),
        ("a.b", "\"a.b\""),
    ] {
        assert_eq!(VaryingStep::Member(name.into()).to_string(), written);
    }
    assert_eq!(VaryingStep::Any.to_string(), "*");
}
