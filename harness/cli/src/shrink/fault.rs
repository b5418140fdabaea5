//! What is wrong with a scenario, and whether a smaller one has the same fault.
//!
//! Two faults are the same if the same check finds them, and:
//!
//! | fault | the same |
//! | --- | --- |
//! | an error, expected or not | kind of error: its document with every number, and every digit of a text, left out; of a list, the last element |
//! | a time limit that was exceeded | |
//! | two runs that differ, or two programs | stage and path pattern of the first divergence |
//!
//! Of runs that are too large to be compared value by value, only the artefact in which they first differ is known.

use std::collections::BTreeMap;

use aether_harness::evaluate::{CheckRun, Ending, Produced};
use aether_harness::exec::{EnvironmentChanges, RunFailure};
use aether_harness::{Artefact, Change, Check, Determinism, DiffOptions, Schema, Verdict, settled};
use aether_json::Value;

/// Members of an error that are numbers and say which error it is.
const STATUS: [&str; 3] = ["code", "signal", "status"];

/// Of a first divergence, nothing but itself is wanted.
const FIRST: DiffOptions = DiffOptions {
    entries: 1,
    time: Some(std::time::Duration::ZERO),
};

/// A fault of a scenario.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The check that finds it; that of the goldens for what a single run shows, and for two programs.
    pub(crate) check: Check,
    pub(crate) verdict: Verdict,
    pub(crate) kind: Kind,
    /// Where two runs first differ.
    pub(crate) first: Option<Change>,
    /// What was said of an error.
    pub(crate) message: String,
}

/// What makes two faults of one check the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The program fails and should not.
    Error(String),
    /// It fails as it should.
    ExpectedError(String),
    Timeout,
    /// Two runs differ.
    Unlike(At),
    /// Two programs differ.
    Mismatch {
        at: At,
        /// Whether it succeeds where it should fail.
        has_succeeded: bool,
    },
}

/// Where two runs first differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct At {
    stage: String,
    artefact: String,
    /// `None` if the artefacts were compared by their digests.
    pattern: Option<String>,
}

impl At {
    fn of(first: &Change, is_digest: bool) -> Self {
        Self {
            stage: first.stage.clone(),
            artefact: first.artefact.clone(),
            pattern: (!is_digest).then(|| first.path.pattern()),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        let fits = match (&self.pattern, &other.pattern) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        fits && self.stage == other.stage && self.artefact == other.artefact
    }
}

impl Fault {
    /// Whether another scenario has the same fault; with `any`, another one with the same verdict will do.
    pub(crate) fn is_same(&self, other: &Self, any: bool) -> bool {
        if self.check != other.check || self.verdict != other.verdict {
            return false;
        }
        match (&self.kind, &other.kind) {
            (Kind::Error(one), Kind::Error(other))
            | (Kind::ExpectedError(one), Kind::ExpectedError(other)) => any || one == other,
            (Kind::Timeout, Kind::Timeout) => true,
            (Kind::Unlike(one), Kind::Unlike(other)) => any || one.is_same(other),
            (
                Kind::Mismatch { at, has_succeeded },
                Kind::Mismatch {
                    at: other,
                    has_succeeded: other_has,
                },
            ) => any || (has_succeeded == other_has && at.is_same(other)),
            _ => false,
        }
    }

