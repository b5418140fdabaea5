//! The values of artefacts by place.
//!
//! ```text
//! ledgers[tick=3].edges[e_id=5].raw
//!         the element of the array whose `tick` is 3, of whose `edges` that whose `e_id` is 5, ...
//! post_u[node=4]
//!         the elements have no member `node`: the fourth
//! ```

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::path::{Path, Step, element_label, identity_field};
use crate::place::ElementId;
use crate::reading::{Key, Reading};
use crate::{Artefact, ArtefactError, ArtefactSchema, Schema, Value, steps};

/// The artefacts of a run as trees, in which places are looked up.
pub struct Lookup {
    documents: BTreeMap<String, Document>,
    /// Where the elements of arrays are, by the address of the array, which stays where it is, and by the
    /// fields that identify them. Filled as arrays are asked for.
    positions: RefCell<BTreeMap<(usize, String), Positions>>,
}

struct Document {
    value: Value,
    reading: Reading,
}

/// The positions of the elements with an identity, in order.
type Positions = BTreeMap<String, Vec<usize>>;

impl Lookup {
    /// Reads artefacts; the schema says what identifies their elements.
    ///
    /// # Errors
    /// The text of an artefact is not JSON.
    pub fn of(artefacts: &[Artefact], schema: &Schema) -> Result<Self, ArtefactError> {
        let mut documents = BTreeMap::new();
        for artefact in artefacts {
            let name = artefact.name();
            let listed = schema.artefact(name);
            let unlisted = ArtefactSchema::default();
            let document = Document {
                value: artefact.to_value()?,
                reading: Reading::of(listed.unwrap_or(&unlisted), name),
            };
            documents.insert(name.to_owned(), document);
        }
        Ok(Self {
            documents,
            positions: RefCell::default(),
        })
    }

    /// The names of the artefacts.
    pub fn artefacts(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }

    /// The value at a place; `None` if there is none, and for a place with `[*]`.
    pub fn value(&self, place: &Path) -> Option<&Value> {
        let value = &self.documents.get(place.artefact()?)?.value;
        let mut steps = place.steps[1..].iter();
        steps.try_fold(value, |value, step| match (step, value) {
            (Step::Field(name), Value::Object(members)) => members.get(&**name),
            (step, Value::Array(elements)) => elements.get(self.at(elements, step)?),
            _ => None,
        })
    }

    /// The value at a place of a changed value: what [`Lookup::value`] returned for a place that holds this one.
    pub fn value_mut<'v>(
        &self,
        value: &'v mut Value,
        of: &Path,
        place: &Path,
    ) -> Option<&'v mut Value> {
        let mut original = self.value(of)?;
        let mut value = value;
        for step in place.steps.get(of.steps.len()..)? {
            match (step, original) {
                (Step::Field(name), Value::Object(members)) => {
                    original = members.get(&**name)?;
                    value = value.get_mut(name)?;
                }
                (step, Value::Array(elements)) => {
                    let at = self.at(elements, step)?;
                    original = elements.get(at)?;
                    value = value.element_mut(at)?;
                }
                _ => return None,
            }
        }
        Some(value)
    }

    /// The position of the element that a step leads to.
    fn at(&self, elements: &Vec<Value>, step: &Step) -> Option<usize> {
        match step {
            Step::Index(at) => Some(*at),
            Step::Element { identity, .. } => self.position(elements, ElementId::new(identity)),
            Step::Field(_) | Step::Each => None,
        }
    }

    fn position(&self, elements: &Vec<Value>, id: ElementId<'_>) -> Option<usize> {
        let fields = id.fields();
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let array = std::ptr::from_ref(elements).addr();
        let mut all = self.positions.borrow_mut();
        let positions = all.entry((array, names.join(","))).or_insert_with(|| {
            let mut positions = Positions::new();
            for (at, element) in elements.iter().enumerate() {
                if let Some(identity) = identity(element, &names) {
                    positions.entry(identity).or_default().push(at);
                }
            }
            positions
        });
        if positions.is_empty() {
            // Elements without these fields are counted.
            let [(_, number)] = fields[..] else {
                return None;
            };
            return number.parse::<usize>().ok()?.checked_sub(1);
        }
        let values: Vec<&str> = fields.iter().map(|(_, value)| *value).collect();
        let found = positions.get(&values.join(","))?;
        found.get(id.occurrence().checked_sub(1)?).copied()
    }
}

