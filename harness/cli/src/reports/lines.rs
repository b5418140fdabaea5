//! One JSON object per line and trial, for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::Merge;

/// The line of a trial without a result.
#[derive(Serialize)]
struct AbsentView<'e> {
    v: u32,
    trial: &'e str,
    scenario: &'e str,
    check: &'e str,
    verdict: Option<&'e str>,
    absent: &'e str,
}

/// Writes each trial as it was stored, by name; a trial without a result has a `verdict` of `null`,
/// and why in `absent`.
pub(crate) fn write(out: &mut dyn Write, merge: &Merge) -> io::Result<()> {
    for entry in &merge.entries {
        match &entry.outcome {
            Ok(result) => aether_json::to_writer(&mut *out, result)?,
            Err(absence) => aether_json::to_writer(
                &mut *out,
                &AbsentView {
                    v: 1,
                    trial: &entry.trial,
                    scenario: &entry.scenario,
                    check: entry.check.name(),
                    verdict: None,
                    absent: absence.name(),
                },
            )?,
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}
