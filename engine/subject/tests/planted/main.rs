//! Makes single changes in shipped scenarios, and checks that the report names the tick, the stage
//! and the path of the first divergence, both values, and the changed input.
//!
//! The expected report is known in two ways that do not use the harness: [`reading`] scans the
//! goldens and the records of the changed run, and the tables below state the result.

// These modules belong to the engine's law tests; this target needs a part of each.
#[path = "../../../tests/compare.rs"]
#[expect(dead_code, reason = "the laws need the rest")]
mod compare;
#[path = "../../../tests/oracle/mod.rs"]
#[expect(dead_code, reason = "the laws need the rest")]
mod oracle;
#[path = "../../../tests/registry/read.rs"]
mod read;
#[path = "../../../tests/subject.rs"]
#[expect(dead_code, reason = "the laws need the rest")]
mod subject;

mod counterexample;
mod inputs;
mod reading;
mod rules;
mod shrink;
mod variants;
mod why;

use std::fs;
use std::path::{Path, PathBuf};

use aether_harness::{Layout, Subject, Suite};
use aether_harness_cli::Console;
use aether_harness_cli::commands::{DiffRequest, Format, diff};
use serde_json::Value;
use tempfile::TempDir;

use self::reading::{Artefacts, Divergence};
use crate::oracle::Json;

/// A workspace with one shipped scenario and its goldens.
struct Workspace {
    dir: TempDir,
    scenario: &'static str,
}

impl Workspace {
    fn of(scenario: &'static str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for folder in [
            "fixtures/aeon".to_owned(),
            "fixtures/pfna".to_owned(),
            "fixtures/profiles".to_owned(),
            "fixtures/states".to_owned(),
            "fixtures/topologies".to_owned(),
            format!("fixtures/snapshots/{scenario}"),
            format!("scenarios/{scenario}"),
        ] {
            let to = dir.path().join(&folder);
            fs::create_dir_all(&to).expect("a folder");
            for entry in fs::read_dir(root.join(&folder)).expect("it ships") {
                let from = entry.expect("an entry").path();
                fs::copy(&from, to.join(from.file_name().expect("a name"))).expect("a copy");
            }
        }
        Self { dir, scenario }
    }

    fn root(&self) -> &Path {
        self.dir.path()
    }

    /// The RunConfig, relative to the root.
    fn run_config(&self) -> String {
        let of = |file: &str| format!("scenarios/{}/{file}", self.scenario);
        let [toml, json] = [of("run.toml"), of("run.json")];
        if self.root().join(&toml).exists() {
            toml
        } else {
            json
        }
    }

    /// Replaces a text that occurs exactly once in a document.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.root().join(file);
        let text = fs::read_to_string(&path).expect(file);
        assert_eq!(text.matches(from).count(), 1, "{file}: {from}");
        fs::write(path, text.replace(from, to)).expect(file);
    }

    fn goldens(&self) -> Artefacts {
        let dir = self.root().join("fixtures/snapshots").join(self.scenario);
        let json = |path: PathBuf| {
            let name = path.file_stem()?.to_str()?.to_owned();
            let is_json = path.extension()? == "json";
            is_json.then(|| {
                (
                    name,
                    Json::parse(&fs::read_to_string(&path).expect("a golden")),
                )
            })
        };
        fs::read_dir(dir)
            .expect("goldens")
            .filter_map(|entry| json(entry.expect("an entry").path()))
            .collect()
    }

    /// The output of `diff --format json` for the scenario.
    fn report(&self, subject: impl Subject + 'static) -> Value {
        let layout = Layout::new(self.root()).with_target(self.root().join("target"));
        let suite = Suite::new(self.root()).layout(layout).subject(subject);
        let request = DiffRequest {
            names: vec![self.scenario.to_owned()],
            format: Format::Json,
            ..DiffRequest::default()
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console {
            out: &mut out,
            err: &mut err,
            ask: None,
        };
        diff(&suite, &request, &mut console).expect("a report");
        let mut report: Value = serde_json::from_slice(&out).expect("JSON");
        report["scenarios"][0].take()
    }
}

/// The first divergence of a report.
fn named(report: &Value) -> Option<Divergence> {
    let first = report["first_divergence"].as_object()?;
    let text = |member: &str| first[member].as_str().expect("a text").to_owned();
    let value = |member: &str| match &first[member] {
        Value::Null => None,
        value => Some(value.to_string()),
    };
    Some(Divergence {
        tick: first["tick"].as_u64(),
        stage: text("stage"),
        path: text("path"),
        before: value("before"),
        after: value("after"),
    })
}

/// A divergence as one line, in the form of the tables.
fn line(first: &Divergence) -> String {
    let tick = first
        .tick
        .map_or_else(String::new, |tick| format!("tick {tick} "));
    let shown = |value: &Option<String>| {
        let value = value.as_deref().unwrap_or("nothing");
        // Of a whole record or a hash, the beginning is enough.
        value.chars().take(24).collect::<String>()
    };
    format!(
        "{tick}{} {}: {} → {}",
        first.stage,
        first.path,
        shown(&first.before),
        shown(&first.after)
    )
}

/// Compares the report, the scan and the table; returns their differences, for people.
fn compare(report: &Value, scanned: Option<&Divergence>, expected: &str) -> Result<(), String> {
    let named = named(report).ok_or("the report finds no difference")?;
    match scanned {
        None => return Err("the scan finds no difference".to_owned()),
        Some(scanned) if *scanned != named => {
            return Err(format!("\n  report {named:?}\n  scan   {scanned:?}"));
        }
        Some(_) => {}
    }
    if line(&named) == expected {
        Ok(())
    } else {
        Err(format!(
            "\n  report   {}\n  expected {expected}",
            line(&named)
        ))
    }
}

/// Fails with every difference at once.
fn assert_all(differences: &[String]) {
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
