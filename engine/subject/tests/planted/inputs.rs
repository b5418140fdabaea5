//! Changes one input (an edge's k, cap or ends, a profile constant, an input value, an initial
//! value, a window bound) and checks that the report names it.

use aether_engine::config::FileSystem;
use aether_subject::AetherSubject;
use serde_json::Value;

use super::reading::{Artefacts, Divergence, first};
use super::{Workspace, assert_all, compare};
use crate::oracle::Json;
use crate::subject;

/// One change of one document.
struct Planted {
    scenario: &'static str,
    /// The document; the scenario's RunConfig if empty.
    file: &'static str,
    /// The text to replace, and its replacement.
    from: &'static str,
    to: &'static str,
    /// The cause that a report should name: path and both values. After a semicolon, the other
    /// values of the resolved inputs that follow from it.
    cause: &'static str,
    /// The first divergence that a report should name.
    first: &'static str,
}

/// The records of the changed documents, made by the engine without the harness.
fn records(workspace: &Workspace) -> Artefacts {
    let reader = FileSystem::new(workspace.root());
    let export = subject::export_from(&reader, &workspace.run_config()).expect("a run");
    let Json::Object(members) = Json::parse(&export) else {
        panic!("an export is an object");
    };
    members
}

fn causes(report: &Value) -> Vec<String> {
    let causes = report["causes"].as_array().expect("causes").iter();
    causes
        .map(|cause| {
            let text = |member: &str| cause[member].as_str().expect("a text");
            let (before, after) = (&cause["before"], &cause["after"]);
            format!("{} {}: {before} → {after}", text("file"), text("path"))
        })
        .collect()
}

fn planted(change: &Planted) -> Result<(), String> {
    let workspace = Workspace::of(change.scenario);
    let file = match change.file {
        "" => workspace.run_config(),
        file => file.to_owned(),
    };
    workspace.edit(&file, change.from, change.to);
    let scanned = first(&workspace.goldens(), &records(&workspace));
    let report = workspace.report(AetherSubject::new(workspace.root()));
    let expected: Vec<String> = format!("{file} {}", change.cause)
        .split("; ")
        .map(str::to_owned)
        .collect();
    let found = causes(&report);
    let named = if found == expected {
        compare(
            &report,
            scanned.as_ref().or(inputs_alone(change).as_ref()),
            change.first,
        )
    } else {
        Err(format!("\n  causes   {found:?}\n  expected {expected:?}"))
    };
    named.map_err(|difference| format!("{}, {}: {difference}", change.scenario, change.to))
}

/// If nothing else differs, the changed input itself is the divergence.
fn inputs_alone(change: &Planted) -> Option<Divergence> {
    let (_, divergence) = change.first.split_once("inputs ")?;
    let (path, values) = divergence.split_once(": ")?;
    let (before, after) = values.split_once(" → ")?;
    Some(Divergence {
        tick: None,
        stage: "inputs".to_owned(),
        path: path.to_owned(),
        before: Some(before.to_owned()),
        after: Some(after.to_owned()),
    })
}

fn check(table: &[Planted]) {
    let differences: Vec<String> = table.iter().filter_map(|c| planted(c).err()).collect();
    assert_all(&differences);
}

/// The rows of a table: scenario, document, edit, cause, first divergence.
macro_rules! planted {
    ($($scenario:literal $file:literal: $from:literal => $to:literal, $cause:literal, $first:literal;)*) => {
        [$(Planted {
            scenario: $scenario,
            file: $file,
            from: $from,
            to: $to,
            cause: $cause,
            first: $first,
        }),*]
    };
}

