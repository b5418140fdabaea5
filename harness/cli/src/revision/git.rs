//! Git as a program, without anything that a person or a machine has set up around it.
//!
//! Repositories of other owners are read too: whoever searches a repository builds and runs what is in it.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use aether_harness::exec::launch::launched;

use crate::commands::CommandError;

#[cfg(windows)]
const NULL: &str = "NUL";
#[cfg(not(windows))]
const NULL: &str = "/dev/null";

/// Settings that come before those of the repository.
const SETTINGS: [&str; 16] = [
    "safe.directory=*",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.autocrlf=false",
    "core.safecrlf=false",
    "core.quotePath=false",
    "core.pager=cat",
    "core.commitGraph=true",
    "advice.detachedHead=false",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "i18n.logOutputEncoding=UTF-8",
    "log.showSignature=false",
    "protocol.allow=never",
    "submodule.recurse=false",
];

/// Settings whose value is a file or directory that is empty here.
const EMPTY: [&str; 2] = ["core.hooksPath", "core.attributesFile"];

/// Git in one directory.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    dir: PathBuf,
    /// Variables that are set for it.
    env: Vec<(&'static str, PathBuf)>,
    settings: Vec<String>,
    /// Where a start that fails is noted, if git is to end with this process.
    bound: Option<PathBuf>,
}

impl Git {
    pub(crate) fn at(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            env: Vec::new(),
            settings: Vec::new(),
            bound: None,
        }
    }

    /// The same, but git ends with this process, however that ends: whoever goes on with its work meets no other
    /// git at it. Why it could not be started is noted in `error`.
    #[must_use]
    pub(crate) fn bound(&self, error: &Path) -> Self {
        Self {
            bound: Some(error.to_owned()),
            ..self.clone()
        }
    }

    /// The same with a variable.
    #[must_use]
    pub(crate) fn env(mut self, name: &'static str, value: impl Into<PathBuf>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// The same with one more setting.
    #[must_use]
    pub(crate) fn setting(mut self, setting: String) -> Self {
        self.settings.push(setting);
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        for name in variables() {
            command.env_remove(name);
        }
        command
            .envs([
                ("GIT_CONFIG_GLOBAL", NULL),
                ("GIT_CONFIG_SYSTEM", NULL),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_ATTR_NOSYSTEM", "1"),
                ("GIT_TERMINAL_PROMPT", "0"),
                ("GIT_OPTIONAL_LOCKS", "0"),
                ("GIT_NO_REPLACE_OBJECTS", "1"),
                ("GIT_NO_LAZY_FETCH", "1"),
                ("LC_ALL", "C"),
            ])
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        for setting in EMPTY {
            command.args(["-c", &format!("{setting}={NULL}")]);
        }
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        command.args(args).current_dir(&self.dir);
        command
    }

    /// Runs git to its end with this standard input.
    ///
    /// # Errors
    /// There is no git.
    fn output(&self, args: &[&str], input: Option<&[u8]>) -> Result<Output, CommandError> {
        let failed = |error: std::io::Error| CommandError::Io(format!("git: {error}"));
        let mut command = self.command(args);
        if let Some(error) = &self.bound {
            command = launched(command, error);
        }
        match input {
            None => {
                command.stdin(Stdio::null());
            }
            Some(bytes) => {
                let mut file: File = tempfile::tempfile().map_err(failed)?;
                file.write_all(bytes).map_err(failed)?;
                file.seek(SeekFrom::Start(0)).map_err(failed)?;
                command.stdin(file);
            }
        }
        command.output().map_err(|error| {
            CommandError::Io(format!(
                "git is needed for this, and cannot be started: {error}"
            ))
        })
    }

    /// What git prints.
    ///
    /// # Errors
    /// It cannot be started, or fails; with the end of what it said.
    pub(crate) fn bytes(&self, args: &[&str]) -> Result<Vec<u8>, CommandError> {
        self.fed(args, None)
    }

    /// What git prints when it reads `input`.
    ///
    /// # Errors
    /// As [`Git::bytes`].
    pub(crate) fn fed(&self, args: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>, CommandError> {
        let output = self.output(args, input)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().trim_start_matches("fatal: ");
        let args = args.iter().map(|arg| aether_harness::quoted(arg));
        let line: Vec<String> = args.collect();
        Err(CommandError::Usage(format!(
            "git {}: {said}",
            line.join(" ")
        )))
    }

    /// What git prints, without the last line end.
    ///
    /// # Errors
    /// As [`Git::bytes`].
    pub(crate) fn text(&self, args: &[&str]) -> Result<String, CommandError> {
        let text = String::from_utf8_lossy(&self.bytes(args)?).into_owned();
        Ok(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text))
    }

    /// Whether git succeeds.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn succeeds(&self, args: &[&str]) -> Result<bool, CommandError> {
        Ok(self.output(args, None)?.status.success())
    }

    /// The contents of blobs.
    ///
    /// # Errors
    /// One is not there.
    pub(crate) fn blobs(&self, ids: &[String]) -> Result<Vec<Vec<u8>>, CommandError> {
        let mut asked = ids.join("\n");
        asked.push('\n');
        let bytes = self.fed(&["cat-file", "--batch"], Some(asked.as_bytes()))?;
        let mut rest = &bytes[..];
        let mut blobs = Vec::new();
        for id in ids {
            let missing = || CommandError::Usage(format!("git cat-file: {id} is not there"));
            let end = rest
                .iter()
                .position(|&byte| byte == b'\n')
                .ok_or_else(missing)?;
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            let size = head
                .rsplit(' ')
                .next()
                .and_then(|size| size.parse::<usize>().ok());
            let size = size.ok_or_else(missing)?;
            let blob = rest.get(end + 1..end + 1 + size).ok_or_else(missing)?;
            blobs.push(blob.to_vec());
            rest = rest.get(end + 2 + size..).unwrap_or_default();
        }
        Ok(blobs)
    }
}

/// The variables by which the environment speaks to git.
pub(crate) fn variables() -> impl Iterator<Item = String> {
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("GIT_"))
}
