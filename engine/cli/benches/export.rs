//! Benchmark: the processor time of `aether export` as CSV and as JSON lines, at several sizes.
//!
//! ```sh
//! cargo bench --package aether-cli --bench export
//! ```
//!
//! Each run has as many ticks as make its ledgers about as large, so that times that are linear in
//! what is written are about the same at every N. The two forms of each table are run in turns; the
//! medians are compared. It is the time of the command's own process, start and end included, and the peak of
//! its memory.

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

    use aether_engine::config::{MemoryDocuments, RunPlan, load_run};
    use aether_engine::run::RunOptions;
    use aether_engine::store::{Existing, RunStore};

    use crate::timing::{is_single_command, median, taken};

    const SIZES: [usize; 4] = [500, 2_000, 8_000, 16_000];
    /// About the bytes of all ledgers of a run, as JSON.
    const LEDGER_BYTES: usize = 60_000_000;
    const ROUNDS: usize = 5;

    /// What is compared: the arguments as JSON lines, and as CSV.
    const TABLES: [(&str, &[&str], &[&str]); 7] = [
        ("ledgers", &["--kind", "ledgers"], &["--kind", "ledgers"]),
        ("edges", &["--kind", "ledgers"], &["--kind", "edges"]),
        ("p_blocks", &["--kind", "p_blocks"], &["--kind", "p_blocks"]),
        ("scenes", &["--kind", "scenes"], &["--kind", "scenes"]),
        ("u_ledger", &["--kind", "u_ledger"], &["--kind", "u_ledger"]),
        ("long state", &["--long"], &["--long"]),
        (
            "long flux",
            &["--long", "--kind", "edges"],
            &["--long", "--kind", "edges"],
        ),
    ];

    pub(super) fn main() -> Result<(), Box<dyn Error>> {
        if is_single_command()? {
            return Ok(());
        }
        let folder = tempfile::tempdir()?;
        println!(
            "{:>6} {:>6}  {:<10} {:>9} {:>9} {:>6} {:>6}",
            "N", "ticks", "table", "jsonl", "csv", "ratio", "MB"
        );
        for nodes in SIZES {
            let ticks = (LEDGER_BYTES / (160 * nodes)).max(8);
            let store = RunStore::new(folder.path());
            let plan = plan(nodes, ticks)?;
            store.record(&plan, "bench", Existing::Replace, &RunOptions::default())?;
            for (table, jsonl, csv) in TABLES {
                let (mut of_jsonl, mut of_csv) = (Vec::new(), Vec::new());
                let mut memory = 0;
                for _ in 0..ROUNDS {
                    for (form, args, times) in
                        [("jsonl", jsonl, &mut of_jsonl), ("csv", csv, &mut of_csv)]
                    {
                        let args = [&["export", "bench", "--as", form], args].concat();
                        let taken = taken(folder.path(), &args)?;
                        times.push(taken.time);
                        memory = memory.max(taken.memory);
                    }
                }
                let [jsonl, csv] = [of_jsonl, of_csv].map(|times| median(times).as_secs_f64());
                println!(
                    "{nodes:>6} {ticks:>6}  {table:<10} {jsonl:>7.3} s {csv:>7.3} s {:>6.2} {:>6}",
                    csv / jsonl,
                    memory / 1_000_000
                );
            }
        }
        Ok(())
    }

    /// A ring with a chord from every node.
    fn plan(nodes: usize, ticks: usize) -> Result<RunPlan, Box<dyn Error>> {
        let ring = (1..=nodes).map(|node| (node, node % nodes + 1));
        let chords = (1..=nodes).map(|node| (node, (node + nodes / 3) % nodes + 1));
        let mut edges = String::new();
        for ((i, j), e_id) in ring.chain(chords).zip(1_usize..) {
            let comma = if e_id == 1 { "" } else { "," };
            let k = 1 + e_id % 5;
            write!(
                edges,
                r#"{comma}{{"e_id":{e_id},"i":{i},"j":{j},"k":{k},"cap":900,"SC":32}}"#
            )?;
        }
        let state: Vec<String> = (1..=nodes)
            .map(|node| (node * 977 % 10_007).to_string())
            .collect();
        let topology =
            format!(r#"{{"gid":"B","profile":"CMP-0","N":{nodes},"SC":32,"edges":[{edges}]}}"#);
        let run = format!(
            "v = 1\ngid = \"B\"\nrun_id = \"bench\"\ntopology_path = \"topology.json\"\n\
             profile_path = \"profile.json\"\nticks = {ticks}\nwindow_every = 8\n\
             initial_state = [{}]\n",
            state.join(",")
        );
        let documents = MemoryDocuments::new()
            .with("topology.json", topology)
            .with(
                "profile.json",
                include_str!("../../../fixtures/profiles/cmp-0.json"),
            )
            .with("run.toml", run);
        load_run(&documents, "run.toml".as_ref()).map_err(|report| report.to_string().into())
    }
}
