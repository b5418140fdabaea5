//! [`FileKind`]: what a command writes, the names that suit it, and the files that are of that kind.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::path::Path;

use aether_disk::File;
use aether_engine::config::{DocumentKind, MemoryDocuments, document_kind};
use aether_engine::record::RecordKind;

/// How much of a file shows its kind.
const HEAD_BYTES: u64 = 4096;
/// Larger files are not read as documents: no document may be as large.
const DOCUMENT_BYTES_MAX: u64 = 1 << 28;

/// What a command writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Svg,
    Html,
    Json,
    JsonLines,
    Csv,
    Capsule,
    /// A topology document as JSON or TOML.
    Topology,
}

/// What the first bytes of a file show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Empty,
    Svg,
    Html,
    Json,
    Csv,
    Capsule,
    Database,
    Binary,
    Text,
}

impl FileKind {
    /// What is written, in words.
    const fn name(self) -> &'static str {
        match self {
            Self::Svg => "an SVG picture",
            Self::Html => "an HTML page",
            Self::Json => "JSON",
            Self::JsonLines => "JSON, one record per line",
            Self::Csv => "a CSV table",
            Self::Capsule => "a capsule",
            Self::Topology => "a topology",
        }
    }

    /// The extensions of its names; the first is suggested.
    const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Svg => &["svg"],
            Self::Html => &["html", "htm"],
            Self::Json => &["json", "txt"],
            Self::JsonLines => &["jsonl", "ndjson", "json", "txt"],
            Self::Csv => &["csv", "txt"],
            Self::Capsule => &["apx"],
            Self::Topology => &["json", "toml"],
        }
    }

    /// Refuses a name with an extension of other files; a name without one suits everything but a
    /// topology, whose format follows from it.
    pub(super) fn check_name(self, path: &Path) -> Result<(), String> {
        let extensions = self.extensions();
        let Some(extension) = path.extension() else {
            return match self {
                Self::Topology => {
                    Err("must end in `.json` or `.toml`, which sets the format".to_owned())
                }
                _ => Ok(()),
            };
        };
        if extensions
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
        {
            return Ok(());
        }
        let own = extensions.iter().filter(|known| **known != "txt");
        let own: Vec<String> = own.map(|known| format!("`.{known}`")).collect();
        Err(format!(
            "is the name of a different kind of file: what is written is {}; end the name in {}",
            self.name(),
            own.join(" or ")
        ))
    }

    /// Why an existing file is not one of this kind; `None` if it may be.
    pub(super) fn refuse_content(self, path: &Path) -> io::Result<Option<String>> {
        let mut head = Vec::new();
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        file.take(HEAD_BYTES).read_to_end(&mut head)?;
        let content = Content::of(&head);
        let same = match self {
            _ if content == Content::Empty => return Ok(None),
            Self::Svg => content == Content::Svg,
            Self::Html => content == Content::Html,
            Self::Json | Self::JsonLines => content == Content::Json,
            Self::Csv => content == Content::Csv,
            Self::Capsule => content == Content::Capsule,
            Self::Topology => matches!(content, Content::Json | Content::Text | Content::Csv),
        };
        if !same {
            return Ok(Some(format!(
                "exists and is not {}; give a different name",
                self.name()
            )));
        }
        if content == Content::Json && self != Self::Topology && is_export(&head) {
            return Ok(None);
        }
        let document = (length <= DOCUMENT_BYTES_MAX)
            .then(|| document_at(path))
            .transpose()?
            .flatten();
        Ok(match (self, document) {
            (Self::Topology, Some(DocumentKind::Topology)) => None,
            (Self::Topology, None) => {
                Some("exists and is not a topology; give a different name".to_owned())
            }
            (_, document) => document.map(|kind| {
                format!(
                    "is {}, an input document; give a different name",
                    kind.with_article()
                )
            }),
        })
    }
}

