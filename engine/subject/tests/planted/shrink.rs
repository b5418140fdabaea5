//! Shrinks shipped scenarios of an engine with a changed rule, and what fails in them; every step of the engine leads
//! to valid inputs, and inputs that are written are read back.

use std::fs;
use std::path::Path;

use aether_harness::evaluate::{CheckRun, evaluate};
use aether_harness::scenario::Scenario;
use aether_harness::{
    Artefact, Check, Failure, InputFiles, KeyTable, Layout, Prepared, RunRequest, Schema,
    SmallerStep, Subject, Suite, Verdict, diff,
};
use aether_harness_cli::Console;
use aether_harness_cli::commands::{Listing, ShrinkRequest, shrink};
use aether_json::Value as Document;
use aether_subject::AetherSubject;
use serde_json::Value;

use super::Workspace;

/// An engine with a changed line.
struct Changed {
    engine: AetherSubject,
    line: Line,
}

#[derive(Clone, Copy)]
enum Line {
    /// The flux rule divides by SC + 1: `⌊k·|du| / (SC + 1)⌋`.
    Scale,
    /// An overflow names another operation.
    Operation,
}

struct ChangedRun {
    prepared: Box<dyn Prepared>,
    changed: Box<dyn Prepared>,
    line: Line,
}

impl Subject for Changed {
    fn name(&self) -> &str {
        self.engine.name()
    }

    fn version(&self) -> String {
        self.engine.version()
    }

    fn keys(&self) -> &'static [KeyTable] {
        self.engine.keys()
    }

    fn open(&self, scenario: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        let prepared = self.engine.open(scenario)?;
        let mut inputs = prepared.inputs().to_value().expect("JSON");
        if let Line::Scale = self.line {
            for place in ["/profile/SC", "/topology/SC"] {
                add_one(inputs.pointer_mut(place).expect("it is resolved"));
            }
            if let Some(Document::Array(edges)) = inputs.pointer_mut("/topology/edges") {
                for edge in edges {
                    add_one(edge.get_mut("SC").expect("it is resolved"));
                }
            }
        }
        let inputs = Artefact::from_json("inputs", inputs.to_string().as_bytes()).expect("JSON");
        let changed = prepared.with_inputs(&inputs)?;
        Ok(Box::new(ChangedRun {
            prepared,
            changed: changed.expect("the engine offers it"),
            line: self.line,
        }))
    }
}

fn add_one(value: &mut Document) {
    *value = (value.as_i64().expect("an integer") + 1).into();
}

impl Prepared for ChangedRun {
    fn inputs(&self) -> &Artefact {
        self.prepared.inputs()
    }

    fn schema(&self) -> Schema {
        self.prepared.schema()
    }

    fn run(&self, request: &RunRequest) -> Result<Vec<Artefact>, Failure> {
        self.changed.run(request).map_err(|mut failure| {
            if let (Line::Operation, Some(error)) = (self.line, &failure.error) {
                let mut error = error.to_value().expect("JSON");
                *error.get_mut("operation").expect("an overflow has one") = "flux".into();
                let error = error.to_string();
                failure.error = Some(Artefact::from_json("error", error.as_bytes()).expect("JSON"));
            }
            failure
        })
    }

    fn smaller<'i>(&'i self, inputs: &'i Artefact) -> Vec<SmallerStep<'i>> {
        self.prepared.smaller(inputs)
    }

    fn input_files(&self, inputs: &Artefact) -> Result<Option<InputFiles>, Failure> {
        self.prepared.input_files(inputs)
    }
}

fn suite(workspace: &Workspace, subject: impl Subject + 'static) -> Suite {
    let root = workspace.root();
    let layout = Layout::new(root).with_target(root.join("target"));
    Suite::new(root).layout(layout).subject(subject)
}

fn honest(workspace: &Workspace) -> Suite {
    suite(workspace, AetherSubject::new(workspace.root()))
}

fn changed(workspace: &Workspace, line: Line) -> Suite {
    let engine = AetherSubject::new(workspace.root());
    suite(workspace, Changed { engine, line })
}

