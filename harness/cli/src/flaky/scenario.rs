//! Runs one scenario again and again, to see whether any run differs from the first.

use aether_harness::evaluate::{
    Attribution, CheckResult, CheckRun, Ending, Finding, RunName, RunOutput,
};
use aether_harness::exec::{EnvironmentChange, EnvironmentChanges, RunFailure};
use aether_harness::{
    Check, Diff, DiffOptions, MachineFailure as _, Mode, Scenario, Suite, Verdict,
};

/// What many runs of one scenario had in common.
#[derive(Clone, Debug)]
pub(crate) struct FlakyReport {
    /// Runs that were compared with the first.
    pub(crate) runs: usize,
    /// How many of them differed, by the way in which they were run.
    pub(crate) differing: Vec<(RunName, usize)>,
    /// The first of those.
    pub(crate) first: Option<FirstDifference>,
    /// Runs that could not be compared: they exceeded the time limit under load.
    pub(crate) timeouts: Vec<(RunName, RunFailure)>,
}

/// The first run that differed.
#[derive(Clone, Debug)]
pub(crate) struct FirstDifference {
    pub(crate) run: RunName,
    /// Where it differs, or how it failed.
    pub(crate) what: Result<Diff, RunFailure>,
    pub(crate) cause: Attribution,
}

/// One way of running once more.
#[derive(Clone, Debug)]
enum Way {
    /// In the same process, directly or in a mode.
    Here(Option<Mode>),
    /// In a new process, with these changes of its environment.
    Elsewhere(EnvironmentChanges),
}

impl Way {
    fn name(&self) -> RunName {
        match self {
            Self::Here(None) => RunName::Later,
            Self::Here(Some(mode)) => RunName::Mode(mode.description().to_owned()),
            Self::Elsewhere(changes) if changes.is_empty() => RunName::NewProcess,
            Self::Elsewhere(_) => RunName::ChangedEnvironment,
        }
    }

    fn is_plain(&self) -> bool {
        match self {
            Self::Here(mode) => mode.is_none(),
            Self::Elsewhere(changes) => changes.is_empty(),
        }
    }
}

/// Runs a scenario `repeat` times in every way there is, and compares each run with the first.
///
/// # Errors
/// The first run gave nothing to compare with.
pub(crate) fn flaky(
    suite: &Suite,
    scenario: &Scenario,
    repeat: usize,
) -> Result<FlakyReport, Box<CheckResult>> {
    let failed = |failure| Box::new(CheckResult::failed(RunName::First, failure));
    let repeated = Repeated {
        run: CheckRun::open(suite, scenario, &Check::Determinism).map_err(failed)?,
        repeat,
    };
    let first = repeated.run.run(None).map_err(failed)?;
    if let Ending::Failed(message) = &first.ending {
        let finding = Finding::ProgramFailed {
            message: message.clone(),
        };
        return Err(Box::new(CheckResult::new(Verdict::ProgramError, finding)));
    }
    repeated.report(&first).map_err(failed)
}

/// The runs of one scenario.
struct Repeated<'a> {
    run: CheckRun<'a>,
    repeat: usize,
}

impl Repeated<'_> {
    fn report(&self, first: &RunOutput) -> Result<FlakyReport, RunFailure> {
        let ways = self.ways();
        let mut counts = vec![0; ways.len()];
        let mut report = FlakyReport {
            runs: 0,
            differing: Vec::new(),
            first: None,
            timeouts: Vec::new(),
        };
        let mut met = None;
        for _ in 0..self.repeat {
            for (way, count) in ways.iter().zip(&mut counts) {
                report.runs += 1;
                match self.run_in(way) {
                    Ok(run) if run.equals(first) => {}
                    Err(failure) if failure.verdict() == Verdict::Timeout => {
                        report.timeouts.push((way.name(), failure));
                    }
                    // It says nothing of the scenario.
                    Err(failure) if failure.is_of_machine() => return Err(failure),
                    run => {
                        *count += 1;
                        met.get_or_insert_with(|| (way.name(), run));
                    }
                }
            }
        }
        report.differing = ways
            .iter()
            .zip(&counts)
            .filter(|(_, count)| **count > 0)
            .map(|(way, count)| (way.name(), *count))
            .collect();
        if let Some((run, output)) = met {
            report.first = Some(FirstDifference {
                run,
                what: output.map(|output| brief(first, &output)),
                cause: self.cause_among(&ways, &counts, first),
            });
        }
        Ok(report)
    }

    /// Every way in which the scenario can be run, the plain ones first.
    fn ways(&self) -> Vec<Way> {
        let mut ways = vec![Way::Here(None)];
        if self.run.suite().has_children() {
            ways.push(Way::Elsewhere(EnvironmentChanges::new()));
            ways.push(Way::Elsewhere(EnvironmentChanges::from(
                EnvironmentChange::ALL,
            )));
        }
        let modes = self.run.scenario().subject().modes();
        ways.extend(modes.into_iter().map(|mode| Way::Here(Some(mode))));
        ways
    }

    fn run_in(&self, way: &Way) -> Result<RunOutput, RunFailure> {
        match way {
            Way::Here(mode) => self.run.run(mode.as_ref()),
            Way::Elsewhere(changes) => Ok(self.run.run_in_child(changes)?.output),
        }
    }

    /// Why runs differed, given how often they did in each way.
    fn cause_among(&self, ways: &[Way], counts: &[usize], first: &RunOutput) -> Attribution {
        if !self.run.suite().has_children() {
            return Attribution::NoChildren;
        }
        let repeat = self.repeat;
        let rare = Attribution::Rare {
            differing: counts.iter().sum(),
            runs: repeat * ways.len(),
        };
        let counted = || ways.iter().zip(counts);
        let is_plain = counted().any(|(way, count)| way.is_plain() && *count > 0);
        let everywhere: Vec<&Way> = counted()
            .filter(|(_, count)| **count == repeat)
            .map(|(way, _)| way)
            .collect();
        let sometimes = counts.iter().any(|count| (1..repeat).contains(count));
        let cause = match everywhere.as_slice() {
            [Way::Here(Some(mode))] if !is_plain && !sometimes => {
                return Attribution::Mode(mode.description().to_owned());
            }
            [Way::Elsewhere(changes)] if !changes.is_empty() && !is_plain && !sometimes => {
                self.run.cause_outside(first)
            }
            _ => self.run.cause_inside(first),
        };
        let elsewhere = counted().any(|(way, count)| {
            matches!(way, Way::Elsewhere(changes) if changes.is_empty()) && *count > 0
        });
        match cause {
            // What new processes were seen to do outlives none of them.
            Attribution::PersistentState if elsewhere && sometimes => rare,
            Attribution::Rare { .. } => rare,
            cause => cause,
        }
    }
}

fn brief(first: &RunOutput, run: &RunOutput) -> Diff {
    let options = DiffOptions {
        entries: 1,
        ..DiffOptions::default()
    };
    aether_harness::diff(
        &first.set.to_vec(),
        &run.set.to_vec(),
        &first.schema_of_runs(),
        &options,
    )
}
