//! Annotations for GitHub Actions: workflow commands on standard output.

use std::collections::BTreeMap;
use std::io::{self, Write};

use aether_harness::report::{visible, visible_line};
use aether_harness::results::TrialResult;
use aether_harness::{PlaceSort, Verdict};

use super::{Absence, Merge};

/// GitHub shows ten errors of a step; the last of them says how many more there are.
const SHOWN: usize = 9;

/// Characters of a message; GitHub cuts annotations that are much longer.
const MESSAGE_SHOWN: usize = 4000;

/// Names of further trials that an annotation lists.
const ALIKE_SHOWN: usize = 40;

/// Writes one error for each sort of failure, at the file to look at first. Failures that diverge
/// first in the same way are one sort.
pub(crate) fn write(out: &mut dyn Write, merge: &Merge) -> io::Result<()> {
    let mut errors: Vec<String> = sorts(merge).iter().map(|alike| error(alike)).collect();
    let missing: Vec<&str> = merge
        .absent(Absence::Missing)
        .map(|entry| entry.trial.as_str())
        .collect();
    if !missing.is_empty() {
        let text = format!("{}: {}", Absence::Missing.text(), names(&missing));
        let count = missing.len();
        errors.push(command(None, &format!("{count} without a result"), &text));
    }
    for problem in &merge.problems {
        errors.push(command(
            None,
            "a result cannot be read",
            &problem.to_string(),
        ));
    }
    if errors.len() > SHOWN + 1 {
        let more = errors.len() - SHOWN;
        errors.truncate(SHOWN);
        let text = format!(
            "{more} more sorts of failure are not shown here. {}",
            merge.summary()
        );
        errors.push(command(None, &format!("and {more} more"), &text));
    }
    for error in errors {
        writeln!(out, "{error}")?;
    }
    for (scenario, doubt) in merge.doubts.iter().take(SHOWN) {
        let file = format!("scenarios/{scenario}/scenario.toml");
        writeln!(
            out,
            "{}",
            annotation("warning", Some(&file), "runtime", doubt)
        )?;
    }
    Ok(())
}

/// Failures that are alike, each sort in the order of its first trial.
fn sorts(merge: &Merge) -> Vec<Vec<&TrialResult>> {
    let mut sorts: Vec<Vec<&TrialResult>> = Vec::new();
    let mut known: BTreeMap<(Verdict, &PlaceSort), usize> = BTreeMap::new();
    for result in merge.failed() {
        let at = match &result.group {
            Some(group) => *known
                .entry((result.verdict, group))
                .or_insert_with(|| sorts.len()),
            None => sorts.len(),
        };
        match sorts.get_mut(at) {
            Some(alike) => alike.push(result),
            None => sorts.push(vec![result]),
        }
    }
    sorts
}

fn error(alike: &[&TrialResult]) -> String {
    let Some((first, others)) = alike.split_first() else {
        return String::new();
    };
    let mut title = format!("{} {}", first.verdict, first.trial);
    let mut text = shortened(&first.message);
    if !others.is_empty() {
        let count = others.len();
        title.push_str(&format!(" and {count} alike"));
        let others: Vec<&str> = others.iter().map(|result| result.trial.as_str()).collect();
        text.push_str(&format!("\nalike: {}", names(&others)));
    }
    command(first.file.as_deref(), &title, &text)
}

fn names(trials: &[&str]) -> String {
    let mut text = trials[..trials.len().min(ALIKE_SHOWN)].join(", ");
    if let Some(more) = trials.len().checked_sub(ALIKE_SHOWN).filter(|&n| n > 0) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

fn shortened(message: &str) -> String {
    match message.char_indices().nth(MESSAGE_SHOWN) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

fn command(file: Option<&str>, title: &str, text: &str) -> String {
    annotation("error", file, title, text)
}

fn annotation(level: &str, file: Option<&str>, title: &str, text: &str) -> String {
    let file = file.map(|file| format!("file={},", property(file)));
    let file = file.unwrap_or_default();
    format!("::{level} {file}title={}::{}", property(title), data(text))
}

/// A text that stays on its line, and that no terminal obeys.
fn data(text: &str) -> String {
    visible(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A text that also ends no property.
fn property(text: &str) -> String {
    data(&visible_line(text))
        .replace(':', "%3A")
        .replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_escaped() {
        assert_eq!(
            command(Some("a,b:c"), "50 %, or\nmore", "x: 1,2\r\n100 %"),
            "::error file=a%2Cb%3Ac,title=50 %25%2C or\\nmore::x: 1,2%0A100 %25"
        );
        assert_eq!(command(None, "t", "m"), "::error title=t::m");
    }

    #[test]
    fn commands_hold_nothing_that_a_terminal_obeys() {
        let hostile = "\u{1b}]0;x\u{7}\0\u{202e}\n::error::planted";
        let command = command(Some(hostile), hostile, hostile);
        assert_eq!(command.lines().count(), 1);
        assert!(
            !command.contains(['\u{1b}', '\u{7}', '\0', '\u{202e}']),
            "{command:?}"
        );
        assert!(command.contains("‹U+001B›]0"), "{command}");
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let text = "ä".repeat(MESSAGE_SHOWN + 1);
        assert_eq!(shortened(&text).chars().count(), MESSAGE_SHOWN + 1);
        assert_eq!(shortened("ä"), "ä");
    }
}
