//! Walks over random graphs, held against what a plain search of the whole graph finds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;

use aether_diff::{Json, Path};
use proptest::prelude::*;

use crate::{CauseKind, Extent, Lineage, Origin, Why, WhyError, WhyOptions, why};

/// A graph of places that differ or do not. There are circles in it, but only within a layer.
#[derive(Clone, Debug)]
struct Graph {
    differs: Vec<bool>,
    origins: Vec<Origin>,
    layers: Vec<u64>,
    /// By place, what it was computed from.
    on: Vec<Vec<usize>>,
    /// Whether places have numbers, but for every third.
    has_numbers: bool,
}

impl Graph {
    fn on(&self, place: usize) -> BTreeSet<usize> {
        let on = self.on[place].iter().copied();
        on.filter(|&on| self.differs[on]).collect()
    }

    fn is_needed(place: usize, on: usize) -> bool {
        !(place * 7 + on * 13).is_multiple_of(3)
    }

    fn cause(&self, place: usize) -> Option<CauseKind> {
        match self.origins[place] {
            Origin::Input => Some(CauseKind::Input),
            Origin::Unknown => Some(CauseKind::Unknown),
            Origin::Computed { rule_changed } => {
                (rule_changed || self.on(place).is_empty()).then_some(CauseKind::Rule)
            }
        }
    }

    /// The distances of all places that a place leads to.
    fn reached(&self, from: usize) -> BTreeMap<usize, usize> {
        let mut distances = BTreeMap::from([(from, 0)]);
        let mut queue = VecDeque::from([from]);
        while let Some(place) = queue.pop_front() {
            let distance = distances[&place] + 1;
            for on in self.on(place) {
                distances.entry(on).or_insert_with(|| {
                    queue.push_back(on);
                    distance
                });
            }
        }
        distances
    }

    /// The rule of a place: two places in three share theirs with others.
    fn rule(place: usize) -> Path {
        Path::of("rule").field(&format!("r{}", place % 5))
    }
}

impl Lineage for Graph {
    type Place = usize;
    type Error = Infallible;

    fn depends(&mut self, place: &usize, differing: &mut Vec<usize>) -> Result<Origin, Infallible> {
        differing.extend(self.on[*place].iter().filter(|&&on| self.differs[on]));
        Ok(self.origins[*place])
    }

    fn needed(&mut self, place: &usize, on: &usize) -> Result<bool, Infallible> {
        Ok(Self::is_needed(*place, *on))
    }

    fn values(&mut self, place: &usize) -> Result<[Option<Json>; 2], Infallible> {
        let new = if self.differs[*place] { 1 } else { 0_u64 };
        Ok([Some(Json::from(0_u64)), Some(Json::from(new))])
    }

    fn path(&self, place: &usize) -> Path {
        Path::of("p").index(*place)
    }

    fn rule(&self, place: &usize) -> Path {
        Self::rule(*place)
    }

    fn located(&self, place: &usize) -> (u64, Option<u32>) {
        let has_number = self.has_numbers && !place.is_multiple_of(3);
        let number = has_number.then(|| u32::try_from(*place).expect("graphs are small"));
        (self.layers[*place], number)
    }

    fn numbered(&self, layer: u64, number: u32) -> Option<usize> {
        let place = number as usize;
        (self.layers[place] == layer).then_some(place)
    }
}

fn graphs(max: usize) -> impl Strategy<Value = Graph> {
    let place = (
        prop::bool::weighted(0.9),
        0..20_u8,
        0..4_u64,
        prop::collection::vec(any::<prop::sample::Index>(), 0..5),
    );
    prop::collection::vec(place, 1..max).prop_map(|places| {
        let count = places.len();
        let layers: Vec<u64> = places.iter().map(|place| place.2).collect();
        let on = (0..count).map(|at| {
            let on = places[at].3.iter().map(|index| index.index(count));
            on.filter(|&on| layers[on] <= layers[at]).collect()
        });
        let on: Vec<Vec<usize>> = on.collect();
        let origins = places.iter().zip(&on).map(|(place, on)| match place.1 {
            _ if on.is_empty() => Origin::Input,
            0 => Origin::Unknown,
            n => Origin::Computed {
                rule_changed: n == 1,
            },
        });
        Graph {
            differs: places.iter().map(|place| place.0).collect(),
            origins: origins.collect(),
            // An input does not depend on anything.
            layers: layers.clone(),
            on,
            has_numbers: false,
        }
    })
}

