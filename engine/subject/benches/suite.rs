//! Benchmark: suites of scenarios of gf01's size, and a list of ten thousand.
//!
//! `cargo bench -p aether-subject --bench suite`. A suite is copies of `scenarios/gf01` in a temporary workspace,
//! each with its goldens and with the checks `golden` and `determinism`, which make two runs together. A thousand are
//! compared with the same runs of the engine alone on as many threads, with libtest-mimic and as many trials
//! that do nothing, and with insta, which asserts the same documents once per scenario. Each of them is a
//! separate process. Workspaces are in memory, where the system has a place for that.

use std::env;
use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::thread;

use aether_harness::{Artefact, Layout, RunRequest, Runner, Scenario, Subject, Suite};
use aether_harness_cli::commands::{BlessOptions, Console, bless};
use aether_measure::{Line, Measured, seconds};
use aether_subject::AetherSubject;
use libtest_mimic::{Arguments, Trial};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Numbers of scenarios of the suite that runs, and of the one that is listed.
const SCENARIOS: usize = 1_000;
const LISTED: usize = 10_000;
/// Runs of one scenario: `golden` and `determinism` share the first.
const RUNS: usize = 2;
const ROUNDS: usize = 5;

/// The environment variables that select what this process measures.
const PLAY: &str = "AETHER_BENCH_PLAY";
const ROOT: &str = "AETHER_BENCH_ROOT";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    #[expect(
        clippy::disallowed_methods,
        reason = "the environment carries the orders to the processes that are measured"
    )]
    let (part, root) = (env::var(PLAY), env::var_os(ROOT));
    if let (Ok(part), Some(root)) = (part, root) {
        return play(&part, Path::new(&root));
    }
    aether_measure::main(&[
        Line::measured("suite/1000", || against("runner", directory()?.path())),
        Line::measured("suite/disk", || {
            against("runner", tempfile::tempdir()?.path())
        }),
        Line::measured("suite/insta", || against("insta", directory()?.path())),
        Line::measured("suite/empty", || against("empty", directory()?.path())),
        Line::measured("suite/list", || many("list", LISTED)),
        Line::measured("suite/exact", || many("exact", LISTED)),
        Line::measured("growth/scenarios-10", || runner(10)),
        Line::measured("growth/scenarios-100", || runner(100)),
        Line::measured("growth/scenarios-1000", || runner(1_000)),
    ])
}

/// A directory in memory. What a file costs on a disk depends on what is there and was there before: ext4 without a
/// journal, for one, passes by all inodes that were freed in the last minutes, one by one.
fn directory() -> io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    }
}

/// The time that a part takes beside the runs of the engine alone, in turns, over a thousand scenarios.
fn against(part: &str, dir: &Path) -> Outcome<Measured> {
    workspace(dir, SCENARIOS)?;
    goldens(dir, SCENARIOS)?;
    if part == "insta" {
        once(part, dir, &[("INSTA_UPDATE", "always")])?;
    }
    let both = || -> Outcome<[f64; 2]> {
        let time = |part| once(part, dir, &[("INSTA_UPDATE", "no")]);
        Ok([time(part)?, time("engine")?])
    };
    both()?;
    let rounds: Vec<_> = (0..ROUNDS).map(|_| both()).collect::<Outcome<_>>()?;
    let reference = "as many runs of the engine alone";
    Ok(Measured::against("s", reference, &rounds))
}

/// The time of the runner over a suite of this many scenarios.
fn runner(count: usize) -> Outcome<Measured> {
    let dir = directory()?;
    workspace(dir.path(), count)?;
    goldens(dir.path(), count)?;
    repeated("runner", dir.path())
}

/// The time of a part that needs no goldens, over a list of this many scenarios.
fn many(part: &str, count: usize) -> Outcome<Measured> {
    let dir = directory()?;
    workspace(dir.path(), count)?;
    repeated(part, dir.path())
}

fn repeated(part: &str, root: &Path) -> Outcome<Measured> {
    once(part, root, &[])?;
    let samples: Vec<f64> = (0..ROUNDS)
        .map(|_| once(part, root, &[]))
        .collect::<Outcome<_>>()?;
    Ok(Measured::alone("s", &samples))
}

/// The seconds that a process takes for `part`.
fn once(part: &str, root: &Path, more: &[(&str, &str)]) -> Outcome<f64> {
    let mut command = Command::new(env::current_exe()?);
    command.env(PLAY, part).env(ROOT, root).envs(more.to_vec());
    command.env_remove("CI").stdout(Stdio::null());
    if part == "insta" {
        command.stderr(Stdio::null());
    }
    match part {
        "list" => command.args(["--list", "--format", "terse"]),
        "exact" => command.args(["gf01-00007::golden", "--exact", "--list"]),
        _ => command.arg("--quiet"),
    };
    let mut status = None;
    let took = seconds(|| status = Some(command.status()));
    match status.transpose()? {
        Some(status) if status.success() => Ok(took),
        Some(status) => Err(format!("{part}: {status}").into()),
        None => Err(format!("{part} was not started").into()),
    }
}

