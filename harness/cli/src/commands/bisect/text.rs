//! What was found, for people.

use std::io::{self, Write};

use aether_harness::counted;
use aether_harness::report::visible_line;
use anstyle::{AnsiColor, Style};

use super::found::{Findings, Golden, Move, Place};
use crate::revision::program::shortened;

const HEADING: Style = Style::new().bold();
const QUIET: Style = AnsiColor::Yellow.on_default();

/// Scenarios of a group whose first divergence is shown, and files of a commit; more are counted.
const SHOWN: usize = 5;

pub(super) fn write(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    for one in &findings.moves {
        write_move(one, out)?;
    }
    for unsteady in &findings.unsteady {
        writeln!(out, "{HEADING}{}{HEADING:#}", heading(&unsteady.place))?;
        for scenario in &unsteady.report.scenarios {
            let name = visible_line(&scenario.name);
            writeln!(
                out,
                "  {name} differs from itself: two runs of this revision differ"
            )?;
            let first = scenario
                .diff
                .as_ref()
                .and_then(|diff| diff.first_divergence.as_ref());
            if let Some(first) = first {
                writeln!(out, "    {}", visible_line(&first.lead()))?;
            }
        }
        writeln!(out)?;
    }
    for (place, why) in &findings.skipped {
        let why = shortened(why);
        writeln!(out, "skipped {}: {}", place.short(), visible_line(&why))?;
    }
    writeln!(out, "{}", visible_line(&summary(findings)))
}

fn heading(place: &Place) -> String {
    let line = format!("{} {} {}", place.short(), place.date, place.subject);
    visible_line(line.trim_end()).into_owned()
}

fn write_move(one: &Move, out: &mut dyn Write) -> io::Result<()> {
    if one.is_range {
        let heading = format!(
            "after {} up to {}",
            heading(&one.after),
            heading(&one.place)
        );
        writeln!(out, "{HEADING}{heading}{HEADING:#}")?;
        writeln!(
            out,
            "  the commits between cannot be built: one or more of them moved the outputs"
        )?;
    } else {
        writeln!(out, "{HEADING}{}{HEADING:#}", heading(&one.place))?;
    }
    for line in golden_lines(one) {
        writeln!(out, "  {}", visible_line(&line))?;
    }
    for line in file_lines(one) {
        writeln!(out, "  {QUIET}{}{QUIET:#}", visible_line(&line))?;
    }
    for group in &one.report.groups {
        writeln!(out, "  {}", visible_line(&group.lead()))?;
        for name in group.scenarios.iter().take(SHOWN) {
            let mut scenarios = one.report.scenarios.iter();
            let scenario = scenarios.find(|scenario| scenario.name == *name);
            let diff = scenario.and_then(|scenario| scenario.diff.as_ref());
            if let Some(first) = diff.and_then(|diff| diff.first_divergence.as_ref()) {
                let line = format!("{name}: {}", first.lead());
                writeln!(out, "    {}", visible_line(&line))?;
            }
        }
        if let Some(more) = group
            .scenarios
            .len()
            .checked_sub(SHOWN)
            .filter(|&more| more > 0)
        {
            writeln!(out, "    and {}", counted(more as u64, "more scenario"))?;
        }
    }
    for scenario in &one.report.scenarios {
        if let Some(note) = &scenario.note {
            let line = format!("{}: {}", scenario.name, shortened(note));
            writeln!(out, "  {}", visible_line(&line))?;
        }
    }
    writeln!(out)
}

/// What became of the goldens, in lines.
pub(crate) fn golden_lines(one: &Move) -> Vec<String> {
    let mut lines = Vec::new();
    for reason in one.reasons() {
        lines.push(format!("blessed: {reason}"));
    }
    let blessed = one
        .goldens
        .values()
        .filter(|(golden, _)| *golden == Golden::Blessed);
    if blessed.clone().count() > 0 && one.reasons().is_empty() {
        lines.push("blessed, without a reason that can be read".to_owned());
    }
    let silent = one
        .goldens
        .iter()
        .filter(|(_, (golden, _))| *golden == Golden::Silent);
    let silent: Vec<&str> = silent.map(|(name, _)| name.as_str()).collect();
    if !silent.is_empty() {
        lines.push(format!(
            "silent: the goldens of {} did not move",
            listed(&silent)
        ));
    }
    let without: Vec<&str> = one
        .scenarios()
        .into_iter()
        .filter(|name| !one.goldens.contains_key(*name))
        .collect();
    if !without.is_empty() {
        lines.push(format!("without goldens: {}", listed(&without)));
    }
    lines
}

/// What the commit changed, in lines.
pub(crate) fn file_lines(one: &Move) -> Vec<String> {
    let line = |what: &str, files: &[String]| {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        (!files.is_empty()).then(|| format!("changed {what}: {}", listed(&files)))
    };
    [
        line("the program", &one.program),
        line("inputs", &one.inputs),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The first names of a list, and how many more there are.
fn listed(names: &[&str]) -> String {
    let mut text = names[..names.len().min(SHOWN)].join(", ");
    if let Some(more) = names.len().checked_sub(SHOWN).filter(|&more| more > 0) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// The findings in one line.
pub(crate) fn summary(findings: &Findings) -> String {
    let ranges = findings.moves.iter().filter(|one| one.is_range).count();
    let moves = findings.moves.len() - ranges;
    let commits = counted(findings.rows.len() as u64, "commit");
    let mut what = match (moves, ranges) {
        (0, 0) => "nothing moved".to_owned(),
        (moves, 0) => counted(moves as u64, "move"),
        (0, ranges) => counted(ranges as u64, "range"),
        (moves, ranges) => format!(
            "{} and {}",
            counted(moves as u64, "move"),
            counted(ranges as u64, "range")
        ),
    };
    if !findings.unsteady.is_empty() {
        let unsteady = counted(findings.unsteady.len() as u64, "revision");
        what.push_str(&format!("; {unsteady} differ from themselves"));
    }
    let runs: usize = findings.runs.values().sum();
    format!(
        "{what} in {commits} after {} up to {}: {}",
        findings.good.short(),
        findings.bad.short(),
        counted(runs as u64, "run")
    )
}
