//! Reads the declared outputs of a program as artefacts.

use std::borrow::Cow;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use aether_harness::documents::toml_value;
use aether_harness::snapshot::{MANIFEST_FILE, golden_file, is_golden_name, sha256_hex};
use aether_harness::{Artefact, Scenario};
use aether_json::{Value, json};
use regex::Regex;
use toml::Spanned;

use crate::form::Form;
use crate::format;
use crate::machine::MachinePaths;
use crate::process::OUTPUT_BYTES_MAX;
use crate::settings::{Empty, OutputFormat, OutputTable, STREAMS, glob, is_reserved};
use crate::steps::{Reach, Steps};

/// Names of other files that a message about a missing one lists.
const OTHERS_MAX: usize = 8;

/// The files that the program writes its declared outputs to; those of globs are not known before.
pub(crate) fn files(outputs: &[OutputTable], scratch: &Path, work: &Path) -> Vec<PathBuf> {
    outputs
        .iter()
        .filter(|output| !output.is_glob())
        .map(|output| file(output, scratch, work))
        .collect()
}

fn file(output: &OutputTable, scratch: &Path, work: &Path) -> PathBuf {
    let from = output.from.get_ref().as_str();
    if STREAMS.contains(&from) {
        scratch.join(from)
    } else {
        work.join(from)
    }
}

/// The names of an output's artefacts, for a schema: `*` is any text.
pub(crate) fn pattern(output: &OutputTable) -> String {
    let name = output.name.get_ref();
    let holes = HOLES
        .iter()
        .filter_map(|hole| Some((name.find(hole)?, hole.len())));
    let holes: Vec<_> = holes.collect();
    let start = holes.iter().map(|(at, _)| *at).min();
    let end = holes.iter().map(|(at, length)| at + length).max();
    match (start, end) {
        (Some(start), Some(end)) => format!("{}*{}", &name[..start], &name[end..]),
        _ => name.clone(),
    }
}

/// What the name of a glob's outputs is made of.
const HOLES: [&str; 2] = ["{stem}", "{path}"];

/// What is wrong with an output.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The program did not leave what it should.
    Program(String),
    /// `scenario.toml` says something that fits no output.
    Invalid(String),
}

/// What a program left.
pub(crate) struct Outputs<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) scratch: &'a Path,
    pub(crate) work: &'a Path,
    pub(crate) machine: &'a MachinePaths,
}

/// One file that is an output.
struct Source {
    name: String,
    /// As messages name it.
    from: String,
    path: PathBuf,
}

