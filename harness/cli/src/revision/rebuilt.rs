//! The records behind goldens that are digests, made again with the program that made them.
//!
//! They are checked against the digests before anyone sees them, and kept in the cache.

use std::io::Write;

use aether_harness::scenario::SnapshotMode;
use aether_harness::{Artefact, Scenario, Suite};

use super::cache::Cache;
use super::golden::{Known, NoProgram, candidates, opened};
use super::program::{How, Programs, shortened};
use super::records::NoRecords;
use super::repository::Repository;
use super::target::{InputsOf, Target};
use crate::commands::CommandError;

/// How the program of goldens is built.
#[derive(Clone, Debug)]
pub(crate) struct Rebuild {
    /// The command that builds it, if it is not what the scenarios say.
    pub(crate) build: Option<String>,
    /// The test target that holds the scenarios of subjects in Rust.
    pub(crate) test: String,
}

/// The artefacts of goldens in full.
pub(crate) struct Rebuilt {
    /// The commit whose program made them again; `None` if the goldens hold them.
    pub(crate) commit: Option<String>,
    /// All artefacts, `inputs` among them.
    pub(crate) artefacts: Vec<Artefact>,
}

/// Why the records of goldens cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRebuilt {
    #[error(transparent)]
    NoProgram(#[from] NoProgram),
    #[error("the program of the goldens of {name} is not in the history: {}", tried.join("; "))]
    NotInHistory {
        name: String,
        /// What each commit that may have had it produces.
        tried: Vec<String>,
    },
    #[error("{0}")]
    Command(#[from] CommandError),
}

/// The artefacts of the goldens of a scenario: as they are kept, or made again if they are kept as digests. The
/// tree of the person is left alone.
///
/// # Errors
/// No commit has their program, it cannot be built, or what it produces has other digests.
pub(crate) fn rebuilt(
    suite: &Suite,
    scenario: &Scenario,
    rebuild: &Rebuild,
    err: &mut dyn Write,
) -> Result<Rebuilt, NotRebuilt> {
    let name = scenario.name();
    let goldens = opened(suite.paths(), name)?;
    if goldens.manifest.snapshot == SnapshotMode::Full {
        let artefacts = goldens.artefacts().map_err(CommandError::from)?;
        return Ok(Rebuilt {
            commit: None,
            artefacts,
        });
    }
    let repository = Repository::of(suite.paths())
        .map_err(|error| NoProgram::NoRepository(error.to_string()))?;
    let candidates = candidates(&repository, name, &goldens.manifest)?;
    if candidates.is_empty() {
        let name = name.to_string();
        return Err(NoProgram::NotCommitted { name }.into());
    }
    let how = How {
        inputs: InputsOf::Then,
        build: rebuild.build.clone(),
        test: rebuild.test.clone(),
    };
    let targets = [Target::of(suite, scenario, &how)?];
    let cache = Cache::open(&repository, err)?;
    let mut programs = Programs::new(suite, &repository, &cache, how, &targets)?;
    let mut tried = Vec::new();
    for candidate in candidates {
        let commit = candidate.commit;
        let short = commit.get(..10).unwrap_or(&commit);
        match programs.records(&targets[0], &commit, &goldens)? {
            Ok(stored) => {
                return Ok(Rebuilt {
                    artefacts: cache.artefacts(&stored.artefacts)?,
                    commit: Some(commit),
                });
            }
            Err(NoRecords::Unbuildable(why)) => {
                tried.push(format!("{short} cannot be built: {}", shortened(&why)));
            }
            Err(NoRecords::Other(what)) => {
                let which = match candidate.known {
                    Known::Noted => "was noted by the bless",
                    Known::Introduced => "brought the goldens in",
                    Known::Shallow => {
                        "is the first of the history that is here (`git fetch --unshallow` gets the rest)"
                    }
                };
                tried.push(format!(
                    "{short}, which {which}, produces something else: {what}"
                ));
            }
        }
    }
    Err(NotRebuilt::NotInHistory {
        name: name.to_string(),
        tried,
    })
}
