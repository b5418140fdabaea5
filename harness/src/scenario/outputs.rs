//! What `[command]` and `[[outputs]]` must say.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use super::Source;
use super::document::{Document, OutputTable};

/// The output that is no file.
pub(crate) const STDOUT: &str = "stdout";

/// Artefacts that the harness makes itself.
const RESERVED: [&str; 2] = ["error", "inputs"];

pub(super) fn check(document: &Document, source: &Source<'_>, problems: &mut Vec<String>) {
    match &document.command {
        Some(_) if document.outputs.is_empty() => problems.push(source.problem(
            0..0,
            "[command] needs at least one [[outputs]], with its name and from = \"stdout\" or a file",
        )),
        Some(command) if command.program.get_ref().trim().is_empty() => {
            problems.push(source.problem(command.program.span(), "the program is empty"));
        }
        None if !document.outputs.is_empty() => {
            problems.push(source.problem(0..0, "[[outputs]] without a [command]"));
        }
        Some(_) | None => {}
    }
    let mut names = BTreeSet::new();
    for output in &document.outputs {
        check_name(output, &mut names, source, problems);
        check_from(output, source, problems);
    }
}

fn check_name(
    output: &OutputTable,
    names: &mut BTreeSet<String>,
    source: &Source<'_>,
    problems: &mut Vec<String>,
) {
    let (name, span) = (output.name.get_ref().as_str(), output.name.span());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(is_plain) {
        problems.push(source.problem(
            span,
            "the name becomes that of a golden file: use ASCII letters, digits, '_', '-'",
        ));
    } else if RESERVED.contains(&name) {
        let problem = format!("`{name}` is a golden of the harness's own; choose another name");
        problems.push(source.problem(span, &problem));
    } else if !names.insert(name.to_lowercase()) {
        let problem = format!("two outputs are called `{name}`");
        problems.push(source.problem(span, &problem));
    }
}

/// An output is a file below the directory in which the program runs.
fn check_from(output: &OutputTable, source: &Source<'_>, problems: &mut Vec<String>) {
    let from = output.from.get_ref();
    let stays = Path::new(from)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if from.is_empty() || !stays {
        problems.push(source.problem(
            output.from.span(),
            "from is \"stdout\" or a file below the directory in which the program runs, without `..`",
        ));
    }
}
