//! Starting a program, waiting for it, and ending it when asked to.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::{Artefact, Cancel, Failure, FailureKind, Layout};

/// Lines of the error stream that a failure repeats.
const TAIL_LINES: usize = 20;

/// A directory for one run, gone when dropped.
pub(super) fn scratch(layout: &Layout) -> Result<tempfile::TempDir, Failure> {
    let products = layout.products();
    fs::create_dir_all(&products)
        .and_then(|()| {
            tempfile::Builder::new()
                .prefix(".command-")
                .tempdir_in(&products)
        })
        .map_err(|error| io_failure(&products, &error))
}

pub(super) fn io_failure(path: &Path, error: &io::Error) -> Failure {
    Failure::engine(format!("{}: {error}", path.display()))
}

pub(super) fn invalid_io(path: &Path, error: &io::Error) -> Failure {
    Failure::invalid(format!("{}: {error}", path.display()))
}

/// Runs `command` to its end, its streams in files under `scratch`.
pub(super) fn run(
    mut command: Command,
    stdin: Option<&Path>,
    scratch: &Path,
    cancel: &Cancel,
) -> Result<(), Failure> {
    let create = |name: &str| {
        let path = scratch.join(name);
        File::create(&path).map_err(|error| io_failure(&path, &error))
    };
    command
        .stdout(create("stdout")?)
        .stderr(create("stderr")?)
        .stdin(match stdin {
            Some(path) => File::open(path)
                .map_err(|error| invalid_io(path, &error))?
                .into(),
            None => Stdio::null(),
        });
    own_group(&mut command);
    let mut child = command.spawn().map_err(|error| {
        let program = command.get_program().to_string_lossy().into_owned();
        Failure::engine(format!("{program} cannot be started: {error}"))
    })?;
    let mut step = Duration::from_millis(1);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => {}
            Err(error) => return Err(Failure::engine(format!("it cannot be waited for: {error}"))),
        }
        if cancel.is_stopped() {
            end(&mut child);
            return Err(Failure::cancelled());
        }
        thread::sleep(step);
        step = (step * 2).min(Duration::from_millis(20));
    };
    if status.success() {
        return Ok(());
    }
    let said = fs::read(scratch.join("stderr")).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    let tail = &lines[lines.len().saturating_sub(TAIL_LINES)..];
    let shown: String = tail.iter().map(|line| format!("\n  | {line}")).collect();
    let error = json!({ "status": status.code(), "stderr": tail }).to_string();
    Err(Failure {
        kind: FailureKind::Engine,
        message: format!("the program ended with {status}{shown}"),
        error: Artefact::from_json("error", error.as_bytes()).ok(),
    })
}

/// Puts the program and what it starts into a group that can be ended as one.
#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

/// Ends the program, and on Unix everything that it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            // It may have ended by itself just now.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
    let _ = child.kill();
    let _ = child.wait();
}
