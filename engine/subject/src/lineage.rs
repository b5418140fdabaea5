//! What the values of Aether's runs were computed from, as `why` of the harness asks for it: [`Kept`] answers for a
//! scenario, from a run that it makes and keeps.

use std::sync::{Arc, Mutex, PoisonError};

use aether_engine::config::RunPlan;
use aether_engine::lineage::{self, RunPlace, RunRecords, RunValues, Scalar, Vocabulary};
use aether_engine::run::{self, RunOptions};
use aether_harness::{Json, Place, Recomputed};

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
        // As the engine reads an empty list of a model.
        aether_json::Value::Array(list) if list.is_empty() => "[]".into(),
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
