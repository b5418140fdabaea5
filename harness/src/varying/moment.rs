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
    /// A moment that was none.
    #[cfg(test)]
    pub(super) fn never() -> Self {
        Self {
            from: Duration::ZERO,
            to: Duration::ZERO,
            process_ids: None,
            is_elsewhere: false,
            is_alone: false,
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(process_ids: Option<(u64, u64)>, is_alone: bool) -> Moment {
        Moment {
            process_ids,
            is_alone,
            ..Moment::never()
        }
    }

    #[test]
    fn processes_of_a_run_began_after_it_and_before_its_end() {
        for (ids, id, is_own) in [
            (Some((5, 8)), 5, false),
            (Some((5, 8)), 6, true),
            (Some((5, 8)), 8, true),
            (Some((5, 8)), 9, false),
            (Some((5, 5)), 5, false),
            (Some((8, 5)), 8, false),
            (Some((8, 5)), 9, true),
            (Some((8, 5)), 5, true),
            (Some((8, 5)), 6, false),
            (None, 6, false),
        ] {
            assert_eq!(moment(ids, true).has_process(id), is_own, "{ids:?} {id}");
        }
        let this = u64::from(std::process::id());
        assert!(moment(None, false).has_process(this));
        assert!(!moment(None, false).has_process(this + 1));
        assert!(!moment(None, true).has_process(this));
    }

    #[test]
    fn a_second_is_over_when_the_clock_shows_the_next() {
        let mut moment = moment(None, true);
        assert!(moment.is_before_this_second());
        // Neither this second, which may have ended meanwhile, nor one to come.
        moment.to = now() + Duration::from_secs(5);
        assert!(!moment.is_before_this_second());
        assert!(now() > Duration::from_secs(1_600_000_000));
        let until = |to: Duration| {
            Moment {
                to,
                ..moment.clone()
            }
            .is_before_this_second()
        };
        let is_same_second_over = (0..3).all(|_| until(now()));
        assert!(!is_same_second_over);
    }

    #[test]
    fn a_moment_is_taken_elsewhere_and_stays_what_it_was() {
        let moment = moment(Some((5, 8)), true);
        let elsewhere = moment.elsewhere();
        assert!(elsewhere.is_elsewhere && elsewhere.is_alone && elsewhere.has_process(6));
        assert!(!moment.is_elsewhere);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_last_process_is_not_the_first_one() {
        assert!(last_process_id().is_some_and(|id| id > 1));
    }
}
