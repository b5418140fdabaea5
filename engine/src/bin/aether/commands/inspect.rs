//! `aether inspect`: a stored run, or one tick, window or layer of it.

use std::fmt::Write as _;

use aether_engine::record::{FromText as _, Layer, LedgerEntry, Manifest, PBlock, UmxLedger};
use aether_engine::run::RecordKind;
use aether_engine::store::StoredRun;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Map, Value};

use super::window;
use crate::Ended;
use crate::args::InspectCommand;
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::registry::{self, json_of};

/// What is shown: members of the export object, and the same for people.
#[derive(Default)]
struct Shown {
    members: Map<String, Value>,
    text: String,
}

pub(crate) fn inspect(command: &InspectCommand, output: &Output) -> Ended {
    let run = registry::open_run(&command.stored.runs, &command.stored.run_id)?;
    let mut shown = Shown::default();
    let nothing_asked =
        command.tick.is_none() && command.window.is_none() && command.layer.is_none();
    if command.summary || nothing_asked {
        summary(&run, &mut shown)?;
    }
    if let Some(number) = command.tick {
        tick(&run, number, &mut shown)?;
    }
    if let Some(name) = &command.window {
        manifest(&run, name, &mut shown)?;
    }
    if let Some(name) = &command.layer {
        layer(&run, name, command.tick, &mut shown)?;
    }
    let Shown { members, text } = shown;
    output.result(|| text, || Value::Object(members))?;
    Ok(Status::Done)
}

fn summary(run: &StoredRun, shown: &mut Shown) -> Result<(), Failure> {
    let header = json_of(run.export_header().as_bytes());
    let metrics = json_of(run.metrics()?.as_bytes());
    let about = run.header();
    let text = &mut shown.text;
    let _ = writeln!(
        text,
        "run         {}, gid {}, {}",
        about.run_id,
        about.gid,
        about.status.name()
    );
    let _ = writeln!(
        text,
        "engine      {}, profile {}",
        about.engine_version, about.profile
    );
    let _ = writeln!(
        text,
        "graph       {} nodes, {} edges",
        about.node_count, about.edge_count
    );
    let _ = writeln!(
        text,
        "ticks       {} of {}",
        metrics["total_ticks"], about.ticks
    );
    let _ = writeln!(
        text,
        "windows     {}, {} bits",
        metrics["window_count"], metrics["l_total"]
    );
    let _ = writeln!(
        text,
        "envelopes   {} ({} CTRL, {} INGRESS, {} DATA, {} EGRESS)",
        metrics["nap_total"],
        metrics["nap_ctrl"],
        metrics["nap_ingress"],
        metrics["nap_data"],
        metrics["nap_egress"],
    );
    let _ = writeln!(text, "checkpoints {}", metrics["i_blocks"]);
    let hash = about
        .last_entry_hash
        .map_or("none".to_owned(), |hash| hash.to_string());
    let _ = writeln!(text, "last entry  {hash}");
    if !header["error"].is_null() {
        let _ = writeln!(text, "error       {}", header["error"]);
    }
    shown.members.insert("run".to_owned(), header);
    shown.members.insert("metrics".to_owned(), metrics);
    Ok(())
}

fn tick(run: &StoredRun, tick: u64, shown: &mut Shown) -> Result<(), Failure> {
    let last = run.ticks_recorded()?;
    let Some(ledger) = run.record(RecordKind::Ledgers, tick)? else {
        return Err(Failure::Input(format!(
            "tick {tick} is not recorded: ticks are 1 to {last}"
        )));
    };
    let of_tick = |kind| run.record(kind, tick);
    let p_block = of_tick(RecordKind::PBlocks)?;
    let entry = of_tick(RecordKind::ULedger)?;
    let single = [
        (RecordKind::Ledgers, Some(ledger.clone())),
        (RecordKind::PBlocks, p_block.clone()),
        (RecordKind::IBlocks, of_tick(RecordKind::IBlocks)?),
        (RecordKind::Scenes, of_tick(RecordKind::Scenes)?),
        (RecordKind::ULedger, entry.clone()),
    ];
    for (kind, record) in single {
        let records = record.iter().map(|record| json_of(&record.text)).collect();
        shown.members.insert(kind.name().to_owned(), records);
    }
    let mut envelopes = Vec::new();
    for record in run.records(RecordKind::Envelopes) {
        let envelope = json_of(&record?.text);
        if envelope["tick"].as_u64() == Some(tick) {
            envelopes.push(envelope);
        }
    }
    let scene = &shown.members["scenes"][0];
    let refs = scene["pfna_refs"].as_array().cloned().unwrap_or_default();

    let text = &mut shown.text;
    let _ = writeln!(text, "tick {tick} of {last}");
    if !refs.is_empty() {
        let names: Vec<_> = refs.iter().filter_map(Value::as_str).collect();
        let _ = writeln!(text, "inputs      {}", names.join(", "));
    }
    if let Ok(ledger) = UmxLedger::from_text(&ledger.text) {
        if let Some((least, greatest)) = ledger.extremes() {
            let sum = ledger.sum_post_u;
            let _ = writeln!(
                text,
                "after it    sum {sum}, least {least}, greatest {greatest}"
            );
        }
        let _ = writeln!(text, "\n{}", states(&ledger));
        let _ = writeln!(text, "\n{}", moved(&ledger));
    }
    if let Some(Ok(block)) = p_block.map(|block| PBlock::from_text(&block.text)) {
        let _ = writeln!(text, "\nchain       C_t {}, s_t {}", block.c_t, block.s_t);
    }
    for envelope in &envelopes {
        let word = |field: &str| envelope[field].as_str().unwrap_or("").to_owned();
        let _ = writeln!(
            text,
            "envelope    {} seq {}, payload {}, after C {}",
            word("layer"),
            envelope["seq"],
            envelope["payload_ref"],
            envelope["prev_chain"],
        );
    }
    if let Some(record) = entry {
        let _ = writeln!(text, "entry       {}", record.hash);
        if let Ok(entry) = LedgerEntry::from_text(&record.text) {
            let previous = entry
                .prev_entry_hash
                .map_or("none".to_owned(), |hash| hash.to_string());
            let _ = writeln!(text, "  previous  {previous}");
            let _ = writeln!(text, "  ledger    {}", entry.umx_ledger_hash);
            let _ = writeln!(text, "  P-block   {}", entry.loom_block_hash);
            let _ = writeln!(text, "  manifest  {}", entry.apx_manifest_hash);
            let _ = writeln!(text, "  scene     {}", entry.meta.scene_hash);
        }
    }
    shown
        .members
        .insert("envelopes".to_owned(), Value::Array(envelopes));
    Ok(())
}

