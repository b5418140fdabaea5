//! [`WindowTally`]: tallies the streams of a window tick by tick, and makes its manifest.

use super::Tally;
use super::choice::choose;
use crate::canonical::{Canonical as _, Hash, Writer};
use crate::config::{RunPlan, Scheme, StreamPlan, StreamSource, Window, reduced};
use crate::error::{Operation, RunError};
use crate::record::{EdgeFlux, Flux, Fluxes, Manifest, PIECE, StreamEntry, Tick, UmxLedger};

/// The values of a tick that streams and observers can use.
#[derive(Clone, Copy)]
pub(crate) struct TickView<'t> {
    pub(crate) tick: u64,
    pub(crate) pre_u: &'t [i64],
    pub(crate) post_u: &'t [i64],
    /// C_{t−1}.
    pub(crate) c_prev: i64,
    edges: Edges<'t>,
}

/// What the edges did: of a tick that was made, or of a ledger.
#[derive(Clone, Copy)]
enum Edges<'t> {
    Made(&'t Fluxes),
    Ledger(&'t [EdgeFlux]),
}

impl<'t> TickView<'t> {
    /// The values of a tick that was made.
    pub(crate) fn of(tick: &'t Tick) -> Self {
        Self {
            tick: tick.tick,
            pre_u: &tick.pre_u,
            post_u: &tick.post_u,
            c_prev: tick.c_prev,
            edges: Edges::Made(&tick.fluxes),
        }
    }

    /// The values of a ledger; `c_prev` is C_{t−1}.
    pub(crate) fn of_ledger(ledger: &'t UmxLedger, c_prev: i64) -> Self {
        Self {
            tick: ledger.tick,
            pre_u: &ledger.pre_u,
            post_u: &ledger.post_u,
            c_prev,
            edges: Edges::Ledger(&ledger.edges),
        }
    }

    /// The number of edges.
    pub(crate) const fn edge_count(&self) -> usize {
        match self.edges {
            Edges::Made(fluxes) => fluxes.len(),
            Edges::Ledger(edges) => edges.len(),
        }
    }

    /// Visits what the edges did in id order, some at a time.
    pub(crate) fn fluxes(&self, mut visit: impl FnMut(&[Flux])) {
        match self.edges {
            Edges::Made(fluxes) => fluxes.groups(visit),
            Edges::Ledger(edges) => {
                let mut place = [Flux::default(); PIECE];
                for edges in edges.chunks(PIECE) {
                    for (flux, edge) in place.iter_mut().zip(edges) {
                        *flux = edge.flux();
                    }
                    visit(&place[..edges.len()]);
                }
            }
        }
    }

    /// Visits f_e of the edges in id order, some at a time.
    fn f_e(&self, mut visit: impl FnMut(&[i64])) {
        match self.edges {
            Edges::Made(fluxes) => fluxes.pieces_of_f_e(visit),
            Edges::Ledger(_) => self.fluxes(|fluxes| {
                let mut f_e = [0; PIECE];
                for (f_e, flux) in f_e.iter_mut().zip(fluxes) {
                    *f_e = flux.f_e;
                }
                visit(&f_e[..fluxes.len()]);
            }),
        }
    }

    /// Overwrites `vector` with that of a source. Deltas may need one bit more than 64.
    pub(crate) fn vector(&self, source: StreamSource, vector: &mut Vec<i128>) {
        vector.clear();
        match source {
            StreamSource::PreU => vector.extend(self.pre_u.iter().map(|&u| i128::from(u))),
            StreamSource::PostU => vector.extend(self.post_u.iter().map(|&u| i128::from(u))),
            StreamSource::PrevChain => vector.push(i128::from(self.c_prev)),
            StreamSource::Fluxes => {
                self.f_e(|f_e| vector.extend(f_e.iter().copied().map(i128::from)));
            }
            StreamSource::PostUDeltas => {
                let pairs = self.post_u.iter().zip(self.pre_u);
                vector.extend(pairs.map(|(&post, &pre)| i128::from(post) - i128::from(pre)));
            }
        }
    }
}

/// A window that is open.
pub(crate) struct WindowTally<'p> {
    window: &'p Window,
    streams: Vec<StreamTally<'p>>,
}

