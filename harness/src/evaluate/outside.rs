//! Finds out which change of the environment makes a run differ, or fail.
//!
//! The changes are made one at a time, then undone one at a time. Of the environment variables, the one that
//! matters is found by halving, or several that matter together by leaving out one at a time.

use super::attribution::Attribution;
use super::finding::AlteredVariable;
use super::inside::AGREEING;
use super::run::Observation;
use super::{CheckRun, Ending, RunOutput};
use crate::exec::{
    Alteration, Altered, EnvironmentChange, EnvironmentChanges, Inherited, RunFailure, inherited,
};
use crate::varying::{Observed, Varying, VaryingStep, varying};
use crate::{MachineFailure as _, Verdict};

/// What of a run in a changed environment is looked into.
#[derive(Clone, Copy)]
pub(super) enum Effect<'a> {
    /// That it produces other bytes than this run.
    OtherBytes(&'a RunOutput),
    /// That it differs from these runs where they agree with one another.
    OtherValues(&'a [&'a Observation]),
    /// That it fails.
    Failure,
}

/// Which change has an effect.
pub(super) struct Outside {
    pub(super) attribution: Attribution,
    /// The environment variables that matter, if those are the cause.
    pub(super) variables: Vec<AlteredVariable>,
}

/// How often runs have an effect.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shows {
    Never,
    Sometimes,
    Always,
}

