//! Prints results to standard output, and notes and errors to standard error.

use std::io::{self, Write};

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
        let printed = match self.format {
            Format::Text => text(),
            Format::Json => json().into().pretty() + "\n",
        };
        self.print(printed.as_bytes())
    }

    /// Writes bytes to standard output, without colours if it is not a terminal.
    pub(crate) fn print(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = anstream::stdout().lock();
        let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
        match written {
            // A reader that has seen enough (`| head`) is not a failure.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(|error| Failure::Io("standard output".to_owned(), error)),
        }
    }

    /// Prints a remark for people to standard error.
    pub(crate) fn note(&self, text: &str) {
        anstream::eprintln!("{text}");
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
            Failure::Documents(report) => anstream::eprint!("{}", report.render(true)),
            _ => anstream::eprintln!("{ERROR}error:{ERROR:#} {failure}"),
        }
    }
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
