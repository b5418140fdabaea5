//! `scenario.toml` as text, from which the harness and each subject read their own keys.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aether_disk as fs;
use aether_json::nearest;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::SCENARIO_FILE;
use super::build::{BUILD_KEYS, Build, BuildTable, Defaults};
use super::defaults::{DEFAULTS_FILE, merged};
use crate::MachineFailure;

/// Keys of one table of `scenario.toml` that belong to a subject.
///
/// ```
/// use aether_harness::KeyTable;
/// const KEYS: [KeyTable; 2] = [
///     KeyTable { table: "", is_array: false, keys: &["command", "outputs"] },
///     KeyTable { table: "outputs", is_array: true, keys: &["name", "from"] },
/// ];
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyTable {
    /// The table; empty for the top level, dotted for a table inside a table.
    pub table: &'static str,
    /// Whether it is an array of tables (`[[outputs]]`).
    pub is_array: bool,
    /// Its keys.
    pub keys: &'static [&'static str],
}

impl KeyTable {
    fn shown(&self) -> String {
        match (self.table, self.is_array) {
            ("", _) => "the top level".to_owned(),
            (table, true) => format!("[[{table}]]"),
            (table, false) => format!("[{table}]"),
        }
    }
}

/// The text of one `scenario.toml`, read once, with that of the `defaults.toml` that it stands beside.
#[derive(Clone, Debug)]
pub struct Settings {
    own: Source,
    defaults: Option<Source>,
}

/// One file.
#[derive(Clone, Debug)]
struct Source {
    path: Arc<Path>,
    text: Arc<str>,
}

impl Source {
    /// Reads a file; `None` if it is not there.
    fn load(path: PathBuf) -> Result<Option<Self>, ScenarioProblem> {
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ScenarioProblem::unreadable(path, &error)),
            // A pipe might never end.
            Ok(meta) if !meta.is_file() => {
                return Err(ScenarioProblem::of_file(
                    path,
                    "cannot be read: it is not a file",
                ));
            }
            Ok(_) => {}
        }
        let bytes = fs::read(&path).map_err(|error| ScenarioProblem::unreadable(&path, &error))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            ScenarioProblem::of_file(&path, format!("byte {at} is not UTF-8"))
        })?;
        Ok(Some(Self {
            path: path.into(),
            text: text.into(),
        }))
    }

    fn problem(&self, span: Range<usize>, message: impl Into<String>) -> ScenarioProblem {
        let place = (span != (0..0))
            .then(|| Place::of(&self.text, span))
            .flatten();
        ScenarioProblem {
            path: self.path.to_path_buf(),
            place,
            message: message.into(),
            is_of_machine: false,
        }
    }

    fn parsed(&self) -> Result<DeTable<'_>, ScenarioProblem> {
        DeTable::parse(&self.text)
            .map(Spanned::into_inner)
            .map_err(|error| self.problem(error.span().unwrap_or(0..0), error.message()))
    }

    /// Every key that none of these tables has, with the key that was probably meant. A text that is
    /// not TOML has none.
    fn unknown_keys(&self, tables: &[KeyTable]) -> Vec<ScenarioProblem> {
        let Ok(document) = DeTable::parse(&self.text) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        look(document.get_ref(), "", tables, &mut found);
        found.sort_by_key(|(span, _)| span.start);
        found
            .into_iter()
            .map(|(span, message)| self.problem(span, message))
            .collect()
    }
}

impl Settings {
    /// Reads `scenario.toml` in `dir`, and `defaults.toml` beside that directory if it is there.
    ///
    /// # Errors
    /// One cannot be read, or is not UTF-8.
    pub(super) fn load(dir: &Path) -> Result<Self, ScenarioProblem> {
        let own = Source::load(dir.join(SCENARIO_FILE))?
            .ok_or_else(|| ScenarioProblem::of_file(dir, "there is no scenario.toml"))?;
        let defaults = match dir.parent() {
            Some(scenarios) => Source::load(scenarios.join(DEFAULTS_FILE))?,
            None => None,
        };
        Ok(Self { own, defaults })
    }

    /// Whether the file, or its defaults, have this key at the top level.
    pub fn has(&self, key: &str) -> bool {
        self.merged().is_ok_and(|table| table.contains_key(key))
    }

