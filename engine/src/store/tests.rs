//! Compares stored runs with runs in memory, for plans from documents.

use super::*;
use crate::config::{MemoryDocuments, RunPlan, load_run};
use crate::run::{self, RecordKind, RunOptions, RunStatus};

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

/// A plan with a small graph; `more` is appended to its RunConfig.
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

/// Plans that together have every kind of record and every way to end.
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
                "initial_state = [0, 0, 0, 0]\nwindow_every = 2\nenable_codex = true\nenable_pfna = true\npfna_path = \"pfna.json\"\n[diagnostics]\nallow_negative = false",
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

/// Runs a plan as `id` and stops it after `tick`.
fn record_until(store: &RunStore, plan: &RunPlan, id: &str, tick: u64) -> Recorded {
    let stop = move |done: u64| {
        if done >= tick {
            std::ops::ControlFlow::Break(())
        } else {
            std::ops::ControlFlow::Continue(())
        }
    };
    let options = RunOptions {
        progress: &stop,
        ..RunOptions::default()
    };
    store.record(plan, id, Existing::Keep, &options).unwrap()
}

#[test]
fn a_run_that_was_stopped_is_finished_to_the_same_bytes() {
    let (_folder, store) = store();
    for (number, (name, plan)) in plans().into_iter().enumerate() {
        let whole = run::run(&plan, &RunOptions::default()).export(&plan);
        for stop in [1, 5, 6, 9, 39] {
            let id = format!("run-{number}-{stop}");
            let recorded = record_until(&store, &plan, &id, stop);
            let stored = store.open(&id).unwrap();
            let before = export(&stored);
            let verified = stored.verify(&RunOptions::default()).unwrap();
            assert_eq!(verified.findings, [], "{name} stopped at {stop}");
            assert_eq!(verified.ticks, stored.ticks_recorded());
            drop(stored);
            let resumed = store.resume(&id, &RunOptions::default());
            if recorded.outcome.status == run::RunStatus::Incomplete {
                assert_ne!(before, whole);
                assert_eq!(resumed.unwrap().written, Written::Finished);
            } else {
                assert!(matches!(resumed, Err(StoreError::Finished { .. })));
            }
            let stored = store.open(&id).unwrap();
            assert_eq!(export(&stored), whole, "{name} stopped at {stop}");
            assert_eq!(stored.verify(&RunOptions::default()).unwrap().findings, []);
        }
    }
}

#[test]
fn the_plans_end_as_they_are_meant_to() {
    let ends = plans().into_iter().map(|(_, plan)| {
        let run = run::run(&plan, &RunOptions::default());
        (
            run.status().name(),
            run.records(RecordKind::ULedger).count(),
        )
    });
    let ends: Vec<_> = ends.collect();
    let expected = [
        ("complete", 8),
        ("complete", 33),
        ("complete", 300),
        ("complete", 12),
        ("complete", 40),
        ("complete", 700),
        ("failed", 0),
        ("failed", 6),
    ];
    assert_eq!(ends, expected);
}

#[test]
fn a_taken_name_is_refused_unless_the_run_is_the_same() {
    let (_folder, store) = store();
    let options = RunOptions::default();
    let (first, second) = (plan(33, MOVING), plan(34, MOVING));
    let record = |plan: &RunPlan, id: &str, existing| store.record(plan, id, existing, &options);
    record(&first, "Run", Existing::Keep).unwrap();
    let bytes = || std::fs::read(store.path(&"Run".parse().unwrap())).unwrap();
    let before = bytes();

    let same = record(&first, "Run", Existing::Keep).unwrap();
    assert_eq!(same.written, Written::Unchanged);
    assert_eq!(same.outcome.status, run::RunStatus::Complete);
    let check = |result: Result<Recorded, StoreError>, expected| match result {
        Err(StoreError::Exists {
            existing,
            difference,
        }) => {
            assert_eq!((existing.as_str(), difference), ("Run", expected));
        }
        other => panic!("{other:?}"),
    };
    let inputs = Difference::Header { member: "inputs" };
    check(record(&second, "Run", Existing::Keep), inputs);
    check(record(&first, "run", Existing::Keep), Difference::Name);
    check(record(&first, "rUN", Existing::Replace), Difference::Name);
    assert_eq!(bytes(), before);

    let replaced = record(&second, "Run", Existing::Replace).unwrap();
    assert_eq!(replaced.written, Written::Replaced);
    let memory = run::run(&second, &options).export(&second);
    assert_eq!(export(&store.open("Run").unwrap()), memory);
    let files: Vec<_> = std::fs::read_dir(store.runs_dir()).unwrap().collect();
    assert_eq!(files.len(), 2, "the run and the folder of locks: {files:?}");
}

