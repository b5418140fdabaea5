//! `aether inspect --tick`: the records of one tick, and whether they pass their checks.

use std::fmt::Write as _;

use aether_engine::record::{
    FromText as _, LedgerEntry, NapEnvelope, PBlock, SceneFrame, UmxLedger,
};
use aether_engine::run::RecordKind;
use aether_engine::store::{CheckedTick, FoundRecord, StoredRun};
use aether_json::{Value, json};
use anstyle::{AnsiColor, Style};

use super::{ROWS_MAX, Shown, finish, plain};
use crate::exit::Failure;
use crate::json::JsonText;
use crate::registry::shortened;

const WRONG: Style = AnsiColor::Red.on_default().bold();

/// Adds a tick to what is shown; returns whether it passes its checks.
pub(super) fn show(run: &StoredRun, tick: u64, shown: &mut Shown) -> Result<bool, Failure> {
    let last = run.ticks_recorded()?;
    if !(1..=last).contains(&tick) {
        let range = match last {
            0 => "no tick is recorded".to_owned(),
            last => format!("ticks are 1 to {last}"),
        };
        return Err(Failure::Input(format!(
            "tick {tick} is not recorded: {range}"
        )));
    }
    let records = run.check_tick(tick)?;
    members(&records, shown);
    let text = &mut shown.text;
    head(&records, (tick, last), text);
    inputs(run, &records, tick, text)?;
    body(&records, text);
    entry(&records, text);
    Ok(records.is_whole())
}

/// Adds the records under the keys of the export object, and the failed checks if there are any.
fn members(records: &CheckedTick, shown: &mut Shown) {
    let single = [
        (RecordKind::Ledgers, &records.ledger),
        (RecordKind::PBlocks, &records.p_block),
        (RecordKind::IBlocks, &records.i_block),
        (RecordKind::Scenes, &records.scene),
        (RecordKind::ULedger, &records.entry),
    ];
    for (kind, record) in single {
        let records = record.iter().map(|record| JsonText::found(&record.text));
        let name = kind.name().to_owned();
        shown.members.insert(name, records.collect());
    }
    let envelopes = records.envelopes.iter();
    let envelopes = envelopes.map(|record| JsonText::found(&record.text));
    let name = RecordKind::Envelopes.name().to_owned();
    shown.members.insert(name, envelopes.collect());
    let failed = records
        .failed
        .iter()
        .map(|check| json!({ "kind": check.kind.name(), "problem": check.problem.to_string() }));
    let unusable = records.unusable_inputs.as_ref();
    let inputs = unusable.map(|problem| json!({ "kind": "inputs", "problem": problem }));
    let failed: Vec<Value> = failed.chain(inputs).collect();
    if !failed.is_empty() {
        let name = "failed_checks".to_owned();
        shown.members.insert(name, Value::Array(failed).into());
    }
}

fn head(records: &CheckedTick, (tick, last): (u64, u64), text: &mut String) {
    let window = decoded(&records.entry, LedgerEntry::from_text).map(|entry| entry.window_id);
    let window = window.map_or(String::new(), |window| format!(", window {window}"));
    let _ = writeln!(text, "tick {tick} of {last}{window}");
    for check in &records.failed {
        let kind = check.kind.name();
        let _ = writeln!(text, "{WRONG}✗ {kind:<10}{WRONG:#} {}", check.problem);
    }
    if let Some(problem) = &records.unusable_inputs {
        let _ = writeln!(
            text,
            "{WRONG}✗ inputs    {WRONG:#} {problem}: the tick was not recomputed"
        );
    }
}

/// The external inputs that were added before the tick.
fn inputs(
    run: &StoredRun,
    records: &CheckedTick,
    tick: u64,
    text: &mut String,
) -> Result<(), Failure> {
    let refs = decoded(&records.scene, SceneFrame::from_text).map(|scene| scene.pfna_refs);
    let Some(refs) = refs.filter(|refs| !refs.is_empty()) else {
        return Ok(());
    };
    let plan = match records.unusable_inputs {
        None => Some(run.plan()?),
        Some(_) => None,
    };
    let mut label = "inputs";
    for (place, pfna_id) in refs.iter().enumerate() {
        let values = plan
            .as_ref()
            .map(|plan| plan.inputs_before(tick).get(place).copied());
        let values = match values {
            Some(Some(entry)) if entry.pfna_id() == pfna_id => shortened(&entry.values()),
            Some(_) => "not an input of this tick".to_owned(),
            None => "unknown, since the inputs cannot be read".to_owned(),
        };
        let _ = writeln!(text, "{label:<11} {pfna_id}: {values}");
        label = "";
    }
    Ok(())
}

