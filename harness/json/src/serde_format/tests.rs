//! `serde_json` is the measure of what this format writes and reads.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{self, Debug};
use std::io;

use proptest::prelude::*;
use serde::de::value::U8Deserializer;
use serde::de::{self, DeserializeOwned, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Json, JsonProblem, Number, Value, from_slice, from_str, from_value, to_value};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped(f64);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Colour {
    Red,
    #[serde(rename = "deep \"blue\"")]
    Blue,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Box(i64, u8),
    Path {
        points: Vec<(f32, f64)>,
        closed: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    A { x: f64 },
    B { y: Option<i64> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    A(f64),
    B { y: u64 },
    C,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Integer(i64),
    Float(f64),
    Text(String),
    Many(Vec<f64>),
    Fields { x: f64 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Extra {
    weight: f64,
    label: char,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    unit: Unit,
    wrapped: Wrapped,
    shapes: Vec<Shape>,
    tagged: Option<Tagged>,
    adjacent: Adjacent,
    untagged: Untagged,
    #[serde(flatten)]
    extra: Extra,
    by_number: BTreeMap<i32, String>,
    by_colour: BTreeMap<Colour, Option<bool>>,
    by_bool: BTreeMap<bool, [u8; 2]>,
    by_char: BTreeMap<char, (u64, i64)>,
    small: f32,
    text: String,
}

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("JSON has finite numbers", |number| number.is_finite()),
        (-1000_i32..1000, -25_i32..25)
            .prop_map(|(digits, exponent)| { f64::from(digits) * 10_f64.powi(exponent) }),
        any::<i32>().prop_map(f64::from),
    ]
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Point),
        float().prop_map(Shape::Circle),
        any::<(i64, u8)>().prop_map(|(a, b)| Shape::Box(a, b)),
        (
            proptest::collection::vec((-1e9_f32..1e9, float()), 0..3),
            any::<bool>()
        )
            .prop_map(|(points, closed)| Shape::Path { points, closed }),
    ]
}

fn untagged() -> impl Strategy<Value = Untagged> {
    prop_oneof![
        any::<i64>().prop_map(Untagged::Integer),
        (any::<i32>()).prop_map(|number| Untagged::Float(f64::from(number) + 0.5)),
        ".{0,5}".prop_map(Untagged::Text),
        proptest::collection::vec(float(), 0..3).prop_map(Untagged::Many),
        float().prop_map(|x| Untagged::Fields { x }),
    ]
}

fn adjacent() -> impl Strategy<Value = Adjacent> {
    prop_oneof![
        float().prop_map(Adjacent::A),
        any::<u64>().prop_map(|y| Adjacent::B { y }),
        Just(Adjacent::C),
    ]
}

fn tagged() -> impl Strategy<Value = Tagged> {
    prop_oneof![
        float().prop_map(|x| Tagged::A { x }),
        any::<Option<i64>>().prop_map(|y| Tagged::B { y }),
    ]
}

fn everything() -> impl Strategy<Value = Everything> {
    let maps = (
        proptest::collection::btree_map(any::<i32>(), ".{0,3}", 0..3),
        proptest::collection::btree_map(
            prop_oneof![Just(Colour::Red), Just(Colour::Blue)],
            any::<Option<bool>>(),
            0..3,
        ),
        proptest::collection::btree_map(any::<bool>(), any::<[u8; 2]>(), 0..3),
        proptest::collection::btree_map(any::<char>(), any::<(u64, i64)>(), 0..3),
    );
    let enums = (
        proptest::collection::vec(shape(), 0..4),
        proptest::option::of(tagged()),
        adjacent(),
        untagged(),
    );
    let scalars = (float(), float(), any::<char>(), -1e30_f32..1e30, ".{0,9}");
    (maps, enums, scalars).prop_map(|(maps, enums, scalars)| Everything {
        unit: Unit,
        wrapped: Wrapped(scalars.0),
        shapes: enums.0,
        tagged: enums.1,
        adjacent: enums.2,
        untagged: enums.3,
        extra: Extra {
            weight: scalars.1,
            label: scalars.2,
        },
        by_number: maps.0,
        by_colour: maps.1,
        by_bool: maps.2,
        by_char: maps.3,
        small: scalars.3,
        text: scalars.4,
    })
}

