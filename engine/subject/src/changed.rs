//! Runs a scenario from resolved inputs with a changed value, instead of from its files.

use aether_harness::{Artefact, Failure, WithoutEffect};
use aether_json::{Value, json};

use aether_engine::config::{ResolvedDocuments, RunPlan};

/// The members of resolved inputs on which no record depends.
pub(super) const WITHOUT_EFFECT: [WithoutEffect; 5] = [
    WithoutEffect {
        pattern: "run_config/logging",
        reason: "where log lines are sent; the log of a run is the same",
    },
    WithoutEffect {
        pattern: "run_config/metrics",
        reason: "whether metrics are printed; those of a run are the same",
    },
    WithoutEffect {
        pattern: "run_config/diagnostics",
        reason: "checks on the way, without effect on any record while they pass",
    },
    WithoutEffect {
        pattern: "profile/I_block_spacing_W",
        reason: "the default of the RunConfig's loom.W, which is there once it is resolved",
    },
    WithoutEffect {
        pattern: "profile/nap_defaults",
        reason: "the defaults of the RunConfig's nap, which are there once it is resolved",
    },
];

/// The plan of changed inputs.
pub(super) fn plan(inputs: &Artefact) -> Result<RunPlan, Failure> {
    let invalid = |message: String| Failure::invalid(message);
    let inputs = inputs
        .to_value()
        .map_err(|error| invalid(error.to_string()))?;
    let text = |name: &str| {
        let document = inputs.get(name).map(Value::to_string);
        document.ok_or_else(|| invalid(format!("the inputs have no `{name}`")))
    };
    let pfna = inputs.get("pfna").filter(|pfna| !pfna.is_null());
    let documents = ResolvedDocuments::new(
        text("run_config")?,
        text("topology")?,
        text("profile")?,
        pfna.map(Value::to_string),
    )
    .with_aeon(inputs.get("aeon").map(Value::to_string));
    documents
        .plan()
        .map_err(|report| invalid(report.to_string()))
}

const RESOLVED: &str = "resolved inputs are JSON, and have every rule";

/// The inputs with a different rule for s_t, and with a different order of the preferred schemes.
pub(super) fn rules(inputs: &Artefact) -> Vec<Artefact> {
    let document = inputs.to_value().expect(RESOLVED);
    let mode = document.pointer("/profile/s_t_rule/mode").cloned();
    let s_t = [
        json!({ "mode": "prime_weighted" }),
        json!({ "mode": "constant", "value": 1 }),
        json!({ "mode": "sum_abs_flux", "offset": 0, "scale": 1 }),
    ];
    let mut changes: Vec<(&str, Value)> = s_t
        .into_iter()
        .filter(|rule| rule.get("mode") != mode.as_ref())
        .map(|rule| ("/profile/s_t_rule", rule))
        .collect();
    let schemes = "/profile/press_defaults/preferred_schemes";
    if let Some(Value::Array(preferred)) = document.pointer(schemes) {
        changes.push((schemes, preferred.iter().rev().cloned().collect()));
    }
    changes
        .into_iter()
        .map(|(place, value)| {
            let mut changed = document.clone();
            *changed.pointer_mut(place).expect(RESOLVED) = value;
            Artefact::from_json("inputs", changed.to_string().as_bytes()).expect(RESOLVED)
        })
        .collect()
}
