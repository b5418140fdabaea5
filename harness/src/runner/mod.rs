//! The test runner: one trial for each scenario and check, on libtest-mimic.
//!
//! It fails closed: what cannot be read or validated is a failing trial, a filter that names a check
//! and finds none is an error, and so is a workspace without scenarios. Standard output belongs to
//! libtest-mimic; everything else goes to standard error.

mod error;
mod options;
mod plan;
mod selection;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Conclusion, Failed, Trial};

pub use self::error::RunnerError;
use self::options::{NoTests, Options};
use self::plan::{Plan, Target, spread};
use crate::evaluate::{CheckMessage, CheckResult, Evaluation};
use crate::report::{visible, visible_line};
use crate::results::{Measured, Run, TrialResult};
use crate::scenario::{Runtime, Scenario, ScenarioName};
use crate::{Check, Layout, MachineFailure as _, Subject, Suite, counted};

/// The exit status of a command line that can mean no trial.
const BAD_USAGE: u8 = 2;

/// The exit status if a file that is there could not be read, or one not be written.
const IO_FAILURE: u8 = 3;

/// Builds and runs the trials of a workspace.
///
/// A test target with `harness = false` is nothing but this:
///
/// ```no_run
/// # use aether_harness::{Failure, Prepared, Scenario, Subject};
/// # struct Mine;
/// # impl Subject for Mine {
/// #     fn name(&self) -> &str { "mine" }
/// #     fn open(&self, _: &Scenario) -> Result<Box<dyn Prepared>, Failure> { Err(Failure::invalid("")) }
/// # }
/// fn main() -> std::process::ExitCode {
///     aether_harness::Runner::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
///         .subject(Mine)
///         .main()
/// }
/// ```
pub struct Runner {
    suite: Suite,
}

