//! `aether list`: lists the scenarios, which are the directories of the registry.

use std::fmt::Write as _;
use std::fs;

use aether_harness::Scenario;
use aether_json::{Value, json};
use aether_subject::AetherSettings;

use crate::CommandResult;
use crate::args::ListCommand;
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::registry;

pub(crate) fn list(command: &ListCommand, output: &Output) -> CommandResult {
    let dir = registry::scenarios_dir(&command.scenarios)?;
    let cannot_read = |error| Failure::Io(format!("{} cannot be read", dir.display()), error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(&dir).map_err(cannot_read)? {
        let entry = entry.map_err(cannot_read)?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && entry.path().is_dir() {
            paths.push(entry.path());
        }
    }
    paths.sort();
    let loaded: Vec<_> = paths
        .iter()
        .map(|path| registry::load_scenario(path))
        .collect();
    let scenarios: Vec<_> = loaded
        .iter()
        .filter_map(|scenario| scenario.as_ref().ok())
        .collect();
    output.result(
        || table(&scenarios),
        || {
            let rows = scenarios.iter().map(|scenario| row(scenario));
            rows.collect::<Value>()
        },
    )?;

    let mut status = Status::Done;
    for error in loaded.iter().filter_map(|scenario| scenario.as_ref().err()) {
        output.note(&format!("{error}"));
        status = Status::BadInput;
    }
    Ok(status)
}

fn row(scenario: &Scenario) -> Value {
    let settings = AetherSettings::of(scenario.settings());
    let pillars = settings
        .expect("a scenario that loads has valid settings")
        .pillars;
    json!({
        "name": scenario.name().to_string(),
        "description": scenario.description,
        "pillars": pillars,
        "runtime": scenario.runtime.name(),
        "tags": scenario.tags,
    })
}

fn table(scenarios: &[&Scenario]) -> String {
    let widest = |column: &dyn Fn(&Scenario) -> usize| {
        scenarios
            .iter()
            .map(|scenario| column(scenario))
            .max()
            .unwrap_or(0)
    };
    let names = widest(&|scenario| scenario.name().to_string().len());
    let runtimes = widest(&|scenario| scenario.runtime.name().len());
    let mut text = String::new();
    for scenario in scenarios {
        let (name, runtime) = (scenario.name().to_string(), scenario.runtime.name());
        let _ = writeln!(
            text,
            "{name:names$}  {runtime:runtimes$}  {}",
            scenario.description
        );
    }
    text
}
