//! Tests that the engine's runs have the figures of the exam.

use super::{Figures, gf01};
use crate::compare::{assert_equals_oracle, texts};
use crate::oracle::{Case, Json, Scheme, gf02};
use crate::subject;

fn export(case: &Case) -> Json {
    Json::parse(&subject::export(&texts(case)).expect("the exam's documents are valid"))
}

#[test]
fn gf01_comes_out_to_the_digit() {
    Figures::read().check_gf01(&export(&gf01()));
    assert_equals_oracle("GF-01", &gf01());
}

#[test]
fn gf02_comes_out_to_the_digit() {
    Figures::read().check_gf02(&export(&gf02(8)));
    assert_equals_oracle("GF-02", &gf02(8));
    assert_equals_oracle("GF-02 until nothing moves", &gf02(20));
}

#[test]
fn every_candidate_scheme_has_its_bits_under_a_hint() {
    let figures = Figures::read();
    for (hint, candidate) in [(Scheme::Id, "ID"), (Scheme::R, "R"), (Scheme::Gr, "GR0")] {
        let mut case = gf01();
        for window in &mut case.run.windows {
            let mut streams = window.streams();
            streams
                .iter_mut()
                .for_each(|stream| stream.hint = Some(hint));
            window.streams = Some(streams);
        }
        let export = export(&case);
        for (manifest, window) in export.member("manifests").list().iter().zip([1, 0]) {
            let window = &figures.windows()[window];
            assert_eq!(manifest.member("window_id"), window.member("window_id"));
            for stream in manifest.member("streams").list() {
                let name = stream.member("stream_id").str();
                let bits = window.member("streams").member(name).member("candidates");
                assert_eq!(stream.member("scheme").str(), hint.name(), "{name}");
                assert_eq!(
                    stream.member("L_total"),
                    bits.member(candidate),
                    "{name}: {candidate}"
                );
                assert_eq!(stream.member("params").number(), 0, "{name}: p");
            }
        }
    }
}

#[test]
fn a_wrong_figure_would_be_seen() {
    let mut export = export(&gf01());
    let mut run = export.member("run").clone();
    run.insert("last_entry_hash", Json::Text("0".repeat(64)));
    export.insert("run", run);
    let passed = std::panic::catch_unwind(|| Figures::read().check_gf01(&export));
    assert!(passed.is_err(), "a wrong last hash passes the exam");
}
