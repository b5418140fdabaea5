//! The commits between two revisions, and the lines along which they are searched.
//!
//! A *line* is a row of commits, oldest first, of which each is a parent of the next. The main line leads from
//! the good revision to the bad one along first parents. A commit with several parents has a *side* for each
//! other one: the line of what it merged, which begins at the last commit that both had in common.
//!
//! ```text
//!   good ── a ── b ── M ── bad      the main line
//!            \       /
//!             x ── y                the side of M: a x y
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The position of a commit in a [`Graph`]: parents come before their children.
pub(crate) type Node = usize;

/// What was worked out of a commit and its parent.
type Kept<T> = RefCell<BTreeMap<(Node, Node), Rc<T>>>;

/// The commits between two revisions.
#[derive(Debug)]
pub(crate) struct Graph {
    ids: Vec<String>,
    /// The parents of each that are known here; those of the good revision are not.
    parents: Vec<Vec<Node>>,
    main: Vec<Node>,
    /// How many commits are examined; those after them are where sides begin outside.
    inside: usize,
    sides: Kept<Vec<Vec<Node>>>,
    added: Kept<Vec<Node>>,
}

impl Graph {
    /// The graph of the commits that `bad` has and `good` has not: each with its parents, parents first.
    /// `None` if no line leads from `good` to `bad`.
    pub(crate) fn new(good: &str, commits: &[(String, Vec<String>)]) -> Option<Self> {
        let mut ids = vec![good.to_owned()];
        ids.extend(commits.iter().map(|(id, _)| id.clone()));
        let inside = ids.len();
        let mut nodes: BTreeMap<String, Node> = BTreeMap::new();
        for (node, id) in ids.iter().enumerate() {
            nodes.insert(id.clone(), node);
        }
        let mut parents = vec![Vec::new()];
        for (_, listed) in commits {
            let mut known = Vec::new();
            for parent in listed {
                let node = *nodes.entry(parent.clone()).or_insert_with(|| {
                    ids.push(parent.clone());
                    ids.len() - 1
                });
                known.push(node);
            }
            parents.push(known);
        }
        parents.resize(ids.len(), Vec::new());
        let main = main_line(&parents, inside)?;
        Some(Self {
            ids,
            parents,
            main,
            inside,
            sides: RefCell::default(),
            added: RefCell::default(),
        })
    }

    /// The commit's id.
    pub(crate) fn id(&self, node: Node) -> &str {
        &self.ids[node]
    }

    /// How many commits follow the good revision.
    pub(crate) fn commits(&self) -> usize {
        self.inside - 1
    }

    /// The line from the good revision to the bad one.
    pub(crate) fn main(&self) -> &[Node] {
        &self.main
    }

    /// The lines of what `commit` merged into `parent`.
    pub(crate) fn sides(&self, commit: Node, parent: Node) -> Rc<Vec<Vec<Node>>> {
        if self.parents[commit].len() < 2 {
            return Rc::default();
        }
        if let Some(sides) = self.sides.borrow().get(&(commit, parent)) {
            return Rc::clone(sides);
        }
        let mut taken = self.ancestors(parent);
        let mut sides = Vec::new();
        for &other in self.parents[commit]
            .iter()
            .filter(|&&other| other != parent)
        {
            let mut line = Vec::new();
            let mut next = Some(other);
            while let Some(node) = next {
                line.push(node);
                // Where the line begins: outside, or at what `parent` has too.
                if taken[node] || node == 0 || node >= self.inside {
                    break;
                }
                taken[node] = true;
                next = self.parents[node].first().copied();
            }
            if line.len() > 1 {
                line.reverse();
                sides.push(line);
            }
        }
        let sides = Rc::new(sides);
        let kept = Rc::clone(&sides);
        self.sides.borrow_mut().insert((commit, parent), kept);
        sides
    }

    /// Whether `tip` and `other` have nothing in common but `base` and what is before it.
    pub(crate) fn part_at(&self, base: Node, tip: Node, other: Node) -> bool {
        let (base, tip, other) = (
            self.ancestors(base),
            self.ancestors(tip),
            self.ancestors(other),
        );
        (0..self.ids.len()).all(|node| base[node] || !(tip[node] && other[node]))
    }