/// The values of the fields that identify an element.
fn identity(element: &Value, fields: &[&str]) -> Option<String> {
    let values = fields.iter().map(|field| {
        let names = steps::names(field);
        let found = names
            .iter()
            .try_fold(element, |value, name| value.get(name));
        found.map(Value::to_string)
    });
    let values: Option<Vec<String>> = values.collect();
    values.map(|values| values.join(","))
}

/// The single values in `place` that differ between two runs, each by its own place, in the order of the runs. What is
/// only in one of them differs.
///
/// ```
/// use aether_diff::{Artefact, Lookup, Path, Schema, differing};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let schema = Schema::for_document("users", vec!["=id".parse()?]);
/// let read = |text: &str| -> Result<Lookup, Box<dyn std::error::Error>> {
///     Ok(Lookup::of(&[Artefact::from_json("users", text.as_bytes())?], &schema)?)
/// };
/// let before = read(r#"[{"id": 7, "age": 3, "tags": ["a"]}]"#)?;
/// let after = read(r#"[{"id": 6, "age": 9, "tags": []}, {"id": 7, "age": 4, "tags": ["a", "b"]}]"#)?;
/// let found = |place: &str| {
///     let places = differing(&before, &after, &Path::parse(place).expect("a path"));
///     places.iter().map(ToString::to_string).collect::<Vec<_>>()
/// };
/// assert_eq!(found("users[id=7]"), ["users[id=7].age", "users[id=7].tags[1]"]);
/// assert_eq!(found("users[*].age"), ["users[id=7].age", "users[id=6].age"]);
/// assert_eq!(found("users[id=6].tags"), ["users[id=6].tags"]);
/// # Ok(())
/// # }
/// ```
pub fn differing(before: &Lookup, after: &Lookup, place: &Path) -> Vec<Path> {
    let mut found = Vec::new();
    let is_each = |step: &Step| matches!(step, Step::Each);
    let known = place.steps.iter().position(is_each);
    let (known, rest) = place.steps.split_at(known.unwrap_or(place.steps.len()));
    let path = Path::new(known.to_vec());
    let Some(document) = path.artefact().and_then(|artefact| {
        let documents = [after, before].map(|run| run.documents.get(artefact));
        documents.into_iter().flatten().next()
    }) else {
        return found;
    };
    let values = [before, after].map(|run| run.value(&path));
    let pair = Pair {
        values,
        reading: document.reading(&path, &values),
        path,
    };
    pair.enter(rest, &mut found);
    found
}

impl Document {
    /// What is known of a place in it, which has these values.
    fn reading(&self, place: &Path, values: &[Option<&Value>]) -> &Reading {
        let steps = &place.steps[1..];
        let is_array = |value: &&Value| value.as_array().is_some();
        let is_element = |step: &Step| !matches!(step, Step::Field(_));
        // A key is that of the outer of two nested arrays.
        let is_inner =
            steps.last().is_some_and(is_element) && values.iter().flatten().any(is_array);
        if is_inner || steps.windows(2).any(|pair| pair.iter().all(is_element)) {
            return Reading::unknown();
        }
        let names = steps.iter().filter_map(|step| match step {
            Step::Field(name) => Some(aether_json::layout::quoted(name)),
            _ => None,
        });
        names.fold(&self.reading, |reading, name| reading.member(&name))
    }
}

/// A place with its values in both runs.
struct Pair<'r> {
    path: Path,
    values: [Option<&'r Value>; 2],
    reading: &'r Reading,
}

