//! Writes a case as the documents that the engine loads.

use std::collections::BTreeMap;

use super::{Aeon, Case, Entry, Json, Nap, Observers, Primary, Profile, RunConfig, StRule, Window};
use super::{int, object, text};

/// The path of the RunConfig.
pub(crate) const RUN_CONFIG: &str = "run.json";

/// The documents of a case by path.
pub(crate) fn documents(case: &Case) -> BTreeMap<&'static str, Json> {
    let mut documents = BTreeMap::from([
        (RUN_CONFIG, run_config(case)),
        ("topology.json", topology(case)),
        ("profile.json", profile(&case.profile)),
    ]);
    if let Some(entries) = &case.pfna {
        documents.insert("pfna.json", pfna(case, entries));
    }
    if let Some(aeon) = &case.aeon {
        documents.insert("aeon.json", aeon.grammar.clone());
    }
    documents
}

fn run_config(case: &Case) -> Json {
    let run = &case.run;
    let mut document = object([
        ("v", int(1)),
        ("gid", text(&case.topology.gid)),
        ("run_id", text(&run.run_id)),
        ("topology_path", text("topology.json")),
        ("profile_path", text("profile.json")),
        ("ticks", int(run.ticks)),
        ("initial_state", numbers(&run.initial_state)),
        ("enable_codex", Json::Bool(run.codex)),
        ("enable_pfna", Json::Bool(run.enable_pfna)),
    ]);
    match &run.primary {
        Primary::Window(id) => document.insert("primary_window_id", text(id)),
        Primary::Every(length) => document.insert("window_every", int(*length)),
    }
    if !run.windows.is_empty() {
        document.insert(
            "windows",
            Json::List(
                run.windows
                    .iter()
                    .map(|w| window(w, case.aeon.as_ref()))
                    .collect(),
            ),
        );
    }
    if let Some(settings) = &run.nap {
        document.insert("nap", nap(settings));
    }
    if let Some(spacing) = run.loom_w {
        document.insert("loom", object([("W", int(spacing))]));
    }
    if let Some(aeon) = &case.aeon {
        document.insert("aeon_path", text("aeon.json"));
        if let Some(apxi) = &aeon.apxi {
            document.insert("apxi", apxi.clone());
        }
    }
    if case.pfna.is_some() {
        document.insert("pfna_path", text("pfna.json"));
    }
    observers(run, &mut document);
    document
}

fn observers(run: &RunConfig, document: &mut Json) {
    let on = match run.observers {
        Observers::Unsaid => return,
        Observers::On => true,
        Observers::Off => false,
    };
    let on = || Json::Bool(on);
    document.insert(
        "logging",
        object([
            ("enabled", on()),
            ("destination", text("memory")),
            ("include_ticks", on()),
            ("include_windows", on()),
            ("clock", on()),
        ]),
    );
    document.insert("metrics", object([("enabled", on())]));
    document.insert(
        "diagnostics",
        object([
            ("conservation", on()),
            ("allow_negative", Json::Bool(true)),
            ("notes", text("changes nothing")),
        ]),
    );
}

fn window(window: &Window, aeon: Option<&Aeon>) -> Json {
    let mut document = object([
        ("window_id", text(&window.id)),
        ("apx_name", text(&window.apx_name)),
        ("start_tick", int(window.start)),
        ("end_tick", int(window.end)),
    ]);
    if let Some(id) = aeon.and_then(|aeon| aeon.named.get(&window.id)) {
        document.insert("aeon_window_id", text(id));
    }
    if let Some(streams) = &window.streams {
        let stream = |stream: &super::Stream| {
            let mut document = object([
                ("name", text(&stream.name)),
                ("source", text(stream.source.name())),
            ]);
            if let Some(hint) = stream.hint {
                document.insert("scheme_hint", text(hint.name()));
            }
            if let Some(description) = &stream.description {
                document.insert("description", text(description));
            }
            document
        };
        document.insert("streams", Json::List(streams.iter().map(stream).collect()));
    }
    document
}

fn nap(nap: &Nap) -> Json {
    let mut document = object([]);
    if let Some(layers) = &nap.layers {
        let names = layers.iter().map(|layer| text(layer.name()));
        document.insert("layers", Json::List(names.collect()));
    }
    if let Some(nid) = &nap.nid {
        document.insert("nid", text(nid));
    }
    if let Some(v) = nap.v {
        document.insert("v", int(v));
    }
    if let Some(mode) = &nap.mode {
        document.insert("mode", text(mode));
    }
    document
}

