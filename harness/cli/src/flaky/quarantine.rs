//! The tests whose results may differ until a date: `.config/quarantine.toml` in a cargo workspace.
//!
//! ```toml
//! [[test]]
//! binary = "my-crate::suite"
//! test = "clock::a_time_stamp_is_now"
//! owner = "@someone"
//! reason = "the clock of the machine is set back at times: issue 12"
//! until = 2026-12-24
//! ```
//!
//! An entry excuses a test only as long as it is valid, and never the suite: `check` refuses one that has
//! expired, that says less than all of this, or whose test is gone.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use aether_disk as fs;
use serde::Deserialize;
use toml::value::Datetime;

use super::tally::TestId;
use crate::date;

/// The file, relative to the root.
pub(crate) const FILE: &str = ".config/quarantine.toml";

/// Days that an end may be ahead: what nobody needs to look at for longer is not looked at.
const DAYS_MAX: u64 = 90;

/// The keys of an entry.
const KEYS: [&str; 5] = ["binary", "test", "owner", "reason", "until"];

/// A test in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: TestId,
    pub(crate) owner: String,
    pub(crate) reason: String,
    /// The last day, as `YYYY-MM-DD`.
    pub(crate) until: String,
    /// The line of the file.
    line: usize,
}

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quarantine {
    entries: Vec<Entry>,
}

/// Why the list cannot be used.
#[derive(Debug)]
pub(crate) enum QuarantineError {
    /// The file cannot be read.
    Io(io::Error),
    /// Every problem of it, each with its line.
    Malformed(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    test: Vec<toml::Spanned<toml::Table>>,
}

impl Quarantine {
    /// Reads the list of a workspace; without a file, it is empty.
    ///
    /// # Errors
    /// The file cannot be read, or entries are malformed.
    pub(crate) fn load(root: &Path) -> Result<Self, QuarantineError> {
        match fs::read_to_string(root.join(FILE)) {
            Ok(text) => Self::parse(&text).map_err(QuarantineError::Malformed),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(QuarantineError::Io(error)),
        }
    }

    fn parse(text: &str) -> Result<Self, Vec<String>> {
        let line_of = |at: usize| text[..at].matches('\n').count() + 1;
        let document: Document = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(span.start));
            vec![format!("{FILE}:{line}: {}", error.message())]
        })?;
        let mut problems = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        for found in &document.test {
            let line = line_of(found.span().start);
            match entry(found.get_ref(), line) {
                Ok(entry) => match entries.iter().find(|known| known.id == entry.id) {
                    Some(first) => problems.push(format!(
                        "{FILE}:{line}: duplicate test `{}`, first defined on line {}",
                        entry.id, first.line
                    )),
                    None => entries.push(entry),
                },
                Err(found) => {
                    problems.extend(
                        found
                            .into_iter()
                            .map(|problem| format!("{FILE}:{line}: {problem}")),
                    );
                }
            }
        }
        if problems.is_empty() {
            Ok(Self { entries })
        } else {
            Err(problems)
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The valid entry of a test.
    pub(crate) fn of(&self, id: &TestId, today: &str) -> Option<&Entry> {
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.id == *id && !entry.has_expired(today))
    }

    /// What is wrong with dates.
    pub(crate) fn dates(&self, today: &str) -> Vec<String> {
        let last = date::days(today).map(|days| date::civil(days + DAYS_MAX));
        let problem = |entry: &Entry| {
            let Entry {
                id, until, line, ..
            } = entry;
            if entry.has_expired(today) {
                Some(format!(
                    "{FILE}:{line}: `{id}` was in quarantine until {until}: repair the test, or have {} set another \
                     end with a reason",
                    entry.owner
                ))
            } else if last.as_ref().is_some_and(|last| until > last) {
                Some(format!(
                    "{FILE}:{line}: `{id}` is in quarantine until {until}, which is more than {DAYS_MAX} days ahead"
                ))
            } else {
                None
            }
        };
        self.entries.iter().filter_map(problem).collect()
    }

    /// Entries whose tests do not exist.
    pub(crate) fn gone(&self, tests: &BTreeSet<TestId>) -> Vec<String> {
        let gone = self
            .entries
            .iter()
            .filter(|entry| !tests.contains(&entry.id));
        gone.map(|Entry { id, line, .. }| {
            format!("{FILE}:{line}: there is no test `{id}`; remove the entry")
        })
        .collect()
    }
}

