//! The values of a run in a file, read as they are asked for, and of the ticks that it did not store.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use aether_json::Value;

use super::ahead::Ahead;
use super::place::{RunPlace, layer_at};
use super::values::{Columns, RecordSource, RunValues, Stopped, key, key_of};
use super::vocabulary::Vocabulary;
use crate::config::RunPlan;
use crate::record::{EdgeFluxSummary, Layer, PBlock, RecordKind, UmxLedger};
use crate::store::{StoreError, StoredRun};

/// How many numbers of ledgers are kept at once, as records and as columns: 32 MiB of each.
const NUMBERS_MAX: usize = 1 << 22;

/// How many P-blocks are kept at once.
const BLOCKS_MAX: usize = 64;

/// How many records of other kinds are kept at once.
const RECORDS_MAX: usize = 1 << 10;

/// The first error of reading a file, if there was one. A value that could not be read is absent.
#[derive(Debug, Default)]
pub struct ReadFailure(RefCell<Option<StoreError>>);

impl ReadFailure {
    /// Takes the error.
    #[must_use]
    pub fn take(&self) -> Option<StoreError> {
        self.0.take()
    }

    fn note<T>(&self, read: Result<T, StoreError>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.borrow_mut().get_or_insert(error);
                None
            }
        }
    }
}

impl<'r> RunValues<'r> {
    /// The values of a run in a file, and of the ticks that it computed and did not store.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn of_file(
        run: &'r StoredRun,
        plan: &'r RunPlan,
        names: &'r Vocabulary,
        failure: &'r ReadFailure,
    ) -> Result<Self, StoreError> {
        let recorded = run.ticks_recorded();
        let error = run.header().status.error();
        let is_stopped = recorded < plan.ticks || error.is_some();
        let stopped = is_stopped
            .then(|| -> Result<Stopped, StoreError> {
                let missing = run.missing_ticks(plan)?;
                let fails = u64::from(error.is_some());
                Ok(Stopped {
                    recorded,
                    computed: missing.end().saturating_sub(fails).max(recorded),
                    error,
                })
            })
            .transpose()?;
        let (nodes, edges) = (plan.topology.node_count.max(1), plan.topology.edges.len());
        let source = FileSource {
            run,
            plan,
            failure,
            listed: Listed::of(run, names)?,
            metrics: Arc::new(
                run.metrics_text()?
                    .parse()
                    .expect("metrics that were read are JSON"),
            ),
            recorded,
            ledgers: Recent::new(NUMBERS_MAX / (2 * nodes + 7 * edges)),
            columns: Recent::new(NUMBERS_MAX / (2 * nodes + 3 * edges)),
            last_read: Cell::new(0),
            ahead: RefCell::default(),
            p_blocks: Recent::new(BLOCKS_MAX),
            missing: RefCell::default(),
            others: RefCell::default(),
        };
        Ok(Self::of_source(plan, names, stopped, Box::new(source)))
    }
}

/// The records of a run file.
struct FileSource<'r> {
    run: &'r StoredRun,
    plan: &'r RunPlan,
    failure: &'r ReadFailure,
    listed: Listed,
    metrics: Arc<Value>,
    recorded: u64,
    ledgers: Recent<UmxLedger>,
    columns: Recent<Columns>,
    /// The tick whose columns were read last.
    last_read: Cell<u64>,
    ahead: RefCell<Option<Ahead>>,
    p_blocks: Recent<PBlock>,
    missing: RefCell<Option<Arc<Missing>>>,
    others: RefCell<Others>,
}

/// What was read of some ticks.
struct Recent<T> {
    ticks: RefCell<BTreeMap<u64, Arc<T>>>,
    max: usize,
}

impl<T> Recent<T> {
    const fn new(max: usize) -> Self {
        Self {
            ticks: RefCell::new(BTreeMap::new()),
            max,
        }
    }

