//! Where a workspace keeps scenarios, goldens and what runs produce.

use std::path::{Path, PathBuf};

use crate::scenario::ScenarioName;
use crate::sha256::sha256_hex;

/// The directories of one workspace.
///
/// `scenarios/<name>/` and `fixtures/snapshots/<name>/` lie under the root; everything that a run
/// writes lies in `scenarios/` under the target directory (`CARGO_TARGET_DIR`, else `<root>/target`). A
/// target directory elsewhere may be that of several workspaces, so each has a directory of its own
/// there: `scenarios/.root-<digest of the root>/`.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
    scenarios: PathBuf,
    target: PathBuf,
    outputs: PathBuf,
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
        let outputs = outputs(&root, &target);
        Self {
            scenarios: root.join("scenarios"),
            root,
            target,
            outputs,
        }
    }

    /// The same workspace with its scenarios in another directory, which child processes do not learn.
    #[must_use]
    pub fn with_scenarios(mut self, scenarios: impl Into<PathBuf>) -> Self {
        self.scenarios = scenarios.into();
        self
    }

    /// The same workspace with another target directory.
    #[must_use]
    pub fn with_target(mut self, target: impl Into<PathBuf>) -> Self {
        self.target = target.into();
        self.outputs = outputs(&self.root, &self.target);
        self
    }

    /// The same workspace, whose root is reached by this very path, whatever links are in it.
    #[must_use]
    pub(crate) fn reached_by(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = root.into();
        self.scenarios = self.root.join("scenarios");
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
        self.scenarios.clone()
    }

    /// The directory of all goldens.
    pub fn snapshots(&self) -> PathBuf {
        self.root.join("fixtures").join("snapshots")
    }

    /// The directory below which runs leave what they produced.
    pub fn outputs(&self) -> PathBuf {
        self.outputs.clone()
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

    /// What is known of the last `[build]`.
    pub(crate) fn build(&self) -> PathBuf {
        self.outputs().join(".build")
    }

    /// The list of the files that a `[build]` made or changed, with their digests, in JSON.
    pub(crate) fn built(&self) -> PathBuf {
        self.build().join("made.json")
    }

    /// What `diff` and `review` showed last of a scenario.
    pub fn shown(&self, name: &ScenarioName) -> PathBuf {
        self.outputs().join(".shown").join(format!("{name}.toml"))
    }

    /// A path as people read it: relative to the root if it is below it, on one line, without anything
    /// that a terminal obeys.
    pub fn display(&self, path: &Path) -> String {
        crate::visible::visible_line(&relative(&self.root, path)).into_owned()
    }
}

/// Where the runs of the workspace at `root` leave what they produced.
fn outputs(root: &Path, target: &Path) -> PathBuf {
    let outputs = target.join("scenarios");
    if existing(target) == existing(&root.join("target")) {
        return outputs;
    }
    let digest = sha256_hex(root.as_os_str().as_encoded_bytes());
    outputs.join(format!(".root-{}", &digest[..12]))
}

/// A path without links and `..` as far as it exists, so that it is the same before and after it is made.
fn existing(path: &Path) -> PathBuf {
    let made = path.ancestors().find_map(|dir| {
        let real = std::fs::canonicalize(dir).ok()?;
        Some(real.join(path.strip_prefix(dir).unwrap_or(path)))
    });
    made.unwrap_or_else(|| path.to_owned())
}

/// A path as people read it: relative to `root` if it is below it, whether it is spelled as the root is or
/// without the links that lead there.
pub(crate) fn relative(root: &Path, path: &Path) -> String {
    let real = || {
        let root = std::fs::canonicalize(root).ok()?;
        path.strip_prefix(root).ok().map(Path::to_owned)
    };
    let below = path.strip_prefix(root).ok().map(Path::to_owned);
    let shown = below.or_else(real).unwrap_or_else(|| path.to_owned());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspaces_with_one_target_directory_do_not_mix() {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| resolved(dir.path()).join(path);
        for root in ["a", "b"] {
            std::fs::create_dir(at(root)).unwrap();
        }
        let name = ScenarioName::new("s").unwrap();
        let [one, other] = ["a", "b"].map(|root| Layout::new(at(root)).with_target(at("shared")));
        for (one, other) in [
            (one.output(&name), other.output(&name)),
            (one.shown(&name), other.shown(&name)),
            (one.results(), other.results()),
        ] {
            assert_ne!(one, other);
            assert!(one.starts_with(at("shared/scenarios")), "{}", one.display());
        }
        // It is the same each time, and before and after it is made.
        let again = || Layout::new(at("a")).with_target(at("shared")).outputs();
        assert_eq!(again(), one.outputs());
        std::fs::create_dir_all(again()).unwrap();
        assert_eq!(again(), one.outputs());
    }

    #[test]
    fn the_own_target_directory_is_not_shared() {
        let dir = tempfile::tempdir().unwrap();
        let root = resolved(dir.path());
        let expected = root.join("target").join("scenarios");
        for target in [
            root.join("target"),
            root.join("x").join("..").join("target"),
        ] {
            std::fs::create_dir_all(root.join("x")).unwrap();
            let layout = Layout::new(&root).with_target(&target);
            assert_eq!(existing(&layout.outputs()), existing(&expected));
        }
    }
}
