//! What of the workflows runs here, and why the rest does not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aether_json::Value;

use super::expression::{check, condition, shown};
use super::stand_in::StandIn;
use super::workflow::{Action, Job, Step, Workflow};

/// The events in the order in which one is chosen for a job.
pub(super) const EVENTS: [&str; 4] = ["push", "pull_request", "schedule", "workflow_dispatch"];

/// Actions that no workflow of this repository uses, and where their steps are run.
const ACTIONS_ELSEWHERE: [(&str, &str); 1] = [(
    "gate",
    "other repositories use it; the test `gate::the_gate_keeps_one_comment_and_the_status` runs its scripts",
)];

/// A job for one entry of its matrix.
pub(super) struct Planned<'w> {
    pub(super) id: &'w str,
    /// Its name as GitHub shows it.
    pub(super) name: String,
    pub(super) job: &'w Job,
    pub(super) entry: Value,
    /// The event under which it runs; why it does not run here otherwise.
    pub(super) event: Result<&'static str, String>,
    /// What differs from GitHub's machine.
    pub(super) notes: Vec<String>,
}

/// What is done with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Does {
    Runs,
    StandsIn(&'static str),
    Not(String),
}

/// A step, with those of the actions that it uses in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) step: String,
    pub(super) condition: Option<String>,
    pub(super) does: Does,
}

/// The workflows and actions of a repository.
pub(super) struct Repository {
    pub(super) workflows: BTreeMap<String, Workflow>,
    /// By name.
    pub(super) actions: BTreeMap<String, Action>,
}

impl Repository {
    /// Reads what is below `.github`.
    ///
    /// # Errors
    /// Every file that cannot be read or has what is not known here.
    pub(super) fn read(root: &Path) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut workflows = BTreeMap::new();
        for path in entries(&root.join(".github/workflows")) {
            match Workflow::read(&path) {
                Ok(workflow) => drop(workflows.insert(name(&path), workflow)),
                Err(problem) => problems.push(problem),
            }
        }
        let mut actions = BTreeMap::new();
        for dir in entries(&root.join(".github/actions")) {
            match Action::read(&dir) {
                Ok(action) => drop(actions.insert(name(&dir), action)),
                Err(problem) => problems.push(problem),
            }
        }
        let repository = Self { workflows, actions };
        problems.extend(repository.problems());
        if problems.is_empty() {
            Ok(repository)
        } else {
            Err(problems)
        }
    }

    /// Steps that can be neither run nor said not to run, and expressions that are not known.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (file, workflow) in &self.workflows {
            let of_all = texts(&workflow.env).filter_map(Result::err);
            problems.extend(of_all.map(|why| format!("{file}: {why}")));
            for (id, job) in &workflow.jobs {
                let at = format!("{file}: {id}");
                let entries = job.entries();
                problems.extend(entries.as_ref().err().map(|why| format!("{at}: {why}")));
                let condition = job
                    .condition
                    .iter()
                    .map(shown)
                    .map(|text| condition(&text).map(drop));
                let names = entries
                    .iter()
                    .flatten()
                    .map(|entry| job.shown(id, entry).map(drop));
                let found = condition.chain(names).chain(texts(&job.env));
                problems.extend(
                    found
                        .filter_map(Result::err)
                        .map(|why| format!("{at}: {why}")),
                );
                for need in job
                    .needs()
                    .iter()
                    .filter(|need| !workflow.jobs.contains_key(*need))
                {
                    problems.push(format!("{at}: there is no job `{need}`"));
                }
                problems.extend(self.of_steps(&job.steps, &at));
            }
        }
        for (action, found) in &self.actions {
            problems.extend(self.of_steps(&found.runs.steps, &format!("action {action}")));
        }
        problems
    }

    fn of_steps(&self, steps: &[Step], at: &str) -> Vec<String> {
        let mut problems = Vec::new();
        for step in steps {
            let mut found: Vec<String> = expressions(step).err().into_iter().collect();
            match (&step.run, &step.uses) {
                (Some(_), None) => {
                    let shell = step.shell.as_deref().unwrap_or("bash");
                    if !["bash", "sh"].contains(&shell) {
                        found.push(format!("the shell `{shell}` is not known here"));
                    }
                }
                (None, Some(uses)) => match own(uses) {
                    Some(action) if !self.actions.contains_key(action) => {
                        found.push(format!("there is no action `{action}`"));
                    }
                    None if StandIn::of(uses).is_none() => found.push(format!(
                        "nothing stands in for `{uses}`: add it to xtask/src/ci/stand_in.rs"
                    )),
                    _ => {}
                },
                _ => found.push("a step has either `run` or `uses`".to_owned()),
            }
            problems.extend(
                found
                    .into_iter()
                    .map(|why| format!("{at}: {}: {why}", step.shown())),
            );
        }
        problems
    }

    /// Every job of every workflow; with `event`, as that event runs them.
    ///
    /// # Errors
    /// A condition has no value.
    pub(super) fn jobs(&self, event: Option<&str>) -> Result<Vec<Planned<'_>>, String> {
        let mut jobs = Vec::new();
        for workflow in self.workflows.values() {
            for id in in_order(workflow) {
                let job = &workflow.jobs[id];
                for entry in job.entries()? {
                    let chosen = chosen(workflow, job, event)?;
                    let machine = machine(job, &entry)?;
                    let mut notes = Vec::new();
                    if let Ok(Some(note)) = &machine {
                        notes.push(note.clone());
                    }
                    if job.container.is_some() {
                        notes.push("without its container".to_owned());
                    }
                    jobs.push(Planned {
                        id,
                        name: job.shown(id, &entry)?,
                        job,
                        event: machine.map(|_| ()).and(chosen),
                        entry,
                        notes,
                    });
                }
            }
        }
        Ok(jobs)
    }

    /// The steps of a job, with those of own actions in their place.
    pub(super) fn steps(&self, planned: &Planned<'_>) -> Vec<Listed> {
        let mut listed = Vec::new();
        self.list(&planned.job.steps, None, &mut listed);
        if let Err(why) = &planned.event {
            for step in &mut listed {
                step.does = Does::Not(why.clone());
            }
        }
        listed
    }

    /// The steps of actions that no workflow uses, by action.
    pub(super) fn unused(&self) -> Vec<(String, Vec<Listed>)> {
        let jobs = self
            .workflows
            .values()
            .flat_map(|workflow| workflow.jobs.values());
        let used: Vec<&str> = jobs
            .flat_map(|job| &job.steps)
            .filter_map(|step| own(step.uses.as_deref()?))
            .collect();
        let unused = self
            .actions
            .iter()
            .filter(|(name, _)| !used.contains(&name.as_str()));
        unused
            .map(|(name, action)| {
                let mut listed = Vec::new();
                self.list(&action.runs.steps, None, &mut listed);
                let known = ACTIONS_ELSEWHERE.iter().find(|(action, _)| action == name);
                let why = known.map_or("", |(_, why)| why);
                for step in &mut listed {
                    step.does = Does::Not(why.to_owned());
                }
                (name.clone(), listed)
            })
            .collect()
    }

    fn list(&self, steps: &[Step], outer: Option<&str>, listed: &mut Vec<Listed>) {
        for step in steps {
            let own_condition = step.condition.as_ref().map(shown);
            let condition = match (outer, own_condition) {
                (Some(outer), Some(inner)) => Some(format!("({outer}) && ({inner})")),
                (outer, inner) => inner.or(outer.map(str::to_owned)),
            };
            let uses = step.uses.as_deref().unwrap_or_default();
            if let Some(action) = own(uses).and_then(|name| self.actions.get(name)) {
                self.list(&action.runs.steps, condition.as_deref(), listed);
                continue;
            }
            let does = match StandIn::of(uses) {
                Some((_, description)) => Does::StandsIn(description),
                None if step.run.is_some() => Does::Runs,
                None => Does::Not(String::new()),
            };
            listed.push(Listed {
                step: step.shown(),
                condition,
                does,
            });
        }
    }
}

