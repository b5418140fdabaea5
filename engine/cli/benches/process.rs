//! Benchmark: `aether` as a process, against what any process costs.
//!
//! ```sh
//! cargo bench --package aether-cli --bench process
//! ```

use std::error::Error;
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use aether_engine::config::{FileSystem, load_run};
use aether_engine::run::RunOptions;
use aether_engine::store::{Existing, RunStore};
use aether_measure::{Line, Measured, rounds, seconds};

const AETHER: &str = env!("CARGO_BIN_EXE_aether");
/// Where the scenarios are.
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn main() -> ExitCode {
    aether_measure::main(&[
        Line::measured("process/gf01", run_of_a_scenario),
        Line::measured("export/ledgers", export_of_ledgers),
    ])
}

/// Seconds of `aether run gf01`, against three times those of `aether --version` and 5 ms.
fn run_of_a_scenario() -> Result<Measured, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut number = 0;
    let run = || {
        number += 1;
        let mut command = aether(&["run", "gf01", "--run-id"], folder.path());
        command.arg(format!("run-{number}")).stdout(Stdio::null());
        seconds(|| succeeds(&mut command))
    };
    let version = || {
        let mut command = Command::new(AETHER);
        command.arg("--version").stdout(Stdio::null());
        3.0 * seconds(|| succeeds(&mut command)) + 0.005
    };
    let rounds = rounds(51, run, version);
    Ok(Measured::against(
        "s",
        "3 × `aether --version` + 5 ms",
        &rounds,
    ))
}

/// Bytes per second of all ledgers of a run as JSON lines through a pipe, against bytes that a
/// thread copies into one.
fn export_of_ledgers() -> Result<Measured, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = Path::new("scenarios/grid32/run.toml");
    let plan = load_run(&FileSystem::new(REPOSITORY), path);
    let plan = plan.map_err(|report| report.to_string())?;
    let store = RunStore::new(folder.path());
    store.record(&plan, "grid", Existing::Keep, &RunOptions::default())?;
    let export = || {
        let args = ["export", "grid", "--kind", "ledgers", "--as", "jsonl"];
        let mut command = aether(&args, folder.path());
        per_second(|| {
            let mut child = command.stdout(Stdio::piped()).spawn()?;
            let bytes = drain(child.stdout.take().expect("it has a pipe"))?;
            assert!(child.wait()?.success());
            Ok(bytes)
        })
    };
    let rounds = rounds(9, export, || per_second(copied));
    Ok(Measured::against("bytes/s", "memcpy to a pipe", &rounds))
}

/// Bytes that a thread copies into a pipe, which this one reads.
fn copied() -> io::Result<u64> {
    let (reader, mut writer) = io::pipe()?;
    let bytes = vec![b'7'; 1 << 20];
    thread::scope(|scope| {
        scope.spawn(move || (0..512).try_for_each(|_| writer.write_all(&bytes)));
        drain(reader)
    })
}

/// Reads to the end; returns how many bytes there were.
fn drain(mut reader: impl Read) -> io::Result<u64> {
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(bytes),
            read => bytes += read as u64,
        }
    }
}

fn per_second(work: impl FnOnce() -> io::Result<u64>) -> f64 {
    let mut bytes = 0;
    let seconds = seconds(|| bytes = work().expect("a pipe takes bytes"));
    bytes as f64 / seconds
}

fn aether(args: &[&str], runs_dir: &Path) -> Command {
    let mut command = Command::new(AETHER);
    command
        .current_dir(REPOSITORY)
        .args([args[0], "--runs-dir"])
        .arg(runs_dir)
        .args(&args[1..]);
    command
}

fn succeeds(command: &mut Command) {
    let status = command.status().expect("the command starts");
    assert!(status.success(), "{command:?}: {status}");
}
