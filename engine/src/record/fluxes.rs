//! [`Fluxes`]: what every edge did in one tick, in 12 bytes per edge where 32 bits are enough.
//!
//! A ledger has 56 bytes for each edge. So a run makes none: what a ledger says is written from here.

use crate::config::LANES;

/// Groups of a block.
pub(crate) const BLOCK_GROUPS: usize = 8;
/// Edges of a block, whose numbers are all narrow or all wide.
pub(crate) const BLOCK: usize = BLOCK_GROUPS * LANES;
/// Edges of a piece, which are read together. A block has whole pieces.
pub(crate) const PIECE: usize = PIECE_GROUPS * LANES;
const PIECE_GROUPS: usize = 4;
/// The place of a block that is narrow.
const NARROW: u32 = u32::MAX;

/// What one edge did in one tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flux {
    /// pre_u[i] − pre_u[j].
    pub du: i64,
    /// ⌊k·|du| / SC⌋.
    pub raw: i64,
    /// sign(du) · min(raw, cap, |du|), the flux from i to j.
    pub f_e: i64,
}

/// What every edge did in one tick, in id order.
#[derive(Debug)]
pub struct Fluxes {
    groups: Vec<FluxGroup>,
    len: usize,
    /// For each block, where its numbers are in `wide`, or [`NARROW`] if they are in its groups.
    places: Vec<u32>,
    /// The blocks of this tick that need 64 bits.
    wide: Vec<[Flux; BLOCK]>,
}

/// Sixteen edges, as in [`crate::config::EdgeGroup`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FluxGroup {
    pub(crate) du: [i32; LANES],
    pub(crate) raw: [i32; LANES],
    pub(crate) f_e: [i32; LANES],
}

/// The places for the blocks that need 64 bits.
pub(crate) struct WideBlocks<'f> {
    places: &'f mut [u32],
    wide: &'f mut Vec<[Flux; BLOCK]>,
}

impl Clone for Fluxes {
    fn clone(&self) -> Self {
        let mut clone = Self::new(0);
        clone.clone_from(self);
        clone
    }

    /// Uses the memory that is there.
    fn clone_from(&mut self, source: &Self) {
        let Self {
            groups,
            len,
            places,
            wide,
        } = source;
        self.groups.clone_from(groups);
        self.len = *len;
        self.places.clone_from(places);
        self.wide.clone_from(wide);
    }
}

impl Fluxes {
    pub(crate) fn new(edge_count: usize) -> Self {
        Self {
            groups: vec![FluxGroup::default(); edge_count.div_ceil(LANES)],
            len: edge_count,
            places: vec![NARROW; edge_count.div_ceil(BLOCK)],
            wide: Vec::new(),
        }
    }

    /// The places for the numbers of a new tick, where every block is narrow at first.
    pub(crate) fn restart(&mut self) -> (&mut [FluxGroup], WideBlocks<'_>) {
        if !self.wide.is_empty() {
            self.wide.clear();
            self.places.fill(NARROW);
        }
        let wide = WideBlocks {
            places: &mut self.places,
            wide: &mut self.wide,
        };
        (&mut self.groups, wide)
    }

    /// The bytes that they take in memory.
    #[cfg(feature = "store")]
    pub(crate) const fn size(&self) -> usize {
        size_of::<Self>()
            + size_of::<FluxGroup>() * self.groups.len()
            + size_of::<[Flux; BLOCK]>() * self.wide.len()
    }

    /// The number of edges.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether the graph has no edge.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The numbers of all edges, in id order.
    pub fn iter(&self) -> impl Iterator<Item = Flux> {
        let groups = 0..self.groups.len();
        groups.flat_map(|group| self.group(group)).take(self.len)
    }

    /// The number of edges that moved something.
    pub(crate) fn moved_edges(&self) -> u64 {
        let moved = |group| match self.lanes(group) {
            FluxLanes::Narrow(group) => group.f_e.iter().filter(|f_e| **f_e != 0).count(),
            FluxLanes::Wide(fluxes) => fluxes.iter().filter(|flux| flux.f_e != 0).count(),
        };
        (0..self.groups.len()).map(moved).sum::<usize>() as u64
    }

    /// Visits the numbers of all edges in id order, a group at a time.
    pub(crate) fn groups(&self, mut visit: impl FnMut(&[Flux])) {
        for group in 0..self.groups.len() {
            let lanes = LANES.min(self.len - group * LANES);
            visit(&self.group(group)[..lanes]);
        }
    }

