//! Tests of the smallest runs: no edges, one node, one tick, a checkpoint at every tick.

use super::{check, complete};
use crate::oracle::{Case, Edge, Primary, Source, Stream, line, plain};

fn every_source(case: &mut Case) {
    let stream = |source: Source| Stream {
        name: source.name().to_owned(),
        source,
        hint: None,
        description: Some("one of each".to_owned()),
    };
    case.run.windows[0].streams = Some(Source::ALL.map(stream).to_vec());
}

#[test]
fn small_shapes() {
    let mut alone = plain(&[7], &[], 0, 0, 5);
    every_source(&mut alone);
    let mut edgeless = plain(&[7, 0, -7], &[], 0, 0, 4);
    every_source(&mut edgeless);
    edgeless.run.codex = true;
    let mut many = plain(&[40, 0], &[], 0, 0, 3);
    many.topology.edges = vec![
        Edge {
            i: 1,
            j: 2,
            k: 1,
            cap: 1,
            c: Some(-3)
        };
        40
    ];
    check(vec![
        complete(
            "one node",
            alone,
            // fluxes are empty; pre_u and post_u are a step and a run: 15 and 4 bits.
            &[
                ("manifests.0.streams.1.L_total", 0),
                ("manifests.0.streams.2.L_total", 19),
                ("manifests.0.streams.0.L_total", 4),
                ("p_blocks.0.s_t", 14),
            ],
        ),
        complete(
            "no edges, Codex on",
            edgeless,
            &[
                ("metrics.codex_motifs", 0),
                ("metrics.codex_proposals", 0),
                ("ledgers.3.z_check", 0),
            ],
        ),
        complete(
            "forty edges between two nodes",
            many,
            &[("ledgers.0.post_u.0", 0), ("ledgers.0.post_u.1", 40)],
        ),
        complete(
            "k = 0",
            plain(&[100, 0, 0], &line(3), 0, 1 << 40, 3),
            &[("ledgers.2.post_u.0", 100), ("ledgers.2.edges.0.raw", 0)],
        ),
        complete(
            "cap = 0",
            plain(&[100, 0, 0], &line(3), 32, 0, 3),
            &[("ledgers.2.post_u.0", 100), ("ledgers.2.edges.0.raw", 100)],
        ),
        complete(
            "raw above |du|",
            plain(&[100, 0], &line(2), 320, 5000, 1),
            &[
                ("ledgers.0.edges.0.raw", 1000),
                ("ledgers.0.edges.0.f_e", 100),
            ],
        ),
    ]);
}

#[test]
fn one_tick_has_start_and_end() {
    let mut case = plain(&[9, 0], &line(2), 16, 100, 1);
    case.run.loom_w = Some(1);
    check(vec![complete(
        "T = 1",
        case,
        &[
            ("metrics.nap_total", 4),
            ("metrics.i_blocks", 1),
            ("envelopes.0.seq", 1),
            ("envelopes.2.seq", 2),
            ("envelopes.2.tick", 1),
            ("envelopes.3.seq", 1),
        ],
    )]);
}

#[test]
fn checkpoints() {
    let with = |profile, own| {
        let mut case = plain(&[60, 0, 3], &line(3), 8, 100, 9);
        case.profile.spacing = profile;
        case.run.loom_w = own;
        case
    };
    check(vec![
        complete(
            "every tick",
            with(1, None),
            &[("metrics.i_blocks", 9), ("i_blocks.0.tick", 1)],
        ),
        complete(
            "the last tick alone",
            with(9, None),
            &[("metrics.i_blocks", 1)],
        ),
        complete("beyond the run", with(10, None), &[("metrics.i_blocks", 0)]),
        complete(
            "an override",
            with(1, Some(4)),
            &[
                ("metrics.i_blocks", 2),
                ("i_blocks.0.W", 4),
                ("i_blocks.1.tick", 8),
            ],
        ),
    ]);
}

#[test]
fn tiles() {
    let with = |length| {
        let mut case = plain(&[60, 0, 3], &line(3), 8, 100, 7);
        case.run.windows.clear();
        case.run.primary = Primary::Every(length);
        case.run.codex = true;
        case
    };
    check(vec![
        complete("one a tick", with(1), &[("metrics.window_count", 7)]),
        complete(
            "a short last one",
            with(3),
            &[
                ("metrics.window_count", 3),
                ("manifests.2.start_tick", 7),
                ("manifests.2.end_tick", 7),
            ],
        ),
        complete(
            "longer than the run",
            with(50),
            &[("manifests.0.end_tick", 7)],
        ),
    ]);
}
