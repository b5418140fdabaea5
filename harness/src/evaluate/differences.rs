//! Reports in what two runs differ, and why: once for each run that differs, whatever checks ask.

use super::attribution::Attribution;
use super::evaluation::Evaluation;
use super::finding::{BRIEF, Difference};
use super::inside::{AGREEING, among};
use super::outside::{Effect, Outside, is_among, only_elsewhere};
use super::run::Observation;
use super::{CheckRun, Ending, Finding, RunName};
use crate::exec::RunFailure;
use crate::{Check, Mode};

impl Evaluation {
    /// In what a second run differs from the first.
    pub(super) fn unlike_again(
        &self,
        run: &CheckRun<'_>,
        first: &Observation,
        again: &Observation,
    ) -> Difference {
        let name = if self.waits() {
            RunName::LaterSecond
        } else {
            RunName::Second
        };
        let mut difference = unlike(first, again, name);
        self.explain_inside(run, first, again, &mut difference);
        difference
    }

    /// In what a run in a mode differs from the first: the mode is the cause if direct runs agree.
    pub(super) fn unlike_mode(
        &self,
        run: &CheckRun<'_>,
        mode: &Mode,
        first: &Observation,
        other: &Observation,
    ) -> Difference {
        let description = mode.description().to_owned();
        let mut difference = unlike(first, other, RunName::Mode(description.clone()));
        let agrees = |_| {
            let again = run.run(None);
            again.is_ok_and(|again| first.output.equals(&again))
        };
        if (0..AGREEING).all(agrees) {
            difference.cause = Some(Attribution::Mode(description));
            difference.varying = among(&[first, other], &first.output.schema);
            return difference;
        }
        self.explain_inside(run, first, other, &mut difference);
        self.refer(run, &mut difference, first, other);
        difference
    }

    /// In what a run in a changed environment differs from the first.
    pub(super) fn unlike_elsewhere(
        &self,
        run: &CheckRun<'_>,
        first: &Observation,
        other: &Observation,
    ) -> Difference {
        let mut difference = unlike(first, other, RunName::ChangedEnvironment);
        if let Ending::Failed(message) = &other.output.ending {
            difference.failure = Some(message.clone());
            if let Some(outside) = run.look_outside(Effect::Failure) {
                difference.declarations = declarations(run, &outside);
                (difference.cause, difference.variables) =
                    (Some(outside.attribution), outside.variables);
                return difference;
            }
        }
        let is_reported = self.reported(run).is_some();
        let found = if is_reported {
            None
        } else {
            run.look_outside(Effect::OtherBytes(&first.output))
        };
        let outside = match found {
            Some(outside) => {
                difference.varying = among(&[first, other], &first.output.schema);
                Some(outside)
            }
            None => {
                self.explain_inside(run, first, other, &mut difference);
                let mut known = vec![first];
                known.extend(&self.inside(run, &first.output).runs);
                let only_elsewhere = only_elsewhere(&known, other);
                if only_elsewhere.is_empty() {
                    self.refer(run, &mut difference, first, other);
                    return difference;
                }
                let outside = run.look_outside(Effect::OtherValues(&known));
                if outside.is_some() && is_reported {
                    // The rest is reported there.
                    difference.varying = only_elsewhere;
                    difference.see = Some(Check::Determinism);
                    difference.is_partly_elsewhere = true;
                }
                outside
            }
        };
        if let Some(outside) = outside {
            (difference.cause, difference.variables) =
                (Some(outside.attribution), outside.variables);
        }
        difference.declarations = run.prepared().declarations(&difference.varying, &[]);
        difference
    }

    /// What follows a failure in a changed environment that left nothing to compare.
    pub(super) fn because(&self, run: &CheckRun<'_>, failure: &RunFailure) -> Option<Finding> {
        if failure.verdict() == crate::Verdict::Timeout {
            return None;
        }
        let outside = run.look_outside(Effect::Failure)?;
        Some(Finding::Because {
            declarations: declarations(run, &outside),
            cause: outside.attribution,
            variables: outside.variables,
        })
    }

