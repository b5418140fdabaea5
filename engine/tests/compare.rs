//! Compares a run of the engine with the same run of the oracle.

use std::collections::BTreeMap;

use crate::oracle::{Case, Failure, Json, Overflow, documents, run};
use crate::subject;

/// The members of an export that the oracle computes too, in causal order, so that the first
/// difference is the nearest to its cause.
const MEMBERS: [&str; 12] = [
    "ledgers",
    "p_blocks",
    "i_blocks",
    "manifests",
    "envelopes",
    "scenes",
    "codex_library",
    "codex_proposals",
    "u_ledger",
    "metrics",
    "run",
    "export_version",
];

/// The members of a run that ended early: the records of the committed windows.
const COMMITTED: [&str; 7] = [
    "ledgers",
    "p_blocks",
    "i_blocks",
    "manifests",
    "envelopes",
    "scenes",
    "u_ledger",
];

/// Fails with the name and the first difference.
pub(crate) fn assert_equals_oracle(name: &str, case: &Case) {
    if let Err(difference) = equals_oracle(case) {
        panic!("{name}: {difference}");
    }
}

/// Checks that the engine's records of a case are the oracle's; the error is the first difference.
pub(crate) fn equals_oracle(case: &Case) -> Result<(), String> {
    let text = subject::export(&texts(case))?;
    same_as_oracle(case, &text)
}

/// The same for an existing export.
pub(crate) fn same_as_oracle(case: &Case, text: &str) -> Result<(), String> {
    let found = Json::parse(text);
    if found.canonical() != text {
        return Err("the export is not canonical JSON".to_owned());
    }
    let error = found.member("run").optional("error");
    let diagnostic = error.is_some_and(|error| error.member("error").str() == "Diagnostic");
    match run(case) {
        // The oracle has no diagnostics, so it can only check what was committed before one failed.
        Ok(outcome) if diagnostic => begins_as(&outcome.export, &found),
        Ok(outcome) => {
            same_members(&MEMBERS, &outcome.export, &without_version(found.clone()))?;
            same_views(case, &outcome.export, &found)
        }
        Err(failure) => same_failure(case, &failure, &found),
    }
}

/// Checks a run that ended early: its error, and the records that it keeps.
fn same_failure(case: &Case, failure: &Failure, found: &Json) -> Result<(), String> {
    let Overflow {
        operation,
        tick,
        id,
    } = &failure.overflow;
    let id = id.map_or_else(|| "null".to_owned(), |id| id.to_string());
    let expected =
        format!(r#"{{"error":"Overflow","id":{id},"operation":"{operation}","tick":{tick}}}"#);
    let run = found.member("run");
    let error = run
        .optional("error")
        .map_or_else(|| "no error".to_owned(), Json::canonical);
    let status = run.member("status").str();
    if (status, error.as_str()) != ("failed", expected.as_str()) {
        return Err(format!(
            "ends {status} with {error}, the oracle with {expected}"
        ));
    }
    same_members(&COMMITTED, &failure.committed.export, found)?;
    same_views(case, &failure.committed.export, found)?;
    // The library when the last committed window closed; there are no proposals before the end.
    same_members(&["codex_library"], &failure.committed.export, found)
}

/// Compares the views of AEON windows, which only a run with a grammar has.
fn same_views(case: &Case, expected: &Json, found: &Json) -> Result<(), String> {
    const VIEWS: [&str; 2] = ["aeon_views", "apxi_views"];
    match case.aeon {
        Some(_) => same_members(&VIEWS, expected, found),
        None if VIEWS.iter().any(|name| found.optional(name).is_some()) => {
            Err("a run without a grammar has views".to_owned())
        }
        None => Ok(()),
    }
}

/// Checks that the committed records are the first ones of a longer run.
fn begins_as(whole: &Json, begun: &Json) -> Result<(), String> {
    let mut first = whole.clone();
    for member in COMMITTED {
        let count = begun.member(member).list().len();
        let records = whole.member(member).list().iter().take(count).cloned();
        first.insert(member, Json::List(records.collect()));
    }
    same_members(&COMMITTED, &first, begun)
}

/// The documents of a case as texts.
pub(crate) fn texts(case: &Case) -> BTreeMap<&'static str, String> {
    let documents = documents(case).into_iter();
    documents
        .map(|(path, document)| (path, document.canonical()))
        .collect()
}

/// Compares members of two exports, in order.
pub(crate) fn same_members(members: &[&str], expected: &Json, found: &Json) -> Result<(), String> {
    for member in members {
        let (expected, found) = (expected.member(member), found.member(member));
        // The canonical text decides; the walk only finds the place.
        if expected.canonical() != found.canonical() {
            let place = first_difference(expected, found);
            return Err(format!(
                "{member}{}",
                place.expect("different texts differ somewhere")
            ));
        }
    }
    Ok(())
}

fn without_version(mut export: Json) -> Json {
    let mut run = export.member("run").clone();
    run.remove("engine_version");
    export.insert("run", run);
    export
}

/// The path and both values of the first difference: `expected`, then `found`.
fn first_difference(expected: &Json, found: &Json) -> Option<String> {
    if expected == found {
        return None;
    }
    let nested = match (expected, found) {
        (Json::List(expected), Json::List(found)) => {
            let pairs = expected.iter().zip(found).enumerate();
            let mut places = pairs.filter_map(|(index, (expected, found))| {
                Some(format!("[{index}]{}", first_difference(expected, found)?))
            });
            places
                .next()
                .or_else(|| Some(format!(": {} elements → {}", expected.len(), found.len())))
        }
        (Json::Object(expected), Json::Object(found)) => {
            let keys = |map: &BTreeMap<String, Json>| map.keys().cloned().collect::<Vec<_>>();
            let mut places = expected.iter().filter_map(|(key, expected)| {
                Some(format!(
                    ".{key}{}",
                    first_difference(expected, found.get(key)?)?
                ))
            });
            places.next().or_else(|| {
                Some(format!(
                    ": members {:?} → {:?}",
                    keys(expected),
                    keys(found)
                ))
            })
        }
        _ => None,
    };
    nested.or_else(|| {
        Some(format!(
            ": {} → {}",
            expected.canonical(),
            found.canonical()
        ))
    })
}

#[test]
fn the_first_difference_is_named() {
    let value = Json::parse;
    for (expected, found, place) in [
        ("[1,2]", "[1,3]", Some("[1]: 2 → 3")),
        ("[1]", "[1,3]", Some(": 1 elements → 2")),
        (
            r#"{"a":{"b":[]}}"#,
            r#"{"a":{"b":0}}"#,
            Some(".a.b: [] → 0"),
        ),
        (
            r#"{"a":1}"#,
            r#"{"a":1,"b":2}"#,
            Some(r#": members ["a"] → ["a", "b"]"#),
        ),
        ("{}", "{}", None),
    ] {
        let named = first_difference(&value(expected), &value(found));
        assert_eq!(named.as_deref(), place, "{expected} and {found}");
    }
}
