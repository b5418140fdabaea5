//! The texts of a tick's ledger, P-block and checkpoint, which are nearly all that a run writes.
//!
//! They are written from a [`Tick`]; the records as values ([`UmxLedger`](super::UmxLedger)) are never made. Of an edge's text, only three
//! numbers differ from tick to tick. What is between them are templates, which are copied, always 32 bytes at once; the next piece
//! overwrites what was too much:
//!
//! ```text
//! ledger    ,{"cap":9,"du":  7  ,"e_id":1,"f_e":  3  ,"i":1,"j":2,"raw":  3  }
//!           └── before ───┘     └──── middle ────┘    └──── after ─────┘
//! P-block                      ,{"e_id":1,"f_e":  3  }
//! ```
//!
//! The numbers of most edges have at most eight digits, which are made for sixteen edges at once, and are one store each. All other edges are written by
//! the general writer.
//!
//! Ticks are written side by side: a piece of some edges in each ledger and P-block, which the lanes of
//! [`canonical`](crate::canonical) then hash while it is in the first cache; then the piece of the next edges. So the
//! templates of a piece, too, are read from far away once for all ticks. Templates take 100 bytes for each edge. Those of a graph with many edges are
//! not kept: each piece is made for the ticks that are written side by side, and overwritten by the next piece.
//!
//! Nothing here is a second definition of a record: a property test compares these texts with those of the general writer.

use std::sync::OnceLock;

use multiversion::multiversion;

use crate::canonical::{
    self, Canonical, Digits, Hash, LARGE, Object, Writer, lanes, write_integer,
};
use crate::config::{Edge, LANES, RunPlan, Topology};

use super::{
    EdgeFlux, EdgeFluxSummary, Flux, FluxGroup, FluxLanes, PIECE, Tick, TopologySnapshotEdge,
};

/// Bytes of a template, of which the last ones may be unused.
const COPIED: usize = 32;
/// Room for the keys and numbers of a template, and for what is written behind a number.
const PARTS_ROOM: usize = 96;
/// Room for an edge: every offset that is an `u8`, and a template that begins there.
const EDGE_ROOM: usize = 256 + COPIED;
/// The most edges whose texts are kept: 13 MB of templates, and as much of checkpoints.
const KEPT_EDGES: usize = 1 << 17;

/// The texts of all edges of a run that do not differ from tick to tick.
pub(crate) struct EdgeTexts<'p> {
    plan: &'p RunPlan,
    /// The templates of all edges; `None` if they are not kept.
    templates: Option<Vec<EdgeText>>,
    /// The list of edges in every checkpoint, since there was one; never made if it is not kept.
    snapshot: OnceLock<String>,
}

/// What is before, between and after the first two numbers of an edge; `None` if a template has no room for it.
struct EdgeText(Option<[Template; 3]>);

struct Template {
    bytes: [u8; COPIED],
    length: u8,
}

/// A tick, and where its ledger and its P-block are written.
pub(crate) struct TickTexts<'t> {
    pub(crate) tick: &'t Tick,
    pub(crate) ledger: &'t mut Writer,
    pub(crate) p_block: &'t mut Writer,
}

impl Template {
    /// Keys and numbers in turns.
    fn new<const N: usize>(parts: [(&str, Option<i64>); N]) -> Option<Self> {
        let mut text = [0; PARTS_ROOM];
        let mut length = 0;
        for (key, number) in parts {
            text[length..length + key.len()].copy_from_slice(key.as_bytes());
            length += key.len();
            if let Some(number) = number {
                length += write_integer(&mut text[length..], number);
            }
        }
        let bytes = *text.first_chunk()?;
        (length <= COPIED).then_some(Self {
            bytes,
            length: length as u8,
        })
    }
}

impl EdgeText {
    fn new(e_id: i64, edge: &Edge) -> Self {
        let (i, j) = (i64::from(edge.from) + 1, i64::from(edge.to) + 1);
        let templates = || {
            Some([
                Template::new([(",{\"cap\":", Some(edge.cap)), (",\"du\":", None)])?,
                Template::new([(",\"e_id\":", Some(e_id)), (",\"f_e\":", None)])?,
                Template::new([
                    (",\"i\":", Some(i)),
                    (",\"j\":", Some(j)),
                    (",\"raw\":", None),
                ])?,
            ])
        };
        Self(templates())
    }

