//! Checks of scenarios whose program is a list of what it makes, run by run.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::*;
use crate::scenario::ScenarioName;
use crate::snapshot::{Manifest, SnapshotLock};
use crate::{ArtefactSchema, Failure, INPUTS, Prepared, SimpleRun, Subject, Tolerance};

/// What each run makes of the artefact `o`, or how it fails; further runs do as the last.
#[derive(Clone, Default)]
struct Listed {
    runs: Arc<Vec<Result<&'static str, &'static str>>>,
    schema: Schema,
    made: Arc<AtomicUsize>,
    /// The second of the clock in which each run was made.
    seconds: Arc<Mutex<Vec<Duration>>>,
}

impl Listed {
    fn of(runs: &[Result<&'static str, &'static str>]) -> Self {
        Self {
            runs: Arc::new(runs.to_vec()),
            ..Self::default()
        }
    }
}

impl Subject for Listed {
    fn name(&self) -> &str {
        "listed"
    }

    fn open(&self, _: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        let inputs = Artefact::from_json(INPUTS, b"{\"files\":{}}").unwrap();
        let this = self.clone();
        Ok(SimpleRun::with_schema(
            inputs,
            self.schema.clone(),
            move |_| {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "runs are told apart by the second they are in"
                )]
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                let second = Duration::from_secs(now.unwrap().as_secs());
                this.seconds.lock().unwrap().push(second);
                let number = this.made.fetch_add(1, Ordering::Relaxed);
                let made = this.runs[number.min(this.runs.len() - 1)];
                let text = made.map_err(Failure::program)?;
                Ok(vec![Artefact::from_json("o", text.as_bytes()).unwrap()])
            },
        ))
    }
}

/// A workspace with the scenario `some`.
struct Workspace {
    root: tempfile::TempDir,
}

impl Workspace {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("scenarios").join("some");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("scenario.toml"), "description = \"d\"\n").unwrap();
        Self { root }
    }

    fn suite(&self, subject: Listed) -> Suite {
        Suite::new(self.root.path()).subject(subject)
    }

    fn evaluation(&self, subject: &Listed, checks: &[Check]) -> Evaluation {
        let suite = self.suite(subject.clone());
        let scenario = suite.look_up("some").unwrap().scenario.unwrap();
        Evaluation::new(&suite, &scenario, checks.iter().cloned())
    }

    /// Makes what a run makes the goldens of this name.
    fn bless(&self, name: &str, made: Result<&'static str, &'static str>, mode: SnapshotMode) {
        let suite = self.suite(Listed::of(&[made]));
        let scenario = suite.look_up("some").unwrap().scenario.unwrap();
        let run = CheckRun::open(&suite, &scenario, &Check::Golden).unwrap();
        let set = run.run(None).unwrap().set;
        let mut manifest = Manifest::new("listed".into(), "-".into(), mode);
        manifest.files = set.file_digests();
        manifest.inputs = set.input_digests().clone();
        let lock = SnapshotLock::acquire(&suite.paths().snapshots(), || ()).unwrap();
        let name = ScenarioName::new(name).unwrap();
        lock.replace(&name, &set, &manifest).unwrap();
    }
}

fn tolerant() -> Schema {
    let tolerance = Tolerance::new("x", "why").with_abs("0.1".parse().unwrap());
    Schema {
        artefacts: vec![ArtefactSchema::new("o").with_tolerance(tolerance)],
        ..Schema::default()
    }
}

#[test]
fn goldens_match_what_is_as_it_was_made_and_kept() {
    for (golden, made, mode, verdict) in [
        ("[1]", Ok("[1]"), SnapshotMode::Full, Verdict::Match),
        ("[1]", Ok("[2]"), SnapshotMode::Full, Verdict::Mismatch),
        ("[1]", Ok("[1]"), SnapshotMode::Digest, Verdict::Mismatch),
        (
            "[1]",
            Err("broken"),
            SnapshotMode::Full,
            Verdict::ProgramError,
        ),
    ] {
        let workspace = Workspace::new();
        workspace.bless("some", Ok(golden), mode);
        let evaluation = workspace.evaluation(&Listed::of(&[made]), &[Check::Golden]);
        let is_match = verdict == Verdict::Match;
        assert_eq!(evaluation.is_match(), is_match, "{made:?}");
        let result = evaluation.check(&Check::Golden);
        assert_eq!(result.verdict, verdict, "{made:?}");
        // What identifies the program is asked only where something differs.
        assert_eq!(result.program.is_none(), is_match);
    }
}

#[test]
fn goldens_of_a_run_that_failed_do_not_match_it() {
    let workspace = Workspace::new();
    workspace.bless("some", Err("broken"), SnapshotMode::Full);
    let evaluation = workspace.evaluation(&Listed::of(&[Err("broken")]), &[Check::Golden]);
    assert!(!evaluation.is_match());
    let result = evaluation.check(&Check::Golden);
    assert_eq!(result.verdict, Verdict::ProgramError);
}

