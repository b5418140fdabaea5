//! Accepts the outputs of a run as goldens: the rules that `bless`, `review` and bundles share.
//!
//! [`examine`] says what would change and what forbids it; [`write`] puts it in place. Between the
//! two nothing may have moved: the goldens must still be those that were evaluated.

use std::collections::BTreeSet;

use super::shown::Shown;
use super::{CommandError, Console};
use crate::revision::golden::TreeState;
use aether_harness::evaluate::{CheckResult, CheckRun, Ending, Evaluation, Finding, RunOutput};
use aether_harness::exec::RunFailure;
use aether_harness::scenario::{Scenario, ScenarioName, SnapshotMode};
use aether_harness::snapshot::{
    BlessEntry, GoldenSet, MANIFEST_FILE, Manifest, Opened, Replaced, Snapshot, SnapshotLock,
    artefact_of, by_ticks, format_of, has_digests_by_tick, newest_format, salvaged_blesses,
};
use aether_harness::{Artefact, Check, INPUTS, MachineFailure, Suite, Tolerated, Verdict, settled};

/// One scenario whose goldens would change.
pub(super) struct Pending {
    pub(super) scenario: Scenario,
    pub(super) result: CheckResult,
    /// The version of the subject that made the product.
    pub(super) version: String,
    /// Whether artefacts whose numbers differ only within their tolerances are rewritten too.
    pub(super) exact: bool,
    /// Whether another machine made the product, so that the tree here says nothing of it.
    pub(super) is_from_elsewhere: bool,
}

/// What a bless of one scenario would do.
pub(super) enum Examined {
    /// Nothing; with the numbers that differ within their tolerances, if there are any.
    Nothing(Option<Tolerated>),
    /// Change its goldens.
    Pending(Box<Pending>),
}

/// Why a scenario cannot be blessed.
pub(super) struct Refusal {
    pub(super) verdict: Verdict,
    pub(super) detail: String,
    /// Whether the machine failed, so that the verdict says nothing of the scenario.
    pub(super) is_of_machine: bool,
}

/// What a bless records with the goldens: its date and reason.
pub(super) struct Stamp<'a> {
    pub(super) date: &'a str,
    pub(super) reason: &'a str,
}

impl Pending {
    pub(super) fn name(&self) -> &str {
        self.scenario.name().as_str()
    }

    /// The name under which the goldens of a renamed scenario are.
    pub(super) fn renamed_from(&self) -> Option<&str> {
        self.result
            .findings
            .iter()
            .find_map(|finding| match finding {
                Finding::Renamed { from } => Some(from.as_str()),
                _ => None,
            })
    }
}

impl Refusal {
    pub(super) fn new(verdict: Verdict, detail: impl Into<String>) -> Self {
        Self {
            verdict,
            detail: detail.into(),
            is_of_machine: false,
        }
    }

    /// What a check found.
    pub(super) fn of(result: &CheckResult, detail: impl Into<String>) -> Self {
        Self {
            is_of_machine: result.is_of_machine(),
            ..Self::new(result.verdict, detail)
        }
    }

    /// A run that left nothing.
    pub(super) fn failed(failure: &RunFailure, detail: impl Into<String>) -> Self {
        Self {
            is_of_machine: failure.is_of_machine(),
            ..Self::new(failure.verdict(), detail)
        }
    }

    /// A file or scenario that cannot be read.
    pub(super) fn unreadable(
        error: &(impl MachineFailure + std::fmt::Display),
        detail: impl Into<String>,
    ) -> Self {
        Self {
            is_of_machine: error.is_of_machine(),
            ..Self::new(Verdict::Invalid, detail)
        }
    }
}

/// Refuses if the variable `CI` says that no person is asking.
pub(super) fn refuse_under_ci(ci: Option<&str>) -> Result<(), CommandError> {
    match ci {
        None | Some("" | "false") => Ok(()),
        Some(value) => Err(CommandError::Usage(format!(
            "goldens are not blessed under CI (CI={value}): bless on your machine, and commit"
        ))),
    }
}

