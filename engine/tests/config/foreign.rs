//! Tests that documents for other engines of this family load without changes.

use aether_engine::config::{Code, validate};

use super::{PROFILE, RUN, documents, load, plan};

const FOREIGN_PROFILE: &str = r#"{
  "name": "CMP-0",
  "modulus_M": 1000000007,
  "C0": 1234567,
  "SC": 32,
  "I_block_spacing_W": 8,
  "flux_rule": {
    "type": "CMP0_flux_v1",
    "du_formula": "u[i] - u[j]",
    "raw_formula": "floor(k * |du| / SC)",
    "f_e_formula": "sign(du) * min(raw, cap, |du|)",
    "notes": {"floor": true}
  },
  "chain_rule": {
    "type": "CMP0_chain_v1",
    "update": "C_t = (17*C_{t-1} + 23*s_t + seq_t) mod M",
    "description": "linear"
  },
  "s_t_rule": {"gf01_constant": 9, "description": "constant for GF-01"},
  "nap_defaults": {"v": 1, "layer": "DATA", "mode": "P"},
  "press_defaults": {
    "preferred_schemes": ["R", "GR", "ID"],
    "gf01_streams": [{"name": "S1_post_u_deltas", "scheme": "R"}]
  }
}"#;

const FOREIGN_TOPOLOGY: &str = r#"{
  "gid": "LINE",
  "profile": "CMP-0",
  "N": 4,
  "nodes": [
    {"node_id": 1, "label": "a", "attrs": {"x": 0.5, "tags": ["hub"]}},
    {"node_id": 2, "label": "b"}, {"node_id": 3}, {"node_id": 4, "attrs": {}}
  ],
  "edges": [{"e_id": 1, "i": 1, "j": 2, "k": 1, "cap": 2147483647, "SC": 32, "c": 0, "attrs": {}}],
  "SC": 32,
  "meta": {"source": "paper", "date": null, "version": 1.5}
}"#;

const FOREIGN_RUN: &str = r#"
v = 1
gid = "LINE"
run_id = "line"
topology_path = "../fixtures/line.json"
profile_path = "../fixtures/cmp-0.json"
ticks = 8
initial_state = [3, 1, 0, 0]
primary_window_id = "W1"
enable_codex = false
enable_pfna = false
nap = {layer = "DATA", mode = "P", v = 1}
logging = {enabled = false, destination = "memory", include_ticks = false, include_windows = true}
metrics = {enabled = true}
diagnostics = {notes = "worked by hand"}

[[windows]]
window_id = "W1"
apx_name = "APX"
start_tick = 1
end_tick = 8
aeon_window_id = "AEON_1"
streams = [{name = "S1", source = "post_u_deltas", scheme_hint = "R", description = "deltas"}]
"#;

#[test]
fn descriptive_fields_are_accepted_and_have_no_effect() {
    let foreign = documents()
        .with("scenario/run.toml", FOREIGN_RUN)
        .with("fixtures/line.json", FOREIGN_TOPOLOGY)
        .with("fixtures/cmp-0.json", FOREIGN_PROFILE);
    let plan = plan(&foreign);
    assert!(
        plan.documents()
            .profile()
            .contains(r#""s_t_rule":{"mode":"constant","value":9}"#)
    );
    assert!(
        plan.documents()
            .run_config()
            .contains(r#""aeon_window_id":"AEON_1""#)
    );
    for gone in ["formula", "description\":\"linear", "gf01", "notes"] {
        assert!(!plan.documents().profile().contains(gone), "{gone}");
        assert!(!plan.documents().run_config().contains(gone), "{gone}");
    }
}

#[test]
fn a_mode_wins_over_the_constant_of_older_documents() {
    let both = PROFILE.replacen("\"mode\":", "\"gf01_constant\": 9, \"mode\":", 1);
    assert_eq!(
        plan(&documents().with("fixtures/cmp-0.json", both)),
        plan(&documents())
    );
}

#[test]
fn governance_is_refused_by_name() {
    let run = format!("{RUN}\n[governance]\nmode = \"off\"\n");
    let report = load(&documents().with("scenario/run.toml", run)).expect_err("refused");
    let [problem] = report.problems() else {
        panic!("{report}")
    };
    assert_eq!(problem.code, Code::Unsupported);
    assert!(problem.message.contains("not supported yet"));
}

#[test]
fn documents_alone_are_recognized_by_their_fields() {
    let documents = documents()
        .with("a.json", FOREIGN_PROFILE)
        .with("b.json", FOREIGN_TOPOLOGY)
        .with("c.json", super::PFNA)
        .with("d.json", "[1, 2, 3]");
    let kinds = ["a.json", "b.json", "c.json", "d.json", "scenario/run.toml"].map(|path| {
        validate(&documents, path.as_ref())
            .map(|checked| checked.value.with_article())
            .expect("valid")
    });
    let expected = [
        "a profile",
        "a topology",
        "a PFNA document",
        "an initial state",
        "a RunConfig",
    ];
    assert_eq!(kinds, expected);
}
