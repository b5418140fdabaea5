//! Finds cycles in a graph of windows, without recursion: a chain of windows may be long.

/// Cycles of a graph, each as its vertices in order from the least one on. No vertex is in two of
/// them; every vertex from which a cycle can be reached is left out of `order`.
///
/// `edges[v]` are the vertices that vertex v leads to. 0 → 1 → 2 → 1 has the cycle 1, 2.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Found {
    pub(in super::super) cycles: Vec<Vec<usize>>,
    /// The vertices that lead to no cycle, each after all those that it leads to.
    pub(in super::super) order: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    /// On the path from the start.
    Open,
    /// No cycle can be reached.
    Good,
    /// A cycle can be reached.
    Bad,
}

/// A vertex of the path from the start.
struct Step {
    vertex: usize,
    /// Number of its edges that were followed.
    followed: usize,
    /// Whether one of them led to a cycle.
    is_bad: bool,
    /// The last place on the path, up to this one, of a vertex that is in a cycle that was found.
    last_in_cycle: Option<usize>,
}

/// Walks the graph from each vertex in turn.
pub(in super::super) fn cycles(edges: &[Vec<usize>]) -> Found {
    let mut walk = Walk {
        states: vec![State::New; edges.len()],
        places: vec![0; edges.len()],
        path: Vec::new(),
        found: Found::default(),
    };
    for start in 0..edges.len() {
        if walk.states[start] == State::New {
            walk.enter(start);
        }
        while let Some(step) = walk.path.last_mut() {
            let Some(&next) = edges[step.vertex].get(step.followed) else {
                walk.leave();
                continue;
            };
            step.followed += 1;
            match walk.states[next] {
                State::New => walk.enter(next),
                State::Good => {}
                State::Bad => step.is_bad = true,
                State::Open => walk.close_cycle(next),
            }
        }
    }
    walk.found.cycles.sort();
    walk.found
}

struct Walk {
    states: Vec<State>,
    /// The place of each open vertex on the path.
    places: Vec<usize>,
    path: Vec<Step>,
    found: Found,
}

impl Walk {
    fn enter(&mut self, vertex: usize) {
        self.states[vertex] = State::Open;
        self.places[vertex] = self.path.len();
        self.path.push(Step {
            vertex,
            followed: 0,
            is_bad: false,
            last_in_cycle: self.path.last().and_then(|step| step.last_in_cycle),
        });
    }

    fn leave(&mut self) {
        let step = self.path.pop().expect("the path is left at its end");
        if step.is_bad {
            self.states[step.vertex] = State::Bad;
        } else {
            self.states[step.vertex] = State::Good;
            self.found.order.push(step.vertex);
        }
        if let Some(before) = self.path.last_mut() {
            before.is_bad |= step.is_bad;
        }
    }

    /// The end of the path leads to an open vertex. The cycle is kept if it shares no vertex with
    /// another on this path.
    fn close_cycle(&mut self, next: usize) {
        let from = self.places[next];
        let last = self
            .path
            .last_mut()
            .expect("an edge leaves the end of the path");
        last.is_bad = true;
        if last.last_in_cycle.is_some_and(|place| place >= from) {
            return;
        }
        let mut cycle = Vec::new();
        for (place, step) in self.path.iter_mut().enumerate().skip(from) {
            step.last_in_cycle = Some(place);
            cycle.push(step.vertex);
        }
        self.found.cycles.push(from_least(cycle));
    }
}

fn from_least(mut cycle: Vec<usize>) -> Vec<usize> {
    let least = (0..cycle.len()).min_by_key(|at| cycle[*at]);
    cycle.rotate_left(least.expect("a cycle has a vertex"));
    cycle
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a vertex can be reached from another by at least one edge, by brute force.
    fn reaches(edges: &[Vec<usize>], from: usize, to: usize) -> bool {
        let mut reached = vec![false; edges.len()];
        for _ in 0..=edges.len() {
            for vertex in 0..edges.len() {
                if vertex == from || reached[vertex] {
                    edges[vertex].iter().for_each(|next| reached[*next] = true);
                }
            }
        }
        reached[to]
    }

    /// Every graph of three vertices, and many of five.
    fn graphs() -> Vec<Vec<Vec<usize>>> {
        let graph = |count: usize, bits: u64| -> Vec<Vec<usize>> {
            let has = |from: usize, to: usize| bits >> (from * count + to) & 1 == 1;
            let leads_to = |from| (0..count).filter(|to| has(from, *to)).collect();
            (0..count).map(leads_to).collect()
        };
        let small = (0..1 << 9).map(|bits| graph(3, bits));
        // Multiples of an odd number spread over all sets of edges.
        let large = (0..4000_u64).map(|number| {
            let bits = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            graph(5, bits & (bits >> 25) & ((1 << 25) - 1))
        });
        small.chain(large).collect()
    }

    #[test]
    fn cycles_are_those_that_brute_force_finds() {
        for edges in graphs() {
            let found = cycles(&edges);
            let on_cycle: Vec<usize> = (0..edges.len())
                .filter(|&vertex| reaches(&edges, vertex, vertex))
                .collect();
            assert_eq!(found.cycles.is_empty(), on_cycle.is_empty(), "{edges:?}");
            let mut seen = vec![false; edges.len()];
            for cycle in &found.cycles {
                for (at, vertex) in cycle.iter().enumerate() {
                    let next = cycle[(at + 1) % cycle.len()];
                    assert!(edges[*vertex].contains(&next), "{edges:?} {cycle:?}");
                    assert!(!std::mem::replace(&mut seen[*vertex], true), "{edges:?}");
                }
            }
            let mut good: Vec<usize> = (0..edges.len())
                .filter(|&vertex| {
                    on_cycle
                        .iter()
                        .all(|&bad| bad != vertex && !reaches(&edges, vertex, bad))
                })
                .collect();
            let place = |vertex| found.order.iter().position(|other| *other == vertex);
            for &vertex in &good {
                assert!(
                    edges[vertex]
                        .iter()
                        .all(|next| place(*next) < place(vertex))
                );
            }
            let mut order = found.order.clone();
            order.sort_unstable();
            good.sort_unstable();
            assert_eq!(order, good, "{edges:?}");
        }
    }

    #[test]
    fn a_long_chain_is_walked() {
        let mut edges: Vec<Vec<usize>> = (1..100_000).map(|next| vec![next]).collect();
        edges.push(vec![]);
        assert_eq!(cycles(&edges).order.len(), 100_000);
        edges.push(vec![5]);
        edges[99_999] = vec![0];
        let found = cycles(&edges);
        assert_eq!((found.cycles.len(), found.cycles[0].len()), (1, 100_000));
    }
}
