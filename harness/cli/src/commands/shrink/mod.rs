//! `shrink`: finds the smallest inputs that show the same fault.
//!
//! | module | what it does |
//! | --- | --- |
//! | `text`, `json` | writes what was found |

mod json;
mod text;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aether_disk as fs;
use aether_harness::evaluate::{CheckRun, Evaluation};
use aether_harness::exec::RunFailure;
use aether_harness::scenario::{SCENARIO_FILE, ScenarioName};
use aether_harness::{Check, Scenario, Suite, counted};

use super::{CommandError, Console, Listing, Status, accept, chosen, new, valid};
use crate::revision::cache::Cache;
use crate::revision::golden::golden_program;
use crate::revision::program::{How, Programs};
use crate::revision::repository::{Repository, WORKTREE};
use crate::revision::target::{InputsOf, Target};
use crate::shrink::examine::Examiner;
use crate::shrink::fault::{Fault, Kind, Seen};
use crate::shrink::keep::{Goldens, Kept, keep};
use crate::shrink::other::{AtRevision, Other};
use crate::shrink::source::{Size, Source};
use crate::shrink::workspace::{Workspace, read_files};
use crate::shrink::{Progress, Smallest, Wanted, now, shrink as shrunk};

/// What to shrink, and how.
#[derive(Clone)]
pub struct ShrinkRequest {
    /// The scenario; `None` if `case` is given.
    pub name: Option<String>,
    /// A directory that could be a scenario.
    pub case: Option<PathBuf>,
    /// The revision whose program is compared with that of now; `None` for the one that made the goldens.
    pub against: Option<String>,
    /// A suite with other subjects, which are compared with those of the suite in place of any revision.
    pub other: Option<Suite>,
    /// The name under which what was found becomes a scenario.
    pub keep: Option<String>,
    /// Accept a different first divergence, or a different error.
    pub any: bool,
    /// How long the search may take.
    pub budget: Option<Duration>,
    /// Most candidates that are tried; `None` for a number that grows with the inputs.
    pub candidates: Option<u64>,
    /// The command that builds the revision, if it is not what the scenarios say.
    pub build: Option<String>,
    /// The test target that holds the scenarios of subjects in Rust.
    pub test: String,
    /// How what was found is written.
    pub format: Listing,
    /// The variable `CI`: goldens are not written for it.
    pub ci: Option<String>,
    /// The date of a scenario that is kept.
    pub date: String,
}

impl Default for ShrinkRequest {
    fn default() -> Self {
        Self {
            name: None,
            case: None,
            against: None,
            other: None,
            keep: None,
            any: false,
            budget: None,
            candidates: None,
            build: None,
            test: "scenarios".to_owned(),
            format: Listing::default(),
            ci: None,
            date: String::new(),
        }
    }
}

/// What is shrunk.
pub(super) struct Given {
    pub(super) name: ScenarioName,
    pub(super) dir: PathBuf,
    /// The directory whose `defaults.toml` applies.
    pub(super) defaults: PathBuf,
    /// As people call it.
    pub(super) from: String,
    /// The scenario, if the suite has it; of a case that was made of a scenario, that one.
    pub(super) scenario: Option<Scenario>,
    /// The text of its `scenario.toml`.
    pub(super) settings: String,
}

/// What was found, with its names.
pub(super) struct Report {
    name: ScenarioName,
    pub(super) found: Smallest,
    /// The other program, as people call it.
    against: Option<String>,
    runs: u64,
    kept: Option<String>,
    budget: Option<Duration>,
}

/// Finds the smallest inputs that show the same fault as a scenario.
///
/// # Errors
/// The scenario does not fail or cannot be shrunk, the other program cannot be built, or files cannot be written.
pub fn shrink(
    suite: &Suite,
    request: &ShrinkRequest,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let report = search(suite, request, &Given::of(suite, request)?, console.err)?;
    match request.format {
        Listing::Text => text::write(suite, &report, console.out)?,
        Listing::Json => json::write(&report, console.out)?,
    }
    Ok(Status::Done)
}

