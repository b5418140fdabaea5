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
        self.write(|out| {
            json.write_pretty(out)?;
            out.write_all(b"\n")
        })
    }

    /// Writes bytes to standard output, without colours if it is not a terminal.
    pub(crate) fn print(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.write(|out| out.write_all(bytes))
    }

    fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let mut out = BufWriter::new(anstream::stdout().lock());
        let written = write(&mut out).and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(|error| Failure::Io("standard output".to_owned(), error)),
        }
    }

    /// Prints a remark for people to standard error.
    pub(crate) fn note(&self, text: &str) {
        to_stderr(format_args!("{text}\n"));
    }

    /// Prints what is probably not meant in documents that are valid to standard error.
    pub(crate) fn warnings(&self, warnings: &Report) {
        anstream::eprint!("{}", warnings.render(true));
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

/// Writes to standard error. If that is closed or full, nobody can read the message, and the exit
/// status still says how the command ended.
fn to_stderr(text: fmt::Arguments<'_>) {
    let _ = anstream::stderr().lock().write_fmt(text);
}

fn failure_json(failure: &Failure) -> Value {
    match failure {
        Failure::Documents(report) => json!(report),
        Failure::Run(error) => json!({ "error": error.to_string() }),
        Failure::Input(message) | Failure::Damaged(message) => json!({ "error": message }),
        Failure::Store(_) | Failure::Sweep(_) | Failure::Io(..) => {
            json!({ "error": failure.to_string() })
        }
    }
}
