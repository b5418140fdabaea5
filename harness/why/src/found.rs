//! What a walk found.

use std::collections::BTreeMap;
use std::io::{self, Write};

use aether_diff::{Json, Path};
use serde::{Deserialize, Serialize};

/// How a value came to differ: a graph of values that differ, each with those that it was computed from, down to
/// the causes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Why {
    /// What was compared: the name of a scenario, or of a run.
    pub name: String,
    /// The place asked for.
    pub at: Path,
    /// Its value in the old run; `None` if there is none.
    pub before: Option<Json>,
    /// Its value in the new run.
    pub after: Option<Json>,
    /// Where the difference came in, nearest first.
    pub causes: Vec<WhyCause>,
    /// The values, nearest first, the one asked for at the front.
    pub nodes: Vec<WhyNode>,
    /// Steps: a value, and one that it was computed from, by [`WhyNode::id`].
    pub edges: Vec<[usize; 2]>,
    /// Those of the edges that are not needed: the upper value might have its new one without the lower one's.
    pub may: Vec<[usize; 2]>,
    /// A shortest path from the value asked for to a cause, both included. It ends at the value of which the
    /// rule is the cause, if it is a rule.
    pub shortest: Vec<usize>,
    /// How many values differ and lead to the one asked for, but are not among the nodes; `None` if they were not
    /// counted.
    pub left_out: Option<u64>,
}

/// Where a difference came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WhyCause {
    /// What it is.
    pub kind: CauseKind,
    /// The file that an input came from.
    pub file: Option<String>,
    /// The place of an input, artefact included; the name of a rule.
    pub path: Path,
    /// The old value of the input, or of the nearest value that the rule made.
    pub before: Option<Json>,
    /// The new one.
    pub after: Option<Json>,
    /// How many of the values that were computed it explains: those from which a path leads to it; `None` if
    /// they were not counted.
    pub explains: Option<u64>,
    /// The nearest value that the rule made; `None` for an input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Path>,
}

/// What a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// An input that differs.
    Input,
    /// A rule: a value differs although nothing that it depends on does.
    Rule,
    /// None: the program does not say what this value depends on.
    Unknown,
}

/// A value that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyNode {
    /// Its number, which is its position among the nodes.
    pub id: usize,
    /// Where it is.
    pub path: Path,
    /// Its value in the old run; `None` if there is none.
    pub before: Option<Json>,
    /// Its value in the new run.
    pub after: Option<Json>,
    /// Whether a step to it is not needed: one of the values computed from it might have its new value without it.
    pub may: bool,
}

impl Why {
    /// The values on the shortest path, the one asked for first.
    pub fn shortest(&self) -> impl DoubleEndedIterator<Item = &WhyNode> + ExactSizeIterator {
        self.shortest.iter().map(|&id| &self.nodes[id])
    }

    /// What the shortest path leads to; `None` if it leads nowhere, as in a circle.
    pub fn nearest(&self) -> Option<&WhyCause> {
        self.causes.first()
    }

    /// For each node, those that it was computed from.
    pub fn computed_from(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut from: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for [node, on] in &self.edges {
            from.entry(*node).or_default().push(*on);
        }
        from
    }

    /// Writes it as one JSON object over several lines.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let text = aether_json::to_vec_pretty(self).map_err(io::Error::other)?;
        out.write_all(&text)?;
        writeln!(out)
    }
}
