//! A JSON value that owns its parts, to look into and to change.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Index, IndexMut};
use std::str::FromStr;

use crate::layout::write_string;
use crate::read::{Reader, Strict, TokenKind};
use crate::serde_format::float;
use crate::{Fault, Json, Parser, Tree};

/// A JSON number as it is spelled: `1.0` differs from `1`, and `1e400` keeps its digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(Box<str>);

impl Number {
    /// A number in JSON's spelling; `None` if the text is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::new(text, 0, Strict);
        let token = reader.next_token().ok()??;
        let is_number = matches!(token.kind, TokenKind::Integer | TokenKind::Float);
        // White space around the number would be part of the text.
        let is_whole = (token.start, token.end) == (0, text.len());
        (is_number && is_whole).then(|| Self(text.into()))
    }

    /// The number as it is spelled.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number, if it is an integer in the range of `i64`.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The number, if it is an integer in the range of `u64`.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// The nearest `f64`; `None` if the number is larger than all of them.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.0
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Number {
            fn from(number: $integer) -> Self {
                Self(number.to_string().into())
            }
        }
        impl From<$integer> for Value {
            fn from(number: $integer) -> Self {
                Self::Number(number.into())
            }
        }
    )*};
}
from_integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

/// JSON has no number for a NaN or an infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("JSON has no number for a NaN or an infinity")]
pub struct NotFinite;

impl TryFrom<f64> for Number {
    type Error = NotFinite;

    fn try_from(number: f64) -> Result<Self, NotFinite> {
        if !number.is_finite() {
            return Err(NotFinite);
        }
        Ok(Self(float::spelled_f64(number).into()))
    }
}

impl TryFrom<f64> for Value {
    type Error = NotFinite;

    fn try_from(number: f64) -> Result<Self, NotFinite> {
        number.try_into().map(Self::Number)
    }
}

/// A JSON value. Equal values have equal spellings of every number.
///
/// ```
/// use aether_json::{Value, json};
/// let mut value: Value = r#"{"b": [1.0, {"c": null}]}"#.parse().expect("valid JSON");
/// assert_eq!(value.pointer("/b/1/c"), Some(&Value::Null));
/// *value.pointer_mut("/b/1").expect("it is there") = json!({ "d": 2, "e": "text" });
/// assert_eq!(value.to_string(), r#"{"b":[1.0,{"d":2,"e":"text"}]}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is spelled.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object, sorted by the code points of its keys.
    Object(BTreeMap<String, Value>),
}

impl Value {
    /// The value of a key of an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key)
    }

    /// As [`get`](Self::get), to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match self {
            Self::Object(members) => members.get_mut(key),
            _ => None,
        }
    }

    /// An element of an array, to change it.
    pub fn element_mut(&mut self, index: usize) -> Option<&mut Self> {
        match self {
            Self::Array(elements) => elements.get_mut(index),
            _ => None,
        }
    }

    /// The value at a JSON pointer (RFC 6901): `/edges/0/id`; the whole value at the empty one.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        tokens(pointer)?.try_fold(self, |value, token| match value {
            Self::Object(members) => members.get(&token),
            Self::Array(elements) => elements.get(array_index(&token)?),
            _ => None,
        })
    }

    /// As [`pointer`](Self::pointer), to change it.
    pub fn pointer_mut(&mut self, pointer: &str) -> Option<&mut Self> {
        tokens(pointer)?.try_fold(self, |value, token| match value {
            Self::Object(members) => members.get_mut(&token),
            Self::Array(elements) => elements.get_mut(array_index(&token)?),
            _ => None,
        })
    }

    /// Whether the value is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The number, if it is an integer in the range of `i64`.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number()?.as_i64()
    }

    /// The number, if it is an integer in the range of `u64`.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.as_u64()
    }

    /// The nearest `f64`, if it is a number in their range.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()?.as_f64()
    }

    /// The content, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, if it is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&Vec<Self>> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The members, if it is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// As [`as_object`](Self::as_object), to change them.
    pub fn as_object_mut(&mut self) -> Option<&mut BTreeMap<String, Self>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Number(number) => out.extend_from_slice(number.0.as_bytes()),
            Self::String(text) => write_string(text, out),
            Self::Array(elements) => {
                out.push(b'[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    element.write(out);
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_string(key, out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

/// The unescaped parts of a JSON pointer; `None` if it does not begin with `/`.
fn tokens(pointer: &str) -> Option<impl Iterator<Item = String>> {
    let parts = match pointer {
        "" => None,
        _ => Some(pointer.strip_prefix('/')?.split('/')),
    };
    let unescaped = |part: &str| part.replace("~1", "/").replace("~0", "~");
    Some(parts.into_iter().flatten().map(unescaped))
}

/// A position as a JSON pointer spells it: without a sign or leading zeros.
fn array_index(token: &str) -> Option<usize> {
    let is_plain = token == "0" || !token.starts_with(['0', '+']);
    token.parse().ok().filter(|_| is_plain)
}

/// Compact JSON; over several lines with `{:#}`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f.write_str(&crate::to_string_pretty(self).map_err(|_| fmt::Error)?);
        }
        let mut out = Vec::new();
        self.write(&mut out);
        f.write_str(std::str::from_utf8(&out).expect("the writer joins strings and ASCII"))
    }
}