    fn error(check: Check, kind: String, message: String) -> Box<Self> {
        Box::new(Self {
            check,
            verdict: Verdict::ProgramError,
            kind: Kind::Error(kind),
            first: None,
            message,
        })
    }
}

/// What came of runs of one scenario.
pub(crate) enum Seen {
    /// It is refused, and why.
    Invalid(String),
    Fault(Box<Fault>),
    /// Nothing wrong so far; what the first run produced.
    Fine(Produced),
}

/// Makes the first run of a scenario.
pub(crate) fn first_run(run: &CheckRun<'_>) -> Seen {
    match run.produce(None) {
        Err(failure) => of_failure(Check::Golden, &failure),
        Ok(made) => match &made.ending {
            Ending::Failed(message) => Seen::Fault(Fault::error(
                Check::Golden,
                made.artefacts.first().map_or_else(String::new, kind_of),
                message.clone(),
            )),
            Ending::Expected | Ending::Succeeded => Seen::Fine(made),
        },
    }
}

/// Makes another run of a scenario, as a check does, and compares it with the first.
pub(crate) fn another_run(run: &CheckRun<'_>, check: &Check, first: Produced) -> Seen {
    let subject = run.scenario().subject();
    let another = match check {
        Check::Golden | Check::Determinism => run.produce(None),
        Check::Process => run.produce_in_child(&EnvironmentChanges::all()),
        Check::Mode(name) => {
            let modes = subject.modes();
            run.produce(modes.iter().find(|mode| mode.name() == name))
        }
    };
    let another = match another {
        Err(failure) => return of_failure(check.clone(), &failure),
        Ok(another) => another,
    };
    let mut schema = run.prepared().schema();
    if run.scenario().determinism == Determinism::Exact {
        schema = schema.exact();
    }
    match difference(&first.artefacts, &another.artefacts, &schema) {
        None => Seen::Fine(first),
        Some(change) => Seen::Fault(Box::new(Fault {
            check: check.clone(),
            verdict: Verdict::Nondeterministic,
            kind: Kind::Unlike(At::of(&change, false)),
            first: Some(change),
            message: String::new(),
        })),
    }
}

/// Compares what two programs produce. With `is_digest`, `before` are the digests of artefacts that are too large.
pub(crate) fn mismatch(
    before: &[Artefact],
    made: &Produced,
    schema: &Schema,
    is_digest: bool,
) -> Option<Fault> {
    let digests: Vec<Artefact>;
    let after = if is_digest {
        let condensed = made.artefacts.iter();
        digests = condensed
            .map(|artefact| aether_harness::digest(artefact, schema))
            .collect();
        &digests
    } else {
        &made.artefacts
    };
    let change = difference(before, after, schema)?;
    Some(Fault {
        check: Check::Golden,
        verdict: Verdict::Mismatch,
        kind: Kind::Mismatch {
            at: At::of(&change, is_digest),
            has_succeeded: made.ending == Ending::Succeeded,
        },
        first: Some(change),
        message: String::new(),
    })
}

/// The fault of a scenario that is expected to fail and does.
pub(crate) fn expected_error(made: &Produced) -> Option<Fault> {
    let [error] = &made.artefacts[..] else {
        return None;
    };
    Some(Fault {
        check: Check::Golden,
        verdict: Verdict::Match,
        kind: Kind::ExpectedError(kind_of(error)),
        first: None,
        message: error
            .to_value()
            .map_or_else(|_| String::new(), |error| error.to_string()),
    })
}

/// Where two runs first differ, but for what is within tolerance.
fn difference(before: &[Artefact], after: &[Artefact], schema: &Schema) -> Option<Change> {
    let by_name = |artefacts: &[Artefact]| -> BTreeMap<String, Artefact> {
        let named = artefacts.iter();
        named
            .map(|artefact| (artefact.name().to_owned(), artefact.clone()))
            .collect()
    };
    let (one, other) = (by_name(before), by_name(after));
    if one == other {
        return None;
    }
    if schema.has_tolerances()
        && let Some(settled) = settled(before, after, schema)
        && by_name(&settled.after) == one
    {
        return None;
    }
    aether_harness::diff(before, after, schema, &FIRST).first_divergence
}

/// What a run that left nothing says.
pub(crate) fn of_failure(check: Check, failure: &RunFailure) -> Seen {
    let message = failure.to_string();
    match failure.verdict() {
        Verdict::Invalid => Seen::Invalid(message),
        Verdict::Timeout => Seen::Fault(Box::new(Fault {
            check,
            verdict: Verdict::Timeout,
            kind: Kind::Timeout,
            first: None,
            message,
        })),
        _ => Seen::Fault(Fault::error(check, without_digits(&message), message)),
    }
}

/// The kind of an error that a program reports.
fn kind_of(error: &Artefact) -> String {
    error.to_value().map_or_else(
        |_| without_digits(&String::from_utf8_lossy(error.text())),
        |mut value| {
            keep_kind(&mut value, false);
            value.to_string()
        },
    )
}

fn keep_kind(value: &mut Value, is_status: bool) {
    match value {
        Value::Number(_) if !is_status => *value = Value::Null,
        Value::String(text) => *text = without_digits(text),
        Value::Array(elements) => {
            let last = elements.len().saturating_sub(1);
            elements.drain(..last);
            elements
                .iter_mut()
                .for_each(|element| keep_kind(element, false));
        }
        Value::Object(members) => {
            for (name, member) in members {
                keep_kind(member, STATUS.contains(&name.as_str()));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text in which every number is `#`.
fn without_digits(text: &str) -> String {
    let mut kept = String::new();
    for character in text.chars() {
        if !character.is_ascii_digit() {
            kept.push(character);
        } else if !kept.ends_with('#') {
            kept.push('#');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_one_kind_differ_in_numbers_and_in_what_led_to_them() {
        let kind = |text: &str| kind_of(&Artefact::from_json("error", text.as_bytes()).unwrap());
        let same = |one: &str, other: &str| assert_eq!(kind(one), kind(other));
        let differ = |one: &str, other: &str| assert_ne!(kind(one), kind(other));
        same(
            r#"{"error":"Overflow","id":1,"operation":"du","tick":11}"#,
            r#"{"error":"Overflow","id":7,"operation":"du","tick":2}"#,
        );
        differ(
            r#"{"error":"Overflow","id":1,"operation":"du","tick":11}"#,
            r#"{"error":"Overflow","id":1,"operation":"raw","tick":11}"#,
        );
        same(
            r#"{"status":1,"stderr":["row 1","row 2","KeyError: 'p7'"]}"#,
            r#"{"status":1,"stderr":["KeyError: 'p12'"]}"#,
        );
        differ(
            r#"{"status":1,"stderr":["KeyError: 'p7'"]}"#,
            r#"{"status":2,"stderr":["KeyError: 'p7'"]}"#,
        );
        differ(
            r#"{"status":1,"stderr":["KeyError: 'p7'"]}"#,
            r#"{"status":1,"stderr":["ValueError: 'p7'"]}"#,
        );
    }
}
