//! Benchmark: loads a topology of a million edges, and reports the time and the peak memory as a
//! multiple of the file's size.
//!
//! `cargo bench -p aether-engine --bench load`. Peak memory is Linux's `VmHWM`, measured from the
//! start of the load; other systems do not report it.

use std::fmt::Write as _;
use std::path::Path;

use aether_engine::config::{FileSystem, load_run};

const NODES: u64 = 300_000;
const EDGES: u64 = 1_000_000;
const ROUNDS: usize = 5;

fn main() -> std::io::Result<()> {
    let directory = tempfile::tempdir()?;
    let topology = topology();
    let size = topology.len();
    std::fs::write(directory.path().join("topology.json"), topology)?;
    std::fs::write(directory.path().join("state.csv"), "1\n".repeat(300_000))?;
    std::fs::write(
        directory.path().join("profile.json"),
        include_str!("../../fixtures/profiles/cmp-0.json"),
    )?;
    std::fs::write(
        directory.path().join("run.toml"),
        "v = 1\ngid = \"BIG\"\nrun_id = \"big\"\ntopology_path = \"topology.json\"\n\
         profile_path = \"profile.json\"\nticks = 8\ninitial_state_path = \"state.csv\"\n\
         window_every = 4\n",
    )?;
    let reader = FileSystem::new(directory.path());
    let mut times = Vec::new();
    // From here on, the peak is that of the load.
    let reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    for _ in 0..ROUNDS {
        #[expect(clippy::disallowed_methods, reason = "a benchmark is about the clock")]
        let start = std::time::Instant::now();
        let plan = load_run(&reader, Path::new("run.toml"));
        times.push(start.elapsed());
        drop(plan.map_err(|report| std::io::Error::other(report.to_string()))?);
    }
    times.sort();
    println!("{EDGES} edges, {:.1} MB of JSON", megabytes(size));
    println!("load: median {:?}, best {:?}", times[ROUNDS / 2], times[0]);
    if let Some(peak) = peak().filter(|_| reset) {
        let per_cent = peak * 100 / size;
        println!(
            "peak memory: {:.1} MB, {per_cent} % of the file",
            megabytes(peak)
        );
    }
    Ok(())
}

/// A graph whose edges look random, but are the same every time.
fn topology() -> String {
    let mut text = format!("{{\"gid\": \"BIG\", \"N\": {NODES}, \"SC\": 32, \"edges\": [\n");
    for id in 1..=EDGES {
        let from = id * 7919 % NODES;
        let to = (from + 1 + id * 104_729 % (NODES - 1)) % NODES;
        let (i, j, k) = (from + 1, to + 1, id % 9 + 1);
        let comma = if id < EDGES { "," } else { "" };
        let _ = writeln!(
            text,
            "{{\"e_id\": {id}, \"i\": {i}, \"j\": {j}, \"k\": {k}, \"cap\": 2147483647, \"SC\": 32, \"c\": 0}}{comma}"
        );
    }
    text.push_str("]}\n");
    text
}

fn megabytes(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6
}

/// The peak resident size so far, in bytes.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}
