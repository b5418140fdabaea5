//! The directory of one run, with the results of its trials.
//!
//! A run is one start of the runner, or one start of nextest, which starts the runner once per trial.
//! Each has its own directory, so that a result of an earlier run never counts for this
//! one: a trial that was killed has no result.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::SystemTime;

use aether_disk as fs;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{ResultProblem, TrialResult};
use crate::atomic::{at, read_if_any, read_regular, write_whole};
use crate::scenario::ScenarioName;
use crate::{Check, Layout, MachineFailure};

/// Names the run that a process is part of, for shards that are to be one run.
const RUN_VARIABLE: &str = "AETHER_HARNESS_RUN";

/// Set by nextest: the same in all processes of one run.
const NEXTEST_VARIABLE: &str = "NEXTEST_RUN_ID";

/// The file that makes a directory that of a run.
const RUN_FILE: &str = "run.json";

/// What begins the name of a directory that is being made.
const STARTING: &str = ".starting-";

/// Runs that are kept; older ones are removed when a new one begins.
const RUNS_KEPT: usize = 5;

/// What [`RUN_FILE`] holds.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    v: u32,
    /// Microseconds since 1970.
    started: u64,
}

/// The directory in which the trials of one run leave their results.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// The order in which runs began.
    started: u64,
    dir: PathBuf,
}

/// A file of a run that is not the result of a trial.
#[derive(Debug, Error)]
#[error("{}: {problem}", path.display())]
pub struct UnreadableResult {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: ResultProblem,
}

impl Run {
    /// The run of this process; its directory is made if no other process of the run has made it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn begin(layout: &Layout) -> io::Result<Self> {
        let results = layout.results();
        let started = now();
        let dir = results.join(name(started));
        if let Some(run) = Self::open(&dir)? {
            return Ok(run);
        }
        fs::create_dir_all(&results)?;
        // Whole from the start: a directory without its file is none.
        let new = tempfile::Builder::new()
            .prefix(STARTING)
            .make_in(&results, |new| fs::create_dir(new))?;
        let new = new.into_temp_path().keep().map_err(|error| error.error)?;
        let about = aether_json::to_vec(&About { v: 1, started })?;
        let made = fs::write(new.join(RUN_FILE), about).and_then(|()| fs::rename(&new, &dir));
        if let Err(error) = made {
            let _ = fs::remove_dir_all(&new);
            // Another process of this run was quicker, or the directory cannot be made.
            return Self::open(&dir)?.ok_or(error);
        }
        forget_old(&results)?;
        // Thousands of files may be gone for good while the trials run; what is left of them when
        // the process ends goes with the next run.
        thread::spawn(move || remove_remains(&results));
        Ok(Self { started, dir })
    }

    /// The run whose directory is `dir`, if it is one.
    ///
    /// # Errors
    /// The machine cannot read it.
    pub fn open(dir: &Path) -> io::Result<Option<Self>> {
        let bytes = read_if_any(&dir.join(RUN_FILE))?;
        let about = bytes.and_then(|bytes| aether_json::from_slice::<About>(&bytes).ok());
        Ok(about.map(|about| Self {
            started: about.started,
            dir: dir.to_owned(),
        }))
    }

    /// All runs in the directory `results`, oldest first.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn all(results: &Path) -> io::Result<Vec<Self>> {
        let entries = match fs::read_dir(results) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| at(results, &error))?,
        };
        let mut runs = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let is_starting = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(STARTING));
            if !is_starting {
                runs.extend(Self::open(&path)?);
            }
        }
        runs.sort();
        Ok(runs)
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Takes back what an earlier start of the same trial left in this run: should this start not
    /// come to its end, there is no result.
    pub fn forget(&self, scenario: &str, check: &Check) -> io::Result<()> {
        let file = self.file(scenario, check);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&file, &error)),
            _ => Ok(()),
        }
    }

    /// Stores a result whole.
    pub fn store(&self, result: &TrialResult) -> io::Result<()> {
        let mut text = aether_json::to_vec(result)?;
        text.push(b'\n');
        write_whole(&self.file(&result.scenario, &result.check), &text)
    }

    /// Every stored result; in place of one that is not the result of a trial, its file and what is wrong.
    ///
    /// # Errors
    /// The machine cannot read the directory, or a file in it.
    pub fn results(&self) -> io::Result<Vec<Result<TrialResult, UnreadableResult>>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(|error| at(&self.dir, &error))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // What begins with a dot is not written to its end.
            if name != RUN_FILE && !name.starts_with('.') {
                files.push(path);
            }
        }
        files.sort();
        files.iter().map(|path| read(path)).collect()
    }

    fn file(&self, scenario: &str, check: &Check) -> PathBuf {
        self.dir
            .join(format!("{}.{check}.json", file_safe(scenario)))
    }
}

fn read(path: &Path) -> io::Result<Result<TrialResult, UnreadableResult>> {
    let result = match read_regular(path) {
        Err(error) if error.is_of_machine() => return Err(at(path, &error)),
        Err(error) => Err(error.into()),
        Ok(bytes) => TrialResult::parse(&bytes),
    };
    Ok(result.map_err(|problem| UnreadableResult {
        path: path.to_owned(),
        problem,
    }))
}

/// The name of this process's run.
fn name(started: u64) -> String {
    let variable = |name: &str| {
        #[expect(
            clippy::disallowed_methods,
            reason = "whoever started a process says which run it is part of"
        )]
        let value = std::env::var_os(name)?;
        let value = value.to_string_lossy().into_owned();
        // Anything else could not be a file name everywhere.
        ScenarioName::new(value).ok()
    };
    match variable(RUN_VARIABLE).or_else(|| variable(NEXTEST_VARIABLE)) {
        Some(name) => name.as_str().to_owned(),
        None => format!("{started}-{}", std::process::id()),
    }
}

fn now() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the time at which runs started distinguishes and orders them"
    )]
    let now = SystemTime::now();
    now.duration_since(SystemTime::UNIX_EPOCH)
        .ok()
        .and_then(|since| u64::try_from(since.as_micros()).ok())
        .unwrap_or(0)
}

/// Makes all runs but the newest mere remains: directories without their file.
fn forget_old(results: &Path) -> io::Result<()> {
    let runs = Run::all(results)?;
    let old = runs.len().saturating_sub(RUNS_KEPT);
    for run in &runs[..old] {
        // Another process may be about the same.
        let _ = fs::remove_file(run.dir().join(RUN_FILE));
    }
    Ok(())
}

/// Removes the directories of old runs.
fn remove_remains(results: &Path) {
    let Ok(entries) = fs::read_dir(results) else {
        return;
    };
    for entry in entries.flatten() {
        let is_starting = entry.file_name().to_string_lossy().starts_with(STARTING);
        if !is_starting && !entry.path().join(RUN_FILE).exists() {
            // Another process may be about the same.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A file name for any trial, also for one whose scenario has no valid name.
fn file_safe(name: &str) -> String {
    if ScenarioName::new(name).is_ok() {
        name.to_owned()
    } else {
        format!("~{}", crate::sha256::sha256_hex(name.as_bytes()))
    }
}
