//! The records of the Loom: the time chain and its checkpoints.

use super::Tick;
use super::kind::{
    Cell, Column, KeyRule, KindInfo, Position, RecordKind, RecordType, Stage, count,
};
use crate::config::{Edge, RunPlan, Topology};

record! {
    /// `LoomPBlock_v1`: one tick on the time chain.
    #[derive(Default)]
    pub struct PBlock {
        /// The chain value after the tick: (a·C_{t−1} + b·s_t + seq) mod M.
        c_t: i64 => "C_t" in "0..M−1" unit "chain value",
        /// The flux of every edge, in id order.
        edge_flux_summary: Vec<EdgeFluxSummary> => "edge_flux_summary",
        /// The number that the profile's s_t rule reads off the tick.
        s_t: i64 => "s_t",
        /// Equal to the tick.
        seq: u64 => "seq" in "1..T" unit "tick",
        /// The tick.
        tick: u64 => "tick" in "1..T" unit "tick",
    }
}

record! {
    /// An edge's flux in a P-block.
    #[derive(Copy, Default)]
    pub struct EdgeFluxSummary {
        /// The edge's id.
        e_id: u64 => "e_id" in "1..E" unit "edge id",
        /// Its flux.
        f_e: i64 => "f_e" unit "amount per tick",
    }
}

record! {
    /// `LoomIBlock_v1`: a checkpoint, from which the ticks after it can be rebuilt.
    #[derive(Default)]
    pub struct IBlock {
        /// The chain value after the tick.
        c_t: i64 => "C_t" in "0..M−1" unit "chain value",
        /// Ticks between two checkpoints.
        w: u64 => "W" in "1.." unit "ticks",
        /// State after the tick; N numbers.
        post_u: Vec<i64> => "post_u" unit "amount",
        /// The profile's name.
        profile_version: String => "profile_version",
        /// The tick, a multiple of W.
        tick: u64 => "tick" in "1..T" unit "tick",
        /// Every edge, in id order.
        topology_snapshot: Vec<TopologySnapshotEdge> => "topology_snapshot",
    }
}

record! {
    /// An edge as a checkpoint keeps it.
    #[derive(Copy, Default)]
    pub struct TopologySnapshotEdge {
        /// The topology's divisor.
        sc: i64 => "SC" in "1..",
        /// The edge's c.
        c: i64 => "c",
        /// The edge's capacity.
        cap: i64 => "cap" in "0.." unit "amount per tick",
        /// The edge's id.
        e_id: u64 => "e_id" in "1..E" unit "edge id",
        /// Node id of one end.
        i: u64 => "i" in "1..N" unit "node id",
        /// Node id of the other end.
        j: u64 => "j" in "1..N" unit "node id",
        /// The edge's k.
        k: i64 => "k" in "0..",
    }
}

impl EdgeFluxSummary {
    /// The fluxes of all edges, in id order.
    pub(crate) fn all(f_e: impl Iterator<Item = i64>) -> Vec<Self> {
        let numbered = (1..).zip(f_e);
        numbered.map(|(e_id, f_e)| Self { e_id, f_e }).collect()
    }
}

impl IBlock {
    /// The checkpoint after a tick.
    pub(crate) fn new(plan: &RunPlan, tick: u64, c_t: i64, post_u: Vec<i64>) -> Self {
        let topology_snapshot = TopologySnapshotEdge::all(&plan.topology).collect();
        Self {
            c_t,
            w: plan.checkpoint_spacing,
            post_u,
            profile_version: plan.profile.name.clone(),
            tick,
            topology_snapshot,
        }
    }
}

impl TopologySnapshotEdge {
    /// Every edge of a topology, in id order.
    pub(super) fn all(topology: &Topology) -> impl Iterator<Item = Self> {
        let sc = topology.scale;
        topology.edges.iter().zip(1..).map(move |(edge, e_id)| {
            let (i, j) = edge.node_ids();
            let Edge {
                conductance: k,
                cap,
                c,
                ..
            } = edge;
            Self {
                sc,
                c,
                cap,
                e_id,
                i,
                j,
                k,
            }
        })
    }
}

impl RecordType for PBlock {
    const INFO: KindInfo = KindInfo {
        kind: RecordKind::PBlocks,
        name: "p_blocks",
        stage: Stage::Loom,
        occurs: "one per tick",
        position: Position::EveryTick,
        tick: Some("tick"),
        keys: &[
            KeyRule::record(&["tick"], "P-block"),
            KeyRule::list("edge_flux_summary", &["e_id"], "edge"),
        ],
        reading_order: &[
            "edge_flux_summary",
            "edge_flux_summary.f_e",
            "s_t",
            "seq",
            "C_t",
        ],
        late_fields: &[],
        needs_grammar: false,
    };

    type Made = Tick;

    const COLUMNS: &'static [Column<Tick>] = &[
        Column::key("tick", |tick, _| count(tick.tick)),
        Column::new("s_t", "INTEGER NOT NULL", |tick, _| Cell::Integer(tick.s_t)),
        Column::new("c_t", "INTEGER NOT NULL", |tick, _| Cell::Integer(tick.c_t)),
        Column::JSON_IF_SMALL,
        Column::SHA256,
    ];
}

impl RecordType for IBlock {
    const INFO: KindInfo = KindInfo {
        kind: RecordKind::IBlocks,
        name: "i_blocks",
        stage: Stage::Loom,
        occurs: "one at every tick divisible by W",
        position: Position::SomeTicks,
        tick: Some("tick"),
        keys: &[
            KeyRule::record(&["tick"], "I-block"),
            KeyRule::list("topology_snapshot", &["e_id"], "edge"),
            KeyRule::vector("post_u", "node"),
        ],
        reading_order: &["W", "topology_snapshot", "post_u", "C_t"],
        late_fields: &[],
        needs_grammar: false,
    };

    type Made = Tick;

    const COLUMNS: &'static [Column<Tick>] = &[
        Column::key("tick", |tick, _| count(tick.tick)),
        Column::JSON_IF_SMALL,
        Column::SHA256,
    ];
}