impl CheckRun<'_> {
    /// Why a run in a changed environment differs from `first`.
    pub fn cause_outside(&self, first: &RunOutput) -> Attribution {
        match self.look_outside(Effect::OtherBytes(first)) {
            Some(outside) => outside.attribution,
            None => self.cause_inside(first),
        }
    }

    /// Which change of the environment has this effect; `None` if runs have it in the same environment too.
    pub(super) fn look_outside(&self, effect: Effect<'_>) -> Option<Outside> {
        self.try_outside(effect).unwrap_or_else(|failure| {
            Some(Outside {
                attribution: Attribution::Failed(failure),
                variables: Vec::new(),
            })
        })
    }

    fn try_outside(&self, effect: Effect<'_>) -> Result<Option<Outside>, RunFailure> {
        let none = EnvironmentChanges::new();
        if self.shows(effect, &none, Shows::Never)? != Shows::Never {
            return Ok(None);
        }
        let mut causes = Vec::new();
        for change in EnvironmentChange::ALL {
            match self.shows(effect, &EnvironmentChanges::from([change]), Shows::Always)? {
                Shows::Never => {}
                Shows::Always => causes.push(change),
                Shows::Sometimes => return Ok(None),
            }
        }
        if !causes.is_empty() {
            return self.confirmed(effect, causes);
        }
        let all = EnvironmentChanges::all();
        if self.shows(effect, &all, Shows::Always)? != Shows::Always {
            return Ok(None);
        }
        let mut needed = Vec::new();
        for change in EnvironmentChange::ALL {
            let others = all.clone().without(change);
            if self.shows(effect, &others, Shows::Always)? != Shows::Always {
                needed.push(change);
            }
        }
        Ok(Some(Outside {
            attribution: Attribution::Together(needed),
            variables: Vec::new(),
        }))
    }

    /// The causes, if they show once more: a fault that comes and goes could have come with one of
    /// them by chance.
    fn confirmed(
        &self,
        effect: Effect<'_>,
        causes: Vec<EnvironmentChange>,
    ) -> Result<Option<Outside>, RunFailure> {
        let none = EnvironmentChanges::new();
        let mut holds = self.shows(effect, &none, Shows::Never)? == Shows::Never;
        for cause in &causes {
            let changed = EnvironmentChanges::from([*cause]);
            holds &= self.shows(effect, &changed, Shows::Always)? == Shows::Always;
        }
        if !holds {
            return Ok(None);
        }
        let variables = if causes.contains(&EnvironmentChange::Variables) {
            self.variables(effect)?
        } else {
            Vec::new()
        };
        Ok(Some(Outside {
            attribution: Attribution::Environment(causes),
            variables,
        }))
    }

    /// The variables that have the effect: one, if one alone has it, else a set of which none can be left out.
    fn variables(&self, effect: Effect<'_>) -> Result<Vec<AlteredVariable>, RunFailure> {
        let values = inherited();
        let inherited = Inherited {
            values: &values,
            pass: self.pass(),
        };
        let scratch = self.suite().paths().outputs();
        let mut altered = inherited.altered(EnvironmentChange::Variables, &scratch);
        let has = |altered: &[Altered]| -> Result<bool, RunFailure> {
            let names = altered.iter().map(|altered| altered.name.clone());
            let changes = EnvironmentChanges::of_variables(names);
            Ok(self.shows(effect, &changes, Shows::Always)? == Shows::Always)
        };
        while altered.len() > 1 {
            let second = altered.split_off(altered.len() / 2);
            if has(&altered)? {
                continue;
            }
            if has(&second)? {
                altered = second;
                continue;
            }
            // It takes some of both.
            altered.extend(second);
            for at in (0..altered.len()).rev() {
                let one = altered.remove(at);
                if !has(&altered)? {
                    altered.insert(at, one);
                }
            }
            break;
        }
        let named = altered.into_iter().map(|altered| AlteredVariable {
            is_removed: !matches!(altered.to, Alteration::Set(_)),
            name: altered.name,
        });
        Ok(named.collect())
    }

    /// How often runs in this environment have the effect. They are repeated while they may still
    /// turn out as `expected`.
    fn shows(
        &self,
        effect: Effect<'_>,
        changes: &EnvironmentChanges,
        expected: Shows,
    ) -> Result<Shows, RunFailure> {
        let mut showing = 0;
        for runs in 1..=AGREEING {
            let shows = match self.observe_in_child(changes) {
                Ok((run, _)) => effect.is_in(&run),
                // Failing is a way of differing; being slow is not, nor what the machine does.
                Err(failure)
                    if failure.verdict() == Verdict::Timeout || failure.is_of_machine() =>
                {
                    return Err(failure);
                }
                Err(_) => true,
            };
            showing += usize::from(shows);
            match expected {
                Shows::Always if showing == 0 => return Ok(Shows::Never),
                Shows::Never if showing > 0 => return Ok(Shows::Sometimes),
                _ if showing > 0 && showing < runs => return Ok(Shows::Sometimes),
                _ => {}
            }
        }
        Ok(if showing == 0 {
            Shows::Never
        } else {
            Shows::Always
        })
    }
}

impl Effect<'_> {
    fn is_in(self, run: &Observation) -> bool {
        match self {
            Self::OtherBytes(first) => !first.equals(&run.output),
            Self::OtherValues(known) => !only_elsewhere(known, run).is_empty(),
            Self::Failure => matches!(run.output.ending, Ending::Failed(_)),
        }
    }
}

/// The values in which a run differs from others that agree there with one another.
pub(super) fn only_elsewhere(known: &[&Observation], run: &Observation) -> Vec<Varying> {
    let moment = run.moment.elsewhere();
    let mut observed: Vec<Observed<'_>> = known.iter().map(|known| known.observed()).collect();
    observed.push(Observed {
        moment: &moment,
        ..run.observed()
    });
    let mut found = varying(&observed, &run.output.schema);
    found.retain(|varying| varying.only_elsewhere);
    found
}

/// Whether these values are of a pattern that is known.
pub(super) fn is_among(varying: &Varying, known: &[Varying]) -> bool {
    let fits = |(one, other): (&VaryingStep, &VaryingStep)| {
        one == other || *one == VaryingStep::Any || *other == VaryingStep::Any
    };
    known.iter().any(|known| {
        known.artefact == varying.artefact
            && known.steps.len() == varying.steps.len()
            && known.steps.iter().zip(&varying.steps).all(fits)
    })
}
