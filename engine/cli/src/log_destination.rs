//! Sends the log lines of a run to their destination as its windows are committed, filtered as the
//! RunConfig says.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use aether_engine::config::{LogDestination as Destination, Logging, RunPlan};
use aether_engine::record::{LogEvent, LogPayload};
use aether_json::Value;

use crate::exit::Failure;
use crate::output::Output;

/// Where in a log file the first line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogStart {
    /// At the beginning; an existing file is emptied.
    Truncate,
    /// After the existing lines.
    Append,
}

/// An open destination for log lines.
pub(crate) struct LogDestination {
    logging: Logging,
    name: String,
    writer: RefCell<Box<dyn Write>>,
    /// The first failed write, reported when the run has ended.
    error: RefCell<Option<io::Error>>,
}

impl LogDestination {
    /// Opens the destination that the plan names; `None` if the log is only stored with the run.
    /// With JSON output, standard output belongs to the result, so log lines go to standard error.
    /// A resumed run appends to its log file.
    pub(crate) fn open(
        plan: &RunPlan,
        run_config: &Path,
        start: LogStart,
        output: &Output,
    ) -> Result<Option<Self>, Failure> {
        let logging = plan.logging().clone();
        let (name, writer): (_, Box<dyn Write>) = match logging.destination() {
            _ if !logging.enabled() => return Ok(None),
            Destination::Memory => return Ok(None),
            Destination::Stdout if output.is_json() => {
                ("standard error".to_owned(), Box::new(io::stderr()))
            }
            Destination::Stdout => ("standard output".to_owned(), Box::new(io::stdout())),
            Destination::File(path) => {
                let path = run_config.with_file_name("").join(path);
                let name = path.display().to_string();
                let opened = match start {
                    LogStart::Truncate => File::create(&path),
                    LogStart::Append => File::options().create(true).append(true).open(&path),
                };
                let file = opened.map_err(|error| Failure::Io(name.clone(), error))?;
                (name, Box::new(BufWriter::new(file)))
            }
        };
        Ok(Some(Self {
            logging,
            name,
            writer: RefCell::new(writer),
            error: RefCell::new(None),
        }))
    }

    /// Sends one event.
    pub(crate) fn send(&self, event: &LogEvent) {
        let wanted = match event.payload {
            LogPayload::InputsApplied { .. }
            | LogPayload::TickMoved { .. }
            | LogPayload::TickChained { .. } => self.logging.include_ticks(),
            LogPayload::WindowClosed { .. } | LogPayload::EntriesBound { .. } => {
                self.logging.include_windows()
            }
            _ => true,
        };
        if !wanted || self.error.borrow().is_some() {
            return;
        }
        let line = if self.logging.clock() {
            with_clock(event)
        } else {
            event.to_json()
        };
        if let Err(error) = writeln!(self.writer.borrow_mut(), "{line}") {
            *self.error.borrow_mut() = Some(error);
        }
    }

    /// Flushes the destination. Fails if any line could not be written.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let flushed = self.writer.into_inner().flush();
        match self.error.into_inner().map_or(flushed, Err) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Io(
                format!("the log could not be sent to {}", self.name),
                error,
            )),
            _ => Ok(()),
        }
    }
}

/// The event with `ts`, the seconds since 1970 (UTC) with milliseconds. No record has this member.
fn with_clock(event: &LogEvent) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "`logging.clock` asks for the wall clock here"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let (sign, now) = match now {
        Ok(since) => ("", since),
        Err(before) => ("-", before.duration()),
    };
    let mut line: Value = aether_json::from_str(&event.to_json()).expect("canonical text is JSON");
    line["ts"] = format!("{sign}{}.{:03}", now.as_secs(), now.subsec_millis()).into();
    line.to_string()
}
