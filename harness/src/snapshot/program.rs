//! What identifies the program that goldens were made by, and what of it changed since.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::counted;

/// Files that a line names; more are counted.
const FILES_SHOWN: usize = 5;

/// What is shown of a line that is not there.
const NOTHING: &str = "nothing";

/// What identifies a program, as `snapshot.toml` keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramRecord {
    /// What it says that it is, if it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The files of `code` that a `[build]` made.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub built: BTreeSet<String>,
    /// The SHA-256 of every file that is code, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub code: BTreeMap<String, String>,
}

/// One thing about a program that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProgramChange {
    /// The program, or one of its files.
    pub what: String,
    /// Its version or digest at the bless; `None` for a new file.
    pub before: Option<String>,
    /// That of now; `None` for a file that is gone.
    pub after: Option<String>,
    #[serde(skip)]
    is_file: bool,
}

impl ProgramRecord {
    /// Whether nothing is known of the program.
    pub fn is_empty(&self) -> bool {
        self.version.is_none() && self.code.is_empty()
    }

    /// What differs in `now`: the version first, then files by path. Nothing, if nothing is known of the program.
    pub fn changes(&self, now: &Self) -> Vec<ProgramChange> {
        let mut changes = Vec::new();
        if self.is_empty() {
            return changes;
        }
        // A version that was not asked for then or now says nothing.
        if let (Some(before), Some(after)) = (&self.version, &now.version)
            && before != after
        {
            changes.push(version_change(before, after));
        }
        let files: BTreeSet<&String> = self.code.keys().chain(now.code.keys()).collect();
        for file in files {
            let (before, after) = (self.code.get(file), now.code.get(file));
            if before != after {
                changes.push(ProgramChange {
                    what: file.clone(),
                    before: before.cloned(),
                    after: after.cloned(),
                    is_file: true,
                });
            }
        }
        changes
    }
}

impl ProgramChange {
    /// The change in a few words: `hledger 1.25 → 1.30`, `src/sim.py`.
    pub fn lead(&self) -> String {
        let what = &self.what;
        match (&self.before, &self.after) {
            (Some(before), Some(after)) if !self.is_file => format!("{what} {before} → {after}"),
            (None, _) => format!("{what} (new)"),
            (_, None) => format!("{what} (removed)"),
            (Some(_), Some(_)) => what.clone(),
        }
    }

    /// Changes in one line: `the program changed too: hledger 1.25 → 1.30; src/sim.py`; `None` if there are
    /// none.
    pub fn line(changes: &[Self]) -> Option<String> {
        let shown = changes.iter().take(FILES_SHOWN).map(Self::lead);
        let mut parts: Vec<String> = shown.collect();
        if let Some(more) = changes.len().checked_sub(FILES_SHOWN).filter(|&n| n > 0) {
            parts.push(counted(more as u64, "more file"));
        }
        let line = parts.join("; ");
        (!parts.is_empty()).then(|| format!("the program changed too: {line}"))
    }
}

/// The first line in which two versions differ, and the name that both begin with:
///
/// ```text
/// hledger 1.25, linux
/// hledger 1.30, linux     hledger 1.25, linux → 1.30, linux
/// ```
fn version_change(before: &str, after: &str) -> ProgramChange {
    let (mut old, mut new) = (before.lines(), after.lines());
    let (old, new) = loop {
        match (old.next(), new.next()) {
            (Some(old), Some(new)) if old == new => {}
            // They differ in line ends alone.
            (None, None) => break (before, after),
            (old, new) => break (old.unwrap_or(NOTHING), new.unwrap_or(NOTHING)),
        }
    };
    let words = |line: &'_ str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (old, new) = (words(old), words(new));
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new);
    // Something of each remains to be shown.
    let same = same.count().min(old.len().min(new.len()).saturating_sub(1));
    let what = match same {
        0 => "version".to_owned(),
        same => old[..same].join(" "),
    };
    ProgramChange {
        what,
        before: Some(old[same..].join(" ")),
        after: Some(new[same..].join(" ")),
        is_file: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_shown_by_what_differs() {
        let check = |before: &str, after: &str, expected: &str| {
            assert_eq!(version_change(before, after).lead(), expected);
        };
        check("hledger 1.25", "hledger 1.30", "hledger 1.25 → 1.30");
        check(
            "Python 3.11.2\n",
            "Python 3.12.0\n",
            "Python 3.11.2 → 3.12.0",
        );
        check("1.25", "1.30", "version 1.25 → 1.30");
        check("sim 1.0", "sim 1.0 beta", "sim 1.0 → 1.0 beta");
        check("a 1\nlib 2", "a 1\nlib 3", "lib 2 → 3");
        check("a", "a\nb 2", "version nothing → b 2");
        check("x 1", "y 1", "version x 1 → y 1");
    }

    #[test]
    fn files_are_named_and_counted() {
        let record = |files: &[(&str, &str)]| ProgramRecord {
            code: files
                .iter()
                .map(|(file, digest)| ((*file).to_owned(), (*digest).to_owned()))
                .collect(),
            ..ProgramRecord::default()
        };
        let (old, new) = (
            record(&[("a", "1"), ("b", "1"), ("c", "1")]),
            record(&[("a", "1"), ("b", "2"), ("d", "1")]),
        );
        let changes = old.changes(&new);
        assert_eq!(
            ProgramChange::line(&changes).unwrap(),
            "the program changed too: b; c (removed); d (new)"
        );
        assert_eq!(ProgramChange::line(&old.changes(&old)), None);
        let names: Vec<String> = (0..9).map(|at| format!("f{at}")).collect();
        let many: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "1")).collect();
        let line = ProgramChange::line(&record(&[("a", "1")]).changes(&record(&many))).unwrap();
        assert!(line.ends_with("f3 (new); 5 more files"), "{line}");
        // Goldens that say nothing of the program were blessed before it was recorded.
        assert_eq!(record(&[]).changes(&new), []);
    }

    #[test]
    fn a_version_that_was_not_asked_for_is_no_change() {
        let asked = ProgramRecord {
            version: Some("a 1".into()),
            ..ProgramRecord::default()
        };
        assert!(ProgramRecord::default().changes(&asked).is_empty());
        assert!(asked.changes(&ProgramRecord::default()).is_empty());
    }
}
