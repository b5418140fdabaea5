//! The scenarios under review and what was decided about them: the rules of a review, whoever asks.
//!
//! An acceptance has two steps. [`Review::ready`] makes every check of what is selected, and says what
//! keeps it from being accepted; [`Review::accept`] writes it, with a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::ReviewOptions;
use super::item::{Decision, Item, Part};
use crate::commands::accept::{self, Examined, Pending, Refusal, Stamp, described};
use crate::commands::render::ScenarioDiff;
use crate::commands::{CommandError, Console, Status, Worst, chosen, diff::orphans, scenario_of};
use aether_harness::evaluate::{CheckResult, evaluate};
use aether_harness::report::visible;
use aether_harness::snapshot::Opened;
use aether_harness::{Check, DiffOptions, Report, ScenarioReport, Suite, Verdict, counted};

/// A review under way.
pub(super) struct Review<'a> {
    suite: &'a Suite,
    date: &'a str,
    pub(super) items: Vec<Item>,
    /// What cannot be accepted, with why.
    blocked: Vec<(String, Refusal)>,
    /// The reports of what is not under review, each with its place among all scenarios.
    others: Vec<(usize, ScenarioReport)>,
    /// Whether somebody asked the review to stop: checks that were not begun are not made.
    pub(super) stopped: Arc<AtomicBool>,
}

/// Members of [`Review::items`], by position, with the artefacts that are meant; `None` for all.
pub(super) type Selection = BTreeMap<usize, Option<BTreeSet<String>>>;

/// What passed every check and can be accepted as it is.
pub(super) struct Ready(Vec<(usize, Part, Pending)>);

/// What keeps a selection from being accepted: the scenario, its verdict and why, in one line each.
pub(super) type Refusals = Vec<String>;

impl<'a> Review<'a> {
    /// Evaluates every chosen scenario, and prints which of them cannot be reviewed.
    pub(super) fn new(
        suite: &'a Suite,
        options: &'a ReviewOptions,
        listed: &DiffOptions,
        console: &mut Console<'_>,
    ) -> Result<Self, CommandError> {
        let mut review = Self {
            suite,
            date: &options.date,
            items: Vec::new(),
            blocked: Vec::new(),
            others: Vec::new(),
            stopped: Arc::default(),
        };
        let found = chosen(suite, &options.names)?;
        writeln!(console.err, "running {} …", scenarios(found.len()))?;
        for (place, found) in found.into_iter().enumerate() {
            match scenario_of(&found) {
                Err(problem) => {
                    let refusal = Refusal::unreadable(&problem, problem.to_string());
                    review.block(place, found.name, refusal);
                }
                Ok(scenario) => {
                    let result = evaluate(suite, scenario, &Check::Golden);
                    if result.verdict.passes() {
                        aether_harness::outputs::clear(suite, scenario.name())?;
                        let report = ScenarioDiff::of(found.name, &result)?.report(listed);
                        review.others.push((place, report));
                    } else if let Err(refusal) = accept::acceptable(&result) {
                        let report = ScenarioDiff::of(found.name.clone(), &result)?.report(listed);
                        review.others.push((place, report));
                        review.blocked.push((found.name, refusal));
                    } else {
                        let item = Item::new(suite, scenario, result, place, listed.clone())?;
                        review.items.push(item);
                    }
                }
            }
        }
        if options.names.is_empty() {
            let place = review.items.len() + review.others.len();
            for (more, (name, detail)) in orphans(suite)?.into_iter().enumerate() {
                let refusal = Refusal::new(Verdict::Orphan, detail);
                review.block(place + more, name, refusal);
            }
        }
        if !review.blocked.is_empty() {
            writeln!(console.out, "cannot be reviewed; fix these first:")?;
            for (name, refusal) in &review.blocked {
                let detail = visible(&refusal.detail).replace('\n', "\n    ");
                writeln!(console.out, "  {name} {}: {detail}", refusal.verdict)?;
            }
            writeln!(console.out)?;
        }
        Ok(review)
    }

    /// Leaves out a scenario of which there is nothing to compare.
    fn block(&mut self, place: usize, name: String, refusal: Refusal) {
        let bare = ScenarioDiff::bare(name.clone(), refusal.verdict, refusal.detail.clone());
        let report = bare.report(&DiffOptions::default());
        self.others.push((place, report));
        self.blocked.push((name, refusal));
    }

