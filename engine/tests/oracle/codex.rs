//! The oracle's Codex: repeated flux vectors, counted again for every requested library.

use super::{Case, Int, Json, Tick, int, ints, least_bits, object, text};

/// A flux vector that occurred twice or more.
struct Motif<'a> {
    signature: Vec<Int>,
    uses: Vec<&'a Tick<'a>>,
}

/// The library of the ticks so far. `window_of` gives the primary window of a tick.
pub(super) fn library(
    case: &Case,
    history: &[Tick<'_>],
    window_of: &dyn Fn(u64) -> String,
) -> Vec<Json> {
    let motifs = motifs(history);
    let count = motifs.len();
    let entry = |(index, motif): (usize, &Motif<'_>)| {
        let (first, last) = (motif.uses[0], motif.uses[motif.uses.len() - 1]);
        let du: Vec<Int> = first.fluxes.iter().map(|flux| flux.du.clone()).collect();
        let stats = stats(motif, count);
        object([
            ("library_id", text(format!("{}_LIB", case.run.run_id))),
            ("motif_id", text(motif_id(index))),
            ("profile", text(&case.profile.name)),
            ("source_gid", text(&case.topology.gid)),
            ("source_window_id", text(window_of(first.tick))),
            (
                "pattern_descriptor",
                object([
                    ("type", text("edge_flux_pattern_v1")),
                    ("edge_ids", edge_ids(case)),
                    ("f_e_signature", ints(&motif.signature)),
                    ("du_signature", ints(&du)),
                ]),
            ),
            (
                "mdl_stats",
                object([
                    ("L_self", int(stats.own)),
                    ("L_usage", int(stats.usage)),
                    ("L_total", int(stats.total)),
                    ("delta_vs_baseline", int(stats.delta)),
                ]),
            ),
            (
                "usage_stats",
                object([
                    ("usage_count", int(motif.uses.len())),
                    ("first_tick", int(first.tick)),
                    ("last_tick", int(last.tick)),
                ]),
            ),
            ("created_at_tick", int(motif.uses[1].tick)),
            ("last_updated_tick", int(last.tick)),
            ("meta", object([])),
        ])
    };
    motifs.iter().enumerate().map(entry).collect()
}

/// The proposals at the end of the run.
pub(super) fn proposals(
    case: &Case,
    history: &[Tick<'_>],
    window_of: &dyn Fn(u64) -> String,
) -> Vec<Json> {
    let motifs = motifs(history);
    let mut proposals = Vec::new();
    for (index, motif) in motifs.iter().enumerate() {
        let delta = stats(motif, motifs.len()).delta;
        if !(case.rules.is_proposed)(&delta) {
            continue;
        }
        proposals.push(object([
            (
                "proposal_id",
                text(format!("PROPOSAL_{:04}", proposals.len() + 1)),
            ),
            ("library_id", text(format!("{}_LIB", case.run.run_id))),
            ("motif_id", text(motif_id(index))),
            ("gid", text(&case.topology.gid)),
            ("target_window_id", text(window_of(motif.uses[0].tick))),
            ("target_location", object([("edge_ids", edge_ids(case))])),
            ("action", text("PLACE")),
            ("expected_effect", object([("delta_L_total", int(delta))])),
            ("budget_effect", object([])),
            ("created_at_tick", int(case.run.ticks)),
            ("status", text("PENDING")),
            ("governance_notes", object([])),
        ]));
    }
    proposals
}

/// All vectors that occurred twice, in the order of their second occurrence.
fn motifs<'a>(history: &'a [Tick<'a>]) -> Vec<Motif<'a>> {
    let mut seen: Vec<Motif<'a>> = Vec::new();
    for tick in history.iter().filter(|tick| !tick.fluxes.is_empty()) {
        let signature: Vec<Int> = tick.fluxes.iter().map(|flux| flux.f_e.clone()).collect();
        match seen.iter_mut().find(|motif| motif.signature == signature) {
            Some(motif) => motif.uses.push(tick),
            None => seen.push(Motif {
                signature,
                uses: vec![tick],
            }),
        }
    }
    seen.retain(|motif| motif.uses.len() > 1);
    seen.sort_by_key(|motif| motif.uses[1].tick);
    seen
}

struct Stats {
    own: Int,
    usage: Int,
    total: Int,
    delta: Int,
}

fn stats(motif: &Motif<'_>, motifs: usize) -> Stats {
    let own = least_bits(&motif.signature);
    let uses = Int::from(motif.uses.len());
    let pointer = (0..)
        .find(|bits| 1_usize << *bits > motifs)
        .expect("a count is finite");
    let usage = &uses * pointer;
    let total = &own + &usage;
    let delta = &total - uses * &own;
    Stats {
        own,
        usage,
        total,
        delta,
    }
}

fn motif_id(index: usize) -> String {
    format!("MOTIF_{:04}", index + 1)
}

fn edge_ids(case: &Case) -> Json {
    Json::List((1..=case.topology.edges.len()).map(int).collect())
}