    /// The templates of a piece of the edges.
    fn of_piece(topology: &Topology, piece: usize) -> impl Iterator<Item = Self> {
        let edges = &topology.edges;
        let indices = piece * PIECE..edges.len().min((piece + 1) * PIECE);
        indices
            .zip(1 + (piece * PIECE) as i64..)
            .map(move |(index, e_id)| {
                let edge = edges.get(index).expect("the index is below the length");
                Self::new(e_id, &edge)
            })
    }
}

impl<'p> EdgeTexts<'p> {
    pub(crate) fn new(plan: &'p RunPlan) -> Self {
        Self::keeping(KEPT_EDGES, plan)
    }

    /// Keeps the texts of at most so many edges.
    fn keeping(edges_max: usize, plan: &'p RunPlan) -> Self {
        let topology = &plan.topology;
        let pieces = 0..topology.edges.len().div_ceil(PIECE);
        let all = || pieces.flat_map(|piece| EdgeText::of_piece(topology, piece));
        Self {
            plan,
            templates: (topology.edges.len() <= edges_max).then(|| all().collect()),
            snapshot: OnceLock::new(),
        }
    }

    /// Writes the ledgers and P-blocks of some ticks, and returns their hashes: of each tick, of the ledger and of the P-block.
    pub(crate) fn encode<const N: usize>(&self, ticks: [TickTexts<'_>; N]) -> [[Hash; 2]; N] {
        let mut ticks = ticks;
        for tick in &mut ticks {
            tick.begin();
        }
        let mut made = Vec::new();
        let edge_count = self.plan.topology.edges.len();
        for piece in 0..edge_count.div_ceil(PIECE) {
            let texts = match &self.templates {
                Some(kept) => &kept[piece * PIECE..edge_count.min((piece + 1) * PIECE)],
                None => {
                    made.clear();
                    made.extend(EdgeText::of_piece(&self.plan.topology, piece));
                    made.as_slice()
                }
            };
            for tick in &mut ticks {
                tick.edges(&self.plan.topology, texts, piece);
            }
            lanes::follow(&mut ledgers(&mut ticks));
            lanes::follow(&mut p_blocks(&mut ticks));
        }
        for tick in &mut ticks {
            tick.end_edges();
        }
        let states = |state: fn(&Tick) -> &[i64]| ticks.each_ref().map(|tick| state(tick.tick));
        let (post_u, pre_u) = (states(|tick| &tick.post_u), states(|tick| &tick.pre_u));
        lanes::lists(&mut ledgers(&mut ticks), post_u);
        for tick in &mut ticks {
            tick.ledger.raw(",\"pre_u\":");
        }
        lanes::lists(&mut ledgers(&mut ticks), pre_u);
        for tick in &mut ticks {
            tick.end();
        }
        let ledgers = lanes::finish(&mut ledgers(&mut ticks));
        let p_blocks = lanes::finish(&mut p_blocks(&mut ticks));
        std::array::from_fn(|tick| [ledgers[tick], p_blocks[tick]])
    }

    /// The run whose edges they are.
    pub(crate) const fn plan(&self) -> &'p RunPlan {
        self.plan
    }

    /// The checkpoint after a tick, to be written.
    pub(crate) const fn checkpoint<'t>(&'t self, tick: &'t Tick) -> Checkpoint<'t> {
        Checkpoint { texts: self, tick }
    }
}

/// A checkpoint, written as an [`IBlock`](super::IBlock) is.
pub(crate) struct Checkpoint<'t> {
    texts: &'t EdgeTexts<'t>,
    tick: &'t Tick,
}

impl Canonical for Checkpoint<'_> {
    fn write(&self, writer: &mut Writer) {
        let (plan, tick) = (self.texts.plan, self.tick);
        let mut object = Object::begin(writer);
        object.field("C_t", &tick.c_t);
        object.field("W", &plan.checkpoint_spacing);
        object.field("post_u", &tick.post_u);
        object.field("profile_version", &plan.profile.name);
        object.field("tick", &tick.tick);
        object.field("topology_snapshot", self.texts);
        object.end();
    }
}

