//! One scenario under review, and what was decided about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::commands::CommandError;
use crate::commands::render::ScenarioDiff;
use crate::commands::shown::Shown;
use aether_harness::evaluate::{CheckResult, evaluate};
use aether_harness::scenario::Scenario;
use aether_harness::snapshot::artefact_of;
use aether_harness::{Change, Check, DiffOptions, ScenarioReport, Suite, Verdict};

/// What becomes of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Accept,
    Reject,
    Skip,
}

/// A scenario that differs from its goldens.
pub(super) struct Item {
    pub(super) scenario: Scenario,
    pub(super) result: CheckResult,
    pub(super) report: ScenarioReport,
    /// Its place among all scenarios.
    pub(super) place: usize,
    /// How much of a diff is listed.
    listed: DiffOptions,
    /// Every artefact that differed when it was first shown; `None` for those undecided.
    decisions: BTreeMap<String, Option<Decision>>,
}

/// The artefacts about which something is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All that were undecided: nothing of the scenario is left out of the decision.
    Whole,
    /// These; of others the goldens stay.
    Artefacts(BTreeSet<String>),
}

impl Item {
    /// Takes a check's result under review, and keeps it as what was shown.
    pub(super) fn new(
        suite: &Suite,
        scenario: &Scenario,
        result: CheckResult,
        place: usize,
        listed: DiffOptions,
    ) -> Result<Self, CommandError> {
        let decisions = differing(&result)
            .into_iter()
            .map(|artefact| (artefact, None))
            .collect();
        let mut item = Self {
            scenario: scenario.clone(),
            report: report(scenario.name().as_str(), &result, &listed)?,
            result,
            place,
            listed,
            decisions,
        };
        item.keep_as_shown(suite)?;
        Ok(item)
    }

    pub(super) fn name(&self) -> &str {
        self.scenario.name().as_str()
    }

    pub(super) fn first_divergence(&self) -> Option<&Change> {
        self.report.diff.as_ref()?.first_divergence.as_ref()
    }

    /// Whether the first divergence is by this number.
    pub(super) fn has_offset(&self, offset: &str) -> bool {
        let first = self.first_divergence().and_then(Change::offset);
        first.is_some_and(|first| first.as_str() == offset)
    }

    /// Whether anything is undecided.
    pub(super) fn is_open(&self) -> bool {
        self.decisions.values().any(Option::is_none)
    }

    /// Whether something was decided so.
    pub(super) fn has(&self, decision: Decision) -> bool {
        self.decisions.values().any(|it| *it == Some(decision))
    }

    /// Whether everything was accepted.
    pub(super) fn is_accepted(&self) -> bool {
        self.decisions
            .values()
            .all(|it| *it == Some(Decision::Accept))
    }

    /// The undecided artefacts.
    pub(super) fn open(&self) -> impl Iterator<Item = &str> {
        let open = self.decisions.iter().filter(|(_, it)| it.is_none());
        open.map(|(artefact, _)| artefact.as_str())
    }

    /// What a decision about `artefacts`, or about all that are undecided, is about.
    pub(super) fn part(&self, artefacts: Option<&BTreeSet<String>>) -> Part {
        let open: BTreeSet<String> = self.open().map(str::to_owned).collect();
        let about = match artefacts {
            Some(named) => named.intersection(&open).cloned().collect(),
            None => open,
        };
        let others = self
            .decisions
            .iter()
            .filter(|(artefact, _)| !about.contains(*artefact));
        let mut others = others.map(|(_, decision)| decision);
        if others.all(|decision| *decision == Some(Decision::Accept)) {
            Part::Whole
        } else {
            Part::Artefacts(about)
        }
    }

    /// Notes a decision about what is undecided of `part`.
    pub(super) fn decide(&mut self, part: &Part, decision: Decision) {
        for (artefact, it) in &mut self.decisions {
            let is_meant = match part {
                Part::Whole => true,
                Part::Artefacts(about) => about.contains(artefact),
            };
            if is_meant && it.is_none() {
                *it = Some(decision);
            }
        }
    }

    /// Evaluates again after some of the goldens changed; decisions stay.
    pub(super) fn look_again(&mut self, suite: &Suite) -> Result<(), CommandError> {
        self.result = evaluate(suite, &self.scenario, &Check::Golden);
        self.report = report(self.name(), &self.result, &self.listed)?;
        self.keep_as_shown(suite)
    }

    /// The verdict as it is now.
    pub(super) fn verdict(&self) -> Verdict {
        self.result.verdict
    }

    fn keep_as_shown(&mut self, suite: &Suite) -> Result<(), CommandError> {
        if let Some(shown) = Shown::of(&self.result) {
            shown.store(suite, self.scenario.name())?;
        }
        if let Some(output) = &self.result.after {
            aether_harness::outputs::leave(suite, self.scenario.name(), &output.set)?;
        }
        Ok(())
    }
}

fn report(
    name: &str,
    result: &CheckResult,
    listed: &DiffOptions,
) -> Result<ScenarioReport, CommandError> {
    Ok(ScenarioDiff::of(name.to_owned(), result)?.report(listed))
}

/// The artefacts whose goldens a bless would change; all of them if none differs and the manifest
/// alone is not as it should be.
fn differing(result: &CheckResult) -> Vec<String> {
    let Some(output) = &result.after else {
        return Vec::new();
    };
    let new = output.set.file_digests();
    let old = result
        .before
        .as_ref()
        .map(|before| before.manifest.files.clone())
        .unwrap_or_default();
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let is_edited = result.verdict == Verdict::EditedGolden;
    let differs = |file: &&String| is_edited || old.get(*file) != new.get(*file);
    let mut files: Vec<&String> = names.iter().copied().filter(differs).collect();
    if files.is_empty() {
        files = names.into_iter().collect();
    }
    let names: BTreeSet<&str> = files.into_iter().map(|file| artefact_of(file)).collect();
    names.into_iter().map(str::to_owned).collect()
}
