//! When runs ran and how long they took.
//!
//! A run file never holds a time, so that equal runs are equal files. Times are lines of a file
//! beside the runs, [`FILE`]; of the lines about one run, the last apply. A line that cannot be
//! read is skipped: without times, everything else works.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use aether_disk::{self as fs, File};
use aether_engine::store::Written;
use aether_json::{Value, json};

/// The file, inside a directory of runs.
pub(crate) const FILE: &str = ".times.jsonl";

/// The times of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ran {
    /// When it started.
    pub(crate) started: SystemTime,
    /// How long it took; `None` if it was cut off. A finished run includes the time of finishing it.
    pub(crate) seconds: Option<f64>,
}

/// The times of the runs of a directory.
pub(crate) struct Times {
    path: PathBuf,
}

impl Times {
    pub(crate) fn of(runs_dir: &Path) -> Self {
        Self {
            path: runs_dir.join(FILE),
        }
    }

    /// The times of all runs, by id in lower case.
    pub(crate) fn read(&self) -> BTreeMap<String, Ran> {
        let mut all = BTreeMap::new();
        let text = fs::require_own_file(&self.path).and_then(|()| fs::read(&self.path));
        let text = text.unwrap_or_default();
        for line in String::from_utf8_lossy(&text).lines() {
            let _ = apply(line, &mut all);
        }
        all
    }

    /// An error that names the file.
    fn named(&self, error: &io::Error) -> io::Error {
        let path = self.path.display();
        io::Error::new(error.kind(), format!("{path}: {error}"))
    }

    fn append(&self, line: &Value) -> io::Result<()> {
        self.append_line(line).map_err(|error| self.named(&error))
    }

    fn append_line(&self, line: &Value) -> io::Result<()> {
        fs::require_own_file(&self.path)?;
        let mut options = File::options();
        let mut file = options
            .create(true)
            .read(true)
            .append(true)
            .open(&self.path)?;
        file.lock()?;
        // A line that was cut off does not take the next one with it.
        let before = if file.ends_a_line()? { "" } else { "\n" };
        let written = file.write_all(format!("{before}{line}\n").as_bytes());
        file.unlock()?;
        written
    }

    /// Removes the times of some runs. An error names the file.
    pub(crate) fn forget(&self, ids: &[String]) -> io::Result<()> {
        self.forget_lines(ids).map_err(|error| self.named(&error))
    }

    fn forget_lines(&self, ids: &[String]) -> io::Result<()> {
        fs::require_own_file(&self.path)?;
        let mut file = match File::options().read(true).write(true).open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened?,
        };
        file.lock()?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let is_of = |line: &[u8]| {
            let value = aether_json::from_slice::<Value>(line).ok();
            let of = value.as_ref().and_then(|value| value["run"].as_str());
            of.is_some_and(|of| ids.iter().any(|id| id.eq_ignore_ascii_case(of)))
        };
        let lines = text.split_inclusive(|byte| *byte == b'\n');
        let kept: Vec<&[u8]> = lines.filter(|line| !is_of(line)).collect();
        let kept = kept.concat();
        // What is kept is no longer than what is there: a full disk loses none of it.
        file.rewind()?;
        file.write_all(&kept)?;
        file.set_len(kept.len() as u64)?;
        file.unlock()
    }
}

/// Adds a line to the times; `None` if it is not one that this module writes.
fn apply(line: &str, all: &mut BTreeMap<String, Ran>) -> Option<()> {
    let line: Value = aether_json::from_str(line).ok()?;
    let run = line["run"].as_str()?.to_ascii_lowercase();
    let started = humantime::parse_rfc3339(line["started"].as_str()?).ok()?;
    let seconds = line["seconds"].as_f64();
    let before = all.get(&run).copied();
    let ran = match (line["event"].as_str()?, before) {
        // Finishing a run computes it again from its start, so its own time is that of a whole run.
        ("resumed", Some(before)) => Ran {
            started: before.started,
            seconds: seconds.map(|seconds| seconds + before.seconds.unwrap_or(0.0)),
        },
        _ => Ran { started, seconds },
    };
    all.insert(run, ran);
    Some(())
}

/// Measures one execution of a run.
pub(crate) struct Clock {
    times: Times,
    run_id: String,
    started: SystemTime,
    since: Instant,
}

impl Clock {
    /// Starts to measure. The start of a new run is noted at once, so that a run that is killed has
    /// it too.
    pub(crate) fn start(runs_dir: &Path, run_id: &str) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "times are kept beside the runs, never in a record"
        )]
        let (started, since) = (SystemTime::now(), Instant::now());
        Self {
            times: Times::of(runs_dir),
            run_id: run_id.to_owned(),
            started,
            since,
        }
    }

    fn line(&self, event: &str, seconds: Option<Duration>) -> Value {
        // Milliseconds: more would claim an accuracy that nobody measures.
        let seconds = seconds.map(|elapsed| (elapsed.as_secs_f64() * 1e3).round() / 1e3);
        json!({
            "run": self.run_id,
            "event": event,
            "started": humantime::format_rfc3339_seconds(self.started).to_string(),
            "seconds": seconds,
        })
    }

    /// Notes that a new run has started.
    pub(crate) fn note_start(&self) -> io::Result<()> {
        self.times.append(&self.line("started", None))
    }

    /// Notes how long it took, if anything was written.
    pub(crate) fn note_end(&self, written: Written) -> io::Result<()> {
        let event = match written {
            Written::New | Written::Replaced => "ended",
            Written::Finished => "resumed",
            // The stored run is the one that ran before.
            Written::Unchanged => return Ok(()),
        };
        self.times
            .append(&self.line(event, Some(self.since.elapsed())))
    }
}

/// A time as text, in UTC.
pub(crate) fn shown(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_apply() {
        let lines = [
            r#"{"run":"A","event":"started","started":"2026-01-02T03:04:05Z","seconds":null}"#,
            r#"{"run":"A","event":"ended","started":"2026-01-02T03:04:05Z","seconds":1.5}"#,
            r#"{"run":"a","event":"resumed","started":"2026-01-03T00:00:00Z","seconds":2.5}"#,
            r#"{"run":"B","event":"started","started":"2026-01-02T03:04:05Z","seconds":null}"#,
            r#"{"run":"C","event":"started","started":"yesterday"}"#,
            "not a line",
        ];
        let mut all = BTreeMap::new();
        let read = lines.map(|line| apply(line, &mut all).is_some());
        assert_eq!(read, [true, true, true, true, false, false]);
        let started = |id: &str| shown(all[id].started);
        assert_eq!(started("a"), "2026-01-02T03:04:05Z");
        assert_eq!(all["a"].seconds, Some(4.0));
        assert_eq!(
            (started("b"), all["b"].seconds),
            ("2026-01-02T03:04:05Z".to_owned(), None)
        );
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn times_of_removed_runs_are_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let times = Times::of(dir.path());
        times.forget(&["a".to_owned()]).unwrap();
        for run in ["A", "b"] {
            let clock = Clock::start(dir.path(), run);
            clock.note_start().unwrap();
            clock.note_end(Written::New).unwrap();
        }
        times.forget(&["a".to_owned()]).unwrap();
        let rest = times.read();
        assert_eq!(rest.keys().collect::<Vec<_>>(), ["b"]);
        assert!(rest["b"].seconds.is_some());
    }
}
