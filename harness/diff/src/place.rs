//! Paths as places: built and taken apart step by step, compared, and sorted.
//!
//! ```text
//! Place::of("ledgers").element([("tick", 3)]).field("edges").element([("e_id", 5)]).field("raw")
//! ledgers[tick=3].edges[e_id=5].raw
//! ```
//!
//! What people call an element is no part of a place: two paths with the same text are equal.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use crate::Json;
use crate::path::{Path, Step, array_name, element_label, identity_field};
use aether_json::scan;

/// The place of a value in the artefacts of a run: a [`Path`], under the name that does not collide with
/// that of the standard library.
pub type Place = Path;

/// One step of a [`Path`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathStep<'p> {
    /// Into the artefact or the member of this name.
    Field(&'p str),
    /// To the element with this identity.
    Element(ElementId<'p>),
    /// To the element at this position, from 0.
    Index(usize),
    /// To every element or member.
    Each,
}

/// What identifies an element of an array: its fields with their values, and which of the elements that share
/// them it is.
///
/// ```
/// use aether_diff::{Path, PathStep};
/// let path = Path::parse(r#"envelopes[layer="DATA",seq=3#2]"#).expect("a path");
/// let Some(PathStep::Element(id)) = path.steps().nth(1) else { panic!("an element") };
/// assert_eq!(id.fields(), [("layer", r#""DATA""#), ("seq", "3")]);
/// assert_eq!((id.get("seq"), id.number("seq"), id.occurrence()), (Some("3"), Some(3), 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementId<'p> {
    text: &'p str,
}

impl<'p> ElementId<'p> {
    pub(crate) fn new(text: &'p str) -> Self {
        Self { text }
    }

    /// The fields as paths write them (`seq`, `m.id`, `"a b"`), and their values as JSON.
    pub fn fields(&self) -> Vec<(&'p str, &'p str)> {
        let mut rest = self.text;
        let mut fields = Vec::new();
        while let Some(length) = field_length(rest) {
            let (name, value) = (&rest[..length], &rest[length + 1..]);
            let end = scan::value_length(value, b",]#").unwrap_or(value.len());
            fields.push((name, &value[..end]));
            rest = value[end..].strip_prefix(',').unwrap_or_default();
        }
        fields
    }

    /// The value of a field as JSON; `None` if it is not one of them.
    pub fn get(&self, field: &str) -> Option<&'p str> {
        let mut fields = self.fields().into_iter();
        fields
            .find(|(name, _)| *name == field)
            .map(|(_, value)| value)
    }

    /// The value of a field, if it is an integer from 0 to `u64::MAX`.
    pub fn number(&self, field: &str) -> Option<u64> {
        self.get(field)?.parse().ok()
    }

    /// Which of the elements with these values it is, from 1.
    pub fn occurrence(&self) -> usize {
        let end = self.text.rsplit_once('#').map(|(_, number)| number);
        // A text value may hold the character too, but then a quote follows it.
        end.and_then(|number| number.parse().ok()).unwrap_or(1)
    }

    /// The identity as paths write it, without its brackets: `layer="DATA",seq=3`.
    pub fn as_str(&self) -> &'p str {
        self.text
    }
}

/// The length of the field name that an identity starts with, up to the `=` after it.
fn field_length(identity: &str) -> Option<usize> {
    let mut length = 0;
    loop {
        length += scan::string_length(&identity[length..]).unwrap_or(0);
        length += identity[length..].find(['.', '='])?;
        if identity[length..].starts_with('=') {
            return Some(length);
        }
        length += 1;
    }
}

/// How to build a path, and how to take it apart.
impl Path {
    /// The artefact of this name as a whole.
    pub fn of(artefact: &str) -> Self {
        Self::new(vec![Step::Field(artefact.into())])
    }

    /// The member of this name.
    #[must_use]
    pub fn field(mut self, name: &str) -> Self {
        self.steps.push(Step::Field(name.into()));
        self
    }

    /// The element with these values in these fields; of a vector whose elements have a label, the one with
    /// this number: `element([("node", 4)])`. A value is JSON.
    #[must_use]
    pub fn element<'f, V: Into<Json>>(
        self,
        fields: impl IntoIterator<Item = (&'f str, V)>,
    ) -> Self {
        let fields = fields.into_iter();
        self.identified(fields.map(|(name, value)| (identity_field(name), value.into())))
    }

