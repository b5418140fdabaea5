//! Writes the declarations of `scenario.toml` that let values differ from run to run, ready to be pasted.

use std::collections::BTreeSet;

use aether_harness::scenario::SCENARIO_FILE;
use aether_harness::varying::{Looks, Varying};
use aether_json::Value;

use crate::Program;
use crate::form;
use crate::settings::{OutputFormat, OutputTable};

/// What to write so that these values may differ, and so that these variables stay as they are; `None` if
/// nothing can be declared.
pub(crate) fn declarations(
    program: &Program,
    varying: &[Varying],
    variables: &[&str],
) -> Option<String> {
    let file = program
        .scenario
        .display(&program.scenario.dir().join(SCENARIO_FILE));
    let mut lines = Vec::new();
    if !variables.is_empty() {
        let known = program
            .command
            .pass
            .iter()
            .map(|name| name.get_ref().as_str());
        let names: BTreeSet<&str> = known.chain(variables.iter().copied()).collect();
        lines.push(format!(
            "if the program needs it, write into [command] of {file}:"
        ));
        lines.push(format!("  pass = {}", list(names)));
    }
    let schema = program.schema();
    for (at, output) in program.outputs.iter().enumerate() {
        let of_output: Vec<&Varying> = varying
            .iter()
            .filter(|varying| schema.position(&varying.artefact) == Some(at))
            .collect();
        let name = quoted(output.name.get_ref());
        if let Some(line) = unordered(output, &of_output) {
            lines.push(format!(
                "if the order does not matter, write into the [[outputs]] of {file} that has name = {name}:"
            ));
            lines.push(format!("  {line}"));
        }
        let tables = tables(output, &of_output);
        if !tables.is_empty() {
            lines.push(format!(
                "if these values may differ, write into {file}, at the end of the [[outputs]] that has \
                 name = {name}:"
            ));
            lines.extend(tables.into_iter().map(|line| format!("  {line}")));
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(quoted).collect();
    format!("[{}]", names.join(", "))
}

/// The arrays whose order differs, with those that are declared already.
fn unordered(output: &OutputTable, varying: &[&Varying]) -> Option<String> {
    let found: Vec<String> = varying
        .iter()
        .filter(|varying| varying.looks == Looks::Order)
        .map(|varying| varying.path())
        .collect();
    if found.is_empty() {
        return None;
    }
    let known = output.unordered.iter().map(|path| path.get_ref().as_str());
    let paths: BTreeSet<&str> = known.chain(found.iter().map(String::as_str)).collect();
    Some(format!("unordered = {}", list(paths)))
}

/// The tables that let these values differ.
fn tables(output: &OutputTable, varying: &[&Varying]) -> Vec<String> {
    let mut lines = Vec::new();
    for varying in varying {
        let path = varying.path();
        let is_declared = output
            .volatile
            .iter()
            .any(|volatile| *volatile.path.get_ref() == path);
        if output.format == OutputFormat::Bytes || varying.series.is_empty() || is_declared {
            continue;
        }
        if output.format == OutputFormat::Text && varying.steps.is_empty() {
            lines.extend(replacements(varying));
            continue;
        }
        if let Some(form) = form::of_values(&varying.values(), varying.looks) {
            lines.push("[[outputs.volatile]]".to_owned());
            lines.push(format!("path = {}", quoted(&path)));
            lines.push(format!("form = {}", quoted(form)));
            lines.push(format!("reason = {}", quoted(&varying.looks.to_string())));
        }
    }
    lines
}

/// The replacements of what differs in lines of a text.
fn replacements(varying: &Varying) -> Vec<String> {
    let found: BTreeSet<(String, String)> = varying
        .series
        .iter()
        .flat_map(|lines| {
            let lines: Option<Vec<&str>> = lines.iter().map(Value::as_str).collect();
            lines.map_or_else(Vec::new, |lines| replacements_in(&lines))
        })
        .collect();
    let tables = found.into_iter().flat_map(|(pattern, with)| {
        [
            "[[outputs.replace]]".to_owned(),
            format!("pattern = {}", quoted(&pattern)),
            format!("with = {}", quoted(&with)),
            format!("reason = {}", quoted(&varying.looks.to_string())),
        ]
    });
    tables.collect()
}

/// For each word in which versions of one line differ, the pattern that finds it by the word before, and
/// what takes its place. Nothing if they have different numbers of words.
fn replacements_in(lines: &[&str]) -> Vec<(String, String)> {
    let words: Vec<Vec<&str>> = lines
        .iter()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let count = words[0].len();
    if words.iter().any(|words| words.len() != count) {
        return Vec::new();
    }
    let differs = |at: usize| words.iter().any(|other| other[at] != words[0][at]);
    let is_name = |word: &str| {
        word.chars().any(char::is_alphabetic) && !word.contains(|c: char| c.is_ascii_digit())
    };
    (0..count)
        .filter(|&at| differs(at))
        .map(|at| {
            let values: Vec<Value> = words
                .iter()
                .map(|words| crate::format::spelled(words[at]))
                .collect();
            let form =
                form::of_values(&values.iter().collect::<Vec<_>>(), Looks::Mixed).unwrap_or("text");
            let before = (at > 0 && !differs(at - 1)).then(|| words[0][at - 1]);
            let ahead = match before {
                Some(word) if is_name(word) => format!(r"({}\s+)", regex::escape(word)),
                _ => format!(r"^(\s*(?:\S+\s+){{{at}}})"),
            };
            (format!(r"{ahead}\S+"), format!("${{1}}‹{form}›"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_line_is_found_by_the_word_before() {
        let check = |lines: &[&str], expected: &[(&str, &str)]| {
            let found = replacements_in(lines);
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|(pattern, with)| (pattern.as_str(), with.as_str()))
                .collect();
            assert_eq!(found, expected, "{lines:?}");
        };
        check(
            &["step 1 took 0.25 s", "step 1 took 0.5 s"],
            &[(r"(took\s+)\S+", "${1}‹number›")],
        );
        check(
            &["12:00:01 start", "12:00:02 start"],
            &[(r"^(\s*(?:\S+\s+){0})\S+", "${1}‹timestamp›")],
        );
        check(
            &["a 1 x", "a 2 y"],
            &[
                (r"(a\s+)\S+", "${1}‹number›"),
                (r"^(\s*(?:\S+\s+){2})\S+", "${1}‹text›"),
            ],
        );
        check(&["a", "a b"], &[]);
    }
}
