//! Compares this reader with `serde_json`, which defines what is valid JSON.

use proptest::prelude::*;

use super::super::super::problem::{Code, Draft};
use super::super::Value;
use super::*;

/// The codes of the problems of a document.
fn reported(text: &str) -> Vec<Code> {
    let drafts = match parse(Source::new("x.json".into(), text.into())) {
        Ok((_, drafts)) | Err((_, drafts)) => drafts,
    };
    drafts.iter().map(Draft::code).collect()
}

/// A value of the tree as a `serde_json` value.
fn value(value: Value<'_>) -> serde_json::Value {
    match value.kind() {
        Kind::List => value.children().map(self::value).collect(),
        Kind::Object => {
            let keyed = value
                .children()
                .filter_map(|child| Some((child.key()?, child)));
            keyed
                .map(|(key, child)| (key.to_owned(), self::value(child)))
                .collect()
        }
        Kind::String => value.text().into(),
        _ => serde_json::from_str(value.text()).expect("a scalar"),
    }
}

/// Checks that this reader and `serde_json` accept the same texts with the same values.
fn check(text: &str) {
    let theirs = serde_json::from_str::<serde_json::Value>(text);
    let only_duplicates = |drafts: &[Draft]| {
        let mut codes = drafts.iter().map(Draft::code);
        codes.all(|code| code == Code::DuplicateKey)
    };
    match (parse(Source::new("x.json".into(), text.into())), theirs) {
        (Ok((document, drafts)), Ok(theirs)) => {
            assert!(only_duplicates(&drafts), "{text:?}");
            // Of duplicate keys, the two readers keep different values.
            if drafts.is_empty() {
                assert_eq!(value(document.root()), theirs, "{text:?}");
            }
        }
        (Err((_, drafts)), Ok(_)) => {
            let code = drafts.first().map(Draft::code);
            assert_eq!(code, Some(Code::TooDeep), "{text:?}");
        }
        // An error after which the reader continues is reported too.
        (Ok((_, drafts)), Err(error)) => {
            assert!(!only_duplicates(&drafts), "{text:?} is not JSON: {error}");
        }
        (Err(_), Err(_)) => {}
    }
}

#[test]
fn it_accepts_what_json_is_and_nothing_else() {
    for text in [
        "0",
        "-0",
        "01",
        "-",
        "1.",
        "1.5e3",
        "1e",
        ".5",
        "+1",
        "1E+2",
        "-1e-2",
        "00",
        "-01",
        "\"\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\ude00\"",
        "\"\\ud83d\\u0041\"",
        "\"\\u00e9\\n\\/\"",
        "\"\\x\"",
        "\"\u{7f}\"",
        "\"\n\"",
        "\"\\\"",
        "\"\\",
        "\"\\u00",
        "[]",
        "[,]",
        "[1,]",
        "[1 2]",
        "[",
        "]",
        "{}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":1 \"b\":2}",
        "{\"\":{\"\":[]}}",
        "nul",
        "null1",
        "truefalse",
        "tru",
        " \t\r\n1 ",
        "\u{a0}1",
        "1 1",
        "",
        " ",
        "/**/1",
        "'a'",
        "NaN",
        "-Infinity",
        "{\"a\":1}}",
    ] {
        check(text);
    }
}

proptest! {
    #[test]
    fn it_agrees_with_serde_json_on_any_text(text in "[\\[\\]{}:,\"\\\\ue0-9a-f.+ tr\\-\n]{0,24}") {
        check(&text);
    }

    #[test]
    fn it_agrees_with_serde_json_on_values(
        keys in proptest::collection::vec(".{0,4}", 1..20), number in any::<i64>(), float in "[1-9]\\.[0-9]{1,3}",
    ) {
        let members: Vec<String> = keys
            .iter()
            .map(|key| format!("{}: [{number}, {float}, {{\"x\": null}}]", serde_json::json!(key)))
            .collect();
        check(&format!("{{{}}}", members.join(",\n")));
    }
}

#[test]
fn what_is_nested_to_the_limit_is_read() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(reported(&nested(NESTING_MAX)), []);
    assert_eq!(reported(&nested(NESTING_MAX + 1)), [Code::TooDeep]);
}

