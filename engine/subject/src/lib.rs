//! The engine as a subject of the harness: reads scenario directories, and produces artefacts.
//!
//! [`AetherSubject`] loads the documents of a scenario once, as a plan that every run uses.
//! `documents` reads them; `changed` makes plans of changed inputs, `input_files` writes inputs as files, `smaller` makes them
//! smaller, and `variant` makes some up; `resume` stops a run after each window and finishes it from its file,
//! `schema` describes the artefacts, and `lineage` says what their values were computed from.

mod changed;
mod documents;
mod input_files;
mod lineage;
mod resume;
mod schema;
mod smaller;
mod variant;

pub use schema::of as schema_of;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use aether_engine::config::{self, FileSystem, RunPlan};
use aether_engine::record::FromText as _;
use aether_engine::run::{self, RecordKind, Run, RunError, RunOptions, RunStatus};
use aether_harness::{
    Artefact, Failure, InputFiles, Json, KeyTable, Mode, Place, Prepared, Progress, Recomputed,
    RunRequest, Scenario, ScenarioProblem, Schema, Settings, SmallerStep, Subject, WithoutEffect,
};
use serde::Deserialize;

use documents::Documents;
use lineage::Kept;

/// Aether as a subject: every scenario directory holds a `run.toml` or `run.json`.
#[derive(Clone, Debug)]
pub struct AetherSubject {
    root: PathBuf,
}

/// The settings of `scenario.toml` that only Aether reads.
#[derive(Clone, Debug, Default, Deserialize)]
#[non_exhaustive]
pub struct AetherSettings {
    /// The pillars that the scenario exercises (`UMX`, `Loom`, …).
    #[serde(default)]
    pub pillars: Vec<String>,
}

impl AetherSettings {
    /// The settings of a scenario.
    ///
    /// # Errors
    /// A value has the wrong type.
    pub fn of(settings: &Settings) -> Result<Self, ScenarioProblem> {
        settings.read()
    }
}

impl AetherSubject {
    /// A subject that names files relative to `root`, or to the root of the scenario if that is reached by another
    /// path.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

/// The keys of `scenario.toml` that belong to Aether.
const KEYS: [KeyTable; 1] = [KeyTable {
    table: "",
    is_array: false,
    keys: &["pillars"],
}];

/// The modes, each with the name of a run in it.
const MODES: [(&str, &str); 3] = [
    ("threads", "the run with 3 threads"),
    ("replay", "the replay from checkpoints"),
    ("resume", "the run that was cut and resumed"),
];

/// Number of threads of a run in the mode `threads`.
const THREADS: usize = 3;

impl Subject for AetherSubject {
    fn name(&self) -> &str {
        "aether"
    }

    fn version(&self) -> String {
        aether_engine::VERSION.to_owned()
    }

    fn keys(&self) -> &'static [KeyTable] {
        &KEYS
    }

    fn check(&self, settings: &Settings) -> Vec<ScenarioProblem> {
        AetherSettings::of(settings).err().into_iter().collect()
    }

    fn open(&self, scenario: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        let path = config::run_config(scenario.dir())
            .map_err(|error| Failure::invalid(error.to_string()))?;
        let root = if scenario.dir().starts_with(&self.root) {
            &self.root
        } else {
            scenario.root()
        };
        let documents = Documents::new(FileSystem::new(root));
        let plan =
            config::load_run(&documents, &path).map_err(|report| documents.failure(&report))?;
        Ok(Box::new(PreparedRun::new(plan)?))
    }

    fn modes(&self) -> Vec<Mode> {
        MODES
            .into_iter()
            .map(|(name, description)| Mode::new(name, description))
            .collect()
    }

    fn progress_unit(&self) -> &str {
        "tick"
    }

    fn without_effect(&self) -> Vec<WithoutEffect> {
        changed::WITHOUT_EFFECT.to_vec()
    }

