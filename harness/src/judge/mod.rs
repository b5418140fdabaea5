//! From a scenario and a check to a verdict: by exact bytes and digests, before anything is diffed.
//!
//! The `golden` module compares a run with the goldens, `repeat` compares runs with one another,
//! `process` with one in a new
//! process, `attribution` says what makes runs differ, from the runs of a `sample`, `flaky` runs
//! again and again, `sensitivity` with other inputs, and `explain` puts what was found into words.

mod attribution;
mod explain;
mod flaky;
mod golden;
mod process;
mod repeat;
mod sample;
mod sensitivity;

pub(crate) use explain::{Told, tell};
pub(crate) use flaky::{Difference, Wavering, waver};
pub(crate) use repeat::differs_by_now;
pub(crate) use sample::until_next_second;
pub(crate) use sensitivity::{Fate, Teeth, teeth};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::exec::{Ended, FromChild, Job, Made, STACK_BYTES, Surroundings, run_in_child};
use crate::scenario::{Expect, Scenario, ScenarioError, SnapshotMode};
use crate::snapshot::{GoldenSet, SetError, Snapshot};
use crate::{Artefact, Check, Diff, Failure, Mode, Schema, Subject, Suite, Verdict};

/// A verdict with what it rests on.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    /// What was found, for people; empty for a match without remarks.
    pub(crate) detail: String,
    /// What the run made, when it made something.
    pub(crate) after: Option<Product>,
    /// The goldens, when they can be read.
    pub(crate) before: Option<Snapshot>,
    /// In what two runs differ, where that is the verdict.
    pub(crate) unlike: Option<Diff>,
}

/// What one run made, with how to read it.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) set: GoldenSet,
    pub(crate) schema: Schema,
    /// The run did not end as the scenario expects.
    pub(crate) ending: Ending,
}

/// How a run ended, against what the scenario expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Expected,
    /// It failed and should not have.
    Failed(String),
    /// It succeeded and should have failed.
    Succeeded,
}

impl Judgement {
    pub(crate) fn new(verdict: Verdict, detail: impl Into<String>) -> Self {
        Self {
            verdict,
            detail: detail.into(),
            after: None,
            before: None,
            unlike: None,
        }
    }

    /// Two runs that differ.
    fn nondeterministic(detail: impl Into<String>, unlike: Diff) -> Self {
        Self {
            unlike: Some(unlike),
            ..Self::new(Verdict::Nondeterministic, detail)
        }
    }

    fn ended(ended: Ended) -> Self {
        match ended {
            Ended::Invalid(detail) => Self::new(Verdict::Invalid, detail),
            Ended::Broken(detail) => Self::new(Verdict::EngineError, detail),
            Ended::TimedOut(detail) => Self::new(Verdict::Timeout, detail),
        }
    }
}

/// Runs one check of one scenario.
pub(crate) fn judge(suite: &Suite, scenario: &Scenario, check: Check) -> Judgement {
    let bench = match Bench::new(suite, scenario, check) {
        Ok(bench) => bench,
        Err(error) => return Judgement::new(Verdict::Invalid, error.to_string()),
    };
    match check {
        Check::Golden => bench.golden(),
        Check::Determinism => bench.repeat(&[Mode::Direct]),
        Check::Process => bench.process(),
        Check::Threads | Check::Replay | Check::Resume => {
            let modes: Vec<Mode> = bench
                .subject
                .modes()
                .into_iter()
                .filter(|mode| crate::suite::check_of(*mode) == Some(check))
                .collect();
            bench.repeat(&modes)
        }
    }
}

/// The inputs of a scenario as they are resolved now, without a run.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// Member of `inputs` to the SHA-256 of its text.
    pub(crate) inputs: BTreeMap<String, String>,
    pub(crate) schema: Schema,
}

/// Resolves the inputs of a scenario.
///
/// # Errors
/// What keeps them from being resolved.
pub(crate) fn resolve(suite: &Suite, scenario: &Scenario) -> Result<Resolved, (Verdict, String)> {
    let subject = suite
        .subject_of(scenario)
        .map_err(|error| (Verdict::Invalid, error.to_string()))?;
    let job = Job {
        subject: &subject,
        scenario,
        mode: Mode::Direct,
        label: scenario.name().as_str(),
        scratch: suite.paths().products(),
        stack_bytes: STACK_BYTES,
    };
    let (inputs, schema) = job.resolve().map_err(|ended| {
        let Judgement {
            verdict, detail, ..
        } = Judgement::ended(ended);
        (verdict, detail)
    })?;
    let inputs = crate::snapshot::input_digests(&inputs)
        .map_err(|error| (Verdict::EngineError, error.to_string()))?;
    Ok(Resolved { inputs, schema })
}

/// A scenario ready to be run.
struct Bench<'a> {
    suite: &'a Suite,
    scenario: &'a Scenario,
    subject: Arc<dyn Subject>,
    label: String,
}

impl<'a> Bench<'a> {
    fn new(suite: &'a Suite, scenario: &'a Scenario, check: Check) -> Result<Self, ScenarioError> {
        Ok(Self {
            suite,
            scenario,
            subject: suite.subject_of(scenario)?,
            label: format!("{}::{check}", scenario.name()),
        })
    }

    fn run(&self, mode: Mode) -> Result<Product, Ended> {
        if self.subject.isolated() && self.suite.has_children() {
            let schema = self
                .subject
                .schema(self.scenario.dir())
                .map_err(|failure| Ended::Invalid(failure.message))?;
            let unchanged = Surroundings::new();
            let from = run_in_child(
                self.suite.paths(),
                self.scenario,
                mode,
                &self.label,
                &unchanged,
                &schema,
            )?;
            return Ok(from.product);
        }
        let made = Job {
            subject: &self.subject,
            scenario: self.scenario,
            mode,
            label: &self.label,
            scratch: self.suite.paths().products(),
            stack_bytes: STACK_BYTES,
        }
        .run()?;
        product(self.scenario, made)
    }

    /// The same in a new process; what it makes is read as `like` is.
    fn in_child(&self, changed: &Surroundings, like: &Product) -> Result<FromChild, Ended> {
        run_in_child(
            self.suite.paths(),
            self.scenario,
            Mode::Direct,
            &self.label,
            changed,
            &like.schema,
        )
    }
}

/// What a run made, as goldens are kept. A failure makes the artefact `error`, expected or not.
pub(crate) fn product(scenario: &Scenario, made: Made) -> Result<Product, Ended> {
    let Made {
        inputs,
        schema,
        outcome,
    } = made;
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
    let set =
        GoldenSet::new(&scenario, &schema, inputs, artefacts).map_err(|error| match error {
            SetError::Scenario(problem) => Ended::Invalid(problem),
            SetError::Subject(problem) => Ended::Broken(problem),
        })?;
    Ok(Product {
        set,
        schema,
        ending,
    })
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

/// The golden of a failure: the program's own account, else its message.
fn error_artefact(failure: &Failure) -> Artefact {
    let text = match &failure.error {
        Some(error) => error.text().to_vec(),
        None => serde_json::json!({ "message": failure.message })
            .to_string()
            .into_bytes(),
    };
    Artefact::from_json(ERROR, &text)
        .unwrap_or_else(|_| Artefact::from_canonical_records(ERROR, [text]))
}

/// The artefact that holds the error of a failed run.
pub(crate) const ERROR: &str = "error";
