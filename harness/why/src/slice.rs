//! Everything that a value was computed from and that differs.
//!
//! ```text
//! layer 3   a ── b          places by distance; what lower layers hold waits for its turn
//!           │    │
//! layer 2   c    │
//!            \   │
//! layer 1     d ─┘ ── inputs
//! ```
//!
//! The walk goes through the layers from the highest down, and through each in the order of distances. It holds the
//! places of one layer and those of lower ones that were named; the rest is on the [trail](crate::trail), and the
//! nearest places are kept for the result.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::io;
use std::rc::Rc;

use aether_diff::{Json, Path};

use crate::explained::{Explained, Step, explain};
use crate::found::{CauseKind, Why, WhyCause, WhyNode};
use crate::lineage::{Lineage, Origin};
use crate::nearest::{self, cause};
use crate::places::{Key, Known, Layer, number_of};
use crate::trail::{Blocks, Parent, Trail};

/// How many nodes a [`Why`] has at most, if nothing else is asked for.
pub const LIMIT: usize = 20_000;

/// How much to look for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// The shortest path to a cause. Nothing is counted, and if the cause is near, nothing further away is looked
    /// at.
    Nearest,
    /// All values and all causes.
    #[default]
    Whole,
}

/// Options of [`why`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WhyOptions {
    /// How many nodes are returned at most, the nearest ones. The shortest path is whole, even if it is longer.
    pub limit: usize,
    /// How much to look for.
    pub extent: Extent,
    /// How many bytes the sets of causes may take together.
    pub(crate) sets_bytes: usize,
    /// How many places are looked at by their distance in search of the nearest cause. They are in many layers; if there are
    /// more, going through one layer after the other takes less time and memory.
    pub(crate) near_max: usize,
}

impl Default for WhyOptions {
    fn default() -> Self {
        Self {
            limit: LIMIT,
            extent: Extent::Whole,
            sets_bytes: 64 << 20,
            near_max: 1 << 17,
        }
    }
}

impl WhyOptions {
    /// The same with another limit.
    #[must_use]
    pub fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// The same with another extent.
    #[must_use]
    pub fn with_extent(mut self, extent: Extent) -> Self {
        self.extent = extent;
        self
    }
}

/// Why there is nothing to say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WhyError<E> {
    /// The value is the same in both runs.
    #[error("{at} does not differ: {}", value.as_ref().map_or("neither run has it", Json::as_str))]
    Same {
        /// The place asked for.
        at: Path,
        /// Its value; `None` if neither run has one.
        value: Option<Json>,
    },
    /// The program does not say what the value was computed from.
    #[error("it is not declared what {at} is computed from")]
    Unknown {
        /// The place asked for.
        at: Path,
    },
    /// A run cannot be read.
    #[error(transparent)]
    Lineage(E),
    /// The trail cannot be written or read.
    #[error("the trail of the walk: {0}")]
    Trail(String),
}

/// Says how the value at a place came to differ, with the trail in memory.
///
/// # Errors
/// It does not differ; nothing is known of where it comes from; a run cannot be read.
///
/// # Panics
/// A value depends on one of a [higher layer](Lineage::located).
pub fn why<L: Lineage>(
    lineage: &mut L,
    name: &str,
    at: &L::Place,
    options: &WhyOptions,
) -> Result<Why, WhyError<L::Error>> {
    let mut trail = io::Cursor::new(Vec::new());
    why_with_trail(lineage, name, at, options, &mut trail)
}

/// The same, with the trail elsewhere: a few bytes for each step of the slice.
///
/// # Errors
/// As [`why`]; and the trail cannot be written or read.
///
/// # Panics
/// As [`why`].
pub fn why_with_trail<L: Lineage>(
    lineage: &mut L,
    name: &str,
    at: &L::Place,
    options: &WhyOptions,
    trail: &mut dyn Trail,
) -> Result<Why, WhyError<L::Error>> {
    let [before, after] = lineage.values(at).map_err(WhyError::Lineage)?;
    if before == after {
        return Err(WhyError::Same {
            at: lineage.path(at),
            value: before,
        });
    }
    let found = match options.extent {
        Extent::Whole => Slice::new(lineage, trail, options).walk(at)?,
        Extent::Nearest => {
            let nearest = nearest::nearest(lineage, at, options.near_max);
            match nearest.map_err(WhyError::Lineage)? {
                Some(nearest) => Found::nearest(nearest),
                None => Slice::new(lineage, trail, options).walk(at)?,
            }
        }
    };
    // Causes that nobody declared come last.
    if let ([place], [Cause { kind, .. }, ..]) = (&found.shortest[..], &found.causes[..])
        && *kind == CauseKind::Unknown
        && found.unknown == 1
    {
        return Err(WhyError::Unknown {
            at: lineage.path(place),
        });
    }
    let result = found.result(lineage, name).map_err(WhyError::Lineage)?;
    Ok(Why {
        at: lineage.path(at),
        before,
        after,
        ..result
    })
}

