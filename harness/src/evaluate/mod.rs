//! Evaluates a check of a scenario: the verdict is decided by bytes and digests, before any diff.
//!
//! | module | what it does |
//! | --- | --- |
//! | `run` | a scenario that is open, and its runs |
//! | `evaluation` | the checks of a scenario, which share its documents and runs |
//! | `golden` | compares a run with the goldens |
//! | `repeat` | compares a run with another in the same process |
//! | `process` | compares a run with one in a new process and a changed environment |
//! | `attribution` | what makes runs differ |
//! | `inside`, `outside` | find it out, in the same environment or in changed ones, from the runs of a `sample` |
//! | `differences` | reports in what runs differ, and why |
//! | `finding` | what was found, as data with its prose |
//! | `message` | what a failing trial prints |

mod attribution;
mod differences;
mod evaluation;
mod finding;
mod golden;
mod inside;
mod message;
mod outside;
mod process;
mod repeat;
mod run;
mod sample;

pub use attribution::Attribution;
pub use evaluation::Evaluation;
pub use finding::{AlteredVariable, Difference, Finding, RunName};
pub use message::CheckMessage;
pub use run::{CheckRun, ERROR, Produced};

use std::collections::BTreeMap;

use crate::exec::{EnvironmentChange, RunFailure, Unchangeable};
use crate::scenario::{Determinism, Scenario, SnapshotMode};
use crate::snapshot::{GoldenSet, ProgramChange, ProgramRecord, Snapshot};
use crate::{Allowed, Artefact, Check, Diff, MachineFailure, Schema, Suite, Tolerated, Verdict};

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
    /// What identifies the program that ran, if it matters: the run and the goldens differ.
    pub program: Option<ProgramRecord>,
    /// Whether the subject says what its values are computed from.
    pub explains: bool,
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

impl MachineFailure for CheckResult {
    fn is_of_machine(&self) -> bool {
        self.findings.iter().any(MachineFailure::is_of_machine)
    }
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
            explains: false,
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

    /// Whether the goldens are digests, whose records can be made again.
    pub fn has_digests(&self) -> bool {
        let before = self.before.as_ref();
        before.is_some_and(|golden| golden.manifest.snapshot == SnapshotMode::Digest)
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

/// Runs one check of one scenario, by itself. [`Evaluation`] makes several, which share their runs.
pub fn evaluate(suite: &Suite, scenario: &Scenario, check: &Check) -> CheckResult {
    Evaluation::new(suite, scenario, [check.clone()]).check(check)
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
    let inputs = run::input_digests(run.prepared())?;
    Ok(Resolved {
        inputs,
        schema: run.prepared().schema(),
        allowed: run.prepared().allowed(),
    })
}

/// The text of each artefact by name.
fn texts(artefacts: &[Artefact]) -> BTreeMap<&str, &[u8]> {
    artefacts
        .iter()
        .map(|artefact| (artefact.name(), artefact.text()))
        .collect()
}

/// What is said if nothing that is known explains a difference.
const UNEXPLAINED: &str = "neither the inputs nor the code changed; the outputs also depend on something else: \
                           a dependency, the machine, or [[outputs]] in scenario.toml";

#[cfg(test)]
mod tests;