#[test]
fn one_edge() {
    check(&planted![
        "ring5" "fixtures/topologies/ring5.json": r#""i": 5, "j": 1, "k": 12"# => r#""i": 5, "j": 1, "k": 13"#,
            "edges[e_id=5].k: 12 → 13", "tick 1 UMX ledgers[tick=1].edges[e_id=5].raw: 37 → 40";
        "ring5" "fixtures/topologies/ring5.json": r#""i": 3, "j": 4, "k": 12"# => r#""i": 3, "j": 4, "k": 11"#,
            "edges[e_id=3].k: 12 → 11", "tick 2 Loom i_blocks[tick=2].topology_snapshot[e_id=3].k: 12 → 11";
        "star6" "fixtures/topologies/star6.json": r#""i": 1, "j": 6, "k": 8"# => r#""i": 1, "j": 6, "k": 0"#,
            "edges[e_id=5].k: 8 → 0", "tick 1 UMX ledgers[tick=1].edges[e_id=5].raw: 15 → 0";
        "line4" "fixtures/topologies/line4.json": r#""e_id": 2, "i": 2, "j": 3, "k": 8"# => r#""e_id": 2, "i": 2, "j": 3, "k": 9"#,
            "edges[e_id=2].k: 8 → 9", "tick 8 Loom i_blocks[tick=8].topology_snapshot[e_id=2].k: 8 → 9";
        "grid-cmp0" "fixtures/topologies/grid4x3.json": r#""e_id": 17, "i": 11, "j": 12, "k": 5"# => r#""e_id": 17, "i": 11, "j": 12, "k": 9"#,
            "edges[e_id=17].k: 5 → 9", "tick 1 UMX ledgers[tick=1].edges[e_id=17].raw: 5 → 9";
        "parallel-edges" "fixtures/topologies/parallel3.json": r#""k": 3, "cap": 2147483647, "SC": 32, "c": 0"# => r#""k": 3, "cap": 2147483647, "SC": 32, "c": 7"#,
            "edges[e_id=1].c: 0 → 7", "tick 8 Loom i_blocks[tick=8].topology_snapshot[e_id=1].c: 0 → 7";
        "caps-bind" "fixtures/topologies/ring5-capped.json": r#""e_id": 1, "i": 1, "j": 2, "k": 8, "cap": 3"# => r#""e_id": 1, "i": 1, "j": 2, "k": 8, "cap": 4"#,
            "edges[e_id=1].cap: 3 → 4", "tick 1 UMX ledgers[tick=1].edges[e_id=1].cap: 3 → 4";
        "caps-bind" "fixtures/topologies/ring5-capped.json": r#""e_id": 4, "i": 4, "j": 5, "k": 8, "cap": 3"# => r#""e_id": 4, "i": 4, "j": 5, "k": 8, "cap": 2"#,
            "edges[e_id=4].cap: 3 → 2", "tick 1 UMX ledgers[tick=1].edges[e_id=4].cap: 3 → 2";
        "motifs-period-2" "fixtures/topologies/pair.json": r#""cap": 2147483647"# => r#""cap": 6"#,
            "edges[e_id=1].cap: 2147483647 → 6", "tick 1 UMX ledgers[tick=1].edges[e_id=1].cap: 2147483647 → 6";
        "ring5" "fixtures/topologies/ring5.json": r#""e_id": 2, "i": 2, "j": 3"# => r#""e_id": 2, "i": 2, "j": 4"#,
            "edges[e_id=2].j: 3 → 4", "tick 1 UMX ledgers[tick=1].edges[e_id=2].j: 3 → 4";
        "star6" "fixtures/topologies/star6.json": r#""e_id": 4, "i": 1, "j": 5"# => r#""e_id": 4, "i": 2, "j": 5"#,
            "edges[e_id=4].i: 1 → 2", "tick 1 UMX ledgers[tick=1].edges[e_id=4].du: 60 → 0";
        "pfna-demo" "fixtures/topologies/line4.json": r#""e_id": 3, "i": 3, "j": 4"# => r#""e_id": 3, "i": 2, "j": 4"#,
            "edges[e_id=3].i: 3 → 2", "tick 1 UMX ledgers[tick=1].edges[e_id=3].i: 3 → 2";
        "streams" "fixtures/topologies/ring5.json": r#""e_id": 1, "i": 1, "j": 2, "k": 12, "cap": 2147483647"# => r#""e_id": 1, "i": 1, "j": 2, "k": 12, "cap": 38"#,
            "edges[e_id=1].cap: 2147483647 → 38", "tick 1 UMX ledgers[tick=1].edges[e_id=1].cap: 2147483647 → 38";
        "inputs-start" "fixtures/topologies/star6.json": r#""j": 3, "k": 8, "cap": 2147483647, "SC": 32, "c": 0"# => r#""j": 3, "k": 8, "cap": 2147483647, "SC": 32, "c": 1"#,
            "edges[e_id=2].c: 0 → 1", "inputs inputs.topology.edges[e_id=2].c: 0 → 1";
    ]);
}

