//! `against`: runs the program of now and that of a revision on scenarios and on cases made of them, and compares
//! what they produce.
//!
//! | module | what it does |
//! | --- | --- |
//! | `comparison` | runs both programs on the cases of a scenario, in batches, and keeps what came of them |
//! | `both` | what both programs make of a case, and whether it is the same |
//! | `found` | what was found, as data |
//! | `text`, `json` | writes it |
//! | `keep` | makes scenarios of the smallest cases |

mod both;
mod comparison;
mod found;
mod json;
mod keep;
mod text;

use std::path::PathBuf;

use aether_harness::Suite;
use aether_harness::report::visible_line;
use aether_harness::scenario::Runtime;

use super::bisect::InputsOf;
use super::{CommandError, Console, Listing, Status, accept, chosen, new, valid};
use crate::destination::Destination;
use crate::revision::cache::Cache;
use crate::revision::program::{How, Programs};
use crate::revision::repository::Repository;
use crate::revision::target::Target;
use comparison::{Comparison, Now};
use found::{Findings, Ran};

/// What to compare, and how.
#[derive(Clone, Debug)]
pub struct AgainstRequest {
    /// The revision to compare with.
    pub rev: String,
    /// The scenarios; all but long ones if none is listed.
    pub names: Vec<String>,
    /// Cases made of each scenario, beside the scenario itself.
    pub cases: u64,
    /// What the cases are made from.
    pub seed: u64,
    /// The one case to run, 0 for the scenario itself; all of them without it.
    pub case: Option<u64>,
    /// The command that builds the revision, if it is not what the scenarios say.
    pub build: Option<String>,
    /// The test target that holds the scenarios of subjects in Rust.
    pub test: String,
    /// Whether to make a scenario of a case of each group, and its name if one is given.
    pub keep: Option<Option<String>>,
    /// The variable `CI`: no scenario with goldens is made for it.
    pub ci: Option<String>,
    /// The date of scenarios that are made.
    pub date: String,
    /// How what was found is written.
    pub format: Listing,
    /// The file to write to, in place of the standard output.
    pub out: Option<PathBuf>,
    /// Replaces a file at `out` that is not known as a report or a bundle.
    pub force: bool,
}

/// Compares the program of now with that of a revision.
///
/// # Errors
/// The revision or a scenario does not exist, the revision cannot be built, or git or the cache fails.
pub fn against(
    suite: &Suite,
    request: &AgainstRequest,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let file = Destination::if_named(suite, request.out.as_deref(), request.force, &[])?;
    let how = How {
        inputs: InputsOf::Now,
        build: request.build.clone(),
        test: request.test.clone(),
    };
    if let Some(name) = &request.keep {
        accept::refuse_under_ci(request.ci.as_deref())?;
        if let Some(name) = name {
            new::free(suite, name)?;
        }
    }
    let repository = Repository::of(suite.paths())?;
    let mut found = chosen(suite, &request.names)?;
    if request.names.is_empty() {
        found.retain(|found| {
            let scenario = found.scenario.as_ref();
            scenario.map_or(true, |scenario| scenario.runtime != Runtime::Long)
        });
    }
    let mut targets = Vec::new();
    let mut scenarios = Vec::new();
    for found in &found {
        let scenario = valid(found)?;
        targets.push(Target::of(suite, scenario, &how)?);
        scenarios.push(scenario);
    }
    let rev = repository.commit(&request.rev)?;
    let cache = Cache::open(&repository, console.err)?;
    let mut programs = Programs::new(suite, &repository, &cache, how, &targets)?;
    let head = repository.commit("HEAD")?;
    let now = Now::of(programs.checkout().worktree_commit(&head)?)?;
    let mut findings = Findings::new(request, programs.checkout().git(), &rev)?;
    for (target, scenario) in targets.iter().zip(&scenarios) {
        let program = programs.program_digest(target, &now.commit)?;
        let ran = if program == programs.program_digest(target, &rev)? {
            Ran::same_program(&target.name)
        } else {
            let mut comparison = Comparison {
                suite,
                scenario,
                target,
                programs: &mut programs,
                cache: &cache,
                rev: &rev,
                now: &now,
                program,
                request,
            };
            comparison.run(&mut findings)?
        };
        let line = format!("{}: {}", ran.name, ran.summary());
        writeln!(console.err, "{}", visible_line(&line))?;
        findings.ran.push(ran);
    }
    // A search for smaller cases opens them again.
    drop(programs);
    drop(cache);
    let findings = findings.grouped();
    write(&findings, suite, request, file.as_ref(), console)?;
    if let Some(name) = &request.keep {
        keep::keep(suite, request, &findings, name.as_deref(), console)?;
    }
    Ok(if findings.is_quiet() {
        Status::Done
    } else {
        Status::Difference
    })
}

fn write(
    findings: &Findings,
    suite: &Suite,
    request: &AgainstRequest,
    file: Option<&Destination>,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let mut text = Vec::new();
    match request.format {
        Listing::Text => text::write(findings, suite, request, &mut text)?,
        Listing::Json => json::write(findings, &mut text)?,
    }
    console.deliver(&text, file)
}
