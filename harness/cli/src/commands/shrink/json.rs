//! What was found, for programs.

use std::io::{self, Write};

use aether_harness::Change;
use aether_json::Value;
use serde::Serialize;

use super::Report;
use crate::shrink::Smallest;
use crate::shrink::reduce::End;
use crate::shrink::source::Size;

#[derive(Serialize)]
struct View<'r> {
    name: &'r str,
    verdict: &'r str,
    check: &'r str,
    first_divergence: Option<&'r Change>,
    /// What the program said, if it failed.
    message: Option<&'r str>,
    size_before: SizeView,
    size_after: SizeView,
    minimal: bool,
    /// What ended the search before every step was tried.
    stopped: Option<&'static str>,
    runs: u64,
    against: Option<&'r str>,
    kept: Option<&'r str>,
    inputs: &'r Value,
}

#[derive(Serialize)]
struct SizeView {
    bytes: usize,
    values: usize,
}

impl SizeView {
    fn of(size: Size) -> Self {
        let Size { bytes, values } = size;
        Self { bytes, values }
    }
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Smallest {
        fault,
        item,
        before,
        after,
        end,
        ..
    } = &report.found;
    let view = View {
        name: report.name.as_str(),
        verdict: fault.verdict.name(),
        check: fault.check.name(),
        first_divergence: fault.first.as_ref(),
        message: Some(&*fault.message).filter(|message| !message.is_empty()),
        size_before: SizeView::of(*before),
        size_after: SizeView::of(*after),
        minimal: *end == End::Minimal,
        stopped: match end {
            End::Minimal => None,
            End::OutOfBudget => Some("budget"),
            End::AtLimit => Some("candidates"),
        },
        runs: report.runs,
        against: report.against.as_deref(),
        kept: report.kept.as_deref(),
        inputs: item.value(),
    };
    aether_json::to_writer(&mut *out, &view).map_err(io::Error::from)?;
    writeln!(out)
}
