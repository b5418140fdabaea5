//! A table looks at what it reads and writes a few times, whatever the size of the graph. The work is
//! counted and not timed.

use aether_engine::config::{MemoryDocuments, load_run};
use aether_engine::run::RunOptions;
use aether_engine::store::{Existing, RunStore};

use super::*;

/// A run of a ring.
fn run(nodes: usize) -> (tempfile::TempDir, StoredRun) {
    let edges: Vec<String> = (1..=nodes)
        .map(|edge| {
            let next = edge % nodes + 1;
            format!(r#"{{"e_id":{edge},"i":{edge},"j":{next},"k":3,"cap":900,"SC":32}}"#)
        })
        .collect();
    let edges = edges.join(",");
    let topology =
        format!(r#"{{"gid":"G","profile":"CMP-0","N":{nodes},"SC":32,"edges":[{edges}]}}"#);
    let state: Vec<String> = (1..=nodes)
        .map(|node| (node * 37 % 1_009).to_string())
        .collect();
    let config = format!(
        "v = 1\ngid = \"G\"\nrun_id = \"r\"\ntopology_path = \"g.json\"\nprofile_path = \"p.json\"\n\
         ticks = 6\nwindow_every = 6\nenable_codex = true\ninitial_state = [{}]\n",
        state.join(",")
    );
    let profile = include_str!("../../../../../fixtures/profiles/cmp-0.json");
    let documents = MemoryDocuments::new()
        .with("g.json", topology)
        .with("p.json", profile)
        .with("run.toml", config);
    let plan =
        load_run(&documents, "run.toml".as_ref()).unwrap_or_else(|report| panic!("{report}"));
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::new(folder.path());
    let options = RunOptions::default();
    store.record(&plan, "r", Existing::Keep, &options).unwrap();
    let run = store.open("r").unwrap();
    (folder, run)
}

/// What the table looks at, and the bytes of the records of its kind and of the table.
fn work(run: &StoredRun, what: What, selection: &Selection) -> (usize, usize) {
    let export = Export {
        run,
        what,
        form: ExportForm::Csv,
        labels: false,
        replayed: false,
        asked: None,
        ticks: 1..=run.ticks_recorded(),
        graph: Graph::of(run, selection),
    };
    let mut table = Vec::new();
    work::total();
    export.write(&mut table).unwrap();
    let looked_at = work::total();
    let kind = match what {
        What::Records(kind) => kind,
        _ => RecordKind::Ledgers,
    };
    let read: usize = run
        .records(kind)
        .map(|record| record.unwrap().text.len())
        .sum();
    (looked_at, read + table.len())
}

#[test]
fn the_work_of_a_table_is_linear_in_what_it_reads_and_writes() {
    let runs = [100, 400, 1_600].map(run);
    let kinds = RecordKind::ALL.map(What::Records);
    let tables = [What::Edges, What::Long(Long::State), What::Long(Long::Flux)];
    let all = Selection::default();
    for what in kinds.into_iter().chain(tables) {
        for (_folder, run) in &runs {
            let (looked_at, bytes) = work(run, what, &all);
            assert!(looked_at > 0);
            // The header of a kind without records is about its columns.
            assert!(
                looked_at < 4 * bytes + 1_000,
                "{looked_at} for {bytes} bytes"
            );
        }
    }
    // Every other node: the chosen ones are found without a search for each.
    for (_folder, run) in &runs {
        let nodes = (1..=run.header().node_count as u64).step_by(2).collect();
        let selection = Selection {
            nodes: Some(nodes),
            ..Selection::default()
        };
        let (looked_at, bytes) = work(run, What::Records(RecordKind::Ledgers), &selection);
        assert!(
            looked_at < 4 * bytes + 1_000,
            "{looked_at} for {bytes} bytes"
        );
    }
}