/// The bytes of both formats are equal, compact and pretty, and read back as the value.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = crate::to_string(value).expect("it is JSON");
    assert_eq!(text, serde_json::to_string(value).expect("it is JSON"));
    let pretty = crate::to_string_pretty(value).expect("it is JSON");
    assert_eq!(
        pretty,
        serde_json::to_string_pretty(value).expect("it is JSON")
    );
    assert_eq!(&from_str::<T>(&text).expect("it reads back"), value);
    assert_eq!(
        &from_slice::<T>(pretty.as_bytes()).expect("it reads back"),
        value
    );
    let tree = to_value(value).expect("it is JSON");
    assert_eq!(&from_value::<T>(&tree).expect("it reads back"), value);
    // A tree has the same pretty layout.
    let laid_out = crate::to_string_pretty(&tree).expect("it is JSON");
    let sorted: Value = pretty.parse().expect("JSON");
    assert_eq!(
        laid_out,
        crate::to_string_pretty(&sorted).expect("it is JSON")
    );
}

/// Any JSON text without duplicate keys.
fn json() -> impl Strategy<Value = Value> {
    let number = "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,4})?([eE][+-]?[0-9]{1,2})?";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number.prop_map(|text| Value::Number(Number::parse(&text).expect("a number"))),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(".{0,4}", inner, 0..4).prop_map(Value::from),
        ]
    })
}

proptest! {
    #[test]
    fn derived_types_are_written_and_read_as_by_serde_json(value in everything()) {
        check(&value);
    }

    #[test]
    fn floats_are_spelled_as_by_serde_json(number in any::<f64>(), small in any::<f32>()) {
        let spelled = crate::to_string(&(number, small)).expect("it is JSON");
        prop_assert_eq!(spelled, serde_json::to_string(&(number, small)).expect("it is JSON"));
    }

    /// Large numbers with few bits below one lie exactly between two spellings more often.
    #[test]
    fn floats_between_two_spellings_are_spelled_as_by_serde_json(
        mantissa in any::<i64>(), small in any::<i32>(), shift in 0..12_i32,
    ) {
        let scale = 2_f64.powi(-shift);
        let pair = (mantissa as f64 * scale, small as f32 * scale as f32);
        let spelled = crate::to_string(&pair).expect("it is JSON");
        prop_assert_eq!(spelled, serde_json::to_string(&pair).expect("it is JSON"));
    }

    #[test]
    fn trees_keep_every_spelling(value in json()) {
        let text = value.to_string();
        prop_assert_eq!(&text.parse::<Value>().expect("JSON"), &value);
        prop_assert_eq!(&from_str::<Value>(&text).expect("JSON"), &value);
        prop_assert_eq!(&crate::to_string(&value).expect("JSON"), &text);
        if let Value::Number(number) = &value {
            prop_assert_eq!(&from_str::<Number>(&text).expect("a number"), number);
            prop_assert_eq!(&crate::to_string(number).expect("JSON"), &text);
        }
        let json = from_str::<Json>(&text).expect("JSON");
        prop_assert_eq!(json.as_str(), &text);
        let pretty = crate::to_string_pretty(&json).expect("JSON");
        prop_assert_eq!(&pretty.parse::<Value>().expect("JSON"), &value);
        prop_assert_eq!(json.to_value(), value);
    }

    #[test]
    fn trees_become_plain_numbers_in_another_format(value in json()) {
        let text = value.to_string();
        let theirs: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let ours = serde_json::to_value(&value).expect("JSON");
        // They round floats of many digits less exactly.
        let is_close = same_but_for_rounding(&ours, &theirs);
        prop_assert!(is_close, "{ours} {theirs}");
        let json = Json::parse(&theirs.to_string()).expect("JSON");
        let pretty = serde_json::to_string_pretty(&theirs).expect("JSON");
        prop_assert_eq!(crate::to_string_pretty(&json).expect("JSON"), pretty);
        let back: Value = serde_json::from_value(theirs.clone()).expect("a value");
        prop_assert_eq!(serde_json::to_string(&back).expect("JSON"), theirs.to_string());
    }
}

