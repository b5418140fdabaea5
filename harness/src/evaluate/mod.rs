//! Evaluates a check of a scenario: the verdict is decided by bytes and digests, before any diff.
//!
//! | module | what it does |
//! | --- | --- |
//! | `golden` | compares a run with the goldens |
//! | `repeat` | compares runs with one another |
//! | `process` | compares a run with one in a new process and a changed environment |
//! | `attribution` | says what makes runs differ, from the runs of a `sample` |
//! | `finding` | what was found, as data with its prose |
//! | `message` | what a failing trial prints |

mod attribution;
mod finding;
mod golden;
mod message;
mod process;
mod repeat;
mod sample;

pub use attribution::Attribution;
pub use finding::{Difference, Finding, RunName};
pub use message::CheckMessage;
pub use sample::until_next_second;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::exec::{
    ChildJob, EnvironmentChange, EnvironmentChanges, Guard, Outcome, RunFailure, STACK_BYTES,
    Unchangeable, ensure_built,
};
use crate::scenario::{Expect, Scenario, SnapshotMode};
use crate::snapshot::{GoldenSet, ProgramChange, ProgramRecord, SetError, Snapshot};
use crate::{Artefact, Check, Diff, Failure, Mode, Prepared, Schema, Suite, Verdict};

/// A verdict with what it is based on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckResult {
    /// The verdict.
    pub verdict: Verdict,
    /// What was found; empty for a match.
    pub findings: Vec<Finding>,
    /// What the run produced, if it produced something.
    pub after: Option<RunOutput>,
    /// The goldens, if they can be read.
    pub before: Option<Snapshot>,
    /// What identifies the program that ran, if it matters: the run and the goldens differ.
    pub program: Option<ProgramRecord>,
}

/// What one run produced, with how to read it.
#[derive(Clone, Debug)]
pub struct RunOutput {
    /// Every artefact, as goldens are kept.
    pub set: GoldenSet,
    /// How to read them.
    pub schema: Schema,
    /// How the run ended.
    pub ending: Ending,
}

impl RunOutput {
    /// The names of the artefacts in which two runs differ.
    pub fn differing(&self, other: &Self) -> Vec<String> {
        self.set.differing(&other.set)
    }

    /// Whether two runs produced the same bytes.
    pub fn equals(&self, other: &Self) -> bool {
        self.differing(other).is_empty()
    }
}

/// What a run in a new process produced.
#[derive(Clone, Debug)]
pub struct ChildRun {
    /// What the run produced.
    pub output: RunOutput,
    /// Changes of the environment that could not be made, and why.
    pub unchanged: Vec<(EnvironmentChange, Unchangeable)>,
}

/// How a run ended, compared with what the scenario expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As expected.
    Expected,
    /// It failed and should not have; with the program's message.
    Failed(String),
    /// It succeeded and should have failed.
    Succeeded,
}

impl CheckResult {
    /// A verdict with one finding.
    pub fn new(verdict: Verdict, finding: Finding) -> Self {
        Self {
            findings: vec![finding],
            ..Self::bare(verdict)
        }
    }

    /// A verdict that speaks for itself.
    pub fn bare(verdict: Verdict) -> Self {
        Self {
            verdict,
            findings: Vec::new(),
            after: None,
            before: None,
            program: None,
        }
    }

    /// A result about this output, before these goldens.
    pub fn about(mut self, before: Option<Snapshot>, after: Option<RunOutput>) -> Self {
        (self.before, self.after) = (before, after);
        self
    }

    /// A run that left nothing to compare.
    pub fn failed(run: RunName, failure: RunFailure) -> Self {
        Self::new(failure.verdict(), Finding::Failed { run, failure })
    }

    /// What changed of the program since the bless, as far as the goldens know it.
    pub fn program_changes(&self) -> Vec<ProgramChange> {
        match (&self.before, &self.program) {
            (Some(before), Some(now)) => before.manifest.program.changes(now),
            _ => Vec::new(),
        }
    }

    /// What is to be said of the program in one line: what of it changed, or that outputs changed although
    /// neither the inputs nor the code did; `None` if nothing is known.
    pub fn program_line(&self) -> Option<String> {
        let line = ProgramChange::line(&self.program_changes());
        line.or_else(|| self.is_unexplained().then(|| UNEXPLAINED.to_owned()))
    }

    /// Whether outputs changed although neither the inputs nor the code did.
    fn is_unexplained(&self) -> bool {
        let is_known = |before: &Snapshot| !before.manifest.program.code.is_empty();
        self.verdict == Verdict::Mismatch
            && self.findings.is_empty()
            && self.before.as_ref().is_some_and(is_known)
            && self.program.is_some()
            && self.program_changes().is_empty()
    }

