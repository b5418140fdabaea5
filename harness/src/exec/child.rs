//! Runs in a process of their own: this same program, started again with a hidden argument.
//!
//! Parent and child talk through a directory: `request.json` goes in, artefacts and `outcome.json`
//! come out, `stdout` and `stderr` hold what the child said. Whatever the child does, the parent
//! ends it some time after the scenario's time limit.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::surroundings::{Surrounding, Surroundings};
use super::{Ended, Job, STACK_BYTES};
use crate::judge::{Ending, Product, product};
use crate::scenario::Scenario;
use crate::snapshot::{GoldenSet, golden_file};
use crate::{Artefact, Layout, Mode, Schema, Suite};

/// The argument that makes this program a child.
const ARGUMENT: &str = "--aether-harness-child";

/// How long a child may take beside its run: to start, to write, and to notice that it should end.
const SLACK: Duration = Duration::from_secs(20);

/// Lines of a child's error stream that a message repeats.
const TAIL_LINES: usize = 12;

/// What a child has to do.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    /// The workspace's directories, which the child could not find again in other surroundings.
    root: PathBuf,
    target: PathBuf,
    scenario: PathBuf,
    label: String,
    mode: Word,
    changed: Surroundings,
}

/// [`Mode`] as it is written down.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Word {
    Direct,
    Threads(usize),
    Replay,
    Resume,
}

/// What a child did.
#[derive(Debug, Serialize, Deserialize)]
struct Outcome {
    /// Changes that could not be made, and why.
    unchanged: Vec<(Surrounding, String)>,
    end: End,
}

#[derive(Debug, Serialize, Deserialize)]
enum End {
    Made {
        artefacts: Vec<String>,
        failed: Option<String>,
        succeeded: bool,
    },
    Invalid(String),
    Broken(String),
    TimedOut(String),
}

/// What came out of a child.
#[derive(Clone, Debug)]
pub(crate) struct FromChild {
    pub(crate) product: Product,
    /// Changes of surroundings that could not be made, and why.
    pub(crate) unchanged: Vec<(Surrounding, String)>,
}

/// Runs a scenario in a child with these surroundings changed. `schema` is how to read what it
/// makes.
///
/// # Errors
/// There is nothing to compare.
pub(crate) fn run(
    layout: &Layout,
    scenario: &Scenario,
    mode: Mode,
    label: &str,
    changed: &Surroundings,
    schema: &Schema,
) -> Result<FromChild, Ended> {
    let broken = |error: io::Error| Ended::Broken(format!("no child process for the run: {error}"));
    let dir = scratch(layout).map_err(broken)?;
    let request = Request {
        root: layout.root().to_owned(),
        target: layout.target().to_owned(),
        scenario: scenario.dir().to_owned(),
        label: label.to_owned(),
        mode: match mode {
            Mode::Direct => Word::Direct,
            Mode::Threads(count) => Word::Threads(count),
            Mode::Replay => Word::Replay,
            Mode::Resume => Word::Resume,
        },
        changed: changed.clone(),
    };
    let mut child = start(dir.path(), &request).map_err(broken)?;
    let status = wait(&mut child, scenario.time_limit + SLACK).map_err(broken)?;
    let Some(status) = status else {
        return Err(Ended::TimedOut(format!(
            "did not end with its time limit of {} s, and was killed",
            scenario.time_limit.as_secs_f64()
        )));
    };
    let outcome = fs::read(dir.path().join("outcome.json"))
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Outcome>(&bytes).ok())
        .ok_or_else(|| Ended::Broken(without_outcome(dir.path(), status)))?;
    match outcome.end {
        End::Invalid(message) => Err(Ended::Invalid(message)),
        End::Broken(message) => Err(Ended::Broken(message)),
        End::TimedOut(message) => Err(Ended::TimedOut(message)),
        End::Made {
            artefacts,
            failed,
            succeeded,
        } => {
            let made = artefacts
                .into_iter()
                .map(|name| {
                    let bytes = fs::read(dir.path().join(golden_file(&name)))?;
                    Artefact::from_golden(name, bytes).map_err(io::Error::other)
                })
                .collect::<io::Result<Vec<_>>>()
                .map_err(broken)?;
            let set = GoldenSet::stored(made).map_err(|error| Ended::Broken(error.to_string()))?;
            let ending = match (failed, succeeded) {
                (Some(message), _) => Ending::Failed(message),
                (None, true) => Ending::Succeeded,
                (None, false) => Ending::Expected,
            };
            Ok(FromChild {
                product: Product {
                    set,
                    schema: schema.clone(),
                    ending,
                },
                unchanged: outcome.unchanged,
            })
        }
    }
}

