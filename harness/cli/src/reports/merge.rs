//! Merges the results of one or several runs, and compares them with the trials of the suite.

use std::collections::BTreeMap;

use aether_harness::results::{Measured, Run, TrialResult, UnreadableResult};
use aether_harness::runner::ExpectedTrial;
use aether_harness::{Check, counted};

/// What is known of one trial.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) trial: String,
    pub(crate) scenario: String,
    pub(crate) check: Check,
    pub(crate) outcome: Result<TrialResult, Absence>,
}

/// Why a trial has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// It should have one: it was not started, or did not come to its end.
    Missing,
    /// It runs only when asked for, and was not.
    NotAsked,
}

/// Every trial of the suite once, with its result.
#[derive(Debug)]
pub(crate) struct Merge {
    /// By scenario, then by check.
    pub(crate) entries: Vec<Entry>,
    /// How many runs were merged.
    pub(crate) runs: usize,
    /// Trials with results that the suite no longer has.
    pub(crate) strays: Vec<String>,
    /// Results that cannot be read.
    pub(crate) problems: Vec<UnreadableResult>,
    /// What is probably wrong with the `runtime` of scenarios: each with what to say.
    pub(crate) doubts: Vec<(String, String)>,
}

impl Merge {
    /// Merges what `runs` found of the trials `expected`. Where several have a result of one trial,
    /// the worst counts: a trial that failed in one of them did fail. With `all`, trials that run
    /// only when asked for should have been.
    pub(crate) fn new(
        expected: &[ExpectedTrial],
        runs: &[Run],
        all: bool,
    ) -> std::io::Result<Self> {
        let mut found: BTreeMap<(String, Check), TrialResult> = BTreeMap::new();
        let mut problems = Vec::new();
        for run in runs {
            for result in run.results()? {
                match result {
                    Ok(result) => keep_worst(&mut found, result),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        let entries: Vec<Entry> = expected
            .iter()
            .map(|trial| {
                let key = (trial.scenario.clone(), trial.check.clone());
                let absence = if trial.is_long && !all {
                    Absence::NotAsked
                } else {
                    Absence::Missing
                };
                Entry {
                    trial: format!("{}::{}", trial.scenario, trial.check),
                    scenario: trial.scenario.clone(),
                    check: trial.check.clone(),
                    outcome: found.remove(&key).ok_or(absence),
                }
            })
            .collect();
        Ok(Self {
            doubts: doubts(expected, &entries),
            entries,
            runs: runs.len(),
            strays: found.into_values().map(|result| result.trial).collect(),
            problems,
        })
    }

    /// The results of trials that failed.
    pub(crate) fn failed(&self) -> impl Iterator<Item = &TrialResult> {
        self.results().filter(|result| !result.verdict.passes())
    }

    /// All results.
    pub(crate) fn results(&self) -> impl Iterator<Item = &TrialResult> {
        self.entries
            .iter()
            .filter_map(|entry| entry.outcome.as_ref().ok())
    }

    /// The trials without a result for this reason.
    pub(crate) fn absent(&self, why: Absence) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.outcome == Err(why))
    }

    /// The merge in one line.
    pub(crate) fn summary(&self) -> String {
        let failed = self.failed().count();
        let passed = self.results().count() - failed;
        let mut text = format!(
            "{} in {}: {passed} passed, {failed} failed",
            counted(self.entries.len() as u64, "trial"),
            counted(self.runs as u64, "run"),
        );
        let (missing, not_asked) = (
            self.absent(Absence::Missing).count(),
            self.absent(Absence::NotAsked).count(),
        );
        if missing > 0 {
            text.push_str(&format!(", {missing} without a result"));
        }
        if not_asked > 0 {
            text.push_str(&format!(", {not_asked} long and not asked for"));
        }
        text
    }
}

impl Absence {
    /// What it means, for people.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Missing => {
                "no result: the trial was not started, or its process ended before it did"
            }
            Self::NotAsked => "long, and not asked for (--include-ignored)",
        }
    }

    /// One word, for programs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotAsked => "not_asked",
        }
    }
}

/// The scenarios whose `runtime` is far from what their trials took.
fn doubts(expected: &[ExpectedTrial], entries: &[Entry]) -> Vec<(String, String)> {
    let mut measured: BTreeMap<&str, Measured> = BTreeMap::new();
    for (trial, entry) in expected.iter().zip(entries) {
        if let (Some(runtime), Ok(result)) = (trial.runtime, &entry.outcome) {
            let of_scenario = measured.entry(&trial.scenario);
            let of_scenario = of_scenario.or_insert_with(|| Measured::new(runtime));
            of_scenario.add(&result.check, result.verdict, result.timing.seconds);
        }
    }
    let doubts = measured.into_iter();
    doubts
        .filter_map(|(scenario, measured)| Some((scenario.to_owned(), measured.doubt(scenario)?)))
        .collect()
}

fn keep_worst(found: &mut BTreeMap<(String, Check), TrialResult>, result: TrialResult) {
    let key = (result.scenario.clone(), result.check.clone());
    let is_better = |known: &TrialResult| known.verdict < result.verdict;
    if !found.get(&key).is_some_and(is_better) {
        found.insert(key, result);
    }
}