impl<'p> WindowTally<'p> {
    pub(crate) fn open(window: &'p Window) -> Self {
        Self {
            window,
            streams: window.streams.iter().map(StreamTally::new).collect(),
        }
    }

    pub(crate) const fn window(&self) -> &'p Window {
        self.window
    }

    /// Adds one tick of the window.
    pub(crate) fn add(&mut self, tick: &TickView<'_>) {
        for stream in &mut self.streams {
            stream.add(tick);
        }
    }

    /// The manifest, check included.
    pub(crate) fn close(self, plan: &RunPlan) -> Result<Manifest, RunError> {
        let profile = &plan.profile;
        let end_tick = *self.window.ticks.end();
        let mut entries = Vec::with_capacity(self.streams.len());
        let mut values = Vec::with_capacity(self.streams.len());
        for stream in self.streams {
            let (entry, hash) =
                stream
                    .close(&profile.press.preference)
                    .ok_or(RunError::Overflow {
                        tick: end_tick,
                        operation: Operation::Bits,
                        id: None,
                    })?;
            entries.push(entry);
            values.push(hash);
        }
        let mut manifest = Manifest {
            apx_name: self.window.apx_name.clone(),
            profile: profile.name.clone(),
            gid: plan.gid.clone(),
            window_id: self.window.window_id.clone(),
            start_tick: *self.window.ticks.start(),
            end_tick,
            manifest_check: 0,
            streams: entries,
        };
        let constants = CheckConstants {
            factor: profile.press.check_factor,
            offset: profile.press.check_offset,
            modulus: profile.modulus,
        };
        manifest.manifest_check = manifest_check(&manifest, &values, constants);
        Ok(manifest)
    }
}

/// (b1·H + b0) mod M, where H is the first 8 bytes of the preimage's hash, mod M.
pub(crate) fn manifest_check(
    manifest: &Manifest,
    values: &[Hash],
    constants: CheckConstants,
) -> i64 {
    let CheckConstants {
        factor,
        offset,
        modulus,
    } = constants;
    let digest = crate::canonical::hash(&manifest.preimage(values));
    let head = reduced(i128::from(digest.head()), modulus);
    reduced(
        i128::from(factor) * i128::from(head) + i128::from(offset),
        modulus,
    )
}

/// The constants of a manifest's check.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckConstants {
    /// b1.
    pub(crate) factor: i64,
    /// b0.
    pub(crate) offset: i64,
    /// M.
    pub(crate) modulus: i64,
}

/// A stream of an open window.
pub(crate) struct StreamTally<'p> {
    plan: &'p StreamPlan,
    tally: Tally,
    /// The canonical list of the vectors of all ticks, hashed as it grows.
    values: Writer,
    separator: &'static str,
}

impl<'p> StreamTally<'p> {
    pub(crate) fn new(plan: &'p StreamPlan) -> Self {
        Self {
            plan,
            tally: Tally::default(),
            values: Writer::hasher(),
            separator: "[",
        }
    }

    /// Adds the vector of a tick.
    pub(crate) fn add(&mut self, tick: &TickView<'_>) {
        self.values.raw(self.separator);
        self.separator = ",";
        match self.plan.source {
            StreamSource::PreU => self.add_vector(tick.pre_u),
            StreamSource::PostU => self.add_vector(tick.post_u),
            StreamSource::PrevChain => self.add_vector(&[tick.c_prev]),
            StreamSource::Fluxes => {
                let mut list = self.values.list();
                tick.f_e(|f_e| {
                    self.tally.extend(f_e);
                    list.integers(f_e);
                });
                list.end();
            }
            StreamSource::PostUDeltas => self.add_deltas(tick),
        }
    }

