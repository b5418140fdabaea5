//! What was found, as data.

use std::collections::{BTreeMap, BTreeSet};

use aether_harness::evaluate::ERROR;
use aether_harness::snapshot::{MANIFEST_FILE, Manifest, salvaged_blesses};
use aether_harness::{Artefact, Change, DiffOptions, INPUTS, Report, ScenarioReport, Verdict};
use aether_json::Value;
use serde::Serialize;

use super::{History, State};
use crate::commands::CommandError;
use crate::commands::mixed::is_text;
use crate::revision::cache::{Cache, Stored};
use crate::revision::git::Git;
use crate::revision::graph::Node;
use crate::revision::repository::{Entry, Repository, WORKTREE};
use crate::revision::search::{Found, Seen};
use crate::revision::target::Target;

/// Characters of a commit's id that people are shown.
const SHORT: usize = 10;

/// A commit, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    /// Its id, or `WORKTREE`.
    pub(crate) commit: String,
    pub(crate) date: String,
    pub(crate) subject: String,
}

impl Place {
    /// Its id as people read it.
    pub(crate) fn short(&self) -> &str {
        if self.commit == WORKTREE {
            return WORKTREE;
        }
        self.commit.get(..SHORT).unwrap_or(&self.commit)
    }
}

/// What became of a golden where the outputs moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Golden {
    /// It moved too.
    Blessed,
    /// It did not.
    Silent,
}

/// A commit that moved outputs, or several that cannot be told apart.
pub(crate) struct Move {
    /// The commit after which they moved.
    pub(crate) after: Place,
    /// The commit that moved them, or the last of several.
    pub(crate) place: Place,
    /// Whether commits between cannot be built.
    pub(crate) is_range: bool,
    /// What moved, by scenario.
    pub(crate) report: Report,
    /// The golden of each scenario, if it has one, with the reason of its bless.
    pub(crate) goldens: BTreeMap<String, (Golden, Option<String>)>,
    pub(crate) inputs: Vec<String>,
    pub(crate) program: Vec<String>,
}

impl Move {
    /// The scenarios that moved.
    pub(crate) fn scenarios(&self) -> Vec<&str> {
        let names = self.report.scenarios.iter();
        names.map(|scenario| scenario.name.as_str()).collect()
    }

    /// The first divergence of the first scenario of the largest group.
    pub(crate) fn first_divergence(&self) -> Option<&Change> {
        let first = self
            .report
            .groups
            .first()
            .and_then(|group| group.scenarios.first());
        let mut scenarios = self.report.scenarios.iter();
        let scenario = scenarios.find(|scenario| Some(&scenario.name) == first)?;
        scenario.diff.as_ref()?.first_divergence.as_ref()
    }

    /// What became of the goldens together: silent if one was.
    pub(crate) fn golden(&self) -> Option<Golden> {
        let mut all = self.goldens.values().map(|(golden, _)| *golden);
        let first = all.next()?;
        Some(
            if first == Golden::Silent || all.any(|golden| golden == Golden::Silent) {
                Golden::Silent
            } else {
                Golden::Blessed
            },
        )
    }

    /// The reasons of the blesses.
    pub(crate) fn reasons(&self) -> Vec<&str> {
        let reasons = self
            .goldens
            .values()
            .filter_map(|(_, reason)| reason.as_deref());
        let reasons: BTreeSet<&str> = reasons.collect();
        reasons.into_iter().collect()
    }
}

/// A commit at which scenarios differ from themselves.
pub(crate) struct Unsteady {
    pub(crate) place: Place,
    /// In what two runs differ.
    pub(crate) report: Report,
}

/// A commit of the range, for a page with one row for each.
pub(crate) struct Row {
    pub(crate) place: Place,
    pub(crate) is_examined: bool,
}

/// Everything that was found.
pub(crate) struct Findings {
    pub(crate) good: Place,
    pub(crate) bad: Place,
    /// Oldest first.
    pub(crate) moves: Vec<Move>,
    pub(crate) skipped: Vec<(Place, String)>,
    pub(crate) unsteady: Vec<Unsteady>,
    /// Every commit, oldest first.
    pub(crate) rows: Vec<Row>,
    /// How often each scenario was run.
    pub(crate) runs: BTreeMap<String, usize>,
}

