//! `[command]`, `[[outputs]]` and `[[depends]]` of `scenario.toml`: reads and checks them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Component, Path};
use std::time::Duration;

use aether_harness::snapshot::{GOLDEN_NAME_MAX, is_golden_name};
use aether_harness::{Bound, KeyTable, ScenarioProblem, Settings, Tolerance};
use serde::Deserialize;
use toml::Spanned;

use crate::depends::{self, DependsTable};
use crate::form::Form;
use crate::format::lines;
use crate::steps::Steps;

/// The keys that belong to the command subject.
pub(crate) const KEYS: [KeyTable; 7] = [
    KeyTable {
        table: "",
        is_array: false,
        keys: &["code", "command", "depends", "ignore", "inputs", "outputs"],
    },
    KeyTable {
        table: "command",
        is_array: false,
        keys: &[
            "args",
            "env",
            "exit",
            "follow",
            "pass",
            "program",
            "stdin",
            "time_limit",
            "version",
        ],
    },
    KeyTable {
        table: "depends",
        is_array: true,
        keys: &["of", "on"],
    },
    KeyTable {
        table: "outputs",
        is_array: true,
        keys: &[
            "at",
            "delimiter",
            "empty",
            "format",
            "from",
            "header",
            "keys",
            "name",
            "nonfinite",
            "record",
            "replace",
            "stage",
            "tick",
            "tolerance",
            "unordered",
            "volatile",
        ],
    },
    KeyTable {
        table: "outputs.tolerance",
        is_array: true,
        keys: &["abs", "path", "reason", "rel", "ulp"],
    },
    KeyTable {
        table: "outputs.volatile",
        is_array: true,
        keys: &["form", "path", "reason"],
    },
    KeyTable {
        table: "outputs.replace",
        is_array: true,
        keys: &["pattern", "reason", "with"],
    },
];

/// The values of those keys.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CommandSettings {
    /// The harness's own limit, which `[command]` may not contradict.
    time_limit: Option<Spanned<f64>>,
    /// The harness's own settings that say what tolerances may do.
    determinism: Option<Spanned<String>>,
    snapshot: Option<String>,
    pub(crate) command: Option<CommandTable>,
    /// Globs of files that have no role.
    #[serde(default)]
    pub(crate) ignore: Vec<Spanned<String>>,
    /// Globs of files that are tested.
    #[serde(default)]
    pub(crate) code: Vec<Spanned<String>>,
    /// Globs of files that a run depends on, in addition to those of the scenario's directory.
    #[serde(default)]
    pub(crate) inputs: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) outputs: Vec<OutputTable>,
    /// What the values of the outputs are computed from.
    #[serde(default)]
    pub(crate) depends: Vec<DependsTable>,
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
    /// The exit statuses that mean success; 0 alone if it is not given.
    pub(crate) exit: Option<Spanned<Vec<i32>>>,
    /// Fields of input documents that name further inputs, as dotted paths.
    #[serde(default)]
    pub(crate) follow: Vec<Spanned<String>>,
    /// Variables that the program inherits as they are, in a changed environment too.
    #[serde(default)]
    pub(crate) pass: Vec<Spanned<String>>,
    /// A command whose output identifies the program.
    pub(crate) version: Option<Spanned<Vec<String>>>,
    /// Seconds; as `time_limit` of the scenario, which it may not contradict.
    pub(crate) time_limit: Option<Spanned<f64>>,
}

impl CommandTable {
    /// The exit statuses that mean success.
    pub(crate) fn successes(&self) -> &[i32] {
        self.exit.as_ref().map_or(&[0], |exit| exit.get_ref())
    }
}

/// One `[[outputs]]`: an artefact that the program leaves, or one for each file that a glob matches.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OutputTable {
    pub(crate) name: Spanned<String>,
    /// `stdout`, `stderr`, the path of a file in the directory in which the program runs, or a glob.
    pub(crate) from: Spanned<String>,
    #[serde(default)]
    pub(crate) format: OutputFormat,
    /// Dotted path of an array, to the fields that identify its elements.
    #[serde(default)]
    pub(crate) keys: BTreeMap<Spanned<String>, Vec<String>>,
    #[serde(default)]
    pub(crate) stage: String,
    /// The field of a record that holds its tick.
    pub(crate) tick: Option<Spanned<String>>,
    /// The part of a JSON document that is this output, as a dotted path.
    pub(crate) at: Option<Spanned<String>>,
    /// Dotted paths of arrays whose order does not matter.
    #[serde(default)]
    pub(crate) unordered: Vec<Spanned<String>>,
    /// The character between the cells of a table.
    pub(crate) delimiter: Option<Spanned<String>>,
    /// Whether the first row of a table names its columns; it does if it is not given.
    pub(crate) header: Option<Spanned<bool>>,
    /// The regular expression of the lines of a text that are records.
    pub(crate) record: Option<Spanned<String>>,
    pub(crate) nonfinite: Option<Spanned<Nonfinite>>,
    pub(crate) empty: Option<Empty>,
    #[serde(default)]
    pub(crate) volatile: Vec<VolatileTable>,
    #[serde(default)]
    pub(crate) replace: Vec<ReplaceTable>,
    #[serde(default)]
    pub(crate) tolerance: Vec<ToleranceTable>,
}

