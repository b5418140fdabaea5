//! `snapshot.toml`: the manifest of the goldens in its directory, and the history of blesses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ProgramRecord;
use crate::Allowed;
use crate::scenario::SnapshotMode;

/// The version of the format of new goldens.
pub const FORMAT: u32 = 2;

/// The oldest version that is read. Goldens of a version are compared, and blessed again, by its rules.
pub const OLDEST_FORMAT: u32 = 1;

const HEADER: &str =
    "# Kept by `bless`: what the goldens beside this file were made of. Not for editing.\n";

/// Why a `snapshot.toml` cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// It is not TOML of the right shape; with the place.
    #[error("{0}")]
    Toml(String),
    /// A version of the format that this program does not read.
    #[error("its format is {found}, but this version reads {OLDEST_FORMAT} to {FORMAT}")]
    Format {
        /// The version.
        found: u32,
    },
}

/// The contents of `snapshot.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the format.
    pub format: u32,
    /// The subject's name.
    pub subject: String,
    /// The subject's version at the last bless.
    pub version: String,
    /// What is kept of a run.
    pub snapshot: SnapshotMode,
    /// File name to the SHA-256 of its bytes.
    pub files: BTreeMap<String, String>,
    /// Member of `inputs` to the SHA-256 of its text: the documents as resolved.
    pub inputs: BTreeMap<String, String>,
    /// What identifies the program.
    #[serde(default, skip_serializing_if = "ProgramRecord::is_empty")]
    pub program: ProgramRecord,
    /// What may differ, as it was declared at the last bless.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Allowed>,
    /// Every bless, oldest first.
    #[serde(default)]
    pub bless: Vec<BlessEntry>,
}

/// One bless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlessEntry {
    /// `YYYY-MM-DD`, in UTC.
    pub date: String,
    /// The subject's version.
    pub version: String,
    /// Why the goldens changed.
    pub reason: String,
    /// The artefacts that were accepted, if not all of the scenario.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artefacts: Vec<String>,
    /// The commit that the tree came after; `None` without a repository, before its first commit, and for
    /// outputs that another machine made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether the tree was that commit, apart from goldens; `None` without a commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clean: Option<bool>,
}

impl Manifest {
    /// A manifest without files and blesses.
    pub fn new(subject: String, version: String, snapshot: SnapshotMode) -> Self {
        Self {
            format: FORMAT,
            subject,
            version,
            snapshot,
            files: BTreeMap::new(),
            inputs: BTreeMap::new(),
            program: ProgramRecord::default(),
            allowed: Vec::new(),
            bless: Vec::new(),
        }
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong with it, with its place.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ManifestError::NotUtf8)?;
        let manifest: Self =
            toml::from_str(text).map_err(|error| ManifestError::Toml(error.to_string()))?;
        if !(OLDEST_FORMAT..=FORMAT).contains(&manifest.format) {
            return Err(ManifestError::Format {
                found: manifest.format,
            });
        }
        Ok(manifest)
    }

    /// The manifest as it is stored.
    ///
    /// # Errors
    /// Never for a manifest of strings; the serializer has an error type.
    pub fn render(&self) -> Result<String, toml::ser::Error> {
        Ok(format!("{HEADER}{}", toml::to_string(self)?))
    }
}

/// The version of the format that a manifest says it has, even if the rest of it cannot be read; `None`
/// if it does not say.
pub(crate) fn stated_format(bytes: &[u8]) -> Option<u32> {
    let stated = stated(bytes, "format", |value| value.parse().ok());
    stated.filter(|format| (OLDEST_FORMAT..=FORMAT).contains(format))
}

/// The subject that a manifest says it has, even if the rest of it cannot be read; `None` if it does not say.
pub(super) fn stated_subject(bytes: &[u8]) -> Option<String> {
    stated(bytes, "subject", |value| {
        let quoted = value.strip_prefix('"')?.strip_suffix('"')?;
        Some(quoted.to_owned())
    })
}

/// The value of the first line that gives one for `key`.
fn stated<T>(bytes: &[u8], key: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().find_map(|line| {
        let value = line.strip_prefix(key)?.trim_start().strip_prefix('=')?;
        read(value.trim())
    })
}

/// The blesses of a manifest that cannot be read, such as one with conflict markers: every `[[bless]]` that
/// is whole on either side of a conflict, those of our side first.
///
/// Git's default style puts the lines that both sides have in common outside the markers, even within an
/// entry:
///
/// ```text
/// [[bless]]
/// date = "2026-11-23"
/// <<<<<<< HEAD
/// reason = "ours"
/// =======
/// reason = "theirs"
/// >>>>>>> branch
/// ```
pub fn salvaged_blesses(bytes: &[u8]) -> Vec<BlessEntry> {
    let text = String::from_utf8_lossy(bytes);
    let mut blesses: Vec<BlessEntry> = Vec::new();
    for side in sides(&text) {
        for entry in whole_blesses(&side) {
            if !blesses.contains(&entry) {
                blesses.push(entry);
            }
        }
    }
    blesses
}

/// Every `[[bless]]` of a text that is whole on its own.
fn whole_blesses(text: &str) -> Vec<BlessEntry> {
    #[derive(Deserialize)]
    struct Alone {
        bless: Vec<BlessEntry>,
    }
    let parts = text.split("[[bless]]").skip(1);
    parts
        .filter_map(|part| toml::from_str::<Alone>(&format!("[[bless]]{part}")).ok())
        .flat_map(|alone| alone.bless)
        .collect()
}