#[test]
fn one_constant_of_a_profile() {
    check(&planted![
        "line4" "fixtures/profiles/cmp-0.json": r#""a": 17"# => r#""a": 18"#,
            "chain_rule.constants.a: 17 → 18", "tick 1 Loom p_blocks[tick=1].C_t: 20990952 → 22225519";
        "no-edges" "fixtures/profiles/cmp-0.json": r#""b": 23"# => r#""b": 24"#,
            "chain_rule.constants.b: 23 → 24", "tick 1 Loom p_blocks[tick=1].C_t: 20988169 → 20988192";
        "frozen" "fixtures/profiles/cmp-0.json": r#""C0": 1234567"# => r#""C0": 1234568"#,
            "C0: 1234567 → 1234568", "tick 1 Loom p_blocks[tick=1].C_t: 20182433 → 20182450";
        "line4" "fixtures/profiles/cmp-0.json": r#""modulus_M": 1000000007"# => r#""modulus_M": 1000000009"#,
            "modulus_M: 1000000007 → 1000000009", "tick 3 Loom p_blocks[tick=3].C_t: 66451708 → 66451696";
        "line4" "fixtures/profiles/cmp-0.json": r#""I_block_spacing_W": 8"# => r#""I_block_spacing_W": 5"#,
            // The resolved RunConfig takes its spacing from it.
            "I_block_spacing_W: 8 → 5; scenarios/line4/run.toml loom.W: 8 → 5", "tick 5 Loom i_blocks[tick=5]: nothing → {\"C_t\":204620786,\"W\":5,\"";
        "ring5" "fixtures/profiles/cmp-0.json": r#""I_block_spacing_W": 8"# => r#""I_block_spacing_W": 9"#,
            "I_block_spacing_W: 8 → 9", "inputs inputs.profile.I_block_spacing_W: 8 → 9";
        "tiles" "fixtures/profiles/cmp-0.json": r#""b0": 571912118"# => r#""b0": 571912119"#,
            "press_defaults.manifest_check.b0: 571912118 → 571912119", "tick 5 Press manifests[window_id=\"RING4_W1_ticks_1_5\"].manifest_check: 713700359 → 713700360";
        "windows-overlap" "fixtures/profiles/cmp-0.json": r#""b1": 240787124"# => r#""b1": 240787125"#,
            "press_defaults.manifest_check.b1: 240787124 → 240787125", "tick 4 Press manifests[window_id=\"LINE4_W1_ticks_1_4\"].manifest_check: 679813336 → 214037223";
        "flux-clock" "fixtures/profiles/cmp-1.json": r#""scale": 3"# => r#""scale": 4"#,
            "s_t_rule.scale: 3 → 4", "tick 3 Loom p_blocks[tick=3].s_t: 93751 → 100000";
        "grid-cmp1" "fixtures/profiles/cmp-1.json": r#""offset": 1"# => r#""offset": 2"#,
            "s_t_rule.offset: 1 → 2", "tick 1 Loom p_blocks[tick=1].s_t: 361 → 362";
        "flux-clock" "fixtures/profiles/cmp-1.json": r#""max_value": 100000"# => r#""max_value": 99999"#,
            "s_t_rule.max_value: 100000 → 99999", "tick 1 Loom p_blocks[tick=1].s_t: 100000 → 99999";
        "grid-cmp1" "fixtures/profiles/cmp-1.json": "\"v\": 1" => "\"v\": 2",
            "nap_defaults.v: 1 → 2; scenarios/grid-cmp1/run.toml nap.v: 1 → 2", "tick 1 Envelopes envelopes[layer=\"CTRL\",seq=1].v: 1 → 2";
    ]);
}

