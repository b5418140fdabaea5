//! Tests that the log observer of a resumed run receives the remaining events, and none twice.

use std::cell::RefCell;
use std::ops::ControlFlow;

use aether_engine::record::LogEvent;
use aether_engine::run::{RecordKind, RunOptions};
use aether_engine::store::{Existing, RunStore};

use super::{every_kind, export, store};

/// Makes a run with `stops` interruptions; returns all events that an observer received.
fn shown(store: &RunStore, stops: &[u64]) -> Vec<String> {
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
            store
                .record(&every_kind(), "run", Existing::Keep, &options)
                .unwrap();
        } else {
            store.resume("run", &options).unwrap();
        }
    }
    shown.into_inner()
}

#[test]
fn an_observer_of_the_log_is_shown_every_event_once() {
    let (_folder, whole) = store();
    let expected = shown(&whole, &[]);
    let stored = whole.open("run").unwrap();
    let kept = stored.records(RecordKind::Log);
    let kept: Vec<_> = kept
        .map(|record| String::from_utf8(record.unwrap().text).unwrap())
        .collect();
    assert_eq!(kept, expected);
    for stops in [&[3][..], &[10], &[14, 21], &[8, 9, 30], &[39]] {
        let (_folder, store) = store();
        assert_eq!(shown(&store, stops), expected, "{stops:?}");
        assert!(export(&store.open("run").unwrap()) == export(&stored));
    }
}
