//! Tests that documents for older engines of this family, which have fields that are no longer
//! needed, give the run of the exam.

use super::{Figures, gf01};
use crate::compare::texts;
use crate::oracle::{Json, StRule, documents, text};
use crate::subject::{self, Texts};

/// The documents of GF-01 with the additional fields of older documents.
fn older() -> Texts {
    let mut case = gf01();
    case.profile.s_t = StRule::Gf01Constant(9);
    case.profile.nap = Some((1, "P".to_owned()));
    let mut documents = documents(&case);
    let profile = documents.get_mut("profile.json").expect("a profile");
    for (rule, field, says) in [
        (
            "flux_rule",
            "description",
            "f_e = sign(du) * min(raw, cap, |du|)",
        ),
        (
            "chain_rule",
            "formula",
            "C_t = (17*C_(t-1) + 23*s_t + seq) mod M",
        ),
        ("s_t_rule", "note", "the state of GF-01 never moves"),
    ] {
        let mut described = profile.member(rule).clone();
        described.insert(field, text(says));
        profile.insert(rule, described);
    }
    let mut press = profile.member("press_defaults").clone();
    let streams = r#"[{"stream_id":"S1_post_u_deltas","scheme":"R"},{"stream_id":"S2_fluxes"}]"#;
    press.insert("gf01_streams", Json::parse(streams));
    profile.insert("press_defaults", press);
    let topology = documents.get_mut("topology.json").expect("a topology");
    topology.insert("profile", text("CMP-0"));
    topology.insert("meta", Json::parse(r#"{"source":"the paper"}"#));
    documents
        .into_iter()
        .map(|(path, document)| (path, document.canonical()))
        .collect()
}

#[test]
fn older_documents_run_unmodified() {
    let export = subject::export(&older()).expect("older documents are valid");
    Figures::read().check_gf01(&Json::parse(&export));
}

#[test]
fn governance_is_refused_by_name() {
    let mut texts = texts(&gf01());
    let mut run = Json::parse(&texts["run.json"]);
    run.insert("governance", Json::parse("{}"));
    texts.insert("run.json", run.canonical());
    let refusal = subject::export(&texts).expect_err("governance is not supported");
    assert!(refusal.contains("governance"), "{refusal}");
}
