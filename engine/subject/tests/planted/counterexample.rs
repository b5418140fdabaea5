//! Tests that the counterexample of a failed property can become a scenario.

use std::fs;

use aether_harness::{Layout, Suite};
use aether_harness_cli::Console;
use aether_harness_cli::commands::{DiffRequest, NewOptions, diff, new};
use aether_subject::AetherSubject;

use crate::oracle::{line, plain};

#[path = "../../../tests/properties/counterexample.rs"]
mod written;

#[test]
fn a_counterexample_becomes_a_scenario() {
    let dir = written::write(
        "no_run_is_kept",
        "4 ticks",
        &plain(&[8, 0], &line(2), 1, 10, 4),
    )
    .expect("written");

    let workspace = tempfile::tempdir().expect("a directory");
    fs::create_dir(workspace.path().join("scenarios")).expect("a folder");
    let layout = Layout::new(workspace.path()).with_target(workspace.path().join("target"));
    let suite = Suite::new(workspace.path())
        .layout(layout)
        .subject(AetherSubject::new(workspace.path()));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        ask: None,
    };
    let options = NewOptions {
        name: "kept".to_owned(),
        from_counterexample: Some(dir),
        ..NewOptions::default()
    };
    new(&suite, &options, &mut console).expect("a valid scenario");
    let request = DiffRequest {
        names: vec!["kept".to_owned()],
        ..DiffRequest::default()
    };
    diff(&suite, &request, &mut console).expect("a run");
    let said = String::from_utf8(out).expect("a text");
    assert!(said.contains("MISSING_GOLDEN"), "{said}");
    let scenario = fs::read_to_string(workspace.path().join("scenarios/kept/scenario.toml"))
        .expect("it is there");
    let description = "Counterexample of no_run_is_kept: 4 ticks";
    assert!(scenario.contains(description), "{scenario}");
}
