//! Tests of the diff: documents in, reported changes out.

use std::collections::BTreeMap;
use std::time::Duration;

use aether_json::{Value, json};
use proptest::prelude::*;

use super::*;
use crate::KeyRule;

fn key(path: &str, fields: &[&str], label: &str) -> KeyRule {
    KeyRule {
        path: path.into(),
        fields: fields.iter().map(|&field| field.into()).collect(),
        label: label.into(),
    }
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.into()).collect()
}

/// A small engine: ledgers and states, then envelopes, a hash chain, and totals at the end.
fn schema() -> Schema {
    let artefact = |name: &str, stage: &str, tick: Option<&str>| ArtefactSchema {
        name: name.into(),
        stage: stage.into(),
        tick: tick.map(Into::into),
        ..ArtefactSchema::default()
    };
    Schema {
        stages: strings(&["UMX", "Gate", "U-ledger", "metrics"]),
        artefacts: vec![
            ArtefactSchema {
                keys: vec![key("topology.edges", &["e_id"], "edge")],
                ..artefact("inputs", "", None)
            },
            ArtefactSchema {
                field_order: strings(&["metrics.b", "metrics.a"]),
                ..artefact("metrics", "metrics", None)
            },
            ArtefactSchema {
                keys: vec![key("", &["tick"], "entry")],
                late_fields: strings(&["check", "prev_hash"]),
                ..artefact("uledger", "U-ledger", Some("tick"))
            },
            ArtefactSchema {
                keys: vec![
                    key("", &["tick"], "ledger"),
                    key("edges", &["e_id"], "edge"),
                    key("pre_u", &[], ""),
                ],
                field_order: strings(&[
                    "pre_u",
                    "edges.du",
                    "edges.raw",
                    "edges.f_e",
                    "post_u",
                    "sum",
                ]),
                ..artefact("ledgers", "UMX", Some("tick"))
            },
            ArtefactSchema {
                keys: vec![key("", &["layer", "seq"], "envelope")],
                late_fields: strings(&["payload_ref"]),
                ..artefact("envelopes", "Gate", Some("tick"))
            },
        ],
        spans: vec![1..=4, 5..=8],
    }
}

fn artefact(name: &str, json: &str) -> Artefact {
    Artefact::from_json(name, json.as_bytes()).unwrap()
}

/// Artefacts given as `name=json`.
fn artefacts(documents: &[&str]) -> Vec<Artefact> {
    documents
        .iter()
        .map(|document| {
            let (name, json) = document.split_once('=').unwrap();
            artefact(name, json)
        })
        .collect()
}

fn diff_of(before: &[&str], after: &[&str]) -> Diff {
    diff(
        &artefacts(before),
        &artefacts(after),
        &schema(),
        &DiffOptions::default(),
    )
}

fn line(change: &Change) -> String {
    let tick = change
        .tick
        .as_ref()
        .map_or("-".to_owned(), |tick| tick.to_string());
    let values = (change.before.as_ref(), change.after.as_ref());
    let what = change::what_happened(change.kind, change.path_before.as_ref(), values);
    format!("{tick} {} {}{what}", change.stage, change.path)
}

/// Compares one artefact and expects these changes in causal order, the first divergence first.
#[track_caller]
fn check(before: &str, after: &str, expected: &[&str]) {
    let diff = diff_of(&[before], &[after]);
    let lines: Vec<String> = diff.changes.iter().map(line).collect();
    assert_eq!(lines, expected);
    assert_eq!(diff.first_divergence.as_ref(), diff.changes.first());
}

#[test]
fn equal_documents_do_not_differ() {
    check("ledgers=[]", "ledgers=[]", &[]);
    let diff = diff_of(&["x={\"a\":1}"], &["x={ \"a\": 1 }"]);
    assert_eq!(diff, Diff::default());
    assert!(diff.is_equal());
}

