//! Runs in a process of their own: this same program, started again with a hidden argument.
//!
//! Parent and child talk through a directory: `request.json` goes in, `response.json` and one file per
//! artefact come out, `stdout` and `stderr` hold what the child printed. Whatever the child does, the parent
//! kills it some time after the scenario's time limit.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use aether_disk::{self as fs, File};
use serde::{Deserialize, Serialize};

use super::environment::{EnvironmentChange, EnvironmentChanges, Unchangeable};
use super::variables::{self, Alteration, Altered, Inherited};
use super::{Guard, Outcome, RunFailure, STACK_BYTES, launch};
use crate::atomic::at;
use crate::scenario::{Scenario, ScenarioName};
use crate::varying::HOME;
use crate::{Artefact, Failure, Layout, MachineFailure as _, RunRequest, Scratch, Suite};

/// The argument that makes this program a child.
const ARGUMENT: &str = "--aether-harness-child";

const REQUEST: &str = "request.json";
const RESPONSE: &str = "response.json";

/// How long a child may take in addition to its run: to start, to write, and to notice that it should end.
const SLACK: Duration = Duration::from_secs(20);

/// Lines of a child's error stream that a message repeats.
const TAIL_LINES: usize = 12;

/// What a child has to do.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    /// The workspace's directories, which the child could not find again in another environment.
    root: PathBuf,
    target: PathBuf,
    scenario: String,
    label: String,
    mode: Option<String>,
    /// Whether the rules of the scenario's goldens apply; if not, the newest do.
    has_goldens: bool,
    changes: BTreeSet<EnvironmentChange>,
    /// Variables that the program which the subject starts may not inherit.
    removed: Vec<String>,
}

/// What a child did.
#[derive(Debug, Serialize, Deserialize)]
struct Response {
    /// Changes that could not be made, and why.
    unchanged: Vec<(EnvironmentChange, Unchangeable)>,
    end: End,
}

#[derive(Debug, Serialize, Deserialize)]
enum End {
    /// The run ended with artefacts.
    Ran { inputs: Sent, artefacts: Vec<Sent> },
    /// The run ended with the program's own error.
    ProgramFailed {
        inputs: Sent,
        message: String,
        error: Option<Sent>,
    },
    /// There is nothing to compare.
    Failed(RunFailure),
}

/// An artefact on its way to the parent: its name, and the file in the directory that has its text.
/// A name can have any characters, so it does not name the file.
#[derive(Debug, Serialize, Deserialize)]
struct Sent {
    name: String,
    file: String,
    /// The files of the bytes that it has the digest of, and of its text before values were replaced.
    bytes: Option<String>,
    raw: Option<String>,
}

/// What came out of a child.
pub(crate) struct ChildRun {
    /// The inputs as the child read them.
    pub(crate) inputs: Artefact,
    /// How its run ended.
    pub(crate) outcome: Outcome,
    /// Changes of the environment that could not be made, and why.
    pub(crate) unchanged: Vec<(EnvironmentChange, Unchangeable)>,
}

/// A run in its own process.
pub(crate) struct ChildJob<'a> {
    pub(crate) layout: &'a Layout,
    /// Variables that the child does not inherit.
    pub(crate) removed: &'a [String],
    pub(crate) scenario: &'a Scenario,
    /// The name of a mode; `None` for a direct run.
    pub(crate) mode: Option<&'a str>,
    pub(crate) label: &'a str,
    pub(crate) changes: &'a EnvironmentChanges,
    /// The variables that may be neither removed nor changed, if the subject says so.
    pub(crate) pass: Option<&'a [String]>,
}

