//! `aether inspect`: shows a stored run, or one tick, window or layer of it.

mod tick;

use std::collections::BTreeMap;

use std::fmt::Write as _;

use aether_engine::record::{FromText, Layer};
use aether_engine::store::StoredRun;
use aether_engine::view::ViewError;
use comfy_table::{CellAlignment, Table, presets};

use super::window;
use crate::CommandResult;
use crate::args::InspectCommand;
use crate::exit::{Failure, Status};
use crate::json::JsonText;
use crate::output::Output;
use crate::registry;

/// What is shown: members of the export object for programs, and text for people.
#[derive(Default)]
struct Shown {
    members: BTreeMap<String, JsonText>,
    text: String,
}

pub(crate) fn inspect(command: &InspectCommand, output: &Output) -> CommandResult {
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
    output.result(|| text, || members)?;
    Ok(if whole {
        Status::Done
    } else {
        Status::Difference
    })
}

fn summary(run: &StoredRun, shown: &mut Shown) -> Result<(), Failure> {
    let summary = run.summary();
    let metrics = run.metrics()?;
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
    for setting in run.changes()?.iter().flat_map(|changes| changes.lines()) {
        let _ = writeln!(text, "changed     by --set {setting}");
    }
    let _ = writeln!(
        text,
        "graph       {} nodes, {} edges",
        about.node_count, about.edge_count
    );
    let _ = writeln!(
        text,
        "ticks       {} of {}",
        metrics.total_ticks, about.ticks
    );
    let _ = writeln!(
        text,
        "windows     {}, {} bits",
        metrics.window_count, metrics.l_total
    );
    let _ = writeln!(
        text,
        "envelopes   {} ({} CTRL, {} INGRESS, {} DATA, {} EGRESS)",
        metrics.nap_total(),
        metrics.nap_ctrl,
        metrics.nap_ingress,
        metrics.nap_data,
        metrics.nap_egress,
    );
    let _ = writeln!(text, "checkpoints {}", metrics.i_blocks);
    let hash = about
        .last_entry_hash
        .map_or("none".to_owned(), |hash| hash.to_string());
    let _ = writeln!(text, "last entry  {hash}");
    if let Some(error) = summary.error {
        let _ = writeln!(text, "error       {}", error.to_json());
    }
    let members = [
        ("run", JsonText::of(&summary)),
        ("metrics", JsonText::of(&metrics)),
    ];
    let members = members.map(|(name, record)| (name.to_owned(), record));
    shown.members.extend(members);
    Ok(())
}

/// Most rows that a table shows; after them comes the number of the rows that are left out.
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
    let manifest = match run.view().apx_manifest(window.window_id()) {
        Ok(manifest) => manifest,
        Err(ViewError::Window { window_id, .. }) => {
            return Err(Failure::Input(format!(
                "window `{window_id}` is not closed in this run"
            )));
        }
        Err(error) => return Err(error.into()),
    };
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
    shown
        .members
        .insert("manifests".to_owned(), array_of(&[manifest]));
    Ok(())
}

/// The envelopes of a layer; only those of one tick if `--tick` is given too.
fn layer(run: &StoredRun, name: &str, tick: Option<u64>, shown: &mut Shown) -> Result<(), Failure> {
    let Some(layer) = Layer::from_name(name) else {
        let layers = Layer::ALL.map(Layer::name).join(", ");
        return Err(Failure::Input(format!(
            "unknown layer `{name}`; the layers are {layers}"
        )));
    };
    let mut table = plain(["tick", "seq", "payload", "after C"]);
    let envelopes = run.view().nap_envelopes(tick, Some(layer))?;
    for envelope in envelopes.iter().take(ROWS_MAX) {
        table.add_row([
            envelope.tick.to_string(),
            envelope.seq.to_string(),
            envelope.payload_ref.to_string(),
            envelope.prev_chain.to_string(),
        ]);
    }
    let _ = writeln!(
        shown.text,
        "{}",
        finish(&table, envelopes.len(), "envelopes")
    );
    shown
        .members
        .insert("envelopes".to_owned(), array_of(&envelopes));
    Ok(())
}

/// Records as an array of the export object.
fn array_of<R: FromText>(records: &[R]) -> JsonText {
    records.iter().map(JsonText::of).collect()
}
