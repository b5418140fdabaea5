//! Where a workspace keeps scenarios, goldens and what runs produce.

use std::path::{Path, PathBuf};

use crate::scenario::ScenarioName;

/// The directories of one workspace.
///
/// `scenarios/<name>/` and `fixtures/snapshots/<name>/` lie under the root; everything that a run
/// writes lies under the target directory (`CARGO_TARGET_DIR`, else `<root>/target`).
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
    target: PathBuf,
}

impl Layout {
    /// The layout of the workspace at `root`, with the target directory that cargo uses.
    pub fn new(root: impl AsRef<Path>) -> Self {
        let root = resolved(root.as_ref());
        #[expect(
            clippy::disallowed_methods,
            reason = "products of a run follow cargo's own target directory"
        )]
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(target) if !target.is_empty() => root.join(target),
            _ => root.join("target"),
        };
        Self { root, target }
    }

    /// The same workspace with another target directory.
    #[must_use]
    pub fn with_target(mut self, target: impl Into<PathBuf>) -> Self {
        self.target = target.into();
        self
    }

    /// The workspace's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory under which everything that a run writes lies.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The directory of all scenarios.
    pub fn scenarios(&self) -> PathBuf {
        self.root.join("scenarios")
    }

    /// The directory of all goldens.
    pub fn snapshots(&self) -> PathBuf {
        self.root.join("fixtures").join("snapshots")
    }

    /// The directory below which runs leave what they produced.
    pub fn outputs(&self) -> PathBuf {
        self.target.join("scenarios")
    }

    /// The directory of one scenario.
    pub fn scenario(&self, name: &ScenarioName) -> PathBuf {
        self.scenarios().join(name.as_str())
    }

    /// The goldens of one scenario.
    pub fn snapshot(&self, name: &ScenarioName) -> PathBuf {
        self.snapshots().join(name.as_str())
    }

    /// What the last run of a scenario produced in place of its goldens, if they differed.
    pub fn output(&self, name: &ScenarioName) -> PathBuf {
        self.outputs().join(name.as_str())
    }

    /// One directory per run of the suite, with one file for each trial that ran.
    pub fn results(&self) -> PathBuf {
        self.outputs().join(".results")
    }

    /// What `diff` and `review` showed last of a scenario.
    pub fn shown(&self, name: &ScenarioName) -> PathBuf {
        self.outputs().join(".shown").join(format!("{name}.toml"))
    }

    /// A path as people read it: relative to the root if it is below it, on one line, without anything
    /// that a terminal obeys.
    pub fn display(&self, path: &Path) -> String {
        crate::report::visible_line(&relative(&self.root, path)).into_owned()
    }
}

/// A path as people read it: relative to `root` if it is below it.
pub(crate) fn relative(root: &Path, path: &Path) -> String {
    let shown = path.strip_prefix(root).unwrap_or(path);
    shown.display().to_string().replace('\\', "/")
}

/// An absolute path without `..`. Windows keeps its plain spelling, which canonical paths lose.
fn resolved(path: &Path) -> PathBuf {
    let absolute = || std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if cfg!(windows) {
        absolute()
    } else {
        std::fs::canonicalize(path).unwrap_or_else(|_| absolute())
    }
}
