//! `cargo xtask ci`: runs the steps of the workflows' Linux jobs on this machine, in a clean clone.
//!
//! ```text
//! .github ──▶ workflow (files) ──▶ plan (what runs, and why not) ──▶ job (steps) ──▶ summary
//!                  expression ────────────┴──────────────────────────────┤
//!                                          stand_in (actions of others) ─┘
//! ```
//!
//! It is a command, and no test runs it over this repository: the test suite is one of the steps. What it runs is
//! what the files say; what it cannot run, it names with the reason. It writes only below `ci/` in the target directory.

mod expression;
mod files;
mod job;
mod plan;
mod stand_in;
#[cfg(test)]
mod tests;
mod workflow;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};

use aether_harness::Layout;
use aether_json::{Value, json};

use job::{Jobs, StepResult, Stopped, Wanted};
use plan::{Does, EVENTS, Listed, Planned, Repository};
use stand_in::{Ended, Places};

/// Runs the steps of the workflows' Linux jobs here, in a clean clone of the commit that is checked out.
///
/// Exit status: 0 what ran passed; 1 a step failed; 2 the workflows have what is not known here, or there is no
/// such job; 3 an I/O failure.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Lists every step of every workflow and action: what runs, what stands in for it, and what does not run and why.
    #[arg(long)]
    list: bool,
    /// Only this job: its id, or its name as GitHub shows it. May be repeated.
    #[arg(long = "job", value_name = "NAME")]
    jobs: Vec<String>,
    /// Only `run` steps with this in their name, or in the first line that they run.
    #[arg(long, value_name = "TEXT")]
    step: Option<String>,
    /// Run jobs as this event does; without it, each as the first event that runs it.
    #[arg(long, value_name = "EVENT", value_parser = EVENTS)]
    event: Option<String>,
    /// Take the step with this in its name as failed, to see what runs then.
    #[arg(long, value_name = "TEXT")]
    fail: Option<String>,
    /// Let `apt-get` of a step install packages on this machine.
    #[arg(long)]
    install: bool,
}

impl Args {
    /// Does it for the repository at `root`.
    pub(crate) fn run(&self, root: &Path) -> ExitCode {
        let dir = Layout::new(root).target().join("ci");
        match self.ended_in(root, &dir) {
            Ok(false) => ExitCode::SUCCESS,
            Ok(true) => ExitCode::from(1),
            Err(Stopped::Unknown(problem)) => {
                say(&format!("error: {problem}"));
                ExitCode::from(2)
            }
            Err(Stopped::Io(error)) => {
                say(&format!("error: {error}"));
                ExitCode::from(3)
            }
        }
    }

    /// Runs or lists the steps, and writes below `dir`; whether one failed.
    fn ended_in(&self, root: &Path, dir: &Path) -> Result<bool, Stopped> {
        let repository = Repository::read(root).map_err(|problems| problems.join("\n"))?;
        let jobs = repository.jobs(self.event.as_deref())?;
        let is_named = |job: &&Planned<'_>| {
            self.jobs.is_empty()
                || self
                    .jobs
                    .iter()
                    .any(|name| *name == job.id || *name == job.name)
        };
        if let Some(name) = self.jobs.iter().find(|name| {
            !jobs
                .iter()
                .any(|job| **name == job.id || **name == job.name)
        }) {
            let known: Vec<&str> = jobs.iter().map(|job| job.id).collect();
            let near = aether_json::nearest(name, known.iter().copied());
            let hint = near.map_or_else(
                || known.join(", "),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Stopped::Unknown(format!(
                "there is no job `{name}`; {hint}"
            )));
        }
        let selected: Vec<&Planned<'_>> = jobs.iter().filter(is_named).collect();
        if self.list {
            let listed = listed(&repository, &selected, self.jobs.is_empty());
            write!(io::stdout(), "{listed}")?;
            return Ok(false);
        }
        let places = Places {
            root: root.canonicalize()?,
            all: dir.to_owned(),
        };
        let commit = commit(root)?;
        self.run_all(&repository, &selected, &places, &commit)
    }

    fn run_all(
        &self,
        repository: &Repository,
        selected: &[&Planned<'_>],
        places: &Places,
        commit: &str,
    ) -> Result<bool, Stopped> {
        std::fs::create_dir_all(&places.all)?;
        places.write_commands(self.install)?;
        let summary = places.all.join("summary.md");
        stand_in::remove(&summary)?;
        let wanted = Wanted {
            step: self.step.clone(),
            fail: self.fail.clone(),
        };
        let mut results: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
        let mut said = String::new();
        let mut has_failed = false;
        for planned in selected {
            let (result, steps) = match &planned.event {
                Err(why) => ("skipped", Err(why.clone())),
                Ok(event) => {
                    let jobs = Jobs {
                        repository,
                        places,
                        wanted: &wanted,
                        env: env_of(repository, planned),
                        commit,
                        needs: needs(planned, &results),
                    };
                    if holds(planned, event, &jobs.needs)? {
                        let steps = jobs.run(planned, event)?;
                        (result(&steps), Ok(steps))
                    } else {
                        ("skipped", Err("its condition does not hold".to_owned()))
                    }
                }
            };
            has_failed |= result == "failure";
            results.entry(planned.id).or_default().push(result);
            describe(&mut said, planned, &steps);
        }
        let mut out = io::stdout();
        writeln!(out, "\n{said}")?;
        if summary.is_file() {
            writeln!(out, "the summaries of steps are in {}", summary.display())?;
        }
        Ok(has_failed)
    }
}

