//! Finds where two runs first diverge by a plain scan of all values: slow and obvious, without any
//! code of the harness.
//!
//! It lists every value that differs with its tick and stage, in the order in which people read
//! records; the earliest is the first divergence.

use std::collections::{BTreeMap, BTreeSet};

use crate::oracle::Json;

/// The documents of one run by name.
pub(super) type Artefacts = BTreeMap<String, Json>;

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Divergence {
    pub(super) tick: Option<u64>,
    pub(super) stage: String,
    pub(super) path: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// How one artefact is read.
struct Reading {
    stage: &'static str,
    name: &'static str,
    /// The field with the tick of a record.
    tick: &'static str,
    /// The fields that identify a record.
    identity: &'static [&'static str],
    /// Members in the order in which they are read; the others follow by name.
    order: &'static [&'static str],
    /// Lists of a record whose elements are identified by a key.
    lists: &'static [(&'static str, &'static str)],
    /// Members that depend on the check of the window.
    late: &'static [&'static str],
}

const NO: &[&str] = &[];

/// Lists of numbers, and what has one of them each, counted from 1.
const VECTORS: [(&str, &str); 6] = [
    ("pre_u", "node"),
    ("post_u", "node"),
    ("values", "node"),
    ("initial_state", "node"),
    ("f_e_signature", "edge"),
    ("du_signature", "edge"),
];

/// The artefacts in causal order.
const READINGS: [Reading; 11] = [
    Reading {
        stage: "UMX",
        name: "ledgers",
        tick: "tick",
        identity: &["tick"],
        order: &[
            "pre_u",
            "edges",
            "du",
            "raw",
            "cap",
            "f_e",
            "post_u",
            "sum_pre_u",
            "sum_post_u",
            "z_check",
        ],
        lists: &[("edges", "e_id")],
        late: NO,
    },
    Reading {
        stage: "Loom",
        name: "p_blocks",
        tick: "tick",
        identity: &["tick"],
        order: &["edge_flux_summary", "f_e", "s_t", "seq", "C_t"],
        lists: &[("edge_flux_summary", "e_id")],
        late: NO,
    },
    Reading {
        stage: "Loom",
        name: "i_blocks",
        tick: "tick",
        identity: &["tick"],
        order: &["W", "topology_snapshot", "post_u", "C_t"],
        lists: &[("topology_snapshot", "e_id")],
        late: NO,
    },
    Reading {
        stage: "Press",
        name: "manifests",
        tick: "end_tick",
        identity: &["window_id"],
        order: &[
            "start_tick",
            "end_tick",
            "streams",
            "scheme",
            "params",
            "L_residual",
            "L_total",
            "manifest_check",
        ],
        lists: &[("streams", "stream_id")],
        late: NO,
    },
    Reading {
        stage: "Envelopes",
        name: "envelopes",
        tick: "tick",
        identity: &["layer", "seq"],
        order: &["prev_chain", "payload_ref"],
        lists: &[],
        late: &["payload_ref"],
    },
    Reading {
        stage: "Scenes",
        name: "scenes",
        tick: "tick",
        identity: &["tick"],
        order: &[
            "pfna_refs",
            "pre_u",
            "post_u",
            "C_prev",
            "C_t",
            "ledger_ref",
            "window_id",
            "manifest_check",
            "nap_envelope_ref",
        ],
        lists: &[],
        late: &["manifest_check", "nap_envelope_ref"],
    },
    Reading {
        stage: "Codex",
        name: "codex_library",
        tick: "",
        identity: &["motif_id"],
        order: &["pattern_descriptor", "usage_stats", "mdl_stats"],
        lists: &[],
        late: NO,
    },
    Reading {
        stage: "Codex",
        name: "codex_proposals",
        tick: "",
        identity: &["proposal_id"],
        order: &["motif_id", "expected_effect"],
        lists: &[],
        late: NO,
    },
    Reading {
        stage: "U-ledger",
        name: "u_ledger",
        tick: "tick",
        identity: &["tick"],
        order: &[
            "umx_ledger_hash",
            "C_t",
            "loom_block_hash",
            "window_id",
            "manifest_check",
            "apx_manifest_hash",
            "nap_envelope_hash",
            "codex_library_hash",
            "meta",
            "prev_entry_hash",
        ],
        lists: &[],
        late: &[
            "manifest_check",
            "apx_manifest_hash",
            "nap_envelope_hash",
            "codex_library_hash",
            "prev_entry_hash",
            "scene_hash",
            "ctrl_hashes",
            "egress_hash",
        ],
    },
    Reading {
        stage: "Metrics",
        name: "metrics",
        tick: "",
        identity: NO,
        order: NO,
        lists: &[],
        late: NO,
    },
    Reading {
        stage: "Log",
        name: "log",
        tick: "tick",
        identity: &["seq"],
        order: &["event", "component", "payload"],
        lists: &[],
        late: NO,
    },
];