fn same_but_for_rounding(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (a, b) {
        (Array(a), Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_but_for_rounding(a, b))
        }
        (Object(a), Object(b)) => {
            a.keys().eq(b.keys())
                && a.values()
                    .zip(b.values())
                    .all(|(a, b)| same_but_for_rounding(a, b))
        }
        (Number(a), Number(b)) => {
            a == b
                || matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if (a - b).abs() <= a.abs() * 1e-15)
        }
        (a, b) => a == b,
    }
}

#[test]
fn floats_at_the_ends_of_each_notation() {
    for exponent in -330..310 {
        for mantissa in ["1", "1.5", "-9.999999999999999", "1.2345678901234567"] {
            let number: f64 = format!("{mantissa}e{exponent}").parse().expect("a float");
            let small: f32 = format!("{mantissa}e{exponent}").parse().expect("a float");
            let ours = crate::to_string(&(number, small)).expect("JSON");
            assert_eq!(ours, serde_json::to_string(&(number, small)).expect("JSON"));
        }
    }
    for number in [
        0.0,
        -0.0,
        f64::NAN,
        f64::INFINITY,
        f64::MAX,
        f64::MIN_POSITIVE,
    ] {
        let ours = crate::to_string(&number).expect("JSON");
        assert_eq!(ours, serde_json::to_string(&number).expect("JSON"));
    }
}

#[test]
fn wide_integers_are_read_where_they_fit() {
    let widest = u128::MAX.to_string();
    assert_eq!(from_str::<u128>(&widest).expect("it fits"), u128::MAX);
    assert_eq!(
        from_str::<i128>(&i128::MIN.to_string()).expect("it fits"),
        i128::MIN
    );
    assert_eq!(
        crate::to_string(&i128::MIN).expect("JSON"),
        i128::MIN.to_string()
    );
    assert!(from_str::<i128>(&widest).is_err());
    assert!(from_str::<u64>("18446744073709551616").is_err());
    assert!(from_str::<f64>("1e999").is_err());
    assert_eq!(
        from_str::<Value>("1e999").expect("a tree").to_string(),
        "1e999"
    );
    let keys: BTreeMap<u128, ()> = from_str(&format!("{{\"{widest}\":null}}")).expect("it fits");
    assert_eq!(keys.into_keys().collect::<Vec<_>>(), [u128::MAX]);
    let least = i128::MIN;
    let keys: BTreeMap<i128, ()> = from_str(&format!("{{\"{least}\":null}}")).expect("it fits");
    assert_eq!(keys.into_keys().collect::<Vec<_>>(), [least]);
    // Rust reads these as integers, and JSON has no such numbers.
    for text in [r#"{"+1":null}"#, r#"{"01":null}"#] {
        assert!(from_str::<BTreeMap<i128, ()>>(text).is_err(), "{text}");
        assert!(from_str::<BTreeMap<u128, ()>>(text).is_err(), "{text}");
    }
}

