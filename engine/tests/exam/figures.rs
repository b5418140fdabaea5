//! Reads the figures of `fixtures/exam/gf01.json`, and compares them with the export of a run.

use crate::oracle::{Case, Edge, Json, Primary, Window, gf02, plain};

const FIXTURE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../fixtures/exam/gf01.json"
));

/// The exam's figures.
pub(crate) struct Figures(Json);

/// The GF-01 fixture as a case: the inputs from which the figures follow.
pub(crate) fn gf01() -> Case {
    let figures = Figures::read();
    let topology = figures.member("topology");
    let state: Vec<i64> = figures
        .member("initial_state")
        .list()
        .iter()
        .map(Json::number)
        .collect();
    let ticks = figures.member("ticks").number().unsigned_abs();
    let mut case = plain(&state, &[], 1, 1, ticks);
    let id = |edge: &Json, end| usize::try_from(edge.member(end).number()).expect("a node id");
    let edge = |edge: &Json| Edge {
        i: id(edge, "i"),
        j: id(edge, "j"),
        k: edge.member("k").number(),
        cap: edge.member("cap").number(),
        c: Some(edge.member("c").number()),
    };
    case.topology.edges = topology.member("edges").list().iter().map(edge).collect();
    case.topology.gid = topology.member("gid").str().to_owned();
    case.topology.sc = topology.member("SC").number();
    case.run.run_id = figures.member("run_id").str().to_owned();
    let window = |window: &Json| Window {
        id: window.member("window_id").str().to_owned(),
        apx_name: window.member("apx_name").str().to_owned(),
        start: window.member("start_tick").number().unsigned_abs(),
        end: window.member("end_tick").number().unsigned_abs(),
        streams: None,
    };
    case.run.windows = figures.windows().iter().map(window).collect();
    case.run.primary = Primary::Window(case.run.windows[0].id.clone());

    let constants = figures.member("profile");
    let profile = &mut case.profile;
    profile.name = constants.member("name").str().to_owned();
    profile.modulus = constants.member("modulus_M").number();
    profile.c0 = constants.member("C0").number();
    profile.sc = constants.member("SC").number();
    profile.spacing = constants
        .member("I_block_spacing_W")
        .number()
        .unsigned_abs();
    profile.constants = Some((
        constants.member("a").number(),
        constants.member("b").number(),
    ));
    let check = figures.member("manifest_check");
    profile.check = Some((check.member("b1").number(), check.member("b0").number()));
    case
}

impl Figures {
    /// Reads the fixture.
    pub(crate) fn read() -> Self {
        Self(Json::parse(FIXTURE))
    }

    /// One top-level member of the fixture.
    pub(crate) fn member(&self, key: &str) -> &Json {
        self.0.member(key)
    }

    /// Both windows, the primary one first.
    pub(crate) fn windows(&self) -> &[Json] {
        self.member("windows").list()
    }

    /// Checks every GF-01 figure that appears in the export of a run.
    pub(crate) fn check_gf01(&self, export: &Json) {
        self.check_ledgers(export.member("ledgers").list());
        self.check_chain(export);
        self.check_windows(export.member("manifests").list());
        self.check_envelopes(export);
        self.check_hashes(export);
        self.check_metrics(export.member("metrics"));
    }

    fn check_ledgers(&self, ledgers: &[Json]) {
        let every = self.member("every_tick");
        assert_eq!(ledgers.len(), 8, "one ledger a tick");
        for (index, ledger) in ledgers.iter().enumerate() {
            let tick = index + 1;
            assert_eq!(
                ledger.member("tick").number().unsigned_abs(),
                tick as u64,
                "order"
            );
            for field in ["pre_u", "post_u"] {
                assert_eq!(
                    ledger.member(field),
                    every.member(field),
                    "tick {tick}: {field}"
                );
            }
            for field in ["sum_pre_u", "sum_post_u", "z_check"] {
                assert_eq!(
                    ledger.member(field),
                    every.member("sum"),
                    "tick {tick}: {field}"
                );
            }
            let (edges, expected) = (ledger.member("edges").list(), every.member("edges").list());
            assert_eq!(edges.len(), expected.len(), "tick {tick}: edges");
            let topology = self.member("topology").member("edges").list();
            for ((edge, expected), given) in edges.iter().zip(expected).zip(topology) {
                for field in ["e_id", "i", "j", "du", "raw", "f_e"] {
                    let edge_id = expected.member("e_id").number();
                    assert_eq!(
                        edge.member(field),
                        expected.member(field),
                        "tick {tick}: edge {edge_id}: {field}"
                    );
                }
                assert_eq!(edge.member("cap"), given.member("cap"), "tick {tick}: cap");
            }
        }
    }

    fn check_chain(&self, export: &Json) {
        let chain = self.member("C_0_to_8").list();
        let p_blocks = export.member("p_blocks").list();
        assert_eq!(p_blocks.len(), 8, "one P-block a tick");
        for (block, expected) in p_blocks.iter().zip(&chain[1..]) {
            let tick = block.member("tick").number();
            assert_eq!(block.member("seq").number(), tick);
            assert_eq!(block.member("C_t"), expected, "C_{tick}");
            assert_eq!(
                block.member("s_t"),
                self.member("every_tick").member("s_t"),
                "s_{tick}"
            );
        }
        let (blocks, expected) = (
            export.member("i_blocks").list(),
            self.member("i_blocks").list(),
        );
        assert_eq!(blocks.len(), expected.len(), "I-blocks");
        for (block, expected) in blocks.iter().zip(expected) {
            for field in ["tick", "W", "C_t", "profile_version", "post_u"] {
                assert_eq!(
                    block.member(field),
                    expected.member(field),
                    "I-block: {field}"
                );
            }
            let snapshot = block.member("topology_snapshot");
            assert_eq!(
                snapshot,
                self.member("topology").member("edges"),
                "topology_snapshot"
            );
        }
        for (scene, ends) in export.member("scenes").list().iter().zip(chain.windows(2)) {
            let tick = scene.member("tick").number();
            assert_eq!(scene.member("C_prev"), &ends[0], "scene {tick}: C_prev");
            assert_eq!(scene.member("C_t"), &ends[1], "scene {tick}: C_t");
        }
    }

