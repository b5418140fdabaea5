//! [`Fluxes`]: what every edge did in one tick, in 12 bytes per edge where 32 bits are enough.

use crate::config::LANES;

/// Groups of a block.
pub(super) const BLOCK_GROUPS: usize = 8;
/// Edges of a block, whose numbers are all narrow or all wide.
pub(super) const BLOCK: usize = BLOCK_GROUPS * LANES;
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
#[derive(Clone, Debug)]
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
pub(super) struct FluxGroup {
    pub(super) du: [i32; LANES],
    pub(super) raw: [i32; LANES],
    pub(super) f_e: [i32; LANES],
}

/// The places for the blocks that need 64 bits.
pub(super) struct WideBlocks<'f> {
    places: &'f mut [u32],
    wide: &'f mut Vec<[Flux; BLOCK]>,
}

impl Fluxes {
    pub(super) fn new(edge_count: usize) -> Self {
        Self {
            groups: vec![FluxGroup::default(); edge_count.div_ceil(LANES)],
            len: edge_count,
            places: vec![NARROW; edge_count.div_ceil(BLOCK)],
            wide: Vec::new(),
        }
    }

    /// The places for the numbers of a new tick, where every block is narrow at first.
    pub(super) fn restart(&mut self) -> (&mut [FluxGroup], WideBlocks<'_>) {
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

    /// The numbers of all edges, in id order.
    pub fn iter(&self) -> impl Iterator<Item = Flux> {
        let groups = 0..self.groups.len();
        groups.flat_map(|group| self.group(group)).take(self.len)
    }

    /// The numbers of a group; those of the lanes that are left over in the last are 0.
    fn group(&self, group: usize) -> [Flux; LANES] {
        match self.places[group / BLOCK_GROUPS] {
            NARROW => {
                let FluxGroup { du, raw, f_e } = &self.groups[group];
                std::array::from_fn(|lane| Flux {
                    du: du[lane].into(),
                    raw: raw[lane].into(),
                    f_e: f_e[lane].into(),
                })
            }
            place => {
                let first = group % BLOCK_GROUPS * LANES;
                std::array::from_fn(|lane| self.wide[place as usize][first + lane])
            }
        }
    }
}

impl WideBlocks<'_> {
    /// A new place for the numbers of a block.
    pub(super) fn add(&mut self, block: usize) -> &mut [Flux; BLOCK] {
        let place = u32::try_from(self.wide.len()).expect("there are at most EDGES_MAX edges");
        self.places[block] = place;
        self.wide.push([Flux::default(); BLOCK]);
        self.wide.last_mut().expect("it was added")
    }
}