impl Pair<'_> {
    /// Goes on to a place in this one.
    fn enter(&self, rest: &[Step], found: &mut Vec<Path>) {
        let Some((step, rest)) = rest.split_first() else {
            return self.leaves(found);
        };
        for child in self.children() {
            let is_next = match step {
                Step::Each => true,
                step => child.path.steps.last() == Some(step),
            };
            if is_next {
                child.enter(rest, found);
            }
        }
    }

    fn leaves(&self, found: &mut Vec<Path>) {
        if self.values[0] == self.values[1] {
            return;
        }
        let children = self.children();
        if children.is_empty() {
            found.push(self.path.clone());
        }
        for child in children {
            child.leaves(found);
        }
    }

    /// The members or elements of both sides; none if they are of different kinds, or single values.
    fn children(&self) -> Vec<Self> {
        match self.values {
            [Some(Value::Object(_)) | None, Some(Value::Object(_))]
            | [Some(Value::Object(_)), None] => self.members(),
            [Some(Value::Array(_)) | None, Some(Value::Array(_))]
            | [Some(Value::Array(_)), None] => self.elements(),
            _ => Vec::new(),
        }
    }

    fn members(&self) -> Vec<Self> {
        let sides = self.values.map(|value| value.and_then(Value::as_object));
        let keys: BTreeSet<&String> = sides
            .iter()
            .flatten()
            .flat_map(|side| side.keys())
            .collect();
        let child = |key: &String| Self {
            path: self.path.clone().field(key),
            values: sides.map(|side| side.and_then(|side| side.get(key))),
            reading: self.reading.member(&aether_json::layout::quoted(key)),
        };
        keys.into_iter().map(child).collect()
    }

    fn elements(&self) -> Vec<Self> {
        let sides = self.values.map(|value| value.and_then(Value::as_array));
        let mut children: Vec<Self> = Vec::new();
        let mut positions: BTreeMap<Step, usize> = BTreeMap::new();
        for (side, elements) in sides.iter().enumerate() {
            let Some(elements) = elements else {
                continue;
            };
            for (step, element) in named(elements, self.reading).into_iter().zip(*elements) {
                let at = *positions.entry(step.clone()).or_insert(children.len());
                if at == children.len() {
                    let mut path = self.path.clone();
                    path.steps.push(step);
                    // As in the diff, paths of a schema do not count indices, but those of an inner array.
                    let is_array = element.as_array().is_some();
                    let unknown = Reading::unknown();
                    children.push(Self {
                        path,
                        values: [None, None],
                        reading: if is_array { unknown } else { self.reading },
                    });
                }
                children[at].values[side] = Some(element);
            }
        }
        children
    }
}

/// The steps to the elements of an array, as the diff names them.
fn named(elements: &[Value], reading: &Reading) -> Vec<Step> {
    let key = reading.key.as_ref();
    let noun = key.and_then(Key::counted).or(reading.element.as_deref());
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let step = |(at, element): (usize, &Value)| {
        if let Some(key) = key.filter(|key| !key.fields.is_empty())
            && let Some(values) = key_values(element, key)
        {
            let fields = key.fields.iter().zip(&values);
            let fields: Vec<String> = fields
                .map(|(field, value)| format!("{}={value}", field.name))
                .collect();
            let mut identity = fields.join(",");
            let occurrence = seen.entry(identity.clone()).or_default();
            *occurrence += 1;
            if *occurrence > 1 {
                identity.push_str(&format!("#{occurrence}"));
            }
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            return Step::Element {
                identity: identity.into(),
                label: element_label(&key.noun, &values).into(),
            };
        }
        match noun {
            Some(noun) => Step::Element {
                identity: format!("{}={}", identity_field(noun), at + 1).into(),
                label: format!("{noun} {}", at + 1).into(),
            },
            None => Step::Index(at),
        }
    };
    elements.iter().enumerate().map(step).collect()
}