impl Runner {
    /// A runner over `<root>/scenarios` and `<root>/fixtures/snapshots`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            suite: Suite::new(root),
        }
    }

    /// A runner over a suite that is set up already.
    pub fn of(suite: Suite) -> Self {
        Self { suite }
    }

    /// One more subject. The first that [runs](Subject::runs) a scenario is its subject.
    #[must_use]
    pub fn subject(mut self, subject: impl Subject + 'static) -> Self {
        self.suite = self.suite.subject(subject);
        self
    }

    /// What people type before `bless` and `diff`, for the remedies in messages: see
    /// [`Suite::command`].
    #[must_use]
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.suite = self.suite.command(command);
        self
    }

    /// Other directories than those under the root.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.suite = self.suite.layout(layout);
        self
    }

    /// Reads the command line of a test binary and does what it says.
    ///
    /// The exit status is 0 when all trials passed, 101 when some failed, 2 when nothing could
    /// be run, and 3 when the machine failed.
    pub fn main(mut self) -> ExitCode {
        self.suite = match self.suite.with_children() {
            Ok(suite) => suite,
            Err(status) => return status,
        };
        if !self.suite.has_runner() {
            self.suite = self.suite.runner(test_command());
        }
        let options = Options {
            no_tests: NoTests::Warn,
            ..Options::default()
        };
        match self.run(&Arguments::from_args(), &options) {
            Ok(conclusion) => conclusion.exit_code(),
            Err(error) => {
                crate::visible::note!("error: {}", visible(&error.to_string()));
                ExitCode::from(if error.is_of_machine() {
                    IO_FAILURE
                } else {
                    BAD_USAGE
                })
            }
        }
    }

    /// Runs trials as a command among others, over a suite that
    /// [lets itself be started again](Suite::with_children) already: the arguments are those of a
    /// test binary, after the program's name, and in addition `--scenario NAME`, which reads and runs only one
    /// scenario, `--shard i/n`, which runs only one of `n` parts of the scenarios, and `--no-tests=pass|warn|fail`, which says what to do if no trial is selected: it is
    /// an error (`fail`) without it.
    ///
    /// Whether all trials passed.
    ///
    /// # Errors
    /// Nothing could be run, or the machine failed in trials.
    pub fn run_with<I>(self, args: I) -> Result<bool, RunnerError>
    where
        I: IntoIterator,
        I::Item: Into<OsString> + Clone,
    {
        let mut args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        let options = Options::take(&mut args)?;
        let conclusion = self.run(&Arguments::from_iter(args), &options)?;
        Ok(!conclusion.has_failed())
    }

    fn run(self, args: &Arguments, options: &Options) -> Result<Conclusion, RunnerError> {
        if args.test_threads == Some(0) {
            return Err(RunnerError::Option {
                option: "--test-threads",
                found: "0".to_owned(),
                expected: "a number from 1",
            });
        }
        let mut selection = selection::select(&self.suite, args, options)?;
        if args.list {
            selection
                .plans
                .iter()
                .try_for_each(Plan::refuse_unreadable)?;
        }
        if let Some(shard) = options.shard {
            selection.plans = shard.part(selection.plans);
        }
        if let Some(warning) = &selection.warning {
            crate::visible::note!("{warning}");
        }
        let dropped = if args.list {
            Vec::new()
        } else {
            dropped(&selection.plans, args)
        };
        let run = if args.list {
            None
        } else {
            let paths = self.suite.paths();
            let run = Run::begin(paths).map_err(|source| RunnerError::Unreadable {
                path: paths.display(&paths.results()),
                what: "results",
                source,
            })?;
            Some(run)
        };
        let stage = Arc::new(Stage {
            suite: self.suite,
            run,
            used: Mutex::default(),
            measured: Mutex::default(),
            machine: Mutex::default(),
        });
        let mut evaluations = evaluations(&stage.suite, &selection.plans, args);
        let trials = spread(selection.plans, threads(args))
            .into_iter()
            .map(|plan| {
                let evaluation = evaluations.get(&*plan.scenario).map(Arc::clone);
                trial(&stage, plan, evaluation)
            })
            .collect();
        // From here on, the trials of a scenario alone keep its runs.
        evaluations.clear();
        let conclusion = until_closed(|| libtest_mimic::run(args, trials))?;
        let lines = [dropped, stage.used(), stage.doubts()].concat();
        // A scenario may have several, and each would be a write of its own.
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        crate::visible::to_stderr(format_args!("{lines}"));
        let trials = stage.failed_by_machine();
        if trials.is_empty() {
            Ok(conclusion)
        } else {
            Err(RunnerError::Machine { trials })
        }
    }
}

/// How many trials run side by side.
fn threads(args: &Arguments) -> usize {
    let available = || thread::available_parallelism().map_or(1, usize::from);
    args.test_threads.unwrap_or_else(available)
}

/// What the trials of each scenario share.
fn evaluations(
    suite: &Suite,
    plans: &[Plan],
    args: &Arguments,
) -> BTreeMap<String, Arc<Evaluation>> {
    let mut selected: BTreeMap<&str, (&Arc<Scenario>, Vec<Check>)> = BTreeMap::new();
    for plan in plans {
        if let Target::Evaluate(scenario) = &plan.target
            && selection::is_selected(args, &plan.name())
        {
            let (_, checks) = selected
                .entry(&plan.scenario)
                .or_insert_with(|| (scenario, Vec::new()));
            checks.push(plan.check.clone());
        }
    }
    selected
        .into_iter()
        .map(|(name, (scenario, checks))| {
            let evaluation = Evaluation::new(suite, scenario, checks);
            (name.to_owned(), Arc::new(evaluation))
        })
        .collect()
}

