//! Reads the bytes of one output as its format says, and takes out of the value what may differ.

use std::borrow::Cow;

use aether_harness::documents::toml_value;
use aether_harness::{Artefact, ArtefactError};
use aether_json::Value;
use regex::Regex;

use crate::form::Form;
use crate::format;
use crate::machine::MachinePaths;
use crate::settings::{OutputFormat, OutputTable, VolatileTable};
use crate::steps::Steps;

/// How bytes become a value.
pub(crate) struct Reader<'a> {
    pub(crate) output: &'a OutputTable,
    /// The directories of this machine, if a text may name one.
    pub(crate) machine: Option<&'a MachinePaths>,
    /// Whether parts of a text that differ from run to run are replaced.
    pub(crate) replaces: bool,
}

/// What was read.
pub(crate) enum Parsed {
    /// In layout already.
    Artefact(Artefact),
    Value(Value),
}

impl Parsed {
    pub(crate) fn value(self) -> Result<Value, String> {
        match self {
            Self::Artefact(artefact) => artefact.to_value().map_err(|error| error.to_string()),
            Self::Value(value) => Ok(value),
        }
    }
}

impl Reader<'_> {
    /// # Errors
    /// The bytes are not in the output's format.
    pub(crate) fn read(&self, name: &str, bytes: &[u8]) -> Result<Parsed, String> {
        let output = self.output;
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
            OutputFormat::Bytes => {
                return Ok(Parsed::Artefact(Artefact::from_bytes(name, bytes)));
            }
            OutputFormat::Text => self.lines(text()?),
        };
        Ok(Parsed::Value(value))
    }

    fn lines(&self, text: &str) -> Value {
        let mut text = Cow::Borrowed(text);
        if let Some(machine) = self.machine {
            text = Cow::Owned(machine.replaced(&text));
        }
        for replace in self.output.replace.iter().filter(|_| self.replaces) {
            let pattern = Regex::new(replace.pattern.get_ref())
                .expect("what `check` accepts is a regular expression");
            text = Cow::Owned(replaced(&text, &pattern, &replace.with));
        }
        let record = self.output.record.as_ref().map(|record| {
            format::lines::record(record.get_ref())
                .expect("what `check` accepts is a regular expression")
        });
        format::lines::read(&text, record.as_ref())
    }
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

/// Whether an output says that what was read of it is to be changed.
pub(crate) fn is_changed(output: &OutputTable) -> bool {
    output.at.is_some() || !output.unordered.is_empty() || !output.volatile.is_empty()
}

fn steps(path: &str) -> Steps {
    path.parse().expect("what `check` accepts is a path")
}

/// Puts a placeholder for each volatile value that has its form; returns one value of another form for each
/// path that leads to such.
pub(crate) fn hide_volatile<'o>(
    output: &'o OutputTable,
    value: &mut Value,
) -> Vec<(&'o VolatileTable, String)> {
    let mut others = Vec::new();
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
        others.extend(other.map(|other| (volatile, other)));
    }
    others
}

/// Sorts the arrays whose order does not matter, and those of the same value before placeholders in the same
/// way.
pub(crate) fn sort_unordered(output: &OutputTable, value: &mut Value, mut raw: Option<&mut Value>) {
    for path in &output.unordered {
        let steps = steps(path.get_ref());
        let mut orders: Vec<Vec<usize>> = Vec::new();
        steps.visit(value, true, &mut |value| {
            if let Value::Array(elements) = value {
                let mut order: Vec<usize> = (0..elements.len()).collect();
                order.sort_by_cached_key(|&at| elements[at].to_string());
                put_in_order(elements, &order);
                orders.push(order);
            }
        });
        let mut orders = orders.into_iter();
        if let Some(raw) = &mut raw {
            steps.visit(raw, true, &mut |value| {
                if let Value::Array(elements) = value
                    && let Some(order) = orders.next()
                    && order.len() == elements.len()
                {
                    put_in_order(elements, &order);
                }
            });
        }
    }
}

fn put_in_order(elements: &mut Vec<Value>, order: &[usize]) {
    let mut taken = std::mem::take(elements);
    *elements = order
        .iter()
        .map(|&at| std::mem::take(&mut taken[at]))
        .collect();
}

/// The artefact of a value, with the value as it was before placeholders if that differs.
pub(crate) fn artefact(
    name: &str,
    value: &Value,
    raw: Option<&Value>,
) -> Result<Artefact, ArtefactError> {
    let of = |value: &Value| Artefact::from_json(name, value.to_string().as_bytes());
    let artefact = of(value)?;
    match raw.filter(|raw| *raw != value) {
        Some(raw) => artefact.with_raw(of(raw)?.text()),
        None => Ok(artefact),
    }
}
