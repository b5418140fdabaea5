//! A process that stays beside a program, to end with it whatever it started: also what left its process group,
//! in a session of its own, and what lost its parent.
//!
//! Linux gives orphans to the nearest ancestor that asked for them. So everything that a program starts
//! is below its keeper for as long as it runs, and nothing else is. The keeper is asked to end by `SIGTERM`, by whoever
//! started it or by the system when that process is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, exit};
use std::thread;
use std::time::Duration;

use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitOptions, WaitStatus, getpid, kill_process,
    kill_process_group, set_child_subreaper, setrlimit, wait,
};
use signal_hook::consts::{SIGCHLD, SIGTERM};
use signal_hook::iterator::Signals;

/// What a keeper ends with if it was asked to, as a program that was killed does.
const KILLED: i32 = Signal::KILL.as_raw();

/// How often a keeper looks whether the system has ended everything, a millisecond apart. What it cannot end (it waits
/// for a broken disk, say) would keep a suite for good.
const ROUNDS: usize = 5_000;

/// Starts a program, waits for it, and ends as it ended; or returns why it could not be started.
pub(super) fn keep(command: &mut Command) -> io::Error {
    // A system that cannot do this leaves what a program hides to itself.
    let _ = set_child_subreaper(Some(getpid()));
    let mut signals = match Signals::new([SIGCHLD, SIGTERM]) {
        Ok(signals) => signals,
        Err(error) => return error,
    };
    // It is waited for with all that it leaves behind.
    let program = match command.process_group(0).spawn() {
        Ok(child) => Pid::from_child(&child),
        Err(error) => return error,
    };
    for signal in signals.forever() {
        let ended = reap(program);
        if signal == SIGTERM || ended.is_some() {
            end_all(program);
            end_as(ended.filter(|_| signal != SIGTERM));
        }
    }
    unreachable!("signals never end")
}

/// Takes the status of every child that has ended, and returns that of the program.
fn reap(program: Pid) -> Option<WaitStatus> {
    let mut status = None;
    while let Ok(Some((id, ended))) = wait(WaitOptions::NOHANG) {
        if id == program {
            status = Some(ended);
        }
    }
    status
}

/// Ends everything below this process.
fn end_all(program: Pid) {
    if !Path::new("/proc/self/stat").exists() {
        // What left the group cannot be found.
        let _ = kill_process_group(program, Signal::KILL);
        return;
    }
    let mut stopped = BTreeSet::new();
    for _ in 0..ROUNDS {
        reap(program);
        let running = below(getpid());
        if running.is_empty() {
            return;
        }
        // What is stopped starts nothing: once nothing new has come, all can be ended.
        let is_new = running.iter().any(|id| !stopped.contains(id));
        let signal = if is_new { Signal::STOP } else { Signal::KILL };
        for id in running.iter().filter_map(|&id| Pid::from_raw(id)) {
            let _ = kill_process(id, signal);
        }
        if !is_new {
            thread::sleep(Duration::from_millis(1));
        }
        stopped.extend(running);
    }
}

/// The processes whose parents lead to this one, by id.
fn below(root: Pid) -> BTreeSet<i32> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        if let Some(id) = entry.file_name().to_str().and_then(id_in)
            && let Ok(stat) = fs::read_to_string(entry.path().join("stat"))
            && let Some(parent) = parent_in(&stat)
        {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut found = BTreeSet::new();
    let mut open = vec![root.as_raw_nonzero().get()];
    while let Some(id) = open.pop() {
        for child in children.remove(&id).into_iter().flatten() {
            found.insert(child);
            open.push(child);
        }
    }
    found
}

fn id_in(text: &str) -> Option<i32> {
    text.parse().ok().filter(|&id| id > 0)
}

/// The parent that `/proc/<id>/stat` names. The program's name before it may hold anything.
fn parent_in(stat: &str) -> Option<i32> {
    let (_, after) = stat.rsplit_once(')')?;
    id_in(after.split_whitespace().nth(1)?)
}

/// Ends this process as another has ended.
fn end_as(status: Option<WaitStatus>) -> ! {
    // The program has left its own memory on the disk, if that was wanted.
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    if let Some(code) = status.and_then(WaitStatus::exit_status) {
        exit(code);
    }
    let signal = status.and_then(WaitStatus::terminating_signal);
    let signal = signal.unwrap_or(KILLED);
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    // As shells do for a signal that they do not know.
    exit(128 + signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_read_behind_any_name() {
        let check = |stat: &str, parent: Option<i32>| {
            assert_eq!(parent_in(stat), parent, "{stat}");
        };
        check("7 (sh) S 5 7 7 0", Some(5));
        check("7 (a) R 1 (b) S 6 7", Some(6));
        check("7 (x\n) ) Z 4 7", Some(4));
        check("7 (sh", None);
        check("7 (sh) S", None);
    }

    #[test]
    fn what_this_process_started_is_below_it() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let id = Pid::from_child(&child).as_raw_nonzero().get();
        assert!(below(getpid()).contains(&id));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!below(getpid()).contains(&id));
    }
}
