//! [`ComparedRuns`]: two stored runs as a walk over values sees them.

use std::collections::BTreeMap;
use std::convert::Infallible;

use aether_engine::lineage::{Compared, RunPlace, Scalar, Step, Vocabulary};
use aether_harness::{Json, Place};
use aether_why::{Lineage, Origin};

/// Two runs of Aether whose values are compared.
pub(super) struct ComparedRuns<'c, 'r> {
    names: &'c Vocabulary,
    runs: &'c Compared<'r>,
    /// The file that each document of each run came from, by `topology`, `profile` and so on.
    files: [BTreeMap<String, String>; 2],
    /// A place that was asked for, the last without a number or whose needs were asked for.
    last: Option<(RunPlace, Step)>,
}

impl<'c, 'r> ComparedRuns<'c, 'r> {
    /// Two runs of places in the same vocabulary, and the files of their documents.
    pub(super) fn new(
        names: &'c Vocabulary,
        runs: &'c Compared<'r>,
        files: [BTreeMap<String, String>; 2],
    ) -> Self {
        Self {
            names,
            runs,
            files,
            last: None,
        }
    }
}

impl Lineage for ComparedRuns<'_, '_> {
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
        let step = self.runs.step(*place, differing);
        // The step of a value with a number is quickly made again.
        if place.located(self.names).1.is_none() {
            self.last = Some((*place, step));
        }
        Ok(Origin::Computed {
            rule_changed: step.is_rule,
        })
    }

    fn needed(&mut self, place: &RunPlace, on: &RunPlace) -> Result<bool, Infallible> {
        let step = match self.last {
            Some((last, step)) if last == *place => step,
            _ => self.runs.step(*place, &mut Vec::new()),
        };
        self.last = Some((*place, step));
        Ok(self.runs.is_needed(*place, *on, step))
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
        // What was removed was in a file of the old run.
        let [_, new] = self.runs.values(*input);
        let files = &self.files[usize::from(new.is_some())];
        let file = files
            .get(member)
            .or_else(|| files.get(inside.split('.').next()?));
        file.cloned()
    }

    #[inline]
    fn located(&self, place: &RunPlace) -> (u64, Option<u32>) {
        place.located(self.names)
    }

    #[inline]
    fn numbered(&self, layer: u64, number: u32) -> Option<RunPlace> {
        RunPlace::numbered(layer, number, self.names)
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
