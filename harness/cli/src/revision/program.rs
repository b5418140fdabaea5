//! Runs scenarios with the program of a revision.
//!
//! A program that scenarios name is run by this process, in the checkout. Code that is tested through a subject
//! of this process is that of now; so the test target of the revision runs there, and what it leaves is taken:
//! its outputs if they differ from its goldens, else the goldens.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aether_harness::evaluate::CheckRun;
use aether_harness::exec::{RunFailure, Task, TaskFailure};
use aether_harness::scenario::{Build, DEFAULTS_FILE, Found, SCENARIO_FILE};
use aether_harness::snapshot::{MANIFEST_FILE, sha256_hex};
use aether_harness::{Artefact, FileRole, Layout, Scenario, Schema, Suite, Verdict, remove_tree};
use aether_json::{Value, json};

use super::cache::{Cache, Files, Stored};
use super::checkout::Checkout;
use super::git;
use super::repository::{Entry, Repository};
use crate::commands::CommandError;

/// The version of what results are kept under.
const FORMAT: u32 = 1;

/// Variables that would lead what is built and run at a revision back to the tree of now, or to the run that
/// this process belongs to.
const REMOVED: [&str; 10] = [
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_MANIFEST_DIR",
    "NEXTEST",
    "NEXTEST_RUN_ID",
    "NEXTEST_EXECUTION_MODE",
    "AETHER_HARNESS_SESSION",
    "AETHER_HARNESS_RUN",
    "AETHER_HARNESS_BUILDING",
    super::cache::VARIABLE,
];

/// Which inputs a revision is run with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum InputsOf {
    /// Those of the tree as it is now.
    #[default]
    Now,
    /// Those of the revision.
    Then,
}

/// How the program of a revision is built and run.
#[derive(Clone, Debug)]
pub(crate) struct How {
    pub(crate) inputs: InputsOf,
    /// The command that builds it, if it is not what the scenarios say.
    pub(crate) build: Option<String>,
    /// The test target that holds the scenarios of subjects in Rust.
    pub(crate) test: String,
}

/// A scenario that is run at revisions.
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) schema: Schema,
    pub(super) is_program: bool,
    /// Its files of now that are inputs, by their paths below the root.
    inputs: BTreeMap<String, PathBuf>,
    /// Its files of now that are tested.
    code: BTreeSet<String>,
    /// Its goldens of now.
    goldens: BTreeMap<String, PathBuf>,
    digest: String,
}

impl Target {
    /// A scenario as it is now.
    ///
    /// # Errors
    /// It is not valid.
    pub(crate) fn of(suite: &Suite, scenario: &Scenario, how: &How) -> Result<Self, CommandError> {
        let name = scenario.name().to_string();
        let run = CheckRun::read(suite, scenario)
            .map_err(|failure| CommandError::Usage(format!("{name}: {failure}")))?;
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

    fn dir(&self) -> String {
        format!("scenarios/{}/", self.name)
    }
}

/// What came of a run.
pub(crate) enum Outcome {
    /// What the scenario produced; whether that took a run.
    Ran(Stored, bool),
    /// The revision cannot be built, and why.
    Unbuildable(String),
}

/// What one run left.
struct Ran {
    files: Files,
    steadiness: Steadiness,
}

/// What a run says of another one.
enum Steadiness {
    /// Nothing.
    Unknown,
    /// It would produce the same.
    Sure,
    /// It would produce something else.
    Unsteady,
}

impl Ran {
    fn once(files: Files) -> Self {
        Self {
            files,
            steadiness: Steadiness::Unknown,
        }
    }
}

/// The programs of a repository at its revisions.
pub(crate) struct Programs<'p> {
    suite: &'p Suite,
    repository: &'p Repository,
    pub(super) cache: &'p Cache,
    checkout: Checkout,
    how: How,
    targets: &'p [Target],
    /// The revision in the checkout.
    pub(super) at: Option<At>,
    /// The files of the commit that was asked for last.
    listed: RefCell<Option<(String, Vec<Entry>)>>,
}

/// A revision in the checkout.
pub(super) struct At {
    commit: String,
    pub(super) suite: Suite,
    /// Why it cannot be used.
    pub(super) problem: Option<String>,
    tests: Option<Result<Tests, String>>,
}

