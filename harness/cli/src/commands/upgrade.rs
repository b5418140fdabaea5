//! `bless --upgrade`: rewrites goldens of an older format by the newest rules, without a reason, because no output
//! changes.
//!
//! A scenario is upgraded if it is a `MATCH` by the rules of its goldens and if a run by the newest rules makes
//! the same outputs. Only the inputs are then stored in another way. Everything is evaluated before anything is
//! written.

use super::accept::{Pending, Refusal, Stamp, described, refuse_under_ci, write};
use super::bless::all_or_none;
use super::{CommandError, Console, Status, chosen, scenario_of};
use aether_harness::evaluate::{CheckMessage, CheckResult, CheckRun, Ending, RunOutput, evaluate};
use aether_harness::snapshot::{self, DIGEST_FORMAT, GoldenSet, Opened, Snapshot, newest_format};
use aether_harness::{
    Artefact, Check, DiffOptions, INPUTS, Scenario, SnapshotMode, Suite, Verdict,
};

/// What to upgrade, and how.
#[derive(Clone, Debug, Default)]
pub struct UpgradeOptions {
    /// The scenarios; all if none is listed.
    pub names: Vec<String>,
    /// Say what would be upgraded, and change nothing.
    pub dry_run: bool,
    /// The value of the variable `CI`; nothing is upgraded if it says yes.
    pub ci: Option<String>,
    /// The date of the upgrade, `YYYY-MM-DD`.
    pub date: String,
}

/// Upgrades goldens of an older format.
///
/// # Errors
/// A refusal; nothing was written then.
pub fn upgrade(
    suite: &Suite,
    options: &UpgradeOptions,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    refuse_under_ci(options.ci.as_deref())?;
    let mut pending = Vec::new();
    let mut refusals = Vec::new();
    for found in chosen(suite, &options.names)? {
        let examined = match scenario_of(&found) {
            Ok(scenario) => examine(suite, scenario, options.names.is_empty()),
            Err(error) => Err(Refusal::unreadable(&error, error.to_string())),
        };
        match examined {
            Ok(Examined::Upgrade(one)) => pending.push(*one),
            Ok(Examined::Nothing(why)) => writeln!(console.out, "{}: {why}", found.name)?,
            Err(refusal) => refusals.push((found.name, refusal)),
        }
    }
    for one in all_or_none(pending, &refusals)? {
        let to = newest_format(one.scenario.snapshot);
        let before = one.result.before.as_ref();
        let from = before.map_or(to, |it| it.manifest.format);
        let name = one.name().to_owned();
        if options.dry_run {
            writeln!(
                console.out,
                "{name}: would be upgraded from format {from} to {to}"
            )?;
            continue;
        }
        let stamp = Stamp {
            date: &options.date,
            reason: &format!("upgraded from format {from} to {to}; the outputs are equal"),
        };
        let replaced = write(suite, &one, None, &stamp, console)?;
        writeln!(
            console.out,
            "upgraded {name} from format {from} to {to}: {}",
            described(&replaced)
        )?;
    }
    Ok(Status::Done)
}

/// What an upgrade of one scenario would do.
enum Examined {
    /// Nothing, and why.
    Nothing(&'static str),
    Upgrade(Box<Pending>),
}

fn examine(suite: &Suite, scenario: &Scenario, among_all: bool) -> Result<Examined, Refusal> {
    let newest = newest_format(scenario.snapshot);
    let dir = suite.paths().snapshot(scenario.name());
    let opened = snapshot::open(&dir).map_err(|error| {
        let shown = suite.paths().display(&dir);
        Refusal::unreadable(&error, format!("{shown}: {error}"))
    })?;
    match &opened {
        Opened::Missing if among_all => return Ok(Examined::Nothing("there are no goldens yet")),
        Opened::Sound(snapshot) if snapshot.manifest.format >= newest => {
            return Ok(Examined::Nothing(
                "its goldens have the newest format already",
            ));
        }
        // What is wrong with them is the verdict of the check.
        Opened::Missing | Opened::Sound(_) | Opened::Edited(..) => {}
    }
    let by_old_rules = evaluate(suite, scenario, &Check::Golden);
    let (Verdict::Match, Some(before)) = (by_old_rules.verdict, &by_old_rules.before) else {
        return Err(unequal(suite, scenario, &by_old_rules));
    };
    let upgraded = scenario.clone().without_goldens();
    let failed = |failure: aether_harness::exec::RunFailure| {
        Refusal::failed(&failure, format!("by the newest rules: {failure}"))
    };
    let run = CheckRun::open(suite, &upgraded, &Check::Golden).map_err(failed)?;
    let (output, records) = run.run_for_records().map_err(failed)?;
    if let Ending::Failed(message) = &output.ending {
        let detail = format!("by the newest rules: {message}");
        return Err(Refusal::new(Verdict::ProgramError, detail));
    }
    refuse_other_outputs(before, &output, &records)?;
    let mut result = CheckResult::bare(Verdict::Match).about(Some(before.clone()), Some(output));
    result.program = Some(run.program().map_err(failed)?);
    Ok(Examined::Upgrade(Box::new(Pending {
        version: scenario.subject().version(),
        scenario: upgraded.clone(),
        result,
        exact: false,
        is_from_elsewhere: false,
    })))
}

/// Why goldens that do not match by their own rules are not upgraded: what a trial says of it.
fn unequal(suite: &Suite, scenario: &Scenario, result: &CheckResult) -> Refusal {
    let name = scenario.name().as_str();
    let message = CheckMessage::new(suite, name, &Check::Golden, result).text;
    let lead = format!("{} {name}::golden", result.verdict);
    let detail = message.strip_prefix(&lead).unwrap_or(&message);
    Refusal::of(result, detail.trim_start_matches(": ").trim_start())
}

/// Refuses outputs that differ, with the first divergence.
fn refuse_other_outputs(
    before: &Snapshot,
    output: &RunOutput,
    records: &[Artefact],
) -> Result<(), Refusal> {
    let manifest = &before.manifest;
    let by_tick = manifest.snapshot == SnapshotMode::Digest && manifest.format < DIGEST_FORMAT;
    let set = if by_tick {
        // The goldens hold digests of another form.
        let inputs = output.set.artefacts().filter(|it| it.name() == INPUTS);
        let digests = snapshot::by_ticks(records, &output.schema);
        GoldenSet::stored(inputs.cloned().chain(digests).collect())
            .map_err(|error| Refusal::new(Verdict::Invalid, error.to_string()))?
    } else {
        output.set.clone()
    };
    let differing = set.differing_outputs(manifest);
    if differing.is_empty() {
        return Ok(());
    }
    let unreadable = |error: snapshot::ReadError| Refusal::unreadable(&error, error.to_string());
    let outputs = |artefacts: Vec<Artefact>| -> Vec<Artefact> {
        let artefacts = artefacts.into_iter();
        artefacts
            .filter(|artefact| artefact.name() != INPUTS)
            .collect()
    };
    let goldens = outputs(before.artefacts().map_err(unreadable)?);
    let new = outputs(set.to_vec());
    let diff = aether_harness::diff(&goldens, &new, &output.schema, &DiffOptions::default());
    let mut text = Vec::new();
    diff.write_plain(&mut text, false)
        .expect("writing to memory does not fail");
    let text = String::from_utf8_lossy(&text);
    Err(Refusal::new(
        Verdict::Mismatch,
        format!(
            "by the newest rules, the outputs differ in {}:\n{}",
            differing.join(", "),
            text.trim_end()
        ),
    ))
}
