//! Sends the log lines of a run to their destination as its windows are committed, filtered as the
//! RunConfig says.

use std::cell::RefCell;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use aether_disk::{self as fs, File};
use aether_engine::config::{LogDestination as Destination, Logging, RunPlan};
use aether_engine::record::{LogEvent, LogPayload};
use aether_json::Value;

use crate::destination;
use crate::exit::Failure;
use crate::output::Output;

/// A longer line is not one of a log.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// Where in a log file the first line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogStart {
    /// At the beginning; an existing log is emptied when its run has begun.
    Truncate,
    /// After the existing lines.
    Append,
}

/// An open destination for log lines.
pub(crate) struct LogDestination {
    logging: Logging,
    name: String,
    writer: RefCell<Box<dyn Write>>,
    /// The file that is emptied before the first line: a run that is refused leaves its log.
    to_empty: RefCell<Option<File>>,
    /// The file that lasts once the run is reported as done, and the directory of its name.
    to_sync: Option<(File, PathBuf)>,
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
        let (mut to_empty, mut to_sync) = (None, None);
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
                let cannot = |error| Failure::Io(name.clone(), error);
                let whole = refuse_other_file(&path, plan)?;
                let opened = File::options().create(true).append(true).open(&path);
                let file = opened.map_err(cannot)?;
                match (whole, start) {
                    (Some(_), LogStart::Truncate) => {
                        to_empty = Some(file.try_clone().map_err(cannot)?);
                    }
                    // What is added does not continue a line that was cut off.
                    (Some(whole), LogStart::Append) => file.set_len(whole).map_err(cannot)?,
                    (None, _) => {}
                }
                if file.metadata().map_err(cannot)?.is_file() {
                    let dir = path.parent().unwrap_or(Path::new("")).to_owned();
                    to_sync = Some((file.try_clone().map_err(cannot)?, dir));
                }
                (name, Box::new(BufWriter::new(file)))
            }
        };
        Ok(Some(Self {
            logging,
            name,
            writer: RefCell::new(writer),
            to_empty: RefCell::new(to_empty),
            to_sync,
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
        let emptied = self.to_empty.take().map_or(Ok(()), |file| file.set_len(0));
        let written = emptied.and_then(|()| writeln!(self.writer.borrow_mut(), "{line}"));
        if let Err(error) = written {
            *self.error.borrow_mut() = Some(error);
        }
    }

    /// Flushes the destination; a file is durable after this. Fails if any line could not be written.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let flushed = self.writer.into_inner().flush();
        let written = self.error.into_inner().map_or(flushed, Err);
        let synced = written.and_then(|()| match &self.to_sync {
            Some((file, dir)) => {
                file.sync_all()?;
                fs::sync_dir(dir)
            }
            None => Ok(()),
        });
        match synced {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Io(
                format!("the log could not be sent to {}", self.name),
                error,
            )),
            _ => Ok(()),
        }
    }
}

/// Refuses a file that holds anything but log events of the plan's gid and run id. Of an existing log,
/// returns how many bytes its whole lines have. Pipes, terminals and devices are written to as they are.
fn refuse_other_file(path: &Path, plan: &RunPlan) -> Result<Option<u64>, Failure> {
    let shown = path.display();
    let refuse = |why: &str| Failure::Input(format!("`logging.file_path`: {shown} {why}"));
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            destination::refuse_name(path).map_err(|why| refuse(&why))?;
            return Ok(None);
        }
        Err(error) => return Err(Failure::Io(shown.to_string(), error)),
    };
    if destination::is_stream(path, found.file_type()) {
        return Ok(None);
    }
    if !found.is_file() {
        return Err(refuse("is not a file; give the name of a file"));
    }
    destination::refuse_name(path).map_err(|why| refuse(&why))?;
    let whole = whole_lines(path, plan).map_err(|error| Failure::Io(shown.to_string(), error))?;
    if whole.is_some() {
        return Ok(whole);
    }
    let (gid, run_id) = (plan.gid(), plan.run_id());
    Err(refuse(&format!(
        "holds something other than log events of gid `{gid}` and run id `{run_id}`; \
         delete it, or give a different name"
    )))
}

/// How many bytes the whole lines of a file have, if each is a log event of the plan's gid and run id.
/// The last line may be cut off, as a run that was killed leaves it, and the file may be empty.
fn whole_lines(path: &Path, plan: &RunPlan) -> io::Result<Option<u64>> {
    const START: &[u8] = b"{\"component\":";
    let mut whole = 0;
    let mut reader = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        if (&mut reader)
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut line)?
            == 0
        {
            return Ok(Some(whole));
        }
        if !line.ends_with(b"\n") && (line.starts_with(START) || START.starts_with(&line)) {
            let at_end = reader.fill_buf()?.is_empty();
            return Ok(at_end.then_some(whole));
        }
        let is_ours = std::str::from_utf8(&line).ok().and_then(|line| {
            let event: Value = aether_json::from_str(line).ok()?;
            event["seq"].as_u64()?;
            event["event"].as_str()?;
            let (gid, run_id) = (event["gid"].as_str()?, event["run_id"].as_str()?);
            Some(gid == plan.gid() && run_id == plan.run_id())
        });
        if is_ours != Some(true) {
            return Ok(None);
        }
        whole += line.len() as u64;
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
