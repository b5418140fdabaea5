//! `aether diff`: compares two stored runs with the comparison of the harness.
//!
//! Records are read as the comparison needs them, and only those whose stored hashes differ.

mod stream;
#[cfg(test)]
mod tests;

use aether_engine::config::Names;
use aether_engine::record::{FromText as _, RecordKind};
use aether_engine::store::StoredRun;
use aether_harness::{
    Artefact, Diff, DiffOptions, Listed, RecordStream, Report, ScenarioReport, Verdict,
    diff_streams,
};

use crate::CommandResult;
use crate::args::DiffCommand;
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::progress::Progress;
use crate::registry;

use stream::Stream;

pub(crate) fn diff(command: &DiffCommand, output: &Output) -> CommandResult {
    let before = registry::open_run(&command.runs, &command.before)?;
    let after = registry::open_run(&command.runs, &command.after)?;
    let progress = Progress::spinner("comparing");
    // Only a list of all changes shows their values.
    let listed = if command.all {
        Listed::Values
    } else {
        Listed::ShortValues
    };
    let mut difference = compare(&before, &after, &DiffOptions::default(), listed)?;
    if difference.first_divergence.is_some() {
        let names = [before.names()?, after.names()?];
        difference.name_elements(&|noun, number| name_of(&names, noun, number));
    }
    drop(progress);
    let equal = difference.is_equal();
    let report = Report::new(vec![ScenarioReport {
        name: format!("{} → {}", command.before, command.after),
        verdict: Some(if equal {
            Verdict::Match
        } else {
            Verdict::Mismatch
        }),
        diff: Some(difference),
        program: Vec::new(),
        raw: Vec::new(),
        note: None,
    }]);
    let mut printed = Vec::new();
    if output.is_json() {
        report.write_json(&mut printed, command.all)?;
    } else {
        let last_line = if equal {
            "nothing differs"
        } else {
            "the runs differ"
        };
        report.write_text_ending(&mut printed, command.all, last_line)?;
    }
    output.print(&printed)?;
    Ok(if equal {
        Status::Done
    } else {
        Status::Difference
    })
}

/// The path of the first value that differs; `None` if nothing does.
pub(super) fn first_divergence(
    before: &StoredRun,
    after: &StoredRun,
) -> Result<Option<String>, Failure> {
    let diff = compare(before, after, &DiffOptions::default(), Listed::ShortValues)?;
    Ok(diff.first_divergence.map(|first| first.path.to_string()))
}

fn compare(
    before: &StoredRun,
    after: &StoredRun,
    options: &DiffOptions,
    listed: Listed,
) -> Result<Diff, Failure> {
    let schema = aether_subject::schema_of(&after.plan()?);
    let same_inputs = before.has_inputs_of(after);
    let streams = RecordKind::ALL.into_iter().map(|kind| {
        let stream = Stream::new(kind, before, after);
        Box::new(stream) as Box<dyn RecordStream<Error = Failure>>
    });
    diff_streams(
        &documents(before, same_inputs)?,
        &documents(after, same_inputs)?,
        streams.collect(),
        &schema,
        options,
        listed,
    )
}

/// The name of a node or edge, if both runs give it this name or only one gives it any.
fn name_of(runs: &[Names; 2], noun: &str, number: u64) -> Option<String> {
    let [before, after] = match noun {
        "node" => runs.each_ref().map(|names| names.node(number)),
        "edge" => runs.each_ref().map(|names| names.edge(number)),
        _ => return None,
    };
    match (before, after) {
        (Some(before), Some(after)) if before != after => None,
        (before, after) => before.or(after).map(str::to_owned),
    }
}

/// The artefacts that are documents. Inputs that are the same are left out, since they are no
/// cause.
fn documents(run: &StoredRun, same_inputs: bool) -> Result<Vec<Artefact>, Failure> {
    let document = |name: &str, text: String| {
        Artefact::from_json(name, text.as_bytes())
            .map_err(|error| Failure::Damaged(error.to_string()))
    };
    let mut documents = vec![document("metrics", run.metrics()?.to_text())?];
    if !same_inputs {
        documents.push(document("inputs", run.documents()?.to_json())?);
    }
    Ok(documents)
}
