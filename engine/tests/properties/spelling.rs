//! Tests that documents with the same meaning but a different spelling give the same bytes.

use proptest::prelude::any;

use super::generate::{Reach, case};
use super::hold;
use super::shuffle::Shuffler;
use super::switches::{OTHERS, PILLARS, same_text};
use crate::compare::{same_members, texts};
use crate::oracle::{Case, Json, documents};
use crate::subject::{self, Texts};

#[test]
fn the_order_of_keys_and_entries_does_not_matter() {
    let shuffled = (case(Reach::Usual), any::<u64>());
    hold(
        "the_order_of_keys_and_entries_does_not_matter",
        96,
        &shuffled,
        |(mut case, seed)| {
            let first = subject::export(&texts(&case))?;
            let mut shuffler = Shuffler::new(seed);
            if let Some(entries) = &mut case.pfna {
                shuffler.shuffle(entries);
            }
            let mut spelled = Texts::new();
            for (path, document) in documents(&case) {
                spelled.insert(path, shuffler.spell(&document));
            }
            same_text("another spelling", &first, &subject::export(&spelled)?)
        },
    );
}

#[test]
fn toml_says_the_same_as_json() {
    hold(
        "toml_says_the_same_as_json",
        48,
        &case(Reach::Usual),
        |case| {
            let first = subject::export(&texts(&case))?;
            let again = subject::export_at(&in_toml(&case), "run.toml")?;
            // The inputs have the paths of different files.
            same_records(&first, &again)
        },
    );
}

#[test]
fn what_is_exported_runs_again() {
    hold(
        "what_is_exported_runs_again",
        48,
        &case(Reach::Usual),
        |case| {
            let first = subject::export(&texts(&case))?;
            let again = subject::export(&subject::inputs_of(&Json::parse(&first)))?;
            same_records(&first, &again)
        },
    );
}

fn same_records(first: &str, again: &str) -> Result<(), String> {
    let (first, again) = (Json::parse(first), Json::parse(again));
    same_members(&PILLARS, &first, &again)?;
    same_members(&OTHERS, &first, &again)
}

/// The documents of a case in TOML, which refer to each other by their new paths.
fn in_toml(case: &Case) -> Texts {
    let paths = [
        ("run.json", "run.toml"),
        ("topology.json", "topology.toml"),
        ("profile.json", "profile.toml"),
        ("pfna.json", "pfna.toml"),
    ];
    let documents = documents(case);
    let mut texts = Texts::new();
    for (json, toml) in paths {
        let Some(mut document) = documents.get(json).cloned() else {
            continue;
        };
        for (field, path) in [
            ("topology_path", "topology.toml"),
            ("profile_path", "profile.toml"),
            ("pfna_path", "pfna.toml"),
        ] {
            if document.optional(field).is_some() {
                document.insert(field, Json::Text(path.to_owned()));
            }
        }
        texts.insert(toml, to_toml(&document));
    }
    texts
}

/// The same document in TOML.
fn to_toml(document: &Json) -> String {
    fn value(json: &Json) -> toml::Value {
        match json {
            Json::Null => panic!("TOML has no null"),
            Json::Bool(flag) => toml::Value::Boolean(*flag),
            Json::Number(_) => toml::Value::Integer(json.number()),
            Json::Text(text) => toml::Value::String(text.clone()),
            Json::List(list) => toml::Value::Array(list.iter().map(value).collect()),
            Json::Object(map) => {
                let members = map.iter().map(|(key, json)| (key.clone(), value(json)));
                toml::Value::Table(members.collect())
            }
        }
    }
    toml::to_string(&value(document)).expect("a table")
}
