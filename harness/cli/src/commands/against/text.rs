//! What was found, for people.

use std::io::{self, Write};

use aether_harness::report::{Group, visible_line};
use aether_harness::{Suite, counted};
use anstyle::{AnsiColor, Style};

use super::AgainstRequest;
use super::found::{Difference, Findings};
use crate::revision::program::shortened;

const HEADING: Style = Style::new().bold();
const CAUSE: Style = AnsiColor::Yellow.on_default();

/// Cases of a group that are shown, and changes of a case; more are counted.
const SHOWN: usize = 3;

pub(super) fn write(
    findings: &Findings,
    suite: &Suite,
    request: &AgainstRequest,
    out: &mut dyn Write,
) -> io::Result<()> {
    for group in &findings.groups {
        let lead = visible_line(&lead(group)).into_owned();
        writeln!(out, "{HEADING}{lead}{HEADING:#}")?;
        let members = findings.members(group);
        for one in members.iter().take(SHOWN) {
            write_case(one, out)?;
        }
        if let Some(more) = members.len().checked_sub(SHOWN).filter(|&more| more > 0) {
            writeln!(out, "  and {}", counted(more as u64, "more case"))?;
        }
        writeln!(out)?;
    }
    let unsteady: Vec<&Difference> = findings
        .differences
        .iter()
        .filter(|one| one.is_unsteady)
        .collect();
    if !unsteady.is_empty() {
        writeln!(out, "{HEADING}two runs of one program differ{HEADING:#}")?;
        for one in unsteady.iter().take(SHOWN) {
            write_case(one, out)?;
        }
        if let Some(more) = unsteady.len().checked_sub(SHOWN).filter(|&more| more > 0) {
            writeln!(out, "  and {}", counted(more as u64, "more case"))?;
        }
        writeln!(out)?;
    }
    if let Some(one) = first(findings) {
        let line = format!(
            "run one again: {} against {} {} --seed {} --case {}",
            suite.typed(),
            request.rev,
            one.scenario,
            findings.seed,
            one.case
        );
        writeln!(out, "{}", visible_line(&line))?;
    }
    writeln!(out, "{}", visible_line(&summary(findings)))
}

/// The smallest case of the largest group.
fn first(findings: &Findings) -> Option<&Difference> {
    let group = findings.groups.first();
    let member = group.and_then(|group| findings.members(group).into_iter().next());
    member.or(findings.differences.first())
}

/// A group in one line.
fn lead(group: &Group) -> String {
    let what = group.what();
    let cases = counted(group.scenarios.len() as u64, "case");
    let places = counted(group.places, "place");
    format!(
        "{} · {} · {what}: {cases}, {places}",
        group.stage, group.pattern
    )
}

fn write_case(one: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let diff = one.report.diff.as_ref();
    let first = diff.and_then(|diff| diff.first_divergence.as_ref());
    let first = first.map_or_else(|| "differs".to_owned(), |first| first.lead());
    let line = format!("{}: {first}", one.report.name);
    writeln!(out, "  {}", visible_line(&line))?;
    if one.is_made_up {
        writeln!(out, "    {CAUSE}inputs that its subject made up{CAUSE:#}")?;
    }
    for change in one.changes.iter().take(SHOWN) {
        writeln!(out, "    {CAUSE}{}{CAUSE:#}", visible_line(change))?;
    }
    if let Some(more) = one
        .changes
        .len()
        .checked_sub(SHOWN)
        .filter(|&more| more > 0)
    {
        let more = counted(more as u64, "more change");
        writeln!(out, "    {CAUSE}and {more} of its inputs{CAUSE:#}")?;
    }
    if let Some(note) = &one.report.note {
        writeln!(out, "    {}", visible_line(&shortened(note)))?;
    }
    Ok(())
}

/// The findings in one line.
fn summary(findings: &Findings) -> String {
    let place = format!("{} {}", findings.rev.short(), findings.rev.subject);
    if findings.ran.iter().all(|ran| ran.has_same_program) {
        return format!("the program is that of {place}: no case can differ");
    }
    let cases = counted(findings.sum(|ran| ran.cases) as u64, "case");
    let scenarios = findings.ran.iter().filter(|ran| !ran.has_same_program);
    let scenarios = counted(scenarios.count() as u64, "scenario");
    let mut line = match findings.sum(|ran| ran.differing) {
        0 => format!("nothing differs from {place} in {cases} of {scenarios}"),
        differing => format!("{differing} of {cases} of {scenarios} differ from {place}"),
    };
    for (count, what) in [
        (findings.sum(|ran| ran.unsteady), "differ from themselves"),
        (findings.sum(|ran| ran.refused), "are refused by both"),
    ] {
        if count > 0 {
            line.push_str(&format!("; {count} {what}"));
        }
    }
    line.push_str(&format!("; seed {}", findings.seed));
    line
}
