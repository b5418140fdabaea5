//! `aether inspect --tick`: the records of one tick, and whether they pass their checks.

use std::borrow::Cow;
use std::fmt::Write as _;

use aether_engine::config::{AppliedInput, Names};
use aether_engine::record::{LedgerEntry, NapEnvelope, PBlock, RecordType, SceneFrame, UmxLedger};
use aether_engine::run::{RecordKind, Replay};
use aether_engine::store::{CheckedTick, FoundRecord, StoredRun};
use aether_json::{Value, json};
use anstyle::{AnsiColor, Style};

use super::moments::{Moment, Moments};
use super::ticks::REPLAYED;
use super::{ROWS_MAX, Shown, finish, plain};
use crate::exit::Failure;
use crate::json::JsonText;

const WRONG: Style = AnsiColor::Red.on_default().bold();

/// Adds a tick of the file to what is shown; returns whether it passes its checks.
pub(super) fn show(moments: &Moments<'_>, tick: u64, shown: &mut Shown) -> Result<bool, Failure> {
    let run = moments.run;
    let records = run.check_tick(tick)?;
    if shown.json {
        let whole = records.is_whole();
        members(records, shown);
        return Ok(whole);
    }
    let names = if records.unusable_inputs.is_some() {
        Names::default()
    } else {
        run.names()?
    };
    let text = &mut shown.text;
    head(&records, (tick, moments.stored), text);
    inputs(run, (&records, &names), tick, text)?;
    body(&records, &names, text);
    entry(&records, text);
    Ok(records.is_whole())
}

/// Adds tick 0: the initial state with its inputs.
pub(super) fn initial(moments: &Moments<'_>, shown: &mut Shown) -> Result<(), Failure> {
    let plan = moments.plan()?;
    let failed = |error| Failure::run(error, plan.names());
    let replay = Replay::from_start(plan).map_err(failed)?;
    let state = replay.state();
    let ids = super::inputs::ids(plan, 0);
    if shown.json {
        let initial = json!({ "tick": 0, "pfna_refs": ids, "state": state });
        let member = ("initial_state".to_owned(), initial.into());
        shown.members.extend([member]);
        return Ok(());
    }
    let names = moments.run.names()?;
    let text = &mut shown.text;
    let _ = writeln!(
        text,
        "tick 0 of {}: the initial state with the inputs of tick 0",
        plan.ticks()
    );
    input_lines(&plan.inputs_at(0), &names, text);
    let sum: i128 = state.iter().copied().map(i128::from).sum();
    let (least, greatest) = (state.iter().min(), state.iter().max());
    if let Some((least, greatest)) = least.zip(greatest) {
        let _ = writeln!(
            text,
            "state       sum {sum}, least {least}, greatest {greatest}"
        );
    }
    let mut table = plain(["node", "state"]);
    let nodes = most_first(state.len(), |node| u128::from(state[*node].unsigned_abs()));
    for node in nodes {
        let id = names.show_node(node as u64 + 1);
        table.add_row([id.to_string(), state[node].to_string()]);
    }
    let _ = writeln!(text, "\n{}", finish(&table, state.len(), "nodes"));
    Ok(())
}

/// Adds a tick that the run did not store.
pub(super) fn replayed(moments: &Moments<'_>, tick: u64, shown: &mut Shown) -> Result<(), Failure> {
    let (plan, names) = (moments.plan()?, moments.run.names()?);
    let text = &mut shown.text;
    moments.each(&(tick..=tick), true, |_, moment| {
        match moment {
            Moment::Made {
                ledger, p_block, ..
            } => {
                let _ = writeln!(
                    text,
                    "tick {tick} of {}, {REPLAYED}: not stored, recomputed from tick {} and the inputs",
                    plan.ticks(),
                    moments.stored
                );
                input_lines(&plan.inputs_before(tick), &names, text);
                ledger_text(ledger, &names, "", text);
                if let Some(block) = p_block {
                    chain_line(block, "", text);
                }
            }
            Moment::Fails(error) => {
                let error = error.with_names(&names);
                let _ = writeln!(text, "tick {tick} of {}: the run failed: {error}", plan.ticks());
                input_lines(&plan.inputs_before(tick), &names, text);
            }
            Moment::Start(_) => unreachable!("tick 0 is not a missing one"),
        }
        Ok(())
    })
}

