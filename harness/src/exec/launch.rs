//! Programs that end with this process, however it ends.
//!
//! Only a process itself can ask Linux to be ended with its parent, and the request survives `exec`. So
//! this same program is started with a hidden argument, asks, and becomes the program that is meant. What only a
//! process can change of its own environment is changed in the same way. A program that may start others has this
//! program beside it as its [keeper](super::keeper).

use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};
#[cfg(target_os = "linux")]
use std::sync::atomic::{AtomicBool, Ordering};

use super::EnvironmentChange;
use super::variables;

/// The argument that makes this program the start of another.
const ARGUMENT: &str = "--aether-harness-launch";

/// This program: even if its file was replaced meanwhile, this is what is running.
#[cfg(unix)]
const THIS: &str = "/proc/self/exe";

/// The argument that makes it the keeper of another.
const KEPT: &str = "--aether-harness-keep";

/// The argument that makes it the start of another in a changed environment.
const CHANGED: &str = "--aether-harness-changed";

/// The changes that any program can be started with. Its directory and the path of the root may be part of what
/// it is told to do, and are left as they are. So are the processors: a program that changes its own environment, as
/// the `process` check does, could not take one more away.
pub const ANY_PROGRAM: [EnvironmentChange; 7] = [
    EnvironmentChange::AddressLayout,
    EnvironmentChange::Variables,
    EnvironmentChange::Locale,
    EnvironmentChange::TimeZone,
    EnvironmentChange::Umask,
    EnvironmentChange::StackSize,
    EnvironmentChange::HashSeeds,
];

/// Whether this program does what that argument asks.
#[cfg(target_os = "linux")]
static LAUNCHES: AtomicBool = AtomicBool::new(false);

/// From now on, [`launched`] can start this program.
pub(super) fn enable() {
    #[cfg(target_os = "linux")]
    LAUNCHES.store(true, Ordering::Relaxed);
}

/// The command to start in place of `command`, so that what it starts ends with the thread that starts it.
/// A number in the file `error` then says why the program could not be started, as [`failure`] reads it.
///
/// Where the system cannot do that, or this program does not [serve its
/// children](crate::Suite::with_children), it is `command` itself.
pub fn launched(command: Command, error: &Path) -> Command {
    started_as(ARGUMENT, command, error)
}

/// The same for a program that may start others: all of them end with it, wherever they hide. It is meant for
/// [`Group::start`](super::Group::start).
pub fn kept(command: Command, error: &Path) -> Command {
    started_as(KEPT, command, error)
}

fn started_as(argument: &str, command: Command, error: &Path) -> Command {
    #[cfg(target_os = "linux")]
    if LAUNCHES.load(Ordering::Relaxed) {
        let parent = std::process::id().to_string();
        return started_by_this(&command, [argument.into(), parent.into(), error.into()]);
    }
    let _ = (argument, error);
    command
}

/// Whether a command starts a keeper, which ends its program when it is asked to end.
#[cfg(unix)]
pub(super) fn is_kept(command: &Command) -> bool {
    command.get_program() == THIS && command.get_args().next().is_some_and(|first| first == KEPT)
}

/// The same command in a changed environment. No variable is removed, and `HOME` stays: programs and their tools
/// are found by them. Changes that cannot be made are named on the error stream; elsewhere than on Linux, or if
/// this program does not [serve its children](crate::Suite::with_children), only variables are changed.
pub fn changed(mut command: Command, changes: &[EnvironmentChange]) -> Command {
    for change in changes {
        command.envs(variables::for_any_program(*change));
    }
    #[cfg(target_os = "linux")]
    if LAUNCHES.load(Ordering::Relaxed) && !changes.is_empty() {
        let names: Vec<&str> = changes.iter().map(|change| change.name()).collect();
        let arguments = [CHANGED.into(), names.join(",").into()];
        return started_by_this(&command, arguments);
    }
    command
}

/// This program, which starts `command` after `arguments`.
#[cfg(target_os = "linux")]
fn started_by_this<const N: usize>(
    command: &Command,
    arguments: [std::ffi::OsString; N],
) -> Command {
    let mut launcher = Command::new(THIS);
    launcher
        .args(arguments)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => launcher.env(name, value),
            None => launcher.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        launcher.current_dir(dir);
    }
    launcher
}

/// Why a program that was [`launched`] could not be started; `None` if it was.
pub fn failure(error: &Path) -> Option<io::Error> {
    let text = std::fs::read_to_string(error).ok()?;
    text.parse().ok().map(io::Error::from_raw_os_error)
}

/// Becomes another program, if that is what this process was started for.
pub(super) fn serve() -> Option<ExitCode> {
    let mut args = std::env::args_os().skip(1);
    let argument = args.next()?;
    if argument == CHANGED {
        let (changes, program) = (args.next()?, args.next()?);
        let mut command = Command::new(&program);
        command.args(args);
        let why = become_changed(&mut command, &changes.to_string_lossy());
        crate::visible::note!("{}: {why}", program.to_string_lossy());
        return Some(ExitCode::from(127));
    }
    if argument != ARGUMENT && argument != KEPT {
        return None;
    }
    let (parent, error, program) = (args.next()?, args.next()?, args.next()?);
    let mut command = Command::new(program);
    command.args(args);
    let why = become_program(&mut command, &parent.to_string_lossy(), argument == KEPT);
    // Without the file, the exit status says that something is wrong.
    let _ = aether_disk::write(error, why.raw_os_error().unwrap_or_default().to_string());
    Some(ExitCode::from(127))
}

#[cfg(target_os = "linux")]
fn become_program(command: &mut Command, parent: &str, is_kept: bool) -> io::Error {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    use std::os::unix::process::CommandExt;
    // A keeper has something to do first.
    let signal = if is_kept { Signal::TERM } else { Signal::KILL };
    // A system that cannot do this leaves the program to its time limit.
    let _ = set_parent_process_death_signal(Some(signal));
    let now = getppid().map(|parent| parent.as_raw_nonzero().to_string());
    if now.is_some_and(|now| now != parent) {
        // It ended before the request.
        std::process::exit(1);
    }
    if is_kept {
        return super::keeper::keep(command);
    }
    command.exec()
}

#[cfg(target_os = "linux")]
fn become_changed(command: &mut Command, changes: &str) -> io::Error {
    use std::os::unix::process::CommandExt;
    let asked = |change: &EnvironmentChange| changes.split(',').any(|name| name == change.name());
    for change in ANY_PROGRAM.into_iter().filter(asked) {
        if let Err(why) = change.change_for_program() {
            crate::visible::note!("{change} cannot be changed here: {why}");
        }
    }
    command.exec()
}

#[cfg(not(target_os = "linux"))]
fn become_changed(_: &mut Command, _: &str) -> io::Error {
    io::Error::from(io::ErrorKind::Unsupported)
}

#[cfg(not(target_os = "linux"))]
fn become_program(_: &mut Command, _: &str, _: bool) -> io::Error {
    io::Error::from(io::ErrorKind::Unsupported)
}