impl Entry {
    fn has_expired(&self, today: &str) -> bool {
        // Dates in this form have the order of their text.
        self.until.as_str() < today
    }
}

fn entry(table: &toml::Table, line: usize) -> Result<Entry, Vec<String>> {
    let mut problems = Vec::new();
    for key in table.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        let near = aether_harness::nearest(key, KEYS);
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        problems.push(format!("unknown key `{key}`{hint}"));
    }
    let mut text = |key: &str| match table.get(key) {
        Some(toml::Value::String(text)) if !text.trim().is_empty() => text.clone(),
        Some(_) => {
            problems.push(format!("`{key}`: expected a text that is not empty"));
            String::new()
        }
        None => {
            problems.push(format!("`{key}` is missing"));
            String::new()
        }
    };
    let id = TestId {
        binary: text("binary"),
        test: text("test"),
    };
    let (owner, reason) = (text("owner"), text("reason"));
    let until = match table.get("until") {
        Some(toml::Value::Datetime(Datetime {
            date: Some(date),
            time: None,
            offset: None,
        })) => date.to_string(),
        Some(_) => {
            problems.push("`until`: expected a date without quotes, such as 2026-12-24".to_owned());
            String::new()
        }
        None => {
            problems.push("`until` is missing".to_owned());
            String::new()
        }
    };
    if problems.is_empty() {
        Ok(Entry {
            id,
            owner,
            reason,
            until,
            line,
        })
    } else {
        Err(problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "[[test]]\nbinary = \"b\"\ntest = \"t\"\nowner = \"@o\"\nreason = \"r\"\nuntil = 2026-12-24\n";

    #[test]
    fn an_entry_says_everything_or_is_refused() {
        assert!(Quarantine::parse("# none\n").unwrap().is_empty());
        for (text, expected) in [
            (
                ENTRY.replace("owner = \"@o\"\n", ""),
                ":1: `owner` is missing",
            ),
            (
                ENTRY.replace("\"r\"", "\" \""),
                ":1: `reason`: expected a text",
            ),
            (
                ENTRY.replace("2026-12-24", "\"2026-12-24\""),
                ":1: `until`: expected a date",
            ),
            (
                ENTRY.replace("2026-12-24", "2026-12-24T00:00:00Z"),
                ":1: `until`: expected a date",
            ),
            (ENTRY.replace("2026-12-24", "2026-02-30"), ":6: "),
            (
                ENTRY.replace("reason", "reasons"),
                ":1: unknown key `reasons`; did you mean `reason`?",
            ),
            (
                format!("\n{ENTRY}{ENTRY}"),
                ":8: duplicate test `b t`, first defined on line 2",
            ),
            (
                ENTRY.replace("[[test]]", "[[tests]]"),
                ":1: unknown field `tests`",
            ),
            ("x".to_owned(), ":1: "),
        ] {
            let problems = Quarantine::parse(&text).unwrap_err();
            let found = problems.join("\n");
            assert!(
                found.contains(&format!("{FILE}{expected}")),
                "{text}: {found}"
            );
        }
        // All problems at once.
        let bare = Quarantine::parse("[[test]]\n[[test]]\nuntil = 1\n").unwrap_err();
        assert_eq!(bare.len(), 10, "{bare:#?}");
    }

    #[test]
    fn an_entry_counts_through_its_last_day() {
        let list = Quarantine::parse(ENTRY).unwrap();
        let id = list.entries[0].id.clone();
        for (today, is_valid, problem) in [
            ("2026-12-24", true, None),
            (
                "2026-12-25",
                false,
                Some("until 2026-12-24: repair the test, or have @o"),
            ),
            ("2026-09-25", true, None),
            ("2026-09-24", true, Some("more than 90 days ahead")),
        ] {
            assert_eq!(list.of(&id, today).is_some(), is_valid, "{today}");
            let problems = list.dates(today).join("\n");
            match problem {
                Some(problem) => assert!(problems.contains(problem), "{today}: {problems}"),
                None => assert_eq!(problems, "", "{today}"),
            }
        }
        assert_eq!(list.gone(&BTreeSet::from([id])), [""; 0]);
        assert_eq!(
            list.gone(&BTreeSet::new()),
            [format!(
                "{FILE}:1: there is no test `b t`; remove the entry"
            )]
        );
    }
}
