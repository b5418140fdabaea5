//! The report for people, as text with styles; whoever prints it strips them where they are not
//! wanted (`anstream` does, and respects `NO_COLOR`).

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use similar::TextDiff;

use super::{Report, ScenarioReport};
use crate::diff::shortened_pair;
use crate::{Cause, Change, ChangeKind, Diff, Json, LeftOut, LeftOutReason};

const HEADING: Style = Style::new().bold();
const OLD: Style = AnsiColor::Red.on_default();
const NEW: Style = AnsiColor::Green.on_default();
const CAUSE: Style = AnsiColor::Yellow.on_default();
const ASIDE: Style = Style::new().dimmed();

/// Causes that are told without being asked for all.
const CAUSES_SHOWN: usize = 8;

/// Lines of a text that changed in some of its lines, shown around each change.
const CONTEXT_LINES: usize = 2;

impl Report {
    /// Writes the report as text: each scenario that differs with its first divergence, causes and
    /// what followed, then the groups. With `all`, every change and cause is listed.
    ///
    /// The text holds ANSI styles; print it through `anstream` to have them stripped where they
    /// are not wanted.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write_text(&self, out: &mut dyn Write, all: bool) -> io::Result<()> {
        let mut differing = 0;
        for scenario in &self.scenarios {
            if scenario.differs() {
                differing += 1;
                write_scenario(out, scenario, all)?;
            }
        }
        if differing > 1 && !self.groups.is_empty() {
            writeln!(out, "{HEADING}like changes{HEADING:#}")?;
            self.write_groups(out)?;
            writeln!(out)?;
        }
        writeln!(out, "{}", self.summary())
    }

    /// The groups with their offsets, and the changed inputs that their scenarios share.
    pub(crate) fn write_groups(&self, out: &mut dyn Write) -> io::Result<()> {
        for group in &self.groups {
            writeln!(out, "  {}", group.lead())?;
            for offset in &group.offsets {
                writeln!(out, "    {}", offset.lead())?;
            }
            for (cause, scenarios) in self.shared_causes(group).iter().take(CAUSES_SHOWN) {
                let all = group.scenarios.len();
                let of = if *scenarios == all {
                    format!("all {all}")
                } else {
                    format!("{scenarios} of {all}")
                };
                let lead = cause.lead();
                writeln!(out, "    {CAUSE}cause in {of}: {lead}{CAUSE:#}")?;
            }
        }
        Ok(())
    }

    /// One scenario of the report, with what follows its name in the whole.
    pub(crate) fn write_one(&self, out: &mut dyn Write, name: &str, all: bool) -> io::Result<()> {
        match self.scenarios.iter().find(|one| one.name == name) {
            Some(scenario) => write_scenario(out, scenario, all),
            None => Ok(()),
        }
    }
}

fn write_scenario(out: &mut dyn Write, scenario: &ScenarioReport, all: bool) -> io::Result<()> {
    let ScenarioReport {
        name,
        verdict,
        diff,
        note,
    } = scenario;
    writeln!(out, "{HEADING}{name}{HEADING:#}: {verdict}")?;
    if let Some(diff) = diff {
        write_diff(out, diff, all)?;
    }
    for line in note.iter().flat_map(|note| note.lines()) {
        writeln!(out, "  {line}")?;
    }
    writeln!(out)
}

fn write_diff(out: &mut dyn Write, diff: &Diff, all: bool) -> io::Result<()> {
    if let Some(first) = &diff.first_divergence {
        write!(out, "  {HEADING}")?;
        write_change(out, first)?;
        writeln!(out, "    {ASIDE}at {}{ASIDE:#}", first.path)?;
        write_lines(out, first)?;
    }
    let shown = if all { usize::MAX } else { CAUSES_SHOWN };
    for cause in diff.causes.iter().take(shown) {
        write_cause(out, cause)?;
    }
    if let Some(more) = diff.causes.len().checked_sub(shown).filter(|&n| n > 0) {
        writeln!(out, "  {ASIDE}and {more} more changed inputs{ASIDE:#}")?;
    }
    for followed in &diff.followed {
        let (stage, values) = (&followed.stage, followed.values - followed.hashes);
        write!(out, "  then {stage}")?;
        if followed.ticks > 0 {
            write!(out, " {}", count(followed.ticks, "tick"))?;
        }
        write!(out, ": {}", count(values, "value"))?;
        if followed.hashes > 0 {
            let plural = if followed.hashes == 1 { "" } else { "es" };
            write!(out, ", {} hash{plural}", followed.hashes)?;
        }
        writeln!(out)?;
    }
    if all && diff.changes.len() > 1 {
        writeln!(out, "  {ASIDE}all changes{ASIDE:#}")?;
        for change in &diff.changes {
            write!(out, "    ")?;
            if let Some(tick) = change.tick {
                write!(out, "tick {tick} · ")?;
            }
            write!(out, "{}", change.path)?;
            write_what(out, change.kind, &change.before, &change.after)?;
            write_lines(out, change)?;
        }
    }
    // Where nothing is listed, nothing is missing from the list.
    let told = |left_out: &&LeftOut| all || left_out.reason != LeftOutReason::Entries;
    for left_out in diff.left_out.iter().filter(told) {
        writeln!(out, "  {ASIDE}{}{ASIDE:#}", left_out.lead())?;
    }
    Ok(())
}

