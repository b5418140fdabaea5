//! `bless`: makes what the program produces now the goldens, with a reason that is kept.
//!
//! It never blesses what should not be: under CI, what fails, what differs from itself, what nobody
//! has seen. Everything is judged before anything is written.

use super::render::{Told, report};
use super::shown::Shown;
use super::{CommandError, Console, Status, chosen, quoted, scenario_of};
use crate::judge::{self, Ending, Judgement, Product};
use crate::scenario::{Scenario, ScenarioName};
use crate::snapshot::{
    BlessEntry, MANIFEST_FILE, Manifest, Opened, Replaced, SnapshotLock, salvaged_blesses,
};
use crate::{Check, Suite, Verdict};

/// What to bless, and how.
#[derive(Clone, Debug, Default)]
pub struct BlessOptions {
    /// The scenarios.
    pub names: Vec<String>,
    /// All scenarios, in place of `names`.
    pub all: bool,
    /// Why the goldens change.
    pub reason: Option<String>,
    /// Show what would change, and change nothing.
    pub dry_run: bool,
    /// The value of the variable `CI`; nothing is blessed where it says yes.
    pub ci: Option<String>,
    /// The date of the bless, `YYYY-MM-DD`.
    pub date: String,
}

/// One scenario whose goldens would change.
struct Pending {
    scenario: Scenario,
    judgement: Judgement,
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
    refuse_under_ci(options)?;
    if options.names.is_empty() != options.all {
        let typed = suite.typed();
        return Err(CommandError::Usage(format!(
            "name the scenarios to bless or say --all: {typed} bless NAME…"
        )));
    }
    let pending = pending(suite, options, console)?;
    if pending.is_empty() {
        return Ok(Status::Done);
    }
    let told = pending
        .iter()
        .map(|one| Told::of(one.name().to_owned(), &one.judgement))
        .collect::<Result<Vec<_>, _>>()?;
    report(&told).write_text(console.out, false)?;
    if options.dry_run {
        let names: Vec<&str> = pending.iter().map(|one| one.name()).collect();
        writeln!(
            console.out,
            "a bless would change the goldens of {}; nothing was written",
            names.join(", ")
        )?;
        return Ok(Status::Done);
    }
    let reason = reason(suite, options, &pending, console)?;
    for one in &pending {
        let replaced = write(suite, options, one, &reason, console)?;
        writeln!(
            console.out,
            "blessed {}: {}",
            one.name(),
            described(&replaced)
        )?;
    }
    Ok(Status::Done)
}

impl Pending {
    fn name(&self) -> &str {
        self.scenario.name().as_str()
    }
}

fn refuse_under_ci(options: &BlessOptions) -> Result<(), CommandError> {
    match options.ci.as_deref() {
        None | Some("" | "false") => Ok(()),
        Some(value) => Err(CommandError::Usage(format!(
            "goldens are not blessed under CI (CI={value}): bless on your machine, and commit"
        ))),
    }
}

/// Judges every chosen scenario: what would change, and what forbids it.
fn pending(
    suite: &Suite,
    options: &BlessOptions,
    console: &mut Console<'_>,
) -> Result<Vec<Pending>, CommandError> {
    let mut pending = Vec::new();
    let mut refusals = Vec::new();
    let mut worst = Status::Done;
    for found in chosen(suite, &options.names)? {
        let judged = match scenario_of(&found) {
            Ok(scenario) => examine(suite, scenario),
            Err(problem) => Err((Verdict::Invalid, problem)),
        };
        match judged {
            Ok(None) => writeln!(console.out, "{}: nothing to change", found.name)?,
            Ok(Some(one)) => pending.push(one),
            Err((verdict, detail)) => {
                worst = worst.max(Status::of(verdict));
                refusals.push(format!("{} {verdict}: {detail}", found.name));
            }
        }
    }
    if refusals.is_empty() {
        return Ok(pending);
    }
    let message = format!("nothing was blessed:\n{}", refusals.join("\n"));
    Err(match worst {
        Status::BadInput => CommandError::Usage(message),
        Status::Done | Status::Difference => CommandError::Refused(message),
    })
}

/// What a bless of one scenario would do: nothing, something, or what forbids it.
fn examine(suite: &Suite, scenario: &Scenario) -> Result<Option<Pending>, (Verdict, String)> {
    let judgement = judge::judge(suite, scenario, Check::Golden);
    match judgement.verdict {
        Verdict::Match => return Ok(None),
        Verdict::MissingGolden
        | Verdict::EditedGolden
        | Verdict::StaleInputs
        | Verdict::Mismatch => {}
        Verdict::Invalid
        | Verdict::Orphan
        | Verdict::EngineError
        | Verdict::Timeout
        | Verdict::Nondeterministic => return Err((judgement.verdict, judgement.detail)),
    }
    match judgement.after.as_ref().map(|product| &product.ending) {
        None => {
            return Err((
                Verdict::EngineError,
                format!("the run made nothing: {}", judgement.detail),
            ));
        }
        Some(Ending::Failed(message)) => return Err((Verdict::EngineError, message.clone())),
        Some(Ending::Succeeded) => {
            return Err((
                Verdict::Mismatch,
                "the run was expected to fail, and succeeded: change `expect` or the scenario"
                    .to_owned(),
            ));
        }
        Some(Ending::Expected) => {}
    }
    for check in suite.offered(scenario) {
        if check == Check::Golden || scenario.dropped.contains_key(&check) {
            continue;
        }
        let other = judge::judge(suite, scenario, check);
        if !other.verdict.passes() {
            return Err((other.verdict, format!("{check}: {}", other.detail)));
        }
    }
    unseen(suite, scenario.name(), &judgement)?;
    Ok(Some(Pending {
        scenario: scenario.clone(),
        judgement,
    }))
}

