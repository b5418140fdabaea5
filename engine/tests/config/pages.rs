//! Tests that the tables of `docs/configuration.md` and `docs/records.md` are those that the
//! declarations of documents and records produce, and that the declared ranges hold in all goldens.

use std::collections::BTreeSet;
use std::path::Path;

use aether_engine::config::{RunPlan, document_tables, load_run};
use aether_engine::record;
use serde_json::Value;

use super::{files, golden, root};

const OPEN: &str =
    "<!-- tables: written by `cargo test -p aether-engine --test config -- --ignored bless` -->\n";

fn check(page: &str, tables: &str, bless: bool) -> Result<(), String> {
    let path = root().join("docs").join(page);
    let page = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let (before, _) = page
        .split_once(OPEN)
        .ok_or("the page has no place for the tables")?;
    golden(&path, &format!("{before}{OPEN}{tables}"), bless)
}

fn check_all(bless: bool) -> Result<(), String> {
    let example = example();
    check("configuration.md", &document_tables(&example), bless)?;
    check("records.md", &record::tables(&example), bless)
}

/// The run that the examples of the pages are from.
fn example() -> RunPlan {
    load_run(&files(), Path::new("scenarios/gf01/run.json")).expect("GF-01 is valid")
}

#[test]
fn the_pages_of_documents_and_records_are_current() {
    assert_eq!(check_all(false), Ok(()));
}

#[test]
#[ignore = "writes the pages"]
fn bless_tables() {
    assert_eq!(check_all(true), Ok(()));
}

/// A row of `docs/records.md` with a range: the record, the field, the range.
fn ranges() -> Vec<(String, String, String)> {
    let page = std::fs::read_to_string(root().join("docs/records.md")).expect("the page");
    let (_, tables) = page.split_once(OPEN).expect("the tables");
    let mut found = Vec::new();
    let mut record = String::new();
    for line in tables.lines() {
        if let Some(heading) = line.strip_prefix("### `") {
            heading.trim_end_matches('`').clone_into(&mut record);
        } else if let Some(row) = line.strip_prefix("| `") {
            let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
            if let [field, _, range, _, _] = cells.as_slice()
                && range.contains("..")
            {
                let field = field.trim_end_matches('`').to_owned();
                found.push((record.clone(), field, (*range).to_owned()));
            }
        }
    }
    found
}

/// The numbers of a run that the ends of ranges name.
struct Sizes {
    ticks: i64,
    nodes: i64,
    edges: i64,
    modulus: i64,
}

impl Sizes {
    fn of(inputs: &Value) -> Self {
        let number = |value: &Value| value.as_i64().expect("a number");
        let edges = inputs["topology"]["edges"].as_array().expect("a list");
        Self {
            ticks: number(&inputs["run_config"]["ticks"]),
            nodes: number(&inputs["topology"]["N"]),
            edges: i64::try_from(edges.len()).expect("few edges"),
            modulus: number(&inputs["profile"]["modulus_M"]),
        }
    }

    /// The end of a range; `None` if it has none.
    fn end(&self, end: &str) -> Option<i64> {
        let (name, less) = match end.strip_suffix("−1") {
            Some(name) if !name.is_empty() => (name, 1),
            _ => (end, 0),
        };
        let number = match name {
            "" => return None,
            "T" => self.ticks,
            "N" => self.nodes,
            "E" => self.edges,
            "M" => self.modulus,
            number => number.replace('−', "-").parse().expect("a number"),
        };
        Some(number - less)
    }

    fn holds(&self, range: &str, value: i64) -> bool {
        let (least, most) = range.split_once("..").expect("two ends");
        self.end(least).is_none_or(|least| value >= least)
            && self.end(most).is_none_or(|most| value <= most)
    }
}

/// The integers of a field: `edges[].raw`, or those of a list or of an object. `*` is every member.
fn integers(value: &Value, path: &str, found: &mut Vec<i64>) {
    let (key, rest) = path.split_once('.').unwrap_or((path, ""));
    let key = key.trim_end_matches("[]");
    match value {
        Value::Array(items) => items.iter().for_each(|item| integers(item, path, found)),
        Value::Object(members) if matches!(key, "" | "*") => {
            members
                .values()
                .for_each(|member| integers(member, rest, found));
        }
        Value::Object(members) => {
            if let Some(member) = members.get(key) {
                integers(member, rest, found);
            }
        }
        value => found.extend(value.as_i64()),
    }
}

