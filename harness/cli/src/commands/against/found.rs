//! What was found, as data.

use std::collections::BTreeMap;

use aether_harness::evaluate::ERROR;
use aether_harness::report::Group;
use aether_harness::{
    Artefact, DiffOptions, INPUTS, Report, ScenarioReport, Schema, Verdict, counted,
};

use super::AgainstRequest;
use crate::changes::causes;
use crate::commands::CommandError;
use crate::commands::bisect::{Place, error_text};
use crate::revision::git::Git;
use crate::revision::repository::Repository;
use crate::variants::Variant;

/// How the comparison of one scenario went.
pub(super) struct Ran {
    pub(super) name: String,
    /// Cases that were compared, the scenario itself among them.
    pub(super) cases: usize,
    /// Those of them that both programs refuse as invalid.
    pub(super) refused: usize,
    pub(super) differing: usize,
    /// Those that produce something else each time.
    pub(super) unsteady: usize,
    /// Whether nothing was run, because the program is the same at both revisions.
    pub(super) has_same_program: bool,
    /// Why no cases were made of it.
    pub(super) without_cases: Option<&'static str>,
}

impl Ran {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            cases: 0,
            refused: 0,
            differing: 0,
            unsteady: 0,
            has_same_program: false,
            without_cases: None,
        }
    }

    pub(super) fn same_program(name: &str) -> Self {
        Self {
            has_same_program: true,
            ..Self::new(name)
        }
    }

    /// Counts a case that differs, from the other program or from itself.
    pub(super) fn count(&mut self, is_unsteady: bool) {
        if is_unsteady {
            self.unsteady += 1;
        } else {
            self.differing += 1;
        }
    }

    /// It in one line, without its name.
    pub(super) fn summary(&self) -> String {
        if self.has_same_program {
            return "the program is the same: no case can differ".to_owned();
        }
        let mut line = counted(self.cases as u64, "case");
        for (count, what) in [
            (self.differing, "differ"),
            (self.unsteady, "differ from themselves"),
            (self.refused, "refused by both"),
        ] {
            if count > 0 {
                line.push_str(&format!(", {count} {what}"));
            }
        }
        if let Some(why) = self.without_cases {
            line.push_str(&format!("; none were made of it: {why}"));
        }
        line
    }
}

/// A case of which the programs make different things.
pub(super) struct Difference {
    pub(super) scenario: String,
    /// Its number; 0 is the scenario itself.
    pub(super) case: u64,
    /// Whether one of the programs produces something else each time: then that is what is reported.
    pub(super) is_unsteady: bool,
    /// Whether the subject made its inputs up.
    pub(super) is_made_up: bool,
    /// In what its inputs differ from those of the scenario, unless they were made up.
    pub(super) changes: Vec<String>,
    /// Whether the program of the revision fails.
    pub(super) has_failed_then: bool,
    /// The size of its inputs; the scenario itself is the largest.
    pub(super) bytes: usize,
    pub(super) report: ScenarioReport,
}

/// How much of each difference is listed: a report of many cases shows where each begins.
const BRIEF: DiffOptions = DiffOptions {
    entries: 20,
    time: Some(std::time::Duration::from_secs(10)),
};

/// A case that is looked at.
pub(super) struct Looked<'l> {
    pub(super) case: u64,
    /// The inputs of the scenario, and those of the case; `None` for the scenario itself.
    pub(super) variant: Option<(&'l Artefact, &'l Variant)>,
    /// What the revision makes and what now makes; of a program that differs from itself, what it makes twice.
    pub(super) artefacts: (Vec<Artefact>, Vec<Artefact>),
    pub(super) schema: &'l Schema,
    pub(super) is_unsteady: bool,
}

