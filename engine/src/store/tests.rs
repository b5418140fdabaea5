//! The store against the run in memory, on plans from documents.

use super::*;
use crate::config::{MemoryDocuments, RunPlan, load_run};
use crate::run::{self, RecordKind, RunOptions};

const TOPOLOGY: &str = r#"{"gid":"LINE","profile":"CMP-0","N":4,"SC":32,"edges":[
  {"e_id":1,"i":1,"j":2,"k":8,"cap":100,"SC":32},
  {"e_id":2,"i":2,"j":3,"k":16,"cap":3,"SC":32},
  {"e_id":3,"i":4,"j":3,"k":5,"cap":2147483647,"SC":32}]}"#;

const PROFILE: &str = r#"{"name":"CMP-0","modulus_M":1000000007,"C0":1234567,"SC":32,
  "I_block_spacing_W":8,"flux_rule":{"type":"CMP0_flux_v1"},
  "chain_rule":{"type":"CMP0_chain_v1","constants":{"a":17,"b":23}},
  "s_t_rule":{"mode":"prime_weighted"},
  "press_defaults":{"preferred_schemes":["R","GR","ID"],
    "manifest_check":{"b1":240787124,"b0":571912118}}}"#;

const PFNA: &str = r#"{"v":0,"pfna_id":"P","gid":"LINE","run_id":"line","nid":"N/A","entries":[
  {"pfna_id":"P0","tick":0,"values":[5,0,0,0]},
  {"pfna_id":"P1","tick":7,"values":[0,-9,0,40]},
  {"pfna_id":"P2","tick":7,"values":[1,1,1,1]}]}"#;

/// A plan of a small graph; `more` are further lines of its RunConfig.
fn plan(ticks: u64, more: &str) -> RunPlan {
    let run = format!(
        "v = 1\ngid = \"LINE\"\nrun_id = \"line\"\ntopology_path = \"line.json\"\n\
         profile_path = \"cmp-0.json\"\nticks = {ticks}\n{more}\n"
    );
    let documents = MemoryDocuments::new()
        .with("run.toml", run)
        .with("line.json", TOPOLOGY)
        .with("cmp-0.json", PROFILE)
        .with("pfna.json", PFNA);
    load_run(&documents, "run.toml".as_ref()).unwrap_or_else(|report| panic!("{report}"))
}

const MOVING: &str = "initial_state = [900, -40, 3, 0]\nwindow_every = 5";

/// Plans that between them have every kind of record and every end.
fn plans() -> Vec<(&'static str, RunPlan)> {
    let inputs = format!("{MOVING}\nenable_pfna = true\npfna_path = \"pfna.json\"");
    let all = format!("{inputs}\nenable_codex = true\n[nap]\nlayers = [\"CTRL\", \"INGRESS\"]");
    let overflow = "initial_state = [9223372036854775807, 0, 0, 0]\nwindow_every = 2\n\
                    enable_pfna = true\npfna_path = \"pfna.json\"";
    vec![
        (
            "still",
            plan(8, "initial_state = [1, 1, 1, 1]\nwindow_every = 8"),
        ),
        ("moving", plan(33, MOVING)),
        (
            "codex",
            plan(300, &format!("{MOVING}\nenable_codex = true")),
        ),
        ("inputs", plan(12, &inputs)),
        ("all", plan(40, &all)),
        (
            "long window",
            plan(700, "initial_state = [900, -40, 3, 0]\nwindow_every = 700"),
        ),
        ("fails at once", plan(8, overflow)),
        (
            "fails later",
            plan(
                8,
                "initial_state = [9223372036854770000, 0, 0, 0]\nwindow_every = 2\n[diagnostics]\nallow_negative = false\nlimit = 9223372036854775000",
            ),
        ),
    ]
}

fn export(run: &StoredRun) -> String {
    let mut bytes = Vec::new();
    run.write_export(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn store() -> (tempfile::TempDir, RunStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::new(folder.path().join("runs"));
    (folder, store)
}

#[test]
fn a_stored_run_exports_the_bytes_of_the_run_in_memory() {
    let (_folder, store) = store();
    for (number, (name, plan)) in plans().into_iter().enumerate() {
        let id = format!("run-{number}");
        let options = RunOptions::default();
        let recorded = store.record(&plan, &id, Existing::Keep, &options).unwrap();
        assert_eq!(recorded.written, Written::New);
        let memory = run::run(&plan, &options);
        let stored = store.open(&id).unwrap();
        assert_eq!(recorded.outcome.status, memory.status(), "{name}");
        assert_eq!(stored.header().status.name(), memory.status().name());
        for kind in RecordKind::ALL {
            let texts: Vec<_> = stored
                .records(kind)
                .map(|record| record.unwrap().text)
                .collect();
            assert!(
                texts.iter().map(Vec::as_slice).eq(memory.records(kind)),
                "{name} {kind:?}"
            );
        }
        assert_eq!(export(&stored), memory.export(&plan), "{name}");
        assert_eq!(
            super::metrics::of_records(&stored).unwrap(),
            *memory.metrics(),
            "{name}"
        );
        assert_eq!(stored.documents().unwrap(), plan.documents);
    }
}