/// The test targets of a revision.
#[derive(Clone)]
pub(super) struct Tests {
    /// Each with the directory that cargo starts it in.
    pub(super) programs: Vec<(PathBuf, PathBuf)>,
    digest: String,
}

impl<'p> Programs<'p> {
    pub(crate) fn new(
        suite: &'p Suite,
        repository: &'p Repository,
        cache: &'p Cache,
        how: How,
        targets: &'p [Target],
    ) -> Result<Self, CommandError> {
        Ok(Self {
            suite,
            repository,
            cache,
            checkout: Checkout::new(cache, repository)?,
            how,
            targets,
            at: None,
            listed: RefCell::default(),
        })
    }

    pub(crate) fn checkout(&self) -> &Checkout {
        &self.checkout
    }

    /// The revision that is in the checkout.
    pub(crate) fn current(&self) -> Option<&str> {
        self.at.as_ref().map(|at| at.commit.as_str())
    }

    /// What an earlier search learned of a target at a commit.
    pub(crate) fn known(&self, target: &Target, commit: &str) -> Option<Stored> {
        self.cache.result(&self.key(target, "commit", commit))
    }

    /// Runs a target at a commit, or once more if it was run there already. A program that is that of another
    /// commit is not run for the first time.
    ///
    /// # Errors
    /// The cache or git fails.
    pub(crate) fn run(&mut self, target: &Target, commit: &str) -> Result<Outcome, CommandError> {
        let mut keys = vec![
            self.key(target, "commit", commit),
            self.key(target, "sources", &self.sources(target, commit, |_| true)?),
        ];
        let known = self.cache.result(&keys[0]);
        if known.is_none()
            && let Some(stored) = self.cache.result(&keys[1])
        {
            self.cache.keep(&keys[0], &stored)?;
            return Ok(Outcome::Ran(stored, false));
        }
        self.go_to(commit)?;
        if let Some(problem) = self.at.as_ref().and_then(|at| at.problem.clone()) {
            return Ok(Outcome::Unbuildable(problem));
        }
        let files = if target.is_program {
            self.run_program(target)?.map(Ran::once)
        } else {
            match self.tests()? {
                Err(problem) => Err(problem),
                Ok(tests) => {
                    // What is compiled is in the program; whatever else there is may be read by it.
                    let is_data = |path: &str| {
                        let name = path.rsplit('/').next().unwrap_or(path);
                        !path.ends_with(".rs") && !matches!(name, "Cargo.toml" | "Cargo.lock")
                    };
                    let data = self.sources(target, commit, is_data)?;
                    let key = self.key(target, "program", &format!("{} {data}", tests.digest));
                    let shared = self.cache.result(&key).filter(|_| known.is_none());
                    if let Some(stored) = shared {
                        self.cache.keep(&keys[0], &stored)?;
                        return Ok(Outcome::Ran(stored, false));
                    }
                    keys.push(key);
                    Ok(self.run_tests(target, &tests)?)
                }
            }
        };
        let ran = match files {
            Ok(ran) => ran,
            Err(problem) => return Ok(Outcome::Unbuildable(problem)),
        };
        let mut stored = self.cache.keep_files(&ran.files, commit)?;
        match ran.steadiness {
            Steadiness::Unknown => {}
            // The trial has run it twice, or found what was blessed.
            Steadiness::Sure => stored.runs = 2,
            Steadiness::Unsteady => stored.again = Some(stored.artefacts.clone()),
        }
        if let Some(known) = known {
            let again = (known.output != stored.output).then_some(stored.artefacts);
            stored = Stored {
                runs: known.runs + 1,
                again: known.again.clone().or(again),
                ..known
            };
        }
        for key in &keys {
            self.cache.keep(key, &stored)?;
        }
        Ok(Outcome::Ran(stored, true))
    }

    /// The key of a result.
    pub(super) fn key(&self, target: &Target, kind: &str, of: &str) -> String {
        let parts = json!([
            FORMAT,
            env!("CARGO_PKG_VERSION"),
            kind,
            of,
            self.repository.prefix(),
            target.name,
            target.digest,
            self.how.build,
            if target.is_program {
                ""
            } else {
                &self.how.test
            },
        ]);
        sha256_hex(parts.to_string().as_bytes())
    }