impl Difference {
    pub(super) fn of(scenario: &str, looked: Looked<'_>) -> Self {
        let Looked {
            case,
            variant,
            artefacts: (before, after),
            schema,
            is_unsteady,
        } = looked;
        let note = failures(&before, &after);
        let has_failed_then = before.iter().any(|artefact| artefact.name() == ERROR);
        let diff = aether_harness::diff(&outputs(before), &outputs(after), schema, &BRIEF);
        let name = if case == 0 {
            scenario.to_owned()
        } else {
            format!("{scenario} case {case}")
        };
        Self {
            scenario: scenario.to_owned(),
            case,
            is_unsteady,
            is_made_up: variant.is_some_and(|(_, variant)| variant.is_made_up),
            changes: match variant {
                Some((own, variant)) if !variant.is_made_up => causes(own, &variant.inputs, schema),
                _ => Vec::new(),
            },
            has_failed_then,
            bytes: variant.map_or(usize::MAX, |(_, variant)| variant.inputs.text().len()),
            report: ScenarioReport {
                name,
                verdict: Some(Verdict::Mismatch),
                diff: Some(diff),
                program: Vec::new(),
                raw: Vec::new(),
                note,
            },
        }
    }
}

/// Which of the programs fails, and how.
fn failures(before: &[Artefact], after: &[Artefact]) -> Option<String> {
    let error = |artefacts: &[Artefact]| {
        let error = artefacts.iter().find(|artefact| artefact.name() == ERROR)?;
        Some(error_text(error))
    };
    match (error(before), error(after)) {
        (None, Some(now)) => Some(format!("it fails now: {now}")),
        (Some(then), None) => Some(format!("it failed at the revision: {then}")),
        (Some(then), Some(now)) => Some(format!(
            "it failed at the revision in another way: {then}; it fails now: {now}"
        )),
        (None, None) => None,
    }
}

/// The outputs alone. Inputs may be given by other files.
fn outputs(artefacts: Vec<Artefact>) -> Vec<Artefact> {
    let outputs = artefacts.into_iter();
    outputs.filter(|one| one.name() != INPUTS).collect()
}

/// Everything that was found.
pub(super) struct Findings {
    pub(super) rev: Place,
    pub(super) seed: u64,
    /// By scenario.
    pub(super) ran: Vec<Ran>,
    pub(super) differences: Vec<Difference>,
    /// The groups of what differs, most cases first.
    pub(super) groups: Vec<Group>,
}

impl Findings {
    pub(super) fn new(
        request: &AgainstRequest,
        git: &Git,
        rev: &str,
    ) -> Result<Self, CommandError> {
        let listed = Repository::list(git, &["--no-walk=unsorted", rev])?;
        let info = listed.into_iter().next().map(|commit| commit.info);
        Ok(Self {
            rev: Place {
                commit: rev.to_owned(),
                date: info
                    .as_ref()
                    .map_or_else(String::new, |info| info.date.clone()),
                subject: info.map_or_else(String::new, |info| info.subject),
            },
            seed: request.seed,
            ran: Vec::new(),
            differences: Vec::new(),
            groups: Vec::new(),
        })
    }

    /// Puts what differs alike together.
    pub(super) fn grouped(mut self) -> Self {
        let differing = self.differences.iter().filter(|one| !one.is_unsteady);
        let reports: Vec<ScenarioReport> = differing.map(|one| one.report.clone()).collect();
        self.groups = Report::new(reports).groups;
        self
    }

    /// Whether nothing differs, and nothing differs from itself.
    pub(super) fn is_quiet(&self) -> bool {
        self.sum(|ran| ran.differing + ran.unsteady) == 0
    }

    pub(super) fn sum(&self, count: impl Fn(&Ran) -> usize) -> usize {
        self.ran.iter().map(count).sum()
    }

    /// The differing cases of a group, by size and then in order.
    pub(super) fn members(&self, group: &Group) -> Vec<&Difference> {
        let by_name: BTreeMap<&str, &Difference> = self
            .differences
            .iter()
            .map(|one| (one.report.name.as_str(), one))
            .collect();
        let names = group.scenarios.iter();
        let mut members: Vec<&Difference> = names
            .filter_map(|name| by_name.get(name.as_str()).copied())
            .collect();
        members.sort_by_key(|one| one.bytes);
        members
    }
}
