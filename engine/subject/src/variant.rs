//! Makes up inputs from a seed: small graphs of many shapes under every rule, with numbers from 0 to the ends of
//! 64 bits.
//!
//! A run of them takes a few milliseconds. Equal seeds give equal inputs in one version; a later version may
//! make up others.

use aether_engine::config::{MemoryDocuments, load_run};
use aether_engine::topology::{Format, NO_CAP, Settings, Shape};
use aether_harness::{Artefact, INPUTS};
use aether_json::{Value, json};
use fastrand::Rng;

/// The file of the RunConfig, beside those of the documents that it names.
const RUN_CONFIG: &str = "run.json";

/// The inputs of a seed.
pub(super) fn inputs(seed: u64) -> Artefact {
    let mut draw = Draw::new(seed);
    let topology = draw.topology();
    let profile = draw.profile(&topology);
    let run_config = draw.run_config(&topology);
    let pfna = run_config
        .get("pfna_path")
        .is_some()
        .then(|| draw.pfna(&topology, &run_config));
    let mut documents = MemoryDocuments::new();
    documents.insert(RUN_CONFIG, run_config.to_string());
    documents.insert("topology.json", topology.document().to_string());
    documents.insert("profile.json", profile.to_string());
    if let Some(pfna) = &pfna {
        documents.insert("pfna.json", pfna.to_string());
    }
    let text = match load_run(&documents, RUN_CONFIG.as_ref()) {
        Ok(plan) => plan.documents().to_json(),
        // An engine that refuses them says so when they are run.
        Err(_) => json!({
            "files": {},
            "pfna": pfna,
            "profile": profile,
            "run_config": run_config,
            "topology": topology.document(),
        })
        .to_string(),
    };
    Artefact::from_json(INPUTS, text.as_bytes()).expect("documents in JSON are JSON")
}

/// The size of the numbers of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Small,
    Usual,
    /// Up to 2^40: products leave 64 bits.
    Wide,
    /// So large that sums over the nodes barely fit 64 bits.
    Huge,
    /// Any: most runs overflow.
    Any,
}

/// A graph as it is drawn.
struct Graph {
    gid: String,
    nodes: u64,
    scale: i64,
    /// i, j, k, cap, c.
    edges: Vec<(u64, u64, i64, i64, i64)>,
}

impl Graph {
    fn document(&self) -> Value {
        let edges = self.edges.iter().zip(1_u64..);
        let edges: Vec<Value> = edges
            .map(|((i, j, k, cap, c), e_id)| {
                json!({ "e_id": e_id, "i": i, "j": j, "k": k, "cap": cap, "c": c })
            })
            .collect();
        json!({ "gid": self.gid, "N": self.nodes, "SC": self.scale, "edges": edges })
    }
}

/// What is left to draw from a seed.
struct Draw {
    rng: Rng,
    reach: Reach,
    /// Bits of the largest ordinary value.
    bits: u32,
}

