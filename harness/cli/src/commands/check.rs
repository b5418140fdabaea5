//! `check`: looks for orphans, edited goldens and wrong layout, without running anything.

use super::{CommandError, Console, Status};
use aether_harness::scenario::{Found, twins};
use aether_harness::snapshot::{self, Opened};
use aether_harness::{Suite, counted};

/// Looks for what is out of order: scenarios that are not valid, goldens without a scenario and the
/// other way round, edited goldens and those not in layout, remains of a killed bless, and what the
/// suite's own [checks](Suite::check) find.
///
/// # Errors
/// The scenarios or goldens cannot be read.
pub fn check(suite: &Suite, console: &mut Console<'_>) -> Result<Status, CommandError> {
    let found = super::chosen(suite, &[])?;
    let mut problems = scenarios(&found);
    problems.extend(goldens(suite, &found)?);
    for (name, more) in suite.rules() {
        problems.extend(more.into_iter().map(|problem| format!("{name}: {problem}")));
    }
    for problem in &problems {
        writeln!(console.out, "{problem}")?;
    }
    if problems.is_empty() {
        writeln!(
            console.out,
            "{} in order",
            match found.len() {
                1 => "1 scenario and its goldens are".to_owned(),
                many => format!("{many} scenarios and their goldens are"),
            }
        )?;
        return Ok(Status::Done);
    }
    writeln!(console.out, "{}", counted(problems.len() as u64, "problem"))?;
    Ok(Status::Difference)
}

fn scenarios(found: &[Found]) -> Vec<String> {
    let mut problems = Vec::new();
    for (one, other) in twins(found.iter().map(|found| found.name.as_str())) {
        problems.push(format!(
            "scenarios: `{one}` and `{other}` differ only in case"
        ));
    }
    for found in found {
        if let Err(error) = &found.scenario {
            problems.push(format!("scenarios: {error}"));
        }
    }
    problems
}

fn goldens(suite: &Suite, found: &[Found]) -> Result<Vec<String>, CommandError> {
    let paths = suite.paths();
    let mut problems = Vec::new();
    for found in found {
        let Ok(scenario) = &found.scenario else {
            continue;
        };
        let dir = paths.snapshot(scenario.name());
        let shown = paths.display(&dir);
        let opened = match snapshot::open(&dir) {
            Ok(opened) => opened,
            Err(error) => {
                problems.push(format!("goldens: {shown}: {error}"));
                continue;
            }
        };
        match opened {
            Opened::Missing => problems.push(format!(
                "goldens: {shown} is missing: {} bless {}",
                suite.typed(),
                found.name
            )),
            Opened::Edited(_, edits) => {
                problems.extend(edits.iter().map(|edit| format!("goldens: {shown}: {edit}")));
            }
            Opened::Sound(snapshot) => {
                let layout = snapshot.layout_problems()?;
                problems.extend(
                    layout
                        .iter()
                        .map(|fault| format!("goldens: {shown}: {fault}")),
                );
            }
        }
    }
    for name in snapshot::directories(&paths.snapshots())? {
        if !found.iter().any(|found| found.name == name) {
            let shown = paths.display(&paths.snapshots().join(name));
            problems.push(format!(
                "goldens: {shown} has no scenario: {} rm -r {shown}",
                suite.typed_git()
            ));
        }
    }
    for name in snapshot::remains(&paths.snapshots())? {
        problems.push(format!(
            "goldens: {} was left by a bless that was killed; the next bless repairs it",
            paths.display(&paths.snapshots().join(name))
        ));
    }
    Ok(problems)
}
