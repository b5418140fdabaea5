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
    Unchangeable,
};
use crate::scenario::{Determinism, Expect, Scenario, SnapshotMode};
use crate::snapshot::{GoldenSet, SetError, Snapshot};
use crate::{
    Allowed, Artefact, Check, Diff, Failure, Mode, Prepared, Schema, Suite, Tolerated, Verdict,
};

/// A verdict with what it is based on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckResult {
    /// The verdict.
    pub verdict: Verdict,
    /// What was found; empty for a match, unless it needed a tolerance.
    pub findings: Vec<Finding>,
    /// What the run produced, if it produced something.
    pub after: Option<RunOutput>,
    /// The goldens, if they can be read.
    pub before: Option<Snapshot>,
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
    /// What may differ, with the reasons.
    pub allowed: Vec<Allowed>,
    /// When it counts as the same as another run.
    pub determinism: Determinism,
}

impl RunOutput {
    /// The names of the artefacts in which two runs differ.
    pub fn differing(&self, other: &Self) -> Vec<String> {
        self.set.differing(&other.set)
    }

    /// Whether two runs produced the same bytes or, if the scenario says that this is enough, the same but
    /// for numbers within their tolerances.
    pub fn equals(&self, other: &Self) -> bool {
        self.differing(other).is_empty()
            || (self.determinism == Determinism::WithinTolerance
                && other.tolerated(&self.set.to_vec()).is_some())
    }

    /// How to compare this run with another one: exactly, unless the scenario says otherwise.
    pub fn schema_of_runs(&self) -> Schema {
        match self.determinism {
            Determinism::Exact => self.schema.clone().exact(),
            Determinism::WithinTolerance => self.schema.clone(),
        }
    }

    /// The numbers that differ from those of `before`, if they are within their tolerances and nothing else
    /// differs at all; `None` otherwise, and if nothing differs.
    pub fn tolerated(&self, before: &[Artefact]) -> Option<Tolerated> {
        self.tolerated_in(before, &self.set.to_vec())
    }

    /// The same for these of the artefacts.
    pub fn tolerated_in(&self, before: &[Artefact], after: &[Artefact]) -> Option<Tolerated> {
        let settled = crate::settled(before, after, &self.schema)?;
        (texts(before) == texts(&settled.after)).then_some(settled.tolerated)
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

    /// What was found, in words; empty for a match.
    pub fn detail(&self) -> String {
        let findings: Vec<String> = self.findings.iter().map(ToString::to_string).collect();
        findings.join("\n")
    }

    /// The numbers that were within their tolerances, if a match needed them.
    pub fn tolerated(&self) -> Option<&Tolerated> {
        self.findings.iter().find_map(|finding| match finding {
            Finding::Tolerated(tolerated) => Some(tolerated),
            _ => None,
        })
    }

    /// What was allowed to differ and made a difference, with the reasons.
    pub fn used(&self) -> Vec<String> {
        let allowed = self.after.iter().flat_map(|output| &output.allowed);
        let volatile = allowed.filter(|allowed| !allowed.is_tolerance());
        let mut used: Vec<String> = volatile.map(ToString::to_string).collect();
        if let Some(tolerated) = self.tolerated() {
            let reasons = tolerated.reasons.join("; ");
            used.push(format!(
                "{}: {}",
                tolerated.lead(),
                crate::visible(&reasons)
            ));
        }
        used
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
    /// What may differ, with the reasons.
    pub allowed: Vec<Allowed>,
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
        allowed: run.prepared.allowed(),
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
    /// Reads the documents of a scenario, for the runs of `check`.
    ///
    /// # Errors
    /// They are not valid.
    pub fn open(
        suite: &'a Suite,
        scenario: &'a Scenario,
        check: &Check,
    ) -> Result<Self, RunFailure> {
        let label = format!("{}::{check}", scenario.name());
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
        let inputs = self.prepared.inputs().clone();
        run_output(self.scenario, self.prepared(), inputs, outcome)
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
        let inputs = changed.inputs().clone();
        run_output(self.scenario, changed.as_ref(), inputs, outcome).map(Some)
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
        Ok(ChildRun {
            output: run_output(self.scenario, self.prepared(), child.inputs, child.outcome)?,
            unchanged: child.unchanged,
        })
    }
}

/// What a run produced, as goldens are kept. A failure makes the artefact `error`, expected or not.
fn run_output(
    scenario: &Scenario,
    prepared: &dyn Prepared,
    inputs: Artefact,
    outcome: Outcome,
) -> Result<RunOutput, RunFailure> {
    let schema = prepared.schema();
    let determinism = scenario.determinism;
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
        allowed: prepared.allowed(),
        determinism,
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

/// Whether a CI system is asking, which is stricter.
fn under_ci() -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "in CI a check that could not be made whole is a failure"
    )]
    let ci = std::env::var_os("CI");
    ci.is_some_and(|value| !value.is_empty() && value != "false")
}

/// The text of each artefact by name.
fn texts(artefacts: &[Artefact]) -> BTreeMap<&str, &[u8]> {
    artefacts
        .iter()
        .map(|artefact| (artefact.name(), artefact.text()))
        .collect()
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
