//! Runs scenarios with the program of a revision.
//!
//! A program that scenarios name is run by this process, in the checkout. Code that is tested through a subject
//! of this process is that of now; so the test target of the revision runs there, and what it leaves is taken:
//! its outputs if they differ from its goldens, else the goldens.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use aether_harness::evaluate::CheckRun;
use aether_harness::scenario::Found;
use aether_harness::snapshot::sha256_hex;
use aether_harness::{FileRole, Layout, Scenario, Suite, remove_tree};
use aether_json::json;

use super::cache::{Cache, Files, Stored};
use super::checkout::Checkout;
use super::git;
use super::left::{failed, files_of, steady};
use super::repository::{Entry, Repository};
use super::target::{InputsOf, Target};
use super::test_target::{REMOVED, Ran, Steadiness, TestTarget, shell};
use crate::commands::CommandError;

/// The version of what results are kept under.
const FORMAT: u32 = 1;

/// How the program of a revision is built and run.
#[derive(Clone, Debug)]
pub(crate) struct How {
    pub(crate) inputs: InputsOf,
    /// The command that builds it, if it is not what the scenarios say.
    pub(crate) build: Option<String>,
    /// The test target that holds the scenarios of subjects in Rust.
    pub(crate) test: String,
}

/// What came of a run.
pub(crate) enum Outcome {
    /// What the scenario produced; whether that took a run.
    Ran(Stored, bool),
    /// The revision cannot be built, and why.
    Unbuildable(String),
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
    /// The bytes of the largest case of each target so far.
    pub(super) largest: BTreeMap<String, u64>,
}

/// A revision in the checkout.
pub(super) struct At {
    commit: String,
    pub(super) suite: Suite,
    /// Why it cannot be used.
    pub(super) problem: Option<String>,
    tests: Option<Result<TestTarget, String>>,
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
            largest: BTreeMap::new(),
        })
    }

    pub(crate) fn checkout(&self) -> &Checkout {
        &self.checkout
    }

    /// The revision that is in the checkout.
    pub(crate) fn current(&self) -> Option<&str> {
        self.at.as_ref().map(|at| at.commit.as_str())
    }

    /// Where the output of what is started is kept while it runs.
    pub(super) fn logs(&self) -> &Path {
        self.cache.dir()
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
                    Ok(tests.trial(&self.at().suite, &target.name, self.cache.dir())?)
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

    /// What identifies the program of a target at a commit: every file but goldens, and inputs that are replaced by
    /// those of now.
    ///
    /// # Errors
    /// Git fails.
    pub(crate) fn program_digest(
        &self,
        target: &Target,
        commit: &str,
    ) -> Result<String, CommandError> {
        self.sources(target, commit, |_| true)
    }

    /// The revision in the checkout.
    pub(super) fn at(&self) -> &At {
        self.at
            .as_ref()
            .expect("a revision is checked out before a run")
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

    /// Checks out a commit, and builds what runs a target; or why it cannot be built. Nothing is done twice.
    ///
    /// # Errors
    /// The cache or git fails.
    pub(super) fn build(
        &mut self,
        target: &Target,
        commit: &str,
    ) -> Result<Result<(), String>, CommandError> {
        self.go_to(commit)?;
        if let Some(problem) = self.at().problem.clone() {
            return Ok(Err(problem));
        }
        if !target.is_program {
            return Ok(self.tests()?.map(drop));
        }
        let there = &self.at().suite;
        let found = there.look_up(&target.name);
        Ok(match found.map(|found| found.scenario) {
            Some(Ok(scenario)) => built(there, &scenario)?,
            // What is wrong with it is what its cases are refused for.
            Some(Err(_)) | None => Ok(()),
        })
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
        let at = self.at();
        let scenario = match at.suite.look_up(&target.name) {
            None => return Ok(Ok(failed("the scenario does not exist"))),
            Some(found) => match found.scenario {
                Err(error) => {
                    let error = CommandError::unless_of_machine(error)?;
                    return Ok(Ok(failed(&error.to_string())));
                }
                Ok(scenario) => scenario,
            },
        };
        if let Err(why) = built(&at.suite, &scenario)? {
            return Ok(Err(why));
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
            Ok(output) => files_of(&output.set),
            Err(failure) => failed(&steady(&CommandError::unless_of_machine(failure)?)),
        }))
    }

    /// The test targets of the revision, which are built once.
    pub(super) fn tests(&mut self) -> Result<Result<TestTarget, String>, CommandError> {
        let at = self.at();
        if let Some(tests) = &at.tests {
            return Ok(tests.clone());
        }
        let tests = TestTarget::build(&at.suite, &self.how, self.cache.dir())?;
        if let Some(at) = &mut self.at {
            at.tests = Some(tests.clone());
        }
        Ok(tests)
    }
}

/// Builds a scenario at a revision; or why it cannot be built.
///
/// # Errors
/// The machine failed.
pub(super) fn built(
    there: &Suite,
    scenario: &Scenario,
) -> Result<Result<(), String>, CommandError> {
    match CheckRun::build(there, scenario) {
        Ok(()) => Ok(Ok(())),
        Err(failure) => Ok(Err(CommandError::unless_of_machine(failure)?.to_string())),
    }
}

/// A revision that a person named and that cannot be built.
pub(crate) fn unbuildable(revision: &str, why: &str) -> CommandError {
    CommandError::Usage(format!("{revision} cannot be built: {why}"))
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
