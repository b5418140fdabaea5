//! Benchmark: the processor time of `aether why`, beside that of `aether verify` of one of the runs.
//!
//! ```sh
//! cargo bench --package aether-cli --bench why
//! ```
//!
//! Two runs of a grid with 10^4 nodes and 10^3 ticks differ in one input at tick 850. The value asked for is 50
//! and 100 ticks later. It is the time of the command's own process, start and end included.

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
mod linux {
    use std::error::Error;
    use std::fmt::Write as _;
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use aether_engine::config::{MemoryDocuments, RunPlan, load_run};
    use aether_engine::run::RunOptions;
    use aether_engine::store::{Existing, RunStore};
    use nix::sys::resource::{UsageWho, getrusage};

    const SIDE: usize = 100;
    const TICKS: u64 = 1_000;
    const CHANGED_AT: u64 = 850;

    pub(super) fn main() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let store = RunStore::new(folder.path());
        for (name, value) in [("base", 1_000), ("changed", 900_000)] {
            let options = RunOptions::default();
            store.record(&plan(value)?, name, Existing::Replace, &options)?;
        }
        let verify = time(folder.path(), &["verify", "base"])?;
        println!("verify                    {:>8.2} s", verify.as_secs_f64());
        let node = (SIDE * SIDE / 2 + SIDE / 2).to_string();
        for later in [50, 100] {
            let tick = (CHANGED_AT + later).to_string();
            let why = ["why", "base", "changed", "--tick", &tick, "--node", &node];
            let nearest = time(folder.path(), &[&why[..], &["--nearest"]].concat())?;
            let whole = time(folder.path(), &[&why[..], &["--format", "json"]].concat())?;
            for (what, found) in [("shortest path", nearest), ("whole slice", whole)] {
                println!(
                    "{what:<13} {later:>4} ticks {:>8.2} s  {:>6.2} of verify",
                    found.as_secs_f64(),
                    found.as_secs_f64() / verify.as_secs_f64()
                );
            }
        }
        Ok(())
    }

    /// The processor time of one command.
    fn time(runs_dir: &Path, args: &[&str]) -> Result<Duration, Box<dyn Error>> {
        let before = of_children()?;
        let status = Command::new(env!("CARGO_BIN_EXE_aether"))
            .args(args)
            .arg("--runs-dir")
            .arg(runs_dir)
            .stdout(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(format!("aether {args:?} failed: {status}").into());
        }
        Ok(of_children()? - before)
    }

    /// The processor time of all children that have ended.
    fn of_children() -> Result<Duration, Box<dyn Error>> {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let times = [usage.user_time(), usage.system_time()];
        let micros = times.map(|time| time.tv_sec() * 1_000_000 + time.tv_usec());
        Ok(Duration::from_micros(
            micros.iter().sum::<i64>().unsigned_abs(),
        ))
    }

    /// A grid with an input in its middle.
    fn plan(value: i64) -> Result<RunPlan, Box<dyn Error>> {
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
            r#"{{"v":0,"pfna_id":"p","gid":"B","entries":[{{"pfna_id":"e","tick":{CHANGED_AT},"values":{{"{}":{value}}}}}]}}"#,
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