/// What the scenarios of selected trials leave out, one line each.
fn dropped(plans: &[Plan], args: &Arguments) -> Vec<String> {
    let selected: BTreeSet<&str> = plans
        .iter()
        .filter(|plan| selection::is_selected(args, &plan.name()))
        .map(|plan| &*plan.scenario)
        .collect();
    let scenarios: BTreeMap<&str, &Scenario> = plans
        .iter()
        .filter(|plan| selected.contains(&*plan.scenario))
        .filter_map(|plan| match &plan.target {
            Target::Evaluate(scenario) => Some((&*plan.scenario, &**scenario)),
            Target::Known(_) => None,
        })
        .collect();
    let lines = scenarios.iter().flat_map(|(name, scenario)| {
        let dropped = scenario.dropped.iter();
        dropped.map(move |(check, reason)| {
            format!("dropped: {name}::{check}: {}", visible_line(reason))
        })
    });
    lines.collect()
}

/// Runs what prints to the standard output, which libtest-mimic does in the belief that nobody closes it and no disk is
/// full. `run | head -1` closes it.
fn until_closed(run: impl FnOnce() -> Conclusion) -> Result<Conclusion, RunnerError> {
    type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;
    // The panic of `Result::unwrap` on an error of the system says its number and kind.
    let lost = |payload: Option<&str>| match payload {
        Some(text) if text.contains("BrokenPipe") => Some(RunnerError::OutputClosed),
        Some(text) if text.contains("`Result::unwrap()`") => {
            error_of_system(text).map(RunnerError::OutputFailed)
        }
        _ => None,
    };
    let before: Arc<Hook> = Arc::from(panic::take_hook());
    let others = Arc::clone(&before);
    panic::set_hook(Box::new(move |info| {
        if lost(info.payload_as_str()).is_none() {
            others(info);
        }
    }));
    let ended = panic::catch_unwind(AssertUnwindSafe(run));
    panic::set_hook(Box::new(move |info| before(info)));
    ended.or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        match lost(text) {
            Some(error) => Err(error),
            None => panic::resume_unwind(payload),
        }
    })
}

/// The error of the system whose number a panic says.
fn error_of_system(panic: &str) -> Option<io::Error> {
    let (_, after) = panic.split_once("Os { code: ")?;
    let (code, _) = after.split_once(',')?;
    code.parse().ok().map(io::Error::from_raw_os_error)
}

/// A trial of a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExpectedTrial {
    /// The scenario's name.
    pub scenario: String,
    /// The check.
    pub check: Check,
    /// Whether it runs only when asked for.
    pub is_long: bool,
    /// How long the scenario says that it takes; `None` if it is not valid.
    pub runtime: Option<Runtime>,
}

/// Every trial of a suite.
///
/// # Errors
/// There is nothing to run.
pub fn trials(suite: &Suite) -> Result<Vec<ExpectedTrial>, RunnerError> {
    let plans = selection::scan(suite)?;
    plans.iter().try_for_each(Plan::refuse_unreadable)?;
    Ok(plans
        .into_iter()
        .map(|plan| ExpectedTrial {
            is_long: plan.is_long(),
            runtime: plan.runtime(),
            scenario: plan.scenario,
            check: plan.check,
        })
        .collect())
}

/// What people type to run this test target.
fn test_command() -> String {
    let program = std::env::current_exe().unwrap_or_default();
    let stem = program.file_stem().unwrap_or_default().to_string_lossy();
    // Cargo adds a hash to the names of test binaries.
    let target = stem.rsplit_once('-').map_or(&*stem, |(target, _)| target);
    format!("cargo test --test {target} --")
}

/// What all trials share.
struct Stage {
    suite: Suite,
    /// Where results go; `None` where trials are only listed.
    run: Option<Run>,
    /// What was allowed to differ and made a difference, each with the scenarios.
    used: Mutex<BTreeMap<String, BTreeSet<String>>>,
    /// How long trials took, by scenario.
    measured: Mutex<BTreeMap<String, Measured>>,
    /// The trials in which the machine failed.
    machine: Mutex<BTreeSet<String>>,
}

impl Stage {
    /// What was allowed to differ, one line each: what several scenarios have in common is said once.
    fn used(&self) -> Vec<String> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |(used, scenarios): (&String, &BTreeSet<String>)| match scenarios.first() {
            Some(one) if scenarios.len() == 1 => format!("allowed: {one}: {used}"),
            _ => {
                let count = counted(scenarios.len() as u64, "scenario");
                format!("allowed in {count}: {used}")
            }
        };
        used.iter().map(line).collect()
    }
}

