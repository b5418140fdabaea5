//! Checks of scenarios whose program is a list of what it makes, run by run.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::*;
use crate::scenario::{ScenarioName, ScenarioProblem};
use crate::sha256::sha256_hex;
use crate::snapshot::{Manifest, SnapshotLock};
use crate::{ArtefactSchema, Failure, INPUTS, Mode, Prepared, SimpleRun, Subject, Tolerance};

/// How a run fails whose inputs are not valid.
const INVALID: &str = "not valid";

/// What each run makes of the artefact `o`, or how it fails; further runs do as the last. In the mode `other`, it makes
/// something else.
#[derive(Clone, Default)]
struct Listed {
    runs: Arc<Vec<Result<&'static str, &'static str>>>,
    schema: Schema,
    input: i64,
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

    fn modes(&self) -> Vec<Mode> {
        ["same", "other"]
            .map(|name| Mode::new(name, format!("the run in the mode {name}")))
            .to_vec()
    }

    fn open(&self, _: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        let inputs = format!(r#"{{"a":{},"files":{{}}}}"#, self.input);
        let inputs = Artefact::from_json(INPUTS, inputs.as_bytes()).unwrap();
        let this = self.clone();
        Ok(SimpleRun::with_schema(
            inputs,
            self.schema.clone(),
            move |request| {
                if request.mode.as_deref() == Some("other") {
                    return Ok(vec![Artefact::from_json("o", b"[9]").unwrap()]);
                }
                #[expect(
                    clippy::disallowed_methods,
                    reason = "runs are told apart by the second they are in"
                )]
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                let second = Duration::from_secs(now.unwrap().as_secs());
                this.seconds.lock().unwrap().push(second);
                let number = this.made.fetch_add(1, Ordering::Relaxed);
                let made = this.runs[number.min(this.runs.len() - 1)];
                let text = made.map_err(|message| match message {
                    INVALID => Failure::invalid(message),
                    message => Failure::program(message),
                })?;
                Ok(vec![Artefact::from_json("o", text.as_bytes()).unwrap()])
            },
        ))
    }
}

/// A workspace with the scenario `some`.
pub(super) struct Workspace {
    root: tempfile::TempDir,
}

