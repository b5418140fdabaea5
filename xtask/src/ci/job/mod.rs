//! Runs the steps of one job: its scripts here, the actions of others in [`actions`].

mod actions;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use aether_harness::exec::Group;
use aether_json::{Value, json};

use super::expression::{Context, condition, filled, shown};
use super::files;
use super::plan::{Planned, Repository, own};
use super::stand_in::{Ended, MISSING, Places, is_installed};
use super::workflow::{Action, Step};

/// How often a running step is looked at.
const STEP: Duration = Duration::from_millis(20);

/// Prefixes of variables of this process that belong to whatever started it.
const LEFT_OUT: [&str; 7] = [
    "AETHER_",
    "CARGO",
    "GITHUB_",
    "NEXTEST",
    "RUNNER_",
    "RUSTC",
    "RUSTUP_TOOLCHAIN",
];

/// What is asked of every job.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Only `run` steps whose name has this in it are run.
    pub(super) step: Option<String>,
    /// The step with this in its name counts as failed.
    pub(super) fail: Option<String>,
}

/// A step that was come to.
#[derive(Debug)]
pub(super) struct StepResult {
    pub(super) name: String,
    pub(super) ended: Ended,
    pub(super) took: Duration,
}

/// Runs jobs, one after the other.
pub(super) struct Jobs<'a> {
    pub(super) repository: &'a Repository,
    pub(super) places: &'a Places,
    pub(super) wanted: &'a Wanted,
    /// The variables of the workflow.
    pub(super) env: &'a BTreeMap<String, Value>,
    /// The commit, and the results of jobs that have ended.
    pub(super) commit: &'a str,
    pub(super) needs: Value,
}

/// One job while it runs.
struct JobRun<'a> {
    jobs: &'a Jobs<'a>,
    planned: &'a Planned<'a>,
    event: &'a str,
    env: BTreeMap<String, String>,
    path: Vec<PathBuf>,
    /// Why nothing more runs here.
    ends: Option<String>,
    results: Vec<StepResult>,
    keeps_target: bool,
    /// What is kept when the job ends: keys and paths.
    keeps: Vec<(String, String)>,
}

/// The steps of a job or of an action.
struct Scope {
    /// The inputs of the action.
    inputs: Option<Value>,
    env: BTreeMap<String, String>,
    steps: BTreeMap<String, Value>,
    has_failed: bool,
}

impl Jobs<'_> {
    /// Runs a job; what its steps came to.
    ///
    /// # Errors
    /// An expression has no value, or a file cannot be read or written.
    pub(super) fn run(
        &self,
        planned: &Planned<'_>,
        event: &str,
    ) -> Result<Vec<StepResult>, Stopped> {
        self.places.begin()?;
        let mut run = JobRun {
            jobs: self,
            planned,
            event,
            env: BTreeMap::new(),
            path: vec![self.places.bin()],
            ends: None,
            results: Vec::new(),
            keeps_target: false,
            keeps: Vec::new(),
        };
        let mut scope = Scope {
            inputs: None,
            env: BTreeMap::new(),
            steps: BTreeMap::new(),
            has_failed: false,
        };
        for values in [self.env, &planned.job.env] {
            let context = run.context(&scope, &BTreeMap::new());
            run.env.extend(all_filled(values, &context)?);
        }
        run.steps(&planned.job.steps, &mut scope)?;
        for (key, path) in &run.keeps {
            self.places.keep(key, path)?;
        }
        if run.keeps_target {
            self.places.keep_target()?;
        }
        Ok(run.results)
    }
}

/// Why a job was given up.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The workflow has what is not known here.
    Unknown(String),
    Io(io::Error),
}

