//! The merged results as one comment on a pull request, in Markdown.
//!
//! ```text
//! <!-- aether-harness -->
//! ### 12 trials in 1 run: 11 passed, 1 failed
//!
//! | verdict | trials |
//! | --- | --- |
//! | MISMATCH | 1 |
//! ```
//!
//! Then the groups of similar changes, the command that accepts them, and each failed trial, folded. What a
//! program or a person wrote is in code only, so that it cannot be a link, a mention or markup.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use aether_harness::report::{Group, visible, visible_line};
use aether_harness::results::TrialResult;
use aether_harness::{Check, Report, ScenarioReport, Verdict, counted, quoted};

use super::{Absence, Merge, page};

/// What a comment on GitHub may have, in characters. Bytes are counted, of which there are never fewer.
const LIMIT: usize = 65_536;

/// The first line, by which the comment is found again.
pub(crate) const MARKER: &str = "<!-- aether-harness -->";

/// Groups, causes of a group, and commits that are listed; more are counted.
const GROUPS_SHOWN: usize = 20;
const CAUSES_SHOWN: usize = 3;
const COMMITS_SHOWN: usize = 10;

/// Characters of one line, and of one message.
const LINE_SHOWN: usize = 300;
const MESSAGE_SHOWN: usize = 4000;

/// Bytes of names in the command that accepts; longer ones are left to a review.
const NAMES_SHOWN: usize = 4000;

/// Kept for what is said last.
const RESERVE: usize = 400;

/// Where the report is for, and what else it says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    /// What people type before `bless` and `review`.
    pub(crate) typed: String,
    /// Commits that change both goldens and the program, each in one line.
    pub(crate) mixed_commits: Vec<String>,
}

/// Writes the comment.
pub(crate) fn write(out: &mut dyn Write, merge: &Merge, context: &Context) -> io::Result<()> {
    let mut text = format!("{MARKER}\n### {}\n\n", merge.summary());
    text.push_str(&verdicts(merge));
    text.push_str(&commits(&context.mixed_commits));
    let entries = merge.entries.iter().map(page::entry).collect();
    let report = Report::new(entries);
    text.push_str(&groups(&report));
    text.push_str(&tolerated(&report));
    text.push_str(&commands(merge, &context.typed));
    let mut left = merge.failed().count();
    for result in merge.failed() {
        let one = trial(result);
        if text.len() + one.len() + RESERVE > LIMIT {
            break;
        }
        text.push_str(&one);
        left -= 1;
    }
    if left > 0 {
        let left = counted(left as u64, "more failed trial");
        let typed = code(&format!("{} report", context.typed));
        text.push_str(&format!("\nThere is no room here for {left}: {typed}\n"));
    }
    out.write_all(text.as_bytes())
}

/// How many trials have which verdict.
fn verdicts(merge: &Merge) -> String {
    let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for result in merge.results() {
        *counts.entry(result.verdict).or_default() += 1;
    }
    let mut text = "| verdict | trials |\n| --- | --- |\n".to_owned();
    for (verdict, count) in counts {
        text.push_str(&format!("| {verdict} | {count} |\n"));
    }
    for (absence, name) in [
        (Absence::Missing, "no result"),
        (Absence::NotAsked, "not asked for"),
    ] {
        let count = merge.absent(absence).count();
        if count > 0 {
            text.push_str(&format!("| {name} | {count} |\n"));
        }
    }
    if !merge.problems.is_empty() {
        text.push_str(&format!("| cannot be read | {} |\n", merge.problems.len()));
    }
    text
}

fn commits(commits: &[String]) -> String {
    let mut text = String::new();
    for commit in commits.iter().take(COMMITS_SHOWN) {
        let commit = code(commit);
        text.push_str(&format!(
            "\n**One commit changes both goldens and the program:** {commit}\n"
        ));
    }
    if let Some(more) = commits.len().checked_sub(COMMITS_SHOWN).filter(|&n| n > 0) {
        text.push_str(&format!("\nand {}\n", counted(more as u64, "more commit")));
    }
    text
}