/// One `[[outputs.volatile]]`: values that differ from run to run.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct VolatileTable {
    pub(crate) path: Spanned<String>,
    pub(crate) form: Spanned<String>,
    pub(crate) reason: Spanned<String>,
}

/// One `[[outputs.replace]]`: a part of a text that differs from run to run.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ReplaceTable {
    pub(crate) pattern: Spanned<String>,
    pub(crate) with: String,
    pub(crate) reason: Spanned<String>,
}

/// One `[[outputs.tolerance]]`: numbers that may move.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ToleranceTable {
    pub(crate) path: Spanned<String>,
    abs: Option<Spanned<String>>,
    rel: Option<Spanned<String>>,
    ulp: Option<u64>,
    pub(crate) reason: Spanned<String>,
}

impl ToleranceTable {
    fn bounds(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.abs.iter().chain(&self.rel)
    }

    /// The same as a schema has it.
    pub(crate) fn tolerance(&self) -> Tolerance {
        let bound = |bound: &Option<Spanned<String>>| -> Option<Bound> {
            let text = bound.as_ref()?.get_ref();
            Some(text.parse().expect("what `check` accepts is a bound"))
        };
        let mut tolerance = Tolerance::new(self.path.get_ref(), self.reason.get_ref());
        tolerance.abs = bound(&self.abs);
        tolerance.rel = bound(&self.rel);
        tolerance.ulp = self.ulp;
        tolerance
    }
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
    /// One record per row, with commas.
    Csv,
    /// One record per row, with tabs.
    Tsv,
    /// One string or record per line.
    Text,
    /// One document, or several.
    Yaml,
    /// One document.
    Toml,
    /// Size and digest, and up to 1 MiB the bytes beside the golden.
    Bytes,
}

/// What NaN and Infinity become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Nonfinite {
    /// Strings.
    Text,
}

/// What an output without content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Empty {
    /// A failure of the program.
    Error,
}

/// The outputs that are not files.
pub(crate) const STREAMS: [&str; 2] = ["stdout", "stderr"];

/// Artefacts that the harness makes itself, and its own file.
const RESERVED: [&str; 4] = ["error", "exit", "inputs", "snapshot"];

impl OutputTable {
    /// Whether it is every file that a pattern matches.
    pub(crate) fn is_glob(&self) -> bool {
        self.from.get_ref().contains(['*', '?', '['])
    }
}

/// Whether a name belongs to the harness.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name.to_lowercase().as_str())
}

/// Every problem of `[command]`, `[[outputs]]` and `[[depends]]`.
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
    let exit = document.command.as_ref().and_then(|c| c.exit.as_ref());
    if let Some(exit) = exit
        && let Some(problem) = exit_problem(exit.get_ref())
    {
        problems.push(settings.problem(exit.span(), problem));
    }
    if let Some(command) = &document.command {
        check_pass(command, settings, &mut problems);
    }
    let version = document.command.as_ref().and_then(|c| c.version.as_ref());
    if let Some(version) = version
        && version
            .get_ref()
            .first()
            .is_none_or(|program| program.trim().is_empty())
    {
        let problem =
            "version is a command that prints a version: version = [\"hledger\", \"--version\"]";
        problems.push(settings.problem(version.span(), problem));
    }
    for globs in [&document.ignore, &document.code, &document.inputs] {
        for written in globs {
            if let Err(error) = glob(written.get_ref()) {
                let problem = format!("not a glob: {}", error.kind());
                problems.push(settings.problem(written.span(), problem));
            }
        }
    }
    check_tolerances(&document, settings, &mut problems);
    let mut names = BTreeSet::new();
    for output in &document.outputs {
        let mut at = |span, problem: String| problems.push(settings.problem(span, problem));
        check_name(output, &mut names, &mut at);
        check_from(output, &mut at);
        check_format(output, &mut at);
        check_paths(output, &mut at);
        check_differences(output, &mut at);
    }
    depends::check(&document, settings, &mut problems);
    problems
}

