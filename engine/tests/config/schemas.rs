//! Tests that the JSON Schemas in `docs/schemas` are current, and that exports of runs conform to
//! theirs.

use aether_engine::config::RunPlan;
use aether_engine::record;
use aether_engine::run::{RunOptions, run};

use std::path::{Path, PathBuf};

use super::{documents, golden, plan, root, with_grammar};

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

fn validator(file: &str) -> jsonschema::Validator {
    let schemas = aether_engine::config::json_schemas();
    let (_, text) = schemas
        .iter()
        .find(|(name, _)| *name == file)
        .expect("a schema");
    let schema = serde_json::from_str(text).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

/// Strict validators want every property that a schema requires to be declared beside it.
#[test]
fn what_a_schema_requires_it_declares() {
    fn check(file: &str, value: &serde_json::Value) {
        if let (Some(required), true) = (value["required"].as_array(), value.is_object()) {
            for name in required {
                let name = name.as_str().unwrap();
                assert!(
                    !value["properties"][name].is_null(),
                    "{file}: {name} in {value}"
                );
            }
        }
        let members = value
            .as_object()
            .into_iter()
            .flat_map(|members| members.values());
        let items = value.as_array().into_iter().flatten();
        members.chain(items).for_each(|inner| check(file, inner));
    }
    for (file, text) in aether_engine::config::json_schemas() {
        check(file, &serde_json::from_str(&text).unwrap());
    }
}

/// The files of a name below a directory.
fn below(directory: &Path, name: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            below(&path, name, found);
        } else if path.file_name().is_some_and(|file| file == name) {
            found.push(path);
        }
    }
}

/// Misspells every key of a table in turn.
fn misspelt(value: &serde_json::Value) -> Vec<serde_json::Value> {
    // Their keys are free.
    const FREE: [&str; 4] = ["drop", "env", "keys", "unnoticed"];
    let mut all = Vec::new();
    match value {
        serde_json::Value::Object(members) => {
            for (key, member) in members {
                let mut changed = members.clone();
                changed.remove(key);
                changed.insert(format!("{key}x"), member.clone());
                all.push(changed.into());
                if FREE.contains(&key.as_str()) {
                    continue;
                }
                for inner in misspelt(member) {
                    let mut changed = members.clone();
                    changed.insert(key.clone(), inner);
                    all.push(changed.into());
                }
            }
        }
        serde_json::Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                for inner in misspelt(item) {
                    let mut changed = items.clone();
                    changed[index] = inner;
                    all.push(changed.into());
                }
            }
        }
        _ => {}
    }
    all
}

#[test]
fn the_files_of_all_scenarios_follow_their_schemas_and_misspelt_keys_do_not() {
    for (file, schema, least) in [
        ("scenario.toml", "scenario.schema.json", 40),
        ("defaults.toml", "defaults.schema.json", 3),
    ] {
        let mut paths = Vec::new();
        for directory in ["scenarios", "harness/examples"] {
            below(&root().join(directory), file, &mut paths);
        }
        assert!(paths.len() >= least, "{} of {file}", paths.len());
        let schema = validator(schema);
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap();
            let value: serde_json::Value = toml::from_str(&text).unwrap();
            let errors: Vec<_> = schema
                .iter_errors(&value)
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{}: {errors:?}", path.display());
            for wrong in misspelt(&value) {
                assert!(!schema.is_valid(&wrong), "{}: {wrong}", path.display());
            }
        }
    }
}

#[test]
fn sparse_and_repeated_inputs_follow_their_schema() {
    let schema = validator("pfna.schema.json");
    let entry = |more: serde_json::Value| {
        let mut entry = serde_json::json!({"pfna_id": "p", "tick": 1});
        entry
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        serde_json::json!({"v": 0, "pfna_id": "p", "gid": "G", "entries": [entry]})
    };
    for (more, is_valid) in [
        (serde_json::json!({"values": [1, 2]}), true),
        (serde_json::json!({"values": {"20": -3, "D0-J09": 4}}), true),
        (
            serde_json::json!({"values": {"1": 1}, "repeat": {"every": 24}}),
            true,
        ),
        (
            serde_json::json!({"values": {"1": 1}, "repeat": {"every": 24, "until": 90}}),
            true,
        ),
        (
            serde_json::json!({"values": {"1": 1}, "repeat": {"every": 0}}),
            false,
        ),
        (
            serde_json::json!({"values": {"1": 1}, "repeat": {"until": 3}}),
            false,
        ),
        (serde_json::json!({"values": {"1": "1"}}), false),
        (serde_json::json!({"values": 3}), false),
    ] {
        assert_eq!(schema.is_valid(&entry(more.clone())), is_valid, "{more}");
    }
}

/// An independent validator accepts an export, and rejects one that was changed.
#[test]
fn exports_follow_their_schema() {
    let schema = serde_json::from_str(&record::json_schema()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let more = "enable_codex = true\n";
    for documents in [
        documents().with("scenario/run.toml", format!("{}{more}", super::RUN)),
        with_grammar(),
    ] {
        follows_its_schema(&plan(&documents), &schema);
    }
}

fn follows_its_schema(plan: &RunPlan, schema: &jsonschema::Validator) {
    let export = run(plan, &RunOptions::default()).export(plan);
    let export: serde_json::Value = serde_json::from_str(&export).expect("JSON");
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
