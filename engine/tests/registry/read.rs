//! Reads documents (JSON and TOML) into a case, without any checks.

use std::path::Path;

use crate::oracle::{
    Aeon, Case, Edge, Entry, Json, Layer, Nap, Observers, Primary, Profile, Rules, RunConfig,
    Scheme, Source, StRule, Stream, Topology, Window,
};

/// The case of a RunConfig and the documents that it names.
pub(crate) fn case(path: &Path) -> Case {
    let run = document(path);
    let beside = |field: &str| {
        let name = run.optional(field)?.str().to_owned();
        Some(path.parent().expect("a directory").join(name))
    };
    let topology = document(&beside("topology_path").expect("a topology"));
    let profile = document(&beside("profile_path").expect("a profile"));
    let pfna = beside("pfna_path").map(|path| entries(&document(&path)));
    let initial_state = match beside("initial_state_path") {
        Some(path) => state(&path),
        None => numbers(run.member("initial_state")),
    };
    Case {
        topology: self::topology(&topology),
        profile: self::profile(&profile),
        run: run_config(&run, initial_state),
        pfna,
        aeon: beside("aeon_path").map(|path| aeon(&run, &path)),
        rules: Rules::WRITTEN,
    }
}

fn aeon(run: &Json, path: &Path) -> Aeon {
    let windows = run.optional("windows").map_or(&[][..], Json::list).iter();
    let named = windows.filter_map(|window| {
        let id = window.optional("aeon_window_id")?;
        Some((
            window.member("window_id").str().to_owned(),
            id.str().to_owned(),
        ))
    });
    Aeon {
        grammar: document(path),
        apxi: run.optional("apxi").cloned(),
        named: named.collect(),
    }
}

fn document(path: &Path) -> Json {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => from_toml(toml::from_str(&text).expect("TOML")),
        _ => Json::parse(&text),
    }
}

fn from_toml(value: toml::Value) -> Json {
    match value {
        toml::Value::String(text) => Json::Text(text),
        toml::Value::Integer(number) => Json::Number(number.into()),
        toml::Value::Boolean(value) => Json::Bool(value),
        toml::Value::Array(list) => Json::List(list.into_iter().map(from_toml).collect()),
        toml::Value::Table(table) => Json::Object(
            table
                .into_iter()
                .map(|(key, value)| (key, from_toml(value)))
                .collect(),
        ),
        other => panic!("{other:?} in a document"),
    }
}

/// A JSON array, or one number per line.
fn state(path: &Path) -> Vec<i64> {
    if path
        .extension()
        .is_some_and(|extension| extension == "json")
    {
        return numbers(&document(path));
    }
    let text = std::fs::read_to_string(path).expect("a state");
    text.lines()
        .filter_map(|line| line.trim().parse().ok())
        .collect()
}

fn topology(document: &Json) -> Topology {
    let edge = |edge: &Json| Edge {
        i: size(edge.member("i")),
        j: size(edge.member("j")),
        k: edge.member("k").number(),
        cap: edge.member("cap").number(),
        c: optional(edge, "c", Json::number),
    };
    Topology {
        gid: document.member("gid").str().to_owned(),
        nodes: size(document.member("N")),
        sc: document.member("SC").number(),
        edges: document.member("edges").list().iter().map(edge).collect(),
        list_nodes: document.optional("nodes").is_some(),
    }
}

fn profile(document: &Json) -> Profile {
    let pair = |value: &Json, first: &str, second: &str| {
        (value.member(first).number(), value.member(second).number())
    };
    let press = document.optional("press_defaults");
    let preferred = press.and_then(|press| press.optional("preferred_schemes"));
    let check = press.and_then(|press| press.optional("manifest_check"));
    let constants = document.member("chain_rule").optional("constants");
    Profile {
        name: document.member("name").str().to_owned(),
        modulus: document.member("modulus_M").number(),
        c0: document.member("C0").number(),
        sc: document.member("SC").number(),
        spacing: document.member("I_block_spacing_W").number().unsigned_abs(),
        constants: constants.map(|constants| pair(constants, "a", "b")),
        s_t: s_t_rule(document.member("s_t_rule")),
        nap: document.optional("nap_defaults").map(|nap| {
            let mode = optional(nap, "mode", |mode| mode.str().to_owned());
            (
                optional(nap, "v", Json::number).unwrap_or(1),
                mode.unwrap_or_else(|| "P".to_owned()),
            )
        }),
        preferred: preferred.map(|names| names.list().iter().map(scheme).collect()),
        check: check.map(|check| pair(check, "b1", "b0")),
    }
}