    fn check_windows(&self, manifests: &[Json]) {
        assert_eq!(manifests.len(), self.windows().len(), "manifests");
        for window in self.windows() {
            let id = window.member("window_id");
            let found = manifests
                .iter()
                .find(|manifest| manifest.member("window_id") == id);
            let manifest = found.unwrap_or_else(|| panic!("no manifest of {}", id.str()));
            for field in ["apx_name", "start_tick", "end_tick", "manifest_check"] {
                assert_eq!(
                    manifest.member(field),
                    window.member(field),
                    "{id:?}: {field}"
                );
            }
            for stream in manifest.member("streams").list() {
                let name = stream.member("stream_id").str();
                let expected = window.member("streams").member(name);
                assert_eq!(
                    stream.member("scheme"),
                    expected.member("chosen"),
                    "{name}: scheme"
                );
                assert_eq!(
                    stream.member("L_total"),
                    expected.member("L_total"),
                    "{name}: bits"
                );
                assert_eq!(
                    stream.member("L_residual"),
                    expected.member("L_total"),
                    "{name}"
                );
                assert_eq!(stream.member("L_model").number(), 0, "{name}: L_model");
                assert_eq!(stream.member("params").number(), 0, "{name}: params");
            }
        }
    }

    fn check_envelopes(&self, export: &Json) {
        let envelopes = export.member("envelopes").list();
        let layers: Vec<_> = envelopes.iter().map(|e| e.member("layer").str()).collect();
        let mut expected = vec!["DATA"; 8];
        expected.insert(0, "CTRL");
        expected.extend(["CTRL", "EGRESS"]);
        assert_eq!(layers, expected, "the order of the layers");
        let data: Vec<_> = envelopes
            .iter()
            .filter(|e| e.member("layer").str() == "DATA")
            .collect();
        for (envelope, expected) in data.iter().zip(self.member("data_envelopes").list()) {
            assert_eq!(**envelope, *expected, "a DATA envelope");
        }
    }

    fn check_hashes(&self, export: &Json) {
        let exact = self.member("exact");
        let entries = export.member("u_ledger").list();
        assert_eq!(entries.len(), 8, "one ledger entry a tick");
        for (field, figure) in [
            ("umx_ledger_hash", "umx_ledger_hash_tick_1"),
            ("loom_block_hash", "loom_block_hash_tick_1"),
            ("nap_envelope_hash", "nap_envelope_hash_tick_1"),
        ] {
            assert_eq!(entries[0].member(field), exact.member(figure), "{field}");
        }
        let last = exact.member("last_entry_hash");
        assert_eq!(
            export.member("run").member("last_entry_hash"),
            last,
            "last_entry_hash"
        );
        assert_eq!(
            export.member("metrics").member("uledger_last_hash"),
            last,
            "in metrics"
        );
    }

    fn check_metrics(&self, metrics: &Json) {
        for (field, expected) in [
            ("total_ticks", 8),
            ("window_count", 2),
            ("nap_total", 11),
            ("nap_ctrl", 2),
            ("nap_ingress", 0),
            ("nap_data", 8),
            ("nap_egress", 1),
            ("apx_manifests", 2),
            ("l_total", 26),
            ("i_blocks", 1),
            ("uledger_entries", 8),
            ("pfna_applied", 0),
            ("codex_motifs", 0),
            ("codex_proposals", 0),
        ] {
            assert_eq!(metrics.member(field).number(), expected, "metrics: {field}");
        }
        for window in self.windows() {
            let bits = metrics.member("l_total_by_window");
            let bits = bits.member(window.member("window_id").str());
            for name in ["S1_post_u_deltas", "S2_fluxes"] {
                let expected = window.member("streams").member(name).member("L_total");
                assert_eq!(bits.member(name), expected, "metrics: {name}");
            }
        }
    }

    /// Compares the figures of the second fixture with the export of [`gf02`].
    pub(crate) fn check_gf02(&self, export: &Json) {
        let figures = self.member("gf02");
        let column = |kind: &str, field: &str| {
            let records = export.member(kind).list().iter();
            Json::List(records.map(|record| record.member(field).clone()).collect())
        };
        assert_eq!(
            column("ledgers", "post_u"),
            *figures.member("post_u"),
            "post_u"
        );
        assert_eq!(column("p_blocks", "s_t"), *figures.member("s_t"), "s_t");
        assert_eq!(column("p_blocks", "C_t"), *figures.member("C_t"), "C_t");
        let manifest = &export.member("manifests").list()[0];
        for field in ["manifest_check", "window_id", "apx_name", "gid"] {
            assert_eq!(manifest.member(field), figures.member(field), "{field}");
        }
        let last = export.member("run").member("last_entry_hash");
        assert_eq!(last, figures.member("last_entry_hash"), "last_entry_hash");
    }
}

#[test]
fn the_fixture_describes_the_second_run_as_the_case_does() {
    let figures = Figures::read();
    let case = gf02(8);
    assert_eq!(
        figures.member("gf02").member("run_id").str(),
        case.run.run_id
    );
    assert_eq!(case.topology.edges.len(), 12);
}