fn key_values(element: &Value, key: &Key) -> Option<Vec<String>> {
    let fields: Vec<&str> = key.fields.iter().map(|field| &*field.name).collect();
    let values = fields.iter().map(|field| identity(element, &[field]));
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(text: &str) -> Lookup {
        let mut schema = Schema::for_document("d", vec!["rows=id".parse().unwrap()]);
        schema.artefacts[0].keys.push("u=".parse().unwrap());
        let artefact = Artefact::from_json("d", text.as_bytes()).unwrap();
        Lookup::of(&[artefact], &schema).unwrap()
    }

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    const DOCUMENT: &str =
        r#"{"rows":[{"id":7,"v":[1,2]},{"id":"a","m":{"x":3}},{"id":7,"v":4}],"u":[5,6]}"#;

    #[test]
    fn values_are_found_by_their_places() {
        let lookup = lookup(DOCUMENT);
        assert_eq!(lookup.artefacts().collect::<Vec<_>>(), ["d"]);
        for (place, value) in [
            ("d.u", Some("[5,6]")),
            ("d.u[1]", Some("6")),
            ("d.u[2]", None),
            ("d.u[node=1]", Some("5")),
            ("d.u[node=2]", Some("6")),
            ("d.u[node=0]", None),
            ("d.u[node=1,of=2]", None),
            ("d.u[*]", None),
            ("d.u.x", None),
            ("d.u[0].x", None),
            ("d.rows[id=7].v[1]", Some("2")),
            ("d.rows[id=7#2].v", Some("4")),
            ("d.rows[id=7#3].v", None),
            ("d.rows[id=7#0].v", None),
            (r#"d.rows[id="a"].m.x"#, Some("3")),
            ("d.rows[m.x=3].id", Some("\"a\"")),
            ("d.rows[id=7,v=4].v", Some("4")),
            ("d.rows[1].id", Some("\"a\"")),
            ("d.x", None),
            ("e", None),
        ] {
            let found = lookup.value(&path(place)).map(Value::to_string);
            assert_eq!(found.as_deref(), value, "{place}");
        }
    }

    #[test]
    fn a_place_of_a_changed_value_is_where_it_was() {
        let lookup = lookup(DOCUMENT);
        let of = path("d.rows");
        let mut changed = lookup.value(&of).unwrap().clone();
        // The element is still that whose `id` was 7.
        *lookup
            .value_mut(&mut changed, &of, &path("d.rows[id=7].id"))
            .unwrap() = 9.into();
        *lookup
            .value_mut(&mut changed, &of, &path("d.rows[id=7].v[0]"))
            .unwrap() = 0.into();
        let expected = r#"[{"id":9,"v":[0,2]},{"id":"a","m":{"x":3}},{"id":7,"v":4}]"#;
        assert_eq!(changed.to_string(), expected);
        for none in ["d.rows[id=8]", "d.rows[id=7].v[2]", "d.rows.x", "d"] {
            assert!(
                lookup.value_mut(&mut changed, &of, &path(none)).is_none(),
                "{none}"
            );
        }
        assert_eq!(
            lookup
                .value_mut(&mut changed, &of, &of)
                .unwrap()
                .to_string(),
            expected
        );
    }

    #[test]
    fn values_that_differ_have_a_place_each() {
        let check = |before: &str, after: &str, place: &str, expected: &[&str]| {
            let places = differing(&lookup(before), &lookup(after), &path(place));
            let places: Vec<String> = places.iter().map(ToString::to_string).collect();
            assert_eq!(places, expected, "{before} {after} {place}");
        };
        check(DOCUMENT, DOCUMENT, "d", &[]);
        check(DOCUMENT, DOCUMENT, "e", &[]);
        let other =
            r#"{"rows":[{"id":7,"v":[1,3]},{"id":7,"v":5},{"id":8,"v":[]}],"u":[5],"w":{"k":1}}"#;
        let all = [
            "d.rows[id=7].v[1]",
            r#"d.rows[id="a"].id"#,
            r#"d.rows[id="a"].m.x"#,
            "d.rows[id=7#2].v",
            "d.rows[id=8].id",
            "d.rows[id=8].v",
            "d.u[1]",
            "d.w.k",
        ];
        check(DOCUMENT, other, "d", &all);
        check(DOCUMENT, other, "d.u", &["d.u[1]"]);
        check(other, DOCUMENT, "d.u", &["d.u[1]"]);
        check(DOCUMENT, other, "d.w", &["d.w.k"]);
        check(other, DOCUMENT, "d.w", &["d.w.k"]);
        check(
            DOCUMENT,
            other,
            "d.rows[*].v",
            &["d.rows[id=7].v[1]", "d.rows[id=7#2].v", "d.rows[id=8].v"],
        );
        check(DOCUMENT, other, "d.rows[*].v[*]", &["d.rows[id=7].v[1]"]);
        // Values of two kinds are one difference.
        check(r#"{"u":[1]}"#, r#"{"u":{"a":1}}"#, "d.u", &["d.u"]);
        check(r#"{"u":{"a":1}}"#, r#"{"u":[1]}"#, "d.u", &["d.u"]);
        check(r#"{"u":[1]}"#, r#"{"u":1}"#, "d.u", &["d.u"]);
    }

    #[test]
    fn a_key_is_that_of_the_outer_of_two_arrays() {
        let of =
            |value: u8| format!(r#"{{"rows":[[{{"id":3,"v":{value}}}],{{"id":4,"v":{value}}}]}}"#);
        let (before, after) = (lookup(&of(1)), lookup(&of(2)));
        for (place, expected) in [
            ("d.rows", &["d.rows[0][0].v", "d.rows[id=4].v"][..]),
            ("d.rows[0]", &["d.rows[0][0].v"]),
            ("d.rows[0][0]", &["d.rows[0][0].v"]),
            ("d.rows[0][*]", &["d.rows[0][0].v"]),
            ("d.rows[id=4]", &["d.rows[id=4].v"]),
        ] {
            let places = differing(&before, &after, &path(place));
            let places: Vec<String> = places.iter().map(ToString::to_string).collect();
            assert_eq!(places, expected, "{place}");
        }
    }
}
