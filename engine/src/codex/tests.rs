//! Patterns that are kept elsewhere are found like those in memory.

use std::collections::BTreeMap;
use std::io;

use proptest::prelude::*;

use super::{Codex, PATTERN_BYTES, PatternStore, Seen};
use crate::config::{MemoryDocuments, RunPlan, load_run};
use crate::press::TickView;
use crate::record::{EdgeFlux, UmxLedger};

/// A store in memory, which may have no space.
#[derive(Default)]
struct Kept {
    patterns: BTreeMap<[u8; 32], Vec<u8>>,
    has_space: bool,
}

impl PatternStore for Kept {
    fn keep(&mut self, key: &[u8; 32], pattern: &[u8]) -> io::Result<bool> {
        if self.has_space {
            let before = self.patterns.insert(*key, pattern.to_vec());
            assert!(before.is_none(), "a pattern is kept once");
        }
        Ok(self.has_space)
    }

    fn kept(&mut self, key: &[u8; 32]) -> io::Result<Option<Vec<u8>>> {
        assert!(!self.patterns.is_empty(), "nothing was kept");
        Ok(self.patterns.get(key).cloned())
    }
}

const TICKS: u64 = 60;

/// A run with two edges; nothing but its windows and edges is used.
fn plan() -> RunPlan {
    let documents = MemoryDocuments::new()
        .with(
            "run.toml",
            format!(
                "v = 1\ngid = \"G\"\nrun_id = \"r\"\ntopology_path = \"line.json\"\n\
                 profile_path = \"cmp-0.json\"\nticks = {TICKS}\ninitial_state = [0, 0, 0]\n\
                 window_every = 7\nenable_codex = true\n"
            ),
        )
        .with(
            "line.json",
            r#"{"gid":"G","profile":"CMP-0","N":3,"SC":32,"edges":[
              {"e_id":1,"i":1,"j":2,"k":1,"cap":9,"SC":32},
              {"e_id":2,"i":2,"j":3,"k":1,"cap":9,"SC":32}]}"#,
        )
        .with(
            "cmp-0.json",
            r#"{"name":"CMP-0","modulus_M":1000000007,"C0":1234567,"SC":32,
              "I_block_spacing_W":8,"flux_rule":{"type":"CMP0_flux_v1"},
              "chain_rule":{"type":"CMP0_chain_v1","constants":{"a":17,"b":23}},
              "s_t_rule":{"mode":"prime_weighted"},
              "press_defaults":{"preferred_schemes":["R","GR","ID"],
                "manifest_check":{"b1":240787124,"b0":571912118}}}"#,
        );
    load_run(&documents, "run.toml".as_ref()).unwrap_or_else(|report| panic!("{report}"))
}

/// What an observer with this much memory makes of some ticks' fluxes, as text: what it found at each tick,
/// and its library at the end.
fn observed(plan: &RunPlan, fluxes: &[[i64; 2]], bytes_max: usize, has_space: bool) -> String {
    let mut codex = Codex::new(plan);
    codex.seen = Seen::new(bytes_max);
    let mut store = Kept {
        has_space,
        ..Kept::default()
    };
    let mut text = String::new();
    for (fluxes, tick) in fluxes.iter().zip(1..) {
        let edges = fluxes.map(|f_e| EdgeFlux {
            f_e,
            du: f_e * 1000 + i64::try_from(tick).unwrap(),
            ..Default::default()
        });
        let ledger = UmxLedger {
            tick,
            edges: edges.to_vec(),
            ..Default::default()
        };
        if let Some(found) = codex
            .observe(&TickView::of_ledger(&ledger, 0), &mut store)
            .unwrap()
        {
            text.push_str(&format!(
                "{tick}: {} {}\n",
                found.motif_id, found.first_tick
            ));
        }
    }
    if bytes_max == 1 {
        assert_eq!(codex.seen.stored, has_space);
    }
    format!("{text}{:?}", codex.library(TICKS).unwrap())
}

#[test]
fn motifs_are_numbered_from_one() {
    let fluxes = [[1, 0], [1, 0], [2, 0], [1, 0], [2, 0]];
    let found = observed(&plan(), &fluxes, usize::MAX, true);
    assert!(
        found.starts_with("2: MOTIF_0001 1\n5: MOTIF_0002 3\n["),
        "{found}"
    );
}

#[test]
fn patterns_in_memory_are_counted() {
    let ledger = |tick, du| UmxLedger {
        tick,
        edges: vec![EdgeFlux {
            du,
            ..Default::default()
        }],
        ..Default::default()
    };
    let mut store = Kept {
        has_space: true,
        ..Kept::default()
    };
    // The tick and the difference take a byte each.
    let size = PATTERN_BYTES + 2;
    let mut seen = Seen::new(2 * size);
    seen.add([1; 32], &TickView::of_ledger(&ledger(1, 5), 0), &mut store)
        .unwrap();
    assert_eq!((seen.bytes, seen.stored), (size, false));
    assert_eq!(seen.take(&[2; 32], &mut store).unwrap(), None);
    let taken = seen.take(&[1; 32], &mut store).unwrap();
    assert_eq!((taken, seen.bytes), (Some((1, vec![5])), 0));
    seen.add([1; 32], &TickView::of_ledger(&ledger(2, -6), 0), &mut store)
        .unwrap();
    seen.add([2; 32], &TickView::of_ledger(&ledger(3, 7), 0), &mut store)
        .unwrap();
    assert_eq!((seen.bytes, seen.stored, seen.recent.len()), (0, true, 0));
    assert_eq!(store.patterns.len(), 2);
    let taken = seen.take(&[1; 32], &mut store).unwrap();
    assert_eq!(taken, Some((2, vec![-6])));
}

proptest! {
    #[test]
    fn the_library_does_not_depend_on_where_patterns_are_kept(
        fluxes in prop::collection::vec([0_i64..4, -3_i64..3], 40..=60)
    ) {
        let plan = plan();
        let in_memory = observed(&plan, &fluxes, usize::MAX, true);
        for bytes_max in [1, 300, 900] {
            prop_assert_eq!(&in_memory, &observed(&plan, &fluxes, bytes_max, true));
            prop_assert_eq!(&in_memory, &observed(&plan, &fluxes, bytes_max, false));
        }
    }
}