fn check_pass(command: &CommandTable, settings: &Settings, problems: &mut Vec<ScenarioProblem>) {
    for variable in &command.pass {
        let name = variable.get_ref();
        let problem = if name.is_empty() || name.contains(['=', '\0']) {
            "pass lists names of environment variables: pass = [\"JAVA_HOME\"]".to_owned()
        } else if command.env.contains_key(name) {
            format!("`{name}` is in env, which says what it is: pass is for what is inherited")
        } else {
            continue;
        };
        problems.push(settings.problem(variable.span(), problem));
    }
}

fn exit_problem(exit: &[i32]) -> Option<&'static str> {
    let different: BTreeSet<i32> = exit.iter().copied().collect();
    if exit.is_empty() || different.len() < exit.len() {
        Some("exit lists the exit statuses that mean success, each once: exit = [0, 1]")
    } else if exit.iter().any(|status| !(0..=255).contains(status)) && !cfg!(windows) {
        Some("an exit status is a number from 0 to 255")
    } else {
        None
    }
}

/// The time limit in `[command]`, if it is there and valid.
pub(crate) fn time_limit(settings: &Settings) -> Option<Duration> {
    let command = settings.read::<CommandSettings>().ok()?.command?;
    Duration::try_from_secs_f64(*command.time_limit?.get_ref()).ok()
}

