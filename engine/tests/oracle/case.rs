//! [`Case`]: everything that defines a run (topology, profile, RunConfig and external inputs).
//!
//! An `Option` that is `None` is a field that the document leaves out.

use super::{Aeon, Int};

/// All documents of one run. They all have the topology's gid.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) topology: Topology,
    pub(crate) profile: Profile,
    pub(crate) run: RunConfig,
    pub(crate) pfna: Option<Vec<Entry>>,
    pub(crate) aeon: Option<Aeon>,
    /// The rules, of which a test may change single lines.
    pub(crate) rules: Rules,
}

/// Single lines of the rules, so that a run can be computed with one of them replaced.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// From the difference, k and SC.
    pub(crate) raw: fn(&Int, i64, i64) -> Int,
    /// From raw, cap and the difference.
    pub(crate) moved: fn(Int, Int, Int) -> Int,
    /// The weight of a value, from its prime.
    pub(crate) weight: fn(u64) -> u64,
    /// The number that a tick adds to the chain.
    pub(crate) seq: fn(u64) -> u64,
    /// The chain value, from its sum and M.
    pub(crate) reduced: fn(&Int, i64) -> Int,
    /// The order in which schemes with equal bits are taken, from their places in the preference.
    pub(crate) rank: fn(usize) -> usize,
    /// Whether a tick has a checkpoint, from the spacing.
    pub(crate) is_checkpoint: fn(u64, u64) -> bool,
    /// A manifest's check, from the head of its digest, b1 and b0.
    pub(crate) check: fn(Int, i64, i64) -> Int,
    /// The `seq` of a DATA envelope.
    pub(crate) data_seq: fn(u64) -> u64,
    /// Whether a motif saves enough bits for a proposal.
    pub(crate) is_proposed: fn(&Int) -> bool,
}

impl Rules {
    /// The rules as they are documented.
    pub(crate) const WRITTEN: Self = Self {
        raw: |size, k, sc| size * k / sc,
        moved: |raw, cap, size| raw.min(cap).min(size),
        weight: |prime| prime,
        seq: |tick| tick,
        reduced: super::modulo,
        rank: |place| place,
        is_checkpoint: |tick, spacing| tick.is_multiple_of(spacing),
        check: |head, b1, b0| head * b1 + b0,
        data_seq: |tick| tick,
        is_proposed: |delta| *delta <= Int::from(-8),
    };
}

#[derive(Clone, Debug)]
pub(crate) struct Topology {
    pub(crate) gid: String,
    pub(crate) nodes: usize,
    pub(crate) sc: i64,
    /// In id order; the id of an edge is its position, from 1.
    pub(crate) edges: Vec<Edge>,
    /// Whether the document lists its nodes.
    pub(crate) list_nodes: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) i: usize,
    pub(crate) j: usize,
    pub(crate) k: i64,
    pub(crate) cap: i64,
    pub(crate) c: Option<i64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) modulus: i64,
    pub(crate) c0: i64,
    pub(crate) sc: i64,
    pub(crate) spacing: u64,
    /// The chain rule's constants.
    pub(crate) constants: Option<(i64, i64)>,
    pub(crate) s_t: StRule,
    /// `nap_defaults`: v and mode.
    pub(crate) nap: Option<(i64, String)>,
    pub(crate) preferred: Option<Vec<Scheme>>,
    /// b1 and b0 of the manifest check.
    pub(crate) check: Option<(i64, i64)>,
}

#[derive(Clone, Debug)]
pub(crate) enum StRule {
    PrimeWeighted,
    Constant(i64),
    /// A rule without a mode, as in older documents.
    Gf01Constant(i64),
    SumAbsFlux {
        offset: Option<i64>,
        scale: Option<i64>,
        max_value: Option<i64>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Id,
    R,
    Gr,
}

#[derive(Clone, Debug)]
pub(crate) struct RunConfig {
    pub(crate) run_id: String,
    pub(crate) ticks: u64,
    pub(crate) initial_state: Vec<i64>,
    pub(crate) windows: Vec<Window>,
    pub(crate) primary: Primary,
    pub(crate) nap: Option<Nap>,
    pub(crate) loom_w: Option<u64>,
    pub(crate) codex: bool,
    /// Whether the PFNA document, if there is one, is applied.
    pub(crate) enable_pfna: bool,
    pub(crate) observers: Observers,
}

/// Settings on which no record may depend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Observers {
    /// The documents do not have them.
    Unsaid,
    /// Log, metrics and diagnostics are on, without filters.
    On,
    /// Log and metrics are off.
    Off,
}

