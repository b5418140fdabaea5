//! Cases made of a scenario: by number, from a seed, each by itself.
//!
//! Case 0 is the scenario as it is. The others are single changes of its inputs, random combinations of these, and
//! what its subject makes up. What a case is depends on the scenario, the seed and the number alone, and not on
//! how many cases there are.

use std::collections::BTreeMap;

use aether_harness::scenario::{Runtime, Scenario};
use aether_harness::snapshot::sha256_hex;
use aether_harness::{Artefact, INPUTS, Prepared};
use aether_json::Value;
use fastrand::Rng;

use crate::changes::{Place, places};

/// Of so many cases of a scenario that is quick, one is a single change, one a combination, and the others are
/// made up; for one that takes longer, whose own inputs are large, there are more of what is made up.
const PERIOD: u64 = 3;
const PERIOD_SLOW: u64 = 50;

/// The most changes of a combination, and the most steps of one of them.
const CHANGES_MAX: usize = 6;
const STEPS_MAX: i64 = 100;

/// The cases of a scenario.
pub(crate) struct Variants<'p> {
    prepared: &'p dyn Prepared,
    name: &'p str,
    seed: u64,
    /// The inputs of the scenario.
    document: Value,
    places: Vec<Place>,
    rules: Vec<Artefact>,
    /// Every single change, in the order of their cases.
    singles: Vec<Single>,
    period: u64,
    makes_up: bool,
}

/// A change of one value, or of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Single {
    /// The place, and which of its alternatives.
    Place(usize, usize),
    Rule(usize),
}

/// What a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// The single change of this number, from 0.
    Single(u64),
    Combination,
    MadeUp,
}

/// The inputs of a case.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) inputs: Artefact,
    /// Whether the subject has made them up; otherwise they are those of the scenario with changes.
    pub(crate) is_made_up: bool,
}

impl<'p> Variants<'p> {
    /// The cases of a scenario that was read.
    pub(crate) fn of(scenario: &'p Scenario, prepared: &'p dyn Prepared, seed: u64) -> Self {
        let document = prepared.inputs().to_value();
        let document = document.expect("inputs were read as JSON");
        let without_effect = scenario.subject().without_effect();
        let mut places = places(&document);
        places.retain(|place| {
            let pattern = place.pattern();
            !without_effect.iter().any(|inputs| inputs.covers(&pattern))
        });
        let rules = prepared.altered_rules();
        let name = scenario.name().as_str();
        let singles = in_order(
            &places,
            rules.len(),
            &mut Rng::with_seed(mixed(seed, name, 0)),
        );
        Self {
            prepared,
            name,
            seed,
            document,
            places,
            rules,
            singles,
            period: match scenario.runtime {
                Runtime::Instant => PERIOD,
                Runtime::Short | Runtime::Long => PERIOD_SLOW,
            },
            makes_up: prepared.variant(0).is_some(),
        }
    }

    /// The case of this number, from 1; `None` if there is nothing to change.
    pub(crate) fn case(&self, number: u64) -> Option<Variant> {
        let own = mixed(self.seed, self.name, number);
        let mut rng = Rng::with_seed(own);
        let changed = |document: &Value| Variant {
            inputs: inputs_of(document),
            is_made_up: false,
        };
        match self.sort(number) {
            Sort::MadeUp => Some(Variant {
                inputs: self.prepared.variant(own)?,
                is_made_up: true,
            }),
            Sort::Single(index) => match self.single(index)? {
                Single::Rule(rule) => Some(Variant {
                    inputs: self.rules[rule].clone(),
                    is_made_up: false,
                }),
                Single::Place(place, alternative) => {
                    let place = &self.places[place];
                    let mut document = self.document.clone();
                    place.put(&mut document, place.alternatives[alternative].clone());
                    Some(changed(&document))
                }
            },
            Sort::Combination => Some(changed(&self.combination(&mut rng)?)),
        }
    }

    fn single(&self, index: u64) -> Option<Single> {
        let index = usize::try_from(index).ok()?;
        self.singles.get(index).copied()
    }

