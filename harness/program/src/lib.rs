//! The command subject: any program, named by `scenario.toml`, and what it prints and writes.
//!
//! The program runs in an empty directory below the target directory, a new one for each run. In
//! `program`, `args`, `stdin` and `env`, `{scenario}` is the scenario's directory and `{root}` the
//! workspace's. A program that fails, or whose outputs are missing, endless or not in their format, has failed with
//! its exit status and the end of its error stream; one that is asked to stop is killed. The processes
//! that it started end with it in any case.
//!
//! | module | what it does |
//! | --- | --- |
//! | `settings` | reads and checks `[command]` and `[[outputs]]` |
//! | `inputs` | finds the files that a run depends on |
//! | `changed` | writes the documents of a scenario with changed values |
//! | `written` | writes a changed document in its format |
//! | `file_inputs` | any files as inputs, and the files of changed inputs |
//! | `process` | runs the program |
//! | `locale` | takes warnings about a missing locale out of its error stream |
//! | `version` | asks it for its version |
//! | `output` | finds what it left |
//! | `read` | reads each file as its `format` says |
//! | `declared` | finds declared paths that match nothing |
//! | `depends` | says what the values of outputs are computed from |
//! | `compared` | reads any documents as outputs, to compare them |
//! | `machine` | takes the directories of this machine out of it |
//! | `declare` | writes declarations of what differs from run to run |
//! | `form` | knows what volatile values look like |
//! | `steps` | reads dotted paths |
//! | `start` | says why one could not be started |

// They panic where a standard stream is full or closed, and the exit status would be lost.
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod changed;
mod compared;
mod declare;
mod declared;
mod depends;
mod file_inputs;
mod form;
mod format;
mod inputs;
mod locale;
mod machine;
mod output;
mod process;
mod read;
mod settings;
mod start;
mod steps;
mod template;
mod version;
mod written;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aether_disk as fs;
use aether_harness::snapshot::sha256_hex;
use aether_harness::varying::Varying;
use aether_harness::{
    Allowed, Artefact, ArtefactSchema, AskVersion, Failure, FailureKind, INPUTS, InputFiles,
    KeyRule, KeyTable, Layout, MachineFailure as _, Place, Prepared, RunRequest, Scenario,
    ScenarioFile, ScenarioProblem, Schema, Settings, Subject,
};
use aether_json::json;
use toml::Spanned;

use crate::depends::{DependsTable, Rules};
use crate::inputs::Inputs;
use crate::machine::MachinePaths;
use crate::output::Outputs;

use crate::settings::{CommandSettings, CommandTable, OutputFormat, OutputTable, ToleranceTable};

pub use crate::compared::DeclaredOutputs;
pub use crate::file_inputs::FileInputs;
pub use crate::process::OUTPUT_BYTES_MAX;

/// A YAML document as JSON, by the core schema of YAML 1.2, as outputs in YAML are read; several documents are an
/// array.
///
/// # Errors
/// What is wrong, with line and column.
pub fn yaml(text: &str) -> Result<aether_json::Value, String> {
    format::yaml::read(text)
}

/// Runs the program that a scenario names in its `[command]`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommandSubject;

impl Subject for CommandSubject {
    fn name(&self) -> &str {
        "command"
    }

