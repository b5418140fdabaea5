//! `aether runs compare`: the metrics of several runs side by side, and the first tick at which each
//! diverges from the first run. It reads only metrics and U-ledger entries, one at a time.

use std::fmt::Write as _;

use aether_engine::record::{AeonView, ApxiView, LedgerEntry, Manifest, Metrics};
use aether_engine::store::StoredRun;
use aether_json::{Value, json};
use comfy_table::{CellAlignment, Table, presets};

use crate::CommandResult;
use crate::args::CompareCommand;
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::progress::Progress;
use crate::registry;

/// Where a run first differs from another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Divergence {
    /// The tick; `None` if all common ticks are equal and only windows differ.
    tick: Option<u64>,
    /// What differs there.
    what: Vec<&'static str>,
}

pub(super) fn compare(command: &CompareCommand, output: &Output) -> CommandResult {
    let mut runs = Vec::new();
    for run_id in &command.run_ids {
        runs.push(registry::open_run(&command.runs, run_id)?);
    }
    let (first, others) = runs
        .split_first()
        .expect("the arguments name two runs or more");
    let progress = Progress::spinner("comparing");
    let mut divergences = Vec::new();
    for other in others {
        divergences.push(divergence(first, other)?);
    }
    let metrics = runs.iter().map(StoredRun::metrics);
    let metrics: Vec<Metrics> = metrics.collect::<Result<_, _>>()?;
    drop(progress);
    output.result(
        || text(&runs, &metrics, &divergences),
        || as_json(&runs, &metrics, &divergences),
    )?;
    Ok(Status::Done)
}

/// The first difference of two runs; `None` if all records are equal.
///
/// Names and hashes of previous entries are left out: they would differ from tick 1 on. A window's
/// manifest is part of each of its entries, before the tick that makes it differ, so windows count
/// only if all ticks are equal.
fn divergence(first: &StoredRun, other: &StoredRun) -> Result<Option<Divergence>, Failure> {
    let (ours, theirs) = (first.ticks_recorded(), other.ticks_recorded());
    let common = 1..=ours.min(theirs);
    if !common.is_empty() {
        let entries = first.values_of_ticks::<LedgerEntry>(common.clone());
        let others = other.values_of_ticks::<LedgerEntry>(common);
        for (a, b) in entries.zip(others) {
            let (a, b) = (a?, b?);
            let parts = [
                (
                    "inputs",
                    a.meta.ingress_hash.is_some() == b.meta.ingress_hash.is_some(),
                ),
                ("ledgers", a.umx_ledger_hash == b.umx_ledger_hash),
                ("p_blocks", a.loom_block_hash == b.loom_block_hash),
                ("i_blocks", a.meta.i_block_hash == b.meta.i_block_hash),
            ];
            let what: Vec<_> = parts
                .iter()
                .filter(|(_, same)| !same)
                .map(|(name, _)| *name)
                .collect();
            if !what.is_empty() {
                let tick = Some(a.tick);
                return Ok(Some(Divergence { tick, what }));
            }
        }
    }
    if ours != theirs {
        let tick = Some(ours.min(theirs) + 1);
        let what = vec!["number of ticks"];
        return Ok(Some(Divergence { tick, what }));
    }
    let windows = |run: &StoredRun| -> Result<Vec<(u64, u64, i64)>, Failure> {
        let manifests = run.values::<Manifest>().map(|manifest| {
            manifest.map(|found| (found.start_tick, found.end_tick, found.manifest_check))
        });
        Ok(manifests.collect::<Result<_, _>>()?)
    };
    let mut what = Vec::new();
    if windows(first)? != windows(other)? {
        what.push("manifests");
    }
    if aeon_windows(first)? != aeon_windows(other)? {
        what.push("aeon_views");
    }
    let descriptors = |run: &StoredRun| run.values::<ApxiView>().collect::<Result<Vec<_>, _>>();
    if descriptors(first)? != descriptors(other)? {
        what.push("apxi_views");
    }
    if first.header().status != other.header().status {
        what.push("status");
    }
    let tick = None;
    Ok((!what.is_empty()).then_some(Divergence { tick, what }))
}

