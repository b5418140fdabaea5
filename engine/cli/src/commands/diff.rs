//! `aether diff`: compares two stored runs with the comparison of the harness.

use aether_engine::record::{FromText as _, RecordKind};
use aether_engine::store::StoredRun;
use aether_harness::{Artefact, DiffOptions, Report, ScenarioReport, Verdict, diff as compare};

use crate::CommandResult;
use crate::args::DiffCommand;
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::progress::Progress;
use crate::registry;

pub(crate) fn diff(command: &DiffCommand, output: &Output) -> CommandResult {
    let before = registry::open_run(&command.runs, &command.before)?;
    let after = registry::open_run(&command.runs, &command.after)?;
    let progress = Progress::spinner("comparing");
    let schema = aether_subject::schema_of(&after.plan()?);
    let difference = compare(
        &artefacts(&before)?,
        &artefacts(&after)?,
        &schema,
        &DiffOptions::default(),
    );
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
        report.write_text(&mut printed, command.all)?;
    }
    output.print(&printed)?;
    Ok(if equal {
        Status::Done
    } else {
        Status::Difference
    })
}

fn artefacts(run: &StoredRun) -> Result<Vec<Artefact>, Failure> {
    let document = |name: &str, text: String| {
        Artefact::from_json(name, text.as_bytes())
            .map_err(|error| Failure::Damaged(error.to_string()))
    };
    let mut artefacts = vec![document("inputs", run.documents()?.to_json())?];
    for kind in RecordKind::ALL {
        let texts: Result<Vec<_>, _> = run
            .records(kind)
            .map(|record| record.map(|record| record.text))
            .collect();
        artefacts.push(Artefact::from_canonical_records(kind.name(), texts?));
    }
    artefacts.push(document("metrics", run.metrics()?.to_text())?);
    Ok(artefacts)
}