    /// What was found, in words; empty for a match.
    pub fn detail(&self) -> String {
        let findings: Vec<String> = self.findings.iter().map(ToString::to_string).collect();
        findings.join("\n")
    }

    /// In what two runs differ, if that is the verdict.
    pub fn difference(&self) -> Option<&Difference> {
        self.findings.iter().find_map(|finding| match finding {
            Finding::Differs(difference) => Some(difference.as_ref()),
            _ => None,
        })
    }

    /// What differs, if two runs do.
    pub fn unlike(&self) -> Option<&Diff> {
        self.difference().map(|difference| &difference.diff)
    }
}

/// Runs one check of one scenario. Its documents are read once.
pub fn evaluate(suite: &Suite, scenario: &Scenario, check: &Check) -> CheckResult {
    let run = match CheckRun::open(suite, scenario, check) {
        Ok(run) => run,
        Err(failure) => return CheckResult::failed(RunName::First, failure),
    };
    match check {
        Check::Golden => run.golden(),
        Check::Determinism => run.repeat(None),
        Check::Process => run.process(),
        Check::Mode(name) => {
            let modes = scenario.subject().modes();
            let mode = modes.iter().find(|mode| mode.name() == name);
            mode.map_or_else(
                || CheckResult::new(Verdict::Invalid, Finding::NoSuchMode(name.clone())),
                |mode| run.repeat(Some(mode)),
            )
        }
    }
}

/// The inputs of a scenario as they are resolved now, without a run.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// Member of `inputs` to the SHA-256 of its text.
    pub inputs: BTreeMap<String, String>,
    /// How to read the artefacts of a run.
    pub schema: Schema,
}

/// Resolves the inputs of a scenario.
///
/// # Errors
/// They cannot be resolved.
pub fn resolve(suite: &Suite, scenario: &Scenario) -> Result<Resolved, RunFailure> {
    let run = CheckRun::open(suite, scenario, &Check::Golden)?;
    let inputs = crate::snapshot::input_digests(run.prepared.inputs()).map_err(not_goldens)?;
    Ok(Resolved {
        inputs,
        schema: run.prepared.schema(),
    })
}

/// A scenario whose documents have been read, ready to be run as often as a check needs.
pub struct CheckRun<'a> {
    suite: &'a Suite,
    scenario: &'a Scenario,
    label: String,
    prepared: Arc<dyn Prepared>,
}

impl<'a> CheckRun<'a> {
    /// Builds the suite, unless that was done, and reads the documents of a scenario, for the runs of
    /// `check`.
    ///
    /// # Errors
    /// The build failed, or they are not valid.
    pub fn open(
        suite: &'a Suite,
        scenario: &'a Scenario,
        check: &Check,
    ) -> Result<Self, RunFailure> {
        let label = format!("{}::{check}", scenario.name());
        ensure_built(suite, scenario, &label)?;
        Self::labelled(suite, scenario, label)
    }

    /// Reads the documents of a scenario as they are, for who runs nothing.
    ///
    /// # Errors
    /// They are not valid.
    pub fn read(suite: &'a Suite, scenario: &'a Scenario) -> Result<Self, RunFailure> {
        Self::labelled(suite, scenario, scenario.name().to_string())
    }

    fn labelled(
        suite: &'a Suite,
        scenario: &'a Scenario,
        label: String,
    ) -> Result<Self, RunFailure> {
        let prepared = Guard {
            scenario,
            label: &label,
            stack_bytes: STACK_BYTES,
        }
        .open()?;
        Ok(Self {
            suite,
            scenario,
            label,
            prepared,
        })
    }

    /// What was read.
    pub fn prepared(&self) -> &dyn Prepared {
        self.prepared.as_ref()
    }

    /// What the program says that it is; `None` if the scenario does not ask.
    fn version(&self) -> Result<Option<String>, RunFailure> {
        let outputs = self.suite.paths().outputs();
        self.guard().version(&self.prepared, &outputs)
    }

    /// What identifies the program now.
    ///
    /// # Errors
    /// It cannot be asked for its version.
    pub fn program(&self) -> Result<ProgramRecord, RunFailure> {
        let version = self.version()?;
        self.identified(version)
    }

    fn identified(&self, version: Option<String>) -> Result<ProgramRecord, RunFailure> {
        let code = self.guard().code(&self.prepared)?;
        let mut built = self.scenario.built();
        built.retain(|file| code.contains_key(file));
        Ok(ProgramRecord {
            version,
            built,
            code,
        })
    }

