//! `[command]` and `[[outputs]]` of `scenario.toml`: reads and checks them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};
use std::time::Duration;

use aether_harness::{KeyTable, ScenarioProblem, Settings};
use serde::Deserialize;
use toml::Spanned;

/// The keys that belong to the command subject.
pub(crate) const KEYS: [KeyTable; 3] = [
    KeyTable {
        table: "",
        is_array: false,
        keys: &["command", "outputs"],
    },
    KeyTable {
        table: "command",
        is_array: false,
        keys: &["args", "env", "program", "stdin", "time_limit"],
    },
    KeyTable {
        table: "outputs",
        is_array: true,
        keys: &["format", "from", "keys", "name", "stage", "tick"],
    },
];

/// The values of those keys.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CommandSettings {
    /// The harness's own limit, which `[command]` may not contradict.
    time_limit: Option<Spanned<f64>>,
    pub(crate) command: Option<CommandTable>,
    #[serde(default)]
    pub(crate) outputs: Vec<OutputTable>,
}

/// `[command]`: the program that produces the artefacts, if it is not the suite's own subject.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CommandTable {
    /// The program: a name that is looked up, or a path relative to the scenario's directory.
    pub(crate) program: Spanned<String>,
    #[serde(default)]
    pub(crate) args: Vec<String>,
    /// A file in the scenario's directory that becomes the program's standard input.
    pub(crate) stdin: Option<String>,
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Seconds; as `time_limit` of the scenario, which it may not contradict.
    pub(crate) time_limit: Option<Spanned<f64>>,
}

/// One `[[outputs]]`: an artefact that the program leaves.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OutputTable {
    pub(crate) name: Spanned<String>,
    /// `stdout`, or the path of a file in the directory in which the program runs.
    pub(crate) from: Spanned<String>,
    #[serde(default)]
    pub(crate) format: OutputFormat,
    /// Dotted path of an array, to the fields that identify its elements.
    #[serde(default)]
    pub(crate) keys: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) stage: String,
    /// The field of a record that holds its tick.
    pub(crate) tick: Option<String>,
}

/// How an output is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OutputFormat {
    /// One document.
    #[default]
    Json,
    /// One document a line.
    Jsonl,
}

/// The output that is not a file.
pub(crate) const STDOUT: &str = "stdout";

/// Artefacts that the harness makes itself.
const RESERVED: [&str; 2] = ["error", "inputs"];

/// Every problem of `[command]` and `[[outputs]]`.
pub(crate) fn check(settings: &Settings) -> Vec<ScenarioProblem> {
    let document = match settings.read::<CommandSettings>() {
        Ok(document) => document,
        Err(problem) => return vec![problem],
    };
    let mut problems = Vec::new();
    check_time_limit(&document, settings, &mut problems);
    match &document.command {
        Some(_) if document.outputs.is_empty() => problems.push(settings.problem(
            0..0,
            "[command] needs at least one [[outputs]], with its name and from = \"stdout\" or a file",
        )),
        Some(command) if command.program.get_ref().trim().is_empty() => {
            problems.push(settings.problem(command.program.span(), "the program is empty"));
        }
        None if !document.outputs.is_empty() => {
            problems.push(settings.problem(0..0, "[[outputs]] without a [command]"));
        }
        Some(_) | None => {}
    }
    let mut names = BTreeSet::new();
    for output in &document.outputs {
        check_name(output, &mut names, settings, &mut problems);
        check_from(output, settings, &mut problems);
    }
    problems
}

/// The time limit in `[command]`, if it is there and valid.
pub(crate) fn time_limit(settings: &Settings) -> Option<Duration> {
    let command = settings.read::<CommandSettings>().ok()?.command?;
    Duration::try_from_secs_f64(*command.time_limit?.get_ref()).ok()
}

fn check_time_limit(
    document: &CommandSettings,
    settings: &Settings,
    problems: &mut Vec<ScenarioProblem>,
) {
    let command = document.command.as_ref();
    let Some(limit) = command.and_then(|command| command.time_limit.as_ref()) else {
        return;
    };
    if document.time_limit.is_some() {
        problems.push(settings.problem(
            limit.span(),
            "time_limit is given twice, at the top level and in [command]: keep one",
        ));
        return;
    }
    match Duration::try_from_secs_f64(*limit.get_ref()) {
        Ok(limit) if !limit.is_zero() => {}
        _ => problems
            .push(settings.problem(limit.span(), "time_limit is a number of seconds above 0")),
    }
}

fn check_name(
    output: &OutputTable,
    names: &mut BTreeSet<String>,
    settings: &Settings,
    problems: &mut Vec<ScenarioProblem>,
) {
    let (name, span) = (output.name.get_ref().as_str(), output.name.span());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(is_plain) {
        problems.push(settings.problem(
            span,
            "the name becomes that of a golden file: use ASCII letters, digits, '_', '-'",
        ));
    } else if RESERVED.contains(&name) {
        let problem = format!(
            "`{name}` is the name of a golden that the harness writes; choose another name"
        );
        problems.push(settings.problem(span, problem));
    } else if !names.insert(name.to_lowercase()) {
        let problem = format!("two outputs have the name `{name}`");
        problems.push(settings.problem(span, problem));
    }
}

/// An output is a file below the directory in which the program runs.
fn check_from(output: &OutputTable, settings: &Settings, problems: &mut Vec<ScenarioProblem>) {
    let from = output.from.get_ref();
    let stays = Path::new(from)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if from.is_empty() || !stays {
        problems.push(settings.problem(
            output.from.span(),
            "from is \"stdout\" or a file below the directory in which the program runs, without `..`",
        ));
    }
}
