//! Tests of the description lengths of motifs, with values computed by hand.

use super::{check, complete, overflow};
use crate::oracle::{Case, Entry, NO_CAP, Primary, StRule, line, plain};

fn watched(mut case: Case) -> Case {
    case.run.codex = true;
    case.profile.s_t = StRule::Constant(0);
    case
}

/// Two nodes that swap a difference again and again: the fluxes alternate between 7 and −7.
fn swinging(ticks: u64) -> Case {
    watched(plain(&[10, 3], &line(2), 32, NO_CAP, ticks))
}

#[test]
fn a_single_zero_flux() {
    // bits(0) = 1 by ID and GR(0); a pointer into one motif is 1 bit: 1 + n − n = 1, whatever n.
    check(vec![
        complete(
            "two ticks",
            watched(plain(&[0, 0], &line(2), 1, 1, 2)),
            &[
                ("metrics.codex_motifs", 1),
                ("metrics.codex_proposals", 0),
                ("codex_library.0.mdl_stats.L_self", 1),
                ("codex_library.0.mdl_stats.L_usage", 2),
                ("codex_library.0.mdl_stats.L_total", 3),
                ("codex_library.0.mdl_stats.delta_vs_baseline", 1),
                ("codex_library.0.created_at_tick", 2),
            ],
        ),
        complete(
            "one tick has no motif",
            watched(plain(&[0, 0], &line(2), 1, 1, 1)),
            &[("metrics.codex_motifs", 0)],
        ),
    ]);
}

#[test]
fn two_motifs_in_turn() {
    // bits(7) = 1 + 3 by ID. GR(2): y = 13 → 3 + 1 + 2 = 6; so 4, and bits(−7) likewise.
    check(vec![
        complete(
            "one of them twice, the other once",
            swinging(3),
            &[
                ("metrics.codex_motifs", 1),
                ("codex_library.0.usage_stats.first_tick", 1),
                ("codex_library.0.usage_stats.last_tick", 3),
                ("codex_library.0.created_at_tick", 3),
                ("codex_library.0.pattern_descriptor.du_signature.0", 7),
                // 4 + 2·1 − 2·4.
                ("codex_library.0.mdl_stats.delta_vs_baseline", -2),
            ],
        ),
        complete(
            "both: a pointer is 2 bits",
            swinging(8),
            &[
                ("metrics.codex_motifs", 2),
                ("codex_library.1.pattern_descriptor.f_e_signature.0", -7),
                ("codex_library.1.created_at_tick", 4),
                // 4 + 4·2 − 4·4.
                ("codex_library.0.mdl_stats.delta_vs_baseline", -4),
                ("metrics.codex_proposals", 0),
            ],
        ),
    ]);
}

#[test]
fn a_proposal_starts_at_minus_eight() {
    let last = |ticks, delta, proposals| {
        let claims = [
            ("codex_library.0.mdl_stats.delta_vs_baseline", delta),
            ("metrics.codex_proposals", proposals),
        ];
        // 4 + 2·uses − 4·uses for the first motif, of ⌈ticks / 2⌉ uses; the second has ⌊ticks / 2⌋.
        complete("both motifs", swinging(ticks), &claims)
    };
    check(vec![last(10, -6, 0), last(11, -8, 1), last(12, -8, 2)]);
}

#[test]
fn the_library_is_bound_as_it_stood_when_the_window_closed() {
    let mut tiled = swinging(7);
    tiled.run.windows.clear();
    tiled.run.primary = Primary::Every(2);
    check(vec![complete(
        "tiles of two",
        tiled,
        &[
            ("metrics.window_count", 4),
            ("codex_library.0.usage_stats.usage_count", 4),
            ("codex_library.1.last_updated_tick", 6),
        ],
    )]);
}

#[test]
fn a_run_that_fails_keeps_the_library_of_its_committed_windows() {
    let mut failing = swinging(10);
    failing.run.windows.clear();
    failing.run.primary = Primary::Every(4);
    failing.run.enable_pfna = true;
    let values = vec![i64::MAX, 0];
    failing.pfna = Some(vec![Entry {
        pfna_id: "a".to_owned(),
        tick: 9,
        values,
        description: None,
    }]);
    check(vec![overflow(
        "two windows of three",
        failing,
        "input",
        9,
        1,
    )]);
}