    /// The report of all scenarios, as they were when the review began.
    pub(super) fn report(&self) -> Report {
        let items = self.items.iter();
        let mut all: Vec<(usize, ScenarioReport)> = items
            .map(|item| (item.place, item.report.clone()))
            .chain(self.others.iter().cloned())
            .collect();
        all.sort_by_key(|(place, _)| *place);
        Report::new(all.into_iter().map(|(_, report)| report).collect())
    }

    /// The groups: similar changes, then what has no first divergence by its verdict.
    pub(super) fn groups(&self) -> Vec<Vec<usize>> {
        let reports = self.items.iter().map(|item| item.report.clone()).collect();
        let mut groups: Vec<Vec<usize>> = Report::new(reports)
            .groups
            .iter()
            .map(|group| self.members(&group.scenarios))
            .collect();
        let grouped: BTreeSet<usize> = groups.iter().flatten().copied().collect();
        let mut others: BTreeMap<Verdict, Vec<usize>> = BTreeMap::new();
        for (at, item) in self.items.iter().enumerate() {
            if !grouped.contains(&at) {
                others.entry(item.verdict()).or_default().push(at);
            }
        }
        groups.extend(others.into_values());
        groups
    }

    /// Those of these scenarios that are under review.
    pub(super) fn members(&self, names: &[String]) -> Vec<usize> {
        let position = |name: &String| self.items.iter().position(|item| item.name() == name);
        names.iter().filter_map(position).collect()
    }

    /// Those members of a group of which something is undecided.
    pub(super) fn open(&self, group: &[usize]) -> Vec<usize> {
        let is_open = |at: &usize| self.items[*at].is_open();
        group.iter().copied().filter(is_open).collect()
    }

    pub(super) fn decide(&mut self, selection: &Selection, decision: Decision) {
        for (at, artefacts) in selection {
            let part = self.items[*at].part(artefacts.as_ref());
            self.items[*at].decide(&part, decision);
        }
    }

    /// Makes every check of what is selected, or says and prints what keeps it from being accepted.
    pub(super) fn ready(
        &self,
        selection: &Selection,
        console: &mut Console<'_>,
    ) -> Result<Result<Ready, Refusals>, CommandError> {
        let mut ready = Vec::new();
        let mut refusals = Refusals::new();
        writeln!(console.err, "{}", checking(selection.len()))?;
        for (at, artefacts) in selection {
            let item = &self.items[*at];
            let part = item.part(artefacts.as_ref());
            let checked = self.check(item, &part);
            if self.stopped.load(Ordering::SeqCst) {
                // What was running may have been killed: what it says does not matter.
                refusals = vec!["the review was stopped before every check was made".to_owned()];
                break;
            }
            match checked {
                Ok(pending) => ready.push((*at, part, pending)),
                Err(refusal) if refusal.is_of_machine => {
                    let message = format!("{}: {}", item.name(), refusal.detail);
                    return Err(CommandError::Io(message));
                }
                Err(refusal) => refusals.push(format!(
                    "{} {}: {}",
                    item.name(),
                    refusal.verdict,
                    visible(&refusal.detail)
                )),
            }
        }
        if refusals.is_empty() {
            return Ok(Ok(Ready(ready)));
        }
        for refusal in &refusals {
            writeln!(console.out, "{refusal}")?;
        }
        writeln!(console.out, "nothing was accepted")?;
        Ok(Err(refusals))
    }

    /// Blesses what is ready, with a reason that was checked. What somebody else blessed meanwhile is left as it is: the
    /// answer says why, by position.
    pub(super) fn accept(
        &mut self,
        ready: Ready,
        reason: &str,
        console: &mut Console<'_>,
    ) -> Result<BTreeMap<usize, String>, CommandError> {
        let stamp = Stamp {
            date: self.date,
            reason,
        };
        let mut left = BTreeMap::new();
        for (at, part, pending) in ready.0 {
            let only = match &part {
                Part::Whole => None,
                Part::Artefacts(only) => Some(only),
            };
            let replaced = match accept::write(self.suite, &pending, only, &stamp, console) {
                // Somebody else was faster: what was shown is not what is there.
                Err(CommandError::Refused(problem)) => {
                    writeln!(console.out, "{problem}")?;
                    self.items[at].decide(&Part::Whole, Decision::Skip);
                    left.insert(at, problem);
                    continue;
                }
                replaced => replaced?,
            };
            let item = &mut self.items[at];
            let described = described(&replaced);
            writeln!(console.out, "accepted {}: {described}", item.name())?;
            item.decide(&part, Decision::Accept);
            if only.is_some() {
                item.look_again(self.suite)?;
            }
        }
        Ok(left)
    }