impl ChildJob<'_> {
    /// Runs the scenario in a child with these changes of the environment.
    ///
    /// # Errors
    /// There is nothing to compare.
    pub(crate) fn run(&self) -> Result<ChildRun, RunFailure> {
        let lost = |error: io::Error| RunFailure::NoChild {
            error: error.to_string(),
        };
        let dir = scratch(self.layout).map_err(lost)?;
        let (root, not_reached) = self.root(dir.path());
        let altered = self.altered(dir.path());
        let request = Request {
            root,
            target: self.layout.target().to_owned(),
            scenario: self.scenario.name().to_string(),
            label: self.label.to_owned(),
            mode: self.mode.map(str::to_owned),
            has_goldens: self.scenario.goldens().is_some(),
            changes: self.changes.parts().clone(),
            removed: altered
                .iter()
                .filter(|altered| altered.to == Alteration::RemovedForProgram)
                .map(|altered| altered.name.clone())
                .collect(),
        };
        let limit = self.scenario.time_limit;
        let mut child = start(dir.path(), &request, &altered, self.removed).map_err(lost)?;
        let status = wait(&mut child, limit + SLACK).map_err(lost)?;
        let Some(status) = status else {
            return Err(RunFailure::Killed { limit });
        };
        let response = match fs::read(dir.path().join(RESPONSE)) {
            Ok(bytes) => aether_json::from_slice::<Response>(&bytes).ok(),
            Err(error) if error.is_of_machine() => {
                return Err(lost(at(&dir.path().join(RESPONSE), &error)));
            }
            Err(_) => None,
        };
        let response = response.ok_or_else(|| without_response(dir.path(), status))?;
        let (inputs, outcome) = match response.end {
            End::Failed(failure) => return Err(failure),
            End::Ran { inputs, artefacts } => {
                let artefacts = artefacts.iter().map(|sent| sent.receive(dir.path()));
                let artefacts = artefacts.collect::<io::Result<Vec<_>>>().map_err(lost)?;
                (inputs, Ok(artefacts))
            }
            End::ProgramFailed {
                inputs,
                message,
                error,
            } => {
                let error = error.map(|sent| sent.receive(dir.path())).transpose();
                let mut failure = Failure::program(message);
                failure.error = error.map_err(lost)?;
                (inputs, Err(failure))
            }
        };
        let mut unchanged = response.unchanged;
        unchanged.extend(not_reached.map(|why| (EnvironmentChange::RootPath, why)));
        Ok(ChildRun {
            inputs: inputs.receive(dir.path()).map_err(lost)?,
            outcome,
            unchanged,
        })
    }

    /// The path by which the child reaches the root: a link, if that is changed and the system lets
    /// anyone make one.
    fn root(&self, scratch: &Path) -> (PathBuf, Option<Unchangeable>) {
        let root = self.layout.root();
        if !self.changes.parts().contains(&EnvironmentChange::RootPath) {
            return (root.to_owned(), None);
        }
        let other = scratch.join("another").join("path");
        let made = fs::create_dir_all(scratch.join("another"))
            .map_err(Unchangeable::system)
            .and_then(|()| link(root, &other));
        match made {
            Ok(()) => (other, None),
            Err(why) => (root.to_owned(), Some(why)),
        }
    }

    /// What becomes of the variables.
    fn altered(&self, scratch: &Path) -> Vec<Altered> {
        let values = variables::inherited();
        let inherited = Inherited {
            values: &values,
            pass: self.pass,
        };
        let mut altered = Vec::new();
        for &change in self.changes.parts() {
            altered.extend(inherited.altered(change, scratch));
        }
        altered.retain(|altered| self.changes.covers(&altered.name));
        altered
    }
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> Result<(), Unchangeable> {
    fs::symlink(to, at).map_err(Unchangeable::system)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> Result<(), Unchangeable> {
    // Links to directories need rights there.
    Err(Unchangeable::Unsupported)
}

impl Sent {
    /// Writes an artefact into the directory, as its file number `index`.
    fn send(artefact: &Artefact, dir: &Path, index: usize) -> io::Result<Self> {
        let put = |file: String, content: &[u8]| {
            fs::write(dir.join(&file), content)?;
            Ok::<_, io::Error>(file)
        };
        let part = |part: &str, content: Option<&[u8]>| {
            let put = content.map(|content| put(format!("artefact-{index}-{part}"), content));
            put.transpose()
        };
        Ok(Self {
            name: artefact.name().to_owned(),
            file: put(format!("artefact-{index}"), artefact.text())?,
            bytes: part("bytes", artefact.bytes())?,
            raw: part("raw", artefact.raw())?,
        })
    }

    fn receive(&self, dir: &Path) -> io::Result<Artefact> {
        let text = fs::read(dir.join(&self.file))?;
        let mut artefact = Artefact::from_golden(&*self.name, text).map_err(io::Error::other)?;
        if let Some(file) = &self.bytes {
            let bytes = fs::read(dir.join(file))?;
            artefact = artefact.with_bytes(&bytes).map_err(io::Error::other)?;
        }
        if let Some(file) = &self.raw {
            let raw = fs::read(dir.join(file))?;
            artefact = artefact.with_raw(&raw).map_err(io::Error::other)?;
        }
        Ok(artefact)
    }
}

fn scratch(layout: &Layout) -> io::Result<Scratch> {
    Scratch::new(&layout.outputs(), ".child-")
}

fn start(
    dir: &Path,
    request: &Request,
    altered: &[Altered],
    removed: &[String],
) -> io::Result<Child> {
    fs::create_dir_all(dir.join(HOME))?;
    fs::write(dir.join(REQUEST), aether_json::to_vec(request)?)?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg(ARGUMENT)
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(File::create(dir.join("stdout"))?)
        .stderr(File::create(dir.join("stderr"))?);
    for name in removed {
        command.env_remove(name);
    }
    for Altered { name, to } in altered {
        match to {
            Alteration::Set(value) => command.env(name, value),
            Alteration::Removed => command.env_remove(name),
            Alteration::RemovedForProgram => continue,
        };
    }
    if request.changes.contains(&EnvironmentChange::Directory) {
        command.current_dir(dir);
    }
    command.spawn()
}

/// The child's exit status; `None` if it had to be killed.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let mut waited = Duration::ZERO;
    let mut step = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if waited >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(step);
        waited += step;
        step = (step * 2).min(Duration::from_millis(50));
    }
}

