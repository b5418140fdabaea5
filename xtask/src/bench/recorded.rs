//! What is kept of reports: the figures that `docs/performance.md` shows, and counts of instructions.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::report::{COLUMNS, Judged, Machine, Report, cells};
use super::targets::{Bench, ROWS, Row, Sort};

/// The recorded report, in JSON as `cargo xtask bench --format json` prints it.
pub(super) const RECORDED: &str = "docs/performance.json";

/// The page that ends with it as a table.
pub(crate) const PAGE: &str = "docs/performance.md";

/// What the generated part of the page begins with.
const HEADING: &str = "## The report\n";

/// The counts of instructions beside the benchmarks of a package.
const COUNTS: &str = "benches/instructions.toml";

/// Counts of instructions, by line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counts {
    /// The compiler that made what was counted.
    pub(super) rustc: String,
    pub(super) instructions: BTreeMap<String, u64>,
}

impl Counts {
    fn path(root: &Path, bench: &Bench) -> PathBuf {
        root.join(bench.dir).join(COUNTS)
    }

    /// Those beside a benchmark; none if none were kept.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub(super) fn of(root: &Path, bench: &Bench) -> io::Result<Self> {
        let path = Self::path(root, bench);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            text => text.map_err(|error| at(&path, &error))?,
        };
        toml::from_str(&text).map_err(|error| at(&path, &io::Error::other(error)))
    }

    fn write(&self, root: &Path, bench: &Bench) -> io::Result<()> {
        let head = "# Instructions of the counted lines of these benchmarks, which `cargo xtask bench --record` \
                    keeps.\n";
        let text = toml::to_string(self).map_err(io::Error::other)?;
        let path = Self::path(root, bench);
        fs::write(&path, head.to_owned() + &text).map_err(|error| at(&path, &error))
    }
}

/// Keeps the counts of a report beside the benchmarks.
pub(super) fn keep_counts(root: &Path, report: &Report) -> io::Result<()> {
    let counted = ROWS.iter().filter(|row| row.sort == Sort::Counted);
    for row in counted {
        let line = report.lines.iter().find(|line| line.name == row.name);
        let Some(count) = line.and_then(|line| line.figure) else {
            continue;
        };
        let mut counts = Counts::of(root, row.bench)?;
        counts.rustc.clone_from(&report.machine.rustc);
        // Counts are whole, and far below 2^53.
        counts
            .instructions
            .insert(row.name.to_owned(), count as u64);
        counts.write(root, row.bench)?;
    }
    Ok(())
}

/// The recorded report; `None` if nothing is recorded.
///
/// # Errors
/// The file cannot be read.
pub(super) fn read(root: &Path) -> io::Result<Option<Report>> {
    let path = root.join(RECORDED);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| at(&path, &error))?,
    };
    let report = aether_json::from_str(&text);
    report
        .map(Some)
        .map_err(|error| at(&path, &io::Error::other(error)))
}

/// Records a report. Lines that it lacks stay as they are recorded, if they are of the same machine.
///
/// # Errors
/// They are of a different machine, or a file cannot be written.
pub(super) fn record(root: &Path, report: &Report) -> Result<(), String> {
    let said = |error: io::Error| error.to_string();
    let recorded = read(root).map_err(said)?;
    let whole = joined(recorded, report)?;
    let mut text = aether_json::to_string_pretty(&whole).map_err(|error| error.to_string())?;
    text.push('\n');
    let path = root.join(RECORDED);
    fs::write(&path, text).map_err(|error| said(at(&path, &error)))?;
    keep_counts(root, report).map_err(said)?;
    write_page(root).map_err(said)
}

/// A report with the recorded lines that it lacks, in the order of the table.
fn joined(recorded: Option<Report>, report: &Report) -> Result<Report, String> {
    let old = recorded.map_or_else(Vec::new, |recorded| {
        let Report { machine, lines } = recorded;
        lines
            .into_iter()
            .map(|line| (machine.clone(), line))
            .collect()
    });
    let find = |row: &Row| {
        let new = report.lines.iter().find(|line| line.name == row.name);
        let new = new.map(|line| (&report.machine, line));
        let kept = old.iter().find(|(_, line)| line.name == row.name);
        new.or(kept.map(|(machine, line)| (machine, line)))
    };
    let mut lines = Vec::new();
    for (machine, line) in ROWS.iter().filter_map(find) {
        if !machine.is_like(&report.machine) {
            return Err(format!(
                "`{}` was recorded on a different machine ({machine}): record all lines",
                line.name
            ));
        }
        lines.push(line.clone());
    }
    Ok(Report {
        machine: report.machine.clone(),
        lines,
    })
}

impl Machine {
    /// Whether figures of both may be in one table.
    fn is_like(&self, other: &Self) -> bool {
        let what = |machine: &Self| {
            let Self {
                processor,
                cores,
                system,
                rustc,
                load: _,
            } = machine.clone();
            (processor, cores, system, rustc)
        };
        what(self) == what(other)
    }
}