/// A document with recoverable errors reads as the same document without them.
#[test]
fn recoverable_errors_are_reported_and_read_as_what_was_meant() {
    for (text, codes, meant) in [
        (
            r#"{"a": 1, "b": [2, 3,],}"#,
            vec![Code::TrailingComma; 2],
            r#"{"a":1,"b":[2,3]}"#,
        ),
        (
            r#"{"a": 1 "b": [2 3]}"#,
            vec![Code::UnexpectedText; 2],
            r#"{"a":1,"b":[2,3]}"#,
        ),
        (
            r#"{"a": 1,, "b": 2}"#,
            vec![Code::UnexpectedText],
            r#"{"a":1,"b":2}"#,
        ),
        (r#"{"a" = 1}"#, vec![Code::UnexpectedText], r#"{"a":1}"#),
        (
            "{'a': 'x', 'b': 'y'}",
            vec![Code::UnexpectedText],
            r#"{"a":"x","b":"y"}"#,
        ),
        (
            "{a: True, b: None, c: FALSE}",
            vec![Code::UnexpectedText; 2],
            r#"{"a":true,"b":null,"c":false}"#,
        ),
        (
            "// x\n{\"a\": /* y */ 1} # z",
            vec![Code::UnexpectedText],
            r#"{"a":1}"#,
        ),
        ("[007, -00, 01]", vec![Code::BadNumber; 3], "[7,0,1]"),
        ("[1] [2]", vec![Code::TrailingText], "[1]"),
    ] {
        assert_eq!(reported(text), codes, "{text}");
        let (document, _) = parse(Source::new("x.json".into(), text.into())).expect("a document");
        let meant: serde_json::Value = serde_json::from_str(meant).expect("JSON");
        let read = value(document.root());
        assert_eq!(
            read.to_string().replace("-0.0", "0"),
            meant.to_string(),
            "{text}"
        );
    }
}

#[test]
fn values_without_a_meaning_are_reported_once() {
    for text in [
        "[1, nan]",
        "[0x10]",
        "[1_000]",
        "[.5]",
        "[+1]",
        "[\"\\q\"]",
        "[abc]",
    ] {
        let (document, drafts) =
            parse(Source::new("x.json".into(), text.into())).expect("a document");
        assert_eq!(drafts.len(), 1, "{text}");
        let broken = document.root().children().filter(|item| item.is_broken());
        assert_eq!(broken.count(), 1, "{text}");
    }
    assert_eq!(reported("nan"), [Code::UnexpectedText]);
}

#[test]
fn habits_are_reported_once_and_counted() {
    let reported = |text: &str| match parse(Source::new("x.json".into(), text.into())) {
        Ok((_, drafts)) | Err((_, drafts)) => format!("{drafts:?}"),
    };
    assert!(reported("['a', 'b', 'c']").contains("the same in 2 more places"));
    assert!(reported("['a', 'b']").contains("the same in 1 more place\""));
}

/// A path does not depend on the one that was asked for before it.
#[test]
fn paths_are_the_same_in_any_order() {
    fn all<'a>(value: Value<'a>, path: &str, found: &mut Vec<(Value<'a>, String)>) {
        found.push((value, path.to_owned()));
        for (position, child) in value.children().enumerate() {
            let path = match child.key() {
                Some(key) if path.is_empty() => key.to_owned(),
                Some(key) => format!("{path}.{key}"),
                None => format!("{path}[{position}]"),
            };
            all(child, &path, found);
        }
    }
    let text = r#"{"a": [1, [2, 3], {"b": [4, {}]}], "c": {"d": {"e": 5, "f": [[6], 7]}}, "g": 8}"#;
    let parsed = parse(Source::new("x.json".into(), text.into()));
    let (document, _) = parsed.expect("a document");
    let mut values = Vec::new();
    all(document.root(), "", &mut values);
    for (first, first_path) in &values {
        for (second, second_path) in &values {
            assert_eq!(first.path(), *first_path);
            assert_eq!(second.path(), *second_path);
        }
    }
}
