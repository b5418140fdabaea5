//! Ctrl-C, and the signals by which a system or a scheduler ends a process (SIGTERM, SIGHUP): a command says how to continue before it
//! ends.
//!
//! A run ends after the tick that it computes ([`requested`]); everything else ends at once. Files
//! that are only half written are deleted. The process then ends by the signal, as its caller
//! expects. A second Ctrl-C always ends it at once.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

/// What is said before a command has more to say.
const NOTHING_CHANGED: &str = "interrupted: nothing was changed; the same command starts again";

/// The signal that asks for the end; 0 before it comes.
static REQUESTED: AtomicI32 = AtomicI32::new(0);
static STATE: Mutex<State> = Mutex::new(State {
    hint: String::new(),
    unfinished: Vec::new(),
    stops_itself: false,
});

struct State {
    /// How to continue.
    hint: String,
    /// Temporary files that are deleted.
    unfinished: Vec<PathBuf>,
    /// Whether the command watches [`requested`].
    stops_itself: bool,
}

fn with_state<T>(change: impl FnOnce(&mut State) -> T) -> T {
    change(&mut STATE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Sets what is printed if the command is interrupted from here on.
pub(crate) fn hint(text: impl Into<String>) {
    with_state(|state| state.hint = text.into());
}

/// Whether a command that stops by itself should.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst) != 0
}

/// While it exists, the first Ctrl-C only makes [`requested`] true.
pub(crate) struct StopsItself(());

impl StopsItself {
    pub(crate) fn new() -> Self {
        with_state(|state| state.stops_itself = true);
        Self(())
    }
}

impl Drop for StopsItself {
    fn drop(&mut self) {
        with_state(|state| state.stops_itself = false);
    }
}

/// A temporary file that is deleted if the process is interrupted while this exists.
pub(crate) struct Unfinished(PathBuf);

impl Unfinished {
    pub(crate) fn new(path: &Path) -> Self {
        with_state(|state| state.unfinished.push(path.to_owned()));
        Self(path.to_owned())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        with_state(|state| state.unfinished.retain(|path| *path != self.0));
    }
}

/// Ends the process as the signal does, after the hint.
pub(crate) fn end() -> ! {
    let (hint, unfinished) = with_state(|state| {
        (
            std::mem::take(&mut state.hint),
            std::mem::take(&mut state.unfinished),
        )
    });
    for path in unfinished {
        // Nobody can act on a temporary file that could not be deleted.
        let _ = aether_disk::remove_file(path);
    }
    let hint = if hint.is_empty() {
        NOTHING_CHANGED
    } else {
        &hint
    };
    // Over a bar, if there is one.
    let over = if std::io::stderr().is_terminal() {
        "\r\x1b[2K"
    } else {
        ""
    };
    // Nobody can read it if the terminal is closed.
    let _ = writeln!(anstream::stderr(), "{over}{hint}");
    #[cfg(unix)]
    // If the signal cannot end the process, its status does.
    let _ = signal_hook::low_level::emulate_default_handler(REQUESTED.load(Ordering::SeqCst));
    std::process::exit(128 + REQUESTED.load(Ordering::SeqCst))
}

/// Watches for these signals, unless whoever started this process had them ignored (`nohup`, a script's
/// background job).
pub(crate) fn be_ready() {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let ignored = ignored();
        let watched = [SIGINT, SIGTERM, SIGHUP].into_iter();
        let watched = watched.filter(|signal| ignored >> (signal - 1) & 1 == 0);
        // Without a handler, a signal ends the process without a hint.
        let Ok(mut signals) = signal_hook::iterator::Signals::new(watched) else {
            return;
        };
        std::thread::spawn(move || {
            for signal in signals.forever() {
                let first = REQUESTED.swap(signal, Ordering::SeqCst) == 0;
                if !(first && with_state(|state| state.stops_itself)) {
                    end();
                }
            }
        });
    }
}

/// The mask of the ignored signals. Only Linux has a file that says so; elsewhere it is not known.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or_default()
}