impl Workspace {
    pub(super) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("scenarios").join("some");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("scenario.toml"), "description = \"d\"\n").unwrap();
        Self { root }
    }

    pub(super) fn suite(&self, subject: impl Subject + 'static) -> Suite {
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
        let is_of_mode = matches!(&*result.findings, [Finding::SnapshotModeDiffers]);
        assert_eq!(is_of_mode, mode == SnapshotMode::Digest);
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
        (r#"{"x":1.05,"y":1}"#, SnapshotMode::Full, Verdict::Mismatch),
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
    let pointer = "version https://git-lfs.github.com/spec/v1\n";
    fs::write(dir.join("broken").join("snapshot.toml"), pointer).unwrap();
    assert_eq!(renamed_from(&workspace, Ok("[1]"), false), from);
    // Nor are goldens what a run left that failed.
    workspace.bless("failed", Err("broken"), SnapshotMode::Full);
    assert_eq!(renamed_from(&workspace, Err("broken"), false), None);
    // A scenario that is there has goldens of its own.
    let other = workspace.root.path().join("scenarios").join("zeroth");
    fs::create_dir(other).unwrap();
    assert_eq!(renamed_from(&workspace, Ok("[1]"), false), None);
}

/// A process has no memory at its start: reading it is an error of input and output.
#[cfg(target_os = "linux")]
#[test]
fn goldens_of_others_that_the_machine_cannot_read_are_an_error() {
    for file in ["snapshot.toml", "o.json"] {
        let workspace = Workspace::new();
        workspace.bless("other", Ok("[1]"), SnapshotMode::Full);
        let suite = workspace.suite(Listed::of(&[Ok("[1]")]));
        let file = suite.paths().snapshots().join("other").join(file);
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/proc/self/mem", &file).unwrap();
        let scenario = suite.look_up("some").unwrap().scenario.unwrap();
        let result = evaluate(&suite, &scenario, &Check::Golden);
        assert_eq!(result.verdict, Verdict::Invalid, "{}", file.display());
    }
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
    assert_eq!(difference.varying.len(), 1);
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

#[test]
fn a_mode_is_compared_with_a_direct_run() {
    let workspace = Workspace::new();
    for (name, verdict) in [
        ("same", Verdict::Match),
        ("other", Verdict::Nondeterministic),
        ("none", Verdict::Invalid),
    ] {
        let mode = Check::Mode(name.to_owned());
        let evaluation = workspace.evaluation(&Listed::of(&[Ok("[1]")]), &[]);
        let result = evaluation.check(&mode);
        assert_eq!(result.verdict, verdict, "{name}");
        let cause = result.unlike().map(|diff| diff.changes.len());
        assert_eq!(cause, (name == "other").then_some(1));
    }
}

#[test]
fn a_mode_refers_to_the_check_that_reports_that_direct_runs_differ() {
    let workspace = Workspace::new();
    let runs = [Ok("[1]"), Ok("[2]"), Ok("[3]"), Ok("[4]"), Ok("[5]")];
    let same = Check::Mode("same".to_owned());
    for (checks, see) in [
        (vec![same.clone()], None),
        (
            vec![Check::Determinism, same.clone()],
            Some(Check::Determinism),
        ),
    ] {
        let evaluation = workspace.evaluation(&Listed::of(&runs), &checks);
        let result = evaluation.check(&same);
        assert_eq!(result.verdict, Verdict::Nondeterministic);
        assert_eq!(result.difference().unwrap().see, see);
    }
}

#[test]
fn a_run_that_should_fail_and_succeeds_is_said_to() {
    let workspace = Workspace::new();
    workspace.bless("some", Ok("[1]"), SnapshotMode::Full);
    let found = |made| {
        let evaluation = workspace.evaluation(&Listed::of(&[made]), &[Check::Golden]);
        let result = evaluation.check(&Check::Golden);
        (result.verdict, result.detail())
    };
    assert_eq!(found(Ok("[2]")), (Verdict::Mismatch, String::new()));
    let settings = "description = \"d\"\nexpect = \"failure\"\n";
    let dir = workspace.root.path().join("scenarios").join("some");
    fs::write(dir.join("scenario.toml"), settings).unwrap();
    let said = Finding::UnexpectedSuccess.to_string();
    assert_eq!(found(Ok("[2]")), (Verdict::Mismatch, said));
}

#[test]
fn goldens_of_other_inputs_are_stale() {
    let workspace = Workspace::new();
    workspace.bless("some", Ok("[1]"), SnapshotMode::Full);
    let mut listed = Listed::of(&[Ok("[2]")]);
    listed.input = 5;
    let evaluation = workspace.evaluation(&listed, &[Check::Golden]);
    let result = evaluation.check(&Check::Golden);
    assert_eq!(result.verdict, Verdict::StaleInputs);
    assert!(matches!(&*result.findings, [Finding::ChangedInputs(names)] if names == &["a"]));
}

#[test]
fn goldens_that_somebody_edited_are_said_to_be() {
    let check = |golden: &str, is_in_manifest: bool, made| {
        let workspace = Workspace::new();
        workspace.bless("some", Ok("[1]"), SnapshotMode::Full);
        let listed = Listed::of(&[made]);
        let dir = workspace.suite(listed.clone()).paths().snapshots();
        let dir = dir.join("some");
        let before = fs::read(dir.join("o.json")).unwrap();
        fs::write(dir.join("o.json"), golden).unwrap();
        if is_in_manifest {
            let manifest = fs::read_to_string(dir.join("snapshot.toml")).unwrap();
            let hashes = [&before, golden.as_bytes()].map(sha256_hex);
            let manifest = manifest.replace(&hashes[0], &hashes[1]);
            fs::write(dir.join("snapshot.toml"), manifest).unwrap();
        }
        let evaluation = workspace.evaluation(&listed, &[Check::Golden]);
        let result = evaluation.check(&Check::Golden);
        assert_eq!(result.verdict, Verdict::EditedGolden, "{golden}");
        let is_edit = matches!(&result.findings[0], Finding::EditedGolden(_));
        assert!(is_edit, "{}", result.detail());
        let has = |is: fn(&Finding) -> bool| result.findings.iter().any(is);
        (
            has(|finding| matches!(finding, Finding::StillAsBlessed)),
            has(|finding| matches!(finding, Finding::AlsoFailed { .. })),
        )
    };
    assert_eq!(check("[\n2\n]\n", false, Ok("[1]")), (true, false));
    assert_eq!(check("[\n2\n]\n", false, Ok("[2]")), (false, false));
    assert_eq!(check("[\n2\n]\n", false, Err("broken")), (false, true));
    // Somebody who changed the manifest too, but not as goldens are laid out.
    assert_eq!(check("[1]", true, Ok("[2]")), (false, false));
}

#[test]
fn a_run_that_is_not_valid_says_nothing_of_the_goldens() {
    let workspace = Workspace::new();
    let result = |made| {
        let evaluation = workspace.evaluation(&Listed::of(&[made]), &[Check::Golden]);
        evaluation.check(&Check::Golden)
    };
    let invalid = result(Err(INVALID));
    assert_eq!(invalid.verdict, Verdict::Invalid);
    assert!(matches!(&*invalid.findings, [Finding::Failed { .. }]));
    // A program that failed has no goldens either, and both are said.
    let failed = result(Err("broken"));
    assert_eq!(failed.verdict, Verdict::MissingGolden);
    assert!(matches!(
        &*failed.findings,
        [Finding::NoGoldens, Finding::AlsoFailed { .. }]
    ));
}

/// The result of a run that differs from its goldens.
fn mismatch(mode: SnapshotMode) -> CheckResult {
    let workspace = Workspace::new();
    workspace.bless("some", Ok("[1]"), mode);
    let evaluation = workspace.evaluation(&Listed::of(&[Ok("[2]")]), &[Check::Golden]);
    evaluation.check(&Check::Golden)
}

#[test]
fn a_difference_that_nothing_known_explains_is_said_to_be_one() {
    let code = |hash: &str| ProgramRecord {
        code: BTreeMap::from([("a.py".to_owned(), hash.to_owned())]),
        ..ProgramRecord::default()
    };
    let result = |before: &str, now: &str| {
        let mut result = mismatch(SnapshotMode::Full);
        result.before.as_mut().unwrap().manifest.program = code(before);
        result.program = Some(code(now));
        result
    };
    let changed = result("1", "2");
    assert_eq!(changed.program_changes().len(), 1);
    let line = changed.program_line().unwrap();
    assert!(line.contains("a.py"), "{line}");
    let same = || result("1", "1");
    assert_eq!(same().program_changes(), []);
    assert_eq!(same().program_line().as_deref(), Some(UNEXPLAINED));
    // Another verdict, something that was found, or a program that is not known.
    let change = |change: fn(&mut CheckResult)| {
        let mut result = same();
        change(&mut result);
        result.program_line()
    };
    assert_eq!(change(|it| it.verdict = Verdict::StaleInputs), None);
    assert_eq!(change(|it| it.findings.push(Finding::NoGoldens)), None);
    assert_eq!(change(|it| it.before = None), None);
    assert_eq!(change(|it| it.program = None), None);
    let forget = |it: &mut CheckResult| {
        it.before.as_mut().unwrap().manifest.program = ProgramRecord::default();
    };
    assert_eq!(change(forget), None);
}

#[test]
fn a_result_tells_what_was_found_and_allowed() {
    assert!(mismatch(SnapshotMode::Digest).has_digests());
    assert!(!mismatch(SnapshotMode::Full).has_digests());
    let findings = vec![Finding::NoGoldens, Finding::StillAsBlessed];
    let mut result = CheckResult {
        findings,
        ..mismatch(SnapshotMode::Full)
    };
    let expected = format!("{}\n{}", Finding::NoGoldens, Finding::StillAsBlessed);
    assert_eq!(result.detail(), expected);
    assert!(result.used().is_empty() && result.unlike().is_none());
    let tolerances = Allowed::tolerances(&tolerant());
    assert_eq!(tolerances.len(), 1);
    let output = result.after.as_mut().unwrap();
    output.allowed = tolerances;
    assert!(
        result.used().is_empty(),
        "a tolerance is told when it is needed"
    );
    let workspace = Workspace::new();
    workspace.bless("some", Ok(r#"{"x":1}"#), SnapshotMode::Full);
    let mut listed = Listed::of(&[Ok(r#"{"x":1.05}"#)]);
    listed.schema = tolerant();
    let evaluation = workspace.evaluation(&listed, &[Check::Golden]);
    let result = evaluation.check(&Check::Golden);
    let expected = format!("{}: why", result.tolerated().unwrap().lead());
    assert_eq!(result.used(), [expected]);
}

#[test]
fn failures_of_the_machine_are_told_from_those_of_people() {
    let machine = || RunFailure::Machine {
        message: "full".to_owned(),
    };
    let program = || RunFailure::Program {
        message: "broken".to_owned(),
    };
    let first = |failure| Finding::Failed {
        run: RunName::First,
        failure,
    };
    let unreadable = |is_of_machine| Finding::UnreadableGoldens {
        dir: "d".to_owned(),
        error: "e".to_owned(),
        is_of_machine,
    };
    let scenario = |kind: std::io::ErrorKind| {
        let problem = ScenarioProblem::unreadable("d", &kind.into());
        Finding::Scenario(problem.into())
    };
    let because = |failure| Finding::Because {
        cause: Attribution::Failed(failure),
        variables: Vec::new(),
        declarations: None,
    };
    let differs = |failure| {
        let workspace = Workspace::new();
        let listed = Listed::of(&[Ok("[1]"), Ok("[2]")]);
        let evaluation = workspace.evaluation(&listed, &[Check::Determinism]);
        let result = evaluation.check(&Check::Determinism);
        let mut difference = result.difference().unwrap().clone();
        difference.cause = Some(Attribution::Failed(failure));
        Finding::Differs(Box::new(difference))
    };
    for (finding, is_of_machine) in [
        (first(machine()), true),
        (first(program()), false),
        (Finding::AlsoFailed { failure: machine() }, true),
        (Finding::AlsoFailed { failure: program() }, false),
        (scenario(std::io::ErrorKind::PermissionDenied), true),
        (scenario(std::io::ErrorKind::NotFound), false),
        (unreadable(true), true),
        (unreadable(false), false),
        (because(machine()), true),
        (because(program()), false),
        (differs(machine()), true),
        (differs(program()), false),
        (Finding::NoGoldens, false),
    ] {
        assert_eq!(finding.is_of_machine(), is_of_machine, "{finding}");
        let result = CheckResult::new(Verdict::Invalid, finding);
        assert_eq!(result.is_of_machine(), is_of_machine);
    }
}

#[test]
fn a_difference_is_told_with_its_cause_and_what_varies() {
    let workspace = Workspace::new();
    let listed = Listed::of(&[Ok("[1]"), Ok("[2]")]);
    let evaluation = workspace.evaluation(&listed, &[Check::Determinism]);
    let result = evaluation.check(&Check::Determinism);
    let difference = || result.difference().unwrap().clone();
    let told = |difference: &Difference| difference.to_string();
    let line = difference().varying[0].to_string();
    let values = format!("\n  these values differ between runs:\n    {line}");
    let start = format!("{} produced different bytes in o", RunName::Second);
    assert!(start.starts_with("the second of two runs"), "{start}");
    let whole = told(&difference());
    assert!(whole.starts_with(&start), "{whole}");
    assert!(whole.ends_with(&values), "{whole}");
    assert_eq!(Finding::Differs(Box::new(difference())).to_string(), whole);

    let mut failed = difference();
    failed.varying.clear();
    failed.failure = Some("broken".to_owned());
    assert_eq!(told(&failed), format!("{start}: it failed: broken"));
    let variable = |name: &str, is_removed| AlteredVariable {
        name: name.to_owned(),
        is_removed,
    };
    failed.variables = vec![variable("HOME", true)];
    failed.declarations = Some("[x]\ny = 1".to_owned());
    assert_eq!(
        told(&failed),
        format!(
            "{start}: it failed: broken\n  the variable that matters is HOME (removed)\n  [x]\n  y = 1"
        )
    );
    failed.declarations = None;
    failed.variables.push(variable("TZ", false));
    let several = "\n  the variables that matter are HOME (removed), TZ (changed)";
    assert_eq!(
        told(&failed),
        format!("{start}: it failed: broken{several}")
    );

    let mut elsewhere = difference();
    elsewhere.see = Some(Check::Determinism);
    assert_eq!(
        told(&elsewhere),
        format!("{start}, for the reason that the check `determinism` reports")
    );
    elsewhere.is_partly_elsewhere = true;
    let more = format!("{start}, in more than the check `determinism` reports");
    assert!(told(&elsewhere).starts_with(&more));

    for (patterns, more) in [
        (200, None),
        (201, Some("1 more pattern")),
        (203, Some("3 more patterns")),
    ] {
        let mut many = difference();
        many.varying = vec![many.varying[0].clone(); patterns];
        let text = told(&many);
        assert_eq!(text.matches(&format!("\n    {line}")).count(), 200);
        let end = more.map(|more| format!("\n    and {more}"));
        assert!(
            text.ends_with(&end.unwrap_or_else(|| line.clone())),
            "{text}"
        );
    }
}
