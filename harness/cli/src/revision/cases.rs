//! Runs the program of a revision on many cases at once.
//!
//! A [`Case`] is a scenario that no repository holds: a changed one, or one that was made up. It exists in the
//! checkout while it runs, and nowhere else.
//!
//! - For a subject in Rust, cases are directories beside the scenarios of the revision, and its test target runs
//!   them in one go. They have no goldens, so that each is run once and leaves what it produced. Any revision can
//!   run them, because nothing but their names tells them from its own scenarios.
//! - The program of a command subject is started by this process. Each case has a directory of scenarios to
//!   itself, in which it has the name of the scenario that it is a case of.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use aether_disk as fs;
use aether_harness::evaluate::CheckRun;
use aether_harness::scenario::{DEFAULTS_FILE, SCENARIO_FILE, SnapshotMode};
use aether_harness::{Check, FileRole, InputFiles, Scenario, Suite, Verdict, remove_tree};

use super::cache::Files;
use super::left::{failed, files_of, steady};
use super::program::Programs;
use super::target::Target;
use super::test_target::TestTarget;
use crate::commands::CommandError;

/// How the names of cases end. Their trials are selected by it.
const SUFFIX: &str = ".aether-harness-case";

/// Cases that are in the checkout at once, at most; and until it is known how much one leaves.
const CASES_MAX: usize = 128;
const CASES_FIRST: usize = 8;

/// Bytes that the cases in the checkout may have and leave, unless a single one has more.
const BYTES_MAX: u64 = 256 << 20;

/// A scenario that exists while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    /// Its `scenario.toml`: see [`settings`].
    pub(crate) settings: String,
    /// Its other files, as paths inside its directory and their bytes.
    pub(crate) files: InputFiles,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CaseOutcome {
    /// What it produced, with its inputs as the revision resolves them; the error alone if it failed.
    Made(Files),
    /// The revision refuses it as invalid, and why.
    Refused(String),
}

/// The `scenario.toml` of a case of this scenario: its own, but for what is kept of a run.
///
/// # Errors
/// It cannot be read.
pub(crate) fn settings(
    scenario: &Scenario,
    snapshot: SnapshotMode,
) -> Result<String, CommandError> {
    let path = scenario.dir().join(SCENARIO_FILE);
    let unreadable = |error: String| CommandError::Io(format!("{}: {error}", path.display()));
    let text = fs::read_to_string(&path).map_err(|error| unreadable(error.to_string()))?;
    let mut table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| unreadable(error.to_string()))?;
    table.remove("snapshot");
    table.remove("snapshot_reason");
    if snapshot == SnapshotMode::Digest {
        table.insert("snapshot".to_owned(), "digest".into());
        table.insert("snapshot_reason".to_owned(), "as the scenario".into());
    }
    toml::to_string(&table).map_err(|error| unreadable(error.to_string()))
}

impl Case {
    fn bytes(&self) -> u64 {
        let files = self.files.iter().map(|(_, bytes)| bytes.len() as u64);
        files.sum()
    }

    /// Writes it into a directory.
    ///
    /// # Errors
    /// A file would be outside of it, or cannot be written.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), CommandError> {
        fs::create_dir_all(dir)?;
        let settings = (PathBuf::from(SCENARIO_FILE), self.settings.clone().into());
        for (path, bytes) in self.files.iter().chain([&settings]) {
            let is_inside = path
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
            if !is_inside {
                return Err(CommandError::Io(format!(
                    "{}: the file of a case is outside its directory",
                    path.display()
                )));
            }
            let path = dir.join(path);
            if let Some(dir) = path.parent() {
                fs::create_dir_all(dir)?;
            }
            fs::write(path, bytes)?;
        }
        Ok(())
    }
}

