//! Benchmark: a suite of a thousand scenarios of gf01's size, and a list of ten thousand.
//!
//! `cargo bench -p aether-subject --bench suite`. The suite is a thousand copies of `scenarios/gf01`
//! in a temporary workspace, each with its goldens and with the checks `golden` and `determinism`,
//! which make three runs together. It is compared with the same runs of the engine alone on as many
//! threads, with libtest-mimic and as many trials that do nothing, and with insta, which asserts
//! the same documents once per scenario. Each of them is a separate process; they are started in
//! turns, many times, and the medians are compared.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use aether_harness::{Artefact, Layout, RunRequest, Runner, Scenario, Subject, Suite};
use aether_harness_cli::commands::{BlessOptions, Console, bless};
use aether_subject::AetherSubject;
use libtest_mimic::{Arguments, Trial};
use sha2::{Digest, Sha256};

/// Numbers of scenarios of the suite that runs, and of the one that is listed.
const SCENARIOS: usize = 1_000;
const LISTED: usize = 10_000;
/// Runs of one scenario: one for `golden`, two for `determinism`.
const RUNS: usize = 3;
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
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Outcome<()> {
    let (few, many) = (tempfile::tempdir()?, tempfile::tempdir()?);
    workspace(few.path(), SCENARIOS)?;
    workspace(many.path(), LISTED)?;
    goldens(few.path())?;
    once("insta", few.path(), &[("INSTA_UPDATE", "always")])?;

    let mut samples: [Vec<Duration>; 6] = Default::default();
    let parts = [
        ("engine", few.path()),
        ("runner", few.path()),
        ("empty", few.path()),
        ("insta", few.path()),
        ("list", many.path()),
        ("exact", many.path()),
    ];
    for _ in 0..ROUNDS {
        for ((part, root), times) in parts.iter().zip(&mut samples) {
            times.push(once(part, root, &[("INSTA_UPDATE", "no")])?);
        }
    }
    let [engine, runner, empty, insta, list, exact] = samples.map(|mut times| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    });
    let limit = 1.5 * engine + 2.0;
    println!("{SCENARIOS} scenarios, golden and determinism, median of {ROUNDS}:");
    println!(
        "  the engine alone, {} runs  {engine:8.3} s",
        SCENARIOS * RUNS
    );
    println!(
        "  the suite                  {runner:8.3} s  {:.2} of the engine",
        runner / engine
    );
    println!("  its limit, 1.5 engine + 2  {limit:8.3} s");
    println!("  libtest-mimic, {} empty  {empty:8.3} s", SCENARIOS * 2);
    println!("  insta, {SCENARIOS} runs           {insta:8.3} s");
    println!("{LISTED} scenarios listed      {list:8.3} s");
    println!("one of {LISTED} run by name     {exact:8.3} s");
    Ok(())
}

/// The time that a process takes for `part`.
fn once(part: &str, root: &Path, more: &[(&str, &str)]) -> Outcome<Duration> {
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
    #[expect(clippy::disallowed_methods, reason = "a benchmark is about the clock")]
    let start = std::time::Instant::now();
    let status = command.status()?;
    let took = start.elapsed();
    if status.success() {
        // On a busy machine a round may take long.
        eprintln!("{part}: {:.3} s", took.as_secs_f64());
        Ok(took)
    } else {
        Err(format!("{part}: {status}").into())
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
fn goldens(root: &Path) -> Outcome<()> {
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
    for index in 1..SCENARIOS {
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
