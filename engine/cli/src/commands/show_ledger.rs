//! `aether show-ledger`: prints U-ledger entries in order.

use aether_engine::record::{FromText as _, LedgerEntry};
use comfy_table::{Table, presets};

use crate::CommandResult;
use crate::args::ShowLedgerCommand;
use crate::exit::{Failure, Status};
use crate::json::JsonText;
use crate::output::Output;
use crate::registry;

pub(crate) fn show_ledger(command: &ShowLedgerCommand, output: &Output) -> CommandResult {
    let run = registry::open_run(&command.stored.runs, &command.stored.run_id)?;
    let last = run.ticks_recorded();
    let (from, to) = (command.from.unwrap_or(1), command.to.unwrap_or(last));
    if from < 1 || to > last || from > to {
        return Err(Failure::Input(format!(
            "ticks {from} to {to} are not recorded: ticks are 1 to {last}"
        )));
    }
    let entries = run.values_of_ticks::<LedgerEntry>(from..=to);
    let entries: Vec<_> = entries.collect::<Result<_, _>>()?;
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