impl FromStr for Value {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        Parser::document(text).map(|tree| Self::from(&tree))
    }
}

impl From<&Tree<'_>> for Value {
    fn from(tree: &Tree<'_>) -> Self {
        match tree {
            Tree::Atom("null") => Self::Null,
            Tree::Atom("true") => Self::Bool(true),
            Tree::Atom("false") => Self::Bool(false),
            Tree::Atom(number) => Self::Number(Number((*number).into())),
            Tree::String(text) => Self::String(text.clone().into_owned()),
            Tree::Array(elements) => elements.iter().map(Self::from).collect(),
            Tree::Object(members) => members
                .iter()
                .map(|(key, value)| (key.as_ref(), Self::from(value)))
                .collect(),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::String(text.clone())
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        json.to_value()
    }
}

/// `null` for `None`.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(elements: Vec<T>) -> Self {
        elements.into_iter().collect()
    }
}

impl<T: Into<Value>> From<BTreeMap<String, T>> for Value {
    fn from(members: BTreeMap<String, T>) -> Self {
        members.into_iter().collect()
    }
}

/// An array.
impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self::Array(elements.into_iter().map(Into::into).collect())
    }
}

/// An object; the last of several equal keys counts.
impl<K: Into<String>, T: Into<Value>> FromIterator<(K, T)> for Value {
    fn from_iter<I: IntoIterator<Item = (K, T)>>(members: I) -> Self {
        let member = |(key, value): (K, T)| (key.into(), value.into());
        Self::Object(members.into_iter().map(member).collect())
    }
}

/// The value of a key; `null` if there is none.
impl Index<&str> for Value {
    type Output = Self;

    fn index(&self, key: &str) -> &Self {
        self.get(key).unwrap_or(&Self::Null)
    }
}

/// An element of an array; `null` if there is none.
impl Index<usize> for Value {
    type Output = Self;

    fn index(&self, index: usize) -> &Self {
        self.as_array()
            .and_then(|elements| elements.get(index))
            .unwrap_or(&Self::Null)
    }
}

/// As [`Index`], to change or to add the value of a key.
///
/// # Panics
/// The value is not an object.
impl IndexMut<&str> for Value {
    fn index_mut(&mut self, key: &str) -> &mut Self {
        match self {
            Self::Object(members) => members.entry(key.to_owned()).or_default(),
            other => panic!("{other} is not an object, so it has no key {key:?}"),
        }
    }
}

/// A [`Value`] written as JSON, with any expression that implements `Serialize` in the place of a
/// value.
///
/// ```
/// use aether_json::json;
/// let cells = [1, 2];
/// let value = json!({ "b": cells, "a": [null, { "c": cells.len() as f64 }] });
/// assert_eq!(value.to_string(), r#"{"a":[null,{"c":2.0}],"b":[1,2]}"#);
/// ```
///
/// # Panics
/// The value of an expression cannot be written as JSON, as a map with lists as keys.
#[macro_export]
macro_rules! json {
    (null) => { $crate::Value::Null };
    ([ $($elements:tt)* ]) => { $crate::Value::Array($crate::__elements!([] $($elements)*)) };
    ({}) => { $crate::Value::Object(::std::collections::BTreeMap::new()) };
    ({ $($members:tt)+ }) => {{
        let mut object = ::std::collections::BTreeMap::new();
        $crate::__members!(object $($members)+);
        $crate::Value::Object(object)
    }};
    ($value:expr) => { $crate::to_value(&$value).expect("the value can be written as JSON") };
}

