//! Benchmark: the time to read a random tick of a long run (ledger, P-block, scene and entry).
//!
//! ```sh
//! cargo bench --package aether-engine --bench reading
//! ```
//!
//! First it makes a run of a million ticks with N = 16, which takes a minute or two. Then it reads
//! 3,000 random ticks and reports the median and the slowest times, as wall-clock time and as
//! processor time of the reading thread (Linux). On a busy machine, only the second measures the
//! store.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use aether_engine::config::{MemoryDocuments, RunPlan, load_run};
use aether_engine::run::{RecordKind, RunOptions};
use aether_engine::store::{Existing, RunStore, StoredRun};

const NODES: u64 = 16;
const TICKS: u64 = 1_000_000;
const WINDOW: u64 = 10_000;
const READS: usize = 3_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let store = RunStore::new(directory.path());
    let plan = plan()?;
    store.record(&plan, "run", Existing::Keep, &RunOptions::default())?;
    let run = store.open("run")?;
    let bytes = std::fs::metadata(run.path())?.len();
    println!("{TICKS} ticks, N = {NODES}, {bytes} bytes");
    print_times(&mut times(&run)?);
    Ok(())
}

/// The wall-clock and processor time of each read.
#[expect(clippy::disallowed_methods, reason = "a benchmark is about the clock")]
fn times(run: &StoredRun) -> Result<Vec<[Duration; 2]>, Box<dyn std::error::Error>> {
    let mut random = 7_u64;
    let mut times = Vec::with_capacity(READS);
    for _ in 0..READS {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let tick = 1 + (random >> 33) % TICKS;
        let (wall, processor) = (Instant::now(), processor_time());
        for kind in [
            RecordKind::Ledgers,
            RecordKind::PBlocks,
            RecordKind::Scenes,
            RecordKind::ULedger,
        ] {
            let record = run.record(kind, tick)?;
            assert_eq!(record.map(|record| record.position), Some(tick));
        }
        times.push([wall.elapsed(), processor_time() - processor]);
    }
    Ok(times)
}

/// The processor time of this thread so far; `None` if the system does not report it.
fn processor_time() -> Duration {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = schedule.split_whitespace().next();
    let nanoseconds = nanoseconds.and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

fn print_times(times: &mut [[Duration; 2]]) {
    for (which, name) in ["wall", "processor"].into_iter().enumerate() {
        times.sort_by_key(|time| time[which]);
        let at = |share: usize| times[(times.len() - 1) * share / 1_000][which];
        println!(
            "{name}: median {:?}, 99 of 100 in {:?}, 999 of 1,000 in {:?}, all in {:?}",
            at(500),
            at(990),
            at(999),
            at(1_000)
        );
    }
}

/// A plan of a ring with a chord from every fourth node.
fn plan() -> Result<RunPlan, Box<dyn std::error::Error>> {
    let ring = (1..=NODES).map(|node| (node, node % NODES + 1));
    let chords = (1..=NODES).step_by(4);
    let chords = chords.map(|node| (node, (node + NODES / 2 - 1) % NODES + 1));
    let mut edges = String::new();
    for ((i, j), e_id) in ring.chain(chords).zip(1_u64..) {
        let comma = if e_id == 1 { "" } else { "," };
        let k = 1 + e_id % 7;
        let _ = write!(
            edges,
            r#"{comma}{{"e_id":{e_id},"i":{i},"j":{j},"k":{k},"cap":900,"SC":32}}"#
        );
    }
    let state: Vec<_> = (1..=NODES)
        .map(|node| (node * node * 977 % 10_007).to_string())
        .collect();
    let documents = MemoryDocuments::new()
        .with(
            "topology.json",
            format!(r#"{{"gid":"B","profile":"CMP-0","N":{NODES},"SC":32,"edges":[{edges}]}}"#),
        )
        .with(
            "profile.json",
            include_str!("../../fixtures/profiles/cmp-0.json"),
        )
        .with(
            "run.toml",
            format!(
                "v = 1\ngid = \"B\"\nrun_id = \"bench\"\ntopology_path = \"topology.json\"\n\
                 profile_path = \"profile.json\"\nticks = {TICKS}\nwindow_every = {WINDOW}\n\
                 initial_state = [{}]\n",
                state.join(",")
            ),
        );
    load_run(&documents, "run.toml".as_ref()).map_err(|report| report.to_string().into())
}
