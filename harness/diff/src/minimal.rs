//! Known edits of 100,000 records: the report has as few changes as there were edits.

use super::*;
use crate::KeyRule;

const COUNT: usize = 100_000;

fn record(id: usize) -> String {
    format!(
        r#"{{"flows":[{{"e":1,"f":{}}},{{"e":2,"f":{id}}}],"id":{id},"name":"n{}"}}"#,
        id % 13,
        id % 7
    )
}

fn schema(has_keys: bool) -> Schema {
    let key = |path: &str, field: &str| KeyRule {
        path: path.into(),
        fields: vec![field.into()],
        ..KeyRule::default()
    };
    let keys = if has_keys {
        vec![key("", "id"), key("flows", "e")]
    } else {
        Vec::new()
    };
    Schema::for_document("records", keys)
}

/// One edit: what it does, and what is reported about it. Paths with `ids` belong to a keyed report.
struct Case {
    name: &'static str,
    edit: fn(&mut Vec<String>),
    changes: &'static [(ChangeKind, &'static str)],
    operations: &'static [&'static str],
}

const CASES: [Case; 10] = [
    Case {
        name: "insert in front",
        edit: |records| records.insert(0, record(COUNT)),
        changes: &[(ChangeKind::Added, "records[id=100000]")],
        operations: &["add"],
    },
    Case {
        name: "insert in the middle",
        edit: |records| records.insert(50_000, record(COUNT)),
        changes: &[(ChangeKind::Added, "records[id=100000]")],
        operations: &["add"],
    },
    Case {
        name: "insert at the end",
        edit: |records| records.push(record(COUNT)),
        changes: &[(ChangeKind::Added, "records[id=100000]")],
        operations: &["add"],
    },
    Case {
        name: "remove the first",
        edit: |records| drop(records.remove(0)),
        changes: &[(ChangeKind::Removed, "records[id=0]")],
        operations: &["remove"],
    },
    Case {
        name: "remove one and insert another",
        edit: |records| {
            records.remove(7);
            records.insert(90_000, record(COUNT));
        },
        changes: &[
            (ChangeKind::Removed, "records[id=7]"),
            (ChangeKind::Added, "records[id=100000]"),
        ],
        operations: &["remove", "add"],
    },
    Case {
        name: "move the last to the front",
        edit: |records| records.rotate_right(1),
        changes: &[(ChangeKind::Moved, "records[id=99999]")],
        operations: &["move"],
    },
    Case {
        name: "move the first to the end",
        edit: |records| records.rotate_left(1),
        changes: &[(ChangeKind::Moved, "records[id=0]")],
        operations: &["move"],
    },
    Case {
        name: "swap two far apart",
        edit: |records| records.swap(10, 99_990),
        changes: &[
            (ChangeKind::Moved, "records[id=99990]"),
            (ChangeKind::Moved, "records[id=10]"),
        ],
        operations: &["move", "move"],
    },
    Case {
        name: "change one leaf",
        edit: |records| {
            records[77_777] = records[77_777].replace("\"e\":2,\"f\":77777", "\"e\":2,\"f\":0");
        },
        changes: &[(ChangeKind::Changed, "records[id=77777].flows[e=2].f")],
        operations: &["replace"],
    },
    Case {
        name: "reorder a nested array",
        edit: |records| {
            records[5] = r#"{"flows":[{"e":2,"f":5},{"e":1,"f":5}],"id":5,"name":"n5"}"#.to_owned();
        },
        changes: &[(ChangeKind::Moved, "records[id=5].flows[e=2]")],
        operations: &["move"],
    },
];

#[test]
fn known_edits_of_many_records_are_as_few_changes() {
    let records: Vec<String> = (0..COUNT).map(record).collect();
    let before = [Artefact::from_canonical_records("records", &records)];
    let whole = crate::patch::tests::in_strings(&before[0].to_value().unwrap());
    for case in &CASES {
        let mut edited = records.clone();
        (case.edit)(&mut edited);
        let after = [Artefact::from_canonical_records("records", &edited)];
        for has_keys in [true, false] {
            let schema = schema(has_keys);
            let diff = diff(&before, &after, &schema, &DiffOptions::default());
            let told: Vec<(ChangeKind, String)> = diff
                .changes
                .iter()
                .map(|change| (change.kind, change.path.to_string()))
                .collect();
            assert!(diff.left_out.is_empty());
            if has_keys {
                let expected = case
                    .changes
                    .iter()
                    .map(|(kind, path)| (*kind, (*path).to_owned()));
                assert_eq!(told, expected.collect::<Vec<_>>(), "{}", case.name);
            } else {
                let mut kinds: Vec<ChangeKind> = told.iter().map(|(kind, _)| *kind).collect();
                let mut expected: Vec<ChangeKind> =
                    case.changes.iter().map(|(kind, _)| *kind).collect();
                kinds.sort();
                expected.sort();
                assert_eq!(kinds, expected, "{} without keys: {told:?}", case.name);
            }
            check_patch(case, &before, &after, &schema, &whole);
        }
    }
}

/// The patch has at most as many operations as the edit, and another implementation makes the new
/// document of it.
fn check_patch(
    case: &Case,
    before: &[Artefact],
    after: &[Artefact],
    schema: &Schema,
    whole: &serde_json::Value,
) {
    let patches = patches(before, after, schema).unwrap();
    let patch = &patches["records"];
    let operations: Vec<String> = patch
        .operations()
        .iter()
        .map(|operation| {
            aether_json::to_value(operation).unwrap()["op"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(operations, case.operations, "{}: {patch}", case.name);
    crate::patch::tests::apply(whole.clone(), patch, &after[0]);
}

#[test]
fn records_in_the_reverse_order_are_moves_and_nothing_else() {
    let records: Vec<String> = (0..COUNT).map(record).collect();
    let reversed: Vec<&String> = records.iter().rev().collect();
    let before = [Artefact::from_canonical_records("records", &records)];
    let after = [Artefact::from_canonical_records("records", reversed)];
    let options = DiffOptions {
        entries: COUNT,
        time: None,
    };
    let diff = diff(&before, &after, &schema(true), &options);
    assert_eq!(diff.changes.len(), COUNT - 1);
    assert!(
        diff.changes
            .iter()
            .all(|change| change.kind == ChangeKind::Moved)
    );
}
