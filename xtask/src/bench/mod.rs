//! `cargo xtask bench`: every target of the repository's speed in one report.
//!
//! ```text
//! targets (what is measured, and what it should reach)
//!    ├──▶ programs (benchmarks are built; each line is a process; callgrind counts instructions)
//!    └──▶ report (figure, reference, ratio, target, met) ──▶ text, JSON
//!            └──▶ recorded (docs/performance.json, instructions.toml) ──▶ docs/performance.md
//! ```
//!
//! Benchmarks are not tests: whether a target is met decides nothing but a word in the report.

mod programs;
mod recorded;
mod report;
mod targets;
#[cfg(test)]
mod tests;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use programs::{Programs, Tools};
use recorded::{Counts, record, write_page};
pub(crate) use recorded::{PAGE, section};
use report::{COLUMNS, Judged, Machine, Report, cells, summary, text_line};
use targets::{Bench, ROWS, Row};

/// Measures the targets of the repository's speed, each beside its reference in the same run.
///
/// Builds the benchmarks and runs each line as a process of its own. Instructions are counted by callgrind, if
/// valgrind is installed; under it, the SHA unit is not there, and hashes are those of `sha2` in software.
///
/// Exit status: 0 the report is complete, or lacks only counts because there is no valgrind, whether targets are met
/// or not; 1 something could not be measured; 2 there is no such line; 3 an I/O failure.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Only lines with these names, or that begin with these and a slash: `kernel`, `diff/leaf`.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Lists the lines with their targets, and measures nothing.
    #[arg(long)]
    list: bool,
    /// How the report is printed.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Record the figures: in docs/performance.json, docs/performance.md and beside the benchmarks.
    #[arg(long)]
    record: bool,
    /// Make the end of docs/performance.md again from what is recorded, and measure nothing.
    #[arg(long, conflicts_with_all = ["record", "list"])]
    page: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One line per row, as it is measured.
    #[default]
    Text,
    /// One document at the end.
    Json,
}

/// Why there is no report.
#[derive(Debug)]
enum Stopped {
    Unknown(String),
    Failed(String),
    Io(String),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error.to_string())
    }
}

impl Args {
    /// Does it for the repository at `root`.
    pub(crate) fn run(&self, root: &Path) -> ExitCode {
        match self.ended(root) {
            Ok(status) => status,
            Err(stopped) => {
                let (status, problem) = match stopped {
                    Stopped::Failed(problem) => (1, problem),
                    Stopped::Unknown(problem) => (2, problem),
                    Stopped::Io(problem) => (3, problem),
                };
                // If standard error cannot be written, nobody can be told, and the status stays.
                let _ = writeln!(io::stderr(), "error: {problem}");
                ExitCode::from(status)
            }
        }
    }

    fn ended(&self, root: &Path) -> Result<ExitCode, Stopped> {
        if self.page {
            write_page(root)?;
            return Ok(ExitCode::SUCCESS);
        }
        let rows = selected(&self.names).map_err(Stopped::Unknown)?;
        if self.list {
            write!(io::stdout(), "{}", listed(&rows))?;
            return Ok(ExitCode::SUCCESS);
        }
        let machine = Machine::this();
        let programs = Programs::build(root, &benches(&rows)).map_err(Stopped::Failed)?;
        let report = self.measured(root, machine, &rows, &programs)?;
        if self.record {
            record(root, &report).map_err(Stopped::Io)?;
        }
        let is_complete = report.lines.iter().all(Judged::is_measured);
        Ok(ExitCode::from(u8::from(!is_complete)))
    }

    /// Measures rows, and prints the report.
    fn measured(
        &self,
        root: &Path,
        machine: Machine,
        rows: &[&Row],
        tools: &impl Tools,
    ) -> Result<Report, Stopped> {
        let is_text = self.format == Format::Text;
        if is_text {
            let mut out = io::stdout();
            writeln!(out, "{machine}")?;
            writeln!(out, "{}", text_line(&COLUMNS.map(str::to_owned)))?;
        }
        let mut lines = Vec::new();
        for row in rows {
            let counts = Counts::of(root, row.bench);
            let counts = counts.map_err(|error| Stopped::Io(error.to_string()))?;
            let kept = counts.instructions.get(row.name).copied();
            let line = Judged::of(row, tools, kept);
            if is_text {
                writeln!(io::stdout(), "{}", text_line(&cells(&line)))?;
            }
            lines.push(line);
        }
        let report = Report { machine, lines };
        if is_text {
            writeln!(io::stdout(), "{}", summary(&report.lines))?;
        } else {
            let json = aether_json::to_string_pretty(&report);
            let json = json.map_err(|error| Stopped::Failed(error.to_string()))?;
            writeln!(io::stdout(), "{json}")?;
        }
        Ok(report)
    }
}

/// The rows that are asked for, in the order of the table.
fn selected(names: &[String]) -> Result<Vec<&'static Row>, String> {
    let is_of = |row: &Row, name: &str| {
        row.name == name
            || row
                .name
                .split_once('/')
                .is_some_and(|(area, _)| area == name)
    };
    if let Some(name) = names
        .iter()
        .find(|name| !ROWS.iter().any(|row| is_of(row, name)))
    {
        let near = aether_json::nearest(name, ROWS.iter().map(|row| row.name));
        let hint = near.map_or_else(
            || "`--list` lists them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(format!("there is no line `{name}`; {hint}"));
    }
    let is_asked = |row: &&Row| names.is_empty() || names.iter().any(|name| is_of(row, name));
    Ok(ROWS.iter().filter(is_asked).collect())
}

/// The benchmarks that rows need, each once.
fn benches(rows: &[&'static Row]) -> Vec<&'static Bench> {
    let mut benches: Vec<&Bench> = Vec::new();
    for row in rows {
        if !benches.contains(&row.bench) {
            benches.push(row.bench);
        }
    }
    benches
}

/// The rows with what is measured and their targets.
fn listed(rows: &[&Row]) -> String {
    let mut list = String::new();
    for row in rows {
        let target = row.sort.in_words();
        list.push_str(&format!("{:<24}  {:<24}  {}\n", row.name, target, row.what));
    }
    list
}
