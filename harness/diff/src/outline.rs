//! What members and arrays documents have, and what identifies the elements of the arrays as far as the
//! documents themselves show it.
//!
//! ```text
//! document   {"edges":[{"e_id":1,"flow":3},{"e_id":2,"flow":3}],"meta":{"sum":6}}
//! members    edges, edges.e_id, edges.flow, meta, meta.sum
//! inferred   --key edges=e_id
//! ```

use std::collections::{BTreeMap, BTreeSet};

use aether_json::scan::{self, Kind, kind};

use crate::path::identity_field;
use crate::steps;
use crate::tick::When;
use crate::walk::unquoted;
use crate::{Artefact, ArtefactSchema, KeyRule};

/// Members with these names hold a time if their values ascend.
const TIMES: [&str; 9] = [
    "tick",
    "t",
    "time",
    "step",
    "frame",
    "iter",
    "epoch",
    "generation",
    "seq",
];

/// How long hexadecimal digests are.
const DIGEST_LENGTHS: [usize; 4] = [32, 40, 64, 128];

/// How deep documents are looked into.
const DEPTH_MAX: usize = 64;

/// The members and arrays of documents, by dotted path without indices, as in [`KeyRule::path`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    members: BTreeSet<String>,
    /// By path, whether the array has an element anywhere.
    arrays: BTreeMap<String, bool>,
}

impl Outline {
    /// The outline of several documents, of both sides of a comparison for example.
    ///
    /// ```
    /// use aether_diff::{Artefact, Outline};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let run = Artefact::from_json("run", br#"{"edges": [{"e_id": 1}], "a.b": 2}"#)?;
    /// let outline = Outline::of([&run]);
    /// assert!(outline.has_member("edges.e_id") && outline.has_member("\"a.b\""));
    /// assert_eq!(outline.missing_in_key(&"edges=id".parse()?), Some("edges.id".to_owned()));
    /// assert_eq!(outline.missing_in_key(&"edge=e_id".parse()?), Some("edge".to_owned()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn of<'a>(artefacts: impl IntoIterator<Item = &'a Artefact>) -> Self {
        let mut outline = Self::default();
        for artefact in artefacts {
            if let Ok(text) = std::str::from_utf8(artefact.text()) {
                let mut see = |path: &str, what: Seen<'_>| outline.see(path, what);
                visit(text.trim_ascii(), "", 0, &mut see);
            }
        }
        outline
    }

    fn see(&mut self, path: &str, what: Seen<'_>) {
        match what {
            Seen::Member(_) => {
                if !self.members.contains(path) {
                    self.members.insert(path.to_owned());
                }
            }
            Seen::Array(elements) => {
                let has_elements = self.arrays.entry(path.to_owned()).or_default();
                *has_elements |= !elements.is_empty();
            }
        }
    }

    /// Whether a document has this member.
    pub fn has_member(&self, path: &str) -> bool {
        self.members.contains(&canonical(path))
    }

    /// All members by path.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(String::as_str)
    }

    /// The path of a key that matches nothing: that of its array, or of a field in it. `None` if all
    /// match, and if the array has no elements anywhere.
    pub fn missing_in_key(&self, key: &KeyRule) -> Option<String> {
        let path = canonical(&key.path);
        let Some(has_elements) = self.arrays.get(&path) else {
            return Some(path);
        };
        let mut fields = key
            .fields
            .iter()
            .map(|field| joined(&path, &canonical(field)));
        fields.find(|field| *has_elements && !self.members.contains(field))
    }
}

/// A path as this module writes it.
fn canonical(path: &str) -> String {
    let names = steps::names(path);
    let plain = names.iter().map(|name| identity_field(name));
    plain.collect::<Vec<_>>().join(".")
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// What a visit meets.
#[derive(Clone, Copy)]
enum Seen<'t> {
    Member(&'t str),
    Array(&'t [&'t str]),
}

