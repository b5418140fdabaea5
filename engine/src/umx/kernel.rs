//! Applies the flux rule to all edges of a tick.
//!
//! Example: an edge with k = 1, SC = 2 and cap = 10 joins nodes with the values 9 and 2. Then
//! du = 7, raw = ⌊1·7 / 2⌋ = 3, f_e = min(3, 10, 7) = 3, and the new values are 6 and 5.
//!
//! Edges are taken in blocks of 128. Each block goes through three loops while it is in the L1
//! cache; only the middle one does arithmetic, on several edges at a time:
//!
//! ```text
//! nodes   │pre post│pre post│pre post│ …     32 bits each, beside one another
//!            │  ▲
//!      gather│  │scatter                      post −= f_e at i, post += f_e at j
//!            ▼  │
//! block    du ─────▶ k·|du| ─▶ raw ─▶ f_e     no branch, no division
//!                      │
//!                      └─ a product of the block has 32 bits or more: compute it again, exactly
//! ```
//!
//! A node's value before the tick lies beside its value after, so that the scatter finds in the
//! cache what the gather has brought there. On a large random graph that is what counts.
//!
//! # Why it is exact
//!
//! The kernel works with 32 bits and proves after the fact that they were enough:
//!
//! 1. Every |u| ≤ 2^30, so every du fits. If a node exceeds that, it is marked in its place among
//!    the nodes, and a block that meets a mark is computed exactly.
//! 2. Every product k·|du| of a block is below 2^31: it is computed in 64 bits, and the bits of all
//!    products of the block are collected. Then the quotient by SC is a multiplication and a shift
//!    ([`Reciprocal`]), and raw, cap and |du| are compared as 32-bit numbers. A greater product
//!    makes the block exact.
//! 3. The values after the tick fit: |u| + degree · |f_e|, with the largest of each, is below
//!    2^31. If not, or if rule 1 did not hold for all nodes, the fluxes are added up again in 64
//!    bits, or in 128 if the same bound exceeds 64.
//!
//! The exact path divides edge by edge and reports what does not fit 64 bits. As long as it is not
//! needed, its cost is one comparison per block.

use multiversion::multiversion;

use crate::config::{EdgeGroup, Edges, LANES, Topology};
use crate::error::Operation;
use crate::record::{BLOCK, BLOCK_GROUPS, Flux, FluxGroup, Fluxes, WideBlocks};

/// The first product and the first value after a tick that are too large for 32-bit arithmetic.
const LIMIT: u64 = 1 << 31;
/// The first |u| − 1 of a negative value, and the first |u| of any other, that is marked.
const SMALL: u64 = 1 << 30;
/// Marks a node whose value before the tick is not small.
const MARK: i32 = i32::MIN;
/// Nodes that are read and summed while they are in the cache.
const CHUNK: usize = 1024;

/// Applies the flux rule of one topology, tick by tick.
#[derive(Clone, Debug)]
pub(super) struct Kernel<'p> {
    topology: &'p Topology,
    degree_max: u64,
    reciprocal: Reciprocal,
    nodes: Vec<Node>,
    /// What is known of the values before the next tick, if the nodes have them.
    start: Option<Start>,
}

/// The values before a tick.
#[derive(Clone, Debug)]
struct Start {
    /// The bits of all values, negative ones inverted: every |u| is at most one more.
    bits: u64,
    sum: i128,
}

/// The values after a tick.
struct End {
    /// As in [`Start`].
    bits: u64,
    sum: i128,
    /// Whether they were added up outside the nodes.
    is_settled: bool,
}

/// A node's value before a tick and after it, or as much of that as 32 bits hold.
#[derive(Clone, Copy, Debug, Default)]
struct Node {
    pre: i32,
    post: i32,
}

/// A number of a tick that does not fit 64 bits: the operation, and the index of its edge or node.
pub(super) type Fault = (Operation, usize);

/// The sums of the values before and after a tick.
pub(super) struct Sums {
    pub(super) pre: i128,
    pub(super) post: i128,
}

impl<'p> Kernel<'p> {
    pub(super) fn new(topology: &'p Topology) -> Self {
        let mut degrees = vec![0_u32; topology.node_count];
        for edge in topology.edges.iter() {
            degrees[edge.from as usize] += 1;
            degrees[edge.to as usize] += 1;
        }
        let degree_max = degrees.into_iter().max().expect("a topology has a node");
        Self {
            topology,
            degree_max: degree_max.into(),
            reciprocal: Reciprocal::of(topology.scale),
            nodes: vec![Node::default(); topology.node_count],
            start: None,
        }
    }

    /// Tells the kernel that `u` is not what the last tick left.
    pub(super) fn restart(&mut self) {
        self.start = None;
    }

