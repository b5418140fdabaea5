//! What the program of now and that of the revision make of a case, and whether it is the same.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use aether_harness::evaluate::CheckRun;
use aether_harness::scenario::{Scenario, SnapshotMode};
use aether_harness::{Artefact, INPUTS, Schema, Verdict, settled};
use serde::{Deserialize, Serialize};

use crate::commands::CommandError;
use crate::revision::cache::{Files, artefacts};
use crate::revision::cases::{self, Case, CaseOutcome};
use crate::revision::left::{failed, files_of, steady};
use crate::variants::Variant;

/// What the two programs made of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum End {
    /// The same.
    Same,
    /// Both refuse it.
    Refused,
    /// Different things.
    Differs,
    /// One of them produces something else each time.
    Unsteady,
}

/// What one program made of a case.
pub(super) struct Made {
    pub(super) outcome: CaseOutcome,
    /// How it is kept.
    pub(super) mode: SnapshotMode,
    pub(super) schema: Schema,
}

/// Runs the program of now, several cases at a time.
pub(super) fn now_on(
    run: &CheckRun<'_>,
    scenario: &Scenario,
    cases: &[(u64, &Variant)],
) -> Result<Vec<Made>, CommandError> {
    let next = AtomicUsize::new(0);
    let made: Mutex<Vec<Option<Result<Made, CommandError>>>> =
        Mutex::new(cases.iter().map(|_| None).collect());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((_, variant)) = cases.get(index) else {
                return;
            };
            let one = made_now(run, scenario, &variant.inputs);
            made.lock().expect("no thread panics")[index] = Some(one);
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads.min(cases.len()) {
            scope.spawn(work);
        }
    });
    let made = made.into_inner().expect("no thread panics").into_iter();
    made.map(|made| made.expect("every case was run")).collect()
}

/// Runs the program of now on inputs.
fn made_now(
    run: &CheckRun<'_>,
    scenario: &Scenario,
    inputs: &Artefact,
) -> Result<Made, CommandError> {
    let made = |outcome, mode, schema| {
        Ok(Made {
            outcome,
            mode,
            schema,
        })
    };
    let schema = || run.prepared().schema();
    let failure = match run.produce_with_inputs(inputs) {
        Ok(Some(produced)) => {
            let own = produced.schema.clone();
            match produced.goldens(scenario) {
                Ok((set, mode)) => return made(CaseOutcome::Made(files_of(&set)), mode, own),
                Err(failure) => failure,
            }
        }
        Ok(None) => unreachable!("cases are made of scenarios that run from inputs"),
        Err(failure) => failure,
    };
    let failure = CommandError::unless_of_machine(failure)?;
    let outcome = if failure.verdict() == Verdict::Invalid {
        CaseOutcome::Refused(failure.to_string())
    } else {
        CaseOutcome::Made(failed(&steady(&failure)))
    };
    made(outcome, SnapshotMode::Full, schema())
}

/// The case of these inputs; or why no files hold them.
pub(super) fn case(
    run: &CheckRun<'_>,
    scenario: &Scenario,
    inputs: &Artefact,
    mode: SnapshotMode,
) -> Result<Result<Case, String>, CommandError> {
    Ok(match run.prepared().input_files(inputs) {
        Ok(Some(files)) => Ok(Case {
            settings: cases::settings(scenario, mode)?,
            files,
        }),
        Ok(None) => unreachable!("cases are made of scenarios whose inputs are files"),
        Err(failure) => Err(failure.message),
    })
}

/// How two outcomes of a case compare. In what words it is refused does not matter.
pub(super) fn compared(
    before: &CaseOutcome,
    after: &CaseOutcome,
    schema: &Schema,
) -> Result<End, CommandError> {
    Ok(match (before, after) {
        (CaseOutcome::Refused(_), CaseOutcome::Refused(_)) => End::Refused,
        (CaseOutcome::Made(before), CaseOutcome::Made(after)) => {
            let is_same = without_inputs(before).eq(without_inputs(after))
                || is_same(&set(before)?, &set(after)?, schema);
            if is_same { End::Same } else { End::Differs }
        }
        _ => End::Differs,
    })
}

fn without_inputs(files: &Files) -> impl Iterator<Item = (&String, &Vec<u8>)> {
    let inputs = format!("{INPUTS}.json");
    files.iter().filter(move |(name, _)| **name != inputs)
}

/// Whether the outputs are the same, but for numbers within their tolerances.
pub(super) fn is_same(before: &[Artefact], after: &[Artefact], schema: &Schema) -> bool {
    let texts = |artefacts: &[Artefact]| -> Vec<(String, Vec<u8>, Option<Vec<u8>>)> {
        let outputs = artefacts
            .iter()
            .filter(|artefact| artefact.name() != INPUTS);
        let mut texts: Vec<_> = outputs
            .map(|one| {
                let bytes = one.bytes().map(<[u8]>::to_vec);
                (one.name().to_owned(), one.text().to_vec(), bytes)
            })
            .collect();
        texts.sort();
        texts
    };
    let old = texts(before);
    old == texts(after)
        || settled(before, after, schema).is_some_and(|settled| old == texts(&settled.after))
}

pub(super) fn set(files: &Files) -> Result<Vec<Artefact>, CommandError> {
    artefacts(files).map_err(|error| CommandError::Io(error.to_string()))
}

/// What is kept of an outcome.
pub(super) fn files(outcome: &CaseOutcome) -> Files {
    match outcome {
        CaseOutcome::Made(files) => files.clone(),
        CaseOutcome::Refused(why) => failed(&format!("the inputs are refused: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_program_refuses_differs() {
        let refused = |why: &str| CaseOutcome::Refused(why.to_owned());
        let with_inputs = |text: &str, inputs: &str| {
            let files = [("out.json", text), ("inputs.json", inputs)];
            let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
            CaseOutcome::Made(Files::from(files))
        };
        let made = |text: &str| with_inputs(text, "{}\n");
        let check = |then: CaseOutcome, now: CaseOutcome, expected: End| {
            let end = compared(&then, &now, &Schema::default());
            assert_eq!(end.expect("they are JSON"), expected);
        };
        check(refused("a"), refused("in other words"), End::Refused);
        check(refused("a"), made("1\n"), End::Differs);
        check(made("1\n"), refused("a"), End::Differs);
        check(made("1\n"), made("1\n"), End::Same);
        check(made("1\n"), with_inputs("1\n", "[]\n"), End::Same);
        check(made("1\n"), made("2\n"), End::Differs);
        check(
            made("1\n"),
            CaseOutcome::Made(failed("it panicked")),
            End::Differs,
        );
        check(
            CaseOutcome::Made(failed("it panicked")),
            CaseOutcome::Made(failed("it panicked")),
            End::Same,
        );
    }
}
