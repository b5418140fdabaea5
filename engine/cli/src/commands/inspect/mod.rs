//! `aether inspect`: a stored run, or one tick, window or layer of it.

mod checks;
mod tick;

use std::collections::BTreeMap;

use std::fmt::Write as _;

use aether_engine::record::{FromText as _, Layer, Manifest};
use aether_engine::run::RecordKind;
use aether_engine::store::StoredRun;
use aether_json::Value;
use comfy_table::{CellAlignment, Table, presets};

use super::window;
use crate::Ended;
use crate::args::InspectCommand;
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::registry::{self, json_of};

/// What is shown: members of the export object, and the same for people.
#[derive(Default)]
struct Shown {
    members: BTreeMap<String, Value>,
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
    let mut whole = true;
    if let Some(number) = command.tick {
        whole = tick::show(&run, number, &mut shown)?;
    }
    if let Some(name) = &command.window {
        manifest(&run, name, &mut shown)?;
    }
    if let Some(name) = &command.layer {
        layer(&run, name, command.tick, &mut shown)?;
    }
    let Shown { members, text } = shown;
    output.result(|| text, || Value::Object(members))?;
    Ok(if whole {
        Status::Done
    } else {
        Status::Difference
    })
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

/// Rows that a table shows before it says how many are left.
const ROWS_MAX: usize = 40;

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
    let ticks = tick.map_or(1..=u64::MAX, |tick| tick..=tick);
    for record in run.records_of_ticks(RecordKind::Envelopes, &ticks)? {
        let envelope = json_of(&record?.text);
        if envelope["layer"].as_str() == Some(layer.name()) {
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