/// The groups, each with its first divergence and what caused it.
fn groups(report: &Report) -> String {
    let mut text = String::new();
    if !report.groups.is_empty() {
        text.push_str("\n#### Similar changes\n\n");
    }
    for group in report.groups.iter().take(GROUPS_SHOWN) {
        text.push_str(&format!("- {}\n", code(&group.lead())));
        if let Some(first) = first_divergence(report, group) {
            text.push_str(&format!("  - first divergence: {}\n", code(&first)));
        }
        if let Some(sizes) = sizes(report, group) {
            text.push_str(&format!("  - {}\n", code(&sizes)));
        }
        for cause in causes(report, group) {
            text.push_str(&format!("  - {cause}\n"));
        }
    }
    let more = report.groups.len().saturating_sub(GROUPS_SHOWN);
    if more > 0 {
        text.push_str(&format!("- and {}\n", counted(more as u64, "more group")));
    }
    text
}

/// The first divergence of the first trial of a group.
fn first_divergence(report: &Report, group: &Group) -> Option<String> {
    let name = group.scenarios.first()?;
    let one = report.scenarios.iter().find(|one| one.name == *name)?;
    let first = one.diff.as_ref()?.first_divergence.as_ref()?;
    Some(format!("{name}: {}", first.lead()))
}

/// How far the numbers of the first trial of a group moved.
fn sizes(report: &Report, group: &Group) -> Option<String> {
    let name = group.scenarios.first()?;
    let one = report.scenarios.iter().find(|one| one.name == *name)?;
    let sizes = one.diff.as_ref()?.sizes.as_ref()?;
    Some(format!("{name}: {}", sizes.lead()))
}

/// The matches that needed a tolerance.
fn tolerated(report: &Report) -> String {
    let lead = |one: &ScenarioReport| {
        let tolerated = one.tolerated()?;
        let reasons = tolerated.reasons.join("; ");
        Some(format!("{}: {} ({reasons})", one.name, tolerated.lead()))
    };
    let lines: Vec<String> = report.scenarios.iter().filter_map(lead).collect();
    let mut text = String::new();
    if !lines.is_empty() {
        text.push_str("\n#### Within tolerance\n\n");
    }
    for line in lines.iter().take(GROUPS_SHOWN) {
        text.push_str(&format!("- {}\n", code(line)));
    }
    if let Some(more) = lines.len().checked_sub(GROUPS_SHOWN).filter(|&n| n > 0) {
        text.push_str(&format!("- and {}\n", counted(more as u64, "more trial")));
    }
    text
}

/// The causes that the trials of a group share, else those of its first trial that has any.
fn causes(report: &Report, group: &Group) -> Vec<String> {
    let shared = report.shared_causes(group);
    let (mut lines, all): (Vec<String>, usize) = if shared.is_empty() {
        let members = report.scenarios.iter();
        let members = members.filter(|one| group.scenarios.contains(&one.name));
        let causes =
            |one: &'_ ScenarioReport| Some((one.name.clone(), one.diff.as_ref()?.causes.clone()));
        let first = members
            .filter_map(causes)
            .find(|(_, causes)| !causes.is_empty());
        let (name, causes) = first.unwrap_or_default();
        let shown = causes.iter().take(CAUSES_SHOWN);
        let lines = shown.map(|cause| {
            let lead = format!("{name}: {}", cause.lead());
            format!("cause: {}", code(&lead))
        });
        (lines.collect(), causes.len())
    } else {
        let shown = shared.iter().take(CAUSES_SHOWN);
        let lines = shown.map(|cause| {
            let share = cause.share(group);
            format!("cause in {share}: {}", code(&cause.lead()))
        });
        (lines.collect(), shared.len())
    };
    let more = all.saturating_sub(CAUSES_SHOWN);
    if more > 0 {
        lines.push(format!("and {}", counted(more as u64, "more cause")));
    }
    lines
}

/// The command that accepts what can be accepted.
fn commands(merge: &Merge, typed: &str) -> String {
    let can_be_blessed = |result: &&TrialResult| {
        result.check == Check::Golden
            && matches!(
                result.verdict,
                Verdict::MissingGolden | Verdict::StaleInputs | Verdict::Mismatch
            )
    };
    let blessed = merge.failed().filter(can_be_blessed);
    let names: BTreeSet<String> = blessed.map(|result| quoted(&result.scenario)).collect();
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let names = names.join(" ");
    let command = if names.len() > NAMES_SHOWN {
        format!("{typed} review")
    } else {
        format!("{typed} bless {names} --reason \"…\"")
    };
    format!("\nIf all of this is intended:\n\n{}", block("sh", &command))
}