#[test]
fn one_value_of_the_inputs() {
    check(&planted![
        "pfna-demo" "fixtures/pfna/pfna-demo.json": "[40, 0, 0, 0]" => "[41, 0, 0, 0]",
            "entries[tick=0,pfna_id=\"start\"].values[node=1]: 40 → 41", "tick 1 UMX ledgers[tick=1].pre_u[node=1]: 40 → 41";
        "pfna-demo" "fixtures/pfna/pfna-demo.json": "[0, 0, 0, 100]" => "[0, 0, 0, 99]",
            "entries[tick=5,pfna_id=\"b-pulse\"].values[node=4]: 100 → 99", "tick 5 UMX ledgers[tick=5].pre_u[node=4]: 101 → 100";
        "pfna-demo" "fixtures/pfna/pfna-demo.json": "[0, 64, -64, 0]" => "[0, 64, -63, 0]",
            "entries[tick=9,pfna_id=\"late\"].values[node=3]: -64 → -63", "tick 9 UMX ledgers[tick=9].pre_u[node=3]: -24 → -23";
        "inputs-every-tick" "fixtures/pfna/every-tick.json": "[7, -7, 0, 14, -14]" => "[7, -7, 1, 14, -14]",
            "entries[tick=7,pfna_id=\"t7\"].values[node=3]: 0 → 1", "tick 7 UMX ledgers[tick=7].pre_u[node=3]: 32 → 33";
        "inputs-start" "fixtures/pfna/start-twice.json": "[0, 7, 0, 0, 0, -7]" => "[0, 7, 0, 0, 0, -8]",
            "entries[tick=1,pfna_id=\"one\"].values[node=6]: -7 → -8", "tick 1 UMX ledgers[tick=1].pre_u[node=6]: -6 → -7";
        "one-node" "fixtures/pfna/lone.json": "[-12]" => "[-13]",
            "entries[tick=3,pfna_id=\"in\"].values[node=1]: -12 → -13", "tick 3 UMX ledgers[tick=3].pre_u[node=1]: -7 → -8";
    ]);
}

#[test]
fn one_initial_value() {
    check(&planted![
        "ring5" "": "[100, 0, 0, 0, 0]" => "[100, 0, 0, 0, 1]",
            "initial_state[node=5]: 0 → 1", "tick 1 UMX ledgers[tick=1].pre_u[node=5]: 0 → 1";
        "caps-bind" "": "[100, 0, 0, 0, 0]" => "[101, 0, 0, 0, 0]",
            "initial_state[node=1]: 100 → 101", "tick 1 UMX ledgers[tick=1].pre_u[node=1]: 100 → 101";
        "tiles" "": "[640, 0, -20, 3]" => "[640, 0, -20, 2]",
            "initial_state[node=4]: 3 → 2", "tick 1 UMX ledgers[tick=1].pre_u[node=4]: 3 → 2";
        "motifs-period-2" "": "[10, 3]" => "[10, 4]",
            "initial_state[node=2]: 3 → 4", "tick 1 UMX ledgers[tick=1].pre_u[node=2]: 3 → 4";
    ]);
}

#[test]
fn one_bound_of_a_window() {
    check(&planted![
        "star6" "": "window_every = 4" => "window_every = 5",
            "window_every: 4 → 5", "tick 1 Scenes scenes[tick=1].window_id: \"STAR6_W1_ticks_1_4\" → \"STAR6_W1_ticks_1_5\"";
        "tiles" "": "window_every = 5" => "window_every = 4",
            "window_every: 5 → 4", "tick 1 Scenes scenes[tick=1].window_id: \"RING4_W1_ticks_1_5\" → \"RING4_W1_ticks_1_4\"";
        "windows-overlap" "": "end_tick = 6" => "end_tick = 7",
            "windows[window_id=\"early\"].end_tick: 6 → 7", "tick 6 Press manifests[window_id=\"early\"].end_tick: 6 → 7";
        "windows-overlap" "": "start_tick = 3" => "start_tick = 2",
            "windows[window_id=\"middle\"].start_tick: 3 → 2", "tick 9 Press manifests[window_id=\"middle\"].start_tick: 3 → 2";
        "windows-overlap" "": "start_tick = 7" => "start_tick = 8",
            "windows[window_id=\"late\"].start_tick: 7 → 8", "tick 12 Press manifests[window_id=\"late\"].start_tick: 7 → 8";
        "ring5" "": "W = 2" => "W = 3",
            "loom.W: 2 → 3", "tick 2 Loom i_blocks[tick=2]: {\"C_t\":357024344,\"W\":2,\" → nothing";
    ]);
}
