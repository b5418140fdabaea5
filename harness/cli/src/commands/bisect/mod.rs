//! `bisect`: finds every commit between two revisions at which the outputs of a scenario moved.
//!
//! | module | what it does |
//! | --- | --- |
//! | `found` | what was found, as data: moves with their groups, goldens and files |
//! | `text`, `json` | writes it |

mod found;
mod json;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use aether_harness::Suite;

pub(crate) use found::{Findings, Golden, Move, Row};
pub(in crate::commands) use found::{Place, error_text, reason};
pub(crate) use text::{file_lines, golden_lines, summary};

use super::{CommandError, Console, Status, chosen, valid};
use crate::destination::Destination;
use crate::html;
use crate::revision::cache::{Cache, Stored};
use crate::revision::graph::{Graph, Node};
use crate::revision::program::{How, Outcome, Programs, shortened};
use crate::revision::repository::{CommitInfo, Repository, WORKTREE};
use crate::revision::search::{Found, Known, Seen, Value, search};
use crate::revision::target::Target;

pub use crate::revision::target::InputsOf;

/// How what was found is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum BisectFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// One self-contained page.
    Html,
}

/// What to search, and how.
#[derive(Clone, Debug)]
pub struct BisectRequest {
    /// The scenarios; all if none is listed.
    pub names: Vec<String>,
    /// The revision after which commits are looked at.
    pub good: String,
    /// The last one.
    pub bad: String,
    /// Examine every commit.
    pub all: bool,
    /// The inputs that programs run with.
    pub inputs: InputsOf,
    /// The command that builds a revision, if it is not what the scenarios say.
    pub build: Option<String>,
    /// The test target that holds the scenarios of subjects in Rust.
    pub test: String,
    /// How what was found is written.
    pub format: BisectFormat,
    /// The file to write to, in place of the standard output.
    pub out: Option<PathBuf>,
    /// Replaces a file at `out` that is not known as a report or a bundle.
    pub force: bool,
}

/// What is known of one scenario.
#[derive(Default)]
struct State {
    known: Known,
    /// The digest of each value.
    values: Vec<String>,
    /// What one of the commits with each value produced.
    stored: Vec<Stored>,
    /// The value of each program that was run, and how often it was, by the commit that it was run at.
    counted: BTreeMap<String, (Value, usize)>,
    /// What the commits that differ from themselves produced.
    unsteady: BTreeMap<Node, Stored>,
    /// The commits that were looked for in the cache.
    asked: BTreeSet<Node>,
    runs: usize,
}

impl State {
    /// Learns what a commit produced.
    fn learn(&mut self, node: Node, stored: Stored) {
        if stored.again.is_some() {
            self.known.seen.insert(node, Seen::Unsteady);
            self.counted.remove(&stored.at);
            self.unsteady.insert(node, stored);
        } else {
            let position = self.values.iter().position(|value| *value == stored.output);
            let value = position.unwrap_or_else(|| {
                self.values.push(stored.output.clone());
                self.stored.push(stored.clone());
                self.values.len() - 1
            });
            self.known.seen.insert(node, Seen::Output(value));
            let counted = self.counted.entry(stored.at).or_insert((value, 0));
            *counted = (value, counted.1.max(stored.runs));
        }
        self.known.runs.clear();
        for (value, runs) in self.counted.values().copied() {
            *self.known.runs.entry(value).or_default() += runs;
        }
    }
}

/// Searches between two revisions.
///
/// # Errors
/// The revisions or scenarios do not exist, no revision can be built, or git or the cache fails.
pub fn bisect(
    suite: &Suite,
    request: &BisectRequest,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let file = Destination::if_named(suite, request.out.as_deref(), request.force, &[])?;
    let how = How {
        inputs: request.inputs,
        build: request.build.clone(),
        test: request.test.clone(),
    };
    let repository = Repository::of(suite.paths())?;
    let mut targets = Vec::new();
    for found in chosen(suite, &request.names)? {
        let scenario = valid(&found)?;
        targets.push(Target::of(suite, scenario, &how)?);
    }
    let cache = Cache::open(&repository, console.err)?;
    let mut programs = Programs::new(suite, &repository, &cache, how, &targets)?;
    let history = History::of(&repository, &programs, request)?;
    let mut states: Vec<State> = targets.iter().map(|_| State::default()).collect();
    let mut skipped: BTreeMap<Node, String> = BTreeMap::new();
    let found = loop {
        let found: Vec<Found> = states
            .iter()
            .map(|state| search(&history.graph, &state.known, request.all))
            .collect();
        if recall(&programs, &history, &targets, &mut states, &found) {
            continue;
        }
        let current = programs.current();
        let Some(node) = next(&found, |node| current == Some(history.graph.id(node))) else {
            break found;
        };
        let problem = examine(
            &mut programs,
            &history,
            &targets,
            &mut states,
            &found,
            node,
            console,
        )?;
        skipped.extend(problem.map(|problem| (node, problem)));
    };
    let is_built = states.iter().any(|state| {
        let mut seen = state.known.seen.values();
        seen.any(|seen| *seen != Seen::Unbuildable)
    });
    if !is_built && history.graph.commits() > 0 {
        let why = skipped.values().next_back().map_or("", String::as_str);
        return Err(CommandError::Usage(format!(
            "no revision can be built: {why}"
        )));
    }
    let findings = Findings::gather(&found::Gathered {
        repository: &repository,
        git: programs.checkout().git(),
        cache: &cache,
        history: &history,
        targets: &targets,
        states: &states,
        found: &found,
        skipped: &skipped,
    })?;
    write(&findings, request, file.as_ref(), console)?;
    Ok(if findings.is_quiet() {
        Status::Done
    } else {
        Status::Difference
    })
}