/// Tolerances are about numbers that goldens hold.
fn check_tolerances(
    document: &CommandSettings,
    settings: &Settings,
    problems: &mut Vec<ScenarioProblem>,
) {
    let mut tolerances = document.outputs.iter().flat_map(|output| &output.tolerance);
    match (tolerances.next(), document.snapshot.as_deref()) {
        (Some(tolerance), Some("digest")) => problems.push(settings.problem(
            tolerance.path.span(),
            "goldens that are digests hold no numbers: a tolerance needs snapshot = \"full\"",
        )),
        (None, _) => {
            let within = document.determinism.as_ref();
            if let Some(within) = within.filter(|within| within.get_ref() == "within-tolerance") {
                let problem =
                    "no output has a tolerance: add [[outputs.tolerance]], or remove this";
                problems.push(settings.problem(within.span(), problem));
            }
        }
        (Some(_), _) => {}
    }
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

/// Takes a problem and its place.
type Found<'a> = dyn FnMut(Range<usize>, String) + 'a;

fn check_name(output: &OutputTable, names: &mut BTreeSet<String>, found: &mut Found<'_>) {
    let (name, span) = (output.name.get_ref().as_str(), output.name.span());
    let has_hole = ["{stem}", "{path}"].iter().any(|hole| name.contains(hole));
    // A hole is filled with text that is checked when it is known.
    let filled = name.replacen("{stem}", "x", 1).replacen("{path}", "x", 1);
    if output.is_glob() && !has_hole {
        found(
            span,
            "a glob can match many files: their names come from name = \"{stem}\" or \"{path}\""
                .to_owned(),
        );
    } else if has_hole && !output.is_glob() {
        found(
            span,
            "{stem} and {path} are for a `from` that is a glob".to_owned(),
        );
    } else if !is_golden_name(&filled) {
        found(
            span,
            format!(
                "the name becomes that of a golden file: use at most {GOLDEN_NAME_MAX} ASCII letters, digits, \
                 '_', '-', and '.', '+', ' ' inside, and not the name of a device"
            ),
        );
    } else if is_reserved(name) {
        let problem =
            format!("`{name}` is the name of a file that the harness writes; choose another name");
        found(span, problem);
    } else if !names.insert(name.to_lowercase()) {
        found(span, format!("two outputs have the name `{name}`"));
    }
}

/// An output is a file below the directory in which the program runs.
fn check_from(output: &OutputTable, found: &mut Found<'_>) {
    let from = output.from.get_ref();
    let stays = Path::new(from)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if from.is_empty() || !stays {
        found(
            output.from.span(),
            "from is \"stdout\", \"stderr\", or a file or glob below the directory in which the \
             program runs, without `..`"
                .to_owned(),
        );
    } else if output.is_glob()
        && let Err(error) = glob(from)
    {
        found(output.from.span(), format!("not a glob: {}", error.kind()));
    }
}

/// A glob in which `*` stays within a component.
pub(crate) fn glob(pattern: &str) -> Result<globset::Glob, globset::Error> {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    globset::GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
}

/// Keys that belong to some formats only.
fn check_format(output: &OutputTable, found: &mut Found<'_>) {
    use OutputFormat::{Bytes, Csv, Json, Jsonl, Text, Toml, Tsv, Yaml};
    let mut only =
        |key: &str, span: Option<Range<usize>>, formats: &[OutputFormat], names: &str| {
            if let Some(span) = span
                && !formats.contains(&output.format)
            {
                found(span, format!("`{key}` is for format = {names}"));
            }
        };
    let table = &[Csv, Tsv];
    let span_of = |key: &Option<Spanned<String>>| key.as_ref().map(Spanned::span);
    only("delimiter", span_of(&output.delimiter), table, "\"csv\"");
    let header = output.header.as_ref().map(Spanned::span);
    only("header", header, table, "\"csv\" or \"tsv\"");
    only("record", span_of(&output.record), &[Text], "\"text\"");
    let nonfinite = output.nonfinite.as_ref().map(Spanned::span);
    only(
        "nonfinite",
        nonfinite,
        &[Json, Jsonl],
        "\"json\" or \"jsonl\"",
    );
    let documents = &[Json, Jsonl, Yaml, Toml];
    only(
        "at",
        span_of(&output.at),
        documents,
        "\"json\", \"yaml\" or \"toml\"",
    );
    let replace = output.replace.first().map(|replace| replace.pattern.span());
    only(
        "replace",
        replace,
        &[Text],
        "\"text\"; for others there is [[outputs.volatile]]",
    );
    let volatile = output.volatile.first().map(|volatile| volatile.path.span());
    let structured = &[Json, Jsonl, Csv, Tsv, Text, Yaml, Toml];
    only("volatile", volatile, structured, "anything but \"bytes\"");
    let tolerance = output
        .tolerance
        .first()
        .map(|tolerance| tolerance.path.span());
    only("tolerance", tolerance, structured, "anything but \"bytes\"");
    debug_assert!(!structured.contains(&Bytes), "bytes have no members");
    if let Some(delimiter) = &output.delimiter
        && !matches!(delimiter.get_ref().as_bytes(), [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte))
    {
        let problem = "the delimiter is one ASCII character, such as \";\" or \"\\t\"";
        found(delimiter.span(), problem.to_owned());
    }
    if let Some(record) = &output.record
        && let Err(problem) = lines::record(record.get_ref())
    {
        found(record.span(), problem);
    }
}

fn check_paths(output: &OutputTable, found: &mut Found<'_>) {
    let volatile = output.volatile.iter().map(|volatile| &volatile.path);
    let paths = output
        .at
        .iter()
        .chain(&output.unordered)
        .chain(output.keys.keys())
        .chain(volatile)
        .chain(output.tolerance.iter().map(|tolerance| &tolerance.path));
    for path in paths {
        if let Err(error) = path.get_ref().parse::<Steps>() {
            found(path.span(), error.to_string());
        }
    }
}

fn check_differences(output: &OutputTable, found: &mut Found<'_>) {
    for volatile in &output.volatile {
        if let Err(problem) = volatile.form.get_ref().parse::<Form>() {
            found(volatile.form.span(), problem.to_string());
        }
    }
    for replace in &output.replace {
        if let Err(error) = regex::Regex::new(replace.pattern.get_ref()) {
            found(replace.pattern.span(), error.to_string());
        }
    }
    for tolerance in &output.tolerance {
        if tolerance.bounds().next().is_none() && tolerance.ulp.is_none() {
            let problem = "a tolerance needs a bound: abs = \"1e-9\", rel = \"1e-6\" or ulp = 4";
            found(tolerance.path.span(), problem.to_owned());
        }
        for bound in tolerance.bounds() {
            if let Err(error) = bound.get_ref().parse::<Bound>() {
                found(bound.span(), error.to_string());
            }
        }
    }
    let reasons = output.volatile.iter().map(|volatile| &volatile.reason);
    let reasons = reasons.chain(output.replace.iter().map(|replace| &replace.reason));
    for reason in reasons.chain(output.tolerance.iter().map(|tolerance| &tolerance.reason)) {
        if reason.get_ref().trim().is_empty() {
            found(reason.span(), "the reason is empty".to_owned());
        }
    }
}
