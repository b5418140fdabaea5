//! What was found, as JSON.

use std::io::{self, Write};

use aether_harness::Change;
use aether_harness::report::Group;
use serde::Serialize;

use super::found::{Difference, Findings, Ran};

#[derive(Serialize)]
struct View<'f> {
    rev: &'f str,
    seed: u64,
    /// Cases that were compared.
    cases: usize,
    /// Those of them that differ.
    differing: usize,
    /// As in `diff`, with cases in place of scenarios.
    groups: &'f [Group],
    /// The differing cases that were looked at.
    differences: Vec<DifferenceView<'f>>,
    /// Those that differ from themselves.
    unsteady: Vec<DifferenceView<'f>>,
    scenarios: Vec<ScenarioView<'f>>,
}

#[derive(Serialize)]
struct DifferenceView<'f> {
    name: &'f str,
    scenario: &'f str,
    case: u64,
    first_divergence: Option<&'f Change>,
    changes: &'f [String],
    made_up: bool,
    note: Option<&'f str>,
}

#[derive(Serialize)]
struct ScenarioView<'f> {
    name: &'f str,
    cases: usize,
    differing: usize,
    unsteady: usize,
    refused: usize,
    same_program: bool,
    without_cases: Option<&'f str>,
}

pub(super) fn write(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    let views = |is_unsteady: bool| {
        let differences = findings.differences.iter();
        let wanted = differences.filter(|one| one.is_unsteady == is_unsteady);
        wanted.map(DifferenceView::of).collect()
    };
    let view = View {
        rev: &findings.rev.commit,
        seed: findings.seed,
        cases: findings.sum(|ran| ran.cases),
        differing: findings.sum(|ran| ran.differing),
        groups: &findings.groups,
        differences: views(false),
        unsteady: views(true),
        scenarios: findings.ran.iter().map(ScenarioView::of).collect(),
    };
    aether_json::to_writer_pretty(&mut *out, &view)?;
    out.write_all(b"\n")
}

impl<'f> DifferenceView<'f> {
    fn of(one: &'f Difference) -> Self {
        let diff = one.report.diff.as_ref();
        Self {
            name: &one.report.name,
            scenario: &one.scenario,
            case: one.case,
            first_divergence: diff.and_then(|diff| diff.first_divergence.as_ref()),
            changes: &one.changes,
            made_up: one.is_made_up,
            note: one.report.note.as_deref(),
        }
    }
}

impl<'f> ScenarioView<'f> {
    fn of(ran: &'f Ran) -> Self {
        Self {
            name: &ran.name,
            cases: ran.cases,
            differing: ran.differing,
            unsteady: ran.unsteady,
            refused: ran.refused,
            same_program: ran.has_same_program,
            without_cases: ran.without_cases,
        }
    }
}
