//! The engine as the harness sees it: scenario directories in, golden artefacts out.

mod changed;
mod resume;
mod schema;

pub use schema::of as schema_of;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use aether_harness::{Artefact, Cancel, Failure, Mode, RunRequest, Schema, Subject, WithoutEffect};

use aether_engine::config::{self, FileSystem, RunPlan};
use aether_engine::record::FromText as _;
use aether_engine::run::{self, RecordKind, Run, RunError, RunOptions, RunStatus};

/// Aether as a subject: every scenario directory holds a `run.toml` or `run.json`.
#[derive(Clone, Debug)]
pub struct AetherSubject {
    files: FileSystem,
}

impl AetherSubject {
    /// A subject that names files relative to `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            files: FileSystem::new(root),
        }
    }

    fn plan(&self, scenario: &Path) -> Result<RunPlan, Failure> {
        let path =
            config::run_config(scenario).map_err(|error| Failure::invalid(error.to_string()))?;
        config::load_run(&self.files, &path).map_err(|report| Failure::invalid(report.to_string()))
    }
}

impl Subject for AetherSubject {
    fn name(&self) -> &str {
        "aether"
    }

    fn version(&self) -> String {
        aether_engine::VERSION.to_owned()
    }

    fn inputs(&self, scenario: &Path) -> Result<Artefact, Failure> {
        let plan = self.plan(scenario)?;
        document("inputs", &plan.documents().to_json())
    }

    fn schema(&self, scenario: &Path) -> Result<Schema, Failure> {
        Ok(schema::of(&self.plan(scenario)?))
    }

    fn run(&self, scenario: &Path, request: &RunRequest) -> Result<Vec<Artefact>, Failure> {
        run_plan(&self.plan(scenario)?, request)
    }

    fn run_from_inputs(
        &self,
        _: &Path,
        inputs: &Artefact,
        request: &RunRequest,
    ) -> Option<Result<Vec<Artefact>, Failure>> {
        Some(changed::run(inputs, request))
    }

    fn altered_rules(&self, inputs: &Artefact) -> Vec<Artefact> {
        changed::rules(inputs)
    }

    fn without_effect(&self) -> Vec<WithoutEffect> {
        changed::WITHOUT_EFFECT.to_vec()
    }

    fn modes(&self) -> Vec<Mode> {
        vec![Mode::Threads(3), Mode::Replay, Mode::Resume]
    }

    fn template(&self, name: &str) -> Vec<(PathBuf, String)> {
        config::template(name, "../../docs/schemas")
    }
}

fn run_plan(plan: &RunPlan, request: &RunRequest) -> Result<Vec<Artefact>, Failure> {
    let progress = progress(&request.cancel);
    let direct = RunOptions {
        progress: &progress,
        ..RunOptions::default()
    };
    let options = match request.mode {
        Mode::Direct => direct,
        Mode::Threads(threads) => RunOptions { threads, ..direct },
        Mode::Replay => RunOptions {
            from_checkpoints: true,
            ..direct
        },
        Mode::Resume => return resume::cut_and_finished(plan, request),
    };
    let run = run::run(plan, &options);
    match run.status() {
        RunStatus::Complete => artefacts(&run),
        RunStatus::Incomplete => Err(Failure::cancelled()),
        RunStatus::Failed(error) => Err(failure(&error)),
    }
}

fn progress(cancel: &Cancel) -> impl Fn(u64) -> ControlFlow<()> + Sync {
    move |tick| {
        cancel.at_tick(tick);
        if cancel.is_stopped() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

fn artefacts(run: &Run) -> Result<Vec<Artefact>, Failure> {
    let mut artefacts: Vec<_> = RecordKind::ALL
        .into_iter()
        .map(|kind| Artefact::from_canonical_records(kind.name(), run.records(kind)))
        .collect();
    artefacts.push(document("metrics", &run.metrics().to_text())?);
    Ok(artefacts)
}

fn failure(error: &RunError) -> Failure {
    let failure = Failure::engine(error.to_string());
    match document("error", &error.to_json()) {
        Ok(document) => failure.with_error(document),
        Err(_) => failure,
    }
}

fn document(name: &str, text: &str) -> Result<Artefact, Failure> {
    Artefact::from_json(name, text.as_bytes()).map_err(|error| Failure::engine(error.to_string()))
}