#[derive(Clone, Debug)]
pub(crate) enum Primary {
    /// The id of the configured window that covers the run.
    Window(String),
    /// Windows of this many ticks tile the run.
    Every(u64),
}

#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) id: String,
    pub(crate) apx_name: String,
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// `None` leaves them out; an empty list means the same.
    pub(crate) streams: Option<Vec<Stream>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) hint: Option<Scheme>,
    pub(crate) description: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    PostUDeltas,
    Fluxes,
    PreU,
    PostU,
    PrevChain,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Nap {
    pub(crate) layers: Option<Vec<Layer>>,
    pub(crate) nid: Option<String>,
    pub(crate) v: Option<i64>,
    pub(crate) mode: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Ctrl,
    Ingress,
    Data,
    Egress,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) pfna_id: String,
    pub(crate) tick: u64,
    pub(crate) values: Vec<i64>,
    pub(crate) description: Option<String>,
}

/// Prints the documents, so that a counterexample can be run directly.
impl std::fmt::Debug for Case {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (path, document) in super::documents(self) {
            writeln!(formatter, "{path}: {}", document.canonical())?;
        }
        Ok(())
    }
}

impl Scheme {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Id => "ID",
            Self::R => "R",
            Self::Gr => "GR",
        }
    }
}

impl Source {
    pub(crate) const ALL: [Self; 5] = [
        Self::PostUDeltas,
        Self::Fluxes,
        Self::PreU,
        Self::PostU,
        Self::PrevChain,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PostUDeltas => "post_u_deltas",
            Self::Fluxes => "fluxes",
            Self::PreU => "pre_u",
            Self::PostU => "post_u",
            Self::PrevChain => "prev_chain",
        }
    }
}

impl Layer {
    pub(crate) const ALL: [Self; 4] = [Self::Ctrl, Self::Ingress, Self::Data, Self::Egress];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ctrl => "CTRL",
            Self::Ingress => "INGRESS",
            Self::Data => "DATA",
            Self::Egress => "EGRESS",
        }
    }
}

impl Case {
    /// The windows in configured order, primaries first, with their streams.
    pub(crate) fn windows(&self) -> (Vec<Window>, Vec<Window>) {
        match &self.run.primary {
            Primary::Window(id) => self
                .run
                .windows
                .iter()
                .cloned()
                .partition(|window| window.id == *id),
            Primary::Every(length) => (self.tiles(*length), self.run.windows.clone()),
        }
    }

    fn tiles(&self, length: u64) -> Vec<Window> {
        let gid = &self.topology.gid;
        let mut tiles = Vec::new();
        let mut start = 1;
        while start <= self.run.ticks {
            let end = (start + length - 1).min(self.run.ticks);
            tiles.push(Window {
                id: format!("{gid}_W{}_ticks_{start}_{end}", tiles.len() + 1),
                apx_name: format!("{gid}_APX_v0_ticks_{start}_{end}"),
                start,
                end,
                streams: None,
            });
            start = end + 1;
        }
        tiles
    }

    /// The entries of one tick, in the order in which they are applied.
    pub(crate) fn entries_of(&self, tick: u64) -> Vec<&Entry> {
        let all = self.pfna.iter().flatten().filter(|_| self.run.enable_pfna);
        let mut entries: Vec<_> = all.filter(|entry| entry.tick == tick).collect();
        entries.sort_by(|a, b| a.pfna_id.cmp(&b.pfna_id));
        entries
    }
}

impl Window {
    /// The streams that are recorded: the two default ones if none are configured.
    pub(crate) fn streams(&self) -> Vec<Stream> {
        let plain = |name: &str, source| Stream {
            name: name.to_owned(),
            source,
            hint: None,
            description: None,
        };
        match &self.streams {
            Some(streams) if !streams.is_empty() => streams.clone(),
            _ => vec![
                plain("S1_post_u_deltas", Source::PostUDeltas),
                plain("S2_fluxes", Source::Fluxes),
            ],
        }
    }
}
