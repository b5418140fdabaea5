//! What was found, in words: verdict and first divergence first, then causes and consequences, then
//! what to type next.

use std::time::Duration;

use super::Judgement;
use crate::scenario::ScenarioName;
use crate::{Artefact, Check, Diff, DiffOptions, Followed, Schema, Suite, Verdict};

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
    let diff = crate::diff(before, after, schema, &BRIEF);
    let mut text = String::new();
    for line in lines(&diff) {
        text.push_str("\n  ");
        text.push_str(&line);
    }
    text
}

/// A message counts what followed; it lists nothing.
const BRIEF: DiffOptions = DiffOptions {
    entries: CAUSES,
    time: Some(Duration::from_secs(10)),
};

/// How many changed inputs a message names.
const CAUSES: usize = 8;

/// First divergence, causes, counted consequences.
pub(crate) fn lines(diff: &Diff) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(first) = &diff.first_divergence {
        lines.push(first.lead());
        lines.push(format!("at {}", first.path));
    }
    for cause in diff.causes.iter().take(CAUSES) {
        lines.push(format!("input: {}", cause.lead()));
    }
    let followed: Vec<String> = diff.followed.iter().map(counted).collect();
    if !followed.is_empty() {
        lines.push(format!("then {}", followed.join("; ")));
    }
    lines
}

fn counted(followed: &Followed) -> String {
    let Followed {
        stage,
        values,
        ticks,
        hashes,
    } = followed;
    let hashes = match hashes {
        0 => String::new(),
        count => format!(", {}", plural(*count, "hash", "hashes")),
    };
    let ticks = match ticks {
        0 => String::new(),
        count => format!(" at {}", plural(*count, "tick", "ticks")),
    };
    format!(
        "{stage}: {}{hashes}{ticks}",
        plural(values - hashes_of(followed), "value", "values")
    )
}

fn hashes_of(followed: &Followed) -> u64 {
    followed.hashes.min(followed.values)
}

fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
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