    /// The digest of the files of a commit that `counts`, without goldens and without what is replaced by the
    /// inputs of now.
    fn sources(
        &self,
        target: &Target,
        commit: &str,
        counts: impl Fn(&str) -> bool,
    ) -> Result<String, CommandError> {
        let is_now = self.how.inputs == InputsOf::Now;
        let mut listed = self.listed.borrow_mut();
        let entries = match &mut *listed {
            Some((known, entries)) if known == commit => entries,
            other => {
                let entries = self.repository.files(self.checkout.git(), commit, None)?;
                &mut other.insert((commit.to_owned(), entries)).1
            }
        };
        let mut lines = String::new();
        for entry in entries.iter() {
            let path = entry.path.as_str();
            let is_replaced = is_now && target.inputs.contains_key(path);
            if counts(path) && !is_replaced && !path.starts_with("fixtures/snapshots/") {
                lines.push_str(&format!("{} {} {path}\n", entry.mode, entry.id));
            }
        }
        Ok(sha256_hex(lines.as_bytes()))
    }

    /// Checks out a commit, unless it is there.
    pub(super) fn go_to(&mut self, commit: &str) -> Result<(), CommandError> {
        if self.current() == Some(commit) {
            return Ok(());
        }
        self.at = None;
        let checked_out = self.checkout.check_out(commit);
        let root = self.checkout.root();
        let layout = Layout::new(&root).with_target(root.join("target"));
        let build = self.how.build.as_ref().map(|line| shell(line));
        let mut removed: Vec<String> = REMOVED.iter().map(|&name| name.to_owned()).collect();
        removed.extend(git::variables());
        let problem = match checked_out {
            Err(problem) => Some(problem),
            Ok(()) => {
                remove_tree(&layout.outputs())?;
                self.put_inputs()?;
                let is_there = root.is_dir();
                (!is_there).then(|| format!("{} is not there", self.repository.prefix()))
            }
        };
        self.at = Some(At {
            commit: commit.to_owned(),
            suite: self.suite.clone().elsewhere(layout, build, removed),
            problem,
            tests: None,
        });
        Ok(())
    }

    /// Puts the inputs of now in place of those of the revision.
    fn put_inputs(&self) -> Result<(), CommandError> {
        let root = self.suite.paths().root();
        let mut kept = Vec::new();
        for target in self.targets {
            let name = target.name.as_str();
            if let Some(Found {
                scenario: Ok(scenario),
                ..
            }) = self.suite.look_up(name)
            {
                kept.extend(
                    scenario
                        .settings()
                        .build()
                        .ok()
                        .flatten()
                        .map(|build| build.keep),
                );
            }
            if self.how.inputs == InputsOf::Then {
                continue;
            }
            if !target.is_program {
                self.checkout
                    .put(target.dir().trim_end_matches('/'), None)?;
            }
            for (path, from) in &target.inputs {
                self.checkout.put(path, Some(from))?;
            }
            if target.is_program {
                self.put_goldens(target)?;
            }
        }
        kept.dedup();
        self.checkout.link(root, &kept.concat())
    }

    /// Puts the goldens of now in place of those of the revision: the rules by which outputs are made come with
    /// them.
    pub(super) fn put_goldens(&self, target: &Target) -> Result<(), CommandError> {
        self.checkout
            .put(&format!("fixtures/snapshots/{}", target.name), None)?;
        for (path, from) in &target.goldens {
            self.checkout.put(path, Some(from))?;
        }
        Ok(())
    }

