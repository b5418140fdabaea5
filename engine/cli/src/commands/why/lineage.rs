//! [`ComparedRuns`]: two stored runs as a walk over values sees them.

use std::collections::BTreeMap;
use std::convert::Infallible;

use aether_engine::lineage::{Compared, RunPlace, Scalar, Step, Vocabulary};
use aether_harness::{Json, Place};
use aether_why::{Lineage, Origin};

/// Two runs of Aether whose values are compared.
pub(super) struct ComparedRuns<'c> {
    names: &'c Vocabulary,
    runs: Compared<'c>,
    /// The file that each document came from.
    files: BTreeMap<String, String>,
    /// The place that was asked for last.
    last: Option<(RunPlace, Step)>,
}

impl<'c> ComparedRuns<'c> {
    /// Two runs of places in the same vocabulary; the files of the new run's documents, by `topology`, `profile` and so on.
    pub(super) fn new(
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
        let path = self.names.path(*place);
        Place::parse(&path).unwrap_or_else(|| panic!("`{path}` is the path of a value"))
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

fn json(value: &Scalar) -> Json {
    match value {
        Scalar::Null => Json::from_raw("null"),
        Scalar::Flag(flag) => Json::from_raw(if *flag { "true" } else { "false" }),
        Scalar::Integer(number) => Json::from(*number),
        Scalar::Text(text) => Json::string(text),
    }
}
