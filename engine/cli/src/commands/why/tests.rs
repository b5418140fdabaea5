//! The walk over numbered values, which looks at whole ledgers, finds what the definitions of the fields say.

use std::collections::BTreeMap;
use std::convert::Infallible;

use aether_engine::config::{MemoryDocuments, RunPlan, load_run};
use aether_engine::lineage::{Compared, RunPlace, RunRecords, RunValues, Vocabulary};
use aether_engine::run::{RunOptions, RunStatus, run};
use aether_harness::{Json, Place};
use aether_why::{Lineage, Origin, Why, WhyOptions, why};

use super::lineage::ComparedRuns;

/// Two runs by the definitions of the fields alone, whose values have no numbers.
struct ByRule<'c, 'r> {
    runs: &'c Compared<'r>,
    other: ComparedRuns<'c, 'r>,
}

impl Lineage for ByRule<'_, '_> {
    type Place = RunPlace;
    type Error = Infallible;

    fn depends(
        &mut self,
        place: &RunPlace,
        differing: &mut Vec<RunPlace>,
    ) -> Result<Origin, Infallible> {
        if place.is_input() {
            return Ok(Origin::Input);
        }
        let step = self.runs.step_by_rule(*place, differing);
        Ok(Origin::Computed {
            rule_changed: step.is_rule,
        })
    }

    fn needed(&mut self, place: &RunPlace, on: &RunPlace) -> Result<bool, Infallible> {
        self.other.needed(place, on)
    }

    fn values(&mut self, place: &RunPlace) -> Result<[Option<Json>; 2], Infallible> {
        self.other.values(place)
    }

    fn path(&self, place: &RunPlace) -> Place {
        self.other.path(place)
    }

    fn located(&self, place: &RunPlace) -> (u64, Option<u32>) {
        (self.other.located(place).0, None)
    }
}

/// What is changed in a run.
#[derive(Clone, Default)]
struct Change {
    conductance: i64,
    end: usize,
    state: i64,
    sparse: i64,
    dense: i64,
    until: u64,
    ticks: u64,
}

const NODES: usize = 9;
const TICKS: u64 = 8;

/// A ring with chords, and inputs of each sort.
fn plan(seed: usize, change: &Change) -> RunPlan {
    let edge = |at: usize| {
        let to = (at + if at < NODES { 1 } else { 4 }) % NODES;
        let is_changed = at == seed % (2 * NODES);
        let to = if is_changed && change.end > 0 {
            (at + 2) % NODES
        } else {
            to
        };
        let k = 3 + (at * 5 + seed) % 7;
        let k = if is_changed {
            k as i64 + change.conductance
        } else {
            k as i64
        };
        format!(
            r#"{{"e_id":{},"i":{},"j":{},"k":{k},"cap":{},"SC":32}}"#,
            at + 1,
            at % NODES + 1,
            to + 1,
            20 + at % 3 * 40
        )
    };
    let edges: Vec<String> = (0..2 * NODES).map(edge).collect();
    let state = |node: usize| {
        (node * 977 + seed * 31) as i64 % 307
            + if node == seed % NODES {
                change.state
            } else {
                0
            }
    };
    let state: Vec<String> = (0..NODES).map(|node| state(node).to_string()).collect();
    let dense: Vec<String> = (0..NODES as i64)
        .map(|node| (node % 3 * 5 + if node == 2 { change.dense } else { 0 }).to_string())
        .collect();
    let topology = format!(
        r#"{{"gid":"B","profile":"CMP-0","N":{NODES},"SC":32,"edges":[{}]}}"#,
        edges.join(",")
    );
    let pfna = format!(
        r#"{{"v":0,"pfna_id":"p","gid":"B","entries":[
            {{"pfna_id":"all","tick":2,"values":[{}],"repeat":{{"every":2}}}},
            {{"pfna_id":"some","tick":3,"values":{{"4":{},"6":0}},"repeat":{{"every":1,"until":{}}}}}
        ]}}"#,
        dense.join(","),
        9 + change.sparse,
        6 - change.until
    );
    let run_config = format!(
        "v = 1\ngid = \"B\"\nrun_id = \"r\"\ntopology_path = \"topology.json\"\n\
         profile_path = \"profile.json\"\nticks = {}\nwindow_every = 3\n\
         enable_pfna = true\npfna_path = \"pfna.json\"\ninitial_state = [{}]\n",
        TICKS + change.ticks,
        state.join(",")
    );
    let documents = MemoryDocuments::new()
        .with("topology.json", topology)
        .with("pfna.json", pfna)
        .with(
            "profile.json",
            include_str!("../../../../../fixtures/profiles/cmp-0.json"),
        )
        .with("run.toml", run_config);
    load_run(&documents, "run.toml".as_ref()).unwrap_or_else(|report| panic!("{report}"))
}

/// What both walks find at a place.
fn found(runs: &Compared<'_>, names: &Vocabulary, at: &str, limit: usize) -> Option<[Why; 2]> {
    let place = names.place(at).expect("a place of the runs");
    if !runs.differs(place) {
        return None;
    }
    let options = WhyOptions::default().with_limit(limit);
    let files = || [BTreeMap::new(), BTreeMap::new()];
    let mut quick = ComparedRuns::new(names, runs, files());
    let mut by_rule = ByRule {
        runs,
        other: ComparedRuns::new(names, runs, files()),
    };
    Some([
        why(&mut quick, "runs", &place, &options).expect("it differs"),
        why(&mut by_rule, "runs", &place, &options).expect("it differs"),
    ])
}

#[test]
fn the_walk_over_numbers_finds_what_the_rules_say() {
    let none = Change::default;
    let changes = [
        Change {
            conductance: 2,
            ..none()
        },
        Change { end: 1, ..none() },
        Change {
            state: 40,
            ..none()
        },
        Change {
            sparse: 30,
            ..none()
        },
        Change {
            dense: 30,
            ..none()
        },
        Change { until: 2, ..none() },
        Change { ticks: 1, ..none() },
        Change {
            conductance: 2,
            state: 40,
            sparse: 30,
            dense: 30,
            ..none()
        },
    ];
    let mut slices = 0;
    for (change, seed) in changes.iter().zip(0..) {
        let plans = [plan(seed, &none()), plan(seed, change)];
        let names = Vocabulary::of(&plans[0], &plans[1]);
        let records = plans.each_ref().map(|plan| {
            let run = run(plan, &RunOptions::default());
            assert_eq!(run.status(), RunStatus::Complete);
            RunRecords::of_run(plan, &names, &run)
        });
        let values = [0, 1].map(|run| RunValues::new(&plans[run], &names, &records[run]));
        let runs = Compared::new(&names, &values[0], &values[1]);
        for at in [
            format!("ledgers[tick={TICKS}].post_u[node={}]", 1 + seed % NODES),
            format!("ledgers[tick={}].edges[e_id=3].f_e", TICKS - 2),
            format!("p_blocks[tick={TICKS}].C_t"),
            "metrics.uledger_last_hash".to_owned(),
        ] {
            for limit in [20, usize::MAX] {
                let Some([quick, by_rule]) = found(&runs, &names, &at, limit) else {
                    continue;
                };
                slices += 1;
                assert_eq!(quick, by_rule, "{at}");
            }
        }
    }
    assert!(slices > 40, "{slices}");
}
