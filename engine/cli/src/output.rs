//! Prints results to standard output, and notes and errors to standard error.
//!
//! A reader that has seen enough (`| head`) does not make a command fail, and neither does a
//! standard error that cannot be written. What a terminal would obey in the names of files and in what they hold is shown
//! by its number.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, BufWriter, Write};

use aether_engine::config::Report;
use aether_harness::report::visible;
use aether_json::{Value, json};
use anstyle::{AnsiColor, Style};

use crate::args::Format;
use crate::exit::Failure;
use crate::json::JsonText;
use crate::progress::Progress;

/// What is written at once while a result is made: as much as a pipe holds.
const STREAM_BYTES: usize = 1 << 16;
const ERROR: Style = AnsiColor::Red.on_default().bold();

/// The output of a command, in the format that the user chose.
pub(crate) struct Output {
    format: Format,
    /// Shown until the first text is printed.
    waiting: RefCell<Option<Progress>>,
}

impl Output {
    pub(crate) const fn new(format: Format) -> Self {
        let waiting = RefCell::new(None);
        Self { format, waiting }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Shows that the command is at work, until it prints something.
    pub(crate) fn wait(&self, what: &str) {
        *self.waiting.borrow_mut() = Some(Progress::spinner(what));
    }

    /// Ends what [`Output::wait`] shows.
    pub(crate) fn stop_waiting(&self) {
        self.waiting.take();
    }

    /// Prints a result as text or as JSON; only the chosen form is computed.
    pub(crate) fn result<J: Into<JsonText>>(
        &self,
        text: impl FnOnce() -> String,
        json: impl FnOnce() -> J,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Text => self.print(text().as_bytes()),
            Format::Json => self.json(&json().into()),
        }
    }

    /// Prints JSON, whatever the format.
    pub(crate) fn json(&self, json: &JsonText) -> Result<(), Failure> {
        // JSON has no colours that would have to be removed.
        let mut out = BufWriter::new(io::stdout().lock());
        let written = json.write_pretty(&mut out);
        let written = written.and_then(|()| out.write_all(b"\n"));
        ended(written.and_then(|()| out.flush()))
    }

    /// Writes bytes to standard output, without colours if it is not a terminal.
    pub(crate) fn print(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.write(|out| out.write_all(bytes))
    }

    fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        self.stop_waiting();
        let mut out = BufWriter::new(anstream::stdout().lock());
        ended(write(&mut out).and_then(|()| out.flush()))
    }

    /// Writes a result to standard output while it is made, without holding it.
    pub(crate) fn stream(
        &self,
        write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut stdout = BufWriter::with_capacity(STREAM_BYTES, io::stdout().lock());
        match write(&mut stdout).and_then(|()| Ok(stdout.flush()?)) {
            // A reader that has seen enough (`| head`) is not a failure.
            Err(Failure::Io(_, error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }

    /// Prints a remark for people to standard error.
    pub(crate) fn note(&self, text: &str) {
        self.stop_waiting();
        to_stderr(format_args!("{}\n", visible(text)));
    }

    /// Prints what is probably not meant in documents that are valid to standard error.
    pub(crate) fn warnings(&self, warnings: &Report) {
        to_stderr(format_args!("{}", warnings.render(true)));
    }

    /// Prints why the command failed: for people as text on standard error, for programs as JSON on
    /// standard output.
    pub(crate) fn failure(&self, failure: &Failure) {
        self.stop_waiting();
        if self.is_json() {
            let printed = self.result(String::new, || failure_json(failure));
            if printed.is_ok() {
                return;
            }
        }
        match failure {
            Failure::Documents(report) => to_stderr(format_args!("{}", report.render(true))),
            _ => {
                let what = failure.to_string();
                to_stderr(format_args!("{ERROR}error:{ERROR:#} {}\n", visible(&what)));
            }
        }
    }
}

/// Whether standard output took everything that its reader wanted.
fn ended(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Failure::Io("standard output".to_owned(), error)),
    }
}

/// Writes to standard error. If that is closed or full, nobody can read the message, and the exit
/// status still says how the command ended.
fn to_stderr(text: fmt::Arguments<'_>) {
    let _ = anstream::stderr().lock().write_fmt(text);
}

/// A failure as JSON.
pub(crate) fn failure_json(failure: &Failure) -> Value {
    match failure {
        Failure::Documents(report) => json!(report),
        Failure::Run(_, message) | Failure::Input(message) | Failure::Damaged(message) => {
            json!({ "error": message })
        }
        Failure::Store(_) | Failure::Sweep(_) | Failure::Io(..) => {
            json!({ "error": failure.to_string() })
        }
    }
}