    fn get(&self, tick: u64, read: impl FnOnce() -> Option<T>) -> Option<Arc<T>> {
        if let Some(known) = self.ticks.borrow().get(&tick) {
            return Some(Arc::clone(known));
        }
        let read = Arc::new(read()?);
        let mut ticks = self.ticks.borrow_mut();
        ticks.insert(tick, Arc::clone(&read));
        while ticks.len() > self.max.max(1) {
            drop_farthest(&mut ticks, tick);
        }
        Some(read)
    }
}

/// A walk goes on near the tick that it asked for last: what is far from it is of a walk before.
fn drop_farthest<T>(ticks: &mut BTreeMap<u64, T>, tick: u64) {
    let ends = [ticks.first_key_value(), ticks.last_key_value()];
    let [below, above] = ends.map(|end| end.map(|(other, _)| other.abs_diff(tick)));
    if above >= below {
        ticks.pop_last();
    } else {
        ticks.pop_first();
    }
}

/// Other records that were asked for, by kind and key; `None` if there is no such record.
type Others = BTreeMap<(RecordKind, u64, u32), Option<Arc<Value>>>;

/// The ticks that the run computed and did not store.
type Missing = BTreeMap<u64, (Arc<UmxLedger>, Arc<PBlock>)>;

/// The records that are not found by a tick or a number, by kind and key.
struct Listed(BTreeMap<RecordKind, BTreeMap<(u64, u32), Arc<Value>>>);

impl Listed {
    fn of(run: &StoredRun, names: &Vocabulary) -> Result<Self, StoreError> {
        let mut all = BTreeMap::new();
        for kind in [
            RecordKind::Manifests,
            RecordKind::CodexLibrary,
            RecordKind::CodexProposals,
            RecordKind::AeonViews,
            RecordKind::ApxiViews,
        ] {
            let mut records = BTreeMap::new();
            for record in run.records(kind) {
                let record = record?;
                let value = run.json(kind, record.position, &record.text)?;
                if let Some(key) = key_of(kind, &value, names) {
                    records.insert(key, Arc::new(value));
                }
            }
            all.insert(kind, records);
        }
        Ok(Self(all))
    }
}

impl Columns {
    /// The columns of a tick that is in a file.
    pub(super) fn stored(run: &StoredRun, tick: u64) -> Result<Self, StoreError> {
        let [pre_u, du, raw, f_e, post_u] = run.numbers_to_keep(tick)?;
        Ok(Self {
            pre_u,
            du,
            raw,
            f_e,
            post_u,
        })
    }
}

impl FileSource<'_> {
    fn stored_columns(&self, tick: u64) -> Option<Columns> {
        let read = || self.failure.note(Columns::stored(self.run, tick));
        self.read_ahead(tick).or_else(read)
    }

    /// The columns of a tick, if they were read ahead. When two ticks are asked for in descending order, those below are read ahead.
    fn read_ahead(&self, tick: u64) -> Option<Columns> {
        let mut ahead = self.ahead.borrow_mut();
        let last = self.last_read.replace(tick);
        let columns = ahead.as_mut().and_then(|ahead| ahead.take(tick));
        if columns.is_none() {
            *ahead = None;
            if last == tick + 1 && tick > 1 {
                *ahead = Ahead::start(self.run, tick - 1);
            }
        }
        columns
    }

    fn missing(&self) -> Arc<Missing> {
        let mut missing = self.missing.borrow_mut();
        let computed = || {
            let mut ticks = Missing::new();
            let Some(mut replayed) = self.failure.note(self.run.replayed(self.plan)) else {
                return ticks;
            };
            while let Some(tick) = replayed.next_tick() {
                let block = Arc::new(tick.p_block.clone());
                ticks.insert(tick.ledger.tick, (Arc::new(tick.ledger.clone()), block));
            }
            ticks
        };
        Arc::clone(missing.get_or_insert_with(|| Arc::new(computed())))
    }

    fn read(&self, kind: RecordKind, place: RunPlace) -> Option<Arc<Value>> {
        if kind != RecordKind::Envelopes {
            let record = self.failure.note(self.run.record(kind, place.at))??;
            let value = self.run.json(kind, record.position, &record.text);
            return Some(Arc::new(self.failure.note(value)?));
        }
        let (layer, seq) = (layer_at(place.index), place.at);
        let tick = match (layer, seq) {
            (Layer::Ctrl, 1) => 1,
            (Layer::Ctrl | Layer::Egress, _) => self.plan.ticks,
            (Layer::Ingress | Layer::Data, tick) => tick,
        };
        let range = tick..=tick;
        let records = self.run.records_of_ticks(kind, Some(&range));
        for record in self.failure.note(records)? {
            let record = self.failure.note(record)?;
            let value = self.run.json(kind, record.position, &record.text);
            let value = self.failure.note(value)?;
            let is_it = value.get("layer").and_then(Value::as_str) == Some(layer.name())
                && value.get("seq").and_then(Value::as_u64) == Some(seq);
            if is_it {
                return Some(Arc::new(value));
            }
        }
        None
    }
}

