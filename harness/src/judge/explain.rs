//! What was found, in words: verdict and first divergence first, then causes and consequences, then
//! what to type next.

use std::time::Duration;

use anstream::StripStream;

use super::Judgement;
use crate::scenario::{SCENARIO_FILE, ScenarioName};
use crate::snapshot::{MANIFEST_FILE, golden_file};
use crate::{Artefact, Check, Diff, DiffOptions, Report, ScenarioReport, Schema, Suite, Verdict};

/// A verdict as a trial tells it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// Everything, for people; empty where the trial passes.
    pub(crate) message: String,
    /// What differs, where two things were compared.
    pub(crate) diff: Option<Diff>,
    /// The file to look at first, relative to the root.
    pub(crate) file: Option<String>,
}

/// What a trial says that ends with `judgement`.
pub(crate) fn tell(suite: &Suite, name: &str, check: Check, judgement: &Judgement) -> Told {
    if judgement.verdict.passes() {
        return Told::default();
    }
    let mut message = format!("{} {name}::{check}", judgement.verdict);
    if !judgement.detail.is_empty() {
        message.push_str(": ");
        message.push_str(&judgement.detail);
    }
    let mut diff = judgement.unlike.clone();
    if matches!(judgement.verdict, Verdict::StaleInputs | Verdict::Mismatch)
        && let (Some(before), Some(after)) = (&judgement.before, &judgement.after)
    {
        match before.artefacts() {
            Ok(before) => {
                let found = brief(&before, &after.set.to_vec(), &after.schema);
                message.push_str(&divergence(&found));
                diff = Some(found);
            }
            Err(error) => {
                message.push('\n');
                message.push_str(&error);
            }
        }
    }
    for line in remedy(suite, name, check, judgement) {
        message.push_str("\n  ");
        message.push_str(&line);
    }
    let file = file(suite, name, judgement.verdict, diff.as_ref());
    Told {
        message,
        diff,
        file: Some(file),
    }
}

/// The file that shows what a verdict is about: the golden that differs, the input that changed,
/// else the scenario.
fn file(suite: &Suite, name: &str, verdict: Verdict, diff: Option<&Diff>) -> String {
    let paths = suite.paths();
    let golden = |file: &str| paths.display(&paths.snapshots().join(name).join(file));
    let scenario = || paths.display(&paths.scenarios().join(name).join(SCENARIO_FILE));
    match verdict {
        Verdict::Orphan | Verdict::EditedGolden => golden(MANIFEST_FILE),
        Verdict::Mismatch => {
            let first = diff.and_then(|diff| diff.first_divergence.as_ref());
            first.map_or_else(
                || golden(MANIFEST_FILE),
                |first| golden(&golden_file(&first.artefact)),
            )
        }
        Verdict::StaleInputs => diff
            .and_then(|diff| diff.causes.first())
            .map_or_else(scenario, |cause| cause.file.clone()),
        Verdict::Invalid
        | Verdict::MissingGolden
        | Verdict::EngineError
        | Verdict::Timeout
        | Verdict::Nondeterministic
        | Verdict::Match => scenario(),
    }
}

/// What differs, with no more changes listed than a message has room for.
pub(super) fn brief(before: &[Artefact], after: &[Artefact], schema: &Schema) -> Diff {
    crate::diff(before, after, schema, &BRIEF)
}

/// Where two sets of artefacts first diverge, as lines of their own: first divergence, causes,
/// counted consequences.
pub(super) fn divergence(diff: &Diff) -> String {
    let report = Report::new(vec![ScenarioReport {
        name: String::new(),
        verdict: Verdict::Mismatch.name().to_owned(),
        diff: Some(diff.clone()),
        note: None,
    }]);
    let mut plain = StripStream::new(Vec::new());
    if let Err(error) = report.write_text(&mut plain, false) {
        return format!("\n  {error}");
    }
    let text = String::from_utf8_lossy(&plain.into_inner()).into_owned();
    text.lines()
        .filter(|line| line.starts_with("  "))
        .map(|line| format!("\n{line}"))
        .collect()
}

/// A message counts what followed and lists nothing but causes.
const BRIEF: DiffOptions = DiffOptions {
    entries: 100,
    time: Some(Duration::from_secs(10)),
};

/// The exact commands that come next.
fn remedy(suite: &Suite, name: &str, check: Check, judgement: &Judgement) -> Vec<String> {
    let typed = suite.typed();
    let goldens = ScenarioName::new(name)
        .map(|name| suite.paths().display(&suite.paths().snapshot(&name)))
        .unwrap_or_default();
    match judgement.verdict {
        Verdict::Match | Verdict::Invalid | Verdict::EngineError | Verdict::Timeout => Vec::new(),
        Verdict::Orphan => vec![format!(
            "a scenario that is gone takes its goldens along: git rm -r {goldens}"
        )],
        Verdict::MissingGolden => vec![
            format!("see what it makes:  {typed} diff {name}"),
            format!("make it the golden: {typed} bless {name} --reason \"…\""),
        ],
        Verdict::EditedGolden => vec![
            format!("take the edit back: git checkout -- {goldens}"),
            format!("or make them anew:  {typed} bless {name} --reason \"…\""),
        ],
        Verdict::Nondeterministic => vec![format!(
            "again: cargo test --test scenarios {name}::{check} -- --exact"
        )],
        Verdict::StaleInputs | Verdict::Mismatch => vec![
            format!("see all of it: {typed} diff {name} --all"),
            format!("if it is meant: {typed} bless {name} --reason \"…\""),
        ],
    }
}
