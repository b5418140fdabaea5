//! The report for people, as text with styles; whoever prints it strips them if they are not
//! wanted (`anstream` does, and respects `NO_COLOR`).

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::{RawValue, Report, ScenarioReport, visible, visible_line};
use crate::visible::visible_styled;
use crate::{Diff, counted, shortened_pair};

const HEADING: Style = Style::new().bold();
const CAUSE: Style = AnsiColor::Yellow.on_default();

/// Causes that are listed of a group.
const CAUSES_SHOWN: usize = 8;

/// Raw values that are listed of a scenario unless all are asked for.
const RAW_SHOWN: usize = 20;

impl Report {
    /// Writes the report as text: each scenario that differs with its first divergence, causes and
    /// what followed, and each that needed a tolerance; then the groups. With `all`, every change and cause is listed.
    ///
    /// The text holds ANSI styles; print it through `anstream` to have them stripped if they
    /// are not wanted.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_text(&self, out: &mut dyn Write, all: bool) -> io::Result<()> {
        self.write_text_ending(out, all, &self.summary())
    }

    /// The same with another last line, for what is not a comparison with goldens.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_text_ending(
        &self,
        out: &mut dyn Write,
        all: bool,
        last_line: &str,
    ) -> io::Result<()> {
        let mut differing = 0;
        for scenario in &self.scenarios {
            differing += usize::from(scenario.differs());
            if scenario.is_told() {
                write_scenario(out, scenario, all)?;
            }
        }
        if differing > 1 && !self.groups.is_empty() {
            writeln!(out, "{HEADING}similar changes{HEADING:#}")?;
            self.write_groups(out)?;
            writeln!(out)?;
        }
        writeln!(out, "{last_line}")
    }

    /// Writes the groups with their offsets, and the changed inputs that their scenarios share.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_groups(&self, out: &mut dyn Write) -> io::Result<()> {
        for group in &self.groups {
            writeln!(out, "  {}", visible_line(&group.lead()))?;
            for offset in &group.offsets {
                writeln!(out, "    {}", offset.lead())?;
            }
            let causes = self.shared_causes(group);
            for cause in causes.iter().take(CAUSES_SHOWN) {
                let (share, lead) = (cause.share(group), cause.lead());
                let lead = visible_line(&lead);
                writeln!(out, "    {CAUSE}cause in {share}: {lead}{CAUSE:#}")?;
            }
            if let Some(more) = causes.len().checked_sub(CAUSES_SHOWN).filter(|&n| n > 0) {
                let more = counted(more as u64, "more shared cause");
                writeln!(out, "    {CAUSE}and {more}{CAUSE:#}")?;
            }
        }
        Ok(())
    }

    /// Writes one scenario of the report.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_one(&self, out: &mut dyn Write, name: &str, all: bool) -> io::Result<()> {
        match self.scenarios.iter().find(|one| one.name == name) {
            Some(scenario) => write_scenario(out, scenario, all),
            None => Ok(()),
        }
    }
}

fn write_scenario(out: &mut dyn Write, scenario: &ScenarioReport, all: bool) -> io::Result<()> {
    let ScenarioReport {
        name,
        diff,
        raw,
        note,
        ..
    } = scenario;
    let verdict = scenario.verdict_name();
    let name = visible_line(name);
    writeln!(out, "{HEADING}{name}{HEADING:#}: {verdict}")?;
    if let Some(diff) = diff {
        let mut text = Vec::new();
        named_visibly(diff).write_text(&mut text, all)?;
        let text = String::from_utf8_lossy(&text);
        out.write_all(visible_styled(&text).as_bytes())?;
    }
    let shown = if all { usize::MAX } else { RAW_SHOWN };
    for RawValue { path, value } in raw.iter().take(shown) {
        let path = path.to_string();
        let value = shortened_pair(None, Some(value)).1;
        writeln!(out, "  raw: {}: {value}", visible_line(&path))?;
    }
    if let Some(more) = raw.len().checked_sub(shown).filter(|&n| n > 0) {
        writeln!(out, "  and {}", counted(more as u64, "more raw value"))?;
    }
    let note = note.as_deref().map(visible).unwrap_or_default();
    for line in note.lines() {
        writeln!(out, "  {line}")?;
    }
    writeln!(out)
}

/// A diff whose names of stages, artefacts and files stay on their line and hold no style. The paths and
/// values of a diff are JSON, in which line ends and styles are escaped.
fn named_visibly(diff: &Diff) -> Cow<'_, Diff> {
    fn names(diff: &mut Diff) -> impl Iterator<Item = &mut String> {
        let changes = diff.first_divergence.iter_mut().chain(&mut diff.changes);
        changes
            .flat_map(|change| [&mut change.stage, &mut change.artefact])
            .chain(diff.causes.iter_mut().map(|cause| &mut cause.file))
            .chain(diff.followed.iter_mut().map(|followed| &mut followed.stage))
    }
    let changes = diff.first_divergence.iter().chain(&diff.changes);
    let mut all = changes
        .flat_map(|change| [&change.stage, &change.artefact])
        .chain(diff.causes.iter().map(|cause| &cause.file))
        .chain(diff.followed.iter().map(|followed| &followed.stage));
    let is_visible = |name: &String| matches!(visible_line(name), Cow::Borrowed(_));
    if all.all(is_visible) {
        return Cow::Borrowed(diff);
    }
    let mut diff = diff.clone();
    for name in names(&mut diff) {
        *name = visible_line(name).into_owned();
    }
    Cow::Owned(diff)
}
