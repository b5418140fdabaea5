//! The environment of a process, on which results must not depend.

use std::collections::BTreeSet;
use std::fmt;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// One thing in the environment of a process that can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnvironmentChange {
    // The first, because changing it starts the program over.
    /// Where the system puts code and data.
    AddressLayout,
    /// The environment variables.
    #[serde(rename = "environment")]
    Variables,
    /// The locale (`LC_ALL`, `LANG`, `LANGUAGE`).
    Locale,
    /// The time zone (`TZ`).
    TimeZone,
    /// The working directory.
    Directory,
    /// The permissions that new files do not get.
    Umask,
    /// The size of stacks.
    StackSize,
    /// The seeds of hash maps, in languages that take them from a variable.
    HashSeeds,
    /// The processors allowed.
    Processors,
    /// The path by which the root is reached.
    RootPath,
}

/// Why a part of the environment could not be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum Unchangeable {
    /// The system has no way to change it.
    #[error("this system cannot change it")]
    Unsupported,
    /// Only one processor is allowed already.
    #[error("there is only one")]
    OneProcessor,
    /// The system refused.
    #[error("{0}")]
    System(String),
}

impl Unchangeable {
    pub(super) fn system(error: impl fmt::Display) -> Self {
        Self::System(error.to_string())
    }
}

/// A set of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvironmentChanges {
    parts: BTreeSet<EnvironmentChange>,
    /// The variables that [`EnvironmentChange::Variables`] changes; all of them if it is `None`.
    variables: Option<BTreeSet<String>>,
}

impl<const N: usize> From<[EnvironmentChange; N]> for EnvironmentChanges {
    fn from(parts: [EnvironmentChange; N]) -> Self {
        Self {
            parts: BTreeSet::from(parts),
            variables: None,
        }
    }
}

impl EnvironmentChanges {
    /// No change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every change.
    pub fn all() -> Self {
        Self::from(EnvironmentChange::ALL)
    }

    /// The same without one of them.
    #[must_use]
    pub fn without(mut self, change: EnvironmentChange) -> Self {
        self.parts.remove(&change);
        self
    }

    /// Only these variables, and nothing else.
    pub(crate) fn of_variables(names: impl IntoIterator<Item = String>) -> Self {
        Self {
            parts: BTreeSet::from([EnvironmentChange::Variables]),
            variables: Some(names.into_iter().collect()),
        }
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The changes, in the order in which they are made.
    pub(crate) fn parts(&self) -> &BTreeSet<EnvironmentChange> {
        &self.parts
    }

    /// Whether a variable is changed, if the change that it belongs to is made.
    pub(crate) fn covers(&self, variable: &str) -> bool {
        let names = self.variables.as_ref();
        names.is_none_or(|names| names.contains(variable))
    }
}

impl EnvironmentChange {
    /// Every change, in the order in which they are made.
    pub const ALL: [Self; 10] = [
        Self::AddressLayout,
        Self::Variables,
        Self::Locale,
        Self::TimeZone,
        Self::Directory,
        Self::Umask,
        Self::StackSize,
        Self::HashSeeds,
        Self::Processors,
        Self::RootPath,
    ];

    /// Changes it in the child itself.
    ///
    /// # Errors
    /// Why it could not be changed.
    pub(super) fn change_inside(self) -> Result<(), Unchangeable> {
        match self {
            Self::AddressLayout => address_layout(),
            Self::Umask => umask(),
            Self::StackSize => stack_size(),
            Self::Processors => processors(),
            // Whoever starts the child changes these.
            Self::Variables
            | Self::Locale
            | Self::TimeZone
            | Self::Directory
            | Self::HashSeeds
            | Self::RootPath => Ok(()),
        }
    }

    /// Changes it in this process for the program that it becomes next.
    ///
    /// # Errors
    /// Why it could not be changed.
    #[cfg(target_os = "linux")]
    pub(super) fn change_for_program(self) -> Result<(), Unchangeable> {
        match self {
            Self::AddressLayout => other_address_layout(),
            change => change.change_inside(),
        }
    }

