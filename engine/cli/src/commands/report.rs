//! `aether report`: writes a run as one self-contained HTML page.

use aether_json::json;

use crate::CommandResult;
use crate::args::ReportCommand;
use crate::destination::{Destination, FileKind, Protected};
use crate::exit::Status;
use crate::output::Output;
use crate::progress::Progress;
use crate::{registry, report as pages};

pub(crate) fn report(command: &ReportCommand, output: &Output) -> CommandResult {
    let run = registry::open_run(&command.stored.runs, &command.stored.run_id)?;
    let reads = Protected::of_run(&run)?;
    let out = command.out.as_ref();
    let out = out.map(|path| Destination::new(path, command.force, FileKind::Html, &reads));
    let out = out.transpose()?;
    let selection = command.selection.of_run(&run)?;
    let progress = Progress::spinner("writing the report");
    let page = pages::page(&run, &selection)?;
    drop(progress);
    match &out {
        Some(out) => out.write(|sink| Ok(sink.write_all(page.as_bytes())?))?,
        None if !output.is_json() => {
            output.print(page.as_bytes())?;
            return Ok(Status::Done);
        }
        None => {}
    }
    let path = command.out.as_ref().map(|path| path.display().to_string());
    if output.is_json() {
        // Without a file to write to, the page is part of the result.
        let html = path.is_none().then_some(page.as_str());
        let run_id = registry::id_of(&run);
        output.result(
            String::new,
            || json!({ "run_id": run_id, "path": path, "bytes": page.len(), "html": html }),
        )?;
    } else if let Some(path) = path {
        output.note(&format!("wrote {path}"));
    }
    Ok(Status::Done)
}
