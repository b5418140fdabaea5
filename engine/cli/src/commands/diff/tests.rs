//! Tests that comparing runs record by record gives what comparing them as a whole gives: every
//! member of the diff, and the reports as people and programs see them.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use aether_engine::config::{FileSystem, ResolvedDocuments, RunPlan, load_run, run_config};
use aether_engine::run::RunOptions;
use aether_engine::store::{Existing, RunStore};
use aether_json::{Value, json};
use tempfile::TempDir;

use super::*;

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap()
}

fn scenario(name: &str) -> RunPlan {
    let path = run_config(&root().join("scenarios").join(name)).unwrap();
    load_run(&FileSystem::new(root()), &path).unwrap_or_else(|report| panic!("{report}"))
}

/// The plan of a scenario with other values at some places of its resolved inputs.
fn changed(name: &str, changes: &[(&str, Value)]) -> RunPlan {
    let inputs = scenario(name).documents().to_json();
    let mut inputs: Value = aether_json::from_str(&inputs).unwrap();
    for (place, value) in changes {
        *inputs.pointer_mut(place).unwrap() = value.clone();
    }
    let document = |name: &str| inputs[name].to_string();
    let pfna = Some(document("pfna")).filter(|pfna| pfna != "null");
    let documents = ResolvedDocuments::new(
        document("run_config"),
        document("topology"),
        document("profile"),
        pfna,
    )
    .with_aeon(inputs.get("aeon").map(Value::to_string));
    documents.plan().unwrap_or_else(|report| panic!("{report}"))
}

struct Runs {
    _folder: TempDir,
    store: RunStore,
    names: Vec<String>,
}

