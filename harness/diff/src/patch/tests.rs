//! A patch, applied by another implementation, gives the new document.

use aether_json::{Value, json};
use proptest::prelude::*;

use super::*;
use crate::{ArtefactSchema, KeyRule};

fn schema(keys: &[(&str, &str)]) -> Schema {
    let keys = keys
        .iter()
        .map(|(path, field)| KeyRule {
            path: (*path).into(),
            fields: vec![(*field).into()],
            ..KeyRule::default()
        })
        .collect();
    let artefact = ArtefactSchema {
        name: "a".into(),
        keys,
        ..ArtefactSchema::default()
    };
    Schema {
        artefacts: vec![artefact],
        ..Schema::default()
    }
}

/// The patch between two documents, after checking that it does what it should.
fn patch_of(before: &Value, after: &Value, schema: &Schema) -> Patch {
    let [old, new] = [before, after]
        .map(|document| Artefact::from_json("a", document.to_string().as_bytes()).unwrap());
    let mut patches = patches(
        std::slice::from_ref(&old),
        std::slice::from_ref(&new),
        schema,
    )
    .unwrap();
    let patch = patches.remove("a").unwrap_or_default();
    apply(in_strings(&old.to_value().unwrap()), &patch, &new);
    patch
}

/// Checks with another implementation that a patch makes the new document of the old one, both
/// [in strings](in_strings).
pub(crate) fn apply(mut patched: serde_json::Value, patch: &Patch, new: &Artefact) {
    let operations = aether_json::to_value(patch).unwrap();
    let operations = operations.as_array().unwrap().iter().map(|operation| {
        let members = operation.as_object().unwrap().iter();
        let theirs: serde_json::Map<_, _> = members
            .map(|(key, member)| match (key.as_str(), member) {
                ("value", value) => (key.clone(), in_strings(value)),
                (_, member) => (key.clone(), member.as_str().unwrap().into()),
            })
            .collect();
        serde_json::from_value(theirs.into()).unwrap()
    });
    let operations: Vec<json_patch::PatchOperation> = operations.collect();
    json_patch::patch(&mut patched, &operations).unwrap_or_else(|error| panic!("{error}: {patch}"));
    assert_eq!(patched, in_strings(&new.to_value().unwrap()), "{patch}");
}

/// A value whose numbers are strings, since serde_json's numbers have no spelling.
pub(crate) fn in_strings(value: &Value) -> serde_json::Value {
    match value {
        Value::Number(number) => format!("number {number}").into(),
        Value::String(text) => format!("string {text}").into(),
        Value::Array(elements) => elements.iter().map(in_strings).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), in_strings(value)))
            .collect(),
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
    }
}

#[track_caller]
fn check(before: &Value, after: &Value, keys: &[(&str, &str)], expected: &Value) {
    let patch = patch_of(before, after, &schema(keys));
    assert_eq!(aether_json::to_value(&patch).unwrap(), *expected);
}

#[test]
fn known_edits_are_as_few_operations() {
    let id = &[("", "id")];
    check(&json!([1]), &json!([1]), &[], &json!([]));
    check(
        &json!({"a": {"b/c": 1, "d": 2}}),
        &json!({"a": {"b/c": 2, "e": 3}}),
        &[],
        &json!([
            {"op": "remove", "path": "/a/d"},
            {"op": "replace", "path": "/a/b~1c", "value": 2},
            {"op": "add", "path": "/a/e", "value": 3},
        ]),
    );
    check(
        &json!([{"id": 1, "v": 1}, {"id": 2, "v": 1}, {"id": 3, "v": 1}]),
        &json!([{"id": 3, "v": 2}, {"id": 4, "v": 1}, {"id": 1, "v": 1}]),
        id,
        &json!([
            {"op": "remove", "path": "/1"},
            {"op": "move", "from": "/1", "path": "/0"},
            {"op": "add", "path": "/1", "value": {"id": 4, "v": 1}},
            {"op": "replace", "path": "/0/v", "value": 2},
        ]),
    );
    check(
        &json!({"a/": 1, "b": [2], "c": 3, "d": 3}),
        &json!({"b": [2], "e": 1, "f": 3}),
        &[],
        &json!([
            {"op": "remove", "path": "/c"},
            {"op": "remove", "path": "/d"},
            {"op": "move", "from": "/a~1", "path": "/e"},
            {"op": "add", "path": "/f", "value": 3},
        ]),
    );
    check(
        &json!(1),
        &json!([1]),
        &[],
        &json!([{"op": "replace", "path": "", "value": [1]}]),
    );
    check(
        &json!({"x": [{"id": 1}, {"id": 2}]}),
        &json!({"x": [{"id": 2}, {"id": 1}]}),
        &[("x", "id")],
        &json!([{"op": "move", "from": "/x/1", "path": "/x/0"}]),
    );
}