/// What findings are gathered from.
pub(super) struct Gathered<'g> {
    pub(super) repository: &'g Repository,
    pub(super) git: &'g Git,
    pub(super) cache: &'g Cache,
    pub(super) history: &'g History,
    pub(super) targets: &'g [Target],
    pub(super) states: &'g [State],
    pub(super) found: &'g [Found],
    pub(super) skipped: &'g BTreeMap<Node, String>,
}

impl Findings {
    /// Whether nothing moved, and nothing differs from itself.
    pub(crate) fn is_quiet(&self) -> bool {
        self.moves.is_empty() && self.unsteady.is_empty()
    }

    pub(super) fn gather(from: &Gathered<'_>) -> Result<Self, CommandError> {
        let history = from.history;
        // The scenarios by where they moved: the commit, the one before it, and whether that is a range.
        let mut places: BTreeMap<(Node, Node, bool), Vec<usize>> = BTreeMap::new();
        for (index, found) in from.found.iter().enumerate() {
            for (&node, &before) in &found.moves {
                places.entry((node, before, false)).or_default().push(index);
            }
            for &(before, node) in &found.ranges {
                places.entry((node, before, true)).or_default().push(index);
            }
        }
        let mut moves = Vec::new();
        for ((node, before, is_range), scenarios) in places {
            moves.push(from.moved(before, node, is_range, &scenarios)?);
        }
        let skipped = from.skipped.iter();
        let seen = |node: &Node| {
            from.states
                .iter()
                .any(|state| state.known.seen.contains_key(node))
        };
        Ok(Self {
            good: history.place_of(&history.good),
            bad: history.place_of(&history.bad),
            moves,
            skipped: skipped
                .map(|(&node, why)| (history.place(node), why.clone()))
                .collect(),
            unsteady: from.unsteady()?,
            rows: (1..=history.graph.commits())
                .map(|node| Row {
                    place: history.place(node),
                    is_examined: seen(&node),
                })
                .collect(),
            runs: from
                .targets
                .iter()
                .zip(from.states)
                .map(|(target, state)| (target.name.clone(), state.runs))
                .collect(),
        })
    }
}

impl Gathered<'_> {
    /// What a scenario produced at a commit.
    fn output(&self, index: usize, node: Node) -> Option<&Stored> {
        let state = &self.states[index];
        let value = match state.known.seen.get(&node) {
            Some(Seen::Output(value)) => Some(*value),
            _ => self.found[index].inferred.get(&node).copied(),
        };
        value.map(|value| &state.stored[value])
    }

    fn moved(
        &self,
        before: Node,
        node: Node,
        is_range: bool,
        scenarios: &[usize],
    ) -> Result<Move, CommandError> {
        let (old, new) = (self.history.graph.id(before), self.history.graph.id(node));
        let mut reports = Vec::new();
        let mut goldens = BTreeMap::new();
        for &index in scenarios {
            let target = &self.targets[index];
            let outputs = (self.output(index, before), self.output(index, node));
            let (Some(was), Some(is)) = outputs else {
                unreachable!("the outputs of both sides of a move are known");
            };
            reports.push(self.report(target, &was.artefacts, &is.artefacts)?);
            if let Some(golden) = self.golden(&target.name, old, new)? {
                goldens.insert(target.name.clone(), golden);
            }
        }
        let (mut inputs, mut program) = (Vec::new(), Vec::new());
        for path in self.repository.changed(self.git, old, new)? {
            let is_input = |&index: &usize| self.targets[index].has_input(&path);
            if scenarios.iter().any(is_input) {
                inputs.push(path);
            } else if !path.starts_with("fixtures/snapshots/") && !is_text(path.as_ref()) {
                program.push(path);
            }
        }
        Ok(Move {
            after: self.history.place(before),
            place: self.history.place(node),
            is_range,
            report: Report::new(reports),
            goldens,
            inputs,
            program,
        })
    }

    /// In what two sets of artefacts of a scenario differ.
    fn report(
        &self,
        target: &Target,
        before: &str,
        after: &str,
    ) -> Result<ScenarioReport, CommandError> {
        let (before, after) = (self.cache.artefacts(before)?, self.cache.artefacts(after)?);
        let failed = |artefacts: &[Artefact]| {
            let error = artefacts.iter().find(|artefact| artefact.name() == ERROR)?;
            Some(error_text(error))
        };
        let note = match (failed(&before), failed(&after)) {
            (None, Some(error)) => Some(format!("it fails from here on: {error}")),
            (Some(error), None) => Some(format!("it failed before: {error}")),
            _ => None,
        };
        // A run that failed may have no inputs.
        let has_inputs = |artefacts: &[Artefact]| artefacts.iter().any(|one| one.name() == INPUTS);
        let both = has_inputs(&before) && has_inputs(&after);
        let kept = |artefacts: Vec<Artefact>| -> Vec<Artefact> {
            let kept = artefacts
                .into_iter()
                .filter(|one| both || one.name() != INPUTS);
            kept.collect()
        };
        let options = DiffOptions::default();
        let diff = aether_harness::diff(&kept(before), &kept(after), &target.schema, &options);
        Ok(ScenarioReport {
            name: target.name.clone(),
            verdict: Some(Verdict::Mismatch),
            diff: Some(diff),
            program: Vec::new(),
            raw: Vec::new(),
            note,
        })
    }

    /// What became of a scenario's golden between two commits; `None` if it has none.
    fn golden(
        &self,
        name: &str,
        old: &str,
        new: &str,
    ) -> Result<Option<(Golden, Option<String>)>, CommandError> {
        let dir = format!("fixtures/snapshots/{name}/");
        let list = |commit: &str| self.repository.files(self.git, commit, Some(&dir));
        let (before, after) = (list(old)?, list(new)?);
        if before.is_empty() && after.is_empty() {
            return Ok(None);
        }
        if outputs(&before, &dir) == outputs(&after, &dir) {
            return Ok(Some((Golden::Silent, None)));
        }
        Ok(Some((Golden::Blessed, reason(self.git, &after, &dir)?)))
    }

    fn unsteady(&self) -> Result<Vec<Unsteady>, CommandError> {
        let mut places: BTreeMap<Node, Vec<ScenarioReport>> = BTreeMap::new();
        for (target, state) in self.targets.iter().zip(self.states) {
            for (&node, stored) in &state.unsteady {
                if let Some(again) = &stored.again {
                    let report = self.report(target, &stored.artefacts, again)?;
                    places.entry(node).or_default().push(report);
                }
            }
        }
        let unsteady = places.into_iter().map(|(node, reports)| Unsteady {
            place: self.history.place(node),
            report: Report::new(reports),
        });
        Ok(unsteady.collect())
    }
}