    /// Reads part of the settings: the keys that `T` has. Use [`toml::Spanned`](https://docs.rs/toml) for
    /// values whose place a later problem names.
    ///
    /// # Errors
    /// A file is not TOML, or a value is not what `T` expects.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ScenarioProblem> {
        let document = Spanned::new(0..self.own.text.len(), self.merged()?);
        T::deserialize(toml::Deserializer::from(document)).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            // What a required key is missing from is the document as a whole.
            let whole = 0..self.own.text.len();
            let span = if span == whole { 0..0 } else { span };
            self.problem(span, error.message())
        })
    }

    /// The command that builds what scenarios run, if the defaults have one.
    ///
    /// # Errors
    /// It is not valid.
    pub fn build(&self) -> Result<Option<Build>, ScenarioProblem> {
        let Some(defaults) = &self.defaults else {
            return Ok(None);
        };
        let document = toml::from_str::<Defaults>(&defaults.text);
        let document = document
            .map_err(|error| defaults.problem(error.span().unwrap_or(0..0), error.message()))?;
        let build = document.build.map(BuildTable::checked).transpose();
        build.map_err(|(span, problem)| defaults.problem(span, problem))
    }

    /// All keys, with the defaults for those that the scenario does not have.
    fn merged(&self) -> Result<DeTable<'_>, ScenarioProblem> {
        let own = self.own.parsed()?;
        let Some(defaults) = &self.defaults else {
            return Ok(own);
        };
        Ok(merged(own, defaults.parsed()?, self.offset()))
    }

    /// Where the places of the defaults begin, beyond all of the scenario's own.
    fn offset(&self) -> usize {
        self.own.text.len() + 1
    }

    /// A problem at this range of bytes, of the file that has it; `0..0` for the scenario's own file as a
    /// whole.
    pub fn problem(&self, span: Range<usize>, message: impl Into<String>) -> ScenarioProblem {
        let offset = self.offset();
        match &self.defaults {
            Some(defaults) if span.start >= offset => {
                defaults.problem(span.start - offset..span.end - offset, message)
            }
            _ => self.own.problem(span, message),
        }
    }

    /// Every key of both files that none of these tables has.
    pub(super) fn unknown_keys(&self, tables: &[KeyTable]) -> Vec<ScenarioProblem> {
        let mut problems = self.own.unknown_keys(tables);
        if let Some(defaults) = &self.defaults {
            let mut tables = tables.to_vec();
            tables.extend(BUILD_KEYS);
            problems.extend(defaults.unknown_keys(&tables));
        }
        problems
    }
}

/// Looks through a table and the tables in it whose keys are known.
fn look(
    table: &DeTable<'_>,
    path: &str,
    tables: &[KeyTable],
    found: &mut Vec<(Range<usize>, String)>,
) {
    let own: Vec<&KeyTable> = tables.iter().filter(|known| known.table == path).collect();
    let Some(first) = own.first() else {
        return;
    };
    let known: Vec<&str> = own.iter().flat_map(|table| table.keys).copied().collect();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if !known.contains(&name) {
            let hint = hint(name, &known, path, tables);
            let message = format!("{} has no key `{name}`; {hint}", first.shown());
            found.push((key.span(), message));
            continue;
        }
        let inner = match path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        match value.get_ref() {
            DeValue::Table(table) => look(table, &inner, tables, found),
            DeValue::Array(elements) => {
                for element in elements {
                    if let DeValue::Table(table) = element.get_ref() {
                        look(table, &inner, tables, found);
                    }
                }
            }
            _ => {}
        }
    }
}

fn hint(name: &str, known: &[&str], path: &str, tables: &[KeyTable]) -> String {
    if name == "build" && path.is_empty() {
        return format!("[build] is for all scenarios: it belongs into {DEFAULTS_FILE}");
    }
    let elsewhere = tables
        .iter()
        .find(|table| table.table != path && table.keys.contains(&name));
    if let Some(table) = elsewhere {
        return match table.table {
            "" => "it belongs to the top level, above every table".to_owned(),
            _ => format!("it belongs to {}", table.shown()),
        };
    }
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let mut known = known.to_vec();
            known.sort_unstable();
            format!("the keys are {}", known.join(", "))
        }
    }
}

/// What is wrong with a scenario, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioProblem {
    path: PathBuf,
    place: Option<Place>,
    message: String,
    is_of_machine: bool,
}

/// A range of one line, with the line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
    text: String,
    /// Characters of the range.
    width: usize,
}

impl Place {
    fn of(text: &str, span: Range<usize>) -> Option<Self> {
        let before = text.get(..span.start)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let marked = text.get(span).unwrap_or("");
        let width = marked.lines().next().map_or(0, |part| part.chars().count());
        Some(Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            text: text[line_start..].lines().next().unwrap_or("").to_owned(),
            width: width.max(1),
        })
    }
}

impl ScenarioProblem {
    /// A problem of a file or directory as a whole.
    pub fn of_file(path: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            place: None,
            message: message.into(),
            is_of_machine: false,
        }
    }

    /// A file or directory that cannot be read.
    pub fn unreadable(path: impl Into<PathBuf>, error: &io::Error) -> Self {
        Self {
            is_of_machine: error.is_of_machine(),
            ..Self::of_file(path, format!("cannot be read: {error}"))
        }
    }

    /// Its line and column, both from 1; `None` for a problem of the file as a whole.
    pub fn place(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(|place| (place.line, place.column))
    }

    /// What is wrong, without its place.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl MachineFailure for ScenarioProblem {
    fn is_of_machine(&self) -> bool {
        self.is_of_machine
    }
}

impl fmt::Display for ScenarioProblem {
    /// `path:line:column: message`, then the line, underlined.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, message) = (self.path.display(), &self.message);
        let Some(Place {
            line,
            column,
            text,
            width,
        }) = &self.place
        else {
            return write!(f, "{path}: {message}");
        };
        let gutter = " ".repeat(line.to_string().len());
        write!(
            f,
            "{path}:{line}:{column}: {message}\n{gutter} |\n{line} | {text}\n{gutter} | {}{}",
            " ".repeat(column - 1),
            "^".repeat(*width),
        )
    }
}
