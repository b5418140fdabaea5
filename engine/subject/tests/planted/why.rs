//! `why` of the harness, for Aether: what a scenario's values were computed from, as the subject says it.

use aether_harness::{Layout, Suite};
use aether_harness_cli::Console;
use aether_harness_cli::commands::{WhyFormat, WhyRequest, why};
use aether_subject::AetherSubject;
use serde_json::Value;

use super::{Workspace, assert_all};

/// What `why --format json` prints for a scenario.
fn explained(workspace: &Workspace, at: Option<&str>) -> Result<Value, String> {
    let root = workspace.root();
    let layout = Layout::new(root).with_target(root.join("target"));
    let suite = Suite::new(root)
        .layout(layout)
        .subject(AetherSubject::new(root));
    let request = WhyRequest {
        name: workspace.scenario.to_owned(),
        at: at.map(str::to_owned),
        limit: 20_000,
        all: false,
        rebuild: None,
        format: WhyFormat::Json,
        out: None,
        force: false,
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
        ask: None,
    };
    why(&suite, &request, &mut console).map_err(|error| error.to_string())?;
    serde_json::from_slice(&out).map_err(|error| error.to_string())
}

/// Changes one input, and follows values back to it: the first divergence, or the one at a path.
fn check(
    scenario: &'static str,
    file: &str,
    from: &str,
    to: &str,
    cause: &str,
    values: &[Option<&str>],
) -> Result<(), String> {
    let workspace = Workspace::of(scenario);
    let file = match file {
        "" => workspace.run_config(),
        file => file.to_owned(),
    };
    workspace.edit(&file, from, to);
    for &at in values {
        let shown = |problem: String| format!("{scenario}, {to}, {at:?}: {problem}");
        let why = explained(&workspace, at).map_err(shown)?;
        let causes: Vec<String> = why["causes"]
            .as_array()
            .expect("causes")
            .iter()
            .map(|cause| {
                let text = |member: &str| cause[member].as_str().unwrap_or("none").to_owned();
                format!("{} {} {}", text("kind"), text("file"), text("path"))
            })
            .collect();
        let expected = format!("input {file} {cause}");
        if causes != [expected.clone()] {
            return Err(shown(format!("{causes:?} instead of {expected}")));
        }
    }
    Ok(())
}

#[test]
fn a_changed_input_is_the_cause() {
    let table = [
        (
            "ring5",
            "fixtures/topologies/ring5.json",
            r#""i": 5, "j": 1, "k": 12"#,
            r#""i": 5, "j": 1, "k": 13"#,
            "inputs.topology.edges[e_id=5].k",
        ),
        (
            "star6",
            "fixtures/topologies/star6.json",
            r#""e_id": 4, "i": 1, "j": 5"#,
            r#""e_id": 4, "i": 2, "j": 5"#,
            "inputs.topology.edges[e_id=4].i",
        ),
        (
            "line4",
            "fixtures/profiles/cmp-0.json",
            r#""a": 17"#,
            r#""a": 18"#,
            "inputs.profile.chain_rule.constants.a",
        ),
        (
            "motifs-period-2",
            "fixtures/topologies/pair.json",
            r#""cap": 2147483647"#,
            r#""cap": 6"#,
            "inputs.topology.edges[e_id=1].cap",
        ),
    ];
    let problems: Vec<String> = table
        .into_iter()
        .filter_map(|(scenario, file, from, to, cause)| {
            let values = [None, Some("metrics.uledger_last_hash")];
            check(scenario, file, from, to, cause, &values).err()
        })
        .collect();
    assert_all(&problems);
}

#[test]
fn a_changed_grammar_or_descriptor_is_the_cause() {
    let table = [
        (
            "aeon-halves",
            "fixtures/aeon/halves.json",
            r#""tick_end": 8"#,
            r#""tick_end": 7"#,
            "inputs.aeon.base_windows.first_half.tick_end",
            r#"aeon_views[window_id="whole"].ticks"#,
        ),
        (
            "aeon-halves",
            "",
            "slope = 1, start_tick = 0",
            "slope = 2, start_tick = 0",
            "inputs.run_config.apxi.descriptors[0].params.slope",
            r#"apxi_views[window_id="all"].descriptors_by_stream.S1_post_u_deltas[0].L_total"#,
        ),
        (
            "aeon-discover",
            "fixtures/aeon/swing.json",
            r#""tick_start": 1, "tick_end": 5"#,
            r#""tick_start": 2, "tick_end": 5"#,
            "inputs.aeon.base_windows.morning.tick_start",
            r#"apxi_views[window_id="ends"].descriptors_by_stream.state[0].L_total"#,
        ),
    ];
    let problems: Vec<String> = table
        .into_iter()
        .filter_map(|(scenario, file, from, to, cause, at)| {
            check(scenario, file, from, to, cause, &[None, Some(at)]).err()
        })
        .collect();
    assert_all(&problems);
}
