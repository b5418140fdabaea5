//! `aether metrics`: prints the numbers of a run.

use std::fmt::Write as _;

use aether_engine::record::Metrics;
use aether_harness::counted;
use aether_json::json;
use comfy_table::{CellAlignment, Table, presets};

use super::openmetrics;
use crate::CommandResult;
use crate::args::{MetricsCommand, MetricsForm};
use crate::exit::{Failure, Status};
use crate::json::JsonText;
use crate::output::Output;
use crate::progress::Progress;
use crate::registry;

pub(crate) fn metrics(command: &MetricsCommand, output: &Output) -> CommandResult {
    let run = registry::open_run(&command.stored.runs, &command.stored.run_id)?;
    let progress = Progress::spinner("counting");
    let metrics = run.metrics()?;
    drop(progress);
    match command.form {
        Some(MetricsForm::Openmetrics) => {
            let l_total = u64::try_from(metrics.l_total).map_err(|_| {
                let (run, l_total) = (&command.stored.run_id, metrics.l_total);
                Failure::Damaged(format!("`l_total` of run `{run}` is negative: {l_total}"))
            })?;
            let exposition =
                openmetrics::exposition(registry::id_of(&run), run.header(), metrics, l_total);
            let exposition = exposition.map_err(|error| {
                let what = "the metrics could not be written".to_owned();
                Failure::Io(what, std::io::Error::other(error))
            })?;
            output.result(
                || exposition.clone(),
                || json!({ "openmetrics": exposition }),
            )?;
        }
        Some(MetricsForm::Json) => {
            output.json(&JsonText::of(&metrics))?;
        }
        None => output.result(
            || text(registry::id_of(&run), &metrics),
            || JsonText::of(&metrics),
        )?,
    }
    Ok(Status::Done)
}

/// Most windows that the text lists; after them comes the number of those that are left out.
const WINDOWS_MAX: usize = 40;

fn text(name: &str, metrics: &Metrics) -> String {
    let hash = metrics
        .uledger_last_hash
        .map_or("none".to_owned(), |hash| hash.to_string());
    let number = |value: u64| value.to_string();
    let rows = [
        ("run", name.to_owned()),
        ("gid", metrics.gid.clone()),
        ("run_id", metrics.run_id.clone()),
        ("total_ticks", number(metrics.total_ticks)),
        ("uledger_entries", number(metrics.uledger_entries)),
        ("uledger_last_hash", hash),
        ("i_blocks", number(metrics.i_blocks)),
        ("pfna_applied", number(metrics.pfna_applied)),
        ("nap_total", number(metrics.nap_total())),
        ("nap_ctrl", number(metrics.nap_ctrl)),
        ("nap_ingress", number(metrics.nap_ingress)),
        ("nap_data", number(metrics.nap_data)),
        ("nap_egress", number(metrics.nap_egress)),
        ("codex_motifs", number(metrics.codex_motifs)),
        ("codex_proposals", number(metrics.codex_proposals)),
        ("window_count", number(metrics.window_count)),
        ("apx_manifests", number(metrics.apx_manifests)),
        ("l_total", format!("{} bits", metrics.l_total)),
    ];
    let of_grammar = [
        ("aeon_views", metrics.aeon_views),
        ("apxi_views", metrics.apxi_views),
    ];
    let of_grammar = of_grammar.map(|(name, count)| count.map(|count| (name, number(count))));
    let mut text = String::new();
    for (name, value) in rows.into_iter().chain(of_grammar.into_iter().flatten()) {
        let _ = writeln!(text, "{name:<18} {value}");
    }
    if metrics.l_total_by_window.is_empty() {
        return text;
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["window", "stream", "bits"]);
    if let Some(bits) = table.column_mut(2) {
        bits.set_cell_alignment(CellAlignment::Right);
    }
    for (window, streams) in metrics.l_total_by_window.iter().take(WINDOWS_MAX) {
        let mut window = window.as_str();
        for (stream, bits) in streams {
            table.add_row([window.to_owned(), stream.clone(), bits.to_string()]);
            window = "";
        }
    }
    let _ = writeln!(text, "l_total_by_window\n{}", table.trim_fmt());
    let left = metrics.l_total_by_window.len().saturating_sub(WINDOWS_MAX);
    if left > 0 {
        let _ = writeln!(
            text,
            "… {}; --format json has all",
            counted(left as u64, "more window")
        );
    }
    text
}
