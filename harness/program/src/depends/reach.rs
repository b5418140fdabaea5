//! Whether a pattern matches anything in some documents, whatever its variables are.

use std::collections::{BTreeMap, BTreeSet};

use aether_harness::{Artefact, INPUTS, nearest};
use aether_json::Value;

use super::pattern::{Pattern, Step, Term};

/// The outputs of a run, its inputs and, if they are asked for, its goldens.
pub(super) struct Documents<G> {
    run: BTreeMap<String, Value>,
    golden: G,
    goldens: BTreeMap<String, Option<Value>>,
}

impl<G: Fn(&str) -> Option<Artefact>> Documents<G> {
    pub(super) fn new(outputs: &[Artefact], inputs: &Artefact, golden: G) -> Self {
        let all = outputs.iter().chain([inputs]);
        let read =
            |artefact: &Artefact| Some((artefact.name().to_owned(), artefact.to_value().ok()?));
        Self {
            run: all.filter_map(read).collect(),
            golden,
            goldens: BTreeMap::new(),
        }
    }

    /// A hint at what may be meant if a pattern matches nothing; `None` if it matches something.
    pub(super) fn missing(&mut self, pattern: &Pattern) -> Option<String> {
        let name = pattern.artefact();
        let golden = self.goldens.entry(name.to_owned());
        let run = self.run.get(name);
        let mut names = Names::default();
        if run.is_some_and(|value| matches(value, &pattern.steps[1..], &mut names)) {
            return None;
        }
        let golden = golden.or_insert_with(|| (self.golden)(name)?.to_value().ok());
        if let Some(golden) = golden
            && matches(golden, &pattern.steps[1..], &mut names)
        {
            return None;
        }
        if run.is_none() && golden.is_none() && name != INPUTS {
            // The outputs of a glob may be absent.
            return None;
        }
        Some(names.hint())
    }
}

/// What there was where a pattern went no further.
#[derive(Default)]
struct Names {
    wanted: String,
    found: BTreeSet<String>,
    /// How many steps had matched.
    depth: usize,
}

impl Names {
    fn note(&mut self, left: usize, wanted: &str, found: impl IntoIterator<Item = String>) {
        // The fewest steps left are those of the place that is nearest to being right.
        let depth = usize::MAX - left;
        if depth > self.depth {
            *self = Self {
                wanted: wanted.to_owned(),
                found: BTreeSet::new(),
                depth,
            };
        }
        if depth == self.depth {
            self.found.extend(found);
        }
    }

    fn hint(&self) -> String {
        let names = self.found.iter().map(String::as_str);
        match nearest(&self.wanted, names) {
            Some(near) => format!("; did you mean `{near}`?"),
            None if self.found.is_empty() => String::new(),
            None => {
                let names: Vec<&str> = self.found.iter().take(8).map(String::as_str).collect();
                format!("; there is {}", names.join(", "))
            }
        }
    }
}

/// Whether steps lead to something in a value. What is in an empty array or object might be there another time.
fn matches(value: &Value, steps: &[Step], names: &mut Names) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return true;
    };
    match (step, value) {
        (Step::Field(name), Value::Object(members)) => match members.get(name) {
            Some(member) => matches(member, rest, names),
            None => {
                names.note(steps.len(), name, members.keys().cloned());
                members.is_empty()
            }
        },
        (Step::Term(Term::Literal(at)), Value::Array(elements)) => {
            let at = at.parse::<usize>().ok();
            let element = at.and_then(|at| elements.get(at));
            element.is_some_and(|element| matches(element, rest, names))
        }
        (Step::Each | Step::Term(_), Value::Array(elements)) => {
            elements.is_empty() || elements.iter().any(|element| matches(element, rest, names))
        }
        (Step::Each | Step::Term(_), Value::Object(members)) => {
            members.is_empty() || members.values().any(|member| matches(member, rest, names))
        }
        (Step::Element(fields), Value::Array(elements)) => {
            let is_match = |element: &Value| {
                has_fields(element, fields, steps.len(), names) && matches(element, rest, names)
            };
            elements.is_empty() || elements.iter().any(is_match)
        }
        _ => false,
    }
}

/// Whether an element has these fields; one that is no object is counted by one of them.
fn has_fields(element: &Value, fields: &[(String, Term)], left: usize, names: &mut Names) -> bool {
    let Some(members) = element.as_object() else {
        return fields.len() == 1;
    };
    fields.iter().all(|(field, term)| {
        let found = field_of(element, field);
        if found.is_none() {
            names.note(left, field, members.keys().cloned());
        }
        found.is_some_and(|value| match term {
            Term::Literal(literal) => value.to_string() == *literal,
            Term::Variable { .. } => true,
        })
    })
}

/// The value of a field as identities write it: `seq`, `m.id`, `"a b"`.
fn field_of<'v>(element: &'v Value, field: &str) -> Option<&'v Value> {
    let mut value = element;
    let mut rest = field;
    while !rest.is_empty() {
        let quoted = aether_json::scan::string_length(rest);
        let length = quoted.or_else(|| rest.find('.')).unwrap_or(rest.len());
        let name = match quoted {
            Some(length) => aether_json::from_str::<String>(&rest[..length]).ok()?,
            None => rest[..length].to_owned(),
        };
        value = value.get(&name)?;
        rest = rest[length..].strip_prefix('.').unwrap_or_default();
    }
    Some(value)
}