#[test]
fn an_incomplete_run_is_refused_and_may_be_replaced() {
    let (_folder, store) = store();
    let plan = plan(33, MOVING);
    record_until(&store, &plan, "run", 12);
    let options = RunOptions::default();
    let refused = store.record(&plan, "run", Existing::Keep, &options);
    let status = Difference::Status {
        stored: "incomplete",
    };
    assert!(matches!(refused, Err(StoreError::Exists { difference, .. }) if difference == status));
    // A stopped run does not replace a stored one.
    let stop = |_: u64| std::ops::ControlFlow::Break(());
    let stopped = RunOptions {
        progress: &stop,
        ..options
    };
    let left = store
        .record(&plan, "run", Existing::Replace, &stopped)
        .unwrap();
    assert_eq!(left.written, Written::Unchanged);
    assert_eq!(store.open("run").unwrap().ticks_recorded(), 10);
    store
        .record(&plan, "run", Existing::Replace, &options)
        .unwrap();
    assert_eq!(
        store.open("run").unwrap().header().status,
        RunStatus::Complete
    );
}

/// Windows of a new run appear in its file one by one, through a log. What takes the place of a run is seen at its end, and has none.
#[test]
fn a_run_that_replaces_one_has_no_log() {
    let (_folder, store) = store();
    let plan = plan(33, MOVING);
    let logs = std::sync::Mutex::new(Vec::new());
    let progress = |_: u64| {
        for entry in std::fs::read_dir(store.runs_dir()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with("-wal") || name.ends_with("-journal") {
                logs.lock().unwrap().push(name);
            }
        }
        std::ops::ControlFlow::Continue(())
    };
    let options = RunOptions::default().progress(&progress);
    for (is_stored, existing) in [
        (false, Existing::Keep),
        (true, Existing::Replace),
        (true, Existing::Keep),
    ] {
        store.record(&plan, "run", existing, &options).unwrap();
        let logs = std::mem::take(&mut *logs.lock().unwrap());
        assert!(logs.iter().all(|name| name == "run.aether-wal"), "{logs:?}");
        assert_eq!(logs.is_empty(), is_stored, "{logs:?}");
    }
}

#[test]
fn a_second_writer_is_refused_and_readers_are_not() {
    let (_folder, store) = store();
    let plan = plan(33, MOVING);
    let seen = std::sync::Mutex::new(Vec::new());
    let progress = |tick: u64| {
        let options = RunOptions::default();
        // The file is made while the first ticks are.
        while !store.runs_dir().join("run.aether").exists() {
            std::thread::yield_now();
        }
        let second = store.record(&plan, "run", Existing::Replace, &options);
        assert!(matches!(second, Err(StoreError::Busy { .. })), "{second:?}");
        let resumed = store.resume("run", &options);
        assert!(
            matches!(resumed, Err(StoreError::Busy { .. })),
            "{resumed:?}"
        );
        let (one, two) = (store.open("run").unwrap(), store.open("run").unwrap());
        assert_eq!(one.header().status, RunStatus::Incomplete);
        // A window may be committed between the two.
        assert!(one.ticks_recorded() <= two.ticks_recorded());
        if one.ticks_recorded() == two.ticks_recorded() {
            assert_eq!(export(&one), export(&two));
        }
        seen.lock().unwrap().push((tick, one.ticks_recorded()));
        std::ops::ControlFlow::Continue(())
    };
    let options = RunOptions {
        progress: &progress,
        ..RunOptions::default()
    };
    store
        .record(&plan, "run", Existing::Keep, &options)
        .unwrap();
    let seen = seen.into_inner().unwrap();
    assert!(seen.len() > 33 / 5, "more often than a window ends");
    for (tick, recorded) in seen {
        // The window that ended last may still be on its way.
        let ended = (tick - 1) / 5 * 5;
        let possible = [ended, ended.saturating_sub(5)];
        assert!(possible.contains(&recorded), "{recorded} at tick {tick}");
    }
}

#[test]
fn a_reader_keeps_its_state_while_the_run_goes_on_and_ends() {
    let (_folder, store) = store();
    let plan = plan(33, MOVING);
    record_until(&store, &plan, "run", 12);
    let early = store.open("run").unwrap();
    let before = export(&early);
    store.resume("run", &RunOptions::default()).unwrap();
    assert_eq!(export(&early), before);
    drop(early);
    let memory = run::run(&plan, &RunOptions::default()).export(&plan);
    assert_eq!(export(&store.open("run").unwrap()), memory);
}