fn shrunk(suite: &Suite, name: &str, other: Option<Suite>, keep: Option<&str>) -> Value {
    let request = ShrinkRequest {
        name: Some(name.to_owned()),
        other,
        keep: keep.map(str::to_owned),
        format: Listing::Json,
        date: "2026-11-27".to_owned(),
        ..ShrinkRequest::default()
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        ask: None,
    };
    shrink(suite, &request, &mut console).expect("it is shrunk");
    let report: Value = serde_json::from_slice(&out).expect("JSON");
    eprintln!("{name}: {report}");
    report
}

/// Shrinks a scenario, and holds that what is kept has the fault and does not become smaller.
fn kept(workspace: &Workspace, suite: &Suite, name: &str, other: bool) -> Value {
    let other = || other.then(|| honest(workspace));
    let found = shrunk(suite, name, other(), Some("tiny"));
    assert_eq!(found["minimal"], true);
    let again = shrunk(suite, "tiny", other(), None);
    assert_eq!(again["inputs"]["topology"], found["inputs"]["topology"]);
    assert_eq!(again["minimal"], true);
    assert_eq!(again["verdict"], found["verdict"]);
    for (one, other) in [("stage", "stage"), ("path", "path")] {
        let [one, other] = [
            &again["first_divergence"][one],
            &found["first_divergence"][other],
        ];
        assert_eq!(one, other);
    }
    found
}

/// At most 3 edges and 2 ticks.
#[track_caller]
fn is_small(found: &Value) {
    let edges = count(found, "/topology/edges");
    assert!(edges <= 3, "{edges} edges");
    let ticks = found["inputs"]["run_config"]["ticks"].as_u64();
    assert!(ticks <= Some(2), "{ticks:?} ticks");
}

fn count(found: &Value, place: &str) -> usize {
    found["inputs"]
        .pointer(place)
        .and_then(Value::as_array)
        .map_or(0, Vec::len)
}

#[test]
fn a_changed_rule_in_a_large_grid_is_shrunk_to_an_edge() {
    let workspace = Workspace::of("grid32");
    let suite = changed(&workspace, Line::Scale);
    let found = kept(&workspace, &suite, "grid32", true);
    assert_eq!(found["verdict"], "MISMATCH");
    assert_eq!(found["first_divergence"]["stage"], "UMX");
    let path = found["first_divergence"]["path"].as_str().expect("a path");
    assert!(path.ends_with(".raw"), "{path}");
    is_small(&found);
    // The engine of now fails the new scenario in the same place, and the other one passes it.
    let scenario = |suite: &Suite| {
        suite
            .look_up("tiny")
            .expect("kept")
            .scenario
            .expect("valid")
    };
    let result = evaluate(&suite, &scenario(&suite), &Check::Golden);
    assert_eq!(result.verdict, Verdict::Mismatch);
    let (before, after) = (
        result.before.expect("goldens"),
        result.after.expect("a run"),
    );
    let before = before.artefacts().expect("goldens");
    let first = diff(
        &before,
        &after.set.to_vec(),
        &after.schema,
        &Default::default(),
    );
    let first = first.first_divergence.expect("a difference");
    assert_eq!(first.path.pattern(), "ledgers/*/edges/*/raw");
    let honest = honest(&workspace);
    let result = evaluate(&honest, &scenario(&honest), &Check::Golden);
    assert_eq!(result.verdict, Verdict::Match, "{}", result.detail());
}

#[test]
fn an_overflow_is_shrunk() {
    let workspace = Workspace::of("overflow");
    workspace.edit(
        "scenarios/overflow/scenario.toml",
        "expect = \"failure\"\n",
        "",
    );
    let found = kept(&workspace, &honest(&workspace), "overflow", false);
    assert_eq!(found["verdict"], "PROGRAM_ERROR");
    assert!(
        found["message"]
            .as_str()
            .expect("a message")
            .contains("verflow")
    );
    assert!(count(&found, "/topology/edges") <= 1);
}

#[test]
fn an_expected_failure_is_shrunk() {
    let workspace = Workspace::of("overflow");
    let found = kept(&workspace, &honest(&workspace), "overflow", false);
    assert_eq!(found["verdict"], "MATCH");
    is_small(&found);
}

#[test]
fn an_expected_failure_that_fails_in_another_way_is_shrunk() {
    let workspace = Workspace::of("overflow");
    let found = kept(
        &workspace,
        &changed(&workspace, Line::Operation),
        "overflow",
        true,
    );
    assert_eq!(found["verdict"], "MISMATCH");
    assert_eq!(found["first_divergence"]["path"], "error.operation");
    is_small(&found);
}