fn s_t_rule(rule: &Json) -> StRule {
    match rule.optional("mode").map(Json::str) {
        None => StRule::Gf01Constant(rule.member("gf01_constant").number()),
        Some("prime_weighted") => StRule::PrimeWeighted,
        Some("constant") => StRule::Constant(rule.member("value").number()),
        Some("sum_abs_flux") => StRule::SumAbsFlux {
            offset: optional(rule, "offset", Json::number),
            scale: optional(rule, "scale", Json::number),
            max_value: optional(rule, "max_value", Json::number),
        },
        Some(other) => panic!("s_t mode {other}"),
    }
}

fn run_config(run: &Json, initial_state: Vec<i64>) -> RunConfig {
    let tick = |value: &Json| value.number().unsigned_abs();
    let windows = run
        .optional("windows")
        .map(|windows| windows.list().iter().map(window).collect());
    let flag = |field| run.optional(field) == Some(&Json::Bool(true));
    RunConfig {
        run_id: run.member("run_id").str().to_owned(),
        ticks: tick(run.member("ticks")),
        initial_state,
        windows: windows.unwrap_or_default(),
        primary: match run.optional("window_every") {
            Some(length) => Primary::Every(tick(length)),
            None => Primary::Window(run.member("primary_window_id").str().to_owned()),
        },
        nap: run.optional("nap").map(nap),
        loom_w: run
            .optional("loom")
            .and_then(|loom| optional(loom, "W", tick)),
        codex: flag("enable_codex"),
        enable_pfna: flag("enable_pfna"),
        observers: Observers::Unsaid,
    }
}

fn window(window: &Json) -> Window {
    let text = |field| window.member(field).str().to_owned();
    let tick = |field| window.member(field).number().unsigned_abs();
    Window {
        id: text("window_id"),
        apx_name: text("apx_name"),
        start: tick("start_tick"),
        end: tick("end_tick"),
        streams: window
            .optional("streams")
            .map(|all| all.list().iter().map(stream).collect()),
    }
}

fn stream(stream: &Json) -> Stream {
    let source = stream.member("source").str();
    let known = Source::ALL.into_iter().find(|known| known.name() == source);
    Stream {
        name: stream.member("name").str().to_owned(),
        source: known.unwrap_or_else(|| panic!("source {source}")),
        hint: optional(stream, "scheme_hint", scheme),
        description: optional(stream, "description", |text| text.str().to_owned()),
    }
}

fn scheme(name: &Json) -> Scheme {
    let all = [Scheme::Id, Scheme::R, Scheme::Gr];
    let known = all.into_iter().find(|known| known.name() == name.str());
    known.unwrap_or_else(|| panic!("scheme {name:?}"))
}

fn nap(nap: &Json) -> Nap {
    let layer = |name: &Json| {
        let known = Layer::ALL
            .into_iter()
            .find(|known| known.name() == name.str());
        known.unwrap_or_else(|| panic!("layer {name:?}"))
    };
    let text = |field| optional(nap, field, |text| text.str().to_owned());
    Nap {
        layers: optional(nap, "layers", |all| all.list().iter().map(layer).collect()),
        nid: text("nid"),
        v: optional(nap, "v", Json::number),
        mode: text("mode"),
    }
}

fn entries(document: &Json) -> Vec<Entry> {
    let entry = |entry: &Json| Entry {
        pfna_id: entry.member("pfna_id").str().to_owned(),
        tick: entry.member("tick").number().unsigned_abs(),
        values: numbers(entry.member("values")),
        description: optional(entry, "description", |text| text.str().to_owned()),
    };
    document
        .member("entries")
        .list()
        .iter()
        .map(entry)
        .collect()
}

fn optional<T>(value: &Json, field: &str, read: impl Fn(&Json) -> T) -> Option<T> {
    value
        .optional(field)
        .filter(|value| **value != Json::Null)
        .map(read)
}

fn numbers(list: &Json) -> Vec<i64> {
    list.list().iter().map(Json::number).collect()
}

fn size(value: &Json) -> usize {
    usize::try_from(value.number()).expect("a count")
}
