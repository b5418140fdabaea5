//! Benchmark: the time and memory of `aether why`, beside those of `aether verify` of one of the runs.
//!
//! ```sh
//! cargo bench --package aether-cli --bench why
//! ```
//!
//! Two runs of a grid with 10^4 nodes and 10^3 ticks differ in one input, 50, 100 and 999 ticks before the
//! value that is asked for. It is the time of the command's own process, start and end included; the medians of
//! three rounds, and the peak of their memory. The processor time is that of all its threads.

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!(
        "this benchmark reads the processor time of its children, which it knows for Linux only"
    );
}

#[cfg(target_os = "linux")]
mod timing;

#[cfg(target_os = "linux")]
mod linux {
    use std::error::Error;
    use std::fmt::Write as _;
    use std::path::Path;
    use std::time::Duration;

    use aether_engine::config::{MemoryDocuments, RunPlan, load_run};
    use aether_engine::run::RunOptions;
    use aether_engine::store::{Existing, RunStore};
    use aether_measure::seconds;

    use crate::timing::{is_single_command, median, taken};

    const SIDE: usize = 100;
    const TICKS: u64 = 1_000;
    const ROUNDS: usize = 3;

    /// How many ticks after the input that differs the value is that is asked for.
    const LATER: [u64; 3] = [50, 100, 999];

    pub(super) fn main() -> Result<(), Box<dyn Error>> {
        if is_single_command()? {
            return Ok(());
        }
        let folder = tempfile::tempdir()?;
        let runs_dir = folder.path();
        let store = RunStore::new(runs_dir);
        let node = (SIDE * SIDE / 2 + SIDE / 2).to_string();
        for later in LATER {
            let changed_at = TICKS - later;
            for (name, value) in [("base", 1_000), ("changed", 900_000)] {
                let plan = plan(changed_at, value)?;
                store.record(&plan, name, Existing::Replace, &RunOptions::default())?;
            }
            println!("an input that differs {later} ticks before");
            let verify = measured(runs_dir, "verify", &["verify", "base"], None)?;
            let tick = TICKS.to_string();
            let why = ["why", "base", "changed", "--tick", &tick, "--node", &node];
            let nearest = [&why[..], &["--nearest"]].concat();
            measured(runs_dir, "why, the shortest path", &nearest, Some(verify))?;
            measured(runs_dir, "why, the whole slice", &why, Some(verify))?;
        }
        Ok(())
    }

    /// Measures a command, and prints what it took.
    fn measured(
        runs_dir: &Path,
        what: &str,
        args: &[&str],
        verify: Option<Duration>,
    ) -> Result<Duration, Box<dyn Error>> {
        let (mut elapsed, mut of_processors) = (Vec::new(), Vec::new());
        let mut memory = 0;
        for _ in 0..ROUNDS {
            let mut one = None;
            let all = seconds(|| one = Some(taken(runs_dir, args)));
            let taken = one.ok_or("it was measured")??;
            elapsed.push(Duration::from_secs_f64(all));
            of_processors.push(taken.time);
            memory = memory.max(taken.memory);
        }
        let time = median(elapsed);
        let verify = verify.unwrap_or(time).as_secs_f64();
        println!(
            "{what:<26} {:>8.2} s {:>6.2} of verify {:>8.2} s of processors {:>6} MB",
            time.as_secs_f64(),
            time.as_secs_f64() / verify,
            median(of_processors).as_secs_f64(),
            memory / 1_000_000
        );
        Ok(time)
    }

    /// A grid with an input in its middle.
    fn plan(changed_at: u64, value: i64) -> Result<RunPlan, Box<dyn Error>> {
        let nodes = SIDE * SIDE;
        let right = (1..=nodes)
            .filter(|node| node % SIDE != 0)
            .map(|node| (node, node + 1));
        let down = (1..=nodes - SIDE).map(|node| (node, node + SIDE));
        let mut edges = String::new();
        for ((i, j), e_id) in right.chain(down).zip(1_usize..) {
            let comma = if e_id == 1 { "" } else { "," };
            write!(
                edges,
                r#"{comma}{{"e_id":{e_id},"i":{i},"j":{j},"k":7,"cap":900,"SC":32}}"#
            )?;
        }
        let state: Vec<String> = (1..=nodes)
            .map(|node| (node * 977 % 10_007).to_string())
            .collect();
        let topology =
            format!(r#"{{"gid":"B","profile":"CMP-0","N":{nodes},"SC":32,"edges":[{edges}]}}"#);
        let pfna = format!(
            r#"{{"v":0,"pfna_id":"p","gid":"B","entries":[{{"pfna_id":"e","tick":{changed_at},"values":{{"{}":{value}}}}}]}}"#,
            SIDE * SIDE / 2 + SIDE / 2
        );
        let run = format!(
            "v = 1\ngid = \"B\"\nrun_id = \"bench\"\ntopology_path = \"topology.json\"\n\
             profile_path = \"profile.json\"\nticks = {TICKS}\nwindow_every = 50\n\
             enable_pfna = true\npfna_path = \"pfna.json\"\ninitial_state = [{}]\n",
            state.join(",")
        );
        let documents = MemoryDocuments::new()
            .with("topology.json", topology)
            .with("pfna.json", pfna)
            .with(
                "profile.json",
                include_str!("../../../fixtures/profiles/cmp-0.json"),
            )
            .with("run.toml", run);
        load_run(&documents, "run.toml".as_ref()).map_err(|report| report.to_string().into())
    }
}
