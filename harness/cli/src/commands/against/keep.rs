//! Makes scenarios of cases that differ: one of each group.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aether_harness::evaluate::CheckRun;
use aether_harness::scenario::{SCENARIO_FILE, SnapshotMode};
use aether_harness::{Artefact, Check, FileRole, Suite};

use super::AgainstRequest;
use super::both::case;
use super::found::{Difference, Findings};
use crate::commands::{CommandError, Console, chosen, new, scenario_of};
use crate::variants::Variants;

/// Makes a scenario of the smallest case of each group.
///
/// # Errors
/// A name is taken, or what was made is not valid.
pub(super) fn keep(
    suite: &Suite,
    request: &AgainstRequest,
    findings: &Findings,
    name: Option<&str>,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let mut taken = BTreeSet::new();
    for group in &findings.groups {
        let members = findings.members(group);
        let Some(one) = members.into_iter().find(|one| one.case > 0) else {
            let line = "only scenarios themselves differ; no scenario is made of them";
            writeln!(console.err, "{} · {}: {line}", group.stage, group.pattern)?;
            continue;
        };
        let base = name.map_or_else(
            || format!("{}-case-{}", one.scenario, one.case),
            str::to_owned,
        );
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let name = std::iter::once(base.clone())
            .chain(numbered)
            .find(|name| taken.insert(name.clone()))
            .expect("there are enough numbers");
        let files = files(suite, request, findings, one)?;
        let dir = new::create(suite, &name, &files)?;
        writeln!(
            console.err,
            "kept {} as {}",
            one.report.name,
            suite.paths().display(&dir)
        )?;
    }
    Ok(())
}

/// The files of a scenario that is a case.
fn files(
    suite: &Suite,
    request: &AgainstRequest,
    findings: &Findings,
    one: &Difference,
) -> Result<Vec<(PathBuf, Vec<u8>)>, CommandError> {
    let failed = |error: &dyn std::fmt::Display| CommandError::Io(error.to_string());
    let found = chosen(suite, std::slice::from_ref(&one.scenario))?.remove(0);
    let scenario = scenario_of(&found).map_err(|error| failed(&error))?;
    let run = CheckRun::open(suite, scenario, &Check::Golden).map_err(|error| failed(&error))?;
    let variants = Variants::of(scenario, run.prepared(), request.seed);
    let variant = variants
        .case(one.case)
        .expect("a case that was run can be made again");
    let inputs = reduced(variant.inputs);
    let case = case(&run, scenario, &inputs, SnapshotMode::Full)?.map_err(CommandError::Io)?;
    let mut files = code(suite, &run)?;
    files.extend(case.files);
    let first = one.report.diff.as_ref();
    let first = first.and_then(|diff| diff.first_divergence.as_ref());
    let first = first.map_or_else(String::new, |first| format!(": {}", first.lead()));
    let description = format!(
        "Case {} of {} (seed {}) differs from {}{first}",
        one.case,
        one.scenario,
        findings.seed,
        findings.rev.short(),
    );
    let mut settings: toml::Table = case.settings.parse().map_err(|error| failed(&error))?;
    settings.insert("description".to_owned(), description.into());
    let settings = toml::to_string(&settings).map_err(|error| failed(&error))?;
    files.push((PathBuf::from(SCENARIO_FILE), settings.into_bytes()));
    Ok(files)
}

/// The inputs that are kept of a case: its own. This is the place to make them smaller.
fn reduced(inputs: Artefact) -> Artefact {
    inputs
}

/// The files in the directory of the scenario that are code.
fn code(suite: &Suite, run: &CheckRun<'_>) -> Result<Vec<(PathBuf, Vec<u8>)>, CommandError> {
    let dir = run.scenario().dir();
    let files = run.prepared().files().into_iter();
    let code = files
        .filter(|file| file.role == FileRole::Code)
        .filter_map(|file| {
            let path = suite.paths().root().join(Path::new(&file.path));
            let inside = path.strip_prefix(dir).ok()?.to_owned();
            Some((inside, path))
        });
    code.map(|(inside, path)| Ok((inside, fs::read(path)?)))
        .collect()
}
