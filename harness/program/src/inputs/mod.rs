//! Finds what a run depends on: inputs, which a person changes on purpose, and code, which is tested.
//!
//! | module | what it does |
//! | --- | --- |
//! | `files` | walks directories, follows links |
//! | `globs` | matches paths with the globs of the settings |
//! | `ignored` | knows what git ignores and what is litter |
//! | `named` | finds the files that a command line names |
//! | `roles` | gives each file its role, by the first rule that applies |
//! | `stored` | reads a file as the goldens hold it |
//! | `watch` | notices what changes while a program runs |
//! | `format_1` | collects inputs as goldens of format 1 have them |

mod files;
mod format_1;
mod globs;
mod ignored;
mod named;
mod roles;
pub(crate) mod stored;
mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;

use aether_harness::documents::Documents;
use aether_harness::scenario::SCENARIO_FILE;
use aether_harness::{Artefact, Failure, FileRole, Json, Numbered, Scenario, ScenarioFile};
use aether_json::json;

pub(crate) use files::candidates;
pub(crate) use watch::Watch;

use crate::Places;
use crate::settings::{CommandSettings, CommandTable};

/// Members of the inputs that are not files.
pub(crate) const OTHERS: [&str; 2] = ["command", "files"];

/// What a program depends on.
pub(crate) struct Inputs {
    /// As the goldens hold it.
    pub(crate) artefact: Artefact,
    /// Every file with its role.
    pub(crate) files: Vec<ScenarioFile>,
    /// The documents whose elements are rows or lines, by member.
    pub(crate) numbered: BTreeMap<String, Numbered>,
    /// Where each file that is code is.
    pub(crate) code: BTreeMap<String, PathBuf>,
    /// What a run may not change; `None` under the rules of format 1, which did not forbid it.
    pub(crate) watch: Option<Watch>,
}

/// The inputs of a program: files, and its command line as written.
///
/// # Errors
/// A file cannot be read, or a setting matches nothing.
pub(crate) fn of_command(
    scenario: &Scenario,
    format: u32,
    places: &Places,
    settings: &CommandSettings,
    command: &CommandTable,
) -> Result<Inputs, Failure> {
    let mut documents = Documents::default();
    let (mut files, mut code, mut watch) = (Vec::new(), BTreeMap::new(), None);
    let mut numbered = BTreeMap::new();
    if format == 1 {
        documents = format_1::documents(scenario, places, command)?;
        files = format_1::listed(&documents);
    } else {
        let mut names = BTreeMap::new();
        let found = roles::of(scenario, places, settings, command)?;
        watch = Some(Watch::of(scenario, places, settings, &found)?);
        for file in found {
            if let Some((name, value)) = &file.input {
                let name = unique(name, &names);
                names.insert(name.clone(), ());
                numbered.extend(stored::numbered(&file.listed).map(|how| (name.clone(), how)));
                documents.add(&name, file.listed.path.clone(), &Json::from(value));
            }
            if file.listed.role == FileRole::Code {
                code.insert(file.listed.path.clone(), file.file.path);
            }
            files.push(file.listed);
        }
    }
    let written = json!({
        "args": command.args,
        "env": command.env,
        "program": command.program.get_ref(),
        "stdin": command.stdin,
    });
    let written = Json::from(&written);
    let file = scenario.display(&scenario.dir().join(SCENARIO_FILE));
    documents.add("command", file, &written);
    Ok(Inputs {
        artefact: documents.artefact()?,
        files,
        numbered,
        code,
        watch,
    })
}

/// A name that no other member has.
fn unique(name: &str, names: &BTreeMap<String, ()>) -> String {
    let mut name = name.to_owned();
    while names.contains_key(&name) || OTHERS.contains(&name.as_str()) {
        name.insert_str(0, "./");
    }
    name
}
