//! Artefacts: the named JSON documents that a subject makes of a scenario, in the one
//! layout in which they are compared and stored.

use std::sync::Arc;

use aether_json::{Fault, JsonProblem, Parser, Value, layout};

/// One named output of a subject, always held in the layout of golden files.
///
/// Layout: object keys sorted by code point; a top-level array has one element a line, each in
/// compact form; an object has one member a line, its values laid out the same way one level
/// deeper; an array of scalars, an empty array and an empty object stay on their line. Numbers
/// keep their spelling, strings are escaped only where JSON requires it. The lines of the
/// outermost array or object start at the left margin, those of each further level two spaces to
/// the right of it. Equal artefacts are therefore equal bytes.
///
/// ```
/// use aether_diff::Artefact;
/// # fn main() -> Result<(), aether_diff::ArtefactError> {
/// let topology = br#"{"edges": [{"k": 1, "e_id": 1}, {"k": 2, "e_id": 2}], "u0": [3, 1]}"#;
/// let artefact = Artefact::from_json("topology", topology)?;
/// assert_eq!(
///     artefact.text(),
///     br#"{
/// "edges":[
///   {"e_id":1,"k":1},
///   {"e_id":2,"k":2}
/// ],
/// "u0":[3,1]
/// }
/// "#
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Artefact {
    name: String,
    /// Shared by copies: several checks look at what one run produced.
    text: Arc<Vec<u8>>,
    /// What it is the digest of, if it is no document and not too large.
    bytes: Option<Arc<[u8]>>,
    /// Its text before values that differ from run to run were replaced, if some were.
    raw: Option<Arc<Vec<u8>>>,
}

impl PartialEq for Artefact {
    /// Whether name and text are the same. Equal digests have equal bytes.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.text == other.text
    }
}

impl Eq for Artefact {}

/// Why some JSON text cannot be an artefact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArtefactError {
    /// The text is not JSON, or not JSON that can be kept without loss.
    #[error("{name}:{line}:{column}: {problem}")]
    Json {
        /// The artefact.
        name: String,
        /// The line of the problem, from 1.
        line: usize,
        /// Its column in characters, from 1.
        column: usize,
        /// What is wrong.
        problem: JsonProblem,
    },
    /// The text is JSON, but not laid out as goldens are.
    #[error("{name}:{line}: not in golden layout")]
    NotInLayout {
        /// The artefact.
        name: String,
        /// The first line that should look different, from 1.
        line: usize,
    },
    /// The bytes stored with it are others than it has the digest of.
    #[error("{name}: its bytes are not those that its digest is of")]
    OtherBytes {
        /// The artefact.
        name: String,
    },
}

impl Artefact {
    /// An artefact from any JSON text, brought into layout.
    ///
    /// # Errors
    /// [`ArtefactError::Json`] if the text is not UTF-8, not exactly one JSON value, has a key
    /// twice in one object or is nested more than 128 deep.
    pub fn from_json(name: impl Into<String>, json: &[u8]) -> Result<Self, ArtefactError> {
        let name = name.into();
        match laid_out(json) {
            Ok(text) => Ok(Self::laid_out_already(&name, text)),
            Err(fault) => Err(json_error(name, json, fault)),
        }
    }

    /// An array artefact from JSON Lines: one record per line; lines of white space are skipped.
    ///
    /// # Errors
    /// As [`Artefact::from_json`].
    pub fn from_json_lines(name: impl Into<String>, lines: &[u8]) -> Result<Self, ArtefactError> {
        let name = name.into();
        match lines_laid_out(lines) {
            Ok(text) => Ok(Self::laid_out_already(&name, text)),
            Err(fault) => Err(json_error(name, lines, fault)),
        }
    }

    /// An artefact as it was stored, which must be in layout already.
    ///
    /// # Errors
    /// As [`Artefact::from_json`]; [`ArtefactError::NotInLayout`] where laying out the text again
    /// would change it.
    pub fn from_golden(
        name: impl Into<String>,
        text: impl Into<Vec<u8>>,
    ) -> Result<Self, ArtefactError> {
        let (name, text) = (name.into(), text.into());
        match laid_out(&text) {
            Ok(expected) if expected == text => Ok(Self::laid_out_already(&name, text)),
            Ok(expected) => {
                let same = expected.iter().zip(&text).take_while(|(a, b)| a == b);
                let line = same.filter(|(a, _)| **a == b'\n').count() + 1;
                Err(ArtefactError::NotInLayout { name, line })
            }
            Err(fault) => Err(json_error(name, &text, fault)),
        }
    }

