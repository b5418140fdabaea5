//! Strategies that generate whole runs for property tests.
//!
//! Every draw is mapped to a valid case (the ends of an edge modulo the number of nodes, the ticks
//! of a window modulo those of the run), so that no draw is rejected, and shrinking keeps the case
//! valid.

use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;

use crate::oracle::{
    Case, Edge, Entry, Layer, Nap, Observers, Primary, Profile, Rules, RunConfig, Scheme, Source,
    StRule, Stream, Topology, Window,
};

const MAX_NODES: usize = 24;
const MAX_EDGES: usize = 200;
const MAX_TICKS: u64 = 12;

/// The range of the numbers of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach {
    /// States within ±2^40 and numbers of ordinary size: most runs complete.
    Usual,
    /// Any i64: most runs overflow.
    Wild,
}

/// Any valid case.
pub(crate) fn case(reach: Reach) -> impl Strategy<Value = Case> {
    (topology(reach), profile(reach), run(reach)).prop_map(|(topology, profile, run)| {
        let mut case = Case {
            topology,
            profile,
            run: run.config,
            pfna: run.entries,
            aeon: None,
            rules: Rules::WRITTEN,
        };
        fold(&mut case);
        case
    })
}

/// Makes the draws consistent with each other.
fn fold(case: &mut Case) {
    let (nodes, ticks) = (case.topology.nodes, case.run.ticks);
    case.profile.sc = case.topology.sc;
    case.run.initial_state.truncate(nodes);
    for edge in &mut case.topology.edges {
        edge.i %= nodes;
        edge.j = (edge.i + 1 + edge.j % (nodes.max(2) - 1)) % nodes + 1;
        edge.i += 1;
    }
    case.topology.edges.retain(|edge| edge.i != edge.j);
    for window in &mut case.run.windows {
        window.start = 1 + window.start % ticks;
        window.end = window.start + window.end % (ticks - window.start + 1);
    }
    if let Primary::Window(id) = &case.run.primary {
        // The position of the primary window among the configured ones is drawn too.
        let place = case.run.windows.len() / 2;
        let streams = case
            .run
            .windows
            .first()
            .and_then(|window| window.streams.clone());
        let (id, apx_name) = (id.clone(), "the whole run".to_owned());
        let whole = Window {
            id,
            apx_name,
            start: 1,
            end: ticks,
            streams,
        };
        case.run.windows.insert(place, whole);
    }
    for entry in case.pfna.iter_mut().flatten() {
        entry.tick %= ticks + 1;
        entry.values.truncate(nodes);
    }
    if let Some(entries) = &mut case.pfna {
        let mut seen = Vec::new();
        entries.retain(|entry| {
            let key = (entry.tick, entry.pfna_id.clone());
            let fresh = !seen.contains(&key);
            seen.push(key);
            fresh
        });
    }
    case.run.enable_pfna &= case.pfna.is_some();
}

fn value(reach: Reach) -> BoxedStrategy<i64> {
    let far: i64 = 1 << 40;
    match reach {
        Reach::Usual => prop_oneof![
            2 => Just(0_i64),
            4 => -20_i64..=20,
            3 => -2000_i64..=2000,
            2 => -far..=far,
        ]
        .boxed(),
        Reach::Wild => prop_oneof![
            2 => -20_i64..=20,
            2 => any::<i64>(),
            1 => prop::sample::select(vec![i64::MIN, i64::MIN / 2, i64::MAX / 2, i64::MAX]),
        ]
        .boxed(),
    }
}

/// A number that must not be negative (k, cap).
fn factor(reach: Reach) -> BoxedStrategy<i64> {
    match reach {
        Reach::Usual => prop_oneof![
            1 => Just(0_i64),
            6 => 1_i64..=40,
            2 => 1_i64..=5000,
            1 => Just(crate::oracle::NO_CAP),
        ]
        .boxed(),
        Reach::Wild => prop_oneof![1 => 0_i64..=40, 1 => 0..=i64::MAX, 1 => Just(i64::MAX)].boxed(),
    }
}

fn topology(reach: Reach) -> impl Strategy<Value = Topology> {
    let c = weighted(0.3, -5_i64..=5);
    let edge = (any::<u8>(), any::<u8>(), factor(reach), factor(reach), c);
    let edge = edge.prop_map(|(i, j, k, cap, c)| Edge {
        i: i.into(),
        j: j.into(),
        k,
        cap,
        c,
    });
    let edges = prop_oneof![
        6 => vec(edge.clone(), 0..=12),
        3 => vec(edge.clone(), 0..=60),
        1 => vec(edge, 0..=MAX_EDGES),
    ];
    let nodes = prop_oneof![1 => 1..=3_usize, 3 => 2..=MAX_NODES];
    (name(), nodes, 1_i64..=1000, edges, any::<bool>()).prop_map(
        |(gid, nodes, sc, edges, list_nodes)| Topology {
            gid,
            nodes,
            sc,
            edges,
            list_nodes,
        },
    )
}

