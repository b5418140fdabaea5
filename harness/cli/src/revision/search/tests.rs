//! Random histories: what the search finds is compared with what was planted.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::Rng as _;
use proptest::test_runner::TestRng;

use super::*;

/// A history whose outputs are the sums of what its commits add.
struct History {
    graph: Graph,
    /// What each commit adds to the output.
    added: Vec<i64>,
    outputs: Vec<i64>,
    ancestors: Vec<BTreeSet<Node>>,
    unbuildable: BTreeSet<Node>,
    unsteady: BTreeSet<Node>,
}

/// What histories are made of.
#[derive(Clone, Copy, Debug)]
struct Shape {
    commits: usize,
    /// Percentages of commits.
    merges: u32,
    moves: u32,
    reverts: u32,
    unbuildable: u32,
}

impl History {
    fn random(shape: Shape, rng: &mut TestRng) -> Self {
        let mut chance = |percent: u32| rng.next_u32() % 100 < percent;
        let mut parents: Vec<Vec<Node>> = vec![vec![]];
        let mut added = vec![0_i64];
        // Branches by their newest commits; the first is the main one.
        let mut heads: Vec<Node> = vec![0];
        let mut applied: Vec<Vec<i64>> = vec![vec![]];
        for node in 1..=shape.commits {
            let is_last = node == shape.commits;
            let mut own = 0;
            let branch = if is_last {
                0
            } else {
                node * 7919 % heads.len()
            };
            let mut of = vec![heads[branch]];
            let merged = (heads.len() > 1 && chance(shape.merges)).then(|| heads.len() - 1);
            if let Some(merged) = merged.filter(|&merged| merged != branch) {
                of.push(heads[merged]);
                heads.remove(merged);
            } else if chance(shape.moves) {
                // No two sums are equal by chance.
                own = (node as i64) << 32 | i64::from(node % 3 == 0) | (node * node) as i64;
                if chance(shape.reverts)
                    && let Some(&last) = applied[branch].last()
                {
                    own = -last;
                }
            }
            let branch = branch.min(heads.len() - 1);
            if own != 0 {
                applied[branch].push(own);
            }
            parents.push(of);
            added.push(own);
            if !is_last && heads.len() < 5 && chance(shape.merges) {
                // The branch goes on without this commit.
                heads.push(node);
                applied.push(Vec::new());
            } else {
                heads[branch] = node;
            }
        }
        Self::of(&parents, &added, shape.unbuildable, &mut chance)
    }

    fn of(
        parents: &[Vec<Node>],
        added: &[i64],
        unbuildable: u32,
        chance: &mut impl FnMut(u32) -> bool,
    ) -> Self {
        // Only what leads to the last commit is between the revisions.
        let mut ancestors: Vec<BTreeSet<Node>> = Vec::new();
        for (node, of) in parents.iter().enumerate() {
            let mut all: BTreeSet<Node> = of.iter().flat_map(|&of| ancestors[of].clone()).collect();
            all.insert(node);
            ancestors.push(all);
        }
        let kept: Vec<Node> = ancestors.last().unwrap().iter().copied().collect();
        let at: BTreeMap<Node, Node> = kept
            .iter()
            .enumerate()
            .map(|(at, &node)| (node, at))
            .collect();
        let id = |node: &Node| node.to_string();
        let commits: Vec<_> = kept[1..]
            .iter()
            .map(|node| (id(node), parents[*node].iter().map(id).collect()))
            .collect();
        let ancestors: Vec<BTreeSet<Node>> = kept
            .iter()
            .map(|node| ancestors[*node].iter().map(|node| at[node]).collect())
            .collect();
        let added: Vec<i64> = kept.iter().map(|&node| added[node]).collect();
        let sum = |nodes: &BTreeSet<Node>| nodes.iter().map(|&node| added[node]).sum();
        let outputs = ancestors.iter().map(sum).collect();
        let last = kept.len() - 1;
        Self {
            graph: Graph::new("0", &commits).unwrap(),
            unbuildable: (1..last).filter(|_| chance(unbuildable)).collect(),
            unsteady: BTreeSet::new(),
            added,
            outputs,
            ancestors,
        }
    }

    fn planted(&self) -> BTreeSet<Node> {
        (1..self.added.len())
            .filter(|&node| self.added[node] != 0)
            .collect()
    }

