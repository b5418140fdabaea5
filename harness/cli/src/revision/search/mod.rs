//! Finds the commits at which an output moved, from the outputs at as few commits as possible.
//!
//! [`search`] is a function of what is known: it returns what it has found, and what it needs to know next. It
//! is called again with what was learned, until nothing more is wanted. Nothing here runs a program.
//!
//! It halves the line between commits whose outputs differ, and continues in both halves. Commits that cannot
//! be built are left out of the halves. What was merged counts in the halves with all its commits, and is
//! searched itself if the merge moved the output.
//!
//! A commit whose outputs differ between two runs of it is *unsteady*. To find such commits costs runs only
//! where nothing else has shown that an output comes again: a move is reported once each of its two outputs
//! was produced by two runs, of one commit or of several.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Graph, Node};

/// An output: equal numbers are equal outputs.
pub(crate) type Value = usize;

/// What is known of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It cannot be built.
    Unbuildable,
    /// Two runs of it differ.
    Unsteady,
    /// Its output.
    Output(Value),
}

/// What is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Of each commit that was examined.
    pub(crate) seen: BTreeMap<Node, Seen>,
    /// How many runs produced an output.
    pub(crate) runs: BTreeMap<Value, usize>,
}

/// What is to be learned next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Want {
    /// The output of a commit of which nothing is known.
    Run(Node),
    /// Whether a commit produces its output again.
    Again(Node),
}

impl Want {
    /// The commit.
    pub(crate) fn node(self) -> Node {
        let (Self::Run(node) | Self::Again(node)) = self;
        node
    }
}

/// What was found. Everything is in the order of the commits, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// What is to be learned first; nothing if the search has ended.
    pub(crate) wanted: BTreeSet<Want>,
    /// Each commit that moved the output, and the one before it.
    pub(crate) moves: BTreeMap<Node, Node>,
    /// Where commits that cannot be built leave several candidates: the commit after which the output moved,
    /// and the one up to which it did.
    pub(crate) ranges: BTreeSet<(Node, Node)>,
    /// Outputs that follow from others: commits between two that have the same.
    pub(crate) inferred: BTreeMap<Node, Value>,
}

/// Searches the graph; with `all`, every commit is examined.
pub(crate) fn search(graph: &Graph, known: &Known, all: bool) -> Found {
    let unsteady = known.seen.values().any(|seen| *seen == Seen::Unsteady);
    let once = known.runs.values().filter(|runs| **runs == 1).count();
    let mut search = Search {
        graph,
        known,
        all,
        is_wary: !all && (unsteady || once > 2),
        inferred: BTreeMap::new(),
        cleared: BTreeSet::new(),
        entered: BTreeSet::new(),
        alone: BTreeSet::new(),
        found: Found::default(),
    };
    if graph.commits() > 0 {
        search.line(graph.main());
    }
    search.found.inferred = search.inferred;
    search.found
}

/// What a line says of the merge that brought it.
struct Line {
    /// Whether something on it moved the output.
    has_moved: bool,
    /// Whether its first and its last commit can be built.
    is_complete: bool,
}

struct Search<'s> {
    graph: &'s Graph,
    known: &'s Known,
    all: bool,
    /// Whether outputs are doubted before the search goes on because of them.
    is_wary: bool,
    /// Outputs between two equal ones, which are not examined.
    inferred: BTreeMap<Node, Value>,
    /// The commits that moved nothing, or what cancels.
    cleared: BTreeSet<Node>,
    /// The merges that were entered.
    entered: BTreeSet<(Node, Node)>,
    /// Merges after the last commit of their side, to which they add nothing but themselves.
    alone: BTreeSet<(Node, Node)>,
    found: Found,
}

