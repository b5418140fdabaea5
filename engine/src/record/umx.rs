use serde::Deserialize;

use crate::canonical::{Canonical, Object, Writer};

/// `UMXTickLedger_v1`: one tick's state before and after, and the flux of every edge.
///
/// Invariant: `sum_pre_u = sum_post_u = z_check`; fluxes move the state and make none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct UmxLedger {
    /// The tick, 1..T.
    pub tick: u64,
    /// Σ pre_u.
    pub sum_pre_u: i64,
    /// Σ post_u.
    pub sum_post_u: i64,
    /// The sum that both must equal.
    pub z_check: i64,
    /// State before the tick, external inputs added; N numbers.
    pub pre_u: Vec<i64>,
    /// Every edge once, in id order.
    pub edges: Vec<EdgeFlux>,
    /// State after the tick; N numbers.
    pub post_u: Vec<i64>,
}

impl UmxLedger {
    /// The least and the greatest value after the tick.
    pub fn extremes(&self) -> Option<(i64, i64)> {
        let values = || self.post_u.iter().copied();
        values().min().zip(values().max())
    }
}

/// What one edge did in one tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct EdgeFlux {
    /// The edge's id, 1..E.
    pub e_id: u64,
    /// Node id of the end that a positive flux leaves.
    pub i: u64,
    /// Node id of the other end.
    pub j: u64,
    /// pre_u[i] − pre_u[j].
    pub du: i64,
    /// ⌊k·|du| / SC⌋.
    pub raw: i64,
    /// The edge's capacity.
    pub cap: i64,
    /// The flux from i to j: sign(du) · min(raw, cap, |du|).
    pub f_e: i64,
}

impl Canonical for UmxLedger {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("edges", &self.edges);
        object.field("post_u", &self.post_u);
        object.field("pre_u", &self.pre_u);
        object.field("sum_post_u", &self.sum_post_u);
        object.field("sum_pre_u", &self.sum_pre_u);
        object.field("tick", &self.tick);
        object.field("z_check", &self.z_check);
        object.end();
    }
}

/// Most of what a run hashes is this; so it is written piece by piece, keys and all.
impl Canonical for EdgeFlux {
    #[inline]
    fn write(&self, writer: &mut Writer) {
        writer.raw("{\"cap\":");
        self.cap.write(writer);
        writer.raw(",\"du\":");
        self.du.write(writer);
        writer.raw(",\"e_id\":");
        self.e_id.write(writer);
        writer.raw(",\"f_e\":");
        self.f_e.write(writer);
        writer.raw(",\"i\":");
        self.i.write(writer);
        writer.raw(",\"j\":");
        self.j.write(writer);
        writer.raw(",\"raw\":");
        self.raw.write(writer);
        writer.raw("}");
    }
}
