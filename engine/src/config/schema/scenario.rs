//! The JSON Schemas of `scenario.toml` and `defaults.toml`.
//!
//! The engine reads few of their keys, and the harness most. The keys of the harness are repeated here,
//! because the engine does not know the harness; a test validates the files of all scenarios and examples.

use serde_json::{Map, Value, json};

/// A scenario, of this engine or of a program that `[command]` names.
pub(super) fn scenario(own: &Value) -> Value {
    let mut schema = closed(properties(own));
    schema["title"] = json!("scenario.toml");
    schema["description"] = json!("What a scenario is for, and how it is run and checked.");
    // What else is required depends on the program, and may be in `defaults.toml`.
    schema["required"] = json!(["description"]);
    schema["$schema"] = json!(super::DRAFT);
    schema
}

/// The settings that the scenarios of a directory have in common.
pub(super) fn defaults(own: &Value) -> Value {
    let mut properties = properties(own);
    let mut build = closed(members(json!({
        "program": text("The program that makes what scenarios run."),
        "args": texts("Its arguments."),
        "env": env(),
        "time_limit": seconds("Seconds it may take."),
    })));
    build["description"] = json!("A command that is run once, before the first scenario.");
    build["required"] = json!(["program"]);
    properties.insert("build".to_owned(), build);
    let mut schema = closed(properties);
    schema["title"] = json!("defaults.toml");
    schema["description"] = json!("Settings of every scenario beside this file.");
    schema["$schema"] = json!(super::DRAFT);
    schema
}

/// The keys of a scenario: those that the engine declares, and those of the harness.
fn properties(own: &Value) -> Map<String, Value> {
    let own = own["properties"].as_object().cloned().unwrap_or_default();
    let mut properties = members(json!({
        "expect": words(&["success", "failure"], "How a run should end."),
        "snapshot": words(&["full", "digest"], "What is kept of a run."),
        "snapshot_reason": text("Why not all of it is kept."),
        "determinism": words(&["exact", "within-tolerance"], "When two runs count as the same."),
        "determinism_reason": text("Why equal bytes are not asked for."),
        "time_limit": seconds("Seconds a run may take."),
        "drop": {
            "type": "object",
            "description": "Checks that are left out, each with the reason.",
            "additionalProperties": {"type": "string"},
        },
        "code": texts("Globs of the files that are tested."),
        "inputs": texts("Globs of files that a run depends on, beside those of the directory."),
        "ignore": texts("Globs of files that have no role."),
        "command": command(),
        "outputs": {
            "type": "array",
            "description": "What the program leaves.",
            "items": output(),
        },
        "depends": depends(),
    }));
    properties.extend(own);
    properties
}

fn command() -> Value {
    let mut command = closed(members(json!({
        "program": text("A name that is looked up, or a path from the scenario's directory."),
        "args": texts("Its arguments."),
        "stdin": text("A file that becomes its standard input."),
        "env": env(),
        "exit": {
            "type": "array",
            "description": "The exit statuses that mean success. Default: 0.",
            "items": {"type": "integer"},
        },
        "follow": texts("Fields of input documents that name further inputs, as dotted paths."),
        "pass": texts("Variables that the program inherits."),
        "version": texts("A command whose output identifies the program."),
        "time_limit": seconds("Seconds a run may take."),
    })));
    command["description"] = json!("The program that is run.");
    command
}

fn output() -> Value {
    let mut output = closed(members(json!({
        "name": text("Name of the artefact."),
        "from": text("`stdout`, `stderr`, the path of a file, or a glob."),
        "format": words(
            &["json", "jsonl", "csv", "tsv", "text", "yaml", "toml", "bytes"],
            "How it is written. Default: json.",
        ),
        "keys": {
            "type": "object",
            "description": "Fields that identify the elements of an array, by its dotted path.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "stage": text("Its place in the causal order."),
        "tick": text("The field of a record that holds its tick."),
        "at": text("The part of a JSON document that is this output, as a dotted path."),
        "unordered": texts("Dotted paths of arrays whose order does not matter."),
        "delimiter": text("The character between the cells of a table."),
        "header": {
            "type": "boolean",
            "description": "Whether the first row names the columns. Default: true.",
        },
        "record": text("The regular expression of the lines of a text that are records."),
        "nonfinite": words(&["text"], "What NaN and Infinity become."),
        "empty": words(&["error"], "What an output without content is."),
        "volatile": entries(json!({
            "path": text("Dotted path of the value."),
            "form": text("What it looks like."),
            "reason": text("Why it differs from run to run."),
        }), &["path", "form", "reason"]),
        "replace": entries(json!({
            "pattern": text("A regular expression."),
            "with": text("What replaces it."),
            "reason": text("Why it differs from run to run."),
        }), &["pattern", "with", "reason"]),
        "tolerance": entries(json!({
            "path": text("Dotted path of the numbers."),
            "abs": text("How far they may move."),
            "rel": text("The same, relative to their size."),
            "ulp": {"type": "integer", "minimum": 0, "description": "The same, in steps of a float."},
            "reason": text("Why they may move."),
        }), &["path", "reason"]),
    })));
    // The rest of an output may be in `defaults.toml`.
    output["required"] = json!(["name"]);
    output
}

fn depends() -> Value {
    let mut depends = entries(
        json!({
            "of": text("Path of values, with variables: minutes[minute=t].waiting."),
            "on": texts("Paths of what they are computed from: minutes[minute=t-1].waiting."),
        }),
        &["of", "on"],
    );
    depends["description"] = json!("What the values of the outputs are computed from.");
    depends
}

fn entries(properties: Value, required: &[&str]) -> Value {
    let mut item = closed(members(properties));
    item["required"] = json!(required);
    json!({"type": "array", "items": item})
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => unreachable!("properties are written as an object: {other}"),
    }
}

/// An object with these keys and no others.
fn closed(properties: impl Into<Value>) -> Value {
    let properties = properties.into();
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn texts(description: &str) -> Value {
    json!({"type": "array", "items": {"type": "string"}, "description": description})
}

fn words(words: &[&str], description: &str) -> Value {
    json!({"type": "string", "enum": words, "description": description})
}

fn seconds(description: &str) -> Value {
    json!({"type": "number", "exclusiveMinimum": 0, "description": description})
}

fn env() -> Value {
    json!({
        "type": "object",
        "description": "Variables of its environment.",
        "additionalProperties": {"type": "string"},
    })
}
