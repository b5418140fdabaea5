//! What a trial found.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The result of a check; the first that holds, in this order.
///
/// It is decided by exact bytes and digests, never by a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// The scenario cannot be read or is not valid.
    Invalid,
    /// Goldens without a scenario.
    Orphan,
    /// A scenario without goldens.
    MissingGolden,
    /// Goldens that something else than a bless has changed.
    EditedGolden,
    /// The program ended with an error that was not expected, or panicked.
    ProgramError,
    /// The run did not end within its time limit.
    Timeout,
    /// Two runs of the same scenario differ.
    Nondeterministic,
    /// The inputs changed since the bless, whether the outputs did or not.
    StaleInputs,
    /// The outputs are not the goldens.
    Mismatch,
    /// Every byte is as it should be.
    Match,
}

impl Verdict {
    /// Every verdict, in order.
    pub const ALL: [Self; 10] = [
        Self::Invalid,
        Self::Orphan,
        Self::MissingGolden,
        Self::EditedGolden,
        Self::ProgramError,
        Self::Timeout,
        Self::Nondeterministic,
        Self::StaleInputs,
        Self::Mismatch,
        Self::Match,
    ];

    /// The verdict as reports print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "INVALID",
            Self::Orphan => "ORPHAN",
            Self::MissingGolden => "MISSING_GOLDEN",
            Self::EditedGolden => "EDITED_GOLDEN",
            Self::ProgramError => "PROGRAM_ERROR",
            Self::Timeout => "TIMEOUT",
            Self::Nondeterministic => "NONDETERMINISTIC",
            Self::StaleInputs => "STALE_INPUTS",
            Self::Mismatch => "MISMATCH",
            Self::Match => "MATCH",
        }
    }

    /// The verdict of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }

    /// Whether the trial passes.
    pub fn passes(self) -> bool {
        self == Self::Match
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_read_back_by_their_names() {
        assert!(Verdict::ALL.is_sorted_by(|a, b| a < b));
        for verdict in Verdict::ALL {
            assert_eq!(Verdict::from_name(verdict.name()), Some(verdict));
            assert_eq!(verdict.to_string(), verdict.name());
            let json = serde_json::to_string(&verdict).unwrap();
            assert_eq!(json, format!("\"{verdict}\""));
            assert_eq!(verdict.passes(), verdict.name() == "MATCH");
        }
        assert_eq!(Verdict::from_name("match"), None);
        assert_eq!(format!("{:>7}", Verdict::Match), "  MATCH");
    }
}