/// The two sides of a text with conflict markers; two equal ones without.
fn sides(text: &str) -> [String; 2] {
    /// Where a line is.
    enum Part {
        Both,
        Ours,
        Base,
        Theirs,
    }
    let [mut ours, mut theirs] = [String::new(), String::new()];
    let mut part = Part::Both;
    for line in text.split_inclusive('\n') {
        match marker(line) {
            Some('<') => part = Part::Ours,
            Some('|') => part = Part::Base,
            Some('=') => part = Part::Theirs,
            Some(_) => part = Part::Both,
            None => {
                if matches!(part, Part::Both | Part::Ours) {
                    ours.push_str(line);
                }
                if matches!(part, Part::Both | Part::Theirs) {
                    theirs.push_str(line);
                }
            }
        }
    }
    [ours, theirs]
}

/// The character of the conflict marker that a line is: seven of it, then a space or the end.
fn marker(line: &str) -> Option<char> {
    let first = line.chars().next()?;
    let rest = line.trim_start_matches(first);
    let is_marker = matches!(first, '<' | '|' | '=' | '>')
        && line.len() - rest.len() == 7
        && (rest.starts_with(' ') || rest.trim().is_empty());
    is_marker.then_some(first)
}

/// Whether a file has the conflict markers of a merge.
pub(super) fn has_conflict(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let has = |which: char| text.lines().any(|line| marker(line) == Some(which));
    has('<') && has('=') && has('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_keeps_every_character_of_a_reason() {
        let mut manifest = Manifest::new("s".into(), "0.1.0".into(), SnapshotMode::Full);
        manifest.files.insert("a.json".into(), "00".into());
        manifest.inputs.insert("a b.c".into(), "11".into());
        manifest.program.version = Some("sim 1\n[[bless]]".into());
        manifest.program.built.insert("dist/a b".into());
        manifest.program.code.insert("src/a.py".into(), "22".into());
        manifest.allowed.push(Allowed {
            output: "a".into(),
            tolerance: Some("x.*".into()),
            abs: Some("1e-9".into()),
            ulp: Some(4),
            reason: "[[bless]]".into(),
            ..Allowed::default()
        });
        for reason in ["plain", "two\nlines", "\"quoted\" \\ 'both'", "– ü \u{1}"] {
            manifest.bless.push(BlessEntry {
                date: "2026-11-23".into(),
                version: "0.1.0".into(),
                reason: reason.into(),
                artefacts: Vec::new(),
                commit: Some("c0ffee".into()),
                clean: Some(reason == "plain"),
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
    fn both_blesses_survive_in_every_style_of_conflict() {
        let start = "format = 1\n[[bless]]\ndate = \"2026-11-22\"\nversion = \"1\"\nreason = \"first\"\n\n\
                     [[bless]]\ndate = \"2026-11-23\"\nversion = \"1\"\n";
        let check = |conflict: &str, expected: &[&str]| {
            let text = format!("{start}{conflict}");
            assert!(has_conflict(text.as_bytes()), "{text}");
            let blesses = salvaged_blesses(text.as_bytes());
            let reasons: Vec<&str> = blesses.iter().map(|entry| &*entry.reason).collect();
            assert_eq!(reasons, expected, "{text}");
        };
        // Git's default: what both sides have in common is outside the markers.
        check(
            "<<<<<<< HEAD\nreason = \"ours\"\n=======\nreason = \"theirs\"\n>>>>>>> other\n",
            &["first", "ours", "theirs"],
        );
        check(
            "<<<<<<< HEAD\nreason = \"ours\"\n||||||| 1a2b3c\n=======\nreason = \"theirs\"\n>>>>>>> other\n",
            &["first", "ours", "theirs"],
        );
        // One side blessed twice.
        check(
            "<<<<<<< HEAD\nreason = \"ours\"\n=======\nreason = \"theirs\"\n\n[[bless]]\ndate = \"2026-11-24\"\n\
             version = \"1\"\nreason = \"more\"\n>>>>>>> other\n",
            &["first", "ours", "theirs", "more"],
        );
        // A reason may look like a marker.
        let text = "[[bless]]\ndate = \"d\"\nversion = \"1\"\nreason = \"\"\"\n======= x\n\"\"\"\n";
        assert!(!has_conflict(text.as_bytes()));
    }

    #[test]
    fn the_format_is_known_of_a_manifest_in_conflict() {
        assert_eq!(stated_format(b"# x\nformat = 1\n<<<<<<< ours\n"), Some(1));
        assert_eq!(stated_format(b"format=2"), Some(2));
        assert_eq!(stated_format(b"format = 7\n"), None);
        assert_eq!(stated_format(b"formats = 1\n"), None);
        let subject = |text: &str| stated_subject(text.as_bytes());
        let conflict = "format = 2\nsubject = \"a test\"\n<<<<<<< ours\n";
        assert_eq!(subject(conflict).as_deref(), Some("a test"));
        assert_eq!(subject("format = 2\n"), None);
    }

    #[test]
    fn other_formats_and_broken_bytes_are_refused() {
        let manifest = Manifest::new("s".into(), "1".into(), SnapshotMode::Full);
        let text = manifest
            .render()
            .unwrap()
            .replace("format = 2", "format = 3");
        let error = Manifest::parse(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "its format is 3, but this version reads 1 to 2");
        let old = text.replace("format = 3", "format = 1");
        assert_eq!(Manifest::parse(old.as_bytes()).unwrap().format, 1);
        assert!(Manifest::parse(b"\xff").is_err());
        assert!(Manifest::parse(b"").is_err());
        assert!(Manifest::parse(b"format = 1").is_err());
    }
}
