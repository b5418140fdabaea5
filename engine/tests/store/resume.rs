//! Tests that the log observer of a resumed run receives the remaining events, and none twice.

use std::cell::RefCell;
use std::ops::ControlFlow;

use aether_engine::config::RunPlan;
use aether_engine::record::LogEvent;
use aether_engine::run::{RecordKind, RunOptions};
use aether_engine::store::{Existing, RunStore};

use super::{every_kind, export, store, with_grammar};

/// Makes a run with `stops` interruptions; returns all events that an observer received.
fn shown(store: &RunStore, plan: &RunPlan, stops: &[u64]) -> Vec<String> {
    let shown = RefCell::new(Vec::new());
    let show = |event: &LogEvent| shown.borrow_mut().push(event.to_json());
    for (step, stop) in stops.iter().copied().chain([u64::MAX]).enumerate() {
        let progress = |tick: u64| {
            if tick < stop {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let options = RunOptions::default().progress(&progress).log(&show);
        if step == 0 {
            store.record(plan, "run", Existing::Keep, &options).unwrap();
        } else {
            store.resume("run", &options).unwrap();
        }
    }
    shown.into_inner()
}

#[test]
fn an_observer_of_the_log_is_shown_every_event_once() {
    let (_folder, whole) = store();
    let plan = every_kind();
    let expected = shown(&whole, &plan, &[]);
    let stored = whole.open("run").unwrap();
    let kept = stored.records(RecordKind::Log);
    let kept: Vec<_> = kept
        .map(|record| String::from_utf8(record.unwrap().text).unwrap())
        .collect();
    assert_eq!(kept, expected);
    for stops in [&[3][..], &[10], &[14, 21], &[8, 9, 30], &[39]] {
        let (_folder, store) = store();
        assert_eq!(shown(&store, &plan, stops), expected, "{stops:?}");
        assert!(export(&store.open("run").unwrap()) == export(&stored));
    }
}

/// The ticks of a window are read again from its start, also if they were made before the run was cut
/// off.
#[test]
fn a_resumed_run_has_the_views_of_an_uninterrupted_one() {
    let plan = with_grammar();
    let (_folder, whole) = store();
    shown(&whole, &plan, &[]);
    let stored = whole.open("run").unwrap();
    assert_eq!(stored.metrics().unwrap().apxi_views, Some(2));
    assert_eq!(stored.records(RecordKind::AeonViews).count(), 4);
    let in_memory = aether_engine::run::run(&plan, &RunOptions::default()).export(&plan);
    assert!(export(&stored) == in_memory.into_bytes());
    for stops in [&[1][..], &[8, 15], &[22, 29], &[24], &[25], &[39]] {
        let (_folder, store) = store();
        shown(&store, &plan, stops);
        let resumed = store.open("run").unwrap();
        assert!(export(&resumed) == export(&stored), "{stops:?}");
        assert!(resumed.verify(&RunOptions::default()).unwrap().is_whole());
    }
}
