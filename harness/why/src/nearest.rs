//! The shortest path to a cause that is near: places by their distance, until one is a cause.
//!
//! Of several causes at the same distance the first in the order of places counts, and of several paths to
//! it the one whose places, from the cause up, come first.

use std::collections::hash_map::Entry;

use crate::CauseKind;
use crate::lineage::{Lineage, Origin};
use crate::places::Places;

/// The cause that a place is, if it is one, and whether the walk goes no further there.
#[inline]
pub(crate) fn cause(origin: Origin, differing: usize) -> Option<CauseKind> {
    match origin {
        Origin::Input => Some(CauseKind::Input),
        Origin::Unknown => Some(CauseKind::Unknown),
        Origin::Computed { rule_changed } => {
            (rule_changed || differing == 0).then_some(CauseKind::Rule)
        }
    }
}

/// A shortest path to a cause, with the cause at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nearest<P> {
    pub(crate) path: Vec<P>,
    /// What the last place is; `None` if no cause can be reached, and then the path holds the start alone.
    pub(crate) kind: Option<CauseKind>,
    /// How many places were met of which the program does not say where they come from.
    pub(crate) unknown: u64,
}

/// Finds a shortest path to a cause. Places of which the program does not say where they come from count only if
/// there is no other cause. `None` if more than so many places are as near as the nearest cause, or nearer.
pub(crate) fn nearest<L: Lineage>(
    lineage: &mut L,
    start: &L::Place,
    places_max: usize,
) -> Result<Option<Nearest<L::Place>>, L::Error> {
    // The distance of each place, and through which it was reached.
    let mut reached: Places<L::Place, (usize, L::Place)> = Places::default();
    reached.insert(start.clone(), (0, start.clone()));
    let mut level = vec![start.clone()];
    let mut unknown: Option<L::Place> = None;
    let mut unknown_count = 0;
    let mut differing = Vec::new();
    for distance in 1.. {
        if reached.len() > places_max {
            return Ok(None);
        }
        let mut next = Vec::new();
        let mut best: Option<(L::Place, CauseKind)> = None;
        let mut unknown_here: Option<L::Place> = None;
        for place in &level {
            differing.clear();
            let origin = lineage.depends(place, &mut differing)?;
            match cause(origin, differing.len()) {
                Some(CauseKind::Unknown) => {
                    unknown_count += 1;
                    let known = unknown_here.take().unwrap_or_else(|| place.clone());
                    unknown_here = Some(known.min(place.clone()));
                }
                Some(kind) if best.as_ref().is_none_or(|(other, _)| place < other) => {
                    best = Some((place.clone(), kind));
                }
                _ => {}
            }
            for on in differing.drain(..) {
                match reached.entry(on) {
                    Entry::Vacant(entry) => {
                        next.push(entry.key().clone());
                        entry.insert((distance, place.clone()));
                    }
                    Entry::Occupied(mut entry) => {
                        let (known, through) = entry.get_mut();
                        if *known == distance && place < through {
                            *through = place.clone();
                        }
                    }
                }
            }
        }
        unknown = unknown.or(unknown_here);
        if best.is_none() && next.is_empty() {
            best = unknown.take().map(|place| (place, CauseKind::Unknown));
            if best.is_none() {
                break;
            }
        }
        if let Some((place, kind)) = best {
            return Ok(Some(Nearest {
                path: way_back(&reached, place),
                kind: Some(kind),
                unknown: unknown_count,
            }));
        }
        level = next;
    }
    Ok(Some(Nearest {
        path: vec![start.clone()],
        kind: None,
        unknown: unknown_count,
    }))
}

fn way_back<P: Clone + Eq + std::hash::Hash>(reached: &Places<P, (usize, P)>, from: P) -> Vec<P> {
    let mut path = vec![from];
    loop {
        let last = path.last().expect("it began with one place");
        let (distance, through) = &reached[last];
        if *distance == 0 {
            path.reverse();
            return path;
        }
        path.push(through.clone());
    }
}
