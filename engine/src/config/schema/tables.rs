//! The keys of `scenario.toml` and `defaults.toml` as Markdown tables, from their JSON Schemas.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::scenario;

/// The keys of `scenario.toml` and `defaults.toml` as Markdown tables.
pub(super) fn of_scenarios(own: &Value) -> String {
    let mut page = String::from("\n### `scenario.toml`\n");
    table(&mut page, "", &scenario::scenario(own));
    let _ = write!(page, "\n### `defaults.toml`\n\n");
    page.push_str("All keys of `scenario.toml`, for the scenarios that do not have them, and:\n");
    table(
        &mut page,
        "build",
        &scenario::defaults(own)["properties"]["build"],
    );
    page
}

/// One table for an object, and one for each object in it.
fn table(page: &mut String, path: &str, schema: &Value) {
    let title = match path {
        "" => "field".to_owned(),
        path => format!("`{path}`"),
    };
    let _ = write!(
        page,
        "\n| {title} | | is | meaning |\n| --- | --- | --- | --- |\n"
    );
    let members = || schema["properties"].as_object().into_iter().flatten();
    let required = schema["required"].as_array();
    for (key, member) in members().filter(|(key, _)| *key != "$schema") {
        let is_required = required.is_some_and(|keys| keys.contains(&json!(key)));
        let required = if is_required { "required" } else { "" };
        let about = member["description"].as_str().unwrap_or_default();
        let _ = writeln!(
            page,
            "| `{key}` | {required} | {} | {about} |",
            words(member)
        );
    }
    for (key, member) in members() {
        let separator = if path.is_empty() { "" } else { "." };
        if member["properties"].is_object() {
            table(page, &format!("{path}{separator}{key}"), member);
        }
        if member["items"]["properties"].is_object() {
            table(page, &format!("{path}{separator}{key}[]"), &member["items"]);
        }
    }
}

/// The type of a value, in words.
fn words(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return format!("`{}`", words.join("`, `"));
    }
    // An optional value may be null, which means the same as its absence.
    let kind = &schema["type"];
    match kind.as_str().or_else(|| kind[0].as_str()) {
        Some("array") if schema["items"]["type"] == "object" => "a list of objects".to_owned(),
        Some("array") => {
            let item = words(&schema["items"]);
            let noun = item.rsplit(' ').next().unwrap_or_default();
            format!("a list of {noun}s")
        }
        Some("object") => "an object".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => "an integer".to_owned(),
        Some("number") => "a number".to_owned(),
        _ => "a string".to_owned(),
    }
}
