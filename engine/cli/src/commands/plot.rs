//! `aether plot`: draws a stored run as SVG.

use aether_json::{Value, json};

use crate::CommandResult;
use crate::args::PlotCommand;
use crate::destination::{Destination, FileKind, Protected};
use crate::exit::Status;
use crate::output::Output;
use crate::{plot as pictures, registry};

pub(crate) fn plot(command: &PlotCommand, output: &Output) -> CommandResult {
    let run = registry::open_run(&command.stored.runs, &command.stored.run_id)?;
    let reads = Protected::of_run(&run)?;
    let out = command.out.as_ref();
    let out = out.map(|path| Destination::new(path, command.force, FileKind::Svg, &reads));
    let out = out.transpose()?;
    let selection = command.selection.of_run(&run)?;
    let picture = pictures::draw(&run, command.what, &selection)?;
    if let Some(out) = &out {
        out.write(|sink| Ok(sink.write_all(picture.svg.as_bytes())?))?;
    }
    if output.is_json() {
        let path = command.out.as_ref().map(|path| path.display().to_string());
        // Without a file to write to, the picture is part of the result.
        let svg = if path.is_none() {
            Value::from(picture.svg.as_str())
        } else {
            Value::Null
        };
        output.result(String::new, || {
            json!({
                "run_id": registry::id_of(&run),
                "what": command.what.name(),
                "path": path,
                "bytes": picture.svg.len(),
                "bins": picture.bins,
                "svg": svg,
            })
        })?;
    } else if let Some(path) = &command.out {
        output.note(&format!("wrote {}", path.display()));
    } else {
        output.print(picture.svg.as_bytes())?;
    }
    Ok(Status::Done)
}