/// The first divergence of two runs, without their inputs.
pub(super) fn first(before: &Artefacts, after: &Artefacts) -> Option<Divergence> {
    let ends = window_ends(after);
    let mut all: Vec<(Option<u64>, Divergence)> = Vec::new();
    for reading in &READINGS {
        let mut scan = Scan {
            reading,
            ends: &ends,
            tick: None,
            found: &mut all,
        };
        let [old, new] = [before, after].map(|side| &side[reading.name]);
        match (old, new) {
            (Json::List(old), Json::List(new)) => scan.records(old, new),
            _ => scan.value(Some(old), Some(new), reading.name, false),
        }
    }
    // Values without a tick come last; `min_by_key` keeps the first of equals.
    let earliest = all
        .into_iter()
        .min_by_key(|(tick, _)| (tick.is_none(), tick.unwrap_or(0)));
    earliest.map(|(_, divergence)| divergence)
}

/// The last tick of the primary window of each tick.
fn window_ends(run: &Artefacts) -> BTreeMap<u64, u64> {
    let window = |entry: &Json| {
        let tick = entry.member("tick").number().unsigned_abs();
        (tick, entry.member("window_id").str().to_owned())
    };
    let ticks: Vec<_> = run["u_ledger"].list().iter().map(window).collect();
    let end = |id: &String| {
        ticks
            .iter()
            .filter(|(_, other)| other == id)
            .map(|(t, _)| *t)
            .max()
    };
    ticks
        .iter()
        .map(|(tick, id)| (*tick, end(id).expect("it holds the tick")))
        .collect()
}

struct Scan<'a> {
    reading: &'a Reading,
    ends: &'a BTreeMap<u64, u64>,
    tick: Option<u64>,
    found: &'a mut Vec<(Option<u64>, Divergence)>,
}

impl Scan<'_> {
    fn records(&mut self, before: &[Json], after: &[Json]) {
        let identity = self.reading.identity;
        for (id, old, new) in paired(before, after, identity) {
            let tick_of = |record: &Json| match record.optional(self.reading.tick) {
                Some(Json::Number(_)) => {
                    Some(record.member(self.reading.tick).number().unsigned_abs())
                }
                _ => None,
            };
            self.tick = old
                .and_then(tick_of)
                .into_iter()
                .chain(new.and_then(tick_of))
                .min();
            self.value(old, new, &format!("{}[{id}]", self.reading.name), false);
        }
    }

    fn value(&mut self, before: Option<&Json>, after: Option<&Json>, path: &str, is_late: bool) {
        match (before, after) {
            (Some(old), Some(new)) if old == new => {}
            (Some(Json::Object(old)), Some(Json::Object(new))) => {
                let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
                let mut names: Vec<&String> = names.into_iter().collect();
                let turn = |name: &String| {
                    let place = self.reading.order.iter().position(|listed| listed == name);
                    place.unwrap_or(usize::MAX)
                };
                names.sort_by_key(|name| (turn(name), (*name).clone()));
                for name in names {
                    let is_late = is_late || self.reading.late.contains(&name.as_str());
                    let path = format!("{path}{}", member(name));
                    self.value(old.get(name), new.get(name), &path, is_late);
                }
            }
            (Some(Json::List(old)), Some(Json::List(new))) => {
                let name = path.rsplit('.').next().unwrap_or_default();
                let listed = self.reading.lists.iter().find(|(list, _)| *list == name);
                if let Some((_, key)) = listed {
                    for (id, old, new) in paired(old, new, &[key]) {
                        self.value(old, new, &format!("{path}[{id}]"), is_late);
                    }
                } else {
                    let vector = VECTORS.iter().find(|(vector, _)| *vector == name);
                    for at in 0..old.len().max(new.len()) {
                        let place = match vector {
                            Some((_, noun)) => format!("{path}[{noun}={}]", at + 1),
                            None => format!("{path}[{at}]"),
                        };
                        self.value(old.get(at), new.get(at), &place, is_late);
                    }
                }
            }
            (old, new) => {
                let at_end = self
                    .tick
                    .map(|tick| self.ends.get(&tick).copied().unwrap_or(tick));
                let tick = if is_late { at_end } else { self.tick };
                let divergence = Divergence {
                    tick,
                    stage: self.reading.stage.to_owned(),
                    path: path.to_owned(),
                    before: old.map(Json::canonical),
                    after: new.map(Json::canonical),
                };
                self.found.push((tick, divergence));
            }
        }
    }
}