/// Every edge, as a checkpoint has it.
impl Canonical for EdgeTexts<'_> {
    fn write(&self, writer: &mut Writer) {
        let edges = Snapshot(&self.plan.topology);
        if self.templates.is_some() {
            writer.long(self.snapshot.get_or_init(|| canonical::text(&edges)));
        } else {
            edges.write(writer);
        }
    }
}

struct Snapshot<'t>(&'t Topology);

impl Canonical for Snapshot<'_> {
    fn write(&self, writer: &mut Writer) {
        writer.array(TopologySnapshotEdge::all(self.0));
    }
}

fn ledgers<'w, const N: usize>(ticks: &'w mut [TickTexts<'_>; N]) -> [&'w mut Writer; N] {
    ticks.each_mut().map(|tick| &mut *tick.ledger)
}

fn p_blocks<'w, const N: usize>(ticks: &'w mut [TickTexts<'_>; N]) -> [&'w mut Writer; N] {
    ticks.each_mut().map(|tick| &mut *tick.p_block)
}

impl TickTexts<'_> {
    fn begin(&mut self) {
        self.ledger.begin();
        self.ledger.raw("{\"edges\":");
        self.p_block.begin();
        self.p_block.raw("{\"C_t\":");
        self.tick.c_t.write(self.p_block);
        self.p_block.raw(",\"edge_flux_summary\":");
    }

    /// A piece of the edges, in both records.
    fn edges(&mut self, topology: &Topology, texts: &[EdgeText], piece: usize) {
        for (texts, group) in texts.chunks(LANES).zip(piece * (PIECE / LANES)..) {
            match self.tick.fluxes.lanes(group) {
                FluxLanes::Narrow(fluxes) => {
                    self.group(topology, texts, group, fluxes, |lane| fluxes.flux(lane));
                }
                FluxLanes::Wide(fluxes) => {
                    let narrow = FluxGroup::saturated(fluxes);
                    self.group(topology, texts, group, &narrow, |lane| fluxes[lane]);
                }
            }
        }
    }

    /// A group of edges: `fluxes` tells the numbers that are small, and `flux` those of any edge.
    #[inline]
    fn group(
        &mut self,
        topology: &Topology,
        texts: &[EdgeText],
        group: usize,
        fluxes: &FluxGroup,
        flux: impl Fn(usize) -> Flux,
    ) {
        let first = group * LANES;
        let numbers = numbers_of(fluxes);
        let (mut at, mut separator) = (0, if first == 0 { b'[' } else { b',' });
        loop {
            let end = self.small_edges(texts, at, &numbers, separator);
            if end == texts.len() {
                return;
            }
            if end > at {
                separator = b',';
            }
            at = end;
            let edge = topology.edges.get(first + at);
            let edge = edge.expect("there is a flux for each edge");
            let e_id = (first + at) as u64 + 1;
            self.any_edge(&EdgeFlux::new(e_id, &edge, flux(at)), separator);
            separator = b',';
            at += 1;
        }
    }

    /// Edges from one to the first that has no templates or a large number. Returns the index of that in the group.
    #[inline]
    fn small_edges(
        &mut self,
        texts: &[EdgeText],
        from: usize,
        numbers: &SmallNumbers,
        separator: u8,
    ) -> usize {
        let room = texts.len() * EDGE_ROOM;
        let (text, summary) = (self.ledger.room(room), self.p_block.room(room));
        let written = write_small(numbers, texts, from, separator, text, summary);
        self.ledger.took(written.ledger);
        self.p_block.took(written.p_block);
        written.end
    }

    fn any_edge(&mut self, edge: &EdgeFlux, separator: u8) {
        self.ledger.bytes(&[separator]);
        edge.write(self.ledger);
        self.p_block.bytes(&[separator]);
        let (e_id, f_e) = (edge.e_id, edge.f_e);
        EdgeFluxSummary { e_id, f_e }.write(self.p_block);
    }

    fn end_edges(&mut self) {
        let end = if self.tick.fluxes.is_empty() {
            "[]"
        } else {
            "]"
        };
        self.ledger.raw(end);
        self.ledger.raw(",\"post_u\":");
        self.p_block.raw(end);
    }

    fn end(&mut self) {
        let Tick { tick, sum, s_t, .. } = self.tick;
        let (ledger, p_block) = (&mut *self.ledger, &mut *self.p_block);
        ledger.raw(",\"sum_post_u\":");
        sum.write(ledger);
        ledger.raw(",\"sum_pre_u\":");
        sum.write(ledger);
        ledger.raw(",\"tick\":");
        tick.write(ledger);
        ledger.raw(",\"z_check\":");
        sum.write(ledger);
        ledger.raw("}");
        p_block.raw(",\"s_t\":");
        s_t.write(p_block);
        p_block.raw(",\"seq\":");
        tick.write(p_block);
        p_block.raw(",\"tick\":");
        tick.write(p_block);
        p_block.raw("}");
    }
}

