//! Runs a program once: its streams, its limits, and how it ended.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use aether_disk::{self as fs, File};
use aether_json::json;

use crate::locale;
use crate::machine::MachinePaths;
use aether_harness::exec::{Group, launch, tail};
use aether_harness::{Artefact, Failure, MachineFailure as _, Progress, Scratch};

/// What a program may write to one stream or declared file.
pub const OUTPUT_BYTES_MAX: u64 = 256 << 20;

/// A directory for one run, gone when dropped.
pub(crate) fn scratch(outputs: &Path) -> Result<Scratch, Failure> {
    Scratch::new(outputs, ".command-").map_err(|error| io_failure(outputs, &error))
}

pub(crate) fn io_failure(path: &Path, error: &io::Error) -> Failure {
    if error.is_of_machine() {
        Failure::unreadable(path, error)
    } else {
        Failure::program(format!("{}: {error}", path.display()))
    }
}

/// One run of a program, its streams in files under `scratch`.
pub(crate) struct Run<'a> {
    pub(crate) scratch: &'a Path,
    pub(crate) stdin: Option<&'a Path>,
    /// The files of the declared outputs, which may not grow without end.
    pub(crate) written: &'a [PathBuf],
    pub(crate) progress: &'a Progress,
    /// Whether warnings about a missing locale stay in the error stream, as they do for goldens of format 1.
    pub(crate) keeps_warnings: bool,
}

/// Why a program did not end by itself.
pub(crate) enum End {
    NotStarted(io::Error),
    Failure(Failure),
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    status: ExitStatus,
    /// The last lines of its error stream.
    tail: Vec<String>,
}

impl Run<'_> {
    /// Runs `command` to its end, and ends whatever it leaves running.
    pub(crate) fn to_end(&self, command: Command) -> Result<Ended, End> {
        let not_started = self.scratch.join("not-started");
        let mut command = launch::kept(command, &not_started);
        command
            .stdout(self.create("stdout")?)
            .stderr(self.create("stderr")?)
            .stdin(match self.stdin {
                Some(path) => open(path)
                    .map_err(|error| Failure::unreadable(path, &error))?
                    .into(),
                None => Stdio::null(),
            });
        let mut program = Group::start(command).map_err(End::NotStarted)?;
        let outcome = self.wait(&mut program);
        let status = program
            .end()
            .map_err(|error| Failure::program(format!("it cannot be waited for: {error}")))?;
        if let Some(error) = launch::failure(&not_started) {
            return Err(End::NotStarted(error));
        }
        if !self.keeps_warnings {
            let path = self.scratch.join("stderr");
            locale::drop_warnings(&path).map_err(|error| io_failure(&path, &error))?;
        }
        let ended = Ended {
            status,
            tail: tail(&self.scratch.join("stderr")),
        };
        outcome
            .and_then(|()| self.refuse_endless())
            .map_err(|why| {
                let message = format!("{why}{}", shown(&ended.tail));
                match why {
                    Cut::Stopped => Failure::cancelled(message),
                    Cut::Endless(_) => Failure::program(message),
                }
            })?;
        Ok(ended)
    }

    fn create(&self, name: &str) -> Result<File, Failure> {
        let path = self.scratch.join(name);
        File::create(&path).map_err(|error| io_failure(&path, &error))
    }

    /// Waits until the program has ended, without taking its status: until then its process id, and
    /// so that of its group, is nobody else's.
    fn wait(&self, program: &mut Group) -> Result<(), Cut> {
        let mut step = Duration::from_millis(1);
        while !program.has_ended() {
            if self.progress.is_stopped() {
                return Err(Cut::Stopped);
            }
            self.refuse_endless()?;
            thread::sleep(step);
            step = (step * 2).min(Duration::from_millis(20));
        }
        Ok(())
    }

    fn refuse_endless(&self) -> Result<(), Cut> {
        let streams = ["stdout", "stderr"].map(|name| self.scratch.join(name));
        for path in streams.iter().chain(self.written) {
            let bytes = fs::metadata(path).map_or(0, |meta| meta.len());
            if bytes > OUTPUT_BYTES_MAX {
                let name = path.file_name().unwrap_or_default();
                return Err(Cut::Endless(name.to_string_lossy().into_owned()));
            }
        }
        Ok(())
    }
}

/// Opens what the program reads. To open a pipe is to wait for somebody who writes to it, and may never come.
fn open(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if fs::metadata(path)?.file_type().is_fifo() {
            return Err(io::Error::other("it is a pipe, and not a file"));
        }
    }
    File::open(path)
}

/// Why a program was ended.
#[derive(Debug, thiserror::Error)]
enum Cut {
    #[error("the program was killed when asked to stop")]
    Stopped,
    #[error("{0} grew beyond {mib} MiB, and the program was killed", mib = OUTPUT_BYTES_MAX >> 20)]
    Endless(String),
}

impl Ended {
    /// The exit status of a program that ended with one of these, or its failure.
    pub(crate) fn refuse_failure(
        &self,
        successes: &[i32],
        machine: &MachinePaths,
    ) -> Result<i32, Failure> {
        if let Some(code) = self.status.code()
            && successes.contains(&code)
        {
            return Ok(code);
        }
        let message = format!(
            "the program ended with {}{}",
            self.status,
            shown(&self.tail)
        );
        Err(self.failure(message, None, machine))
    }

    /// The failure of a program that ended well but left something that is not an output.
    pub(crate) fn but(&self, problem: &str, machine: &MachinePaths) -> Failure {
        let message = format!(
            "{problem}\n  the program ended with {}{}",
            self.status,
            shown(&self.tail)
        );
        self.failure(message, Some(problem), machine)
    }

    /// The error document is a golden if a failure is expected, so it must not hold anything that is
    /// true only of one machine.
    fn failure(&self, message: String, problem: Option<&str>, machine: &MachinePaths) -> Failure {
        let tail: Vec<String> = self
            .tail
            .iter()
            .map(|line| machine.replaced(line))
            .collect();
        let mut error = json!({ "status": self.status.code(), "stderr": tail });
        if let Some(signal) = signal(self.status) {
            error["signal"] = json!(signal);
        }
        if let Some(problem) = problem {
            error["problem"] = json!(problem);
        }
        let error = Artefact::from_json("error", error.to_string().as_bytes())
            .expect("what aether-json writes is JSON");
        Failure::program(message).with_error(error)
    }
}

fn shown(tail: &[String]) -> String {
    tail.iter().map(|line| format!("\n  | {line}")).collect()
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;
    status.signal()
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}