    /// Says why runs in the same environment differ, if this program can start itself to find out.
    fn explain_inside(
        &self,
        run: &CheckRun<'_>,
        first: &Observation,
        other: &Observation,
        difference: &mut Difference,
    ) {
        let schema = &first.output.schema;
        if run.suite().has_children() {
            let inside = self.inside(run, &first.output);
            let mut runs = vec![first, other];
            runs.extend(&inside.runs);
            difference.cause = Some(inside.attribution.clone());
            difference.varying = among(&runs, schema);
        } else {
            difference.varying = among(&[first, other], schema);
        }
        difference.declarations = run.prepared().declarations(&difference.varying, &[]);
    }

    /// Refers to what `determinism` reports, if that is all there is.
    fn refer(
        &self,
        run: &CheckRun<'_>,
        difference: &mut Difference,
        first: &Observation,
        other: &Observation,
    ) {
        let Some(reported) = self.reported(run) else {
            return;
        };
        let found = among(&[first, other], &first.output.schema);
        if found.iter().all(|one| is_among(one, &reported.varying)) {
            difference.see = Some(Check::Determinism);
        }
    }
}

/// Two runs that differ.
fn unlike(first: &Observation, other: &Observation, run: RunName) -> Difference {
    let (first, other) = (&first.output, &other.output);
    Difference {
        run,
        artefacts: first.differing(other),
        diff: crate::diff(
            &first.set.to_vec(),
            &other.set.to_vec(),
            &first.schema_of_runs(),
            &BRIEF,
        ),
        cause: None,
        failure: None,
        variables: Vec::new(),
        varying: Vec::new(),
        declarations: None,
        see: None,
        is_partly_elsewhere: false,
    }
}

/// What the subject offers to declare, so that a run does not fail in this way.
fn declarations(run: &CheckRun<'_>, outside: &Outside) -> Option<String> {
    let mut names: Vec<&str> = outside
        .attribution
        .environment()
        .iter()
        .flat_map(|change| change.variables())
        .copied()
        .collect();
    names.extend(outside.variables.iter().map(|variable| &*variable.name));
    run.prepared().declarations(&[], &names)
}

#[cfg(test)]
mod tests {
    use super::super::{AlteredVariable, tests::Workspace};
    use super::*;
    use crate::exec::EnvironmentChange;
    use crate::varying::Varying;
    use crate::{Artefact, Failure, INPUTS, Prepared, RunRequest, Scenario, Subject};

    /// A subject that declares variables by their names.
    struct Declares(Artefact);

    impl Subject for Declares {
        fn name(&self) -> &str {
            "declares"
        }

        fn open(&self, _: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
            Ok(Box::new(Self(self.0.clone())))
        }
    }

    impl Prepared for Declares {
        fn inputs(&self) -> &Artefact {
            &self.0
        }

        fn run(&self, _: &RunRequest) -> Result<Vec<Artefact>, Failure> {
            Ok(Vec::new())
        }

        fn declarations(&self, varying: &[Varying], variables: &[&str]) -> Option<String> {
            let names = variables.join(" ");
            (varying.is_empty() && !names.is_empty()).then_some(names)
        }
    }

    #[test]
    fn variables_that_make_runs_fail_can_be_declared() {
        let workspace = Workspace::new();
        let inputs = Artefact::from_json(INPUTS, b"{\"files\":{}}").unwrap();
        let suite = workspace.suite(Declares(inputs));
        let scenario = suite.look_up("some").unwrap().scenario.unwrap();
        let run = CheckRun::open(&suite, &scenario, &Check::Process).unwrap();
        let found = |changes: &[EnvironmentChange], names: &[&str]| {
            let variable = |name: &&str| AlteredVariable {
                name: (*name).to_owned(),
                is_removed: false,
            };
            let outside = Outside {
                attribution: Attribution::Environment(changes.to_vec()),
                variables: names.iter().map(variable).collect(),
            };
            declarations(&run, &outside)
        };
        let zone = &[EnvironmentChange::TimeZone];
        assert_eq!(found(zone, &[]).as_deref(), Some("TZ"));
        assert_eq!(found(zone, &["A", "B"]).as_deref(), Some("TZ A B"));
        assert_eq!(found(&[EnvironmentChange::Umask], &[]), None);
    }
}