#[test]
fn what_is_not_a_run_file_is_refused() {
    let (_folder, store) = store();
    let plan = plan(33, MOVING);
    store
        .record(&plan, "run", Existing::Keep, &RunOptions::default())
        .unwrap();
    let path = store.path(&"run".parse().unwrap());
    let good = std::fs::read(&path).unwrap();
    let open_bytes = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        store.open("run").map(|run| {
            let mut bytes = Vec::new();
            run.write_export(&mut bytes).map(|()| bytes)
        })
    };
    for bytes in [&b""[..], b"not a database at all", &[0; 5000], &good[..50]] {
        let opened = open_bytes(bytes);
        assert!(
            matches!(opened, Err(StoreError::NotARun { .. })),
            "{opened:?}"
        );
    }
    for size in (100..good.len()).step_by(997) {
        let opened = open_bytes(&good[..size]);
        assert!(
            !matches!(opened, Ok(Ok(_))),
            "{size} of {} bytes",
            good.len()
        );
    }
    std::fs::write(&path, &good).unwrap();
    let edit = |sql: &str| {
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    };
    edit("PRAGMA user_version = 4");
    let newer = store.open("run").err().unwrap();
    assert!(
        newer
            .to_string()
            .contains("schema version 4, but this engine reads only versions up to 3"),
        "{newer}"
    );
    edit("PRAGMA user_version = 0");
    assert!(matches!(store.open("run"), Err(StoreError::Damaged { .. })));
    edit("PRAGMA user_version = 1; PRAGMA application_id = 77");
    let other = store.open("run").err().unwrap();
    assert!(
        other
            .to_string()
            .contains("its application id is 0x0000004d"),
        "{other}"
    );
    assert!(matches!(
        store.open("none"),
        Err(StoreError::NotFound { .. })
    ));
}

#[test]
fn the_records_before_a_damaged_one_are_read() {
    let (_folder, store) = store();
    store
        .record(
            &plan(8, MOVING),
            "run",
            Existing::Keep,
            &RunOptions::default(),
        )
        .unwrap();
    let path = store.path(&"run".parse().unwrap());
    let good = std::fs::read(&path).unwrap();
    for kind in [RecordKind::Ledgers, RecordKind::ULedger] {
        for damaged in 1..=8 {
            std::fs::write(&path, &good).unwrap();
            let table = kind.name();
            let sql = format!("UPDATE {table} SET sha256 = zeroblob(32) WHERE tick = {damaged}");
            let file = rusqlite::Connection::open(&path).unwrap();
            file.execute_batch(&sql).unwrap();
            let run = store.open("run").unwrap();
            let mut records = run.records(kind);
            for before in 1..damaged {
                let record = records.next().unwrap().unwrap();
                assert_eq!(record.position, before, "{table}");
            }
            let failed = records.next().unwrap().unwrap_err().to_string();
            assert!(failed.contains(&format!("{damaged}")), "{table}: {failed}");
            assert!(records.next().is_none(), "{table}");
        }
    }
}

