//! The JSON Schemas of all documents, generated from the declarations that decode them.
//!
//! Editors use them to complete and check documents. Only [`load_run`](super::load_run) checks what
//! a schema cannot express (ids in order, documents that belong together).

mod scenario;
mod tables;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::documents::{
    PfnaDocument, ProfileDocument, RunConfig, ScenarioDocument, SweepDocument, TopologyDocument,
};

/// The schemas by file name, as `docs/schemas/` holds them.
///
/// ```
/// let schemas = aether_engine::config::json_schemas();
/// assert!(schemas.iter().any(|(file, _)| *file == "run-config.schema.json"));
/// ```
#[must_use]
pub fn json_schemas() -> Vec<(&'static str, String)> {
    let mut run_config = schema::<RunConfig>("RunConfig_v1");
    run_config["allOf"] = json!([
        one_of("initial_state", "initial_state_path"),
        one_of("primary_window_id", "window_every"),
    ]);
    let own = schema::<ScenarioDocument>("scenario.toml");
    vec![
        ("run-config.schema.json", text(&run_config)),
        (
            "topology.schema.json",
            text(&schema::<TopologyDocument>("TopologyProfile_v1")),
        ),
        (
            "profile.schema.json",
            text(&schema::<ProfileDocument>("Profile_CMP0_v1")),
        ),
        ("pfna.schema.json", text(&schema::<PfnaDocument>("PFNA_V0"))),
        ("scenario.schema.json", text(&scenario::scenario(&own))),
        ("defaults.schema.json", text(&scenario::defaults(&own))),
        (
            "sweep.schema.json",
            text(&schema::<SweepDocument>("Sweep_v1")),
        ),
    ]
}

/// The keys of `scenario.toml` and `defaults.toml` as Markdown tables.
pub(super) fn scenario_tables() -> String {
    tables::of_scenarios(&schema::<ScenarioDocument>("scenario.toml"))
}

/// The draft that all schemas follow.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

fn schema<T: JsonSchema>(title: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    schema["title"] = json!(title);
    // Editors look for the schema of a JSON document there.
    schema["properties"]["$schema"] = json!({"type": "string"});
    schema
}

/// Exactly one of two fields is present.
fn one_of(one: &str, other: &str) -> Value {
    // Strict validators want a schema that requires a property to declare it.
    let required = |field: &str| json!({"properties": {field: true}, "required": [field]});
    json!({"oneOf": [required(one), required(other)]})
}

fn text(schema: &Value) -> String {
    let mut text = serde_json::to_string_pretty(schema).expect("a schema is JSON");
    text.push('\n');
    text
}
