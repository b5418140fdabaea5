//! `aether topology`: makes a topology document from a shape or an edge list.

use std::path::{Path, PathBuf};

use aether_engine::config::FileSystem;
use aether_engine::topology::{Format, ImportOptions, ListFormat, NewTopology, Settings, import};
use aether_json::{Value, json};

use crate::CommandResult;
use crate::args::{ImportCommand, ListFormatWord, MadeTopology, NewTopologyCommand};
use crate::destination::{Destination, FileKind, Protected};
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::progress::Progress;
use crate::registry;

pub(crate) fn new(command: &NewTopologyCommand, output: &Output) -> CommandResult {
    let (shape, made) = command.shape();
    let out = destination(made, &Protected::default())?;
    let progress = Progress::spinner("making the graph");
    let topology = shape.make(&settings(made)).map_err(|errors| {
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        Failure::Input(errors.join("\n"))
    })?;
    drop(progress);
    write(&topology, out.as_ref(), made, output)
}

pub(crate) fn import_edges(command: &ImportCommand, output: &Output) -> CommandResult {
    let files = FileSystem::new(registry::working_dir()?);
    let mut options = ImportOptions::new(settings(&command.made))
        .ends(command.from.clone(), command.to.clone())
        .values(command.k_column.clone(), command.cap_column.clone())
        .label(command.label.clone())
        .k_scale(command.k_scale)
        .names(command.names.clone())
        .drop_self_loops(command.drop_self_loops)
        .drop_duplicates(command.drop_duplicates);
    if let Some(form) = command.form {
        options = options.format(match form {
            ListFormatWord::Csv => ListFormat::Csv,
            ListFormatWord::Lines => ListFormat::Lines,
        });
    }
    let inputs = [Some(&command.edges), command.names.as_ref()];
    let reads = Protected::inputs(inputs.into_iter().flatten().map(PathBuf::as_path));
    let out = destination(&command.made, &reads)?;
    let progress = Progress::spinner("reading the edge list");
    let topology = import(&files, &command.edges, &options).map_err(Failure::Documents)?;
    drop(progress);
    if !output.is_json() || command.made.out.is_none() {
        for note in account(&topology) {
            output.note(&note);
        }
    }
    write(&topology, out.as_ref(), &command.made, output)
}

/// The columns of an import; null for a topology that was made.
fn columns(topology: &NewTopology) -> Value {
    let columns = topology.columns();
    if columns.used.is_empty() {
        return Value::Null;
    }
    let mut used = json!({});
    for (role, column) in &columns.used {
        used[*role] = json!(column);
    }
    json!({ "used": used, "unused": columns.unused, "attrs": columns.attrs })
}

/// Which columns were used and which were not, and what was guessed.
fn account(topology: &NewTopology) -> Vec<String> {
    let columns = topology.columns();
    let used = columns.used.iter();
    let used: Vec<String> = used
        .map(|(role, column)| format!("`{column}` is {role}"))
        .collect();
    let mut lines = vec![format!("columns: {}", used.join(", "))];
    let unused = columns.unused.iter();
    lines.extend(unused.map(|column| format!("column `{column}` is not used{}", hint(column))));
    if !columns.attrs.is_empty() {
        lines.push(format!("attributes of nodes: {}", columns.attrs.join(", ")));
    }
    lines.extend(topology.notes().iter().map(|note| format!("note: {note}")));
    lines
}

/// How to use a column whose name says what it is.
fn hint(column: &str) -> &'static str {
    match column.to_ascii_lowercase().as_str() {
        "weight" | "w" | "conductance" => "; --k-column uses it as k",
        "capacity" => "; --cap-column uses it as cap",
        "label" | "name" | "id" | "edge" => "; --label uses it as the name of the edge",
        _ => "",
    }
}

fn settings(made: &MadeTopology) -> Settings {
    let mut settings = Settings::default().with_scale(made.sc).with_cap(made.cap);
    if let Some(gid) = &made.gid {
        settings = settings.with_gid(gid);
    }
    if let Some(k) = made.k {
        settings = settings.with_conductance(k);
    }
    settings
}

/// The file that the document is written to, if it is not standard output.
fn destination(made: &MadeTopology, reads: &Protected) -> Result<Option<Destination>, Failure> {
    let out = made.out.as_ref();
    let out = out.map(|path| Destination::new(path, made.force, FileKind::Topology, reads));
    out.transpose()
}

/// Writes the document to its file and prints a summary, or writes it to standard output.
fn write(
    topology: &NewTopology,
    out: Option<&Destination>,
    made: &MadeTopology,
    output: &Output,
) -> CommandResult {
    let extension = made.out.as_deref().and_then(Path::extension);
    // The destination allows no other.
    let format = match extension {
        Some(extension) if extension.eq_ignore_ascii_case("toml") => Format::Toml,
        _ => Format::Json,
    };
    let text = topology
        .text(format)
        .map_err(|error| Failure::Input(error.to_string()))?;
    let (Some(out), Some(path)) = (out, &made.out) else {
        output.print(text.as_bytes())?;
        return Ok(Status::Done);
    };
    out.write(|sink| Ok(sink.write_all(text.as_bytes())?))?;
    let (nodes, edges) = (topology.node_count(), topology.edge_count());
    let range = topology
        .conductances()
        .min()
        .zip(topology.conductances().max());
    output.result(
        || {
            let k = match range {
                Some((least, most)) if least == most => format!(", k {least}"),
                Some((least, most)) => format!(", k {least} to {most}"),
                None => String::new(),
            };
            let (gid, scale) = (topology.gid(), topology.scale());
            let path = path.display();
            format!("{path}: {gid}, {nodes} nodes, {edges} edges{k}, SC {scale}\n")
        },
        || {
            json!({
                "path": path.display().to_string(),
                "gid": topology.gid(),
                "nodes": nodes,
                "edges": edges,
                "SC": topology.scale(),
                "columns": columns(topology),
                "notes": topology.notes(),
            })
        },
    )?;
    Ok(Status::Done)
}