impl Programs<'_> {
    /// Runs cases of a target at a commit, in parallel; what came of each, or why the revision cannot be built. The
    /// revision stays in the checkout, built, for the next cases.
    ///
    /// # Errors
    /// The cache or git fails.
    pub(crate) fn run_cases(
        &mut self,
        target: &Target,
        commit: &str,
        cases: &[Case],
    ) -> Result<Result<Vec<CaseOutcome>, String>, CommandError> {
        if let Err(problem) = self.build(target, commit)? {
            return Ok(Err(problem));
        }
        let mut outcomes = Vec::new();
        let mut rest = cases;
        while !rest.is_empty() {
            let largest = self.largest.get(&target.name).copied();
            let (batch, others) = rest.split_at(batch(rest, largest));
            rest = others;
            let there = &self.at().suite;
            let ran = if target.is_program {
                in_this_process(there, target, batch)?
            } else {
                let tests = self.tests()?.expect("the test target was built");
                let there = &self.at().suite;
                in_test_target(there, &tests, self.logs(), batch)?
            };
            let sizes = batch.iter().zip(&ran);
            let sizes = sizes.map(|(case, outcome)| case.bytes() + outcome.bytes());
            let largest = sizes.max().max(largest).unwrap_or_default();
            self.largest.insert(target.name.clone(), largest);
            outcomes.extend(ran);
        }
        Ok(Ok(outcomes))
    }
}

impl CaseOutcome {
    fn bytes(&self) -> u64 {
        match self {
            Self::Made(files) => files.values().map(|bytes| bytes.len() as u64).sum(),
            Self::Refused(_) => 0,
        }
    }
}

/// How many of these cases are run at once, if the largest so far had and left so many bytes.
fn batch(cases: &[Case], largest: Option<u64>) -> usize {
    let most = match largest {
        None => CASES_FIRST,
        Some(largest) => {
            let fitting = BYTES_MAX / largest.max(1);
            usize::try_from(fitting).unwrap_or(CASES_MAX).min(CASES_MAX)
        }
    };
    let mut bytes = 0;
    let fitting = cases.iter().take(most).take_while(|case| {
        bytes += case.bytes();
        bytes <= BYTES_MAX
    });
    fitting.count().max(1)
}

/// Runs cases with the test target of the revision that `there` is.
fn in_test_target(
    there: &Suite,
    tests: &TestTarget,
    logs: &Path,
    cases: &[Case],
) -> Result<Vec<CaseOutcome>, CommandError> {
    let scenarios = there.paths().scenarios();
    let names: Vec<String> = (1..=cases.len())
        .map(|number| format!("{number:03}{SUFFIX}"))
        .collect();
    let dirs = Directories(names.iter().map(|name| scenarios.join(name)).collect());
    for (case, dir) in cases.iter().zip(&dirs.0) {
        case.write(dir)?;
    }
    let (outcomes, said) = tests.trials(there, &names, SUFFIX, logs)?;
    dirs.remove()?;
    if let [outcome] = &outcomes[..] {
        let outcome = outcome.clone();
        return Ok(vec![
            outcome.unwrap_or_else(|| CaseOutcome::Made(failed(&said))),
        ]);
    }
    // A case may take the test target down, and with it those that had not begun.
    let lost: Vec<Case> = cases
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| outcome.is_none())
        .map(|(case, _)| case.clone())
        .collect();
    let mut again = Vec::new();
    for half in lost.chunks(lost.len().div_ceil(2).max(1)) {
        again.extend(in_test_target(there, tests, logs, half)?);
    }
    let mut again = again.into_iter();
    let outcomes = outcomes.into_iter().map(|outcome| {
        outcome.unwrap_or_else(|| again.next().expect("every case that was lost is run again"))
    });
    Ok(outcomes.collect())
}

