//! Parses the answers that people type in a review.

use super::item::Decision;

/// An answer to "accept, reject, skip?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A decision about these parts of the group, or about all that is left of it.
    Decide(Decision, Vec<String>),
    /// Show every change of a scenario, the first if none is named.
    Detail(Option<String>),
    /// List the scenarios.
    List,
    Help,
    Quit,
    /// Something else.
    Unknown,
}

pub(super) const HELP: &str = "\
  a   accept: bless what the runs make now; asks for a reason, which is kept in snapshot.toml
  r   reject: the goldens stay, and the difference counts as a fault to fix
  s   skip: the goldens stay, and nothing is said
      each for all that is left of the group, or for the parts that are named after it:
        a ring5             one scenario
        a ring5/ledgers     one artefact of it; the goldens of the others stay as they are
        a +1                the scenarios whose first divergence has this offset
  d   detail: every change of the first scenario; d NAME of another
  l   list the scenarios of the group
  q   quit: what was accepted stays accepted
";

impl Answer {
    pub(super) fn parse(line: &str) -> Self {
        let mut words = line.split_whitespace().map(str::to_owned);
        let Some(word) = words.next() else {
            return Self::Unknown;
        };
        let rest: Vec<String> = words.collect();
        let decision = match &*word.to_lowercase() {
            "a" | "accept" => Decision::Accept,
            "r" | "reject" => Decision::Reject,
            "s" | "skip" => Decision::Skip,
            "d" | "detail" if rest.len() <= 1 => return Self::Detail(rest.into_iter().next()),
            "l" | "list" if rest.is_empty() => return Self::List,
            "?" | "h" | "help" => return Self::Help,
            "q" | "quit" if rest.is_empty() => return Self::Quit,
            _ => return Self::Unknown,
        };
        Self::Decide(decision, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_a_word_and_what_it_is_about() {
        let check = |line: &str, expected: Answer| assert_eq!(Answer::parse(line), expected);
        let about = |decision, parts: &[&str]| {
            Answer::Decide(
                decision,
                parts.iter().map(|part| (*part).to_owned()).collect(),
            )
        };
        check("a", about(Decision::Accept, &[]));
        check("  Accept  ", about(Decision::Accept, &[]));
        check("a ring5 +1", about(Decision::Accept, &["ring5", "+1"]));
        check(
            "r ring5/ledgers",
            about(Decision::Reject, &["ring5/ledgers"]),
        );
        check("skip", about(Decision::Skip, &[]));
        check("d", Answer::Detail(None));
        check("detail x", Answer::Detail(Some("x".to_owned())));
        check("d x y", Answer::Unknown);
        check("l", Answer::List);
        check("?", Answer::Help);
        check("q", Answer::Quit);
        // A mistyped answer decides nothing.
        for line in ["", " ", "aa", "y", "quit now", "ring5"] {
            check(line, Answer::Unknown);
        }
    }
}