/// What an error document says.
pub(in crate::commands) fn error_text(error: &Artefact) -> String {
    error_lines(error).join("\n")
}

/// What an error document says, in lines: its message; else its members, then the lines in it.
fn error_lines(error: &Artefact) -> Vec<String> {
    let document: Option<Value> = aether_json::from_slice(error.text()).ok();
    let Some(members) = document.as_ref().and_then(Value::as_object) else {
        return vec![String::from_utf8_lossy(error.text()).trim_end().to_owned()];
    };
    if let Some(message) = members.get("message").and_then(Value::as_str) {
        return message.lines().map(str::to_owned).collect();
    }
    let (mut first, mut lines) = (Vec::new(), Vec::new());
    for (name, value) in members {
        match value.as_array() {
            Some(array) => lines.extend(array.iter().filter_map(Value::as_str).map(str::to_owned)),
            None => first.push(format!("{name} {value}")),
        }
    }
    lines.insert(0, first.join(", "));
    lines
}

/// The goldens of outputs: by name and content.
fn outputs<'e>(entries: &'e [Entry], dir: &str) -> BTreeMap<&'e str, &'e str> {
    let named = entries.iter().filter_map(|entry| {
        let name = entry.path.strip_prefix(dir)?;
        let is_output = name != MANIFEST_FILE && name != "inputs.json";
        is_output.then_some((name, entry.id.as_str()))
    });
    named.collect()
}

/// The reason of the last bless in these goldens.
pub(in crate::commands) fn reason(
    git: &Git,
    entries: &[Entry],
    dir: &str,
) -> Result<Option<String>, CommandError> {
    let manifest = format!("{dir}{MANIFEST_FILE}");
    let Some(entry) = entries.iter().find(|entry| entry.path == manifest) else {
        return Ok(None);
    };
    let blobs = git.blobs(std::slice::from_ref(&entry.id))?;
    let bytes = blobs.first().map(Vec::as_slice).unwrap_or_default();
    let blesses = match Manifest::parse(bytes) {
        Ok(manifest) => manifest.bless,
        Err(_) => salvaged_blesses(bytes),
    };
    Ok(blesses.last().map(|bless| bless.reason.clone()))
}