fn profile(reach: Reach) -> impl Strategy<Value = Profile> {
    let modulus = prop_oneof![
        4 => Just(1_000_000_007_i64),
        2 => 1_i64..=50,
        1 => Just(i64::MAX),
    ];
    let constant = || prop_oneof![3 => 0_i64..=100, 1 => 0..=i64::MAX];
    let press = (of(vec(scheme(), 0..=3)), of((constant(), constant())));
    let chain = (
        modulus,
        1_i64..=3_000_000_000,
        1_u64..=10,
        of((constant(), constant())),
    );
    let nap = weighted(0.3, (0_i64..=9, name()));
    (name(), chain, s_t_rule(reach), nap, press).prop_map(|(name, chain, s_t, nap, press)| {
        let (modulus, c0, spacing, constants) = chain;
        let (preferred, check) = press;
        let preferred = preferred.map(distinct);
        let name = format!("CMP-{name}");
        Profile {
            name,
            modulus,
            c0,
            sc: 1,
            spacing,
            constants,
            s_t,
            nap,
            preferred,
            check,
        }
    })
}

fn distinct(schemes: Vec<Scheme>) -> Vec<Scheme> {
    let mut distinct = Vec::new();
    for scheme in schemes {
        if !distinct.contains(&scheme) {
            distinct.push(scheme);
        }
    }
    distinct
}

fn s_t_rule(reach: Reach) -> impl Strategy<Value = StRule> {
    let positive = || of(0_i64..=1000);
    prop_oneof![
        3 => Just(StRule::PrimeWeighted),
        1 => value(reach).prop_map(StRule::Constant),
        1 => value(reach).prop_map(StRule::Gf01Constant),
        2 => (positive(), positive(), of(factor(reach))).prop_map(
            |(offset, scale, max_value)| StRule::SumAbsFlux { offset, scale, max_value }
        ),
    ]
}

fn scheme() -> impl Strategy<Value = Scheme> {
    prop::sample::select(vec![Scheme::Id, Scheme::R, Scheme::Gr])
}

/// A name of printable characters, none of them a quote, a backslash or a slash.
fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9._:+~-]{1,6}"
}

/// The run's part of a case, before it is mapped to a valid one.
#[derive(Clone, Debug)]
struct RunDraw {
    config: RunConfig,
    entries: Option<Vec<Entry>>,
}

fn run(reach: Reach) -> impl Strategy<Value = RunDraw> {
    let primary = prop_oneof![
        Just(Primary::Window("whole".to_owned())),
        (1..=MAX_TICKS + 2).prop_map(Primary::Every),
    ];
    let run_id = "[A-Za-z0-9_][A-Za-z0-9._-]{0,6}";
    let observers = prop::sample::select(vec![Observers::Unsaid, Observers::On, Observers::Off]);
    let size = (run_id, 1..=MAX_TICKS, vec(value(reach), MAX_NODES));
    let parts = (
        windows(),
        primary,
        weighted(0.4, nap()),
        weighted(0.3, 1_u64..=15),
    );
    let switches = (any::<bool>(), prop::bool::weighted(0.8), observers);
    (size, parts, switches, weighted(0.5, entries(reach))).prop_map(
        |(size, parts, switches, entries)| {
            let (run_id, ticks, initial_state) = size;
            let (windows, primary, nap, loom_w) = parts;
            let (codex, enable_pfna, observers) = switches;
            let config = RunConfig {
                run_id,
                ticks,
                initial_state,
                windows,
                primary,
                nap,
                loom_w,
                codex,
                enable_pfna,
                observers,
            };
            RunDraw { config, entries }
        },
    )
}

fn windows() -> impl Strategy<Value = Vec<Window>> {
    let stream = (
        prop::sample::select(Source::ALL.to_vec()),
        of(scheme()),
        of(name()),
    );
    let streams = of(vec(stream, 0..=5));
    let window = (name(), 0..MAX_TICKS, 0..MAX_TICKS, streams);
    vec(window, 0..=3).prop_map(|windows| {
        let windows = windows.into_iter().enumerate();
        windows
            .map(|(index, (apx_name, start, end, streams))| Window {
                id: format!("extra{index}"),
                apx_name,
                start,
                end,
                streams: streams.map(named),
            })
            .collect()
    })
}

/// Streams with different names.
fn named(streams: Vec<(Source, Option<Scheme>, Option<String>)>) -> Vec<Stream> {
    let streams = streams.into_iter().enumerate();
    streams
        .map(|(index, (source, hint, description))| {
            // Later streams have smaller names, so that an implementation that sorts them would
            // fail.
            let name = format!("S{}", 9 - index);
            Stream {
                name,
                source,
                hint,
                description,
            }
        })
        .collect()
}

fn nap() -> impl Strategy<Value = Nap> {
    let layers = prop::sample::subsequence(Layer::ALL.to_vec(), 0..=4);
    (of(layers), of(name()), of(0_i64..=9), of(name())).prop_map(|(layers, nid, v, mode)| Nap {
        layers,
        nid,
        v,
        mode,
    })
}

fn entries(reach: Reach) -> impl Strategy<Value = Vec<Entry>> {
    let id = "[A-Zab]{1,2}";
    let entry = (id, 0..=MAX_TICKS, vec(value(reach), MAX_NODES), of(name()));
    vec(entry, 0..=5).prop_map(|entries| {
        let entries = entries.into_iter();
        entries
            .map(|(pfna_id, tick, values, description)| Entry {
                pfna_id,
                tick,
                values,
                description,
            })
            .collect()
    })
}