/// The reason of a bless as it is kept; refuses one that says nothing, such as the `…` of a suggested
/// command.
///
/// # Errors
/// Why it is refused.
pub(super) fn checked_reason(reason: &str) -> Result<&str, &'static str> {
    let reason = reason.trim();
    if reason.is_empty() {
        Err("the reason is empty")
    } else if reason.chars().all(|c| matches!(c, '…' | '.')) {
        Err("`…` stands for your reason: say why the goldens change")
    } else {
        Ok(reason)
    }
}

/// What a bless of one scenario would do: nothing, something, or what forbids it. If it `renews`, goldens that match
/// are written again too, because their form is older.
pub(super) fn examine(
    suite: &Suite,
    evaluation: &Evaluation,
    exact: bool,
    renews: bool,
) -> Result<Examined, Refusal> {
    let scenario = evaluation.scenario();
    let mut result = evaluation.check(&Check::Golden);
    if result.verdict.passes() && !renews {
        let tolerated = result.tolerated().cloned();
        if !exact || tolerated.is_none() {
            return Ok(Examined::Nothing(tolerated));
        }
        result = without_tolerance(result);
    }
    acceptable(&result)?;
    check_others(suite, evaluation)?;
    unseen(suite, scenario.name(), &result)?;
    Ok(Examined::Pending(Box::new(Pending {
        scenario: scenario.clone(),
        result,
        version: scenario.subject().version(),
        exact,
        is_from_elsewhere: false,
    })))
}

/// A match that needed a tolerance as the mismatch that it is without.
pub(super) fn without_tolerance(mut result: CheckResult) -> CheckResult {
    result.verdict = Verdict::Mismatch;
    result.findings.clear();
    if let Some(output) = &mut result.after {
        output.schema = std::mem::take(&mut output.schema).exact();
    }
    result
}

/// Whether what a golden check found can become the goldens at all.
pub(super) fn acceptable(result: &CheckResult) -> Result<(), Refusal> {
    match result.verdict {
        Verdict::Match
        | Verdict::MissingGolden
        | Verdict::EditedGolden
        | Verdict::StaleInputs
        | Verdict::Mismatch => {}
        Verdict::Invalid
        | Verdict::Orphan
        | Verdict::ProgramError
        | Verdict::Timeout
        | Verdict::Nondeterministic => {
            return Err(Refusal::of(result, result.detail()));
        }
    }
    match result.after.as_ref().map(|output| &output.ending) {
        None => Err(Refusal {
            verdict: Verdict::ProgramError,
            ..Refusal::of(
                result,
                format!("the run produced nothing: {}", result.detail()),
            )
        }),
        Some(Ending::Failed(message)) => Err(Refusal::new(Verdict::ProgramError, message.clone())),
        Some(Ending::Succeeded) => Err(Refusal::new(
            Verdict::Mismatch,
            "the run was expected to fail, but it succeeded: change `expect` or the scenario",
        )),
        Some(Ending::Expected) => Ok(()),
    }
}

/// The checks of a scenario for an acceptance, which ends with the first that fails: none refers to another.
pub(super) fn evaluation(suite: &Suite, scenario: &Scenario) -> Evaluation {
    Evaluation::new(suite, scenario, [])
}

/// Makes every check of a scenario but `golden`.
pub(super) fn check_others(suite: &Suite, evaluation: &Evaluation) -> Result<(), Refusal> {
    let scenario = evaluation.scenario();
    for check in scenario.checks(suite.has_children()) {
        if check == Check::Golden || scenario.dropped.contains_key(&check) {
            continue;
        }
        let other = evaluation.check(&check);
        if !other.verdict.passes() {
            return Err(Refusal::of(&other, format!("{check}: {}", other.detail())));
        }
    }
    Ok(())
}

