//! `snapshot.toml`: what the goldens beside it were made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::scenario::SnapshotMode;

/// The version of the format that is written.
const FORMAT: u32 = 1;

const HEADER: &str =
    "# Kept by `bless`: what the goldens beside this file were made of. Not for editing.\n";

/// The contents of `snapshot.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    /// The subject's name.
    pub(crate) subject: String,
    /// The subject's version at the last bless.
    pub(crate) version: String,
    pub(crate) snapshot: SnapshotMode,
    /// File name to the SHA-256 of its bytes.
    pub(crate) files: BTreeMap<String, String>,
    /// Member of `inputs` to the SHA-256 of its text: the documents as resolved.
    pub(crate) inputs: BTreeMap<String, String>,
    /// Every bless, oldest first.
    #[serde(default)]
    pub(crate) bless: Vec<BlessEntry>,
}

/// One bless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlessEntry {
    /// `YYYY-MM-DD`, in UTC.
    pub(crate) date: String,
    /// The subject's version.
    pub(crate) version: String,
    pub(crate) reason: String,
    /// The artefacts that were accepted, where it was not all of the scenario.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) artefacts: Vec<String>,
}

impl Manifest {
    pub(crate) fn new(subject: String, version: String, snapshot: SnapshotMode) -> Self {
        Self {
            format: FORMAT,
            subject,
            version,
            snapshot,
            files: BTreeMap::new(),
            inputs: BTreeMap::new(),
            bless: Vec::new(),
        }
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong with it, with its place.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let manifest: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if manifest.format != FORMAT {
            return Err(format!(
                "its format is {}, and this version reads {FORMAT}",
                manifest.format
            ));
        }
        Ok(manifest)
    }

    /// The manifest as it is stored.
    ///
    /// # Errors
    /// Never for a manifest of strings; the serializer has an error type.
    pub(crate) fn render(&self) -> Result<String, toml::ser::Error> {
        Ok(format!("{HEADER}{}", toml::to_string(self)?))
    }
}

/// The blesses of a manifest that cannot be read, such as one with conflict markers: every
/// `[[bless]]` that is whole on its own.
pub(crate) fn salvaged_blesses(bytes: &[u8]) -> Vec<BlessEntry> {
    #[derive(Deserialize)]
    struct Alone {
        bless: Vec<BlessEntry>,
    }
    let text = String::from_utf8_lossy(bytes);
    let mut blesses: Vec<BlessEntry> = Vec::new();
    for part in text.split("[[bless]]").skip(1) {
        let is_marker = |line: &&str| {
            ["<<<<<<<", "=======", ">>>>>>>", "|||||||"]
                .iter()
                .any(|marker| line.starts_with(marker))
        };
        let lines: Vec<&str> = part.lines().filter(|line| !is_marker(line)).collect();
        let alone = toml::from_str::<Alone>(&format!("[[bless]]{}", lines.join("\n")));
        for entry in alone.map(|alone| alone.bless).unwrap_or_default() {
            if !blesses.contains(&entry) {
                blesses.push(entry);
            }
        }
    }
    blesses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_keeps_every_character_of_a_reason() {
        let mut manifest = Manifest::new("s".into(), "0.1.0".into(), SnapshotMode::Full);
        manifest.files.insert("a.json".into(), "00".into());
        manifest.inputs.insert("a b.c".into(), "11".into());
        for reason in ["plain", "two\nlines", "\"quoted\" \\ 'both'", "– ü \u{1}"] {
            manifest.bless.push(BlessEntry {
                date: "2026-11-23".into(),
                version: "0.1.0".into(),
                reason: reason.into(),
                artefacts: Vec::new(),
            });
        }
        let text = manifest.render().unwrap();
        assert_eq!(Manifest::parse(text.as_bytes()).unwrap(), manifest);
    }

    #[test]
    fn blesses_survive_a_merge_conflict() {
        let entry = |reason: &str| {
            format!("[[bless]]\ndate = \"2026-11-23\"\nversion = \"1\"\nreason = \"{reason}\"\n")
        };
        let text = format!(
            "format = 1\n{}\n<<<<<<< ours\n{}=======\n{}>>>>>>> theirs\n",
            entry("first"),
            entry("ours"),
            entry("theirs")
        );
        assert!(Manifest::parse(text.as_bytes()).is_err());
        let reasons: Vec<String> = salvaged_blesses(text.as_bytes())
            .into_iter()
            .map(|entry| entry.reason)
            .collect();
        assert_eq!(reasons, ["first", "ours", "theirs"]);
        assert!(salvaged_blesses(b"\xff[[bless]]").is_empty());
    }

    #[test]
    fn other_formats_and_broken_bytes_are_refused() {
        let manifest = Manifest::new("s".into(), "1".into(), SnapshotMode::Full);
        let text = manifest
            .render()
            .unwrap()
            .replace("format = 1", "format = 2");
        let error = Manifest::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error, "its format is 2, and this version reads 1");
        assert!(Manifest::parse(b"\xff").is_err());
        assert!(Manifest::parse(b"").is_err());
        assert!(Manifest::parse(b"format = 1").is_err());
    }
}
