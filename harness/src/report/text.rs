//! The report for people, as text with styles; whoever prints it strips them if they are not
//! wanted (`anstream` does, and respects `NO_COLOR`).

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::{Report, ScenarioReport};

const HEADING: Style = Style::new().bold();
const CAUSE: Style = AnsiColor::Yellow.on_default();

/// Causes that are listed of a group.
const CAUSES_SHOWN: usize = 8;

impl Report {
    /// Writes the report as text: each scenario that differs with its first divergence, causes and
    /// what followed, then the groups. With `all`, every change and cause is listed.
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
            if scenario.differs() {
                differing += 1;
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
        name, diff, note, ..
    } = scenario;
    let verdict = scenario.verdict_name();
    writeln!(out, "{HEADING}{name}{HEADING:#}: {verdict}")?;
    if let Some(diff) = diff {
        diff.write_text(out, all)?;
    }
    for line in note.iter().flat_map(|note| note.lines()) {
        writeln!(out, "  {line}")?;
    }
    writeln!(out)
}
