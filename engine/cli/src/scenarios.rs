//! The scenarios of a registry, and the selection of some by name, tag, pillar and runtime.
//!
//! [`Registry`] holds what can be loaded and why the rest cannot; [`Selection`] is what a command line asks for.
//! Nothing here runs a scenario.

use std::path::Path;

use aether_engine::config::{FileSystem, RunPlan, load_run};
use aether_harness::{MachineFailure as _, Scenario, ScenarioError};
use aether_subject::AetherSettings;
use globset::{GlobBuilder, GlobMatcher};

use crate::args::{ScenarioFilter, ScenariosDir};
use crate::exit::{Failure, Status};
use crate::registry;

/// The scenarios of a directory, in order of name.
pub(crate) struct Registry {
    pub(crate) scenarios: Vec<Scenario>,
    /// Directories that are not valid scenarios: the name and why.
    pub(crate) broken: Vec<(String, ScenarioError)>,
}

impl Registry {
    pub(crate) fn load(dir: &Path) -> Result<Self, Failure> {
        let cannot_read = |error| Failure::unreadable(dir, error);
        let mut paths = Vec::new();
        for entry in aether_disk::read_dir(dir).map_err(cannot_read)? {
            let entry = entry.map_err(cannot_read)?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if !hidden && entry.path().is_dir() {
                paths.push(entry.path());
            }
        }
        paths.sort();
        let (mut scenarios, mut broken) = (Vec::new(), Vec::new());
        for path in paths {
            match registry::load_scenario(&path) {
                Ok(scenario) => scenarios.push(scenario),
                Err(error) => {
                    let name = path.file_name().unwrap_or_default();
                    broken.push((name.to_string_lossy().into_owned(), error));
                }
            }
        }
        Ok(Self { scenarios, broken })
    }
}

/// The parts of the engine that a scenario covers.
pub(crate) fn pillars(scenario: &Scenario) -> Vec<String> {
    AetherSettings::of(scenario.settings())
        .expect("a scenario that loads has valid settings")
        .pillars
}

/// The plan of a scenario, for its number of ticks, nodes and edges.
pub(crate) fn plan(scenario: &Scenario, given: &ScenariosDir) -> Result<RunPlan, Failure> {
    let path = registry::in_scenario(scenario.dir())?;
    let path = path.canonicalize().unwrap_or(path);
    let files = FileSystem::new(registry::base_dir(given)?);
    load_run(&files, &path).map_err(Failure::Documents)
}

/// Whether a name has characters that match several names.
pub(crate) fn is_glob(name: &str) -> bool {
    name.contains(['*', '?', '[', '{'])
}

/// What a command line selects.
pub(crate) struct Selection<'a> {
    /// The names as they were typed, each with its matcher; without any, every name is selected.
    names: Vec<(&'a str, GlobMatcher)>,
    filter: &'a ScenarioFilter,
}

impl<'a> Selection<'a> {
    pub(crate) fn new(names: &'a [String], filter: &'a ScenarioFilter) -> Result<Self, Failure> {
        let matcher = |name: &'a String| {
            let glob = GlobBuilder::new(name)
                .build()
                .map_err(|error| Failure::Input(format!("`{name}`: {}", error.kind())))?;
            Ok((name.as_str(), glob.compile_matcher()))
        };
        let names = names.iter().map(matcher).collect::<Result<_, Failure>>()?;
        Ok(Self { names, filter })
    }

    fn names(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|(_, glob)| glob.is_match(name))
    }

    /// The problems of directories that may be meant, each with the status that a command ends with for it: one
    /// that cannot be read has no tags to select it by.
    pub(crate) fn problems(&self, registry: &Registry) -> Vec<(Status, String)> {
        let broken = registry.broken.iter();
        let meant = broken.filter(|(name, _)| self.names(name));
        let problems = meant.map(|(_, error)| {
            let status = match error.is_of_machine() {
                true => Status::Internal,
                false => Status::BadInput,
            };
            (status, error.to_string())
        });
        problems.collect()
    }

    /// Whether a scenario is selected.
    pub(crate) fn has(&self, scenario: &Scenario) -> bool {
        let meets = |wanted: &[String], found: &[String]| {
            wanted.is_empty() || wanted.iter().any(|wanted| found.contains(wanted))
        };
        let runtime = [scenario.runtime.name().to_owned()];
        self.names(scenario.name().as_str())
            && meets(&self.filter.tags, &scenario.tags)
            && meets(&self.filter.pillars, &pillars(scenario))
            && meets(&self.filter.runtimes, &runtime)
    }

    /// Refuses names, tags and pillars that no scenario has: a mistyped one would select nothing without a word.
    pub(crate) fn refuse_unknown(&self, registry: &Registry) -> Result<(), Failure> {
        let scenarios = &registry.scenarios;
        let names: Vec<String> = scenarios
            .iter()
            .map(|scenario| scenario.name().to_string())
            .collect();
        for (name, glob) in &self.names {
            let broken = registry.broken.iter().map(|(name, _)| name);
            if !names.iter().chain(broken).any(|known| glob.is_match(known)) {
                return Err(unknown("scenario", name, &names));
            }
        }
        let tags = all(scenarios.iter().flat_map(|scenario| scenario.tags.clone()));
        refuse("tag", &self.filter.tags, &tags)?;
        let pillars = all(scenarios.iter().flat_map(pillars));
        refuse("pillar", &self.filter.pillars, &pillars)
    }
}

/// Words in order, each once.
fn all(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut words: Vec<String> = words.collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn refuse(what: &str, wanted: &[String], known: &[String]) -> Result<(), Failure> {
    match wanted.iter().find(|wanted| !known.contains(wanted)) {
        Some(wanted) => Err(unknown(what, wanted, known)),
        None => Ok(()),
    }
}

fn unknown(what: &str, wanted: &str, known: &[String]) -> Failure {
    let near = aether_json::nearest(wanted, known.iter().map(String::as_str));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if what == "scenario" => "`aether list` lists the scenarios".to_owned(),
        None if known.is_empty() => format!("no scenario has a {what}"),
        None => format!("the {what}s are {}", known.join(", ")),
    };
    Failure::Input(format!("there is no {what} `{wanted}`; {hint}"))
}
