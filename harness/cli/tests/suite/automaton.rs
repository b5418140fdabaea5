//! A subject: an elementary cellular automaton on a ring, with faults to order.

use std::fs::OpenOptions;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use aether_harness::{
    Artefact, ArtefactSchema, Failure, InputFiles, KeyRule, Mode, Prepared, RunRequest, Scenario,
    Schema, Subject,
};
use serde::Deserialize;
use serde_json::json;

/// The variable with which its scenarios write their inputs as files.
pub(crate) const WRITES: &str = "AUTOMATON_WRITES";

/// The variable that makes the automaton wrong from that tick on, as a change of its code would.
pub(crate) const DEFECT: &str = "AUTOMATON_DEFECT";

/// The variable that makes every run of the automaton need a process of its own.
pub(crate) const ISOLATED: &str = "AUTOMATON_ISOLATED";

/// The variable that names a file to which every process adds a line with its id whenever it opens a
/// scenario.
pub(crate) const OPENED: &str = "AUTOMATON_OPENED";

/// The variable that names a file to which every run adds a line with its mode.
pub(crate) const RAN: &str = "AUTOMATON_RAN";

/// The variable that names a file to which every process adds a line with its id and a `+` when it opens a
/// scenario, and a `-` when it no longer keeps what it read.
pub(crate) const KEPT: &str = "AUTOMATON_KEPT";

/// The mode that the fault `threads` shows in.
const THREADS: &str = "threads";

pub(crate) struct Automaton;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    rule: u8,
    #[serde(default)]
    cells: Vec<u8>,
    /// A document beside others, in place of `cells`: from the workspace's root.
    #[serde(default)]
    start: Option<String>,
    ticks: u64,
    #[serde(default)]
    fault: String,
}

impl Document {
    fn read(scenario: &Path) -> Result<Self, Failure> {
        let path = scenario.join("run.toml");
        let text = aether_disk::read_to_string(&path)
            .map_err(|error| Failure::unreadable(&path, &error))?;
        let mut document: Self = toml::from_str(&text)
            .map_err(|error| Failure::invalid(format!("{}: {error}", path.display())))?;
        if let Some(start) = &document.start {
            let path = scenario.join("../..").join(start);
            let text = aether_disk::read_to_string(&path)
                .map_err(|error| Failure::unreadable(&path, &error))?;
            let start: Start = toml::from_str(&text)
                .map_err(|error| Failure::invalid(format!("{}: {error}", path.display())))?;
            document.cells = start.cells;
        }
        Ok(document)
    }
}

#[derive(Deserialize)]
struct Start {
    cells: Vec<u8>,
}

impl Subject for Automaton {
    fn name(&self) -> &str {
        "automaton"
    }

    fn version(&self) -> String {
        std::env::var("AUTOMATON_VERSION").unwrap_or_else(|_| "1.0.0".to_owned())
    }

    fn open(&self, scenario: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        note_opening();
        let document = Document::read(scenario.dir())?;
        let inputs = document.inputs(scenario.name().as_str())?;
        Ok(Box::new(Ring { document, inputs }))
    }

    fn modes(&self) -> Vec<Mode> {
        vec![
            Mode::new(THREADS, "the run with 4 threads"),
            Mode::new("replay", "the replay of a stored run"),
        ]
    }

    fn progress_unit(&self) -> &str {
        "tick"
    }

    fn isolated(&self) -> bool {
        std::env::var_os(ISOLATED).is_some()
    }

    fn template(&self, name: &str) -> Vec<(std::path::PathBuf, String)> {
        vec![
            (
                "scenario.toml".into(),
                format!("description = \"{name}\"\nruntime = \"instant\"\n"),
            ),
            (
                "run.toml".into(),
                "rule = 30\ncells = [0, 0, 1, 0, 0]\nticks = 4\n".to_owned(),
            ),
        ]
    }
}

fn note_opening() {
    note(OPENED, &std::process::id().to_string());
    note(KEPT, &format!("{} +", std::process::id()));
}