    /// The same, with names of fields as [`ElementId::fields`] returns them: `m.id`, `"a b"`.
    #[must_use]
    pub fn element_written<'f>(self, fields: impl IntoIterator<Item = (&'f str, Json)>) -> Self {
        let fields = fields.into_iter();
        self.identified(fields.map(|(name, value)| (name.to_owned(), value)))
    }

    fn identified(mut self, fields: impl Iterator<Item = (String, Json)>) -> Self {
        let fields: Vec<(String, Json)> = fields.collect();
        let identity: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let values: Vec<&str> = fields.iter().map(|(_, value)| value.as_str()).collect();
        let label = element_label(array_name(&self.steps), &values).into();
        self.steps.push(Step::Element {
            identity: identity.join(",").into(),
            label,
        });
        self
    }

    /// The element with the identity of one of another place.
    #[must_use]
    pub fn same_element(mut self, id: &ElementId<'_>) -> Self {
        let values: Vec<&str> = id.fields().into_iter().map(|(_, value)| value).collect();
        let label = element_label(array_name(&self.steps), &values).into();
        self.steps.push(Step::Element {
            identity: id.text.into(),
            label,
        });
        self
    }

    /// The element at this position, from 0.
    #[must_use]
    pub fn index(mut self, at: usize) -> Self {
        self.steps.push(Step::Index(at));
        self
    }

    /// Every element of an array, or every member of an object.
    #[must_use]
    pub fn each(mut self) -> Self {
        self.steps.push(Step::Each);
        self
    }

    /// The steps, from the artefact on.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = PathStep<'_>> + ExactSizeIterator {
        self.steps.iter().map(|step| match step {
            Step::Field(name) => PathStep::Field(name),
            Step::Element { identity, .. } => PathStep::Element(ElementId { text: identity }),
            Step::Index(at) => PathStep::Index(*at),
            Step::Each => PathStep::Each,
        })
    }

    /// The artefact that the place is in; `None` for an empty path.
    pub fn artefact(&self) -> Option<&str> {
        self.first_field()
    }

    /// The place that this one is in: the path without its last step; `None` for an artefact as a whole.
    pub fn parent(&self) -> Option<Self> {
        let (_, before) = self.steps.split_last()?;
        (!before.is_empty()).then(|| Self::new(before.to_vec()))
    }

    /// The path without its elements: what all places that are made alike have in common, as far as the path
    /// shows it (`ledgers.edges.raw`).
    #[must_use]
    pub fn without_elements(&self) -> Self {
        let fields = (self.steps.iter()).filter(|step| matches!(step, Step::Field(_)));
        Self::new(fields.cloned().collect())
    }

    /// Whether the other place is this one or in it.
    pub fn holds(&self, other: &Self) -> bool {
        other.steps.starts_with(&self.steps)
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Step {}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Step {
    /// Positions, then members, then elements; numbers in an identity by size.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Index(a), Self::Index(b)) => a.cmp(b),
            (Self::Field(a), Self::Field(b)) => a.cmp(b),
            (Self::Element { identity: a, .. }, Self::Element { identity: b, .. }) => {
                by_number(a, b)
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl Hash for Step {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Self::Each => {}
            Self::Index(at) => at.hash(state),
            Self::Field(text) | Self::Element { identity: text, .. } => text.hash(state),
        }
    }
}

impl Step {
    fn rank(&self) -> u8 {
        match self {
            Self::Index(_) => 0,
            Self::Field(_) => 1,
            Self::Element { .. } => 2,
            Self::Each => 3,
        }
    }
}

/// Compares two texts with the digits in them as numbers: `tick=9` is before `tick=10`.
fn by_number(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (a.as_bytes(), b.as_bytes());
    while let (Some(&first_a), Some(&first_b)) = (rest_a.first(), rest_b.first()) {
        if first_a.is_ascii_digit() && first_b.is_ascii_digit() {
            let (number_a, number_b) = (digits(rest_a), digits(rest_b));
            let [plain_a, plain_b] = [number_a, number_b].map(without_zeros);
            let order = (plain_a.len().cmp(&plain_b.len())).then_with(|| plain_a.cmp(plain_b));
            if order != Ordering::Equal {
                return order;
            }
            (rest_a, rest_b) = (&rest_a[number_a.len()..], &rest_b[number_b.len()..]);
        } else if first_a == first_b {
            (rest_a, rest_b) = (&rest_a[1..], &rest_b[1..]);
        } else {
            return first_a.cmp(&first_b);
        }
    }
    // Only texts that are equal to the byte are the same place: `1` and `01` are not.
    (rest_a.len().cmp(&rest_b.len())).then_with(|| a.cmp(b))
}

fn digits(text: &[u8]) -> &[u8] {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    &text[..count]
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == b'0').count();
    &number[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Path {
        Path::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn places_are_built_as_they_are_read() {
        for (built, text) in [
            (
                Path::of("ledgers")
                    .element([("tick", 3_u64)])
                    .field("edges")
                    .element([("e_id", 5_u64)])
                    .field("raw"),
                "ledgers[tick=3].edges[e_id=5].raw",
            ),
            (Path::of("a b").field("c").index(2), r#"["a b"].c[2]"#),
            (
                Path::of("envelopes")
                    .element([("layer", Json::string("DATA")), ("seq", Json::from(3_u64))]),
                r#"envelopes[layer="DATA",seq=3]"#,
            ),
        ] {
            assert_eq!(built.to_string(), text);
            assert_eq!(place(text).place(), built.place(), "{text}");
            assert_eq!(place(text), built);
        }
    }

    #[test]
    fn places_are_taken_apart() {
        let path = place(r##"a[m.id=3,"x=y"="#5",z=1#2].b[7]"##);
        let steps: Vec<PathStep<'_>> = path.steps().collect();
        let [
            PathStep::Field("a"),
            PathStep::Element(id),
            PathStep::Field("b"),
            PathStep::Index(7),
        ] = steps[..]
        else {
            panic!("{steps:?}");
        };
        let fields = [("m.id", "3"), (r#""x=y""#, r##""#5""##), ("z", "1")];
        assert_eq!(id.fields(), fields);
        assert_eq!((id.number("z"), id.occurrence()), (Some(1), 2));
        let path = place(r##"a[x="#5"]"##);
        let Some(PathStep::Element(id)) = path.steps().next_back() else {
            panic!("an element");
        };
        assert_eq!(id.occurrence(), 1);
    }

    #[test]
    fn places_are_in_the_order_of_their_numbers() {
        let texts = [
            "a",
            "a[2]",
            "a[10]",
            "a.b",
            "a[tick=1]",
            "a[tick=9].x",
            "a[tick=010]",
            "a[tick=10]",
            "a[tick=10].x",
            "a[tick=10#2]",
        ];
        let mut places: Vec<Path> = texts.iter().rev().map(|text| place(text)).collect();
        places.sort();
        let sorted: Vec<String> = places.iter().map(ToString::to_string).collect();
        assert_eq!(sorted, texts);
    }

    #[test]
    fn a_place_holds_what_is_in_it() {
        let record = place("a[tick=1]");
        assert!(record.holds(&record) && record.holds(&place("a[tick=1].x[3]")));
        assert!(!record.holds(&place("a[tick=10]")) && !record.holds(&place("a")));
        assert_eq!(place("a[tick=1].x").parent(), Some(record));
        assert_eq!(place("a").parent(), None);
    }

    #[test]
    fn an_identity_is_read_field_by_field() {
        let path = place(r##"a[m.id=3,layer="DATA"#2].b"##);
        let Some(PathStep::Element(id)) = path.steps().nth(1) else {
            panic!("an element");
        };
        assert_eq!(id.as_str(), r##"m.id=3,layer="DATA"#2"##);
        assert_eq!(id.number("m.id"), Some(3));
        assert_eq!((id.number("layer"), id.number("x")), (None, None));
        assert_eq!((id.get("layer"), id.get("x")), (Some(r#""DATA""#), None));
        assert_eq!(path.artefact(), Some("a"));
        assert_eq!(Path::new(Vec::new()).artefact(), None);
    }

    #[test]
    fn steps_of_one_sort_are_in_order_and_equal_places_have_one_hash() {
        use std::collections::BTreeSet;
        let ascending = [
            "a",
            "a.b",
            "a.c",
            r#"a[x="b"]"#,
            "a[x=1,y=2]",
            "a[x=1,y=10]",
            "a[x=2,y=1]",
        ];
        for pair in ascending.windows(2) {
            assert!(place(pair[0]) < place(pair[1]), "{pair:?}");
        }
        let places: BTreeSet<Path> = ascending
            .iter()
            .chain(&ascending)
            .map(|text| place(text))
            .collect();
        assert_eq!(places.len(), ascending.len());
        let hash = |text: &str| {
            let mut hasher = std::hash::DefaultHasher::new();
            place(text).hash(&mut hasher);
            hasher.finish()
        };
        let hashes: BTreeSet<u64> = ascending.iter().map(|text| hash(text)).collect();
        assert_eq!(hashes.len(), ascending.len());
    }

    #[test]
    fn digits_are_numbers_only_beside_digits() {
        for (a, b) in [
            ("1", "a"),
            ("9", "10"),
            ("a9", "a10"),
            ("1a", "a1"),
            ("a1", "aa"),
        ] {
            assert_eq!(by_number(a, b), Ordering::Less, "{a} {b}");
            assert_eq!(by_number(b, a), Ordering::Greater, "{a} {b}");
        }
    }
}