    /// Moves `u` by one tick, and keeps what it was in `pre_u`. If a number does not fit, `u` is left
    /// as it was; of several, the fault is the first in the order of operations.
    pub(super) fn step(
        &mut self,
        u: &mut Vec<i64>,
        pre_u: &mut Vec<i64>,
        fluxes: &mut Fluxes,
    ) -> Result<Sums, Fault> {
        let start = match self.start.take() {
            Some(start) => start,
            None => self.start(u),
        };
        std::mem::swap(u, pre_u);
        let end = self.moved(&start, pre_u, u, fluxes);
        let end = end.inspect_err(|_| std::mem::swap(u, pre_u))?;
        let sums = Sums {
            pre: start.sum,
            post: end.sum,
        };
        // The values after a tick that are not in the nodes are put there first.
        self.start = (!end.is_settled).then_some(Start {
            bits: end.bits,
            sum: end.sum,
        });
        Ok(sums)
    }

    fn moved(
        &mut self,
        start: &Start,
        pre_u: &[i64],
        u: &mut [i64],
        fluxes: &mut Fluxes,
    ) -> Result<End, Fault> {
        let is_marked = start.bits >= SMALL;
        if is_marked {
            self.mark(pre_u);
        }
        let (groups, wide) = fluxes.restart();
        let mut exact = Exact {
            edges: &self.topology.edges,
            scale: self.topology.scale,
            u: pre_u,
            wide,
            du: None,
            raw: None,
        };
        let edges = self.topology.edges.groups();
        let moved = pass(
            edges,
            &mut self.nodes,
            groups,
            self.reciprocal,
            is_marked,
            &mut exact,
        );
        match (exact.du, exact.raw) {
            (Some(index), _) => return Err((Operation::Du, index)),
            (None, Some(index)) => return Err((Operation::Raw, index)),
            (None, None) => {}
        }
        let bound = self.degree_max.saturating_mul(moved);
        let bound = bound.saturating_add(start.bits + 1);
        if is_marked || bound >= LIMIT {
            u.copy_from_slice(pre_u);
            self.settle(u, fluxes, bound)?;
            return Ok(End {
                bits: 0,
                sum: sum(u),
                is_settled: true,
            });
        }
        Ok(finish(&mut self.nodes, u))
    }

    /// Puts the values before a tick into the nodes.
    fn start(&mut self, u: &[i64]) -> Start {
        let mut bits = 0;
        for (node, &value) in self.nodes.iter_mut().zip(u) {
            bits |= size_bits(value);
            // What is cut off here is marked before it is used.
            let small = value as i32;
            *node = Node {
                pre: small,
                post: small,
            };
        }
        Start { bits, sum: sum(u) }
    }

    #[cold]
    fn mark(&mut self, u: &[i64]) {
        for (node, &value) in self.nodes.iter_mut().zip(u) {
            if size_bits(value) >= SMALL {
                node.pre = MARK;
            }
        }
    }

    /// Adds the fluxes to the values before the tick. No value on the way exceeds `bound`.
    #[cold]
    fn settle(&self, u: &mut [i64], fluxes: &Fluxes, bound: u64) -> Result<(), Fault> {
        let moves = self.topology.edges.iter().zip(fluxes.iter());
        if i64::try_from(bound).is_ok() {
            for (edge, flux) in moves {
                let from = &mut u[edge.from as usize];
                *from = from.wrapping_sub(flux.f_e);
                let to = &mut u[edge.to as usize];
                *to = to.wrapping_add(flux.f_e);
            }
            return Ok(());
        }
        let mut moved: Vec<i128> = u.iter().copied().map(i128::from).collect();
        for (edge, flux) in moves {
            moved[edge.from as usize] -= i128::from(flux.f_e);
            moved[edge.to as usize] += i128::from(flux.f_e);
        }
        for (index, (value, moved)) in u.iter_mut().zip(moved).enumerate() {
            *value = i64::try_from(moved).map_err(|_| (Operation::Post, index))?;
        }
        Ok(())
    }
}

/// The bits of |value|, or of |value| − 1 if it is negative.
const fn size_bits(value: i64) -> u64 {
    (value ^ (value >> 63)).cast_unsigned()
}

/// Writes the values after a tick, which are those before the next.
#[multiversion(targets("x86_64+avx2"))]
fn finish(nodes: &mut [Node], u: &mut [i64]) -> End {
    let (mut bits, mut total) = (0, 0);
    for (nodes, u) in nodes.chunks_mut(CHUNK).zip(u.chunks_mut(CHUNK)) {
        let mut chunk_sum = 0;
        for (node, value) in nodes.iter_mut().zip(u) {
            node.pre = node.post;
            bits |= node.post ^ (node.post >> 31);
            *value = node.post.into();
            chunk_sum += *value;
        }
        total += i128::from(chunk_sum);
    }
    End {
        bits: bits.cast_unsigned().into(),
        sum: total,
        is_settled: false,
    }
}