    fn keys(&self) -> &'static [KeyTable] {
        &settings::KEYS
    }

    fn runs(&self, settings: &Settings) -> bool {
        settings.has("command")
    }

    fn check(&self, settings: &Settings) -> Vec<ScenarioProblem> {
        settings::check(settings)
    }

    fn time_limit(&self, settings: &Settings) -> Option<Duration> {
        settings::time_limit(settings)
    }

    fn open(&self, scenario: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        let invalid = |problem: ScenarioProblem| Failure::invalid(problem.to_string());
        let settings: CommandSettings = scenario.settings().read().map_err(invalid)?;
        let command = settings.command.clone().ok_or_else(|| {
            let shown = scenario.dir().display();
            Failure::invalid(format!("{shown}: there is no [command]"))
        })?;
        let places = Places {
            scenario: scenario.dir().to_owned(),
            root: scenario.root().to_owned(),
        };
        let format = aether_harness::snapshot::format_of(scenario)
            .map_err(|error| Failure::unreadable(scenario.dir(), &error))?;
        let inputs = inputs::of_command(scenario, format, &places, &settings, &command)?;
        Ok(Box::new(PreparedCommand {
            changed: None,
            program: Arc::new(Program {
                scenario: scenario.clone(),
                format,
                command,
                outputs: settings.outputs,
                rules: Rules::of(&settings.depends, &inputs.artefact),
                depends: settings.depends,
                inputs,
                places,
            }),
        }))
    }

    fn starts_program(&self) -> bool {
        true
    }

    fn workspace_files(&self, layout: &Layout) -> Vec<PathBuf> {
        inputs::candidates(layout)
    }

    fn template(&self, _: &str) -> Vec<(PathBuf, String)> {
        template::template()
    }
}

/// The places that `{scenario}` and `{root}` are replaced with.
#[derive(Clone, Debug)]
struct Places {
    scenario: PathBuf,
    root: PathBuf,
}

impl Places {
    fn filled(&self, text: &str) -> String {
        text.replace("{scenario}", &self.scenario.to_string_lossy())
            .replace("{root}", &self.root.to_string_lossy())
    }

    /// A file that the scenario names, relative to its directory.
    fn file(&self, text: &str) -> PathBuf {
        self.scenario.join(self.filled(text))
    }
}

/// What `scenario.toml` says of a program.
struct Program {
    scenario: Scenario,
    /// The version of the rules that its goldens were made by.
    format: u32,
    command: CommandTable,
    outputs: Vec<OutputTable>,
    depends: Vec<DependsTable>,
    /// Those, read.
    rules: Rules,
    inputs: Inputs,
    places: Places,
}

/// A program with the inputs that it was read with, or with changed ones.
struct PreparedCommand {
    program: Arc<Program>,
    /// The inputs to run with, if they are not those of the scenario.
    changed: Option<Artefact>,
}

impl Prepared for PreparedCommand {
    fn inputs(&self) -> &Artefact {
        let own = &self.program.inputs.artefact;
        self.changed.as_ref().unwrap_or(own)
    }

    fn files(&self) -> Vec<ScenarioFile> {
        self.program.inputs.files.clone()
    }

    fn version(&self) -> Option<AskVersion> {
        let written = self.program.command.version.as_ref()?.get_ref().clone();
        let program = Arc::clone(&self.program);
        Some(Box::new(move |scratch| {
            let limit = program.scenario.time_limit;
            version::version(&written, &program.command, &program.places, limit, scratch)
        }))
    }

    fn code(&self) -> Result<BTreeMap<String, String>, Failure> {
        let code = self.program.inputs.code.iter();
        code.map(|(path, file)| Ok((path.clone(), code_digest(file)?)))
            .collect()
    }

    fn schema(&self) -> Schema {
        self.program.schema()
    }

    fn allowed(&self) -> Vec<Allowed> {
        self.program.allowed()
    }

    fn pass(&self) -> Option<Vec<String>> {
        let pass = self.program.command.pass.iter();
        Some(pass.map(|name| name.get_ref().clone()).collect())
    }

    fn declarations(&self, varying: &[Varying], variables: &[&str]) -> Option<String> {
        declare::declarations(&self.program, varying, variables)
    }

    fn run(&self, request: &RunRequest) -> Result<Vec<Artefact>, Failure> {
        let Some(changed) = &self.changed else {
            let Program {
                scenario,
                inputs,
                places,
                ..
            } = &*self.program;
            let made = self.program.run(places, request);
            // What a program that failed did to its inputs may be why.
            let was_stopped =
                matches!(&made, Err(failure) if failure.kind == FailureKind::Cancelled);
            if let Some(watch) = inputs.watch.as_ref().filter(|_| !was_stopped) {
                watch.refuse_changed(scenario, places)?;
            }
            return made;
        };
        let copy = changed::copy(
            &self.program.scenario,
            self.program.format,
            &self.program.inputs.artefact,
            changed,
            &request.scratch,
        )?;
        let places = Places {
            scenario: copy.scenario,
            root: self.program.places.root.clone(),
        };
        self.program.run(&places, request)
    }