/// Says something on standard error. If that cannot be written, nobody can be told, and the status stays.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Whether a job runs, given how those that it needs ended.
fn holds(planned: &Planned<'_>, event: &str, needs: &Value) -> Result<bool, String> {
    let failed =
        |job: &String| needs.get(job).and_then(|job| job.get("result")) != Some(&json!("success"));
    let mut context = expression::Context {
        has_failed: planned.job.needs().iter().any(failed),
        ..expression::Context::default()
    };
    context.values.insert("needs", needs.clone());
    let github = json!({ "event_name": event, "event": {} });
    context.values.insert("github", github);
    let text = planned.job.condition.as_ref();
    let text = text.map_or("success()".to_owned(), expression::shown);
    expression::condition(&text)?.holds(&context)
}

/// How the jobs ended that a job needs; those that were not asked for count as done.
fn needs(planned: &Planned<'_>, results: &BTreeMap<&str, Vec<&'static str>>) -> Value {
    let ended = |job: &String| {
        let results = results.get(job.as_str()).map_or(&[][..], Vec::as_slice);
        let result = if results.contains(&"failure") {
            "failure"
        } else if !results.is_empty() && results.iter().all(|result| *result == "skipped") {
            "skipped"
        } else {
            "success"
        };
        (job.clone(), json!({ "result": result, "outputs": {} }))
    };
    Value::Object(planned.job.needs().iter().map(ended).collect())
}

/// The variables of the workflow that a job is part of.
fn env_of<'a>(repository: &'a Repository, planned: &Planned<'_>) -> &'a BTreeMap<String, Value> {
    let mut workflows = repository.workflows.values();
    let of_job = workflows.find(|workflow| {
        let job = workflow.jobs.get(planned.id);
        job.is_some_and(|job| std::ptr::eq(job, planned.job))
    });
    &of_job.expect("a planned job is part of a workflow").env
}

fn result(steps: &[StepResult]) -> &'static str {
    if steps
        .iter()
        .any(|step| matches!(step.ended, Ended::Failed(_)))
    {
        "failure"
    } else if steps
        .iter()
        .any(|step| matches!(step.ended, Ended::Ends(_)))
    {
        "skipped"
    } else {
        "success"
    }
}

/// The commit that is checked out. What is not committed is not part of a clean clone.
fn commit(root: &Path) -> Result<String, Stopped> {
    let git = |args: &[&str]| -> Result<String, Stopped> {
        let output = Command::new("git").current_dir(root).args(args).output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(Stopped::Unknown(format!("git {}: {said}", args.join(" "))))
    };
    let changed = git(&["status", "--porcelain"])?.lines().count();
    if changed > 0 {
        let files = aether_harness::counted(changed as u64, "file");
        say(&format!(
            "warning: {files} differ from the commit, and the clone has only what is committed"
        ));
    }
    git(&["rev-parse", "HEAD"])
}

/// What became of a job, for the summary.
fn describe(said: &mut String, planned: &Planned<'_>, steps: &Result<Vec<StepResult>, String>) {
    let notes = planned.notes.iter().map(|note| format!(", {note}"));
    let notes: String = notes.collect();
    let steps = match steps {
        Err(why) => {
            let _ = writeln!(said, "{}: not run: {why}", planned.name);
            return;
        }
        Ok(steps) => steps,
    };
    let _ = writeln!(said, "{}: {}{notes}", planned.name, result(steps));
    for StepResult { name, ended, took } in steps {
        let (word, why) = match ended {
            Ended::Passed => ("passed", String::new()),
            Ended::Failed(why) => ("FAILED", format!(": {why}")),
            Ended::Skipped(why) => ("skipped", format!(": {why}")),
            Ended::NotHere(why) | Ended::Ends(why) => ("not run", format!(": {why}")),
        };
        let took = match took.as_secs_f64() {
            seconds if seconds >= 0.1 => format!(" ({seconds:.1} s)"),
            _ => String::new(),
        };
        let _ = writeln!(said, "  {word:<8}{name}{why}{took}");
    }
}

/// Every step, with what is done with it.
fn listed(repository: &Repository, jobs: &[&Planned<'_>], is_all: bool) -> String {
    let mut text = String::new();
    for planned in jobs {
        let event = planned
            .event
            .as_ref()
            .map_or(String::new(), |event| format!(" [{event}]"));
        let notes = planned.notes.iter().map(|note| format!(", {note}"));
        let notes: String = notes.collect();
        let _ = writeln!(text, "{}: {}{event}{notes}", planned.id, planned.name);
        list(&mut text, &repository.steps(planned));
    }
    let unused = repository.unused();
    for (action, steps) in unused.iter().filter(|_| is_all) {
        let _ = writeln!(text, "action {action}");
        list(&mut text, steps);
    }
    text
}

fn list(text: &mut String, steps: &[Listed]) {
    for step in steps {
        let (word, why) = match &step.does {
            Does::Runs => ("runs", String::new()),
            Does::StandsIn(what) => ("stand-in", format!(": {what}")),
            Does::Not(why) => ("not run", format!(": {why}")),
        };
        let condition = step.condition.as_ref();
        let condition = condition.map_or(String::new(), |condition| format!(" (if {condition})"));
        let _ = writeln!(text, "  {word:<9}{}{condition}{why}", step.step);
    }
}