/// Refuses what changed since it was shown.
fn unseen(
    suite: &Suite,
    name: &ScenarioName,
    judgement: &Judgement,
) -> Result<(), (Verdict, String)> {
    let (Some(earlier), Some(now)) = (Shown::load(suite, name), Shown::of(judgement)) else {
        return Ok(());
    };
    match now.changed_since(&earlier) {
        None => Ok(()),
        Some(changed) => Err((
            judgement.verdict,
            format!(
                "{changed} changed since they were last shown; look again: {} diff {name}",
                suite.typed()
            ),
        )),
    }
}

fn reason(
    suite: &Suite,
    options: &BlessOptions,
    pending: &[Pending],
    console: &mut Console<'_>,
) -> Result<String, CommandError> {
    if let Some(reason) = &options.reason {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(CommandError::Usage("the reason is empty".to_owned()));
        }
        return Ok(reason.to_owned());
    }
    if let Some(ask) = &mut console.ask {
        let answer = ask("reason: ")?.unwrap_or_default();
        if !answer.trim().is_empty() {
            return Ok(answer.trim().to_owned());
        }
    }
    let names: Vec<String> = pending.iter().map(|one| quoted(one.name())).collect();
    Err(CommandError::Usage(format!(
        "goldens would change, and a change needs a reason; nothing was written. Type:\n  {} bless {} \
         --reason \"…\"",
        suite.typed(),
        names.join(" ")
    )))
}

fn write(
    suite: &Suite,
    options: &BlessOptions,
    one: &Pending,
    reason: &str,
    console: &mut Console<'_>,
) -> Result<Replaced, CommandError> {
    let name = one.scenario.name();
    let Some(product) = &one.judgement.after else {
        return Err(CommandError::Io(format!("{name}: the run made nothing")));
    };
    let lock = SnapshotLock::acquire(&suite.paths().snapshots(), || {
        // A message that cannot be printed does not keep anyone from waiting.
        let _ = writeln!(console.err, "another bless is at work; waiting for it");
    })?;
    let current = current(suite, &one.scenario, &one.judgement)?;
    let manifest = manifest(suite, options, one, product, current, reason)?;
    let replaced = lock.replace(name, &product.set, &manifest)?;
    drop(lock);
    crate::product::clear(suite, name)?;
    Shown::forget(suite, name)?;
    Ok(replaced)
}

/// The blesses so far; refuses when the goldens are no longer those that were judged.
fn current(
    suite: &Suite,
    scenario: &Scenario,
    judgement: &Judgement,
) -> Result<Vec<BlessEntry>, CommandError> {
    let name = scenario.name();
    let dir = suite.paths().snapshot(name);
    let now = match crate::snapshot::open(&dir)? {
        Opened::Missing => None,
        Opened::Sound(snapshot) => Some(snapshot),
        Opened::Edited(snapshot, _) => snapshot,
    };
    let hash = |snapshot: &crate::snapshot::Snapshot| snapshot.state_hash().to_owned();
    if now.as_ref().map(hash) != judgement.before.as_ref().map(hash) {
        return Err(CommandError::Refused(format!(
            "{name}: another bless changed the goldens meanwhile; look again: {} diff {name}",
            suite.typed()
        )));
    }
    Ok(match now {
        Some(snapshot) => snapshot.manifest.bless,
        None => std::fs::read(dir.join(MANIFEST_FILE))
            .map(|bytes| salvaged_blesses(&bytes))
            .unwrap_or_default(),
    })
}

fn manifest(
    suite: &Suite,
    options: &BlessOptions,
    one: &Pending,
    product: &Product,
    earlier: Vec<BlessEntry>,
    reason: &str,
) -> Result<Manifest, CommandError> {
    let subject = suite
        .subject_of(&one.scenario)
        .map_err(|error| CommandError::Usage(error.to_string()))?;
    let version = subject.version();
    let mut manifest = Manifest::new(
        subject.name().to_owned(),
        version.clone(),
        one.scenario.snapshot,
    );
    manifest.files = product.set.file_digests();
    manifest.inputs = product.set.input_digests().clone();
    manifest.bless = earlier;
    manifest.bless.push(BlessEntry {
        date: options.date.clone(),
        version,
        reason: reason.to_owned(),
    });
    Ok(manifest)
}

fn described(replaced: &Replaced) -> String {
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
