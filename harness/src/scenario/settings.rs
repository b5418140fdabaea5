//! `scenario.toml` as text, from which the harness and each subject read their own keys.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aether_json::nearest;
use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

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

/// The text of one `scenario.toml`, read once.
#[derive(Clone, Debug)]
pub struct Settings {
    path: Arc<Path>,
    text: Arc<str>,
}

impl Settings {
    /// Reads the file; `path` is named in problems.
    ///
    /// # Errors
    /// It cannot be read, or is not UTF-8.
    pub(super) fn load(dir: &Path, path: PathBuf) -> Result<Self, ScenarioProblem> {
        let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                ScenarioProblem::of_file(dir, "there is no scenario.toml")
            }
            _ => ScenarioProblem::of_file(&path, format!("cannot be read: {error}")),
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            ScenarioProblem::of_file(&path, format!("byte {at} is not UTF-8"))
        })?;
        Ok(Self {
            path: path.into(),
            text: text.into(),
        })
    }

    /// Whether the file has this key at its top level.
    pub fn has(&self, key: &str) -> bool {
        DeTable::parse(&self.text).is_ok_and(|table| table.get_ref().contains_key(key))
    }

    /// Reads part of the file: the keys that `T` has. Use [`toml::Spanned`](https://docs.rs/toml) for
    /// values whose place a later problem names.
    ///
    /// # Errors
    /// The file is not TOML, or a value is not what `T` expects.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ScenarioProblem> {
        toml::from_str(&self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            self.problem(span, error.message())
        })
    }

    /// A problem at this range of bytes of the file; `0..0` for the file as a whole.
    pub fn problem(&self, span: Range<usize>, message: impl Into<String>) -> ScenarioProblem {
        let message = message.into();
        let place = (span != (0..0))
            .then(|| Place::of(&self.text, span))
            .flatten();
        ScenarioProblem {
            path: self.path.to_path_buf(),
            place,
            message,
        }
    }

    /// Every key that none of these tables has, with the key that was probably meant. A text that is
    /// not TOML has none.
    pub(super) fn unknown_keys(&self, tables: &[KeyTable]) -> Vec<ScenarioProblem> {
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