#[test]
fn digests_hold_ticks_of_every_sort() {
    for ticks in [
        ["1", "2", "3"],
        ["-2", "0.5", "1.50"],
        ["1e-3", "1.0", "1e1"],
        [
            r#""2024-02-29""#,
            r#""2024-02-29T12:30:00.5+01:00""#,
            r#""2024-03-01""#,
        ],
        [r#""09:00""#, r#""09:00:00.25""#, r#""10:00""#],
        [
            r#""2024-01-01T00:00:00Z""#,
            r#""2024-01-01""#,
            r#""2024-01-02""#,
        ],
    ] {
        let of = |last: u32| {
            let records = ticks
                .iter()
                .zip([1, 2, last])
                .map(|(tick, value)| format!(r#"{{"check":{value},"tick":{tick},"v":{value}}}"#));
            Artefact::from_canonical_records("uledger", records)
        };
        let schema = schema();
        let golden = digest(&of(3), &schema);
        // As it is stored and read again.
        let golden = Artefact::from_golden("uledger", golden.text()).unwrap();
        let compared = |new: &Artefact| {
            let options = DiffOptions::default();
            diff(
                std::slice::from_ref(&golden),
                std::slice::from_ref(new),
                &schema,
                &options,
            )
        };
        for same in [digest(&of(3), &schema), of(3)] {
            assert_eq!(compared(&same), Diff::default(), "{ticks:?}");
        }
        for other in [digest(&of(4), &schema), of(4)] {
            let first = compared(&other).first_divergence.unwrap();
            let tick = first
                .tick
                .map(|tick| aether_json::to_string(&tick).unwrap());
            assert_eq!(tick.as_deref(), Some(ticks[2]), "{ticks:?}");
        }
    }
}

#[test]
fn elements_of_a_vector_are_counted_from_1_by_their_name() {
    let mut schema = schema();
    let of_ledgers = schema.position("ledgers").unwrap();
    let keys = &mut schema.artefacts[of_ledgers].keys;
    let vector = keys.iter_mut().find(|key| key.path == "pre_u").unwrap();
    vector.label = "node".to_owned();
    let [old, new] = ["[1,2,3]", "[1,4,3,9]"].map(|vector| {
        let text = format!(r#"[{{"tick":3,"pre_u":{vector}}}]"#);
        [Artefact::from_json("ledgers", text.as_bytes()).unwrap()]
    });
    let diff = diff(&old, &new, &schema, &DiffOptions::default());
    let leads: Vec<String> = diff.changes.iter().map(Change::lead).collect();
    assert_eq!(
        leads,
        [
            "tick 3 · UMX · pre_u · node 2: 2 → 4",
            "tick 3 · UMX · pre_u · node 4 added: 9"
        ]
    );
    let paths: Vec<String> = diff.changes.iter().map(|c| c.path.to_string()).collect();
    assert_eq!(
        paths,
        [
            "ledgers[tick=3].pre_u[node=2]",
            "ledgers[tick=3].pre_u[node=4]"
        ]
    );
    assert_eq!(diff.changes[0].path.pattern(), "ledgers/*/pre_u/*");
    assert_eq!(diff.charts[0].element, "node");
    check_stored(&diff);
}

#[test]
fn elements_that_are_called_something_are_matched_by_content_and_counted_from_1() {
    let schema = Schema {
        artefacts: vec![ArtefactSchema {
            name: "o".to_owned(),
            keys: vec!["=t".parse().unwrap()],
            element: Some("line".to_owned()),
            ..ArtefactSchema::default()
        }],
        ..Schema::default()
    };
    let [old, new] = [
        r#"["start","one",{"t":1,"v":2},"end"]"#,
        r#"["start","new","one",{"t":1,"v":3},"last"]"#,
    ]
    .map(|text| [Artefact::from_json("o", text.as_bytes()).unwrap()]);
    let diff = diff(&old, &new, &schema, &DiffOptions::default());
    let mut found: Vec<String> = diff
        .changes
        .iter()
        .map(|change| format!("{} at {}", change.lead(), change.path))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            r#"o · line 2 added: "new" at o[line=2]"#,
            r#"o · line 5: "end" → "last" at o[line=5]"#,
            "o · o 1 · v: 2 → 3 at o[t=1].v",
        ]
    );
}

#[test]
fn fields_are_told_in_the_order_in_which_they_are_read() {
    check(
        r#"ledgers=[{"tick":3,"pre_u":[1,2],"edges":[{"e_id":5,"raw":2,"f_e":1,"du":3}],"post_u":[1,2],"a":0}]"#,
        r#"ledgers=[{"tick":3,"pre_u":[1,3],"edges":[{"e_id":5,"raw":3,"f_e":2,"du":4}],"post_u":[1,4],"a":1}]"#,
        &[
            "3 UMX ledgers[tick=3].pre_u[1]: 2 → 3",
            "3 UMX ledgers[tick=3].edges[e_id=5].du: 3 → 4",
            "3 UMX ledgers[tick=3].edges[e_id=5].raw: 2 → 3",
            "3 UMX ledgers[tick=3].edges[e_id=5].f_e: 1 → 2",
            "3 UMX ledgers[tick=3].post_u[1]: 2 → 4",
            "3 UMX ledgers[tick=3].a: 0 → 1",
        ],
    );
}

#[test]
fn elements_are_matched_by_identity() {
    check(
        r#"ledgers=[{"tick":1,"sum":1},{"tick":2,"sum":1},{"tick":3,"sum":1}]"#,
        r#"ledgers=[{"tick":1,"sum":1},{"tick":3,"sum":2},{"tick":4,"sum":1}]"#,
        &[
            r#"2 UMX ledgers[tick=2] removed: {"sum":1,"tick":2}"#,
            "3 UMX ledgers[tick=3].sum: 1 → 2",
            r#"4 UMX ledgers[tick=4] added: {"sum":1,"tick":4}"#,
        ],
    );
    check(
        r#"ledgers=[{"tick":1,"edges":[{"e_id":1},{"e_id":2,"k":1},{"e_id":3}]}]"#,
        r#"ledgers=[{"tick":1,"edges":[{"e_id":2,"k":2},{"e_id":3},{"e_id":1}]}]"#,
        &[
            "1 UMX ledgers[tick=1].edges[e_id=2].k: 1 → 2",
            "1 UMX ledgers[tick=1].edges[e_id=1] moved: position 0 → 2",
        ],
    );
    check(
        r#"envelopes=[{"layer":"DATA","seq":3,"v":1},{"layer":"CTRL","seq":3,"v":1}]"#,
        r#"envelopes=[{"layer":"DATA","seq":3,"v":2},{"layer":"CTRL","seq":3,"v":2}]"#,
        &[
            r#"- Gate envelopes[layer="DATA",seq=3].v: 1 → 2"#,
            r#"- Gate envelopes[layer="CTRL",seq=3].v: 1 → 2"#,
        ],
    );
}

#[test]
fn elements_without_identity_are_matched_by_value_then_by_position() {
    // An insertion, a removal and a move are one change each.
    check(
        "x=[[1],[2],[3]]",
        "x=[[0],[1],[2],[3]]",
        &["- x x[0] added: [0]"],
    );
    check("x=[[1],[2],[3]]", "x=[[1],[3]]", &["- x x[1] removed: [2]"]);
    check(
        "x=[[1],[2],[3],[4]]",
        "x=[[4],[1],[2],[3]]",
        &["- x x[0] moved: position 3 → 0"],
    );
    // A changed element is one change, at its position.
    check(
        r#"x=[{"a":1,"b":1},{"a":2,"b":1},{"a":2,"b":1}]"#,
        r#"x=[{"a":1,"b":1},{"a":2,"b":2},{"a":2,"b":1}]"#,
        &["- x x[1].b: 1 → 2"],
    );
    // Numbers of the same count are a vector, unless fewer edits explain the change.
    check(
        "x={\"u\":[0,0,3,1,0]}",
        "x={\"u\":[0,3,1,1,0]}",
        &["- x x.u[1]: 0 → 3", "- x x.u[2]: 3 → 1"],
    );
    check(
        "x={\"u\":[0,1,2,3]}",
        "x={\"u\":[3,0,1,2]}",
        &["- x x.u[0] moved: position 3 → 0"],
    );
    // Of another count, they are aligned.
    check(
        "x={\"u\":[1,2,3]}",
        "x={\"u\":[1,9,2,3]}",
        &["- x x.u[1] added: 9"],
    );
    check(
        "x={\"u\":[1,2,3]}",
        "x={\"u\":[1,9]}",
        &["- x x.u[1]: 2 → 9", "- x x.u[2] removed: 3"],
    );
}

#[test]
fn a_renamed_member_is_one_change() {
    check(
        r#"x={"a":{"n":[1,2]},"c":1,"d":1}"#,
        r#"x={"b":{"n":[1,2]},"c":1,"d":1}"#,
        &[r#"- x x.b renamed from a: {"n":[1,2]}"#],
    );
    let diff = diff_of(&[r#"x=[{"m":{"a b":7}}]"#], &[r#"x=[{"m":{"c":7}}]"#]);
    let first = diff.first_divergence.clone().unwrap();
    assert_eq!(first.kind, ChangeKind::Renamed);
    assert_eq!(first.path.to_string(), "x[0].m.c");
    assert_eq!(
        first.path_before.as_ref().unwrap().to_string(),
        r#"x[0].m["a b"]"#
    );
    assert_eq!(first.lead(), r#"x · [0].m.c renamed from ["a b"]: 7"#);
    let json = aether_json::to_value(&first).unwrap();
    assert_eq!(json["kind"], json!("renamed"));
    assert_eq!(json["path_before"], json!(r#"x[0].m["a b"]"#));
    check_stored(&diff);
    // A value that several members lost or gained says nothing about which is which.
    check(
        r#"x={"a":1,"b":1}"#,
        r#"x={"c":1}"#,
        &[
            "- x x.a removed: 1",
            "- x x.b removed: 1",
            "- x x.c added: 1",
        ],
    );
    let inputs = |name: &str| format!(r#"inputs={{"t":{{"{name}":5}},"files":{{"t":"t.json"}}}}"#);
    let causes = diff_of(&[&inputs("k")], &[&inputs("kk")]).causes;
    assert_eq!(causes[0].lead(), "t.json kk renamed from k: 5");
    assert_eq!(causes[0].path_before.as_ref().unwrap().to_string(), "k");
}

#[test]
fn differences_that_cannot_be_seen_are_shown() {
    let text_of = |before: &str, after: &str| {
        let [before, after] = [before, after].map(|text| format!("x={}", Json::string(text)));
        let mut out = Vec::new();
        diff_of(&[&before], &[&after])
            .write_plain(&mut out, true)
            .unwrap();
        String::from_utf8(out).unwrap()
    };
    for (before, after, expected) in [
        (
            "caf\u{e9}",
            "cafe\u{301}",
            "\"caf\u{e9}\" → \"cafe‹U+0301›\"",
        ),
        ("ab", "a\u{200b}b", "\"ab\" → \"a‹U+200B›b\""),
        ("1 0", "1\u{a0}0", "\"1 0\" → \"1‹U+00A0›0\""),
        ("a", "\u{202e}a", "\"a\" → \"‹U+202E›a\""),
        ("a", "a\u{9b}2J", "\"a\" → \"a‹U+009B›2J\""),
        ("a\nb\n", "a\r\nb\n", "-a\n      +a‹U+000D›\n"),
        ("a\nb\n", "a\nb", "-b\n      +b‹no line end›\n"),
        ("a\nb\n", "a\nb \n", "-b\n      +b‹U+0020›\n"),
        ("a\n\tb\n", "a\n    b\n", "-‹U+0009›b\n      +    b\n"),
    ] {
        let text = text_of(before, after);
        assert!(text.contains(expected), "{text}");
    }
    let diff = diff_of(
        &["a\u{1b}[2J={\"k\u{202e}\":{\"a\":1}}"],
        &["a\u{1b}[2J={\"k\u{202e}\":{\"a\":2}}"],
    );
    let mut out = Vec::new();
    diff.write_plain(&mut out, true).unwrap();
    let text = String::from_utf8(out).unwrap() + &diff.changes[0].lead();
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    assert!(
        text.contains("‹U+202E›") && text.contains("‹U+001B›"),
        "{text}"
    );
}

#[test]
fn numbers_that_moved_have_a_size() {
    let ledger = |tick: u64, sum: &str| format!(r#"{{"tick":{tick},"sum":{sum}}}"#);
    let ledgers = |sums: [&str; 4]| {
        let records: Vec<String> = (1..)
            .zip(sums)
            .map(|(tick, sum)| ledger(tick, sum))
            .collect();
        format!("ledgers=[{}]", records.join(","))
    };
    let diff = diff_of(
        &[&ledgers(["1.5", "2", "3", "4"])],
        &[&ledgers(["1.5", "2.0000001", "3.0000001", "4.5"])],
    );
    let size = diff.changes[0].size.as_ref().unwrap();
    assert_eq!(
        (size.abs.as_str(), size.rel.as_ref().unwrap().as_str()),
        ("1e-7", "5e-8")
    );
    let sizes = diff.sizes.as_ref().unwrap();
    assert_eq!(
        sizes.lead(),
        "largest difference of 3 numbers: 0.5 (relative 0.125), growing from tick 4"
    );
    let json = aether_json::to_value(&diff.changes[2]).unwrap();
    assert_eq!(
        json["size"],
        json!({"abs": "0.5".parse::<Value>().unwrap(), "rel": "0.125".parse::<Value>().unwrap(), "ulp": 562949953421312_u64})
    );
    check_stored(&diff);
    let diff = diff_of(&[r#"x={"a":"1"}"#], &[r#"x={"a":2}"#]);
    assert_eq!((&diff.sizes, &diff.changes[0].size), (&None, &None));
}

/// A diff is read as it was stored, with what people call the elements of its paths.
#[track_caller]
fn check_stored(diff: &Diff) {
    let text = aether_json::to_string(diff).unwrap();
    let read: Diff = aether_json::from_str(&text).unwrap();
    assert_eq!(read, *diff);
    let called = |diff: &Diff| -> Vec<String> {
        let changes = diff.first_divergence.iter().chain(&diff.changes);
        changes.map(Change::heading).collect()
    };
    assert_eq!(called(&read), called(diff));
}

/// Compares one artefact by a schema of its own.
#[track_caller]
fn check_with(schema: ArtefactSchema, before: &str, after: &str, expected: &[&str]) {
    let schema = Schema {
        artefacts: vec![schema],
        ..Schema::default()
    };
    let [before, after] = [before, after].map(|json| [artefact("x", json)]);
    let diff = diff(&before, &after, &schema, &DiffOptions::default());
    let lines: Vec<String> = diff.changes.iter().map(line).collect();
    assert_eq!(lines, expected);
    assert_eq!(diff.is_equal(), expected.is_empty());
    check_stored(&diff);
    // The digests name the same ticks, but they see every order.
    let schema = &schema;
    if !schema.artefacts[0].unordered.is_empty() {
        return;
    }
    let [a, b] = [&before, &after].map(|artefacts| [digest(&artefacts[0], schema)]);
    let of_digests = crate::diff(&a, &b, schema, &DiffOptions::default());
    let ticks = |diff: &Diff| diff.changes.iter().map(|c| c.tick.clone()).min();
    assert_eq!(ticks(&of_digests), ticks(&diff));
}

#[test]
fn ticks_may_be_decimals_and_dates() {
    let schema = || ArtefactSchema::new("x").with_tick("t");
    check_with(
        schema(),
        r#"[{"t":10,"v":1},{"t":9.5,"v":1},{"t":1e-1,"v":1}]"#,
        r#"[{"t":10,"v":2},{"t":9.5,"v":2},{"t":1e-1,"v":2}]"#,
        &[
            "1e-1 x x[2].v: 1 → 2",
            "9.5 x x[1].v: 1 → 2",
            "10 x x[0].v: 1 → 2",
        ],
    );
    check_with(
        schema(),
        r#"[{"t":"2024-03-01","v":1},{"t":"2024-02-29T23:00:00Z","v":1},{"t":"soon","v":1}]"#,
        r#"[{"t":"2024-03-01","v":2},{"t":"2024-02-29T23:00:00Z","v":2},{"t":"soon","v":2}]"#,
        &[
            "2024-02-29T23:00:00Z x x[1].v: 1 → 2",
            "2024-03-01 x x[0].v: 1 → 2",
            "- x x[2].v: 1 → 2",
        ],
    );
    check_with(
        ArtefactSchema::new("x").with_tick("at.t"),
        r#"[{"at":{"t":2},"v":1}]"#,
        r#"[{"at":{"t":2},"v":2}]"#,
        &["2 x x[0].v: 1 → 2"],
    );
    let change = |tick: &str| {
        let [before, after] =
            [1, 2].map(|v| [artefact("x", &format!(r#"[{{"t":{tick},"v":{v}}}]"#))]);
        let schema = Schema {
            artefacts: vec![schema()],
            ..Schema::default()
        };
        diff(&before, &after, &schema, &DiffOptions::default())
            .first_divergence
            .unwrap()
    };
    for (tick, lead) in [
        ("0.50", "tick 0.50 · x · [0].v: 1 → 2"),
        ("\"2024-01-01\"", "tick 2024-01-01 · x · [0].v: 1 → 2"),
    ] {
        let change = change(tick);
        assert_eq!(change.lead(), lead);
        assert!(
            aether_json::to_string(&change)
                .unwrap()
                .starts_with(&format!("{{\"tick\":{tick},"))
        );
    }
}

#[test]
fn keys_may_be_nested_and_have_dots() {
    let schema = |key: &str| ArtefactSchema::new("x").with_key(key.parse().unwrap());
    check_with(
        schema("=m.id"),
        r#"[{"m":{"id":1},"v":1},{"m":{"id":2},"v":1}]"#,
        r#"[{"m":{"id":2},"v":2},{"m":{"id":1},"v":1}]"#,
        &[
            "- x x[m.id=2] moved: position 1 → 0",
            "- x x[m.id=2].v: 1 → 2",
        ],
    );
    check_with(
        schema(r#""a.b".c="d.e".f"#),
        r#"{"a.b":{"c":[{"d.e":{"f":1},"v":1}]}}"#,
        r#"{"a.b":{"c":[{"d.e":{"f":3}},{"d.e":{"f":1},"v":2}]}}"#,
        &[
            r#"- x x["a.b"].c["d.e".f=3] added: {"d.e":{"f":3}}"#,
            r#"- x x["a.b"].c["d.e".f=1].v: 1 → 2"#,
        ],
    );
}

#[test]
fn the_order_of_an_unordered_array_does_not_matter() {
    let schema = || ArtefactSchema::new("x").with_unordered("tags");
    check_with(
        schema(),
        r#"[{"tags":["a","b","c"]}]"#,
        r#"[{"tags":["c","a","b"]}]"#,
        &[],
    );
    check_with(
        schema(),
        r#"[{"tags":["a","b","c"],"v":1}]"#,
        r#"[{"tags":["c","a","d","e"],"v":2}]"#,
        &[
            r#"- x x[0].tags[2]: "b" → "d""#,
            r#"- x x[0].tags[3] added: "e""#,
            "- x x[0].v: 1 → 2",
        ],
    );
    check_with(
        schema().with_key("tags=id".parse().unwrap()),
        r#"{"tags":[{"id":1,"v":1},{"id":2,"v":1}]}"#,
        r#"{"tags":[{"id":2,"v":1},{"id":1,"v":2}]}"#,
        &["- x x.tags[id=1].v: 1 → 2"],
    );
    check_with(
        ArtefactSchema::new("x").with_unordered(""),
        "[1,2,2]",
        "[2,1,2]",
        &[],
    );
}

#[test]
fn a_declared_vector_is_compared_by_position() {
    check(
        r#"ledgers=[{"tick":1,"pre_u":[5,1,0,2]}]"#,
        r#"ledgers=[{"tick":1,"pre_u":[1,0,2,5]}]"#,
        &[
            "1 UMX ledgers[tick=1].pre_u[0]: 5 → 1",
            "1 UMX ledgers[tick=1].pre_u[1]: 1 → 0",
            "1 UMX ledgers[tick=1].pre_u[2]: 0 → 2",
            "1 UMX ledgers[tick=1].pre_u[3]: 2 → 5",
        ],
    );
}

#[test]
fn doubled_and_missing_identities_lose_nothing() {
    let before = r#"ledgers=[{"tick":1,"sum":1},{"tick":2,"sum":1},{"tick":2,"sum":2},{"sum":7}]"#;
    let after = r#"ledgers=[{"tick":1,"sum":0},{"tick":2,"sum":2},{"tick":2,"sum":3},{"sum":8}]"#;
    check(
        before,
        after,
        &[
            "1 UMX ledgers[tick=1].sum: 1 → 0",
            r#"2 UMX ledgers[tick=2] removed: {"sum":1,"tick":2}"#,
            r#"2 UMX ledgers[tick=2#2] added: {"sum":3,"tick":2}"#,
            "- UMX ledgers[3].sum: 7 → 8",
        ],
    );
    let left_out = diff_of(&[before], &[after]).left_out;
    let reasons: Vec<_> = left_out
        .iter()
        .map(|left| (left.reason, left.count))
        .collect();
    assert_eq!(
        reasons,
        [
            (LeftOutReason::DuplicateIdentity, 1),
            (LeftOutReason::MissingIdentity, 1)
        ]
    );
}

#[test]
fn late_fields_count_at_the_end_of_their_span() {
    check(
        r#"uledger=[{"tick":2,"check":1,"umx_hash":1},{"tick":5,"check":1,"umx_hash":1}]"#,
        r#"uledger=[{"tick":2,"check":2,"umx_hash":1},{"tick":5,"check":2,"umx_hash":2}]"#,
        &[
            "4 U-ledger uledger[tick=2].check: 1 → 2",
            "5 U-ledger uledger[tick=5].umx_hash: 1 → 2",
            "8 U-ledger uledger[tick=5].check: 1 → 2",
        ],
    );
}

#[test]
fn the_earliest_tick_then_the_earliest_stage_is_first() {
    let first = |before: &[&str], after: &[&str]| {
        diff_of(before, after).first_divergence.as_ref().map(line)
    };
    assert_eq!(
        first(
            &[
                r#"metrics={"a":1}"#,
                r#"uledger=[{"tick":3,"umx_hash":1}]"#,
                r#"envelopes=[{"layer":"DATA","seq":1,"tick":2,"v":1}]"#,
                r#"ledgers=[{"tick":3,"sum":1}]"#,
            ],
            &[
                r#"metrics={"a":2}"#,
                r#"uledger=[{"tick":3,"umx_hash":2}]"#,
                r#"envelopes=[{"layer":"DATA","seq":1,"tick":3,"v":1}]"#,
                r#"ledgers=[{"tick":3,"sum":2}]"#,
            ],
        )
        .as_deref(),
        Some(r#"2 Gate envelopes[layer="DATA",seq=1].tick: 2 → 3"#)
    );
    assert_eq!(
        first(
            &[
                r#"uledger=[{"tick":3,"umx_hash":1}]"#,
                r#"ledgers=[{"tick":3,"sum":1}]"#
            ],
            &[
                r#"uledger=[{"tick":3,"umx_hash":2}]"#,
                r#"ledgers=[{"tick":3,"sum":2}]"#
            ],
        )
        .as_deref(),
        Some("3 UMX ledgers[tick=3].sum: 1 → 2")
    );
    // What no schema mentions comes after what has a stage, and no tick after every tick.
    assert_eq!(
        first(
            &["a=1", r#"metrics={"a":1}"#, r#"uledger=[{"tick":9}]"#],
            &["a=2", r#"metrics={"a":2}"#, r#"uledger=[]"#],
        )
        .as_deref(),
        Some(r#"9 U-ledger uledger[tick=9] removed: {"tick":9}"#)
    );
}

#[test]
fn missing_and_new_artefacts_count_at_their_first_tick() {
    check(
        r#"ledgers=[{"tick":3},{"tick":2}]"#,
        "error={\"op\":\"raw\"}",
        &[
            r#"2 UMX ledgers removed: [{"tick":3},{"tick":2}]"#,
            r#"- error error added: {"op":"raw"}"#,
        ],
    );
}

#[test]
fn a_whole_artefact_is_shown_up_to_16_kib() {
    for (length, is_shown) in [(16 * 1024, true), (16 * 1024 + 1, false)] {
        // Between its quotation marks, and before the end of its line.
        let error = format!("error=\"{}\"", "x".repeat(length - 3));
        let removed = diff_of(&[&error], &[]);
        assert_eq!(removed.changes[0].before.is_some(), is_shown, "{length}");
        let added = diff_of(&[], &[&error]);
        assert_eq!(added.changes[0].after.is_some(), is_shown, "{length}");
    }
}

#[test]
fn inputs_are_causes_and_the_divergence_only_where_nothing_else_differs() {
    let before = r#"inputs={"topology":{"edges":[{"e_id":5,"k":1}]},"files":{"topology":"fixtures/ring5.json"}}"#;
    let after = r#"inputs={"topology":{"edges":[{"e_id":5,"k":2}]},"files":{"topology":"fixtures/ring5.json"}}"#;
    let diff = diff_of(&[before, "ledgers=[{\"tick\":1}]"], &[after, "ledgers=[]"]);
    let causes: Vec<String> = diff.causes.iter().map(Cause::lead).collect();
    assert_eq!(causes, ["fixtures/ring5.json edges[e_id=5].k: 1 → 2"]);
    assert_eq!(diff.first_divergence.unwrap().artefact, "ledgers");
    assert_eq!(diff.followed, []);

    let diff = diff_of(&[before], &[after]);
    let first = diff.first_divergence.as_ref().map(line);
    assert_eq!(
        first.as_deref(),
        Some("- inputs inputs.topology.edges[e_id=5].k: 1 → 2")
    );
    assert_eq!((diff.changes.len(), diff.causes.len()), (0, 1));

    let moved = before.replace("ring5", "ring6");
    let diff = diff_of(&[before], &[&moved]);
    let causes: Vec<String> = diff.causes.iter().map(Cause::lead).collect();
    assert_eq!(
        causes,
        [r#"inputs files.topology: "fixtures/ring5.json" → "fixtures/ring6.json""#]
    );
}

#[test]
fn what_follows_is_counted_by_stage() {
    let hash = |digit: &str| digit.repeat(64);
    let entry = |tick: u64, digit: &str| {
        format!(
            r#"{{"tick":{tick},"umx_hash":"{}","n":{digit}}}"#,
            hash(digit)
        )
    };
    let document = |digit: &str| format!("uledger=[{},{}]", entry(1, digit), entry(2, digit));
    let diff = diff_of(
        &["ledgers=[{\"tick\":1,\"sum\":1}]", &document("1")],
        &["ledgers=[{\"tick\":1,\"sum\":2}]", &document("2")],
    );
    let expected = Followed {
        stage: "U-ledger".into(),
        values: 4,
        ticks: 2,
        hashes: 2,
    };
    assert_eq!(diff.followed, [expected]);
}

#[test]
fn the_budget_cuts_the_list_and_nothing_else() {
    let document = |sum: u64| {
        let records: Vec<String> = (0..500)
            .rev()
            .map(|tick| format!(r#"{{"tick":{tick},"sum":{sum},"post_u":[{sum}]}}"#))
            .collect();
        artefacts(&[&format!("ledgers=[{}]", records.join(","))])
    };
    let whole = diff(
        &document(1),
        &document(2),
        &schema(),
        &DiffOptions::default(),
    );
    assert_eq!(whole.changes.len(), 1000);
    for (entries, time) in [
        (10, None),
        (1000, Some(Duration::ZERO)),
        (0, Some(Duration::ZERO)),
    ] {
        let options = DiffOptions { entries, time };
        let cut = diff(&document(1), &document(2), &schema(), &options);
        assert_eq!(cut.first_divergence, whole.first_divergence);
        if time.is_none() {
            assert_eq!(cut.changes, whole.changes[..10]);
            assert_eq!(cut.followed, whole.followed);
            let left_out = &cut.left_out[0];
            assert_eq!(left_out.path, whole.changes[10].path);
            assert_eq!(
                (left_out.reason, left_out.count),
                (LeftOutReason::Entries, 990)
            );
        }
    }
    // The ticks go down, so that every record had to be looked at; going up, the first is enough.
    let ascending = |sum: u64| {
        let records: Vec<String> = (0..500)
            .map(|tick| format!(r#"{{"tick":{tick},"sum":{sum}}}"#))
            .collect();
        artefacts(&[&format!("ledgers=[{}]", records.join(","))])
    };
    let options = DiffOptions {
        time: Some(Duration::ZERO),
        ..DiffOptions::default()
    };
    let cut = diff(&ascending(1), &ascending(2), &schema(), &options);
    assert_eq!(cut.changes.len(), 1);
    let [left_out] = &*cut.left_out else {
        panic!("{:?}", cut.left_out);
    };
    assert_eq!(left_out.path.to_string(), "ledgers[tick=1]");
    assert_eq!(
        (left_out.reason, left_out.count),
        (LeftOutReason::Time, 499)
    );
}

#[test]
fn text_that_is_not_laid_out_differs_all_the_same() {
    let records = |record: &str| [Artefact::from_canonical_records("ledgers", [record])];
    for (before, after, expected) in [
        (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, "- UMX ledgers[0]: "),
        (r#"{"a":"A"}"#, r#"{"a":"\u0041"}"#, "- UMX ledgers[0].a: "),
        ("{\"a\":1", "{\"a\":2", "- UMX ledgers[0]: "),
        ("\u{0}", "", "- UMX ledgers[0] removed: "),
        ("1\n2", "1\n3", "- UMX ledgers[1]: 2 → 3"),
    ] {
        let diff = diff(
            &records(before),
            &records(after),
            &schema(),
            &DiffOptions::default(),
        );
        let first = line(&diff.first_divergence.unwrap());
        assert!(first.starts_with(expected), "{first}");
    }
    let none: [&str; 0] = [];
    let diff = diff(
        &[Artefact::from_canonical_records("x", none)],
        &[Artefact::from_canonical_records("x", [""])],
        &schema(),
        &DiffOptions::default(),
    );
    assert!(!diff.is_equal());
}

#[test]
fn digests_tell_tick_and_stage() {
    let record = |tick: u64, sum: u64| format!(r#"{{"tick":{tick},"sum":{sum}}}"#);
    let ledgers = |sum: u64| format!("[{},{},{}]", record(1, 1), record(2, sum), record(2, 7));
    let entry =
        |tick: u64, n: u64, check: u64| format!(r#"{{"tick":{tick},"n":{n},"check":{check}}}"#);
    let uledger = |n: u64| format!("[{},{},{}]", entry(1, 1, n), entry(2, n, n), entry(6, n, 1));
    let run = |n: u64| {
        artefacts(&[
            &format!("ledgers={}", ledgers(n)),
            &format!("uledger={}", uledger(n)),
            &format!("metrics={{\"a\":{n}}}"),
        ])
    };
    let digests = |run: Vec<Artefact>| -> Vec<Artefact> {
        run.iter()
            .map(|artefact| digest(artefact, &schema()))
            .collect()
    };
    let places = |diff: Diff| -> Vec<String> {
        let place = |change: &Change| {
            let line = line(change);
            line[..line.find(": ").unwrap()].to_owned()
        };
        diff.changes.iter().map(place).collect()
    };
    let expected = [
        "2 UMX ledgers[tick=2]",
        "2 U-ledger uledger[tick=2]",
        "4 U-ledger uledger[late=true,tick=4]",
        "6 U-ledger uledger[tick=6]",
        "- metrics metrics",
    ];
    for (before, after) in [
        (digests(run(1)), digests(run(2))),
        (run(1), digests(run(2))),
        (digests(run(1)), run(2)),
    ] {
        let diff = diff(&before, &after, &schema(), &DiffOptions::default());
        assert_eq!(places(diff), expected);
    }
    // A digest that appears twice is a difference.
    let record = format!(r#"{{"digest":"{}","tick":1}}"#, "a".repeat(64));
    let once = [Artefact::from_canonical_records("ledgers", [&record])];
    let twice = [Artefact::from_canonical_records(
        "ledgers",
        [&record, &record],
    )];
    assert!(!diff(&once, &twice, &schema(), &DiffOptions::default()).is_equal());
    let equal = diff(
        &digests(run(1)),
        &run(1),
        &schema(),
        &DiffOptions::default(),
    );
    assert!(equal.is_equal());
}

#[test]
fn digests_notice_records_that_change_places_across_ticks() {
    let run = |ticks: [&str; 4]| {
        let record = |tick: &str| format!("{{\"sum\":1{tick}}}");
        artefacts(&[&format!("ledgers=[{}]", ticks.map(record).join(","))])
    };
    let [one, two] = [r#","tick":1"#, r#","tick":2"#];
    let ordered = run(["", one, two, two]);
    let digest_of = |run: &[Artefact]| digest(&run[0], &schema());
    // What is in order has the digests that it always had.
    let text = String::from_utf8(digest_of(&ordered).text().to_vec()).unwrap();
    assert!(!text.contains("order"), "{text}");
    for other in [
        [one, "", two, two],
        ["", two, one, two],
        [one, two, two, ""],
    ] {
        let other = run(other);
        let diff = diff(
            &[digest_of(&ordered)],
            &other,
            &schema(),
            &DiffOptions::default(),
        );
        let first = diff.first_divergence.unwrap();
        assert_eq!(first.path.to_string(), "ledgers[order=true]");
        assert_eq!((first.tick, first.kind), (None, ChangeKind::Added));
    }
    // One disorder is not another.
    let [a, b] = [[two, one, two, ""], [two, "", one, two]].map(|ticks| digest_of(&run(ticks)));
    let diff = diff(&[a], &[b], &schema(), &DiffOptions::default());
    assert_eq!(
        diff.first_divergence.unwrap().path.to_string(),
        "ledgers[order=true]"
    );
}

/// Ledgers of few ticks and values, in any order, some doubled or without a tick.
fn any_ledgers() -> impl Strategy<Value = Value> {
    let edge = (0..3, 0..2).prop_map(|(id, raw)| json!({"e_id": id, "raw": raw}));
    let record = (
        prop::option::weighted(0.9, 0..6),
        0..2,
        prop::collection::vec(edge, 0..3),
        prop::collection::vec(0..2, 0..3),
    );
    let record = record.prop_map(|(tick, sum, edges, u)| {
        let mut record = json!({"sum": sum, "edges": edges, "pre_u": u});
        if let Some(tick) = tick {
            record["tick"] = json!(tick);
        }
        record
    });
    prop::collection::vec(record, 0..8).prop_map(Value::from)
}

proptest! {
    /// Digests are equal exactly where the artefacts are.
    #[test]
    fn digests_stand_for_every_byte(
        (before, after) in any_ledgers().prop_flat_map(|ledgers| {
            let records = ledgers.as_array().cloned().unwrap_or_default();
            let shuffled = Just(records).prop_shuffle().prop_map(Value::from);
            (Just(ledgers), prop_oneof![shuffled, any_ledgers()])
        }),
    ) {
        let [before, after] = [&before, &after]
            .map(|ledgers| artefacts(&[&format!("ledgers={ledgers}")]).remove(0));
        let [a, b] = [&before, &after].map(|artefact| digest(artefact, &schema()));
        prop_assert_eq!(a == b, before == after);
    }

    /// No budget changes whether anything differs, nor what differs first; and where all is listed,
    /// the first divergence is the first of the list.
    #[test]
    fn the_first_divergence_is_exact_on_any_budget(
        before in any_ledgers(),
        after in any_ledgers(),
        totals in (0..2, 0..2),
    ) {
        let run = |ledgers: &Value, total: i32| {
            artefacts(&[&format!("ledgers={ledgers}"), &format!("metrics={{\"a\":{total}}}")])
        };
        let (before, after) = (run(&before, totals.0), run(&after, totals.1));
        let unlimited = DiffOptions { entries: usize::MAX, time: None };
        let whole = diff(&before, &after, &schema(), &unlimited);
        prop_assert_eq!(whole.is_equal(), before == after);
        prop_assert_eq!(whole.first_divergence.as_ref(), whole.changes.first());
        let ticks: Vec<u64> = whole.changes.iter().map(|c| c.tick.as_ref().map_or(u64::MAX, |tick| tick.as_u64().unwrap())).collect();
        prop_assert!(ticks.is_sorted());
        for (entries, time) in [(0, None), (1, Some(Duration::ZERO)), (9, Some(Duration::ZERO))] {
            let cut = diff(&before, &after, &schema(), &DiffOptions { entries, time });
            prop_assert_eq!(&cut.first_divergence, &whole.first_divergence);
            prop_assert!(cut.changes.len() <= entries);
        }
    }
}

/// The records of two runs by tick, as a stream that skips equal ones.
struct ByTick(std::vec::IntoIter<RecordPart>);

impl RecordStream for ByTick {
    type Error = String;

    fn name(&self) -> &str {
        "ledgers"
    }

    fn next_part(&mut self) -> Result<Option<RecordPart>, String> {
        Ok(self.0.next())
    }
}

/// Ledgers of some ticks.
fn ledgers_by_tick() -> impl Strategy<Value = BTreeMap<u64, String>> {
    let edge = (0..3, 0..2).prop_map(|(id, raw)| json!({"e_id": id, "raw": raw}));
    let record = (0..2, prop::collection::vec(edge, 0..3));
    prop::collection::btree_map(0_u64..6, record, 0..6).prop_map(|records| {
        let record = |(tick, (sum, edges)): (u64, (i32, Vec<Value>))| {
            let edges = Value::from(edges);
            (
                tick,
                format!(r#"{{"edges":{edges},"sum":{sum},"tick":{tick}}}"#),
            )
        };
        records.into_iter().map(record).collect()
    })
}

proptest! {
    /// Records that are read a few at a time give the diff of the artefacts as a whole.
    #[test]
    fn streams_give_the_diff_of_the_whole(
        before in ledgers_by_tick(),
        after in ledgers_by_tick(),
        totals in (0..2, 0..2),
        entries in 0_usize..9,
    ) {
        let options = DiffOptions { entries, time: None };
        let total = |total: i32| artefacts(&[&format!("metrics={{\"a\":{total}}}")]);
        let whole = |ledgers: &BTreeMap<u64, String>, number: i32| {
            let ledgers = Artefact::from_canonical_records("ledgers", ledgers.values());
            [total(number), vec![ledgers]].concat()
        };
        let (old, new) = (whole(&before, totals.0), whole(&after, totals.1));
        let mut expected = diff(&old, &new, &schema(), &options);
        expected.charts.clear();

        let parts = (0..6).filter(|tick| before.get(tick) != after.get(tick)).map(|tick| {
            let [before, after] = [&before, &after]
                .map(|side| side.get(&tick).cloned().into_iter().collect());
            RecordPart { offset: 0, before, after }
        });
        let stream = ByTick(parts.collect::<Vec<_>>().into_iter());
        let (old, new) = (total(totals.0), total(totals.1));
        let streamed = diff_streams(
            &old, &new, vec![Box::new(stream)], &schema(), &options, Listed::Values,
        );
        prop_assert_eq!(streamed, Ok(expected));
    }
}

#[test]
fn a_stream_that_cannot_be_read_ends_the_diff_and_long_values_can_be_left_out() {
    struct Broken(u32);
    impl RecordStream for Broken {
        type Error = &'static str;

        fn name(&self) -> &str {
            "ledgers"
        }

        fn next_part(&mut self) -> Result<Option<RecordPart>, &'static str> {
            self.0 -= 1;
            match self.0 {
                0 => Err("unreadable"),
                _ => Ok(None),
            }
        }
    }
    let options = DiffOptions::default();
    let broken = diff_streams(
        &[],
        &[],
        vec![Box::new(Broken(1))],
        &schema(),
        &options,
        Listed::Values,
    );
    assert_eq!(broken, Err("unreadable"));

    let record = |tick: u64, pad: usize| {
        let pad = "x".repeat(pad);
        RecordPart {
            offset: 0,
            before: Vec::new(),
            after: vec![format!(r#"{{"pad":"{pad}","tick":{tick}}}"#)],
        }
    };
    let parts = || vec![record(1, 9_000), record(2, 9_000), record(3, 9)].into_iter();
    let listed = |listed| {
        let stream = ByTick(parts());
        let diff = diff_streams(
            &[],
            &[],
            vec![Box::new(stream)],
            &schema(),
            &options,
            listed,
        )
        .unwrap();
        assert!(diff.first_divergence.unwrap().after.is_some());
        let values = diff.changes.iter().map(|change| change.after.is_some());
        values.collect::<Vec<_>>()
    };
    assert_eq!(listed(Listed::Values), [true, true, true]);
    assert_eq!(listed(Listed::ShortValues), [false, false, true]);
}

#[test]
fn causes_are_named_as_people_count_in_their_files() {
    let inputs = |rows: &str, lines: &str, rest: &str| {
        let text = format!(
            r#"{{"files":{{"a.csv":"s/a.csv","b":"s/b","c.json":"s/c.json"}},"a.csv":{rows},"b":{lines},"c.json":{rest}}}"#
        );
        [Artefact::from_json(INPUTS, text.as_bytes()).unwrap()]
    };
    let numbered = [("a.csv", "row", 2), ("b", "line", 1)].map(|(member, noun, first)| {
        let noun = noun.to_owned();
        (member.to_owned(), Numbered { noun, first })
    });
    let schema = Schema {
        artefacts: vec![ArtefactSchema {
            name: INPUTS.to_owned(),
            numbered: BTreeMap::from(numbered),
            ..ArtefactSchema::default()
        }],
        ..Schema::default()
    };
    let before = inputs(
        r#"[{"p":1,"region":"south"},{"p":75.0,"region":"north"},{"p":3,"region":"east"}]"#,
        r#"["x","y"]"#,
        "[1,2]",
    );
    let after = inputs(
        r#"[{"p":1,"region":"south"},{"p":99.0,"region":"north"}]"#,
        r#"["x","z"]"#,
        "[1,3]",
    );
    let diff = diff(&before, &after, &schema, &DiffOptions::default());
    let leads: Vec<String> = diff.causes.iter().map(Cause::lead).collect();
    assert_eq!(
        leads,
        [
            "s/a.csv row 3 (north).p: 75.0 → 99.0",
            r#"s/a.csv row 4 (east) removed: {"p":3,"region":"east"}"#,
            r#"s/b line 2: "y" → "z""#,
            "s/c.json [1]: 2 → 3",
        ]
    );
    // The path is one that programs can follow.
    assert_eq!(diff.causes[0].path.to_string(), "[1].p");
}

#[test]
fn what_was_added_and_is_empty_is_told_after_what_changed_beside_it() {
    check(
        r#"x={"b":1}"#,
        r#"x={"a":[],"b":2,"c":{}}"#,
        &["- x x.b: 1 → 2", "- x x.a added: []", "- x x.c added: {}"],
    );
    check(
        r#"x={"b":1}"#,
        r#"x={"a":5,"b":2}"#,
        &["- x x.a added: 5", "- x x.b: 1 → 2"],
    );
    check(
        r#"x={"a":[],"b":1}"#,
        r#"x={"b":2}"#,
        &["- x x.a removed: []", "- x x.b: 1 → 2"],
    );
}

#[test]
fn members_beside_one_that_was_added_are_looked_into() {
    check(
        r#"x={"a":{"v":1,"w":1}}"#,
        r#"x={"a":{"v":2,"w":1},"b":1}"#,
        &["- x x.a.v: 1 → 2", "- x x.b added: 1"],
    );
}

#[test]
fn positions_count_the_equal_elements_in_front() {
    check(
        "x=[[1],[2],[3],[4]]",
        "x=[[1],[4],[2],[3]]",
        &["- x x[1] moved: position 3 → 1"],
    );
}

#[test]
fn two_spellings_of_one_value_differ_as_texts() {
    let left_out_of = |before: &str, after: &str| {
        let [before, after] =
            [before, after].map(|text| [Artefact::from_canonical_records("x", [text])]);
        let diff = diff(&before, &after, &schema(), &DiffOptions::default());
        let left_out: Vec<_> = diff.left_out.iter().map(|left| left.reason).collect();
        (line(&diff.changes[0]), left_out)
    };
    for (before, after, expected) in [
        (
            r#""A""#,
            r#""\u0041""#,
            r#"- x x[0]: "\"A\"" → "\"\\u0041\"""#,
        ),
        (
            r#""\u000a""#,
            r#""\n""#,
            r#"- x x[0]: "\"\\u000a\"" → "\"\\n\"""#,
        ),
    ] {
        let (line, left_out) = left_out_of(before, after);
        assert_eq!(line, expected);
        assert_eq!(left_out, [LeftOutReason::NotInLayout]);
    }
    for (before, after) in [(r#""\n""#, r#""\r""#), ("1", "2"), (r#""A""#, r#""B""#)] {
        let (_, left_out) = left_out_of(before, after);
        assert_eq!(left_out, [], "{before} {after}");
    }
}

#[test]
fn a_doubled_digest_is_seen_beside_other_differences() {
    let record = format!(r#"{{"digest":"{}","tick":1}}"#, "a".repeat(64));
    let run = |value: u32, records: &[&String]| {
        vec![
            artefact("ledgers", &format!(r#"[{{"tick":1,"sum":{value}}}]"#)),
            Artefact::from_canonical_records("uledger", records),
        ]
    };
    let diff = diff(
        &run(1, &[&record]),
        &run(2, &[&record, &record]),
        &schema(),
        &DiffOptions::default(),
    );
    let names: Vec<&str> = diff.changes.iter().map(|it| it.artefact.as_str()).collect();
    assert_eq!(names, ["ledgers", "uledger"]);
}

#[test]
fn documents_are_compared_to_the_depth_that_readers_allow() {
    let deep = |value: u32| {
        let text = format!("{}{value}{}", "[".repeat(140), "]".repeat(140));
        [Artefact::from_canonical_records("x", [text])]
    };
    let diff = diff(&deep(1), &deep(2), &schema(), &DiffOptions::default());
    let [change] = &*diff.changes else {
        panic!("{:?}", diff.changes);
    };
    let steps = change.path.to_string().matches("[0]").count();
    assert_eq!(steps, aether_json::DEPTH_MAX);
}

#[test]
fn artefacts_of_one_name_are_pairs_in_their_order() {
    check_runs(&["x=1", "x=2"], &["x=1", "x=3"], &["- x x: 2 → 3"]);
    check_runs(
        &["x=1", "x=2", "x=3"],
        &["x=4", "x=2", "x=5"],
        &["- x x: 1 → 4", "- x x: 3 → 5"],
    );
}

#[track_caller]
fn check_runs(before: &[&str], after: &[&str], expected: &[&str]) {
    let lines: Vec<String> = diff_of(before, after).changes.iter().map(line).collect();
    assert_eq!(lines, expected);
}

#[test]
fn vectors_that_are_handed_on_are_drawn_once() {
    let run = |handed_on: u32, own: u32| {
        artefacts(&[
            &format!(r#"ledgers=[{{"tick":1,"pre_u":[1,{handed_on}]}}]"#),
            &format!(r#"uledger=[{{"tick":1,"u":[1,{handed_on}],"w":[2,{own}]}}]"#),
        ])
    };
    let diff = diff(&run(1, 1), &run(2, 3), &schema(), &DiffOptions::default());
    let titles: Vec<&str> = diff.charts.iter().map(|chart| &*chart.title).collect();
    assert_eq!(titles, ["ledgers, tick 1: pre_u", "uledger, tick 1: w"]);
}

fn streamed(before: &[Artefact], after: &[Artefact], schema: &Schema) -> Diff {
    let options = DiffOptions::default();
    let stream = ByTick(Vec::new().into_iter());
    let streams: Vec<Box<dyn RecordStream<Error = String>>> = vec![Box::new(stream)];
    diff_streams(before, after, streams, schema, &options, Listed::Values).unwrap()
}

#[test]
fn inputs_beside_a_stream_are_causes() {
    let run = |k: u32, a: u32| {
        artefacts(&[
            &format!(r#"inputs={{"t":{{"k":{k}}}}}"#),
            &format!(r#"metrics={{"a":{a}}}"#),
        ])
    };
    let diff = streamed(&run(1, 1), &run(2, 2), &schema());
    assert_eq!((diff.causes.len(), diff.changes.len()), (1, 1));
    assert_eq!(diff.changes[0].artefact, "metrics");
}

#[test]
#[should_panic(expected = "a few at a time")]
fn a_stream_cannot_have_tolerances() {
    let mut schema = schema();
    let tolerance = Tolerance::new("sum", "why").with_ulp(1);
    schema.artefacts[3].tolerances.push(tolerance);
    streamed(&[], &[], &schema);
}

#[test]
#[should_panic(expected = "a few at a time")]
fn a_stream_cannot_be_without_order() {
    let mut schema = schema();
    schema.artefacts[3].unordered.push("edges".to_owned());
    streamed(&[], &[], &schema);
}

#[test]
fn other_differences_are_not_alike() {
    let metrics = |n: u32| format!(r#"metrics={{"a":{n},"b":{{"c":{n},"d":{n},"e":{n}}}}}"#);
    let diff = diff_of(&[&metrics(1)], &[&metrics(2)]);
    assert_eq!((diff.changes.len(), diff.alike), (4, 1));
}