    /// The variables that it sets, if it does nothing else.
    pub(crate) fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Locale => &["LANG", "LANGUAGE", "LC_ALL"],
            Self::TimeZone => &["TZ"],
            Self::HashSeeds => &["PERL_HASH_SEED", "PYTHONHASHSEED"],
            _ => &[],
        }
    }

    /// What each process has its own of. The change pins it.
    pub const PINNED: [Self; 3] = [Self::HashSeeds, Self::AddressLayout, Self::Processors];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::AddressLayout => "address-layout",
            Self::Variables => "environment",
            Self::Locale => "locale",
            Self::TimeZone => "time-zone",
            Self::Directory => "directory",
            Self::Umask => "umask",
            Self::StackSize => "stack-size",
            Self::HashSeeds => "hash-seeds",
            Self::Processors => "processors",
            Self::RootPath => "root-path",
        }
    }
}

/// The argument after which a program that was started over does not do so again.
pub(super) const STARTED_OVER: &str = "--started-over";

impl fmt::Display for EnvironmentChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AddressLayout => "the address layout",
            Self::Variables => "the environment variables",
            Self::Locale => "the locale (LC_ALL, LANG)",
            Self::TimeZone => "the time zone (TZ)",
            Self::Directory => "the working directory",
            Self::Umask => "the umask",
            Self::StackSize => "the stack size",
            Self::HashSeeds => "the hash seeds (PYTHONHASHSEED)",
            Self::Processors => "the processors allowed",
            Self::RootPath => "the path of the root",
        })
    }
}

/// The next program of this process starts at fixed addresses, or at random ones if they were fixed.
#[cfg(target_os = "linux")]
fn other_address_layout() -> Result<(), Unchangeable> {
    use nix::sys::personality::{self, Persona};
    let now = personality::get().map_err(Unchangeable::system)?;
    personality::set(now ^ Persona::ADDR_NO_RANDOMIZE).map_err(Unchangeable::system)?;
    Ok(())
}

/// Starts this program over at fixed addresses, or at random ones if they were fixed.
#[cfg(target_os = "linux")]
fn address_layout() -> Result<(), Unchangeable> {
    use std::os::unix::process::CommandExt;

    if std::env::args_os().any(|arg| arg == STARTED_OVER) {
        return Ok(());
    }
    other_address_layout()?;
    let program = std::env::current_exe().map_err(Unchangeable::system)?;
    let error = Command::new(program)
        .args(std::env::args_os().skip(1))
        .arg(STARTED_OVER)
        .exec();
    Err(Unchangeable::system(error))
}

#[cfg(not(target_os = "linux"))]
fn address_layout() -> Result<(), Unchangeable> {
    Err(Unchangeable::Unsupported)
}

/// Another limit for the programs that this one starts; the run itself gets a stack of another size
/// from who makes its thread.
#[cfg(unix)]
fn stack_size() -> Result<(), Unchangeable> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const SMALL: u64 = 4 << 20;
    const LARGE: u64 = 16 << 20;
    let now = getrlimit(Resource::Stack);
    let fits = now.maximum.is_none_or(|maximum| LARGE <= maximum);
    let other = if fits && now.current != Some(LARGE) {
        LARGE
    } else {
        SMALL
    };
    let limit = Rlimit {
        current: Some(other),
        maximum: now.maximum,
    };
    setrlimit(Resource::Stack, limit).map_err(Unchangeable::system)
}

#[cfg(not(unix))]
fn stack_size() -> Result<(), Unchangeable> {
    Ok(())
}

#[cfg(unix)]
fn umask() -> Result<(), Unchangeable> {
    use rustix::fs::Mode;
    let (first, other) = (Mode::from_raw_mode(0o077), Mode::from_raw_mode(0o027));
    if rustix::process::umask(first) == first {
        rustix::process::umask(other);
    }
    Ok(())
}

#[cfg(not(unix))]
fn umask() -> Result<(), Unchangeable> {
    Err(Unchangeable::Unsupported)
}

/// Leaves one processor of those allowed.
#[cfg(target_os = "linux")]
fn processors() -> Result<(), Unchangeable> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let allowed = sched_getaffinity(None).map_err(Unchangeable::system)?;
    let first = (0..CpuSet::MAX_CPU).find(|&cpu| allowed.is_set(cpu));
    let Some(first) = first.filter(|_| allowed.count() > 1) else {
        return Err(Unchangeable::OneProcessor);
    };
    let mut one = CpuSet::new();
    one.set(first);
    sched_setaffinity(None, &one).map_err(Unchangeable::system)
}

#[cfg(not(target_os = "linux"))]
fn processors() -> Result<(), Unchangeable> {
    Err(Unchangeable::Unsupported)
}