/// Visits the members and arrays of a document, but not what is in arrays of arrays, which have no path.
fn visit(value: &str, path: &str, depth: usize, see: &mut dyn FnMut(&str, Seen<'_>)) {
    if depth > DEPTH_MAX {
        return;
    }
    match kind(value) {
        Kind::Object => {
            for (key, member) in scan::members(value).unwrap_or_default() {
                let path = joined(path, &identity_field(&unquoted(key)));
                see(&path, Seen::Member(member));
                visit(member, &path, depth + 1, see);
            }
        }
        Kind::Array => {
            let elements = scan::elements(value).unwrap_or_default();
            see(path, Seen::Array(&elements));
            for element in elements {
                if kind(element) == Kind::Object {
                    visit(element, path, depth + 1, see);
                }
            }
        }
        _ => {}
    }
}

/// What one side shows about an array.
#[derive(Default)]
struct Array {
    /// The numbers and strings in its elements, by member as text spells it.
    fields: BTreeMap<String, Field>,
    elements: usize,
}

struct Field {
    /// How many elements have it.
    elements: usize,
    /// Whether its values differ from each other in each array.
    is_unique: bool,
    /// Whether they are times, none before the one in front of it.
    ascends: bool,
    values: BTreeSet<String>,
}

/// What one side shows.
#[derive(Default)]
struct Side {
    arrays: BTreeMap<String, Array>,
    /// By path: whether every value is a digest.
    digests: BTreeMap<String, bool>,
}

impl Side {
    fn of(artefact: &Artefact) -> Self {
        let mut side = Self::default();
        if let Ok(text) = std::str::from_utf8(artefact.text()) {
            let mut see = |path: &str, what: Seen<'_>| match what {
                Seen::Member(value) => side.see_member(path, value),
                Seen::Array(elements) => side.see_array(path, elements),
            };
            visit(text.trim_ascii(), "", 0, &mut see);
        }
        side
    }

    fn see_member(&mut self, path: &str, value: &str) {
        let is_digest = is_digest(value);
        if let Some(all) = self.digests.get_mut(path) {
            *all &= is_digest;
        } else {
            self.digests.insert(path.to_owned(), is_digest);
        }
    }

    fn see_array(&mut self, path: &str, elements: &[&str]) {
        let array = self.arrays.entry(path.to_owned()).or_default();
        array.elements += elements.len();
        let mut here: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for element in elements {
            if kind(element) != Kind::Object {
                // No member is in every element, then.
                return;
            }
            for (key, value) in scan::members(element).unwrap_or_default() {
                if matches!(kind(value), Kind::Number | Kind::String) {
                    here.entry(key).or_default().push(value);
                }
            }
        }
        for (key, values) in here {
            let field = array.fields.entry(key.to_owned()).or_insert_with(|| Field {
                elements: 0,
                is_unique: true,
                ascends: true,
                values: BTreeSet::new(),
            });
            field.elements += values.len();
            let times: Option<Vec<When>> = values.iter().map(|value| When::read(value)).collect();
            field.ascends &= times.is_some_and(|times| times.is_sorted());
            let distinct: BTreeSet<&str> = values.iter().copied().collect();
            field.is_unique &= distinct.len() == values.len();
            field.values.extend(distinct.into_iter().map(str::to_owned));
        }
    }
}

