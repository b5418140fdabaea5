//! A run and its golden as `why` sees them: what their values were computed from, as the subject says it.

use std::collections::{BTreeMap, BTreeSet};

use aether_harness::{
    Artefact, ArtefactError, INPUTS, Json, Lookup, Place, Prepared, Recomputed, Schema, differing,
};
use aether_json::Value;
use aether_why::{Lineage, Origin};

/// The member of the inputs that says which file each other member came from.
const FILES: &str = "files";

/// Two runs of a scenario.
pub(crate) struct Runs<'r> {
    before: Lookup,
    after: Lookup,
    /// The scenario with the inputs of now.
    now: &'r dyn Prepared,
    /// The scenario with the inputs of the golden, if they differ and the subject runs with changed ones.
    then: Option<Box<dyn Prepared>>,
    /// By member of the inputs, the file it came from.
    files: BTreeMap<String, String>,
    /// The place that was asked for last, and what of its dependencies differs.
    last: Option<(Place, BTreeSet<Place>)>,
}

/// Why nothing can be said about a value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineageError {
    #[error(
        "`Prepared::recompute` makes {found} of the values that {place} was computed from, and the run made {made}: \
         the two differ in their rules"
    )]
    OtherRule {
        place: Place,
        found: String,
        made: String,
    },
    #[error(
        "`Prepared::recompute` reads {read} to compute {place}, which `Prepared::depends` does not list"
    )]
    Unlisted { place: Place, read: Place },
}

/// A run, or a mixture of two.
#[derive(Clone, Copy)]
enum Reads<'p> {
    Before,
    After,
    /// The new run, with the old value at this place.
    PutBack(&'p Place),
}

impl<'r> Runs<'r> {
    /// Two runs: their artefacts, inputs among them, and the scenario of the new one.
    ///
    /// # Errors
    /// The text of an artefact is not JSON.
    pub(crate) fn new(
        before: &[Artefact],
        after: &[Artefact],
        schema: &Schema,
        now: &'r dyn Prepared,
    ) -> Result<Self, ArtefactError> {
        let inputs = |run: &'_ [Artefact]| run.iter().find(|one| one.name() == INPUTS).cloned();
        let then = match (inputs(before), inputs(after)) {
            (Some(old), Some(new)) if old != new => now.with_inputs(&old).ok().flatten(),
            _ => None,
        };
        let [before, after] = [before, after].map(|run| Lookup::of(run, schema));
        let (before, after) = (before?, after?);
        let mut files = BTreeMap::new();
        let listed = Place::of(INPUTS).field(FILES);
        for run in [&before, &after] {
            let members = run.value(&listed).and_then(Value::as_object);
            for (member, file) in members.into_iter().flatten() {
                files.extend(file.as_str().map(|file| (member.clone(), file.to_owned())));
            }
        }
        Ok(Self {
            before,
            after,
            now,
            then,
            files,
            last: None,
        })
    }

    /// Whether either run has an artefact of this name.
    pub(crate) fn has_artefact(&self, name: &str) -> bool {
        self.artefacts().contains(&name)
    }

