//! Tests that the missing ticks of a run that failed or was cut off are those of the same run
//! without the failure.

use std::ops::ControlFlow;

use aether_engine::config::{MemoryDocuments, RunPlan, load_run};
use aether_engine::run::{self, Run, RunOptions, RunStatus};
use aether_engine::store::Existing;

use super::{PROFILE, plan, store};

const WINDOWS: &str = "window_every = 7\nenable_pfna = true\npfna_path = \"pfna.json\"";

/// A run of a line of three nodes that loses its content from tick 10 on, and fails as soon as a
/// value is below 0, or never.
fn draining(fails: bool) -> RunPlan {
    let entries: Vec<String> = (10..=30)
        .map(|tick| format!(r#"{{"pfna_id":"D","tick":{tick},"values":[-30,0,0]}}"#))
        .collect();
    let pfna = format!(
        r#"{{"v":0,"pfna_id":"D","gid":"LINE","run_id":"drain","nid":"N/A","entries":[{}]}}"#,
        entries.join(",")
    );
    let topology = r#"{"gid":"LINE","profile":"CMP-0","N":3,"SC":32,"edges":[
        {"e_id":1,"i":1,"j":2,"k":9,"cap":900,"SC":32},
        {"e_id":2,"i":2,"j":3,"k":5,"cap":900,"SC":32}]}"#;
    let run = format!(
        "v = 1\ngid = \"LINE\"\nrun_id = \"drain\"\ntopology_path = \"line.json\"\n\
         profile_path = \"cmp-0.json\"\nticks = 40\ninitial_state = [200, 30, 40]\n{WINDOWS}\n\
         [diagnostics]\nallow_negative = {}\n",
        !fails
    );
    let documents = MemoryDocuments::new()
        .with("run.toml", run)
        .with("line.json", topology.to_owned())
        .with("pfna.json", pfna)
        .with("cmp-0.json", PROFILE);
    load_run(&documents, "run.toml".as_ref()).unwrap_or_else(|report| panic!("{report}"))
}

/// Records a run that stops at a tick, and compares its missing ticks with those of `whole`.
/// Returns the missing ticks and the error that replay met.
fn check(plan: &RunPlan, stop: u64, whole: &Run) -> (std::ops::RangeInclusive<u64>, bool) {
    let (_folder, store) = store();
    let progress = |tick: u64| {
        if tick < stop {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let options = RunOptions::default().progress(&progress);
    let recorded = store.record(plan, "run", Existing::Keep, &options).unwrap();
    let run = store.open("run").unwrap();
    let stored = run.ticks_recorded().unwrap();
    let missing = run.missing_ticks(plan).unwrap();
    assert_eq!(*missing.start(), stored + 1);
    let mut replayed = run.replayed(plan).unwrap();
    let mut tick = stored;
    while let Some(made) = replayed.next_tick() {
        tick += 1;
        let view = whole.view();
        assert_eq!(*made.ledger, view.umx_ledger(tick).unwrap());
        assert_eq!(*made.p_block, view.loom_p_block(tick).unwrap());
        assert_eq!(made.i_block.cloned(), view.loom_i_block(tick).ok());
    }
    let error = replayed.error();
    assert_eq!(error, recorded.outcome.status.error());
    assert_eq!(tick, error.map_or(*missing.end(), |error| error.tick() - 1));
    assert!(replayed.next_tick().is_none());
    (missing, error.is_some())
}

#[test]
fn a_run_that_was_cut_off_misses_the_rest_of_its_window() {
    let plan = plan(4, 40, WINDOWS);
    let whole = run::run(&plan, &RunOptions::default());
    assert_eq!(whole.status(), RunStatus::Complete);
    for stop in 1..=40 {
        let (missing, _) = check(&plan, stop, &whole);
        if missing.is_empty() {
            // The last windows were committed before the run could be stopped.
            assert_eq!(missing, 41..=40);
        } else {
            assert_eq!(missing.start() % 7, 1);
            assert_eq!(*missing.end(), (missing.start() + 6).min(40));
        }
    }
}

#[test]
fn a_run_that_failed_misses_ticks_up_to_the_failing_one() {
    let plan = draining(true);
    let whole = run::run(&draining(false), &RunOptions::default());
    let failed = run::run(&plan, &RunOptions::default());
    let error = failed.status().error().unwrap();
    assert_ne!(error.tick() % 7, 1, "it fails inside a window");
    let (missing, fails) = check(&plan, u64::MAX, &whole);
    assert_eq!((*missing.end(), fails), (error.tick(), true));
}