fn topology(case: &Case) -> Json {
    let topology = &case.topology;
    let edge = |(index, edge): (usize, &super::Edge)| {
        let mut document = object([
            ("e_id", int(index + 1)),
            ("i", int(edge.i)),
            ("j", int(edge.j)),
            ("k", int(edge.k)),
            ("cap", int(edge.cap)),
            ("SC", int(topology.sc)),
        ]);
        if let Some(c) = edge.c {
            document.insert("c", int(c));
        }
        document
    };
    let mut document = object([
        ("gid", text(&topology.gid)),
        ("profile", text("a note, not a choice")),
        ("N", int(topology.nodes)),
        ("SC", int(topology.sc)),
        (
            "edges",
            Json::List(topology.edges.iter().enumerate().map(edge).collect()),
        ),
    ]);
    if topology.list_nodes {
        let node = |id: usize| object([("node_id", int(id)), ("label", text(format!("n{id}")))]);
        document.insert(
            "nodes",
            Json::List((1..=topology.nodes).map(node).collect()),
        );
    }
    document
}

fn profile(profile: &Profile) -> Json {
    let mut chain_rule = object([("type", text("CMP0_chain_v1"))]);
    if let Some((a, b)) = profile.constants {
        chain_rule.insert("constants", object([("a", int(a)), ("b", int(b))]));
    }
    let mut document = object([
        ("name", text(&profile.name)),
        ("modulus_M", int(profile.modulus)),
        ("C0", int(profile.c0)),
        ("SC", int(profile.sc)),
        ("I_block_spacing_W", int(profile.spacing)),
        ("flux_rule", object([("type", text("CMP0_flux_v1"))])),
        ("chain_rule", chain_rule),
        ("s_t_rule", s_t_rule(&profile.s_t)),
    ]);
    if let Some((v, mode)) = &profile.nap {
        let defaults = object([
            ("v", int(*v)),
            ("layer", text("DATA")),
            ("mode", text(mode)),
        ]);
        document.insert("nap_defaults", defaults);
    }
    let mut press = object([]);
    if let Some(preferred) = &profile.preferred {
        let names = preferred.iter().map(|scheme| text(scheme.name()));
        press.insert("preferred_schemes", Json::List(names.collect()));
    }
    if let Some((b1, b0)) = profile.check {
        press.insert("manifest_check", object([("b1", int(b1)), ("b0", int(b0))]));
    }
    if press != object([]) {
        document.insert("press_defaults", press);
    }
    document
}

fn s_t_rule(rule: &StRule) -> Json {
    match rule {
        StRule::PrimeWeighted => object([("mode", text("prime_weighted"))]),
        StRule::Constant(value) => object([("mode", text("constant")), ("value", int(*value))]),
        StRule::Gf01Constant(value) => object([("gf01_constant", int(*value))]),
        StRule::SumAbsFlux {
            offset,
            scale,
            max_value,
        } => {
            let mut document = object([("mode", text("sum_abs_flux"))]);
            for (key, value) in [
                ("offset", offset),
                ("scale", scale),
                ("max_value", max_value),
            ] {
                if let Some(value) = value {
                    document.insert(key, int(*value));
                }
            }
            document
        }
    }
}

fn pfna(case: &Case, entries: &[Entry]) -> Json {
    let entry = |entry: &Entry| {
        let mut document = object([
            ("pfna_id", text(&entry.pfna_id)),
            ("tick", int(entry.tick)),
            ("values", numbers(&entry.values)),
        ]);
        if let Some(description) = &entry.description {
            document.insert("description", text(description));
        }
        document
    };
    object([
        ("v", int(0)),
        ("pfna_id", text("inputs")),
        ("gid", text(&case.topology.gid)),
        ("run_id", text(&case.run.run_id)),
        ("nid", text("not the envelopes' nid")),
        ("entries", Json::List(entries.iter().map(entry).collect())),
    ])
}

fn numbers(values: &[i64]) -> Json {
    Json::List(values.iter().map(|value| int(*value)).collect())
}
