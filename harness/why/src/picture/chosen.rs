//! Which values a picture shows.

use std::collections::BTreeSet;

use crate::found::Why;

/// Values that a picture has room for.
const DRAWN_MAX: usize = 300;

/// Steps of the shortest path at each of its ends that are drawn, if the path is long.
const PATH_END: usize = 30;

/// Of each drawn step, the other values that it was computed from which are drawn, if there are many.
const BESIDE_MAX: usize = 3;

/// The values that are drawn.
pub(crate) struct Chosen {
    /// By id, in order.
    pub(crate) nodes: BTreeSet<usize>,
    /// The shortest path, as far as it is drawn.
    pub(crate) path: Vec<usize>,
    /// The last step before those that are left out of it, and how many these are.
    pub(crate) gap: Option<(usize, usize)>,
}

impl Chosen {
    pub(crate) fn of(why: &Why) -> Self {
        let whole = &why.shortest;
        let (path, gap) = if whole.len() > 2 * PATH_END {
            let (first, last) = (&whole[..PATH_END], &whole[whole.len() - PATH_END..]);
            let hidden = whole.len() - 2 * PATH_END;
            ([first, last].concat(), Some((first[PATH_END - 1], hidden)))
        } else {
            (whole.clone(), None)
        };
        let mut nodes: BTreeSet<usize> = path.iter().copied().collect();
        if why.nodes.len() <= DRAWN_MAX && gap.is_none() {
            nodes.extend(0..why.nodes.len());
        } else {
            beside(why, &path, &mut nodes);
        }
        Self { nodes, path, gap }
    }
}

/// Adds what the steps of the path were also computed from.
fn beside(why: &Why, path: &[usize], nodes: &mut BTreeSet<usize>) {
    let from = why.computed_from();
    for step in path {
        let on = from.get(step).map(Vec::as_slice).unwrap_or_default();
        let others: Vec<usize> = on
            .iter()
            .copied()
            .filter(|on| !nodes.contains(on))
            .collect();
        for other in others.into_iter().take(BESIDE_MAX) {
            if nodes.len() < DRAWN_MAX {
                nodes.insert(other);
            }
        }
    }
}
