//! Reports over scenarios: what differs, first things first, and which scenarios differ alike.
//!
//! A [`Report`] is made of one [`ScenarioReport`] per scenario and written as [text](Report::write_text)
//! for people, or as [JSON](Report::write_json) for programs. The
//! diff has decided everything before; nothing here compares.

mod group;
mod json;
mod text;

pub use group::{Group, OffsetGroup, SharedCause};

pub use crate::visible::{visible, visible_line};

use serde::Serialize;

use crate::snapshot::ProgramChange;
use crate::{Diff, Json, Path, Tolerated, Verdict, counted};

/// The result of one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioReport {
    /// The scenario.
    pub name: String,
    /// Its verdict; `None` if it has no result.
    pub verdict: Option<Verdict>,
    /// What differs; `None` if there was nothing to compare, because the run failed or there is
    /// no golden.
    pub diff: Option<Diff>,
    /// What changed of the program since the bless. It is neither a cause nor a difference.
    pub program: Vec<ProgramChange>,
    /// The values that differ from run to run as this run produced them, if they are asked for.
    pub raw: Vec<RawValue>,
    /// What else people should know: the end of a program's error output, say.
    pub note: Option<String>,
}

/// A value that differs from run to run, of which goldens hold only the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RawValue {
    /// Where it is.
    pub path: Path,
    /// The value.
    pub value: Json,
}

/// The results of several scenarios.
///
/// ```
/// use aether_harness::{Diff, Report, ScenarioReport, Verdict};
/// let report = Report::new(vec![ScenarioReport {
///     name: "gf01".to_owned(),
///     verdict: Some(Verdict::Match),
///     diff: Some(Diff::default()),
///     program: Vec::new(),
///     raw: Vec::new(),
///     note: None,
/// }]);
/// assert!(report.equal);
/// let mut text = Vec::new();
/// report.write_text(&mut text, false).expect("writing to memory");
/// assert_eq!(text, b"1 scenario: nothing differs\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether every scenario has the verdict `MATCH` and no difference.
    pub equal: bool,
    /// The scenarios, in the order given.
    pub scenarios: Vec<ScenarioReport>,
    /// Scenarios whose first divergences are of one sort, the largest group first.
    pub groups: Vec<Group>,
}

impl Report {
    /// Puts scenarios together and groups what they have in common.
    pub fn new(scenarios: Vec<ScenarioReport>) -> Self {
        Self {
            equal: !scenarios.iter().any(ScenarioReport::differs),
            groups: group::groups(&scenarios),
            scenarios,
        }
    }

    /// The report in one line.
    pub fn summary(&self) -> String {
        let all = self.scenarios.len();
        match self.scenarios.iter().filter(|s| s.differs()).count() {
            0 => format!("{}: nothing differs", counted(all as u64, "scenario")),
            1 => format!(
                "1 of {} differs from its golden",
                counted(all as u64, "scenario")
            ),
            differing => format!("{differing} of {all} scenarios differ from their goldens"),
        }
    }
}

impl ScenarioReport {
    /// The verdict as reports print it.
    pub fn verdict_name(&self) -> &'static str {
        self.verdict.map_or("NO_RESULT", Verdict::name)
    }

    /// The numbers that are within their tolerances; `None` if there are none.
    pub fn tolerated(&self) -> Option<&Tolerated> {
        self.diff.as_ref()?.tolerated.as_ref()
    }

    /// Whether there is something to report of it.
    pub fn is_told(&self) -> bool {
        self.differs() || self.tolerated().is_some() || !self.raw.is_empty()
    }

    /// Whether it has another verdict than `MATCH`, or any difference.
    pub fn differs(&self) -> bool {
        !self.verdict.is_some_and(Verdict::passes)
            || self.diff.as_ref().is_some_and(|diff| !diff.is_equal())
    }
}

#[cfg(test)]
mod tests;
