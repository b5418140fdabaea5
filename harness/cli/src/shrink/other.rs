//! The program that another one is compared with.

use aether_harness::evaluate::{CheckRun, ERROR, Ending};
use aether_harness::scenario::{Expect, SnapshotMode};
use aether_harness::{Artefact, Check, INPUTS, Scenario};

use super::workspace::Workspace;
use crate::commands::CommandError;
use crate::files::Files;
use crate::revision::cache::artefacts;
use crate::revision::cases::{Case, CaseOutcome};
use crate::revision::program::{Programs, unbuildable};
use crate::revision::target::Target;

/// What it produced of a scenario, if it ended as the scenario expects.
pub(crate) type Made = Option<Vec<Artefact>>;

/// The other program.
pub(crate) enum Other<'p> {
    /// Subjects of this process.
    Here {
        workspace: Box<Workspace>,
        settings: String,
    },
    /// The program of a revision.
    Revision(Box<AtRevision<'p>>),
}

/// The program of a revision.
pub(crate) struct AtRevision<'p> {
    pub(crate) programs: Programs<'p>,
    pub(crate) target: &'p Target,
    pub(crate) commit: String,
    /// The settings of a case, and those of one whose outputs are kept as digests.
    pub(crate) settings: [String; 2],
    pub(crate) expect: Expect,
    pub(crate) starts_program: bool,
}

impl AtRevision<'_> {
    /// The settings of the cases of a scenario.
    ///
    /// # Errors
    /// Its `scenario.toml` cannot be read.
    pub(crate) fn settings(scenario: &Scenario) -> Result<[String; 2], CommandError> {
        let of = |mode| crate::revision::cases::settings(scenario, mode);
        Ok([of(SnapshotMode::Full)?, of(SnapshotMode::Digest)?])
    }
}

impl Other<'_> {
    /// Whether it can be asked for digests in place of what is too large to be sent.
    pub(crate) fn sends_digests(&self) -> bool {
        matches!(self, Self::Revision(_))
    }

    /// How many scenarios it is best asked for at once.
    pub(crate) fn batch(&self) -> super::reduce::Batch {
        match self {
            Self::Here { .. } => super::reduce::Batch::SINGLE,
            // A program is started for each; a test target takes many at once.
            Self::Revision(there) if there.starts_program => {
                super::reduce::Batch { first: 2, most: 8 }
            }
            Self::Revision(_) => super::reduce::Batch { first: 8, most: 64 },
        }
    }

    /// What it produces of scenarios with these files.
    ///
    /// # Errors
    /// It cannot be built or run.
    pub(crate) fn produce(
        &mut self,
        cases: &[&Files],
        is_digest: bool,
    ) -> Result<Vec<Made>, CommandError> {
        match self {
            Self::Here {
                workspace,
                settings,
            } => {
                let mut made = Vec::new();
                for files in cases {
                    made.push(here(workspace, settings, files)?);
                }
                Ok(made)
            }
            Self::Revision(there) => there.produce(cases, is_digest),
        }
    }
}

fn here(workspace: &mut Workspace, settings: &str, files: &Files) -> Result<Made, CommandError> {
    let Ok(scenario) = workspace.put(settings, files)? else {
        return Ok(None);
    };
    let run = CheckRun::open(workspace.suite(), &scenario, &Check::Golden);
    let made = run.and_then(|run| run.produce(None)).ok();
    let made = made.filter(|made| made.ending == Ending::Expected);
    Ok(made.map(|made| made.artefacts))
}

impl AtRevision<'_> {
    fn produce(&mut self, cases: &[&Files], is_digest: bool) -> Result<Vec<Made>, CommandError> {
        let cases: Vec<Case> = cases
            .iter()
            .map(|files| Case {
                settings: self.settings[usize::from(is_digest)].clone(),
                files: files.to_vec(),
            })
            .collect();
        let outcomes = self.programs.run_cases(self.target, &self.commit, &cases)?;
        let outcomes = outcomes.map_err(|why| unbuildable(&self.commit, &why))?;
        let made = outcomes.into_iter().map(|outcome| match outcome {
            CaseOutcome::Refused(_) => Ok(None),
            CaseOutcome::Made(files) => {
                let mut made =
                    artefacts(&files).map_err(|error| CommandError::Io(error.to_string()))?;
                made.retain(|artefact| artefact.name() != INPUTS);
                let has_failed = matches!(&made[..], [only] if only.name() == ERROR);
                Ok((has_failed == (self.expect == Expect::Failure)).then_some(made))
            }
        });
        made.collect()
    }
}
