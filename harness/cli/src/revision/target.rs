//! A scenario that is run at revisions: its files of now by their roles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aether_disk as fs;
use aether_harness::evaluate::CheckRun;
use aether_harness::scenario::{DEFAULTS_FILE, SCENARIO_FILE};
use aether_harness::snapshot::sha256_hex;
use aether_harness::{FileRole, Scenario, Schema, Suite};
use aether_json::Value;

use super::program::How;
use crate::commands::CommandError;

/// Which inputs a revision is run with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum InputsOf {
    /// Those of the tree as it is now.
    #[default]
    Now,
    /// Those of the revision.
    Then,
}

/// A scenario that is run at revisions.
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) schema: Schema,
    pub(super) is_program: bool,
    /// Its files of now that are inputs, by their paths below the root.
    pub(super) inputs: BTreeMap<String, PathBuf>,
    /// Its files of now that are tested.
    code: BTreeSet<String>,
    /// Its goldens of now.
    pub(super) goldens: BTreeMap<String, PathBuf>,
    pub(crate) digest: String,
}

impl Target {
    /// A scenario as it is now.
    ///
    /// # Errors
    /// It is not valid.
    pub(crate) fn of(suite: &Suite, scenario: &Scenario, how: &How) -> Result<Self, CommandError> {
        let name = scenario.name().to_string();
        let run = CheckRun::read(suite, scenario)
            .map_err(|failure| CommandError::input_of(&name, &failure))?;
        let root = suite.paths().root();
        let (mut inputs, mut code) = (BTreeMap::new(), BTreeSet::new());
        let mut add = |path: &Path| {
            if let Some(below) = below(root, path).filter(|_| path.is_file()) {
                inputs.insert(below, path.to_owned());
            }
        };
        let is_program = scenario.subject().starts_program();
        if is_program {
            for file in run.prepared().files() {
                match file.role {
                    FileRole::Input => add(&root.join(&file.path)),
                    FileRole::Code => {
                        code.insert(file.path);
                    }
                }
            }
        } else {
            files_below(scenario.dir(), &mut add)?;
            let resolved: Value = aether_json::from_slice(run.prepared().inputs().text())
                .map_err(|error| CommandError::Io(error.to_string()))?;
            let files = resolved.get("files").and_then(Value::as_object);
            for file in files.into_iter().flat_map(|files| files.values()) {
                if let Some(path) = file.as_str() {
                    add(&root.join(path));
                }
            }
        }
        add(&scenario.dir().join(SCENARIO_FILE));
        add(&suite.paths().scenarios().join(DEFAULTS_FILE));
        let mut goldens = BTreeMap::new();
        let mut add = |path: &Path| {
            if let Some(below) = below(root, path) {
                goldens.insert(below, path.to_owned());
            }
        };
        let dir = suite.paths().snapshot(scenario.name());
        if dir.is_dir() {
            files_below(&dir, &mut add)?;
        }
        let mut lines = String::new();
        for (path, from) in &inputs {
            lines.push_str(&format!("{path} {}\n", sha256_hex(&fs::read(from)?)));
        }
        Ok(Self {
            schema: run.prepared().schema(),
            name,
            is_program,
            inputs,
            code,
            goldens,
            digest: match how.inputs {
                InputsOf::Now => sha256_hex(lines.as_bytes()),
                InputsOf::Then => "then".to_owned(),
            },
        })
    }

    /// Whether a file, by its path below the root, is one of its inputs.
    pub(crate) fn has_input(&self, path: &str) -> bool {
        self.inputs.contains_key(path) || path.starts_with(&self.dir()) && !self.code.contains(path)
    }

    pub(super) fn dir(&self) -> String {
        format!("scenarios/{}/", self.name)
    }
}

/// A path below the root, with slashes.
fn below(root: &Path, path: &Path) -> Option<String> {
    let real = |path: &Path| fs::canonicalize(path).ok();
    let below = match path.strip_prefix(root) {
        Ok(below) => below.to_owned(),
        Err(_) => real(path)?.strip_prefix(real(root)?).ok()?.to_owned(),
    };
    let parts = below.components().map(|part| part.as_os_str().to_str());
    Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
}

/// Calls `add` for every file below a directory.
fn files_below(dir: &Path, add: &mut impl FnMut(&Path)) -> Result<(), CommandError> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            files_below(&path, add)?;
        } else {
            add(&path);
        }
    }
    Ok(())
}
