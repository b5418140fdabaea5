//! The inputs that the subject makes up are valid and of all sorts, are what their files say, and reach what a
//! changed line of a rule changes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use aether_engine::config::FileSystem;
use aether_harness::{Artefact, Layout, Prepared, RunRequest, Suite};
use aether_subject::AetherSubject;
use serde_json::Value;
use tempfile::TempDir;

use super::{Workspace, assert_all};
use crate::compare::same_as_oracle;
use crate::oracle::{Int, Rules};
use crate::{read, subject};

/// Cases in which a fault must be found.
const CASES: u64 = 200;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A scenario of a workspace as the subject reads it.
fn prepared(root: &Path, name: &str) -> Box<dyn Prepared> {
    let layout = Layout::new(root).with_target(root.join("target"));
    let suite = Suite::new(root)
        .layout(layout)
        .subject(AetherSubject::new(root));
    let found = suite.look_up(name).expect("it is there");
    let scenario = found.scenario.expect("it is valid");
    scenario.subject().open(&scenario).expect("it can be read")
}

fn made_up(prepared: &dyn Prepared, seed: u64) -> Artefact {
    prepared.variant(seed).expect("the subject makes inputs up")
}

fn value(inputs: &Artefact) -> Value {
    serde_json::from_slice(inputs.text()).expect("inputs are JSON")
}

/// A workspace whose only scenario has these inputs.
fn written(prepared: &dyn Prepared, inputs: &Artefact) -> TempDir {
    let workspace = tempfile::tempdir().expect("a directory");
    let dir = workspace.path().join("scenarios/case");
    fs::create_dir_all(&dir).expect("a folder");
    fs::write(dir.join("scenario.toml"), "description = \"a case\"\n").expect("a file");
    let files = prepared.input_files(inputs).expect("valid inputs");
    for (path, bytes) in files.expect("inputs have files") {
        fs::write(dir.join(path), bytes).expect("a file");
    }
    workspace
}

/// What a run of these inputs makes, or its error.
fn run(prepared: &dyn Prepared) -> Result<Vec<(String, Vec<u8>)>, String> {
    let made = prepared.run(&RunRequest::direct(std::env::temp_dir()));
    let made = made.map_err(|failure| failure.message)?;
    let texts = made
        .iter()
        .map(|artefact| (artefact.name().to_owned(), artefact.text().to_vec()));
    Ok(texts.collect())
}

#[test]
fn made_up_inputs_are_valid_and_of_all_sorts() {
    let ring = prepared(&root(), "ring5");
    let mut texts = BTreeSet::new();
    let mut sorts = BTreeSet::new();
    let mut completed = 0;
    let seeds = 400;
    for seed in 0..seeds {
        let inputs = made_up(&*ring, seed);
        assert_eq!(
            inputs,
            made_up(&*ring, seed),
            "equal seeds give equal inputs"
        );
        texts.insert(inputs.text().to_vec());
        let changed = ring.with_inputs(&inputs);
        let changed = changed.unwrap_or_else(|failure| panic!("seed {seed}: {}", failure.message));
        completed += u32::from(run(&*changed.expect("offered")).is_ok());
        sorts.extend(sorts_of(&value(&inputs)));
    }
    assert_eq!(
        texts.len() as u64,
        seeds,
        "each seed gives inputs of its own"
    );
    assert!(
        (200..400).contains(&completed),
        "{completed} of {seeds} runs complete"
    );
    let expected = [
        "Codex",
        "a preference of schemes",
        "a repeated input",
        "a scheme that is given",
        "an additional window",
        "an edge beside another",
        "an input of some nodes",
        "constant",
        "inputs",
        "negative",
        "no edges",
        "nodes without edges",
        "one node",
        "prime_weighted",
        "products beyond 64 bits",
        "sum_abs_flux",
        "tiles",
    ];
    assert_eq!(sorts.into_iter().collect::<Vec<_>>(), expected);
}