impl Draw {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let reach = match rng.u8(..16) {
            0..4 => Reach::Small,
            4..9 => Reach::Usual,
            9..12 => Reach::Wide,
            12..15 => Reach::Huge,
            _ => Reach::Any,
        };
        Self {
            rng,
            reach,
            bits: 0,
        }
    }

    /// Whether something is so that is so this often in a hundred times.
    fn percent(&mut self, often: u8) -> bool {
        self.rng.u8(..100) < often
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.rng.usize(..all.len())]
    }

    /// A number of the state, or one that is added to it.
    fn value(&mut self) -> i64 {
        if self.percent(15) {
            return 0;
        }
        if self.reach == Reach::Any && self.percent(50) {
            return self.one_of(&[i64::MIN, i64::MIN / 2, -1, i64::MAX / 2, i64::MAX]);
        }
        let size = if self.percent(80) {
            let limit = 1_u64 << self.bits;
            self.rng.u64(..=limit)
        } else {
            self.rng.u64(..=20)
        };
        let size = i64::try_from(size).expect("values have at most 62 bits");
        if self.rng.bool() { size } else { -size }
    }

    /// A constant that may be of any size.
    fn constant(&mut self) -> i64 {
        match self.rng.u8(..6) {
            0..4 => self.rng.i64(0..=100),
            4 => self.rng.i64(-100..=100),
            _ => self.rng.i64(..),
        }
    }

    /// A name of characters that need no care.
    fn name(&mut self) -> String {
        let length = self.rng.usize(1..=6);
        let mut name = String::new();
        for _ in 0..length {
            name.push(char::from(self.one_of(b"abcXYZ0189._:+~-")));
        }
        name
    }

    fn topology(&mut self) -> Graph {
        let most = self.one_of(&[1, 2, 4, 8, 24]);
        let nodes = self.rng.u64(1..=most);
        let rows = self.rng.u64(1..=4);
        let columns = self.rng.u64(1..=6);
        let seed = self.rng.u64(..);
        let shape = match self.rng.u8(..8) {
            0 => Shape::Line { nodes },
            1 => Shape::Ring {
                nodes: nodes.max(3),
            },
            2 => Shape::Star {
                nodes: nodes.max(2),
            },
            3 => Shape::Grid { rows, columns },
            4 => Shape::Torus {
                rows: rows.max(3),
                columns: columns.max(3),
            },
            5 => Shape::Complete {
                nodes: nodes.min(7),
            },
            _ => {
                let pairs = nodes * (nodes - 1) / 2;
                let edges = self.rng.u64(..=pairs.min(2 * nodes));
                Shape::Random { nodes, edges, seed }
            }
        };
        let (mut nodes, mut ends) = ends(shape);
        if self.percent(25) {
            // Nodes that no edge meets.
            nodes += self.rng.u64(1..=3);
        }
        if nodes > 1 && self.percent(40) {
            // Edges side by side, one way and the other.
            for _ in 0..self.rng.u8(1..=4) {
                let i = self.rng.u64(1..=nodes);
                let j = (i - 1 + self.rng.u64(1..nodes)) % nodes + 1;
                ends.push((i, j));
                let again = if self.rng.bool() { (i, j) } else { (j, i) };
                ends.push(again);
            }
        }
        if self.percent(30) {
            self.rng.shuffle(&mut ends);
        }
        self.bits = match self.reach {
            Reach::Small => 4,
            Reach::Usual => 11,
            Reach::Wide => 40,
            Reach::Huge | Reach::Any => 62 - nodes.next_power_of_two().trailing_zeros(),
        };
        let scale = match self.rng.u8(..6) {
            0 => self.one_of(&[1, 2, 3]),
            1 | 2 => 32,
            3 => self.rng.i64(1..=1000),
            4 => 1 << self.rng.u32(10..=44),
            _ => self.rng.i64(1..=1 << 40),
        };
        let edges = ends.into_iter();
        let edges = edges
            .map(|(i, j)| {
                let (k, cap) = (self.conductance(scale), self.cap());
                let c = if self.percent(20) {
                    self.rng.i64(-5..=5)
                } else {
                    0
                };
                (i, j, k, cap, c)
            })
            .collect();
        Graph {
            gid: self.name(),
            nodes,
            scale,
            edges,
        }
    }

    fn conductance(&mut self, scale: i64) -> i64 {
        match self.rng.u8(..12) {
            0 => 0,
            1..5 => self.rng.i64(1..=40),
            // What moves a part of the difference, whatever its size.
            5..10 => self.rng.i64(1..=scale),
            10 => self.rng.i64(1..=5000),
            _ => self.rng.i64(1..=1 << 40),
        }
    }

    fn cap(&mut self) -> i64 {
        match self.rng.u8(..8) {
            0..4 => NO_CAP,
            4 => i64::MAX,
            5 => self.rng.i64(0..=3),
            _ => {
                let limit = 1_i64 << self.bits;
                self.rng.i64(0..=limit)
            }
        }
    }

    fn profile(&mut self, graph: &Graph) -> Value {
        let modulus = match self.rng.u8(..8) {
            0..3 => 1_000_000_007,
            3 => 2_147_483_647,
            4 | 5 => self.rng.i64(1..=50),
            6 => i64::MAX,
            _ => self.rng.i64(1..=1 << 40),
        };
        let (a, b) = if self.rng.bool() {
            (17, 23)
        } else {
            (self.constant(), self.constant())
        };
        let (b1, b0) = if self.rng.bool() {
            (240_787_124, 571_912_118)
        } else {
            (self.constant(), self.constant())
        };
        let mut preferred = ["ID", "R", "GR"];
        self.rng.shuffle(&mut preferred);
        let preferred = &preferred[..self.rng.usize(..=3)];
        json!({
            "name": format!("CMP-{}", self.rng.u8(0..=3)),
            "modulus_M": modulus,
            "C0": self.rng.i64(1..=3_000_000_000),
            "SC": graph.scale,
            "I_block_spacing_W": self.rng.u64(1..=10),
            "flux_rule": { "type": "CMP0_flux_v1" },
            "chain_rule": { "type": "CMP0_chain_v1", "constants": { "a": a, "b": b } },
            "s_t_rule": self.s_t_rule(),
            "nap_defaults": { "v": self.rng.i64(0..=9), "mode": self.name() },
            "press_defaults": {
                "preferred_schemes": preferred,
                "manifest_check": { "b1": b1, "b0": b0 },
            },
        })
    }

    fn s_t_rule(&mut self) -> Value {
        // The weighted sum of a huge state leaves 64 bits.
        let is_huge = matches!(self.reach, Reach::Huge | Reach::Any);
        if self.percent(if is_huge { 20 } else { 55 }) {
            return json!({ "mode": "prime_weighted" });
        }
        if self.percent(40) {
            return json!({ "mode": "constant", "value": self.value() });
        }
        let mut rule = json!({
            "mode": "sum_abs_flux",
            "offset": self.rng.i64(-20..=1000),
            "scale": self.rng.i64(-2..=1000),
        });
        if self.percent(if is_huge { 90 } else { 50 }) {
            let limit = 1_i64 << self.bits;
            rule["max_value"] = self.rng.i64(0..=limit).into();
        }
        rule
    }

    fn run_config(&mut self, graph: &Graph) -> Value {
        let ticks = self.rng.u64(1..=12);
        let state: Vec<i64> = (0..graph.nodes).map(|_| self.value()).collect();
        let mut windows: Vec<Value> = Vec::new();
        for number in 0..self.rng.u8(..=3) {
            let start = self.rng.u64(1..=ticks);
            let end = self.rng.u64(start..=ticks);
            windows.push(self.window(&format!("extra{number}"), start, end));
        }
        let mut run_config = json!({
            "v": 1,
            "gid": graph.gid,
            "run_id": "variant",
            "topology_path": "topology.json",
            "profile_path": "profile.json",
            "ticks": ticks,
            "initial_state": state,
            "enable_codex": self.rng.bool(),
            "nap": self.nap(),
        });
        if self.rng.bool() {
            run_config["window_every"] = self.rng.u64(1..=ticks + 2).into();
        } else {
            let whole = self.window("whole", 1, ticks);
            let place = self.rng.usize(..=windows.len());
            windows.insert(place, whole);
            run_config["primary_window_id"] = "whole".into();
        }
        run_config["windows"] = windows.into();
        if self.percent(30) {
            run_config["loom"] = json!({ "W": self.rng.u64(1..=15) });
        }
        if self.percent(45) {
            run_config["enable_pfna"] = true.into();
            run_config["pfna_path"] = "pfna.json".into();
        }
        if self.percent(10) {
            run_config["diagnostics"] = json!({
                "conservation": true,
                "allow_negative": self.percent(80),
                "limit": 1_i64 << self.bits.min(61),
            });
        }
        run_config
    }

    fn window(&mut self, id: &str, start: u64, end: u64) -> Value {
        let mut window = json!({
            "window_id": id,
            "apx_name": self.name(),
            "start_tick": start,
            "end_tick": end,
        });
        if self.percent(70) {
            let sources = ["post_u_deltas", "fluxes", "pre_u", "post_u", "prev_chain"];
            let streams: Vec<Value> = (0..self.rng.u8(1..=5))
                .map(|number| {
                    // Later streams have smaller names: they stay in the order in which they are written.
                    let mut stream = json!({
                        "name": format!("S{}", 9 - number),
                        "source": self.one_of(&sources),
                    });
                    if self.percent(30) {
                        stream["scheme_hint"] = self.one_of(&["ID", "R", "GR"]).into();
                    }
                    if self.percent(20) {
                        stream["description"] = self.name().into();
                    }
                    stream
                })
                .collect();
            window["streams"] = streams.into();
        }
        window
    }

    fn nap(&mut self) -> Value {
        let mut nap = json!({});
        if self.percent(40) {
            let layers = ["CTRL", "INGRESS", "DATA", "EGRESS"];
            let layers: Vec<&str> = layers.into_iter().filter(|_| self.rng.bool()).collect();
            nap["layers"] = layers.into();
        }
        if self.percent(40) {
            nap["nid"] = self.name().into();
            nap["v"] = self.rng.i64(0..=9).into();
        }
        nap
    }

    fn pfna(&mut self, graph: &Graph, run_config: &Value) -> Value {
        let ticks = run_config["ticks"].as_u64().expect("it was drawn");
        let mut entries: Vec<Value> = Vec::new();
        for number in 0..self.rng.u8(1..=5) {
            let tick = self.rng.u64(0..=ticks);
            let values: Vec<i64> = (0..graph.nodes).map(|_| self.value()).collect();
            let opposite: Vec<i64> = values.iter().map(|value| value.saturating_neg()).collect();
            let id = format!("{}{number}", self.one_of(&["a", "B", "z"]));
            let entry = self.entry(&id, tick, &values);
            entries.push(entry);
            if self.percent(30) {
                // Together with the first one it adds little, however large the values are.
                let entry = self.entry(&format!("{id}-"), tick, &opposite);
                entries.push(entry);
            }
        }
        self.rng.shuffle(&mut entries);
        json!({
            "v": 0,
            "pfna_id": "inputs",
            "gid": graph.gid,
            "run_id": "variant",
            "entries": entries,
        })
    }

    fn entry(&mut self, id: &str, tick: u64, values: &[i64]) -> Value {
        let mut entry = json!({ "pfna_id": id, "tick": tick });
        entry["values"] = if self.percent(30) {
            let mut sparse = json!({});
            for (value, node) in values.iter().zip(1_u64..) {
                if node == 1 || self.rng.bool() {
                    sparse[node.to_string().as_str()] = (*value).into();
                }
            }
            sparse
        } else {
            values.to_vec().into()
        };
        if tick > 0 && self.percent(20) {
            entry["repeat"] = json!({ "every": self.rng.u64(1..=4) });
        }
        entry
    }
}

/// The number of nodes of a shape, and the ends of its edges.
fn ends(shape: Shape) -> (u64, Vec<(u64, u64)>) {
    let made = shape
        .make(&Settings::default())
        .expect("the sizes are those of the shape");
    let text = made.text(Format::Json).expect("a small graph has a text");
    let document: Value = text.parse().expect("a topology is JSON");
    let edges = document["edges"].as_array().expect("a topology has edges");
    let end = |edge: &Value, name: &str| edge[name].as_u64().expect("ends are ids");
    let ends = edges.iter().map(|edge| (end(edge, "i"), end(edge, "j")));
    let nodes = document["N"].as_u64().expect("a topology has nodes");
    (nodes, ends.collect())
}