fn place_of(path: &Path) -> usize {
    let text = path.to_string();
    let number = text.trim_start_matches("p[").trim_end_matches(']');
    number.parse().expect("a place of the graph")
}

/// Checks everything that is said of a start.
fn check(graph: &Graph, start: usize, limit: usize) {
    let mut options = WhyOptions::default().with_limit(limit);
    // One word for each set of causes: the trail is read once for 64 causes.
    options.sets_bytes = 0;
    let found = why(&mut graph.clone(), "graph", &start, &options);
    // It is the same if places have numbers.
    let mut with_numbers = graph.clone();
    with_numbers.has_numbers = true;
    let same = why(&mut with_numbers, "graph", &start, &options);
    assert_eq!(found, same);
    if !graph.differs[start] {
        assert!(matches!(found, Err(WhyError::Same { .. })), "{found:?}");
        return;
    }
    let reached = graph.reached(start);
    let causes: BTreeMap<usize, CauseKind> = (reached.keys())
        .filter_map(|&place| Some((place, graph.cause(place)?)))
        .collect();
    let known = |kind: &CauseKind| *kind != CauseKind::Unknown;
    if causes.len() == 1 && causes.get(&start) == Some(&CauseKind::Unknown) {
        assert!(matches!(found, Err(WhyError::Unknown { .. })), "{found:?}");
        return;
    }
    let Ok(found) = found else {
        panic!("{found:?}");
    };
    assert_eq!(
        graph.rule_free(&found),
        graph.expected(start, &reached, &causes)
    );
    // The nodes are the nearest, and the edges all those between them.
    let nodes: Vec<usize> = found
        .nodes
        .iter()
        .map(|node| place_of(&node.path))
        .collect();
    let path: Vec<usize> = found.shortest.iter().map(|&id| nodes[id]).collect();
    let mut nearest: Vec<(usize, usize)> = reached.iter().map(|(p, d)| (*d, *p)).collect();
    nearest.sort_unstable();
    let mut expected: BTreeSet<(usize, usize)> = path.iter().map(|p| (reached[p], *p)).collect();
    for place in nearest {
        if expected.len() < limit {
            expected.insert(place);
        }
    }
    let expected: Vec<usize> = expected.into_iter().map(|(_, place)| place).collect();
    assert_eq!(nodes, expected);
    assert_eq!(found.left_out, Some((reached.len() - nodes.len()) as u64));
    let mut edges = Vec::new();
    for (id, &node) in nodes.iter().enumerate() {
        for on in graph.on(node) {
            let lower = nodes.iter().position(|&node| node == on);
            edges.extend(lower.map(|lower| [id, lower]));
        }
    }
    edges.sort_unstable();
    assert_eq!(found.edges, edges);
    edges.retain(|[id, lower]| !Graph::is_needed(nodes[*id], nodes[*lower]));
    assert_eq!(found.may, edges);
    for node in &found.nodes {
        let is_may = edges.iter().any(|[_, lower]| *lower == node.id);
        assert_eq!(node.may, is_may);
    }
    // The path is one of the graph, as short as any, and ends at the nearest cause.
    assert_eq!(path[0], start);
    assert!(
        path.windows(2)
            .all(|step| graph.on(step[0]).contains(&step[1]))
    );
    let ends = causes.iter().filter(|(_, kind)| known(kind));
    let end = ends.map(|(place, _)| (reached[place], *place)).min();
    let end = end.or_else(|| causes.keys().map(|place| (reached[place], *place)).min());
    let (distance, end) = end.unwrap_or((0, start));
    assert_eq!((path.len() - 1, path[path.len() - 1]), (distance, end));
    // A search that stops at the first cause finds the same path.
    let mut options = WhyOptions::default().with_extent(Extent::Nearest);
    let near = why(&mut graph.clone(), "graph", &start, &options).expect("it was found before");
    // So does one that may look at few places by their distance.
    options.near_max = limit;
    let by_layers =
        why(&mut graph.clone(), "graph", &start, &options).expect("it was found before");
    assert_eq!(near, by_layers);
    let near: Vec<usize> = near.nodes.iter().map(|node| place_of(&node.path)).collect();
    assert_eq!(near, path);
}

