//! How far a long run is, for people who watch.

use std::fmt;
use std::io::IsTerminal as _;

use aether_engine::config::RunPlan;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::output::Output;

/// Runs with fewer ticks than this end before a bar could be read.
const FROM_TICKS: u64 = 1_000;
const STYLE: &str = "{bar:30} {pos}/{len} ticks  {rate}  {eta} left";

/// A bar with rate and time left for long runs on a terminal; else one that is never drawn.
pub(crate) fn bar(plan: &RunPlan, output: &Output) -> ProgressBar {
    let drawn = std::io::stderr().is_terminal() && plan.ticks() >= FROM_TICKS;
    if !drawn || output.is_json() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(STYLE)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key(
            "rate",
            |state: &ProgressState, text: &mut dyn fmt::Write| {
                // A bar that cannot be written is not drawn.
                let _ = write!(text, "{:.0} ticks/s", state.per_sec());
            },
        );
    ProgressBar::new(plan.ticks()).with_style(style)
}
