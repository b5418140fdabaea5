//! Temporary workspaces, and this binary in other roles over them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use aether_harness::{Layout, Runner, Suite};
use aether_harness_cli::commands::{
    BlessOptions, CommandError, Console, FlakyOptions, Listing, ReviewOptions, Status, bless,
    flaky, review,
};
use aether_program::CommandSubject;
use serde_json::Value;
use tempfile::TempDir;

use crate::automaton::Automaton;
use crate::planted::Planted;

/// The variable that names the part which this binary plays.
pub(crate) const PLAY: &str = "AETHER_HARNESS_PLAY";
/// The variable that says that every tool which tests use is there, so that a missing one is a failure
/// and not a reason to skip a test.
const REQUIRE_TOOLS: &str = "AETHER_REQUIRE_TOOLS";

/// Says that a test is skipped because of `what` is missing; fails it where tools are required, as in
/// `.ci/run`.
#[track_caller]
pub(crate) fn skipped(what: &str) {
    let is_required = std::env::var_os(REQUIRE_TOOLS).is_some_and(|value| !value.is_empty());
    assert!(!is_required, "{REQUIRE_TOOLS} is set, and {what}");
    eprintln!("SKIPPED: {what}");
}

/// Whether a program is there and can be started.
pub(crate) fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// The variable that names the workspace to play it in.
pub(crate) const ROOT: &str = "AETHER_HARNESS_ROOT";

/// Plays `runner`, `run`, `command`, `flaky`, `bless`, `bless-in-seconds` or `review` over the workspace at `root`; `runner alpha` has another
/// subject than the automaton.
pub(crate) fn play(part: &str, root: &Path) -> ExitCode {
    let (part, subject) = part.split_once(' ').unwrap_or((part, ""));
    let suite = match subject {
        "" => suite(root),
        _ => bare(root).subject(Planted::named(subject)),
    };
    if part == "runner" {
        return Runner::of(suite).main();
    }
    let suite = match suite.with_children() {
        Ok(suite) => suite,
        Err(status) => return status,
    };
    if part == "run" {
        let args = std::env::args_os();
        return match Runner::of(suite).run_with(args) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(1),
            Err(error) => {
                eprintln!("{error}");
                ExitCode::from(CommandError::from(error).code())
            }
        };
    }
    if part == "command" {
        return <CommandLine as clap::Parser>::parse().command.run(&suite);
    }
    if part == "review" {
        let options = ReviewOptions {
            date: "2026-11-25".to_owned(),
            ..ReviewOptions::default()
        };
        return ended(Console::standard(|console| {
            review(&suite, &options, console)
        }));
    }
    if part == "flaky" {
        let options = FlakyOptions {
            names: Vec::new(),
            repeat: 8,
            load: 4,
            format: Listing::Json,
        };
        return ended(Console::standard(|console| {
            flaky(&suite, &options, console)
        }));
    }
    let options = BlessOptions {
        all: true,
        reason: Some("as ordered".to_owned()),
        date: "2026-11-23".to_owned(),
        another_second: !subject.is_empty() || part == "bless-in-seconds",
        ..BlessOptions::default()
    };
    ended(Console::standard(|console| {
        bless(&suite, &options, console)
    }))
}

/// The command line, as `cargo xtask` and `aether-harness` have it.
#[derive(clap::Parser)]
struct CommandLine {
    #[command(subcommand)]
    command: aether_harness_cli::Command,
}

fn ended(result: Result<Status, CommandError>) -> ExitCode {
    match result {
        Ok(status) => ExitCode::from(status.code()),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(error.code())
        }
    }
}

pub(crate) fn suite(root: &Path) -> Suite {
    bare(root).subject(Automaton)
}

/// A suite whose only subject is what scenarios with a `[command]` name.
pub(crate) fn bare(root: &Path) -> Suite {
    let layout = Layout::new(root).with_target(root.join("target"));
    Suite::new(root)
        .layout(layout)
        .command("cargo xtask")
        .subject(CommandSubject)
}

/// What a command said and how it ended.
pub(crate) struct Said {
    pub(crate) result: Result<Status, CommandError>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// The error's text.
    #[track_caller]
    pub(crate) fn error(&self) -> String {
        self.result.as_ref().unwrap_err().to_string()
    }