impl Content {
    fn of(head: &[u8]) -> Self {
        if head.is_empty() {
            return Self::Empty;
        }
        if head.starts_with(b"SQLite format 3\0") {
            return Self::Database;
        }
        if head.starts_with(b"AETHAPX") {
            return Self::Capsule;
        }
        // A character may be cut in half where the head ends.
        let text = match std::str::from_utf8(head) {
            Ok(text) => text,
            Err(error) if error.error_len().is_none() => {
                std::str::from_utf8(&head[..error.valid_up_to()]).expect("it is valid up to there")
            }
            Err(_) => return Self::Binary,
        };
        if text.contains('\0') {
            return Self::Binary;
        }
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let lower = text.to_ascii_lowercase();
        if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
            return Self::Html;
        }
        if lower.starts_with('<') && lower.contains("<svg") {
            return Self::Svg;
        }
        if text.starts_with(['{', '[']) {
            return Self::Json;
        }
        // The last row of a longer file may be cut off.
        let whole = (head.len() as u64) < HEAD_BYTES;
        if is_table(text, whole) {
            Self::Csv
        } else {
            Self::Text
        }
    }
}

/// Whether the text is a table of at least two columns, or begins as one if it is not whole.
fn is_table(text: &str, whole: bool) -> bool {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let rows = reader.records().map_while(Result::ok);
    let mut rows: Vec<usize> = rows.map(|row| row.len()).collect();
    if !whole && rows.len() > 1 {
        rows.pop();
    }
    rows.first()
        .is_some_and(|columns| *columns >= 2 && rows.iter().all(|row| row == columns))
}

/// Whether JSON begins with a member of an export, so that it need not be read as a document.
fn is_export(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let mut parts = text.split('"');
    let (Some(open), Some(key)) = (parts.next(), parts.next()) else {
        return false;
    };
    let known = ["export_version", "inputs", "metrics", "kind", "run"];
    open.trim() == "{"
        && (known.contains(&key) || RecordKind::ALL.iter().any(|kind| kind.name() == key))
}

/// The kind of an input document; `None` for any other file. One that cannot be read may be a document.
fn document_at(path: &Path) -> io::Result<Option<DocumentKind>> {
    let Some(extension) = path.extension().and_then(OsStr::to_str) else {
        return Ok(None);
    };
    let name = format!("document.{extension}");
    let documents = MemoryDocuments::new().with(&name, aether_disk::read(path)?);
    Ok(document_kind(&documents, Path::new(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_suit_what_is_written() {
        for (kind, good, bad) in [
            (FileKind::Svg, "a.svg A.SVG a", "a.png a.json a.svg.gz"),
            (FileKind::Html, "a.html a.htm page", "a.svg a.md"),
            (FileKind::Csv, "a.csv a.txt a", "a.json a.aether a.jsonl"),
            (FileKind::Json, "a.json a.txt a", "a.csv a.toml a.jsonl"),
            (FileKind::JsonLines, "a.jsonl a.ndjson a.json", "a.csv"),
            (FileKind::Capsule, "a.apx a", "a.svg"),
            (FileKind::Topology, "a.json a.toml", "a a.svg"),
        ] {
            for name in good.split(' ') {
                assert_eq!(kind.check_name(Path::new(name)), Ok(()), "{name}");
            }
            for name in bad.split(' ') {
                assert!(kind.check_name(Path::new(name)).is_err(), "{kind:?} {name}");
            }
        }
    }

    #[test]
    fn first_bytes_show_the_content() {
        for (head, expected) in [
            (&b""[..], Content::Empty),
            (b"<svg xmlns=\"x\">", Content::Svg),
            (b"<?xml version=\"1.0\"?>\n<svg>", Content::Svg),
            (b"<!DOCTYPE html><svg>", Content::Html),
            (b"\xef\xbb\xbf {\"a\": 1}", Content::Json),
            (b"[1, 2]", Content::Json),
            (b"tick,node\n1,2\n3,4\n", Content::Csv),
            (b"tick,no", Content::Csv),
            (b"Dear all, hello\nthis is a letter\n", Content::Text),
            (b"ticks = 3\n", Content::Text),
            (b"AETHAPX\x01", Content::Capsule),
            (b"SQLite format 3\0\x10", Content::Database),
            (b"\x89PNG\r\n\x1a\n", Content::Binary),
            (b"a\0b", Content::Binary),
            ("a \u{e9}".as_bytes().split_last().unwrap().1, Content::Text),
        ] {
            assert_eq!(Content::of(head), expected, "{head:?}");
        }
    }

    #[test]
    fn exports_are_recognized_by_their_first_member() {
        for (text, expected) in [
            ("{\"codex_library\":[]", true),
            ("{\n  \"export_version\": 1", true),
            ("{\"kind\":\"ledgers\"", true),
            ("{\"N\": 3", false),
            ("[1]", false),
            ("{}", false),
        ] {
            assert_eq!(is_export(text.as_bytes()), expected, "{text}");
        }
    }
}
