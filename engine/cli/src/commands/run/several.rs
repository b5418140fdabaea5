//! Several runs of one command: each is stored in its own file, and one that fails does not keep the others from
//! running.

use std::collections::BTreeMap;

use aether_json::json;

use super::{Made, Planned, summary, text};
use crate::CommandResult;
use crate::args::RunCommand;
use crate::exit::{Failure, Status};
use crate::json::JsonText;
use crate::output::{Output, failure_json};

/// Runs every target; the exit status is the worst of all. `problems` are those of scenarios that cannot be read.
pub(super) fn run(
    command: &RunCommand,
    targets: &[String],
    problems: &[(Status, String)],
    output: &Output,
) -> CommandResult {
    let mut worst = Status::Done;
    let mut failed = Vec::new();
    let mut results = Vec::new();
    let mut stored = BTreeMap::new();
    for target in targets {
        let status = match one(target, command, &mut stored, output) {
            Ok(made) => {
                let failure = made.failure();
                if output.is_json() {
                    let name = JsonText::from(json!(target));
                    results.push(summary(&made, [("target", name)]));
                } else {
                    let gap = if target == &targets[0] { "" } else { "\n" };
                    output.print(format!("{gap}{}", text(&made)).as_bytes())?;
                    if let Some(failure) = &failure {
                        output.failure(failure);
                    }
                }
                failure.map_or(Status::Done, |failure| failure.status())
            }
            Err(failure) if failure.is_closed_pipe() => return Err(failure),
            Err(failure) => {
                if output.is_json() {
                    let name = JsonText::from(json!(target));
                    results.push(JsonText::with(failure_json(&failure), [("target", name)]));
                } else {
                    output.failure(&failure);
                }
                failure.status()
            }
        };
        if status != Status::Done {
            failed.push(target.as_str());
        }
        worst = worst.max(status);
    }
    if output.is_json() {
        output.json(&results.into_iter().collect())?;
    }
    for (status, problem) in problems {
        output.note(problem);
        worst = worst.max(*status);
    }
    if !failed.is_empty() {
        output.note(&format!(
            "{} of {} failed: {}",
            failed.len(),
            targets.len(),
            failed.join(", ")
        ));
    }
    Ok(worst)
}

/// One of them. `stored` has the targets by the id under which each was stored, in small letters: no run
/// replaces one that the same command made.
fn one(
    target: &str,
    command: &RunCommand,
    stored: &mut BTreeMap<String, String>,
    output: &Output,
) -> Result<Made, Failure> {
    let planned = Planned::load(target, command, output)?;
    let id = planned.run_id.to_ascii_lowercase();
    if let Some(other) = stored.get(&id) {
        return Err(Failure::Input(format!(
            "`{target}` has the run_id `{}`, under which this command stored `{other}`; run it by itself \
             with --run-id",
            planned.run_id
        )));
    }
    stored.insert(id, target.to_owned());
    planned.make(command, output)
}
