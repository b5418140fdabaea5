//! The report as JSON, for programs.

use std::io;

use serde::Serialize;

use super::{Group, RawValue, Report, ScenarioReport};
use crate::{BytesDifference, Cause, Change, FollowedByStage, Json, LeftOut, Path, Sizes};

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
    followed: FollowedByStage<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<&'r [Change]>,
    left_out: &'r [LeftOut],
    tolerance: Option<ToleranceView<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sizes: Option<&'r Sizes>,
    #[serde(skip_serializing_if = "is_empty")]
    bytes: &'r [BytesDifference],
    #[serde(skip_serializing_if = "is_empty")]
    raw: &'r [RawValue],
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'r str>,
}

/// The numbers that are within their tolerances.
#[derive(Serialize)]
struct ToleranceView<'r> {
    values: u64,
    largest: &'r Json,
    at: &'r Path,
    reasons: &'r [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    sizes: Option<&'r Sizes>,
}

fn is_empty<T>(list: &&[T]) -> bool {
    list.is_empty()
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
    ///    "followed": {stage: {"values", "ticks"}},
    ///    "changes": [as first_divergence],
    ///    "left_out": [{"path", "reason", "count"}],
    ///    "tolerance": {"values", "largest", "at", "reasons", "sizes"} or null,
    ///    "sizes": {"values", "abs", "rel", "ulp", "grows_from"},
    ///    "bytes": [{"artefact", "offset", "from", "before", "after"}],
    ///    "raw": [{"path", "value"}],
    ///    "note"}],
    ///  "groups": [{"stage", "pattern", "kind", "offset", "places", "scenarios", "offsets"}]}
    /// ```
    ///
    /// `changes` is there with `all`; `sizes` if numbers moved, `bytes` if the bytes of outputs that are no
    /// documents differ, `raw` if raw values are asked for, `note` if there is one; `offsets` if a group has
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
        followed: FollowedByStage(diff.map_or(&[], |diff| &diff.followed)),
        changes: all.then(|| diff.map_or(&[][..], |diff| &diff.changes)),
        left_out: diff.map_or(&[], |diff| &diff.left_out),
        tolerance: scenario.tolerated().map(|tolerated| ToleranceView {
            values: tolerated.values,
            largest: &tolerated.largest,
            at: &tolerated.at,
            reasons: &tolerated.reasons,
            sizes: tolerated.sizes.as_ref(),
        }),
        sizes: diff.and_then(|diff| diff.sizes.as_ref()),
        bytes: diff.map_or(&[], |diff| &diff.bytes),
        raw: &scenario.raw,
        note: scenario.note.as_deref(),
    }
}
