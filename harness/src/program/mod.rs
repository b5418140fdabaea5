//! The command subject: any program, named by `scenario.toml`, whose outputs are JSON.
//!
//! The program runs in an empty directory under the target directory, a new one for each run. In
//! `program`, `args`, `stdin` and `env`, `{scenario}` stands for the scenario's directory and
//! `{root}` for the workspace's. A program that fails, or whose outputs are missing, endless or no
//! JSON, has failed with its exit status and the end of what it said; one that is asked to stop is
//! killed. The processes that it started end with it in any case.
//!
//! [`inputs`] finds the documents that a run rests on, [`process`] runs the program, in a [`group`]
//! that ends as one, [`output`] reads what it left, and [`start`] says why one could not be started.

mod changed;
mod group;
mod inputs;
mod output;
mod process;
mod start;
mod template;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use inputs::of_scenario as documents_of_scenario;
pub(crate) use template::template;

use crate::scenario::{CommandTable, OutputTable, Scenario};
use crate::{Artefact, ArtefactSchema, Failure, KeyRule, Layout, RunRequest, Schema, Subject};

/// Runs the program that a scenario names.
#[derive(Clone, Debug)]
pub(crate) struct CommandSubject {
    layout: Layout,
}

impl CommandSubject {
    pub(crate) fn new(layout: Layout) -> Self {
        Self { layout }
    }
}

/// The places that `{scenario}` and `{root}` stand for.
#[derive(Clone, Copy, Debug)]
struct Places<'a> {
    scenario: &'a Path,
    layout: &'a Layout,
}

impl Places<'_> {
    fn filled(self, text: &str) -> String {
        text.replace("{scenario}", &self.scenario.to_string_lossy())
            .replace("{root}", &self.layout.root().to_string_lossy())
    }

    /// A file that the scenario names, relative to its directory.
    fn file(self, text: &str) -> PathBuf {
        self.scenario.join(self.filled(text))
    }

    /// A text with the directories of this machine taken out of it again.
    fn emptied(self, text: &str, work: &Path) -> String {
        text.replace(&*work.to_string_lossy(), "{work}")
            .replace(&*self.scenario.to_string_lossy(), "{scenario}")
            .replace(&*self.layout.root().to_string_lossy(), "{root}")
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

    fn inputs(&self, scenario: &Path) -> Result<Artefact, Failure> {
        let (command, _) = tables(scenario)?;
        let layout = &self.layout;
        inputs::of_command(Places { scenario, layout }, &command)
    }

    fn schema(&self, scenario: &Path) -> Result<Schema, Failure> {
        let (_, outputs) = tables(scenario)?;
        let mut schema = Schema::default();
        for output in outputs {
            if !output.stage.is_empty() && !schema.stages.contains(&output.stage) {
                schema.stages.push(output.stage.clone());
            }
            schema.artefacts.push(ArtefactSchema {
                name: output.name.into_inner(),
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
        self.run_on(scenario, scenario, request)
    }

    fn run_from_inputs(
        &self,
        scenario: &Path,
        inputs: &Artefact,
        request: &RunRequest,
    ) -> Option<Result<Vec<Artefact>, Failure>> {
        let copied = changed::copy(&self.layout, scenario, inputs);
        Some(copied.and_then(|copy| self.run_on(scenario, &copy.scenario, request)))
    }
}

impl CommandSubject {
    /// Runs the program of `scenario` on the documents in `documents`.
    fn run_on(
        &self,
        scenario: &Path,
        documents: &Path,
        request: &RunRequest,
    ) -> Result<Vec<Artefact>, Failure> {
        let (command, outputs) = tables(scenario)?;
        let layout = &self.layout;
        let (own, places) = (
            Places { scenario, layout },
            Places {
                scenario: documents,
                layout,
            },
        );
        let scratch = process::scratch(layout)?;
        let work = scratch.path().join("work");
        fs::create_dir(&work).map_err(|error| process::io_failure(&work, &error))?;
        let program = start::resolved(&command, own);
        let mut started = std::process::Command::new(&program);
        started
            .args(command.args.iter().map(|arg| places.filled(arg)))
            .envs(
                command
                    .env
                    .iter()
                    .map(|(name, value)| (name, places.filled(value))),
            )
            .current_dir(&work);
        let stdin = command.stdin.as_ref().map(|stdin| places.file(stdin));
        let run = process::Run {
            scratch: scratch.path(),
            stdin: stdin.as_deref(),
            written: &output::files(&outputs, scratch.path(), &work),
            cancel: &request.cancel,
        };
        let ended = run.to_end(started).map_err(|end| match end {
            process::End::NotStarted(error) => start::failure(&command, own, &program, &error),
            process::End::Failure(failure) => failure,
        })?;
        ended.refuse_failure(places, &work)?;
        outputs
            .iter()
            .map(|output| {
                output::artefact(output, scratch.path(), &work)
                    .map_err(|problem| ended.but(&problem, places, &work))
            })
            .collect()
    }
}
