//! `bundle`: packs the outputs of failed runs into one file for another machine; and what a bless needs to
//! accept such a file.
//!
//! A bundle is made from what the runner left under the target directory. It writes no golden, so
//! that CI may make one. Accepting it checks its hashes, checks that its inputs are those of the tree at
//! hand and that the goldens are those it was compared with, and runs every check except `golden` again,
//! as for any bless.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::accept::{
    Examined, Pending, Refusal, acceptable, check_others, evaluation, unseen, without_tolerance,
};
use super::bless::{BlessOptions, all_or_none, say_nothing};
use super::{CommandError, Console, Status, chosen, scenario_of};
use crate::bundle::{Bundle, BundleError, BundleManifest, Bundled, BundledFile};
use crate::destination::Destination;
use aether_harness::evaluate::{
    CheckResult, CheckRun, ERROR, Ending, Evaluation, Finding, RunOutput, resolve,
};
use aether_harness::exec::RunFailure;
use aether_harness::results::{Run, TrialResult};
use aether_harness::scenario::{Expect, Scenario};
use aether_harness::snapshot::sha256_hex;
use aether_harness::snapshot::{self, GoldenProblem, GoldenSet, Opened, ReadError};
use aether_harness::{Artefact, Check, MachineFailure, ScenarioError, Suite, Verdict, counted};
use thiserror::Error;

/// What to put into a bundle.
#[derive(Clone, Debug, Default)]
pub struct BundleOptions {
    /// The scenarios; all if none is listed.
    pub names: Vec<String>,
    /// The file to write.
    pub out: PathBuf,
    /// Replaces a file at `out` that is not known as a report or a bundle.
    pub force: bool,
}

/// Makes a bundle of what the last run made in place of goldens.
///
/// # Errors
/// There is no such scenario, or something cannot be read or written.
pub fn bundle(
    suite: &Suite,
    options: &BundleOptions,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let file = Destination::named(suite, &options.out, options.force, &[])?;
    let results = newest(suite)?;
    let mut manifest = BundleManifest::new(Vec::new());
    let mut sets: BTreeMap<String, GoldenSet> = BTreeMap::new();
    let mut status = Status::Done;
    for found in chosen(suite, &options.names)? {
        let entry = match scenario_of(&found) {
            Ok(scenario) => entry(suite, scenario, &results),
            Err(error) => Err(NotBundled::Scenario(error)),
        };
        match entry.map_err(CommandError::unless_of_machine) {
            Ok(Some((bundled, set))) => {
                writeln!(
                    console.out,
                    "{}: {}",
                    bundled.name,
                    counted(bundled.files.len() as u64, "file")
                )?;
                sets.insert(bundled.name.clone(), set);
                manifest.scenarios.push(bundled);
            }
            Ok(None) if options.names.is_empty() => {}
            Ok(None) => writeln!(
                console.out,
                "{}: the newest run left no new output for it",
                found.name
            )?,
            Err(why) => {
                let why = why?;
                status = Status::Difference;
                writeln!(console.err, "{} is left out: {why}", found.name)?;
            }
        }
    }
    if manifest.scenarios.is_empty() {
        writeln!(console.out, "nothing to bundle: no run left new outputs")?;
        return Ok(status);
    }
    manifest.scenarios.sort_by(|a, b| a.name.cmp(&b.name));
    let out = &options.out;
    file.write(|sink| {
        crate::bundle::write(sink, &manifest, |scenario, file| {
            let content = sets
                .get(scenario)
                .and_then(|set| set.files().find(|(name, _)| name == file));
            content
                .map(|(_, bytes)| bytes.to_vec())
                .ok_or_else(|| std::io::Error::other(format!("{scenario}/{file} is gone")))
        })
    })?;
    writeln!(
        console.out,
        "wrote {}; to accept it: {} bless --all --from-bundle {} --reason \"…\"",
        out.display(),
        suite.typed(),
        aether_harness::quoted(&out.display().to_string())
    )?;
    Ok(status)
}

