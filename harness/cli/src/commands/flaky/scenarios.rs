//! `flaky`: scenarios, each run in every way that there is.

use std::io;

use aether_json::{Value, json};

use super::super::{CommandError, Console, Listing, Status, Worst, chosen, scenario_of};
use aether_harness::evaluate::{CheckResult, Finding};
use aether_harness::exec::Load;

use crate::flaky::{FirstDifference, FlakyReport, scenario as run_repeatedly};
use aether_harness::report::{visible, visible_line};
use aether_harness::{Suite, Verdict, counted};

/// What to run, how often, and under what.
#[derive(Clone, Debug)]
pub struct FlakyOptions {
    /// The scenarios; all if none is listed.
    pub names: Vec<String>,
    /// How often each is run in each way.
    pub repeat: usize,
    /// Busy threads that compete with the runs.
    pub load: usize,
    /// How the result is written.
    pub format: Listing,
}

/// A scenario with what many runs of it had in common, or why there was nothing to compare.
type Outcome = (String, Result<FlakyReport, Box<CheckResult>>);

/// Runs scenarios again and again: later in one process, in new processes, in a changed environment,
/// and in every mode that the subject offers.
///
/// # Errors
/// There is no such scenario, or something cannot be read or written.
pub fn flaky(
    suite: &Suite,
    options: &FlakyOptions,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    if options.repeat == 0 {
        return Err(CommandError::Usage(
            "--repeat 0 runs nothing: say how often".to_owned(),
        ));
    }
    let found = chosen(suite, &options.names)?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    let load = Load::of(options.load);
    for found in found {
        let outcome = match scenario_of(&found) {
            Ok(scenario) => run_repeatedly(suite, scenario, options.repeat),
            Err(error) => Err(Box::new(CheckResult::new(
                Verdict::Invalid,
                Finding::Scenario(error),
            ))),
        };
        if let Ok(report) = &outcome {
            for (run, failure) in &report.timeouts {
                writeln!(console.err, "{}: {run}: {failure}", found.name)?;
            }
        }
        outcomes.push((found.name, outcome));
    }
    drop(load);
    match options.format {
        Listing::Text => text(options, &outcomes, console)?,
        Listing::Json => {
            aether_json::to_writer_pretty(&mut *console.out, &in_json(options, &outcomes))
                .map_err(io::Error::from)?;
            writeln!(console.out)?;
        }
    }
    let mut worst = Worst::default();
    for outcome in &outcomes {
        add(&mut worst, outcome);
    }
    worst.end()
}

fn add(worst: &mut Worst, (name, outcome): &Outcome) {
    match outcome {
        Err(result) => worst.add_result(name, result),
        Ok(report) if report.first.is_some() => worst.add(Status::Difference),
        Ok(report) if !report.timeouts.is_empty() => worst.add(Status::of(Verdict::Timeout)),
        Ok(_) => {}
    }
}

fn text(
    options: &FlakyOptions,
    outcomes: &[Outcome],
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let out = &mut *console.out;
    let mut steady = 0;
    for (name, outcome) in outcomes {
        match outcome {
            Err(result) => {
                let detail = result.detail();
                writeln!(out, "{} {name}: {}", result.verdict, visible(&detail))?;
            }
            Ok(report) => match &report.first {
                None => steady += 1,
                Some(difference) => write_one(name, report, difference, out)?,
            },
        }
    }
    writeln!(
        out,
        "{steady} of {} produced the same bytes in all their runs ({} of each kind, under a \
         load of {})",
        counted(outcomes.len() as u64, "scenario"),
        options.repeat,
        options.load
    )?;
    Ok(())
}

fn write_one(
    name: &str,
    report: &FlakyReport,
    difference: &FirstDifference,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let differing: usize = report.differing.iter().map(|(_, count)| count).sum();
    writeln!(
        out,
        "{name}: {differing} of {} differed from the first",
        counted(report.runs as u64, "run")
    )?;
    for (run, count) in &report.differing {
        writeln!(out, "  {count}: {run}")?;
    }
    if let Err(failure) = &difference.what {
        let failure = failure.to_string();
        writeln!(out, "  {} failed: {}", difference.run, visible(&failure))?;
    }
    if let Some(first) = first_divergence(difference) {
        let (lead, path) = (first.lead(), first.path.to_string());
        let (lead, path) = (visible_line(&lead), visible_line(&path));
        writeln!(out, "  {lead}\n    at {path}")?;
    }
    writeln!(out, "  {}", difference.cause)
}

fn first_divergence(difference: &FirstDifference) -> Option<&aether_harness::Change> {
    difference.what.as_ref().ok()?.first_divergence.as_ref()
}

fn in_json(options: &FlakyOptions, outcomes: &[Outcome]) -> Value {
    let scenarios: Vec<Value> = outcomes
        .iter()
        .map(|(name, outcome)| match outcome {
            Err(result) => json!({
                "name": name,
                "verdict": result.verdict.name(),
                "error": result.detail(),
            }),
            Ok(report) => {
                let differing: Vec<Value> = report
                    .differing
                    .iter()
                    .map(|(run, count)| json!({ "what": run.to_string(), "runs": count }))
                    .collect();
                let timeouts: Vec<String> = report
                    .timeouts
                    .iter()
                    .map(|(run, failure)| format!("{run}: {failure}"))
                    .collect();
                let first = report.first.as_ref();
                let verdict = if first.is_some() {
                    Verdict::Nondeterministic
                } else if timeouts.is_empty() {
                    Verdict::Match
                } else {
                    Verdict::Timeout
                };
                json!({
                    "name": name,
                    "verdict": verdict.name(),
                    "runs": report.runs,
                    "differing": differing,
                    "first_divergence": first.and_then(first_divergence),
                    "cause": first.map(|first| &first.cause),
                    "error": first.and_then(|first| first.what.as_ref().err().map(ToString::to_string)),
                    "timeouts": timeouts,
                })
            }
        })
        .collect();
    json!({ "repeat": options.repeat, "load": options.load, "scenarios": scenarios })
}