/// A failed trial, folded.
fn trial(result: &TrialResult) -> String {
    let title = match &result.first_divergence {
        Some(first) => format!("{}: {first}", result.trial),
        None => result.trial.clone(),
    };
    let title = escaped(&shortened(&visible_line(&title), LINE_SHOWN));
    let message = block("text", &shortened(&visible(&result.message), MESSAGE_SHOWN));
    format!(
        "\n<details><summary>{} <code>{title}</code></summary>\n\n{message}\n</details>\n",
        result.verdict
    )
}

/// Text as code within a line.
fn code(text: &str) -> String {
    let text = shortened(&visible_line(text), LINE_SHOWN);
    let fence = "`".repeat(longest_run(&text) + 1);
    // Without the spaces a backtick at either end would belong to the fence.
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Text as a block of code.
fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end())
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn shortened(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aether_harness::evaluate::CheckMessage;
    use aether_harness::{Artefact, ArtefactSchema, DiffOptions, Schema, Tolerance, diff};

    use super::super::Entry;
    use super::*;

    fn merge(count: usize, message: &str) -> Merge {
        let entries = (0..count).map(|at| {
            let scenario = format!("s{at}");
            let mut result = TrialResult::new(
                &scenario,
                &Check::Golden,
                Verdict::Mismatch,
                CheckMessage::default(),
                Duration::ZERO,
            );
            message.clone_into(&mut result.message);
            Entry {
                trial: result.trial.clone(),
                scenario,
                check: Check::Golden,
                outcome: Ok(result),
            }
        });
        Merge {
            entries: entries.collect(),
            runs: 1,
            strays: Vec::new(),
            doubts: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn comment(merge: &Merge, mixed_commits: &[String]) -> String {
        let context = Context {
            typed: "aether-harness".to_owned(),
            mixed_commits: mixed_commits.to_vec(),
        };
        let mut text = Vec::new();
        write(&mut text, merge, &context).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_comment_fits_whatever_failed() {
        for (count, message) in [(5000, "x"), (400, &*"ü\n".repeat(9000)), (3, "y")] {
            let text = comment(&merge(count, message), &vec!["c".repeat(9000); 50]);
            assert!(text.chars().count() <= LIMIT, "{}", text.len());
            let shown = text.matches("<details>").count();
            assert_eq!(text.matches("</details>").count(), shown);
            let more = count - shown;
            assert_eq!(
                text.contains(&format!("for {more} more failed trials")),
                more > 0
            );
            let command = if count == 5000 {
                "review"
            } else {
                "bless s0 s1"
            };
            assert!(
                text.contains(&format!("aether-harness {command}")),
                "{count}"
            );
        }
    }

    #[test]
    fn sizes_and_tolerances_are_said() {
        let of = |text: &str| [Artefact::from_json("o", text.as_bytes()).unwrap()];
        let tolerance = Tolerance::new("x", "noise").with_abs("1".parse().unwrap());
        let schema = Schema {
            artefacts: vec![ArtefactSchema::new("o").with_tolerance(tolerance)],
            ..Schema::default()
        };
        let report = |after: &str| {
            let (before, after) = (of(r#"{"x":1,"y":1}"#), of(after));
            Some(diff(&before, &after, &schema, &DiffOptions::default()))
        };
        let mut merge = merge(2, "x");
        let [first, second] = &mut *merge.entries else {
            unreachable!("there are two");
        };
        first.outcome.as_mut().unwrap().report = report(r#"{"x":1,"y":3}"#);
        let second = second.outcome.as_mut().unwrap();
        second.report = report(r#"{"x":1.5,"y":1}"#);
        second.verdict = Verdict::Match;
        let text = comment(&merge, &[]);
        assert!(
            text.contains("  - `s0::golden: difference: 2 (relative 2)`\n"),
            "{text}"
        );
        let within = "#### Within tolerance\n\n- `s1::golden: 1 value within tolerance; largest 50 % of what is \
                      allowed, at o.x (noise)`\n";
        assert!(text.contains(within), "{text}");
    }

    #[test]
    fn nothing_in_it_is_markup() {
        let text = comment(
            &merge(1, "a\n```\n</details>@everyone\u{202e}\n````\n"),
            &["x `@someone` <b>".to_owned()],
        );
        assert!(text.contains("`````text\na\n```\n"), "{text}");
        assert!(!text.contains('\u{202e}'));
        assert!(text.contains("`` x `@someone` <b> ``") || text.contains("``x `@someone` <b>``"));
        assert!(
            text.starts_with("<!-- aether-harness -->\n### 1 trial in 1 run: 0 passed, 1 failed\n")
        );
    }
}
