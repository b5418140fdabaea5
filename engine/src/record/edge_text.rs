//! The texts of a tick's ledger and P-block, which are nearly all that a run writes.
//!
//! Of an edge's text, only three numbers differ from tick to tick. What is between them is made once per run and then copied, always 32
//! bytes at once; the next piece overwrites what was too much:
//!
//! ```text
//! ledger    ,{"cap":9,"du":  7  ,"e_id":1,"f_e":  3  ,"i":1,"j":2,"raw":  3  }
//!           └── before ───┘     └──── middle ────┘    └──── after ─────┘
//! P-block                      ,{"e_id":1,"f_e":  3  }
//! ```
//!
//! The numbers of most edges have at most eight digits, which are one store. All other edges are written by the general writer.
//!
//! Ticks are written side by side: a piece of some edges in each ledger and P-block, which the lanes of
//! [`canonical`](crate::canonical) then hash while it is in the first cache; then the piece of the next edges. So the
//! templates of a piece, too, are read from far away once for all ticks.
//!
//! Nothing here is a second definition of a record: a property test compares these texts with those of the general writer.

use crate::canonical::{Canonical as _, Digits, Hash, INTEGERS, LARGE, Writer, lanes};

use super::{EdgeFlux, EdgeFluxSummary, PBlock, UmxLedger};

/// Edges of a piece: about 5 KB of text.
const PIECE_EDGES: usize = 64;
/// Bytes of a template, of which the last ones may be unused.
const COPIED: usize = 32;
/// Room for an edge: every offset that is an `u8`, and a template that begins there.
const EDGE_ROOM: usize = 256 + COPIED;

/// The templates of all edges.
pub(crate) struct EdgeTexts(Vec<EdgeText>);

/// What is before, between and after the first two numbers of an edge; `None` if a template has no room for it.
struct EdgeText(Option<[Template; 3]>);

struct Template {
    bytes: [u8; COPIED],
    length: u8,
}

/// The records of one tick, and where they are written.
pub(crate) struct TickTexts<'t> {
    pub(crate) ledger: (&'t UmxLedger, &'t mut Writer),
    pub(crate) p_block: (&'t PBlock, &'t mut Writer),
}

impl Template {
    /// Keys and numbers in turns, which the writer spells.
    fn new(writer: &mut Writer, parts: &[(&str, Option<i64>)]) -> Option<Self> {
        writer.begin();
        for (key, number) in parts {
            writer.raw(key);
            number.iter().for_each(|number| number.write(writer));
        }
        let text = writer.bytes_so_far();
        let mut bytes = [0; COPIED];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self {
            bytes,
            length: text.len() as u8,
        })
    }
}

impl EdgeText {
    fn new(writer: &mut Writer, edge: &EdgeFlux) -> Self {
        let id = |id: u64| i64::try_from(id).ok();
        let mut template = |parts: &[_]| Template::new(writer, parts);
        let mut templates = || {
            let (e_id, i, j) = (id(edge.e_id)?, id(edge.i)?, id(edge.j)?);
            Some([
                template(&[(",{\"cap\":", Some(edge.cap)), (",\"du\":", None)])?,
                template(&[(",\"e_id\":", Some(e_id)), (",\"f_e\":", None)])?,
                template(&[
                    (",\"i\":", Some(i)),
                    (",\"j\":", Some(j)),
                    (",\"raw\":", None),
                ])?,
            ])
        };
        Self(templates())
    }
}

impl EdgeTexts {
    /// The templates of edges, whose numbers that differ from tick to tick do not matter.
    pub(crate) fn new(edges: &[EdgeFlux]) -> Self {
        let mut writer = Writer::text();
        let text = |edge| EdgeText::new(&mut writer, edge);
        Self(edges.iter().map(text).collect())
    }

