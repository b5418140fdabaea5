//! `flaky`: scenarios that differ from themselves, found by running them often, in changed
//! surroundings and on a busy machine.

use std::io;

use serde_json::{Value, json};

use super::{CommandError, Console, Listing, Status, chosen, scenario_of};
use crate::exec::Load;
use crate::judge::{self, Difference, Wavering};
use crate::{Suite, Verdict};

/// What to run, how often, and under what.
#[derive(Clone, Debug)]
pub struct FlakyOptions {
    /// The scenarios; all where there are none.
    pub names: Vec<String>,
    /// How often each is run in every way.
    pub repeat: usize,
    /// Busy threads beside the runs.
    pub load: usize,
    /// How the outcome is written.
    pub format: Listing,
}

/// A scenario with what many runs of it had in common, or why there was nothing to compare.
type Outcome = (String, Result<Wavering, (Verdict, String)>);

/// Runs scenarios again and again: later in one process, in new processes, in changed surroundings,
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
            Ok(scenario) => judge::waver(suite, scenario, options.repeat),
            Err(problem) => Err((Verdict::Invalid, problem)),
        };
        if let Ok(Wavering { trouble, .. }) = &outcome {
            for trouble in trouble {
                writeln!(console.err, "{}: {trouble}", found.name)?;
            }
        }
        outcomes.push((found.name, outcome));
    }
    drop(load);
    match options.format {
        Listing::Text => text(options, &outcomes, console)?,
        Listing::Json => {
            serde_json::to_writer_pretty(&mut *console.out, &in_json(options, &outcomes))
                .map_err(io::Error::from)?;
            writeln!(console.out)?;
        }
    }
    Ok(outcomes.iter().map(status).max().unwrap_or(Status::Done))
}

fn status((_, outcome): &Outcome) -> Status {
    match outcome {
        Err((verdict, _)) => Status::of(*verdict),
        Ok(wavering) if wavering.first.is_some() => Status::Difference,
        Ok(wavering) if !wavering.trouble.is_empty() => Status::of(Verdict::Timeout),
        Ok(_) => Status::Done,
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
            Err((verdict, detail)) => writeln!(out, "{verdict} {name}: {detail}")?,
            Ok(wavering) => match &wavering.first {
                None => steady += 1,
                Some(difference) => told(name, wavering, difference, out)?,
            },
        }
    }
    writeln!(
        out,
        "{steady} of {} scenarios made the same bytes in all their runs ({} of each sort, under a \
         load of {})",
        outcomes.len(),
        options.repeat,
        options.load
    )?;
    Ok(())
}

fn told(
    name: &str,
    wavering: &Wavering,
    difference: &Difference,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let differing: usize = wavering.differing.iter().map(|(_, count)| count).sum();
    writeln!(
        out,
        "{name}: {differing} of {} runs differed from the first",
        wavering.runs
    )?;
    for (what, count) in &wavering.differing {
        writeln!(out, "  {count}: {what}")?;
    }
    if let Some(ended) = &difference.ended {
        writeln!(out, "  {} ended otherwise: {ended}", difference.what)?;
    }
    if let Some(first) = first_divergence(difference) {
        writeln!(out, "  {}\n    at {}", first.lead(), first.path)?;
    }
    writeln!(out, "  {}", difference.cause)
}

fn first_divergence(difference: &Difference) -> Option<&crate::Change> {
    difference.diff.as_ref()?.first_divergence.as_ref()
}

fn in_json(options: &FlakyOptions, outcomes: &[Outcome]) -> Value {
    let scenarios: Vec<Value> = outcomes
        .iter()
        .map(|(name, outcome)| match outcome {
            Err((verdict, detail)) => json!({
                "name": name,
                "verdict": verdict.name(),
                "error": detail,
            }),
            Ok(wavering) => {
                let differing: Vec<Value> = wavering
                    .differing
                    .iter()
                    .map(|(what, count)| json!({ "what": what, "runs": count }))
                    .collect();
                let first = wavering.first.as_ref();
                let verdict = if first.is_some() {
                    Verdict::Nondeterministic
                } else if wavering.trouble.is_empty() {
                    Verdict::Match
                } else {
                    Verdict::Timeout
                };
                json!({
                    "name": name,
                    "verdict": verdict.name(),
                    "runs": wavering.runs,
                    "differing": differing,
                    "first_divergence": first.and_then(first_divergence),
                    "cause": first.map(|first| first.cause.to_json()),
                    "error": first.and_then(|first| first.ended.as_ref()),
                    "timeouts": wavering.trouble,
                })
            }
        })
        .collect();
    json!({ "repeat": options.repeat, "load": options.load, "scenarios": scenarios })
}