/// Of which sorts inputs are.
fn sorts_of(inputs: &Value) -> Vec<&'static str> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (run, topology, profile) = (
        &inputs["run_config"],
        &inputs["topology"],
        &inputs["profile"],
    );
    let edges = list(&topology["edges"]);
    let nodes = topology["N"].as_u64().expect("a topology has nodes");
    let ends = |edge: &Value| {
        (
            edge["i"].as_u64().min(edge["j"].as_u64()),
            edge["i"].as_u64().max(edge["j"].as_u64()),
        )
    };
    let pairs: BTreeSet<_> = edges.iter().map(ends).collect();
    let met: BTreeSet<_> = pairs.iter().flat_map(|(i, j)| [*i, *j]).collect();
    let state = list(&run["initial_state"]);
    let largest = state
        .iter()
        .filter_map(Value::as_i64)
        .map(i64::unsigned_abs)
        .max();
    let conductance = edges.iter().filter_map(|edge| edge["k"].as_u64()).max();
    let product = u128::from(largest.unwrap_or(0)) * u128::from(conductance.unwrap_or(0));
    let entries = list(&inputs["pfna"]["entries"]);
    let windows = list(&run["windows"]);
    let streams: Vec<Value> = windows
        .iter()
        .flat_map(|window| list(&window["streams"]))
        .collect();
    let mode = match profile["s_t_rule"]["mode"].as_str() {
        Some("constant") => "constant",
        Some("sum_abs_flux") => "sum_abs_flux",
        _ => "prime_weighted",
    };
    let preferred = &profile["press_defaults"]["preferred_schemes"];
    let all = [
        (true, mode),
        (run["enable_codex"] == true, "Codex"),
        (preferred[0] != "R", "a preference of schemes"),
        (
            entries.iter().any(|entry| !entry["repeat"].is_null()),
            "a repeated input",
        ),
        (
            streams
                .iter()
                .any(|stream| !stream["scheme_hint"].is_null()),
            "a scheme that is given",
        ),
        (windows.len() > 1, "an additional window"),
        (pairs.len() < edges.len(), "an edge beside another"),
        (
            entries.iter().any(|entry| entry["values"].is_object()),
            "an input of some nodes",
        ),
        (!entries.is_empty(), "inputs"),
        (
            state.iter().any(|value| value.as_i64() < Some(0)),
            "negative",
        ),
        (edges.is_empty(), "no edges"),
        (
            !edges.is_empty() && (met.len() as u64) < nodes,
            "nodes without edges",
        ),
        (nodes == 1, "one node"),
        (product > u128::from(u64::MAX), "products beyond 64 bits"),
        (!run["window_every"].is_null(), "tiles"),
    ];
    let held = all.into_iter().filter(|(is_so, _)| *is_so);
    held.map(|(_, sort)| sort).collect()
}

/// Inputs without what depends on where their files are.
fn without_paths(inputs: &Artefact) -> Value {
    let mut inputs = value(inputs);
    inputs["files"] = Value::Null;
    for path in ["topology_path", "profile_path", "pfna_path", "aeon_path"] {
        inputs["run_config"][path] = Value::Null;
    }
    inputs
}

#[test]
fn the_files_of_inputs_are_read_as_these_inputs() {
    let check = |own: &dyn Prepared, inputs: &Artefact, runs: bool| {
        let workspace = written(own, inputs);
        let read = prepared(workspace.path(), "case");
        assert_eq!(without_paths(read.inputs()), without_paths(inputs));
        if runs {
            let changed = own.with_inputs(inputs).expect("valid").expect("offered");
            assert_eq!(run(&*read), run(&*changed));
        }
    };
    let mut names = 0;
    for entry in fs::read_dir(root().join("scenarios")).expect("they ship") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().join("scenario.toml").is_file() {
            let own = prepared(&root(), &name);
            check(&*own, own.inputs(), name != "grid32");
            names += 1;
        }
    }
    assert!(names > 20, "{names} scenarios");
    let ring = prepared(&root(), "ring5");
    for seed in 0..40 {
        check(&*ring, &made_up(&*ring, seed), true);
    }
}

/// The number of the first case that tells the rules from those as written.
fn found_at(ring: &dyn Prepared, rules: Rules) -> Option<u64> {
    (0..CASES).find(|&seed| {
        let inputs = made_up(ring, seed);
        let has = |text: &str| String::from_utf8_lossy(inputs.text()).contains(text);
        // The reader of the oracle knows lists of values alone, and the oracle no diagnostics.
        if has("\"repeat\"") || has("\"values\":{") || has("\"limit\"") {
            return false;
        }
        let workspace = written(ring, &inputs);
        let file = "scenarios/case/run.json";
        let export = subject::export_from(&FileSystem::new(workspace.path()), file);
        let export = export.expect("made up inputs are valid");
        let mut case = read::case(&workspace.path().join(file));
        assert_eq!(same_as_oracle(&case, &export), Ok(()), "seed {seed}");
        case.rules = rules;
        same_as_oracle(&case, &export).is_err()
    })
}

#[test]
fn a_changed_rule_is_found_within_two_hundred_cases() {
    let ring = prepared(Workspace::of("ring5").root(), "ring5");
    /// The product as a number of 64 bits has it that wraps.
    fn wrapped(size: &Int, k: i64, sc: i64) -> Int {
        let product = size * k;
        let low = product.iter_u64_digits().next().unwrap_or(0);
        Int::from(low.cast_signed()) / sc
    }
    let table: [(&str, Rules); 5] = [
        (
            "a floor that became a truncation",
            Rules {
                reduced: |sum, modulus| sum % modulus,
                ..Rules::WRITTEN
            },
        ),
        (
            "a `<` that became `≤` between schemes",
            Rules {
                rank: |place| usize::MAX - place,
                ..Rules::WRITTEN
            },
        ),
        (
            "a product of 128 bits that became one of 64",
            Rules {
                raw: wrapped,
                ..Rules::WRITTEN
            },
        ),
        (
            "a cap that is left out",
            Rules {
                moved: |raw, _, size| raw.min(size),
                ..Rules::WRITTEN
            },
        ),
        (
            "a proposal for many bits alone",
            Rules {
                is_proposed: |delta| *delta <= Int::from(-80),
                ..Rules::WRITTEN
            },
        ),
    ];
    let mut missed = Vec::new();
    for (what, rules) in table {
        match found_at(&*ring, rules) {
            Some(seed) => eprintln!("{what}: found by case {}", seed + 1),
            None => missed.push(format!("{what}: not found in {CASES} cases")),
        }
    }
    assert_all(&missed);
}
