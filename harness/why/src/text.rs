//! The result for people: the shortest path, and what is known of the rest.

use std::collections::BTreeSet;
use std::io::{self, Write};

use aether_diff::{Json, Path, PathStep, counted, shortened_pair, visible};
use anstyle::{AnsiColor, Style};

use crate::found::{CauseKind, Why, WhyCause, WhyNode};

const HEADING: Style = Style::new().bold();
const CAUSE: Style = AnsiColor::Yellow.on_default();

/// The first steps of a path that are written, if not all are asked for.
const FIRST_SHOWN: usize = 3;

/// Its last ones.
const LAST_SHOWN: usize = 2;

/// Causes that are listed, if not all are asked for.
const CAUSES_SHOWN: usize = 10;

impl Why {
    /// Writes the shortest path, each value indented below the one that was computed from it, then the causes,
    /// and counts the rest. With `all`, every step of the path and every cause is written.
    ///
    /// The text holds ANSI styles; print it through `anstream` to have them stripped if they are not wanted.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_text(&self, out: &mut dyn Write, all: bool) -> io::Result<()> {
        self.write_path(out, all)?;
        self.write_causes(out, all)?;
        if let Some(line) = self.rest() {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    fn write_path(&self, out: &mut dyn Write, all: bool) -> io::Result<()> {
        let mut path: Vec<&WhyNode> = self.shortest().collect();
        let ends_at_input = self
            .nearest()
            .is_some_and(|cause| cause.kind == CauseKind::Input);
        if ends_at_input && path.len() > 1 {
            // The line of the cause says it.
            path.pop();
        }
        let hidden = if all || path.len() <= FIRST_SHOWN + LAST_SHOWN + 1 {
            0..0
        } else {
            FIRST_SHOWN..path.len() - LAST_SHOWN
        };
        let mut indent = 0;
        for (at, node) in path.iter().enumerate() {
            if at == hidden.start && !hidden.is_empty() {
                let line = skipped(&path[hidden.clone()]);
                writeln!(out, "{:indent$}… {line} …", "")?;
                indent += 2;
            }
            if hidden.contains(&at) {
                continue;
            }
            let line = node.lead();
            match at {
                0 => writeln!(out, "{HEADING}{line}{HEADING:#}")?,
                _ => {
                    let may = self.is_only_possible(path[at - 1], node);
                    let may = if may { "   (may)" } else { "" };
                    writeln!(out, "{:indent$}{line}{may}", "")?;
                }
            }
            // A long path is not a long line.
            indent = (indent + 2).min(40);
        }
        Ok(())
    }

    /// Whether the step between two values is not needed.
    fn is_only_possible(&self, above: &WhyNode, below: &WhyNode) -> bool {
        self.may.contains(&[above.id, below.id])
    }

    fn write_causes(&self, out: &mut dyn Write, all: bool) -> io::Result<()> {
        if self.causes.is_empty() {
            writeln!(
                out,
                "no cause: these values depend on each other in a circle"
            )?;
        }
        let shown = if all { usize::MAX } else { CAUSES_SHOWN };
        for cause in self.causes.iter().take(shown) {
            let lead = cause.lead();
            let explains = match cause.explains.filter(|_| self.causes.len() > 1) {
                Some(explains) => format!("   explains {}", counted(explains, "value")),
                None => String::new(),
            };
            writeln!(out, "{CAUSE}{lead}{CAUSE:#}{explains}")?;
        }
        if let Some(more) = self.causes.len().checked_sub(shown).filter(|&n| n > 0) {
            writeln!(out, "and {}", counted(more as u64, "more cause"))?;
        }
        Ok(())
    }

    /// What is beside the shortest path, in one line; `None` if nothing is, or it was not counted.
    fn rest(&self) -> Option<String> {
        let all = self.nodes.len() as u64 + self.left_out?;
        let beside = all - self.shortest.len() as u64;
        if beside == 0 {
            return None;
        }
        let beside = match beside {
            1 => "1 more value that differs leads to it".to_owned(),
            _ => format!("{} that differ lead to it", counted(beside, "more value")),
        };
        Some(match self.may.len() as u64 {
            0 => format!("{beside}; every step is needed"),
            1 => format!("{beside}; 1 step is not needed (may)"),
            may => format!("{beside}; {} are not needed (may)", counted(may, "step")),
        })
    }
}

impl WhyNode {
    /// The value in one line: `ledgers[tick=900].post_u[node=812]: 40 → 43`.
    pub fn lead(&self) -> String {
        let values = (self.before.as_ref(), self.after.as_ref());
        lead(&self.path, values)
    }
}

impl WhyCause {
    /// The cause in one line: `cause: inputs.topology.edges[e_id=5].k: 12 → 13   (fixtures/topologies/ring5.json)`,
    /// `the rule for ledgers.edges.raw changed`.
    pub fn lead(&self) -> String {
        let path = self.path.to_string();
        let path = visible(&path);
        match self.kind {
            CauseKind::Input => {
                let values = (self.before.as_ref(), self.after.as_ref());
                let file = self.file.as_deref().map(visible);
                let file = file.map_or_else(String::new, |file| format!("   ({file})"));
                format!("cause: {}{file}", lead(&self.path, values))
            }
            CauseKind::Rule => format!("the rule for {path} changed"),
            CauseKind::Unknown => format!("it is not declared what {path} is computed from"),
        }
    }
}

fn lead(path: &Path, (before, after): (Option<&Json>, Option<&Json>)) -> String {
    let path = path.to_string();
    let path = visible(&path);
    let (old, new) = shortened_pair(before, after);
    match (before, after) {
        (None, Some(_)) => format!("{path} added: {new}"),
        (Some(_), None) => format!("{path} removed: {old}"),
        _ => format!("{path}: {old} → {new}"),
    }
}

/// Steps that are not written, in words: `31 steps through 12 edges`.
fn skipped(nodes: &[&WhyNode]) -> String {
    let steps = counted(nodes.len() as u64, "step");
    // By what they are called, the elements that the steps go through.
    let mut elements: Vec<(String, BTreeSet<String>)> = Vec::new();
    for (noun, identity) in nodes.iter().filter_map(|node| element(&node.path)) {
        match elements.iter_mut().find(|(known, _)| *known == noun) {
            Some((_, identities)) => {
                identities.insert(identity);
            }
            None => elements.push((noun, BTreeSet::from([identity]))),
        }
    }
    let named: Vec<String> = elements
        .iter()
        .map(|(noun, identities)| format!("{} {noun}", identities.len()))
        .collect();
    if named.is_empty() {
        steps
    } else {
        format!("{steps} through {}", named.join(" and "))
    }
}

/// The innermost element of a path: what such elements are called, and which it is.
fn element(path: &Path) -> Option<(String, String)> {
    let steps: Vec<PathStep<'_>> = path.steps().collect();
    let at = (steps.iter()).rposition(|step| matches!(step, PathStep::Element(_)))?;
    let PathStep::Element(id) = steps[at] else {
        return None;
    };
    // The elements of a vector are called by their number: `post_u[node=4]`.
    let fields = id.fields();
    let noun = match (&fields[..], at + 1 == steps.len()) {
        ([(field, _)], true) => format!("{field}s"),
        _ => steps[..at].iter().rev().find_map(|step| match step {
            PathStep::Field(name) => Some((*name).to_owned()),
            _ => None,
        })?,
    };
    Some((noun, id.as_str().to_owned()))
}
