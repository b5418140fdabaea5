//! The last figure of the GF-01 exam, with a plan that is built in code. The whole exam reads
//! documents and is one of the integration tests.

use super::*;
use crate::config::*;

pub(crate) fn gf01() -> RunPlan {
    let edges = [
        (1, 2, 1),
        (1, 4, 2),
        (1, 6, 1),
        (2, 3, 1),
        (2, 5, 2),
        (3, 4, 1),
        (4, 5, 1),
        (5, 6, 1),
    ];
    let stream = |name: &str, source| StreamPlan {
        name: name.to_owned(),
        source,
        hint: None,
        description: String::new(),
    };
    let window = |id: &str, apx: &str, ticks, primary| Window {
        window_id: id.to_owned(),
        apx_name: apx.to_owned(),
        ticks,
        primary,
        streams: vec![
            stream("S1_post_u_deltas", StreamSource::PostUDeltas),
            stream("S2_fluxes", StreamSource::Fluxes),
        ],
        aeon_window_id: None,
    };
    RunPlan {
        gid: "GF01".to_owned(),
        run_id: "GF01".to_owned(),
        ticks: 8,
        topology: Topology {
            gid: "GF01".to_owned(),
            node_count: 6,
            scale: 32,
            edges: edges
                .map(|(i, j, conductance)| Edge {
                    from: i - 1,
                    to: j - 1,
                    conductance,
                    cap: 2_147_483_647,
                    c: 0,
                })
                .into_iter()
                .collect(),
            names: Names::default(),
        },
        profile: Profile {
            name: "CMP-0".to_owned(),
            modulus: 1_000_000_007,
            chain_start: 1_234_567,
            scale: 32,
            checkpoint_spacing: 8,
            flux_rule: FluxRule::Cmp0V1,
            chain_rule: ChainRule::Cmp0V1 { a: 17, b: 23 },
            s_t_rule: StRule::PrimeWeighted,
            press: PressDefaults {
                preference: [Scheme::RunLength, Scheme::GolombRice, Scheme::Identity],
                check_factor: 240_787_124,
                check_offset: 571_912_118,
            },
        },
        initial_state: vec![3, 1, 0, 0, 0, 0],
        windows: vec![
            window("GF01_W1_ticks_1_8", "GF01_APX_v0_full_window", 1..=8, true),
            window("GF01_W1_ticks_1_2", "GF01_APX_v0_ticks_1_2", 1..=2, false),
        ],
        nap: Nap {
            layers: LayerSet {
                ctrl: true,
                ingress: true,
                data: true,
                egress: true,
            },
            nid: "N/A".to_owned(),
            v: 1,
            mode: "P".to_owned(),
        },
        checkpoint_spacing: 8,
        codex: false,
        inputs: Inputs::default(),
        diagnostics: Diagnostics {
            conservation: false,
            allow_negative: true,
            limit: None,
        },
        logging: Logging {
            enabled: true,
            destination: LogDestination::Memory,
            include_ticks: true,
            include_windows: true,
            clock: false,
        },
        metrics: true,
        aeon: None,
        documents: ResolvedDocuments::default(),
    }
}

#[test]
fn gf01_ends_with_the_published_hash() {
    let run = run(&gf01(), &RunOptions::default());
    assert_eq!(run.status(), RunStatus::Complete);
    for kind in RecordKind::ALL {
        for text in run.records(kind).take(2) {
            println!("{}: {}", kind.name(), String::from_utf8_lossy(text));
        }
    }
    let hash = run.last_entry_hash().map(|hash| hash.to_string());
    let expected = "addd73a07897f4efcfd1ad2ae9903a4e473ea57103f03bc6ec3e63b19ae5de02";
    assert_eq!(hash.as_deref(), Some(expected));
}

/// Only a long run starts threads.
#[test]
fn threads_of_a_long_run_leave_records_alone() {
    let mut plan = gf01();
    plan.ticks = 20_000;
    let mut window = plan.windows[0].clone();
    plan.windows.clear();
    for (first, last) in [(1, 9_999), (10_000, 10_001), (10_002, 20_000)] {
        window.window_id = format!("from {first}");
        window.ticks = first..=last;
        plan.windows.push(window.clone());
    }
    assert_eq!(batch::threads(&plan, &RunOptions::default().threads(5)), 3);
    assert_eq!(
        batch::threads(&gf01(), &RunOptions::default().threads(5)),
        1
    );
    let direct = run(&plan, &RunOptions::default());
    assert_eq!(direct.status(), RunStatus::Complete);
    for options in [
        RunOptions::default().threads(2),
        RunOptions::default().threads(3).from_checkpoints(),
    ] {
        let threaded = run(&plan, &options);
        for kind in RecordKind::ALL {
            assert!(
                direct.records(kind).eq(threaded.records(kind)),
                "{}",
                kind.name()
            );
        }
    }
}

#[test]
fn threads_and_codex_leave_records_alone() {
    let plan = gf01();
    let direct = run(&plan, &RunOptions::default());
    let threaded = run(
        &plan,
        &RunOptions {
            threads: 3,
            ..RunOptions::default()
        },
    );
    for kind in RecordKind::ALL {
        assert!(
            direct.records(kind).eq(threaded.records(kind)),
            "{}",
            kind.name()
        );
    }

    let observed = run(
        &RunPlan {
            codex: true,
            ..plan
        },
        &RunOptions::default(),
    );
    assert!(direct.records(RecordKind::CodexLibrary).next().is_none());
    assert!(observed.records(RecordKind::CodexLibrary).next().is_some());
    // The entries of the U-ledger hash the library, and the log reports it.
    for kind in [
        RecordKind::Ledgers,
        RecordKind::PBlocks,
        RecordKind::IBlocks,
        RecordKind::Manifests,
        RecordKind::Envelopes,
        RecordKind::Scenes,
    ] {
        assert!(
            direct.records(kind).eq(observed.records(kind)),
            "{}",
            kind.name()
        );
    }
}
