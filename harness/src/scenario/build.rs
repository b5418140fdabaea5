//! `[build]` of `defaults.toml`: the command that makes what scenarios run.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::KeyTable;

/// `[build]`: the command that makes what scenarios run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Build {
    /// The program: a name that is looked up, or a path relative to the root.
    pub program: String,
    /// Its arguments. `{root}` in them, in the program and in variables is the workspace's directory.
    pub args: Vec<String>,
    /// Variables of its environment, in addition to those inherited.
    pub env: BTreeMap<String, String>,
    /// When it is ended; `None` if it may take as long as it takes.
    #[serde(skip)]
    pub time_limit: Option<Duration>,
    /// The directories that version control ignores and that a build of an earlier revision needs all the same,
    /// relative to the root.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
}

/// The keys that `defaults.toml` has and `scenario.toml` has not.
pub(super) const BUILD_KEYS: [KeyTable; 2] = [
    KeyTable {
        table: "",
        is_array: false,
        keys: &["build"],
    },
    KeyTable {
        table: "build",
        is_array: false,
        keys: &["args", "env", "keep", "program", "time_limit"],
    },
];

/// The keys of `defaults.toml` that are no defaults.
#[derive(Deserialize)]
pub(super) struct Defaults {
    pub(super) build: Option<BuildTable>,
}

/// `[build]` as people write it.
#[derive(Deserialize)]
pub(super) struct BuildTable {
    program: Spanned<String>,
    #[serde(default)]
    args: Vec<Spanned<String>>,
    #[serde(default)]
    env: BTreeMap<String, Spanned<String>>,
    time_limit: Option<Spanned<f64>>,
    #[serde(default)]
    keep: Vec<Spanned<String>>,
}

/// What is wrong with a build, and the range of bytes that is.
type Problem = (std::ops::Range<usize>, &'static str);

impl BuildTable {
    /// The build, if it is valid.
    ///
    /// # Errors
    /// The first problem.
    pub(super) fn checked(self) -> Result<Build, Problem> {
        if self.program.get_ref().trim().is_empty() {
            return Err((self.program.span(), "the program is empty"));
        }
        let texts = self.args.iter().chain(self.env.values());
        for text in texts.chain([&self.program]) {
            if text.get_ref().contains("{scenario}") {
                let problem = "a build is for all scenarios: it has {root}, but no {scenario}";
                return Err((text.span(), problem));
            }
        }
        let time_limit = match &self.time_limit {
            None => None,
            Some(limit) => match Duration::try_from_secs_f64(*limit.get_ref()) {
                Ok(limit) if !limit.is_zero() => Some(limit),
                _ => return Err((limit.span(), "time_limit is a number of seconds above 0")),
            },
        };
        for kept in &self.keep {
            let is_inside = !kept.get_ref().trim().is_empty()
                && std::path::Path::new(kept.get_ref())
                    .components()
                    .all(|part| matches!(part, std::path::Component::Normal(_)));
            if !is_inside {
                let problem = "a directory to keep is a path below the root, without `..`";
                return Err((kept.span(), problem));
            }
        }
        let env = self.env.into_iter();
        Ok(Build {
            keep: self.keep.into_iter().map(Spanned::into_inner).collect(),
            program: self.program.into_inner(),
            args: self.args.into_iter().map(Spanned::into_inner).collect(),
            env: env
                .map(|(name, value)| (name, value.into_inner()))
                .collect(),
            time_limit,
        })
    }
}

/// A build that failed, so that nothing can be run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, Deserialize)]
pub(crate) struct BuildFailed {
    /// The run that was the first to need it, with which the failure is reported.
    pub(crate) by: String,
    /// How it failed, with the end of its output.
    pub(crate) message: String,
    /// Whether the machine failed, and not the build.
    pub(crate) is_of_machine: bool,
}