impl Runs {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path());
        Self {
            _folder: folder,
            store,
            names: Vec::new(),
        }
    }

    /// Adds a run that stops after some tick.
    fn add(&mut self, name: &str, plan: &RunPlan, last: u64) {
        let progress = |tick: u64| {
            if tick < last {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let options = RunOptions::default().progress(&progress);
        let recorded = self.store.record(plan, name, Existing::Keep, &options);
        recorded.unwrap();
        self.names.push(name.to_owned());
    }

    /// Compares every run with the first one, with the next one and with itself, in both
    /// directions; returns the pairs of different runs that are equal.
    fn check(&self) -> Vec<[&str; 2]> {
        let runs = self.names.iter().map(|name| self.store.open(name).unwrap());
        let runs: Vec<_> = runs.collect();
        let mut equal = Vec::new();
        for (i, before) in runs.iter().enumerate() {
            for (j, after) in runs.iter().enumerate() {
                if i == 0 || j == 0 || i.abs_diff(j) <= 1 {
                    let names = [&*self.names[i], &*self.names[j]];
                    let differs = check(before, after, &names.join(" → "));
                    assert!(i != j || !differs, "{names:?}");
                    equal.extend((!differs && i != j).then_some(names));
                }
            }
        }
        equal
    }
}

/// Every artefact of a run, in memory.
fn artefacts(run: &StoredRun) -> Vec<Artefact> {
    let mut artefacts = documents(run, false).unwrap();
    for kind in RecordKind::ALL {
        let records = run.records(kind).map(|record| record.unwrap().text);
        artefacts.push(Artefact::from_canonical_records(kind.name(), records));
    }
    artefacts
}

fn reports(name: &str, diff: &Diff, all: bool) -> [String; 2] {
    let report = Report::new(vec![ScenarioReport {
        name: name.to_owned(),
        verdict: Some(Verdict::Mismatch),
        diff: Some(diff.clone()),
        program: Vec::new(),
        raw: Vec::new(),
        note: None,
    }]);
    let (mut text, mut json) = (Vec::new(), Vec::new());
    report.write_text(&mut text, all).unwrap();
    report.write_json(&mut json, all).unwrap();
    [text, json].map(|bytes| String::from_utf8(bytes).unwrap())
}

/// Compares both ways of comparing two runs; returns whether they differ.
fn check(before: &StoredRun, after: &StoredRun, name: &str) -> bool {
    let schema = aether_subject::schema_of(&after.plan().unwrap());
    let (old, new) = (artefacts(before), artefacts(after));
    let mut differs = false;
    for entries in [10_000, 7, 0] {
        let options = DiffOptions {
            entries,
            time: None,
        };
        let mut whole = aether_harness::diff(&old, &new, &schema, &options);
        whole.charts.clear();
        let streamed = compare(before, after, &options, Listed::Values).unwrap();
        assert_eq!(streamed, whole, "{name}, {entries} entries");
        let short = compare(before, after, &options, Listed::ShortValues).unwrap();
        assert_eq!(reports(name, &short, false), reports(name, &whole, false));
        differs = !whole.is_equal();
    }
    differs
}

#[test]
fn runs_with_changed_inputs() {
    let mut runs = Runs::new();
    let all = u64::MAX;
    runs.add("base", &scenario("pfna-demo"), all);
    runs.add("again", &scenario("pfna-demo"), all);
    let mut changes = vec![
        ("k", vec![("/topology/edges/1/k", json!(9))]),
        ("cap", vec![("/topology/edges/0/cap", json!(3))]),
        ("c", vec![("/topology/edges/2/c", json!(5))]),
        ("state", vec![("/run_config/initial_state/3", json!(1))]),
        ("input", vec![("/pfna/entries/1/values/0", json!(-11))]),
        (
            "input-id",
            vec![("/pfna/entries/3/pfna_id", json!("later"))],
        ),
        ("fewer-ticks", vec![("/run_config/ticks", json!(9))]),
        ("more-ticks", vec![("/run_config/ticks", json!(30))]),
        ("window", vec![("/run_config/window_every", json!(5))]),
        ("one-window", vec![("/run_config/window_every", json!(12))]),
        ("modulus", vec![("/profile/modulus_M", json!(1_000_003))]),
        (
            "chain",
            vec![("/profile/chain_rule/constants/b", json!(24))],
        ),
        (
            "check",
            vec![("/profile/press_defaults/manifest_check/b0", json!(7))],
        ),
        (
            "s_t",
            vec![(
                "/profile/s_t_rule",
                json!({ "mode": "constant", "value": 3 }),
            )],
        ),
        ("checkpoints", vec![("/run_config/loom/W", json!(3))]),
        (
            "layers",
            vec![("/run_config/nap/layers", json!(["DATA", "EGRESS"]))],
        ),
        ("no-data", vec![("/run_config/nap/layers", json!(["CTRL"]))]),
        ("codex", vec![("/run_config/enable_codex", json!(true))]),
        ("nid", vec![("/run_config/nap/nid", json!("N7"))]),
        ("label", vec![("/topology/nodes/0/label", json!("well"))]),
    ];
    changes.push((
        "failed",
        vec![("/run_config/diagnostics/allow_negative", json!(false))],
    ));
    changes.push((
        "several",
        vec![
            ("/run_config/window_every", json!(4)),
            ("/topology/edges/0/k", json!(1)),
            ("/run_config/enable_codex", json!(true)),
            ("/run_config/ticks", json!(20)),
        ],
    ));
    for (name, changes) in &changes {
        runs.add(name, &changed("pfna-demo", changes), all);
    }
    let cut = changed("pfna-demo", &[("/run_config/window_every", json!(2))]);
    runs.add("cut", &cut, 7);
    runs.add("not-cut", &cut, all);
    assert_eq!(runs.check(), [["base", "again"], ["again", "base"]]);
}

#[test]
fn runs_with_other_windows_and_motifs() {
    let mut runs = Runs::new();
    for name in ["windows-overlap", "motifs-period-2"] {
        runs.add(name, &scenario(name), u64::MAX);
    }
    let window = "/run_config/windows/2";
    for (name, changes) in [
        (
            "shorter",
            vec![("/run_config/windows/3/start_tick", json!(8))],
        ),
        (
            "renamed",
            vec![("/run_config/windows/1/window_id", json!("mid"))],
        ),
        ("tiled", vec![("/run_config/window_every", json!(3))]),
        (
            "moved",
            vec![
                (&*format!("{window}/start_tick"), json!(11)),
                (&*format!("{window}/end_tick"), json!(11)),
            ],
        ),
    ] {
        runs.add(name, &changed("windows-overlap", &changes), u64::MAX);
    }
    let codex = [("/run_config/initial_state/0", json!(5))];
    runs.add("motifs", &changed("motifs-period-2", &codex), u64::MAX);
    assert!(runs.check().is_empty());
}

#[test]
fn runs_of_different_scenarios() {
    let mut runs = Runs::new();
    for name in [
        "gf01",
        "gf02",
        "pfna-demo",
        "no-edges",
        "one-node",
        "overflow-clock",
        "diagnostic-negative",
        "checkpoint-every-tick",
        "streams",
    ] {
        runs.add(name, &scenario(name), u64::MAX);
    }
    assert!(runs.check().is_empty());
}
