//! The oracle's records of UMX and Loom.

use super::{Case, Json, Tick, int, ints, object, text};

/// `UMXTickLedger_v1`.
pub(super) fn umx_ledger(case: &Case, tick: &Tick<'_>) -> Json {
    let edges = case.topology.edges.iter().zip(&tick.fluxes).enumerate();
    let edges = edges.map(|(index, (edge, flux))| {
        object([
            ("e_id", int(index + 1)),
            ("i", int(edge.i)),
            ("j", int(edge.j)),
            ("du", int(flux.du.clone())),
            ("raw", int(flux.raw.clone())),
            ("cap", int(edge.cap)),
            ("f_e", int(flux.f_e.clone())),
        ])
    });
    object([
        ("tick", int(tick.tick)),
        ("sum_pre_u", int(tick.sum.clone())),
        ("sum_post_u", int(tick.sum.clone())),
        ("z_check", int(tick.sum.clone())),
        ("pre_u", ints(&tick.pre_u)),
        ("edges", Json::List(edges.collect())),
        ("post_u", ints(&tick.post_u)),
    ])
}

/// `LoomPBlock_v1`.
pub(super) fn p_block(tick: &Tick<'_>) -> Json {
    let summary =
        tick.fluxes.iter().enumerate().map(|(index, flux)| {
            object([("e_id", int(index + 1)), ("f_e", int(flux.f_e.clone()))])
        });
    object([
        ("tick", int(tick.tick)),
        ("seq", int(tick.tick)),
        ("s_t", int(tick.s_t.clone())),
        ("C_t", int(tick.chain.clone())),
        ("edge_flux_summary", Json::List(summary.collect())),
    ])
}

/// `LoomIBlock_v1`, at the ticks that have one.
pub(super) fn i_block(case: &Case, tick: &Tick<'_>) -> Option<Json> {
    let spacing = case.run.loom_w.unwrap_or(case.profile.spacing);
    if !(case.rules.is_checkpoint)(tick.tick, spacing) {
        return None;
    }
    let snapshot = case.topology.edges.iter().enumerate().map(|(index, edge)| {
        object([
            ("e_id", int(index + 1)),
            ("i", int(edge.i)),
            ("j", int(edge.j)),
            ("k", int(edge.k)),
            ("cap", int(edge.cap)),
            ("SC", int(case.topology.sc)),
            ("c", int(edge.c.unwrap_or(0))),
        ])
    });
    Some(object([
        ("tick", int(tick.tick)),
        ("W", int(spacing)),
        ("C_t", int(tick.chain.clone())),
        ("profile_version", text(&case.profile.name)),
        ("post_u", ints(&tick.post_u)),
        ("topology_snapshot", Json::List(snapshot.collect())),
    ]))
}