impl Stage {
    /// The trials in which the machine failed.
    fn failed_by_machine(&self) -> Vec<String> {
        let trials = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        trials.iter().cloned().collect()
    }

    fn note_machine(&self, plan: &Plan) {
        let mut trials = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        trials.insert(visible_line(&plan.name()).into_owned());
    }

    /// What is probably wrong with the `runtime` of scenarios, one line each.
    fn doubts(&self) -> Vec<String> {
        let measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        let doubts = measured
            .iter()
            .filter_map(|(scenario, measured)| measured.doubt(scenario));
        doubts.map(|doubt| format!("warning: {doubt}")).collect()
    }
}

fn trial(stage: &Arc<Stage>, plan: Plan, evaluation: Option<Arc<Evaluation>>) -> Trial {
    let stage = Arc::clone(stage);
    let (name, is_long) = (plan.name(), plan.is_long());
    let test = move || {
        let run = stage.run.as_ref();
        run.map_or(Ok(()), |run| {
            perform(&stage, run, &plan, evaluation.as_deref())
        })
    };
    Trial::test(name, test).with_ignored_flag(is_long)
}

/// Runs one trial and leaves its result and what the run made.
fn perform(
    stage: &Stage,
    run: &Run,
    plan: &Plan,
    evaluation: Option<&Evaluation>,
) -> Result<(), Failed> {
    let suite = &stage.suite;
    let stored = |result: std::io::Result<()>| {
        result.map_err(|error| {
            stage.note_machine(plan);
            format!("the result could not be stored: {error}")
        })
    };
    stored(run.forget(&plan.scenario, &plan.check))?;
    #[expect(
        clippy::disallowed_methods,
        reason = "a result says how long its trial took"
    )]
    let start = Instant::now();
    let result = match &plan.target {
        Target::Evaluate(_) => evaluation
            .expect("a trial that is made is selected")
            .check(&plan.check),
        Target::Known(result) => (**result).clone(),
    };
    let took = start.elapsed();
    if result.is_of_machine() {
        stage.note_machine(plan);
    }
    if let Some(runtime) = plan.runtime() {
        let mut all = stage
            .measured
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let name = visible_line(&plan.scenario).into_owned();
        let measured = all.entry(name).or_insert_with(|| Measured::new(runtime));
        measured.add(&plan.check, result.verdict, took.as_secs_f64());
    }
    if plan.check == Check::Golden {
        let mut all = stage.used.lock().unwrap_or_else(PoisonError::into_inner);
        for used in result.used() {
            let name = visible_line(&plan.scenario).into_owned();
            all.entry(used).or_default().insert(name);
        }
    }
    let message = CheckMessage::new(suite, &plan.scenario, &plan.check, &result);
    let text = visible(&message.text).into_owned();
    let left = stored(leave(suite, run, plan, &result, message, took));
    match (result.verdict.passes(), left) {
        (true, Ok(())) => Ok(()),
        (true, Err(error)) => Err(error.into()),
        (false, Ok(())) => Err(text.into()),
        (false, Err(error)) => Err(format!("{text}\n{error}").into()),
    }
}

fn leave(
    suite: &Suite,
    run: &Run,
    plan: &Plan,
    result: &CheckResult,
    message: CheckMessage,
    took: Duration,
) -> std::io::Result<()> {
    if plan.check == Check::Golden
        && let Ok(name) = ScenarioName::new(plan.scenario.as_str())
    {
        match &result.after {
            Some(output) if !result.verdict.passes() => {
                crate::outputs::leave(suite, &name, &output.set)?;
            }
            _ => crate::outputs::clear(suite, &name)?,
        }
    }
    let trial = TrialResult::new(&plan.scenario, &plan.check, result.verdict, message, took);
    run.store(&trial)
}