/// The scenarios that ship.
fn each_shipped(mut visit: impl FnMut(&str, &Scenario, &dyn Prepared)) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let suite = Suite::new(&root).subject(AetherSubject::new(&root));
    for found in suite.discover().expect("scenarios") {
        let scenario = found.scenario.expect("valid");
        let run = CheckRun::read(&suite, &scenario).expect("valid documents");
        visit(&found.name, &scenario, run.prepared());
    }
}

#[test]
fn every_step_leads_to_valid_inputs() {
    /// Steps of one scenario that are taken, at most: a large grid has thousands.
    const TAKEN: usize = 120;
    each_shipped(|name, _, prepared| {
        let inputs = prepared.inputs();
        let steps = prepared.smaller(inputs);
        assert!(!steps.is_empty(), "{name}");
        let every = steps.len().div_ceil(TAKEN);
        for (number, step) in steps.iter().enumerate().step_by(every) {
            let smaller = step();
            if let Err(failure) = prepared.with_inputs(&smaller) {
                panic!("{name}, step {number}: {failure}");
            }
        }
    });
}

/// Steps on ticks, windows, streams, nodes and edges keep a grammar if it fits what they leave.
#[test]
fn a_grammar_stays_as_long_as_it_fits() {
    each_shipped(|name, _, prepared| {
        if !name.starts_with("aeon-") {
            return;
        }
        let before = prepared.inputs().to_value().expect("JSON");
        let sizes = |inputs: &Document| {
            let places = ["/run_config/ticks", "/topology/N"];
            let numbers = places.map(|place| inputs.pointer(place).and_then(Document::as_u64));
            let edges = inputs
                .pointer("/topology/edges")
                .and_then(Document::as_array);
            (numbers, edges.map(Vec::len))
        };
        let (mut keeping, mut shorter, mut dropping) = (0, 0, 0);
        for step in prepared.smaller(prepared.inputs()) {
            let after = step().to_value().expect("JSON");
            let grammar = after.get("aeon");
            let has_grammar = grammar.is_some_and(|grammar| !grammar.is_null());
            if !has_grammar {
                dropping += 1;
                let names = after.to_string();
                assert!(!names.contains("aeon_window_id"), "{name}: {names}");
                continue;
            }
            keeping += usize::from(sizes(&after) != sizes(&before));
            shorter += usize::from(sizes(&after).0[0] < sizes(&before).0[0]);
        }
        // Every tick of `aeon-weeks` is part of a window that the grammar names.
        let fits = (keeping > 0, shorter > 0);
        let expected = name != "aeon-weeks";
        assert_eq!(fits, (expected, expected), "{name}: {keeping} {shorter}");
        assert!(dropping > 0, "{name}");
    });
}

#[test]
fn written_inputs_are_read_back() {
    each_shipped(|name, scenario, prepared| {
        let dir = tempfile::tempdir().expect("a directory");
        let to = dir.path().join("scenarios").join(name);
        fs::create_dir_all(&to).expect("a directory");
        let settings = scenario.dir().join("scenario.toml");
        fs::copy(settings, to.join("scenario.toml")).expect("a copy");
        let files = prepared.input_files(prepared.inputs()).expect("files");
        for (path, bytes) in files.expect("the engine writes its inputs") {
            fs::write(to.join(path), bytes).expect("a file");
        }
        let suite = Suite::new(dir.path()).subject(AetherSubject::new(dir.path()));
        let copy = suite
            .look_up(name)
            .expect("written")
            .scenario
            .expect("valid");
        let run = CheckRun::read(&suite, &copy).expect(name);
        let without_paths = |inputs: &Artefact| {
            let mut inputs = inputs.to_value().expect("JSON");
            inputs.as_object_mut().expect("an object").remove("files");
            let run_config = inputs.get_mut("run_config").expect("it has one");
            let run_config = run_config.as_object_mut().expect("an object");
            run_config.retain(|member, _| !member.ends_with("_path"));
            inputs.to_string()
        };
        let [before, after] = [prepared, run.prepared()].map(|run| without_paths(run.inputs()));
        assert!(before == after, "{name}:\n{before}\n{after}");
    });
}
