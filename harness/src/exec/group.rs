//! Ends a program together with what it starts: on Unix as a process group, elsewhere only the program.

use std::io;
use std::process::{Child, Command, ExitStatus};

/// A running program.
///
/// Its status is taken only after its group was ended: until then its process id, and so that of the
/// group, is nobody else's.
pub struct Group {
    child: Child,
}

impl Group {
    /// Starts a program in a group of its own.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(mut command: Command) -> io::Result<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            command.process_group(0);
            interrupt::be_ready();
        }
        let child = command.spawn()?;
        let group = Self { child };
        #[cfg(unix)]
        interrupt::remember(group.id());
        Ok(group)
    }

    /// Ends whatever is still running, and says how the program itself ended.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn end(mut self) -> io::Result<ExitStatus> {
        #[cfg(unix)]
        if let Some(id) = self.id() {
            // The group is empty if the program ended and left nothing running.
            let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
            interrupt::forget(id);
        }
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait()
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
    use std::collections::BTreeSet;
    use std::sync::{Mutex, Once, PoisonError};
    use std::thread;

    use rustix::process::{Pid, Signal, kill_process_group};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    /// The groups that are running, by id.
    static RUNNING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

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
                    for id in running.iter().filter_map(|&id| Pid::from_raw(id)) {
                        let _ = kill_process_group(id, Signal::KILL);
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

    pub(crate) fn remember(id: Option<Pid>) {
        if let Some(id) = id {
            let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
            running.insert(id.as_raw_nonzero().get());
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
