//! Ends a program together with what it starts: through its [keeper](super::launch::kept) if it has one, else on Unix
//! as a process group, elsewhere only the program.

use std::io;
use std::process::{Child, Command, ExitStatus};

/// A running program.
///
/// Its status is taken only after its group was ended: until then its process id, and so that of the
/// group, is nobody else's.
pub struct Group {
    child: Child,
    #[cfg(unix)]
    way: Way,
}

/// How what runs is ended.
#[cfg(unix)]
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Its keeper is asked.
    Asked,
    /// The process group is killed.
    Killed,
}

#[cfg(unix)]
impl Way {
    fn end(self, id: rustix::process::Pid) {
        use rustix::process::{Signal, kill_process, kill_process_group};
        // The group is empty if the program ended and left nothing running.
        let _ = match self {
            // One that was stopped hears nothing until it goes on.
            Self::Asked => {
                kill_process(id, Signal::TERM).and_then(|()| kill_process(id, Signal::CONT))
            }
            Self::Killed => kill_process_group(id, Signal::KILL),
        };
    }
}

/// How often a keeper is waited for, a millisecond apart; it gives up before that.
#[cfg(unix)]
const ROUNDS: usize = 20_000;

impl Group {
    /// Starts a program in a group of its own.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(mut command: Command) -> io::Result<Self> {
        #[cfg(unix)]
        let way = {
            use std::os::unix::process::CommandExt;
            command.process_group(0);
            interrupt::be_ready();
            if super::launch::is_kept(&command) {
                Way::Asked
            } else {
                Way::Killed
            }
        };
        let child = command.spawn()?;
        let group = Self {
            child,
            #[cfg(unix)]
            way,
        };
        #[cfg(unix)]
        interrupt::remember(group.id(), way);
        Ok(group)
    }

    /// Ends whatever is still running, and says how the program itself ended.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn end(mut self) -> io::Result<ExitStatus> {
        #[cfg(unix)]
        if let Some(id) = self.id() {
            self.way.end(id);
            interrupt::forget(id);
            if matches!(self.way, Way::Asked) {
                self.wait_for_keeper();
            }
        }
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait()
    }

    #[cfg(unix)]
    fn wait_for_keeper(&mut self) {
        for _ in 0..ROUNDS {
            if self.has_ended() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    /// Whether the program has ended. Its status stays to be taken.
    #[cfg(unix)]
    pub fn has_ended(&mut self) -> bool {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match self.id().map(|id| waitid(WaitId::Pid(id), options)) {
            Some(Ok(status)) => status.is_some(),
            // What cannot be waited for is reported where the status is taken.
            Some(Err(_)) | None => true,
        }
    }

    /// Whether the program has ended. Its status stays to be taken.
    #[cfg(not(unix))]
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    #[cfg(unix)]
    fn id(&self) -> Option<rustix::process::Pid> {
        i32::try_from(self.child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
    }
}

/// While this exists, the first signal that would end this process (SIGINT, SIGTERM or SIGHUP) does something
/// else; the programs that are running are ended all the same. The next one ends the process.
///
/// Elsewhere than on Unix, it changes nothing.
#[must_use = "it lasts as long as this value"]
#[derive(Debug)]
pub struct Interrupt(());

impl Interrupt {
    /// Has the first signal do `work`, before it ends programs.
    pub fn instead(work: impl FnOnce() + Send + 'static) -> Self {
        #[cfg(unix)]
        {
            interrupt::be_ready();
            interrupt::instead(Some(Box::new(work)));
        }
        #[cfg(not(unix))]
        drop(work);
        Self(())
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        #[cfg(unix)]
        interrupt::instead(None);
    }
}

/// A terminal interrupts only its own process group, to which these programs do not belong: they
/// would go on by themselves.
#[cfg(unix)]
mod interrupt {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, Once, PoisonError};
    use std::thread;

    use rustix::process::Pid;
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    use super::Way;

    /// The groups that are running, by id.
    static RUNNING: Mutex<BTreeMap<i32, Way>> = Mutex::new(BTreeMap::new());

    /// What the next signal does in place of ending this process.
    static INSTEAD: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

    pub(crate) fn instead(work: Option<Box<dyn FnOnce() + Send>>) {
        *INSTEAD.lock().unwrap_or_else(PoisonError::into_inner) = work;
    }

    /// The exit status of a process that was interrupted, as shells have it.
    const INTERRUPTED: i32 = 130;

    /// Sees to it that each of these signals ends what runs, unless whoever started this process had it
    /// ignored (`nohup`, a script's background job) or the process handles it itself.
    pub(crate) fn be_ready() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let taken = Taken::now();
            let wanted = [SIGHUP, SIGINT, SIGTERM];
            let free = wanted.into_iter().filter(|&signal| !taken.has(signal));
            // Without a handler, a signal does what it did before.
            let Ok(mut signals) = Signals::new(free) else {
                return;
            };
            thread::spawn(move || {
                for _ in signals.forever() {
                    let instead = INSTEAD
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .take();
                    // Whatever is done instead is done before programs are seen to have ended.
                    let ends = instead.is_none();
                    if let Some(work) = instead {
                        work();
                    }
                    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
                    for (&id, way) in running.iter() {
                        if let Some(id) = Pid::from_raw(id) {
                            way.end(id);
                        }
                    }
                    if ends {
                        std::process::exit(INTERRUPTED);
                    }
                }
            });
        });
    }

    /// The signals that are ignored or handled already, one bit for each from 1.
    struct Taken(u64);

    impl Taken {
        /// Those of this process. Only Linux has a file that says so; elsewhere none are known.
        fn now() -> Self {
            Self::in_status(&std::fs::read_to_string("/proc/self/status").unwrap_or_default())
        }

        fn in_status(status: &str) -> Self {
            let mask = |name: &str| {
                let line = status.lines().find_map(|line| line.strip_prefix(name))?;
                u64::from_str_radix(line.trim(), 16).ok()
            };
            Self(mask("SigIgn:").unwrap_or(0) | mask("SigCgt:").unwrap_or(0))
        }

        fn has(&self, signal: i32) -> bool {
            self.0 >> (signal - 1) & 1 == 1
        }
    }

    pub(crate) fn remember(id: Option<Pid>, way: Way) {
        if let Some(id) = id {
            let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
            running.insert(id.as_raw_nonzero().get(), way);
        }
    }

    pub(crate) fn forget(id: Pid) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&id.as_raw_nonzero().get());
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn each_signal_is_looked_at_on_its_own() {
            let status = "Name:\tx\nSigIgn:\t0000000000000001\nSigCgt:\t0000000000000440\n";
            let taken = Taken::in_status(status);
            assert!(taken.has(SIGHUP));
            assert!(!taken.has(SIGINT));
            assert!(!taken.has(SIGTERM));
            assert!(!Taken::in_status("").has(SIGHUP));
        }
    }
}
