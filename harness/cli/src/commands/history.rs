//! `history`: the commits that changed the goldens of a scenario, without building anything.

use std::io::Write;

use aether_harness::report::visible_line;
use aether_harness::scenario::ScenarioName;
use aether_harness::snapshot::MANIFEST_FILE;
use aether_harness::{Artefact, Change, DiffOptions, Schema, Suite, counted};
use serde::Serialize;

use super::bisect::reason;
use super::{CommandError, Console, Listing, Status, if_valid, schema_of};
use crate::revision::cache::{Files, artefacts};
use crate::revision::repository::{Entry, Repository};

/// What to list, and how.
#[derive(Clone, Debug)]
pub struct HistoryRequest {
    /// The scenario, or the goldens of a test.
    pub name: String,
    /// How the commits are written.
    pub format: Listing,
}

/// A commit that changed the goldens.
#[derive(Serialize)]
struct HistoryEntry {
    commit: String,
    date: String,
    subject: String,
    first_divergence: Option<Change>,
    reason: Option<String>,
    /// What happened, if values did not move.
    #[serde(skip)]
    what: String,
}

#[derive(Serialize)]
struct View<'v> {
    name: &'v str,
    entries: &'v [HistoryEntry],
}

/// Lists the commits that changed the goldens of a scenario, oldest first.
///
/// # Errors
/// No commit has goldens of that name, or git fails.
pub fn history(
    suite: &Suite,
    request: &HistoryRequest,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let name = request.name.trim_end_matches('/');
    let name = name.strip_prefix("scenarios/").unwrap_or(name);
    ScenarioName::new(name).map_err(|error| CommandError::Usage(error.to_string()))?;
    let repository = Repository::of(suite.paths())?;
    repository.commit("HEAD")?;
    let dir = format!("fixtures/snapshots/{name}/");
    let whole = format!("{}{dir}", repository.prefix());
    let git = repository.git();
    let top = format!(":(top,literal){whole}");
    let listed = Repository::list(git, &["--topo-order", "--reverse", "HEAD", "--", &top])?;
    if listed.is_empty() {
        return Err(CommandError::Usage(format!(
            "no commit has goldens of `{name}`; they are in {dir}"
        )));
    }
    let schema = schema(suite, name)?;
    let mut entries = Vec::new();
    for commit in listed {
        let after = repository.files(git, &commit.id, Some(&dir))?;
        let before = match commit.parents.first() {
            Some(parent) => repository.files(git, parent, Some(&dir))?,
            None => Vec::new(),
        };
        let is_new = |reason: &Option<String>| -> Result<bool, CommandError> {
            Ok(*reason != self::reason(git, &before, &dir)?)
        };
        let reason = self::reason(git, &after, &dir)?;
        let reason = if is_new(&reason)? { reason } else { None };
        let (first_divergence, what) = if before.is_empty() {
            (None, "the first goldens".to_owned())
        } else if after.is_empty() {
            (None, "the goldens are removed".to_owned())
        } else {
            let read = |entries: &[Entry]| documents(&repository, entries, &dir);
            match (read(&before)?, read(&after)?) {
                (Some(before), Some(after)) => {
                    let diff =
                        aether_harness::diff(&before, &after, &schema, &DiffOptions::default());
                    let cause = diff
                        .causes
                        .first()
                        .map(|cause| format!("inputs: {}", cause.lead()));
                    let what = cause.unwrap_or_else(|| "no value moved".to_owned());
                    (diff.first_divergence, what)
                }
                _ => (None, "goldens that cannot be read".to_owned()),
            }
        };
        entries.push(HistoryEntry {
            commit: commit.id,
            date: commit.info.date,
            subject: commit.info.subject,
            first_divergence,
            reason,
            what,
        });
    }
    match request.format {
        Listing::Json => {
            let view = View {
                name,
                entries: &entries,
            };
            let mut text = aether_json::to_vec_pretty(&view)
                .map_err(|error| CommandError::Io(error.to_string()))?;
            text.push(b'\n');
            console.out.write_all(&text)?;
        }
        Listing::Text => text(name, &entries, console.out)?,
    }
    let has_moved = entries.iter().any(|entry| entry.first_divergence.is_some());
    Ok(if has_moved {
        Status::Difference
    } else {
        Status::Done
    })
}

/// How to read the goldens: as the scenario of now says, if there is one.
fn schema(suite: &Suite, name: &str) -> Result<Schema, CommandError> {
    let schema = match if_valid(suite, name)? {
        Some(scenario) => schema_of(suite, &scenario)?,
        None => None,
    };
    Ok(schema.unwrap_or_default())
}

/// The artefacts of goldens; `None` if one is not what it should be.
fn documents(
    repository: &Repository,
    entries: &[Entry],
    dir: &str,
) -> Result<Option<Vec<Artefact>>, CommandError> {
    let named: Vec<(&str, &Entry)> = entries
        .iter()
        .filter_map(|entry| Some((entry.path.strip_prefix(dir)?, entry)))
        .filter(|(name, _)| *name != MANIFEST_FILE)
        .collect();
    let ids: Vec<String> = named.iter().map(|(_, entry)| entry.id.clone()).collect();
    let blobs = repository.git().blobs(&ids)?;
    let names = named.into_iter().map(|(name, _)| name.to_owned());
    let files: Files = names.zip(blobs).collect();
    Ok(artefacts(&files).ok())
}

fn text(name: &str, entries: &[HistoryEntry], out: &mut dyn Write) -> Result<(), CommandError> {
    for entry in entries {
        let short = entry.commit.get(..10).unwrap_or(&entry.commit);
        let line = format!("{short} {} {}", entry.date, entry.subject);
        writeln!(out, "{}", visible_line(&line))?;
        match &entry.first_divergence {
            Some(first) => {
                writeln!(out, "  {}", visible_line(&first.lead()))?;
                writeln!(out, "    at {}", visible_line(&first.path.to_string()))?;
            }
            None => writeln!(out, "  {}", visible_line(&entry.what))?,
        }
        if let Some(reason) = &entry.reason {
            writeln!(out, "  blessed: {}", visible_line(reason))?;
        }
        writeln!(out)?;
    }
    let commits = counted(entries.len() as u64, "commit");
    writeln!(out, "{commits} changed the goldens of {name}")?;
    Ok(())
}
