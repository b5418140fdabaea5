//! What a failing trial prints: verdict and first divergence first, then causes and consequences, then
//! the commands that come next.

use super::finding::BRIEF;
use super::{CheckResult, Finding};
use crate::scenario::{SCENARIO_FILE, ScenarioName};
use crate::snapshot::{GoldenProblem, MANIFEST_FILE, golden_file};
use crate::{Check, Diff, Suite, Verdict};

/// A result as a trial reports it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CheckMessage {
    /// Everything, for people; empty if the trial passes.
    pub text: String,
    /// What differs, if two things were compared; of a match, what was within tolerance.
    pub diff: Option<Diff>,
    /// The file to look at first, relative to the root.
    pub file: Option<String>,
}

impl CheckMessage {
    /// The message of a trial that ended with `result`.
    pub fn new(suite: &Suite, name: &str, check: &Check, result: &CheckResult) -> Self {
        if result.verdict.passes() {
            let tolerated = result.tolerated().cloned();
            let diff = tolerated.map(|tolerated| Diff {
                tolerated: Some(tolerated),
                ..Diff::default()
            });
            return Self {
                diff,
                ..Self::default()
            };
        }
        let mut text = format!("{} {name}::{check}", result.verdict);
        let detail = result.detail();
        if !detail.is_empty() {
            text.push_str(": ");
            text.push_str(&detail);
        }
        let mut diff = result.unlike().cloned();
        if matches!(result.verdict, Verdict::StaleInputs | Verdict::Mismatch)
            && let (Some(before), Some(after)) = (&result.before, &result.after)
        {
            match before.artefacts() {
                Ok(before) => {
                    let found = crate::diff(&before, &after.set.to_vec(), &after.schema, &BRIEF);
                    text.push_str(&divergence(&found));
                    diff = Some(found);
                }
                Err(error) => text.push_str(&format!("\n{error}")),
            }
        }
        if let Some(line) = result.program_line() {
            text.push_str(&format!("\n  {line}"));
        }
        for line in remedy(suite, name, check, result) {
            text.push_str("\n  ");
            text.push_str(&line);
        }
        let file = file(suite, name, result.verdict, diff.as_ref());
        Self {
            text,
            diff,
            file: Some(file),
        }
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
        | Verdict::ProgramError
        | Verdict::Timeout
        | Verdict::Nondeterministic
        | Verdict::Match => scenario(),
    }
}

/// Where two sets of artefacts first diverge, as lines of their own: first divergence, causes,
/// counted consequences.
pub(super) fn divergence(diff: &Diff) -> String {
    let mut text = Vec::new();
    diff.write_plain(&mut text, false)
        .expect("writing to memory does not fail");
    let text = String::from_utf8_lossy(&text);
    text.lines().map(|line| format!("\n{line}")).collect()
}

/// The exact commands that come next.
fn remedy(suite: &Suite, name: &str, check: &Check, result: &CheckResult) -> Vec<String> {
    let git = suite.typed_git();
    let (look, all, bless) = (
        suite.typed_look(name),
        suite.typed_look_at_all(name),
        suite.typed_bless(name),
    );
    // Digests have no values to show; their records can be made again.
    let all = if result.has_digests() {
        format!("{all} --rebuild")
    } else {
        all
    };
    let goldens = ScenarioName::new(name)
        .map(|name| suite.paths().display(&suite.paths().snapshot(&name)))
        .unwrap_or_default();
    let has = |is: fn(&Finding) -> bool| result.findings.iter().any(is);
    let fails = has(|finding| {
        matches!(
            finding,
            Finding::AlsoFailed { .. } | Finding::UnexpectedSuccess
        )
    });
    match result.verdict {
        Verdict::Match | Verdict::Invalid | Verdict::ProgramError | Verdict::Timeout => Vec::new(),
        Verdict::Orphan => vec![
            format!("if the scenario is gone for good, remove its goldens: {git} rm -r {goldens}"),
            "if it was renamed, bless it under its new name, which moves them".to_owned(),
        ],
        // A run that does not end as it should cannot be blessed.
        Verdict::MissingGolden if fails => vec![format!("see how it fails: {look}")],
        Verdict::MissingGolden if has(|finding| matches!(finding, Finding::Renamed { .. })) => {
            vec![format!("move its goldens: {bless}")]
        }
        Verdict::MissingGolden if suite.is_of_test() => {
            vec![format!("make it the golden: {bless}")]
        }
        Verdict::MissingGolden => vec![
            format!("see what it produces: {look}"),
            format!("make it the golden:   {bless}"),
        ],
        Verdict::EditedGolden if has(is_conflict) => {
            let side = format!("take one side:   {git} checkout --ours -- {goldens} (or --theirs)");
            let both = format!("or bless again, which keeps the reasons of both:  {bless}");
            let add = format!("then:            {git} add {goldens}");
            if fails {
                vec![side, add]
            } else {
                vec![side, both, add]
            }
        }
        Verdict::EditedGolden if fails => {
            vec![format!("undo the edit:   {git} checkout -- {goldens}")]
        }
        Verdict::EditedGolden => vec![
            format!("undo the edit:   {git} checkout -- {goldens}"),
            format!("or bless again:  {bless}"),
        ],
        Verdict::Nondeterministic => vec![format!(
            "run it again: {}",
            suite.typed_trial(&format!("{name}::{check}"))
        )],
        Verdict::StaleInputs | Verdict::Mismatch if fails => {
            vec![format!("see all of it:   {all}")]
        }
        Verdict::StaleInputs | Verdict::Mismatch => {
            let why = suite.typed_why(name, result.has_digests());
            let why = result.explains.then(|| format!("why it differs:  {why}"));
            let look = format!("see all of it:   {all}");
            let bless = format!("if intended:     {bless}");
            [look].into_iter().chain(why).chain([bless]).collect()
        }
    }
}

fn is_conflict(finding: &Finding) -> bool {
    matches!(
        finding,
        Finding::EditedGolden(GoldenProblem::Conflict { .. })
    )
}
