//! What was found, in words: verdict and first divergence first, then causes and consequences, then
//! what to type next.

use std::time::Duration;

use anstream::StripStream;

use super::Judgement;
use crate::scenario::ScenarioName;
use crate::{Artefact, Check, DiffOptions, Report, ScenarioReport, Schema, Suite, Verdict};

/// The whole message of a trial that failed.
pub(crate) fn message(suite: &Suite, name: &str, check: Check, judgement: &Judgement) -> String {
    let mut text = format!("{} {name}::{check}", judgement.verdict);
    if !judgement.detail.is_empty() {
        text.push_str(": ");
        text.push_str(&judgement.detail);
    }
    if matches!(judgement.verdict, Verdict::StaleInputs | Verdict::Mismatch)
        && let (Some(before), Some(after)) = (&judgement.before, &judgement.after)
    {
        match before.artefacts() {
            Ok(before) => {
                text.push_str(&divergence(&before, &after.set.to_vec(), &after.schema));
            }
            Err(error) => {
                text.push('\n');
                text.push_str(&error);
            }
        }
    }
    for line in remedy(suite, name, check, judgement) {
        text.push_str("\n  ");
        text.push_str(&line);
    }
    text
}

/// Where two sets of artefacts first diverge, as lines of their own: first divergence, causes,
/// counted consequences.
pub(super) fn divergence(before: &[Artefact], after: &[Artefact], schema: &Schema) -> String {
    let diff = crate::diff(before, after, schema, &BRIEF);
    let report = Report::new(vec![ScenarioReport {
        name: String::new(),
        verdict: Verdict::Mismatch.name().to_owned(),
        diff: Some(diff),
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