/// The numbers of a group of edges that differ from tick to tick, as eight digits.
struct SmallNumbers {
    du: ([bool; LANES], [u64; LANES]),
    f_e: ([bool; LANES], [u64; LANES]),
    raw: [u64; LANES],
    /// Whether a number of the edge has more digits.
    is_large: [bool; LANES],
}

/// How much of a group was written.
struct Written {
    /// The first edge that was not.
    end: usize,
    ledger: usize,
    p_block: usize,
}

impl SmallNumbers {
    /// Writes an edge at the start of both places, and returns the lengths.
    #[inline(always)]
    fn write_edge(
        &self,
        lane: usize,
        [before, middle, after]: &[Template; 3],
        separator: u8,
        text: &mut [u8],
        summary: &mut [u8],
    ) -> (usize, usize) {
        let digits = |digits: &[u64; LANES]| Digits::without_zeros(digits[lane]);
        let du = (self.du.0[lane], digits(&self.du.1));
        let f_e = (self.f_e.0[lane], digits(&self.f_e.1));
        let mut text = EdgeRoom::at(text);
        text.template(before);
        text.room[0] = separator;
        text.integer(du);
        text.template(middle);
        text.integer(f_e);
        text.template(after);
        text.integer((false, digits(&self.raw)));
        text.byte(b'}');
        let mut summary = EdgeRoom::at(summary);
        summary.byte(separator);
        summary.template(middle);
        summary.room[1] = b'{';
        summary.integer(f_e);
        summary.byte(b'}');
        (usize::from(text.length), usize::from(summary.length))
    }
}

/// The numbers of a group of edges.
#[multiversion(targets(
    "x86_64+avx512bw+avx512cd+avx512dq+avx512vl+bmi1+bmi2+lzcnt",
    "x86_64+avx2+bmi1+bmi2+lzcnt"
))]
fn numbers_of(fluxes: &FluxGroup) -> SmallNumbers {
    let FluxGroup { du, raw, f_e } = fluxes;
    let raw = raw.map(i32::cast_unsigned);
    let raw_digits = Digits::of_group(&raw);
    // Only a capacity makes them differ.
    let differs = |any, lane: usize| any | (f_e[lane].unsigned_abs() != raw[lane]);
    let f_e_digits = match (0..LANES).fold(false, differs) {
        true => Digits::of_group(&f_e.map(i32::unsigned_abs)),
        false => raw_digits,
    };
    // A negative raw, which no rule makes, is large as an unsigned number.
    let is_large = |size: u32| u64::from(size) >= LARGE;
    SmallNumbers {
        du: (
            du.map(i32::is_negative),
            Digits::of_group(&du.map(i32::unsigned_abs)),
        ),
        f_e: (f_e.map(i32::is_negative), f_e_digits),
        raw: raw_digits,
        is_large: std::array::from_fn(|lane| {
            let (du, f_e) = (du[lane].unsigned_abs(), f_e[lane].unsigned_abs());
            is_large(du) | is_large(raw[lane]) | is_large(f_e)
        }),
    }
}

