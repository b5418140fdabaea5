//! The records of the UMX: state and fluxes.

use super::kind::{Column, KeyRule, KindInfo, Position, RecordKind, RecordType, Stage, count};
use super::{Flux, Tick};
use crate::config::Edge;

record! {
    /// `UMXTickLedger_v1`: one tick's state before and after, and the flux of every edge.
    ///
    /// Invariant: `sum_pre_u = sum_post_u = z_check`; fluxes move the state and make none.
    #[derive(Default)]
    pub struct UmxLedger {
        /// Every edge once, in id order.
        edges: Vec<EdgeFlux> => "edges",
        /// State after the tick; N numbers.
        post_u: Vec<i64> => "post_u" unit "amount",
        /// State before the tick, external inputs added; N numbers.
        pre_u: Vec<i64> => "pre_u" unit "amount",
        /// Σ post_u.
        sum_post_u: i64 => "sum_post_u" unit "amount",
        /// Σ pre_u.
        sum_pre_u: i64 => "sum_pre_u" unit "amount",
        /// The tick.
        tick: u64 => "tick" in "1..T" unit "tick",
        /// The sum that both must equal.
        z_check: i64 => "z_check" unit "amount",
    }
}

record! {
    /// What one edge did in one tick.
    #[derive(Copy, Default)]
    pub struct EdgeFlux {
        /// The edge's capacity.
        cap: i64 => "cap" in "0.." unit "amount per tick",
        /// pre_u[i] − pre_u[j].
        du: i64 => "du" unit "amount",
        /// The edge's id.
        e_id: u64 => "e_id" in "1..E" unit "edge id",
        /// The flux from i to j: sign(du) · min(raw, cap, |du|).
        f_e: i64 => "f_e" unit "amount per tick",
        /// Node id of the end that a positive flux leaves.
        i: u64 => "i" in "1..N" unit "node id",
        /// Node id of the other end.
        j: u64 => "j" in "1..N" unit "node id",
        /// ⌊k·|du| / SC⌋.
        raw: i64 => "raw" in "0.." unit "amount per tick",
    }
}

impl EdgeFlux {
    /// What an edge did.
    pub(crate) fn new(e_id: u64, edge: &Edge, Flux { du, raw, f_e }: Flux) -> Self {
        let (i, j) = edge.node_ids();
        Self {
            cap: edge.cap,
            du,
            e_id,
            f_e,
            i,
            j,
            raw,
        }
    }

    /// Its numbers that differ from tick to tick.
    pub(crate) const fn flux(&self) -> Flux {
        Flux {
            du: self.du,
            raw: self.raw,
            f_e: self.f_e,
        }
    }
}

impl RecordType for UmxLedger {
    const INFO: KindInfo = KindInfo {
        kind: RecordKind::Ledgers,
        name: "ledgers",
        stage: Stage::Umx,
        occurs: "one per tick",
        position: Position::EveryTick,
        tick: Some("tick"),
        keys: &[
            KeyRule::record(&["tick"], "ledger"),
            KeyRule::list("edges", &["e_id"], "edge"),
            KeyRule::vector("pre_u", "node"),
            KeyRule::vector("post_u", "node"),
        ],
        reading_order: &[
            "pre_u",
            "edges",
            "edges.du",
            "edges.raw",
            "edges.cap",
            "edges.f_e",
            "post_u",
            "sum_pre_u",
            "sum_post_u",
            "z_check",
        ],
        late_fields: &[],
        needs_grammar: false,
    };

    type Made = Tick;

    const COLUMNS: &'static [Column<Tick>] = &[
        Column::key("tick", |tick, _| count(tick.tick)),
        Column::SHA256,
    ];
}

impl UmxLedger {
    /// The least and the greatest value after the tick.
    pub fn extremes(&self) -> Option<(i64, i64)> {
        let values = || self.post_u.iter().copied();
        values().min().zip(values().max())
    }
}