#[test]
fn errors_say_what_and_where() {
    fn said<T: DeserializeOwned + Debug>(text: &str) -> String {
        from_str::<T>(text).expect_err("it is refused").to_string()
    }
    assert_eq!(
        said::<Vec<u8>>("[1,\n300]"),
        "invalid value: integer `300`, expected u8 at line 2 column 1"
    );
    assert_eq!(
        said::<Vec<u8>>("[1"),
        "the text ends where `,` or `]` is expected at line 1 column 3"
    );
    assert_eq!(
        said::<BTreeMap<String, u8>>(r#"{"b":1,"a":2,"\u0062":3}"#),
        "duplicate key \"b\" at line 1 column 14"
    );
    assert_eq!(
        said::<Value>(r#"{"a":{"c":1,"c":1}}"#),
        "duplicate key \"c\" at line 1 column 13"
    );
    assert_eq!(
        said::<BTreeMap<String, u8>>(r#"{"a":1,"a":2}"#),
        "duplicate key \"a\" at line 1 column 8"
    );
    // What a struct ignores is checked all the same.
    assert_eq!(
        said::<Extra>(r#"{"weight":1,"label":"a","x":[{"c":1,"c":1}]}"#),
        "duplicate key \"c\" at line 1 column 37"
    );
    assert_eq!(
        said::<(u8, u8)>("[1,2,3]"),
        "the array has too many elements at line 1 column 6"
    );
    assert_eq!(
        said::<Shape>("{}"),
        "expected an object with one key at line 1 column 2"
    );
    assert_eq!(
        said::<Shape>(r#"{"Circle":1,"Point":null}"#),
        "expected an object with one key at line 1 column 13"
    );
    for (text, found) in [
        ("7", "number"),
        ("7.5", "number"),
        ("true", "boolean `true`"),
        ("false", "boolean `false`"),
        ("null", "unit value"),
        ("[1]", "sequence"),
    ] {
        let expected = "expected a string or an object with one key at line 1 column 1";
        assert_eq!(
            said::<Shape>(text),
            format!("invalid type: {found}, {expected}")
        );
    }
    assert_eq!(
        said::<Shape>(r#"{"Point":1}"#),
        "invalid type: integer `1`, expected unit at line 1 column 10"
    );
    assert_eq!(
        said::<Vec<FirstMember>>(r#"[{"a":1,"b":2}]"#),
        "the object has too many keys at line 1 column 2"
    );
    assert!(said::<Vec<Number>>("[null]").starts_with("expected a number"));
    assert_eq!(
        said::<u8>("1 2"),
        "expected the end of the text, found '2' at line 1 column 3"
    );
    let error = from_slice::<u8>(b"\xff").expect_err("it is refused");
    assert_eq!(error.to_string(), "not UTF-8 at line 1 column 1");
    let keys = BTreeMap::from([(vec![1], 1)]);
    let error = crate::to_string(&keys).expect_err("a list is not a key");
    assert_eq!(error.to_string(), "key must be a string");
}

/// It leaves all members but the first unread.
#[derive(Debug)]
struct FirstMember;

impl<'de> Deserialize<'de> for FirstMember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = FirstMember;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<FirstMember, A::Error> {
                members.next_entry::<String, u8>()?;
                Ok(FirstMember)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// What another format gives where a [`Value`] is read.
enum Given {
    Unit,
    None,
    Some(Box<Given>),
    Newtype(Box<Given>),
    Signed(i128),
    Unsigned(u128),
    Text(&'static str),
    Bytes(&'static [u8]),
}

impl<'de> Deserializer<'de> for Given {
    type Error = de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Unit => visitor.visit_unit(),
            Self::None => visitor.visit_none(),
            Self::Some(inside) => visitor.visit_some(*inside),
            Self::Newtype(inside) => visitor.visit_newtype_struct(*inside),
            Self::Signed(number) => visitor.visit_i128(number),
            Self::Unsigned(number) => visitor.visit_u128(number),
            Self::Text(text) => visitor.visit_str(text),
            Self::Bytes(bytes) => visitor.visit_bytes(bytes),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[test]
fn a_tree_is_read_from_whatever_another_format_gives() {
    let read = |given| Value::deserialize(given).map(|value| value.to_string());
    for (given, expected) in [
        (Given::Unit, "null"),
        (Given::None, "null"),
        (Given::Some(Given::Text("a").into()), r#""a""#),
        (Given::Newtype(Given::Signed(-1).into()), "-1"),
        (Given::Signed(i128::MIN), &i128::MIN.to_string()),
        (Given::Unsigned(u128::MAX), &u128::MAX.to_string()),
        (Given::Text("é"), r#""é""#),
    ] {
        assert_eq!(read(given).as_deref(), Ok(expected));
    }
    let error = read(Given::Bytes(b"a")).expect_err("JSON has no bytes");
    assert_eq!(
        error.to_string(),
        "invalid type: byte array, expected any JSON value"
    );
    let bare: U8Deserializer<de::value::Error> = 1_u8.into_deserializer();
    let error = Value::deserialize(bare).expect_err("the name is not passed on");
    assert_eq!(
        error.to_string(),
        "invalid type: integer `1`, expected any JSON value"
    );
}

#[test]
fn the_reserved_name_is_for_exact_values_alone() {
    #[derive(Serialize)]
    #[serde(rename = "$aether_json::exact")]
    struct Imitation<T>(T);
    fn check<T: Serialize>(value: T) {
        let error = crate::to_string(&Imitation(value)).expect_err("it is not the crate's own");
        let expected = "a newtype struct has this crate's reserved name";
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.position(), None);
    }
    check(Some("1"));
    check(Wrapped(1.0));
    check(Shape::Circle(1.0));
    check(1);
    check([1]);
    check(());
}

/// A map with one key, and a value that is given as bytes.
struct Keyed<K>(K);

impl<K: Serialize> Serialize for Keyed<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Bytes;
        impl Serialize for Bytes {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(&[0, 255])
            }
        }
        serializer.collect_map([(&self.0, Bytes)])
    }
}

#[test]
fn keys_are_written_as_by_serde_json() {
    #[derive(Clone, Copy, Serialize)]
    struct Inside<T>(T);
    fn check<K: Serialize>(key: K) {
        let ours = crate::to_string(&Keyed(&key)).map_err(|error| error.to_string());
        match serde_json::to_string(&Keyed(&key)) {
            Ok(text) => assert_eq!(ours, Ok(text)),
            // They go on to say which floats are not finite.
            Err(error) => assert!(error.to_string().starts_with(&ours.expect_err("no key"))),
        }
    }
    check("a\n");
    check('"');
    check(true);
    check((i8::MIN, i64::MAX).0);
    check(i128::MIN);
    check(u128::MAX);
    check(0.1_f32);
    check(1e300);
    check(f32::NAN);
    check(f64::INFINITY);
    check(Some("a"));
    check(None::<bool>);
    check(Inside("a"));
    check(Inside(1.5));
    check(Colour::Blue);
    check(Shape::Circle(1.0));
    check(Shape::Box(1, 1));
    check(Unit);
    check(());
    check([1]);
    check(Keyed(1));
}

#[test]
fn an_error_says_where_and_what_is_its_source() {
    let data = from_str::<Vec<u8>>("[1,\n 300]").expect_err("300 is too large");
    assert_eq!(data.position(), Some((2, 2)));
    assert_eq!(data.json_problem(), None);
    assert!(data.source().is_none());
    let text = data.to_string();
    let data = io::Error::from(data);
    assert_eq!(data.kind(), io::ErrorKind::InvalidData);
    assert_eq!(data.to_string(), text);

    let json = from_str::<Vec<u8>>("[1,]").expect_err("there is a comma too many");
    assert_eq!(json.position(), Some((1, 3)));
    let problem = JsonProblem::TrailingComma;
    assert_eq!(json.json_problem(), Some(&problem));
    let source = json.source().and_then(<dyn Error>::downcast_ref);
    assert_eq!(source, Some(&problem));

    let number = from_str::<f64>("1e999").expect_err("it is too large");
    assert_eq!(number.to_string(), "number out of range at line 1 column 1");
    assert!(number.source().is_none());
}

#[test]
fn a_failing_writer_is_an_error() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("full"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let error = crate::to_writer(Full, &1).expect_err("it fails");
    assert_eq!(error.position(), None);
    assert_eq!(
        error.source().map(ToString::to_string).as_deref(),
        Some("full")
    );
    let error = io::Error::from(error);
    assert_eq!(
        (error.kind(), error.to_string()),
        (io::ErrorKind::Other, "full".to_owned())
    );
    let mut out = Vec::new();
    crate::to_writer_pretty(&mut out, &[1]).expect("a vector takes it");
    assert_eq!(out, b"[\n  1\n]");
}
