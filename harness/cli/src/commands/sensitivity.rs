//! `sensitivity`: which goldens notice changes. Inputs and rules are changed by one step each, and
//! changes that no golden notices are reported.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use aether_json::{Value, json};

use super::{CommandError, Console, Listing, Status, Worst, chosen, scenario_of};
use aether_harness::evaluate::{CheckResult, Finding};

use crate::sensitivity::{SensitivityReport, StepOutcome, sensitivity as try_changes};
use aether_harness::scenario::Runtime;
use aether_harness::{Suite, Verdict, counted};

/// What to try, and how much of it.
#[derive(Clone, Debug)]
pub struct SensitivityOptions {
    /// The scenarios; all except long ones if none is listed.
    pub names: Vec<String>,
    /// Changes of inputs in each scenario, at most.
    pub max: usize,
    /// How the result is written.
    pub format: Listing,
}

/// The result of one scenario.
enum Outcome {
    Tried(SensitivityReport),
    /// Its subject does not run from changed inputs.
    NotOffered,
    /// It is long, and was not named.
    Long,
    /// Its goldens are not up to date.
    Unfit(Box<CheckResult>),
}

/// Tries changes, and reports those that no golden noticed.
///
/// A document that several scenarios share is noticed if one of them notices it. The status is
/// [`Status::Difference`] if no golden noticed some change and no scenario gives a reason for that, if
/// one was noticed that is declared to be without effect, or if a reason does not hold.
///
/// # Errors
/// There is no such scenario, or something cannot be read or written.
pub fn sensitivity(
    suite: &Suite,
    options: &SensitivityOptions,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let mut outcomes: Vec<(String, Outcome)> = Vec::new();
    for found in chosen(suite, &options.names)? {
        let outcome = match scenario_of(&found) {
            Ok(scenario) if scenario.runtime == Runtime::Long && options.names.is_empty() => {
                Outcome::Long
            }
            Ok(scenario) => match try_changes(suite, scenario, options.max) {
                Ok(Some(report)) => Outcome::Tried(report),
                Ok(None) => Outcome::NotOffered,
                Err(result) => Outcome::Unfit(result),
            },
            Err(error) => Outcome::Unfit(Box::new(CheckResult::new(
                Verdict::Invalid,
                Finding::Scenario(error),
            ))),
        };
        outcomes.push((found.name, outcome));
    }
    let unnoticed = unnoticed(&outcomes);
    match options.format {
        Listing::Text => text(&outcomes, &unnoticed, console.out)?,
        Listing::Json => {
            aether_json::to_writer_pretty(&mut *console.out, &in_json(&outcomes, &unnoticed))
                .map_err(io::Error::from)?;
            writeln!(console.out)?;
        }
    }
    let mut worst = Worst::default();
    for (name, outcome) in &outcomes {
        if let Outcome::Unfit(result) = outcome {
            worst.add_result(name, result);
        }
    }
    let has_wrong_reasons =
        !noticed_after_all(&outcomes).is_empty() || !missing(&outcomes).is_empty();
    if !unnoticed.is_empty() || !wrongly_declared(&outcomes).is_empty() || has_wrong_reasons {
        worst.add(Status::Difference);
    }
    worst.end()
}

/// Changes that no scenario noticed, each with those that were asked and give no reason.
fn unnoticed(outcomes: &[(String, Outcome)]) -> BTreeMap<String, Vec<String>> {
    let mut asked: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut noticed: BTreeSet<String> = BTreeSet::new();
    for (name, outcome) in outcomes {
        let Outcome::Tried(report) = outcome else {
            continue;
        };
        for step in &report.steps {
            let change = step.causes.join("; ");
            match step.outcome {
                StepOutcome::Noticed => {
                    noticed.insert(change);
                }
                StepOutcome::Unnoticed if step.excuse.is_none() => {
                    asked.entry(change).or_default().push(name.clone());
                }
                StepOutcome::Unnoticed | StepOutcome::Invalid => {}
            }
        }
    }
    asked.retain(|change, _| !noticed.contains(change));
    asked
}

