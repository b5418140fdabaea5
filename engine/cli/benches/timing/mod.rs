//! What commands of `aether` take: the processor time and the peak memory of their own process, start and end
//! included.
//!
//! The system tells a process what all its children took together. So a benchmark starts itself once for each
//! command, which it runs as its only child.

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

/// The first argument of a benchmark that runs a single command.
const SINGLE: &str = "--single-command";

/// What a command took.
#[derive(Clone, Copy)]
pub(crate) struct Taken {
    /// Of the processor.
    pub(crate) time: Duration,
    /// The most memory that it had, in bytes.
    pub(crate) memory: u64,
}

/// Runs the one command that this process was started for, if it was; whether it was.
pub(crate) fn is_single_command() -> Result<bool, Box<dyn Error>> {
    let mut args = env::args_os().skip(1);
    if args.next().is_none_or(|first| first != SINGLE) {
        return Ok(false);
    }
    let args: Vec<_> = args.collect();
    let status = Command::new(env!("CARGO_BIN_EXE_aether"))
        .args(&args)
        .stdout(Stdio::null())
        .status()?;
    if !status.success() {
        return Err(format!("aether {args:?} failed: {status}").into());
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let times = [usage.user_time(), usage.system_time()];
    let micros = times.map(|time| time.tv_sec() * 1_000_000 + time.tv_usec());
    println!("{} {}", micros.iter().sum::<i64>(), usage.max_rss());
    Ok(true)
}

/// What a command took with the runs of a directory.
pub(crate) fn taken(runs_dir: &Path, args: &[&str]) -> Result<Taken, Box<dyn Error>> {
    let output = Command::new(env::current_exe()?)
        .arg(SINGLE)
        .args(args)
        .arg("--runs-dir")
        .arg(runs_dir)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("aether {args:?} could not be measured").into());
    }
    let text = String::from_utf8(output.stdout)?;
    let (micros, kibibytes) = text.trim().split_once(' ').ok_or("two numbers")?;
    Ok(Taken {
        time: Duration::from_micros(micros.parse()?),
        memory: kibibytes.parse::<u64>()? * 1024,
    })
}

/// The one in the middle.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
