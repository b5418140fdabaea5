//! The merge as one HTML page, through the report's own.

use std::io::{self, Write};

use super::trial::StoredDiff;
use super::{Entry, Merge};
use crate::{Diff, Report, ScenarioReport};

/// Writes the page: each trial as the report has a scenario.
pub(crate) fn write(out: &mut dyn Write, merge: &Merge) -> io::Result<()> {
    Report::new(merge.entries.iter().map(entry).collect()).write_html(out)
}

fn entry(entry: &Entry) -> ScenarioReport {
    let (verdict, diff, note) = match &entry.outcome {
        Ok(result) if result.verdict.passes() => {
            (result.verdict.name(), Some(Diff::default()), None)
        }
        Ok(result) => (
            result.verdict.name(),
            result.report.as_ref().map(StoredDiff::to_diff),
            Some(result.message.clone()),
        ),
        Err(absence) => ("NO_RESULT", None, Some(absence.told().to_owned())),
    };
    ScenarioReport {
        name: entry.trial.clone(),
        verdict: verdict.to_owned(),
        diff,
        note,
    }
}
