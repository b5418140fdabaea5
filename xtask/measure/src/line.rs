//! The lines of a benchmark, and the command that runs them.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::{Measured, Reported};

/// What a line returns, or why it could not be measured.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// Something that is measured, by a name such as `kernel/grid-1e5-4e5` that is unique in the
/// repository.
pub struct Line<'a> {
    name: &'static str,
    work: Work<'a>,
}

enum Work<'a> {
    Measured(Box<dyn Fn() -> Outcome<Measured> + 'a>),
    Counted(Box<dyn Fn() -> Outcome<()> + 'a>),
}

impl<'a> Line<'a> {
    /// A line that measures itself, by the clock or otherwise. It takes about 10 s at most.
    pub fn measured(name: &'static str, work: impl Fn() -> Outcome<Measured> + 'a) -> Self {
        let work = Work::Measured(Box::new(work));
        Self { name, work }
    }

    /// A line whose instructions are counted: those within [`crate::counted`], on the thread that
    /// calls it. Under callgrind everything takes fifty times as long.
    pub fn counted(name: &'static str, work: impl Fn() -> Outcome<()> + 'a) -> Self {
        let work = Work::Counted(Box::new(work));
        Self { name, work }
    }

    fn run(&self, is_json: bool) -> Outcome<()> {
        match &self.work {
            Work::Measured(work) => {
                let reported = Reported {
                    name: self.name.to_owned(),
                    measured: work()?,
                };
                if is_json {
                    writeln!(io::stdout(), "{}", aether_json::to_string(&reported)?)?;
                } else {
                    writeln!(io::stdout(), "{}", in_words(&reported))?;
                }
            }
            Work::Counted(work) => {
                work()?;
                if !is_json {
                    writeln!(
                        io::stdout(),
                        "{}: counted by `cargo xtask bench`",
                        self.name
                    )?;
                }
            }
        }
        Ok(())
    }
}

/// Runs the lines that the arguments name, or all; `--list` prints their names and `--json` reports
/// in JSON. Cargo's own `--bench` changes nothing.
pub fn main(lines: &[Line<'_>]) -> ExitCode {
    let (options, names): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    let has = |option: &str| options.iter().any(|given| given == option);
    if has("--list") {
        let listed = lines
            .iter()
            .try_for_each(|line| writeln!(io::stdout(), "{}", line.name));
        return match listed {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&format!("the list cannot be written: {error}")),
        };
    }
    if let Some(name) = names
        .iter()
        .find(|name| lines.iter().all(|line| line.name != **name))
    {
        return failed(&format!("there is no line `{name}`; `--list` lists them"));
    }
    let is_asked =
        |line: &&Line<'_>| names.is_empty() || names.iter().any(|name| name == line.name);
    for line in lines.iter().filter(is_asked) {
        if let Err(error) = line.run(has("--json")) {
            return failed(&format!("{}: {error}", line.name));
        }
    }
    ExitCode::SUCCESS
}

/// Says what is wrong. If standard error cannot be written, nobody can be told, and the status stays.
fn failed(problem: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {problem}");
    ExitCode::FAILURE
}

/// A line for people: `sum/million  2.1e9 numbers/s, 1.05 of xor of the same (2.0e9 numbers/s), spread 1 %`.
fn in_words(reported: &Reported) -> String {
    let measured = &reported.measured;
    let unit = &measured.unit;
    let reference = match (
        &measured.reference,
        &measured.reference_name,
        measured.ratio,
    ) {
        (Some(reference), Some(name), Some(ratio)) => {
            format!(", {ratio:.3} of {name} ({reference:.4} {unit})")
        }
        _ => String::new(),
    };
    format!(
        "{}: {:.4} {unit}{reference}, spread {:.1} %, {} samples",
        reported.name,
        measured.figure,
        measured.spread * 100.0,
        measured.samples,
    )
}
