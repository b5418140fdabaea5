//! The merged results as text: what failed, what is missing, and the totals.

use std::io::{self, Write};

use aether_harness::report::{visible, visible_line};

use super::{Absence, Merge};

/// Writes the message of each failure, the names of trials without a result, and one line over all.
pub(crate) fn write(out: &mut dyn Write, merge: &Merge) -> io::Result<()> {
    for result in merge.failed() {
        writeln!(out, "{}\n", visible(&result.message))?;
    }
    for entry in merge.absent(Absence::Missing) {
        writeln!(
            out,
            "{}: {}",
            visible_line(&entry.trial),
            Absence::Missing.text()
        )?;
    }
    for problem in &merge.problems {
        writeln!(out, "{}", visible(&problem.to_string()))?;
    }
    for stray in &merge.strays {
        let stray = visible_line(stray);
        writeln!(out, "left out: {stray}, which the suite does not have")?;
    }
    for (_, doubt) in &merge.doubts {
        writeln!(out, "warning: {}", visible_line(doubt))?;
    }
    writeln!(out, "{}", merge.summary())
}
