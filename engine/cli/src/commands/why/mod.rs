//! `aether why`: how a value of a stored run came to differ from that of another run.

mod lineage;
#[cfg(test)]
mod tests;

use aether_engine::config::RunPlan;
use aether_engine::lineage::{Compared, ReadFailure, RunPlace, RunValues, Vocabulary};
use aether_engine::store::StoredRun;
use aether_why::{Extent, Why, WhyError, WhyOptions, why_with_trail};

use super::diff::first_divergence;
use crate::CommandResult;
use crate::args::{WhyCommand, WhyForm};
use crate::destination::{Destination, FileKind, Protected};
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::progress::Progress;
use crate::registry;

use lineage::ComparedRuns;

pub(crate) fn why(command: &WhyCommand, output: &Output) -> CommandResult {
    let before = registry::open_run(&command.runs, &command.before)?;
    let after = registry::open_run(&command.runs, &command.after)?;
    let out = destination(command, output, [&before, &after])?;
    let progress = Progress::spinner("following values");
    let why = explain(command, &before, &after)?;
    drop(progress);
    let mut text = Vec::new();
    match command.form {
        _ if output.is_json() => why.write_json(&mut text)?,
        Some(WhyForm::Svg) => why.write_svg(&mut text)?,
        Some(WhyForm::Html) => why.write_html(&mut text)?,
        None => why.write_text(&mut text, command.all)?,
    }
    match (&out, &command.out) {
        (Some(out), Some(path)) => {
            out.write(|sink| Ok(sink.write_all(&text)?))?;
            output.note(&format!("wrote {}", path.display()));
        }
        _ => output.print(&text)?,
    }
    Ok(Status::Done)
}

/// The file that is written, which neither run nor its inputs may be.
fn destination(
    command: &WhyCommand,
    output: &Output,
    runs: [&StoredRun; 2],
) -> Result<Option<Destination>, Failure> {
    let kind = match command.form {
        Some(_) if output.is_json() => {
            return Err(Failure::Input(
                "--as: a picture or a page is not JSON; leave out --format json".to_owned(),
            ));
        }
        Some(WhyForm::Svg) => FileKind::Svg,
        Some(WhyForm::Html) => FileKind::Html,
        None if output.is_json() => FileKind::Json,
        None if command.out.is_some() => {
            return Err(Failure::Input(
                "--out: text is printed; write JSON (--format json), a picture or a page (--as svg, --as html)"
                    .to_owned(),
            ));
        }
        None => return Ok(None),
    };
    let Some(path) = &command.out else {
        return Ok(None);
    };
    let mut reads = Protected::of_run(runs[0])?;
    reads.add(Protected::of_run(runs[1])?);
    Destination::new(path, command.force, kind, &reads).map(Some)
}

fn explain(command: &WhyCommand, before: &StoredRun, after: &StoredRun) -> Result<Why, Failure> {
    let plans = [before.plan()?, after.plan()?];
    let names = Vocabulary::of(&plans[0], &plans[1]);
    let failures = [ReadFailure::default(), ReadFailure::default()];
    let values = [
        RunValues::of_file(before, &plans[0], &names, &failures[0])?,
        RunValues::of_file(after, &plans[1], &names, &failures[1])?,
    ];
    let runs = Compared::new(&names, &values[0], &values[1]);
    let place = asked(command, [before, after], &plans, &names, &runs)?;
    let files = [before.documents()?, after.documents()?];
    let files = files.map(|documents| documents.files().clone());
    let mut lineage = ComparedRuns::new(&names, &runs, files);
    let extent = if command.nearest {
        Extent::Nearest
    } else {
        Extent::Whole
    };
    let options = WhyOptions::default()
        .with_limit(command.limit)
        .with_extent(extent);
    let cannot = |error| Failure::Io("a temporary file cannot be made".to_owned(), error);
    let mut trail = tempfile::tempfile().map_err(cannot)?;
    let name = format!("{} → {}", command.before, command.after);
    let found = why_with_trail(&mut lineage, &name, &place, &options, &mut trail);
    // A value that could not be read seemed absent.
    if let Some(error) = failures.iter().find_map(ReadFailure::take) {
        return Err(error.into());
    }
    found.map_err(|error| match error {
        WhyError::Trail(_) => Failure::Io(error.to_string(), std::io::ErrorKind::Other.into()),
        _ => Failure::Input(error.to_string()),
    })
}

