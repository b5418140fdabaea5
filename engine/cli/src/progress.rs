//! The progress bar of a long run.

use std::fmt;
use std::io::IsTerminal as _;

use aether_engine::config::RunPlan;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::output::Output;

/// Shorter runs end before anyone could read a bar.
const FROM_TICKS: u64 = 1_000;
const STYLE: &str = "{bar:30} {pos}/{len} ticks  {rate}  {eta} left";

/// A bar with the rate and the remaining time for a long run on a terminal; else a bar that is
/// never drawn.
pub(crate) fn bar(plan: &RunPlan, output: &Output) -> ProgressBar {
    let drawn = std::io::stderr().is_terminal() && plan.ticks() >= FROM_TICKS;
    if !drawn || output.is_json() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(STYLE)
        .expect("the template of the bar is valid")
        .with_key(
            "rate",
            |state: &ProgressState, text: &mut dyn fmt::Write| {
                // If the bar cannot be written, it is not drawn.
                let _ = write!(text, "{:.0} ticks/s", state.per_sec());
            },
        );
    ProgressBar::new(plan.ticks()).with_style(style)
}
