//! `aether verify`: recomputes a stored run and compares it with the file, byte for byte.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use aether_engine::run::RunOptions;
use aether_json::json;

use crate::CommandResult;
use crate::args::StoredCommand;
use crate::exit::Status;
use crate::output::Output;
use crate::progress::Progress;
use crate::registry;

pub(crate) fn verify(command: &StoredCommand, output: &Output) -> CommandResult {
    let run = registry::open_run(&command.runs, &command.run_id)?;
    let bar = Progress::ticks(run.header().ticks);
    let progress = |tick| {
        bar.set(tick);
        ControlFlow::Continue(())
    };
    let verification = run.verify(&RunOptions::default().progress(&progress));
    drop(bar);
    let verification = verification?;
    let findings: Vec<_> = verification
        .findings
        .iter()
        .map(ToString::to_string)
        .collect();
    output.result(
        || {
            let counted = format!(
                "{} ticks, {} records",
                verification.ticks, verification.records
            );
            let mut text = String::new();
            match findings.split_first() {
                None => {
                    let _ = writeln!(
                        text,
                        "{} is intact: {counted} recomputed, all equal",
                        registry::shown_name(&run)
                    );
                }
                Some((first, rest)) => {
                    let _ = writeln!(
                        text,
                        "{} differs from what its inputs produce ({counted})",
                        registry::shown_name(&run)
                    );
                    let _ = writeln!(text, "first: {first}");
                    for finding in rest.iter().take(9) {
                        let _ = writeln!(text, "then:  {finding}");
                    }
                    if rest.len() > 9 {
                        let _ = writeln!(text, "and {} more", rest.len() - 9);
                    }
                }
            }
            text
        },
        || {
            json!({
                "whole": verification.is_whole(),
                "ticks": verification.ticks,
                "records": verification.records,
                "findings": findings,
            })
        },
    )?;
    Ok(if verification.is_whole() {
        Status::Done
    } else {
        Status::Difference
    })
}