#[test]
fn verify_names_what_was_changed() {
    let (_folder, store) = store();
    let plans = plans();
    let (_, plan) = plans.iter().find(|(name, _)| *name == "all").unwrap();
    store
        .record(plan, "run", Existing::Keep, &RunOptions::default())
        .unwrap();
    let path = store.path(&"run".parse().unwrap());
    let good = std::fs::read(&path).unwrap();
    let check = |sql: &str, expected: &str| {
        std::fs::write(&path, &good).unwrap();
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        let found = match store.open("run") {
            Ok(run) => {
                let verified = run.verify(&RunOptions::default()).unwrap();
                verified
                    .findings
                    .first()
                    .map_or("nothing".to_owned(), ToString::to_string)
            }
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expected), "{sql}: {found}");
    };
    for (sql, expected) in [
        ("", "nothing"),
        (
            "UPDATE u_ledger SET json = replace(json, '\"tick\":7', '\"tick\":8') WHERE tick = 7",
            "`u_ledger` 7: `json`",
        ),
        (
            "UPDATE p_blocks SET c_t = c_t + 1 WHERE tick = 3",
            "`p_blocks` 3: `c_t`",
        ),
        (
            "UPDATE ledgers SET sha256 = zeroblob(32) WHERE tick = 9",
            "`ledgers` 9: `sha256`",
        ),
        ("DELETE FROM log WHERE seq = 4", "`log` 4 is missing"),
        (
            "INSERT INTO envelopes VALUES (999, 40, 'DATA', '{}', zeroblob(32))",
            "`envelopes` has 1 rows too many",
        ),
        (
            "UPDATE envelopes SET layer = 'EGRESS' WHERE seq = 1",
            "`envelopes` 1: `layer`",
        ),
        (
            "UPDATE scenes SET pfna_refs = '[]' WHERE tick = 7",
            "`scenes` 7: `pfna_refs`",
        ),
        (
            "UPDATE manifests SET end_tick = 6 WHERE seq = 2",
            "`manifests` 2: `end_tick`",
        ),
        (
            "UPDATE run SET status = 'incomplete'",
            "does not match its stored hash",
        ),
        (
            "UPDATE inputs SET json = replace(json, '\"k\":8', '\"k\":9')",
            "inputs",
        ),
        ("UPDATE input_files SET file = 'x'", "inputs"),
        ("UPDATE edges SET k = 9 WHERE e_id = 1", "table `edges`"),
        (
            "UPDATE tick_columns SET ticks = 4 WHERE first_tick = 6",
            "the columns of tick 6 cannot be read",
        ),
        (
            "UPDATE tick_columns SET data = (SELECT data FROM tick_columns WHERE first_tick = 1) WHERE first_tick = 11",
            "the columns of tick 11 differ from its ledger",
        ),
        (
            "DELETE FROM tick_columns WHERE first_tick = 36",
            "the columns of tick 36 cannot be read",
        ),
        ("DROP INDEX log_by_tick", "`log_by_tick`"),
        ("CREATE TABLE more (x)", "`more`"),
    ] {
        check(sql, expected);
    }
}

#[test]
fn a_window_that_does_not_fit_in_memory_makes_the_same_bytes() {
    let (_folder, store) = store();
    let plan = plan(
        23_000,
        "initial_state = [900, -40, 3, 0]\nwindow_every = 23000",
    );
    let options = RunOptions::default();
    let memory = run::run(&plan, &options);
    store
        .record(&plan, "run", Existing::Keep, &options)
        .unwrap();
    let stored = store.open("run").unwrap();
    assert_eq!(stored.header().last_entry_hash, memory.last_entry_hash());
    assert!(export(&stored) == memory.export(&plan));
    assert_eq!(stored.verify(&options).unwrap().findings, []);
}

/// A path of nodes, whose ticks have a block each if it is long.
fn path_plan(nodes: usize) -> RunPlan {
    let edge = |id: usize| {
        let next = id + 1;
        format!(r#"{{"e_id":{id},"i":{id},"j":{next},"k":9,"cap":100,"SC":32}}"#)
    };
    let edges: Vec<String> = (1..nodes).map(edge).collect();
    let state: Vec<String> = (0..nodes)
        .map(|node| (node * 97 % 1_009).to_string())
        .collect();
    let topology = format!(
        r#"{{"gid":"LINE","profile":"CMP-0","N":{nodes},"SC":32,"edges":[{}]}}"#,
        edges.join(",")
    );
    let run = format!(
        "v = 1\ngid = \"LINE\"\nrun_id = \"line\"\ntopology_path = \"line.json\"\n\
         profile_path = \"cmp-0.json\"\nticks = 3\nwindow_every = 3\ninitial_state = [{}]\n",
        state.join(",")
    );
    let documents = MemoryDocuments::new()
        .with("run.toml", run)
        .with("line.json", topology)
        .with("cmp-0.json", PROFILE);
    load_run(&documents, "run.toml".as_ref()).unwrap_or_else(|report| panic!("{report}"))
}

#[test]
fn numbers_to_keep_are_those_of_the_tick() {
    for (nodes, is_alone) in [(5, false), (6_000, true)] {
        let (_folder, store) = store();
        let options = RunOptions::default();
        store
            .record(&path_plan(nodes), "path", Existing::Replace, &options)
            .unwrap();
        let run = store.open("path").unwrap();
        for tick in [3, 2, 2, 1, 3] {
            let kept = run.numbers_to_keep(tick).unwrap();
            let values = run.tick_values(tick).unwrap();
            assert_eq!(values.sibling(tick % 3 + 1).is_none(), is_alone);
            let du: Vec<i64> = (0..nodes - 1).map(|edge| values.du(edge)).collect();
            let [pre_u, raw, f_e, post_u] =
                [values.pre_u(), values.raw(), values.f_e(), values.post_u()].map(<[i64]>::to_vec);
            assert_eq!(kept, [pre_u, du, raw, f_e, post_u], "tick {tick}");
        }
        assert!(run.numbers_to_keep(4).is_err());
    }
}