    /// The exit status.
    pub(crate) fn code(&self) -> u8 {
        match &self.result {
            Ok(status) => status.code(),
            Err(error) => error.code(),
        }
    }
}

/// A workspace that lives as long as its test.
pub(crate) struct Workspace {
    dir: TempDir,
}

impl Workspace {
    /// An empty workspace.
    pub(crate) fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("scenarios")).unwrap();
        Self { dir }
    }

    /// A workspace with one blessed scenario, `ring`.
    pub(crate) fn blessed() -> Self {
        let workspace = Self::empty();
        workspace.scenario("ring", "", "");
        workspace.bless("ring", "first");
        workspace
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Replaces part of a file, which must be there.
    #[track_caller]
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}:\n{text}");
        self.write(path, &text.replacen(from, to, 1));
    }

    /// A scenario of the automaton: more keys of `scenario.toml`, and a fault.
    pub(crate) fn scenario(&self, name: &str, keys: &str, fault: &str) {
        self.write(
            &format!("scenarios/{name}/scenario.toml"),
            &format!("description = \"rule 30 on a ring\"\nruntime = \"instant\"\n{keys}"),
        );
        self.write(
            &format!("scenarios/{name}/run.toml"),
            &format!("rule = 30\ncells = [0, 0, 1, 0, 0, 0, 0]\nticks = 6\nfault = \"{fault}\"\n"),
        );
    }

    pub(crate) fn suite(&self) -> Suite {
        suite(self.root())
    }

    /// Runs a command of the library on strings.
    pub(crate) fn command(
        &self,
        work: impl FnOnce(&Suite, &mut Console<'_>) -> Result<Status, CommandError>,
    ) -> Said {
        let mut out = anstream::StripStream::new(Vec::new());
        let mut err = Vec::new();
        let result = work(
            &self.suite(),
            &mut Console {
                out: &mut out,
                err: &mut err,
                ask: None,
            },
        );
        let out = String::from_utf8(out.into_inner()).unwrap();
        let err = String::from_utf8(err).unwrap();
        Said { result, out, err }
    }

    /// A bless that must succeed.
    #[track_caller]
    pub(crate) fn bless(&self, name: &str, reason: &str) -> String {
        let said = self.try_bless(name, Some(reason));
        match said.result {
            Ok(Status::Done) => said.out,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn try_bless(&self, name: &str, reason: Option<&str>) -> Said {
        let options = BlessOptions {
            names: vec![name.to_owned()],
            reason: reason.map(str::to_owned),
            date: "2026-11-23".to_owned(),
            ..BlessOptions::default()
        };
        self.command(|suite, console| bless(suite, &options, console))
    }

    /// This binary in another part, over this workspace.
    pub(crate) fn process(&self, part: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(PLAY, part).env(ROOT, self.root());
        // Whatever runs these tests, what they start is on its own.
        for name in [
            "CI",
            "CARGO_TARGET_DIR",
            "NEXTEST_RUN_ID",
            "AETHER_HARNESS_RUN",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// The test runner with these arguments.
    pub(crate) fn runner(&self, args: &[&str]) -> Ran {
        Ran::of(self.process("runner").args(args))
    }

    /// The directories of all runs, oldest first.
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let runs = self.runs_if_any();
        assert!(!runs.is_empty(), "nothing was run");
        runs
    }

    pub(crate) fn runs_if_any(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("target/scenarios/.results"));
        let mut runs: Vec<(u64, PathBuf)> = entries
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let dir = entry.unwrap().path();
                // What remains of an old run has no such file.
                let about = fs::read(dir.join("run.json")).ok()?;
                let about: Value = serde_json::from_slice(&about).unwrap();
                Some((about["started"].as_u64().unwrap(), dir))
            })
            .collect();
        runs.sort();
        runs.into_iter().map(|(_, dir)| dir).collect()
    }

    pub(crate) fn newest_run(&self) -> PathBuf {
        self.runs().pop().unwrap()
    }

    /// The stored result of a trial in the newest run.
    #[track_caller]
    pub(crate) fn result(&self, scenario: &str, check: &str) -> Value {
        let path = self.newest_run().join(format!("{scenario}.{check}.json"));
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }
}

/// A process that has ended.
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().unwrap();
        Self {
            status: status.code(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }
}