#[test]
fn the_ends_of_ranges_are_those_of_the_run() {
    let sizes = Sizes {
        ticks: 8,
        nodes: 6,
        edges: 5,
        modulus: 7,
    };
    for (range, value, holds) in [
        ("1..T", 8, true),
        ("1..T", 9, false),
        ("1..T", 0, false),
        ("1..N", 7, false),
        ("1..E", 6, false),
        ("0..M−1", 6, true),
        ("0..M−1", 7, false),
        ("0..", i64::MAX, true),
        ("0..", -1, false),
        ("..−8", -8, true),
        ("..−8", -7, false),
    ] {
        assert_eq!(sizes.holds(range, value), holds, "{value} in {range}");
    }
}

#[test]
fn the_ranges_of_records_hold_in_every_golden() {
    let ranges = ranges();
    assert!(ranges.len() > 60, "{} ranges", ranges.len());
    let mut seen = vec![0_usize; ranges.len()];
    let snapshots = std::fs::read_dir(root().join("fixtures/snapshots")).expect("goldens");
    for snapshot in snapshots {
        let directory = snapshot.expect("an entry").path();
        if !directory.is_dir() {
            continue;
        }
        let read = |name: &str| -> Option<Value> {
            let text = std::fs::read_to_string(directory.join(format!("{name}.json"))).ok()?;
            Some(serde_json::from_str(&text).expect("JSON"))
        };
        let text = std::fs::read_to_string(directory.join("snapshot.toml")).expect("a snapshot");
        let inputs = read("inputs").filter(|inputs| inputs["run_config"].is_object());
        let Some(inputs) = inputs.filter(|_| text.contains("snapshot = \"full\"")) else {
            continue;
        };
        let sizes = Sizes::of(&inputs);
        for ((record, field, range), seen) in ranges.iter().zip(&mut seen) {
            let Some(golden) = read(record) else {
                continue;
            };
            let mut values = Vec::new();
            integers(&golden, field, &mut values);
            for value in &values {
                let holds = sizes.holds(range, *value);
                let directory = directory.display();
                assert!(
                    holds,
                    "{directory}: {record} {field} is {value}, not in {range}"
                );
            }
            *seen += values.len();
        }
    }
    for ((record, field, _), seen) in ranges.iter().zip(seen) {
        // No golden has the object `run`, which names the version of the engine.
        assert!(
            seen > 0 || record == "run",
            "no golden has {record} {field}"
        );
    }
}

/// The value of a member as a cell of a table has it; a dash if it is absent.
fn cell(profile: &Value, path: &str) -> String {
    let value = path.split('.').fold(profile, |value, key| &value[key]);
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            items.join(", ")
        }
        value => value.to_string(),
    }
}

/// The members of a resolved profile that are not objects.
fn members(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members_of) => {
            for (key, member) in members_of {
                let separator = if path.is_empty() { "" } else { "." };
                members(member, &format!("{path}{separator}{key}"), found);
            }
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

#[test]
fn the_page_of_profiles_has_the_values_of_those_that_ship() {
    let scenarios = ["gf01/run.json", "grid-cmp1/run.toml", "grid-cmp2/run.toml"];
    let profiles = scenarios.map(|scenario| -> Value {
        let plan = load_run(&files(), &Path::new("scenarios").join(scenario)).expect("a scenario");
        serde_json::from_str(plan.documents().profile()).expect("JSON")
    });
    let page = std::fs::read_to_string(root().join("docs/profiles.md")).expect("the page");
    let (_, table) = page
        .split_once("| CMP-0 | CMP-1 | CMP-2 |\n")
        .expect("the table");
    let rows = table
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'));
    let mut listed = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let (field, values) = cells.split_first().expect("a row has cells");
        let field = field.trim_matches('`');
        assert_eq!(
            values,
            profiles.each_ref().map(|profile| cell(profile, field)),
            "{field}"
        );
        listed.insert(field.to_owned());
    }
    let mut all = BTreeSet::new();
    for profile in &profiles {
        members(profile, "", &mut all);
    }
    assert_eq!(listed, all);
}
