//! Prints results to standard output, and notes and errors to standard error.
//!
//! A reader that has seen enough (`| head`) does not make a command fail, and neither does a
//! standard error that cannot be written.

use std::fmt;
use std::io::{self, BufWriter, Write};

use aether_engine::config::Report;
use aether_json::{Value, json};
use anstyle::{AnsiColor, Style};

use crate::args::Format;
use crate::exit::Failure;
use crate::json::JsonText;

const ERROR: Style = AnsiColor::Red.on_default().bold();

/// The output of a command, in the format that the user chose.
pub(crate) struct Output {
    format: Format,
}

impl Output {
    pub(crate) const fn new(format: Format) -> Self {
        Self { format }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
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
        let mut stdout = anstream::stdout().lock();
        ended(stdout.write_all(bytes).and_then(|()| stdout.flush()))
    }

    /// Prints a remark for people to standard error.
    pub(crate) fn note(&self, text: &str) {
        to_stderr(format_args!("{text}\n"));
    }

    /// Prints what is probably not meant in documents that are valid to standard error.
    pub(crate) fn warnings(&self, warnings: &Report) {
        to_stderr(format_args!("{}", warnings.render(true)));
    }

    /// Prints why the command failed: for people as text on standard error, for programs as JSON on
    /// standard output.
    pub(crate) fn failure(&self, failure: &Failure) {
        if self.is_json() {
            let printed = self.result(String::new, || failure_json(failure));
            if printed.is_ok() {
                return;
            }
        }
        match failure {
            Failure::Documents(report) => to_stderr(format_args!("{}", report.render(true))),
            _ => to_stderr(format_args!("{ERROR}error:{ERROR:#} {failure}\n")),
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

fn failure_json(failure: &Failure) -> Value {
    match failure {
        Failure::Documents(report) => json!(report),
        Failure::Run(_, message) | Failure::Input(message) | Failure::Damaged(message) => {
            json!({ "error": message })
        }
        Failure::Store(_) | Failure::Io(..) => json!({ "error": failure.to_string() }),
    }
}