/// Finds the smallest inputs that show the same fault, and keeps them if that is asked for.
///
/// # Errors
/// As [`shrink`].
pub(super) fn search(
    suite: &Suite,
    request: &ShrinkRequest,
    given: &Given,
    err: &mut dyn Write,
) -> Result<Report, CommandError> {
    let deadline = request.budget.and_then(|budget| now().checked_add(budget));
    let name = &given.name;
    let kept_as = match &request.keep {
        Some(name) => Some(new::free(suite, name)?),
        None => None,
    };
    let usage = |problem: String| CommandError::Usage(format!("{name}: {problem}"));
    let defaults = given.defaults.as_path();
    let mut workspace = Workspace::new(suite, name, defaults)?;
    let own = read_files(&given.dir)?;
    let scenario = workspace.put(&given.settings, &own)?.map_err(usage)?;
    let input = |failure: RunFailure| CommandError::input_of(name, &failure);
    CheckRun::build(suite, &scenario).map_err(input)?;
    let run = CheckRun::open(workspace.suite(), &scenario, &Check::Golden).map_err(input)?;
    let starts_program = scenario.subject().starts_program();
    let source = Source::new(run.prepared(), scenario.dir(), starts_program)
        .map_err(|failure| CommandError::input_of(name, &failure))?;

    // What a program of a revision borrows.
    let (repository, cache, targets);
    let candidates = Workspace::new(suite, name, defaults)?;
    let mut examiner = Examiner::new(candidates, given.settings.clone(), scenario.time_limit);
    let against = against(suite, request, given)?;
    if let Some(other) = &request.other {
        examiner.compare_with(Other::Here {
            workspace: Box::new(Workspace::new(other, name, defaults)?),
            settings: given.settings.clone(),
        });
    } else if let Against::Revision(revision) = &against {
        let how = How {
            inputs: InputsOf::Now,
            build: request.build.clone(),
            test: request.test.clone(),
        };
        repository = Repository::of(suite.paths())?;
        cache = Cache::open(&repository, err)?;
        targets = [Target::of(
            suite,
            given.scenario.as_ref().unwrap_or(&scenario),
            &how,
        )?];
        let programs = Programs::new(suite, &repository, &cache, how, &targets)?;
        let commit = if revision == WORKTREE {
            let head = repository.commit("HEAD")?;
            programs.checkout().worktree_commit(&head)?
        } else {
            repository.commit(revision)?
        };
        examiner.compare_with(Other::Revision(Box::new(AtRevision {
            programs,
            target: &targets[0],
            commit,
            settings: AtRevision::settings(&scenario)?,
            expect: scenario.expect,
            starts_program,
        })));
    }

    let start = source
        .start()
        .map_err(|failure| CommandError::input_of(name, &failure))?;
    let files = source
        .files(&start)
        .map_err(|failure| CommandError::input_of(name, &failure))?;
    let (seen, took) = examiner.find(&files, true)?;
    let fault = match seen {
        Seen::Fault(fault) => *fault,
        Seen::Invalid(problem) => return Err(usage(problem)),
        Seen::Fine(_) => return Err(usage(against.why_not(request, &scenario))),
    };
    let is_mismatch = matches!(fault.kind, Kind::Mismatch { .. });
    if kept_as.is_some() && is_mismatch {
        accept::refuse_under_ci(request.ci.as_deref())?;
    }
    let wanted = Wanted {
        any: request.any,
        deadline,
        candidates_max: request.candidates,
    };
    let is_terminal = std::io::stderr().is_terminal();
    let mut progress = |progress: &Progress| {
        if is_terminal {
            let line = progress_line(progress);
            // Progress that cannot be shown is not missed.
            let _ = write!(err, "\r{line}\x1b[K").and_then(|()| err.flush());
        }
    };
    let found = shrunk(&source, &mut examiner, fault, took, &wanted, &mut progress)?;
    if is_terminal {
        let _ = write!(err, "\r\x1b[K");
    }
    let against = against.shown(request);
    let kept = match &kept_as {
        None => None,
        Some(new_name) => {
            let origin = Origin {
                given,
                against: against.as_deref(),
                request,
            };
            origin.keep(suite, new_name, &found, &mut examiner)?;
            Some(new_name.to_string())
        }
    };
    Ok(Report {
        name: name.clone(),
        found,
        against: against.filter(|_| is_mismatch),
        runs: examiner.runs(),
        kept,
        budget: request.budget,
    })
}

fn progress_line(progress: &Progress) -> String {
    let Progress { runs, size } = progress;
    format!("{}: {}", counted(*runs, "run"), shown_size(*size))
}

pub(super) fn shown_size(size: Size) -> String {
    format!(
        "{} in {}",
        counted(size.values as u64, "value"),
        counted(size.bytes as u64, "byte")
    )
}

impl Given {
    fn of(suite: &Suite, request: &ShrinkRequest) -> Result<Self, CommandError> {
        let (name, dir, scenario) = match (&request.name, &request.case) {
            (Some(name), None) => {
                let found = chosen(suite, std::slice::from_ref(name))?.remove(0);
                let scenario = valid(&found)?.clone();
                let name = scenario.name().clone();
                (name, scenario.dir().to_owned(), Some(scenario))
            }
            (None, Some(dir)) => {
                let shown = dir.display();
                let dir = fs::canonicalize(dir)
                    .map_err(|error| CommandError::input_of(&shown, &error))?;
                let last = dir.file_name().unwrap_or_default().to_string_lossy();
                let name = ScenarioName::new(last.as_ref())
                    .map_err(|error| CommandError::Usage(format!("{shown}: {error}")))?;
                (name, dir, None)
            }
            _ => {
                let problem = "name a scenario, or a directory with --case";
                return Err(CommandError::Usage(problem.to_owned()));
            }
        };
        let path = dir.join(SCENARIO_FILE);
        let settings = fs::read_to_string(&path)
            .map_err(|error| CommandError::input_of(path.display(), &error))?;
        Ok(Self {
            from: match &request.case {
                Some(dir) => dir.display().to_string(),
                None => name.to_string(),
            },
            defaults: dir.parent().unwrap_or(Path::new(".")).to_owned(),
            name,
            dir,
            scenario,
            settings,
        })
    }
}

