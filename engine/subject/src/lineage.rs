//! What the values of Aether's runs were computed from, as `why` asks for it.
//!
//! [`ComparedRuns`] has both runs at hand. [`Kept`] answers for one scenario at a time, from a run that it makes and
//! keeps.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use aether_engine::config::RunPlan;
use aether_engine::lineage::{
    self, Compared, RunPlace, RunRecords, RunValues, Scalar, Step, Vocabulary,
};
use aether_engine::run::{self, RunOptions};
use aether_harness::{Json, Place, Recomputed};
use aether_why::{Lineage, Origin};

/// Two runs of Aether whose values are compared.
pub struct ComparedRuns<'c> {
    names: &'c Vocabulary,
    runs: Compared<'c>,
    /// The file that each document came from.
    files: BTreeMap<String, String>,
    /// The place that was asked for last.
    last: Option<(RunPlace, Step)>,
}

impl<'c> ComparedRuns<'c> {
    /// Two runs of places in the same vocabulary; the files of the new run's documents, by `topology`, `profile` and so on.
    #[must_use]
    pub fn new(
        names: &'c Vocabulary,
        runs: Compared<'c>,
        files: &BTreeMap<String, String>,
    ) -> Self {
        Self {
            names,
            runs,
            files: files.clone(),
            last: None,
        }
    }
}

impl Lineage for ComparedRuns<'_> {
    type Place = RunPlace;
    type Error = Infallible;

    fn depends(
        &mut self,
        place: &RunPlace,
        differing: &mut Vec<RunPlace>,
    ) -> Result<Origin, Infallible> {
        if place.is_input() {
            return Ok(Origin::Input);
        }
        let step = self.runs.step(*place);
        differing.extend(&step.from);
        let rule_changed = step.is_rule;
        self.last = Some((*place, step));
        Ok(Origin::Computed { rule_changed })
    }

    fn needed(&mut self, place: &RunPlace, on: &RunPlace) -> Result<bool, Infallible> {
        let step = match self.last.take() {
            Some((last, step)) if last == *place => step,
            _ => self.runs.step(*place),
        };
        let is_needed = self.runs.is_needed(*place, *on, &step);
        self.last = Some((*place, step));
        Ok(is_needed)
    }

    fn values(&mut self, place: &RunPlace) -> Result<[Option<Json>; 2], Infallible> {
        Ok(self
            .runs
            .values(*place)
            .map(|value| value.map(|value| json(&value))))
    }

    fn path(&self, place: &RunPlace) -> Place {
        path(self.names, *place)
    }

    fn file(&self, input: &RunPlace) -> Option<String> {
        let path = self.names.path(*input);
        let inside = path.strip_prefix("inputs.")?;
        let member = match inside.split(['.', '[']).next()? {
            "run_config" if inside.starts_with("run_config.initial_state") => "initial_state",
            member => member,
        };
        let file = self
            .files
            .get(member)
            .or_else(|| self.files.get(inside.split('.').next()?));
        file.cloned()
    }

    fn layer(&self, place: &RunPlace) -> u64 {
        place.layer(self.names)
    }
}

fn path(names: &Vocabulary, place: RunPlace) -> Place {
    let path = names.path(place);
    Place::parse(&path).unwrap_or_else(|| panic!("`{path}` is the path of a value"))
}

fn json(value: &Scalar) -> Json {
    match value {
        Scalar::Null => Json::from_raw("null"),
        Scalar::Flag(flag) => Json::from_raw(if *flag { "true" } else { "false" }),
        Scalar::Integer(number) => Json::from(*number),
        Scalar::Text(text) => Json::string(text),
    }
}

fn scalar(json: &Json) -> Option<Scalar> {
    let value = json.to_value();
    Some(match value {
        aether_json::Value::Null => Scalar::Null,
        aether_json::Value::Bool(flag) => flag.into(),
        aether_json::Value::Number(number) => number.as_i64()?.into(),
        aether_json::Value::String(text) => text.into(),
        aether_json::Value::Array(_) | aether_json::Value::Object(_) => return None,
    })
}

/// What is kept of a scenario to say what its values were computed from.
#[derive(Default)]
pub(super) struct Kept {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The plan that this one is compared with: its edges, windows and inputs are places too.
    other: Option<Arc<RunPlan>>,
    records: Option<Arc<Known>>,
}

/// A run with the names of its places.
struct Known {
    names: Vocabulary,
    records: RunRecords,
    other: Arc<RunPlan>,
}

impl Kept {
    /// Says which plan values are compared with.
    pub(super) fn compare_with(&self, other: &Arc<RunPlan>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State {
            other: Some(Arc::clone(other)),
            records: None,
        };
    }

    fn known(&self, plan: &Arc<RunPlan>) -> Arc<Known> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let other = state.other.clone().unwrap_or_else(|| Arc::clone(plan));
        let known = state.records.get_or_insert_with(|| {
            let names = Vocabulary::of(&other, plan);
            let run = run::run(plan, &RunOptions::default());
            Arc::new(Known {
                records: RunRecords::of_run(plan, &names, &run),
                names,
                other,
            })
        });
        Arc::clone(known)
    }

    /// What a value is computed from; nothing if no run of these plans has the place.
    pub(super) fn depends(&self, plan: &Arc<RunPlan>, place: &Place) -> Vec<Place> {
        let known = self.known(plan);
        let Some(place) = known.names.place(&place.to_string()) else {
            return Vec::new();
        };
        let values = RunValues::new(plan, &known.names, &known.records);
        let places = values.depends(place).into_iter();
        places.map(|place| path(&known.names, place)).collect()
    }

    pub(super) fn recompute(
        &self,
        plan: &Arc<RunPlan>,
        place: &Place,
        read: &mut dyn FnMut(&Place) -> Option<Json>,
    ) -> Recomputed {
        let known = self.known(plan);
        let Some(place) = known.names.place(&place.to_string()) else {
            return Recomputed::Unknown;
        };
        let mut read = |place| scalar(&read(&path(&known.names, place))?);
        match lineage::recompute(place, &known.names, &[plan, &known.other], &mut read) {
            lineage::Recomputed::Value(value) => Recomputed::Value(value.map(|value| json(&value))),
            lineage::Recomputed::Unknown => Recomputed::Unknown,
        }
    }
}