    /// The names of the artefacts.
    pub(crate) fn artefacts(&self) -> Vec<&str> {
        let both = self.before.artefacts().chain(self.after.artefacts());
        both.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whether the values at a place differ.
    pub(crate) fn differs(&self, place: &Place) -> bool {
        self.before.value(place) != self.after.value(place)
    }

    /// What a value was computed from in either run, as far as it differs; `None` if the subject does not say.
    fn differing(&self, place: &Place) -> Option<BTreeSet<Place>> {
        let runs = [Some(self.now), self.then.as_deref()];
        let mut found: Option<BTreeSet<Place>> = None;
        for prepared in runs.into_iter().flatten() {
            let Some(places) = prepared.depends(place) else {
                continue;
            };
            let found = found.get_or_insert_default();
            for on in places {
                found.extend(differing(&self.before, &self.after, &on));
            }
        }
        if let Some(found) = &mut found {
            found.remove(place);
        }
        found
    }

    /// Whether the rule of now does not make the old value of the old ones. `None` if it cannot be tried.
    fn has_other_rule(
        &self,
        place: &Place,
        on: &BTreeSet<Place>,
    ) -> Result<Option<bool>, LineageError> {
        let made = self.after.value(place).map(Json::from);
        let Some(again) = self.recomputed(place, on, Reads::After)? else {
            return Ok(None);
        };
        if again != made {
            let shown = |value: Option<Json>| match value {
                Some(value) => value.as_str().to_owned(),
                None => "nothing".to_owned(),
            };
            return Err(LineageError::OtherRule {
                place: place.clone(),
                found: shown(again),
                made: shown(made),
            });
        }
        let old = self.recomputed(place, on, Reads::Before)?;
        Ok(old.map(|old| old != self.before.value(place).map(Json::from)))
    }

    /// The value that the rule of now makes; `None` if the subject cannot compute it by itself.
    fn recomputed(
        &self,
        place: &Place,
        on: &BTreeSet<Place>,
        reads: Reads<'_>,
    ) -> Result<Option<Option<Json>>, LineageError> {
        let mut unlisted = None;
        let mut is_unclear = false;
        let mut read = |read: &Place| {
            let differing = differing(&self.before, &self.after, read);
            if unlisted.is_none() {
                unlisted = differing.into_iter().find(|read| !on.contains(read));
            }
            match self.read(read, reads) {
                Ok(value) => value,
                Err(Unclear) => {
                    is_unclear = true;
                    None
                }
            }
        };
        let made = self.now.recompute(place, &mut read);
        match (made, unlisted) {
            (Recomputed::Unknown, _) => Ok(None),
            // With a value put back, others may be read than in either run.
            (Recomputed::Value(_), Some(read)) if !matches!(reads, Reads::PutBack(_)) => {
                Err(LineageError::Unlisted {
                    place: place.clone(),
                    read,
                })
            }
            (Recomputed::Value(_), _) if is_unclear => Ok(None),
            (Recomputed::Value(value), _) => Ok(Some(value)),
        }
    }

    fn read(&self, place: &Place, reads: Reads<'_>) -> Result<Option<Json>, Unclear> {
        let value = match reads {
            Reads::Before => self.before.value(place),
            Reads::PutBack(on) if on.holds(place) => self.before.value(place),
            Reads::PutBack(on) if place.holds(on) => return self.put_back(place, on),
            Reads::After | Reads::PutBack(_) => self.after.value(place),
        };
        Ok(value.map(Json::from))
    }

    /// The new value at a place with the old value at one in it.
    fn put_back(&self, place: &Place, on: &Place) -> Result<Option<Json>, Unclear> {
        let mut value = self.after.value(place).ok_or(Unclear)?.clone();
        let inner = self.after.value_mut(&mut value, place, on);
        let old = self.before.value(on);
        // What is only in one of the runs has no position in the other.
        *inner.ok_or(Unclear)? = old.ok_or(Unclear)?.clone();
        Ok(Some(Json::from(&value)))
    }
}

/// A value that is neither of one run nor of the other.
struct Unclear;

impl Lineage for Runs<'_> {
    type Place = Place;
    type Error = LineageError;

    fn depends(
        &mut self,
        place: &Place,
        differing: &mut Vec<Place>,
    ) -> Result<Origin, LineageError> {
        let parts = aether_harness::differing(&self.before, &self.after, place);
        if parts != [place.clone()] {
            // What is no single value is all that is in it.
            differing.extend(parts);
            return Ok(Origin::Computed {
                rule_changed: false,
            });
        }
        if place.artefact() == Some(INPUTS) {
            return Ok(Origin::Input);
        }
        let Some(on) = self.differing(place) else {
            return Ok(Origin::Unknown);
        };
        let rule_changed = self.has_other_rule(place, &on)?.unwrap_or(false);
        differing.extend(on.iter().cloned());
        self.last = Some((place.clone(), on));
        Ok(Origin::Computed { rule_changed })
    }

    fn needed(&mut self, place: &Place, on: &Place) -> Result<bool, LineageError> {
        if place.holds(on) {
            return Ok(true);
        }
        let all = match self.last.take() {
            Some((last, all)) if last == *place => all,
            _ => self.differing(place).unwrap_or_default(),
        };
        let made = self.recomputed(place, &all, Reads::PutBack(on))?;
        let is_only = all.len() == 1;
        self.last = Some((place.clone(), all));
        Ok(match made {
            Some(made) => made != self.after.value(place).map(Json::from),
            None => is_only,
        })
    }

    fn values(&mut self, place: &Place) -> Result<[Option<Json>; 2], LineageError> {
        Ok([&self.before, &self.after].map(|run| run.value(place).map(Json::from)))
    }

    fn path(&self, place: &Place) -> Place {
        place.clone()
    }

    fn file(&self, input: &Place) -> Option<String> {
        let member = input.steps().nth(1)?;
        match member {
            aether_harness::PathStep::Field(name) => self.files.get(name).cloned(),
            _ => None,
        }
    }
}
