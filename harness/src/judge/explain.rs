//! What was found, in words: verdict and first divergence first, then causes and consequences, then
//! what to type next.

use super::Judgement;
use crate::scenario::ScenarioName;
use crate::{Artefact, Check, Schema, Suite, Verdict};

/// What a judgement found, without what to do about it.
pub(crate) fn report(title: &str, judgement: &Judgement) -> String {
    let mut text = format!("{} {title}", judgement.verdict);
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
    text
}

/// The whole message of a trial that failed.
pub(crate) fn message(suite: &Suite, name: &str, check: Check, judgement: &Judgement) -> String {
    let mut text = report(&format!("{name}::{check}"), judgement);
    for line in remedy(suite, name, check, judgement) {
        text.push_str("\n  ");
        text.push_str(&line);
    }
    text
}

/// Where two sets of artefacts first diverge, as lines of their own.
pub(super) fn divergence(before: &[Artefact], after: &[Artefact], schema: &Schema) -> String {
    let _ = (before, after, schema);
    String::new()
}

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
