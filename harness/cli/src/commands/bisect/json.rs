//! What was found, as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use aether_harness::Change;
use aether_harness::report::Group;
use serde::Serialize;

use super::found::{Findings, Golden, Move, Place};

#[derive(Serialize)]
struct View<'f> {
    good: &'f str,
    bad: &'f str,
    moves: Vec<MoveView<'f>>,
    skipped: Vec<SkippedView<'f>>,
    ranges: Vec<[&'f str; 2]>,
    /// What moved in each range, as in `moves`.
    in_ranges: Vec<MoveView<'f>>,
    unsteady: Vec<UnsteadyView<'f>>,
    runs: usize,
    runs_by_scenario: &'f BTreeMap<String, usize>,
}

#[derive(Serialize)]
struct MoveView<'f> {
    #[serde(flatten)]
    place: &'f Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'f str>,
    scenarios: Vec<&'f str>,
    first_divergence: Option<&'f Change>,
    groups: &'f [Group],
    golden: Option<Golden>,
    goldens: BTreeMap<&'f str, Golden>,
    reason: Option<String>,
    inputs_changed: bool,
    program_changed: bool,
}

#[derive(Serialize)]
struct SkippedView<'f> {
    commit: &'f str,
    why: &'f str,
}

#[derive(Serialize)]
struct UnsteadyView<'f> {
    commit: &'f str,
    scenario: &'f str,
    first_divergence: Option<&'f Change>,
}

impl<'f> MoveView<'f> {
    fn of(one: &'f Move) -> Self {
        let reasons = one.reasons().join("; ");
        Self {
            place: &one.place,
            after: one.is_range.then_some(&*one.after.commit),
            scenarios: one.scenarios(),
            first_divergence: one.first_divergence(),
            groups: &one.report.groups,
            golden: one.golden(),
            goldens: one
                .goldens
                .iter()
                .map(|(name, (golden, _))| (&**name, *golden))
                .collect(),
            reason: (!reasons.is_empty()).then_some(reasons),
            inputs_changed: !one.inputs.is_empty(),
            program_changed: !one.program.is_empty(),
        }
    }
}

pub(super) fn write(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    let (ranges, moves): (Vec<&Move>, Vec<&Move>) =
        findings.moves.iter().partition(|one| one.is_range);
    let unsteady = findings.unsteady.iter().flat_map(|unsteady| {
        unsteady
            .report
            .scenarios
            .iter()
            .map(|scenario| UnsteadyView {
                commit: &unsteady.place.commit,
                scenario: &scenario.name,
                first_divergence: scenario
                    .diff
                    .as_ref()
                    .and_then(|diff| diff.first_divergence.as_ref()),
            })
    });
    let skipped = findings.skipped.iter().map(|(place, why)| SkippedView {
        commit: &place.commit,
        why,
    });
    let view = View {
        good: &findings.good.commit,
        bad: &findings.bad.commit,
        moves: moves.into_iter().map(MoveView::of).collect(),
        skipped: skipped.collect(),
        ranges: ranges
            .iter()
            .map(|one| [&*one.after.commit, &*one.place.commit])
            .collect(),
        in_ranges: ranges.into_iter().map(MoveView::of).collect(),
        unsteady: unsteady.collect(),
        runs: findings.runs.values().sum(),
        runs_by_scenario: &findings.runs,
    };
    aether_json::to_writer_pretty(&mut *out, &view)?;
    out.write_all(b"\n")
}