    /// Visits f_e of all edges in id order, a piece at a time.
    pub(crate) fn pieces_of_f_e(&self, mut visit: impl FnMut(&[i64])) {
        for (piece, groups) in self.groups.chunks(PIECE_GROUPS).enumerate() {
            let mut f_e = [0; PIECE];
            let lanes = f_e.as_chunks_mut::<LANES>().0.iter_mut();
            if self.places[piece * PIECE / BLOCK] == NARROW {
                for (lanes, group) in lanes.zip(groups) {
                    *lanes = group.f_e.map(i64::from);
                }
            } else {
                let first = piece * PIECE_GROUPS;
                for (lanes, group) in lanes.zip(first..first + groups.len()) {
                    *lanes = self.group(group).map(|flux| flux.f_e);
                }
            }
            visit(&f_e[..PIECE.min(self.len - piece * PIECE)]);
        }
    }

    /// Where the numbers of a group are.
    pub(crate) fn lanes(&self, group: usize) -> FluxLanes<'_> {
        match self.places[group / BLOCK_GROUPS] {
            NARROW => FluxLanes::Narrow(&self.groups[group]),
            place => {
                let first = group % BLOCK_GROUPS * LANES;
                let wide = self.wide[place as usize][first..].first_chunk();
                FluxLanes::Wide(wide.expect("a block has whole groups"))
            }
        }
    }

    /// The numbers of a group; those of the lanes that are left over in the last are 0.
    #[inline]
    fn group(&self, group: usize) -> [Flux; LANES] {
        match self.lanes(group) {
            FluxLanes::Narrow(group) => std::array::from_fn(|lane| group.flux(lane)),
            FluxLanes::Wide(fluxes) => *fluxes,
        }
    }
}

/// The numbers of a group, narrow or wide.
#[derive(Clone, Copy)]
pub(crate) enum FluxLanes<'f> {
    Narrow(&'f FluxGroup),
    Wide(&'f [Flux; LANES]),
}

impl FluxGroup {
    /// Numbers that fit, and the nearest that do.
    pub(crate) fn saturated(fluxes: &[Flux; LANES]) -> Self {
        let narrow = |number: fn(&Flux) -> i64| {
            let fits = |flux| number(flux).clamp(i32::MIN.into(), i32::MAX.into()) as i32;
            std::array::from_fn(|lane| fits(&fluxes[lane]))
        };
        Self {
            du: narrow(|flux| flux.du),
            raw: narrow(|flux| flux.raw),
            f_e: narrow(|flux| flux.f_e),
        }
    }

    /// What the edge of a lane did.
    #[inline]
    pub(crate) fn flux(&self, lane: usize) -> Flux {
        Flux {
            du: self.du[lane].into(),
            raw: self.raw[lane].into(),
            f_e: self.f_e[lane].into(),
        }
    }
}

#[cfg(test)]
impl Flux {
    /// As much of it as 32 bits hold.
    pub(crate) const fn narrowed(self) -> Self {
        Self {
            du: self.du as i32 as i64,
            raw: self.raw as i32 as i64,
            f_e: self.f_e as i32 as i64,
        }
    }
}

#[cfg(test)]
impl Fluxes {
    /// Blocks that fit are narrow, as the kernel makes them.
    pub(crate) fn of(edges: &[Flux]) -> Self {
        let mut all = Self::new(edges.len());
        let (groups, mut wide) = all.restart();
        for (block, edges) in edges.chunks(BLOCK).enumerate() {
            if edges.iter().all(|edge| *edge == edge.narrowed()) {
                for (at, edge) in edges.iter().enumerate() {
                    let group = &mut groups[block * BLOCK_GROUPS + at / LANES];
                    let lane = at % LANES;
                    group.du[lane] = edge.du as i32;
                    group.raw[lane] = edge.raw as i32;
                    group.f_e[lane] = edge.f_e as i32;
                }
            } else {
                wide.add(block)[..edges.len()].copy_from_slice(edges);
            }
        }
        all
    }
}

impl WideBlocks<'_> {
    /// A new place for the numbers of a block.
    pub(crate) fn add(&mut self, block: usize) -> &mut [Flux; BLOCK] {
        let place = u32::try_from(self.wide.len()).expect("there are at most EDGES_MAX edges");
        self.places[block] = place;
        self.wide.push([Flux::default(); BLOCK]);
        self.wide.last_mut().expect("it was added")
    }
}
