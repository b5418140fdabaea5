//! Tests that the JSON Schemas in `docs/schemas` are current, and that exports of runs conform to
//! theirs.

use aether_engine::record;
use aether_engine::run::{RunOptions, run};

use super::{documents, golden, plan, root};

fn check(bless: bool) -> Vec<String> {
    let mut schemas = aether_engine::config::json_schemas();
    schemas.push(("records.schema.json", record::json_schema()));
    let path = |file: &str| root().join("docs/schemas").join(file);
    schemas
        .iter()
        .filter_map(|(file, text)| golden(&path(file), text, bless).err())
        .collect()
}

#[test]
fn schemas_are_current() {
    let stale = check(false);
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
#[ignore = "writes the schemas"]
fn bless_schemas() {
    assert_eq!(check(true), [""; 0]);
}

/// An independent validator accepts an export, and rejects one that was changed.
#[test]
fn exports_follow_their_schema() {
    let schema = serde_json::from_str(&record::json_schema()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let more = "enable_codex = true\n";
    let plan = plan(&documents().with("scenario/run.toml", format!("{}{more}", super::RUN)));
    let export = run(&plan, &RunOptions::default()).export(&plan);
    let export: serde_json::Value = serde_json::from_str(&export).unwrap();
    let errors: Vec<String> = schema
        .iter_errors(&export)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    for kind in record::KINDS {
        let mut changed = export.clone();
        if let Some(record) = changed[kind.name].get_mut(0) {
            record["nobody_knows"] = 1.into();
            assert!(!schema.is_valid(&changed), "{}", kind.name);
        }
    }
}