fn body(records: &CheckedTick, text: &mut String) {
    let mark = |kind| if records.fails(kind) { "  ✗" } else { "" };
    if let Some(ledger) = decoded(&records.ledger, UmxLedger::from_text) {
        if let Some((least, greatest)) = ledger.extremes() {
            let sum = ledger.sum_post_u;
            let _ = writeln!(
                text,
                "state       sum {sum}, least {least}, greatest {greatest}{}",
                mark(RecordKind::Ledgers)
            );
        }
        let _ = writeln!(text, "\n{}", states(&ledger));
        let _ = writeln!(text, "\n{}\n", moved(&ledger));
    }
    if let Some(block) = decoded(&records.p_block, PBlock::from_text) {
        let _ = writeln!(
            text,
            "chain       C_t {}, s_t {}{}",
            block.c_t,
            block.s_t,
            mark(RecordKind::PBlocks)
        );
    }
    if let Some(checkpoint) = &records.i_block {
        let _ = writeln!(
            text,
            "checkpoint  {}{}",
            checkpoint.hash,
            mark(RecordKind::IBlocks)
        );
    }
    let mut label = "envelopes";
    for found in &records.envelopes {
        let mark = if found.is_whole() { "" } else { "  ✗" };
        let line = match NapEnvelope::from_text(&found.text) {
            Ok(envelope) => format!(
                "{:<7} seq {}, payload {}, after C {}",
                envelope.layer.name(),
                envelope.seq,
                envelope.payload_ref,
                envelope.prev_chain
            ),
            Err(error) => error.to_string(),
        };
        let _ = writeln!(text, "{label:<11} {line}{mark}");
        label = "";
    }
}

/// The entry with its hashes; a hash that is not that of its record is marked.
fn entry(records: &CheckedTick, text: &mut String) {
    let Some(found) = &records.entry else {
        return;
    };
    let mark = if found.is_whole() { "" } else { "  ✗" };
    let _ = writeln!(text, "entry       {}{mark}", found.hash);
    let Ok(entry) = LedgerEntry::from_text(&found.text) else {
        return;
    };
    let meta = &entry.meta;
    let mut rows = vec![
        ("previous", "prev_entry_hash", entry.prev_entry_hash),
        ("ledger", "umx_ledger_hash", Some(entry.umx_ledger_hash)),
        ("P-block", "loom_block_hash", Some(entry.loom_block_hash)),
        ("I-block", "meta.i_block_hash", meta.i_block_hash),
        (
            "manifest",
            "apx_manifest_hash",
            Some(entry.apx_manifest_hash),
        ),
        ("scene", "meta.scene_hash", Some(meta.scene_hash)),
        ("DATA", "nap_envelope_hash", Some(entry.nap_envelope_hash)),
        ("INGRESS", "meta.ingress_hash", meta.ingress_hash),
        ("EGRESS", "meta.egress_hash", meta.egress_hash),
        ("library", "codex_library_hash", entry.codex_library_hash),
    ];
    rows.extend(
        meta.ctrl_hashes
            .iter()
            .map(|hash| ("CTRL", "meta.ctrl_hashes", Some(*hash))),
    );
    for (label, member, hash) in rows {
        let fails = records.is_broken_link(member);
        let mark = if fails { "  ✗" } else { "" };
        match hash {
            Some(hash) => {
                let _ = writeln!(text, "  {label:<9} {hash}{mark}");
            }
            None if label == "previous" || fails => {
                let _ = writeln!(text, "  {label:<9} none{mark}");
            }
            None => {}
        }
    }
    let broken = records.is_broken_link("meta.manifest_hashes");
    let mark = if broken { "  ✗" } else { "" };
    for (window, hash) in &meta.manifest_hashes {
        let _ = writeln!(text, "  {:<9} {hash}  {window}{mark}", "closes");
    }
}

fn decoded<R, E>(found: &Option<FoundRecord>, decode: fn(&[u8]) -> Result<R, E>) -> Option<R> {
    found.as_ref().and_then(|found| decode(&found.text).ok())
}

/// The nodes; if there are many, those that changed most.
fn states(ledger: &UmxLedger) -> String {
    let mut table = plain(["node", "before", "after", "change"]);
    let change = |node: &usize| i128::from(ledger.post_u[*node]) - i128::from(ledger.pre_u[*node]);
    let nodes = most_first(ledger.pre_u.len().min(ledger.post_u.len()), |node| {
        change(node).unsigned_abs()
    });
    for node in &nodes {
        let change = match change(node) {
            0 => String::new(),
            change => format!("{change:+}"),
        };
        table.add_row([
            (node + 1).to_string(),
            ledger.pre_u[*node].to_string(),
            ledger.post_u[*node].to_string(),
            change,
        ]);
    }
    finish(&table, ledger.pre_u.len(), "nodes")
}

/// The edges with a flux; if there are many, those with the largest.
fn moved(ledger: &UmxLedger) -> String {
    let edges: Vec<_> = ledger.edges.iter().filter(|edge| edge.f_e != 0).collect();
    if edges.is_empty() {
        return format!("no flux on any of {} edges", ledger.edges.len());
    }
    let mut table = plain(["edge", "from → to", "flux", "du", "raw", "cap"]);
    let most = most_first(edges.len(), |edge| {
        u128::from(edges[*edge].f_e.unsigned_abs())
    });
    for edge in most.into_iter().map(|edge| edges[edge]) {
        table.add_row([
            edge.e_id.to_string(),
            format!("{} → {}", edge.i, edge.j),
            edge.f_e.to_string(),
            edge.du.to_string(),
            edge.raw.to_string(),
            edge.cap.to_string(),
        ]);
    }
    finish(&table, edges.len(), "moved edges")
}

/// All items in order if they fit a table; else the greatest, the greatest first.
fn most_first(count: usize, size: impl Fn(&usize) -> u128) -> Vec<usize> {
    let mut all: Vec<usize> = (0..count).collect();
    if count > ROWS_MAX {
        all.sort_by_key(|place| std::cmp::Reverse(size(place)));
        all.truncate(ROWS_MAX);
    }
    all
}
