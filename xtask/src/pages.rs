//! Checks pages and schemas against what they are made from: the declarations of records, documents, and the
//! keys of `scenario.toml`, and recorded figures.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use aether_engine::config::{FileSystem, RunPlan, document_tables, json_schemas, load_run};
use aether_engine::record;
use aether_harness::scenario::{DEFAULTS_KEYS, SCENARIO_KEYS};
use aether_harness::{KeyTable, Layout, Subject as _};
use aether_json::Value;
use aether_program::CommandSubject;
use aether_subject::AetherSubject;

use crate::bench;

/// The run that the examples of the pages are from.
const EXAMPLE: &str = "scenarios/gf01/run.json";

/// How the pages and schemas are updated.
const UPDATE: &str = "cargo test -p aether-engine --test config -- --ignored bless";

/// How the page of recorded figures is updated.
const UPDATE_FIGURES: &str = "cargo xtask bench --page";

/// Reports pages and schemas that differ from what the declarations of records and documents produce, and from
/// recorded figures.
pub(crate) fn generated(paths: &Layout) -> Vec<String> {
    let root = paths.root();
    let mut problems: Vec<String> = schemas()
        .into_iter()
        .filter_map(|(file, text)| stale(root, &format!("docs/schemas/{file}"), &text, UPDATE))
        .collect();
    match load_run(&FileSystem::new(root), Path::new(EXAMPLE)) {
        Ok(example) => problems.extend(
            tables(&example)
                .into_iter()
                .filter_map(|(page, text)| stale(root, page, &text, UPDATE)),
        ),
        Err(report) => problems.push(format!("{EXAMPLE}: {report}")),
    }
    match bench::section(root) {
        Ok(section) => problems.extend(stale(root, bench::PAGE, &section, UPDATE_FIGURES)),
        Err(error) => problems.push(error.to_string()),
    }
    problems
}

fn schemas() -> Vec<(&'static str, String)> {
    let mut schemas = json_schemas();
    schemas.push(("records.schema.json", record::json_schema()));
    schemas
}

/// The pages that end with tables.
fn tables(example: &RunPlan) -> [(&'static str, String); 2] {
    [
        ("docs/configuration.md", document_tables(example)),
        ("docs/records.md", record::tables(example)),
    ]
}

/// The problem of a file that does not end with `expected`.
fn stale(root: &Path, file: &str, expected: &str, update: &str) -> Option<String> {
    match fs::read_to_string(root.join(file)) {
        Ok(text) if text.ends_with(expected) => None,
        Ok(_) => Some(format!("{file} is out of date; update it with `{update}`")),
        Err(error) => Some(format!("{file}: {error}")),
    }
}

/// Reports keys that the schemas of `scenario.toml` and `defaults.toml` lack, and keys in them that
/// nothing reads.
pub(crate) fn keys(_: &Layout) -> Vec<String> {
    let mut tables = SCENARIO_KEYS.to_vec();
    tables.extend(CommandSubject.keys());
    tables.extend(AetherSubject::new("").keys());
    let scenario = differences("scenario.schema.json", &tables);
    tables.extend(DEFAULTS_KEYS);
    let defaults = differences("defaults.schema.json", &tables);
    [scenario, defaults].concat()
}

fn differences(file: &str, tables: &[KeyTable]) -> Vec<String> {
    let schemas = json_schemas();
    let schema = schemas.iter().find(|(name, _)| *name == file);
    let (_, schema) = schema.expect("the engine has this schema");
    let schema: Value = aether_json::from_str(schema).expect("a schema is JSON");
    let mut described = BTreeSet::new();
    collect(&schema, "", &mut described);
    let read: BTreeSet<String> = tables
        .iter()
        .flat_map(|table| table.keys.iter().map(|key| joined(table.table, key)))
        .collect();
    let lacks = read
        .difference(&described)
        .map(|key| format!("docs/schemas/{file} lacks `{key}`, which the harness reads"));
    let extra = described
        .difference(&read)
        .map(|key| format!("docs/schemas/{file} has `{key}`, which nothing reads"));
    lacks.chain(extra).collect()
}

/// Every key that a schema describes, with the table that it is in.
fn collect(schema: &Value, table: &str, found: &mut BTreeSet<String>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (key, member) in properties.into_iter().flatten() {
        if key == "$schema" {
            continue;
        }
        let path = joined(table, key);
        collect(member, &path, found);
        if let Some(items) = member.get("items") {
            collect(items, &path, found);
        }
        found.insert(path);
    }
}

fn joined(table: &str, key: &str) -> String {
    if table.is_empty() {
        key.to_owned()
    } else {
        format!("{table}.{key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> Layout {
        Layout::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    #[test]
    fn the_generated_pages_and_schemas_are_current() {
        assert_eq!(generated(&root()), Vec::<String>::new());
    }

    #[test]
    fn a_page_that_differs_from_the_declarations_is_reported() {
        let text = "### `ledgers`\n";
        assert_eq!(
            stale(root().root(), "docs/records.md", text, UPDATE).as_deref(),
            Some(
                "docs/records.md is out of date; update it with `cargo test -p aether-engine --test config -- --ignored bless`"
            )
        );
        let missing = stale(root().root(), "docs/nothing.md", text, UPDATE).unwrap_or_default();
        assert!(missing.starts_with("docs/nothing.md: "), "{missing}");
    }

    #[test]
    fn the_schemas_have_the_keys_that_are_read() {
        assert_eq!(keys(&root()), Vec::<String>::new());
    }

    #[test]
    fn keys_that_one_side_lacks_are_reported() {
        let mut tables = SCENARIO_KEYS.to_vec();
        tables.extend(CommandSubject.keys());
        tables.push(KeyTable {
            table: "command",
            is_array: false,
            keys: &["colour"],
        });
        let found = differences("scenario.schema.json", &tables);
        let file = "docs/schemas/scenario.schema.json";
        assert_eq!(
            found,
            [
                format!("{file} lacks `command.colour`, which the harness reads"),
                format!("{file} has `pillars`, which nothing reads"),
            ]
        );
    }
}