/// How a child ended that left no result: its status and the end of its error stream.
fn without_response(dir: &Path, status: ExitStatus) -> RunFailure {
    let stderr = fs::read(dir.join("stderr")).unwrap_or_default();
    let stderr = String::from_utf8_lossy(&stderr);
    let lines: Vec<&str> = stderr.lines().collect();
    let tail = &lines[lines.len().saturating_sub(TAIL_LINES)..];
    RunFailure::ChildLost {
        status: status.to_string(),
        stderr: tail.iter().map(|&line| line.to_owned()).collect(),
    }
}

impl Suite {
    /// Lets this program be started again as a child process, for the `process` check and for
    /// subjects that need a process of their own. Call it first in `main`: in such a child the work is
    /// done here, and `main` returns the exit status it is given.
    ///
    /// [`Runner::main`](crate::Runner::main) does this itself.
    ///
    /// # Errors
    /// The exit status of the child that this process is.
    pub fn with_children(self) -> Result<Self, ExitCode> {
        launch::enable();
        match launch::serve().or_else(|| serve(&self)) {
            Some(status) => Err(status),
            None => Ok(self.that_has_children()),
        }
    }
}

/// Does what the parent asks, if this process is a child; `None` otherwise.
fn serve(suite: &Suite) -> Option<ExitCode> {
    let mut args = std::env::args_os().skip(1);
    if args.next()? != ARGUMENT {
        return None;
    }
    let dir = PathBuf::from(args.next()?);
    Some(match obey(suite, &dir) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            crate::visible::note!("{}: {error}", dir.display());
            ExitCode::from(3)
        }
    })
}

fn obey(suite: &Suite, dir: &Path) -> io::Result<()> {
    end_with_parent();
    let request: Request = aether_json::from_slice(&fs::read(dir.join(REQUEST))?)?;
    let unchanged: Vec<_> = request
        .changes
        .iter()
        .filter_map(|&change| {
            let reason = change.change_inside().err()?;
            Some((change, reason))
        })
        .collect();
    let end = match perform(suite, &request) {
        Ok((inputs, outcome)) => {
            let inputs = Sent::send(&inputs, dir, 0)?;
            match outcome {
                Ok(artefacts) => End::Ran {
                    inputs,
                    artefacts: (1..)
                        .zip(&artefacts)
                        .map(|(index, artefact)| Sent::send(artefact, dir, index))
                        .collect::<io::Result<_>>()?,
                },
                Err(failure) => End::ProgramFailed {
                    inputs,
                    message: failure.message,
                    error: failure
                        .error
                        .map(|error| Sent::send(&error, dir, 1))
                        .transpose()?,
                },
            }
        }
        Err(failure) => End::Failed(failure),
    };
    let response = aether_json::to_vec(&Response { unchanged, end })?;
    fs::write(dir.join(RESPONSE), response)
}

/// Asks the system to end this process when its parent ends, however that ends. The signal is one that a
/// subject can handle, to end what it has started itself.
fn end_with_parent() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, getppid, set_parent_process_death_signal};
        let parent = getppid();
        // A system that cannot do this leaves the process to its time limit.
        let _ = set_parent_process_death_signal(Some(Signal::TERM));
        if getppid() != parent {
            std::process::exit(1);
        }
    }
}

/// The inputs as this process reads them, and how the run ended.
fn perform(suite: &Suite, request: &Request) -> Result<(Artefact, Outcome), RunFailure> {
    let layout = Layout::new(&request.root)
        .with_target(&request.target)
        .reached_by(&request.root);
    let suite = suite.clone().layout(layout);
    let name = ScenarioName::new(&*request.scenario);
    let name = name.map_err(|error| RunFailure::Invalid {
        message: error.to_string(),
    })?;
    let mut scenario = suite.load(&name)?;
    if !request.has_goldens {
        scenario = scenario.without_goldens();
    }
    let has_other_stack = request.changes.contains(&EnvironmentChange::StackSize);
    let guard = Guard {
        scenario: &scenario,
        label: &request.label,
        stack_bytes: if has_other_stack {
            STACK_BYTES / 2 * 3
        } else {
            STACK_BYTES
        },
    };
    let prepared = guard.open()?;
    let mut run = RunRequest::direct(suite.paths().outputs()).in_mode(request.mode.as_deref());
    run.removed_variables.clone_from(&request.removed);
    let outcome = guard.run(&prepared, run)?;
    Ok((prepared.inputs().clone(), outcome))
}