    /// Writes the records of some ticks and returns their hashes: of each tick, of the ledger and of the P-block.
    pub(crate) fn encode<const N: usize>(&self, ticks: [TickTexts<'_>; N]) -> [[Hash; 2]; N] {
        let mut ticks = ticks;
        for tick in &mut ticks {
            tick.begin();
        }
        for (piece, texts) in self.0.chunks(PIECE_EDGES).enumerate() {
            for tick in &mut ticks {
                tick.edges(texts, piece * PIECE_EDGES);
            }
            lanes::follow(&mut ledgers(&mut ticks));
            lanes::follow(&mut p_blocks(&mut ticks));
        }
        for tick in &mut ticks {
            tick.end_edges();
        }
        write_states(&mut ticks, |ledger| &ledger.post_u);
        for tick in &mut ticks {
            tick.ledger.1.raw(",\"pre_u\":");
        }
        write_states(&mut ticks, |ledger| &ledger.pre_u);
        for tick in &mut ticks {
            tick.end();
        }
        let ledgers = lanes::finish(&mut ledgers(&mut ticks));
        let p_blocks = lanes::finish(&mut p_blocks(&mut ticks));
        std::array::from_fn(|tick| [ledgers[tick], p_blocks[tick]])
    }
}

fn ledgers<'w, const N: usize>(ticks: &'w mut [TickTexts<'_>; N]) -> [&'w mut Writer; N] {
    ticks.each_mut().map(|tick| &mut *tick.ledger.1)
}

fn p_blocks<'w, const N: usize>(ticks: &'w mut [TickTexts<'_>; N]) -> [&'w mut Writer; N] {
    ticks.each_mut().map(|tick| &mut *tick.p_block.1)
}

fn write_states<const N: usize>(ticks: &mut [TickTexts<'_>; N], state: fn(&UmxLedger) -> &[i64]) {
    let mut separator = b'[';
    let nodes = ticks.iter().map(|tick| state(tick.ledger.0).len()).max();
    for from in (0..nodes.unwrap_or_default()).step_by(INTEGERS) {
        for tick in &mut *ticks {
            let (ledger, writer) = &mut tick.ledger;
            let numbers = state(ledger);
            writer.integers(
                &numbers[from..numbers.len().min(from + INTEGERS)],
                separator,
            );
        }
        separator = b',';
        lanes::follow(&mut ledgers(ticks));
    }
    for tick in ticks {
        let (ledger, writer) = &mut tick.ledger;
        writer.raw(end_of_list(state(ledger)));
    }
}

/// The end of a list whose elements, if any, are written.
const fn end_of_list<T>(elements: &[T]) -> &'static str {
    if elements.is_empty() { "[]" } else { "]" }
}

impl TickTexts<'_> {
    fn begin(&mut self) {
        let (_, writer) = &mut self.ledger;
        writer.begin();
        writer.raw("{\"edges\":");
        let (p_block, writer) = &mut self.p_block;
        writer.begin();
        writer.raw("{\"C_t\":");
        p_block.c_t.write(writer);
        writer.raw(",\"edge_flux_summary\":");
    }

    /// A piece of the edges, in both records.
    fn edges(&mut self, texts: &[EdgeText], first: usize) {
        let edges = &self.ledger.0.edges[first..first + texts.len()];
        let mut separator = if first == 0 { b'[' } else { b',' };
        let mut at = 0;
        loop {
            at += self.small_edges(&texts[at..], &edges[at..], separator);
            let Some(edge) = edges.get(at) else {
                return;
            };
            separator = if first + at == 0 { b'[' } else { b',' };
            self.any_edge(edge, separator);
            separator = b',';
            at += 1;
        }
    }

    /// Edges up to the first one that has no templates or a large number. Returns how many were written.
    fn small_edges(&mut self, texts: &[EdgeText], edges: &[EdgeFlux], separator: u8) -> usize {
        let room = edges.len() * EDGE_ROOM;
        let (mut text, mut summary) = (self.ledger.1.room(room), self.p_block.1.room(room));
        let free = (text.len(), summary.len());
        let mut separator = separator;
        let mut count = 0;
        for (texts, edge) in texts.iter().zip(edges) {
            let EdgeText(Some(templates)) = texts else {
                break;
            };
            let Some(numbers) = SmallNumbers::of(edge) else {
                break;
            };
            let written = numbers.write(templates, separator, text, summary);
            text = &mut text[written.0..];
            summary = &mut summary[written.1..];
            separator = b',';
            count += 1;
        }
        let left = (text.len(), summary.len());
        self.ledger.1.took(free.0 - left.0);
        self.p_block.1.took(free.1 - left.1);
        count
    }