/// Writes edges at the start of both places, from one to the first that has no templates or a large number; the first of them behind `separator`.
#[multiversion(targets(
    "x86_64+avx512bw+avx512cd+avx512dq+avx512vl+bmi1+bmi2+lzcnt",
    "x86_64+avx2+bmi1+bmi2+lzcnt"
))]
fn write_small(
    numbers: &SmallNumbers,
    texts: &[EdgeText],
    from: usize,
    separator: u8,
    text: &mut [u8],
    summary: &mut [u8],
) -> Written {
    let free = (text.len(), summary.len());
    let (mut text, mut summary, mut separator) = (text, summary, separator);
    let mut end = texts.len();
    for (lane, texts) in texts.iter().enumerate().skip(from) {
        let (EdgeText(Some(templates)), false) = (texts, numbers.is_large[lane]) else {
            end = lane;
            break;
        };
        let written = numbers.write_edge(lane, templates, separator, text, summary);
        separator = b',';
        text = &mut text[written.0..];
        summary = &mut summary[written.1..];
    }
    Written {
        end,
        ledger: free.0 - text.len(),
        p_block: free.1 - summary.len(),
    }
}

/// The text of an edge while it is written. All its parts together are shorter than 256 bytes, so that an offset is an `u8`, and no store is out of
/// bounds.
struct EdgeRoom<'t> {
    room: &'t mut [u8; EDGE_ROOM],
    length: u8,
}

impl<'t> EdgeRoom<'t> {
    #[inline]
    fn at(place: &'t mut [u8]) -> Self {
        let room = place.first_chunk_mut();
        Self {
            room: room.expect("there is room for every edge"),
            length: 0,
        }
    }

    #[inline]
    fn template(&mut self, template: &Template) {
        let at = usize::from(self.length);
        self.room[at..at + COPIED].copy_from_slice(&template.bytes);
        self.length = self.length.wrapping_add(template.length);
    }

    #[inline]
    fn integer(&mut self, (negative, digits): (bool, Digits)) {
        self.room[usize::from(self.length)] = b'-';
        self.length = self.length.wrapping_add(u8::from(negative));
        let at = usize::from(self.length);
        self.room[at..at + 8].copy_from_slice(&digits.bytes);
        self.length = self.length.wrapping_add(digits.length);
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        self.room[usize::from(self.length)] = byte;
        self.length = self.length.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use sha2::Digest as _;

    use super::*;
    use crate::canonical::INTEGERS;
    use crate::config::{MemoryDocuments, load_run};
    use crate::record::{Fluxes, IBlock};

    /// Integers of every length, with the extremes.
    fn integer() -> impl Strategy<Value = i64> {
        let any = (any::<i64>(), 0_u32..64).prop_map(|(number, bits)| number >> bits);
        prop_oneof![4 => any, 1 => Just(i64::MIN), 1 => Just(i64::MAX), 1 => Just(0)]
    }

    fn edge() -> impl Strategy<Value = Edge> {
        let numbers = (any::<u32>(), any::<u32>(), integer(), integer(), integer());
        numbers.prop_map(|(from, to, conductance, cap, c)| Edge {
            from,
            to,
            conductance,
            cap,
            c,
        })
    }

    fn flux() -> impl Strategy<Value = Flux> {
        let numbers = (integer(), integer(), integer());
        numbers.prop_map(|(du, raw, f_e)| Flux { du, raw, f_e })
    }

    /// Numbers of edges around the ends of pieces and blocks.
    fn edge_counts() -> impl Strategy<Value = usize> {
        prop_oneof![
            0..3_usize,
            PIECE - 1..PIECE + 2,
            2 * PIECE - 1..2 * PIECE + 2,
            4 * PIECE - 1..4 * PIECE + 2
        ]
    }

    /// A plan with any edges and a tick with any numbers: no rule decides what must be written.
    fn ticks() -> impl Strategy<Value = (RunPlan, Vec<Tick>)> {
        let nodes = prop_oneof![1..3_usize, INTEGERS - 1..INTEGERS + 2];
        let sizes = (edge_counts(), nodes);
        sizes.prop_flat_map(|(edge_count, nodes)| {
            let tick = move || {
                // Most blocks are narrow.
                let narrow = vec(flux().prop_map(|flux| flux.narrowed()), edge_count);
                let fluxes = prop_oneof![3 => narrow, 1 => vec(flux(), edge_count)];
                let state = || vec(integer(), nodes);
                let numbers = [integer(), integer(), integer(), integer(), integer()];
                (fluxes, state(), state(), numbers)
            };
            let made = (vec(edge(), edge_count), integer(), vec(tick(), 4));
            made.prop_map(|(edges, scale, ticks)| {
                let mut plan = plan();
                plan.topology.scale = scale;
                plan.topology.edges = edges.into_iter().collect();
                let ticks = ticks.into_iter().map(|(fluxes, pre_u, post_u, numbers)| {
                    let [tick, sum, s_t, c_prev, c_t] = numbers;
                    Tick {
                        tick: tick.unsigned_abs(),
                        pre_u,
                        post_u,
                        sum,
                        fluxes: Fluxes::of(&fluxes),
                        s_t,
                        c_prev,
                        c_t,
                    }
                });
                let ticks = ticks.collect();
                (plan, ticks)
            })
        })
    }

    fn plan() -> RunPlan {
        let documents = MemoryDocuments::new()
            .with(
                "run.toml",
                "v = 1\ngid = \"G\"\nrun_id = \"R\"\ntopology_path = \"t.json\"\n\
                 profile_path = \"p.json\"\nticks = 1\ninitial_state = [90, 3]\nwindow_every = 1\n",
            )
            .with(
                "t.json",
                r#"{"gid":"G","profile":"CMP-0","N":2,"SC":32,"edges":[]}"#,
            )
            .with(
                "p.json",
                r#"{"name":"CMP-0","modulus_M":1009,"C0":5,"SC":32,"I_block_spacing_W":8,
                    "flux_rule":{"type":"CMP0_flux_v1"},"chain_rule":{"type":"CMP0_chain_v1"},
                    "s_t_rule":{"mode":"prime_weighted"}}"#,
            );
        load_run(&documents, "run.toml".as_ref()).unwrap_or_else(|report| panic!("{report}"))
    }