    /// An array artefact from the compact, key-sorted JSON text of its records, in order.
    ///
    /// The fast path for subjects whose records are canonical already; nothing is parsed.
    pub fn from_canonical_records<I, R>(name: impl Into<String>, records: I) -> Self
    where
        I: IntoIterator<Item = R>,
        R: AsRef<[u8]>,
    {
        let mut text = Vec::new();
        let mut empty = true;
        layout::open_records(&mut text);
        for record in records {
            layout::begin_record(empty, &mut text);
            text.extend_from_slice(record.as_ref());
            empty = false;
        }
        layout::close_records(empty, &mut text);
        Self::laid_out_already(&name.into(), text)
    }

    /// An artefact whose text is known to be in golden layout.
    pub(crate) fn laid_out_already(name: &str, text: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            text: Arc::new(text),
            bytes: None,
            raw: None,
        }
    }

    pub(crate) fn attach(&mut self, bytes: &[u8]) {
        self.bytes = Some(bytes.into());
    }

    /// The artefact, with the document that it was before values that differ from run to run were replaced.
    /// Nothing but a report that asks for these values looks at it.
    ///
    /// # Errors
    /// As [`Artefact::from_golden`].
    pub fn with_raw(mut self, text: &[u8]) -> Result<Self, ArtefactError> {
        let raw = Self::from_golden(self.name.clone(), text)?;
        self.raw = Some(raw.text);
        Ok(self)
    }

    /// The document before values that differ from run to run were replaced; `None` if none were.
    pub fn raw(&self) -> Option<&[u8]> {
        self.raw.as_deref().map(Vec::as_slice)
    }

    /// The bytes that this artefact has the digest of; `None` if it is a document, or they are not kept.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }

    /// The artefact's name: the stem of its golden file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The document in golden layout, ending in a line feed.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The document as a tree, its numbers as spelled.
    ///
    /// # Errors
    /// As [`Artefact::from_json`]; only an artefact [made of records](Self::from_canonical_records)
    /// that were not canonical has one.
    pub fn to_value(&self) -> Result<Value, ArtefactError> {
        let text = as_utf8(&self.text).and_then(Parser::document);
        text.map(|tree| Value::from(&tree))
            .map_err(|fault| json_error(self.name.clone(), &self.text, fault))
    }
}

pub(crate) fn json_error(name: String, text: &[u8], fault: Fault) -> ArtefactError {
    let (line, column) = fault.position(text);
    ArtefactError::Json {
        name,
        line,
        column,
        problem: fault.problem,
    }
}

fn as_utf8(json: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(json).map_err(|error| {
        let at = error.valid_up_to();
        Fault::new(at, at, JsonProblem::NotUtf8)
    })
}

/// Any JSON text in golden layout. An array is laid out record by record, so that at most one
/// record is ever held as a tree.
fn laid_out(json: &[u8]) -> Result<Vec<u8>, Fault> {
    let text = as_utf8(json)?;
    let mut out = Vec::with_capacity(text.len());
    let mut parser = Parser::new(text);
    if parser.enter_array()? {
        let mut empty = true;
        layout::open_records(&mut out);
        while parser.next_element()? {
            layout::begin_record(empty, &mut out);
            layout::write_compact(&parser.value()?, &mut out);
            empty = false;
        }
        layout::close_records(empty, &mut out);
        parser.end()?;
    } else {
        layout::write_document(&Parser::document(text)?, &mut out);
    }
    Ok(out)
}