    fn sort(&self, number: u64) -> Sort {
        let period = if self.makes_up { self.period } else { 2 };
        let (round, place) = (number / period, number % period);
        let is_single = place == 1 && self.single(round).is_some();
        if is_single {
            Sort::Single(round)
        } else if self.places.is_empty() && self.makes_up {
            Sort::MadeUp
        } else if place == 1 || place == (1 + period / 2) % period {
            Sort::Combination
        } else {
            Sort::MadeUp
        }
    }

    /// The inputs with several values changed, by one step or by several.
    fn combination(&self, rng: &mut Rng) -> Option<Value> {
        if self.places.is_empty() {
            return None;
        }
        let mut document = self.document.clone();
        if !self.rules.is_empty() && rng.u8(..8) == 0 {
            let rule = self.rules[rng.usize(..self.rules.len())].to_value();
            document = rule.expect("altered rules are JSON");
        }
        let by_pattern = by_pattern(&self.places);
        for _ in 0..rng.usize(2..=CHANGES_MAX) {
            let alike = &by_pattern[rng.usize(..by_pattern.len())];
            let place = &self.places[alike[rng.usize(..alike.len())]];
            let steps = if rng.bool() {
                1
            } else {
                rng.i64(1..=STEPS_MAX)
            };
            let steps = if rng.bool() { steps } else { -steps };
            if let Some(value) = place.moved(&document, steps) {
                let mut changed = document.clone();
                place.put(&mut changed, value);
                // Several changes of which one is not valid would be none.
                let inputs = inputs_of(&changed);
                if self.prepared.with_inputs(&inputs).is_ok() {
                    document = changed;
                }
            }
        }
        Some(document)
    }
}

fn inputs_of(document: &Value) -> Artefact {
    let inputs = Artefact::from_json(INPUTS, document.to_string().as_bytes());
    inputs.expect("inputs with a value changed are JSON")
}

/// The places by their pattern: edges have thousands of numbers, and a run a single number of ticks.
fn by_pattern(places: &[Place]) -> Vec<Vec<usize>> {
    let mut by_pattern: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, place) in places.iter().enumerate() {
        by_pattern.entry(place.pattern()).or_default().push(index);
    }
    by_pattern.into_values().collect()
}

/// Every single change once: in turn one of each pattern, and one of the rules.
fn in_order(places: &[Place], rules: usize, rng: &mut Rng) -> Vec<Single> {
    let mut queues: Vec<Vec<Single>> = by_pattern(places)
        .into_iter()
        .map(|alike| {
            let each = alike.into_iter().flat_map(|place| {
                let alternatives = 0..places[place].alternatives.len();
                alternatives.map(move |alternative| Single::Place(place, alternative))
            });
            each.collect()
        })
        .collect();
    queues.push((0..rules).map(Single::Rule).collect());
    for queue in &mut queues {
        rng.shuffle(queue);
    }
    rng.shuffle(&mut queues);
    let mut singles = Vec::new();
    while !queues.is_empty() {
        singles.extend(queues.iter_mut().filter_map(Vec::pop));
        queues.retain(|queue| !queue.is_empty());
    }
    singles
}