fn scratch(layout: &Layout) -> io::Result<tempfile::TempDir> {
    let products = layout.products();
    fs::create_dir_all(&products)?;
    tempfile::Builder::new()
        .prefix(".child-")
        .tempdir_in(products)
}

fn start(dir: &Path, request: &Request) -> io::Result<Child> {
    fs::write(dir.join("request.json"), serde_json::to_vec(request)?)?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg(ARGUMENT)
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(File::create(dir.join("stdout"))?)
        .stderr(File::create(dir.join("stderr"))?);
    for surrounding in &request.changed {
        surrounding.change_outside(&mut command, dir);
    }
    command.spawn()
}

/// The child's exit status; `None` where it had to be killed.
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

/// How a child ended that left no outcome: its status and the end of what it said.
fn without_outcome(dir: &Path, status: ExitStatus) -> String {
    let said = fs::read(dir.join("stderr")).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    let tail = &lines[lines.len().saturating_sub(TAIL_LINES)..];
    let tail: String = tail.iter().map(|line| format!("\n  | {line}")).collect();
    format!("its process ended with {status} and left nothing{tail}")
}

/// Does what the parent asks, if this process is a child; `None` otherwise.
pub(crate) fn serve(suite: &Suite) -> Option<ExitCode> {
    let mut args = std::env::args_os().skip(1);
    if args.next()? != ARGUMENT {
        return None;
    }
    let dir = PathBuf::from(args.next()?);
    Some(match obey(suite, &dir) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", dir.display());
            ExitCode::from(3)
        }
    })
}

fn obey(suite: &Suite, dir: &Path) -> io::Result<()> {
    let request: Request = serde_json::from_slice(&fs::read(dir.join("request.json"))?)?;
    let unchanged: Vec<_> = request
        .changed
        .iter()
        .filter_map(|&surrounding| {
            let reason = surrounding.change_inside().err()?;
            Some((surrounding, reason))
        })
        .collect();
    let end = match perform(suite, &request) {
        Ok(product) => {
            let mut artefacts = Vec::new();
            for artefact in product.set.artefacts() {
                fs::write(dir.join(golden_file(artefact.name())), artefact.text())?;
                artefacts.push(artefact.name().to_owned());
            }
            End::Made {
                artefacts,
                succeeded: product.ending == Ending::Succeeded,
                failed: match product.ending {
                    Ending::Failed(message) => Some(message),
                    Ending::Expected | Ending::Succeeded => None,
                },
            }
        }
        Err(Ended::Invalid(message)) => End::Invalid(message),
        Err(Ended::Broken(message)) => End::Broken(message),
        Err(Ended::TimedOut(message)) => End::TimedOut(message),
    };
    let outcome = serde_json::to_vec(&Outcome { unchanged, end })?;
    fs::write(dir.join("outcome.json"), outcome)
}

fn perform(suite: &Suite, request: &Request) -> Result<Product, Ended> {
    let layout = Layout::new(&request.root).with_target(&request.target);
    let suite = suite.clone().layout(layout);
    let scenario =
        Scenario::load(&request.scenario).map_err(|error| Ended::Invalid(error.to_string()))?;
    let subject = suite
        .subject_of(&scenario)
        .map_err(|error| Ended::Invalid(error.to_string()))?;
    let has_other_stack = request.changed.contains(&Surrounding::StackSize);
    let made = Job {
        subject: &subject,
        scenario: &scenario,
        mode: match request.mode {
            Word::Direct => Mode::Direct,
            Word::Threads(count) => Mode::Threads(count),
            Word::Replay => Mode::Replay,
            Word::Resume => Mode::Resume,
        },
        label: &request.label,
        scratch: suite.paths().products(),
        stack_bytes: if has_other_stack {
            STACK_BYTES / 2 * 3
        } else {
            STACK_BYTES
        },
    }
    .run()?;
    product(&scenario, made)
}
