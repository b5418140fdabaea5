//! Runs a command that is not a run of a scenario: one that builds the program, or asks for its version.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use aether_disk::{self as fs, File};

use super::group::Group;
use super::{SLOW, launch};
use crate::atomic::at;
use crate::{MachineFailure, Scratch};

/// Lines of its output that a failure repeats, and how far from its end they are looked for.
const TAIL_LINES: usize = 20;
const TAIL_BYTES: u64 = 16 << 10;

/// What a task may print.
const OUTPUT_BYTES_MAX: u64 = 256 << 20;

/// How often a running task is looked at.
const STEP_MAX: Duration = Duration::from_millis(20);

/// A command that is run for its effect or its output. What it leaves running is ended with it.
#[derive(Debug)]
pub struct Task<'a> {
    /// The command; its streams are set here.
    pub command: Command,
    /// What it is called if it takes long.
    pub name: &'a str,
    /// When it is ended; `None` if it may take as long as it takes.
    pub time_limit: Option<Duration>,
    /// The directory below which its output is kept while it runs.
    pub outputs: &'a Path,
}

/// What a task printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskOutput {
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its error stream.
    pub stderr: Vec<u8>,
}

/// Why a task failed.
#[derive(Debug)]
pub enum TaskFailure {
    /// Its program could not be started.
    NotStarted(io::Error),
    /// Its output could not be kept.
    Io(io::Error),
    /// It ended with another status than 0; with the end of its output.
    Status(ExitStatus, Vec<String>),
    /// It exceeded its time limit; with the end of its output.
    TimedOut(Duration, Vec<String>),
    /// It printed without end; with the end of its output.
    Endless(Vec<String>),
}

impl From<io::Error> for TaskFailure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl MachineFailure for TaskFailure {
    fn is_of_machine(&self) -> bool {
        match self {
            Self::Io(error) => error.is_of_machine(),
            // A file that is not a program is not to be started.
            Self::NotStarted(error) => {
                error.kind() != io::ErrorKind::PermissionDenied && error.is_of_machine()
            }
            Self::Status(..) | Self::TimedOut(..) | Self::Endless(_) => false,
        }
    }
}

impl fmt::Display for TaskFailure {
    /// What follows `the build …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail = match self {
            Self::NotStarted(error) | Self::Io(error) => {
                return write!(f, "cannot be run: {error}");
            }
            Self::Status(status, tail) => {
                write!(f, "ended with {status}")?;
                tail
            }
            Self::TimedOut(limit, tail) => {
                let limit = limit.as_secs_f64();
                write!(f, "exceeded its time limit of {limit} s and was killed")?;
                tail
            }
            Self::Endless(tail) => {
                let limit = OUTPUT_BYTES_MAX >> 20;
                write!(f, "printed more than {limit} MiB and was killed")?;
                tail
            }
        };
        for line in tail {
            write!(f, "\n  | {line}")?;
        }
        Ok(())
    }
}

impl Task<'_> {
    /// Runs the command to its end.
    ///
    /// # Errors
    /// It did not end with status 0.
    pub fn run(self) -> Result<TaskOutput, TaskFailure> {
        let scratch =
            Scratch::new(self.outputs, ".task-").map_err(|error| at(self.outputs, &error))?;
        let at = |name: &str| scratch.path().join(name);
        let (stdout, stderr, not_started) = (at("stdout"), at("stderr"), at("not-started"));
        let mut command = launch::kept(self.command, &not_started);
        command
            .stdin(Stdio::null())
            .stdout(File::create(&stdout)?)
            .stderr(File::create(&stderr)?);
        let mut group = Group::start(command).map_err(TaskFailure::NotStarted)?;
        let cut = wait(&mut group, self.name, self.time_limit, [&stdout, &stderr]);
        let status = group.end()?;
        if let Some(error) = launch::failure(&not_started) {
            return Err(TaskFailure::NotStarted(error));
        }
        let tail = || {
            // Errors are usually the last that is of interest.
            let mut lines = tail(&stdout);
            lines.extend(tail(&stderr));
            lines.split_off(lines.len().saturating_sub(TAIL_LINES))
        };
        match cut {
            Some(Cut::Endless) => Err(TaskFailure::Endless(tail())),
            Some(Cut::TimedOut(limit)) => Err(TaskFailure::TimedOut(limit, tail())),
            None if !status.success() => Err(TaskFailure::Status(status, tail())),
            None => Ok(TaskOutput {
                stdout: fs::read(&stdout)?,
                stderr: fs::read(&stderr)?,
            }),
        }
    }
}

/// Why a task is ended before it ends by itself.
enum Cut {
    TimedOut(Duration),
    Endless,
}

fn wait(
    group: &mut Group,
    name: &str,
    limit: Option<Duration>,
    streams: [&Path; 2],
) -> Option<Cut> {
    let mut waited = Duration::ZERO;
    let mut step = Duration::from_millis(1);
    let mut next = SLOW;
    while !group.has_ended() {
        if let Some(limit) = limit.filter(|limit| waited >= *limit) {
            return Some(Cut::TimedOut(limit));
        }
        let bytes = streams.map(|path| fs::metadata(path).map_or(0, |meta| meta.len()));
        if bytes.iter().sum::<u64>() > OUTPUT_BYTES_MAX {
            return Some(Cut::Endless);
        }
        if waited >= next {
            crate::visible::note!("{name} is still running after {} s", next.as_secs());
            next *= 2;
        }
        thread::sleep(step);
        waited += step;
        step = (step * 2).min(STEP_MAX);
    }
    None
}

/// The last lines of a stream that may be of any length.
pub fn tail(path: &Path) -> Vec<String> {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut said = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut said)?;
        Ok(said)
    };
    let said = read().unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    lines[from..].iter().map(|&line| line.to_owned()).collect()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn run(script: &str, limit: Option<Duration>) -> Result<TaskOutput, String> {
        let outputs = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let task = Task {
            command,
            name: "a task",
            time_limit: limit,
            outputs: outputs.path(),
        };
        let ended = task.run().map_err(|failure| failure.to_string());
        assert_eq!(fs::read_dir(outputs.path()).unwrap().count(), 0);
        ended
    }

    #[test]
    fn a_task_gives_what_it_printed_or_how_it_failed() {
        let output = run("echo a; echo b >&2", None).unwrap();
        assert_eq!(
            (&*output.stdout, &*output.stderr),
            (&b"a\n"[..], &b"b\n"[..])
        );
        assert_eq!(
            run("echo a; echo b >&2; exit 3", None).unwrap_err(),
            "ended with exit status: 3\n  | a\n  | b"
        );
        let hung = run("sleep 600 & wait", Some(Duration::from_millis(200)));
        assert_eq!(
            hung.unwrap_err(),
            "exceeded its time limit of 0.2 s and was killed"
        );
        let many = run(
            "i=0; while [ $i -lt 99 ]; do i=$((i+1)); echo $i; done; exit 1",
            None,
        );
        let many = many.unwrap_err();
        assert_eq!(many.lines().count(), 21, "{many}");
        assert!(many.ends_with("| 99"), "{many}");
    }

    #[test]
    fn a_program_that_is_not_there_is_a_failure() {
        let outputs = tempfile::tempdir().unwrap();
        let task = Task {
            command: Command::new("/nowhere/x"),
            name: "a task",
            time_limit: None,
            outputs: outputs.path(),
        };
        let failure = task.run().unwrap_err().to_string();
        assert!(
            failure.starts_with("cannot be run: No such file"),
            "{failure}"
        );
    }
}