/// The name of an action of this repository.
pub(super) fn own(uses: &str) -> Option<&str> {
    uses.strip_prefix("./.github/actions/")
}

fn expressions(step: &Step) -> Result<(), String> {
    if let Some(text) = &step.condition {
        condition(&shown(text))?;
    }
    for text in [&step.run, &step.working_directory].into_iter().flatten() {
        check(text)?;
    }
    texts(&step.env).chain(texts(&step.with)).collect()
}

fn texts(values: &BTreeMap<String, Value>) -> impl Iterator<Item = Result<(), String>> {
    values.values().map(|value| check(&shown(value)))
}

/// The event under which a job is run, or why there is none.
fn chosen(
    workflow: &Workflow,
    job: &Job,
    asked: Option<&str>,
) -> Result<Result<&'static str, String>, String> {
    let wanted = EVENTS
        .into_iter()
        .filter(|event| asked.is_none_or(|asked| asked == *event));
    for event in wanted {
        if workflow.starts_on(event) && job.runs_on_event(event)? {
            return Ok(Ok(event));
        }
    }
    let condition = job.condition.as_ref().map_or_else(String::new, shown);
    Ok(Err(format!(
        "no event that is asked for meets `{condition}`"
    )))
}

/// What differs between the machine of a job and this one; why the job cannot run here, if it cannot.
fn machine(job: &Job, entry: &Value) -> Result<Result<Option<String>, String>, String> {
    let mut context = super::expression::Context::default();
    context.values.insert("matrix", entry.clone());
    let machine = super::expression::filled(&job.runs_on, &context)?;
    if !machine.starts_with("ubuntu-") {
        return Ok(Err(format!("{machine} is not a Linux machine")));
    }
    if !cfg!(target_os = "linux") {
        return Ok(Err("this machine is not a Linux machine".to_owned()));
    }
    let arch = if machine.ends_with("-arm") {
        "aarch64"
    } else {
        "x86_64"
    };
    let here = std::env::consts::ARCH;
    Ok(Ok(
        (arch != here).then(|| format!("on {here} in place of {arch}"))
    ))
}

/// The jobs of a workflow, each after those that it needs.
fn in_order(workflow: &Workflow) -> Vec<&str> {
    let mut order: Vec<&str> = Vec::new();
    let mut left: Vec<&str> = workflow.jobs.keys().map(String::as_str).collect();
    while !left.is_empty() {
        let is_ready = |id: &&str| {
            let needs = workflow.jobs[*id].needs();
            needs.iter().all(|need| order.contains(&need.as_str()))
        };
        // A circle is an error of the workflow, which GitHub reports; here it is broken anywhere.
        let at = left.iter().position(is_ready).unwrap_or(0);
        order.push(left.remove(at));
    }
    order
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    entries.sort();
    entries
}
