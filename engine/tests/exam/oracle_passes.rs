//! Tests that the oracle's runs have the figures of the exam. Otherwise agreement with the oracle
//! would prove nothing.

use super::{Figures, gf01};
use crate::oracle::{Int, Json, Scheme, candidates, gf02, modulo, run, text};

#[test]
fn gf01_comes_out_to_the_digit() {
    Figures::read().check_gf01(&run(&gf01()).expect("nothing overflows").export);
}

#[test]
fn gf02_comes_out_to_the_digit() {
    Figures::read().check_gf02(&run(&gf02(8)).expect("nothing overflows").export);
}

#[test]
fn every_candidate_scheme_has_its_bits() {
    for window in Figures::read().windows() {
        for name in ["S1_post_u_deltas", "S2_fluxes"] {
            let stream = window.member("streams").member(name);
            let count = stream
                .member("values")
                .str()
                .strip_suffix(" zeros")
                .expect("n zeros");
            let zeros = vec![Int::from(0); count.parse().expect("a count")];
            for candidate in candidates(&zeros) {
                let label = match candidate.scheme {
                    Scheme::Gr => format!("GR{}", candidate.p),
                    other => other.name().to_owned(),
                };
                let expected = stream.member("candidates").member(&label);
                assert_eq!(
                    Json::Number(candidate.bits),
                    *expected,
                    "{count} zeros: {label}"
                );
            }
        }
    }
}

#[test]
fn the_manifest_checks_come_from_the_published_preimages() {
    let figures = Figures::read();
    let constants = figures.member("manifest_check");
    let outcome = run(&gf01()).expect("nothing overflows");
    for manifest in &outcome.manifests {
        let id = &manifest.window.id;
        let preimage = constants.member("preimages").member(id).str();
        assert_eq!(manifest.preimage, preimage, "{id}");
        let head = modulo(&Json::parse(preimage).sha256_head(), 1_000_000_007);
        assert_eq!(
            Json::Number(head),
            *constants.member("H").member(id),
            "{id}"
        );
        assert_eq!(
            Json::parse(preimage).canonical(),
            preimage,
            "{id} is canonical"
        );
    }
    assert_eq!(outcome.manifests.len(), 2);
}

#[test]
fn one_motif_and_one_proposal_on_gf01() {
    let mut case = gf01();
    case.run.codex = true;
    let outcome = run(&case).expect("nothing overflows");
    let [motif] = outcome.records("codex_library") else {
        panic!("one motif")
    };
    let stats = motif.member("mdl_stats");
    for (field, expected) in [
        ("L_self", 5),
        ("L_usage", 8),
        ("L_total", 13),
        ("delta_vs_baseline", -27),
    ] {
        assert_eq!(stats.member(field).number(), expected, "{field}");
    }
    let [proposal] = outcome.records("codex_proposals") else {
        panic!("one proposal")
    };
    assert_eq!(proposal.member("proposal_id"), &text("PROPOSAL_0001"));
    assert_eq!(
        proposal
            .member("expected_effect")
            .member("delta_L_total")
            .number(),
        -27
    );
}
