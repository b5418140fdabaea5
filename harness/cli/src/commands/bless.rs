//! `bless`: makes what the program produces now the goldens, with a reason that is kept.
//!
//! It refuses to run under CI, and refuses a run that fails, runs that differ, and changes that nobody
//! has seen. Everything is evaluated before anything is written. The new goldens are what a run produces
//! now or, with a bundle, what a run on another machine produced from the same inputs.

use std::path::PathBuf;

use super::accept::{
    Pending, Refusal, Stamp, checked_reason, described, examine, refuse_under_ci, write,
};
use super::render::{ScenarioDiff, report};
use super::{CommandError, Console, Status, chosen, scenario_of};
use crate::bundle::Bundle;
use aether_harness::evaluate::{CheckResult, CheckRun, RunName, until_next_second};
use aether_harness::quoted;
use aether_harness::{Check, Suite, Verdict};

/// What to bless, and how.
#[derive(Clone, Debug, Default)]
pub struct BlessOptions {
    /// The scenarios.
    pub names: Vec<String>,
    /// All scenarios, in place of `names`; with a bundle, all that it holds.
    pub all: bool,
    /// Why the goldens change.
    pub reason: Option<String>,
    /// Show what would change, and change nothing.
    pub dry_run: bool,
    /// A bundle of outputs to bless in place of what a run makes now.
    pub from_bundle: Option<PathBuf>,
    /// The value of the variable `CI`; nothing is blessed if it says yes.
    pub ci: Option<String>,
    /// The date of the bless, `YYYY-MM-DD`.
    pub date: String,
    /// Wait until the clock shows another second and run once more, so that a time stamp in whole
    /// seconds is noticed. The command always does, except for a bundle.
    pub another_second: bool,
}

/// Blesses scenarios.
///
/// # Errors
/// A refusal, with its remedy; nothing was written then.
pub fn bless(
    suite: &Suite,
    options: &BlessOptions,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    refuse_under_ci(options.ci.as_deref())?;
    if options.names.is_empty() != options.all {
        let typed = suite.typed();
        return Err(CommandError::Usage(format!(
            "name the scenarios to bless, or use --all: {typed} bless NAME…"
        )));
    }
    let pending = match &options.from_bundle {
        None => pending(suite, options, console)?,
        Some(path) => super::bundle::pending(suite, &Bundle::open(path)?, &options.names, console)?,
    };
    if pending.is_empty() {
        return Ok(Status::Done);
    }
    if options.another_second && options.from_bundle.is_none() {
        refuse_time_stamps(suite, &pending)?;
    }
    let scenarios = pending
        .iter()
        .map(|one| ScenarioDiff::of(one.name().to_owned(), &one.result))
        .collect::<Result<Vec<_>, _>>()?;
    report(&scenarios).write_text(console.out, false)?;
    if options.dry_run {
        let names: Vec<&str> = pending.iter().map(Pending::name).collect();
        writeln!(
            console.out,
            "a bless would change the goldens of {}; nothing was written",
            names.join(", ")
        )?;
        return Ok(Status::Done);
    }
    let reason = reason(suite, options, &pending, console)?;
    let stamp = Stamp {
        date: &options.date,
        reason: &reason,
    };
    for one in &pending {
        let replaced = write(suite, one, None, &stamp, console)?;
        match one.renamed_from() {
            Some(from) => writeln!(
                console.out,
                "blessed {}: moved the goldens of {from}",
                one.name()
            )?,
            None => writeln!(
                console.out,
                "blessed {}: {}",
                one.name(),
                described(&replaced)
            )?,
        }
    }
    Ok(Status::Done)
}

/// Evaluates every chosen scenario: what would change, and what forbids it.
fn pending(
    suite: &Suite,
    options: &BlessOptions,
    console: &mut Console<'_>,
) -> Result<Vec<Pending>, CommandError> {
    let mut pending = Vec::new();
    let mut refusals = Vec::new();
    for found in chosen(suite, &options.names)? {
        let judged = match scenario_of(&found) {
            Ok(scenario) => examine(suite, scenario),
            Err(error) => Err(Refusal::new(Verdict::Invalid, error.to_string())),
        };
        match judged {
            Ok(None) => writeln!(console.out, "{}: nothing to change", found.name)?,
            Ok(Some(one)) => pending.push(one),
            Err(refusal) => refusals.push((found.name, refusal)),
        }
    }
    all_or_none(pending, &refusals)
}

/// What is to be blessed, if nothing forbids any of it.
pub(super) fn all_or_none(
    pending: Vec<Pending>,
    refusals: &[(String, Refusal)],
) -> Result<Vec<Pending>, CommandError> {
    if refusals.is_empty() {
        return Ok(pending);
    }
    let lines: Vec<String> = refusals
        .iter()
        .map(|(name, refusal)| format!("{name} {}: {}", refusal.verdict, refusal.detail))
        .collect();
    let message = format!("nothing was blessed:\n{}", lines.join("\n"));
    let worst = refusals
        .iter()
        .map(|(_, refusal)| Status::of(refusal.verdict));
    Err(match worst.max() {
        Some(Status::BadInput) => CommandError::Usage(message),
        _ => CommandError::Refused(message),
    })
}

/// Runs everything once more in another second of the clock: an output with a time stamp may have had
/// the same bytes until now.
fn refuse_time_stamps(suite: &Suite, pending: &[Pending]) -> Result<(), CommandError> {
    until_next_second();
    let refusals: Vec<(String, Refusal)> = pending
        .iter()
        .filter_map(|one| {
            let output = one.result.after.as_ref()?;
            let result = match CheckRun::open(suite, &one.scenario, &Check::Determinism) {
                Ok(run) => run.differs_by_now(output)?,
                Err(failure) => CheckResult::failed(RunName::LaterSecond, failure),
            };
            let refusal = Refusal::new(result.verdict, result.detail());
            Some((one.name().to_owned(), refusal))
        })
        .collect();
    all_or_none(Vec::new(), &refusals).map(drop)
}

fn reason(
    suite: &Suite,
    options: &BlessOptions,
    pending: &[Pending],
    console: &mut Console<'_>,
) -> Result<String, CommandError> {
    if let Some(reason) = &options.reason {
        let reason = checked_reason(reason);
        let reason = reason.map_err(|problem| CommandError::Usage(problem.to_owned()))?;
        return Ok(reason.to_owned());
    }
    if let Some(ask) = &mut console.ask {
        let answer = ask("reason: ")?.unwrap_or_default();
        if !answer.trim().is_empty() {
            let reason = checked_reason(&answer);
            let reason = reason.map_err(|problem| CommandError::Usage(problem.to_owned()))?;
            return Ok(reason.to_owned());
        }
    }
    let names: Vec<String> = pending.iter().map(|one| quoted(one.name())).collect();
    let bundle = options
        .from_bundle
        .as_ref()
        .map_or_else(String::new, |path| {
            format!(" --from-bundle {}", quoted(&path.display().to_string()))
        });
    let typed = suite.typed_bless(&format!("{}{bundle}", names.join(" ")));
    Err(CommandError::Usage(format!(
        "goldens would change, and a change needs a reason; nothing was written. Type:\n  {typed}"
    )))
}
