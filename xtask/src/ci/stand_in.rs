//! Local stand-ins for the actions of others that the workflows use, and for commands that a machine of GitHub has.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

/// An action of others, and what is done in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StandIn {
    Checkout,
    Toolchain,
    RustCache,
    Cache,
    InstallTool,
    Upload,
    Download,
    Deny,
}

/// The actions by name, without their versions.
const ACTIONS: [(&str, StandIn, &str); 8] = [
    (
        "actions/checkout",
        StandIn::Checkout,
        "a clean clone of the commit",
    ),
    (
        "dtolnay/rust-toolchain",
        StandIn::Toolchain,
        "a toolchain that rustup has here",
    ),
    (
        "Swatinem/rust-cache",
        StandIn::RustCache,
        "the target directory of the job before",
    ),
    ("actions/cache", StandIn::Cache, "a local directory"),
    (
        "taiki-e/install-action",
        StandIn::InstallTool,
        "the tool, if it is installed here",
    ),
    (
        "actions/upload-artifact",
        StandIn::Upload,
        "a local directory",
    ),
    (
        "actions/download-artifact",
        StandIn::Download,
        "a local directory",
    ),
    (
        "EmbarkStudios/cargo-deny-action",
        StandIn::Deny,
        "`cargo deny check`, if it is installed here",
    ),
];

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Passed,
    Failed(String),
    /// It was not to run.
    Skipped(String),
    /// It cannot run here; the steps after it can.
    NotHere(String),
    /// It cannot run here, and the job depends on it.
    Ends(String),
}

impl StandIn {
    /// What stands in for `uses: …`, and its description.
    pub(super) fn of(uses: &str) -> Option<(Self, &'static str)> {
        let name = uses.split('@').next().unwrap_or(uses);
        let found = ACTIONS.iter().find(|(action, _, _)| *action == name);
        found.map(|(_, stand_in, description)| (*stand_in, *description))
    }
}

/// The directories of all jobs.
#[derive(Debug)]
pub(super) struct Places {
    /// The repository.
    pub(super) root: PathBuf,
    /// Everything that is written is below it.
    pub(super) all: PathBuf,
}

impl Places {
    /// The clone, at the same path for every job, so that cargo finds again what it built.
    pub(super) fn workspace(&self) -> PathBuf {
        self.all.join("clone")
    }

    pub(super) fn artifacts(&self) -> PathBuf {
        self.all.join("artifacts")
    }

    pub(super) fn temp(&self) -> PathBuf {
        self.all.join("temp")
    }

    pub(super) fn bin(&self) -> PathBuf {
        self.all.join("bin")
    }

    fn target(&self) -> PathBuf {
        self.all.join("cache/target")
    }

    fn caches(&self) -> PathBuf {
        self.all.join("cache/keys")
    }

    /// Begins a job: nothing is left of the one before, except what it built.
    pub(super) fn begin(&self) -> io::Result<()> {
        // A job that was interrupted has not kept its target directory.
        self.keep_target()?;
        for dir in [self.workspace(), self.temp()] {
            remove(&dir)?;
            fs::create_dir_all(dir)?;
        }
        Ok(())
    }

    /// Clones the commit that is checked out, without what is not committed.
    pub(super) fn check_out(&self, is_whole: bool) -> io::Result<Ended> {
        let clone = self.workspace();
        remove(&clone)?;
        fs::create_dir_all(&clone)?;
        let git = |dir: &Path, args: &[&str]| -> io::Result<Result<String, String>> {
            let output = Command::new("git").current_dir(dir).args(args).output()?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
            Ok(if output.status.success() {
                Ok(text(&output.stdout))
            } else {
                Err(format!("git {}: {}", args.join(" "), text(&output.stderr)))
            })
        };
        let commit = match git(&self.root, &["rev-parse", "HEAD"])? {
            Ok(commit) => commit,
            Err(why) => return Ok(Ended::Failed(why)),
        };
        let from = format!("file://{}", self.root.display());
        let depth: &[&str] = if is_whole { &[] } else { &["--depth=1"] };
        let fetch = [
            &["fetch", "--quiet", "--no-tags"],
            depth,
            &[from.as_str(), "HEAD"],
        ]
        .concat();
        for args in [
            &["init", "--quiet", "."][..],
            &fetch,
            &[
                "-c",
                "advice.detachedHead=false",
                "checkout",
                "--quiet",
                &commit,
            ],
        ] {
            if let Err(why) = git(&clone, args)? {
                return Ok(Ended::Failed(why));
            }
        }
        Ok(Ended::Passed)
    }

