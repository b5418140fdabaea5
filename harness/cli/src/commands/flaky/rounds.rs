//! `flaky --tests`: every test of a cargo workspace, in rounds.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use aether_harness::exec::{EnvironmentChange, launch};
use aether_harness::report::{visible, visible_line};
use aether_harness::{Suite, counted};
use aether_json::{Value, json};

use super::super::{CommandError, Console, Listing, Status};
use crate::date;
use crate::flaky::history::{self, Before, Session};
use crate::flaky::quarantine::{Entry, Quarantine, QuarantineError};
use crate::flaky::rounds::{Round, Way, Workspace};
use crate::flaky::tally::{FailedTest, Outcome, failed_tests};
use crate::revision::git::Git;

/// Tests for which the change that makes them fail is looked for.
const ATTRIBUTED_MAX: usize = 10;

/// The name of the record.
const HISTORY: &str = "history.jsonl";

/// What to run, how often, and under what.
#[derive(Clone, Debug)]
pub struct FlakyTestsOptions {
    /// How many rounds there are of each kind.
    pub repeat: usize,
    /// Busy threads that compete with the rounds under load.
    pub load: usize,
    /// How the result is written.
    pub format: Listing,
    /// Arguments of `cargo nextest`, which select packages and tests.
    pub arguments: Vec<OsString>,
    /// This moment in UTC, as `YYYY-MM-DDThh:mm:ssZ`.
    pub now: String,
}

impl FlakyTestsOptions {
    /// So many rounds of each kind, under a load, from this moment on.
    pub fn new(repeat: usize, load: usize) -> Self {
        Self {
            repeat,
            load,
            format: Listing::default(),
            arguments: Vec::new(),
            now: date::now(),
        }
    }

    fn today(&self) -> &str {
        self.now.split('T').next().unwrap_or(&self.now)
    }
}

/// A test that did not always pass, with what is known of it.
struct Found {
    test: FailedTest,
    quarantined: Option<Entry>,
    /// The change of the environment alone with which it fails.
    cause: Option<EnvironmentChange>,
    /// How often it was recorded before, and when first.
    before: Option<(usize, String)>,
}

impl Found {
    fn fails(&self) -> bool {
        self.quarantined.is_none()
    }
}

/// Runs every test of the cargo workspace around the suite's root in rounds: as it is, under load, and in a changed
/// environment. Tests that did not always pass are recorded.
///
/// The status is [`Status::Difference`] if results differ, or if a test fails in every round; tests in quarantine do
/// not count.
///
/// # Errors
/// The tests do not build or cannot be run, the quarantine list is malformed, or something cannot be read or
/// written.
pub fn flaky_tests(
    suite: &Suite,
    options: &FlakyTestsOptions,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    if options.repeat == 0 {
        return Err(CommandError::Usage(
            "--repeat 0 runs nothing: say how often".to_owned(),
        ));
    }
    let workspace = Workspace::around(suite.paths().root(), options.arguments.clone())?;
    let quarantine = quarantine(workspace.layout().root())?;
    for problem in quarantine.dates(options.today()) {
        writeln!(console.err, "warning: {}", visible_line(&problem))?;
    }
    let session = session(&workspace, options);
    workspace.build()?;
    let rounds = rounds(&workspace, options, console)?;
    let record = workspace.kept().join(HISTORY);
    let found = found(&workspace, &rounds, &quarantine, options, &record)?;
    let lines: Vec<Value> = found
        .iter()
        .map(|found| history::line(&session, &found.test, found.quarantined.is_some()))
        .collect();
    history::append(&record, &lines)
        .map_err(|error| CommandError::Io(format!("{}: {error}", record.display())))?;
    let report = Report {
        options,
        rounds: &rounds,
        found: &found,
        record: workspace.layout().display(&record),
    };
    match options.format {
        Listing::Text => report.text(console.out)?,
        Listing::Json => {
            aether_json::to_writer_pretty(&mut *console.out, &report.json())
                .map_err(io::Error::from)?;
            writeln!(console.out)?;
        }
    }
    let is_difference =
        found.iter().any(Found::fails) || rounds.iter().any(|round| round.outcomes.is_err());
    Ok(if is_difference {
        Status::Difference
    } else {
        Status::Done
    })
}