/// A place in which a difference came in.
pub(crate) struct Cause<P> {
    kind: CauseKind,
    distance: u32,
    /// For a rule, the nearest value that it made.
    place: P,
    key: Key,
    explains: Option<u64>,
}

/// What a walk found, as places.
struct Found<P> {
    causes: Vec<Cause<P>>,
    /// The places that are kept, nearest first.
    nodes: Vec<P>,
    shortest: Vec<P>,
    left_out: Option<u64>,
    /// How many places were met of which the program does not say where they come from.
    unknown: u64,
}

/// A walk.
struct Slice<'w, L: Lineage> {
    lineage: &'w mut L,
    blocks: Blocks<'w>,
    extent: Extent,
    /// How many places are returned at most, beside those of the shortest path.
    limit: usize,
    sets_bytes: usize,
    /// By layer, the places that were named and have not had their turn.
    waiting: BTreeMap<u64, Layer<L::Place>>,
    /// The nearest places so far.
    kept: BinaryHeap<(u32, L::Place)>,
    causes: Vec<Cause<L::Place>>,
    /// The causes that are rules, by name.
    rules: BTreeMap<(CauseKind, Path), usize>,
    count: u64,
    /// How many of the places the program does not say the origin of.
    unknown: u64,
    /// The largest number of places that were held at once.
    held_max: usize,
}

impl<'w, L: Lineage> Slice<'w, L> {
    fn new(lineage: &'w mut L, trail: &'w mut dyn Trail, options: &WhyOptions) -> Self {
        Self {
            lineage,
            blocks: Blocks::new(trail, options.extent == Extent::Whole),
            extent: options.extent,
            limit: match options.extent {
                Extent::Nearest => 0,
                Extent::Whole => options.limit,
            },
            sets_bytes: options.sets_bytes,
            waiting: BTreeMap::new(),
            kept: BinaryHeap::new(),
            causes: Vec::new(),
            rules: BTreeMap::new(),
            count: 0,
            unknown: 0,
            held_max: 0,
        }
    }

    fn walk(mut self, start: &L::Place) -> Result<Found<L::Place>, WhyError<L::Error>> {
        let (number, start_number) = self.lineage.located(start);
        let mut layer = Layer::new(number);
        layer.name(start, start_number, 0, &Known::start(), |_, _| false);
        self.waiting.insert(number, layer);
        while let Some((number, mut layer)) = self.waiting.pop_last() {
            self.layer(number, &mut layer).map_err(WhyError::Lineage)?;
            let closed = self.blocks.close(number, layer.named_in);
            closed.map_err(|error| trail_error(&error))?;
        }
        self.finish(start)
    }

    /// Visits the places of a layer, nearest first.
    fn layer(&mut self, number: u64, places: &mut Layer<L::Place>) -> Result<(), L::Error> {
        let mut turns: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for &slot in places.named() {
            let distance = places.known(slot).distance();
            turns.entry(distance).or_default().push(slot);
        }
        let mut differing = Vec::new();
        let mut on = Vec::new();
        while let Some((distance, slots)) = turns.pop_first() {
            let mut nearer = Vec::new();
            for slot in slots {
                // It may have been reached from nearer since.
                if places.known(slot).distance() == distance {
                    let value = Key {
                        layer: number,
                        slot,
                    };
                    self.visit(value, places, &mut differing, &mut on, &mut nearer)?;
                }
            }
            if !nearer.is_empty() {
                turns.entry(distance + 1).or_default().append(&mut nearer);
            }
        }
        let waiting: usize = self.waiting.values().map(|layer| layer.named().len()).sum();
        self.held_max = self.held_max.max(places.named().len() + waiting);
        Ok(())
    }