/// The elements of an array in [`json!`]: those done, and the text of the rest.
#[doc(hidden)]
#[macro_export]
macro_rules! __elements {
    ([$($done:expr),* $(,)?]) => { ::std::vec![$($done),*] };
    ([$($done:expr),* $(,)?] null $(, $($rest:tt)*)?) => {
        $crate::__elements!([$($done,)* $crate::Value::Null] $($($rest)*)?)
    };
    ([$($done:expr),* $(,)?] [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $crate::__elements!([$($done,)* $crate::json!([$($inner)*])] $($($rest)*)?)
    };
    ([$($done:expr),* $(,)?] {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $crate::__elements!([$($done,)* $crate::json!({$($inner)*})] $($($rest)*)?)
    };
    ([$($done:expr),* $(,)?] $next:expr $(, $($rest:tt)*)?) => {
        $crate::__elements!([$($done,)* $crate::json!($next)] $($($rest)*)?)
    };
}

/// The members of an object in [`json!`]: the map they go into, and the text of the rest.
#[doc(hidden)]
#[macro_export]
macro_rules! __members {
    ($object:ident) => {};
    ($object:ident $key:tt : null $(, $($rest:tt)*)?) => {
        $object.insert(($key).into(), $crate::Value::Null);
        $crate::__members!($object $($($rest)*)?);
    };
    ($object:ident $key:tt : [$($inner:tt)*] $(, $($rest:tt)*)?) => {
        $object.insert(($key).into(), $crate::json!([$($inner)*]));
        $crate::__members!($object $($($rest)*)?);
    };
    ($object:ident $key:tt : {$($inner:tt)*} $(, $($rest:tt)*)?) => {
        $object.insert(($key).into(), $crate::json!({$($inner)*}));
        $crate::__members!($object $($($rest)*)?);
    };
    ($object:ident $key:tt : $value:expr $(, $($rest:tt)*)?) => {
        $object.insert(($key).into(), $crate::json!($value));
        $crate::__members!($object $($($rest)*)?);
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_json_spells() {
        for text in ["0", "-0", "1.50", "1E+05", "123456789012345678901234567890"] {
            assert_eq!(Number::parse(text).expect(text).as_str(), text);
        }
        for text in [
            "", " 1", "1 ", "01", "+1", "1.", "\"1\"", "null", "[1]", "1,2",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
        assert_eq!(Number::try_from(f64::NAN), Err(NotFinite));
        assert_eq!(Value::try_from(0.5).expect("finite").to_string(), "0.5");
        assert_eq!(Number::parse("1e400").expect("a number").as_f64(), None);
        assert_eq!(Number::from(-7_i64).as_i64(), Some(-7));
        assert_eq!(Number::from(-7_i64).as_u64(), None);
        let number = Number::from(7);
        assert_eq!((number.as_u64(), number.as_f64()), (Some(7), Some(7.0)));
        assert_eq!(format!("{number} {number:?}"), "7 7");
    }

    #[test]
    fn pointers_follow_the_standard() {
        let value: Value = r#"{"":1,"a/b":{"m~n":[10,20]},"0":3}"#.parse().expect("JSON");
        let at = |pointer| value.pointer(pointer).map(Value::to_string);
        assert_eq!(at(""), Some(value.to_string()));
        assert_eq!(at("/").as_deref(), Some("1"));
        assert_eq!(at("/a~1b/m~0n/1").as_deref(), Some("20"));
        assert_eq!(at("/0").as_deref(), Some("3"));
        for pointer in [
            "a",
            "/a",
            "/a~1b/m~0n/01",
            "/a~1b/m~0n/2",
            "/a~1b/m~0n/-",
            "/0/0",
        ] {
            assert_eq!(at(pointer), None, "{pointer}");
        }
    }

    /// What every accessor says of a value, in the order of their definition.
    fn accessors(value: &Value) -> String {
        let answers = [
            value.is_null().then(|| "null".to_owned()),
            value.as_bool().map(|is| format!("bool {is}")),
            value.as_number().map(|number| format!("number {number}")),
            value.as_i64().map(|number| format!("i64 {number}")),
            value.as_u64().map(|number| format!("u64 {number}")),
            value.as_f64().map(|number| format!("f64 {number:?}")),
            value.as_str().map(|text| format!("str {text:?}")),
            value
                .as_array()
                .map(|elements| format!("array {elements:?}")),
            value
                .as_object()
                .map(|members| format!("object {members:?}")),
        ];
        answers.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_value_is_of_one_kind_and_in_the_range_of_its_number() {
        for (text, expected) in [
            ("null", "null"),
            ("true", "bool true"),
            ("false", "bool false"),
            ("7", "number 7, i64 7, u64 7, f64 7.0"),
            ("-7", "number -7, i64 -7, f64 -7.0"),
            ("1.50", "number 1.50, f64 1.5"),
            (
                "18446744073709551615",
                "number 18446744073709551615, u64 18446744073709551615, f64 1.8446744073709552e19",
            ),
            ("-1e400", "number -1e400"),
            (r#""""#, r#"str """#),
            (r#""a\nb""#, r#"str "a\nb""#),
            ("[]", "array []"),
            ("[1.0, null]", "array [Number(1.0), Null]"),
            ("{}", "object {}"),
            (r#"{"k": -1E5}"#, r#"object {"k": Number(-1E5)}"#),
        ] {
            let mut value: Value = text.parse().expect("JSON");
            assert_eq!(accessors(&value), expected, "{text}");
            let members = value.as_object().cloned();
            assert_eq!(value.as_object_mut().cloned(), members, "{text}");
        }
    }

    #[test]
    fn a_value_is_made_from_what_it_holds() {
        let number = Number::parse("1.50").expect("a number");
        let map = BTreeMap::from([("k".to_owned(), 1)]);
        for (value, expected) in [
            (Value::from(true), "true"),
            (Value::from("a"), r#""a""#),
            (Value::from("a".to_owned()), r#""a""#),
            (Value::from(&"a".to_owned()), r#""a""#),
            (Value::from(number), "1.50"),
            (Value::from(&Json::string("a")), r#""a""#),
            (Value::from(&Value::from(7)), "7"),
            (Value::from(Some("a")), r#""a""#),
            (Value::from(None::<bool>), "null"),
            (Value::from(vec![1, 2]), "[1,2]"),
            (Value::from(map), r#"{"k":1}"#),
            ([0, 1, 2].into_iter().collect(), "[0,1,2]"),
            (
                [("b", 0), ("a", 1), ("b", 2)].into_iter().collect(),
                r#"{"a":1,"b":2}"#,
            ),
            (Value::from(i128::MIN), &i128::MIN.to_string()),
            (Value::from(u128::MAX), &u128::MAX.to_string()),
        ] {
            assert_eq!(value.to_string(), expected);
        }
    }

    #[test]
    fn a_part_is_found_and_changed() {
        let text = r#"{"a":[1,{"b":2}],"c":null}"#;
        let value: Value = text.parse().expect("JSON");
        assert_eq!(value.get("a"), Some(&value["a"]));
        assert_eq!(value["a"][1]["b"], Value::from(2));
        assert_eq!([&value["x"], &value["a"][2], &value[0]], [&Value::Null; 3]);
        assert_eq!([value.get("x"), value["a"].get("0")], [None; 2]);

        /// Finds the part to put `true` in the place of.
        type Change = fn(&mut Value) -> Option<&mut Value>;
        for (change, expected) in [
            (
                (|value| value.get_mut("c")) as Change,
                Some(r#"{"a":[1,{"b":2}],"c":true}"#),
            ),
            (|value| value.get_mut("x"), None),
            (|value| value["a"].get_mut("0"), None),
            (
                |value| value["a"].element_mut(0),
                Some(r#"{"a":[true,{"b":2}],"c":null}"#),
            ),
            (|value| value["a"].element_mut(2), None),
            (|value| value.element_mut(0), None),
            (|value| value.pointer_mut(""), Some("true")),
            (
                |value| value.pointer_mut("/a/1/b"),
                Some(r#"{"a":[1,{"b":true}],"c":null}"#),
            ),
            (|value| value.pointer_mut("/a/01"), None),
            (|value| value.pointer_mut("/a/1/x"), None),
            (|value| value.pointer_mut("/c/0"), None),
            (|value| value.pointer_mut("a"), None),
            (
                |value| Some(&mut value["d"]),
                Some(r#"{"a":[1,{"b":2}],"c":null,"d":true}"#),
            ),
        ] {
            let mut changed = value.clone();
            let part = change(&mut changed).map(|part| *part = true.into());
            let found = part.map(|()| changed.to_string());
            assert_eq!(found.as_deref(), expected);
        }
    }

    #[test]
    #[should_panic(expected = r#"[1] is not an object, so it has no key "a""#)]
    fn a_key_is_not_added_to_an_array() {
        Value::from(vec![1])["a"] = Value::Null;
    }
}
