//! Progress on a terminal: a bar or a spinner that appears when a command takes long.

use std::fmt;
use std::io::IsTerminal as _;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// What ends sooner shows nothing, which nobody could read.
const DELAY: Duration = Duration::from_millis(700);
const REDRAWN: Duration = Duration::from_millis(100);
const BAR: &str = "{bar:30} {pos}/{len} {msg}  {rate}  {eta} left";
const SPINNER: &str = "{spinner} {msg}  {elapsed}";

/// The progress of a command, cleared when dropped. Without a terminal it draws nothing.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Draws the bar after [`DELAY`], unless the sender is dropped before.
    drawing: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// A bar over ticks, with the rate and the remaining time.
    pub(crate) fn ticks(ticks: u64) -> Self {
        Self::bar(ticks, "ticks")
    }

    /// A bar over a number of things.
    pub(crate) fn bar(count: u64, what: &'static str) -> Self {
        let style = ProgressStyle::with_template(BAR)
            .expect("the template of the bar is valid")
            .with_key(
                "rate",
                move |state: &ProgressState, text: &mut dyn fmt::Write| {
                    // If the bar cannot be written, it is not drawn.
                    let _ = write!(text, "{:.0} {what}/s", state.per_sec());
                },
            );
        Self::new(Some(count), style, what)
    }

    /// A spinner, for work whose length is not known.
    pub(crate) fn spinner(what: impl Into<String>) -> Self {
        let style = ProgressStyle::with_template(SPINNER);
        let style = style.expect("the template of the spinner is valid");
        Self::new(None, style, what)
    }

    fn new(count: Option<u64>, style: ProgressStyle, what: impl Into<String>) -> Self {
        let bar = ProgressBar::with_draw_target(count, ProgressDrawTarget::hidden());
        bar.set_style(style);
        bar.set_message(what.into());
        let drawing = std::io::stderr().is_terminal().then(|| {
            let (end, ended) = mpsc::channel();
            let drawn = bar.clone();
            let thread = thread::spawn(move || {
                if ended.recv_timeout(DELAY) == Err(RecvTimeoutError::Timeout) {
                    drawn.set_draw_target(ProgressDrawTarget::stderr());
                    drawn.enable_steady_tick(REDRAWN);
                }
            });
            (end, thread)
        });
        Self { bar, drawing }
    }

    /// Sets how much is done.
    pub(crate) fn set(&self, done: u64) {
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.drawing.take() {
            drop(end);
            // A panic of the thread, which draws, has been printed.
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}
