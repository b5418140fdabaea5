//! `serde_json` is the measure of what this format writes and reads.

use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Json, Number, Value, from_slice, from_str, from_value, to_value};

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
    assert!(
        said::<Shape>("7")
            .starts_with("invalid type: number, expected a string or an object with one key")
    );
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

#[test]
fn a_failing_writer_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error = crate::to_writer(Full, &1).expect_err("it fails");
    assert_eq!(std::io::Error::from(error).to_string(), "full");
    let mut out = Vec::new();
    crate::to_writer_pretty(&mut out, &[1]).expect("a vector takes it");
    assert_eq!(out, b"[\n  1\n]");
}