    fn any_edge(&mut self, edge: &EdgeFlux, separator: u8) {
        let (_, writer) = &mut self.ledger;
        writer.bytes(&[separator]);
        edge.write(writer);
        let (_, writer) = &mut self.p_block;
        writer.bytes(&[separator]);
        let (e_id, f_e) = (edge.e_id, edge.f_e);
        EdgeFluxSummary { e_id, f_e }.write(writer);
    }

    fn end_edges(&mut self) {
        let (ledger, writer) = &mut self.ledger;
        writer.raw(end_of_list(&ledger.edges));
        writer.raw(",\"post_u\":");
        let (p_block, writer) = &mut self.p_block;
        writer.raw(end_of_list(&p_block.edge_flux_summary));
    }

    fn end(&mut self) {
        let (ledger, writer) = &mut self.ledger;
        writer.raw(",\"sum_post_u\":");
        ledger.sum_post_u.write(writer);
        writer.raw(",\"sum_pre_u\":");
        ledger.sum_pre_u.write(writer);
        writer.raw(",\"tick\":");
        ledger.tick.write(writer);
        writer.raw(",\"z_check\":");
        ledger.z_check.write(writer);
        writer.raw("}");
        let (p_block, writer) = &mut self.p_block;
        writer.raw(",\"s_t\":");
        p_block.s_t.write(writer);
        writer.raw(",\"seq\":");
        p_block.seq.write(writer);
        writer.raw(",\"tick\":");
        p_block.tick.write(writer);
        writer.raw("}");
    }
}

/// The numbers of an edge that differ from tick to tick, if they have at most eight digits.
struct SmallNumbers {
    du: (bool, Digits),
    f_e: (bool, Digits),
    raw: Digits,
}

impl SmallNumbers {
    #[inline]
    fn of(edge: &EdgeFlux) -> Option<Self> {
        let (du, f_e, raw) = (
            edge.du.unsigned_abs(),
            edge.f_e.unsigned_abs(),
            edge.raw.cast_unsigned(),
        );
        if du.max(f_e).max(raw) >= LARGE {
            return None;
        }
        let raw_digits = Digits::of(raw);
        // Only a capacity makes them differ.
        let f_e_digits = if f_e == raw {
            raw_digits
        } else {
            Digits::of(f_e)
        };
        Some(Self {
            du: (edge.du < 0, Digits::of(du)),
            f_e: (edge.f_e < 0, f_e_digits),
            raw: raw_digits,
        })
    }

    /// Writes the edge at the start of both places, and returns the lengths.
    #[inline]
    fn write(
        &self,
        [before, middle, after]: &[Template; 3],
        separator: u8,
        text: &mut [u8],
        summary: &mut [u8],
    ) -> (usize, usize) {
        let mut text = Edge::at(text);
        text.template(before);
        text.room[0] = separator;
        text.integer(self.du);
        text.template(middle);
        text.integer(self.f_e);
        text.template(after);
        text.integer((false, self.raw));
        text.byte(b'}');
        let mut summary = Edge::at(summary);
        summary.byte(separator);
        summary.template(middle);
        summary.room[1] = b'{';
        summary.integer(self.f_e);
        summary.byte(b'}');
        (usize::from(text.length), usize::from(summary.length))
    }
}

/// The text of an edge while it is written. All its parts together are shorter than 256 bytes, so that an offset is an `u8`, and no store is out of
/// bounds.
struct Edge<'t> {
    room: &'t mut [u8; EDGE_ROOM],
    length: u8,
}

impl<'t> Edge<'t> {
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

    use super::*;
    use crate::canonical;

    /// Integers of every length, with the extremes.
    fn integer() -> impl Strategy<Value = i64> {
        let any = (any::<i64>(), 0_u32..64).prop_map(|(number, bits)| number >> bits);
        prop_oneof![4 => any, 1 => Just(i64::MIN), 1 => Just(i64::MAX), 1 => Just(0)]
    }

