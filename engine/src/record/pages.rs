//! Generates the documentation of records from their declarations: the JSON Schema of all of them,
//! and the tables of `docs/records.md`, with the first record of each kind in a run.

use std::fmt::Write as _;

use std::collections::BTreeMap;

use aether_json::{Value, json};

use super::declare::{Described as _, RANGE, UNIT};
use super::{KINDS, LogPayload, Metrics, RecordKind, RunSummary};
use crate::config::{RunPlan, change};
use crate::run::{EXPORT_VERSION, RunOptions, run};

/// The JSON Schema of the export object, with one definition per kind of record, as
/// `docs/schemas/records.schema.json` holds it.
///
/// ```
/// let schema = aether_engine::record::json_schema();
/// assert!(schema.contains("\"#/$defs/ledgers\""));
/// ```
#[must_use]
pub fn json_schema() -> String {
    let mut definitions = BTreeMap::new();
    let mut properties = BTreeMap::new();
    for kind in RecordKind::ALL {
        let name = kind.name();
        definitions.insert(name.to_owned(), kind.schema());
        let of_kind = json!({ "$ref": format!("#/$defs/{name}") });
        properties.insert(
            name.to_owned(),
            json!({ "type": "array", "items": of_kind }),
        );
    }
    for (name, schema) in [
        ("metrics", Metrics::schema()),
        ("run", RunSummary::schema()),
    ] {
        definitions.insert(name.to_owned(), schema);
        let reference = json!({ "$ref": format!("#/$defs/{name}") });
        properties.insert(name.to_owned(), reference);
    }
    properties.insert(
        "export_version".to_owned(),
        json!({ "const": EXPORT_VERSION }),
    );
    properties.insert("inputs".to_owned(), inputs());
    let required: Vec<&String> = properties.keys().collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Aether export, version 1",
        "description": "The export object of a run; `$defs` has one schema per kind of record.",
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
        "$defs": definitions,
    });
    publish(&mut schema);
    format!("{schema:#}\n")
}

/// Moves what JSON Schema has no keyword for into the descriptions: validators refuse unknown keywords.
fn publish(schema: &mut Value) {
    if let Some(members) = schema.as_object_mut() {
        let mut said = Vec::new();
        // A property may have either name; what is declared is text.
        for (name, word) in [(RANGE, "range"), (UNIT, "unit")] {
            if let Some(Value::String(text)) = members.get(name) {
                said.push(format!("{word}: {text}"));
                members.remove(name);
            }
        }
        if !said.is_empty() {
            let about = members
                .get("description")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let text = format!("{about} ({})", said.join("; "));
            members.insert("description".to_owned(), text.trim_start().into());
        }
        members.values_mut().for_each(publish);
    }
    if let Value::Array(items) = schema {
        items.iter_mut().for_each(publish);
    }
}

/// The schema of the inputs; the documents in it have schemas of their own.
fn inputs() -> Value {
    json!({
        "type": "object",
        "description": "The documents as resolved, complete enough to run again.",
        "properties": {
            "files": {
                "type": "object",
                "description": "The file that each document came from.",
                "additionalProperties": { "type": "string" },
            },
            "pfna": { "type": ["object", "null"], "description": "See pfna.schema.json." },
            "profile": { "type": "object", "description": "See profile.schema.json." },
            "run_config": { "type": "object", "description": "See run-config.schema.json." },
            "topology": { "type": "object", "description": "See topology.schema.json." },
        },
        "required": ["files", "pfna", "profile", "run_config", "topology"],
        "additionalProperties": false,
    })
}

/// The tables of `docs/records.md`, in Markdown, with examples from a run of this plan. A kind that
/// the run does not have takes its example from the same run with the Codex on.
///
/// # Panics
/// The plan does not run with the Codex on.
#[must_use]
pub fn tables(example: &RunPlan) -> String {
    let observed = change(example, &["enable_codex=true"]).expect("a plan may have the Codex on");
    let exports = [example, &observed.plan].map(export);
    let example = |name: &str| {
        exports.iter().find_map(|export| match &export[name] {
            Value::Array(records) => records.first(),
            Value::Null => None,
            record => Some(record),
        })
    };
    let mut page = kinds();
    for kind in RecordKind::ALL {
        section(&mut page, kind.name(), &kind.schema(), example(kind.name()));
    }
    payloads(&mut page);
    section(&mut page, "metrics", &Metrics::schema(), example("metrics"));
    section(&mut page, "run", &RunSummary::schema(), example("run"));
    page
}

/// The export object of a run of a plan.
fn export(plan: &RunPlan) -> Value {
    let text = run(plan, &RunOptions::default()).export(plan);
    aether_json::from_str(&text).expect("an export is JSON")
}

/// The table of all kinds.
fn kinds() -> String {
    let mut page = String::from("| kind | format | stage | how many | tick | identified by |\n");
    page.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for info in KINDS {
        let tick = info.tick.map_or("–".to_owned(), |tick| format!("`{tick}`"));
        let own = info.keys.iter().filter(|rule| rule.path.is_empty());
        let fields: Vec<String> = own
            .flat_map(|rule| rule.fields)
            .map(|field| format!("`{field}`"))
            .collect();
        let schema = info.kind.schema();
        let format = format_of(&schema).map_or("–".to_owned(), |format| format!("`{format}`"));
        let (name, stage, fields) = (info.name, info.stage.name(), fields.join(", "));
        let cells = [
            &format!("`{name}`"),
            &format,
            stage,
            info.occurs,
            &tick,
            &fields,
        ];
        line(&mut page, &cells);
    }
    page
}