/// Rows that a table shows before it says how many are left.
const ROWS_MAX: usize = 40;

fn states(ledger: &UmxLedger) -> String {
    let mut table = plain(["node", "before", "after", "change"]);
    let nodes = ledger.pre_u.iter().zip(&ledger.post_u).zip(1_u64..);
    for ((before, after), node) in nodes.clone().take(ROWS_MAX) {
        let change = i128::from(*after) - i128::from(*before);
        let change = if change == 0 {
            String::new()
        } else {
            format!("{change:+}")
        };
        table.add_row([
            node.to_string(),
            before.to_string(),
            after.to_string(),
            change,
        ]);
    }
    finish(&table, ledger.pre_u.len(), "nodes")
}

fn moved(ledger: &UmxLedger) -> String {
    let edges: Vec<_> = ledger.edges.iter().filter(|edge| edge.f_e != 0).collect();
    if edges.is_empty() {
        return format!("no flux on any of {} edges", ledger.edges.len());
    }
    let mut table = plain(["edge", "from → to", "flux", "du", "raw", "cap"]);
    for edge in edges.iter().take(ROWS_MAX) {
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

fn plain<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn finish(table: &Table, count: usize, what: &str) -> String {
    let mut text = table.trim_fmt();
    if count > ROWS_MAX {
        let _ = write!(
            text,
            "\n… {} more {what}; --format json has all",
            count - ROWS_MAX
        );
    }
    text
}

fn manifest(run: &StoredRun, name: &str, shown: &mut Shown) -> Result<(), Failure> {
    let plan = run.plan()?;
    let window = window::find(&plan, name)?;
    let mut found = Vec::new();
    for record in run.records(RecordKind::Manifests) {
        let record = record?;
        let Ok(manifest) = Manifest::from_text(&record.text) else {
            continue;
        };
        if manifest.window_id != window.window_id() {
            continue;
        }
        let text = &mut shown.text;
        let _ = writeln!(
            text,
            "{}, ticks {} to {}, check {}",
            manifest.window_id, manifest.start_tick, manifest.end_tick, manifest.manifest_check,
        );
        let mut table = plain(["stream", "scheme", "p", "bits"]);
        for stream in &manifest.streams {
            table.add_row([
                stream.stream_id.clone(),
                stream.scheme.symbol().to_owned(),
                stream.params.to_string(),
                stream.total_bits.to_string(),
            ]);
        }
        let _ = writeln!(text, "{}", table.trim_fmt());
        found.push(json_of(&record.text));
    }
    if found.is_empty() {
        let window = window.window_id();
        return Err(Failure::Input(format!(
            "window `{window}` is not closed in this run"
        )));
    }
    shown
        .members
        .insert("manifests".to_owned(), Value::Array(found));
    Ok(())
}

/// The envelopes of a layer; of one tick, where that is asked for too.
fn layer(run: &StoredRun, name: &str, tick: Option<u64>, shown: &mut Shown) -> Result<(), Failure> {
    let Some(layer) = Layer::ALL.into_iter().find(|layer| layer.name() == name) else {
        let layers = Layer::ALL.map(Layer::name).join(", ");
        return Err(Failure::Input(format!(
            "no layer `{name}`: layers are {layers}"
        )));
    };
    let mut table = plain(["tick", "seq", "payload", "after C"]);
    let mut found = Vec::new();
    for record in run.records(RecordKind::Envelopes) {
        let envelope = json_of(&record?.text);
        let in_tick = tick.is_none_or(|tick| envelope["tick"].as_u64() == Some(tick));
        if in_tick && envelope["layer"].as_str() == Some(layer.name()) {
            if found.len() < ROWS_MAX {
                let cell = |field: &str| envelope[field].to_string();
                table.add_row([
                    cell("tick"),
                    cell("seq"),
                    cell("payload_ref"),
                    cell("prev_chain"),
                ]);
            }
            found.push(envelope);
        }
    }
    let _ = writeln!(shown.text, "{}", finish(&table, found.len(), "envelopes"));
    shown
        .members
        .insert("envelopes".to_owned(), Value::Array(found));
    Ok(())
}
