//! Dotted paths into JSON values, as `scenario.toml` writes them: `edges.flow`, `"a.b".id`, `*.at`.
//! Arrays have no step: a path goes into each element.

use std::collections::BTreeSet;
use std::str::FromStr;

use aether_harness::nearest;
use aether_json::Value;

/// A dotted path, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Steps(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    /// `*`: every member.
    Any,
}

/// A text that is not a dotted path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StepsError {
    #[error("the path has an empty step")]
    Empty,
    #[error("the path has a quote that does not enclose a whole step")]
    Quote,
}

/// What a path found in a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// At least one value.
    Found,
    /// There was no object to look into, so the path may be right.
    Nowhere,
    /// There were objects, but none had the member; with the names that they have.
    Missing {
        step: String,
        names: BTreeSet<String>,
    },
}

impl FromStr for Steps {
    type Err = StepsError;

    fn from_str(text: &str) -> Result<Self, StepsError> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (step, after) = match rest.strip_prefix('"') {
                Some(quoted) => {
                    let (name, after) = quoted.split_once('"').ok_or(StepsError::Quote)?;
                    (Step::Member(name.to_owned()), after)
                }
                None => {
                    let end = rest.find('.').unwrap_or(rest.len());
                    let step = match &rest[..end] {
                        "" => return Err(StepsError::Empty),
                        "*" => Step::Any,
                        name if name.contains('"') => return Err(StepsError::Quote),
                        name => Step::Member(name.to_owned()),
                    };
                    (step, &rest[end..])
                }
            };
            steps.push(step);
            rest = match after.strip_prefix('.') {
                Some("") => return Err(StepsError::Empty),
                Some(next) => next,
                None if after.is_empty() => after,
                None => return Err(StepsError::Quote),
            };
        }
        Ok(Self(steps))
    }
}

impl Steps {
    /// The path to this member of what is here.
    pub(crate) fn member(mut self, name: &str) -> Self {
        self.0.push(Step::Member(name.to_owned()));
        self
    }

    /// The path that goes on as `other`.
    pub(crate) fn join(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The part of a document at this path, which leads through objects alone.
    pub(crate) fn select<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Any => None,
        })
    }

    /// What this path leads to, without a change.
    pub(crate) fn reach(&self, value: &Value) -> Reach {
        let mut seen = Seen::default();
        look(value, &self.0, &mut seen);
        match (seen.found, seen.missed) {
            (true, _) => Reach::Found,
            (false, None) => Reach::Nowhere,
            (false, Some((step, names))) => Reach::Missing { step, names },
        }
    }

    /// Visits every value at this path. An array at its end is visited itself if `whole`, else element
    /// by element.
    pub(crate) fn visit(&self, value: &mut Value, whole: bool, visit: &mut dyn FnMut(&mut Value)) {
        walk(value, &self.0, whole, visit);
    }
}

#[derive(Default)]
struct Seen {
    found: bool,
    /// The step at which the walk got stuck the furthest along, and the members that were there.
    missed: Option<(String, BTreeSet<String>)>,
}

fn look(value: &Value, steps: &[Step], seen: &mut Seen) {
    let Some((step, rest)) = steps.split_first() else {
        seen.found = true;
        return;
    };
    match (value, step) {
        (Value::Array(elements), _) => {
            for element in elements {
                look(element, steps, seen);
            }
        }
        (Value::Object(members), Step::Any) => {
            for member in members.values() {
                look(member, rest, seen);
            }
        }
        (Value::Object(members), Step::Member(name)) => match members.get(name) {
            Some(member) => look(member, rest, seen),
            None => {
                let (_, names) = seen
                    .missed
                    .get_or_insert_with(|| (name.clone(), BTreeSet::new()));
                names.extend(members.keys().cloned());
            }
        },
        // A scalar has no members at all.
        (_, Step::Any) => {}
        (_, Step::Member(name)) => {
            seen.missed
                .get_or_insert_with(|| (name.clone(), BTreeSet::new()));
        }
    }
}

