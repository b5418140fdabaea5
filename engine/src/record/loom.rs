use serde::Deserialize;

use crate::canonical::{Canonical, Object, Writer};

/// `LoomPBlock_v1`: one tick on the time chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct PBlock {
    /// The tick, 1..T.
    pub tick: u64,
    /// Equal to the tick.
    pub seq: u64,
    /// The number that the profile's s_t rule reads off the tick.
    pub s_t: i64,
    /// The chain value after the tick, 0..M−1.
    #[serde(rename = "C_t")]
    pub c_t: i64,
    /// The flux of every edge, in id order.
    pub edge_flux_summary: Vec<EdgeFluxSummary>,
}

/// An edge's flux in a P-block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct EdgeFluxSummary {
    /// The edge's id.
    pub e_id: u64,
    /// Its flux.
    pub f_e: i64,
}

/// `LoomIBlock_v1`: a checkpoint, from which the ticks after it can be rebuilt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct IBlock {
    /// The tick, a multiple of `w`.
    pub tick: u64,
    /// Ticks between two checkpoints.
    #[serde(rename = "W")]
    pub w: u64,
    /// The chain value after the tick.
    #[serde(rename = "C_t")]
    pub c_t: i64,
    /// The profile's name.
    pub profile_version: String,
    /// State after the tick; N numbers.
    pub post_u: Vec<i64>,
    /// Every edge, in id order.
    pub topology_snapshot: Vec<TopologySnapshotEdge>,
}

/// An edge as a checkpoint keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TopologySnapshotEdge {
    /// The edge's id.
    pub e_id: u64,
    /// Node id of one end.
    pub i: u64,
    /// Node id of the other end.
    pub j: u64,
    /// The edge's k.
    pub k: i64,
    /// The edge's capacity.
    pub cap: i64,
    /// The topology's divisor.
    #[serde(rename = "SC")]
    pub sc: i64,
    /// The edge's c.
    pub c: i64,
}

impl Canonical for PBlock {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("C_t", &self.c_t);
        object.field("edge_flux_summary", &self.edge_flux_summary);
        object.field("s_t", &self.s_t);
        object.field("seq", &self.seq);
        object.field("tick", &self.tick);
        object.end();
    }
}

/// Written piece by piece, as there is one for every edge and tick.
impl Canonical for EdgeFluxSummary {
    #[inline]
    fn write(&self, writer: &mut Writer) {
        writer.raw("{\"e_id\":");
        self.e_id.write(writer);
        writer.raw(",\"f_e\":");
        self.f_e.write(writer);
        writer.raw("}");
    }
}

impl Canonical for IBlock {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("C_t", &self.c_t);
        object.field("W", &self.w);
        object.field("post_u", &self.post_u);
        object.field("profile_version", &self.profile_version);
        object.field("tick", &self.tick);
        object.field("topology_snapshot", &self.topology_snapshot);
        object.end();
    }
}

impl Canonical for TopologySnapshotEdge {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("SC", &self.sc);
        object.field("c", &self.c);
        object.field("cap", &self.cap);
        object.field("e_id", &self.e_id);
        object.field("i", &self.i);
        object.field("j", &self.j);
        object.field("k", &self.k);
        object.end();
    }
}
