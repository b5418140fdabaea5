//! Tests of reports: diffs in, reports out.

use serde_json::{Value, json};

use super::*;
use crate::{Artefact, ArtefactSchema, ChangeKind, Diff, DiffOptions, KeyRule, Schema, diff};

fn schema() -> Schema {
    let key = |path: &str, field: &str, label: &str| KeyRule {
        path: path.into(),
        fields: vec![field.into()],
        label: label.into(),
    };
    let artefact = |name: &str, stage: &str| ArtefactSchema {
        name: name.into(),
        stage: stage.into(),
        tick: Some("tick".into()),
        keys: vec![key("", "tick", "record"), key("edges", "e_id", "edge")],
        ..ArtefactSchema::default()
    };
    let inputs = ArtefactSchema {
        name: "inputs".into(),
        keys: vec![key("topology.edges", "e_id", "edge")],
        ..ArtefactSchema::default()
    };
    Schema {
        stages: vec!["UMX".into(), "U-ledger".into()],
        artefacts: vec![
            inputs,
            artefact("ledgers", "UMX"),
            artefact("uledger", "U-ledger"),
        ],
        ..Schema::default()
    }
}

/// A run of three ticks whose flux is `flux` from tick 2 on.
fn run(flux: i64, k: i64) -> Vec<Artefact> {
    let flux_at = |tick: u64| if tick < 2 { 0 } else { flux };
    let ticks = 1..=3_u64;
    let ledgers: Value = ticks
        .clone()
        .map(|tick| json!({"tick": tick, "edges": [{"e_id": 5, "f_e": flux_at(tick)}]}))
        .collect();
    let uledger: Value = ticks
        .map(|tick| {
            let digit = format!("{:x}", flux_at(tick).rem_euclid(16));
            json!({"tick": tick, "hash": digit.repeat(64), "n": flux_at(tick)})
        })
        .collect();
    let inputs = json!({
        "topology": {"edges": [{"e_id": 5, "k": k}]},
        "files": {"topology": "fixtures/topologies/ring5.json"},
    });
    [
        ("inputs", inputs),
        ("ledgers", ledgers),
        ("uledger", uledger),
    ]
    .map(|(name, value)| Artefact::from_json(name, value.to_string().as_bytes()).unwrap())
    .to_vec()
}

fn scenario(name: &str, before: &[Artefact], after: &[Artefact]) -> ScenarioReport {
    let diff = diff(before, after, &schema(), &DiffOptions::default());
    let verdict = if diff.is_equal() {
        Verdict::Match
    } else {
        Verdict::Mismatch
    };
    ScenarioReport {
        name: name.into(),
        verdict: Some(verdict),
        diff: Some(diff),
        raw: Vec::new(),
        note: None,
    }
}

fn text(report: &Report, all: bool) -> String {
    let mut text = Vec::new();
    report.write_text(&mut text, all).unwrap();
    anstream::adapter::strip_str(&String::from_utf8(text).unwrap()).to_string()
}