    /// Visits a place, and names what it was computed from. Places of its layer that are nearer than they were known to be
    /// are added to `nearer`. The two lists between are room to work in.
    fn visit(
        &mut self,
        value: Key,
        places: &mut Layer<L::Place>,
        differing: &mut Vec<L::Place>,
        on: &mut Vec<Key>,
        nearer: &mut Vec<u32>,
    ) -> Result<(), L::Error> {
        let other = places.other(value.slot).cloned();
        let place = match &other {
            Some(place) => L::Place::clone(place),
            None => numbered(self.lineage, value),
        };
        let known = places.known(value.slot);
        let distance = known.distance();
        let parent = known.parent().map(|(key, _)| Parent {
            key,
            position: places.position(value.slot),
        });
        let below = known.below(value, other);
        differing.clear();
        on.clear();
        let origin = self.lineage.depends(&place, differing)?;
        sort(differing);
        let cause = cause(origin, differing.len());
        let cause = cause.map(|kind| self.cause(kind, &place, distance, value));
        for (at, dependency) in differing.iter().enumerate() {
            let (layer, number) = self.lineage.located(dependency);
            assert!(
                layer <= value.layer,
                "a value depends on its own layer and lower ones"
            );
            let is_own = layer == value.layer;
            let named = match is_own {
                true => &mut *places,
                false => {
                    let layer = self.waiting.entry(layer);
                    layer.or_insert_with(|| Layer::new(value.layer))
                }
            };
            let lineage = &*self.lineage;
            let comes_first = |new: &Known<_>, old: &Known<_>| comes_first(lineage, new, old);
            let (slot, is_nearer) = named.name(dependency, number, at, &below, comes_first);
            on.push(Key { layer, slot });
            if is_own && is_nearer {
                nearer.push(slot);
            }
        }
        let is_input = origin == Origin::Input;
        self.blocks.push(value, parent, cause, is_input, on);
        self.keep(distance, &place);
        Ok(())
    }

    fn keep(&mut self, distance: u32, place: &L::Place) {
        self.count += 1;
        let is_nearer = |(last, other): &(u32, L::Place)| (distance, place) < (*last, other);
        if self.kept.len() >= self.limit {
            if !self.kept.peek().is_some_and(is_nearer) {
                return;
            }
            self.kept.pop();
        }
        self.kept.push((distance, place.clone()));
    }

    /// The number of the cause that a place is.
    fn cause(&mut self, kind: CauseKind, place: &L::Place, distance: u32, key: Key) -> usize {
        self.unknown += u64::from(kind == CauseKind::Unknown);
        let new = Cause {
            kind,
            distance,
            place: place.clone(),
            key,
            explains: None,
        };
        if kind == CauseKind::Input {
            self.causes.push(new);
            return self.causes.len() - 1;
        }
        let rule = (kind, self.lineage.rule(place));
        let number = *self.rules.entry(rule).or_insert(self.causes.len());
        match self.causes.get_mut(number) {
            None => self.causes.push(new),
            Some(known) if (distance, place) < (known.distance, &known.place) => *known = new,
            Some(_) => {}
        }
        number
    }

    fn finish(mut self, start: &L::Place) -> Result<Found<L::Place>, WhyError<L::Error>> {
        let nearest = (0..self.causes.len()).min_by_key(|&at| self.causes[at].turn());
        let ends = nearest.map(|nearest| self.causes[nearest].key);
        let is_whole = self.extent == Extent::Whole;
        let counted = if is_whole { self.causes.len() } else { 0 };
        // As many causes at once as their sets leave room for.
        let words = self.sets_bytes / 8 / self.held_max.max(1);
        let Explained { counts, way } =
            explain(&mut self.blocks, counted, ends, words).map_err(|error| trail_error(&error))?;
        for (cause, count) in self.causes.iter_mut().zip(counts) {
            cause.explains = Some(count);
        }
        self.causes.sort_by(|a, b| a.turn().cmp(&b.turn()));
        if !is_whole {
            self.causes.truncate(1);
        }
        let shortest = self.follow(start, &way).map_err(WhyError::Lineage)?;
        let nodes = self.nodes(&shortest);
        Ok(Found {
            left_out: is_whole.then(|| self.count - nodes.len() as u64),
            causes: self.causes,
            nodes,
            shortest,
            unknown: self.unknown,
        })
    }

    /// The places on a way. Those with numbers are found by them: no run is read.
    fn follow(&mut self, start: &L::Place, way: &[Step]) -> Result<Vec<L::Place>, L::Error> {
        let mut places = vec![start.clone()];
        let mut differing = Vec::new();
        for step in way {
            let place = match number_of(step.key.slot) {
                Some(_) => numbered(self.lineage, step.key),
                None => {
                    let last = places.last().expect("it begins with the start");
                    differing.clear();
                    self.lineage.depends(last, &mut differing)?;
                    sort(&mut differing);
                    differing.swap_remove(step.position)
                }
            };
            places.push(place);
        }
        Ok(places)
    }

    /// The places that are kept, nearest first: the shortest path, and the nearest others.
    fn nodes(&mut self, shortest: &[L::Place]) -> Vec<L::Place> {
        let mut nodes: BTreeSet<_> = self.kept.drain().collect();
        let on_path: BTreeSet<(u32, L::Place)> = (0..).zip(shortest.iter().cloned()).collect();
        nodes.extend(on_path.iter().cloned());
        let mut surplus = nodes.len().saturating_sub(self.limit);
        let mut others: Vec<_> = nodes.difference(&on_path).cloned().collect();
        while let Some(other) = others.pop().filter(|_| surplus > 0) {
            nodes.remove(&other);
            surplus -= 1;
        }
        nodes.into_iter().map(|(_, place)| place).collect()
    }
}

