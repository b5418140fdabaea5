//! `aether show-ledger`: prints U-ledger entries in order.

use std::collections::BTreeSet;

use aether_engine::record::{FromText as _, LedgerEntry};
use comfy_table::{Table, presets};

use super::touched;
use crate::CommandResult;
use crate::args::ShowLedgerCommand;
use crate::exit::{Failure, Status};
use crate::json::JsonText;
use crate::output::Output;
use crate::{registry, selection};

pub(crate) fn show_ledger(command: &ShowLedgerCommand, output: &Output) -> CommandResult {
    let run = registry::open_run(&command.stored.runs, &command.stored.run_id)?;
    let last = run.ticks_recorded()?;
    let (from, to) = (command.from.unwrap_or(1), command.to.unwrap_or(last));
    if from > to && (command.from.is_some() || command.to.is_some()) {
        return Err(Failure::Input(format!(
            "tick {from} comes after {to}: ticks are 1 to {last}"
        )));
    }
    let asked = command.selection.tick.clone();
    let ticks = selection::among(Some(&asked.unwrap_or(from..=to)), &(1..=last))?;
    let mut selection = command.selection.of_run(&run)?;
    selection.ticks = Some(ticks.clone());
    let touched = touched::ticks(&run, &selection)?;
    let mut entries: Vec<LedgerEntry> = Vec::new();
    for entry in run.values_of_ticks(ticks) {
        let entry: LedgerEntry = entry?;
        let is_wanted = |ticks: &BTreeSet<u64>| ticks.contains(&entry.tick);
        if touched.as_ref().is_none_or(is_wanted) {
            entries.push(entry);
        }
    }
    output.result(
        || {
            let mut table = Table::new();
            table.load_style(presets::NOTHING);
            table.set_header(["tick", "C_t", "check", "window", "entry hash", "previous"]);
            for entry in &entries {
                let short = |hash: String| hash.chars().take(16).collect::<String>();
                table.add_row([
                    entry.tick.to_string(),
                    entry.c_t.to_string(),
                    entry.manifest_check.to_string(),
                    entry.window_id.clone(),
                    short(entry.hash().to_string()),
                    entry
                        .prev_entry_hash
                        .map_or("none".to_owned(), |hash| short(hash.to_string())),
                ]);
            }
            format!("{}\n", table.trim_fmt())
        },
        || entries.iter().map(JsonText::of).collect::<JsonText>(),
    )?;
    Ok(Status::Done)
}