/// Makes the end of the page from what is recorded.
///
/// # Errors
/// A file cannot be read or written.
pub(super) fn write_page(root: &Path) -> io::Result<()> {
    let path = root.join(PAGE);
    let text = fs::read_to_string(&path).map_err(|error| at(&path, &error))?;
    let by_hand = text.split(HEADING).next().unwrap_or(&text);
    let text = format!("{}\n\n{}", by_hand.trim_end(), section(root)?);
    fs::write(&path, text).map_err(|error| at(&path, &error))
}

/// The generated part of the page.
///
/// # Errors
/// The recorded report cannot be read.
pub(crate) fn section(root: &Path) -> io::Result<String> {
    Ok(section_of(read(root)?.as_ref()))
}

fn section_of(recorded: Option<&Report>) -> String {
    let mut section = HEADING.to_owned();
    if let Some(Report { machine, .. }) = recorded {
        section.push_str(&format!("\nMeasured on {machine}.\n"));
    }
    let mut columns = vec!["what"];
    columns.extend(COLUMNS);
    section.push_str(&format!("\n| {} |\n", columns.join(" | ")));
    section.push_str(&format!("|{}\n", " --- |".repeat(columns.len())));
    for row in &ROWS {
        let lines = recorded.map_or(&[][..], |report| &report.lines);
        let line = lines.iter().find(|line| line.name == row.name);
        let unmeasured = Judged {
            name: row.name.to_owned(),
            note: Some("not recorded".to_owned()),
            ..Judged::default()
        };
        let [name, rest @ ..] = cells(line.unwrap_or(&unmeasured));
        let name = format!("`{name}`");
        section.push_str(&format!(
            "| {} | {name} | {} |\n",
            row.what,
            rest.join(" | ")
        ));
    }
    section
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(processor: &str, load: &str) -> Machine {
        Machine {
            processor: processor.to_owned(),
            cores: 2,
            system: "linux x86_64".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            load: load.to_owned(),
        }
    }

    fn line(name: &str, figure: f64) -> Judged {
        Judged {
            name: name.to_owned(),
            figure: Some(figure),
            unit: "s".to_owned(),
            ..Judged::default()
        }
    }

    fn report(processor: &str, lines: &[Judged]) -> Report {
        Report {
            machine: machine(processor, "0.1"),
            lines: lines.to_vec(),
        }
    }

    #[test]
    fn a_part_of_the_lines_can_be_recorded_again_on_the_same_machine() {
        let old = report("EPYC", &[line("diff/insert", 2.0), line("diff/leaf", 1.0)]);
        let new = report("EPYC", &[line("diff/insert", 3.0)]);
        let whole = joined(Some(old.clone()), &new).unwrap();
        // In the order of the table.
        assert_eq!(
            whole.lines,
            [line("diff/leaf", 1.0), line("diff/insert", 3.0)]
        );
        let elsewhere = report("Xeon", &[line("diff/insert", 3.0)]);
        let error = joined(Some(old.clone()), &elsewhere).unwrap_err();
        assert!(
            error.starts_with("`diff/leaf` was recorded on a different machine (EPYC, 2 cores"),
            "{error}"
        );
        // If nothing of it is left, the old machine does not matter.
        let all = report("Xeon", &[line("diff/leaf", 1.0), line("diff/insert", 2.0)]);
        assert_eq!(joined(Some(old), &all).unwrap(), all);
    }

    #[test]
    fn what_is_recorded_reads_back_and_makes_the_page() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join("docs")).unwrap();
        fs::create_dir_all(root.join("harness/diff/benches")).unwrap();
        fs::write(
            root.join(PAGE),
            "# Performance\n\nBy hand.\n\n## The report\n\nOutdated.\n",
        )
        .unwrap();
        let count = Judged {
            unit: "instructions".to_owned(),
            ..line("instructions/diff", 123_456_789.0)
        };
        let first = report("EPYC", &[line("diff/leaf", 0.0412), count]);
        record(root, &first).unwrap();
        assert_eq!(read(root).unwrap(), Some(first));
        let page = fs::read_to_string(root.join(PAGE)).unwrap();
        assert!(
            page.starts_with("# Performance\n\nBy hand.\n\n## The report\n\nMeasured on EPYC, ")
        );
        assert!(page.ends_with(&section(root).unwrap()));
        assert!(
            page.contains("\n| diff of 100 MB, one leaf changed | `diff/leaf` | 41.2 ms |"),
            "{page}"
        );
        assert!(page.contains("| not recorded |"), "{page}");
        assert!(!page.contains("Outdated"));
        let diff = ROWS.iter().find(|row| row.name == "instructions/diff");
        let counts = Counts::of(root, diff.unwrap().bench).unwrap();
        assert_eq!(counts.instructions["instructions/diff"], 123_456_789);
        assert_eq!(counts.rustc, "rustc 1.95.0");
    }
}
