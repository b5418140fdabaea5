//! The part of a run that a command looks at: `--tick`, `--node` and `--edge`.
//!
//! ```text
//! --tick 3..5               ticks 3, 4 and 5
//! --node 4,7..9,D0-J09      nodes 4, 7, 8 and 9, and the one named D0-J09
//! --node 'P1, east' --node 7    the node named `P1, east`, and node 7
//! ```

use std::ops::RangeInclusive;

use aether_engine::config::Names;
use aether_engine::store::StoredRun;
use clap::Args;

use crate::exit::Failure;

/// `--tick`, `--node` and `--edge`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SelectionArgs {
    /// Only these ticks: one tick, or `A..B` (both included).
    #[arg(long, value_name = "A..B", value_parser = ticks, allow_negative_numbers = true)]
    pub(crate) tick: Option<RangeInclusive<u64>>,
    /// Only these nodes: ids, names or `A..B`, separated by commas. A name with `,` or `..` is
    /// given by itself; repeat the option for more.
    #[arg(long, value_name = "N,…", allow_negative_numbers = true)]
    pub(crate) node: Vec<String>,
    /// Only these edges, given like nodes.
    #[arg(long, value_name = "E,…", allow_negative_numbers = true)]
    pub(crate) edge: Vec<String>,
}

/// What was selected of a run. `None` where nothing was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The first and the last tick; not checked against those of the run.
    pub(crate) ticks: Option<RangeInclusive<u64>>,
    /// Ids in order, each once.
    pub(crate) nodes: Option<Vec<u64>>,
    /// Ids in order, each once.
    pub(crate) edges: Option<Vec<u64>>,
}

impl SelectionArgs {
    /// The selection in a run. Its names are read only if nodes or edges were given.
    pub(crate) fn of_run(&self, run: &StoredRun) -> Result<Selection, Failure> {
        if self.node.is_empty() && self.edge.is_empty() {
            return Ok(Selection {
                ticks: self.tick.clone(),
                ..Selection::default()
            });
        }
        self.of_names(&run.names()?)
    }

    /// The selection among the nodes and edges of a graph; reports all that it does not have.
    pub(crate) fn of_names(&self, names: &Names) -> Result<Selection, Failure> {
        let nodes = ids(&self.node, |name| {
            names.find_node(name).map_err(|error| error.to_string())
        });
        let edges = ids(&self.edge, |name| {
            names.find_edge(name).map_err(|error| error.to_string())
        });
        let problems: Vec<String> = [&nodes, &edges]
            .into_iter()
            .filter_map(|ids| ids.as_ref().err())
            .flatten()
            .cloned()
            .collect();
        match (nodes, edges) {
            (Ok(nodes), Ok(edges)) => Ok(Selection {
                ticks: self.tick.clone(),
                nodes,
                edges,
            }),
            _ => Err(Failure::Input(problems.join("\n"))),
        }
    }
}

/// The ticks that were asked for, which must be among `all`; all of them if none were.
pub(crate) fn among(
    asked: Option<&RangeInclusive<u64>>,
    all: &RangeInclusive<u64>,
) -> Result<RangeInclusive<u64>, Failure> {
    let Some(asked) = asked else {
        return Ok(all.clone());
    };
    if all.contains(asked.start()) && all.contains(asked.end()) {
        return Ok(asked.clone());
    }
    let what = shown(asked);
    let verb = if asked.start() == asked.end() {
        "is"
    } else {
        "are"
    };
    let recorded = if all.is_empty() {
        "no tick is recorded".to_owned()
    } else {
        format!("ticks are {} to {}", all.start(), all.end())
    };
    Err(Failure::Input(format!(
        "{what} {verb} not recorded: {recorded}"
    )))
}

/// `tick 3` or `ticks 3 to 5`.
pub(crate) fn shown(ticks: &RangeInclusive<u64>) -> String {
    match (ticks.start(), ticks.end()) {
        (one, last) if one == last => format!("tick {one}"),
        (first, last) => format!("ticks {first} to {last}"),
    }
}

/// Parses `A..B` (both included) or one tick.
fn ticks(text: &str) -> Result<RangeInclusive<u64>, String> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    match (from.parse(), to.trim_start_matches('=').parse()) {
        (Ok(from), Ok(to)) if from <= to => Ok(from..=to),
        (Ok(from), Ok(to)) => Err(format!(
            "tick {from} comes after {to}; write `{to}..{from}`"
        )),
        _ => Err("expected a tick or a range of ticks; write `3` or `3..5`".to_owned()),
    }
}

