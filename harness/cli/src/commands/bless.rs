//! `bless`: makes what the program produces now the goldens, with a reason that is kept.
//!
//! It refuses to run under CI, and refuses a run that fails, runs that differ, and changes that nobody
//! has seen. Everything is evaluated before anything is written. The new goldens are what a run produces
//! now or, with a bundle, what a run on another machine produced from the same inputs.

use std::path::PathBuf;

use super::accept::{
    Examined, Pending, Refusal, Stamp, checked_reason, described, evaluation, examine,
    refuse_under_ci, write,
};
use super::render::{ScenarioDiff, report};
use super::{CommandError, Console, Status, chosen, scenario_of};
use crate::bundle::Bundle;
use aether_harness::quoted;
use aether_harness::snapshot::{DIGEST_FORMAT, has_digests_by_tick};
use aether_harness::{Suite, Tolerated};

/// What to bless, and how.
#[derive(Clone, Debug, Default)]
pub struct BlessOptions {
    /// The scenarios.
    pub names: Vec<String>,
    /// All scenarios, in place of `names`; with a bundle, all that it holds.
    pub all: bool,
    /// Why the goldens change.
    pub reason: Option<String>,
    /// Rewrite goldens from which numbers differ only within their tolerances too.
    pub exact: bool,
    /// Show what would change, and change nothing.
    pub dry_run: bool,
    /// A bundle of outputs to bless in place of what a run makes now.
    pub from_bundle: Option<PathBuf>,
    /// The value of the variable `CI`; nothing is blessed if it says yes.
    pub ci: Option<String>,
    /// The date of the bless, `YYYY-MM-DD`.
    pub date: String,
    /// Make the second run in another second of the clock than the first, so that a time stamp in whole
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
        Some(path) => super::bundle::pending(suite, &Bundle::open(path)?, options, console)?,
    };
    if pending.is_empty() {
        return Ok(Status::Done);
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
///
/// All first runs come first, so that at most one of the second runs has to wait for another second.
fn pending(
    suite: &Suite,
    options: &BlessOptions,
    console: &mut Console<'_>,
) -> Result<Vec<Pending>, CommandError> {
    let mut differing = Vec::new();
    for found in chosen(suite, &options.names)? {
        let evaluation = match scenario_of(&found) {
            Err(error) => Err(Refusal::unreadable(&error, error.to_string())),
            Ok(scenario) => {
                let mut evaluation = evaluation(suite, scenario);
                if options.another_second {
                    evaluation = evaluation.in_another_second();
                }
                let renews = !options.all && has_digests_by_tick(scenario)?;
                if !renews && evaluation.is_match() {
                    writeln!(console.out, "{}: nothing to change", found.name)?;
                    continue;
                }
                Ok((evaluation, renews))
            }
        };
        differing.push((found.name, evaluation));
    }
    let mut pending = Vec::new();
    let mut refusals = Vec::new();
    for (name, evaluation) in differing {
        let examined = evaluation
            .and_then(|(evaluation, renews)| examine(suite, &evaluation, options.exact, renews));
        match examined {
            Ok(Examined::Nothing(why)) => say_nothing(&name, why.as_ref(), console)?,
            Ok(Examined::Pending(one)) => {
                if one.result.verdict.passes() {
                    writeln!(
                        console.out,
                        "{name}: the outputs are equal; its digests take the form of format {DIGEST_FORMAT}"
                    )?;
                }
                pending.push(*one);
            }
            Err(refusal) => refusals.push((name, refusal)),
        }
    }
    all_or_none(pending, &refusals)
}

/// Says that nothing of a scenario would change, and why if numbers differ all the same.
pub(super) fn say_nothing(
    name: &str,
    tolerated: Option<&Tolerated>,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    match tolerated {
        None => writeln!(console.out, "{name}: nothing to change")?,
        Some(tolerated) => writeln!(
            console.out,
            "{name}: nothing to bless: {}; --exact makes the new numbers the golden",
            tolerated.lead()
        )?,
    }
    Ok(())
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
    if refusals.iter().any(|(_, refusal)| refusal.is_of_machine) {
        return Err(CommandError::Io(message));
    }
    let worst = refusals
        .iter()
        .map(|(_, refusal)| Status::of(refusal.verdict));
    Err(match worst.max() {
        Some(Status::BadInput) => CommandError::Usage(message),
        _ => CommandError::Refused(message),
    })
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