    fn check<const N: usize>(texts: &EdgeTexts<'_>, ticks: &[Tick], text_max: usize) {
        let mut writers: [_; N] =
            std::array::from_fn(|_| [Writer::encoder(text_max), Writer::encoder(text_max)]);
        let mut made = ticks.iter();
        let hashes = texts.encode(writers.each_mut().map(|[ledger, p_block]| TickTexts {
            tick: made.next().expect("there are enough ticks"),
            ledger,
            p_block,
        }));
        for ((tick, hashes), writers) in ticks.iter().zip(hashes).zip(writers) {
            let ledger = canonical::text(&tick.ledger(texts.plan));
            let p_block = canonical::text(&tick.p_block());
            for ((writer, hash), text) in writers.iter().zip(hashes).zip([ledger, p_block]) {
                assert_eq!(
                    hash,
                    Hash::from_bytes(sha2::Sha256::digest(text.as_bytes()).into())
                );
                let encoded = writer.encoded(hash);
                assert_eq!(encoded.length, text.len() as u64);
                if text.len() <= text_max {
                    assert_eq!(encoded.text.map(String::from_utf8_lossy), Some(text.into()));
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..ProptestConfig::default() })]

        #[test]
        fn texts_are_those_of_the_general_writer((plan, ticks) in ticks()) {
            for edges_max in [0, usize::MAX] {
                let texts = EdgeTexts::keeping(edges_max, &plan);
                check::<1>(&texts, &ticks, usize::MAX);
                check::<2>(&texts, &ticks, 20_000);
                check::<3>(&texts, &ticks, 0);
                check::<4>(&texts, &ticks, usize::MAX);
                check::<4>(&texts, &ticks, 0);
                for tick in &ticks {
                    let block = IBlock::new(&plan, tick.tick, tick.c_t, tick.post_u.clone());
                    let text = canonical::text(&texts.checkpoint(tick));
                    assert_eq!(text, canonical::text(&block));
                }
            }
        }
    }
}
