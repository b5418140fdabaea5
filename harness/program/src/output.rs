//! Reads the declared outputs of a program as artefacts.

use std::fs;
use std::path::{Path, PathBuf};

use crate::settings::{OutputFormat, OutputTable, STDOUT};
use aether_harness::Artefact;

/// Names of other files that a message about a missing one lists.
const OTHERS_MAX: usize = 8;

/// The files that the program writes its declared outputs to.
pub(crate) fn files(outputs: &[OutputTable], scratch: &Path, work: &Path) -> Vec<PathBuf> {
    outputs
        .iter()
        .map(|output| file(output, scratch, work))
        .collect()
}

fn file(output: &OutputTable, scratch: &Path, work: &Path) -> PathBuf {
    match output.from.get_ref().as_str() {
        STDOUT => scratch.join("stdout"),
        from => work.join(from),
    }
}

/// One declared output, or what is wrong with it.
pub(crate) fn artefact(
    output: &OutputTable,
    scratch: &Path,
    work: &Path,
) -> Result<Artefact, String> {
    let name = output.name.get_ref().as_str();
    let from = output.from.get_ref().as_str();
    let path = file(output, scratch, work);
    refuse_strange(&path, scratch).map_err(|problem| match problem {
        Strange::Missing => format!(
            "the output `{name}` is missing: there is no {from}; {}",
            left(work)
        ),
        Strange::Other(problem) => format!("the output `{name}` ({from}) {problem}"),
    })?;
    let bytes = fs::read(&path)
        .map_err(|error| format!("the output `{name}` ({from}) cannot be read: {error}"))?;
    refuse_own_place(&bytes, work)
        .map_err(|problem| format!("the output `{name}` ({from}) {problem}"))?;
    match output.format {
        OutputFormat::Json => Artefact::from_json(name, &bytes),
        OutputFormat::Jsonl => Artefact::from_json_lines(name, &bytes),
    }
    .map_err(|error| {
        let hint = if output.format == OutputFormat::Json && is_lines(&bytes) {
            "; for one document per line use format = \"jsonl\""
        } else {
            ""
        };
        format!("the output `{name}` ({from}) is not JSON: {error}{hint}")
    })
}

enum Strange {
    Missing,
    Other(String),
}

/// An output must be a regular file in the run's directory: not a pipe, which would never end, nor a link to
/// another place.
fn refuse_strange(path: &Path, scratch: &Path) -> Result<(), Strange> {
    let real = fs::canonicalize(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Strange::Missing,
        _ => Strange::Other(format!("cannot be read: {error}")),
    })?;
    let is_own = fs::canonicalize(scratch).is_ok_and(|scratch| real.starts_with(scratch));
    if !is_own {
        return Err(Strange::Other(
            "leads out of the directory in which the program ran: an output must be a file of its own"
                .to_owned(),
        ));
    }
    if !real.is_file() {
        return Err(Strange::Other("is not a file".to_owned()));
    }
    Ok(())
}

/// The directory of a run is new each time, so an output that names it never repeats.
fn refuse_own_place(bytes: &[u8], work: &Path) -> Result<(), String> {
    let place = work.to_string_lossy();
    let holds = std::str::from_utf8(bytes).is_ok_and(|text| text.contains(&*place));
    if holds {
        return Err(
            "names the directory in which the program ran, which is a new one for each run: let it \
             write relative paths, or none"
                .to_owned(),
        );
    }
    Ok(())
}

/// What the program left in place of a missing output.
fn left(work: &Path) -> String {
    let mut names: Vec<String> = fs::read_dir(work)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let more = names.len().saturating_sub(OTHERS_MAX);
    names.truncate(OTHERS_MAX);
    match (names.is_empty(), more) {
        (true, _) => "the program left no file".to_owned(),
        (false, 0) => format!("the program left {}", names.join(", ")),
        (false, more) => format!("the program left {} and {more} more", names.join(", ")),
    }
}

/// Whether each line is a separate document.
fn is_lines(bytes: &[u8]) -> bool {
    Artefact::from_json_lines("lines", bytes).is_ok()
}