fn walk(value: &mut Value, steps: &[Step], whole: bool, visit: &mut dyn FnMut(&mut Value)) {
    let Some((step, rest)) = steps.split_first() else {
        match value {
            Value::Array(elements) if !whole => {
                for element in elements {
                    walk(element, steps, whole, visit);
                }
            }
            value => visit(value),
        }
        return;
    };
    match (value, step) {
        (Value::Array(elements), _) => {
            for element in elements {
                walk(element, steps, whole, visit);
            }
        }
        (Value::Object(members), Step::Any) => {
            for member in members.values_mut() {
                walk(member, rest, whole, visit);
            }
        }
        (Value::Object(members), Step::Member(name)) => {
            if let Some(member) = members.get_mut(name) {
                walk(member, rest, whole, visit);
            }
        }
        _ => {}
    }
}

impl Reach {
    /// Whether there is a name that was probably meant.
    pub(crate) fn has_nearest(&self) -> bool {
        match self {
            Self::Missing { step, names } => {
                nearest(step, names.iter().map(String::as_str)).is_some()
            }
            _ => false,
        }
    }

    /// The end of a message about a path that matches nothing.
    pub(crate) fn hint(&self) -> String {
        let Self::Missing { step, names } = self else {
            return String::new();
        };
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        match nearest(step, known.iter().copied()) {
            Some(near) => format!("; did you mean `{near}`?"),
            None if known.is_empty() => "; there are no members here".to_owned(),
            None => {
                let shown = known.len().min(NAMES_MAX);
                let more = if known.len() > shown { ", …" } else { "" };
                format!("; the members are {}{more}", known[..shown].join(", "))
            }
        }
    }
}

/// Names that a message lists.
const NAMES_MAX: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use aether_json::json;

    fn steps(text: &str) -> Steps {
        text.parse().unwrap()
    }

    #[test]
    fn paths_are_dotted_and_steps_may_be_quoted() {
        let member = |name: &str| Step::Member(name.to_owned());
        assert_eq!(steps(""), Steps(vec![]));
        assert_eq!(steps("a.b"), Steps(vec![member("a"), member("b")]));
        assert_eq!(
            steps("\"a.b\".*.\"*\""),
            Steps(vec![member("a.b"), Step::Any, member("*")])
        );
        for (text, error) in [
            ("a..b", StepsError::Empty),
            (".a", StepsError::Empty),
            ("a.", StepsError::Empty),
            ("\"a", StepsError::Quote),
            ("\"a\"b", StepsError::Quote),
            ("a\"b", StepsError::Quote),
        ] {
            assert_eq!(text.parse::<Steps>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_path_that_matches_nothing_says_what_is_there() {
        let value = json!([{"items": [{"id": 1}]}, {"items": []}]);
        assert_eq!(steps("items.id").reach(&value), Reach::Found);
        assert_eq!(steps("*.id").reach(&value), Reach::Found);
        let missing = steps("itmes").reach(&value);
        assert_eq!(missing.hint(), "; did you mean `items`?");
        assert_eq!(
            steps("items.name_of_it").reach(&value).hint(),
            "; the members are id"
        );
        // An empty output is not a mistake.
        assert_eq!(steps("itmes").reach(&json!([])), Reach::Nowhere);
        assert_eq!(
            steps("items.x").reach(&json!({"items": []})),
            Reach::Nowhere
        );
    }

    #[test]
    fn every_value_at_a_path_is_visited() {
        let mut value = json!([{"a": {"x": 1, "y": 2}}, {"a": {"x": [3, 4]}}]);
        let mut seen = Vec::new();
        steps("a.x").visit(&mut value, false, &mut |value| seen.push(value.to_string()));
        assert_eq!(seen, ["1", "3", "4"]);
        let mut seen = Vec::new();
        steps("a.*").visit(&mut value, true, &mut |value| seen.push(value.to_string()));
        assert_eq!(seen, ["1", "2", "[3,4]"]);
    }
}
