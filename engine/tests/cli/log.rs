//! `log` and `metrics`.

use serde_json::Value;

use super::{Runs, export_of};

fn export() -> Value {
    serde_json::from_str(&export_of("pfna-demo")).unwrap()
}

#[test]
fn log_is_all_of_it_or_what_the_filters_leave() {
    let runs = Runs::of(&["pfna-demo"]);
    let export = export();
    let events = export["log"].as_array().unwrap();
    assert!(!events.is_empty());
    let left = |keep: &dyn Fn(&Value) -> bool| -> Value {
        events.iter().filter(|event| keep(event)).cloned().collect()
    };
    let tick = |event: &Value| event["tick"].as_u64();
    let log = |filters: &[&str]| {
        let args = [&["log", "pfna-demo"], filters].concat();
        let lines = runs.aether(&args).with(0).stdout.lines().count();
        let json = runs.json(&args);
        assert_eq!(json.as_array().unwrap().len(), lines, "{filters:?}");
        json
    };
    assert_eq!(log(&[]), left(&|_| true));
    let names: Vec<_> = events.iter().map(|event| &event["event"]).collect();
    for name in names {
        let name = name.as_str().unwrap();
        assert_eq!(
            log(&["--event", name]),
            left(&|event| event["event"] == name)
        );
    }
    assert_eq!(
        log(&["--tick", "3..5"]),
        left(&|event| tick(event).is_some_and(|tick| (3..=5).contains(&tick)))
    );
    assert_eq!(log(&["--tick", "4"]), left(&|event| tick(event) == Some(4)));
    let component = events[0]["component"].as_str().unwrap();
    assert_eq!(
        log(&["--component", component, "--tick", "6..6"]),
        left(&|event| event["component"] == component && tick(event) == Some(6))
    );
    assert_eq!(log(&["--event", "none"]), left(&|_| false));
}

#[test]
fn spans_that_are_none_are_refused() {
    let runs = Runs::of(&["pfna-demo"]);
    for span in ["", "x", "3..", "..3", "3-5", "3..x"] {
        runs.refuses(&["log", "pfna-demo", "--tick", span], &["3..5"]);
    }
}

#[test]
fn metrics_are_those_of_the_export() {
    let runs = Runs::of(&["pfna-demo"]);
    let metrics = &export()["metrics"];
    assert_eq!(runs.json(&["metrics", "pfna-demo"]), *metrics);
    let text = runs.aether(&["metrics", "pfna-demo"]).with(0).stdout;
    for name in metrics.as_object().unwrap().keys() {
        assert!(text.contains(name), "{name}: {text}");
    }
}