    /// The scenario.
    pub fn scenario(&self) -> &'a Scenario {
        self.scenario
    }

    /// The suite.
    pub fn suite(&self) -> &'a Suite {
        self.suite
    }

    fn guard(&self) -> Guard<'_> {
        Guard {
            scenario: self.scenario,
            label: &self.label,
            stack_bytes: STACK_BYTES,
        }
    }

    /// Runs the scenario, directly or in a mode.
    ///
    /// # Errors
    /// There is nothing to compare.
    pub fn run(&self, mode: Option<&Mode>) -> Result<RunOutput, RunFailure> {
        let mode = mode.map(Mode::name);
        if self.scenario.subject().isolated() && self.suite.has_children() {
            return Ok(self.in_child(mode, &EnvironmentChanges::new())?.output);
        }
        let outcome = self
            .guard()
            .run(&self.prepared, mode, &self.suite.paths().outputs())?;
        run_output(
            self.scenario,
            self.prepared.schema(),
            self.prepared.inputs().clone(),
            outcome,
        )
    }

    /// Runs the scenario from these inputs instead of its own; `None` if the subject does not offer
    /// this.
    ///
    /// # Errors
    /// There is nothing to compare; the inputs may not be valid.
    pub fn run_with_inputs(&self, inputs: &Artefact) -> Result<Option<RunOutput>, RunFailure> {
        let guard = self.guard();
        let Some(changed) = guard.with_inputs(&self.prepared, inputs)? else {
            return Ok(None);
        };
        let outcome = guard.run(&changed, None, &self.suite.paths().outputs())?;
        run_output(
            self.scenario,
            changed.schema(),
            changed.inputs().clone(),
            outcome,
        )
        .map(Some)
    }

    /// Runs the scenario in a new process, with these changes of its environment.
    ///
    /// # Errors
    /// There is nothing to compare.
    pub fn run_in_child(&self, changes: &EnvironmentChanges) -> Result<ChildRun, RunFailure> {
        self.in_child(None, changes)
    }

    fn in_child(
        &self,
        mode: Option<&str>,
        changes: &EnvironmentChanges,
    ) -> Result<ChildRun, RunFailure> {
        let child = ChildJob {
            layout: self.suite.paths(),
            scenario: self.scenario,
            mode,
            label: &self.label,
            changes,
        }
        .run()?;
        let schema = self.prepared.schema();
        Ok(ChildRun {
            output: run_output(self.scenario, schema, child.inputs, child.outcome)?,
            unchanged: child.unchanged,
        })
    }
}

/// What a run produced, as goldens are kept. A failure makes the artefact `error`, expected or not.
fn run_output(
    scenario: &Scenario,
    schema: Schema,
    inputs: Artefact,
    outcome: Outcome,
) -> Result<RunOutput, RunFailure> {
    let failed = outcome.is_err();
    let (artefacts, ending) = match (outcome, scenario.expect) {
        (Ok(artefacts), Expect::Success) => (artefacts, Ending::Expected),
        (Ok(artefacts), Expect::Failure) => (artefacts, Ending::Succeeded),
        (Err(failure), Expect::Failure) => (vec![error_artefact(&failure)], Ending::Expected),
        (Err(failure), Expect::Success) => {
            let error = error_artefact(&failure);
            (vec![error], Ending::Failed(failure.message))
        }
    };
    let mut scenario = scenario.clone();
    if failed {
        // The size of an error says nothing about the size of the goldens.
        scenario.snapshot = SnapshotMode::Full;
    }
    let set = GoldenSet::new(&scenario, &schema, inputs, artefacts).map_err(not_goldens)?;
    Ok(RunOutput {
        set,
        schema,
        ending,
    })
}

fn not_goldens(error: SetError) -> RunFailure {
    let is_scenario = matches!(error, SetError::Scenario(_));
    let (SetError::Scenario(problem) | SetError::Subject(problem)) = error;
    RunFailure::NotGoldens {
        problem,
        is_scenario,
    }
}

/// What is said if nothing that is known explains a difference.
const UNEXPLAINED: &str = "neither the inputs nor the code changed; the outputs also depend on something else: \
                           a dependency, the machine, or [[outputs]] in scenario.toml";

/// Whether a CI system is asking, which is stricter.
fn under_ci() -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "in CI a check that could not be made whole is a failure"
    )]
    let ci = std::env::var_os("CI");
    ci.is_some_and(|value| !value.is_empty() && value != "false")
}

/// The golden of a failure: the program's own account, else its message.
fn error_artefact(failure: &Failure) -> Artefact {
    let text = match &failure.error {
        Some(error) => error.text().to_vec(),
        None => aether_json::json!({ "message": failure.message })
            .to_string()
            .into_bytes(),
    };
    Artefact::from_json(ERROR, &text)
        .unwrap_or_else(|_| Artefact::from_canonical_records(ERROR, [text]))
}

/// The artefact that holds the error of a failed run.
pub const ERROR: &str = "error";