    fn explains(&self) -> bool {
        !self.program.depends.is_empty()
    }

    fn depends(&self, place: &Place) -> Option<Vec<Place>> {
        self.program.rules.depends(place)
    }

    fn with_inputs(&self, inputs: &Artefact) -> Result<Option<Box<dyn Prepared>>, Failure> {
        Ok(Some(Box::new(Self {
            program: Arc::clone(&self.program),
            changed: Some(inputs.clone()),
        })))
    }

    fn input_files(&self, inputs: &Artefact) -> Result<Option<InputFiles>, Failure> {
        let Program {
            scenario,
            format,
            inputs: own,
            ..
        } = &*self.program;
        changed::files(scenario, *format, &own.artefact, inputs).map(Some)
    }
}

impl Program {
    fn schema(&self) -> Schema {
        let mut schema = schema(&self.outputs);
        schema.artefacts.push(ArtefactSchema {
            name: INPUTS.to_owned(),
            numbered: self.inputs.numbered.clone(),
            ..ArtefactSchema::default()
        });
        schema
    }

    /// What may differ, with the reasons.
    fn allowed(&self) -> Vec<Allowed> {
        let mut allowed = Vec::new();
        for output in &self.outputs {
            let of_output = |reason: &Spanned<String>| Allowed {
                output: output::pattern(output),
                reason: reason.get_ref().clone(),
                ..Allowed::default()
            };
            allowed.extend(output.volatile.iter().map(|volatile| Allowed {
                volatile: Some(volatile.path.get_ref().clone()),
                form: Some(volatile.form.get_ref().clone()),
                ..of_output(&volatile.reason)
            }));
            allowed.extend(output.replace.iter().map(|replace| Allowed {
                replace: Some(replace.pattern.get_ref().clone()),
                with: Some(replace.with.clone()),
                ..of_output(&replace.reason)
            }));
        }
        allowed.extend(Allowed::tolerances(&schema(&self.outputs)));
        allowed
    }

    /// Runs the program on the documents in `places`.
    fn run(&self, places: &Places, request: &RunRequest) -> Result<Vec<Artefact>, Failure> {
        let Self {
            command, outputs, ..
        } = self;
        let scratch = process::scratch(&request.scratch)?;
        let work = scratch.path().join("work");
        fs::create_dir(&work).map_err(|error| process::io_failure(&work, &error))?;
        let program = start::resolved(command, &self.places);
        let mut started = std::process::Command::new(&program);
        for variable in &request.removed_variables {
            started.env_remove(variable);
        }
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
            written: &output::files(outputs, scratch.path(), &work),
            progress: &request.progress,
            keeps_warnings: self.format == 1,
        };
        let ended = run.to_end(started).map_err(|end| match end {
            process::End::NotStarted(error) => {
                start::failure(command, &self.scenario, &self.places, &program, &error)
            }
            process::End::Failure(failure) => failure,
        })?;
        let machine = MachinePaths::of(places, &work, self.format);
        let successes = command.successes();
        let status = ended.refuse_failure(successes, &machine)?;
        let found = Outputs {
            scenario: &self.scenario,
            scratch: scratch.path(),
            work: &work,
            machine: &machine,
        };
        let mut artefacts = Vec::new();
        let mut names = Names::default();
        for output in outputs {
            let made = found.artefacts(output).map_err(|problem| match problem {
                output::Problem::Program(problem) => ended.but(&problem, &machine),
                output::Problem::Invalid(problem) => Failure::invalid(problem),
                output::Problem::Machine(problem) => Failure::machine(problem),
            })?;
            names.add(output, &made)?;
            artefacts.extend(made);
        }
        if successes.len() > 1 {
            let text = json!({ "status": status }).to_string();
            let exit = Artefact::from_json("exit", text.as_bytes());
            artefacts.push(exit.expect("what aether-json writes is JSON"));
        }
        self.refuse_rules(&artefacts)?;
        Ok(artefacts)
    }

    /// A rule of `[[depends]]` that matches neither the outputs nor their goldens is a slip of the pen.
    fn refuse_rules(&self, outputs: &[Artefact]) -> Result<(), Failure> {
        if self.depends.is_empty() {
            return Ok(());
        }
        let unreadable = Cell::new(None);
        let golden = |name: &str| {
            let golden = aether_harness::snapshot::golden_of(&self.scenario, name);
            golden.unwrap_or_else(|error| {
                unreadable.set(Some(error.to_string()));
                None
            })
        };
        let inputs = &self.inputs.artefact;
        let missing = self.rules.missing(&self.depends, outputs, inputs, golden);
        if let Some(error) = unreadable.take() {
            return Err(Failure::machine(error));
        }
        let problem = |(written, problem): (&Spanned<String>, String)| {
            let settings = self.scenario.settings();
            settings.problem(written.span(), problem).to_string()
        };
        let problems: Vec<String> = missing.into_iter().map(problem).collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(Failure::invalid(problems.join("\n")))
    }
}

