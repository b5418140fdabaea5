//! Laws of the reduction of documents: of random documents and predicates.

use std::convert::Infallible;

use aether_json::{Number, Value};
use proptest::prelude::*;

use super::candidates_max;
use super::reduce::{Batch, End, Reduced, Shown, Stepper, Steps, Taken, reduce};
use super::source::Size;
use super::steps::{Measure, edits, leaves};

struct Documents;

struct Of<'i>(&'i Value, Vec<super::steps::Edit>);

impl Stepper<Value> for Documents {
    fn steps<'i>(&'i self, document: &'i Value) -> Box<dyn Steps<Value> + 'i> {
        Box::new(Of(document, edits(document)))
    }
}

impl Steps<Value> for Of<'_> {
    fn take(&self, index: usize) -> Taken<Value> {
        match self.1.get(index).map(|edit| edit.apply(self.0)) {
            None => Taken::End,
            Some(changed) if Measure::of(&changed) < Measure::of(self.0) => Taken::Item(changed),
            Some(_) => Taken::Nothing,
        }
    }
}

/// What is looked for in a document.
#[derive(Clone, Copy, Debug)]
enum Predicate {
    Number(i64),
    Values(usize),
    Letter(char),
    Depth(usize),
    /// Without any sense, as a rule of a program may seem to have none.
    Digest(u64),
}

impl Predicate {
    fn holds(self, document: &Value) -> bool {
        match self {
            Self::Number(least) => any(document, &|value| {
                value.as_i64().is_some_and(|number| number.abs() >= least)
            }),
            Self::Values(least) => leaves(document) >= least,
            Self::Letter(letter) => any(document, &|value| {
                value.as_str().is_some_and(|text| text.contains(letter))
            }),
            Self::Depth(least) => depth(document) >= least,
            Self::Digest(modulus) => {
                let text = document.to_string();
                let sum = text.bytes().fold(7_u64, |sum, byte| {
                    sum.wrapping_mul(31).wrapping_add(u64::from(byte))
                });
                sum.is_multiple_of(modulus)
            }
        }
    }
}

fn any(value: &Value, is: &dyn Fn(&Value) -> bool) -> bool {
    is(value)
        || match value {
            Value::Array(elements) => elements.iter().any(|element| any(element, is)),
            Value::Object(members) => members.values().any(|member| any(member, is)),
            _ => false,
        }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn documents() -> impl Strategy<Value = Value> {
    let number = |text: String| Value::Number(Number::parse(&text).expect("a number"));
    let leaf = prop_oneof![
        Just(Value::Null),
        any_bool(),
        (-1000_i64..1000).prop_map(Value::from),
        proptest::num::i64::ANY.prop_map(Value::from),
        "-?[1-9][0-9]{0,3}\\.[0-9]{1,6}".prop_map(number),
        "-?[1-9][0-9]{20,45}".prop_map(number),
        "[a-zé\"\\\\ ]{0,9}".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            proptest::collection::btree_map("[a-d]{1,2}", inner, 0..5).prop_map(Value::Object),
        ]
    })
}

fn any_bool() -> impl Strategy<Value = Value> {
    proptest::bool::ANY.prop_map(Value::Bool)
}

fn predicates() -> impl Strategy<Value = Predicate> {
    prop_oneof![
        (1_i64..500).prop_map(Predicate::Number),
        (1_usize..6).prop_map(Predicate::Values),
        proptest::char::range('a', 'e').prop_map(Predicate::Letter),
        (1_usize..4).prop_map(Predicate::Depth),
        (2_u64..5).prop_map(Predicate::Digest),
    ]
}

/// How many documents are tried.
fn limit(start: &Value) -> u64 {
    candidates_max(Size {
        bytes: start.to_string().len(),
        values: leaves(start),
    })
}