/// The results of the newest run.
fn newest(suite: &Suite) -> Result<Vec<TrialResult>, CommandError> {
    let dir = suite.paths().results();
    let shown = suite.paths().display(&dir);
    let runs = Run::all(&dir)?;
    let run = runs.last().ok_or_else(|| {
        CommandError::Usage(format!(
            "{shown}: there are no results yet; run the trials first: {}",
            suite.typed_run()
        ))
    })?;
    let results = run.results()?.into_iter();
    results
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| CommandError::Usage(format!("{shown}: {error}")))
}

/// Why the outputs of a scenario cannot be bundled.
#[derive(Debug, Error)]
enum NotBundled {
    #[error(transparent)]
    Scenario(ScenarioError),
    #[error(
        "its golden check is {0}, and only outputs that differ from sound goldens can be accepted"
    )]
    GoldenCheck(Verdict),
    #[error("its {check} check is {verdict}")]
    OtherCheck { check: Check, verdict: Verdict },
    #[error(transparent)]
    Ending(#[from] UnexpectedEnding),
    #[error(transparent)]
    Program(#[from] RunFailure),
    #[error("its outputs are not at {0}: run the golden check again")]
    NoOutputs(String),
    #[error(transparent)]
    Outputs(ReadError),
    #[error("{}", joined(.0))]
    EditedGoldens(Vec<GoldenProblem>),
    #[error("{path}: {source}")]
    Goldens {
        path: String,
        source: std::io::Error,
    },
}

impl MachineFailure for NotBundled {
    fn is_of_machine(&self) -> bool {
        match self {
            Self::Scenario(error) => error.is_of_machine(),
            Self::Program(failure) => failure.is_of_machine(),
            Self::Outputs(error) => error.is_of_machine(),
            Self::Goldens { source, .. } => source.is_of_machine(),
            Self::GoldenCheck(_)
            | Self::OtherCheck { .. }
            | Self::Ending(_)
            | Self::NoOutputs(_)
            | Self::EditedGoldens(_) => false,
        }
    }
}

/// A run that did not end as its scenario expects.
#[derive(Debug, Error)]
enum UnexpectedEnding {
    #[error("its run failed")]
    Failed,
    #[error("its run was expected to fail, but it succeeded")]
    Succeeded,
}

/// One scenario of a bundle; `None` if its last run left nothing that differs.
fn entry(
    suite: &Suite,
    scenario: &Scenario,
    results: &[TrialResult],
) -> Result<Option<(Bundled, GoldenSet)>, NotBundled> {
    let name = scenario.name();
    let of_scenario = || results.iter().filter(|r| r.scenario == name.as_str());
    let Some(golden) = of_scenario().find(|result| result.check == Check::Golden) else {
        return Ok(None);
    };
    match golden.verdict {
        Verdict::Match => return Ok(None),
        Verdict::MissingGolden | Verdict::StaleInputs | Verdict::Mismatch => {}
        other => return Err(NotBundled::GoldenCheck(other)),
    }
    let mut others = of_scenario().filter(|result| result.check != Check::Golden);
    if let Some(failed) = others.find(|result| !result.verdict.passes()) {
        return Err(NotBundled::OtherCheck {
            check: failed.check.clone(),
            verdict: failed.verdict,
        });
    }
    let left = aether_harness::outputs::load(suite, name).map_err(NotBundled::Outputs)?;
    let set = left
        .ok_or_else(|| NotBundled::NoOutputs(suite.paths().display(&suite.paths().output(name))))?;
    ends_as_expected(scenario, &set)?;
    let dir = suite.paths().snapshot(name);
    let goldens = match snapshot::open(&dir) {
        Ok(Opened::Missing) => String::new(),
        Ok(Opened::Sound(snapshot)) => snapshot.state_hash().to_owned(),
        Ok(Opened::Edited(_, problems)) => return Err(NotBundled::EditedGoldens(problems)),
        Err(source) => {
            let path = suite.paths().display(&dir);
            return Err(NotBundled::Goldens { path, source });
        }
    };
    let program = CheckRun::read(suite, scenario)?.program()?;
    let subject = scenario.subject();
    let files = set.files().map(|(name, content)| {
        let file = BundledFile {
            bytes: content.len() as u64,
            sha256: sha256_hex(content),
        };
        (name, file)
    });
    let bundled = Bundled {
        name: name.to_string(),
        verdict: golden.verdict.name().to_owned(),
        subject: subject.name().to_owned(),
        version: subject.version(),
        snapshot: scenario.snapshot,
        goldens,
        inputs: set.input_digests().clone(),
        program,
        files: files.collect(),
    };
    Ok(Some((bundled, set)))
}

/// A run that should fail has left an error, and no other has.
fn ends_as_expected(scenario: &Scenario, set: &GoldenSet) -> Result<(), UnexpectedEnding> {
    let has_error = set.artefacts().any(|artefact| artefact.name() == ERROR);
    match (scenario.expect, has_error) {
        (Expect::Success, false) | (Expect::Failure, true) => Ok(()),
        (Expect::Success, true) => Err(UnexpectedEnding::Failed),
        (Expect::Failure, false) => Err(UnexpectedEnding::Succeeded),
    }
}

impl From<BundleError> for CommandError {
    fn from(error: BundleError) -> Self {
        Self::input(&error)
    }
}

/// What a bless of a bundle would change: of all that it holds, or of `names`.
pub(super) fn pending(
    suite: &Suite,
    bundle: &Bundle,
    options: &BlessOptions,
    console: &mut Console<'_>,
) -> Result<Vec<Pending>, CommandError> {
    let names = &options.names;
    let held: Vec<&str> = bundle
        .scenarios()
        .iter()
        .map(|held| held.name.as_str())
        .collect();
    for name in names {
        if !held.contains(&name.as_str()) {
            return Err(CommandError::Usage(format!(
                "the bundle does not hold `{name}`; it holds {}",
                held.join(", ")
            )));
        }
    }
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let mut artefacts = bundle.artefacts(wanted)?;
    let mut pending = Vec::new();
    let mut refusals = Vec::new();
    for bundled in bundle.scenarios().iter().filter(|held| wanted(&held.name)) {
        let made = artefacts.remove(&bundled.name).unwrap_or_default();
        match examine(suite, bundled, made, options.exact, console) {
            Ok(Examined::Nothing(why)) => say_nothing(&bundled.name, why.as_ref(), console)?,
            Ok(Examined::Pending(one)) => pending.push(*one),
            Err(refusal) => refusals.push((bundled.name.clone(), refusal)),
        }
    }
    all_or_none(pending, &refusals)
}

/// What accepting one scenario of a bundle would do, and what forbids it.
fn examine(
    suite: &Suite,
    bundled: &Bundled,
    made: Vec<Artefact>,
    exact: bool,
    console: &mut Console<'_>,
) -> Result<Examined, Refusal> {
    let invalid = |problem: String| Refusal::new(Verdict::Invalid, problem);
    let found = suite
        .look_up(&bundled.name)
        .ok_or_else(|| invalid("there is no such scenario here".to_owned()))?;
    let scenario =
        scenario_of(&found).map_err(|error| Refusal::unreadable(&error, error.to_string()))?;
    let subject = scenario.subject();
    if subject.name() != bundled.subject || scenario.snapshot != bundled.snapshot {
        return Err(invalid(format!(
            "the bundle has it from {} with snapshot = \"{}\"; here it is {} with \"{}\"",
            bundled.subject,
            bundled.snapshot.name(),
            subject.name(),
            scenario.snapshot.name()
        )));
    }
    let set = GoldenSet::stored(made).map_err(|error| invalid(error.to_string()))?;
    ends_as_expected(scenario, &set).map_err(|ending| invalid(ending.to_string()))?;
    let resolved = resolve(suite, scenario)
        .map_err(|failure| Refusal::failed(&failure, failure.to_string()))?;
    let other = unlike(set.input_digests(), &resolved.inputs);
    if !other.is_empty() || bundled.inputs != resolved.inputs {
        return Err(Refusal::new(
            Verdict::StaleInputs,
            format!(
                "the bundle was made from inputs that differ from the ones here: {}",
                other.join(", ")
            ),
        ));
    }
    let before = same_goldens(suite, scenario, bundled)?;
    if before
        .as_ref()
        .is_some_and(|before| set.equals(&before.manifest))
    {
        return Ok(Examined::Nothing(None));
    }
    let verdict = match &before {
        None => Verdict::MissingGolden,
        Some(before) if before.manifest.inputs != resolved.inputs => Verdict::StaleInputs,
        Some(_) => Verdict::Mismatch,
    };
    let after = RunOutput {
        set,
        schema: resolved.schema,
        ending: Ending::Expected,
        allowed: resolved.allowed,
        determinism: scenario.determinism,
    };
    let goldens = before
        .as_ref()
        .map(snapshot::Snapshot::artefacts)
        .transpose();
    let goldens = goldens.map_err(|error| Refusal::unreadable(&error, error.to_string()))?;
    let tolerated = goldens.and_then(|goldens| after.tolerated(&goldens));
    if tolerated.is_some() && !exact {
        return Ok(Examined::Nothing(tolerated));
    }
    let made_by = Finding::FromBundle {
        subject: bundled.subject.clone(),
        version: bundled.version.clone(),
    };
    let mut result = CheckResult::new(verdict, made_by).about(before, Some(after));
    result.program = Some(bundled.program.clone());
    if tolerated.is_some() {
        result = without_tolerance(result);
    }
    acceptable(&result)?;
    let evaluation = evaluation(suite, scenario);
    check_others(suite, &evaluation)?;
    unseen(suite, scenario.name(), &result)?;
    report_other_output(&evaluation, &result, console);
    Ok(Examined::Pending(Box::new(Pending {
        scenario: scenario.clone(),
        result,
        version: bundled.version.clone(),
        exact,
        is_from_elsewhere: true,
    })))
}

/// The goldens here, which must be those that the bundle was compared with.
fn same_goldens(
    suite: &Suite,
    scenario: &Scenario,
    bundled: &Bundled,
) -> Result<Option<snapshot::Snapshot>, Refusal> {
    let dir = suite.paths().snapshot(scenario.name());
    let opened = snapshot::open(&dir).map_err(|error| {
        let shown = suite.paths().display(&dir);
        Refusal::unreadable(&error, format!("{shown}: {error}"))
    })?;
    let before = match opened {
        Opened::Missing => None,
        Opened::Sound(snapshot) => Some(snapshot),
        Opened::Edited(_, problems) => {
            return Err(Refusal::new(Verdict::EditedGolden, joined(&problems)));
        }
    };
    let state = before.as_ref().map_or("", |snapshot| snapshot.state_hash());
    if state == bundled.goldens {
        return Ok(before);
    }
    Err(Refusal::new(
        Verdict::Mismatch,
        "the goldens here differ from those that the bundle was compared with: use the same commit for both",
    ))
}

/// A run on this machine that produces something different is reported, but not refused.
fn report_other_output(evaluation: &Evaluation, result: &CheckResult, console: &mut Console<'_>) {
    let here = evaluation.check(&Check::Golden);
    let (Some(here), Some(bundled)) = (&here.after, &result.after) else {
        return;
    };
    let differing = bundled.set.differing(&here.set);
    if !differing.is_empty() {
        // A remark that cannot be printed stops nothing.
        let _ = writeln!(
            console.err,
            "{}: a run on this machine produces {} that differ from the bundle; is the commit the same?",
            evaluation.scenario().name(),
            differing.join(", ")
        );
    }
}

/// The names under which two maps do not hold the same.
fn unlike(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> Vec<String> {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    names
        .into_iter()
        .filter(|name| one.get(*name) != other.get(*name))
        .cloned()
        .collect()
}

/// Problems of goldens, in one line.
fn joined(problems: &[GoldenProblem]) -> String {
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    problems.join("; ")
}