impl Search<'_> {
    fn seen(&self, node: Node) -> Option<Seen> {
        let inferred = self.inferred.get(&node).copied().map(Seen::Output);
        match self.known.seen.get(&node) {
            None | Some(Seen::Unbuildable) => inferred.or(self.known.seen.get(&node).copied()),
            seen => seen.copied(),
        }
    }

    /// Whether nothing is to be learned from a commit.
    fn is_unusable(&self, node: Node) -> bool {
        self.seen(node) == Some(Seen::Unbuildable)
    }

    fn want(&mut self, want: Want) {
        self.found.wanted.insert(want);
    }

    /// Whether two commits with known outputs have the same.
    fn same(&self, a: Node, b: Node) -> bool {
        self.seen(a) == self.seen(b)
    }

    /// Searches a line; `None` if something must be learned first.
    fn line(&mut self, line: &[Node]) -> Option<Line> {
        let is_usable = |at: &usize| !self.is_unusable(line[*at]);
        let positions: Vec<usize> = (0..line.len()).filter(is_usable).collect();
        let (Some(&first), Some(&last)) = (positions.first(), positions.last()) else {
            return Some(Line {
                has_moved: false,
                is_complete: false,
            });
        };
        let examined = if self.all {
            positions
        } else {
            vec![first, last]
        };
        let unknown = |search: &Self, at: usize| search.seen(line[at]).is_none();
        let mut is_known = true;
        for at in examined {
            if unknown(self, at) {
                self.want(Want::Run(line[at]));
                is_known = false;
            }
        }
        let mut borders = Vec::new();
        is_known = is_known && self.between(line, first, last, &mut borders);
        if self.all {
            // What is merged is examined whatever became of it.
            for pair in line.windows(2) {
                if self.entered.insert((pair[1], pair[0])) {
                    for side in self.graph.sides(pair[1], pair[0]).iter() {
                        is_known &= self.line(side).is_some();
                    }
                }
            }
        }
        if !is_known {
            return None;
        }
        let mut has_moved = false;
        for (before, after) in borders {
            has_moved |= self.border(line, before, after)?;
        }
        Some(Line {
            has_moved,
            is_complete: first == 0 && last == line.len() - 1,
        })
    }

    /// Finds the neighbours with different outputs between two positions of a line whose outputs are known;
    /// whether all is known that this takes.
    fn between(
        &mut self,
        line: &[Node],
        low: usize,
        high: usize,
        borders: &mut Vec<(usize, usize)>,
    ) -> bool {
        let (before, after) = (line[low], line[high]);
        if self.same(before, after) {
            if self.all && high > low + 1 {
                return self.halve(line, low, high, borders);
            }
            if let Some(Seen::Output(value)) = self.seen(before).filter(|_| !self.all) {
                let inside = line[low..=high].iter();
                self.inferred.extend(inside.map(|&node| (node, value)));
                for pair in line[low..=high].windows(2) {
                    if self.graph.is_merge(pair[1]) {
                        self.cleared
                            .extend(self.graph.added(pair[1], pair[0]).iter());
                    } else {
                        self.cleared.insert(pair[1]);
                    }
                }
            }
            return true;
        }
        if self.is_wary && !(self.is_sure(before) & self.is_sure(after)) {
            return false;
        }
        if high == low + 1 {
            borders.push((low, high));
            return true;
        }
        self.halve(line, low, high, borders)
    }

    fn halve(
        &mut self,
        line: &[Node],
        low: usize,
        high: usize,
        borders: &mut Vec<(usize, usize)>,
    ) -> bool {
        let Some(middle) = self.middle(line, low, high) else {
            if !self.same(line[low], line[high]) {
                borders.push((low, high));
            }
            return true;
        };
        if self.seen(line[middle]).is_none() {
            self.want(Want::Run(line[middle]));
            return false;
        }
        let (left, right) = (
            self.between(line, low, middle, borders),
            self.between(line, middle, high, borders),
        );
        left & right
    }

    /// How many commits that `commit` adds to its parent may have moved the output.
    fn weight(&self, commit: Node, parent: Node) -> usize {
        let may_move = |node: &Node| !self.cleared.contains(node) && !self.is_unusable(*node);
        if self.graph.is_merge(commit) && !self.alone.contains(&(commit, parent)) {
            self.graph
                .added(commit, parent)
                .iter()
                .filter(|node| may_move(node))
                .count()
        } else {
            usize::from(may_move(&commit))
        }
    }

    /// Where to halve: at a commit that is known already, else where both halves bring as many commits. `None`
    /// if nothing between can be built.
    fn middle(&self, line: &[Node], low: usize, high: usize) -> Option<usize> {
        let weight = |at: usize| self.weight(line[at], line[at - 1]);
        let all: usize = (low + 1..=high).map(weight).sum();
        let mut left = 0;
        let mut best: Option<(bool, usize, usize)> = None;
        for (at, &node) in line.iter().enumerate().take(high).skip(low + 1) {
            left += weight(at);
            if self.is_unusable(node) {
                continue;
            }
            let is_unknown = self.seen(node).is_none();
            let larger = left.max(all - left);
            let candidate = (is_unknown, larger, at);
            if best.is_none_or(|best| candidate < best) {
                best = Some(candidate);
            }
        }
        best.map(|(_, _, at)| at)
    }

    /// Whether the output of a commit came twice, or is known to be unsteady; if not, it is wanted again.
    fn is_sure(&mut self, node: Node) -> bool {
        match self.seen(node) {
            Some(Seen::Output(value)) => {
                let is_sure = self.known.runs.get(&value).is_some_and(|&runs| runs > 1);
                if !is_sure {
                    self.want(Want::Again(node));
                }
                is_sure
            }
            _ => true,
        }
    }

    /// Two neighbours with different outputs: whether it is a move; `None` if something must be learned first.
    fn border(&mut self, line: &[Node], low: usize, high: usize) -> Option<bool> {
        let (before, after) = (line[low], line[high]);
        if !(self.is_sure(before) & self.is_sure(after)) {
            return None;
        }
        if [before, after]
            .map(|node| self.seen(node))
            .contains(&Some(Seen::Unsteady))
        {
            return Some(false);
        }
        if high > low + 1 {
            self.found.ranges.insert((before, after));
            return Some(true);
        }
        let sides = self.graph.sides(after, before);
        match &sides[..] {
            [] => {
                if !self.graph.brings_older(after, before) {
                    self.found.moves.insert(after, before);
                }
            }
            [side] if self.is_alone(side, before) => self.side(side, before, after)?,
            sides => self.merge(sides, before, after)?,
        }
        Some(true)
    }

    /// Whether what a merge makes of the output is what its one side made, because nothing else had moved since
    /// that began.
    fn is_alone(&self, side: &[Node], before: Node) -> bool {
        let (base, tip) = (side[0], side[side.len() - 1]);
        self.seen(base).is_some()
            && self.same(base, before)
            && self.graph.part_at(base, tip, before)
            && !self.is_unusable(base)
    }

    /// Searches the one side of a merge together with the merge itself.
    fn side(&mut self, side: &[Node], before: Node, after: Node) -> Option<()> {
        let line = [side, &[after]].concat();
        self.alone.insert((after, side[side.len() - 1]));
        let mut borders = Vec::new();
        if self.all {
            self.line(side)?;
        }
        if !self.between(&line, 0, line.len() - 1, &mut borders) {
            return None;
        }
        for (low, high) in borders {
            if line[high] != after {
                self.border(&line, low, high)?;
            } else if !(self.is_sure(line[low]) & self.is_sure(after)) {
                return None;
            } else if self.seen(line[low]) != Some(Seen::Unsteady) {
                if high == low + 1 {
                    self.found.moves.insert(after, before);
                } else {
                    self.found.ranges.insert((line[low], after));
                }
            }
        }
        Some(())
    }

    /// Searches what the merges on these lines brought; whether something of it moved the output.
    fn inner(&mut self, lines: &[Vec<Node>], entered: &mut BTreeSet<(Node, Node)>) -> Option<bool> {
        let (mut has_moved, mut is_known) = (false, true);
        for pair in lines.iter().flat_map(|line| line.windows(2)) {
            let (parent, merge) = (pair[0], pair[1]);
            if !self.graph.is_merge(merge) || !entered.insert((merge, parent)) {
                continue;
            }
            let sides = self.graph.sides(merge, parent);
            for side in sides.iter() {
                match self.line(side) {
                    None => is_known = false,
                    Some(line) => has_moved |= line.has_moved,
                }
            }
            if is_known && !has_moved {
                has_moved = self.inner(&sides, entered)?;
            }
        }
        is_known.then_some(has_moved)
    }

    /// Searches the sides of a merge. What it does itself cannot be told from what it makes of their moves.
    fn merge(&mut self, sides: &[Vec<Node>], before: Node, after: Node) -> Option<()> {
        let mut has_moved = self.graph.brings_older(after, before);
        let mut is_complete = true;
        let mut is_known = true;
        for side in sides {
            match self.line(side) {
                None => is_known = false,
                Some(line) => {
                    has_moved |= line.has_moved;
                    is_complete &= line.is_complete;
                }
            }
        }
        if !is_known {
            return None;
        }
        if !has_moved {
            // Moves of what a side merged may cancel there and not here.
            has_moved = self.inner(sides, &mut BTreeSet::new())?;
        }
        if !is_complete {
            self.found.ranges.insert((before, after));
        } else if !has_moved {
            self.found.moves.insert(after, before);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