fn lines_laid_out(lines: &[u8]) -> Result<Vec<u8>, Fault> {
    let text = as_utf8(lines)?;
    let mut out = Vec::with_capacity(text.len());
    let mut empty = true;
    let mut start = 0;
    layout::open_records(&mut out);
    for line in text.split_inclusive('\n') {
        if !line.trim_ascii().is_empty() {
            // A record that breaks off does so at the end of its own line.
            let tree =
                Parser::document(line.trim_ascii_end()).map_err(|fault| fault.shifted(start))?;
            layout::begin_record(empty, &mut out);
            layout::write_compact(&tree, &mut out);
            empty = false;
        }
        start += line.len();
    }
    layout::close_records(empty, &mut out);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: &str) {
        let artefact = Artefact::from_json("a", json.as_bytes()).unwrap();
        assert_eq!(String::from_utf8_lossy(artefact.text()), expected);
        // The layout of a laid-out text is the text itself.
        let golden = Artefact::from_golden("a", artefact.text()).unwrap();
        assert_eq!(golden, artefact);
    }

    #[test]
    fn every_sort_of_document_has_one_layout() {
        check("1.0", "1.0\n");
        check("[]", "[]\n");
        check("{}", "{}\n");
        check("[1,2]", "[\n1,\n2\n]\n");
        check(
            r#"[{"b":{"d":[1,{"e":2}]},"a":1},[]]"#,
            "[\n{\"a\":1,\"b\":{\"d\":[1,{\"e\":2}]}},\n[]\n]\n",
        );
        check(
            r#"{"z":[],"e":{},"m":{"y":{"x":1},"v":[1,2]},"a":[{"c":[[1],2],"b":1},3]}"#,
            concat!(
                "{\n",
                "\"a\":[\n",
                "  {\"b\":1,\"c\":[[1],2]},\n",
                "  3\n",
                "],\n",
                "\"e\":{},\n",
                "\"m\":{\n",
                "  \"v\":[1,2],\n",
                "  \"y\":{\n",
                "    \"x\":1\n",
                "  }\n",
                "},\n",
                "\"z\":[]\n",
                "}\n"
            ),
        );
    }

    #[test]
    fn records_need_no_parsing() {
        let records = [r#"{"tick":1}"#, r#"{"tick":2}"#];
        assert_eq!(
            Artefact::from_canonical_records("a", records),
            Artefact::from_json("a", br#"[{"tick":1},{"tick":2}]"#).unwrap()
        );
        assert_eq!(
            Artefact::from_canonical_records("a", [""; 0]),
            Artefact::from_json("a", b"[]").unwrap()
        );
    }

    #[test]
    fn lines_are_records() {
        let artefact = Artefact::from_json_lines("log", b"{\"b\": 1, \"a\": 2}\r\n\n2\n").unwrap();
        assert_eq!(artefact.text(), b"[\n{\"a\":2,\"b\":1},\n2\n]\n");
        let error = Artefact::from_json_lines("log", b"1\n2 3\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "log:2:3: expected the end of the text, found '3'"
        );
    }

    #[test]
    fn errors_name_artefact_and_place() {
        for (text, expected) in [
            (&b"{\"a\":\n\xff}"[..], "a:2:1: not UTF-8"),
            (b"", "a:1:1: the text ends where a value is expected"),
            (b"[1", "a:1:3: the text ends where `,` or `]` is expected"),
            (b"[1]]", "a:1:4: expected the end of the text, found ']'"),
        ] {
            let error = Artefact::from_json("a", text).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn a_golden_must_be_laid_out() {
        for (text, line) in [
            ("{\"a\":1}\n", 1),
            ("[\n1,\n 2\n]\n", 3),
            ("[\n1\n]", 3),
            ("{\n\"b\":1,\n\"a\":1\n}\n", 2),
            ("[\n\"\\u0041\"\n]\n", 2),
        ] {
            assert_eq!(
                Artefact::from_golden("g", text),
                Err(ArtefactError::NotInLayout {
                    name: "g".to_owned(),
                    line
                }),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_document_remembers_what_it_was_before_values_were_replaced() {
        let artefact = Artefact::from_json("a", b"{\"v\":\"replaced\"}").unwrap();
        assert_eq!(artefact.raw(), None);
        let raw = Artefact::from_json("a", b"{\"v\":7}").unwrap();
        let artefact = artefact.with_raw(raw.text()).unwrap();
        assert_eq!(artefact.raw(), Some(raw.text()));
    }
}
