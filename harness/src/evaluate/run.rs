//! A scenario that is open, and its runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ChildRun, Ending, RunOutput};
use crate::exec::{
    self, ChildJob, EnvironmentChange, EnvironmentChanges, Guard, Outcome, RunFailure, STACK_BYTES,
    Unchangeable, ensure_built,
};
use crate::scenario::{Expect, Scenario, SnapshotMode};
use crate::snapshot::{GoldenSet, ProgramRecord, SetError};
use crate::varying::{Moment, Observed, Running};
use crate::{Artefact, Check, Failure, Mode, Prepared, RunRequest, Schema, Suite};

/// What a run produced, and when it ran.
#[derive(Debug)]
pub(super) struct Observation {
    pub(super) output: RunOutput,
    pub(super) moment: Moment,
}

impl Observation {
    /// The artefacts that are compared with those of other runs.
    pub(super) fn observed(&self) -> Observed<'_> {
        Observed {
            artefacts: self.output.set.artefacts().collect(),
            moment: &self.moment,
        }
    }
}

/// Changes of the environment that could not be made, and why.
pub(super) type Unchanged = Vec<(EnvironmentChange, Unchangeable)>;

fn label(scenario: &Scenario, check: &Check) -> String {
    format!("{}::{check}", scenario.name())
}

/// Builds the suite for a check, unless that was done. A build that failed is reported in full to the first that
/// asks.
///
/// # Errors
/// The build failed.
pub(super) fn build(suite: &Suite, scenario: &Scenario, check: &Check) -> Result<(), RunFailure> {
    ensure_built(suite, scenario, &label(scenario, check))
}

/// Reads the documents of a scenario for a check.
///
/// # Errors
/// They are not valid.
pub(super) fn opened(scenario: &Scenario, check: &Check) -> Result<Arc<dyn Prepared>, RunFailure> {
    read(scenario, &label(scenario, check))
}

fn read(scenario: &Scenario, label: &str) -> Result<Arc<dyn Prepared>, RunFailure> {
    Guard {
        scenario,
        label,
        stack_bytes: STACK_BYTES,
    }
    .open()
}

/// Member of the inputs to the digest of its text.
///
/// # Errors
/// The inputs are not an object.
pub(super) fn input_digests(
    prepared: &dyn Prepared,
) -> Result<BTreeMap<String, String>, RunFailure> {
    crate::snapshot::input_digests(prepared.inputs()).map_err(not_goldens)
}

