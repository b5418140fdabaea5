//! Tests of `log` and `metrics`: filters, and the formats of metrics.

use std::collections::BTreeMap;

use openmetrics_parser::openmetrics::parse_openmetrics;
use openmetrics_parser::{MetricNumber, OpenMetricsType, OpenMetricsValue};
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
    // A known name, of which this run has no event.
    assert_eq!(log(&["--event", "error"]), left(&|_| false));
}

#[test]
fn names_that_no_event_has_are_refused() {
    let runs = Runs::of(&["pfna-demo"]);
    let words = ["`tick_sumary`", "tick_summary", "window_closed"];
    runs.refuses(&["log", "pfna-demo", "--event", "tick_sumary"], &words);
    runs.refuses(
        &["log", "pfna-demo", "--component", "um"],
        &["`um`", "umx", "uledger"],
    );
}

#[test]
fn spans_that_are_none_are_refused() {
    let runs = Runs::of(&["pfna-demo"]);
    for span in ["", "x", "3..", "..3", "3-5", "3..x"] {
        runs.refuses(&["log", "pfna-demo", "--tick", span], &["3..5"]);
    }
    runs.refuses(&["log", "pfna-demo", "--tick", "5..3"], &["`3..5`"]);
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

/// Every sample of an exposition by name and labels, as a parser independent of the engine reads
/// it.
fn samples(exposition: &str) -> BTreeMap<String, i64> {
    let read =
        parse_openmetrics(exposition).unwrap_or_else(|error| panic!("{error}: {exposition}"));
    let mut samples = BTreeMap::new();
    let families: BTreeMap<_, _> = read.families.into_iter().collect();
    for (name, family) in families {
        assert!(!family.help.is_empty(), "{name} has no help");
        assert_eq!(family.unit == "bits", name.ends_with("_bits"), "{name}");
        for sample in family.iter_samples() {
            let labels = sample.get_labelset().unwrap();
            let labels: BTreeMap<_, _> = labels.iter().collect();
            let number = match &sample.value {
                OpenMetricsValue::Counter(counter) => {
                    assert_eq!(family.family_type, OpenMetricsType::Counter);
                    counter.value
                }
                OpenMetricsValue::Gauge(number) => *number,
                OpenMetricsValue::Info => MetricNumber::Int(1),
                other => panic!("{name}: {other:?}"),
            };
            let number = number.as_i64().unwrap();
            let twice = samples.insert(format!("{name} {labels:?}"), number);
            assert_eq!(twice, None, "{name}");
        }
    }
    samples
}

#[test]
fn openmetrics_text_says_what_the_metrics_say() {
    for scenario in [
        "gf01",
        "pfna-demo",
        "motifs-period-2",
        "windows-overlap",
        "data-only",
    ] {
        let runs = Runs::of(&[scenario]);
        let text = runs
            .aether(&["metrics", scenario, "--as", "openmetrics"])
            .with(0)
            .stdout;
        assert!(text.ends_with("# EOF\n"));
        let export: Value = serde_json::from_str(&export_of(scenario)).unwrap();
        let metrics = &export["metrics"];
        let (gid, run_id) = (&metrics["gid"], &metrics["run_id"]);
        let samples = samples(&text);
        let sample = |name: &str, labels: &[(&str, &str)]| {
            let mut all = BTreeMap::from([
                ("gid", gid.as_str().unwrap()),
                ("run", scenario),
                ("run_id", run_id.as_str().unwrap()),
            ]);
            all.extend(labels.iter().copied());
            let key = format!("{name} {all:?}");
            *samples
                .get(&key)
                .unwrap_or_else(|| panic!("{key} is missing: {samples:#?}"))
        };
        let mut expected = 0;
        for (name, member) in [
            ("aether_ticks", "total_ticks"),
            ("aether_windows", "window_count"),
            ("aether_apx_manifests", "apx_manifests"),
            ("aether_checkpoints", "i_blocks"),
            ("aether_uledger_entries", "uledger_entries"),
            ("aether_pfna_inputs", "pfna_applied"),
            ("aether_codex_motifs", "codex_motifs"),
            ("aether_codex_proposals", "codex_proposals"),
            ("aether_description_length_bits", "l_total"),
        ] {
            assert_eq!(sample(name, &[]), metrics[member], "{member}");
            assert!(
                text.contains(&format!("\n{name}_total{{")),
                "{name}: {text}"
            );
            expected += 1;
        }
        for layer in ["CTRL", "INGRESS", "DATA", "EGRESS"] {
            let member = format!("nap_{}", layer.to_lowercase());
            assert_eq!(
                sample("aether_nap_envelopes", &[("layer", layer)]),
                metrics[&member]
            );
            expected += 1;
        }
        for (window, streams) in metrics["l_total_by_window"].as_object().unwrap() {
            for (stream, bits) in streams.as_object().unwrap() {
                let labels = [("window", window.as_str()), ("stream", stream)];
                assert_eq!(sample("aether_stream_length_bits", &labels), *bits);
                expected += 1;
            }
        }
        // And the information about the run, with its last hash.
        assert_eq!(samples.len(), expected + 1);
        assert!(text.contains(metrics["uledger_last_hash"].as_str().unwrap()));
        let again = runs.aether(&["metrics", scenario, "--as", "openmetrics"]);
        assert_eq!(again.with(0).stdout, text);
        let json = runs.json(&["metrics", scenario, "--as", "openmetrics"]);
        assert_eq!(json, serde_json::json!({ "openmetrics": text }));
    }
}

#[test]
fn metrics_as_json_are_the_object_in_either_format() {
    let runs = Runs::of(&["gf01"]);
    let plain = runs.json(&["metrics", "gf01"]);
    assert_eq!(runs.json(&["metrics", "gf01", "--as", "json"]), plain);
    assert_eq!(
        runs.aether(&["metrics", "gf01", "--as", "json"])
            .with(0)
            .json(),
        plain
    );
    let ended = runs.aether(&["metrics", "gf01", "--as", "xml"]).with(2);
    ended.reports(&["xml", "json, openmetrics"]);
}
