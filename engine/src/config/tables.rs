//! The fields of all documents as Markdown tables, generated from the declarations that decode
//! them, and the limits.

use std::fmt::Write as _;

use aether_json::Value;

use super::RunPlan;

use super::documents::{
    AxisDocument, ChainConstants, ChainRuleDocument, CheckConstants, DiagnosticsDocument,
    EdgeDocument, FluxRuleDocument, LoggingDocument, LoomDocument, MetricsDocument, NapDefaults,
    NapDocument, NodeDocument, PfnaDocument, PfnaEntry, PressDocument, ProfileDocument,
    RangeDocument, RepeatDocument, RunConfig, SampleDocument, StRuleDocument, StreamDocument,
    SweepDocument, TopologyDocument, WindowDocument,
};

/// The reference of `docs/configuration.md`: a table for each structure, in Markdown, with the values
/// that the documents of this plan have, and a table of the limits.
#[must_use]
pub fn document_tables(example: &RunPlan) -> String {
    let documents = example.documents();
    let parsed = |text: &str| aether_json::from_str(text).expect("resolved documents are JSON");
    let run_config: Value = parsed(documents.run_config());
    let topology: Value = parsed(documents.topology());
    let profile: Value = parsed(documents.profile());
    let pfna: Option<Value> = documents.pfna().map(parsed);
    let mut page = String::new();
    macro_rules! tables {
        ($($heading:literal, $example:expr => $($path:literal $document:ty),+;)*) => {$(
            let _ = write!(page, "\n### {}\n", $heading);
            $( table(&mut page, $path, <$document>::TABLE, $example); )+
        )*};
    }
    tables! {
        "RunConfig", Some(&run_config) => "" RunConfig, "windows[]" WindowDocument,
            "windows[].streams[]" StreamDocument, "nap" NapDocument, "loom" LoomDocument,
            "logging" LoggingDocument, "metrics" MetricsDocument,
            "diagnostics" DiagnosticsDocument;
        "Topology", Some(&topology) => "" TopologyDocument, "nodes[]" NodeDocument,
            "edges[]" EdgeDocument;
        "Profile", Some(&profile) => "" ProfileDocument, "flux_rule" FluxRuleDocument,
            "chain_rule" ChainRuleDocument, "chain_rule.constants" ChainConstants,
            "s_t_rule" StRuleDocument, "nap_defaults" NapDefaults,
            "press_defaults" PressDocument, "press_defaults.manifest_check" CheckConstants;
        "PFNA", pfna.as_ref() => "" PfnaDocument, "entries[]" PfnaEntry,
            "entries[].repeat" RepeatDocument;
        "Sweep", None => "" SweepDocument, "axes[]" AxisDocument, "axes[].range" RangeDocument,
            "axes[].sample" SampleDocument;
    }
    page.push_str(&super::schema::scenario_tables());
    page.push_str("\n## Limits\n\n");
    page.push_str("Exceeding a limit is an error that names the limit ([AE0701](errors.md)).\n\n");
    page.push_str("| what | limit |\n| --- | --- |\n");
    for (what, limit) in super::limits::ALL {
        let _ = writeln!(page, "| {what} | {} |", in_groups(*limit));
    }
    page
}

/// A field, as the reference describes it.
pub(crate) struct Row {
    pub(crate) key: &'static str,
    pub(crate) is_required: bool,
    /// What is expected, with an article.
    pub(crate) expected: fn() -> String,
    /// The range of its numbers beyond what `expected` says; may be empty.
    pub(crate) range: &'static str,
    /// What its numbers count; may be empty.
    pub(crate) unit: &'static str,
    pub(crate) doc: &'static str,
}

/// The table of one structure. `path` leads to it in the document, through the first item of each
/// list and, for `*`, the first member of an object; it is empty for the document itself.
fn table(page: &mut String, path: &str, rows: &[Row], example: Option<&Value>) {
    let title = match path {
        "" => "field".to_owned(),
        path => format!("`{path}`"),
    };
    let has_units = rows.iter().any(|row| !row.unit.is_empty());
    let structure = example.and_then(|document| at(document, path));
    let mut head = vec![title.as_str(), "", "is"];
    head.extend(has_units.then_some("unit"));
    head.extend(structure.map(|_| "in GF-01"));
    head.push("meaning");
    page.push('\n');
    line(page, &head);
    line(page, &vec!["---"; head.len()]);
    for row in rows {
        let key = format!("`{}`", row.key);
        let required = if row.is_required { "required" } else { "" };
        let mut expected = (row.expected)();
        if !row.range.is_empty() {
            let _ = write!(expected, ", {}", row.range);
        }
        let value = structure.map(|structure| shown(structure.get(row.key)));
        let mut cells = vec![key.as_str(), required, expected.as_str()];
        cells.extend(has_units.then_some(row.unit));
        cells.extend(value.as_deref());
        cells.push(row.doc.trim());
        line(page, &cells);
    }
}

/// The structure at a path, through the first item of each list and the first member for `*`.
fn at<'v>(document: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.')
        .filter(|key| !key.is_empty())
        .try_fold(document, |at, key| match key.strip_suffix("[]") {
            Some(key) => at.get(key)?.as_array()?.first(),
            None if key == "*" => at.as_object()?.values().next(),
            None => at.get(key),
        })
}

/// Longest value that is shown, in characters.
const SHOWN_MAX: usize = 40;

/// A value in a cell; empty if it is absent, or has a table of its own.
fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null | Value::Object(_)) => String::new(),
        Some(Value::Array(items)) if items.iter().any(|item| item.as_object().is_some()) => {
            String::new()
        }
        Some(value) => {
            let text = value.to_string();
            if text.chars().count() > SHOWN_MAX {
                return String::new();
            }
            format!("`{text}`")
        }
    }
}

/// A number with commas between groups of three digits.
fn in_groups(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn line(page: &mut String, cells: &[&str]) {
    page.push('|');
    for cell in cells {
        let _ = write!(page, " {cell} |");
    }
    page.push('\n');
}