impl From<String> for Stopped {
    fn from(problem: String) -> Self {
        Self::Unknown(problem)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl JobRun<'_> {
    fn steps(&mut self, steps: &[Step], scope: &mut Scope) -> Result<(), Stopped> {
        for step in steps {
            self.step(step, scope)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, scope: &mut Scope) -> Result<(), Stopped> {
        let name = step.shown();
        if let Some(why) = &self.ends {
            let ended = Ended::NotHere(why.clone());
            self.results.push(result(name, ended, Duration::ZERO));
            return Ok(());
        }
        let context = self.context(scope, &BTreeMap::new());
        let text = step
            .condition
            .as_ref()
            .map_or("success()".to_owned(), shown);
        if !condition(&text)?.holds(&context)? {
            let ended = Ended::Skipped(format!("`{text}` does not hold"));
            self.remember(step, scope, "skipped", BTreeMap::new());
            self.results.push(result(name, ended, Duration::ZERO));
            return Ok(());
        }
        let mut env = scope.env.clone();
        env.extend(all_filled(&step.env, &context)?);
        let context = self.context(scope, &env);
        if let Some(action) = step.uses.as_deref().and_then(own) {
            let action = &self.jobs.repository.actions[action];
            return self.action(step, action, &context, env, scope);
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "the summary says how long a step took"
        )]
        let start = Instant::now();
        let mut outputs = BTreeMap::new();
        let mut ended = match (&step.run, &step.uses) {
            (Some(script), _) if self.is_wanted(&name) => {
                writeln!(io::stdout(), "\n== {}: {name}", self.planned.name)?;
                let script = filled(script, &context)?;
                self.script(step, &script, &env, &context, &mut outputs)?
            }
            (Some(_), _) => Ended::Skipped("it was not asked for".to_owned()),
            (None, uses) => {
                let uses = uses.as_deref().unwrap_or_default();
                let with = all_filled(&step.with, &context)?;
                self.stand_in(uses, &with)?
            }
        };
        let fails = self
            .jobs
            .wanted
            .fail
            .as_ref()
            .is_some_and(|fail| name.contains(fail.as_str()));
        if fails && ended == Ended::Passed {
            ended = Ended::Failed("taken as failed: --fail".to_owned());
        }
        match &ended {
            Ended::Failed(_) => scope.has_failed = true,
            Ended::Ends(why) => self.ends = Some(why.clone()),
            _ => {}
        }
        let outcome = if matches!(ended, Ended::Failed(_)) {
            "failure"
        } else {
            "success"
        };
        self.remember(step, scope, outcome, outputs);
        self.results.push(result(name, ended, start.elapsed()));
        Ok(())
    }

    fn is_wanted(&self, name: &str) -> bool {
        let wanted = self.jobs.wanted.step.as_ref();
        wanted.is_none_or(|wanted| name.contains(wanted.as_str()))
    }

    /// The steps of an action of this repository, which begin as if nothing had failed.
    fn action(
        &mut self,
        step: &Step,
        action: &Action,
        context: &Context,
        env: BTreeMap<String, String>,
        scope: &mut Scope,
    ) -> Result<(), Stopped> {
        let mut inputs = all_filled(&step.with, context)?;
        if let Some(input) = inputs
            .keys()
            .find(|input| !action.inputs.contains_key(*input))
        {
            return Err(Stopped::Unknown(format!(
                "{}: there is no input `{input}`",
                step.shown()
            )));
        }
        for (name, input) in &action.inputs {
            if inputs.contains_key(name) {
                continue;
            }
            if input.required {
                return Err(Stopped::Unknown(format!(
                    "{}: the input `{name}` is missing",
                    step.shown()
                )));
            }
            let default = input.default.as_ref().map_or_else(String::new, shown);
            inputs.insert(name.clone(), filled(&default, context)?);
        }
        let inputs = inputs
            .into_iter()
            .map(|(name, value)| (name, Value::from(value.as_str())));
        let mut inner = Scope {
            inputs: Some(Value::Object(inputs.collect())),
            env,
            steps: BTreeMap::new(),
            has_failed: false,
        };
        self.steps(&action.runs.steps, &mut inner)?;
        scope.has_failed |= inner.has_failed;
        let outcome = if inner.has_failed {
            "failure"
        } else {
            "success"
        };
        self.remember(step, scope, outcome, BTreeMap::new());
        Ok(())
    }

    fn remember(
        &self,
        step: &Step,
        scope: &mut Scope,
        outcome: &str,
        outputs: BTreeMap<String, String>,
    ) {
        if let Some(id) = &step.id {
            let outputs = outputs
                .into_iter()
                .map(|(name, value)| (name, Value::from(value.as_str())));
            let outputs = Value::Object(outputs.collect());
            let about = json!({ "outcome": outcome, "conclusion": outcome, "outputs": outputs });
            scope.steps.insert(id.clone(), about);
        }
    }

    /// What expressions of a scope may refer to, with these variables in addition to those of the job.
    fn context(&self, scope: &Scope, env: &BTreeMap<String, String>) -> Context {
        let text = |path: PathBuf| path.display().to_string();
        let github: BTreeMap<String, Value> = self
            .github()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Value::from(value.as_str())))
            .chain([
                ("event".to_owned(), json!({})),
                ("token".to_owned(), json!("")),
            ])
            .collect();
        let env = self.env.iter().chain(&scope.env).chain(env);
        let env = env.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        let os = json!({
            "os": "Linux",
            "arch": arch(),
            "temp": text(self.jobs.places.temp()),
        });
        let mut values: BTreeMap<&'static str, Value> = BTreeMap::from([
            ("github", Value::Object(github)),
            ("env", Value::Object(env.collect())),
            ("matrix", self.planned.entry.clone()),
            ("needs", self.jobs.needs.clone()),
            ("runner", os),
            ("steps", Value::Object(scope.steps.clone())),
        ]);
        if let Some(inputs) = &scope.inputs {
            values.insert("inputs", inputs.clone());
        }
        Context {
            values,
            has_failed: scope.has_failed,
        }
    }

    /// The members of `github`, which are variables of steps too.
    fn github(&self) -> Vec<(&'static str, String)> {
        let workspace = self.jobs.places.workspace().display().to_string();
        [
            ("actor", "local"),
            ("api_url", "https://api.github.invalid"),
            ("event_name", self.event),
            ("job", self.planned.id),
            ("ref", "refs/heads/main"),
            ("ref_name", "main"),
            ("repository", "local/repository"),
            ("run_attempt", "1"),
            ("run_id", "1"),
            ("run_number", "1"),
            ("server_url", "https://github.invalid"),
            ("sha", self.jobs.commit),
            ("workflow", "CI"),
            ("workspace", &workspace),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
    }

    fn script(
        &mut self,
        step: &Step,
        script: &str,
        env: &BTreeMap<String, String>,
        context: &Context,
        outputs: &mut BTreeMap<String, String>,
    ) -> Result<Ended, Stopped> {
        let command = script.split_whitespace().next().unwrap_or_default();
        if is_plain(command) && !self.has(command) {
            return Ok(Ended::NotHere(format!("this machine has no `{command}`")));
        }
        let clone = self.jobs.places.workspace();
        let dir = match &step.working_directory {
            Some(dir) => clone.join(filled(dir, context)?),
            None => clone,
        };
        if !dir.is_dir() {
            return Ok(Ended::Failed(format!(
                "{} is not a directory",
                dir.display()
            )));
        }
        let temp = self.jobs.places.temp();
        let file = temp.join("step.sh");
        fs::write(&file, script)?;
        let mut command = match step.shell.as_deref() {
            // Without `shell`, a pipe that fails in its middle fails nothing.
            None => with_arguments("bash", &["-e"]),
            Some("sh") => with_arguments("sh", &["-e"]),
            Some(_) => with_arguments("bash", &["--noprofile", "--norc", "-eo", "pipefail"]),
        };
        command.arg(&file).current_dir(dir).stdin(Stdio::null());
        let written = self.environment(&mut command, env, &temp)?;
        let mut group = Group::start(command)?;
        while !group.has_ended() {
            thread::sleep(STEP);
        }
        let status = group.end()?;
        let read = |name: &str| fs::read_to_string(temp.join(name)).unwrap_or_default();
        outputs.extend(files::read(&read("output"))?);
        self.env.extend(files::read(&read("env"))?);
        let added = read("path");
        let added = added
            .lines()
            .filter(|line| !line.is_empty())
            .map(PathBuf::from);
        self.path.splice(0..0, added);
        files::append(&self.jobs.places.all.join("summary.md"), &read("summary"))?;
        for file in written {
            fs::remove_file(file)?;
        }
        let missing = read(MISSING);
        Ok(if !missing.is_empty() {
            fs::remove_file(temp.join(MISSING))?;
            let packages: Vec<&str> = missing.lines().collect();
            let packages = packages.join(", ");
            Ended::NotHere(format!(
                "not installed here: {packages}; --install lets apt-get install them"
            ))
        } else if status.success() {
            Ended::Passed
        } else {
            Ended::Failed(status.to_string())
        })
    }

    /// Sets the variables of a step; the files that it may write to.
    fn environment(
        &self,
        command: &mut Command,
        env: &BTreeMap<String, String>,
        temp: &Path,
    ) -> io::Result<Vec<PathBuf>> {
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let is_left_out = LEFT_OUT.iter().any(|prefix| text.starts_with(prefix));
            if is_left_out && text != "CARGO_HOME" {
                command.env_remove(&name);
            }
        }
        for (name, value) in self.github() {
            command.env(format!("GITHUB_{}", name.to_uppercase()), value);
        }
        let event = temp.join("event.json");
        fs::write(&event, "{}")?;
        let mut written = Vec::new();
        for (variable, name) in [
            ("GITHUB_OUTPUT", "output"),
            ("GITHUB_ENV", "env"),
            ("GITHUB_PATH", "path"),
            ("GITHUB_STEP_SUMMARY", "summary"),
        ] {
            let file = temp.join(name);
            fs::write(&file, "")?;
            command.env(variable, &file);
            written.push(file);
        }
        command
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_PATH", event)
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", arch())
            .env("RUNNER_TEMP", temp)
            .env("PATH", self.search_path())
            .envs(&self.env)
            .envs(env);
        Ok(written)
    }

    fn search_path(&self) -> OsString {
        #[expect(
            clippy::disallowed_methods,
            reason = "steps find the programs of this machine"
        )]
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = self
            .path
            .iter()
            .cloned()
            .chain(std::env::split_paths(&path));
        std::env::join_paths(all).unwrap_or(path)
    }

    fn has(&self, command: &str) -> bool {
        let dirs = self.path.iter();
        BUILT_IN.contains(&command)
            || is_installed(command)
            || dirs.into_iter().any(|dir| dir.join(command).is_file())
    }
}

/// Commands that are part of the shell.
const BUILT_IN: [&str; 6] = ["cd", "echo", "exit", "export", "set", "test"];

/// Whether a word is the plain name of a command.
fn is_plain(word: &str) -> bool {
    !word.is_empty()
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        && !["for", "if", "case", "while", "until"].contains(&word)
}

fn with_arguments(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args);
    command
}

fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "ARM64",
        _ => "X64",
    }
}

fn result(name: String, ended: Ended, took: Duration) -> StepResult {
    StepResult { name, ended, took }
}

fn all_filled(
    values: &BTreeMap<String, Value>,
    context: &Context,
) -> Result<BTreeMap<String, String>, String> {
    let values = values.iter();
    values
        .map(|(name, value)| Ok((name.clone(), filled(&shown(value), context)?)))
        .collect()
}