/// A scenario whose documents have been read, ready to be run as often as a check needs.
pub struct CheckRun<'a> {
    suite: &'a Suite,
    scenario: &'a Scenario,
    label: String,
    prepared: Arc<dyn Prepared>,
    /// The variables that may be neither removed nor changed, if the subject says so.
    pass: Option<Vec<String>>,
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
        build(suite, scenario, check)?;
        let prepared = opened(scenario, check)?;
        Ok(Self::of(suite, scenario, label(scenario, check), prepared))
    }

    /// Builds the suite for a scenario, unless that was done.
    ///
    /// # Errors
    /// The build failed.
    pub fn build(suite: &Suite, scenario: &Scenario) -> Result<(), RunFailure> {
        build(suite, scenario, &Check::Golden)
    }

    /// Reads the documents of a scenario as they are, for who runs nothing.
    ///
    /// # Errors
    /// They are not valid.
    pub fn read(suite: &'a Suite, scenario: &'a Scenario) -> Result<Self, RunFailure> {
        let label = scenario.name().to_string();
        let prepared = read(scenario, &label)?;
        Ok(Self::of(suite, scenario, label, prepared))
    }

    /// The runs of `check`, of documents that were read.
    pub(super) fn for_check(
        suite: &'a Suite,
        scenario: &'a Scenario,
        check: &Check,
        prepared: Arc<dyn Prepared>,
    ) -> Self {
        Self::of(suite, scenario, label(scenario, check), prepared)
    }

    fn of(
        suite: &'a Suite,
        scenario: &'a Scenario,
        label: String,
        prepared: Arc<dyn Prepared>,
    ) -> Self {
        Self {
            suite,
            scenario,
            label,
            pass: prepared.pass(),
            prepared,
        }
    }

    /// What was read.
    pub fn prepared(&self) -> &dyn Prepared {
        self.prepared.as_ref()
    }

    /// What the program says that it is; `None` if the scenario does not ask.
    pub(super) fn version(&self) -> Result<Option<String>, RunFailure> {
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

    pub(super) fn identified(&self, version: Option<String>) -> Result<ProgramRecord, RunFailure> {
        let code = self.guard().code(&self.prepared)?;
        let built = self.scenario.built();
        let mut built = built.map_err(|error| RunFailure::Machine {
            message: error.to_string(),
        })?;
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
        if mode.is_none() && crate::outputs::wants_records() {
            let (output, records) = self.run_for_records()?;
            let left = crate::outputs::leave_records(self.scenario.name(), &records);
            left.map_err(|error| RunFailure::Machine {
                message: format!("the records cannot be left: {error}"),
            })?;
            return Ok(output);
        }
        let (inputs, outcome) = self.outcome(mode.map(Mode::name))?;
        run_output(self.scenario, self.prepared(), inputs, outcome)
    }

    /// The inputs of a run, and how it ended.
    fn outcome(&self, mode: Option<&str>) -> Result<(Artefact, Outcome), RunFailure> {
        if self.scenario.subject().isolated() && self.suite.has_children() {
            let child = self.child(mode, &EnvironmentChanges::new())?;
            return Ok((child.inputs, child.outcome));
        }
        let mut request = RunRequest::direct(self.suite.paths().outputs()).in_mode(mode);
        request.removed_variables = self.suite.removed_variables().to_vec();
        let outcome = self.guard().run(&self.prepared, request)?;
        Ok((self.prepared.inputs().clone(), outcome))
    }

    /// Runs the scenario, directly or in a mode, and returns what it produced whatever its size, condensed by
    /// nothing.
    ///
    /// # Errors
    /// There is nothing to compare.
    pub fn produce(&self, mode: Option<&Mode>) -> Result<Produced, RunFailure> {
        let (inputs, outcome) = self.outcome(mode.map(Mode::name))?;
        Ok(Produced::of(
            self.scenario,
            self.prepared(),
            inputs,
            outcome,
        ))
    }

    /// The same from these inputs instead of its own; `None` if the subject does not offer this.
    ///
    /// # Errors
    /// There is nothing to compare; the inputs may not be valid.
    pub fn produce_with_inputs(&self, inputs: &Artefact) -> Result<Option<Produced>, RunFailure> {
        let guard = self.guard();
        let Some(changed) = guard.with_inputs(&self.prepared, inputs)? else {
            return Ok(None);
        };
        let mut request = RunRequest::direct(self.suite.paths().outputs());
        request.removed_variables = self.suite.removed_variables().to_vec();
        let outcome = guard.run(&changed, request)?;
        let inputs = changed.inputs().clone();
        Ok(Some(Produced::of(
            self.scenario,
            changed.as_ref(),
            inputs,
            outcome,
        )))
    }

    /// The same in a new process, with these changes of its environment.
    ///
    /// # Errors
    /// There is nothing to compare.
    pub fn produce_in_child(&self, changes: &EnvironmentChanges) -> Result<Produced, RunFailure> {
        let child = self.child(None, changes)?;
        Ok(Produced::of(
            self.scenario,
            self.prepared(),
            child.inputs,
            child.outcome,
        ))
    }

    /// Runs the scenario directly, and returns its records beside the output as goldens are kept: all artefacts
    /// but the inputs, in full, also of a scenario that keeps digests.
    ///
    /// # Errors
    /// There is nothing to compare.
    pub fn run_for_records(&self) -> Result<(RunOutput, Vec<Artefact>), RunFailure> {
        let (inputs, outcome) = self.outcome(None)?;
        // Copies of artefacts share their text.
        let records = match &outcome {
            Ok(records) => records.clone(),
            Err(_) => Vec::new(),
        };
        let output = run_output(self.scenario, self.prepared(), inputs, outcome)?;
        Ok((output, records))
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
        let request = RunRequest::direct(self.suite.paths().outputs());
        let outcome = guard.run(&changed, request)?;
        let inputs = changed.inputs().clone();
        run_output(self.scenario, changed.as_ref(), inputs, outcome).map(Some)
    }

    /// What the runs are called when they are named.
    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// The variables that the subject gives to its program as they are; `None` if it has none.
    pub(super) fn pass(&self) -> Option<&[String]> {
        self.pass.as_deref()
    }

    /// Runs the scenario, directly or in a mode, and notes when.
    pub(super) fn observe(&self, mode: Option<&Mode>) -> Result<Observation, RunFailure> {
        let running = Running::begin();
        let output = self.run(mode)?;
        let is_alone = self.scenario.subject().isolated() && self.suite.has_children();
        Ok(Observation {
            output,
            moment: running.end(is_alone, false),
        })
    }

    /// Runs the scenario in a new process, and notes when; with the changes that could not be made.
    pub(super) fn observe_in_child(
        &self,
        changes: &EnvironmentChanges,
    ) -> Result<(Observation, Unchanged), RunFailure> {
        let running = Running::begin();
        let ChildRun { output, unchanged } = self.run_in_child(changes)?;
        let moment = running.end(true, !changes.is_empty());
        Ok((Observation { output, moment }, unchanged))
    }

    /// Runs the scenario in a new process, with these changes of its environment.
    ///
    /// # Errors
    /// There is nothing to compare.
    pub fn run_in_child(&self, changes: &EnvironmentChanges) -> Result<ChildRun, RunFailure> {
        let child = self.child(None, changes)?;
        Ok(ChildRun {
            output: run_output(self.scenario, self.prepared(), child.inputs, child.outcome)?,
            unchanged: child.unchanged,
        })
    }

    fn child(
        &self,
        mode: Option<&str>,
        changes: &EnvironmentChanges,
    ) -> Result<exec::ChildRun, RunFailure> {
        ChildJob {
            layout: self.suite.paths(),
            removed: self.suite.removed_variables(),
            scenario: self.scenario,
            mode,
            label: &self.label,
            changes,
            pass: self.pass.as_deref(),
        }
        .run()
    }
}