    fn template(&self, name: &str) -> Vec<(PathBuf, String)> {
        config::template(name, "../../docs/schemas")
    }
}

/// A plan with its resolved documents.
struct PreparedRun {
    plan: Arc<RunPlan>,
    inputs: Artefact,
    lineage: Kept,
}

impl PreparedRun {
    fn new(plan: RunPlan) -> Result<Self, Failure> {
        let inputs = document("inputs", &plan.documents().to_json())?;
        Ok(Self {
            plan: Arc::new(plan),
            inputs,
            lineage: Kept::default(),
        })
    }
}

impl Prepared for PreparedRun {
    fn inputs(&self) -> &Artefact {
        &self.inputs
    }

    fn schema(&self) -> Schema {
        schema::of(&self.plan)
    }

    fn run(&self, request: &RunRequest) -> Result<Vec<Artefact>, Failure> {
        let progress = progress(&request.progress);
        let direct = RunOptions::default().progress(&progress);
        let options = match request.mode.as_deref() {
            None => direct,
            Some("threads") => direct.threads(THREADS),
            Some("replay") => direct.from_checkpoints(),
            Some("resume") => return resume::cut_and_finished(&self.plan, request),
            Some(other) => unreachable!("the harness asks for modes that were offered: {other}"),
        };
        let run = run::run(&self.plan, &options);
        match run.status() {
            RunStatus::Complete => artefacts(&self.plan, &run),
            RunStatus::Incomplete => Err(Failure::cancelled("")),
            RunStatus::Failed(error) => Err(failure(&error)),
        }
    }

    fn with_inputs(&self, inputs: &Artefact) -> Result<Option<Box<dyn Prepared>>, Failure> {
        let plan = Arc::new(changed::plan(inputs)?);
        self.lineage.compare_with(&plan);
        let lineage = Kept::default();
        lineage.compare_with(&self.plan);
        Ok(Some(Box::new(Self {
            plan,
            inputs: inputs.clone(),
            lineage,
        })))
    }

    fn depends(&self, place: &Place) -> Option<Vec<Place>> {
        Some(self.lineage.depends(&self.plan, place))
    }

    fn recompute(&self, place: &Place, read: &mut dyn FnMut(&Place) -> Option<Json>) -> Recomputed {
        self.lineage.recompute(&self.plan, place, read)
    }

    fn altered_rules(&self) -> Vec<Artefact> {
        changed::rules(&self.inputs)
    }

    fn variant(&self, seed: u64) -> Option<Artefact> {
        Some(variant::inputs(seed))
    }

    fn smaller<'i>(&'i self, inputs: &'i Artefact) -> Vec<SmallerStep<'i>> {
        smaller::steps(inputs)
    }

    fn input_files(&self, inputs: &Artefact) -> Result<Option<InputFiles>, Failure> {
        input_files::files(inputs).map(Some)
    }
}

fn progress(progress: &Progress) -> impl Fn(u64) -> ControlFlow<()> + Sync {
    move |tick| {
        progress.reached(tick);
        if progress.is_stopped() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

fn artefacts(plan: &RunPlan, run: &Run) -> Result<Vec<Artefact>, Failure> {
    let mut artefacts: Vec<_> = RecordKind::ALL
        .into_iter()
        .filter(|kind| plan.has(*kind))
        .map(|kind| Artefact::from_canonical_records(kind.name(), run.records(kind)))
        .collect();
    artefacts.push(document("metrics", &run.metrics().to_text())?);
    Ok(artefacts)
}

fn failure(error: &RunError) -> Failure {
    let failure = Failure::program(error.to_string());
    match document("error", &error.to_json()) {
        Ok(document) => failure.with_error(document),
        Err(failure) => failure,
    }
}

/// A canonical text of the engine as an artefact.
fn document(name: &str, text: &str) -> Result<Artefact, Failure> {
    Artefact::from_json(name, text.as_bytes()).map_err(|error| Failure::program(error.to_string()))
}
