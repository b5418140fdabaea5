//! The record of tests that did not always pass: `flaky/history.jsonl` in the target directory.
//!
//! Lines are only added. A line that was not written to its end, because the process was killed or the disk
//! was full, is left as it is, and the next begins on a line of its own. What cannot be read is counted, and never keeps
//! anything from being recorded.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use aether_disk::{self as fs, File};
use aether_json::{Value, json};

use super::tally::{FailedTest, TestId};

/// The version of a line.
const FORMAT: u64 = 1;

/// What all lines of a command have in common.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The moment at which it began, in UTC.
    pub(crate) date: String,
    /// The commit that was tested; `None` outside of a repository.
    pub(crate) commit: Option<String>,
    /// Whether files differed from that commit.
    pub(crate) changed: bool,
    /// Busy threads of the rounds under load.
    pub(crate) load: usize,
    /// Processors of the machine.
    pub(crate) processors: usize,
}

/// A test of a session, as its line has it.
pub(crate) fn line(session: &Session, test: &FailedTest, is_quarantined: bool) -> Value {
    let rounds: Vec<Value> = test
        .counts
        .iter()
        .map(|(way, counts)| {
            json!({
                "environment": way.name(),
                "passed": counts.passed,
                "failed": counts.failed,
                "absent": counts.absent,
            })
        })
        .collect();
    let failure = test.first.as_ref().map(|first| {
        json!({
            "environment": first.way.name(),
            "round": first.round,
            "lines": first.lines,
        })
    });
    json!({
        "v": FORMAT,
        "date": session.date,
        "commit": session.commit,
        "changed": session.changed,
        "os": std::env::consts::OS,
        "arch": std::env::consts::ARCH,
        "processors": session.processors,
        "load": session.load,
        "binary": test.id.binary,
        "test": test.id.test,
        "differs": test.differs(),
        "quarantined": is_quarantined,
        "rounds": rounds,
        "failure": failure,
    })
}

/// Adds lines to the record, in one write.
///
/// # Errors
/// It cannot be written.
pub(crate) fn append(path: &Path, lines: &[Value]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let mut file = File::options()
        .read(true)
        .append(true)
        .create(true)
        .open(path)?;
    let mut text = String::new();
    if !file.ends_a_line()? {
        text.push('\n');
    }
    for line in lines {
        text.push_str(&format!("{line}\n"));
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// How often tests were recorded before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Before {
    /// Times, and the first date, by test.
    tests: BTreeMap<TestId, (usize, String)>,
    /// Lines that cannot be read.
    pub(crate) unreadable: usize,
}

impl Before {
    /// Reads the record, if there is one.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            bytes => bytes?,
        };
        let mut before = Self::default();
        for line in bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            match parsed(line) {
                Some((id, date)) => {
                    let (times, first) = before.tests.entry(id).or_insert((0, date.clone()));
                    *times += 1;
                    if date < *first {
                        *first = date;
                    }
                }
                None => before.unreadable += 1,
            }
        }
        Ok(before)
    }

    /// How often a test was recorded, and when first.
    pub(crate) fn of(&self, id: &TestId) -> Option<(usize, &str)> {
        let (times, first) = self.tests.get(id)?;
        Some((*times, first))
    }
}

fn parsed(line: &[u8]) -> Option<(TestId, String)> {
    let value: Value = aether_json::from_slice(line).ok()?;
    let text = |member: &str| Some(value.get(member)?.as_str()?.to_owned());
    let id = TestId {
        binary: text("binary")?,
        test: text("test")?,
    };
    Some((id, text("date")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_costs_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("flaky/history.jsonl");
        let id = |test: &str| TestId {
            binary: "b".to_owned(),
            test: test.to_owned(),
        };
        let line = |test: &str, date: &str| json!({ "binary": "b", "test": test, "date": date });
        assert_eq!(Before::read(&path).unwrap(), Before::default());
        append(&path, &[]).unwrap();
        assert!(!path.exists());
        append(&path, &[line("x", "2026-02-01"), line("y", "2026-02-01")]).unwrap();
        // The process was killed while it wrote, within a character.
        let mut torn = fs::read(&path).unwrap();
        torn.extend(b"{\"binary\":\"b\",\"test\":\"\xc3");
        fs::write(&path, &torn).unwrap();
        append(&path, &[line("x", "2026-01-31")]).unwrap();
        let before = Before::read(&path).unwrap();
        assert_eq!(before.unreadable, 1);
        assert_eq!(before.of(&id("x")), Some((2, "2026-01-31")));
        assert_eq!(before.of(&id("y")), Some((1, "2026-02-01")));
        assert_eq!(before.of(&id("z")), None);
        // What was there is still there, to the byte.
        assert!(fs::read(&path).unwrap().starts_with(&torn));
    }
}
