//! Runs the `[build]` of a suite: once, before the documents of its first scenario are read.
//!
//! The harness runs it, and no subject, because it belongs to all scenarios: those of Rust subjects, too,
//! and every trial waits for it. Below the target directory, `.build/` has:
//!
//! | file | what it is |
//! | --- | --- |
//! | `lock` | held while a build runs, so that one runs at a time |
//! | `run.json` | under nextest and pytest, the run that built last, and how that ended: its other processes do not build |
//! | `made.json` | the files that the build made, in this run of it or an earlier one, with their digests |
//!
//! A build that finds everything up to date touches nothing. What it made stays listed while it is as the
//! build left it, so that the role of a file does not depend on whether there was work to do. Goldens list
//! those files too, for a checkout in which they are up to date from the start.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::process::Command;

use aether_disk::{self as fs, File};
use serde::{Deserialize, Serialize};

use super::{Fingerprint, RunFailure, Task};
use crate::atomic::{at, read_if_any, write_whole};
use crate::layout::relative;
use crate::scenario::{Build, BuildFailed, Scenario, built_files};
use crate::sha256::sha256_hex;
use crate::snapshot::{self, MANIFEST_FILE, Manifest};
use crate::suite::quoted;
use crate::{Layout, MachineFailure as _, Suite};

/// Set by nextest, and by test frameworks that start one process per scenario: the same in all processes of
/// one run.
const RUN_VARIABLES: [&str; 2] = ["NEXTEST_RUN_ID", "AETHER_HARNESS_SESSION"];

/// Set for a build, so that one which runs its own scenarios does not wait for itself.
const BUILDING_VARIABLE: &str = "AETHER_HARNESS_BUILDING";

/// How the build of one run of several processes ended.
#[derive(Debug, Serialize, Deserialize)]
struct LastRun {
    run: String,
    failed: Option<BuildFailed>,
}

impl LastRun {
    /// The last run; `None` if there is none.
    fn load(path: &Path) -> io::Result<Option<Self>> {
        let bytes = read_if_any(path)?;
        Ok(bytes.and_then(|bytes| aether_json::from_slice(&bytes).ok()))
    }
}

/// Sees to it that the suite is built, for the run called `label`.
///
/// # Errors
/// The build failed. The run that needed it first says how; the others refer to it.
pub(crate) fn ensure_built(
    suite: &Suite,
    scenario: &Scenario,
    label: &str,
) -> Result<(), RunFailure> {
    let build = scenario.settings().build();
    let build = build.map_err(|problem| invalid(problem.to_string()))?;
    let Some(build) = suite.other_build().cloned().or(build) else {
        return Ok(());
    };
    let built = suite.built().get_or_init(|| built(suite, &build, label));
    built.clone().map_err(|failed| {
        let message = if failed.by == label {
            failed.message
        } else {
            format!("the build failed, as reported for {}", failed.by)
        };
        failure(message, failed.is_of_machine)
    })
}

fn invalid(message: String) -> RunFailure {
    failure(message, false)
}

fn failure(message: String, is_of_machine: bool) -> RunFailure {
    if is_of_machine {
        RunFailure::Machine { message }
    } else {
        RunFailure::Invalid { message }
    }
}

/// Builds, or takes the result of another process of the same run.
fn built(suite: &Suite, build: &Build, label: &str) -> Result<(), BuildFailed> {
    let failed = |failure: RunFailure| BuildFailed {
        by: label.to_owned(),
        message: failure.to_string(),
        is_of_machine: failure.is_of_machine(),
    };
    if suite.is_elsewhere() {
        // It is no part of the run that this process belongs to.
        return perform(suite, build).map_err(failed);
    }
    if variable(BUILDING_VARIABLE).is_some() {
        let problem = "a [build] cannot run the scenarios that wait for it";
        return Err(failed(invalid(problem.to_owned())));
    }
    let dir = suite.paths().build();
    let cannot = |error: io::Error| {
        let message = format!("the build cannot be run: {error}");
        failed(failure(message, error.is_of_machine()))
    };
    let _lock = lock(&dir).map_err(cannot)?;
    let Some(run) = RUN_VARIABLES.into_iter().find_map(variable) else {
        return perform(suite, build).map_err(failed);
    };
    let known = dir.join("run.json");
    let last = LastRun::load(&known).map_err(cannot)?;
    if let Some(last) = last.filter(|last| last.run == run) {
        return last.failed.map_or(Ok(()), Err);
    }
    let last = LastRun {
        run,
        failed: perform(suite, build).map_err(failed).err(),
    };
    let stored = aether_json::to_vec(&last).map_err(io::Error::from);
    stored
        .and_then(|bytes| write_whole(&known, &bytes))
        .map_err(cannot)?;
    last.failed.map_or(Ok(()), Err)
}

fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever started a process says which run it is part of"
    )]
    let value = std::env::var_os(name)?;
    Some(value.to_string_lossy().into_owned()).filter(|value| !value.is_empty())
}

/// Waits for the right to build, which ends with the file.
fn lock(dir: &Path) -> io::Result<File> {
    fs::create_dir_all(dir).map_err(|error| at(dir, &error))?;
    let path = dir.join("lock");
    let lock = || {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)?;
        file.lock()?;
        Ok(file)
    };
    lock().map_err(|error| at(&path, &error))
}

/// Runs the build, and notes what it made.
fn perform(suite: &Suite, build: &Build) -> Result<(), RunFailure> {
    let layout = suite.paths();
    let root = layout.root();
    let filled = |text: &str| text.replace("{root}", &root.to_string_lossy());
    let program = filled(&build.program);
    let is_path = program.contains(['/', '\\']);
    let mut command = if is_path {
        Command::new(root.join(&program))
    } else {
        Command::new(&program)
    };
    command
        .args(build.args.iter().map(|arg| filled(arg)))
        .envs(build.env.iter().map(|(name, value)| (name, filled(value))))
        .env(BUILDING_VARIABLE, "1")
        .current_dir(root);
    for name in suite.removed_variables() {
        command.env_remove(name);
    }
    let written = [&build.program].into_iter().chain(&build.args);
    let written: Vec<String> = written.map(|word| quoted(word)).collect();
    let name = format!("the build `{}`", written.join(" "));
    let before = fingerprints(suite);
    let task = Task {
        command,
        name: &name,
        time_limit: build.time_limit,
        outputs: &layout.outputs(),
    };
    let ended = task.run();
    // Also one that failed may have made what a later one finds up to date.
    note(layout, &before, &fingerprints(suite)).map_err(|error| {
        let message = format!("what the build made cannot be noted: {error}");
        failure(message, error.is_of_machine())
    })?;
    ended.map(drop).map_err(|why| {
        let message = format!("{name} {why}");
        failure(message, why.is_of_machine())
    })
}

/// The files of the workspace by their paths below the root.
type Fingerprints = BTreeMap<String, Fingerprint>;

fn fingerprints(suite: &Suite) -> Fingerprints {
    let root = suite.paths().root();
    let files = suite.files().into_iter();
    let files = files.filter(|path| !path.starts_with(suite.paths().target()));
    files
        .filter_map(|path| Some((relative(root, &path), Fingerprint::of(&path)?)))
        .collect()
}

/// What builds left: the SHA-256 of each file, of which goldens may know several.
type Made = BTreeMap<String, BTreeSet<String>>;

/// Lists what was made now, and what was made earlier and is still as it was. What somebody else has written
/// since is no longer of the build.
fn note(layout: &Layout, before: &Fingerprints, after: &Fingerprints) -> io::Result<()> {
    let list = layout.built();
    let earlier = match built_files(&list)? {
        Some(files) => in_sets(files),
        None => made_before_blesses(layout)?,
    };
    let mut made: BTreeMap<&String, String> = BTreeMap::new();
    for (path, now) in after {
        let is_new = before.get(path) != Some(now);
        let known = earlier.get(path);
        if !is_new && known.is_none() {
            continue;
        }
        let file = layout.root().join(path);
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.is_of_machine() => return Err(at(&file, &error)),
            Err(_) => continue,
        };
        let digest = sha256_hex(&bytes);
        if is_new || known.is_some_and(|known| known.contains(&digest)) {
            made.insert(path, digest);
        }
    }
    write_whole(&list, &aether_json::to_vec(&made)?)
}

fn in_sets(files: BTreeMap<String, String>) -> Made {
    let files = files.into_iter();
    files
        .map(|(path, digest)| (path, BTreeSet::from([digest])))
        .collect()
}

/// The files that a build had made when the goldens were blessed.
fn made_before_blesses(layout: &Layout) -> io::Result<Made> {
    let snapshots = layout.snapshots();
    let mut made = Made::new();
    for name in snapshot::directories(&snapshots)? {
        let path = snapshots.join(name).join(MANIFEST_FILE);
        let bytes = read_if_any(&path)?;
        let Some(manifest) = bytes.and_then(|bytes| Manifest::parse(&bytes).ok()) else {
            continue;
        };
        let mut code = manifest.program.code;
        for path in manifest.program.built {
            if let Some(digest) = code.remove(&path) {
                made.entry(path).or_default().insert(digest);
            }
        }
    }
    Ok(made)
}