    /// Evaluates a scenario once more before it is blessed: it must produce what was shown.
    fn check(&self, item: &Item, part: &Part) -> Result<Pending, Refusal> {
        if matches!(part, Part::Artefacts(_)) {
            whole_goldens(self.suite, item)?;
        }
        let again = |detail: String| {
            let typed = self.suite.typed();
            let name = item.name();
            Refusal::new(
                item.verdict(),
                format!("{detail}; look again: {typed} review {name}"),
            )
        };
        let evaluation = accept::evaluation(self.suite, &item.scenario);
        let Examined::Pending(pending) = accept::examine(self.suite, &evaluation, false, false)?
        else {
            return Err(again("nothing differs now".to_owned()));
        };
        let sets = |result: &CheckResult| result.after.clone();
        let (Some(shown), Some(now)) = (sets(&item.result), sets(&pending.result)) else {
            return Err(again("the run produced nothing".to_owned()));
        };
        if shown.equals(&now) {
            Ok(*pending)
        } else {
            let other = shown.differing(&now).join(", ");
            Err(again(format!(
                "it produces {other} that differ from what was shown"
            )))
        }
    }

    /// Prints what was decided. The status is that of a `diff` made now.
    pub(super) fn summary(&self, console: &mut Console<'_>) -> Result<Status, CommandError> {
        for line in self.decided() {
            writeln!(console.out, "{line}")?;
        }
        let mut worst = Worst::default();
        for (name, refusal) in &self.blocked {
            worst.add_found(name, refusal.verdict, refusal.is_of_machine, || {
                refusal.detail.clone()
            });
        }
        if !self.items.iter().all(Item::is_accepted) {
            worst.add(Status::Difference);
        }
        worst.end()
    }

    /// What was decided, in lines.
    pub(super) fn decided(&self) -> Vec<String> {
        if self.items.is_empty() && self.blocked.is_empty() {
            return vec!["nothing differs".to_owned()];
        }
        let names = |fits: &dyn Fn(&Item) -> bool| -> Vec<&str> {
            let fitting = self.items.iter().filter(|item| fits(item));
            fitting.map(Item::name).collect()
        };
        let decided = [
            ("accepted", names(&Item::is_accepted)),
            (
                "accepted in part",
                names(&|item| item.has(Decision::Accept) && !item.is_accepted()),
            ),
            ("rejected", names(&|item| item.has(Decision::Reject))),
            (
                "left",
                names(&|item| {
                    !item.is_accepted()
                        && !item.has(Decision::Reject)
                        && (item.is_open() || item.has(Decision::Skip))
                }),
            ),
        ];
        let some = decided.into_iter().filter(|(_, names)| !names.is_empty());
        some.map(|(what, names)| format!("{what} {}: {}", names.len(), names.join(", ")))
            .collect()
    }
}

/// What is said while the checks of an acceptance are made.
pub(super) fn checking(number: usize) -> String {
    format!("running every check of {} …", scenarios(number))
}

fn scenarios(number: usize) -> String {
    counted(number as u64, "scenario")
}

/// Some artefacts can be accepted without the others only if the goldens are as they were blessed.
fn whole_goldens(suite: &Suite, item: &Item) -> Result<(), Refusal> {
    let refusal = |detail: &str| Refusal::new(item.verdict(), detail);
    let opened = aether_harness::snapshot::open(&suite.paths().snapshot(item.scenario.name()));
    match opened {
        Ok(Opened::Sound(snapshot)) if snapshot.manifest.snapshot == item.scenario.snapshot => {
            Ok(())
        }
        Ok(Opened::Sound(_)) => Err(refusal(
            "`snapshot` changed in scenario.toml, which concerns all artefacts: accept the whole \
             scenario",
        )),
        Ok(Opened::Missing) => Err(refusal(
            "it has no goldens yet, so there are none to keep: accept the whole scenario",
        )),
        Ok(Opened::Edited(..)) => Err(refusal(
            "its goldens differ from what was blessed, so none of them can stay: accept the \
             whole scenario",
        )),
        Err(error) => Err(refusal(&error.to_string())),
    }
}