/// Refuses what changed since it was shown.
pub(super) fn unseen(
    suite: &Suite,
    name: &ScenarioName,
    result: &CheckResult,
) -> Result<(), Refusal> {
    let look_again = suite.typed_look(name.as_str());
    let earlier = Shown::load(suite, name).map_err(|error| {
        let detail =
            format!("what was last shown cannot be read ({error}); look again: {look_again}");
        Refusal {
            verdict: result.verdict,
            ..Refusal::unreadable(&error, detail)
        }
    })?;
    let (Some(earlier), Some(now)) = (earlier, Shown::of(result)) else {
        return Ok(());
    };
    match now.changed_since(&earlier) {
        None => Ok(()),
        Some(changed) => Err(Refusal::new(
            result.verdict,
            format!("{changed} changed since they were last shown; look again: {look_again}"),
        )),
    }
}

/// Makes the output of `one` the goldens.
///
/// With `only`, of the artefacts that differ only these become new, and the goldens of the others
/// stay: the scenario goes on to differ in them, and the manifest says of every file what it is.
pub(super) fn write(
    suite: &Suite,
    one: &Pending,
    only: Option<&BTreeSet<String>>,
    stamp: &Stamp<'_>,
    console: &mut Console<'_>,
) -> Result<Replaced, CommandError> {
    let name = one.scenario.name();
    let Some(examined) = &one.result.after else {
        return Err(CommandError::Io(format!(
            "{name}: the run produced nothing"
        )));
    };
    if only.is_some() && one.scenario.snapshot == SnapshotMode::Digest {
        return Err(CommandError::Refused(format!(
            "{name}: its goldens are the digests of one run, so none of them can stay: accept all of the scenario"
        )));
    }
    let renewed = if one.is_from_elsewhere {
        None
    } else {
        in_new_form(suite, &one.scenario, examined)?
    };
    let format = match &renewed {
        Some(_) => newest_format(one.scenario.snapshot),
        None => format(&one.scenario)?,
    };
    let output = renewed.as_ref().unwrap_or(examined);
    let lock = SnapshotLock::acquire(&suite.paths().snapshots(), || {
        // A message that cannot be printed does not keep anyone from waiting.
        let _ = writeln!(console.err, "another bless is running; waiting for it");
    })?;
    let current = current(suite, one)?;
    let kept = match sound(&current) {
        Some(old) if !one.exact => within_tolerance(old, output)?,
        _ => BTreeSet::new(),
    };
    let (set, part) = match only {
        None if kept.is_empty() => (output.set.clone(), Vec::new()),
        None => {
            let old = sound(&current).expect("only sound goldens are kept");
            let names = output.set.artefacts().map(Artefact::name);
            let new = names
                .filter(|name| !kept.contains(*name))
                .map(str::to_owned)
                .collect();
            // Goldens that the run did not produce go, as in any bless.
            (mixed(name, old, output, &new, &kept)?, Vec::new())
        }
        Some(only) => {
            let old = sound(&current).ok_or_else(|| {
                CommandError::Refused(format!(
                    "{name}: its goldens are incomplete, so none of them can stay: accept all of \
                     the scenario"
                ))
            })?;
            let goldens = old
                .manifest
                .files
                .keys()
                .map(|file| artefact_of(file).to_owned());
            let kept = goldens.filter(|name| !only.contains(name)).collect();
            (
                mixed(name, old, output, only, &kept)?,
                only.iter().cloned().collect(),
            )
        }
    };
    let mut manifest = manifest(one, &set);
    manifest.format = format;
    manifest.allowed.clone_from(&output.allowed);
    let former = former(suite, one)?;
    manifest.bless = match &former {
        Some((_, former)) => former.manifest.bless.clone(),
        None => blesses(&current, suite, name)?,
    };
    let tree = if one.is_from_elsewhere {
        None
    } else {
        TreeState::of(suite.paths())
    };
    manifest.bless.push(BlessEntry {
        date: stamp.date.to_owned(),
        version: one.version.clone(),
        reason: stamp.reason.to_owned(),
        artefacts: part,
        clean: tree.as_ref().map(|tree| tree.is_clean),
        commit: tree.map(|tree| tree.commit),
    });
    let replaced = lock.replace(name, &set, &manifest)?;
    if let Some((former, _)) = &former {
        lock.remove(former)?;
    }
    drop(lock);
    if only.is_none() {
        aether_harness::outputs::clear(suite, name)?;
    }
    Shown::forget(suite, name)?;
    Ok(replaced)
}

