//! [`WindowTally`]: tallies the streams of a window tick by tick, and makes its manifest.

use super::Tally;
use super::choice::choose;
use crate::canonical::{Hash, Writer};
use crate::config::{RunPlan, Scheme, StreamPlan, StreamSource, Window, reduced};
use crate::error::{Operation, RunError};
use crate::record::{Manifest, StreamEntry, UmxLedger};

/// The values of a tick that streams can use.
pub(crate) struct TickView<'t> {
    /// The tick's ledger.
    pub(crate) ledger: &'t UmxLedger,
    /// C_{t−1}.
    pub(crate) c_prev: i64,
}

impl TickView<'_> {
    /// Overwrites `vector` with that of a source. Deltas may need one bit more than 64.
    pub(crate) fn vector(&self, source: StreamSource, vector: &mut Vec<i128>) {
        let ledger = self.ledger;
        vector.clear();
        match source {
            StreamSource::PreU => vector.extend(ledger.pre_u.iter().map(|&u| i128::from(u))),
            StreamSource::PostU => vector.extend(ledger.post_u.iter().map(|&u| i128::from(u))),
            StreamSource::PrevChain => vector.push(i128::from(self.c_prev)),
            StreamSource::Fluxes => {
                vector.extend(ledger.edges.iter().map(|edge| i128::from(edge.f_e)));
            }
            StreamSource::PostUDeltas => {
                let pairs = ledger.post_u.iter().zip(&ledger.pre_u);
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
    scratch: Vec<i64>,
}

impl<'p> StreamTally<'p> {
    pub(crate) fn new(plan: &'p StreamPlan) -> Self {
        Self {
            plan,
            tally: Tally::default(),
            values: Writer::hasher(),
            separator: "[",
            scratch: Vec::new(),
        }
    }

    /// Adds the vector of a tick.
    pub(crate) fn add(&mut self, tick: &TickView<'_>) {
        self.values.raw(self.separator);
        self.separator = ",";
        let ledger = tick.ledger;
        match self.plan.source {
            StreamSource::PreU => self.add_vector(&ledger.pre_u),
            StreamSource::PostU => self.add_vector(&ledger.post_u),
            StreamSource::PrevChain => self.add_vector(&[tick.c_prev]),
            StreamSource::Fluxes => {
                let mut fluxes = std::mem::take(&mut self.scratch);
                fluxes.clear();
                fluxes.extend(ledger.edges.iter().map(|edge| edge.f_e));
                self.add_vector(&fluxes);
                self.scratch = fluxes;
            }
            StreamSource::PostUDeltas => self.add_deltas(ledger),
        }
    }

    fn add_vector(&mut self, vector: &[i64]) {
        self.tally.extend(vector);
        self.values.array(vector);
    }

    /// Adds post_u − pre_u, which may need one bit more than either.
    fn add_deltas(&mut self, ledger: &UmxLedger) {
        let mut deltas = std::mem::take(&mut self.scratch);
        deltas.clear();
        let pairs = || ledger.post_u.iter().zip(&ledger.pre_u);
        deltas.extend(pairs().map_while(|(post, pre)| post.checked_sub(*pre)));
        if deltas.len() == ledger.post_u.len() {
            self.add_vector(&deltas);
        } else {
            let exact: Vec<i128> = pairs()
                .map(|(&post, &pre)| i128::from(post) - i128::from(pre))
                .collect();
            exact.iter().for_each(|&delta| self.tally.push(delta));
            self.values.array(&exact);
        }
        self.scratch = deltas;
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
            let (ledger, c_prev) = (&ledger, 7);
            tally.add(&TickView { ledger, c_prev });
            TickView { ledger, c_prev }.vector(source, &mut vector);
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