/// The seed of one case.
fn mixed(seed: u64, name: &str, number: u64) -> u64 {
    let digest = sha256_hex(format!("{seed} {number} {name}").as_bytes());
    u64::from_str_radix(&digest[..16], 16).expect("a digest is hexadecimal")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use aether_harness::{Failure, RunRequest, Subject, Suite};
    use aether_json::json;

    use super::*;

    /// A subject whose scenarios have two numbers in a row, and a switch.
    struct Fake {
        makes_up: bool,
    }

    struct Ready {
        inputs: Artefact,
        makes_up: bool,
    }

    impl Subject for Fake {
        fn name(&self) -> &str {
            "fake"
        }

        fn open(&self, _: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
            let inputs = json!({ "files": {}, "run": { "on": true, "values": [10, 20] } });
            let inputs = Artefact::from_json(INPUTS, inputs.to_string().as_bytes());
            Ok(Box::new(Ready {
                inputs: inputs.expect("JSON"),
                makes_up: self.makes_up,
            }))
        }
    }

    impl Prepared for Ready {
        fn inputs(&self) -> &Artefact {
            &self.inputs
        }

        fn run(&self, _: &RunRequest) -> Result<Vec<Artefact>, Failure> {
            Ok(Vec::new())
        }

        fn variant(&self, seed: u64) -> Option<Artefact> {
            let text = seed.to_string();
            let inputs = Artefact::from_json(INPUTS, text.as_bytes()).expect("a number is JSON");
            self.makes_up.then_some(inputs)
        }
    }

    /// Works with the cases of a scenario.
    fn with<T>(
        (runtime, makes_up, seed): (&str, bool, u64),
        work: impl FnOnce(&Variants<'_>) -> T,
    ) -> T {
        let root = tempfile::tempdir().expect("a directory");
        let dir = root.path().join("scenarios").join("one");
        std::fs::create_dir_all(&dir).expect("a folder");
        let settings = format!("description = \"one\"\nruntime = \"{runtime}\"\n");
        std::fs::write(dir.join("scenario.toml"), settings).expect("a file");
        let suite = Suite::new(root.path() as &Path).subject(Fake { makes_up });
        let found = suite.look_up("one").expect("it is there");
        let scenario = found.scenario.expect("it is valid");
        let prepared = scenario.subject().open(&scenario).expect("it can be read");
        work(&Variants::of(&scenario, &*prepared, seed))
    }

    fn text(variants: &Variants<'_>, number: u64) -> String {
        let case = variants.case(number).expect("there are values to change");
        String::from_utf8_lossy(case.inputs.text()).into_owned()
    }

    #[test]
    fn every_single_change_is_a_case_once() {
        with(("instant", false, 1), |variants| {
            let singles: BTreeSet<String> = [1, 3, 5, 7, 9]
                .iter()
                .map(|&number| variants.case(number).expect("a change").inputs.to_value())
                .map(|value| value.expect("JSON").to_string())
                .collect();
            let change = |on: bool, values: [i64; 2]| json!({ "files": {}, "run": { "on": on, "values": values } });
            let expected = [
                change(false, [10, 20]),
                change(true, [11, 20]),
                change(true, [9, 20]),
                change(true, [10, 21]),
                change(true, [10, 19]),
            ];
            let expected = expected.iter().map(Value::to_string);
            assert_eq!(singles, expected.collect());
            // Once they are used up, combinations take their places.
            assert_eq!(variants.sort(11), Sort::Combination);
        });
    }

    #[test]
    fn a_case_depends_on_its_number_alone() {
        let forward = with(("instant", true, 1), |variants| {
            (1..=40)
                .map(|number| text(variants, number))
                .collect::<Vec<_>>()
        });
        let mut backward = with(("instant", true, 1), |variants| {
            let numbers = (1..=40).rev();
            numbers
                .map(|number| text(variants, number))
                .collect::<Vec<_>>()
        });
        backward.reverse();
        assert_eq!(forward, backward);
        let other = with(("instant", true, 2), |variants| {
            (1..=40)
                .map(|number| text(variants, number))
                .collect::<Vec<_>>()
        });
        let alike = forward
            .iter()
            .zip(&other)
            .filter(|(one, other)| one == other);
        assert!(alike.count() < 10, "another seed gives other cases");
    }

    #[test]
    fn cases_are_of_all_sorts() {
        let sorts = |runtime: &str, makes_up: bool| {
            with((runtime, makes_up, 1), |variants| {
                let mut counts = [0; 3];
                for number in 1..=100 {
                    counts[match variants.sort(number) {
                        Sort::Single(_) => 0,
                        Sort::Combination => 1,
                        Sort::MadeUp => 2,
                    }] += 1;
                }
                counts
            })
        };
        // There are five single changes.
        assert_eq!(sorts("instant", true), [5, 62, 33]);
        assert_eq!(sorts("instant", false), [5, 95, 0]);
        assert_eq!(sorts("short", true), [2, 2, 96]);
    }
}