    /// Gives the clone the target directory of an earlier job, without what that job left for its reports.
    pub(super) fn restore_target(&self) -> io::Result<()> {
        let (kept, target) = (self.target(), self.workspace().join("target"));
        if !kept.is_dir() || target.exists() {
            return Ok(());
        }
        fs::rename(kept, &target)?;
        for name in ["scenarios", "report", "flaky"] {
            remove(&target.join(name))?;
        }
        Ok(())
    }

    /// Keeps the target directory of the clone for the next job.
    pub(super) fn keep_target(&self) -> io::Result<()> {
        let (kept, target) = (self.target(), self.workspace().join("target"));
        if !target.is_dir() {
            return Ok(());
        }
        remove(&kept)?;
        if let Some(parent) = kept.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::rename(target, kept)
    }

    /// Restores a path from the newest cache whose key is this, or begins with one of those.
    pub(super) fn restore(&self, key: &str, others: &[&str], path: &str) -> io::Result<()> {
        let found = fs::read_dir(self.caches()).into_iter().flatten().flatten();
        let mut found: Vec<_> = found
            .filter(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let begins = |other: &&str| name.starts_with(&as_name(other));
                name == as_name(key) || others.iter().any(|other| begins(&other.trim()))
            })
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        found.sort();
        match found.pop() {
            Some((_, cache)) => copy(&cache, &self.workspace().join(path), true).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Keeps a path under a key.
    pub(super) fn keep(&self, key: &str, path: &str) -> io::Result<()> {
        let (from, to) = (
            self.workspace().join(path),
            self.caches().join(as_name(key)),
        );
        if !from.exists() || to.exists() {
            return Ok(());
        }
        copy(&from, &to, true).map(|_| ())
    }

    /// Keeps files under the name of an artefact, as `actions/upload-artifact` does.
    pub(super) fn upload(&self, with: &BTreeMap<String, String>) -> io::Result<Ended> {
        let known = [
            "name",
            "path",
            "include-hidden-files",
            "if-no-files-found",
            "retention-days",
        ];
        if let Some(ended) = unknown(with, &known) {
            return Ok(ended);
        }
        let name = with.get("name").map_or("artifact", String::as_str);
        let has_hidden = with
            .get("include-hidden-files")
            .is_some_and(|value| value == "true");
        let paths: Vec<&str> = with
            .get("path")
            .map(|paths| {
                paths
                    .lines()
                    .map(str::trim)
                    .filter(|path| !path.is_empty())
                    .collect()
            })
            .unwrap_or_default();
        if let Some(path) = paths
            .iter()
            .find(|path| path.contains(['*', '?', '[', '!']))
        {
            return Ok(Ended::Failed(format!(
                "`{path}`: patterns are not known here"
            )));
        }
        let to = self.artifacts().join(as_name(name));
        remove(&to)?;
        let root = common(&paths);
        let mut files = 0;
        for path in &paths {
            let from = self.workspace().join(path);
            let below = Path::new(path).strip_prefix(&root).unwrap_or(Path::new(""));
            if from.exists() {
                files += copy(&from, &to.join(below), has_hidden)?;
            }
        }
        let when_none = with.get("if-no-files-found").map_or("warn", String::as_str);
        Ok(if files == 0 && when_none == "error" {
            Ended::Failed(format!("there are no files in {}", paths.join(", ")))
        } else {
            Ended::Passed
        })
    }

    /// Gives the clone the files of artefacts, as `actions/download-artifact` does.
    pub(super) fn download(&self, with: &BTreeMap<String, String>) -> io::Result<Ended> {
        if let Some(ended) = unknown(with, &["name", "pattern", "path", "merge-multiple"]) {
            return Ok(ended);
        }
        let to = self
            .workspace()
            .join(with.get("path").map_or("", String::as_str));
        let merges = with
            .get("merge-multiple")
            .is_some_and(|value| value == "true");
        if let Some(name) = with.get("name") {
            let from = self.artifacts().join(as_name(name));
            if !from.is_dir() {
                return Ok(Ended::Failed(format!("there is no artefact `{name}`")));
            }
            copy(&from, &to, true)?;
            return Ok(Ended::Passed);
        }
        let pattern = with.get("pattern").map_or("*", String::as_str);
        let (before, after) = pattern.split_once('*').unwrap_or((pattern, ""));
        if after.contains(['*', '?', '[']) {
            return Ok(Ended::Failed(format!(
                "`{pattern}`: only one `*` is known here"
            )));
        }
        let mut found = 0;
        for entry in fs::read_dir(self.artifacts()).into_iter().flatten() {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(before) && name.ends_with(after) {
                found += 1;
                let to = if merges { to.clone() } else { to.join(&name) };
                copy(&entry.path(), &to, true)?;
            }
        }
        Ok(if found == 0 {
            Ended::Failed(format!(
                "there is no artefact `{pattern}`: run the jobs that upload it first"
            ))
        } else {
            Ended::Passed
        })
    }

    /// Writes the commands that stand in for those of a machine of GitHub. `installs` lets apt-get through.
    pub(super) fn write_commands(&self, installs: bool) -> io::Result<()> {
        let bin = self.bin();
        remove(&bin)?;
        fs::create_dir_all(&bin)?;
        if !installs {
            write_script(&bin.join("apt-get"), APT_GET)?;
        }
        if !is_installed("google-chrome") && is_installed("chromium") {
            write_script(
                &bin.join("google-chrome"),
                "#!/bin/sh\nexec chromium \"$@\"\n",
            )?;
        }
        Ok(())
    }
}

/// The file below the temporary directory in which the stand-in for apt-get names what is not installed.
pub(super) const MISSING: &str = "missing";

/// Installs nothing: packages must be there already.
const APT_GET: &str = r#"#!/bin/sh
# A stand-in: this machine is somebody's. `cargo xtask ci --install` lets the real one through.
mode=
for argument in "$@"; do
    case "$mode$argument" in
    -*|install-*) ;;
    update) exit 0 ;;
    install) mode=install ;;
    install*)
        if command -v dpkg >/dev/null && ! dpkg -s "$argument" >/dev/null 2>&1; then
            echo "$argument" >>"$RUNNER_TEMP/missing"
        fi ;;
    esac
