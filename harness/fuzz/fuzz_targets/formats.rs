//! Fuzz target: what programs write, as each format reads it: JSON, lines, tables and YAML.

#![no_main]

// The readers are private to the subject for commands.
#[allow(dead_code, unreachable_pub, reason = "a part of a different crate, of which this uses the readers")]
#[path = "../../program/src/format/mod.rs"]
mod format;

use aether_diff::Artefact;
use aether_harness::documents::toml_value;
use aether_json::Value;
use format::{json, lines, table, yaml};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for has_lines in [false, true] {
        for keeps_nonfinite in [false, true] {
            let _ = json::read("a", bytes, json::Json { has_lines, keeps_nonfinite });
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    for delimiter in *b",\t;" {
        for has_header in [false, true] {
            accepted(table::read(text, table::Table { delimiter, has_header }).ok());
        }
    }
    accepted(yaml::read(text).ok());
    accepted(toml_value(text).ok());
    accepted(Some(lines::read(text, None)));
    // The first line as a pattern for the others.
    if let Some((pattern, rest)) = text.split_once('\n')
        && let Ok(record) = lines::record(pattern)
    {
        accepted(Some(lines::read(rest, Some(&record))));
    }
});

/// A value that was read can be kept, unless it is nested too deeply.
fn accepted(value: Option<Value>) {
    if let Some(value) = value
        && let Err(error) = Artefact::from_json("a", value.to_string().as_bytes())
    {
        assert!(error.to_string().contains("nested"), "{error}");
    }
}