fn json_of(report: &Report, all: bool) -> Value {
    let mut text = Vec::new();
    report.write_json(&mut text, all).unwrap();
    assert_eq!(text.last(), Some(&b'\n'));
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn text_leads_with_the_first_divergence() {
    let mut other = scenario("ring6", &run(1, 1), &run(1, 1));
    other.verdict = Some(Verdict::ProgramError);
    other.diff = None;
    other.note = Some("overflow at tick 3\nedge 5".into());
    let report = Report::new(vec![
        scenario("gf01", &run(0, 1), &run(0, 1)),
        scenario("ring5", &run(1, 1), &run(2, 2)),
        other,
    ]);
    let expected = "\
ring5: MISMATCH
  tick 2 · UMX · edge 5 · f_e: 1 → 2
    at ledgers[tick=2].edges[e_id=5].f_e
  cause: fixtures/topologies/ring5.json edges[e_id=5].k: 1 → 2
  then UMX 1 tick: 1 value
  then U-ledger 2 ticks: 2 values, 2 hashes
  largest difference of 4 numbers: 1 (relative 1)

ring6: PROGRAM_ERROR
  overflow at tick 3
  edge 5

similar changes
  UMX · ledgers/*/edges/*/f_e · +1: 1 scenario, 2 places

2 of 3 scenarios differ from their goldens
";
    assert_eq!(text(&report, false), expected);
    let all = text(&report, true);
    let listed = "    tick 3 · ledgers[tick=3].edges[e_id=5].f_e: 1 → 2\n";
    assert!(all.contains(listed), "{all}");
}

#[test]
fn json_has_the_documented_shape() {
    let report = Report::new(vec![scenario("ring5", &run(1, 1), &run(2, 2))]);
    let first = json!({
        "tick": 2, "stage": "UMX", "artefact": "ledgers",
        "path": "ledgers[tick=2].edges[e_id=5].f_e",
        "kind": "changed", "before": 1, "after": 2,
        "size": {"abs": 1, "rel": 1, "ulp": 4_503_599_627_370_496_u64},
    });
    let expected = json!({
        "equal": false,
        "scenarios": [{
            "name": "ring5",
            "verdict": "MISMATCH",
            "first_divergence": first,
            "causes": [{
                "file": "fixtures/topologies/ring5.json",
                "path": "edges[e_id=5].k",
                "before": 1, "after": 2,
            }],
            "followed": {
                "UMX": {"values": 1, "ticks": 1},
                "U-ledger": {"values": 4, "ticks": 2},
            },
            "left_out": [],
            "tolerance": null,
            "sizes": {
                "values": 4, "abs": 1, "rel": 1, "ulp": 4_503_599_627_370_496_u64,
                "grows_from": null,
            },
        }],
        "groups": [{
            "stage": "UMX", "pattern": "ledgers/*/edges/*/f_e", "kind": "changed",
            "offset": 1, "places": 2, "scenarios": ["ring5"],
        }],
    });
    assert_eq!(json_of(&report, false), expected);
    let all = json_of(&report, true);
    let changes = all["scenarios"][0]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 6);
    assert_eq!(changes[0], first);

    let equal = Report::new(vec![scenario("gf01", &run(1, 1), &run(1, 1))]);
    let expected = json!({
        "equal": true,
        "scenarios": [{
            "name": "gf01", "verdict": "MATCH", "first_divergence": null,
            "causes": [], "followed": {}, "left_out": [], "tolerance": null,
        }],
        "groups": [],
    });
    assert_eq!(json_of(&equal, false), expected);
}

#[test]
fn a_diff_is_read_back() {
    let diff = scenario("ring5", &run(1, 1), &run(2, 2)).diff.unwrap();
    let text = serde_json::to_string(&diff).unwrap();
    let read: Diff = serde_json::from_str(&text).unwrap();
    assert_eq!(read, diff);
    // What the JSON report leaves out is there too.
    let first = read.first_divergence.as_ref().unwrap();
    assert_eq!(first.path.place(), "edge 5 · f_e");
    assert_eq!(read.causes[0].kind, ChangeKind::Changed);
    assert_eq!(read.causes[0].path.place(), "edge 5 · k");
    assert_eq!(read.followed[1].hashes, 2);
    assert_eq!(read.alike, 2);
}

#[test]
fn like_changes_are_one_group() {
    let scenarios = (0..40)
        .map(|n| {
            scenario(
                &format!("s{n}"),
                &run(1, 1),
                &run(if n < 37 { 2 } else { 0 }, 1),
            )
        })
        .collect();
    let report = Report::new(scenarios);
    let [group] = &*report.groups else {
        panic!("{:?}", report.groups);
    };
    assert_eq!(
        group.lead(),
        "UMX · ledgers/*/edges/*/f_e · changed: 40 scenarios, 80 places"
    );
    let leads: Vec<String> = group.offsets.iter().map(OffsetGroup::lead).collect();
    assert_eq!(
        leads,
        ["+1: 37 scenarios, 74 places", "-1: 3 scenarios, 6 places"]
    );
}

#[test]
fn long_values_are_cut_around_their_difference() {
    let artefact =
        |text: &str| [Artefact::from_json("a", json!({"t": text}).to_string().as_bytes()).unwrap()];
    let long = "x".repeat(500);
    let (old, new) = (format!("{long}1{long}"), format!("{long}2{long}"));
    let text = text(
        &Report::new(vec![scenario("s", &artefact(&old), &artefact(&new))]),
        false,
    );
    assert!(
        text.contains("xxx1xxx") && text.contains("xxx2xxx"),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() < 260),
        "{text}"
    );
}

#[test]
fn texts_of_several_lines_are_compared_by_line() {
    let artefact =
        |text: &str| [Artefact::from_json("a", json!({"t": text}).to_string().as_bytes()).unwrap()];
    let (old, new) = (artefact("a\nb\nc\n"), artefact("a\nB\nc\n"));
    let text = text(&Report::new(vec![scenario("s", &old, &new)]), false);
    assert!(
        text.contains("       a\n      -b\n      +B\n       c\n"),
        "{text}"
    );
}