fn quarantine(root: &Path) -> Result<Quarantine, CommandError> {
    Quarantine::load(root).map_err(|error| match error {
        QuarantineError::Io(error) => CommandError::Io(format!(
            "{}: {error}",
            root.join(crate::flaky::quarantine::FILE).display()
        )),
        QuarantineError::Malformed(problems) => CommandError::Usage(problems.join("\n")),
    })
}

fn session(workspace: &Workspace, options: &FlakyTestsOptions) -> Session {
    let git = Git::at(workspace.layout().root());
    let said = |args: &[&str]| git.text(args).ok();
    Session {
        date: options.now.clone(),
        commit: said(&["rev-parse", "--verify", "HEAD"]).map(|id| id.trim().to_owned()),
        changed: said(&["status", "--porcelain"]).is_some_and(|changes| !changes.trim().is_empty()),
        load: options.load,
        processors: std::thread::available_parallelism().map_or(1, usize::from),
    }
}

fn rounds(
    workspace: &Workspace,
    options: &FlakyTestsOptions,
    console: &mut Console<'_>,
) -> Result<Vec<Round>, CommandError> {
    let mut rounds = Vec::new();
    let count = options.repeat * Way::ALL.len();
    for way in Way::ALL.into_iter().cycle().take(count) {
        let round = workspace.round(way, options.load)?;
        let number = rounds.len() + 1;
        match &round.outcomes {
            Ok(outcomes) => {
                let failed = outcomes
                    .values()
                    .filter(|outcome| **outcome != Outcome::Passed);
                let failed = failed.count();
                let tests = counted(outcomes.len() as u64, "test");
                writeln!(
                    console.err,
                    "round {number} of {count}, {way}: {tests}, {failed} failed"
                )?;
            }
            // There is nothing to compare with.
            Err(why) if rounds.is_empty() => return Err(CommandError::Usage(why.clone())),
            Err(why) => writeln!(
                console.err,
                "round {number} of {count}, {way}: {}",
                visible(why)
            )?,
        }
        rounds.push(round);
    }
    Ok(rounds)
}

fn found(
    workspace: &Workspace,
    rounds: &[Round],
    quarantine: &Quarantine,
    options: &FlakyTestsOptions,
    record: &Path,
) -> Result<Vec<Found>, CommandError> {
    let before = Before::read(record)
        .map_err(|error| CommandError::Io(format!("{}: {error}", record.display())))?;
    let mut attributed = 0;
    let mut found = Vec::new();
    for test in failed_tests(rounds) {
        let mut cause = None;
        if test.only_in() == Some(Way::Environment) && attributed < ATTRIBUTED_MAX {
            attributed += 1;
            cause = responsible(workspace, &test)?;
        }
        found.push(Found {
            quarantined: quarantine.of(&test.id, options.today()).cloned(),
            cause,
            before: before
                .of(&test.id)
                .map(|(times, first)| (times, first.to_owned())),
            test,
        });
    }
    Ok(found)
}

/// The first change that makes a test fail by itself.
fn responsible(
    workspace: &Workspace,
    test: &FailedTest,
) -> Result<Option<EnvironmentChange>, CommandError> {
    for change in launch::ANY_PROGRAM {
        if workspace.passes(&test.id, change)? == Some(false) {
            return Ok(Some(change));
        }
    }
    Ok(None)
}

/// The result, to be written.
struct Report<'a> {
    options: &'a FlakyTestsOptions,
    rounds: &'a [Round],
    found: &'a [Found],
    /// The path of the record, as people read it.
    record: String,
}