/// A member in the form that paths use.
fn member(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.chars().all(plain) {
        format!(".{name}")
    } else {
        format!("[{}]", Json::Text(name.to_owned()).canonical())
    }
}

/// The elements of two lists by identity, in the order of the new list; a removed element comes at
/// its old place, before the element that followed it.
fn paired<'j>(
    before: &'j [Json],
    after: &'j [Json],
    identity: &[&str],
) -> Vec<(String, Option<&'j Json>, Option<&'j Json>)> {
    let id = |element: &Json| {
        let parts = identity.iter().map(|field| {
            let value = element.member(field).canonical();
            format!("{field}={value}")
        });
        parts.collect::<Vec<_>>().join(",")
    };
    let place = |all: &[Json], wanted: &str| all.iter().position(|element| id(element) == wanted);
    let mut pairs = Vec::new();
    let mut passed = 0;
    for new in after {
        let old = place(before, &id(new));
        for gone in &before[passed..old.map_or(passed, |old| old.max(passed))] {
            if place(after, &id(gone)).is_none() {
                pairs.push((id(gone), Some(gone), None));
            }
        }
        passed = old.map_or(passed, |old| passed.max(old + 1));
        pairs.push((id(new), old.map(|old| &before[old]), Some(new)));
    }
    for gone in &before[passed..] {
        if place(after, &id(gone)).is_none() {
            pairs.push((id(gone), Some(gone), None));
        }
    }
    pairs
}

#[test]
fn the_scan_reads_as_people_do() {
    let run = |ledgers: &str, manifests: &str| -> Artefacts {
        let mut artefacts: Artefacts = READINGS
            .iter()
            .map(|reading| (reading.name.to_owned(), Json::List(Vec::new())))
            .collect();
        artefacts.insert("metrics".to_owned(), Json::parse("{}"));
        artefacts.insert("ledgers".to_owned(), Json::parse(ledgers));
        artefacts.insert("manifests".to_owned(), Json::parse(manifests));
        artefacts
    };
    let ledger = |raw: u32, cap: u32| {
        format!(r#"[{{"edges":[{{"cap":{cap},"e_id":2,"raw":{raw}}}],"tick":4}}]"#)
    };
    let manifest = |end: u32, check: u32| {
        format!(r#"[{{"end_tick":{end},"manifest_check":{check},"window_id":"W"}}]"#)
    };
    let lead = |before: &Artefacts, after: &Artefacts| {
        first(before, after).map(|first| {
            let (tick, path) = (first.tick.unwrap_or(0), first.path);
            format!("{tick} {path} {:?} {:?}", first.before, first.after)
        })
    };
    let golden = run(&ledger(1, 5), &manifest(6, 9));
    assert_eq!(lead(&golden, &golden), None);
    for (other, expected) in [
        // raw is read before cap, and an earlier tick before a later one.
        (
            run(&ledger(2, 6), &manifest(6, 8)),
            "4 ledgers[tick=4].edges[e_id=2].raw Some(\"1\") Some(\"2\")",
        ),
        (
            run(&ledger(1, 5), &manifest(6, 8)),
            "6 manifests[window_id=\"W\"].manifest_check Some(\"9\") Some(\"8\")",
        ),
        (
            run(&ledger(1, 6), &manifest(3, 9)),
            "3 manifests[window_id=\"W\"].end_tick Some(\"6\") Some(\"3\")",
        ),
    ] {
        assert_eq!(lead(&golden, &other).as_deref(), Some(expected));
    }
}