#[test]
fn numbers_and_keys_are_taken_as_spelled() {
    for (one, number) in NUMBERS.iter().enumerate() {
        for (other, again) in NUMBERS.iter().enumerate() {
            let [before, after] = [number, again].map(|n| format!("[{n}]").parse().unwrap());
            let patch = patch_of(&before, &after, &schema(&[]));
            assert_eq!(
                patch.operations().is_empty(),
                one == other,
                "{number} {again}"
            );
        }
    }
    for key in KEYS {
        let [before, after] = [1, 2].map(|value| json!({ key: { key: value } }));
        let patch = aether_json::to_value(&patch_of(&before, &after, &schema(&[]))).unwrap();
        let escaped = key.replace('~', "~0").replace('/', "~1");
        let path = format!("/{escaped}/{escaped}");
        assert_eq!(
            patch,
            json!([{ "op": "replace", "path": path, "value": 2 }])
        );
    }
}

#[test]
fn artefacts_that_come_or_go_do_so_as_a_whole() {
    let one = [Artefact::from_json("a", b"[1]").unwrap()];
    let added = patches(&[], &one, &Schema::default()).unwrap();
    assert_eq!(
        added["a"].to_string(),
        r#"[{"op":"add","path":"","value":[1]}]"#
    );
    let removed = patches(&one, &[], &Schema::default()).unwrap();
    assert_eq!(removed["a"].to_string(), r#"[{"op":"remove","path":""}]"#);
}

/// Numbers that are equal and spelled otherwise, or that no machine number holds.
const NUMBERS: [&str; 12] = [
    "1",
    "1.0",
    "1e0",
    "10e-1",
    "0",
    "-0",
    "0.0",
    "18446744073709551616",
    "18446744073709551617",
    "123456789012345678901234567890",
    "1E400",
    "0.1000000000000000055511151231257827",
];

/// Keys that a JSON Pointer has to escape, or a text to spell.
const KEYS: [&str; 12] = [
    "",
    "~",
    "/",
    "~0",
    "~1",
    "~01",
    "a/b~c",
    "0",
    "-",
    "\u{0}",
    "\u{2028}",
    "𝔸\u{301}",
];

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c~/\"é]{0,2}",
        prop::sample::select(&KEYS[..]).prop_map(str::to_owned),
    ]
}