/// The SHA-256 of a file; `unreadable` for one that may not be read, on which no run can depend.
///
/// # Errors
/// The machine cannot read it.
fn code_digest(file: &Path) -> Result<String, Failure> {
    match fs::read(file) {
        Ok(bytes) => Ok(sha256_hex(&bytes)),
        Err(error) if error.is_of_machine() && error.kind() != ErrorKind::PermissionDenied => {
            Err(Failure::unreadable(file, &error))
        }
        Err(_) => Ok("unreadable".to_owned()),
    }
}

/// How to read the artefacts of these outputs.
fn schema(outputs: &[OutputTable]) -> Schema {
    let mut schema = Schema::default();
    for output in outputs {
        if !output.stage.is_empty() && !schema.stages.contains(&output.stage) {
            schema.stages.push(output.stage.clone());
        }
        schema.artefacts.push(artefact_schema(output));
    }
    schema
}

fn artefact_schema(output: &OutputTable) -> ArtefactSchema {
    let keys = output.keys.iter().map(|(path, fields)| KeyRule {
        path: path.get_ref().clone(),
        fields: fields.clone(),
        label: String::new(),
    });
    let unordered = output.unordered.iter().map(|path| path.get_ref().clone());
    ArtefactSchema {
        name: output::pattern(output),
        stage: output.stage.clone(),
        tick: output.tick.as_ref().map(|tick| tick.get_ref().clone()),
        keys: keys.collect(),
        unordered: unordered.collect(),
        element: (output.format == OutputFormat::Text).then(|| "line".to_owned()),
        tolerances: output
            .tolerance
            .iter()
            .map(ToleranceTable::tolerance)
            .collect(),
        ..ArtefactSchema::default()
    }
}

/// The names of the outputs so far, in lower case: those that differ in case alone are one file on some systems.
#[derive(Default)]
struct Names(BTreeMap<String, Named>);

/// A name as it is, and whether it is the stem of a file, which another file may have too.
struct Named {
    name: String,
    has_stem: bool,
}

impl Names {
    /// Adds what was made of an output.
    ///
    /// # Errors
    /// A name is taken.
    fn add(&mut self, output: &OutputTable, made: &[Artefact]) -> Result<(), Failure> {
        let has_stem = output.is_glob() && !output.name.get_ref().contains("{path}");
        for artefact in made {
            let name = artefact.name().to_owned();
            let named = Named { name, has_stem };
            let Some(other) = self.0.insert(artefact.name().to_lowercase(), named) else {
                continue;
            };
            let name = artefact.name();
            let mut problem = if other.name == name {
                format!("two outputs have the name `{name}`")
            } else {
                format!(
                    "the outputs `{}` and `{name}` differ in case alone; not every file system can hold both",
                    other.name
                )
            };
            if has_stem || other.has_stem {
                problem.push_str(
                    ": files of a glob that have the same stem are told apart by name = \"{path}\"",
                );
            }
            return Err(Failure::invalid(problem));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_run;
