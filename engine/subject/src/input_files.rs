//! Writes resolved inputs as the files of a scenario.

use std::path::PathBuf;

use aether_harness::{Artefact, Failure, InputFiles};
use aether_json::{Parser, Value, layout};

/// The RunConfig, and each document that it names: its member of the resolved inputs, the setting of the RunConfig
/// that names it, and its file.
const RUN_CONFIG: (&str, &str) = ("run_config", "run.json");
const DOCUMENTS: [(&str, &str, &str); 4] = [
    ("topology", "topology_path", "topology.json"),
    ("profile", "profile_path", "profile.json"),
    ("pfna", "pfna_path", "pfna.json"),
    ("aeon", "aeon_path", "aeon.json"),
];

/// The files of a scenario with these inputs. They resolve to the same inputs, but for the paths of the files.
///
/// # Errors
/// The inputs are not resolved inputs.
pub(super) fn files(inputs: &Artefact) -> Result<InputFiles, Failure> {
    let inputs = inputs
        .to_value()
        .map_err(|error| Failure::invalid(error.to_string()))?;
    let (member, file) = RUN_CONFIG;
    let mut run_config = inputs.get(member).cloned().ok_or_else(|| lacking(member))?;
    let mut files = Vec::new();
    for (member, setting, file) in DOCUMENTS {
        match inputs.get(member).filter(|document| !document.is_null()) {
            Some(document) => {
                files.push((PathBuf::from(file), text(document)));
                set(&mut run_config, setting, file)?;
            }
            None if matches!(member, "pfna" | "aeon") => {}
            None => return Err(lacking(member)),
        }
    }
    files.push((PathBuf::from(file), text(&run_config)));
    Ok(files)
}

fn lacking(member: &str) -> Failure {
    Failure::invalid(format!("the inputs have no `{member}`"))
}

fn set(run_config: &mut Value, setting: &str, file: &str) -> Result<(), Failure> {
    let Value::Object(members) = run_config else {
        return Err(Failure::invalid("the RunConfig is not an object"));
    };
    members.insert(setting.to_owned(), file.into());
    Ok(())
}

/// A document as people read it, with a line for each record.
fn text(document: &Value) -> Vec<u8> {
    let written = document.to_string();
    let tree = Parser::document(&written).expect("what aether-json writes is JSON");
    let mut text = Vec::new();
    layout::write_document(&tree, &mut text);
    text
}
