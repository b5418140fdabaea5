//! When a run ran, and with which process ids: what its values are compared with.

use std::time::{Duration, SystemTime};

/// The name by which a changed environment calls the user, and the one if that is the user's own.
pub(crate) const USERS: [&str; 2] = ["somebody-else", "another-user"];

/// The names by which it calls the machine.
pub(crate) const HOSTS: [&str; 2] = ["elsewhere", "another-place"];

/// The name of the directory that it gives out as the user's own.
pub(crate) const HOME: &str = "home-of-another";

/// When and in which environment a run ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When it began, since 1970.
    pub(crate) from: Duration,
    /// When it had ended.
    pub(crate) to: Duration,
    /// The process ids that the system had given out last before and after, if it says so.
    pub(crate) process_ids: Option<(u64, u64)>,
    /// Whether the environment was a changed one.
    pub(crate) is_elsewhere: bool,
    /// Whether the run had a process of its own.
    pub(crate) is_alone: bool,
}

/// A run that goes on.
pub(crate) struct Running {
    from: Duration,
    last_id: Option<u64>,
}

impl Running {
    pub(crate) fn begin() -> Self {
        Self {
            last_id: last_process_id(),
            from: now(),
        }
    }

    /// The run has ended, in a process of its own or not, in a changed environment or not.
    pub(crate) fn end(self, is_alone: bool, is_elsewhere: bool) -> Moment {
        Moment {
            from: self.from,
            to: now(),
            process_ids: self.last_id.zip(last_process_id()),
            is_elsewhere,
            is_alone,
        }
    }
}

impl Moment {
    /// The same, taken to be in a changed environment.
    pub(crate) fn elsewhere(&self) -> Self {
        Self {
            is_elsewhere: true,
            ..self.clone()
        }
    }

    /// Whether this was the id of a process of the run.
    pub(crate) fn has_process(&self, id: u64) -> bool {
        let own = !self.is_alone && id == u64::from(std::process::id());
        let is_between = |(before, last): (u64, u64)| {
            if before <= last {
                before < id && id <= last
            } else {
                // They began anew after the greatest.
                before < id || id <= last
            }
        };
        own || self.process_ids.is_some_and(is_between)
    }

    /// Whether it had ended when the clock showed this second.
    pub(crate) fn is_before_this_second(&self) -> bool {
        self.to.as_secs() < now().as_secs()
    }
}

fn now() -> Duration {
    #[expect(
        clippy::disallowed_methods,
        reason = "values of a run are compared with the time at which it ran"
    )]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap_or_default()
}

/// The process id that the system gave out last; `None` if it does not say, as only Linux does.
#[cfg(target_os = "linux")]
fn last_process_id() -> Option<u64> {
    use std::fs::File;
    use std::os::unix::fs::FileExt as _;
    use std::sync::LazyLock;

    // Every run asks twice. The file is written anew for each read from its start, and has one short line.
    static LOAD: LazyLock<Option<File>> = LazyLock::new(|| File::open("/proc/loadavg").ok());
    let mut line = [0; 128];
    let length = LOAD.as_ref()?.read_at(&mut line, 0).ok()?;
    let load = std::str::from_utf8(&line[..length]).ok()?;
    load.split_whitespace().nth(4)?.parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn last_process_id() -> Option<u64> {
    None
}