/// The format that goldens of a scenario keep when they are blessed again.
fn format(scenario: &Scenario) -> Result<u32, CommandError> {
    let newest = newest_format(scenario.snapshot);
    if scenario.snapshot == SnapshotMode::Digest && !has_digests_by_tick(scenario)? {
        return Ok(newest);
    }
    Ok(format_of(scenario)?.min(newest))
}

/// What was examined as digests by tick in the form of now, which one more run makes; `None` if it is in that form
/// already.
fn in_new_form(
    suite: &Suite,
    scenario: &Scenario,
    examined: &RunOutput,
) -> Result<Option<RunOutput>, CommandError> {
    if scenario.snapshot != SnapshotMode::Digest || !has_digests_by_tick(scenario)? {
        return Ok(None);
    }
    let name = scenario.name();
    let refused = |problem: String| CommandError::Refused(format!("{name}: {problem}"));
    let renewed = scenario.clone().without_goldens();
    let (output, records) = CheckRun::open(suite, &renewed, &Check::Golden)
        .and_then(|run| run.run_for_records())
        .map_err(|failure| {
            CommandError::unless_of_machine(failure)
                .map_or_else(|error| error, |failure| refused(failure.to_string()))
        })?;
    let outputs = examined.set.artefacts();
    let outputs: Vec<&Artefact> = outputs
        .filter(|artefact| artefact.name() != INPUTS)
        .collect();
    let mut again = by_ticks(&records, &output.schema);
    again.sort_by(|a, b| a.name().cmp(b.name()));
    if output.ending != Ending::Expected || !again.iter().eq(outputs) {
        return Err(refused(
            "one more run, for digests of the newest form, produced other outputs than those that were shown"
                .to_owned(),
        ));
    }
    Ok(Some(output))
}

/// The goldens as they are now; refuses if they are no longer those that were evaluated.
fn current(suite: &Suite, one: &Pending) -> Result<Opened, CommandError> {
    let name = one.scenario.name();
    let now = aether_harness::snapshot::open(&suite.paths().snapshot(name))?;
    let snapshot = match &now {
        Opened::Missing => None,
        Opened::Sound(snapshot) => Some(snapshot),
        Opened::Edited(snapshot, _) => snapshot.as_ref(),
    };
    let hash = |snapshot: &Snapshot| snapshot.state_hash().to_owned();
    if snapshot.map(hash) != one.result.before.as_ref().map(hash) {
        return Err(CommandError::Refused(format!(
            "{name}: another bless changed the goldens meanwhile; look again: {}",
            suite.typed_look(name.as_str())
        )));
    }
    Ok(now)
}

/// The goldens of a renamed scenario under its former name, which move. None if they are no longer what was
/// evaluated: then they stay.
fn former(suite: &Suite, one: &Pending) -> Result<Option<(ScenarioName, Snapshot)>, CommandError> {
    let Some(from) = one.renamed_from() else {
        return Ok(None);
    };
    let Ok(from) = ScenarioName::new(from) else {
        return Ok(None);
    };
    if suite.look_up(from.as_str()).is_some() {
        return Ok(None);
    }
    let opened = aether_harness::snapshot::open(&suite.paths().snapshot(&from))?;
    let output = one.result.after.as_ref();
    Ok(match (opened, output) {
        (Opened::Sound(snapshot), Some(output))
            if output.set.equals_but_for_paths(&snapshot.manifest) =>
        {
            Some((from, snapshot))
        }
        _ => None,
    })
}