/// The line of a change, its heading closed before the values.
fn write_change(out: &mut dyn Write, change: &Change) -> io::Result<()> {
    write!(out, "{}{HEADING:#}", change.heading())?;
    write_what(out, change.kind, &change.before, &change.after)
}

fn write_cause(out: &mut dyn Write, cause: &Cause) -> io::Result<()> {
    let path = cause.path.to_string();
    let gap = if path.is_empty() { "" } else { " " };
    write!(out, "  {CAUSE}cause: {}{gap}{path}{CAUSE:#}", cause.file)?;
    write_what(out, cause.kind, &cause.before, &cause.after)
}

fn write_what(
    out: &mut dyn Write,
    kind: ChangeKind,
    before: &Option<Json>,
    after: &Option<Json>,
) -> io::Result<()> {
    let (old, new) = shortened_pair(before.as_ref(), after.as_ref());
    match kind {
        ChangeKind::Changed => writeln!(out, ": {OLD}{old}{OLD:#} → {NEW}{new}{NEW:#}"),
        ChangeKind::Moved => writeln!(
            out,
            " moved: position {OLD}{old}{OLD:#} → {NEW}{new}{NEW:#}"
        ),
        ChangeKind::Added if after.is_none() => writeln!(out, " {NEW}added{NEW:#}"),
        ChangeKind::Added => writeln!(out, " added: {NEW}{new}{NEW:#}"),
        ChangeKind::Removed if before.is_none() => writeln!(out, " {OLD}removed{OLD:#}"),
        ChangeKind::Removed => writeln!(out, " removed: {OLD}{old}{OLD:#}"),
    }
}

/// The changed lines of a text of several lines.
fn write_lines(out: &mut dyn Write, change: &Change) -> io::Result<()> {
    let text = |value: &Option<Json>| {
        let text: String = serde_json::from_str(value.as_ref()?.as_str()).ok()?;
        Some(text)
    };
    let (Some(old), Some(new)) = (text(&change.before), text(&change.after)) else {
        return Ok(());
    };
    if !old.contains('\n') && !new.contains('\n') {
        return Ok(());
    }
    let lines = TextDiff::from_lines(&old, &new);
    for hunk in lines
        .unified_diff()
        .context_radius(CONTEXT_LINES)
        .iter_hunks()
    {
        writeln!(out, "      {ASIDE}{}{ASIDE:#}", hunk.header())?;
        for line in hunk.iter_changes() {
            let (sign, style) = match line.tag() {
                similar::ChangeTag::Delete => ('-', OLD),
                similar::ChangeTag::Insert => ('+', NEW),
                similar::ChangeTag::Equal => (' ', Style::new()),
            };
            let text = line.value().trim_end_matches(['\r', '\n']);
            writeln!(out, "      {style}{sign}{text}{style:#}")?;
        }
    }
    Ok(())
}

impl LeftOut {
    /// What was left out in one line: `990 changes from ledgers[tick=9].sum on are counted, not listed`.
    pub fn lead(&self) -> String {
        let (path, count) = (&self.path, self.count);
        match self.reason {
            LeftOutReason::Entries => {
                format!("{count} changes from {path} on are counted, not listed")
            }
            LeftOutReason::Time => format!(
                "out of time: {count} places that differ, from {path} on, are neither listed nor \
                 counted in detail"
            ),
            LeftOutReason::DuplicateIdentity => format!(
                "{path}: {count} elements share an identity with another; matched by value, then \
                 in order"
            ),
            LeftOutReason::MissingIdentity => format!(
                "{path}: {count} elements lack a field of their identity; matched by value, then \
                 in order"
            ),
            LeftOutReason::NotInLayout => {
                format!("{path}: not in golden layout; compared as text")
            }
        }
    }
}

/// A number of things, `1 tick` or `2 ticks`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