impl RecordSource for FileSource<'_> {
    fn ledger(&self, tick: u64) -> Option<Arc<UmxLedger>> {
        if (1..=self.recorded).contains(&tick) {
            let read = || self.failure.note(self.run.ledger_of_columns(tick));
            return self.ledgers.get(tick, read);
        }
        Some(Arc::clone(&self.missing().get(&tick)?.0))
    }

    fn columns(&self, tick: u64) -> Option<Arc<Columns>> {
        self.columns
            .get(tick, || match (1..=self.recorded).contains(&tick) {
                true => self.stored_columns(tick),
                false => Some(Columns::of(&self.missing().get(&tick)?.0)),
            })
    }

    fn p_block(&self, tick: u64) -> Option<Arc<PBlock>> {
        if !(1..=self.recorded).contains(&tick) {
            return Some(Arc::clone(&self.missing().get(&tick)?.1));
        }
        self.p_blocks.get(tick, || {
            let (s_t, c_t) = self.failure.note(self.run.s_t_and_chain(tick))?;
            let ledger = self.ledger(tick)?;
            let edges = ledger.edges.iter().map(|edge| EdgeFluxSummary {
                e_id: edge.e_id,
                f_e: edge.f_e,
            });
            Some(PBlock {
                c_t,
                edge_flux_summary: edges.collect(),
                s_t,
                seq: tick,
                tick,
            })
        })
    }

    fn record(&self, kind: RecordKind, place: RunPlace) -> Option<Arc<Value>> {
        let (at, index) = key(kind, place);
        if let Some(records) = self.listed.0.get(&kind) {
            return records.get(&(at, index)).cloned();
        }
        let known = (kind, at, index);
        if let Some(record) = self.others.borrow().get(&known) {
            return record.clone();
        }
        let record = self.read(kind, place);
        let mut others = self.others.borrow_mut();
        if others.len() >= RECORDS_MAX {
            others.clear();
        }
        others.insert(known, record.clone());
        record
    }

    fn metrics(&self) -> Arc<Value> {
        Arc::clone(&self.metrics)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two walks down, one after the other, read each tick once.
    #[test]
    fn a_walk_reads_each_tick_once() {
        let recent = Recent::new(3);
        let reads = Cell::new(0);
        let ask = |tick| {
            recent.get(tick, || {
                reads.set(reads.get() + 1);
                Some(tick)
            })
        };
        for walk in 1..=2 {
            for tick in (1..100).rev() {
                assert_eq!(ask(tick + 1).as_deref(), Some(&(tick + 1)));
                assert_eq!(ask(tick).as_deref(), Some(&tick));
            }
            assert_eq!(reads.get(), walk * 100);
            assert_eq!(recent.ticks.borrow().len(), 3);
        }
    }
}