/// Takes all blocks through the three loops. Returns the bits of all |f_e|.
#[multiversion(targets("x86_64+avx2"))]
fn pass<'k>(
    edges: &[EdgeGroup],
    nodes: &mut [Node],
    fluxes: &mut [FluxGroup],
    reciprocal: Reciprocal,
    is_marked: bool,
    exact: &mut Exact<'k>,
) -> u64 {
    let mut moved = 0;
    let blocks = edges
        .chunks(BLOCK_GROUPS)
        .zip(fluxes.chunks_mut(BLOCK_GROUPS));
    for (block, (edges, fluxes)) in blocks.enumerate() {
        let meets_mark = if is_marked {
            gather_marked(edges, nodes, fluxes)
        } else {
            gather(edges, nodes, fluxes);
            false
        };
        let bits = compute(edges, fluxes, reciprocal);
        if meets_mark || bits.products >= LIMIT {
            moved |= exact.block(block, edges, (!is_marked).then_some(&mut *nodes));
        } else {
            moved |= bits.moved;
            scatter(edges, nodes, fluxes);
        }
    }
    moved
}

#[inline(always)]
fn gather(edges: &[EdgeGroup], nodes: &[Node], fluxes: &mut [FluxGroup]) {
    for (edge, flux) in edges.iter().zip(fluxes) {
        for lane in 0..LANES {
            let from = nodes[edge.from[lane] as usize].pre;
            flux.du[lane] = from.wrapping_sub(nodes[edge.to[lane] as usize].pre);
        }
    }
}

/// As [`gather`]; whether a node of the block is marked.
#[inline(always)]
fn gather_marked(edges: &[EdgeGroup], nodes: &[Node], fluxes: &mut [FluxGroup]) -> bool {
    let mut meets_mark = false;
    for (edge, flux) in edges.iter().zip(fluxes) {
        for lane in 0..LANES {
            let from = nodes[edge.from[lane] as usize].pre;
            let to = nodes[edge.to[lane] as usize].pre;
            meets_mark |= (from == MARK) | (to == MARK);
            flux.du[lane] = from.wrapping_sub(to);
        }
    }
    meets_mark
}

/// The bits of some numbers, all together; each of them is at most that.
struct Bits {
    products: u64,
    moved: u64,
}

/// raw and f_e from du, if the products have less than 32 bits.
#[inline(always)]
fn compute(edges: &[EdgeGroup], fluxes: &mut [FluxGroup], reciprocal: Reciprocal) -> Bits {
    let (mut products, mut moved) = ([0_u64; LANES], [0_u32; LANES]);
    for (edge, flux) in edges.iter().zip(fluxes) {
        for lane in 0..LANES {
            let du = flux.du[lane];
            let sign = du >> 31;
            let size = (du ^ sign).wrapping_sub(sign);
            let product = u64::from(edge.conductance[lane]) * u64::from(size.cast_unsigned());
            products[lane] |= product;
            let raw = reciprocal.quotient(product as u32);
            let least = raw.min(edge.cap[lane]).min(size);
            moved[lane] |= least.cast_unsigned();
            flux.raw[lane] = raw;
            flux.f_e[lane] = (least ^ sign).wrapping_sub(sign);
        }
    }
    Bits {
        products: products.into_iter().fold(0, |bits, lane| bits | lane),
        moved: moved.into_iter().fold(0, |bits, lane| bits | lane).into(),
    }
}

/// Moves the fluxes of a block. Sums may wrap, and come back if the value after the tick fits.
#[inline(always)]
fn scatter(edges: &[EdgeGroup], nodes: &mut [Node], fluxes: &[FluxGroup]) {
    for (edge, flux) in edges.iter().zip(fluxes) {
        for lane in 0..LANES {
            let from = &mut nodes[edge.from[lane] as usize].post;
            *from = from.wrapping_sub(flux.f_e[lane]);
            let to = &mut nodes[edge.to[lane] as usize].post;
            *to = to.wrapping_add(flux.f_e[lane]);
        }
    }
}

/// Computes blocks exactly, edge by edge.
struct Exact<'k> {
    edges: &'k Edges,
    scale: i64,
    u: &'k [i64],
    wide: WideBlocks<'k>,
    /// The first edge whose du does not fit.
    du: Option<usize>,
    /// The first edge whose raw does not fit.
    raw: Option<usize>,
}