/// Reduces a document; how often it was asked for, too.
fn reduced(start: &Value, predicate: Predicate, batch: Batch) -> (Reduced<Value>, u64) {
    let mut asked = 0;
    let limit = limit(start);
    let end: Result<_, Infallible> = reduce(start.clone(), &Documents, batch, limit, |items| {
        asked += items.len() as u64;
        let found = items.iter().position(|item| predicate.holds(item));
        Ok(found.map_or(Shown::None, Shown::At))
    });
    match end {
        Ok(reduced) => (reduced, asked),
        Err(never) => match never {},
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_minimal_and_always_the_same(
        document in documents(),
        predicate in predicates(),
        first in 1_usize..9,
    ) {
        prop_assume!(predicate.holds(&document));
        let (found, asked) = reduced(&document, predicate, Batch::SINGLE);
        // Only what has no sense can be followed up to the limit.
        let is_senseless = matches!(predicate, Predicate::Digest(_));
        prop_assert!(is_senseless || found.end == End::Minimal, "{:?}", found.end);
        prop_assert!(predicate.holds(&found.item));
        prop_assert!(Measure::of(&found.item) <= Measure::of(&document));
        // No single step can be taken: each is made again.
        for edit in edits(&found.item) {
            let smaller = edit.apply(&found.item);
            let is_smaller = Measure::of(&smaller) < Measure::of(&found.item);
            let holds = is_smaller && predicate.holds(&smaller);
            prop_assert!(found.end == End::AtLimit || !holds, "{} → {smaller}", found.item);
        }
        prop_assert!(asked <= limit(&document), "{asked} items for {document}");
        let (again, _) = reduced(&document, predicate, Batch { first, most: 4 * first });
        prop_assert_eq!(again, found);
    }

    #[test]
    fn every_step_makes_a_document_smaller(document in documents()) {
        for edit in edits(&document) {
            let smaller = edit.apply(&document);
            prop_assert!(Measure::of(&smaller) < Measure::of(&document), "{document} → {smaller}");
        }
    }
}

#[test]
fn settings_and_names_of_files_are_left_alone() {
    let document: Value = r#"{
        "command": {"args": ["a", 1]},
        "day.json": [true],
        "files": {"command": "scenarios/a/scenario.toml", "day.json": "scenarios/a/day.json"}
    }"#
    .parse()
    .expect("JSON");
    let changed: Vec<String> = edits(&document)
        .iter()
        .map(|edit| {
            let changed = edit.apply(&document);
            assert_eq!(changed.get("command"), document.get("command"));
            assert_eq!(changed.get("files"), document.get("files"));
            changed
                .get("day.json")
                .map_or_else(String::new, Value::to_string)
        })
        .collect();
    assert_eq!(changed, ["", "[]"]);
    assert_eq!(leaves(&document), 1);
}

#[test]
fn numbers_move_towards_zero_and_texts_are_halved() {
    let steps = |text: &str| -> Vec<String> {
        let document: Value = text.parse().expect("JSON");
        let steps = edits(&document);
        steps
            .iter()
            .map(|edit| edit.apply(&document).to_string())
            .collect()
    };
    assert_eq!(steps("100"), ["0", "50", "75", "88", "94", "97", "99"]);
    assert_eq!(steps("-3"), ["0", "-1", "-2"]);
    assert_eq!(steps("1"), ["0"]);
    assert_eq!(steps("0"), [""; 0]);
    assert_eq!(steps("12.7500"), ["0", "6", "12", "12.75"]);
    assert_eq!(steps("1e99"), ["0"]);
    assert_eq!(steps("\"abcde\""), ["\"\"", "\"ab\"", "\"cde\""]);
    assert_eq!(steps("\"\""), [""; 0]);
    assert_eq!(steps("[true,null]"), ["[]", "[null]", "[true]"]);
    assert_eq!(
        steps(r#"{"rows":[{"a":true,"b":true},{"a":true}]}"#)[..6],
        [
            "{}",
            r#"{"rows":[]}"#,
            r#"{"rows":[{"a":true}]}"#,
            r#"{"rows":[{"a":true,"b":true}]}"#,
            r#"{"rows":[{"b":true},{}]}"#,
            r#"{"rows":[{},{"a":true}]}"#,
        ]
    );
}