/// The commits between the revisions, and what is shown of them.
struct History {
    graph: Graph,
    infos: BTreeMap<String, CommitInfo>,
    good: String,
    bad: String,
    /// The commit that is the tree of now.
    worktree: Option<String>,
}

impl History {
    fn of(
        repository: &Repository,
        programs: &Programs<'_>,
        request: &BisectRequest,
    ) -> Result<Self, CommandError> {
        let mut worktree = None;
        let mut resolve = |revision: &str| {
            if revision != WORKTREE {
                return repository.commit(revision);
            }
            let head = repository.commit("HEAD")?;
            let commit = programs.checkout().worktree_commit(&head)?;
            if commit != head {
                worktree = Some(commit.clone());
            }
            Ok(commit)
        };
        let (good, bad) = (resolve(&request.good)?, resolve(&request.bad)?);
        let git = programs.checkout().git();
        let listed = Repository::between(git, &good, &bad)?;
        let mut commits = Vec::new();
        let mut infos = BTreeMap::new();
        for commit in listed {
            infos.insert(commit.id.clone(), commit.info);
            commits.push((commit.id, commit.parents));
        }
        let outside = commits.iter().flat_map(|(_, parents)| parents);
        let outside: BTreeSet<&String> = outside.filter(|id| !infos.contains_key(*id)).collect();
        let mut asked: Vec<&str> = vec!["--no-walk=unsorted", &good];
        asked.extend(outside.iter().map(|id| id.as_str()));
        let asked = Repository::list(git, &asked)?;
        infos.extend(asked.into_iter().map(|commit| (commit.id, commit.info)));
        if let Some(info) = worktree.as_ref().and_then(|commit| infos.get_mut(commit)) {
            info.date = crate::date::today();
        }
        Ok(Self {
            graph: Graph::new(&good, &commits).expect("the bad revision comes after the good one"),
            infos,
            good,
            bad,
            worktree,
        })
    }

    fn place(&self, node: Node) -> Place {
        self.place_of(self.graph.id(node))
    }

    fn place_of(&self, id: &str) -> Place {
        let info = self.infos.get(id);
        Place {
            commit: if self.worktree.as_deref() == Some(id) {
                WORKTREE.to_owned()
            } else {
                id.to_owned()
            },
            date: info.map_or_else(String::new, |info| info.date.clone()),
            subject: info.map_or_else(String::new, |info| info.subject.clone()),
        }
    }
}

/// Takes what is wanted from the cache; whether there was something.
fn recall(
    programs: &Programs<'_>,
    history: &History,
    targets: &[Target],
    states: &mut [State],
    found: &[Found],
) -> bool {
    let mut has_learned = false;
    for ((target, state), found) in targets.iter().zip(states).zip(found) {
        for node in found.wanted.iter().map(|want| want.node()) {
            if state.known.seen.contains_key(&node) || !state.asked.insert(node) {
                continue;
            }
            if let Some(stored) = programs.known(target, history.graph.id(node)) {
                state.learn(node, stored);
                has_learned = true;
            }
        }
    }
    has_learned
}

/// The commit to examine next: the one that is checked out, else the one that most scenarios want.
fn next(found: &[Found], is_current: impl Fn(Node) -> bool) -> Option<Node> {
    let mut counts: BTreeMap<Node, usize> = BTreeMap::new();
    for want in found.iter().flat_map(|found| &found.wanted) {
        *counts.entry(want.node()).or_default() += 1;
    }
    let best =
        |(node, count): &(&Node, &usize)| (is_current(**node), **count, std::cmp::Reverse(**node));
    counts.iter().max_by_key(best).map(|(&node, _)| node)
}

/// Runs at a commit whatever scenarios want it; why it cannot be built, if so.
fn examine(
    programs: &mut Programs<'_>,
    history: &History,
    targets: &[Target],
    states: &mut [State],
    found: &[Found],
    node: Node,
    console: &mut Console<'_>,
) -> Result<Option<String>, CommandError> {
    let id = history.graph.id(node);
    let mut problem = None;
    let mut runs = 0;
    for ((target, state), found) in targets.iter().zip(states).zip(found) {
        if !found.wanted.iter().any(|want| want.node() == node) {
            continue;
        }
        match programs.run(target, id)? {
            Outcome::Unbuildable(why) => {
                state.known.seen.insert(node, Seen::Unbuildable);
                problem = Some(why);
            }
            Outcome::Ran(stored, is_own) => {
                state.runs += usize::from(is_own);
                runs += usize::from(is_own);
                state.learn(node, stored);
            }
        }
    }
    let what = match &problem {
        Some(why) => format!("skipped: {}", shortened(why)),
        None if runs == 0 => "as another revision with the same program".to_owned(),
        None => format!("ran {}", aether_harness::counted(runs as u64, "scenario")),
    };
    let place = history.place(node);
    let line = format!("{} {} {}: {what}", place.short(), place.date, place.subject);
    writeln!(
        console.err,
        "{}",
        aether_harness::report::visible_line(&line)
    )?;
    Ok(problem)
}

fn write(
    findings: &Findings,
    request: &BisectRequest,
    file: Option<&Destination>,
    console: &mut Console<'_>,
) -> Result<(), CommandError> {
    let mut text = Vec::new();
    match request.format {
        BisectFormat::Text => text::write(findings, &mut text)?,
        BisectFormat::Json => json::write(findings, &mut text)?,
        BisectFormat::Html => html::bisect::write(findings, &mut text)?,
    }
    console.deliver(&text, file)
}
