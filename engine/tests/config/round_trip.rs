//! Tests that a run stays the same when its documents are written and read again, in any order of
//! keys and in either format.

use std::path::Path;

use aether_engine::config::{MemoryDocuments, RunPlan, load_run};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The plan of generated documents.
fn load(documents: &Generated) -> RunPlan {
    let memory = MemoryDocuments::new()
        .with("s/run.json", documents.run.to_string())
        .with("f/topology.json", documents.topology.to_string())
        .with("f/profile.json", documents.profile.to_string())
        .with("f/pfna.json", documents.pfna.to_string());
    load_run(&memory, Path::new("s/run.json")).unwrap_or_else(|report| panic!("{report}"))
}

#[derive(Clone, Debug)]
struct Generated {
    run: Value,
    topology: Value,
    profile: Value,
    pfna: Value,
}

prop_compose! {
    fn edge()(ends in (0..5_i64, 1..5_i64), k in 0..i64::MAX, cap in 0..i64::MAX,
              scale in any::<bool>(), c in proptest::option::of(any::<i64>())) -> Value {
        // Two different nodes of 1..=5.
        let (i, j) = (ends.0 + 1, (ends.0 + ends.1) % 5 + 1);
        let mut edge = json!({"i": i, "j": j, "k": k, "cap": cap});
        if scale { edge["SC"] = json!(32); }
        if let Some(c) = c { edge["c"] = json!(c); }
        edge
    }
}

fn topology() -> impl Strategy<Value = Value> {
    let labels = proptest::option::of(proptest::collection::vec("[ -~é]{0,4}", 5));
    (proptest::collection::vec(edge(), 0..12), labels).prop_map(|(mut edges, labels)| {
        for (index, edge) in edges.iter_mut().enumerate() {
            edge["e_id"] = json!(index + 1);
        }
        let mut topology = json!({"gid": "G", "N": 5, "SC": 32, "edges": edges});
        if let Some(labels) = labels {
            let nodes = labels.iter().enumerate();
            let nodes: Vec<Value> = nodes
                .map(|(index, label)| json!({"node_id": index + 1, "label": label}))
                .collect();
            topology["nodes"] = json!(nodes);
        }
        topology
    })
}

fn profile() -> impl Strategy<Value = Value> {
    let st_rule = prop_oneof![
        Just(json!({"mode": "prime_weighted"})),
        any::<i64>().prop_map(|value| json!({"mode": "constant", "value": value})),
        any::<i64>().prop_map(|value| json!({"gf01_constant": value})),
        (any::<i64>(), any::<i64>()).prop_map(
            |(offset, max)| json!({"mode": "sum_abs_flux", "offset": offset, "max_value": max})
        ),
        Just(json!({"mode": "sum_abs_flux", "description": "what moved"})),
    ];
    let schemes = Just(["R", "GR", "ID"]).prop_shuffle();
    (
        1..i64::MAX,
        1..i64::MAX,
        1..9_i64,
        st_rule,
        schemes,
        0..4_usize,
    )
        .prop_map(|(modulus, start, spacing, st_rule, schemes, count)| {
            json!({
                "name": "CMP-X", "modulus_M": modulus, "C0": start, "SC": 32,
                "I_block_spacing_W": spacing,
                "flux_rule": {"type": "CMP0_flux_v1"},
                "chain_rule": {"type": "CMP0_chain_v1", "constants": {"b": 5}},
                "s_t_rule": st_rule,
                "press_defaults": {"preferred_schemes": schemes[..count.min(3)]},
            })
        })
}

fn pfna() -> impl Strategy<Value = Value> {
    let entries = proptest::collection::btree_map(
        (0..=6_i64, "[a-z]{1,2}"),
        proptest::collection::vec(any::<i64>(), 5),
        0..8,
    );
    entries.prop_map(|entries| {
        let entries = entries.into_iter();
        let entries: Vec<Value> = entries
            .map(|((tick, id), values)| json!({"pfna_id": id, "tick": tick, "values": values}))
            .collect();
        json!({"v": 0, "pfna_id": "P", "gid": "G", "run_id": "r", "nid": "n", "entries": entries})
    })
}