    fn add_vector(&mut self, vector: &[i64]) {
        self.tally.extend(vector);
        vector.write(&mut self.values);
    }

    /// Adds post_u − pre_u, which may need one bit more than either.
    fn add_deltas(&mut self, tick: &TickView<'_>) {
        let mut list = self.values.list();
        for (post, pre) in tick.post_u.chunks(PIECE).zip(tick.pre_u.chunks(PIECE)) {
            let mut deltas = [0; PIECE];
            let mut fits = true;
            for ((delta, post), pre) in deltas.iter_mut().zip(post).zip(pre) {
                let (exact, wraps) = post.overflowing_sub(*pre);
                (*delta, fits) = (exact, fits & !wraps);
            }
            if fits {
                let deltas = &deltas[..post.len()];
                self.tally.extend(deltas);
                list.integers(deltas);
                continue;
            }
            for (&post, &pre) in post.iter().zip(pre) {
                let delta = i128::from(post) - i128::from(pre);
                self.tally.push(delta);
                list.element(&delta);
            }
        }
        list.end();
    }

    /// The entry and the hash of the values; `None` if the number of bits does not fit 64 bits.
    pub(crate) fn close(mut self, preference: &[Scheme; 3]) -> Option<(StreamEntry, Hash)> {
        self.values.raw("]");
        let choice = choose(&self.tally, self.plan.hint, preference);
        let bits = i64::try_from(choice.bits).ok()?;
        let entry = StreamEntry {
            stream_id: self.plan.name.clone(),
            description: self.plan.description.clone(),
            scheme: choice.scheme,
            params: choice.parameter,
            model_bits: 0,
            residual_bits: bits,
            total_bits: bits,
        };
        Some((entry, self.values.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::hash;

    /// The entry of a stream of two ticks, and the hash of its values, which are given too.
    #[track_caller]
    fn check(source: StreamSource, ledgers: [(&[i64], &[i64]); 2], values: &[Vec<i128>]) {
        let plan = StreamPlan {
            name: "S1".to_owned(),
            source,
            hint: Some(Scheme::Identity),
            description: "d".to_owned(),
        };
        let (mut tally, mut bits, mut vector) = (StreamTally::new(&plan), 0, Vec::new());
        for ((pre_u, post_u), values) in ledgers.into_iter().zip(values) {
            let ledger = UmxLedger {
                pre_u: pre_u.to_vec(),
                post_u: post_u.to_vec(),
                ..UmxLedger::default()
            };
            let tick = TickView::of_ledger(&ledger, 7);
            tally.add(&tick);
            tick.vector(source, &mut vector);
            assert_eq!(&vector, values);
            let digits = values
                .iter()
                .map(|value| value.unsigned_abs().checked_ilog2());
            bits += digits
                .map(|ilog| ilog.map_or(1, |ilog| i64::from(ilog) + 2))
                .sum::<i64>();
        }
        let (entry, values_hash) = tally.close(&[Scheme::RunLength; 3]).unwrap();
        assert_eq!((entry.residual_bits, entry.total_bits), (bits, bits));
        assert_eq!((&*entry.stream_id, &*entry.description), ("S1", "d"));
        assert_eq!(values_hash, hash(values));
    }

    #[test]
    fn deltas_may_need_a_bit_more_than_states() {
        let ends = [i64::MIN, i64::MAX];
        let wide = i128::from(i64::MAX) - i128::from(i64::MIN);
        check(
            StreamSource::PostUDeltas,
            [(&[1, 5], &[3, 4]), (&ends, &[i64::MAX, i64::MIN])],
            &[vec![2, -1], vec![wide, -wide]],
        );
        check(
            StreamSource::PreU,
            [(&[1, 5], &[3, 4]), (&ends, &[0, 0])],
            &[vec![1, 5], ends.map(i128::from).to_vec()],
        );
        check(
            StreamSource::PrevChain,
            [(&[1], &[3]), (&[2], &[0])],
            &[vec![7], vec![7]],
        );
    }
}