done
[ ! -e "$RUNNER_TEMP/missing" ] || exit 100
"#;

fn write_script(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// Whether a command is found on the path.
pub(super) fn is_installed(command: &str) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "whether a step can run depends on the programs of this machine"
    )]
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(command).is_file())
}

/// Whether a subcommand of cargo is there.
pub(super) fn has_subcommand(name: &str) -> bool {
    let asked = Command::new("cargo").args([name, "--version"]).output();
    asked.is_ok_and(|output| output.status.success())
}

fn unknown(with: &BTreeMap<String, String>, known: &[&str]) -> Option<Ended> {
    let unknown = with.keys().find(|key| !known.contains(&key.as_str()))?;
    Some(Ended::Failed(format!("`with.{unknown}` is not known here")))
}

/// A name or key as the name of a file.
fn as_name(name: &str) -> String {
    name.replace(['/', '\\', ':'], "_")
}

/// The directory that paths have in common; a single one is that directory.
fn common(paths: &[&str]) -> PathBuf {
    let Some((first, others)) = paths.split_first() else {
        return PathBuf::new();
    };
    let mut common: Vec<Component<'_>> = Path::new(first).components().collect();
    for path in others {
        let same = common.iter().zip(Path::new(path).components());
        let length = same.take_while(|(a, b)| **a == *b).count();
        common.truncate(length);
    }
    common.iter().collect()
}

/// Copies a file, or what is in a directory; how many files that were.
fn copy(from: &Path, to: &Path, has_hidden: bool) -> io::Result<usize> {
    if from.is_file() {
        let to = if to.is_dir() {
            to.join(from.file_name().unwrap_or_default())
        } else {
            to.to_owned()
        };
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(from, to)?;
        return Ok(1);
    }
    fs::create_dir_all(to)?;
    let mut files = 0;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if has_hidden || !is_hidden {
            files += copy(&entry.path(), &to.join(entry.file_name()), has_hidden)?;
        }
    }
    Ok(files)
}

/// Removes what is there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() {
        aether_harness::remove_tree(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
