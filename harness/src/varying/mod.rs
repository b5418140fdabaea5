//! Values that differ between runs of a scenario: where they are, and what they look like.
//!
//! Runs of one program have the same structure, so that their artefacts are walked side by side, all runs at
//! once. Each place at which they differ is counted for its pattern: the path without indices, as keys of
//! `scenario.toml` write paths.
//!
//! ```text
//! run 1   rows: [{"id":1,"at":1764180001}, {"id":2,"at":1764180001}]
//! run 2   rows: [{"id":1,"at":1764180003}, {"id":2,"at":1764180003}]
//!         rows.at: 2 values, a clock
//! ```
//!
//! | module | what it does |
//! | --- | --- |
//! | `moment` | when and as what a run ran |
//! | `walk` | finds the places that differ |
//! | `looks` | says what the values of a place look like |

mod looks;
mod moment;
mod walk;

use std::fmt;

pub use looks::Looks;
pub use moment::Moment;
pub(crate) use moment::{HOME, HOSTS, Running, USERS};

use aether_json::Value;

use crate::{Artefact, Schema};

/// The values of one pattern that differ between runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Varying {
    /// The artefact.
    pub artefact: String,
    /// Where in the artefact; arrays have no step.
    pub steps: Vec<VaryingStep>,
    /// How many places of the pattern differ.
    pub places: usize,
    /// What the values look like.
    pub looks: Looks,
    /// The values of some places, run by run. Places whose values have members are left out.
    pub series: Vec<Vec<Value>>,
    /// Whether they differ only in a changed environment.
    pub only_elsewhere: bool,
}

/// One step of the path of a [`Varying`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VaryingStep {
    /// Into the member of this name.
    Member(String),
    /// Into any member: the names are as many as the values.
    Any,
}

impl Varying {
    /// The path within the artefact, as keys of `scenario.toml` write it: `meta.at`, `"a.b".*`; empty for the
    /// artefact itself.
    pub fn path(&self) -> String {
        let steps: Vec<String> = self.steps.iter().map(ToString::to_string).collect();
        steps.join(".")
    }

    /// The values of those places, each once, those of the first place first.
    pub fn values(&self) -> Vec<&Value> {
        let mut values: Vec<&Value> = Vec::new();
        for value in self.series.iter().flatten() {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }
}

impl fmt::Display for VaryingStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Member(name) => {
                let is_plain = !name.is_empty() && name != "*" && !name.contains(['.', '"']);
                if is_plain {
                    f.write_str(name)
                } else {
                    write!(f, "\"{name}\"")
                }
            }
        }
    }
}

/// How much of a value a report shows.
const SHOWN_CHARS: usize = 60;

impl fmt::Display for Varying {
    /// `rows.at: 2 values, a clock (1764180001 → 1764180003)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.artefact)?;
        if !self.steps.is_empty() {
            write!(f, ".{}", self.path())?;
        }
        let places = crate::counted(self.places as u64, self.looks.noun());
        write!(f, ": {places}, {}", self.looks)?;
        match self.values().as_slice() {
            [one, other, ..] => write!(f, " ({} → {})", shown(one), shown(other)),
            _ => Ok(()),
        }
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN_CHARS {
        return text;
    }
    let start: String = text.chars().take(SHOWN_CHARS).collect();
    format!("{start}…")
}

/// A run whose artefacts are compared with others.
pub(crate) struct Observed<'a> {
    pub(crate) artefacts: Vec<&'a Artefact>,
    pub(crate) moment: &'a Moment,
}

/// Every pattern of values that differ between these runs, in the order of artefacts and paths.
pub(crate) fn varying(runs: &[Observed<'_>], schema: &Schema) -> Vec<Varying> {
    let moments: Vec<&Moment> = runs.iter().map(|run| run.moment).collect();
    let found = walk::patterns(runs, schema);
    found
        .into_iter()
        .map(|(pattern, places)| Varying {
            looks: looks::of(&pattern, &places, &moments),
            only_elsewhere: pattern.only_elsewhere,
            places: places.count,
            series: places.series,
            artefact: pattern.artefact,
            steps: pattern.steps,
        })
        .collect()
}

#[cfg(test)]
mod tests;