#[test]
fn numbers_within_tolerance_match_goldens_that_are_kept_in_the_same_way() {
    for (made, mode, verdict) in [
        (r#"{"x":1.05}"#, SnapshotMode::Full, Verdict::Match),
        (r#"{"x":1.5}"#, SnapshotMode::Full, Verdict::Mismatch),
        (r#"{"x":1.05}"#, SnapshotMode::Digest, Verdict::Mismatch),
    ] {
        let workspace = Workspace::new();
        workspace.bless("some", Ok(r#"{"x":1}"#), mode);
        let mut listed = Listed::of(&[Ok(made)]);
        listed.schema = tolerant();
        let result = workspace
            .evaluation(&listed, &[Check::Golden])
            .check(&Check::Golden);
        assert_eq!(result.verdict, verdict, "{made} {mode:?}");
        let is_tolerated = verdict == Verdict::Match;
        assert_eq!(result.tolerated().is_some(), is_tolerated);
    }
}

/// The name that a scenario without goldens had before, as far as other goldens show it.
fn renamed_from(
    workspace: &Workspace,
    made: Result<&'static str, &'static str>,
    is_of_test: bool,
) -> Option<String> {
    let mut suite = workspace.suite(Listed::of(&[made]));
    if is_of_test {
        suite = suite.test("a_test");
    }
    let scenario = suite.look_up("some").unwrap().scenario.unwrap();
    let result = evaluate(&suite, &scenario, &Check::Golden);
    assert_eq!(result.verdict, Verdict::MissingGolden);
    match &result.findings[0] {
        Finding::Renamed { from } => Some(from.clone()),
        Finding::NoGoldens => None,
        other => panic!("{other}"),
    }
}

#[test]
fn goldens_without_a_scenario_are_those_of_one_that_makes_the_same() {
    let workspace = Workspace::new();
    assert_eq!(renamed_from(&workspace, Ok("[1]"), false), None);
    workspace.bless("others", Ok("[2]"), SnapshotMode::Full);
    workspace.bless("ways", Ok("[1]"), SnapshotMode::Digest);
    assert_eq!(renamed_from(&workspace, Ok("[1]"), false), None);
    workspace.bless("zeroth", Ok("[1]"), SnapshotMode::Full);
    let from = Some("zeroth".to_owned());
    assert_eq!(renamed_from(&workspace, Ok("[1]"), false), from);
    // The goldens of a test are no scenario's.
    assert_eq!(renamed_from(&workspace, Ok("[1]"), true), None);
    // What cannot be read is nobody's.
    let dir = workspace.suite(Listed::default()).paths().snapshots();
    fs::create_dir(dir.join("broken")).unwrap();
    fs::write(dir.join("broken").join("snapshot.toml"), "[").unwrap();
    assert_eq!(renamed_from(&workspace, Ok("[1]"), false), from);
    // Nor are goldens what a run left that failed.
    workspace.bless("failed", Err("broken"), SnapshotMode::Full);
    assert_eq!(renamed_from(&workspace, Err("broken"), false), None);
    // A scenario that is there has goldens of its own.
    let other = workspace.root.path().join("scenarios").join("zeroth");
    fs::create_dir(other).unwrap();
    assert_eq!(renamed_from(&workspace, Ok("[1]"), false), None);
}

#[test]
fn a_run_that_differs_from_itself_refers_to_the_check_that_reports_it() {
    let listed = || Listed::of(&[Ok("[2]"), Ok("[3]")]);
    for (checks, see) in [
        (&[Check::Golden][..], None),
        (
            &[Check::Golden, Check::Determinism],
            Some(Check::Determinism),
        ),
    ] {
        let workspace = Workspace::new();
        workspace.bless("some", Ok("[1]"), SnapshotMode::Full);
        let result = workspace
            .evaluation(&listed(), checks)
            .check(&Check::Golden);
        assert_eq!(result.verdict, Verdict::Nondeterministic);
        assert_eq!(result.difference().unwrap().see, see);
    }
}

#[test]
fn a_second_run_may_be_in_another_second() {
    let workspace = Workspace::new();
    let runs = [Ok(r#"[{"t":3,"x":1}]"#), Ok(r#"[{"t":3,"x":2}]"#)];
    let mut listed = Listed::of(&runs);
    listed.schema.artefacts = vec![ArtefactSchema::new("o").with_tick("t")];
    let later = workspace
        .evaluation(&listed, &[Check::Determinism])
        .in_another_second();
    let result = later.check(&Check::Determinism);
    let difference = result.difference().unwrap();
    assert_eq!(difference.run, RunName::LaterSecond);
    let tick = difference
        .diff
        .first_divergence
        .as_ref()
        .unwrap()
        .tick
        .as_ref();
    assert_eq!(tick.and_then(crate::Tick::as_u64), Some(3));
    let seconds = listed.seconds.lock().unwrap().clone();
    assert!(seconds.len() >= 2 && seconds[0] < seconds[1], "{seconds:?}");

    let listed = Listed::of(&runs);
    let evaluation = workspace.evaluation(&listed, &[Check::Determinism]);
    let result = evaluation.check(&Check::Determinism);
    assert_eq!(result.difference().unwrap().run, RunName::Second);
}

#[test]
fn a_run_that_failed_is_not_made_again() {
    for (first, runs, verdict) in [
        (Ok("[1]"), 2, Verdict::Match),
        (Err("broken"), 1, Verdict::ProgramError),
    ] {
        let workspace = Workspace::new();
        let listed = Listed::of(&[first]);
        let evaluation = workspace.evaluation(&listed, &[Check::Determinism]);
        let result = evaluation.check(&Check::Determinism);
        assert_eq!(result.verdict, verdict);
        assert_eq!(listed.made.load(Ordering::Relaxed), runs);
    }
}

#[test]
fn runs_are_compared_exactly_unless_the_scenario_says_otherwise() {
    let workspace = Workspace::new();
    let mut listed = Listed::of(&[Ok(r#"{"x":1}"#), Ok(r#"{"x":1.05}"#)]);
    listed.schema = tolerant();
    let evaluation = workspace.evaluation(&listed, &[Check::Determinism]);
    let result = evaluation.check(&Check::Determinism);
    assert_eq!(result.verdict, Verdict::Nondeterministic);
    assert_eq!(result.difference().unwrap().diff.changes.len(), 1);
}
