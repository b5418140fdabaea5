//! `check`: looks for orphans, edited goldens and wrong layout, without running anything.

use std::path::Path;

use super::{CommandError, Console, Status, scenario_of};
use aether_harness::report::visible;
use aether_harness::scenario::{Found, twins};
use aether_harness::snapshot::{self, GoldenProblem, Opened};
use aether_harness::{Suite, counted};

use crate::date;
use crate::flaky::quarantine::{FILE, Quarantine, QuarantineError};
use crate::flaky::rounds::Workspace;

/// Looks for what is out of order: scenarios that are not valid, goldens without a scenario and the
/// other way round, edited goldens and those not in layout, remains of a killed bless, entries of the quarantine
/// list that do not count, and what the suite's own [checks](Suite::check) find.
///
/// # Errors
/// The scenarios or goldens cannot be read.
pub fn check(suite: &Suite, console: &mut Console<'_>) -> Result<Status, CommandError> {
    let found = super::chosen(suite, &[])?;
    let mut problems = scenarios(&found)?;
    problems.extend(goldens(suite, &found)?);
    problems.extend(quarantine(suite)?);
    for (name, more) in suite.rules() {
        problems.extend(more.into_iter().map(|problem| format!("{name}: {problem}")));
    }
    for problem in &problems {
        writeln!(console.out, "{}", visible(problem))?;
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

fn scenarios(found: &[Found]) -> Result<Vec<String>, CommandError> {
    let mut problems = Vec::new();
    for (one, other) in twins(found.iter().map(|found| found.name.as_str())) {
        problems.push(format!(
            "scenarios: `{one}` and `{other}` differ only in case"
        ));
    }
    for found in found {
        if let Err(error) = scenario_of(found) {
            let error = CommandError::unless_of_machine(error)?;
            problems.push(format!("scenarios: {error}"));
        }
    }
    Ok(problems)
}

fn goldens(suite: &Suite, found: &[Found]) -> Result<Vec<String>, CommandError> {
    let paths = suite.paths();
    let mut problems = Vec::new();
    for found in found {
        let Ok(scenario) = &found.scenario else {
            continue;
        };
        let dir = paths.snapshot(scenario.name());
        match golden_problems(suite, &dir)? {
            Some(found) => problems.extend(found),
            None => problems.push(format!(
                "goldens: {} is missing: {} bless {}",
                paths.display(&dir),
                suite.typed(),
                found.name
            )),
        }
    }
    for name in snapshot::of_tests(&paths.snapshots())? {
        let found = golden_problems(suite, &paths.snapshots().join(name))?;
        problems.extend(found.unwrap_or_default());
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

/// What is wrong with the quarantine list. Its tests are listed only if it has entries: that builds them.
fn quarantine(suite: &Suite) -> Result<Vec<String>, CommandError> {
    let root = suite.paths().root();
    let named = |problems: Vec<String>| -> Vec<String> {
        let problems = problems.into_iter();
        problems
            .map(|problem| format!("quarantine: {problem}"))
            .collect()
    };
    let list = match Quarantine::load(root) {
        Ok(list) => list,
        Err(QuarantineError::Io(error)) => {
            return Err(CommandError::Io(format!(
                "{}: {error}",
                root.join(FILE).display()
            )));
        }
        Err(QuarantineError::Malformed(problems)) => return Ok(named(problems)),
    };
    let mut problems = list.dates(&date::today());
    if !list.is_empty() {
        let arguments = vec!["--workspace".into()];
        match Workspace::around(root, arguments).and_then(|workspace| workspace.tests()) {
            Ok(tests) => problems.extend(list.gone(&tests)),
            Err(CommandError::Usage(why)) => {
                problems.push(format!(
                    "{FILE}: whether its tests exist is not known: {why}"
                ));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(named(problems))
}

/// What is wrong with the goldens in a directory; `None` if there are none.
fn golden_problems(suite: &Suite, dir: &Path) -> Result<Option<Vec<String>>, CommandError> {
    let shown = suite.paths().display(dir);
    let listed = |problems: &[GoldenProblem]| {
        let lines = problems.iter();
        lines
            .map(|problem| format!("goldens: {shown}: {problem}"))
            .collect()
    };
    Ok(match snapshot::open(dir) {
        Err(error) => {
            let error = CommandError::unless_of_machine(error)?;
            Some(vec![format!("goldens: {shown}: {error}")])
        }
        Ok(Opened::Missing) => None,
        Ok(Opened::Edited(_, edits)) => Some(listed(&edits)),
        Ok(Opened::Sound(snapshot)) => Some(listed(&snapshot.layout_problems()?)),
    })
}
