//! Reads an input as the goldens hold it: by structure, by line, or as its digest.

use std::fs;
use std::path::Path;

use aether_harness::snapshot::sha256_hex;
use aether_harness::{Artefact, Failure, Stored};
use aether_json::{Value, json};

use super::files::Leads;
use crate::format::{lines, table};

/// Files up to this size are kept whole.
const WHOLE_BYTES_MAX: u64 = 1 << 20;

/// Deeper documents would not fit into the inputs, which are one document.
const DEPTH_MAX: usize = 100;

/// The formats that are stored by structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Structure {
    Json,
    JsonLines,
    Toml,
    Yaml,
    Table { delimiter: u8 },
}

impl Structure {
    /// What the name of a file says that it is.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "json" => Self::Json,
            "jsonl" | "ndjson" => Self::JsonLines,
            "toml" => Self::Toml,
            "yaml" | "yml" => Self::Yaml,
            "csv" => Self::Table { delimiter: b',' },
            "tsv" => Self::Table { delimiter: b'\t' },
            _ => return None,
        })
    }

    /// The value of a document; `None` if it would lose something.
    fn read(self, text: &str) -> Option<Value> {
        let value = match self {
            Self::Json => text.parse().ok(),
            Self::JsonLines => {
                let artefact = Artefact::from_json_lines("lines", text.as_bytes()).ok()?;
                artefact.to_value().ok()
            }
            Self::Toml => aether_harness::documents::toml_value(text).ok(),
            Self::Yaml => crate::format::yaml::read(text).ok(),
            Self::Table { delimiter } => {
                let table = table::Table {
                    delimiter,
                    has_header: true,
                };
                // Without a row, the names of the columns would be lost.
                let has_rows =
                    |value: &Value| value.as_array().is_some_and(|rows| !rows.is_empty());
                table::read(text, table).ok().filter(has_rows)
            }
        };
        value.filter(|value| depth(value) <= DEPTH_MAX)
    }
}

/// A file as the goldens hold it.
///
/// # Errors
/// It cannot be read.
pub(super) fn of(leads: &Leads, shown: &Path) -> Result<(Stored, Value), Failure> {
    let unreadable = |error: std::io::Error| Failure::unreadable(shown, &error);
    match leads {
        Leads::Link(text) => {
            let text = text.to_string_lossy();
            let value = json!({ "link_sha256": sha256_hex(text.as_bytes()) });
            Ok((Stored::Digest, value))
        }
        Leads::Outside(real) => {
            let bytes = fs::read(real).map_err(unreadable)?;
            Ok((Stored::Digest, digest(&bytes)))
        }
        Leads::Inside(real) => {
            let bytes = fs::read(real).map_err(unreadable)?;
            Ok(of_bytes(shown, &bytes))
        }
    }
}

/// The content of a file of this name as the goldens hold it.
pub(crate) fn of_bytes(name: &Path, bytes: &[u8]) -> (Stored, Value) {
    let is_short = bytes.len() as u64 <= WHOLE_BYTES_MAX;
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|_| is_short) else {
        return (Stored::Digest, digest(bytes));
    };
    match Structure::of(name).and_then(|structure| structure.read(text)) {
        Some(value) => (Stored::Structure, value),
        None => (Stored::Lines, lines::read(text, None)),
    }
}

fn digest(bytes: &[u8]) -> Value {
    json!({ "sha256": sha256_hex(bytes), "size": bytes.len() as u64 })
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_stored_by_structure_and_all_else_without_loss() {
        let check = |name: &str, text: &str, stored: Stored, expected: &str| {
            let (how, value) = of_bytes(Path::new(name), text.as_bytes());
            assert_eq!(
                (how, value.to_string().as_str()),
                (stored, expected),
                "{name}"
            );
        };
        check(
            "a.JSON",
            "{ \"k\": 1.0 }",
            Stored::Structure,
            r#"{"k":1.0}"#,
        );
        check("a.ndjson", "1\n2\n", Stored::Structure, "[1,2]");
        check(
            "a.toml",
            "k = inf",
            Stored::Structure,
            r#"{"k":{"toml":"inf"}}"#,
        );
        check("a.yml", "k: 1", Stored::Structure, r#"{"k":1}"#);
        check(
            "a.csv",
            "a,b\n1,x\n",
            Stored::Structure,
            r#"[{"a":1,"b":"x"}]"#,
        );
        check("a.dat", "x\ny\n", Stored::Lines, r#"["x","y"]"#);
        // What would be lost keeps the text.
        check(
            "a.json",
            "{\"k\":1,\"k\":2}\n",
            Stored::Lines,
            r#"["{\"k\":1,\"k\":2}"]"#,
        );
        check("a.json", "NaN\n", Stored::Lines, r#"["NaN"]"#);
        check("a.csv", "a,b\n", Stored::Lines, r#"["a,b"]"#);
        check("a.yaml", "k: !x 1\n", Stored::Lines, r#"["k: !x 1"]"#);
        let deep = format!("{}{}", "[".repeat(120), "]".repeat(120));
        assert_eq!(
            of_bytes(Path::new("a.json"), deep.as_bytes()).0,
            Stored::Lines
        );
        assert_eq!(of_bytes(Path::new("a.json"), b"\xff").0, Stored::Digest);
        let long = vec![b'x'; (1 << 20) + 1];
        let (how, value) = of_bytes(Path::new("a.txt"), &long);
        assert_eq!(
            (how, value["size"].as_u64()),
            (Stored::Digest, Some((1 << 20) + 1))
        );
    }
}