    /// Searches to the end; what was found, what was learned, and how many runs that took.
    fn searched(&self, all: bool) -> (Found, Known, usize) {
        let mut known = Known::default();
        let mut values: Vec<i64> = Vec::new();
        let mut runs = 0;
        loop {
            let found = search(&self.graph, &known, all);
            let Some(&want) = found.wanted.first() else {
                return (found, known, runs);
            };
            let node = want.node();
            if self.unbuildable.contains(&node) {
                known.seen.insert(node, Seen::Unbuildable);
                continue;
            }
            runs += 1;
            if self.unsteady.contains(&node) {
                if matches!(want, Want::Again(_)) {
                    known.seen.insert(node, Seen::Unsteady);
                    continue;
                }
                values.push(i64::MIN + runs as i64);
            } else if !values.contains(&self.outputs[node]) {
                values.push(self.outputs[node]);
            }
            let is_new = self.unsteady.contains(&node);
            let value = if is_new {
                values.len() - 1
            } else {
                values
                    .iter()
                    .position(|&value| value == self.outputs[node])
                    .unwrap()
            };
            known.seen.insert(node, Seen::Output(value));
            *known.runs.entry(value).or_default() += 1;
            assert!(runs < 10_000, "the search does not end");
        }
    }

    /// The most runs that a search for so many moves may take.
    fn bound(&self, moves: usize) -> usize {
        let commits = self.graph.commits();
        let log = commits.next_power_of_two().trailing_zeros() as usize;
        2 * moves * log + 2
    }
}

fn rng(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &bytes)
}

const SHAPE: Shape = Shape {
    commits: 60,
    merges: 20,
    moves: 8,
    reverts: 0,
    unbuildable: 0,
};

#[test]
fn every_move_is_found_within_the_bound() {
    for seed in 0..1500 {
        let commits = 2 + (seed as usize * 31) % 250;
        let moves = 1 + (seed % 7) as u32;
        let history = History::random(
            Shape {
                commits,
                moves,
                ..SHAPE
            },
            &mut rng(seed),
        );
        let (found, _, runs) = history.searched(false);
        let planted = history.planted();
        let moves: BTreeSet<Node> = found.moves.keys().copied().collect();
        assert_eq!(moves, planted, "seed {seed}");
        assert!(found.ranges.is_empty(), "seed {seed}");
        let bound = history.bound(planted.len());
        assert!(runs <= bound, "seed {seed}: {runs} runs, {bound} allowed");
    }
}

#[test]
fn one_move_among_many_commits_takes_few_runs() {
    for seed in 0..200 {
        let shape = Shape {
            commits: 300,
            moves: 0,
            merges: 5,
            ..SHAPE
        };
        let mut history = History::random(shape, &mut rng(seed));
        let last = history.added.len();
        history.added[1 + (seed as usize * 7919) % (last - 1)] = 1;
        let added = &history.added;
        let sum = |nodes: &BTreeSet<Node>| nodes.iter().map(|&node| added[node]).sum();
        history.outputs = history.ancestors.iter().map(sum).collect();
        let (found, _, runs) = history.searched(false);
        let moves: BTreeSet<Node> = found.moves.keys().copied().collect();
        assert_eq!(moves, history.planted(), "seed {seed}");
        assert!(runs <= history.bound(1), "seed {seed}: {runs} runs");
    }
}

#[test]
fn every_move_is_found_if_every_commit_is_examined() {
    for seed in 0..800 {
        let shape = Shape {
            reverts: 40,
            ..SHAPE
        };
        let history = History::random(shape, &mut rng(seed));
        let (found, known, runs) = history.searched(true);
        let moves: BTreeSet<Node> = found.moves.keys().copied().collect();
        assert_eq!(moves, history.planted(), "seed {seed}");
        let commits = history.graph.commits() + 1;
        assert_eq!(known.seen.len(), commits);
        // An output that no second commit has is made sure of.
        let repeated = runs - commits;
        assert!(repeated <= known.runs.len(), "seed {seed}: {repeated}");
    }
}

