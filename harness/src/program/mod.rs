//! The command subject: any program, named by `scenario.toml`, whose outputs are JSON.
//!
//! The program runs in an empty directory under the target directory. In `args` and `env`,
//! `{scenario}` stands for the scenario's directory and `{root}` for the workspace's. A program that
//! fails, or whose outputs are missing or no JSON, has failed with its exit status and the end of
//! what it said; one that is asked to stop is killed, with the processes it started.

mod process;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::scenario::{CommandTable, OutputFormat, OutputTable, Scenario};
use crate::sha256::sha256_hex;
use crate::{Artefact, ArtefactSchema, Failure, KeyRule, Layout, RunRequest, Schema, Subject};

/// Files of a scenario's directory that are its inputs: documents, not programs.
const DOCUMENTS: [&str; 8] = ["csv", "json", "jsonl", "toml", "tsv", "txt", "yaml", "yml"];

/// Texts up to this size stand in `inputs` as they are, longer ones by their digest.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// Runs the program that a scenario names.
#[derive(Clone, Debug)]
pub(crate) struct CommandSubject {
    layout: Layout,
}

impl CommandSubject {
    pub(crate) fn new(layout: Layout) -> Self {
        Self { layout }
    }

    fn filled(&self, text: &str, scenario: &Path) -> String {
        text.replace("{scenario}", &scenario.to_string_lossy())
            .replace("{root}", &self.layout.root().to_string_lossy())
    }
}

fn tables(dir: &Path) -> Result<(CommandTable, Vec<OutputTable>), Failure> {
    let scenario = Scenario::load(dir).map_err(|error| Failure::invalid(error.to_string()))?;
    let command = scenario
        .command
        .ok_or_else(|| Failure::invalid(format!("{}: there is no [command]", dir.display())))?;
    Ok((command, scenario.outputs))
}

impl Subject for CommandSubject {
    fn name(&self) -> &str {
        "command"
    }

    fn version(&self) -> String {
        "-".to_owned()
    }

    fn inputs(&self, scenario: &Path) -> Result<Artefact, Failure> {
        let (command, _) = tables(scenario)?;
        let mut members: BTreeMap<String, Value> = BTreeMap::new();
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for path in documents(scenario, command.stdin.as_deref())? {
            let name = path
                .strip_prefix(scenario)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            files.insert(name.clone(), self.layout.display(&path));
            members.insert(name, document(&path)?);
        }
        files.insert(
            "command".to_owned(),
            self.layout.display(&scenario.join("scenario.toml")),
        );
        members.insert(
            "command".to_owned(),
            json!({
                "args": command.args,
                "env": command.env,
                "program": command.program,
                "stdin": command.stdin,
            }),
        );
        members.insert("files".to_owned(), json!(files));
        Artefact::from_json("inputs", json!(members).to_string().as_bytes())
            .map_err(|error| Failure::invalid(error.to_string()))
    }

    fn schema(&self, scenario: &Path) -> Result<Schema, Failure> {
        let (_, outputs) = tables(scenario)?;
        let mut schema = Schema::default();
        for output in outputs {
            if !output.stage.is_empty() && !schema.stages.contains(&output.stage) {
                schema.stages.push(output.stage.clone());
            }
            schema.artefacts.push(ArtefactSchema {
                name: output.name,
                stage: output.stage,
                tick: output.tick,
                keys: output
                    .keys
                    .into_iter()
                    .map(|(path, fields)| KeyRule {
                        path,
                        fields,
                        label: String::new(),
                    })
                    .collect(),
                ..ArtefactSchema::default()
            });
        }
        Ok(schema)
    }

    fn run(&self, scenario: &Path, request: &RunRequest) -> Result<Vec<Artefact>, Failure> {
        let (command, outputs) = tables(scenario)?;
        let scratch = process::scratch(&self.layout)?;
        let work = scratch.path().join("work");
        fs::create_dir(&work).map_err(|error| process::io_failure(&work, &error))?;
        let program = if command.program.contains(['/', '\\']) {
            scenario.join(self.filled(&command.program, scenario))
        } else {
            PathBuf::from(&command.program)
        };
        let mut started = std::process::Command::new(&program);
        started
            .args(command.args.iter().map(|arg| self.filled(arg, scenario)))
            .envs(
                command
                    .env
                    .iter()
                    .map(|(name, value)| (name, self.filled(value, scenario))),
            )
            .current_dir(&work);
        let stdin = command.stdin.map(|stdin| scenario.join(stdin));
        process::run(started, stdin.as_deref(), scratch.path(), &request.cancel)?;
        outputs
            .iter()
            .map(|output| artefact(output, scratch.path(), &work))
            .collect()
    }
}

/// The documents of a scenario, by path.
fn documents(scenario: &Path, stdin: Option<&str>) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(scenario).map_err(|error| process::invalid_io(scenario, &error))?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|error| process::invalid_io(scenario, &error))?
            .path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_document = extension.is_some_and(|extension| DOCUMENTS.contains(&extension));
        if is_document && path.is_file() && !path.ends_with("scenario.toml") {
            paths.push(path);
        }
    }
    if let Some(stdin) = stdin.map(|stdin| scenario.join(stdin)) {
        paths.push(stdin);
    }
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// A document as it stands in `inputs`: parsed where it is JSON or TOML, else as text, else as a
/// digest.
fn document(path: &Path) -> Result<Value, Failure> {
    let bytes = fs::read(path).map_err(|error| process::invalid_io(path, &error))?;
    let digest = json!({ "sha256": sha256_hex(&bytes) });
    let Ok(text) = String::from_utf8(bytes) else {
        return Ok(digest);
    };
    let parsed = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => serde_json::from_str::<Value>(&text).ok(),
        Some("toml") => toml::from_str::<toml::Value>(&text)
            .ok()
            .and_then(|value| serde_json::to_value(value).ok()),
        _ => None,
    };
    Ok(match parsed {
        Some(value) => value,
        None if text.len() <= TEXT_BYTES_MAX => Value::String(text),
        None => digest,
    })
}

/// One declared output.
fn artefact(output: &OutputTable, scratch: &Path, work: &Path) -> Result<Artefact, Failure> {
    let path = if output.from == "stdout" {
        scratch.join("stdout")
    } else {
        work.join(&output.from)
    };
    let bytes = fs::read(&path).map_err(|error| {
        Failure::engine(format!(
            "the output {} ({}) cannot be read: {error}",
            output.name, output.from
        ))
    })?;
    match output.format {
        OutputFormat::Json => Artefact::from_json(output.name.as_str(), &bytes),
        OutputFormat::Jsonl => Artefact::from_json_lines(output.name.as_str(), &bytes),
    }
    .map_err(|error| Failure::engine(format!("the output {} is no JSON: {error}", output.name)))
}
