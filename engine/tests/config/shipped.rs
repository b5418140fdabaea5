//! Tests that every shipped document is valid, for the engine and for an independent JSON Schema
//! validator.

use std::path::{Path, PathBuf};

use aether_engine::config::{DocumentKind, json_schemas, validate, validate_scenario};
use serde_json::{Map, Value};

use super::{files, root};

/// The documents of a directory, in order of name.
fn documents(directory: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root().join(directory)) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.into_string().expect("a plain name"));
    let mut names: Vec<String> = names.map(|name| format!("{directory}/{name}")).collect();
    names.sort();
    names
}

/// Documents, each with the schema that describes it.
fn shipped() -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    for (directory, schema) in [
        ("fixtures/topologies", "topology.schema.json"),
        ("fixtures/profiles", "profile.schema.json"),
        ("fixtures/pfna", "pfna.schema.json"),
    ] {
        all.extend(documents(directory).into_iter().map(|path| (path, schema)));
    }
    for scenario in documents("scenarios") {
        for path in documents(&scenario) {
            match path.rsplit('/').next() {
                Some("run.toml" | "run.json") => all.push((path, "run-config.schema.json")),
                Some("scenario.toml") => all.push((path, "scenario.schema.json")),
                _ => {}
            }
        }
    }
    all
}

/// A document as JSON.
fn value(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a document");
    if path
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        return from_toml(&text.parse().map(toml::Value::Table).expect("TOML"));
    }
    serde_json::from_str(&text).expect("JSON")
}

fn from_toml(value: &toml::Value) -> Value {
    match value {
        toml::Value::Table(members) => {
            let members = members
                .iter()
                .map(|(key, value)| (key.clone(), from_toml(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        toml::Value::Array(items) => items.iter().map(from_toml).collect(),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Boolean(flag) => Value::from(*flag),
        toml::Value::String(text) => Value::from(text.as_str()),
        other => Value::from(other.to_string()),
    }
}

fn validator(file: &str) -> jsonschema::Validator {
    let schemas = json_schemas();
    let (_, text) = schemas
        .iter()
        .find(|(name, _)| *name == file)
        .expect("a schema");
    let schema: Value = serde_json::from_str(text).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

#[test]
fn shipped_documents_follow_their_schemas() {
    let shipped = shipped();
    assert!(shipped.len() > 3, "{shipped:?}");
    for (path, schema) in shipped {
        let value = value(&root().join(&path));
        let errors: Vec<String> = validator(schema)
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{path}");
    }
}

/// A schema rejects the invalid documents whose problem is visible in that document alone.
#[test]
fn schemas_refuse_what_one_document_shows() {
    for (case, schema) in [
        ("AE0201-edge.json", "topology.schema.json"),
        ("AE0202-edge.json", "topology.schema.json"),
        ("AE0204-half.toml", "run-config.schema.json"),
        ("AE0206-ticks-zero.toml", "run-config.schema.json"),
        ("AE0207-source.toml", "run-config.schema.json"),
        ("AE0208-slash.toml", "run-config.schema.json"),
        ("AE0209-dot.toml", "run-config.schema.json"),
        ("AE0211-governance.toml", "run-config.schema.json"),
        ("AE0213-state.toml", "run-config.schema.json"),
        ("AE0214-windows.toml", "run-config.schema.json"),
        ("AE0401-name.json", "profile.schema.json"),
        ("AE0402-chain.json", "profile.schema.json"),
        ("AE0201-entry.json", "pfna.schema.json"),
    ] {
        let value = value(&root().join("fixtures/invalid").join(case));
        assert!(!validator(schema).is_valid(&value), "{case}");
    }
}

#[test]
fn shipped_documents_and_scenarios_are_valid() {
    for (directory, kind) in [
        ("fixtures/topologies", DocumentKind::Topology),
        ("fixtures/profiles", DocumentKind::Profile),
        ("fixtures/pfna", DocumentKind::Pfna),
    ] {
        for path in documents(directory) {
            let checked = validate(&files(), Path::new(&path));
            assert_eq!(
                checked
                    .map(|checked| checked.value)
                    .map_err(|report| report.render(false)),
                Ok(kind),
                "{path}"
            );
        }
    }
    for scenario in documents("scenarios") {
        if !root().join(&scenario).join("scenario.toml").exists() {
            continue;
        }
        let path = PathBuf::from(&scenario);
        let checked = validate_scenario(&files(), &path);
        assert_eq!(
            checked
                .map(|checked| checked.value)
                .map_err(|report| report.render(false)),
            Ok(()),
            "{scenario}"
        );
    }
}

/// The examples of the package are copies, since a package cannot contain files of other
/// directories.
#[test]
fn examples_are_copies_of_what_ships() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut folders = vec![examples.clone()];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let shipped = root().join(path.strip_prefix(&examples).expect("below it"));
            let read = |path: &Path| std::fs::read(path).expect("a document");
            assert!(read(&path) == read(&shipped), "{}", path.display());
            count += 1;
        }
    }
    assert!(count > 3, "{count} examples");
}
