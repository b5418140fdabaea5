//! Accepts the outputs of a run as goldens: the rules that `bless`, `review` and bundles share.
//!
//! [`examine`] says what would change and what forbids it; [`write`] puts it in place. Between the
//! two nothing may have moved: the goldens must still be those that were evaluated.

use std::collections::BTreeSet;

use super::shown::Shown;
use super::{CommandError, Console};
use aether_harness::evaluate::{CheckResult, Ending, Finding, RunOutput, evaluate};
use aether_harness::scenario::{Scenario, ScenarioName};
use aether_harness::snapshot::{
    BlessEntry, GoldenSet, MANIFEST_FILE, Manifest, Opened, Replaced, Snapshot, SnapshotLock,
    salvaged_blesses,
};
use aether_harness::{Check, Suite, Verdict};

/// One scenario whose goldens would change.
pub(super) struct Pending {
    pub(super) scenario: Scenario,
    pub(super) result: CheckResult,
    /// The version of the subject that made the product.
    pub(super) version: String,
}

/// Why a scenario cannot be blessed.
pub(super) struct Refusal {
    pub(super) verdict: Verdict,
    pub(super) detail: String,
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

/// What a bless of one scenario would do: nothing, something, or what forbids it.
pub(super) fn examine(suite: &Suite, scenario: &Scenario) -> Result<Option<Pending>, Refusal> {
    let result = evaluate(suite, scenario, &Check::Golden);
    if result.verdict.passes() {
        return Ok(None);
    }
    acceptable(&result)?;
    check_others(suite, scenario, &BTreeSet::new())?;
    unseen(suite, scenario.name(), &result)?;
    Ok(Some(Pending {
        scenario: scenario.clone(),
        result,
        version: scenario.subject().version(),
    }))
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
            return Err(Refusal::new(result.verdict, result.detail()));
        }
    }
    match result.after.as_ref().map(|output| &output.ending) {
        None => Err(Refusal::new(
            Verdict::ProgramError,
            format!("the run produced nothing: {}", result.detail()),
        )),
        Some(Ending::Failed(message)) => Err(Refusal::new(Verdict::ProgramError, message.clone())),
        Some(Ending::Succeeded) => Err(Refusal::new(
            Verdict::Mismatch,
            "the run was expected to fail, but it succeeded: change `expect` or the scenario",
        )),
        Some(Ending::Expected) => Ok(()),
    }
}

/// Makes every check of a scenario but `golden`, those aside that are known to hold.
pub(super) fn check_others(
    suite: &Suite,
    scenario: &Scenario,
    known: &BTreeSet<Check>,
) -> Result<(), Refusal> {
    for check in scenario.checks(suite.has_children()) {
        if check == Check::Golden || scenario.dropped.contains_key(&check) || known.contains(&check)
        {
            continue;
        }
        let other = evaluate(suite, scenario, &check);
        if !other.verdict.passes() {
            return Err(Refusal::new(
                other.verdict,
                format!("{check}: {}", other.detail()),
            ));
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
    let (Some(earlier), Some(now)) = (Shown::load(suite, name), Shown::of(result)) else {
        return Ok(());
    };
    match now.changed_since(&earlier) {
        None => Ok(()),
        Some(changed) => Err(Refusal::new(
            result.verdict,
            format!(
                "{changed} changed since they were last shown; look again: {}",
                suite.typed_look(name.as_str())
            ),
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
    let Some(output) = &one.result.after else {
        return Err(CommandError::Io(format!(
            "{name}: the run produced nothing"
        )));
    };
    let lock = SnapshotLock::acquire(&suite.paths().snapshots(), || {
        // A message that cannot be printed does not keep anyone from waiting.
        let _ = writeln!(console.err, "another bless is running; waiting for it");
    })?;
    let current = current(suite, one)?;
    let (set, part) = match only {
        None => (output.set.clone(), Vec::new()),
        Some(only) => {
            let old = sound(&current).ok_or_else(|| {
                CommandError::Refused(format!(
                    "{name}: its goldens are incomplete, so none of them can stay: accept all of \
                     the scenario"
                ))
            })?;
            (
                mixed(name, old, output, only)?,
                only.iter().cloned().collect(),
            )
        }
    };
    let mut manifest = manifest(one, &set);
    let former = former(suite, one)?;
    manifest.bless = match &former {
        Some((_, former)) => former.manifest.bless.clone(),
        None => blesses(&current, suite, name),
    };
    manifest.bless.push(BlessEntry {
        date: stamp.date.to_owned(),
        version: one.version.clone(),
        reason: stamp.reason.to_owned(),
        artefacts: part,
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
fn blesses(opened: &Opened, suite: &Suite, name: &ScenarioName) -> Vec<BlessEntry> {
    match opened {
        Opened::Sound(snapshot) | Opened::Edited(Some(snapshot), _) => {
            snapshot.manifest.bless.clone()
        }
        Opened::Missing | Opened::Edited(None, _) => {
            std::fs::read(suite.paths().snapshot(name).join(MANIFEST_FILE))
                .map(|bytes| salvaged_blesses(&bytes))
                .unwrap_or_default()
        }
    }
}

/// The old goldens with the artefacts `only` of the output in place of theirs.
fn mixed(
    name: &ScenarioName,
    old: &Snapshot,
    output: &RunOutput,
    only: &BTreeSet<String>,
) -> Result<GoldenSet, CommandError> {
    let goldens = old.artefacts()?;
    let new = output.set.artefacts().cloned();
    let kept = goldens
        .into_iter()
        .filter(|artefact| !only.contains(artefact.name()));
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
    manifest.format = aether_harness::snapshot::format_of(&one.scenario);
    manifest.files = set.file_digests();
    manifest.inputs = set.input_digests().clone();
    manifest
}

/// What a replacement did, in words.
pub(super) fn described(replaced: &Replaced) -> String {
    let mut parts = Vec::new();
    if !replaced.written.is_empty() {
        parts.push(format!("wrote {}", replaced.written.join(", ")));
    }
    if !replaced.removed.is_empty() {
        parts.push(format!("removed {}", replaced.removed.join(", ")));
    }
    if parts.is_empty() {
        parts.push(format!(
            "the goldens stay as they are; {MANIFEST_FILE} is new"
        ));
    }
    parts.join("; ")
}