    /// Builds what a scenario names, and runs it; or why it cannot be built.
    fn run_program(&self, target: &Target) -> Result<Result<Files, String>, CommandError> {
        let at = self
            .at
            .as_ref()
            .expect("a revision is checked out before a run");
        let scenario = match at.suite.look_up(&target.name) {
            None => return Ok(Ok(failed("the scenario does not exist"))),
            Some(found) => match found.scenario {
                Err(error) => return Ok(Ok(failed(&error.to_string()))),
                Ok(scenario) => scenario,
            },
        };
        if let Err(failure) = CheckRun::build(&at.suite, &scenario) {
            return Ok(Err(failure.to_string()));
        }
        let open = || CheckRun::open(&at.suite, &scenario, &aether_harness::Check::Golden);
        let mut run = open();
        if self.how.inputs == InputsOf::Now
            && let Ok(opened) = &run
        {
            // Inputs that the revision has and the tree of now has not.
            let files = opened.prepared().files().into_iter();
            let old: Vec<String> = files
                .filter(|file| file.role == FileRole::Input)
                .filter(|file| Path::new(&file.path).is_relative())
                .filter(|file| !target.inputs.contains_key(&file.path))
                .map(|file| file.path)
                .filter(|path| !path.starts_with("../"))
                .collect();
            for path in &old {
                self.checkout.put(path, None)?;
            }
            if !old.is_empty() {
                run = open();
            }
        }
        let ran = run.and_then(|run| run.run(None));
        Ok(Ok(match ran {
            Ok(output) => {
                let files = output.set.files();
                files.map(|(name, bytes)| (name, bytes.to_vec())).collect()
            }
            Err(failure) => failed(&steady(&failure)),
        }))
    }

    /// The test targets of the revision, which are built once.
    pub(super) fn tests(&mut self) -> Result<Result<Tests, String>, CommandError> {
        let at = self
            .at
            .as_ref()
            .expect("a revision is checked out before a run");
        if let Some(tests) = &at.tests {
            return Ok(tests.clone());
        }
        let tests = self.build_tests(&at.suite)?;
        if let Some(at) = &mut self.at {
            at.tests = Some(tests.clone());
        }
        Ok(tests)
    }

    fn build_tests(&self, there: &Suite) -> Result<Result<Tests, String>, CommandError> {
        let root = there.paths().root();
        if let Some(line) = &self.how.build {
            let build = shell(line);
            let mut command = Command::new(&build.program);
            command.args(&build.args);
            if let Err(failure) = self.task(command, root, &format!("the build `{line}`")) {
                return Ok(Err(format!("the build `{line}` {failure}")));
            }
        }
        let mut command = Command::new(cargo());
        command.args(["test", "--no-run", "--workspace", "--test", &self.how.test]);
        command.arg("--message-format=json-render-diagnostics");
        let name = format!("cargo test --no-run --workspace --test {}", self.how.test);
        let output = match self.task(command, root, &name) {
            Ok(output) => output,
            Err(failure) => return Ok(Err(format!("`{name}` {failure}"))),
        };
        let mut programs = Vec::new();
        for line in output.split(|&byte| byte == b'\n') {
            programs.extend(test_program(line, &self.how.test));
        }
        let mut digests = String::new();
        for (program, _) in &programs {
            digests.push_str(&sha256_hex(&fs::read(program)?));
        }
        if programs.is_empty() {
            return Ok(Err(format!("`{name}` built no program")));
        }
        Ok(Ok(Tests {
            programs,
            digest: sha256_hex(digests.as_bytes()),
        }))
    }

    /// Runs a command at the revision; what it printed.
    pub(super) fn task(
        &self,
        mut command: Command,
        dir: &Path,
        name: &str,
    ) -> Result<Vec<u8>, TaskFailure> {
        command.current_dir(dir);
        for variable in REMOVED {
            command.env_remove(variable);
        }
        for variable in git::variables() {
            command.env_remove(variable);
        }
        let task = Task {
            command,
            name,
            time_limit: None,
            outputs: self.cache.dir(),
        };
        task.run().map(|output| output.stdout)
    }

