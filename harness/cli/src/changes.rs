//! Single changes of inputs: every number and switch, one step up or down.

use std::collections::{BTreeMap, BTreeSet};

use aether_harness::{Artefact, Cause, DiffOptions, Schema};
use aether_json::{Number, Value};

/// The member of the inputs that names files; nothing runs from it.
const FILES: &str = "files";

/// A value that can be changed by a step.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    path: Vec<Key>,
    /// What may replace it: the next, otherwise the previous one.
    pub(crate) alternatives: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq)]
enum Key {
    Member(String),
    Element(usize),
}

impl Place {
    /// The document with each alternative in turn.
    pub(crate) fn put_in(&self, document: &Value) -> impl Iterator<Item = Value> {
        self.alternatives.iter().map(|value| {
            let mut changed = document.clone();
            self.put(&mut changed, value.clone());
            changed
        })
    }

    pub(crate) fn put(&self, document: &mut Value, value: Value) {
        let mut at = document;
        for key in &self.path {
            let inner = match key {
                Key::Member(name) => at.get_mut(name),
                Key::Element(index) => at.element_mut(*index),
            };
            match inner {
                Some(inner) => at = inner,
                None => return,
            }
        }
        *at = value;
    }

    /// Whether it is at `places`, or below: `topology/edges/*/k`, where indices count from 0 and `*`
    /// is any of them.
    pub(crate) fn is_within(&self, places: &str) -> bool {
        let mut wanted = places.split('/').peekable();
        for key in &self.path {
            let Some(wanted) = wanted.next() else {
                return true;
            };
            let is_wanted = match key {
                Key::Member(name) => name == wanted,
                Key::Element(index) => wanted == "*" || *wanted == index.to_string(),
            };
            if !is_wanted {
                return false;
            }
        }
        wanted.peek().is_none()
    }

    /// What replaces the value `steps` steps further: a number that is as much larger or smaller, and a switch
    /// turned. `None` if there is no such number.
    pub(crate) fn moved(&self, document: &Value, steps: i64) -> Option<Value> {
        let mut at = document;
        for key in &self.path {
            at = match key {
                Key::Member(name) => at.get(name)?,
                Key::Element(index) => at.as_array()?.get(*index)?,
            };
        }
        match at {
            Value::Number(number) => {
                let text = number.to_string();
                if let Ok(whole) = text.parse::<i128>() {
                    return Some(Value::from(whole.checked_add(i128::from(steps))?));
                }
                #[expect(clippy::cast_precision_loss, reason = "there are a few hundred steps")]
                let moved = text.parse::<f64>().ok()? + steps as f64;
                Value::try_from(moved).ok()
            }
            Value::Bool(switch) => Some(Value::Bool(!switch)),
            _ => None,
        }
    }

    /// The path with every index as `*`.
    pub(crate) fn pattern(&self) -> String {
        let keys = self.path.iter().map(|key| match key {
            Key::Member(name) => name.as_str(),
            Key::Element(_) => "*",
        });
        keys.collect::<Vec<_>>().join("/")
    }
}

/// Every number and switch of the inputs.
pub(crate) fn places(document: &Value) -> Vec<Place> {
    let mut places = Vec::new();
    if let Value::Object(members) = document {
        for (name, member) in members {
            if name != FILES {
                collect(member, &mut vec![Key::Member(name.clone())], &mut places);
            }
        }
    }
    places
}

/// The places at which two documents differ, also those that only one of them has.
pub(crate) fn differing(document: &Value, changed: &Value) -> Vec<Place> {
    let mut places = Vec::new();
    collect_differing(Some(document), Some(changed), &mut Vec::new(), &mut places);
    places
}

fn collect_differing(
    one: Option<&Value>,
    other: Option<&Value>,
    path: &mut Vec<Key>,
    places: &mut Vec<Place>,
) {
    match (one, other) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let names: BTreeSet<_> = one.iter().chain(other).map(|(name, _)| name).collect();
            for name in names {
                path.push(Key::Member(name.clone()));
                collect_differing(one.get(name), other.get(name), path, places);
                path.pop();
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            for index in 0..one.len().max(other.len()) {
                path.push(Key::Element(index));
                collect_differing(one.get(index), other.get(index), path, places);
                path.pop();
            }
        }
        (one, other) if one == other => {}
        _ => places.push(Place {
            path: path.clone(),
            alternatives: Vec::new(),
        }),
    }
}

fn collect(value: &Value, path: &mut Vec<Key>, places: &mut Vec<Place>) {
    let alternatives = match value {
        Value::Number(number) => neighbours(number),
        Value::Bool(switch) => vec![Value::Bool(!switch)],
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                path.push(Key::Element(index));
                collect(element, path, places);
                path.pop();
            }
            return;
        }
        Value::Object(members) => {
            for (name, member) in members {
                path.push(Key::Member(name.clone()));
                collect(member, path, places);
                path.pop();
            }
            return;
        }
        Value::Null | Value::String(_) => return,
    };
    if !alternatives.is_empty() {
        let path = path.clone();
        places.push(Place { path, alternatives });
    }
}

/// The numbers one above and one below.
fn neighbours(number: &Number) -> Vec<Value> {
    let text = number.to_string();
    if let Ok(whole) = text.parse::<i128>() {
        let steps = [whole.checked_add(1), whole.checked_sub(1)];
        return steps.into_iter().flatten().map(Value::from).collect();
    }
    let Ok(float) = text.parse::<f64>() else {
        return Vec::new();
    };
    [float + 1.0, float - 1.0]
        .into_iter()
        .filter(|step| *step != float)
        .filter_map(|step| Value::try_from(step).ok())
        .collect()
}