impl<P: Ord> Cause<P> {
    /// Its turn among the causes: what nobody declared comes last.
    fn turn(&self) -> (bool, u32, &P) {
        (self.kind == CauseKind::Unknown, self.distance, &self.place)
    }
}

/// Whether the value through which a place was reached now counts, and not the one before, which is as near: it comes
/// first in the order of places.
fn comes_first<L: Lineage>(lineage: &L, new: &Known<L::Place>, old: &Known<L::Place>) -> bool {
    let (Some(new), Some(old)) = (new.parent(), old.parent()) else {
        return false;
    };
    if let ((new, None), (old, None)) = (new, old)
        && new.layer == old.layer
    {
        return new.slot < old.slot;
    }
    let place = |(key, place): (Key, Option<&Rc<L::Place>>)| match place {
        Some(place) => Rc::clone(place),
        None => Rc::new(numbered(lineage, key)),
    };
    place(new) < place(old)
}

/// The place with a key that has a number.
fn numbered<L: Lineage>(lineage: &L, key: Key) -> L::Place {
    let place = number_of(key.slot).and_then(|number| lineage.numbered(key.layer, number));
    place.expect("a place is found by the number that it has")
}

/// Brings places into their order, each once.
fn sort<P: Ord>(places: &mut Vec<P>) {
    if !places.is_sorted_by(|a, b| a < b) {
        places.sort_unstable();
        places.dedup();
    }
}

fn trail_error<E>(error: &io::Error) -> WhyError<E> {
    WhyError::Trail(error.to_string())
}

impl<P: Clone + Ord> Found<P> {
    fn nearest(nearest: nearest::Nearest<P>) -> Self {
        let place = nearest.path.last().expect("a path holds its start").clone();
        let cause = nearest.kind.map(|kind| Cause {
            kind,
            distance: 0,
            place,
            key: Key { layer: 0, slot: 0 },
            explains: None,
        });
        Self {
            causes: cause.into_iter().collect(),
            nodes: nearest.path.clone(),
            shortest: nearest.path,
            left_out: None,
            unknown: nearest.unknown,
        }
    }

    fn result<L: Lineage<Place = P>>(self, lineage: &mut L, name: &str) -> Result<Why, L::Error> {
        let ids: BTreeMap<&P, usize> = self.nodes.iter().zip(0..).collect();
        // One layer after the other, so that a lineage that reads as it goes does not have to go back.
        let mut turns: Vec<usize> = (0..self.nodes.len()).collect();
        turns.sort_by_cached_key(|&id| Reverse(lineage.located(&self.nodes[id]).0));
        let mut nodes: Vec<Option<WhyNode>> = vec![None; self.nodes.len()];
        let (mut edges, mut may) = (Vec::new(), Vec::new());
        let mut differing = Vec::new();
        for id in turns {
            let place = &self.nodes[id];
            let [before, after] = lineage.values(place)?;
            nodes[id] = Some(WhyNode {
                id,
                path: lineage.path(place),
                before,
                after,
                may: false,
            });
            differing.clear();
            lineage.depends(place, &mut differing)?;
            sort(&mut differing);
            for on in &differing {
                if let Some(&lower) = ids.get(on) {
                    edges.push([id, lower]);
                    if !lineage.needed(place, on)? {
                        may.push([id, lower]);
                    }
                }
            }
        }
        edges.sort_unstable();
        may.sort_unstable();
        let mut nodes: Vec<WhyNode> = nodes.into_iter().flatten().collect();
        for [_, lower] in &may {
            nodes[*lower].may = true;
        }
        let mut causes = Vec::new();
        for cause in &self.causes {
            causes.push(cause.found(lineage)?);
        }
        let shortest = self.shortest.iter().map(|place| ids[place]).collect();
        Ok(Why {
            name: name.to_owned(),
            // The caller knows what was asked for.
            at: Path::of(""),
            before: None,
            after: None,
            causes,
            nodes,
            edges,
            may,
            shortest,
            left_out: self.left_out,
        })
    }
}

impl<P> Cause<P> {
    fn found<L: Lineage<Place = P>>(&self, lineage: &mut L) -> Result<WhyCause, L::Error> {
        let [before, after] = lineage.values(&self.place)?;
        let is_input = self.kind == CauseKind::Input;
        Ok(WhyCause {
            kind: self.kind,
            file: is_input.then(|| lineage.file(&self.place)).flatten(),
            path: if is_input {
                lineage.path(&self.place)
            } else {
                lineage.rule(&self.place)
            },
            before,
            after,
            explains: self.explains,
            at: (!is_input).then(|| lineage.path(&self.place)),
        })
    }
}