fn run() -> impl Strategy<Value = Value> {
    let window = (1..=6_i64, 0..6_i64, proptest::option::of("[a-z ]{1,5}"));
    let windows = proptest::collection::vec(window, 0..4);
    let state = proptest::collection::vec(any::<i64>(), 5);
    (state, windows, 1..8_i64, any::<[bool; 4]>()).prop_map(|(state, windows, every, flags)| {
        let mut listed = Vec::new();
        for (index, (start, more, aeon)) in windows.into_iter().enumerate() {
            let mut window = json!({
                "window_id": format!("W{index}"), "apx_name": "A",
                "start_tick": start, "end_tick": (start + more).min(6),
                "streams": [{"name": "s", "source": "prev_chain", "scheme_hint": "GR"}],
            });
            if let Some(aeon) = aeon {
                window["aeon_window_id"] = json!(aeon);
            }
            listed.push(window);
        }
        let mut run = json!({
            "v": 1, "gid": "G", "run_id": "r", "ticks": 6,
            "topology_path": "../f/topology.json", "profile_path": "../f/profile.json",
            "pfna_path": "../f/pfna.json", "initial_state": state,
            "enable_pfna": flags[0], "enable_codex": flags[1],
            "nap": {"layers": ["DATA", "EGRESS"], "nid": "x/y"},
        });
        if flags[2] {
            run["window_every"] = json!(every);
        } else {
            listed.push(json!({
                "window_id": "MAIN", "apx_name": "M", "start_tick": 1, "end_tick": 6,
            }));
            run["primary_window_id"] = json!("MAIN");
        }
        if flags[3] {
            run["logging"] = json!({"destination": "file", "file_path": "a/b.log"});
            run["diagnostics"] = json!({"limit": 5, "conservation": true});
        }
        run["windows"] = json!(listed);
        run
    })
}

fn generated() -> impl Strategy<Value = Generated> {
    (run(), topology(), profile(), pfna()).prop_map(|(run, topology, profile, pfna)| Generated {
        run,
        topology,
        profile,
        pfna,
    })
}

/// The same value with the keys of every object in reverse order.
fn reversed(value: &Value) -> String {
    fn text(value: &Value, out: &mut String) {
        match value {
            Value::Object(members) => {
                out.push('{');
                for (index, (key, value)) in Map::iter(members).rev().enumerate() {
                    out.push_str(if index == 0 { "" } else { " ,\n" });
                    out.push_str(&Value::String(key.clone()).to_string());
                    out.push_str(" : ");
                    text(value, out);
                }
                out.push('}');
            }
            Value::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { ", " });
                    text(item, out);
                }
                out.push(']');
            }
            other => out.push_str(&other.to_string()),
        }
    }
    let mut out = String::new();
    text(value, &mut out);
    out
}

/// The same value in TOML.
fn toml_value(value: &Value) -> toml::Value {
    match value {
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, value)| (key.clone(), toml_value(value)));
            toml::Value::Table(members.collect())
        }
        Value::Array(items) => toml::Value::Array(items.iter().map(toml_value).collect()),
        Value::Bool(flag) => toml::Value::Boolean(*flag),
        Value::String(text) => toml::Value::String(text.clone()),
        number => toml::Value::Integer(number.as_i64().expect("an integer")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn resolved_documents_read_back_to_an_equal_plan(documents in generated()) {
        let plan = load(&documents);
        let resolved = plan.documents();
        let mut memory = MemoryDocuments::new()
            .with("s/run.json", resolved.run_config())
            .with("f/topology.json", resolved.topology())
            .with("f/profile.json", resolved.profile());
        if let Some(pfna) = resolved.pfna() {
            memory.insert("f/pfna.json", pfna);
        }
        let again = load_run(&memory, Path::new("s/run.json")).expect("a plan");
        prop_assert_eq!(&again, &plan);
        // Resolved texts are canonical: sorted keys, no white space.
        for text in [resolved.run_config(), resolved.topology(), resolved.profile()] {
            let value: Value = serde_json::from_str(text).expect("JSON");
            prop_assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn the_order_of_keys_and_entries_changes_nothing(documents in generated()) {
        let plan = load(&documents);
        let mut pfna = documents.pfna.clone();
        if let Some(entries) = pfna["entries"].as_array_mut() {
            entries.reverse();
        }
        let memory = MemoryDocuments::new()
            .with("s/run.json", reversed(&documents.run))
            .with("f/topology.json", reversed(&documents.topology))
            .with("f/profile.json", reversed(&documents.profile))
            .with("f/pfna.json", reversed(&pfna));
        let again = load_run(&memory, Path::new("s/run.json")).expect("a plan");
        prop_assert_eq!(again, plan);
    }

    #[test]
    fn toml_says_the_same_as_json(documents in generated()) {
        let plan = load(&documents);
        let toml = |value: &Value| toml::to_string(&toml_value(value)).expect("TOML");
        let mut run = documents.run.clone();
        for key in ["topology_path", "profile_path", "pfna_path"] {
            run[key] = json!(run[key].as_str().expect("a path").replace(".json", ".toml"));
        }
        let memory = MemoryDocuments::new()
            .with("s/run.toml", toml(&run))
            .with("f/topology.toml", toml(&documents.topology))
            .with("f/profile.toml", toml(&documents.profile))
            .with("f/pfna.toml", toml(&documents.pfna));
        let again = load_run(&memory, Path::new("s/run.toml"));
        let again = again.unwrap_or_else(|report| panic!("{report}"));
        prop_assert_eq!(again.documents().topology(), plan.documents().topology());
        prop_assert_eq!(again.documents().profile(), plan.documents().profile());
        prop_assert_eq!(again.documents().pfna(), plan.documents().pfna());
    }
}