#[test]
fn the_state_at_the_first_divergence_is_kept_for_a_chart() {
    let ledgers = |state: [i64; 3]| {
        let records = json!([{"tick": 1, "u": [0, 0, 0]}, {"tick": 2, "u": state, "v": [1, 2]}]);
        [Artefact::from_json("ledgers", records.to_string().as_bytes()).unwrap()]
    };
    let scenario = scenario("s", &ledgers([3, -1, 0]), &ledgers([3, -2, 1]));
    let charts = &scenario.diff.as_ref().unwrap().charts;
    let shown: Vec<String> = charts.iter().map(|c| format!("{c:?}")).collect();
    assert_eq!(
        shown,
        [
            r#"Chart { title: "ledgers, tick 2: u", element: "", before: [3, -1, 0], after: [3, -2, 1] }"#
        ]
    );
}

#[test]
fn equal_changes_of_many_places_are_one_cause() {
    let set = |k: i64, flux: i64| {
        let edges: Vec<Value> = (1..=5).map(|e| json!({"e_id": e, "k": k})).collect();
        let inputs = json!({
            "topology": {"edges": edges, "name": format!("n{k}")},
            "files": {"topology": "fixtures/topologies/ring5.json"},
        });
        let ledgers = json!([{"tick": 1, "edges": [{"e_id": 5, "f_e": flux}]}]);
        [("inputs", inputs), ("ledgers", ledgers)]
            .map(|(name, value)| Artefact::from_json(name, value.to_string().as_bytes()).unwrap())
    };
    let report = Report::new(vec![
        scenario("a", &set(12, 1), &set(13, 2)),
        scenario("b", &set(12, 1), &set(13, 2)),
    ]);
    let text = text(&report, false);
    let expected = "\
  UMX · ledgers/*/edges/*/f_e · +1: 2 scenarios, 2 places
    cause in all 2: fixtures/topologies/ring5.json edges/*/k: 12 → 13, 5 places
    cause in all 2: fixtures/topologies/ring5.json name: \"n12\" → \"n13\"
";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_group_says_how_many_causes_it_leaves_out() {
    let set = |v: i64| {
        let members: serde_json::Map<String, Value> =
            (0..10).map(|n| (format!("m{n}"), json!(v + n))).collect();
        let inputs = json!({"t": members, "files": {"t": "t.json"}});
        [
            ("inputs", inputs),
            ("ledgers", json!([{"tick": 1, "x": v}])),
        ]
        .map(|(name, value)| Artefact::from_json(name, value.to_string().as_bytes()).unwrap())
    };
    let report = Report::new(vec![
        scenario("a", &set(1), &set(2)),
        scenario("b", &set(1), &set(2)),
    ]);
    let text = text(&report, false);
    assert!(text.contains("    and 2 more shared causes\n"), "{text}");
}

#[test]
fn nothing_that_a_terminal_obeys_is_printed() {
    let hostile = "\u{1b}]0;x\u{7}\u{1b}[31m\u{202e}\n::error::planted";
    let mut schema = schema();
    schema.stages = vec![hostile.to_owned()];
    schema.artefacts[1].stage = hostile.to_owned();
    let diff = diff(&run(1, 1), &run(2, 2), &schema, &DiffOptions::default());
    let report = Report::new(vec![ScenarioReport {
        name: hostile.to_owned(),
        verdict: Some(Verdict::Mismatch),
        diff: Some(diff),
        raw: Vec::new(),
        note: Some(format!("{hostile}\0")),
    }]);
    let mut text = Vec::new();
    report.write_text(&mut text, true).unwrap();
    let text = String::from_utf8(text).unwrap();
    for c in ['\u{7}', '\u{202e}', '\0'] {
        assert!(!text.contains(c), "{c:?} in {text}");
    }
    let plain = anstream::adapter::strip_str(&text).to_string();
    assert!(!plain.contains('\u{1b}'), "{plain}");
    // The red of the program is shown, not used: as often as the window title beside it.
    let titles = text.matches("‹U+001B›]0;x").count();
    assert_eq!(text.matches("‹U+001B›[31m").count(), titles);
    assert!(titles > 3, "{text}");
    let is_command = |line: &str| line.trim_start().starts_with("::");
    assert!(!plain.lines().any(is_command), "{plain}");
}
