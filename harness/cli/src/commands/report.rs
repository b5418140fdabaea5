//! `report`: merges the results of trials and shards.

use std::path::{Path, PathBuf};

use super::mixed::mixed_commits;
use super::{CommandError, Console, Status};
use crate::destination::Destination;
use crate::reports::{self, Absence, Context, Merge};
use aether_harness::Suite;
use aether_harness::results::Run;

/// How a merge is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// What failed, for people.
    #[default]
    Text,
    /// JUnit XML.
    Junit,
    /// One JSON object per trial, one per line.
    Jsonl,
    /// Annotations for GitHub Actions.
    Github,
    /// One self-contained page.
    Html,
    /// One comment on a pull request.
    Markdown,
}

/// Which results to merge, and how to report them.
#[derive(Clone, Debug, Default)]
pub struct ReportRequest {
    /// Directories of runs, or with runs in them, of which the newest counts; without any, the
    /// newest run of this workspace.
    pub dirs: Vec<PathBuf>,
    /// Long trials should have results too.
    pub include_ignored: bool,
    /// How the merge is written.
    pub format: ReportFormat,
    /// The file to write to, in place of the standard output.
    pub out: Option<PathBuf>,
    /// Replaces a file at `out` that is not known as a report or a bundle.
    pub force: bool,
    /// The commit after which those that change both goldens and the program are named, in Markdown.
    pub since: Option<String>,
}

/// Merges the results of trials and holds them against the trials of the suite.
///
/// The status is that of the worst verdict; a trial without a result is a difference, and a result
/// that cannot be read bad input.
///
/// # Errors
/// There are no results, or something cannot be read or written.
pub fn report(
    suite: &Suite,
    request: &ReportRequest,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let runs = runs(suite, &request.dirs)?;
    let dirs: Vec<&Path> = runs.iter().map(Run::dir).collect();
    let file = Destination::if_named(suite, request.out.as_deref(), request.force, &dirs)?;
    let expected = aether_harness::runner::trials(suite)?;
    let merge = Merge::new(&expected, &runs, request.include_ignored)?;
    let mut text = Vec::new();
    match request.format {
        ReportFormat::Text => reports::write_text(&mut text, &merge)?,
        ReportFormat::Junit => reports::write_junit(&mut text, &merge)?,
        ReportFormat::Jsonl => reports::write_lines(&mut text, &merge)?,
        ReportFormat::Github => reports::write_github(&mut text, &merge)?,
        ReportFormat::Html => reports::write_page(&mut text, &merge)?,
        ReportFormat::Markdown => {
            let context = Context {
                typed: suite.typed().to_owned(),
                mixed_commits: match &request.since {
                    Some(since) => mixed_commits(suite.paths(), since)?,
                    None => Vec::new(),
                },
            };
            reports::write_markdown(&mut text, &merge, &context)?;
        }
    }
    console.deliver(&text, file.as_ref())?;
    if request.out.is_some() || request.format != ReportFormat::Text {
        writeln!(console.err, "{}", merge.summary())?;
    }
    Ok(status(&merge))
}

fn status(merge: &Merge) -> Status {
    let worst = merge
        .failed()
        .map(|result| Status::of(result.verdict))
        .max()
        .unwrap_or(Status::Done);
    if !merge.problems.is_empty() {
        Status::BadInput
    } else if merge.absent(Absence::Missing).next().is_some() {
        worst.max(Status::Difference)
    } else {
        worst
    }
}

fn runs(suite: &Suite, dirs: &[PathBuf]) -> Result<Vec<Run>, CommandError> {
    if dirs.is_empty() {
        let results = suite.paths().results();
        return match newest(&results)? {
            Some(run) => Ok(vec![run]),
            None => Err(CommandError::Usage(format!(
                "{}: there are no results yet; run the trials first: {}",
                suite.paths().display(&results),
                suite.typed_run()
            ))),
        };
    }
    let mut runs = Vec::new();
    for dir in dirs {
        let run = match Run::open(dir)? {
            Some(run) => Some(run),
            None => newest(dir)?,
        };
        let run = run.ok_or_else(|| {
            CommandError::Usage(format!("{}: there are no results in it", dir.display()))
        })?;
        if !runs.contains(&run) {
            runs.push(run);
        }
    }
    Ok(runs)
}

fn newest(results: &Path) -> Result<Option<Run>, CommandError> {
    Ok(Run::all(results)?.pop())
}