/// The windows of a grammar without the hashes of manifests, which have names in them.
fn aeon_windows(run: &StoredRun) -> Result<Vec<AeonView>, Failure> {
    let views = run.values::<AeonView>().map(|view| {
        let mut view = view?;
        view.manifest_hash = None;
        Ok(view)
    });
    views.collect()
}

/// The rows of the table; those of a grammar are empty for a run without one.
fn rows(run: &StoredRun, metrics: &Metrics) -> [(&'static str, String); 15] {
    let header = run.header();
    let hash = header.last_entry_hash.map(|hash| hash.to_string());
    let hash = hash.map_or("none".to_owned(), |hash| hash.chars().take(16).collect());
    let of_grammar = |count: Option<u64>| count.map_or(String::new(), |count| count.to_string());
    [
        ("run_id", header.run_id.clone()),
        ("gid", header.gid.clone()),
        ("profile", header.profile.clone()),
        ("status", header.status.name().to_owned()),
        ("nodes", header.node_count.to_string()),
        ("edges", header.edge_count.to_string()),
        ("ticks", metrics.total_ticks.to_string()),
        ("windows", metrics.window_count.to_string()),
        ("L_total in bits", metrics.l_total.to_string()),
        ("envelopes", metrics.nap_total().to_string()),
        ("inputs applied", metrics.pfna_applied.to_string()),
        ("motifs", metrics.codex_motifs.to_string()),
        ("AEON windows", of_grammar(metrics.aeon_views)),
        ("windows with descriptors", of_grammar(metrics.apxi_views)),
        ("last entry", hash),
    ]
}

fn text(runs: &[StoredRun], metrics: &[Metrics], divergences: &[Option<Divergence>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let names = runs.iter().map(|run| registry::id_of(run).to_owned());
    table.set_header(std::iter::once(String::new()).chain(names));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let columns: Vec<_> = runs
        .iter()
        .zip(metrics)
        .map(|(run, metrics)| rows(run, metrics))
        .collect();
    for (number, (name, _)) in columns[0].iter().enumerate() {
        let values = columns.iter().map(|column| column[number].1.clone());
        if values.clone().all(|value| value.is_empty()) {
            continue;
        }
        table.add_row(std::iter::once((*name).to_owned()).chain(values));
    }
    let mut text = format!("{}\n\n", table.trim_fmt());
    let first = registry::id_of(&runs[0]);
    for (run, divergence) in runs[1..].iter().zip(divergences) {
        let name = registry::id_of(run);
        let _ = match divergence {
            None => writeln!(text, "{name} equals {first} in all ticks and windows"),
            Some(Divergence {
                tick: Some(tick),
                what,
            }) => {
                writeln!(
                    text,
                    "{name} diverges from {first} at tick {tick}: {}",
                    what.join(", ")
                )
            }
            Some(Divergence { tick: None, what }) => {
                let what = what.join(", ");
                writeln!(
                    text,
                    "{name} equals {first} in all ticks and differs in {what}"
                )
            }
        };
    }
    text
}

fn as_json(runs: &[StoredRun], metrics: &[Metrics], divergences: &[Option<Divergence>]) -> Value {
    let no_divergence = [None];
    let all = no_divergence.iter().chain(divergences);
    let runs = runs.iter().zip(metrics).zip(all).map(|((run, metrics), divergence)| {
        let header = run.header();
        json!({
            "name": registry::id_of(run),
            "run_id": header.run_id,
            "gid": header.gid,
            "profile": header.profile,
            "status": header.status.name(),
            "nodes": header.node_count,
            "edges": header.edge_count,
            "ticks": metrics.total_ticks,
            "windows": metrics.window_count,
            "l_total": metrics.l_total,
            "envelopes": metrics.nap_total(),
            "pfna_applied": metrics.pfna_applied,
            "motifs": metrics.codex_motifs,
            "aeon_views": metrics.aeon_views,
            "apxi_views": metrics.apxi_views,
            "last_entry_hash": header.last_entry_hash.map(|hash| hash.to_string()),
            "divergence": divergence.as_ref().map(|found| json!({ "tick": found.tick, "what": found.what })),
        })
    });
    json!({ "runs": runs.collect::<Vec<Value>>() })
}
