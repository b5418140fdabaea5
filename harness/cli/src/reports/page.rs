//! The merged results as an HTML page.

use std::io::{self, Write};

use aether_harness::{Report, ScenarioReport};

use super::{Entry, Merge};
use crate::html;

/// Writes the page: each trial as the report has a scenario.
pub(crate) fn write(out: &mut dyn Write, merge: &Merge) -> io::Result<()> {
    html::write(&Report::new(merge.entries.iter().map(entry).collect()), out)
}

/// A trial as the report has a scenario.
pub(super) fn entry(entry: &Entry) -> ScenarioReport {
    let (verdict, diff, note) = match &entry.outcome {
        Ok(result) if result.verdict.passes() => {
            let diff = result.report.clone().unwrap_or_default();
            (Some(result.verdict), Some(diff), None)
        }
        Ok(result) => (
            Some(result.verdict),
            result.report.clone(),
            Some(result.message.clone()),
        ),
        Err(absence) => (None, None, Some(absence.text().to_owned())),
    };
    ScenarioReport {
        name: entry.trial.clone(),
        verdict,
        diff,
        raw: Vec::new(),
        note,
    }
}