/// Which program the one of now is compared with.
enum Against {
    Revision(String),
    /// None, and why the goldens do not say which one.
    Unknown(String),
    /// None: there are no goldens.
    NoGoldens,
    /// None: nothing differs from the goldens.
    Matching,
}

/// The program that was asked for, else the one that made the goldens, if they are not matched.
fn against(suite: &Suite, request: &ShrinkRequest, given: &Given) -> Result<Against, CommandError> {
    if let Some(revision) = &request.against {
        return Ok(Against::Revision(revision.clone()));
    }
    let Some(scenario) = &given.scenario else {
        return Ok(Against::NoGoldens);
    };
    if request.other.is_some() {
        return Ok(Against::Matching);
    }
    if !suite.paths().snapshot(&given.name).is_dir() {
        return Ok(Against::NoGoldens);
    }
    if Evaluation::new(suite, scenario, []).is_match() {
        return Ok(Against::Matching);
    }
    Ok(match golden_program(suite.paths(), &given.name) {
        Ok(program) => Against::Revision(program.commit),
        Err(why) => Against::Unknown(why.to_string()),
    })
}

impl Against {
    /// Why a scenario that shows no fault cannot be shrunk.
    fn why_not(&self, request: &ShrinkRequest, scenario: &Scenario) -> String {
        let is_expected = scenario.expect == aether_harness::Expect::Failure;
        let fails = if is_expected {
            "it succeeds, although it is expected to fail, as any inputs do that are valid"
        } else {
            "it does not fail"
        };
        match self.shown(request) {
            Some(shown) => format!(
                "{fails}, and the program of now produces what {shown} does: there is nothing to shrink"
            ),
            None => match self {
                Self::Matching if !is_expected => {
                    format!("{fails}, and matches its goldens: there is nothing to shrink")
                }
                Self::Unknown(why) => format!(
                    "{fails} by itself, and of the program that made its goldens only this is known: {why}; \
                     name a revision to compare with: --against REV"
                ),
                _ => format!("{fails} by itself; name a revision to compare with: --against REV"),
            },
        }
    }

    /// The other program, as people call it.
    fn shown(&self, request: &ShrinkRequest) -> Option<String> {
        if request.other.is_some() {
            return Some("the other program".to_owned());
        }
        match self {
            Self::Revision(revision) => {
                let is_id = revision.len() == 40 && revision.bytes().all(|b| b.is_ascii_hexdigit());
                let short = if is_id { &revision[..10] } else { revision };
                Some(format!("the program at {short}"))
            }
            Self::Unknown(_) | Self::NoGoldens | Self::Matching => None,
        }
    }
}

/// Where a scenario that is kept comes from.
struct Origin<'f> {
    given: &'f Given,
    against: Option<&'f str>,
    request: &'f ShrinkRequest,
}

impl Origin<'_> {
    fn keep(
        &self,
        suite: &Suite,
        name: &ScenarioName,
        found: &Smallest,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), CommandError> {
        let is_mismatch = matches!(found.fault.kind, Kind::Mismatch { .. });
        let from = &self.given.from;
        let date = &self.request.date;
        let goldens = match examiner.other().filter(|_| is_mismatch) {
            None => None,
            Some(other) => {
                let made = other.produce(&[&found.files], false)?.remove(0);
                let artefacts = made.ok_or_else(|| {
                    CommandError::Refused(format!(
                        "{name}: the other program does not produce it twice, and it is not kept"
                    ))
                })?;
                let shown = self.against.unwrap_or("the other program");
                let commit = match other {
                    Other::Here { .. } => None,
                    Other::Revision(there) => Some(there.commit.clone()),
                };
                Some(Goldens {
                    artefacts,
                    date: date.clone(),
                    reason: format!("what {shown} produces, shrunk from {from}"),
                    commit,
                })
            }
        };
        let revision =
            Repository::of(suite.paths()).and_then(|repository| repository.commit("HEAD"));
        let revision = revision.unwrap_or_else(|_| "no commit".to_owned());
        let mut provenance = vec![
            format!("Shrunk from {from} on {date}, at {revision}."),
            format!("{}: {}", found.fault.verdict, described(&found.fault)),
        ];
        provenance.extend(
            self.against
                .filter(|_| is_mismatch)
                .map(|shown| format!("Its goldens are what {shown} produces.")),
        );
        provenance.push(format!(
            "{} were {}.",
            shown_size(found.after),
            shown_size(found.before)
        ));
        let text = |line: String| aether_harness::report::visible_line(&line).into_owned();
        keep(
            suite,
            &Kept {
                name,
                files: &found.files,
                fault: &found.fault,
                settings: &self.given.settings,
                description: text(format!(
                    "The smallest inputs of {from} with {}: {}",
                    found.fault.verdict,
                    described(&found.fault)
                )),
                provenance: provenance.into_iter().map(text).collect(),
                goldens,
            },
        )
    }
}

/// A fault in one line.
fn described(fault: &Fault) -> String {
    match &fault.first {
        Some(first) => first.lead(),
        None => crate::revision::program::shortened(&fault.message),
    }
}
