//! Fuzz target: two arbitrary documents, separated by a byte that no UTF-8 text has. Their diff ends, agrees with
//! the bytes, and their patch, applied by another implementation, makes one of the other.

#![no_main]

use std::time::Duration;

use aether_diff::{Artefact, ArtefactSchema, DiffOptions, KeyRule, Schema, diff, infer, patches};
use aether_json::Value;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |&byte| byte == 0xff);
    let (Some(before), Some(after)) = (parts.next(), parts.next()) else {
        return;
    };
    let read = |bytes| Artefact::from_json("a", bytes).or_else(|_| Artefact::from_json_lines("a", bytes));
    let (Ok(before), Ok(after)) = (read(before), read(after)) else {
        return;
    };
    let keys = ["", "a", "a.b"].map(|path| KeyRule {
        path: path.into(),
        fields: vec!["k".into()],
        ..KeyRule::default()
    });
    let declared = ArtefactSchema { name: "a".into(), tick: Some("t".into()), keys: keys.into(), ..ArtefactSchema::default() };
    let inferred = infer(&before, &after);
    for artefact in [declared, inferred] {
        let schema = Schema { artefacts: vec![artefact], ..Schema::default() };
        check(&before, &after, &schema);
    }
});

fn check(before: &Artefact, after: &Artefact, schema: &Schema) {
    let options = DiffOptions { entries: 100, time: Some(Duration::from_secs(1)) };
    let [old, new] = [before, after].map(std::slice::from_ref);
    let found = diff(old, new, schema, &options);
    assert_eq!(found.is_equal(), before.text() == after.text(), "the diff disagrees with the bytes");
    assert_eq!(found.is_equal(), found.first_divergence.is_none());
    let patches = patches(old, new, schema).expect("documents that were read have a patch");
    let mut patched = in_strings(&before.to_value().expect("a laid out document is JSON"));
    if let Some(patch) = patches.get("a") {
        let operations = aether_json::to_value(patch).expect("a patch is JSON");
        let operations = operations.as_array().expect("a patch is an array").iter().map(|operation| {
            let members = operation.as_object().expect("an operation is an object").iter();
            let members: serde_json::Map<_, _> = members
                .map(|(key, member)| match (key.as_str(), member.as_str()) {
                    ("value", _) | (_, None) => (key.clone(), in_strings(member)),
                    (_, Some(text)) => (key.clone(), text.into()),
                })
                .collect();
            serde_json::from_value(members.into()).expect("an operation of RFC 6902")
        });
        let operations: Vec<json_patch::PatchOperation> = operations.collect();
        json_patch::patch(&mut patched, &operations).unwrap_or_else(|error| panic!("{error}: {patch}"));
    }
    let expected = in_strings(&after.to_value().expect("a laid out document is JSON"));
    assert_eq!(patched, expected, "the patch makes a different document");
}

/// A value whose numbers are strings, since the numbers of serde_json have no spelling.
fn in_strings(value: &Value) -> serde_json::Value {
    match value {
        Value::Number(number) => format!("number {number}").into(),
        Value::String(text) => format!("string {text}").into(),
        Value::Array(elements) => elements.iter().map(in_strings).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| (key.clone(), in_strings(value)));
            serde_json::Value::Object(members.collect())
        }
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
    }
}
