//! Reads any documents as the outputs that a `scenario.toml` declares, to compare them as its goldens are.

use std::path::Path;
use std::sync::Arc;

use aether_harness::scenario::SCENARIO_FILE;
use aether_harness::{Artefact, ArtefactSchema, Failure, Scenario, Schema, Subject};

use crate::read::{self, Parsed, Reader};
use crate::settings::{CommandSettings, OutputFormat, OutputTable};
use crate::steps::Steps;
use crate::{CommandSubject, artefact_schema, schema};

/// The outputs of a `scenario.toml`.
#[derive(Clone, Debug)]
pub struct DeclaredOutputs {
    outputs: Vec<OutputTable>,
}

impl DeclaredOutputs {
    /// Reads a `scenario.toml`, given as the file or as its directory.
    ///
    /// # Errors
    /// Every problem of it, or that it declares no outputs.
    pub fn load(path: &Path) -> Result<Self, Failure> {
        let at = |problem: &str| Failure::invalid(format!("{}: {problem}", path.display()));
        let real =
            std::fs::canonicalize(path).map_err(|error| Failure::unreadable(path, &error))?;
        let dir = match (real.is_dir(), real.file_name(), real.parent()) {
            (true, _, _) => real.as_path(),
            (false, Some(file), Some(dir)) if file == SCENARIO_FILE => dir,
            _ => return Err(at("expected a scenario.toml, or the directory of one")),
        };
        let subject: Arc<dyn Subject> = Arc::new(CommandSubject);
        let scenario = Scenario::load(dir, &[subject])?;
        let settings = scenario.settings().read::<CommandSettings>();
        let settings = settings.map_err(|problem| Failure::invalid(problem.to_string()))?;
        let outputs = settings.outputs;
        if outputs.is_empty() {
            return Err(at("it declares no [[outputs]]"));
        }
        Ok(Self { outputs })
    }

    /// The names of the outputs, in the order in which they are declared; `*` in one is any text.
    pub fn names(&self) -> Vec<String> {
        self.outputs.iter().map(crate::output::pattern).collect()
    }

    /// The position of the output of this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.schema().position(name)
    }

    /// How to read all of them.
    pub fn schema(&self) -> Schema {
        schema(&self.outputs)
    }

    /// How to read the output at this position.
    pub fn artefact_schema(&self, position: usize) -> ArtefactSchema {
        artefact_schema(&self.outputs[position])
    }

    /// A document as the output at this position. One in a file that is called `.json`, of an output in another
    /// format, is taken for what was made of it, such as a golden.
    ///
    /// # Errors
    /// It is not in the output's format.
    pub fn read(
        &self,
        position: usize,
        name: &str,
        file: &Path,
        bytes: &[u8],
    ) -> Result<Artefact, String> {
        let output = &self.outputs[position];
        let is_json = file
            .extension()
            .is_some_and(|extension| extension == "json");
        let reads_json = matches!(output.format, OutputFormat::Json | OutputFormat::Jsonl);
        let value = if is_json && (!reads_json || output.format == OutputFormat::Jsonl) {
            let artefact = Artefact::from_json(name, bytes).map_err(|error| error.to_string())?;
            Parsed::Artefact(artefact)
        } else {
            let reader = Reader {
                output,
                machine: None,
                replaces: true,
            };
            reader.read(name, bytes)?
        };
        if let Parsed::Artefact(artefact) = &value
            && !read::is_changed(output)
        {
            return Ok(artefact.clone());
        }
        let mut value = value.value()?;
        // What is compared may be the part already.
        let steps = output.at.as_ref().map(|at| {
            let steps: Steps = at
                .get_ref()
                .parse()
                .expect("what `check` accepts is a path");
            steps
        });
        if let Some(part) = steps.and_then(|steps| steps.select(&value).cloned()) {
            value = part;
        }
        read::hide_volatile(output, &mut value);
        read::sort_unordered(output, &mut value, None);
        read::artefact(name, &value, None).map_err(|error| error.to_string())
    }
}