/// What one run produced, of any size.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Produced {
    /// The inputs as they were read.
    pub inputs: Artefact,
    /// Every artefact but `inputs`; of a run that failed, [`ERROR`] alone.
    pub artefacts: Vec<Artefact>,
    /// How to read them.
    pub schema: Schema,
    /// How the run ended, compared with what the scenario expects.
    pub ending: Ending,
}

impl Produced {
    fn of(
        scenario: &Scenario,
        prepared: &dyn Prepared,
        inputs: Artefact,
        outcome: Outcome,
    ) -> Self {
        let (artefacts, ending) = ended(scenario, outcome);
        Self {
            inputs,
            artefacts,
            schema: prepared.schema(),
            ending,
        }
    }

    /// It as goldens of the scenario are kept: in full if they may be, otherwise as digests; and which of the two.
    ///
    /// # Errors
    /// It cannot be goldens.
    pub fn goldens(self, scenario: &Scenario) -> Result<(GoldenSet, SnapshotMode), RunFailure> {
        let set = |mode| {
            let mut scenario = scenario.clone();
            scenario.snapshot = mode;
            let (inputs, artefacts) = (self.inputs.clone(), self.artefacts.clone());
            GoldenSet::new(&scenario, &self.schema, inputs, artefacts).map(|set| (set, mode))
        };
        set(SnapshotMode::Full)
            .or_else(|_| set(SnapshotMode::Digest))
            .map_err(not_goldens)
    }
}

/// What a run leaves, and how that compares with what the scenario expects. A failure makes the artefact
/// `error`, expected or not.
fn ended(scenario: &Scenario, outcome: Outcome) -> (Vec<Artefact>, Ending) {
    match (outcome, scenario.expect) {
        (Ok(artefacts), Expect::Success) => (artefacts, Ending::Expected),
        (Ok(artefacts), Expect::Failure) => (artefacts, Ending::Succeeded),
        (Err(failure), Expect::Failure) => (vec![error_artefact(&failure)], Ending::Expected),
        (Err(failure), Expect::Success) => {
            let error = error_artefact(&failure);
            (vec![error], Ending::Failed(failure.message))
        }
    }
}

/// What a run produced, as goldens are kept.
fn run_output(
    scenario: &Scenario,
    prepared: &dyn Prepared,
    inputs: Artefact,
    outcome: Outcome,
) -> Result<RunOutput, RunFailure> {
    let schema = prepared.schema();
    let determinism = scenario.determinism;
    let failed = outcome.is_err();
    let (artefacts, ending) = ended(scenario, outcome);
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
    match error {
        SetError::Machine(message) => RunFailure::Machine { message },
        SetError::Scenario(problem) | SetError::Subject(problem) => RunFailure::NotGoldens {
            problem,
            is_scenario,
        },
    }
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