/// At most `max` places: as many of each pattern as there is room for, evenly from its first to its
/// last, the same ones each time; and how many that leaves out.
pub(crate) fn spread(places: Vec<Place>, max: usize) -> (Vec<Place>, usize) {
    let total = places.len();
    if total <= max {
        return (places, 0);
    }
    let mut by_pattern: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for place in places {
        by_pattern.entry(place.pattern()).or_default().push(place);
    }
    let mut quota: BTreeMap<&str, usize> = BTreeMap::new();
    let mut room = max;
    while room > 0 {
        let before = room;
        for (pattern, places) in &by_pattern {
            let taken = quota.entry(pattern).or_default();
            if room > 0 && *taken < places.len() {
                *taken += 1;
                room -= 1;
            }
        }
        if room == before {
            break;
        }
    }
    let mut chosen = Vec::new();
    for (pattern, places) in &by_pattern {
        let taken = quota.get(pattern.as_str()).copied().unwrap_or(0);
        chosen.extend((0..taken).map(|at| places[at * places.len() / taken].clone()));
    }
    let left_out = total - chosen.len();
    (chosen, left_out)
}

/// In what two inputs differ, as reports give causes.
pub(crate) fn causes(before: &Artefact, after: &Artefact, schema: &Schema) -> Vec<String> {
    let diff = aether_harness::diff(
        std::slice::from_ref(before),
        std::slice::from_ref(after),
        schema,
        &DiffOptions::default(),
    );
    diff.causes.iter().map(Cause::lead).collect()
}

#[cfg(test)]
mod tests {
    use aether_json::json;

    use super::*;

    #[test]
    fn a_reason_is_for_a_place_and_what_is_below_it() {
        let document = json!({"run": {"log": [1, 2], "logs": 3}, "edges": [{"k": 4}, {"k": 5}]});
        let within = |places_of_reason: &str| {
            let all = places(&document);
            let found = all.iter().filter(|place| place.is_within(places_of_reason));
            found.count()
        };
        for (reason, count) in [
            ("run", 3),
            ("run/log", 2),
            ("run/log/1", 1),
            ("run/log/*", 2),
            ("run/log/2", 0),
            ("run/log/1/k", 0),
            ("edges/*/k", 2),
            ("edges/0/k", 1),
            ("edges/*/c", 0),
            ("ru", 0),
            ("run/*", 0),
            ("", 0),
        ] {
            assert_eq!(within(reason), count, "{reason}");
        }
    }

    #[test]
    fn an_altered_rule_differs_at_places_of_either_document() {
        let document = json!({"rule": {"mode": "a", "order": ["R", "GR", "ID"]}, "ticks": 3});
        let altered =
            json!({"rule": {"mode": "b", "order": ["ID", "GR", "R"], "scale": 1}, "ticks": 3});
        let found = differing(&document, &altered);
        let patterns: Vec<_> = found.iter().map(Place::pattern).collect();
        assert_eq!(
            patterns,
            ["rule/mode", "rule/order/*", "rule/order/*", "rule/scale"]
        );
        assert!(found[1].is_within("rule/order/0") && found[2].is_within("rule/order/2"));
        assert!(differing(&document, &document).is_empty());
        let shorter = json!({"rule": {"mode": "a", "order": ["R", "GR"]}, "ticks": 3});
        let [place] = differing(&document, &shorter)
            .try_into()
            .expect("one place");
        assert!(place.is_within("rule/order/2"));
    }

    #[test]
    fn every_number_and_switch_is_a_place_but_no_file() {
        let document = json!({
            "files": {"a": "x", "b": 1},
            "run": {"name": "r", "on": true, "values": [1, -2], "none": null},
        });
        let found: Vec<String> = places(&document)
            .iter()
            .map(|place| {
                let mut changed = document.clone();
                place.put(&mut changed, place.alternatives[0].clone());
                format!("{} {}", place.pattern(), changed["run"])
            })
            .collect();
        assert_eq!(
            found,
            [
                r#"run/on {"name":"r","none":null,"on":false,"values":[1,-2]}"#,
                r#"run/values/* {"name":"r","none":null,"on":true,"values":[2,-2]}"#,
                r#"run/values/* {"name":"r","none":null,"on":true,"values":[1,-1]}"#,
            ]
        );
    }

    #[test]
    fn numbers_have_neighbours_of_their_own_sort() {
        let check = |text: &str, expected: &[&str]| {
            let number = Number::parse(text).unwrap();
            let found: Vec<String> = neighbours(&number).iter().map(Value::to_string).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("1", &["2", "0"]);
        check(
            "-9223372036854775808",
            &["-9223372036854775807", "-9223372036854775809"],
        );
        check("0.5", &["1.5", "-0.5"]);
        check("1e300", &[]);
    }

    #[test]
    fn places_are_spread_over_all_patterns() {
        let edges: Vec<Value> = (0..100).map(|k| json!({"k": k, "cap": 1})).collect();
        let document = json!({"topology": {"edges": edges}, "run": {"ticks": 3}});
        let (chosen, left_out) = spread(places(&document), 11);
        assert_eq!(left_out, 201 - 11);
        let count = |pattern: &str| chosen.iter().filter(|p| p.pattern() == pattern).count();
        assert_eq!(count("run/ticks"), 1);
        assert_eq!(count("topology/edges/*/cap"), 5);
        assert_eq!(count("topology/edges/*/k"), 5);
        let ks = chosen
            .iter()
            .filter(|p| p.pattern() == "topology/edges/*/k");
        let first = |place: &Place| place.alternatives[0].to_string();
        assert_eq!(
            ks.map(first).collect::<Vec<_>>(),
            ["1", "21", "41", "61", "81"]
        );
        assert_eq!(spread(places(&document), 0).0.len(), 0);
    }
}
