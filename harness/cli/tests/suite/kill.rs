//! A bless that is killed leaves the old goldens or the new ones, never a mix.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::workspace::{Ran, Workspace};

crate::tests![kill; a_killed_bless_leaves_no_mix, concurrent_blesses_exclude_one_another];

/// How many kills must have come while goldens were being written.
const KILLS: u32 = 30;

/// More tries than this say that writing cannot be met at all.
const TRIES: u32 = 600;

const SNAPSHOTS: &str = "fixtures/snapshots";

/// The goldens of `ring`, file by file, and what stands beside them.
fn goldens(workspace: &Workspace) -> Vec<(String, String)> {
    let dir = format!("{SNAPSHOTS}/ring");
    let mut files: Vec<String> = fs::read_dir(workspace.path(&dir))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|file| file != "snapshot.toml")
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let text = workspace.read(&format!("{dir}/{file}"));
            (file, text)
        })
        .collect()
}

/// Goldens that take a while to write, and two documents that make them in turn.
fn workspace() -> Workspace {
    let workspace = Workspace::empty();
    let drop = "[drop]\nthreads = \"speed\"\nreplay = \"speed\"\nprocess = \"speed\"\n";
    workspace.scenario("ring", drop, "");
    let cells: Vec<String> = (0..100)
        .map(|cell| u8::from(cell == 50).to_string())
        .collect();
    let run = "scenarios/ring/run.toml";
    workspace.edit(run, "0, 0, 1, 0, 0, 0, 0", &cells.join(", "));
    workspace.edit(run, "ticks = 6", TICKS[0]);
    workspace.bless("ring", "first");
    workspace
}

/// What tells a directory from the one that was there before.
#[cfg(unix)]
fn identity(dir: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(dir).ok().map(|about| about.ino())
}

#[cfg(not(unix))]
fn identity(dir: &Path) -> Option<u64> {
    dir.exists().then_some(0)
}

/// All records but the last are the same, so that they are soon compared, and written nevertheless.
const TICKS: [&str; 2] = ["ticks = 500", "ticks = 501"];

fn a_killed_bless_leaves_no_mix() {
    let workspace = workspace();
    let run = "scenarios/ring/run.toml";
    let staged = workspace.path(&format!("{SNAPSHOTS}/.bless-ring.new"));
    let goldens_dir = workspace.path(&format!("{SNAPSHOTS}/ring"));
    let first = goldens(&workspace);
    workspace.edit(run, TICKS[0], TICKS[1]);
    let whole = Ran::of(&mut workspace.process("bless"));
    assert_eq!(whole.status, Some(0), "{}", whole.err);
    let states = [first, goldens(&workspace)];
    let (mut old, mut new, mut tries) = (0, 0, 0);
    let mut current = 1;
    // How long after the first sign of writing the kill comes at most: this finds the whole time that
    // writing takes, whatever the machine.
    let mut within = Duration::from_millis(5);
    while old + new < KILLS {
        tries += 1;
        assert!(tries <= TRIES, "{old} old and {new} new in {tries} tries");
        let other = 1 - current;
        workspace.edit(run, TICKS[current], TICKS[other]);
        let before = identity(&goldens_dir);
        let mut child = workspace
            .process("bless")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let wait_for = |sign: &dyn Fn() -> bool, child: &mut Child| {
            while !sign() && child.try_wait().unwrap().is_none() {
                thread::yield_now();
            }
        };
        wait_for(&|| staged.exists(), &mut child);
        // Every third kill comes when the new state is in place and the old one about to go.
        let is_at_swap = tries % 3 == 0;
        if is_at_swap {
            wait_for(&|| identity(&goldens_dir) != before, &mut child);
        } else {
            let moment = within.mul_f64(f64::from(tries * 7 % 31) / 31.0);
            let seen = Instant::now();
            while seen.elapsed() < moment {
                std::hint::spin_loop();
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What is staged stays for who was killed, and goes with who came to the end.
        let was_writing = staged.exists();
        // The next look at the goldens: sound, whatever happened.
        let ran = workspace.runner(&["ring::golden", "--exact"]);
        let verdict = workspace.result("ring", "golden")["verdict"].clone();
        let found = goldens(&workspace);
        if found == states[current] {
            assert_eq!(verdict, "STALE_INPUTS", "{}", ran.out);
            workspace.edit(run, TICKS[other], TICKS[current]);
            old += u32::from(was_writing);
        } else {
            assert!(found == states[other], "a mix, in {tries} tries");
            assert_eq!(verdict, "MATCH", "{}", ran.out);
            current = other;
            new += u32::from(was_writing);
        }
        if !is_at_swap {
            within = within.mul_f64(if was_writing { 1.3 } else { 0.7 });
        }
    }
    eprintln!("killed {tries} times, {KILLS} times in writing: {old} old, {new} new");
    // What the killed ones left is put right by the next bless.
    workspace.edit(run, TICKS[current], TICKS[1 - current]);
    let again = Ran::of(&mut workspace.process("bless"));
    assert_eq!(again.status, Some(0), "{}", again.err);
    let names: Vec<String> = fs::read_dir(workspace.path(SNAPSHOTS))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

fn concurrent_blesses_exclude_one_another() {
    let workspace = Workspace::blessed();
    workspace.edit("scenarios/ring/run.toml", "rule = 30", "rule = 90");
    let children: Vec<_> = (0..6)
        .map(|_| {
            workspace
                .process("bless")
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut blessed = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => blessed += 1,
            Some(1) => assert!(
                said.contains("another bless changed the goldens meanwhile"),
                "{said}"
            ),
            other => panic!("{other:?}: {said}"),
        }
        thread::sleep(Duration::ZERO);
    }
    assert!(blessed >= 1);
    let manifest = workspace.read("fixtures/snapshots/ring/snapshot.toml");
    assert_eq!(manifest.matches("as ordered").count(), 1, "{manifest}");
    let ran = workspace.runner(&["ring::golden", "--exact"]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
}