fn sound(opened: &Opened) -> Option<&Snapshot> {
    match opened {
        Opened::Sound(snapshot) => Some(snapshot),
        Opened::Missing | Opened::Edited(..) => None,
    }
}

/// The blesses so far.
fn blesses(
    opened: &Opened,
    suite: &Suite,
    name: &ScenarioName,
) -> Result<Vec<BlessEntry>, CommandError> {
    Ok(match opened {
        Opened::Sound(snapshot) | Opened::Edited(Some(snapshot), _) => {
            snapshot.manifest.bless.clone()
        }
        Opened::Missing | Opened::Edited(None, _) => {
            let path = suite.paths().snapshot(name).join(MANIFEST_FILE);
            match aether_disk::read(&path) {
                Ok(bytes) => salvaged_blesses(&bytes),
                Err(error) if error.is_of_machine() => {
                    return Err(CommandError::input_of(path.display(), &error));
                }
                Err(_) => Vec::new(),
            }
        }
    })
}

/// The artefacts in which nothing differs but numbers within their tolerances: their goldens stay.
fn within_tolerance(old: &Snapshot, output: &RunOutput) -> Result<BTreeSet<String>, CommandError> {
    if !output.schema.has_tolerances() {
        return Ok(BTreeSet::new());
    }
    let (goldens, new) = (old.artefacts()?, output.set.to_vec());
    let Some(settled) = settled(&goldens, &new, &output.schema) else {
        return Ok(BTreeSet::new());
    };
    let is_kept = |(settled, new): &(&Artefact, &Artefact)| {
        settled != new && goldens.iter().any(|golden| golden == *settled)
    };
    let pairs = settled.after.iter().zip(&new).filter(is_kept);
    Ok(pairs
        .map(|(settled, _)| settled.name().to_owned())
        .collect())
}

/// The artefacts `only` of the output with the `kept` ones of the old goldens.
fn mixed(
    name: &ScenarioName,
    old: &Snapshot,
    output: &RunOutput,
    only: &BTreeSet<String>,
    kept: &BTreeSet<String>,
) -> Result<GoldenSet, CommandError> {
    let goldens = old.artefacts()?;
    let new = output.set.artefacts().cloned();
    let kept = goldens
        .into_iter()
        .filter(|artefact| kept.contains(artefact.name()));
    let taken = new.filter(|artefact| only.contains(artefact.name()));
    GoldenSet::stored(kept.chain(taken).collect())
        .map_err(|error| CommandError::Refused(format!("{name}: {error}")))
}

/// The manifest of `set`, without blesses.
fn manifest(one: &Pending, set: &GoldenSet) -> Manifest {
    let mut manifest = Manifest::new(
        one.scenario.subject().name().to_owned(),
        one.version.clone(),
        one.scenario.snapshot,
    );
    manifest.files = set.file_digests();
    manifest.inputs = set.input_digests().clone();
    manifest.program = one.result.program.clone().unwrap_or_default();
    manifest
}

/// Names of files, of which a long list shows the first.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    match names.len().saturating_sub(SHOWN) {
        0 | 1 => names.join(", "),
        more => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}

/// What a replacement did, in words.
pub(super) fn described(replaced: &Replaced) -> String {
    let mut parts = Vec::new();
    if !replaced.written.is_empty() {
        parts.push(format!("wrote {}", listed(&replaced.written)));
    }
    if !replaced.removed.is_empty() {
        parts.push(format!("removed {}", listed(&replaced.removed)));
    }
    if parts.is_empty() {
        parts.push(format!(
            "the goldens stay as they are; {MANIFEST_FILE} is new"
        ));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_of_files_are_cut() {
        let check = |files: usize, expected: &str| {
            let written = (1..=files).map(|file| format!("{file}.json")).collect();
            let removed = Vec::new();
            let said = described(&Replaced { written, removed });
            assert!(said.ends_with(expected), "{said}");
        };
        check(2, "wrote 1.json, 2.json");
        check(9, ", 8.json, 9.json");
        check(10_000, ", 7.json, 8.json and 9992 more");
    }
}
