//! The benchmarks as programs: they are built once, and each line is a process of its own.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aether_json::Value;
use aether_measure::{Measured, Reported};

use super::targets::Bench;

/// What runs lines.
pub(crate) trait Tools {
    /// Runs a line that measures itself.
    ///
    /// # Errors
    /// Why there is no figure.
    fn measure(&self, bench: &Bench, line: &str) -> Result<Measured, String>;

    /// Counts the instructions of a line.
    ///
    /// # Errors
    /// Why there is no count.
    fn count(&self, bench: &Bench, line: &str) -> Result<u64, String>;
}

/// Benchmarks that were built, by the names of their targets.
pub(crate) struct Programs {
    root: PathBuf,
    executables: BTreeMap<String, PathBuf>,
}

impl Programs {
    /// Builds benchmarks in the profile `bench`, those of them that there are: the lines of others are not measured.
    /// Cargo reports its progress to the error stream.
    ///
    /// # Errors
    /// Cargo cannot be run, or the build failed.
    pub(crate) fn build(root: &Path, benches: &[&Bench]) -> Result<Self, String> {
        let mut command = Command::new("cargo");
        command.current_dir(root).args(["build", "--locked"]);
        command.args(["--profile", "bench", "--message-format"]);
        command.arg("json-render-diagnostics");
        let is_there = |bench: &&&Bench| {
            let source = root.join(bench.dir).join("benches").join(bench.name);
            source.with_extension("rs").is_file()
        };
        for bench in benches.iter().filter(is_there) {
            command.args(["--package", bench.package, "--bench", bench.name]);
        }
        command.stderr(std::process::Stdio::inherit());
        let output = command
            .output()
            .map_err(|error| format!("cargo cannot be run: {error}"))?;
        if !output.status.success() {
            return Err("the benchmarks cannot be built".to_owned());
        }
        Ok(Self {
            root: root.to_owned(),
            executables: executables(&String::from_utf8_lossy(&output.stdout)),
        })
    }

    fn command(&self, bench: &Bench, around: &[&str]) -> Result<Command, String> {
        let executable = self.executables.get(bench.name);
        let executable =
            executable.ok_or_else(|| format!("there is no benchmark `{}`", bench.name))?;
        let mut command = match around {
            [] => Command::new(executable),
            [program, args @ ..] => {
                let mut command = Command::new(program);
                command.args(args).arg(executable);
                command
            }
        };
        // As Cargo runs it.
        command.current_dir(self.root.join(bench.dir));
        Ok(command)
    }
}

impl Tools for Programs {
    fn measure(&self, bench: &Bench, line: &str) -> Result<Measured, String> {
        let mut command = self.command(bench, &[])?;
        let output = command.args(["--json", line]).output();
        let output = output.map_err(|error| error.to_string())?;
        ended_well(&output)?;
        reported(&String::from_utf8_lossy(&output.stdout), line)
    }

    fn count(&self, bench: &Bench, line: &str) -> Result<u64, String> {
        let mut command = self.command(bench, &CALLGRIND)?;
        let output = command.args(["--json", line]).output();
        let output = output.map_err(|error| not_started(&error))?;
        ended_well(&output)?;
        let said = String::from_utf8_lossy(&output.stderr);
        match collected(&said) {
            None => Err("callgrind did not say what it counted".to_owned()),
            Some(0) => Err("the benchmark has nothing within `counted`".to_owned()),
            Some(count) => Ok(count),
        }
    }
}

/// Counts within `aether_measure::counted` alone, and keeps no profile.
const CALLGRIND: [&str; 5] = [
    "valgrind",
    "--tool=callgrind",
    "--callgrind-out-file=/dev/null",
    "--collect-atstart=no",
    "--toggle-collect=*counted_by_callgrind*",
];

/// Why nothing was counted, which is not a failure.
pub(super) const NO_VALGRIND: &str =
    "valgrind is not installed, so that instructions are not counted";

/// Why callgrind did not start.
pub(super) fn not_started(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        NO_VALGRIND.to_owned()
    } else {
        format!("valgrind cannot be run: {error}")
    }
}

/// Refuses a process that failed, with the last that it said.
fn ended_well(output: &Output) -> Result<(), String> {
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    let last = last.map_or_else(String::new, |line| format!(": {line}"));
    Err(format!("the benchmark ended with {}{last}", output.status))
}

/// The figures of a line, from what its process printed.
pub(super) fn reported(printed: &str, line: &str) -> Result<Measured, String> {
    let last = printed.lines().last().unwrap_or_default();
    let reported: Reported = aether_json::from_str(last)
        .map_err(|error| format!("the benchmark did not print a line of the report: {error}"))?;
    if reported.name != line {
        return Err(format!("the benchmark reported `{}`", reported.name));
    }
    Ok(reported.measured)
}

/// The instructions that callgrind says it has counted: `==17== Collected : 123456`.
pub(super) fn collected(said: &str) -> Option<u64> {
    let line = said
        .lines()
        .find_map(|line| line.split_once("Collected :"))?;
    line.1.trim().parse().ok()
}

/// The programs of bench targets by name, from Cargo's messages.
pub(super) fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    let executable = |message: &str| {
        let message: Value = aether_json::from_str(message).ok()?;
        let target = message.get("target")?;
        let mut kinds = target.get("kind")?.as_array()?.iter();
        let is_bench = kinds.any(|kind| kind.as_str() == Some("bench"));
        let executable = message.get("executable")?.as_str()?;
        let name = target.get("name")?.as_str()?;
        is_bench.then(|| (name.to_owned(), PathBuf::from(executable)))
    };
    messages.lines().filter_map(executable).collect()
}
