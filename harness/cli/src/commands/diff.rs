//! `diff`: compares what runs produce now with the goldens.

use std::path::PathBuf;

use super::rebuild;
use super::render::{ScenarioDiff, render};
use super::shown::Shown;
use super::{CommandError, Console, Status, Worst, chosen, scenario_of};
use crate::destination::Destination;
use aether_harness::evaluate::{CheckResult, Finding, evaluate};
use aether_harness::{Check, Suite, Verdict};

/// How differences are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// RFC 6902 patches by artefact, of one scenario.
    JsonPatch,
    /// One self-contained page.
    Html,
}

/// What to compare, and how to report it.
#[derive(Clone, Debug, Default)]
pub struct DiffRequest {
    /// The scenarios; all if none is listed.
    pub names: Vec<String>,
    /// List every change, not only the first and the counts.
    pub all: bool,
    /// Show the values that differ from run to run, as the run produced them.
    pub raw: bool,
    /// Compare records where goldens are digests, with the old ones made again by the program of the goldens.
    pub rebuild: Option<RebuildOptions>,
    /// How differences are written.
    pub format: Format,
    /// The file to write to, in place of the standard output.
    pub out: Option<PathBuf>,
    /// Replaces a file at `out` that is not known as a report or a bundle.
    pub force: bool,
}

/// How the program of goldens is built.
#[derive(Clone, Debug, Default)]
pub struct RebuildOptions {
    /// The command that builds it, if it is not what the scenarios say.
    pub build: Option<String>,
    /// The test target that holds the scenarios of subjects in Rust.
    pub test: String,
}

/// Compares scenarios with their goldens.
///
/// What was shown is kept, so that a bless can refuse what changed since.
///
/// # Errors
/// There is no such scenario, or something cannot be read or written.
pub fn diff(
    suite: &Suite,
    request: &DiffRequest,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let found = chosen(suite, &request.names)?;
    if request.format == Format::JsonPatch && found.len() != 1 {
        return Err(CommandError::Usage(
            "a JSON Patch covers one scenario: name it".to_owned(),
        ));
    }
    let file = Destination::if_named(suite, request.out.as_deref(), request.force, &[])?;
    let mut worst = Worst::default();
    let mut scenarios = Vec::new();
    for found in found {
        let result = match scenario_of(&found) {
            Ok(scenario) => {
                let result = evaluate(suite, scenario, &Check::Golden);
                if let Some(shown) = Shown::of(&result) {
                    shown.store(suite, scenario.name())?;
                }
                leave(suite, scenario, &result)?;
                result
            }
            Err(error) => CheckResult::new(Verdict::Invalid, Finding::Scenario(error)),
        };
        worst.add_result(&found.name, &result);
        let mut scenario = ScenarioDiff::of(found.name.clone(), &result)?;
        if let (Some(options), Ok(found)) = (&request.rebuild, scenario_of(&found)) {
            scenario = rebuild::with_records(suite, found, &result, scenario, options, console)?;
        }
        let scenario = scenario.with_why(suite, &result);
        scenarios.push(if request.raw {
            scenario.with_raw(&result)
        } else {
            scenario
        });
    }
    if request.names.is_empty() {
        for (name, detail) in orphans(suite)? {
            worst.add(Status::Difference);
            scenarios.push(ScenarioDiff::bare(name, Verdict::Orphan, detail));
        }
    }
    render(request, &scenarios, file.as_ref(), console)?;
    worst.end()
}

fn leave(
    suite: &Suite,
    scenario: &aether_harness::Scenario,
    result: &CheckResult,
) -> Result<(), CommandError> {
    match &result.after {
        Some(output) if !result.verdict.passes() => {
            aether_harness::outputs::leave(suite, scenario.name(), &output.set)?;
        }
        _ => aether_harness::outputs::clear(suite, scenario.name())?,
    }
    Ok(())
}

/// Goldens without a scenario.
pub(super) fn orphans(suite: &Suite) -> Result<Vec<(String, String)>, CommandError> {
    let scenarios = suite.paths().display(&suite.paths().scenarios());
    let found = suite
        .discover()
        .map_err(|error| CommandError::Io(format!("{scenarios}: {error}")))?;
    let names = aether_harness::snapshot::directories(&suite.paths().snapshots())?;
    Ok(names
        .into_iter()
        .filter(|name| !found.iter().any(|found| found.name == *name))
        .map(|name| {
            let detail = format!("scenarios/{name} does not exist");
            (name, detail)
        })
        .collect())
}
