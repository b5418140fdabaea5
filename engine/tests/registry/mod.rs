//! Compares the engine with the oracle on every scenario of the registry.
//!
//! The oracle reads the documents itself, so that a field that the loader ignores is noticed too.

pub(crate) mod read;

use std::path::{Path, PathBuf};

use aether_engine::config::FileSystem;

use crate::compare::{equals_oracle, same_as_oracle};
use crate::oracle::{Case, Primary};
use crate::subject;

/// Most node and edge values that the oracle computes in one run, since it is slow.
const WORK_MAX: u64 = 200_000;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names of all scenarios.
pub(crate) fn registry() -> Vec<String> {
    let scenarios = root().join("scenarios");
    let entries = std::fs::read_dir(scenarios).expect("the registry is there");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("scenario.toml").is_file())
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

#[test]
fn every_scenario_equals_the_oracle() {
    let scenarios = registry();
    assert!(!scenarios.is_empty(), "the registry is empty");
    let differences: Vec<_> = scenarios
        .iter()
        .filter_map(|name| equals(name).err())
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Compares the runs of one scenario; of a long one, only the first ticks.
fn equals(name: &str) -> Result<(), String> {
    let of = |file: &str| format!("scenarios/{name}/{file}");
    let files = [of("run.toml"), of("run.json")];
    let Some(run) = files.iter().find(|file| root().join(file).is_file()) else {
        // Scenarios of other programs have no RunConfig.
        return Ok(());
    };
    let case = read::case(&root().join(run));
    let size = u64::try_from(case.topology.nodes + case.topology.edges.len()).expect("small");
    let compared = if size * case.run.ticks > WORK_MAX {
        equals_oracle(&cut(case, WORK_MAX / size))
    } else {
        subject::export_from(&FileSystem::new(root()), run)
            .and_then(|export| same_as_oracle(&case, &export))
    };
    compared.map_err(|difference| format!("{name}: {difference}"))
}

/// The first ticks of a case that is too long, with windows that tile them.
fn cut(mut case: Case, ticks: u64) -> Case {
    case.run.ticks = ticks.min(20);
    case.run.windows.clear();
    case.run.primary = Primary::Every(8);
    // A grammar is about the ticks of the whole run.
    case.aeon = None;
    if let Some(entries) = &mut case.pfna {
        entries.retain(|entry| entry.tick <= case.run.ticks);
    }
    case
}
