//! What a process has around it and results must not depend on.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// One thing around a process that can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Surrounding {
    Environment,
    Locale,
    TimeZone,
    Directory,
    Umask,
    StackSize,
    HashSeeds,
    Processors,
}

/// Any number of them.
pub(crate) type Surroundings = BTreeSet<Surrounding>;

impl Surrounding {
    pub(crate) const ALL: [Self; 8] = [
        Self::Environment,
        Self::Locale,
        Self::TimeZone,
        Self::Directory,
        Self::Umask,
        Self::StackSize,
        Self::HashSeeds,
        Self::Processors,
    ];

    /// Changes it for a child that is about to be started, as far as that is done from outside.
    pub(crate) fn change_outside(self, command: &mut Command, scratch: &Path) {
        match self {
            Self::Environment => {
                for (name, _) in std::env::vars_os() {
                    let name = name.to_string_lossy().into_owned();
                    if name.starts_with("CARGO_") || name.starts_with("RUST") {
                        command.env_remove(name);
                    }
                }
                command
                    .env("HOME", scratch)
                    .env("USER", "somebody-else")
                    .env("LOGNAME", "somebody-else")
                    .env("HOSTNAME", "elsewhere")
                    .env("COLUMNS", "41")
                    .env("NO_COLOR", "1")
                    .env("UNHEARD_OF", "x".repeat(777));
            }
            Self::Locale => {
                command
                    .env("LC_ALL", "tr_TR.UTF-8")
                    .env("LANG", "tr_TR.UTF-8")
                    .env("LANGUAGE", "tr");
            }
            Self::TimeZone => {
                // Thirteen and three quarter hours off, also where no zones are installed.
                command.env("TZ", "ELSE-13:45");
            }
            Self::Directory => {
                command.current_dir(scratch);
            }
            Self::HashSeeds => {
                // Rust's own seeds are new in every process; other languages are told.
                command
                    .env("PYTHONHASHSEED", "4242")
                    .env("PERL_HASH_SEED", "4242");
            }
            Self::Umask | Self::StackSize | Self::Processors => {}
        }
    }

    /// Changes it in the child itself.
    ///
    /// # Errors
    /// Why it could not be changed.
    pub(crate) fn change_inside(self) -> Result<(), String> {
        match self {
            Self::Umask => umask(),
            Self::Processors => processors(),
            Self::Environment
            | Self::Locale
            | Self::TimeZone
            | Self::Directory
            | Self::StackSize
            | Self::HashSeeds => Ok(()),
        }
    }
}

impl fmt::Display for Surrounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "the environment variables",
            Self::Locale => "the locale (LC_ALL, LANG)",
            Self::TimeZone => "the time zone (TZ)",
            Self::Directory => "the working directory",
            Self::Umask => "the umask",
            Self::StackSize => "the stack size",
            Self::HashSeeds => "the hash seeds (PYTHONHASHSEED)",
            Self::Processors => "the processors allowed",
        })
    }
}

#[cfg(unix)]
fn umask() -> Result<(), String> {
    use rustix::fs::Mode;
    let (first, other) = (Mode::from_raw_mode(0o077), Mode::from_raw_mode(0o027));
    if rustix::process::umask(first) == first {
        rustix::process::umask(other);
    }
    Ok(())
}

#[cfg(not(unix))]
fn umask() -> Result<(), String> {
    Err("this system has none".to_owned())
}

/// Leaves one processor of those allowed.
#[cfg(target_os = "linux")]
fn processors() -> Result<(), String> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let allowed = sched_getaffinity(None).map_err(|error| error.to_string())?;
    let first = (0..CpuSet::MAX_CPU).find(|&cpu| allowed.is_set(cpu));
    let Some(first) = first.filter(|_| allowed.count() > 1) else {
        return Err("there is only one".to_owned());
    };
    let mut one = CpuSet::new();
    one.set(first);
    sched_setaffinity(None, &one).map_err(|error| error.to_string())
}

#[cfg(not(target_os = "linux"))]
fn processors() -> Result<(), String> {
    Err("this system cannot restrict them".to_owned())
}
