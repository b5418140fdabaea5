//! A bless that is killed leaves the old goldens or the new ones, never a mix.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::workspace::{Ran, Workspace};

crate::tests![kill; a_killed_bless_leaves_no_mix, concurrent_blesses_exclude_one_another];

/// The goldens of `ring`, file by file.
fn goldens(workspace: &Workspace) -> Vec<(String, String)> {
    ["generations.json", "inputs.json", "totals.json"]
        .iter()
        .map(|file| {
            let path = format!("fixtures/snapshots/ring/{file}");
            ((*file).to_owned(), workspace.read(&path))
        })
        .collect()
}

fn a_killed_bless_leaves_no_mix() {
    let workspace = Workspace::blessed();
    let rules = ["rule = 30", "rule = 90"];
    let run = "scenarios/ring/run.toml";
    let first = goldens(&workspace);
    workspace.edit(run, rules[0], rules[1]);
    let start = Instant::now();
    let whole = Ran::of(&mut workspace.process("bless"));
    let took = start.elapsed();
    assert_eq!(whole.status, Some(0), "{}", whole.err);
    let second = goldens(&workspace);
    let (mut old, mut new) = (0, 0);
    let mut current = 1;
    for round in 0..30_u32 {
        let before = [&first, &second][current].clone();
        let other = 1 - current;
        workspace.edit(run, rules[current], rules[other]);
        let mut child = workspace
            .process("bless")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Moments spread over the whole run, most of them where the files are written.
        thread::sleep(took * (10 + round * 3) / 90);
        child.kill().unwrap();
        child.wait().unwrap();
        // The next look at the goldens: sound, whatever happened.
        let ran = workspace.runner(&["ring::golden", "--exact"]);
        let verdict = workspace.result("ring", "golden")["verdict"].clone();
        let found = goldens(&workspace);
        if found == before {
            assert_eq!(verdict, "STALE_INPUTS", "{}", ran.out);
            old += 1;
            workspace.edit(run, rules[other], rules[current]);
        } else {
            assert_eq!(found, [&first, &second][other].clone());
            assert_eq!(verdict, "MATCH", "{}", ran.out);
            new += 1;
            current = other;
        }
    }
    eprintln!("killed 30 times in {took:?}: {old} old, {new} new");
    // What the killed ones left is put right by the next bless.
    let again = Ran::of(&mut workspace.process("bless"));
    assert_eq!(again.status, Some(0), "{}", again.err);
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