impl Exact<'_> {
    /// Computes a block and returns the bits of its |f_e|. If there are nodes, it moves the fluxes,
    /// which fit 32 bits then, since every |du| does.
    #[cold]
    #[inline(never)]
    fn block(&mut self, block: usize, groups: &[EdgeGroup], nodes: Option<&mut [Node]>) -> u64 {
        let start = block * BLOCK;
        let end = self.edges.len().min(start + groups.len() * LANES);
        let fluxes = self.wide.add(block);
        let mut moved = 0;
        for (flux, index) in fluxes.iter_mut().zip(start..end) {
            let edge = self
                .edges
                .get(index)
                .expect("the index is below the length");
            let ends = (self.u[edge.from as usize], self.u[edge.to as usize]);
            let Some(du) = ends.0.checked_sub(ends.1) else {
                self.du.get_or_insert(index);
                continue;
            };
            let Some(raw) = raw(edge.conductance, self.scale, du) else {
                self.raw.get_or_insert(index);
                continue;
            };
            let f_e = self::flux(raw, edge.cap, du);
            *flux = Flux { du, raw, f_e };
            moved |= f_e.unsigned_abs();
        }
        if let Some(nodes) = nodes {
            for (flux, index) in fluxes.iter().zip(start..end) {
                let (group, lane) = (&groups[(index - start) / LANES], index % LANES);
                let f_e =
                    i32::try_from(flux.f_e).expect("it is at most |du|, and every |u| ≤ 2^30");
                let from = &mut nodes[group.from[lane] as usize].post;
                *from = from.wrapping_sub(f_e);
                let to = &mut nodes[group.to[lane] as usize].post;
                *to = to.wrapping_add(f_e);
            }
        }
        moved
    }
}

/// The quotients of numbers below 2^31 by SC, as a multiplication and a shift.
///
/// With 2^(l−1) < SC ≤ 2^l, let m = ⌊2^(31+l) / SC⌋ + 1, so that m·SC = 2^(31+l) + e with
/// 0 < e ≤ SC. Then p·m / 2^(31+l) exceeds p / SC by p·e / (SC · 2^(31+l)), which is less than
/// 1 / SC for p < 2^31. The fraction of p / SC is at most 1 − 1/SC, so both have the same floor.
/// Below 2^31, m < 2^32. A greater SC exceeds every p, and the quotient is 0.
#[derive(Clone, Copy, Debug)]
struct Reciprocal {
    multiplier: u32,
    shift: u32,
}

impl Reciprocal {
    fn of(scale: i64) -> Self {
        let scale = scale.unsigned_abs();
        if scale >= LIMIT {
            return Self {
                multiplier: 0,
                shift: 0,
            };
        }
        let shift = 31 + scale.next_power_of_two().trailing_zeros();
        let multiplier = (1_u64 << shift) / scale + 1;
        Self {
            multiplier: u32::try_from(multiplier).expect("2^(31+l) / SC < 2^32 − 2 for SC < 2^31"),
            shift,
        }
    }

    /// ⌊number / SC⌋ of a number below 2^31.
    #[inline(always)]
    fn quotient(self, number: u32) -> i32 {
        (u64::from(number) * u64::from(self.multiplier)).wrapping_shr(self.shift) as i32
    }
}

/// The exact sum. The halves of the numbers are added on their own, since neither sum of so many
/// can leave 64 bits.
fn sum(values: &[i64]) -> i128 {
    let chunks = values.chunks(CHUNK).map(|chunk| {
        let (mut high, mut low) = (0_i64, 0_u64);
        for &value in chunk {
            high += value >> 32;
            low += u64::from(value as u32);
        }
        (i128::from(high) << 32) + i128::from(low)
    });
    chunks.sum()
}

/// ⌊k·|du| / SC⌋; `None` if it does not fit 64 bits.
pub(crate) fn raw(conductance: i64, scale: i64, du: i64) -> Option<i64> {
    let (conductance, size) = (conductance.unsigned_abs(), du.unsigned_abs());
    // A division of 128 bits takes several times as long.
    if let Some(product) = conductance.checked_mul(size) {
        return i64::try_from(product / scale.unsigned_abs()).ok();
    }
    let product = u128::from(conductance) * u128::from(size);
    i64::try_from(product / u128::from(scale.unsigned_abs())).ok()
}

/// sign(du) · min(raw, cap, |du|), of a raw ≥ 0.
pub(crate) fn flux(raw: i64, cap: i64, du: i64) -> i64 {
    let moved = raw.min(cap).unsigned_abs().min(du.unsigned_abs());
    du.signum() * i64::try_from(moved).expect("it is at most raw")
}
