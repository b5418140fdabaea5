//! `aether inspect`: shows a stored run, or ticks, nodes, edges, a window or a layer of it.

mod aeon;
mod inputs;
mod moments;
mod places;
mod tick;
mod ticks;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

use aether_engine::record::{FromText, Layer, NapEnvelope};
use aether_engine::run::RecordKind;
use aether_engine::store::StoredRun;
use aether_engine::view::ViewError;
use comfy_table::{CellAlignment, Table, presets};

use super::window;
use crate::CommandResult;
use crate::args::InspectCommand;
use crate::choice::unknown;
use crate::exit::{Failure, Status};
use crate::json::JsonText;
use crate::output::Output;
use crate::registry;
use crate::selection::SelectionArgs;

use moments::Moments;

/// What is shown: members of the export object for programs, or text for people.
struct Shown {
    json: bool,
    members: BTreeMap<String, JsonText>,
    text: String,
}

pub(crate) fn inspect(command: &InspectCommand, output: &Output) -> CommandResult {
    let run = registry::open_run(&command.stored.runs, &command.stored.run_id)?;
    let mut shown = Shown {
        json: output.is_json(),
        members: BTreeMap::new(),
        text: String::new(),
    };
    let selection = &command.selection;
    let asked = selection.tick.as_ref();
    let of_places = !selection.node.is_empty() || !selection.edge.is_empty();
    let nothing_asked = asked.is_none()
        && !of_places
        && command.window.is_none()
        && command.layer.is_none()
        && command.aeon.is_none();
    if command.summary || nothing_asked {
        summary(&run, &mut shown)?;
    }
    let mut whole = true;
    if of_places || asked.is_some() {
        whole = moments(&run, selection, &mut shown)?;
    }
    if let Some(name) = &command.window {
        manifest(&run, name, &mut shown)?;
    }
    if let Some(name) = &command.layer {
        layer(&run, name, asked, &mut shown)?;
    }
    if let Some(id) = &command.aeon {
        aeon::show(&run, id, &mut shown)?;
    }
    let Shown { members, text, .. } = shown;
    output.result(|| text, || members)?;
    Ok(if whole {
        Status::Done
    } else {
        Status::Difference
    })
}

/// Shows ticks, or nodes and edges at them; returns whether the checks of a single tick passed.
fn moments(run: &StoredRun, selection: &SelectionArgs, shown: &mut Shown) -> Result<bool, Failure> {
    let moments = Moments::of(run)?;
    let ticks = moments.ticks(selection.tick.as_ref())?;
    if !selection.node.is_empty() || !selection.edge.is_empty() {
        let names = run.names()?;
        let selection = selection.of_names(&names)?;
        places::show(&moments, &names, &selection, &ticks, shown)?;
        return Ok(true);
    }
    match (*ticks.start(), *ticks.end()) {
        (0, 0) => tick::initial(&moments, shown)?,
        (tick, last) if tick == last && !moments.is_missing(tick) => {
            return tick::show(&moments, tick, shown);
        }
        (tick, last) if tick == last && !shown.json => tick::replayed(&moments, tick, shown)?,
        _ => ticks::show(&moments, &ticks, shown)?,
    }
    Ok(true)
}

fn summary(run: &StoredRun, shown: &mut Shown) -> Result<(), Failure> {
    let summary = run.summary();
    let metrics = run.metrics()?;
    let about = run.header();
    let text = &mut shown.text;
    let _ = writeln!(
        text,
        "run         {}, gid {}, {}",
        registry::shown_name(run),
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
    if let (Some(aeon), Some(apxi)) = (metrics.aeon_views, metrics.apxi_views) {
        let _ = writeln!(text, "AEON        {aeon} windows, {apxi} with descriptors");
    }
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

/// The envelopes of a layer; only those of some ticks if `--tick` is given too.
fn layer(
    run: &StoredRun,
    name: &str,
    ticks: Option<&RangeInclusive<u64>>,
    shown: &mut Shown,
) -> Result<(), Failure> {
    let Some(layer) = Layer::from_name(name) else {
        return Err(unknown("layer", name, &Layer::ALL.map(Layer::name)));
    };
    let mut table = plain(["tick", "seq", "payload", "after C"]);
    let (mut count, mut listed) = (0, Vec::new());
    let mut show = |envelope: NapEnvelope| {
        if envelope.layer != layer {
            return;
        }
        count += 1;
        if shown.json {
            listed.push(JsonText::of(&envelope));
        } else if count <= ROWS_MAX {
            table.add_row([
                envelope.tick.to_string(),
                envelope.seq.to_string(),
                envelope.payload_ref.to_string(),
                envelope.prev_chain.to_string(),
            ]);
        }
    };
    match ticks {
        None => {
            for envelope in run.values() {
                show(envelope?);
            }
        }
        Some(ticks) => {
            let places = run.places_of_ticks(RecordKind::Envelopes, ticks)?;
            for place in places.into_iter().flatten() {
                if let Some(envelope) = run.value(place)? {
                    show(envelope);
                }
            }
        }
    }
    let text = finish(&table, count, "envelopes");
    let _ = writeln!(shown.text, "{text}");
    let member = ("envelopes".to_owned(), listed.into_iter().collect());
    shown.members.extend([member]);
    Ok(())
}

/// Records as an array of the export object.
fn array_of<R: FromText>(records: &[R]) -> JsonText {
    records.iter().map(JsonText::of).collect()
}
