//! Artefacts: the named JSON documents that a subject makes of a scenario, in the one
//! layout in which they are compared and stored.

/// One named output of a subject, always held in the layout of golden files.
///
/// Layout: object keys sorted by code point; a top-level array has one element a line, each in
/// compact form; an object has one member a line, its values laid out the same way one level
/// deeper; an array of scalars, an empty array and an empty object stay on their line. Numbers
/// keep their spelling. Equal artefacts are therefore equal bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artefact {
    name: String,
    text: Vec<u8>,
}

impl Artefact {
    /// An array artefact from the compact, key-sorted JSON text of its records, in order.
    ///
    /// The fast path for subjects whose records are canonical already; nothing is parsed.
    pub fn from_canonical_records<I, R>(name: impl Into<String>, records: I) -> Self
    where
        I: IntoIterator<Item = R>,
        R: AsRef<[u8]>,
    {
        let mut text = vec![b'['];
        let mut separator: &[u8] = b"\n";
        for record in records {
            text.extend_from_slice(separator);
            text.extend_from_slice(record.as_ref());
            separator = b",\n";
        }
        if text.len() > 1 {
            text.push(b'\n');
        }
        text.extend_from_slice(b"]\n");
        Self {
            name: name.into(),
            text,
        }
    }

    /// The artefact's name: the stem of its golden file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The document in golden layout, ending in a line feed.
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}