/// Random documents with few distinct values, so that they have much in common.
fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..4).prop_map(Value::from),
        prop::sample::select(&NUMBERS[..]).prop_map(|number| number.parse().unwrap()),
        key().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            records(inner.clone()),
            prop::collection::vec(prop::collection::vec(inner.clone(), 0..4), 0..4)
                .prop_map(Value::from),
            prop::collection::btree_map(key(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Arrays of records with identities, of which some are doubled or missing.
fn records(inner: impl Strategy<Value = Value> + Clone) -> impl Strategy<Value = Value> {
    let record = (prop::option::weighted(0.9, 0..6), inner).prop_map(|(id, value)| match id {
        Some(id) => json!({"id": id, "v": value}),
        None => json!({"v": value}),
    });
    prop::collection::vec(record, 0..8).prop_map(Value::from)
}

/// One edit at a random place: a removal, insertion, move or replacement.
fn edited(document: &mut Value, choices: &mut impl Iterator<Item = usize>, value: &Value) {
    let mut choose = |count: usize| choices.next().unwrap_or(0) % count.max(1);
    match document {
        Value::Array(elements) if !elements.is_empty() => {
            let at = choose(elements.len());
            match choose(6) {
                0 => drop(elements.remove(at)),
                1 => elements.insert(at, value.clone()),
                2 => {
                    let element = elements.remove(at);
                    elements.insert(choose(elements.len() + 1), element);
                }
                3 => elements.reverse(),
                _ => edited(&mut elements[at], choices, value),
            }
        }
        Value::Object(members) if !members.is_empty() => {
            let at = choose(members.len());
            let Some(key) = members.keys().nth(at).cloned() else {
                return;
            };
            if choose(4) == 0 {
                members.remove(&key);
            } else if let Some(member) = members.get_mut(&key) {
                edited(member, choices, value);
            }
        }
        scalar => *scalar = value.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_patch_between_any_two_documents_gives_the_new_one(
        before in document(),
        after in document(),
    ) {
        patch_of(&before, &after, &schema(&[("", "id"), ("v", "id"), ("a", "id")]));
        patch_of(&before, &after, &schema(&[]));
    }

    #[test]
    fn the_patch_of_edits_gives_the_edited_document(
        before in document(),
        edits in prop::collection::vec((prop::collection::vec(0..64_usize, 1..12), document()), 1..5),
    ) {
        let mut after = before.clone();
        for (choices, value) in &edits {
            edited(&mut after, &mut choices.iter().copied(), value);
        }
        patch_of(&before, &after, &schema(&[("", "id"), ("v", "id")]));
        patch_of(&before, &after, &schema(&[]));
    }

    #[test]
    fn any_order_is_reached_by_moves_alone(order in Just((0..40).collect::<Vec<u32>>()).prop_shuffle()) {
        let record = |id: u32| json!({"id": id});
        let before: Value = (0..40).map(record).collect();
        let after: Value = order.iter().copied().map(record).collect();
        let patch = patch_of(&before, &after, &schema(&[("", "id")]));
        let is_move = |operation: &Operation| matches!(operation, Operation::Move { .. });
        prop_assert!(patch.operations().iter().all(is_move));
    }
}

#[test]
fn a_pointer_is_its_text() {
    let mut pointer = Pointer::default();
    assert_eq!((pointer.as_str(), pointer.to_string()), ("", String::new()));
    pointer.push_back("a/b~c");
    pointer.push_back("0");
    assert_eq!(pointer.as_str(), "/a~1b~0c/0");
    assert_eq!(pointer.to_string(), pointer.as_str());
}

#[test]
fn equal_artefacts_have_no_patch() {
    let same = [Artefact::from_json("a", b"[1]").unwrap()];
    let found = patches(&same, &same, &Schema::default()).unwrap();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn members_are_patched_one_by_one_however_many_there_are() {
    let document = |value: u32| -> Value {
        let members = (0..300).map(|at| format!(r#""m{at}":{{"same":1,"x":{value}}}"#));
        let text = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
        text.parse().unwrap()
    };
    let patch = patch_of(&document(1), &document(2), &Schema::default());
    let operations = aether_json::to_value(&patch).unwrap();
    let operations = operations.as_array().unwrap();
    assert_eq!(operations.len(), 300);
    let is_inside = |operation: &Value| operation["path"].as_str().unwrap().ends_with("/x");
    assert!(operations.iter().all(is_inside));
}

#[test]
fn documents_are_patched_to_the_depth_that_readers_allow() {
    let deep = |value: u32| {
        let text = format!("{}{value}{}", "[".repeat(140), "]".repeat(140));
        [Artefact::from_canonical_records("a", [text])]
    };
    let found = patches(&deep(1), &deep(2), &Schema::default()).unwrap();
    let operations = aether_json::to_value(&found["a"]).unwrap();
    let path = operations[0]["path"].as_str().unwrap().to_owned();
    assert_eq!(path.matches("/0").count(), DEPTH_MAX);
}