impl Outputs<'_> {
    /// The artefacts of one declared output: one, or as many as its glob matches.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn artefacts(&self, output: &OutputTable) -> Result<Vec<Artefact>, Problem> {
        let mut artefacts = Vec::new();
        for source in self.sources(output)? {
            if let Some(artefact) = self.artefact(output, &source)? {
                self.refuse_paths(output, &artefact)?;
                artefacts.push(artefact);
            }
        }
        Ok(artefacts)
    }

    fn sources(&self, output: &OutputTable) -> Result<Vec<Source>, Problem> {
        let (name, from) = (output.name.get_ref(), output.from.get_ref());
        if !output.is_glob() {
            return Ok(vec![Source {
                name: name.clone(),
                from: from.clone(),
                path: file(output, self.scratch, self.work),
            }]);
        }
        let glob = glob(from).map_err(|error| Problem::Invalid(error.to_string()))?;
        let matcher = glob.compile_matcher();
        let mut sources = Vec::new();
        for below in files_below(self.work) {
            if !matcher.is_match(&below) {
                continue;
            }
            let stem = Path::new(&below).file_stem().unwrap_or_default();
            let name = name
                .replace("{stem}", &stem.to_string_lossy())
                .replace("{path}", &below.replace('/', "+"));
            if !is_golden_name(&name) || is_reserved(&name) {
                return Err(Problem::Invalid(format!(
                    "the output {below} would have the name {name:?}, which is not a name for a golden: \
                     use ASCII letters, digits, '_', '-', and '.', '+', ' ' inside; `inputs`, `exit`, \
                     `error` and `snapshot` are the harness's own"
                )));
            }
            sources.push(Source {
                name,
                path: self.work.join(&below),
                from: below,
            });
        }
        if sources.is_empty() && !self.has_goldens() {
            return Err(Problem::Program(format!(
                "no file matches {from}; {}",
                left(self.work)
            )));
        }
        Ok(sources)
    }

    /// The artefact of one file; `None` if the part of it that is the output is gone.
    fn artefact(&self, output: &OutputTable, source: &Source) -> Result<Option<Artefact>, Problem> {
        let Source { name, from, path } = source;
        let program =
            |problem: String| Problem::Program(format!("the output `{name}` ({from}) {problem}"));
        refuse_strange(path, self.scratch).map_err(|problem| match problem {
            Strange::Missing => Problem::Program(format!(
                "the output `{name}` is missing: there is no {from}; {}",
                left(self.work)
            )),
            Strange::Other(problem) => program(problem),
        })?;
        let length = fs::metadata(path).map_or(0, |meta| meta.len());
        if length > OUTPUT_BYTES_MAX {
            return Err(program(format!(
                "is longer than {} MiB",
                OUTPUT_BYTES_MAX >> 20
            )));
        }
        let bytes = fs::read(path).map_err(|error| program(format!("cannot be read: {error}")))?;
        if !self.machine.covers_outputs() || output.format == OutputFormat::Bytes {
            refuse_own_place(&bytes, self.work).map_err(program)?;
        }
        if bytes.is_empty() && output.empty == Some(Empty::Error) {
            return Err(program("is empty".to_owned()));
        }
        let has_paths = self.machine.covers_outputs() && self.machine.may_be_in(&bytes);
        let parsed = self
            .parsed(output, name, &bytes, has_paths)
            .map_err(program)?;
        let is_changed = has_paths
            || output.at.is_some()
            || !output.unordered.is_empty()
            || !output.volatile.is_empty();
        let mut value = match parsed {
            Parsed::Artefact(artefact) if !is_changed => return Ok(Some(artefact)),
            Parsed::Artefact(artefact) => artefact
                .to_value()
                .map_err(|error| program(error.to_string()))?,
            Parsed::Value(value) => value,
        };
        if let Some(at) = &output.at {
            let steps = steps(at.get_ref());
            match steps.select(&value) {
                Some(part) => value = part.clone(),
                // What the golden has is removed.
                None if self.golden(name).is_some() => return Ok(None),
                None => {
                    let hint = steps.reach(&value).hint();
                    let problem = format!("at = {:?} matches nothing{hint}", at.get_ref());
                    return Err(self.invalid(at.span(), name, &problem));
                }
            }
        }
        if has_paths {
            self.machine.replace_in(&mut value);
        }
        self.hide_volatile(output, name, &mut value)?;
        for path in &output.unordered {
            steps(path.get_ref()).visit(&mut value, true, &mut |value| {
                if let Value::Array(elements) = value {
                    elements.sort_by_cached_key(ToString::to_string);
                }
            });
        }
        Artefact::from_json(name, value.to_string().as_bytes())
            .map(Some)
            .map_err(|error| program(error.to_string()))
    }

    fn parsed(
        &self,
        output: &OutputTable,
        name: &str,
        bytes: &[u8],
        has_paths: bool,
    ) -> Result<Parsed, String> {
        let text = || {
            std::str::from_utf8(bytes).map_err(|error| {
                format!(
                    "is not UTF-8 at byte {}: use format = \"bytes\"",
                    error.valid_up_to()
                )
            })
        };
        let table = |delimiter: u8| {
            let chosen = output.delimiter.as_ref();
            let chosen = chosen.and_then(|chosen| chosen.get_ref().bytes().next());
            format::table::Table {
                delimiter: chosen.unwrap_or(delimiter),
                has_header: output
                    .header
                    .as_ref()
                    .is_none_or(|header| *header.get_ref()),
            }
        };
        let not = |format: &'static str| move |error: String| format!("is not {format}: {error}");
        let value = match output.format {
            OutputFormat::Json | OutputFormat::Jsonl => {
                let json = format::json::Json {
                    has_lines: output.format == OutputFormat::Jsonl,
                    keeps_nonfinite: output.nonfinite.is_some(),
                };
                return format::json::read(name, bytes, json).map(Parsed::Artefact);
            }
            OutputFormat::Csv => format::table::read(text()?, table(b',')).map_err(not("CSV"))?,
            OutputFormat::Tsv => format::table::read(text()?, table(b'\t')).map_err(not("TSV"))?,
            OutputFormat::Yaml => format::yaml::read(text()?).map_err(not("YAML"))?,
            OutputFormat::Toml => {
                toml_value(text()?).map_err(|error| not("TOML")(error.to_string()))?
            }
            OutputFormat::Bytes => json!({
                "sha256": sha256_hex(bytes),
                "size": bytes.len() as u64,
            }),
            OutputFormat::Text => {
                let mut text = Cow::Borrowed(text()?);
                if has_paths {
                    text = Cow::Owned(self.machine.replaced(&text));
                }
                for replace in &output.replace {
                    let pattern = Regex::new(replace.pattern.get_ref())
                        .expect("what `check` accepts is a regular expression");
                    text = Cow::Owned(replaced(&text, &pattern, &replace.with));
                }
                let record = output.record.as_ref().map(|record| {
                    format::lines::record(record.get_ref())
                        .expect("what `check` accepts is a regular expression")
                });
                format::lines::read(&text, record.as_ref())
            }
        };
        Ok(Parsed::Value(value))
    }

    /// Puts a placeholder for each volatile value that has its form. One of another form stays as it
    /// is, and so differs from the golden.
    fn hide_volatile(
        &self,
        output: &OutputTable,
        name: &str,
        value: &mut Value,
    ) -> Result<(), Problem> {
        for volatile in &output.volatile {
            let form: Form = volatile
                .form
                .get_ref()
                .parse()
                .expect("what `check` accepts is a form");
            let mut other = None;
            steps(volatile.path.get_ref()).visit(value, false, &mut |value| {
                if form.fits(value) {
                    *value = Value::from(form.placeholder());
                } else {
                    other.get_or_insert_with(|| value.to_string());
                }
            });
            if let Some(other) = other
                && self.golden(name).is_none()
            {
                let problem = format!(
                    "`{}` is {other}, which does not have the form {}",
                    volatile.path.get_ref(),
                    volatile.form.get_ref()
                );
                return Err(self.invalid(volatile.form.span(), name, &problem));
            }
        }
        Ok(())
    }

    /// A declared path that matches neither the output nor its golden is a slip of the pen.
    fn refuse_paths(&self, output: &OutputTable, artefact: &Artefact) -> Result<(), Problem> {
        let mut declared: Vec<Declared<'_>> = Vec::new();
        for (path, fields) in &output.keys {
            let array = path.get_ref();
            declared.push(Declared::new("keys", path, vec![steps(array)]));
            for field in fields {
                let mut ways = vec![steps(array).member(field)];
                ways.extend(
                    field
                        .parse::<Steps>()
                        .ok()
                        .map(|field| steps(array).join(field)),
                );
                declared.push(Declared::new("keys", path, ways).named(field));
            }
        }
        if let Some(tick) = &output.tick {
            let mut ways = vec![steps("").member(tick.get_ref())];
            ways.extend(tick.get_ref().parse::<Steps>().ok());
            declared.push(Declared::new("tick", tick, ways));
        }
        for path in &output.unordered {
            declared.push(Declared::new(
                "unordered",
                path,
                vec![steps(path.get_ref())],
            ));
        }
        for volatile in &output.volatile {
            let ways = vec![steps(volatile.path.get_ref())];
            declared.push(Declared::new("volatile", &volatile.path, ways));
        }
        look_through(artefact, &mut declared);
        let name = artefact.name();
        if declared.iter().any(Declared::is_missing)
            && let Some(golden) = self.golden(name)
        {
            look_through(&golden, &mut declared);
        }
        let Some(missing) = declared.iter().find(|declared| declared.is_missing()) else {
            return Ok(());
        };
        let problem = format!(
            "{} {:?} matches nothing{}",
            missing.key,
            missing.written,
            missing.hint()
        );
        Err(self.invalid(missing.span.clone(), name, &problem))
    }

    fn invalid(&self, span: Range<usize>, name: &str, problem: &str) -> Problem {
        let message = format!("output `{name}`: {problem}");
        let problem = self.scenario.settings().problem(span, message);
        Problem::Invalid(problem.to_string())
    }

    fn has_goldens(&self) -> bool {
        let dir = self.scenario.goldens();
        dir.is_some_and(|dir| dir.join(MANIFEST_FILE).is_file())
    }

    /// The golden of this artefact; `None` if there is none that can be read.
    fn golden(&self, name: &str) -> Option<Artefact> {
        let path = self.scenario.goldens()?.join(golden_file(name));
        let bytes = path.is_file().then(|| fs::read(&path).ok())??;
        Artefact::from_json(name, &bytes).ok()
    }
}