/// Runs cases with the program of the revision that `there` is.
fn in_this_process(
    there: &Suite,
    target: &Target,
    cases: &[Case],
) -> Result<Vec<CaseOutcome>, CommandError> {
    let root = there.paths().root();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(cases.len());
    let dirs = Directories(
        (1..=threads)
            .map(|thread| root.join(format!("scenarios-{thread:03}{SUFFIX}")))
            .collect(),
    );
    let next = AtomicUsize::new(0);
    let outcomes: Mutex<Vec<Option<CaseOutcome>>> = Mutex::new(vec![None; cases.len()]);
    let work = |dir: &Path| -> Result<(), CommandError> {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(index) else {
                return Ok(());
            };
            remove_tree(dir)?;
            let outcome = in_directory(there, target, case, dir)?;
            outcomes.lock().expect("no thread panics")[index] = Some(outcome);
        }
    };
    let ended: Vec<Result<(), CommandError>> = thread::scope(|scope| {
        let workers: Vec<_> = dirs.0.iter().map(|dir| scope.spawn(|| work(dir))).collect();
        let workers = workers.into_iter();
        workers
            .map(|worker| {
                let ended = worker.join();
                ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    ended.into_iter().collect::<Result<(), _>>()?;
    dirs.remove()?;
    let outcomes = outcomes.into_inner().expect("no thread panics").into_iter();
    Ok(outcomes
        .map(|outcome| outcome.expect("every case was run"))
        .collect())
}

/// Runs a case in the only scenario of this directory, which is beside that of the scenarios.
fn in_directory(
    there: &Suite,
    target: &Target,
    case: &Case,
    scenarios: &Path,
) -> Result<CaseOutcome, CommandError> {
    let dir = scenarios.join(&target.name);
    fs::create_dir_all(&dir)?;
    let own = there.paths().scenarios();
    copy_but_inputs(target, &own.join(&target.name), &dir)?;
    let defaults = own.join(DEFAULTS_FILE);
    if defaults.is_file() {
        fs::copy(defaults, scenarios.join(DEFAULTS_FILE))?;
    }
    case.write(&dir)?;
    let layout = there.paths().clone().with_scenarios(scenarios);
    let found = there.clone().layout(layout).look_up(&target.name);
    let scenario = match found.map(|found| found.scenario) {
        None => return Ok(CaseOutcome::Refused("it is not there".to_owned())),
        Some(Err(error)) => {
            let error = CommandError::unless_of_machine(error)?;
            return Ok(CaseOutcome::Refused(error.to_string()));
        }
        Some(Ok(scenario)) => scenario,
    };
    let open = || CheckRun::open(there, &scenario, &Check::Golden);
    let mut run = open();
    if let Ok(opened) = &run {
        // Inputs that the scenario has at the revision and the case has not.
        let root = there.paths().root();
        let files = opened.prepared().files().into_iter();
        let old: Vec<PathBuf> = files
            .filter(|file| file.role == FileRole::Input)
            .filter_map(|file| {
                let path = root.join(&file.path);
                let inside = path.strip_prefix(&dir).ok()?.to_owned();
                let is_own = inside == Path::new(SCENARIO_FILE)
                    || case.files.iter().any(|(path, _)| *path == inside);
                (!is_own).then_some(path)
            })
            .collect();
        for path in &old {
            fs::remove_file(path)?;
        }
        if !old.is_empty() {
            run = open();
        }
    }
    let failure = match run.and_then(|run| run.run(None)) {
        Ok(output) => return Ok(CaseOutcome::Made(files_of(&output.set))),
        Err(failure) => CommandError::unless_of_machine(failure)?,
    };
    Ok(if failure.verdict() == Verdict::Invalid {
        CaseOutcome::Refused(failure.to_string())
    } else {
        CaseOutcome::Made(failed(&steady(&failure)))
    })
}

/// Copies what the directory of a scenario has at a revision, but for what are inputs now.
fn copy_but_inputs(target: &Target, from: &Path, to: &Path) -> io::Result<()> {
    // The scenario may be newer than the revision.
    let mut dirs = Vec::from_iter(from.is_dir().then(PathBuf::new));
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(from.join(&dir))? {
            let entry = entry?;
            let path = dir.join(entry.file_name());
            let shown = path.to_string_lossy().replace('\\', "/");
            if entry.file_type()?.is_dir() {
                fs::create_dir_all(to.join(&path))?;
                dirs.push(path);
            } else if !target
                .inputs
                .contains_key(&format!("{}{shown}", target.dir()))
                && from.join(&path).is_file()
            {
                fs::copy(from.join(&path), to.join(&path))?;
            }
        }
    }
    Ok(())
}

/// Directories in the checkout that are there for a while.
struct Directories(Vec<PathBuf>);

impl Directories {
    fn remove(self) -> io::Result<()> {
        self.0.iter().try_for_each(|dir| remove_tree(dir))
    }
}

impl Drop for Directories {
    fn drop(&mut self) {
        for dir in &self.0 {
            // What is left is removed before the next revision is checked out.
            let _ = remove_tree(dir);
        }
    }
}