/// On a line, a move that is not found lies between two commits that were examined and are equal.
#[test]
fn only_moves_that_cancel_are_missed() {
    let mut missed = 0;
    for seed in 0..800 {
        let shape = Shape {
            merges: 0,
            moves: 10,
            reverts: 50,
            ..SHAPE
        };
        let history = History::random(shape, &mut rng(seed));
        let (found, known, _) = history.searched(false);
        let planted = history.planted();
        for node in found.moves.keys() {
            assert!(planted.contains(node), "seed {seed}");
        }
        for node in planted
            .iter()
            .filter(|node| !found.moves.contains_key(node))
        {
            let before = known.seen.range(..node).next_back().unwrap();
            let after = known.seen.range(node..).next().unwrap();
            assert_eq!(before.1, after.1, "seed {seed}");
            missed += 1;
        }
    }
    assert!(missed > 100, "moves cancel in these histories");
}

#[test]
fn commits_that_cannot_be_built_leave_ranges() {
    let mut ranges = 0;
    for seed in 0..1500 {
        let shape = Shape {
            unbuildable: 5 + (seed % 40) as u32,
            ..SHAPE
        };
        let history = History::random(shape, &mut rng(seed));
        for all in [false, true] {
            let (found, _, runs) = history.searched(all);
            let planted = history.planted();
            let candidates = |&(after, up_to): &(Node, Node)| -> BTreeSet<Node> {
                let (had, has) = (&history.ancestors[after], &history.ancestors[up_to]);
                has.difference(had).copied().collect()
            };
            let in_ranges: BTreeSet<Node> = found.ranges.iter().flat_map(candidates).collect();
            for (&node, &before) in &found.moves {
                assert!(planted.contains(&node), "seed {seed}: {node} did not move");
                assert_ne!(history.outputs[node], history.outputs[before]);
            }
            for node in &planted {
                let is_found = found.moves.contains_key(node) || in_ranges.contains(node);
                assert!(is_found, "seed {seed}: {node} is missed");
            }
            for range in &found.ranges {
                assert!(!candidates(range).is_disjoint(&planted), "seed {seed}");
            }
            ranges += found.ranges.len();
            let moves = found.moves.len() + found.ranges.len();
            assert!(
                all || runs <= history.bound(moves + 1),
                "seed {seed}: {runs}"
            );
        }
    }
    assert!(ranges > 100, "there are ranges in these histories");
}

#[test]
fn on_a_line_ranges_are_as_narrow_as_can_be() {
    for seed in 0..800 {
        let shape = Shape {
            merges: 0,
            moves: 6,
            unbuildable: 30,
            ..SHAPE
        };
        let history = History::random(shape, &mut rng(seed));
        let built: Vec<Node> = (0..history.added.len())
            .filter(|node| !history.unbuildable.contains(node))
            .collect();
        let (found, _, _) = history.searched(false);
        let mut expected = Found::default();
        for pair in built.windows(2) {
            if history.outputs[pair[0]] == history.outputs[pair[1]] {
                continue;
            }
            if pair[1] == pair[0] + 1 {
                expected.moves.insert(pair[1], pair[0]);
            } else {
                expected.ranges.insert((pair[0], pair[1]));
            }
        }
        assert_eq!(found.moves, expected.moves, "seed {seed}");
        assert_eq!(found.ranges, expected.ranges, "seed {seed}");
    }
}

#[test]
fn what_differs_from_itself_is_not_a_move() {
    for seed in 0..800 {
        let mut history = History::random(Shape { moves: 5, ..SHAPE }, &mut rng(seed));
        // From some commit on, every output is new.
        let from = 1 + (seed as usize * 31) % history.added.len();
        history.unsteady = (0..history.added.len())
            .filter(|&node| history.ancestors[node].contains(&from))
            .collect();
        let (found, known, runs) = history.searched(false);
        let planted = history.planted();
        for (node, before) in &found.moves {
            assert!(planted.contains(node), "seed {seed}: {node} did not move");
            for node in [node, before] {
                assert!(!history.unsteady.contains(node), "seed {seed}");
            }
        }
        let unsteady = known
            .seen
            .values()
            .filter(|seen| **seen == Seen::Unsteady)
            .count();
        assert!(from == history.added.len() || unsteady > 0, "seed {seed}");
        assert!(
            runs <= 2 * history.bound(planted.len() + 2),
            "seed {seed}: {runs}"
        );
    }
}