    fn edge() -> impl Strategy<Value = EdgeFlux> {
        let id = || integer().prop_map(i64::unsigned_abs);
        (integer(), integer(), id(), integer(), id(), id(), integer()).prop_map(
            |(cap, du, e_id, f_e, i, j, raw)| EdgeFlux {
                cap,
                du,
                e_id,
                f_e,
                i,
                j,
                raw,
            },
        )
    }

    /// Ledgers of one topology: their edges differ in what moves alone.
    fn ledgers() -> impl Strategy<Value = Vec<UmxLedger>> {
        let edges = prop_oneof![
            vec(edge(), 0..3),
            vec(edge(), PIECE_EDGES - 1..2 * PIECE_EDGES + 2)
        ];
        let nodes = prop_oneof![0..3_usize, INTEGERS - 1..INTEGERS + 2];
        (edges, nodes).prop_flat_map(|(edges, nodes)| {
            let moved = vec((integer(), integer(), integer()), edges.len());
            let edges = moved.prop_map(move |moved| {
                let with = |(edge, (du, f_e, raw)): (&EdgeFlux, _)| EdgeFlux {
                    du,
                    f_e,
                    raw,
                    ..*edge
                };
                edges.iter().zip(moved).map(with).collect::<Vec<_>>()
            });
            let state = || vec(integer(), nodes);
            let ledger = (
                edges,
                state(),
                state(),
                [integer(), integer(), integer(), integer()],
            );
            let ledger = ledger.prop_map(
                |(edges, post_u, pre_u, [sum_post_u, sum_pre_u, tick, z_check])| {
                    let tick = tick.unsigned_abs();
                    UmxLedger {
                        edges,
                        post_u,
                        pre_u,
                        sum_post_u,
                        sum_pre_u,
                        tick,
                        z_check,
                    }
                },
            );
            vec(ledger, 4)
        })
    }

    fn p_block(ledger: &UmxLedger) -> PBlock {
        let summary = |edge: &EdgeFlux| EdgeFluxSummary {
            e_id: edge.e_id,
            f_e: edge.f_e,
        };
        PBlock {
            c_t: ledger.z_check,
            edge_flux_summary: ledger.edges.iter().map(summary).collect(),
            s_t: ledger.sum_pre_u,
            seq: ledger.tick,
            tick: ledger.tick,
        }
    }

    fn check<const N: usize>(texts: &EdgeTexts, ledgers: &[UmxLedger], keeps_text: bool) {
        let writer = || {
            if keeps_text {
                Writer::encoder()
            } else {
                Writer::hasher()
            }
        };
        let records: [_; N] = std::array::from_fn(|tick| (&ledgers[tick], p_block(&ledgers[tick])));
        let mut writers: [_; N] = std::array::from_fn(|_| [writer(), writer()]);
        let mut at = 0;
        let hashes = texts.encode(writers.each_mut().map(|[text, summary]| {
            let (ledger, p_block) = &records[at];
            at += 1;
            TickTexts {
                ledger: (ledger, text),
                p_block: (p_block, summary),
            }
        }));
        for (((ledger, p_block), hashes), [text, summary]) in
            records.iter().zip(hashes).zip(writers)
        {
            assert_eq!(hashes, [canonical::hash(*ledger), canonical::hash(p_block)]);
            if keeps_text {
                assert_eq!(text.into_text(), canonical::text(*ledger));
                assert_eq!(summary.into_text(), canonical::text(p_block));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..ProptestConfig::default() })]

        #[test]
        fn texts_are_those_of_the_general_writer(ledgers in ledgers()) {
            let texts = EdgeTexts::new(&ledgers[0].edges);
            check::<1>(&texts, &ledgers, true);
            check::<2>(&texts, &ledgers, true);
            check::<3>(&texts, &ledgers, false);
            check::<4>(&texts, &ledgers, true);
            check::<4>(&texts, &ledgers, false);
        }
    }
}
