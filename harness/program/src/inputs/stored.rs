//! Reads an input as the goldens hold it: by structure, by line, or as its digest.

use std::path::Path;

use aether_disk as fs;
use aether_harness::snapshot::sha256_hex;
use aether_harness::{Artefact, Failure, Numbered, ScenarioFile, Stored};
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

    /// The value of the document of this name.
    ///
    /// # Errors
    /// What it would lose, with the place if there is one.
    fn read(self, name: &str, text: &str) -> Result<Value, String> {
        let value = match self {
            Self::Json => text.parse().or_else(|_| {
                // The same once more, with the place of the problem.
                let artefact = Artefact::from_json(name, text.as_bytes());
                let artefact = artefact.map_err(|error| error.to_string())?;
                artefact.to_value().map_err(|error| error.to_string())
            })?,
            Self::JsonLines => {
                let artefact = Artefact::from_json_lines(name, text.as_bytes());
                let artefact = artefact.map_err(|error| error.to_string())?;
                artefact.to_value().map_err(|error| error.to_string())?
            }
            Self::Toml => aether_harness::documents::toml_value(text)
                .map_err(|problem| format!("{name}:{problem}"))?,
            Self::Yaml => crate::format::yaml::read(text)?,
            Self::Table { delimiter } => {
                let table = table::Table {
                    delimiter,
                    has_header: true,
                };
                let value = table::read(text, table)?;
                if value.as_array().is_none_or(Vec::is_empty) {
                    return Err("without a row, the names of its columns would be lost".to_owned());
                }
                value
            }
        };
        if depth(&value) > DEPTH_MAX {
            return Err(format!("it is nested more than {DEPTH_MAX} deep"));
        }
        Ok(value)
    }
}

/// An input as it was read.
pub(super) struct Read {
    pub(super) stored: Stored,
    pub(super) value: Value,
    /// Why it is not stored by structure, if it is a document.
    pub(super) why: Option<String>,
    /// The SHA-256 of its bytes; that of its text for a link that is not followed.
    pub(super) sha256: String,
}

/// A file as the goldens hold it.
///
/// # Errors
/// It cannot be read.
pub(super) fn of(leads: &Leads, shown: &Path) -> Result<Read, Failure> {
    let unreadable = |error: std::io::Error| Failure::unreadable(shown, &error);
    match leads {
        Leads::Link(text) => {
            let sha256 = sha256_hex(text.to_string_lossy().as_bytes());
            Ok(Read {
                stored: Stored::Digest,
                value: json!({ "link_sha256": sha256 }),
                why: Some("it is a link out of the workspace".to_owned()),
                sha256,
            })
        }
        Leads::Outside(real) => {
            let bytes = fs::read(real).map_err(unreadable)?;
            Ok(Read {
                stored: Stored::Digest,
                value: digest(&bytes),
                why: Some("it is outside the workspace".to_owned()),
                sha256: sha256_hex(&bytes),
            })
        }
        Leads::Inside(real) => {
            let bytes = fs::read(real).map_err(unreadable)?;
            let Content { stored, value, why } = of_bytes(shown, &bytes);
            Ok(Read {
                stored,
                value,
                why,
                sha256: sha256_hex(&bytes),
            })
        }
    }
}

/// How people count what an input is stored as: the rows of a table after its header, and lines.
pub(super) fn numbered(file: &ScenarioFile) -> Option<Numbered> {
    let is_table = matches!(
        Structure::of(Path::new(&file.path)),
        Some(Structure::Table { .. })
    );
    let (noun, first) = match file.stored {
        Stored::Lines => ("line", 1),
        Stored::Structure if is_table => ("row", 2),
        Stored::Structure | Stored::Digest => return None,
    };
    Some(Numbered {
        noun: noun.to_owned(),
        first,
    })
}

/// The content of a file.
pub(crate) struct Content {
    pub(crate) stored: Stored,
    pub(crate) value: Value,
    /// Why it is not stored by structure, if it is a document.
    pub(crate) why: Option<String>,
}

/// The content of a file of this name as the goldens hold it.
pub(crate) fn of_bytes(name: &Path, bytes: &[u8]) -> Content {
    let structure = Structure::of(name);
    let as_digest = |why: String| Content {
        stored: Stored::Digest,
        value: digest(bytes),
        why: structure.map(|_| why),
    };
    if bytes.len() as u64 > WHOLE_BYTES_MAX {
        return as_digest(format!("it is larger than {} MiB", WHOLE_BYTES_MAX >> 20));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return as_digest("it is not UTF-8".to_owned());
    };
    let shown = name.file_name().unwrap_or_default().to_string_lossy();
    match structure.map(|structure| structure.read(&shown, text)) {
        Some(Ok(value)) => Content {
            stored: Stored::Structure,
            value,
            why: None,
        },
        other => Content {
            stored: Stored::Lines,
            value: lines::read(text, None),
            why: other.and_then(Result::err),
        },
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
            let content = of_bytes(Path::new(name), text.as_bytes());
            assert_eq!(
                (content.stored, content.value.to_string().as_str()),
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
        let why = |name: &str, bytes: &[u8]| {
            let content = of_bytes(Path::new(name), bytes);
            (content.stored, content.why.unwrap_or_default())
        };
        let is = |(stored, why): (Stored, String), expected: Stored, text: &str| {
            assert_eq!(stored, expected, "{why}");
            assert!(why.contains(text), "{text:?} is not in {why:?}");
        };
        is(
            why("a.json", deep.as_bytes()),
            Stored::Lines,
            "more than 100 deep",
        );
        is(why("a.json", b"\xff"), Stored::Digest, "it is not UTF-8");
        is(
            why("a.json", b"{\"k\":1,\n\"k\":2}"),
            Stored::Lines,
            "a.json:2:1: duplicate key",
        );
        is(
            why("a.toml", b"k = 1\nk = 2"),
            Stored::Lines,
            "a.toml:2:1: duplicate key",
        );
        is(why("a.csv", b"a,a\n1,2\n"), Stored::Lines, "a");
        is(
            why("a.csv", b"a,b\n"),
            Stored::Lines,
            "the names of its columns",
        );
        // Other files have no structure that could be lost.
        assert_eq!(why("a.txt", b"\xff"), (Stored::Digest, String::new()));
        assert_eq!(why("a.dat", b"x"), (Stored::Lines, String::new()));
        let long = vec![b'x'; (1 << 20) + 1];
        is(
            why("a.csv", &long),
            Stored::Digest,
            "it is larger than 1 MiB",
        );
        let size = of_bytes(Path::new("a.txt"), &long).value["size"].as_u64();
        assert_eq!(size, Some((1 << 20) + 1));
    }
}
