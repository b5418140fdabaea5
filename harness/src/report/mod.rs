//! Reports over scenarios: what differs, first things first, and which scenarios differ alike.
//!
//! A [`Report`] is made of one [`ScenarioReport`] a scenario and written as [text](Report::write_text)
//! or as a [page](Report::write_html) for people, or as [JSON](Report::write_json) for programs. The
//! diff has decided everything before; nothing here compares.

mod group;
mod html;
mod json;
mod text;

pub use group::{Group, OffsetGroup};
pub(crate) use text::count;

use crate::Diff;

/// The verdict of a scenario in which nothing differs.
const MATCH: &str = "MATCH";

/// What became of one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioReport {
    /// The scenario.
    pub name: String,
    /// Its verdict, as `MISMATCH`.
    pub verdict: String,
    /// What differs; `None` where there was nothing to compare, because the run failed or there is
    /// no golden.
    pub diff: Option<Diff>,
    /// What else people should know: the end of a program's error output, say.
    pub note: Option<String>,
}

/// What became of several scenarios.
///
/// ```
/// use aether_harness::{Diff, Report, ScenarioReport};
/// let report = Report::new(vec![ScenarioReport {
///     name: "gf01".to_owned(),
///     verdict: "MATCH".to_owned(),
///     diff: Some(Diff::default()),
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
    fn summary(&self) -> String {
        let count = self.scenarios.len();
        let noun = if count == 1 { "scenario" } else { "scenarios" };
        match self.scenarios.iter().filter(|s| s.differs()).count() {
            0 => format!("{count} {noun}: nothing differs"),
            differing => format!("{count} {noun}: {differing} not as stored"),
        }
    }
}

impl ScenarioReport {
    fn differs(&self) -> bool {
        self.verdict != MATCH || self.diff.as_ref().is_some_and(|diff| !diff.is_equal())
    }
}

#[cfg(test)]
mod tests;