/// What was noticed though it is declared to be without effect: the pattern of its declaration, the
/// change, and who noticed.
fn wrongly_declared(
    outcomes: &[(String, Outcome)],
) -> BTreeMap<(&'static str, String), Vec<String>> {
    let mut wrongly: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for (name, outcome) in outcomes {
        if let Outcome::Tried(report) = outcome {
            for (pattern, step) in &report.wrongly_declared {
                let noticed = wrongly.entry((*pattern, step.causes.join("; ")));
                noticed.or_default().push(name.clone());
            }
        }
    }
    wrongly
}

/// A reason of a scenario, and what shows that it does not hold.
struct WrongReason<'o> {
    scenario: &'o str,
    /// The place that it is for.
    place: &'o str,
    /// The change that was noticed; empty if there is no such place.
    change: String,
}

impl WrongReason<'_> {
    fn to_json(&self) -> Value {
        let mut json = json!({ "scenario": self.scenario, "place": self.place });
        if !self.change.is_empty() {
            json["change"] = self.change.as_str().into();
        }
        json
    }
}

/// The reports of the scenarios that were tried.
fn tried(outcomes: &[(String, Outcome)]) -> impl Iterator<Item = (&str, &SensitivityReport)> {
    outcomes.iter().filter_map(|(name, outcome)| match outcome {
        Outcome::Tried(report) => Some((name.as_str(), report)),
        Outcome::NotOffered | Outcome::Long | Outcome::Unfit(_) => None,
    })
}

/// What a scenario noticed though it gives a reason why it does not.
fn noticed_after_all(outcomes: &[(String, Outcome)]) -> Vec<WrongReason<'_>> {
    let mut wrong = Vec::new();
    for (scenario, report) in tried(outcomes) {
        for step in &report.steps {
            if let (StepOutcome::Noticed, Some(place)) = (step.outcome, &step.excuse) {
                let change = step.causes.join("; ");
                wrong.push(WrongReason {
                    scenario,
                    place,
                    change,
                });
            }
        }
    }
    wrong
}

/// The reasons for places that the inputs do not have.
fn missing(outcomes: &[(String, Outcome)]) -> Vec<WrongReason<'_>> {
    let mut wrong = Vec::new();
    for (scenario, report) in tried(outcomes) {
        wrong.extend(report.missing.iter().map(|place| WrongReason {
            scenario,
            place,
            change: String::new(),
        }));
    }
    wrong
}

/// How many changes went unnoticed for a reason that the scenario gives.
fn excused(report: &SensitivityReport) -> usize {
    let steps = report.steps.iter();
    steps
        .filter(|step| step.outcome == StepOutcome::Unnoticed && step.excuse.is_some())
        .count()
}

fn count(report: &SensitivityReport, wanted: StepOutcome) -> usize {
    report
        .steps
        .iter()
        .filter(|step| step.outcome == wanted)
        .count()
}

/// Whether changes were tried and none was noticed.
fn is_toothless(report: &SensitivityReport) -> bool {
    count(report, StepOutcome::Noticed) == 0 && count(report, StepOutcome::Unnoticed) > 0
}

