//! Changes one line of a rule: the oracle computes the run of an engine with that rule, and the
//! report must name the divergence.

use aether_harness::{
    Artefact, Failure, KeyTable, Prepared, RunRequest, Scenario, Schema, Subject,
};
use aether_subject::AetherSubject;

use super::reading::{Artefacts, first};
use super::{Workspace, assert_all, compare};
use crate::oracle::{Int, Json, Rules, run};
use crate::read;

/// The artefacts that the oracle computes.
const COMPUTED: [&str; 10] = [
    "ledgers",
    "p_blocks",
    "i_blocks",
    "manifests",
    "envelopes",
    "scenes",
    "codex_library",
    "codex_proposals",
    "u_ledger",
    "metrics",
];

/// An engine with one changed line. The log, which the oracle does not write, is not changed.
struct Altered {
    engine: AetherSubject,
    records: Artefacts,
}

impl Subject for Altered {
    fn name(&self) -> &str {
        self.engine.name()
    }

    fn version(&self) -> String {
        self.engine.version()
    }

    fn keys(&self) -> &'static [KeyTable] {
        self.engine.keys()
    }

    fn open(&self, scenario: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        Ok(Box::new(AlteredRun {
            prepared: self.engine.open(scenario)?,
            records: self.records.clone(),
        }))
    }
}

struct AlteredRun {
    prepared: Box<dyn Prepared>,
    records: Artefacts,
}

impl Prepared for AlteredRun {
    fn inputs(&self) -> &Artefact {
        self.prepared.inputs()
    }

    fn schema(&self) -> Schema {
        self.prepared.schema()
    }

    fn run(&self, request: &RunRequest) -> Result<Vec<Artefact>, Failure> {
        let made = self.prepared.run(request)?;
        let altered = made.into_iter().map(|artefact| {
            let name = artefact.name();
            match self.records.get(name).filter(|_| COMPUTED.contains(&name)) {
                Some(records) => {
                    Artefact::from_json(name, records.canonical().as_bytes()).expect("JSON")
                }
                None => artefact,
            }
        });
        Ok(altered.collect())
    }
}

/// Runs a scenario under different rules, and compares it with its goldens.
fn planted(scenario: &'static str, rules: Rules, expected: &str) -> Result<(), String> {
    let workspace = Workspace::of(scenario);
    let mut case = read::case(&workspace.root().join(workspace.run_config()));
    case.rules = rules;
    let outcome = run(&case).map_err(|_| format!("{scenario}: the run fails"))?;
    let goldens = workspace.goldens();
    let mut records: Artefacts = COMPUTED
        .iter()
        .map(|name| ((*name).to_owned(), outcome.export.member(name).clone()))
        .collect();
    records.insert("log".to_owned(), goldens["log"].clone());
    let scanned = first(&goldens, &records);
    let report = workspace.report(Altered {
        engine: AetherSubject::new(workspace.root()),
        records,
    });
    let result = if report["causes"].as_array().is_some_and(Vec::is_empty) {
        compare(&report, scanned.as_ref(), expected)
    } else {
        Err(format!(
            "causes where no input changed: {}",
            report["causes"]
        ))
    };
    result.map_err(|difference| format!("{scenario}, a rule: {difference}"))
}

/// The rules with some changes.
macro_rules! with {
    ($($rule:ident: $line:expr),*) => {
        Rules { $($rule: $line,)* ..Rules::WRITTEN }
    };
}

#[test]
fn one_line_of_a_rule() {
    let table: [(&'static str, Rules, &str); 15] = [
        (
            "ring5",
            with!(raw: |size, k, sc| (size * k + sc - 1) / sc),
            "tick 1 UMX ledgers[tick=1].edges[e_id=1].raw: 37 → 38",
        ),
        (
            "line4",
            with!(raw: |size, k, sc| (size * k) / (sc + 1)),
            "tick 1 UMX ledgers[tick=1].edges[e_id=1].raw: 16 → 15",
        ),
        (
            "pfna-demo",
            with!(raw: |size, k, _| size * k / 16),
            "tick 1 UMX ledgers[tick=1].edges[e_id=1].raw: 10 → 20",
        ),
        (
            "caps-bind",
            with!(moved: |raw, cap, size| raw.min(cap - 1).min(size)),
            "tick 1 UMX ledgers[tick=1].edges[e_id=1].f_e: 3 → 2",
        ),
        (
            "caps-bind",
            with!(moved: |raw, _, size| raw.min(size)),
            "tick 1 UMX ledgers[tick=1].edges[e_id=1].f_e: 3 → 25",
        ),
        (
            "motifs-period-2",
            with!(moved: |raw, cap, size| raw.min(cap).min(size / 2)),
            "tick 1 UMX ledgers[tick=1].edges[e_id=1].f_e: 7 → 3",
        ),
        (
            "star6",
            with!(weight: |prime| prime + 1),
            "tick 1 Loom p_blocks[tick=1].s_t: 555 → 615",
        ),
        (
            "tiles",
            with!(seq: |tick| tick - 1),
            "tick 1 Loom p_blocks[tick=1].C_t: 21059147 → 21059146",
        ),
        (
            "grid-cmp1",
            with!(seq: |tick| tick * 2),
            "tick 1 Loom p_blocks[tick=1].C_t: 130131761 → 130131762",
        ),
        (
            "checkpoint-every-tick",
            with!(is_checkpoint: |tick, w| (tick + 1).is_multiple_of(w + 1)),
            "tick 2 Loom i_blocks[tick=2]: {\"C_t\":356854880,\"W\":1,\" → nothing",
        ),
        (
            "ring5",
            with!(is_checkpoint: |tick, w| tick % w == 1),
            "tick 1 Loom i_blocks[tick=1]: nothing → {\"C_t\":21000750,\"W\":2,\"p",
        ),
        (
            "gf01",
            with!(check: |head, b1, _| head * b1),
            "tick 2 Press manifests[window_id=\"GF01_W1_ticks_1_2\"].manifest_check: 869911338 → 297999220",
        ),
        (
            "windows-overlap",
            with!(check: |head, b1, b0| head * b1 + b0 + 1),
            "tick 4 Press manifests[window_id=\"LINE4_W1_ticks_1_4\"].manifest_check: 679813336 → 679813337",
        ),
        (
            "data-only",
            with!(data_seq: |tick| tick + 1),
            "tick 1 Envelopes envelopes[layer=\"DATA\",seq=1]: {\"gid\":\"STAR6\",\"layer\":\" → nothing",
        ),
        (
            "motifs-period-2",
            with!(is_proposed: |delta| *delta <= Int::from(-80)),
            "Codex codex_proposals[proposal_id=\"PROPOSAL_0001\"]: {\"action\":\"PLACE\",\"budge → nothing",
        ),
    ];
    let differences: Vec<String> = table
        .into_iter()
        .filter_map(|(scenario, rules, expected)| planted(scenario, rules, expected).err())
        .collect();
    assert_all(&differences);
}

#[test]
fn the_oracle_as_written_matches_the_goldens() {
    let workspace = Workspace::of("pfna-demo");
    let case = read::case(&workspace.root().join(workspace.run_config()));
    let outcome = run(&case).expect("a run");
    let goldens = workspace.goldens();
    for name in COMPUTED {
        let records: &Json = outcome.export.member(name);
        assert_eq!(*records, goldens[name], "{name}");
    }
}
