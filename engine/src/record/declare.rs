//! Declares records: [`record!`] declares the members of one, and [`RecordType`] its place in a
//! run.
//!
//! ```text
//! record! {
//!     /// One reading of a thermometer.
//!     pub struct Reading {
//!         /// How warm it is.
//!         degrees: i64 => "degrees" in "−273.." unit "degrees",
//!         /// Who took it.
//!         by [omit if none]: Option<String> => "taken_by",
//!         constant "unit" => "C",
//!     }
//! }
//! // canonical form if `by` is `None`: {"degrees":21,"unit":"C"}
//! // with "unit" before "degrees" it does not compile: keys must be in ascending order
//! ```
//!
//! That one declaration produces the struct, its canonical form, its reader ([`FromText`]), its
//! JSON Schema and its table in `docs/records.md`. A test compares the ranges with every golden.
//!
//! [`RecordType`]: super::RecordType
//! [`FromText`]: super::FromText

use std::collections::BTreeMap;

use aether_json::{Value, json};

use crate::canonical::{Canonical, Hash};

/// Declares a record: its members in canonical order, each with its documentation, its Rust name
/// and type, and its key.
///
/// - `name: Type => "key"` is a member that is always present.
/// - `name [omit if none]: Type => "key"` (or `[omit if empty]`) is left out if it is empty.
/// - `in "1..T"` after the key is the range of its numbers, both ends included: integers, or T, N, E
///   or M of the run, each with an optional `−1`. `unit "ticks"` after that is what they count.
/// - `constant "key" => value` is a member with a fixed value, which is not a field of the struct.
/// - `derived "key": Type => method` is computed from the struct, and is not a field of it.
///
/// Keys out of order do not compile.
macro_rules! record {
    (
        $(#[doc = $about:literal])+
        $(#[derive($($extra:ident),+)])?
        $vis:vis struct $name:ident {
            $(
                $(
                    $(#[doc = $doc:literal])+
                    $field:ident $([omit if $nothing:ident])? : $type:ty => $key:literal
                        $(in $range:literal)? $(unit $unit:literal)?
                )?
                $( derived $derived:literal : $derived_type:ty => $method:ident )?
                $( constant $constant:literal => $value:expr )?
                ,
            )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize $($(, $extra)+)?)]
        #[non_exhaustive]
        $vis struct $name {
            $($(
                $(#[doc = $doc])+
                $(
                    #[doc = concat!("\nLeft out of the record if ", stringify!($nothing), ".")]
                    #[serde(default)]
                )?
                #[serde(rename = $key)]
                pub $field: $type,
            )?)+
        }

        const _: () = $crate::record::declare::assert_ascending(&[
            $( $($key)? $($constant)? $($derived)? ),+
        ]);

        impl $crate::canonical::Canonical for $name {
            #[inline]
            fn write(&self, writer: &mut $crate::canonical::Writer) {
                // Keys and punctuation are constants once the compiler has followed `first`.
                let mut first = true;
                $(
                    $( record!(@member writer first $key, &self.$field $(, $nothing)?); )?
                    $( record!(@member writer first $constant, &$value); )?
                    $( record!(@member writer first $derived, &self.$method()); )?
                )+
                writer.raw(if first { "{}" } else { "}" });
            }
        }

        impl $crate::record::declare::Members for $name {
            fn members(&self, visit: &mut dyn FnMut(&'static str, &dyn $crate::canonical::Canonical)) {
                $(
                    $( record!(@visit visit $key, &self.$field $(, $nothing)?); )?
                    $( visit($constant, &$value); )?
                    $( visit($derived, &self.$method()); )?
                )+
            }
        }

        impl $crate::record::declare::Described for $name {
            fn schema() -> aether_json::Value {
                let mut object = $crate::record::declare::ObjectSchema::new(&[$($about),+]);
                $(
                    $(
                        object.member::<$type>($key, &[$($doc),+], record!(@required $($nothing)?));
                        $( object.range($key, $range); )?
                        $( object.unit($key, $unit); )?
                    )?
                    $( object.constant($constant, &$value); )?
                    $( object.member::<$derived_type>($derived, &[], true); )?
                )+
                object.finish()
            }
        }
    };

    (@member $writer:ident $first:ident $key:literal, $value:expr) => {
        $writer.raw(if $first {
            concat!("{\"", $key, "\":")
        } else {
            concat!(",\"", $key, "\":")
        });
        $first = false;
        $crate::canonical::Canonical::write($value, $writer);
    };
    (@member $writer:ident $first:ident $key:literal, $value:expr, $nothing:ident) => {
        if !$crate::record::declare::Omit::is_nothing($value) {
            record!(@member $writer $first $key, $value);
        }
    };

    (@visit $visit:ident $key:literal, $value:expr) => {
        $visit($key, $value);
    };
    (@visit $visit:ident $key:literal, $value:expr, $nothing:ident) => {
        if !$crate::record::declare::Omit::is_nothing($value) {
            $visit($key, $value);
        }
    };

    (@required) => { true };
    (@required $nothing:ident) => { false };
}

/// Fails to compile if keys are not in ascending order of their bytes, which in UTF-8 is the order
/// of their code points.
pub(crate) const fn assert_ascending(keys: &[&str]) {
    let mut at = 1;
    while at < keys.len() {
        assert!(
            is_less(keys[at - 1].as_bytes(), keys[at].as_bytes()),
            "the members of a record are declared in ascending order of their keys"
        );
        at += 1;
    }
}

const fn is_less(left: &[u8], right: &[u8]) -> bool {
    let mut at = 0;
    while at < left.len() && at < right.len() {
        if left[at] != right[at] {
            return left[at] < right[at];
        }
        at += 1;
    }
    left.len() < right.len()
}

/// A value that may be left out of a record if it is empty.
pub(crate) trait Omit {
    fn is_nothing(&self) -> bool;
}

impl<T> Omit for Option<T> {
    fn is_nothing(&self) -> bool {
        self.is_none()
    }
}

impl<T> Omit for Vec<T> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<K, V> Omit for BTreeMap<K, V> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

/// A record as its members, for a canonical form that differs from the record's in some of them.
pub(crate) trait Members {
    /// Visits each member that the record has, in canonical order: its key and its value.
    fn members(&self, visit: &mut dyn FnMut(&'static str, &dyn Canonical));
}

/// The member of a schema that has the declared range of its numbers. JSON Schema does not know it,
/// and schemas are published without it.
pub(crate) const RANGE: &str = "range";

/// The same for what the numbers count.
pub(crate) const UNIT: &str = "unit";

/// A value whose canonical form is described by a JSON Schema.
pub(crate) trait Described {
    fn schema() -> Value;
}

/// The schema of a record while its members are added.
pub(crate) struct ObjectSchema {
    description: String,
    properties: BTreeMap<String, Value>,
    required: Vec<&'static str>,
}

impl ObjectSchema {
    pub(crate) fn new(about: &[&str]) -> Self {
        Self {
            description: prose(about),
            properties: BTreeMap::new(),
            required: Vec::new(),
        }
    }

    pub(crate) fn member<T: Described>(&mut self, key: &'static str, doc: &[&str], required: bool) {
        let mut schema = T::schema();
        if !doc.is_empty() {
            schema["description"] = prose(doc).into();
        }
        self.add(key, schema, required);
    }

    /// The range of a member's numbers.
    pub(crate) fn range(&mut self, key: &'static str, range: &str) {
        let (least, most) = range
            .split_once("..")
            .expect("a range is declared as least..most");
        let integer = |end: &str| end.replace('−', "-").parse::<i64>().ok();
        let numbers = numbers(self.declared(key));
        for (end, bound) in [("minimum", integer(least)), ("maximum", integer(most))] {
            if let Some(bound) = bound {
                numbers[end] = bound.into();
            }
        }
        self.declared(key)[RANGE] = range.into();
    }

    /// What a member's numbers count.
    pub(crate) fn unit(&mut self, key: &'static str, unit: &str) {
        self.declared(key)[UNIT] = unit.into();
    }

    fn declared(&mut self, key: &str) -> &mut Value {
        let member = self.properties.get_mut(key);
        member.expect("a member is added before more is said of it")
    }

    pub(crate) fn constant(&mut self, key: &'static str, value: &dyn Canonical) {
        let value: Value =
            aether_json::from_str(&crate::canonical::text(value)).expect("canonical text is JSON");
        self.add(key, json!({ "const": value }), true);
    }

    fn add(&mut self, key: &'static str, schema: Value, required: bool) {
        self.properties.insert(key.to_owned(), schema);
        if required {
            self.required.push(key);
        }
    }

    pub(crate) fn finish(self) -> Value {
        json!({
            "type": "object",
            "description": self.description,
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": false,
        })
    }
}

/// The schema of a member's numbers: those in a list or an object, or the member itself.
fn numbers(member: &mut Value) -> &mut Value {
    let inner = ["items", "additionalProperties"].into_iter().find(|inner| {
        member
            .get(inner)
            .is_some_and(|inner| inner.as_object().is_some())
    });
    match inner {
        Some(inner) => numbers(&mut member[inner]),
        None => member,
    }
}

/// The first paragraph of doc comments, which is what a table shows.
fn prose(lines: &[&str]) -> String {
    let first = lines.iter().map(|line| line.trim());
    first
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The schema of a string that is one of some words.
pub(crate) fn words(words: impl IntoIterator<Item = &'static str>) -> Value {
    json!({ "enum": words.into_iter().collect::<Vec<_>>() })
}

impl Described for i64 {
    fn schema() -> Value {
        json!({ "type": "integer" })
    }
}

impl Described for u64 {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }
}

impl Described for usize {
    fn schema() -> Value {
        u64::schema()
    }
}

impl Described for bool {
    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
}

impl Described for String {
    fn schema() -> Value {
        json!({ "type": "string" })
    }
}

impl Described for &str {
    fn schema() -> Value {
        String::schema()
    }
}

impl Described for Hash {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

impl<T: Described> Described for Vec<T> {
    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema() })
    }
}

impl<T: Described> Described for Option<T> {
    fn schema() -> Value {
        let mut schema = T::schema();
        if let Some(name) = schema["type"].as_str() {
            schema["type"] = json!([name, "null"]);
            schema
        } else {
            json!({ "anyOf": [schema, { "type": "null" }] })
        }
    }
}

impl<V: Described> Described for BTreeMap<String, V> {
    fn schema() -> Value {
        json!({ "type": "object", "additionalProperties": V::schema() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use crate::record::FromText as _;

    record! {
        /// A reading.
        ///
        /// More of it.
        struct Reading {
            /// Degrees.
            degrees: i64 => "degrees" in "−273.." unit "degrees",
            /// Notes.
            notes [omit if empty]: Vec<String> => "notes",
            /// Who took it.
            by [omit if none]: Option<String> => "taken_by",
            constant "unit" => "C",
            derived "warm": bool => is_warm,
        }
    }

    impl Reading {
        fn is_warm(&self) -> bool {
            self.degrees > 20
        }
    }

    fn reading(by: Option<&str>) -> Reading {
        Reading {
            degrees: 21,
            notes: Vec::new(),
            by: by.map(str::to_owned),
        }
    }

    #[test]
    fn what_holds_nothing_is_left_out() {
        let text = canonical::text(&reading(None));
        assert_eq!(text, r#"{"degrees":21,"unit":"C","warm":true}"#);
        let text = canonical::text(&reading(Some("me")));
        let expected = r#"{"degrees":21,"taken_by":"me","unit":"C","warm":true}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn the_members_are_those_of_the_canonical_form() {
        for by in [None, Some("me")] {
            let reading = reading(by);
            let mut members = Vec::new();
            reading.members(&mut |key, value| {
                members.push(format!("\"{key}\":{}", canonical::text(value)));
            });
            let text = format!("{{{}}}", members.join(","));
            assert_eq!(text, canonical::text(&reading));
        }
    }

    #[test]
    fn only_the_exact_text_reads_back() {
        let text = canonical::text(&reading(Some("me")));
        assert_eq!(
            Reading::from_text(text.as_bytes()).unwrap(),
            reading(Some("me"))
        );
        for (from, to) in [
            ("\"C\"", "\"F\""),
            ("true", "false"),
            ("21", "21.0"),
            (":21", ": 21"),
            ("\"unit\":\"C\",", ""),
            ("\"degrees\":21,", ""),
            ("}", ",\"zone\":1}"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text);
            assert!(Reading::from_text(changed.as_bytes()).is_err(), "{changed}");
        }
    }

    #[test]
    fn keys_are_compared_by_code_point() {
        assert!(is_less(b"C_t", b"a"));
        assert!(is_less(b"tick", b"ticks"));
        assert!(!is_less(b"tick", b"tick"));
        assert!(!is_less(b"s_t", b"W"));
    }

    #[test]
    fn the_schema_says_what_is_required() {
        let schema = Reading::schema();
        assert_eq!(schema["description"].as_str(), Some("A reading."));
        assert_eq!(schema["required"], json!(["degrees", "unit", "warm"]));
        assert_eq!(schema["properties"]["unit"], json!({ "const": "C" }));
    }
}
