//! What was found, for people.

use std::io::{self, Write};
use std::path::Path;

use aether_harness::report::{visible, visible_line};
use aether_harness::{Check, Diff, Suite, Verdict, counted};

use super::{Report, shown_size};
use crate::shrink::Smallest;
use crate::shrink::reduce::End;

/// Files are shown up to this size, all together.
const SHOWN_BYTES: usize = 4 << 10;

pub(super) fn write(suite: &Suite, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Smallest {
        fault,
        before,
        after,
        end,
        candidates_max,
        files,
        ..
    } = &report.found;
    let name = &report.name;
    let check = match &fault.check {
        Check::Golden => name.to_string(),
        other => format!("{name}::{other}"),
    };
    write!(out, "{} {check}", fault.verdict)?;
    match &fault.first {
        None if fault.verdict == Verdict::Match => {
            writeln!(
                out,
                ": it fails as it is expected to\n  {}",
                visible(&fault.message)
            )?;
        }
        None => writeln!(out, ": {}", visible(&fault.message))?,
        Some(first) => {
            writeln!(out)?;
            let diff = Diff {
                first_divergence: Some(first.clone()),
                ..Diff::default()
            };
            diff.write_plain(out, false)?;
        }
    }
    let minimal = match end {
        End::Minimal => "no single step makes it smaller".to_owned(),
        End::OutOfBudget => format!(
            "not the smallest: the budget{} ended before every step was tried",
            report.budget.map_or_else(String::new, |budget| format!(
                " of {}",
                humantime::format_duration(budget)
            ))
        ),
        End::AtLimit => format!(
            "perhaps not the smallest: the search ended after {}, before every step was tried \
             (`--candidates` changes the limit)",
            counted(*candidates_max, "candidate")
        ),
    };
    writeln!(out, "{} → {}", shown_size(*before), shown_size(*after))?;
    writeln!(out, "{minimal}")?;
    let against = report.against.as_ref();
    let against = against.map_or_else(String::new, |shown| format!(", compared with {shown}"));
    writeln!(out, "{}{against}", counted(report.runs, "run"))?;
    if let Some(kept) = &report.kept {
        let typed = suite.typed();
        return writeln!(out, "kept as scenarios/{kept}: {typed} diff {kept}");
    }
    let size: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    if size > SHOWN_BYTES {
        return Ok(());
    }
    for (path, bytes) in files {
        writeln!(out, "\n{}", visible_line(&shown(path)))?;
        for line in String::from_utf8_lossy(bytes).lines() {
            writeln!(out, "  {}", visible(line))?;
        }
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
