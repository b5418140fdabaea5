//! The program of a golden: the revision whose program made it.
//!
//! A bless notes the commit that the tree came after, and whether the tree was that commit. If it was, that
//! commit has the program. People mostly bless a change first and commit it together with the goldens; then the
//! commit that brought the goldens in has the program.
//!
//! | blessed | committed | the program is at |
//! | --- | --- | --- |
//! | in a tree without changes, after commit A | the goldens, as B | A, as the bless noted; B has it too |
//! | in a changed tree | the change with its goldens, as B | B |
//! | in a changed tree | the change as B, then the goldens as C | C |
//! | in a changed tree | nothing yet | no commit |
//!
//! Where the goldens came before their program, or a commit was rewritten, there is none; whoever needs to be
//! sure runs the program and compares.

use std::collections::BTreeMap;

use aether_disk as fs;
use aether_harness::Layout;
use aether_harness::scenario::ScenarioName;
use aether_harness::snapshot::{MANIFEST_FILE, Manifest, Opened, Snapshot};

use super::git::Git;
use super::repository::Repository;
use crate::commands::CommandError;

/// The state of a tree at a bless.
pub(crate) struct TreeState {
    /// The commit that it comes after.
    pub(crate) commit: String,
    /// Whether it is that commit, apart from goldens and from what runs leave.
    pub(crate) is_clean: bool,
}

impl TreeState {
    /// The state of the tree of a suite; `None` without git, without a repository, and before its first commit.
    pub(crate) fn of(layout: &Layout) -> Option<Self> {
        let repository = Repository::of(layout).ok()?;
        let commit = repository.commit("HEAD").ok()?;
        // A tree that git cannot look at is not known to be clean.
        let is_clean = repository
            .is_clean(&[layout.snapshots(), layout.outputs()])
            .unwrap_or(false);
        Some(Self { commit, is_clean })
    }
}

/// How a commit is known to have the program of goldens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// The tree was this commit at the bless.
    Noted,
    /// It brought the goldens in.
    Introduced,
    /// The history that is here begins with it, and it has the goldens.
    Shallow,
}

/// A commit that has the program of goldens, as far as the history says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GoldenProgram {
    pub(crate) commit: String,
    pub(crate) known: Known,
}

/// Why no commit has the program of goldens.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoProgram {
    #[error("{name} has no goldens: bless it first")]
    NoGoldens { name: String },
    #[error("the goldens of {name} are not as they were blessed: {problem}")]
    Edited { name: String, problem: String },
    #[error("{0}")]
    NoRepository(String),
    #[error(
        "no commit has these goldens of {name}, and they were blessed in a tree with changes: commit them \
         together with the program"
    )]
    NotCommitted { name: String },
    #[error(transparent)]
    Git(#[from] CommandError),
}

/// The commit that has the program of the goldens of `name`.
///
/// # Errors
/// Why there is none.
pub(crate) fn golden_program(
    layout: &Layout,
    name: &ScenarioName,
) -> Result<GoldenProgram, NoProgram> {
    let snapshot = opened(layout, name)?;
    let repository =
        Repository::of(layout).map_err(|error| NoProgram::NoRepository(error.to_string()))?;
    let mut candidates = candidates(&repository, name, &snapshot.manifest)?;
    if candidates.is_empty() {
        return Err(NoProgram::NotCommitted {
            name: name.to_string(),
        });
    }
    Ok(candidates.swap_remove(0))
}

/// The goldens of a scenario, which are as they were blessed.
pub(crate) fn opened(layout: &Layout, name: &ScenarioName) -> Result<Snapshot, NoProgram> {
    let opened = aether_harness::snapshot::open(&layout.snapshot(name))
        .map_err(|error| NoProgram::Git(error.into()))?;
    match opened {
        Opened::Sound(snapshot) => Ok(snapshot),
        Opened::Missing => Err(NoProgram::NoGoldens {
            name: name.to_string(),
        }),
        Opened::Edited(_, problems) => Err(NoProgram::Edited {
            name: name.to_string(),
            problem: problems
                .first()
                .map_or_else(String::new, ToString::to_string),
        }),
    }
}

/// The commits that may have the program of goldens with this manifest, the likeliest first.
pub(crate) fn candidates(
    repository: &Repository,
    name: &ScenarioName,
    manifest: &Manifest,
) -> Result<Vec<GoldenProgram>, CommandError> {
    let mut found: Vec<GoldenProgram> = Vec::new();
    if let Some(commit) = noted(manifest)
        && repository.has_commit(commit)?
    {
        found.push(GoldenProgram {
            commit: commit.to_owned(),
            known: Known::Noted,
        });
    }
    if let Some(introduced) = introduced(repository, name, manifest)?
        && found.iter().all(|known| known.commit != introduced.commit)
    {
        found.push(introduced);
    }
    Ok(found)
}

/// The commit that the last bless notes, if the tree was that commit and all of the goldens became new.
fn noted(manifest: &Manifest) -> Option<&str> {
    let last = manifest.bless.last()?;
    let is_whole = last.artefacts.is_empty() && last.clean == Some(true);
    last.commit.as_deref().filter(|_| is_whole)
}

/// What the goldens are, whatever is noted of their blesses.
fn content(manifest: &Manifest) -> [&BTreeMap<String, String>; 2] {
    [&manifest.files, &manifest.inputs]
}

/// The newest commit that has these goldens and has no parent with them.
fn introduced(
    repository: &Repository,
    name: &ScenarioName,
    manifest: &Manifest,
) -> Result<Option<GoldenProgram>, CommandError> {
    let git = repository.git();
    if repository.commit("HEAD").is_err() {
        return Ok(None);
    }
    let path = format!("fixtures/snapshots/{name}/{MANIFEST_FILE}");
    let whole = format!("{}{path}", repository.prefix());
    let top = format!(":(top,literal){whole}");
    // Without simplification of the history: goldens that came back after a merge are found on both sides.
    let args = ["--topo-order", "--full-history", "HEAD", "--", &top];
    let mut known: BTreeMap<String, bool> = BTreeMap::new();
    let mut has = |commit: &str| -> Result<bool, CommandError> {
        if let Some(has) = known.get(commit) {
            return Ok(*has);
        }
        let has = has_content(git, repository, commit, &path, manifest)?;
        known.insert(commit.to_owned(), has);
        Ok(has)
    };
    for listed in Repository::list(git, &args)? {
        if !has(&listed.id)? {
            continue;
        }
        let mut is_new = true;
        for parent in &listed.parents {
            is_new &= !has(parent)?;
        }
        if is_new {
            let shallow = fs::read_to_string(repository.common().join("shallow"));
            let is_cut = shallow.is_ok_and(|ids| ids.lines().any(|id| id == listed.id));
            return Ok(Some(GoldenProgram {
                commit: listed.id,
                known: if is_cut {
                    Known::Shallow
                } else {
                    Known::Introduced
                },
            }));
        }
    }
    Ok(None)
}

/// Whether a commit has the goldens of a manifest.
fn has_content(
    git: &Git,
    repository: &Repository,
    commit: &str,
    path: &str,
    wanted: &Manifest,
) -> Result<bool, CommandError> {
    let entries = repository.files(git, commit, Some(path))?;
    let Some(entry) = entries.first() else {
        return Ok(false);
    };
    let blobs = git.blobs(std::slice::from_ref(&entry.id))?;
    let there = blobs.first().map(|bytes| Manifest::parse(bytes));
    Ok(matches!(there, Some(Ok(there)) if content(&there) == content(wanted)))
}

#[cfg(test)]
mod tests;