enum Parsed {
    /// In layout already.
    Artefact(Artefact),
    Value(Value),
}

fn steps(path: &str) -> Steps {
    path.parse().expect("what `check` accepts is a path")
}

/// A text in which every match of a pattern is replaced, line by line.
fn replaced(text: &str, pattern: &Regex, with: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| {
            let bare = line.strip_suffix('\n');
            let end = if bare.is_some() { "\n" } else { "" };
            let replaced = pattern.replace_all(bare.unwrap_or(line), with);
            format!("{replaced}{end}")
        })
        .collect()
}

/// A path that an output declares, and what was found of it.
struct Declared<'a> {
    /// The key that holds it.
    key: &'static str,
    written: &'a str,
    span: Range<usize>,
    /// The paths that it may mean.
    ways: Vec<Steps>,
    reach: Reach,
}

impl<'a> Declared<'a> {
    fn new(key: &'static str, path: &'a Spanned<String>, ways: Vec<Steps>) -> Self {
        Self {
            key,
            written: path.get_ref(),
            span: path.span(),
            ways,
            reach: Reach::Nowhere,
        }
    }

    /// With another name in messages.
    fn named(mut self, written: &'a str) -> Self {
        self.written = written;
        self
    }

    fn is_missing(&self) -> bool {
        matches!(self.reach, Reach::Missing { .. })
    }