fn play(part: &str, root: &Path) -> ExitCode {
    let played = match part {
        "engine" => engine(root),
        "empty" => return empty(),
        "insta" => return with_insta(root),
        _ => return Runner::of(suite(root)).main(),
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn suite(root: &Path) -> Suite {
    let layout = Layout::new(root).with_target(root.join("target"));
    Suite::new(root)
        .layout(layout)
        .subject(AetherSubject::new(root))
}

/// Makes the goldens of all scenarios: the first is blessed, and its goldens are copied for the
/// others. A thousand blesses would wait for the disk thirteen thousand times.
fn goldens(root: &Path, count: usize) -> Outcome<()> {
    let first = name(0);
    let options = BlessOptions {
        names: vec![first.clone()],
        reason: Some("first".to_owned()),
        date: "2026-11-26".to_owned(),
        ..BlessOptions::default()
    };
    let mut console = Console {
        out: &mut std::io::sink(),
        err: &mut std::io::stderr(),
        ask: None,
    };
    bless(&suite(root), &options, &mut console)?;
    let snapshots = root.join("fixtures").join("snapshots");
    let from = snapshots.join(&first);
    let manifest = fs::read_to_string(from.join("snapshot.toml"))?;
    let inputs = fs::read_to_string(from.join("inputs.json"))?;
    for index in 1..count {
        let name = name(index);
        let to = snapshots.join(&name);
        fs::create_dir(&to)?;
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        // The inputs contain the path of the scenario's own file.
        let renamed = inputs.replace(&first, &name);
        let manifest = manifest
            .replace(&digest(&inputs), &digest(&renamed))
            .replace(&digest(files(&inputs)?), &digest(files(&renamed)?));
        fs::write(to.join("inputs.json"), renamed)?;
        fs::write(to.join("snapshot.toml"), manifest)?;
    }
    Ok(())
}

/// The text of the member `files`, which has a digest of its own.
fn files(inputs: &str) -> Outcome<&str> {
    let files = aether_json::scan::member(inputs.trim_ascii(), "\"files\"");
    Ok(files.ok_or("inputs without files")?)
}

fn digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A workspace with copies of gf01.
fn workspace(root: &Path, count: usize) -> Outcome<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in [
        "fixtures/topologies/gf01.json",
        "fixtures/profiles/cmp-0.json",
    ] {
        let to = root.join(file);
        fs::create_dir_all(to.parent().unwrap_or(root))?;
        fs::copy(repository.join(file), to)?;
    }
    let from = repository.join("scenarios").join("gf01");
    let mut scenario = fs::read_to_string(from.join("scenario.toml"))?;
    scenario.push_str("\n[drop]\n");
    for check in ["process", "threads", "replay", "resume"] {
        scenario.push_str(&format!("{check} = \"not measured\"\n"));
    }
    let run = fs::read(from.join("run.json"))?;
    for dir in scenarios(root, count) {
        fs::create_dir_all(&dir)?;
        fs::write(dir.join("scenario.toml"), &scenario)?;
        fs::write(dir.join("run.json"), &run)?;
    }
    Ok(())
}

fn scenarios(root: &Path, count: usize) -> Vec<PathBuf> {
    (0..count)
        .map(|index| root.join("scenarios").join(name(index)))
        .collect()
}

fn name(index: usize) -> String {
    format!("gf01-{index:05}")
}

/// The documents of one run, which goldens and insta compare.
fn documents(subject: &AetherSubject, dir: &Path) -> Outcome<Vec<Artefact>> {
    let subjects: [Arc<dyn Subject>; 1] = [Arc::new(subject.clone())];
    let scenario = Scenario::load(dir, &subjects)?;
    let request = RunRequest::direct(std::env::temp_dir());
    Ok(subject.open(&scenario)?.run(&request)?)
}

/// The runs of the suite without the suite, on as many threads as it uses.
fn engine(root: &Path) -> Outcome<()> {
    let dirs = scenarios(root, SCENARIOS);
    let threads = thread::available_parallelism()?.get();
    let subject = AetherSubject::new(root);
    let work = |dirs: &[PathBuf]| -> Result<(), String> {
        for dir in dirs {
            for _ in 0..RUNS {
                documents(&subject, dir).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let chunks = dirs.chunks(dirs.len().div_ceil(threads));
        let workers: Vec<_> = chunks.map(|dirs| scope.spawn(|| work(dirs))).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|_| Err("panicked".to_owned())))
    })?;
    Ok(())
}

fn empty() -> ExitCode {
    let trials = (0..SCENARIOS * 2).map(|index| Trial::test(format!("t{index}"), || Ok(())));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// The same documents, asserted by insta in libtest-mimic's trials.
fn with_insta(root: &Path) -> ExitCode {
    let subject = AetherSubject::new(root);
    let snapshots = root.join("insta");
    let trial = |dir: PathBuf| {
        let (subject, snapshots) = (subject.clone(), snapshots.clone());
        let name = dir
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Trial::test(name.clone(), move || {
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(&snapshots);
            settings.set_prepend_module_to_snapshot(false);
            let documents = documents(&subject, &dir).map_err(|error| error.to_string())?;
            settings.bind(|| {
                for document in &documents {
                    let text = String::from_utf8_lossy(document.text()).into_owned();
                    insta::assert_snapshot!(format!("{name}.{}", document.name()), text);
                }
            });
            Ok(())
        })
    };
    let trials = scenarios(root, SCENARIOS).into_iter().map(trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
