//! How often the files of a scenario are read: once in each process.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aether_harness::evaluate::{CheckRun, evaluate};
use aether_harness::scenario::SCENARIO_FILE;
use aether_harness::{
    Check, Failure, KeyTable, Layout, Prepared, Scenario, ScenarioProblem, Settings, Subject,
    Suite, Verdict,
};
use aether_program::CommandSubject;

use crate::automaton::{Automaton, OPENED};
use crate::workspace::{Ran, Workspace};

crate::tests![reads;
    a_process_opens_a_scenario_once,
    a_check_runs_from_what_was_read_first,
    the_settings_of_a_program_are_read_once,
];

/// How often each process opened a scenario while these trials ran.
fn openings(workspace: &Workspace, args: &[&str]) -> Vec<usize> {
    let noted = workspace.path("opened");
    let mut runner = workspace.process("runner");
    let ran = Ran::of(runner.args(args).env(OPENED, &noted));
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for process in fs::read_to_string(&noted).unwrap().lines() {
        *counts.entry(process.to_owned()).or_default() += 1;
    }
    fs::remove_file(noted).unwrap();
    let mut counts: Vec<usize> = counts.into_values().collect();
    counts.sort_unstable();
    counts
}

fn a_process_opens_a_scenario_once() {
    let workspace = Workspace::blessed();
    for check in ["golden", "determinism", "threads", "replay"] {
        let trial = format!("ring::{check}");
        assert_eq!(openings(&workspace, &[&trial, "--exact"]), [1], "{check}");
    }
    // The process that is started for the check reads its own.
    assert_eq!(openings(&workspace, &["ring::process", "--exact"]), [1, 1]);
    assert_eq!(openings(&workspace, &[]), [1, 1]);
}

/// A subject that counts how often it opens a scenario, and removes what it has read.
struct Once<S> {
    subject: S,
    /// The document that is gone once the scenario is open.
    document: Option<&'static str>,
    opened: Arc<AtomicUsize>,
}

impl<S> Once<S> {
    fn new(subject: S, document: Option<&'static str>) -> (Self, Arc<AtomicUsize>) {
        let opened = Arc::new(AtomicUsize::new(0));
        let once = Self {
            subject,
            document,
            opened: Arc::clone(&opened),
        };
        (once, opened)
    }
}

impl<S: Subject> Subject for Once<S> {
    fn name(&self) -> &str {
        self.subject.name()
    }

    fn version(&self) -> String {
        self.subject.version()
    }

    fn open(&self, scenario: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        // Whoever reads it again now finds nothing.
        fs::remove_file(scenario.dir().join(SCENARIO_FILE)).unwrap();
        let prepared = self.subject.open(scenario)?;
        if let Some(document) = self.document {
            fs::remove_file(scenario.dir().join(document)).unwrap();
        }
        Ok(prepared)
    }

    fn keys(&self) -> &'static [KeyTable] {
        self.subject.keys()
    }

    fn runs(&self, settings: &Settings) -> bool {
        self.subject.runs(settings)
    }

    fn check(&self, settings: &Settings) -> Vec<ScenarioProblem> {
        self.subject.check(settings)
    }

    fn modes(&self) -> Vec<aether_harness::Mode> {
        self.subject.modes()
    }
}

/// Evaluates each check of a scenario whose files are gone once they were read.
fn check_once<S: Subject + 'static>(
    workspace: &Workspace,
    name: &str,
    checks: &[Check],
    document: Option<&'static str>,
    subject: impl Fn() -> S,
) {
    let dir = workspace.path(&format!("scenarios/{name}"));
    let files: Vec<_> = fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (fs::read(&path).unwrap(), path))
        .collect();
    for check in checks {
        let (once, opened) = Once::new(subject(), document);
        let root = workspace.root();
        let layout = Layout::new(root).with_target(root.join("target"));
        let suite = Suite::new(root).layout(layout).subject(once);
        let scenario = suite.look_up(name).unwrap().scenario.unwrap();
        let result = evaluate(&suite, &scenario, check);
        assert_eq!(
            result.verdict,
            Verdict::Match,
            "{check}: {}",
            result.detail()
        );
        assert_eq!(opened.load(Ordering::Relaxed), 1, "{check}");
        for (bytes, path) in &files {
            fs::write(path, bytes).unwrap();
        }
    }
}

fn a_check_runs_from_what_was_read_first() {
    let workspace = Workspace::blessed();
    let mut checks = vec![Check::Golden, Check::Determinism];
    checks.extend(Automaton.modes().iter().map(Check::of));
    assert_eq!(checks.len(), 4);
    check_once(&workspace, "ring", &checks, Some("run.toml"), || Automaton);

    // So do runs from changed inputs.
    let suite = workspace.suite();
    let scenario = suite.look_up("ring").unwrap().scenario.unwrap();
    let run = CheckRun::open(&suite, &scenario, &Check::Golden).unwrap();
    let inputs = run.prepared().inputs().clone();
    workspace.edit("scenarios/ring/run.toml", "ticks = 6", "ticks = 7");
    let first = run.run(None).unwrap();
    let again = run.run_with_inputs(&inputs).unwrap().unwrap();
    assert!(first.equals(&again));
}

fn the_settings_of_a_program_are_read_once() {
    if !cfg!(unix) {
        return;
    }
    let workspace = Workspace::empty();
    workspace.write(
        "scenarios/one/scenario.toml",
        "description = \"a number\"\n[command]\nprogram = \"sh\"\n\
         args = [\"-c\", \"cat {scenario}/number.json\"]\n\
         [[outputs]]\nname = \"number\"\nfrom = \"stdout\"\n",
    );
    workspace.write("scenarios/one/number.json", "7");
    workspace.bless("one", "first");
    let checks = [Check::Golden, Check::Determinism];
    // The program itself reads the document, so that only the settings can go.
    check_once(&workspace, "one", &checks, None, || CommandSubject);
}