/// Adds the records under the keys of the export object, and the failed checks if there are any.
fn members(records: CheckedTick, shown: &mut Shown) {
    let failed = records.failed.iter();
    let failed = failed
        .map(|check| json!({ "kind": check.kind.name(), "problem": check.problem.to_string() }));
    let unusable = records.unusable_inputs.as_ref();
    let inputs = unusable.map(|problem| json!({ "kind": "inputs", "problem": problem }));
    let failed: Vec<Value> = failed.chain(inputs).collect();
    if !failed.is_empty() {
        let name = "failed_checks".to_owned();
        shown.members.insert(name, Value::Array(failed).into());
    }
    for (kind, records) in [
        (RecordKind::Ledgers, Vec::from_iter(records.ledger)),
        (RecordKind::PBlocks, Vec::from_iter(records.p_block)),
        (RecordKind::IBlocks, Vec::from_iter(records.i_block)),
        (RecordKind::Scenes, Vec::from_iter(records.scene)),
        (RecordKind::ULedger, Vec::from_iter(records.entry)),
        (RecordKind::Envelopes, records.envelopes),
    ] {
        let name = kind.name().to_owned();
        let texts = records.into_iter().map(json_of);
        shown.members.insert(name, texts.collect());
    }
}

fn json_of(record: FoundRecord) -> JsonText {
    // A large record is not read again.
    if record.is_rebuilt() {
        JsonText::canonical(record.into_text())
    } else {
        JsonText::found(&record.text())
    }
}

fn head(records: &CheckedTick, (tick, last): (u64, u64), text: &mut String) {
    let entry = decoded::<LedgerEntry>(&records.entry);
    let window = entry.map_or(String::new(), |entry| {
        format!(", window {}", entry.window_id)
    });
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
    (records, names): (&CheckedTick, &Names),
    tick: u64,
    text: &mut String,
) -> Result<(), Failure> {
    let scene = decoded::<SceneFrame>(&records.scene);
    let refs = scene.map(|scene| scene.pfna_refs.clone());
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
            Some(Some(entry)) if entry.pfna_id() == pfna_id => super::inputs::added(&entry, names),
            Some(_) => "not an input of this tick".to_owned(),
            None => "unknown, since the inputs cannot be read".to_owned(),
        };
        let _ = writeln!(text, "{label:<11} {pfna_id}: {values}");
        label = "";
    }
    Ok(())
}

/// The external inputs of a tick, one line each.
fn input_lines(entries: &[AppliedInput<'_>], names: &Names, text: &mut String) {
    let mut label = "inputs";
    for entry in entries {
        let values = super::inputs::added(entry, names);
        let _ = writeln!(text, "{label:<11} {}: {values}", entry.pfna_id());
        label = "";
    }
}

fn ledger_text(ledger: &UmxLedger, names: &Names, mark: &str, text: &mut String) {
    if let Some((least, greatest)) = ledger.extremes() {
        let sum = ledger.sum_post_u;
        let _ = writeln!(
            text,
            "state       sum {sum}, least {least}, greatest {greatest}{mark}"
        );
    }
    let _ = writeln!(text, "\n{}", states(ledger, names));
    let _ = writeln!(text, "\n{}\n", moved(ledger, names));
}

fn chain_line(block: &PBlock, mark: &str, text: &mut String) {
    let _ = writeln!(
        text,
        "chain       C_t {}, s_t {}{mark}",
        block.c_t, block.s_t
    );
}

fn body(records: &CheckedTick, names: &Names, text: &mut String) {
    let mark = |kind| if records.fails(kind) { "  ✗" } else { "" };
    if let Some(ledger) = decoded::<UmxLedger>(&records.ledger) {
        ledger_text(&ledger, names, mark(RecordKind::Ledgers), text);
    }
    if let Some(block) = decoded::<PBlock>(&records.p_block) {
        chain_line(&block, mark(RecordKind::PBlocks), text);
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
        let line = match found.value::<NapEnvelope>() {
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
    let Ok(entry) = found.value::<LedgerEntry>() else {
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

fn decoded<R: RecordType + Clone>(found: &Option<FoundRecord>) -> Option<Cow<'_, R>> {
    found.as_ref().and_then(|found| found.value().ok())
}

/// The nodes; if there are many, those that changed most.
fn states(ledger: &UmxLedger, names: &Names) -> String {
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
            names.show_node(*node as u64 + 1).to_string(),
            ledger.pre_u[*node].to_string(),
            ledger.post_u[*node].to_string(),
            change,
        ]);
    }
    finish(&table, ledger.pre_u.len(), "nodes")
}

/// The edges with a flux; if there are many, those with the largest.
fn moved(ledger: &UmxLedger, names: &Names) -> String {
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
            names.show_edge(edge.e_id).to_string(),
            format!("{} → {}", names.show_node(edge.i), names.show_node(edge.j)),
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