    /// Whether `commit` merged something older than the good revision that `parent` did not have.
    pub(crate) fn brings_older(&self, commit: Node, parent: Node) -> bool {
        let is_older = |node: &Node| *node == 0 || *node >= self.inside;
        let others = self.parents[commit]
            .iter()
            .filter(|other| **other != parent);
        let older: Vec<Node> = others.copied().filter(is_older).collect();
        !older.is_empty() && {
            let had = self.ancestors(parent);
            older.iter().any(|&node| !had[node])
        }
    }

    /// The commits that `commit` adds to those of `parent`, itself included.
    pub(crate) fn added(&self, commit: Node, parent: Node) -> Rc<Vec<Node>> {
        if let Some(added) = self.added.borrow().get(&(commit, parent)) {
            return Rc::clone(added);
        }
        let (all, had) = (self.ancestors(commit), self.ancestors(parent));
        let is_added = |node: &Node| all[*node] && !had[*node];
        let added: Rc<Vec<Node>> = Rc::new((0..self.inside).filter(is_added).collect());
        let kept = Rc::clone(&added);
        self.added.borrow_mut().insert((commit, parent), kept);
        added
    }

    /// Whether a commit has several parents.
    pub(crate) fn is_merge(&self, commit: Node) -> bool {
        self.parents[commit].len() > 1
    }

    /// A commit and all its ancestors here.
    fn ancestors(&self, of: Node) -> Vec<bool> {
        let mut reached = vec![false; self.ids.len()];
        let mut waiting = vec![of];
        while let Some(node) = waiting.pop() {
            if !reached[node] {
                reached[node] = true;
                waiting.extend(&self.parents[node]);
            }
        }
        reached
    }
}

/// From the last commit back to the first, by the first of its parents that leads there.
fn main_line(parents: &[Vec<Node>], inside: usize) -> Option<Vec<Node>> {
    let mut leads = vec![false; parents.len()];
    leads[0] = true;
    for node in 1..inside {
        leads[node] = parents[node].iter().any(|&parent| leads[parent]);
    }
    let mut line = vec![inside - 1];
    while let Some(&node) = line.last().filter(|&&node| node != 0) {
        line.push(*parents[node].iter().find(|&&parent| leads[parent])?);
    }
    line.reverse();
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(commits: &[(&str, &[&str])]) -> Option<Graph> {
        let owned = |text: &&str| (*text).to_owned();
        let commits: Vec<_> = commits
            .iter()
            .map(|(id, parents)| (owned(id), parents.iter().map(owned).collect()))
            .collect();
        Graph::new("good", &commits)
    }

    fn names(graph: &Graph, line: &[Node]) -> String {
        let ids: Vec<&str> = line.iter().map(|&node| graph.id(node)).collect();
        ids.join(" ")
    }

    #[test]
    fn merges_have_sides() {
        let graph = graph(&[
            ("a", &["good"]),
            ("x", &["a"]),
            ("b", &["a"]),
            ("y", &["x"]),
            ("m", &["b", "y"]),
            ("c", &["m"]),
        ])
        .unwrap();
        assert_eq!(names(&graph, graph.main()), "good a b m c");
        let (b, m) = (3, 5);
        let sides = graph.sides(m, b);
        assert_eq!(sides.len(), 1);
        assert_eq!(names(&graph, &sides[0]), "a x y");
        assert_eq!(*graph.added(m, b), [2, 4, 5]);
        assert!(graph.sides(b, 1).is_empty());
    }

    #[test]
    fn the_main_line_leads_to_the_good_revision() {
        // The good revision is on what was merged.
        let graph = graph(&[("a", &["old"]), ("x", &["good"]), ("m", &["a", "x"])]).unwrap();
        assert_eq!(names(&graph, graph.main()), "good x m");
        let sides = graph.sides(3, 2);
        assert_eq!(names(&graph, &sides[0]), "old a");
        assert_eq!(graph.commits(), 3);
        assert!(super::Graph::new("good", &[("a".into(), vec!["old".into()])]).is_none());
    }
}