impl Report<'_> {
    fn text(&self, out: &mut dyn io::Write) -> io::Result<()> {
        for found in self.found {
            self.one(found, out)?;
        }
        let tests = self
            .rounds
            .iter()
            .filter_map(|round| Some(round.outcomes.as_ref().ok()?.len()));
        let (differ, fail) = (self.count(true), self.count(false));
        write!(
            out,
            "{} in {}, {} of each kind, under a load of {}: {differ} differed, {fail} failed in every round",
            counted(tests.max().unwrap_or(0) as u64, "test"),
            counted(self.rounds.len() as u64, "round"),
            self.options.repeat,
            self.options.load,
        )?;
        let excused = self.found.iter().filter(|found| !found.fails()).count();
        if excused > 0 {
            write!(out, ", {excused} of them in quarantine")?;
        }
        let lost = self
            .rounds
            .iter()
            .filter(|round| round.outcomes.is_err())
            .count();
        if lost > 0 {
            write!(out, ", {} could not be run", counted(lost as u64, "round"))?;
        }
        writeln!(out)?;
        if !self.found.is_empty() {
            writeln!(out, "recorded in {}", self.record)?;
        }
        Ok(())
    }

    fn count(&self, differs: bool) -> usize {
        let tests = self
            .found
            .iter()
            .filter(|found| found.test.differs() == differs);
        tests.count()
    }

    fn one(&self, found: &Found, out: &mut dyn io::Write) -> io::Result<()> {
        let test = &found.test;
        let (failed, runs) = test.failed_of();
        let name = test.id.to_string();
        let name = visible_line(&name);
        if test.differs() {
            writeln!(
                out,
                "{name}: {failed} of {} failed",
                counted(runs as u64, "run")
            )?;
        } else {
            writeln!(
                out,
                "{name}: failed in every round, which is not a difference but a defect"
            )?;
        }
        for (way, counts) in &test.counts {
            let absent = match counts.absent {
                0 => String::new(),
                absent => format!(", {absent} without it"),
            };
            writeln!(
                out,
                "  {way}: {} of {} passed{absent}",
                counts.passed,
                counts.runs()
            )?;
        }
        if let Some(first) = &test.first {
            writeln!(
                out,
                "  the first failure, in round {}, {}:",
                first.round, first.way
            )?;
            for line in &first.lines {
                writeln!(out, "    | {}", visible_line(line))?;
            }
        }
        match (found.cause, test.only_in()) {
            (Some(change), _) => writeln!(out, "  it fails if only this is changed: {change}")?,
            (None, Some(way)) => writeln!(out, "  it fails only {way}")?,
            (None, None) if test.differs() => writeln!(out, "  it differs from run to run")?,
            (None, None) => {}
        }
        if let Some((times, first)) = &found.before {
            let times = counted(*times as u64, "time");
            writeln!(
                out,
                "  recorded {times} before, first on {}",
                visible_line(first)
            )?;
        }
        if let Some(entry) = &found.quarantined {
            let (until, owner, reason) = (&entry.until, &entry.owner, &entry.reason);
            let said = format!("in quarantine until {until} ({owner}): {reason}");
            writeln!(out, "  {}", visible_line(&said))?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let rounds = self.rounds.iter().map(|round| {
            let outcomes = round.outcomes.as_ref();
            let failed = |outcome: &&Outcome| **outcome != Outcome::Passed;
            json!({
                "environment": round.way.name(),
                "tests": outcomes.ok().map(std::collections::BTreeMap::len),
                "failed": outcomes.ok().map(|outcomes| outcomes.values().filter(failed).count()),
                "error": outcomes.err(),
            })
        });
        let tests = self.found.iter().map(|found| {
            let test = &found.test;
            let counts = test.counts.iter().map(|(way, counts)| {
                json!({
                    "environment": way.name(),
                    "passed": counts.passed,
                    "failed": counts.failed,
                    "absent": counts.absent,
                })
            });
            let first = test.first.as_ref().map(|first| {
                json!({ "environment": first.way.name(), "round": first.round, "lines": first.lines })
            });
            let quarantine = found.quarantined.as_ref().map(|entry| {
                json!({ "owner": entry.owner, "reason": entry.reason, "until": entry.until })
            });
            json!({
                "binary": test.id.binary,
                "test": test.id.test,
                "differs": test.differs(),
                "rounds": counts.collect::<Value>(),
                "failure": first,
                "only_in": test.only_in().map(Way::name),
                "cause": found.cause.map(EnvironmentChange::name),
                "quarantine": quarantine,
            })
        });
        json!({
            "repeat": self.options.repeat,
            "load": self.options.load,
            "rounds": rounds.collect::<Value>(),
            "tests": tests.collect::<Value>(),
        })
    }
}