    fn hint(&self) -> String {
        self.reach.hint()
    }

    fn look(&mut self, value: &Value) {
        for way in &self.ways {
            let reach = way.reach(value);
            match (&mut self.reach, reach) {
                (Reach::Found, _) => return,
                (Reach::Missing { names, .. }, Reach::Missing { names: more, .. }) => {
                    names.extend(more);
                }
                (Reach::Missing { .. }, Reach::Nowhere) => {}
                (known, reach) => *known = reach,
            }
        }
    }
}

/// Looks for the paths, record by record, until all are found.
fn look_through(artefact: &Artefact, declared: &mut [Declared<'_>]) {
    let text = String::from_utf8_lossy(artefact.text());
    if text.starts_with("[\n") {
        for line in text.lines() {
            if declared
                .iter()
                .all(|declared| declared.reach == Reach::Found)
            {
                return;
            }
            let record = line.strip_suffix(',').unwrap_or(line);
            if let Ok(record) = record.parse::<Value>() {
                for declared in declared.iter_mut() {
                    declared.look(&record);
                }
            }
        }
    } else if let Ok(value) = artefact.to_value() {
        for declared in declared {
            declared.look(&value);
        }
    }
}

/// The regular files and links below a directory, as paths from it with slashes, in order. Links to
/// directories are not followed.
fn files_below(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut dirs = vec![PathBuf::new()];
    while let Some(below) = dirs.pop() {
        for entry in fs::read_dir(dir.join(&below))
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = below.join(entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => dirs.push(path),
                Ok(_) => found.push(path.to_string_lossy().replace('\\', "/")),
                Err(_) => {}
            }
        }
    }
    found.sort();
    found
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