/// Adds a line to the file that a variable names, if it does.
fn note(variable: &str, line: &str) {
    if let Some(path) = std::env::var_os(variable) {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .unwrap();
        // In one write: runs note at the same time.
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

/// A scenario of the automaton as it was read.
struct Ring {
    document: Document,
    inputs: Artefact,
}

impl Drop for Ring {
    fn drop(&mut self) {
        note(KEPT, &format!("{} -", std::process::id()));
    }
}

impl Prepared for Ring {
    fn inputs(&self) -> &Artefact {
        &self.inputs
    }

    fn schema(&self) -> Schema {
        Schema {
            stages: vec!["grow".to_owned(), "count".to_owned()],
            artefacts: vec![
                ArtefactSchema {
                    name: "generations".to_owned(),
                    stage: "grow".to_owned(),
                    tick: Some("tick".to_owned()),
                    keys: vec![
                        KeyRule {
                            path: String::new(),
                            fields: vec!["tick".to_owned()],
                            label: "generation".to_owned(),
                        },
                        KeyRule {
                            // A cell is what it is by its position.
                            path: "cells".to_owned(),
                            ..KeyRule::default()
                        },
                    ],
                    ..ArtefactSchema::default()
                },
                ArtefactSchema {
                    name: "totals".to_owned(),
                    stage: "count".to_owned(),
                    ..ArtefactSchema::default()
                },
            ],
            spans: Vec::new(),
        }
    }

    fn run(&self, request: &RunRequest) -> Result<Vec<Artefact>, Failure> {
        self.document.run(request)
    }

    fn with_inputs(&self, inputs: &Artefact) -> Result<Option<Box<dyn Prepared>>, Failure> {
        let read: aether_json::Value = aether_json::from_slice(inputs.text()).unwrap();
        let mut value = read["automaton"].clone();
        value["fault"] = self.document.fault.clone().into();
        let document = aether_json::from_value::<Document>(&value)
            .map_err(|error| Failure::invalid(error.to_string()))?;
        let inputs = inputs.clone();
        Ok(Some(Box::new(Self { document, inputs })))
    }

    fn input_files(&self, inputs: &Artefact) -> Result<Option<InputFiles>, Failure> {
        if std::env::var_os(WRITES).is_none() {
            return Ok(None);
        }
        let read: aether_json::Value = aether_json::from_slice(inputs.text()).unwrap();
        let document = read
            .get("automaton")
            .and_then(|document| document.as_object());
        let document = document.ok_or_else(|| Failure::invalid("there is no automaton"))?;
        let mut text = format!("fault = \"{}\"\n", self.document.fault);
        for (name, value) in document {
            text.push_str(&format!("{name} = {value}\n"));
        }
        Ok(Some(vec![("run.toml".into(), text.into_bytes())]))
    }
}

impl Document {
    fn inputs(&self, scenario: &str) -> Result<Artefact, Failure> {
        let file = format!("scenarios/{scenario}/run.toml");
        let inputs = match &self.start {
            None => json!({
                "automaton": { "cells": self.cells, "rule": self.rule, "ticks": self.ticks },
                "files": { "automaton": file },
            }),
            Some(start) => json!({
                "automaton": { "rule": self.rule, "ticks": self.ticks },
                "files": { "automaton": file, "start": start },
                "start": { "cells": self.cells },
            }),
        };
        Artefact::from_json("inputs", inputs.to_string().as_bytes())
            .map_err(|error| Failure::program(error.to_string()))
    }

    fn run(&self, request: &RunRequest) -> Result<Vec<Artefact>, Failure> {
        note(RAN, request.mode.as_deref().unwrap_or("direct"));
        let document = self;
        let mut cells = document.cells.clone();
        if document.fault == "numb" {
            return Ok(Vec::new());
        }
        let mut live = 0;
        let mut records = Vec::new();
        for tick in 1..=document.ticks {
            if request.progress.is_stopped() {
                return Err(Failure::cancelled(""));
            }
            trouble(&document.fault, tick, request)?;
            if document.fault == "last" && tick == document.ticks {
                return Err(withered(tick));
            }
            cells = step(document.rule, &cells);
            if defect().is_some_and(|from| tick >= from) {
                cells[0] ^= 1;
            }
            let noise = noise(&document.fault, request);
            let count = cells.iter().filter(|cell| **cell == 1).count();
            live += count;
            records.push(format!(
                "{{\"cells\":{},\"live\":{count},\"noise\":{noise},\"tick\":{tick}}}",
                serde_json::Value::from(cells.clone())
            ));
            request.progress.reached(tick);
        }
        let totals = json!({ "live": live, "ticks": document.ticks }).to_string();
        let totals = Artefact::from_json("totals", totals.as_bytes())
            .map_err(|error| Failure::program(error.to_string()))?;
        let generations = Artefact::from_canonical_records("generations", records);
        if document.fault == "shuffle" {
            let totals = Artefact::from_canonical_records("totals", shuffled(live));
            return Ok(vec![generations, totals]);
        }
        Ok(vec![generations, totals])
    }
}

fn step(rule: u8, cells: &[u8]) -> Vec<u8> {
    let count = cells.len();
    (0..count)
        .map(|at| {
            let (left, right) = (cells[(at + count - 1) % count], cells[(at + 1) % count]);
            let index = left * 4 + cells[at] * 2 + right;
            (rule >> index) & 1
        })
        .collect()
}

fn defect() -> Option<u64> {
    std::env::var(DEFECT).ok()?.parse().ok()
}

/// What keeps a run from its end.
fn trouble(fault: &str, tick: u64, request: &RunRequest) -> Result<(), Failure> {
    match fault {
        "abort" if tick == 3 => std::process::abort(),
        "panic" if tick == 3 => panic!("cell out of its mind"),
        "error" if tick == 3 => Err(withered(tick)),
        "slow" => {
            while tick == 3 && !request.progress.is_stopped() {
                thread::sleep(Duration::from_millis(5));
            }
            Ok(())
        }
        "deaf" if tick == 3 => loop {
            thread::sleep(Duration::from_secs(1));
        },
        _ => Ok(()),
    }
}

fn withered(tick: u64) -> Failure {
    let error = json!({ "code": "Withered", "tick": tick }).to_string();
    match Artefact::from_json("error", error.as_bytes()) {
        Ok(error) => Failure::program(format!("withered at tick {tick}")).with_error(error),
        Err(error) => Failure::program(error.to_string()),
    }
}

/// What a run lets into its records that does not belong there.
fn noise(fault: &str, request: &RunRequest) -> u64 {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let variable = |name: &str| {
        let value = std::env::var(name).unwrap_or_default();
        value.bytes().map(u64::from).sum()
    };
    match fault {
        "clock" => SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |time| u64::try_from(time.as_micros()).unwrap_or(0)),
        "memory" => RUNS.fetch_add(1, Ordering::Relaxed),
        "threads" => u64::from(request.mode.as_deref() == Some(THREADS)),
        "zone" => variable("TZ"),
        "user" => variable("USER"),
        "language" => variable("LC_ALL"),
        "directory" => std::env::current_dir().map_or(0, |dir| dir.as_os_str().len() as u64),
        "dice" => RandomState::new().build_hasher().finish(),
        "crash" if variable("TZ") > 0 => std::process::abort(),
        _ => 0,
    }
}

/// The totals with their members as a hash map has them.
fn shuffled(live: usize) -> Vec<String> {
    #[expect(clippy::disallowed_types, reason = "the fault under test")]
    let totals: std::collections::HashMap<usize, String> = (0..40)
        .map(|cell| (cell, format!("{{\"cell\":{cell},\"live\":{live}}}")))
        .collect();
    totals.into_values().collect()
}
