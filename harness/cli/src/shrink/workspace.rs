//! A workspace beside that of the user, in which scenarios exist while they are tried.
//!
//! It is a directory for temporary files whose entries lead to those of the real root, so that programs find what
//! they name there. The scenario that is tried is not a link, and there are no goldens. Nothing below the real root
//! is written.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use aether_disk as fs;
use aether_harness::scenario::{DEFAULTS_FILE, SCENARIO_FILE, ScenarioName};
use aether_harness::{Layout, MachineFailure as _, Scenario, Scratch, Suite};

use crate::files::{self, Files};

/// How the names of its directories begin.
const PREFIX: &str = ".aether-shrink-";

/// What the real root has and a copy has not.
const LEFT_OUT: [&str; 4] = [".git", "fixtures", "scenarios", "target"];

/// A workspace that is gone when dropped.
pub(crate) struct Workspace {
    suite: Suite,
    name: ScenarioName,
    written: BTreeMap<PathBuf, Vec<u8>>,
    _scratch: Scratch,
}

impl Workspace {
    /// A copy of the workspace of `suite` for a scenario of this name. `defaults` is the directory whose
    /// `defaults.toml` applies.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn new(suite: &Suite, name: &ScenarioName, defaults: &Path) -> io::Result<Self> {
        let scratch = Scratch::new(&std::env::temp_dir(), PREFIX)?;
        let (from, to) = (suite.paths().root(), scratch.path());
        let scenarios = suite.paths().scenarios();
        link_entries(from, to, &|entry| {
            LEFT_OUT.contains(&entry) || from.join(entry) == suite.paths().target()
        })?;
        fs::create_dir(to.join("fixtures"))?;
        link_entries(&from.join("fixtures"), &to.join("fixtures"), &|entry| {
            entry == "snapshots"
        })?;
        fs::create_dir(to.join("scenarios"))?;
        link_entries(&scenarios, &to.join("scenarios"), &|entry| {
            entry == name.as_str() || entry == DEFAULTS_FILE
        })?;
        let defaults = defaults.join(DEFAULTS_FILE);
        if defaults.is_file() {
            fs::copy(defaults, to.join("scenarios").join(DEFAULTS_FILE))?;
        }
        let layout = Layout::new(to).with_target(to.join("target"));
        Ok(Self {
            suite: suite.copied_to(layout),
            name: name.clone(),
            written: BTreeMap::new(),
            _scratch: scratch,
        })
    }

    pub(crate) fn suite(&self) -> &Suite {
        &self.suite
    }

    fn dir(&self) -> PathBuf {
        self.suite.paths().scenario(&self.name)
    }

    /// Writes a scenario in place of the one before, and reads it; or why it is refused.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn put(
        &mut self,
        settings: &str,
        files: &Files,
    ) -> io::Result<Result<Scenario, String>> {
        let settings = (PathBuf::from(SCENARIO_FILE), settings.as_bytes().to_vec());
        let new: BTreeMap<&PathBuf, &Vec<u8>> = files
            .iter()
            .chain([&settings])
            .map(|(path, bytes)| (path, bytes))
            .collect();
        let dir = self.dir();
        self.written.retain(|path, _| {
            // A file that is gone already need not be removed.
            let stays = new.contains_key(path);
            stays || fs::remove_file(dir.join(path)).is_err()
        });
        for (path, bytes) in new {
            if self.written.get(path) == Some(bytes) {
                continue;
            }
            files::write(&dir, path, bytes)?;
            self.written.insert(path.clone(), bytes.clone());
        }
        let found = self.suite.look_up(self.name.as_str());
        Ok(match found.map(|found| found.scenario) {
            None => Err("it is not a directory".to_owned()),
            Some(Err(error)) if error.is_of_machine() => {
                return Err(io::Error::other(error.to_string()));
            }
            Some(Err(error)) => Err(error.to_string()),
            Some(Ok(scenario)) => Ok(scenario),
        })
    }
}

/// Leads to each entry of a directory, but for those that `skip` names. A directory that is not there has none.
fn link_entries(from: &Path, to: &Path, skip: &dyn Fn(&str) -> bool) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name();
        if !skip(&name.to_string_lossy()) {
            link(&from.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> io::Result<()> {
    fs::symlink(to, at)
}

#[cfg(not(unix))]
fn link(to: &Path, at: &Path) -> io::Result<()> {
    // Links need rights there; what is small and matters most is copied.
    if to.is_file() {
        fs::copy(to, at)?;
    }
    Ok(())
}

/// The files of a scenario but for its `scenario.toml`.
///
/// # Errors
/// One cannot be read.
pub(crate) fn read_files(dir: &Path) -> io::Result<Files> {
    let mut files = files::read(dir)?;
    files.retain(|(path, _)| path != Path::new(SCENARIO_FILE));
    Ok(files)
}