    /// Runs the trial of a scenario, and takes what it leaves.
    fn run_tests(&self, target: &Target, tests: &Tests) -> Result<Ran, CommandError> {
        let at = self
            .at
            .as_ref()
            .expect("a revision is checked out before a run");
        let outputs = at.suite.paths().outputs();
        let goldens = at.suite.paths().snapshots().join(&target.name);
        let trial = format!("{}::golden", target.name);
        let mut said = String::new();
        for (program, dir) in &tests.programs {
            remove_tree(&outputs)?;
            let mut command = Command::new(program);
            command.args([&trial, "--exact", "--include-ignored"]);
            let ended = self.task(command, dir, &trial);
            let left = taken(&outputs.join(&target.name))?;
            let result = trial_result(&outputs.join(".results"), &target.name);
            let text = |key: &str| Some(result.as_ref()?.get(key)?.as_str()?.to_owned());
            match ended {
                Ok(_) => {
                    return Ok(Ran {
                        files: taken(&goldens)?,
                        steadiness: Steadiness::Sure,
                    });
                }
                Err(_) if !left.is_empty() => {
                    let verdict = text("verdict").unwrap_or_default();
                    let is = |other: Verdict| verdict == other.name();
                    return Ok(Ran {
                        files: left,
                        steadiness: if is(Verdict::Nondeterministic) {
                            Steadiness::Unsteady
                        } else if is(Verdict::Mismatch) || is(Verdict::StaleInputs) {
                            Steadiness::Sure
                        } else {
                            Steadiness::Unknown
                        },
                    });
                }
                Err(failure) => {
                    said = text("message").unwrap_or_else(|| without_times(&failure));
                }
            }
        }
        Ok(Ran::once(failed(&said)))
    }
}

/// The documents of a directory, as goldens are kept; none if there is no directory.
pub(super) fn taken(dir: &Path) -> Result<Files, CommandError> {
    let mut files = Files::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_document = name.ends_with(".json") || name.ends_with(".bin");
        if is_document && name != MANIFEST_FILE && path.is_file() {
            files.insert(name, fs::read(&path)?);
        }
    }
    Ok(files)
}

/// The stored result of a trial, by whatever version of the harness.
fn trial_result(results: &Path, name: &str) -> Option<Value> {
    let runs = fs::read_dir(results).ok()?;
    runs.flatten().find_map(|run| {
        let bytes = fs::read(run.path().join(format!("{name}.golden.json"))).ok()?;
        aether_json::from_slice(&bytes).ok()
    })
}

/// How a test target failed, without the lines that say how long it took.
pub(super) fn without_times(failure: &TaskFailure) -> String {
    let said = failure.to_string();
    let lines = said.lines().filter(|line| !line.contains("finished in"));
    lines.collect::<Vec<_>>().join("\n")
}

/// A failure in words that are the same each time.
pub(super) fn steady(failure: &RunFailure) -> String {
    match failure {
        RunFailure::TimedOut { limit, .. } | RunFailure::Killed { limit } => {
            format!("exceeded its time limit of {} s", limit.as_secs_f64())
        }
        other => other.to_string(),
    }
}

/// What a scenario produces that fails.
fn failed(message: &str) -> Files {
    let text = json!({ "message": message }).to_string();
    let error = Artefact::from_json("error", text.as_bytes()).expect("a text is JSON");
    Files::from([("error.json".to_owned(), error.text().to_vec())])
}

/// A build that is a line of a shell.
fn shell(line: &str) -> Build {
    let (program, option) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    Build {
        program: program.to_owned(),
        args: vec![option.to_owned(), line.to_owned()],
        env: BTreeMap::new(),
        time_limit: None,
        keep: Vec::new(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo says which cargo runs this"
)]
fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// The program that a line of cargo's messages is about, if it is the test target, and its package's directory.
fn test_program(line: &[u8], test: &str) -> Option<(PathBuf, PathBuf)> {
    let message: Value = aether_json::from_slice(line).ok()?;
    let target = message.get("target")?;
    let kinds = target.get("kind")?.as_array()?;
    let is_test = kinds.iter().any(|kind| kind.as_str() == Some("test"));
    if !is_test || target.get("name")?.as_str() != Some(test) {
        return None;
    }
    let program = PathBuf::from(message.get("executable")?.as_str()?);
    let manifest = Path::new(message.get("manifest_path")?.as_str()?);
    Some((program, manifest.parent()?.to_owned()))
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

/// What a failure says in one line: its first line and its last one.
pub(crate) fn shortened(why: &str) -> String {
    let mut lines = why.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    match lines.next_back() {
        None => first.to_owned(),
        Some(last) => format!("{first} … {}", last.trim_start_matches("| ")),
    }
}
