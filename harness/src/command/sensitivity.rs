//! `sensitivity`: which goldens have teeth. Inputs and rules are changed by one step each, and what no
//! golden notices is told.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde_json::{Value, json};

use super::{CommandError, Console, Listing, Status, chosen, scenario_of};
use crate::judge::{self, Fate, Teeth};
use crate::scenario::Runtime;
use crate::{Suite, Verdict};

/// What to try, and how much of it.
#[derive(Clone, Debug)]
pub struct SensitivityOptions {
    /// The scenarios; all but the long ones where there are none.
    pub names: Vec<String>,
    /// Changes of inputs in each scenario, at most.
    pub max: usize,
    /// How the outcome is written.
    pub format: Listing,
}

/// What became of one scenario.
enum Outcome {
    Tried(Teeth),
    /// Its subject does not run from changed inputs.
    NotOffered,
    /// It is long, and was not named.
    Long,
    /// Its goldens are not those of a run as it is.
    Unfit(Verdict, String),
}

/// Tries changes, and tells which no golden noticed.
///
/// A document that several scenarios share is noticed where one of them notices it. The status is
/// [`Status::Difference`] where a change was noticed by none, and where one was noticed that is
/// declared to be without effect.
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
            Ok(scenario) => match judge::teeth(suite, scenario, options.max) {
                Ok(Some(teeth)) => Outcome::Tried(teeth),
                Ok(None) => Outcome::NotOffered,
                Err((verdict, detail)) => Outcome::Unfit(verdict, detail),
            },
            Err(problem) => Outcome::Unfit(Verdict::Invalid, problem),
        };
        outcomes.push((found.name, outcome));
    }
    let unnoticed = unnoticed(&outcomes);
    match options.format {
        Listing::Text => text(&outcomes, &unnoticed, console.out)?,
        Listing::Json => {
            serde_json::to_writer_pretty(&mut *console.out, &in_json(&outcomes, &unnoticed))
                .map_err(io::Error::from)?;
            writeln!(console.out)?;
        }
    }
    let worst = outcomes.iter().map(|(_, outcome)| match outcome {
        Outcome::Unfit(verdict, _) => Status::of(*verdict),
        Outcome::Tried(_) | Outcome::NotOffered | Outcome::Long => Status::Done,
    });
    let found = if unnoticed.is_empty() && wrongly_declared(&outcomes).is_empty() {
        Status::Done
    } else {
        Status::Difference
    };
    Ok(worst.max().unwrap_or(Status::Done).max(found))
}

/// Changes that no scenario noticed, each with those that were asked.
fn unnoticed(outcomes: &[(String, Outcome)]) -> BTreeMap<String, Vec<String>> {
    let mut asked: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut noticed: BTreeSet<String> = BTreeSet::new();
    for (name, outcome) in outcomes {
        let Outcome::Tried(teeth) = outcome else {
            continue;
        };
        for step in &teeth.steps {
            let change = step.causes.join("; ");
            match step.fate {
                Fate::Noticed => {
                    noticed.insert(change);
                }
                Fate::Unnoticed => asked.entry(change).or_default().push(name.clone()),
                Fate::Invalid => {}
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
        if let Outcome::Tried(teeth) = outcome {
            for (pattern, step) in &teeth.wrongly_declared {
                let noticed = wrongly.entry((*pattern, step.causes.join("; ")));
                noticed.or_default().push(name.clone());
            }
        }
    }
    wrongly
}

fn count(teeth: &Teeth, fate: Fate) -> usize {
    teeth.steps.iter().filter(|step| step.fate == fate).count()
}

/// Whether changes were tried and none was noticed.
fn is_toothless(teeth: &Teeth) -> bool {
    count(teeth, Fate::Noticed) == 0 && count(teeth, Fate::Unnoticed) > 0
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
    for (name, outcome) in outcomes {
        match outcome {
            Outcome::Tried(teeth) => {
                let (noticed, missed) =
                    (count(teeth, Fate::Noticed), count(teeth, Fate::Unnoticed));
                let mut line = format!("{name}: noticed {noticed} of {} changes", noticed + missed);
                for (count, what) in [
                    (count(teeth, Fate::Invalid), "not valid"),
                    (teeth.left_out, "not tried"),
                    (teeth.declared, "declared to be without effect"),
                ] {
                    if count > 0 {
                        line.push_str(&format!(", {count} {what}"));
                    }
                }
                if is_toothless(teeth) {
                    line.push_str(": its goldens have no teeth");
                }
                writeln!(out, "{line}")?;
            }
            Outcome::NotOffered => {
                writeln!(
                    out,
                    "{name}: not tried, its subject runs from its files alone"
                )?;
            }
            Outcome::Long => writeln!(out, "{name}: not tried, it is long: name it")?,
            Outcome::Unfit(verdict, detail) => {
                writeln!(
                    out,
                    "{name}: not tried, its goldens are no measure: {verdict} {detail}"
                )?;
            }
        }
    }
    Ok(())
}

fn in_json(outcomes: &[(String, Outcome)], unnoticed: &BTreeMap<String, Vec<String>>) -> Value {
    let scenarios: Vec<Value> = outcomes
        .iter()
        .map(|(name, outcome)| match outcome {
            Outcome::Tried(teeth) => {
                let missed = teeth.steps.iter().filter(|s| s.fate == Fate::Unnoticed);
                let missed: Vec<&Vec<String>> = missed.map(|step| &step.causes).collect();
                json!({
                    "name": name,
                    "noticed": count(teeth, Fate::Noticed),
                    "unnoticed": missed,
                    "invalid": count(teeth, Fate::Invalid),
                    "left_out": teeth.left_out,
                    "declared": teeth.declared,
                    "toothless": is_toothless(teeth),
                })
            }
            Outcome::NotOffered => json!({ "name": name, "not_tried": "not offered" }),
            Outcome::Long => json!({ "name": name, "not_tried": "long" }),
            Outcome::Unfit(verdict, detail) => json!({
                "name": name,
                "not_tried": verdict.name(),
                "error": detail,
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
    json!({ "unnoticed": unnoticed, "wrongly_declared": wrongly, "scenarios": scenarios })
}
