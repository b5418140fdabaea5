//! Tests that commands take memory for what they show, not for the run: each is started with a
//! limit on its address space, under which it could not hold the run.

use std::fmt::Write as _;
use std::process::Command;

use super::{Ended, Runs};

/// Adds a run of a random graph, from documents that are written beside the runs.
fn add(runs: &Runs, name: &str, (nodes, edges, ticks): (usize, usize, u64), k: i64) {
    let mut seed = 1_u64;
    let mut chance = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % bound
    };
    let mut topology =
        format!("{{\"gid\":\"BIG\",\"profile\":\"CMP-0\",\"N\":{nodes},\"SC\":32,\"edges\":[");
    for e_id in 1..=edges {
        let i = chance(nodes) + 1;
        let j = (i + chance(nodes - 1)) % nodes + 1;
        let k = if e_id == 1 { k } else { 3 };
        let comma = if e_id == 1 { "" } else { "," };
        let _ = write!(
            topology,
            "{comma}{{\"e_id\":{e_id},\"i\":{i},\"j\":{j},\"k\":{k},\"cap\":2147483647,\"SC\":32}}"
        );
    }
    topology.push_str("]}");
    let state: Vec<String> = (0..nodes).map(|_| chance(1_000_000).to_string()).collect();
    let profile = super::root().join("fixtures/profiles/cmp-0.json");
    let run = format!(
        "v = 1\ngid = \"BIG\"\nrun_id = \"big\"\ntopology_path = \"{name}.json\"\n\
         profile_path = \"{}\"\nticks = {ticks}\nwindow_every = {}\ninitial_state = [{}]\n",
        profile.display(),
        ticks.min(50),
        state.join(", ")
    );
    std::fs::write(runs.file(&format!("{name}.json")), topology).unwrap();
    let path = runs.file(&format!("{name}.toml"));
    std::fs::write(&path, run).unwrap();
    let path = path.to_str().unwrap();
    runs.aether(&["run", path, "--run-id", name]).with(0);
}

/// Runs `aether` in an address space of so many MiB.
fn limited(runs: &Runs, limit_mib: u64, args: &[&str]) -> Ended {
    let limit = limit_mib * 1024;
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -v {limit} && exec \"$0\" \"$@\""))
        .arg(env!("CARGO_BIN_EXE_aether"))
        .args(args)
        .arg("--runs-dir")
        .arg(runs.directory())
        .output()
        .unwrap();
    Ended {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// One tick as text takes 22 MiB in the export of this run, of which the command shows 40 rows.
#[test]
fn a_tick_of_many_edges() {
    let runs = Runs::new();
    add(&runs, "edges", (1_000, 100_000, 2), 3);
    for (args, limit_mib) in [
        (&["inspect", "edges"][..], 64),
        (&["inspect", "edges", "--tick", "2"], 96),
        (&["inspect", "edges", "--tick", "0"], 96),
        (&["inspect", "edges", "--tick", "1..2"], 80),
        (&["inspect", "edges", "--node", "7", "--tick", "1..2"], 80),
        (&["inspect", "edges", "--edge", "7,9"], 80),
        (&["log", "edges", "--edge", "7"], 80),
        (&["show-ledger", "edges"], 64),
    ] {
        let ended = limited(&runs, limit_mib, args).with(0);
        assert!(ended.stdout.lines().count() < 150, "{args:?}");
    }
}

/// The records of the shorter runs take 70 MiB each as text, those of the longer ones twice that.
#[test]
fn a_comparison_of_long_runs() {
    let runs = Runs::new();
    for (name, ticks, k) in [
        ("short-3", 800, 3),
        ("short-4", 800, 4),
        ("long-3", 1_600, 3),
        ("long-4", 1_600, 4),
    ] {
        add(&runs, name, (300, 400, ticks), k);
    }
    for (before, after) in [
        ("short-3", "short-4"),
        ("long-3", "long-4"),
        // All records of the second half are on one side only.
        ("short-3", "long-3"),
        ("long-4", "short-3"),
    ] {
        let ended = limited(&runs, 80, &["diff", before, after]).with(1);
        assert!(ended.stdout.contains("then UMX"), "{ended:#?}");
    }
}