/// The name of a record's format, which ends with its version: the description of such a record
/// starts with it.
fn format_of(schema: &Value) -> Option<&str> {
    let rest = schema["description"].as_str()?.strip_prefix('`')?;
    let (format, _) = rest.split_once("`: ")?;
    Some(format)
}

/// The table of the payloads of the log.
fn payloads(page: &mut String) {
    page.push_str("\nThe payload of each event:\n\n");
    page.push_str("| event | component | payload |\n| --- | --- | --- |\n");
    for (event, component, schema) in LogPayload::table() {
        let (event, component) = (format!("`{event}`"), format!("`{component}`"));
        line(page, &[&event, &component, &payload(&schema)]);
    }
}

fn section(page: &mut String, name: &str, schema: &Value, example: Option<&Value>) {
    let about = schema["description"]
        .as_str()
        .expect("every record is documented");
    let _ = write!(page, "\n### `{name}`\n\n{about}\n\n");
    page.push_str("| field | type | range | unit | meaning |\n| --- | --- | --- | --- | --- |\n");
    rows(page, "", schema);
    if let Some(record) = example {
        let _ = write!(page, "\n```json\n{}\n```\n", laid_out(record));
    }
}

/// A record with one member per line, and one line per element of a list of objects.
fn laid_out(record: &Value) -> String {
    let mut members = Vec::new();
    for (key, value) in record.as_object().into_iter().flatten() {
        let objects = value
            .as_array()
            .filter(|items| items.first().is_some_and(|item| item.as_object().is_some()));
        let text = match objects {
            Some(items) => {
                let items: Vec<String> = items.iter().map(|item| format!("    {item}")).collect();
                format!("[\n{}\n  ]", items.join(",\n"))
            }
            None => value.to_string(),
        };
        members.push(format!("  \"{key}\": {text}"));
    }
    format!("{{\n{}\n}}", members.join(",\n"))
}

/// One row per member; the members of nested objects follow it.
fn rows(page: &mut String, prefix: &str, schema: &Value) {
    for (key, member) in schema["properties"].as_object().into_iter().flatten() {
        let required = schema["required"].as_array().into_iter().flatten();
        let is_required = required
            .into_iter()
            .any(|name| name.as_str() == Some(key.as_str()));
        let mut kind = words(member);
        if !is_required {
            kind.push_str(", may be absent");
        }
        let meaning = member["description"].as_str().unwrap_or_default();
        let unit = member[UNIT].as_str().unwrap_or_default();
        let path = format!("{prefix}{key}");
        line(
            page,
            &[&format!("`{path}`"), &kind, &range(member), unit, meaning],
        );
        // The payloads of the log are in a table of their own.
        if member["anyOf"].is_null() {
            rows(page, &format!("{path}."), member);
            rows(page, &format!("{path}[]."), &member["items"]);
        }
    }
}

/// The declared range of a member, else that of its type.
fn range(member: &Value) -> String {
    match (member[RANGE].as_str(), member["minimum"].as_i64()) {
        (Some(declared), _) => declared.to_owned(),
        (None, Some(least)) => format!("{least}.."),
        (None, None) => String::new(),
    }
}

/// The members of a payload with their meanings, in one cell.
fn payload(schema: &Value) -> String {
    let Some(members) = schema["properties"].as_object() else {
        return "the [error](#the-error-of-a-run)".to_owned();
    };
    let mut text = schema["description"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    for (key, member) in members {
        let meaning = match member.get("const") {
            Some(value) => format!("`{value}`"),
            None => member["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        };
        let meaning = meaning.trim_end_matches('.');
        let separator = if text.ends_with('.') { " " } else { "; " };
        let _ = write!(text, "{separator}`{key}`: {meaning}");
    }
    text
}

/// The type of a value, in words.
fn words(schema: &Value) -> String {
    if let Some(value) = schema.get("const") {
        return format!("always `{value}`");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values
            .iter()
            .filter_map(Value::as_str)
            .map(|word| format!("`{word}`"))
            .collect();
        return values.join(", ");
    }
    if schema["anyOf"].as_array().is_some() {
        return "object".to_owned();
    }
    let or_null = schema["type"].as_array().is_some();
    let name = schema["type"][0].as_str().or(schema["type"].as_str());
    let words = match name {
        Some("array") => {
            format!("list of {}", plural(&words(&schema["items"])))
        }
        Some("object") if schema["additionalProperties"].as_object().is_some() => {
            let inner = words(&schema["additionalProperties"]);
            format!("object of {} by name", plural(&inner))
        }
        Some("string") if schema["pattern"].as_str().is_some() => "hash".to_owned(),
        Some(name) => name.to_owned(),
        None => "value".to_owned(),
    };
    if or_null {
        format!("{words} or null")
    } else {
        words
    }
}

/// The plural of a type in words: "object of integers by name" becomes "objects of integers by name".
fn plural(words: &str) -> String {
    let (noun, rest) = words.split_once(' ').unwrap_or((words, ""));
    let ending = if noun.ends_with("sh") { "es" } else { "s" };
    format!("{noun}{ending} {rest}").trim_end().to_owned()
}

fn line(page: &mut String, cells: &[&str]) {
    page.push('|');
    for cell in cells {
        let _ = write!(page, " {} |", cell.replace('|', "\\|"));
    }
    page.push('\n');
}