/// The place that was asked for; the first divergence if none was.
fn asked(
    command: &WhyCommand,
    runs: [&StoredRun; 2],
    plans: &[RunPlan; 2],
    names: &Vocabulary,
    compared: &Compared<'_>,
) -> Result<RunPlace, Failure> {
    let last = plans.iter().map(RunPlan::ticks).max().unwrap_or(0);
    if let Some(path) = &command.at {
        let place = names.place(path).ok_or_else(|| {
            Failure::Input(format!(
                "--at: neither run can have a value at `{path}`; paths are written as in `aether diff`: \
                 ledgers[tick=3].edges[e_id=5].raw"
            ))
        })?;
        let found = names.path(place);
        if found
            .strip_prefix(path)
            .is_some_and(|rest| !rest.is_empty())
            && !compared.differs(place)
        {
            return Err(Failure::Input(format!(
                "--at: `{path}` is not a single value; name one of those in it, such as `{found}`"
            )));
        }
        return Ok(place);
    }
    if let Some(tick) = command.tick.filter(|tick| !(1..=last).contains(tick)) {
        return Err(Failure::Input(format!(
            "--tick: neither run has a tick {tick}; they end with tick {last}"
        )));
    }
    let find = |plan: usize| -> Result<Option<String>, Failure> {
        let known = plans[plan].names();
        let input = |error: String| Failure::Input(error);
        Ok(if let Some(node) = &command.node {
            let node = known
                .find_node(node)
                .map_err(|error| input(error.to_string()))?;
            Some(format!("post_u[node={node}]"))
        } else if let Some(edge) = &command.edge {
            let edge = known
                .find_edge(edge)
                .map_err(|error| input(error.to_string()))?;
            Some(format!("edges[e_id={edge}].f_e"))
        } else {
            None
        })
    };
    // A node or edge that only the run before has is named there.
    let Some(field) = find(1).or_else(|error| find(0).map_err(|_| error))? else {
        if command.tick.is_some() {
            return Err(Failure::Input(
                "--tick: name the value of the tick with --node or --edge, or with --at".to_owned(),
            ));
        }
        return first(runs, names);
    };
    let at = |tick: u64| {
        let path = format!("ledgers[tick={tick}].{field}");
        names
            .place(&path)
            .expect("a node or edge has a value in each tick")
    };
    if let Some(tick) = command.tick {
        return Ok(at(tick));
    }
    let differing = (1..=last).map(at).find(|place| compared.differs(*place));
    differing.ok_or_else(|| Failure::Input(format!("{field} does not differ at any tick")))
}

fn first(runs: [&StoredRun; 2], names: &Vocabulary) -> Result<RunPlace, Failure> {
    let Some(path) = first_divergence(runs[0], runs[1])? else {
        return Err(nothing_differs());
    };
    // A value that was set to what it was is noted with the documents.
    if path.starts_with("inputs.files") {
        return Err(nothing_differs());
    }
    if path.starts_with("inputs.") {
        return Err(Failure::Input(format!(
            "only inputs differ ({path}): no value that the runs recorded depends on them"
        )));
    }
    names.place(&path).ok_or_else(|| {
        Failure::Input(format!(
            "`{path}` differs, and is not a value; name one with --at"
        ))
    })
}

fn nothing_differs() -> Failure {
    Failure::Input("no value differs: the runs recorded the same".to_owned())
}