/// The ids of all occurrences of an option, in order; `None` if there are none. Reports every
/// problem.
fn ids(
    given: &[String],
    find: impl Fn(&str) -> Result<u64, String>,
) -> Result<Option<Vec<u64>>, Vec<String>> {
    if given.is_empty() {
        return Ok(None);
    }
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for text in given {
        // A name may contain what separates others.
        if let Ok(id) = find(text) {
            found.push(id);
            continue;
        }
        for part in text.split(',') {
            match range(part, &find) {
                Ok(ids) => found.extend(ids),
                Err(problem) => problems.push(problem),
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    found.sort_unstable();
    found.dedup();
    Ok(Some(found))
}

/// One part of a list: a name, an id, or `A..B`.
fn range(
    part: &str,
    find: impl Fn(&str) -> Result<u64, String>,
) -> Result<RangeInclusive<u64>, String> {
    let part = part.trim();
    if part.is_empty() {
        return Err("expected an id, a name or `A..B`, found nothing".to_owned());
    }
    let one = find(part);
    let Some((first, last)) = part.split_once("..").filter(|_| one.is_err()) else {
        return one.map(|id| id..=id);
    };
    let (from, to) = (find(first)?, find(last.trim_start_matches('='))?);
    if from > to {
        return Err(format!(
            "`{part}` is not a range: {from} comes after {to}; write `{last}..{first}`"
        ));
    }
    Ok(from..=to)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = ["a", "b", "a,b", "x..y", "b..c"];

    fn find(text: &str) -> Result<u64, String> {
        let named = NAMES.iter().zip(1..).find(|(name, _)| **name == text);
        let id = text.parse().ok().filter(|id| (1..=9).contains(id));
        let id = id.or(named.map(|(_, id)| id));
        id.ok_or_else(|| format!("there is no `{text}`"))
    }

    fn check(given: &[&str], expected: &[u64]) {
        let given: Vec<String> = given.iter().map(ToString::to_string).collect();
        assert_eq!(ids(&given, find), Ok(Some(expected.to_vec())), "{given:?}");
    }

    #[test]
    fn lists_ranges_and_names_give_ids_in_order() {
        check(&["3"], &[3]);
        check(&["9,1..3,2"], &[1, 2, 3, 9]);
        check(&["b,7", "a"], &[1, 2, 7]);
        check(&["a..b"], &[1, 2]);
        check(&["a..=2"], &[1, 2]);
        check(&[" a , 5 "], &[1, 5]);
        // Names with separators.
        check(&["a,b"], &[3]);
        check(&["a,b", "9"], &[3, 9]);
        check(&["x..y,1"], &[1, 4]);
        check(&["b..c"], &[5]);
        assert_eq!(ids(&[], find), Ok(None));
    }

    #[test]
    fn every_problem_is_reported() {
        let given = ["z,1,10", "3..1", "", "1..q"].map(str::to_owned);
        let problems = ids(&given, find).unwrap_err();
        assert_eq!(
            problems,
            [
                "there is no `z`",
                "there is no `10`",
                "`3..1` is not a range: 3 comes after 1; write `1..3`",
                "expected an id, a name or `A..B`, found nothing",
                "there is no `q`",
            ]
        );
    }

    #[test]
    fn ticks_are_one_or_a_range() {
        assert_eq!(ticks("3"), Ok(3..=3));
        assert_eq!(ticks("0..5"), Ok(0..=5));
        assert_eq!(ticks("3..=5"), Ok(3..=5));
        for text in ["", "x", "3..", "..3", "3-5", "3..x", "-1", "1..2..3"] {
            assert!(ticks(text).unwrap_err().contains("`3..5`"), "{text}");
        }
        assert!(ticks("5..3").unwrap_err().contains("`3..5`"));
        assert_eq!(among(None, &(1..=8)).unwrap(), 1..=8);
        assert_eq!(among(Some(&(2..=8)), &(1..=8)).unwrap(), 2..=8);
        let error = |asked, all| among(Some(&asked), &all).unwrap_err().to_string();
        assert_eq!(
            error(0..=9, 1..=8),
            "ticks 0 to 9 are not recorded: ticks are 1 to 8"
        );
        #[expect(clippy::reversed_empty_ranges, reason = "a run without ticks")]
        let none = 1..=0;
        assert_eq!(
            error(3..=3, none),
            "tick 3 is not recorded: no tick is recorded"
        );
    }
}