/// The causes with what they explain: an input by its place, a rule by its name.
type Causes = BTreeMap<(CauseKind, String), u64>;

impl Graph {
    fn rule_free(&self, found: &Why) -> Causes {
        let cause = |cause: &crate::WhyCause| {
            let path = cause.path.to_string();
            ((cause.kind, path), cause.explains.expect("it was counted"))
        };
        assert_eq!(self.differs.len(), self.on.len());
        found.causes.iter().map(cause).collect()
    }

    fn expected(
        &self,
        start: usize,
        reached: &BTreeMap<usize, usize>,
        causes: &BTreeMap<usize, CauseKind>,
    ) -> Causes {
        assert_eq!(reached.get(&start), Some(&0));
        let mut explained: BTreeMap<(CauseKind, String), BTreeSet<usize>> = BTreeMap::new();
        for (&cause, &kind) in causes {
            let name = match kind {
                CauseKind::Input => format!("p[{cause}]"),
                _ => Self::rule(cause).to_string(),
            };
            let is_computed = |place: &&usize| self.origins[**place] != Origin::Input;
            let leads = |place: &&usize| self.reached(**place).contains_key(&cause);
            let places = reached.keys().filter(is_computed).filter(leads).copied();
            explained.entry((kind, name)).or_default().extend(places);
        }
        let count = |(cause, places): (_, BTreeSet<usize>)| (cause, places.len() as u64);
        explained.into_iter().map(count).collect()
    }
}

proptest! {
    #[test]
    fn a_slice_is_what_a_search_of_the_whole_graph_finds(
        graph in graphs(40),
        start in any::<prop::sample::Index>(),
        limit in 1..45_usize,
    ) {
        check(&graph, start.index(graph.differs.len()), limit);
    }
}

/// Every value here is of unknown origin: the start is reported as such only if there is none below it.
#[test]
fn a_start_is_unknown_only_if_nothing_else_is() {
    for count in 1..=8 {
        let graph = Graph {
            differs: vec![true; count],
            origins: vec![Origin::Unknown; count],
            layers: vec![0; count],
            on: (1..=count)
                .map(|at| (at < count).then_some(at).into_iter().collect())
                .collect(),
            has_numbers: false,
        };
        for limit in [1, 10] {
            check(&graph, 0, limit);
        }
    }
}

/// A place that many inputs lead to, of which each explains two values.
#[test]
fn hundreds_of_causes_are_counted() {
    let inputs = 300;
    let mut graph = Graph {
        differs: vec![true; 2 * inputs + 1],
        origins: vec![Origin::Input; inputs],
        layers: vec![0; inputs],
        on: vec![Vec::new(); inputs],
        has_numbers: false,
    };
    for at in 0..=inputs {
        graph.origins.push(Origin::Computed {
            rule_changed: false,
        });
        graph.layers.push(1 + u64::from(at == inputs));
        graph.on.push(vec![at]);
    }
    graph.on[2 * inputs] = (inputs..2 * inputs).collect();
    check(&graph, 2 * inputs, 10_000);
}

/// A path of 100,000 steps in one layer, and in as many of them.
#[test]
fn long_paths_need_no_stack() {
    let count = 100_000_usize;
    for has_layers in [false, true] {
        let layers: Vec<u64> = (0..count as u64).collect();
        let mut graph = Graph {
            differs: vec![true; count],
            origins: vec![
                Origin::Computed {
                    rule_changed: false
                };
                count
            ],
            layers: if has_layers { layers } else { vec![0; count] },
            on: (0..count)
                .map(|at| at.checked_sub(1).into_iter().collect())
                .collect(),
            has_numbers: false,
        };
        graph.origins[0] = Origin::Input;
        let options = WhyOptions::default().with_limit(10);
        let found = why(&mut graph, "graph", &(count - 1), &options).expect("it differs");
        assert_eq!(found.shortest.len(), count);
        assert_eq!(found.causes[0].explains, Some(count as u64 - 1));
    }
}
