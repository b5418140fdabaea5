//! A workspace with its subject: what every command and every trial starts from.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use crate::program::CommandSubject;
use crate::scenario::{Found, Scenario, ScenarioError};
use crate::{Check, Layout, Mode, Subject};

/// Looks for what is out of order in a workspace: one line a problem.
type Rule = Arc<dyn Fn(&Layout) -> Vec<String> + Send + Sync>;

/// A workspace whose scenarios are run by one subject, or by commands of their own.
#[derive(Clone)]
pub struct Suite {
    checks: Vec<(&'static str, Rule)>,
    children: bool,
    layout: Layout,
    subject: Option<Arc<dyn Subject>>,
    command: String,
}

impl Suite {
    /// The suite of the workspace at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            checks: Vec::new(),
            children: false,
            layout: Layout::new(root.into()),
            subject: None,
            command: "cargo xtask".to_owned(),
        }
    }

    /// The subject of every scenario that has no `[command]` of its own.
    #[must_use]
    pub fn subject(mut self, subject: impl Subject + 'static) -> Self {
        self.subject = Some(Arc::new(subject));
        self
    }

    /// What people type before `bless` and `diff`, for the remedies in messages (`cargo xtask`).
    #[must_use]
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = command.into();
        self
    }

    /// The same suite with other directories.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// One more thing for [`check`](crate::command::check) to look at; its problems are printed
    /// after `name`.
    #[must_use]
    pub fn check(
        mut self,
        name: &'static str,
        check: impl Fn(&Layout) -> Vec<String> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push((name, Arc::new(check)));
        self
    }

    /// Lets this program be started again as a child process, for the `process` check and for
    /// subjects that need a process of their own. To be called first thing in `main`: in such a child
    /// the work is done here, and `main` returns the exit status it is given.
    ///
    /// [`Runner::main`](crate::Runner::main) does this itself.
    ///
    /// # Errors
    /// The exit status of the child that this process is.
    pub fn with_children(mut self) -> Result<Self, ExitCode> {
        match crate::exec::serve(&self) {
            Some(status) => Err(status),
            None => {
                self.children = true;
                Ok(self)
            }
        }
    }

    pub(crate) fn has_children(&self) -> bool {
        self.children
    }

    /// Where things lie.
    pub fn paths(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn typed(&self) -> &str {
        &self.command
    }

    pub(crate) fn checks(&self) -> &[(&'static str, Rule)] {
        &self.checks
    }

    /// The files of a new scenario; a program of its own where the suite has no subject.
    pub(crate) fn template(&self, name: &str) -> Vec<(PathBuf, String)> {
        match &self.subject {
            Some(subject) => subject.template(name),
            None => crate::program::template(),
        }
    }

    /// Every entry of the scenarios directory.
    pub(crate) fn discover(&self) -> std::io::Result<Vec<Found>> {
        crate::scenario::discover(&self.layout.scenarios())
    }

    /// What runs a scenario.
    ///
    /// # Errors
    /// The suite has no subject and the scenario no command.
    pub(crate) fn subject_of(
        &self,
        scenario: &Scenario,
    ) -> Result<Arc<dyn Subject>, ScenarioError> {
        if scenario.command.is_some() {
            return Ok(Arc::new(CommandSubject::new(self.layout.clone())));
        }
        self.subject.clone().ok_or_else(|| {
            ScenarioError::one(format!(
                "{}: scenario.toml names no program: it needs a [command]",
                scenario.dir().display()
            ))
        })
    }

    /// The checks that apply to a scenario, dropped or not.
    pub(crate) fn offered(&self, scenario: &Scenario) -> Vec<Check> {
        let modes = match &self.subject {
            Some(subject) if scenario.command.is_none() => subject.modes(),
            _ => Vec::new(),
        };
        Check::ALL
            .into_iter()
            .filter(|check| match check {
                Check::Golden | Check::Determinism => true,
                Check::Process => self.children,
                Check::Threads | Check::Replay | Check::Resume => {
                    modes.iter().any(|mode| check_of(*mode) == Some(*check))
                }
            })
            .collect()
    }
}

/// The check that compares a mode with a direct run.
pub(crate) fn check_of(mode: Mode) -> Option<Check> {
    match mode {
        Mode::Direct => None,
        Mode::Threads(_) => Some(Check::Threads),
        Mode::Replay => Some(Check::Replay),
        Mode::Resume => Some(Check::Resume),
    }
}
