//! The report as JSON, for programs.

use std::io;

use serde::Serialize;

use super::{Group, Report, ScenarioReport};
use crate::snapshot::ProgramChange;
use crate::{Cause, Change, FollowedByStage, Json, LeftOut, Path};

/// The report as JSON has it.
#[derive(Serialize)]
struct ReportView<'r> {
    equal: bool,
    scenarios: Vec<ScenarioView<'r>>,
    groups: &'r [Group],
}

#[derive(Serialize)]
struct ScenarioView<'r> {
    name: &'r str,
    verdict: &'r str,
    first_divergence: Option<&'r Change>,
    causes: Vec<CauseView<'r>>,
    program: &'r [ProgramChange],
    followed: FollowedByStage<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<&'r [Change]>,
    left_out: &'r [LeftOut],
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'r str>,
}

#[derive(Serialize)]
struct CauseView<'r> {
    file: &'r str,
    path: &'r Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_before: &'r Option<Path>,
    before: &'r Option<Json>,
    after: &'r Option<Json>,
}

impl<'r> CauseView<'r> {
    fn of(cause: &'r Cause) -> Self {
        let Cause {
            file,
            path,
            path_before,
            before,
            after,
            kind: _,
            element: _,
        } = cause;
        Self {
            file,
            path,
            path_before,
            before,
            after,
        }
    }
}

impl Report {
    /// Writes the report as JSON, indented, ending in a line feed:
    ///
    /// ```text
    /// {"equal", "scenarios": [{"name", "verdict",
    ///    "first_divergence": {"tick", "stage", "artefact", "path", "kind", "before", "after"} or null,
    ///    "causes": [{"file", "path", "before", "after"}],
    ///    "program": [{"what", "before", "after"}],
    ///    "followed": {stage: {"values", "ticks"}},
    ///    "changes": [as first_divergence],
    ///    "left_out": [{"path", "reason", "count"}],
    ///    "note"}],
    ///  "groups": [{"stage", "pattern", "kind", "offset", "places", "scenarios", "offsets"}]}
    /// ```
    ///
    /// `changes` is there with `all`, `note` if there is one, `offsets` if a group has
    /// several, `path_before` after the `path` of a member that was renamed, and `size`
    /// (`abs`, `rel`, `ulp`) at the end of the change of a number.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write_json(&self, out: &mut dyn io::Write, all: bool) -> io::Result<()> {
        let view = ReportView {
            equal: self.equal,
            scenarios: self.scenarios.iter().map(|s| view(s, all)).collect(),
            groups: &self.groups,
        };
        aether_json::to_writer_pretty(&mut *out, &view)?;
        out.write_all(b"\n")
    }
}

fn view(scenario: &ScenarioReport, all: bool) -> ScenarioView<'_> {
    let diff = scenario.diff.as_ref();
    ScenarioView {
        name: &scenario.name,
        verdict: scenario.verdict_name(),
        first_divergence: diff.and_then(|diff| diff.first_divergence.as_ref()),
        causes: diff
            .map_or(&[][..], |diff| &diff.causes)
            .iter()
            .map(CauseView::of)
            .collect(),
        program: &scenario.program,
        followed: FollowedByStage(diff.map_or(&[], |diff| &diff.followed)),
        changes: all.then(|| diff.map_or(&[][..], |diff| &diff.changes)),
        left_out: diff.map_or(&[], |diff| &diff.left_out),
        note: scenario.note.as_deref(),
    }
}
