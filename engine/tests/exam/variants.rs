//! Tests GF-01 with one change at a time, in more than twenty variants.
//!
//! In GF-01 itself nothing moves and every stream is zeros, so it would not reveal a wrong rule.

use super::gf01;
use crate::compare::assert_equals_oracle;
use crate::oracle::{
    Case, Edge, Entry, Layer, Nap, Primary, Scheme, Source, StRule, Stream, Window, run,
};

type Change = fn(&mut Case);

fn stream(source: Source, hint: Option<Scheme>) -> Stream {
    let name = format!("{}_{}", source.name(), hint.map_or("best", Scheme::name));
    Stream {
        name,
        source,
        hint,
        description: Some("changed".to_owned()),
    }
}

const VARIANTS: &[(&str, Change)] = &[
    ("a k that moves the state", |case| {
        case.topology.edges[1].k = 11;
    }),
    ("a k that moves against the edge", |case| {
        case.topology.edges[0] = Edge {
            i: 2,
            j: 1,
            k: 16,
            ..case.topology.edges[0].clone()
        };
    }),
    ("a cap that binds", |case| {
        case.topology.edges[2].k = 32;
        case.topology.edges[2].cap = 1;
    }),
    ("a state that moves", |case| {
        case.run.initial_state[0] = 300;
    }),
    ("a negative state", |case| {
        case.run.initial_state[5] = -40;
    }),
    ("an edge more", |case| {
        case.topology.edges.push(Edge {
            i: 3,
            j: 6,
            k: 5,
            cap: 9,
            c: Some(4),
        });
    }),
    ("an edge less", |case| {
        case.topology.edges.truncate(7);
    }),
    ("a node more", |case| {
        case.topology.nodes += 1;
        case.run.initial_state.push(2);
    }),
    ("a different SC", |case| {
        case.topology.sc = 2;
        case.profile.sc = 2;
    }),
    ("a c", |case| {
        case.topology.edges[3].c = Some(7);
    }),
    ("a different M", |case| {
        case.profile.modulus = 1_000_000_009;
    }),
    ("a different C0", |case| {
        case.profile.c0 = 1_234_568;
    }),
    ("a different a", |case| {
        case.profile.constants = Some((18, 23));
    }),
    ("a different b", |case| {
        case.profile.constants = Some((17, 24));
    }),
    ("a different W", |case| {
        case.profile.spacing = 4;
    }),
    ("an override of W", |case| {
        case.run.loom_w = Some(3);
    }),
    ("a different profile name", |case| {
        case.profile.name = "CMP-0b".to_owned();
    }),
    ("a constant s_t", |case| {
        case.profile.s_t = StRule::Constant(9);
    }),
    ("s_t of the fluxes", |case| {
        case.profile.s_t = StRule::SumAbsFlux {
            offset: Some(2),
            scale: Some(3),
            max_value: Some(4),
        };
        case.run.initial_state[1] = 100;
    }),
    ("other check constants", |case| {
        case.profile.check = Some((240_787_125, 571_912_118));
    }),
    ("a different order of schemes", |case| {
        case.profile.preferred = Some(vec![Scheme::Gr]);
        case.run.windows[0].streams = Some(vec![stream(Source::PrevChain, None)]);
        case.run.windows[1].streams = Some(vec![stream(Source::Fluxes, None)]);
        case.run.windows[1].end = 1;
    }),
    ("a different gid", |case| {
        case.topology.gid = "GF1".to_owned();
    }),
    ("a different run_id", |case| {
        case.run.run_id = "GF01b".to_owned();
    }),
    ("one tick more", |case| {
        case.run.ticks += 1;
        case.run.windows[0].end += 1;
    }),
    ("an additional window moved by a tick", |case| {
        case.run.windows[1].end = 3;
    }),
    ("no additional window", |case| {
        case.run.windows.truncate(1);
    }),
    ("windows the other way round", |case| {
        case.run.windows.reverse();
    }),
    ("a different apx_name", |case| {
        case.run.windows[0].apx_name.push('x');
    }),
    ("a stream of each source", |case| {
        case.run.initial_state[0] = 90;
        let streams = Source::ALL.map(|source| stream(source, None));
        case.run.windows[0].streams = Some(streams.to_vec());
    }),
    ("a stream under each hint", |case| {
        case.run.initial_state[0] = 90;
        let hints = [None, Some(Scheme::Id), Some(Scheme::R), Some(Scheme::Gr)];
        case.run.windows[0].streams = Some(hints.map(|hint| stream(Source::PostU, hint)).to_vec());
    }),
    ("a stream's description", |case| {
        let mut streams = case.run.windows[0].streams();
        streams[0].description = Some("deltas \u{7e}".to_owned());
        case.run.windows[0].streams = Some(streams);
    }),
    ("tiles of three", |case| {
        case.run.windows.remove(0);
        case.run.primary = Primary::Every(3);
    }),
    ("overlapping windows that close together", |case| {
        for (id, start) in [("Z", 5), ("A", 7), ("M", 8)] {
            let more = Window {
                id: id.to_owned(),
                start,
                ..case.run.windows[0].clone()
            };
            case.run.windows.insert(0, more);
        }
    }),
    ("the Codex", |case| {
        case.run.codex = true;
    }),
    ("different nid, v and mode", |case| {
        let nap = Nap {
            layers: None,
            nid: Some("N1".into()),
            v: Some(2),
            mode: Some("Q".into()),
        };
        case.run.nap = Some(nap);
    }),
    ("DATA alone", |case| {
        case.run.nap = Some(Nap {
            layers: Some(vec![Layer::Data]),
            ..Nap::default()
        });
    }),
    ("the profile's own nap defaults", |case| {
        case.profile.nap = Some((3, "D".to_owned()));
    }),
    ("inputs", |case| {
        let entry = |pfna_id: &str, tick, value| Entry {
            pfna_id: pfna_id.to_owned(),
            tick,
            values: vec![value, 0, 0, -value, 1, 0],
            description: None,
        };
        // Sorted neither by tick nor by id.
        case.pfna = Some(vec![
            entry("b", 1, 50),
            entry("z", 0, 20),
            entry("a", 0, 5),
            entry("B", 1, -7),
            entry("a", 8, 64),
            entry("a", 4, 0),
        ]);
        case.run.enable_pfna = true;
    }),
];

#[test]
fn every_record_of_a_variant_equals_the_oracles() {
    assert!(VARIANTS.len() >= 20);
    for (name, change) in VARIANTS {
        let mut case = gf01();
        change(&mut case);
        assert_equals_oracle(name, &case);
    }
}

#[test]
fn a_variant_is_another_run() {
    let hash = |case: &Case| {
        run(case)
            .expect("nothing overflows")
            .last_entry_hash()
            .to_owned()
    };
    let original = hash(&gf01());
    let mut same = Vec::new();
    for (name, change) in VARIANTS {
        let mut case = gf01();
        change(&mut case);
        if hash(&case) == original {
            same.push(*name);
        }
    }
    // s_t is 9 anyway; the order of windows that close at different ticks appears nowhere; and
    // envelopes that are not emitted are hashed too.
    assert_eq!(
        same,
        [
            "a constant s_t",
            "windows the other way round",
            "DATA alone"
        ]
    );
}