fn text(
    outcomes: &[(String, Outcome)],
    unnoticed: &BTreeMap<String, Vec<String>>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if !unnoticed.is_empty() {
        writeln!(out, "no golden noticed:")?;
        for (change, asked) in unnoticed {
            writeln!(out, "  {change}  ({})", asked.join(", "))?;
        }
        writeln!(out)?;
    }
    let wrongly = wrongly_declared(outcomes);
    if !wrongly.is_empty() {
        writeln!(out, "noticed, and declared to be without effect:")?;
        for ((pattern, change), noticed) in &wrongly {
            let noticed = noticed.join(", ");
            writeln!(out, "  {change}, declared as {pattern}  ({noticed})")?;
        }
        writeln!(out)?;
    }
    reasons(outcomes, out)?;
    for (name, outcome) in outcomes {
        match outcome {
            Outcome::Tried(report) => {
                let noticed = count(report, StepOutcome::Noticed);
                let missed = count(report, StepOutcome::Unnoticed) - excused(report);
                let mut line = format!(
                    "{name}: noticed {noticed} of {}",
                    counted(noticed as u64 + missed as u64, "change")
                );
                for (count, what) in [
                    (excused(report), "not noticed for a reason"),
                    (count(report, StepOutcome::Invalid), "not valid"),
                    (report.left_out, "not tried"),
                    (report.declared, "declared to be without effect"),
                ] {
                    if count > 0 {
                        line.push_str(&format!(", {count} {what}"));
                    }
                }
                if is_toothless(report) {
                    line.push_str(": its goldens notice nothing");
                }
                writeln!(out, "{line}")?;
            }
            Outcome::NotOffered => {
                writeln!(
                    out,
                    "{name}: skipped: its subject cannot run from changed inputs"
                )?;
            }
            Outcome::Long => writeln!(out, "{name}: skipped: it is long; name it to include it")?,
            Outcome::Unfit(result) => {
                let (verdict, detail) = (result.verdict, result.detail());
                writeln!(
                    out,
                    "{name}: skipped: the goldens are not up to date: {verdict} {detail}"
                )?;
            }
        }
    }
    Ok(())
}

/// The reasons that do not hold.
fn reasons(outcomes: &[(String, Outcome)], out: &mut dyn io::Write) -> io::Result<()> {
    let noticed = noticed_after_all(outcomes);
    if !noticed.is_empty() {
        writeln!(
            out,
            "noticed, though [unnoticed] in scenario.toml gives a reason why not:"
        )?;
        for WrongReason {
            scenario,
            place,
            change,
        } in noticed
        {
            writeln!(out, "  {change}, at {place}  ({scenario})")?;
        }
        writeln!(out)?;
    }
    let missing = missing(outcomes);
    if !missing.is_empty() {
        writeln!(
            out,
            "[unnoticed] in scenario.toml has a place that the inputs do not have:"
        )?;
        for WrongReason {
            scenario, place, ..
        } in missing
        {
            writeln!(out, "  {place}  ({scenario})")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn in_json(outcomes: &[(String, Outcome)], unnoticed: &BTreeMap<String, Vec<String>>) -> Value {
    let scenarios: Vec<Value> = outcomes
        .iter()
        .map(|(name, outcome)| match outcome {
            Outcome::Tried(report) => {
                let missed = report
                    .steps
                    .iter()
                    .filter(|s| s.outcome == StepOutcome::Unnoticed && s.excuse.is_none());
                let missed: Vec<&Vec<String>> = missed.map(|step| &step.causes).collect();
                json!({
                    "name": name,
                    "noticed": count(report, StepOutcome::Noticed),
                    "unnoticed": missed,
                    "invalid": count(report, StepOutcome::Invalid),
                    "left_out": report.left_out,
                    "declared": report.declared,
                    "excused": excused(report),
                    "toothless": is_toothless(report),
                })
            }
            Outcome::NotOffered => json!({ "name": name, "not_tried": "not offered" }),
            Outcome::Long => json!({ "name": name, "not_tried": "long" }),
            Outcome::Unfit(result) => json!({
                "name": name,
                "not_tried": result.verdict.name(),
                "error": result.detail(),
            }),
        })
        .collect();
    let unnoticed: Vec<Value> = unnoticed
        .iter()
        .map(|(change, asked)| json!({ "change": change, "scenarios": asked }))
        .collect();
    let wrongly: Vec<Value> = wrongly_declared(outcomes)
        .into_iter()
        .map(|((declared, change), noticed)| {
            json!({ "change": change, "declared": declared, "scenarios": noticed })
        })
        .collect();
    let wrong = noticed_after_all(outcomes)
        .into_iter()
        .chain(missing(outcomes));
    let wrong: Vec<Value> = wrong.map(|reason| reason.to_json()).collect();
    json!({
        "unnoticed": unnoticed,
        "wrongly_declared": wrongly,
        "wrong_reasons": wrong,
        "scenarios": scenarios,
    })
}