fn is_digest(value: &str) -> bool {
    let plain = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    plain.is_some_and(|digits| {
        DIGEST_LENGTHS.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

/// How to read two versions of a document of which nothing is declared.
///
/// Arrays of objects are keyed by the first member that every element has and that is unique on both
/// sides: `id`, one that ends in `_id`, `name`, `key`; one that holds a time; the one whose values
/// overlap most between both sides. The time of the records is a member called `tick`, `t`, `time`,
/// `step`, `frame`, `iter`, `epoch`, `generation` or `seq` whose values ascend. Members that are digests
/// on both sides are read last.
///
/// ```
/// use aether_diff::{Artefact, infer};
/// # fn main() -> Result<(), aether_diff::ArtefactError> {
/// let old = Artefact::from_json("x", br#"[{"step": 1, "v": 5}, {"step": 2, "v": 5}]"#)?;
/// let new = Artefact::from_json("x", br#"[{"step": 2, "v": 5}, {"step": 3, "v": 6}]"#)?;
/// let schema = infer(&old, &new);
/// assert_eq!(schema.tick.as_deref(), Some("step"));
/// assert_eq!(schema.keys[0].to_string(), "=step");
/// # Ok(())
/// # }
/// ```
pub fn infer(before: &Artefact, after: &Artefact) -> ArtefactSchema {
    let [old, new] = [before, after].map(Side::of);
    let mut schema = ArtefactSchema::new(after.name());
    for (path, a) in &old.arrays {
        let Some(b) = new.arrays.get(path) else {
            continue;
        };
        if let Some(field) = key_of(a, b) {
            schema.keys.push(KeyRule {
                path: path.clone(),
                fields: vec![field],
                label: String::new(),
            });
        }
        if schema.tick.is_none() {
            let time = TIMES
                .iter()
                .find(|name| both(a, b, name, |field| field.ascends));
            schema.tick = time.map(|name| joined(path, name));
        }
    }
    let is_digest = |path: &&String| new.digests.get(*path) == Some(&true);
    let digests = old
        .digests
        .iter()
        .filter(|(_, all)| **all)
        .map(|(path, _)| path);
    schema.read_last = digests.filter(is_digest).cloned().collect();
    schema
}

/// Whether every element of both arrays has a field, and it is as wanted on both sides.
fn both(a: &Array, b: &Array, name: &str, wanted: impl Fn(&Field) -> bool) -> bool {
    let key = aether_json::layout::quoted(name);
    [a, b].iter().all(|array| {
        let field = array.fields.get(&key);
        field.is_some_and(|field| field.elements == array.elements && wanted(field))
    })
}

fn key_of(a: &Array, b: &Array) -> Option<String> {
    let names: Vec<String> = a
        .fields
        .keys()
        .map(|key| unquoted(key).into_owned())
        .collect();
    let is_unique = |name: &&String| both(a, b, name, |field| field.is_unique);
    let called = |wanted: &dyn Fn(&str) -> bool| {
        names
            .iter()
            .filter(is_unique)
            .find(|name| wanted(name))
            .cloned()
    };
    let overlap = |name: &&String| {
        let key = aether_json::layout::quoted(name);
        let fields = (a.fields.get(&key), b.fields.get(&key));
        let (Some(old), Some(new)) = fields else {
            return 0;
        };
        old.values.intersection(&new.values).count()
    };
    let chosen = called(&|name| name == "id")
        .or_else(|| called(&|name| name.ends_with("_id")))
        .or_else(|| called(&|name| name == "name"))
        .or_else(|| called(&|name| name == "key"))
        .or_else(|| {
            let ascends = |name: &&&str| both(a, b, name, |field| field.ascends && field.is_unique);
            TIMES.iter().find(ascends).map(|&name| name.to_owned())
        })
        .or_else(|| {
            // Of several, the first one by name.
            let most = names.iter().filter(is_unique).rev().max_by_key(overlap);
            most.filter(|name| overlap(name) > 0).cloned()
        });
    chosen.map(|name| identity_field(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, expected: &str) {
        let [old, new] =
            [before, after].map(|text| Artefact::from_json("x", text.as_bytes()).unwrap());
        let schema = infer(&old, &new);
        let keys = schema.keys.iter().map(|key| format!("key {key}"));
        let tick = schema.tick.iter().map(|tick| format!("tick {tick}"));
        let last = schema.read_last.iter().map(|path| format!("last {path}"));
        let found: Vec<String> = keys.chain(tick).chain(last).collect();
        assert_eq!(found.join("; "), expected, "{before}");
    }

    #[test]
    fn keys_and_ticks_are_inferred() {
        check(
            r#"[{"id":1,"name":"a"}]"#,
            r#"[{"id":1,"name":"b"}]"#,
            "key =id",
        );
        // Not unique, not everywhere, or not on both sides.
        check(
            r#"[{"id":1,"name":"a"},{"id":1,"name":"b"}]"#,
            r#"[{"id":1,"name":"b"}]"#,
            "key =name",
        );
        check(
            r#"[{"id":1,"key":"a"},{"key":"b"}]"#,
            r#"[{"id":1,"key":"b"}]"#,
            "key =key",
        );
        check(
            r#"{"e":[{"e_id":1}]}"#,
            r#"{"e":[{"e_id":2}]}"#,
            "key e=e_id",
        );
        check(
            r#"[{"t":1,"v":1},{"t":2,"v":1}]"#,
            r#"[{"t":1,"v":1},{"t":2.5,"v":1}]"#,
            "key =t; tick t",
        );
        // Several records of one time; and times that do not ascend.
        check(
            r#"[{"t":1,"v":4},{"t":1,"v":5}]"#,
            r#"[{"t":1,"v":4},{"t":3,"v":6}]"#,
            "key =v; tick t",
        );
        check(
            r#"[{"time":2},{"time":1}]"#,
            r#"[{"time":2},{"time":3}]"#,
            "key =time",
        );
        check(
            r#"{"rows":[{"step":1}]}"#,
            r#"{"rows":[{"step":2}]}"#,
            "key rows=step; tick rows.step",
        );
        check(
            r#"[{"a":1,"b":7},{"a":2,"b":8}]"#,
            r#"[{"a":3,"b":8},{"a":4,"b":9}]"#,
            "key =b",
        );
        check(r#"[{"a":1}]"#, r#"[{"a":2}]"#, "");
        check("[1,2]", "[2]", "");
        check(r#"[{"id":1},2]"#, r#"[{"id":1},2]"#, "");
        let hex = "0123456789abcdef0123456789ABCDEF";
        check(
            &format!(r#"{{"a":"{hex}","b":"{hex}","v.w":{{"h":"{hex}"}}}}"#),
            &format!(r#"{{"a":"{hex}","b":"x","v.w":{{"h":"{hex}"}}}}"#),
            r#"last "v.w".h; last a"#,
        );
        // Digests in some elements only.
        let rows = format!(r#"[{{"h":"{hex}"}},{{"h":"x"}}]"#);
        check(&rows, &rows, "key =h");
        check(r#"[{"id":1}]"#, r#"[{"id":1},2]"#, "");
        check(
            r#"[{"r":[{"id":1}]},{"r":[{"id":2},3]}]"#,
            r#"[{"r":[{"id":1}]},{"r":[{"id":2}]}]"#,
            "",
        );
    }

    #[test]
    fn what_matches_nothing_is_found() {
        let run = Artefact::from_json(
            "x",
            br#"{"empty":[],"edges":[{"m":{"id":1}},{"k":[{"z":1}]}],"grid":[[{"q":1}]]}"#,
        )
        .unwrap();
        let outline = Outline::of([&run]);
        for (key, missing) in [
            ("edges=m.id", None),
            ("edges.k=z", None),
            ("empty=id", None),
            ("grid=", None),
            ("edges=id", Some("edges.id")),
            ("itmes=id", Some("itmes")),
            ("=id", Some("")),
            ("grid=q", Some("grid.q")),
        ] {
            let found = outline.missing_in_key(&key.parse().unwrap());
            assert_eq!(found.as_deref(), missing, "{key}");
        }
        assert!(outline.has_member("edges.m.id") && !outline.has_member("edges.id"));
    }

    #[test]
    fn members_are_listed_by_path() {
        let artefact =
            Artefact::from_json("a", br#"{"rows":[{"id":1,"m":{"x":2}}],"k":3}"#).unwrap();
        let outline = Outline::of([&artefact]);
        assert_eq!(
            outline.members().collect::<Vec<_>>(),
            ["k", "rows", "rows.id", "rows.m", "rows.m.x"]
        );
    }

    #[test]
    fn documents_are_looked_into_to_a_depth() {
        let members = |open: &str, close: &str| {
            let text = format!("{}1{}", open.repeat(60), close.repeat(60));
            let artefact = Artefact::from_json("a", text.as_bytes()).unwrap();
            Outline::of([&artefact]).members().count()
        };
        assert_eq!(members(r#"{"a":"#, "}"), 60);
        // An array and an object each are a level; the first array is at depth 0.
        assert_eq!(members(r#"[{"a":"#, "}]"), DEPTH_MAX / 2);
        let text = format!("{}1{}", r#"{"a":"#.repeat(70), "}".repeat(70));
        let artefact = Artefact::from_json("a", text.as_bytes()).unwrap();
        assert_eq!(Outline::of([&artefact]).members().count(), DEPTH_MAX + 1);
    }
}
