//! [`Values`]: the values of one run by their places, from its plan and its records.
//!
//! [`RunValues`] is one run's; its records come from a [`RecordSource`]: memory, or a run file.

use std::collections::BTreeMap;
use std::sync::Arc;

use aether_json::{Value, json};

use super::place::{Field, PlaceKind, RunPlace, Step, Trial, Word};
use super::scalar::Scalar;
use super::vocabulary::Vocabulary;
use crate::config::{AppliedInput, Edge, RunPlan, Topology};
use crate::record::{EdgeFlux, FromText as _, PBlock, RecordKind, UmxLedger};
use crate::run::{Run, RunError};

/// The values of one run.
pub(crate) trait Values {
    /// A value; `None` if the run does not have it.
    fn value(&self, place: RunPlace) -> Option<Scalar>;

    /// The plan of the run; with that of another if it is not known which of them the values belong
    /// to.
    fn plans(&self) -> Vec<&RunPlan>;
}

/// The numbers of a ledger that each node or edge has, by index. A walk reads them in no order, and so those of one
/// kind are together.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) pre_u: Vec<i64>,
    pub(crate) du: Vec<i64>,
    pub(crate) raw: Vec<i64>,
    pub(crate) f_e: Vec<i64>,
    pub(crate) post_u: Vec<i64>,
}

/// A column of a tick.
pub(crate) type Column = fn(&Columns) -> &[i64];

impl Columns {
    pub(crate) const PRE_U: Column = |columns| &columns.pre_u;
    pub(crate) const DU: Column = |columns| &columns.du;
    pub(crate) const RAW: Column = |columns| &columns.raw;
    pub(crate) const F_E: Column = |columns| &columns.f_e;
    pub(crate) const POST_U: Column = |columns| &columns.post_u;

    pub(crate) fn of(ledger: &UmxLedger) -> Self {
        let edges = |number: fn(&EdgeFlux) -> i64| ledger.edges.iter().map(number).collect();
        Self {
            pre_u: ledger.pre_u.clone(),
            du: edges(|edge| edge.du),
            raw: edges(|edge| edge.raw),
            f_e: edges(|edge| edge.f_e),
            post_u: ledger.post_u.clone(),
        }
    }
}

/// Where the records of a run come from.
pub(crate) trait RecordSource {
    /// State and fluxes of a tick, also of one that was computed and not recorded.
    fn ledger(&self, tick: u64) -> Option<Arc<UmxLedger>>;

    /// Its numbers alone.
    fn columns(&self, tick: u64) -> Option<Arc<Columns>>;

    /// The tick on the chain.
    fn p_block(&self, tick: u64) -> Option<Arc<PBlock>>;

    /// The record of another kind that has a place.
    fn record(&self, kind: RecordKind, place: RunPlace) -> Option<Arc<Value>>;

    /// The metrics.
    fn metrics(&self) -> Arc<Value>;
}

/// How far a run came that did not reach its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stopped {
    /// Ticks of committed windows.
    pub(crate) recorded: u64,
    /// Ticks that were computed.
    pub(crate) computed: u64,
    pub(crate) error: Option<RunError>,
}

/// The documents and the records of a run in memory, in a form in which values are found.
pub struct RunRecords {
    documents: Arc<Value>,
    stopped: Arc<Value>,
    records: InMemory,
}

impl RunRecords {
    /// The records of a run.
    #[must_use]
    pub fn of_run(plan: &RunPlan, names: &Vocabulary, run: &Run) -> Self {
        let recorded = run.metrics().total_ticks;
        let error = run.status().error();
        let stopped = (recorded < plan.ticks || error.is_some()).then_some(Stopped {
            recorded,
            computed: recorded,
            error,
        });
        let texts = |kind| run.records(kind).map(<[u8]>::to_vec).collect();
        let metrics = run.metrics().to_text();
        Self {
            stopped: Arc::new(Stopped::to_json(stopped)),
            ..Self::new(plan, names, texts, &metrics)
        }
    }

    /// Records that are given as canonical texts, kind by kind: those of a run that reached its end.
    ///
    /// # Panics
    /// A text is not a record.
    #[must_use]
    pub fn new(
        plan: &RunPlan,
        names: &Vocabulary,
        texts: impl Fn(RecordKind) -> Vec<Vec<u8>>,
        metrics: &str,
    ) -> Self {
        Self {
            documents: Arc::new(documents(plan)),
            stopped: Arc::new(Value::Null),
            records: InMemory::new(names, texts, metrics),
        }
    }
}

/// The resolved documents, as the artefact `inputs`.
pub(crate) fn documents(plan: &RunPlan) -> Value {
    let read =
        |text: &str| -> Value { aether_json::from_str(text).expect("resolved documents are JSON") };
    let documents = &plan.documents;
    json!({
        "run_config": read(&documents.run_config),
        "topology": read(&documents.topology),
        "profile": read(&documents.profile),
        "pfna": documents.pfna.as_deref().map(read),
        "aeon": documents.aeon.as_deref().map(read),
    })
}

impl Stopped {
    /// As the member `run` of places; null if the run was not stopped.
    pub(crate) fn to_json(stopped: Option<Self>) -> Value {
        let Some(stopped) = stopped else {
            return Value::Null;
        };
        let error = stopped.error.map(|error| -> Value {
            aether_json::from_str(&error.to_json()).expect("an error is JSON")
        });
        json!({
            "ticks_recorded": stopped.recorded,
            "ticks_computed": stopped.computed,
            "error": error,
        })
    }
}

/// The values of one run, by their places.
pub struct RunValues<'r> {
    plan: &'r RunPlan,
    names: &'r Vocabulary,
    documents: Arc<Value>,
    stopped: Arc<Value>,
    source: Box<dyn RecordSource + 'r>,
}

impl<'r> RunValues<'r> {
    /// The values of a run whose records are in memory.
    #[must_use]
    pub fn new(plan: &'r RunPlan, names: &'r Vocabulary, records: &'r RunRecords) -> Self {
        Self {
            plan,
            names,
            documents: Arc::clone(&records.documents),
            stopped: Arc::clone(&records.stopped),
            source: Box::new(&records.records),
        }
    }

    #[cfg(feature = "store")]
    pub(crate) fn of_source(
        plan: &'r RunPlan,
        names: &'r Vocabulary,
        stopped: Option<Stopped>,
        source: Box<dyn RecordSource + 'r>,
    ) -> Self {
        Self {
            plan,
            names,
            documents: Arc::new(documents(plan)),
            stopped: Arc::new(Stopped::to_json(stopped)),
            source,
        }
    }

    /// Whether the run computed a tick, unless it was to end before.
    pub(super) fn reaches(&self, tick: u64) -> bool {
        let computed = self.stopped.get("ticks_computed");
        computed.is_none_or(|last| last.as_u64().is_some_and(|last| tick <= last))
    }

    pub(super) const fn topology(&self) -> &'r Topology {
        &self.plan.topology
    }

    /// State and fluxes of a tick of the run.
    pub(super) fn columns(&self, tick: u64) -> Option<Arc<Columns>> {
        let is_inside = (1..=self.plan.ticks).contains(&tick);
        is_inside.then(|| self.source.columns(tick)).flatten()
    }

    /// The external inputs that are applied at a tick, by id.
    pub(super) fn inputs_at(&self, tick: u64) -> Vec<AppliedInput<'r>> {
        self.plan.inputs.at(tick)
    }

    pub(super) const fn names(&self) -> &'r Vocabulary {
        self.names
    }

    /// The value of a place; `None` if the run does not have it.
    #[must_use]
    pub fn get(&self, place: RunPlace) -> Option<Scalar> {
        self.value(place)
    }

    fn of_edge(&self, place: RunPlace, value: impl Fn(&Edge) -> i64) -> Option<Scalar> {
        let index = (place.index as usize).checked_sub(1)?;
        let edge = self.plan.topology.edges.get(index)?;
        Some(value(&edge).into())
    }

    /// A number of a ledger; `None` also for a field of other records.
    fn of_ledger(&self, place: RunPlace) -> Option<Scalar> {
        let index = (place.index as usize).wrapping_sub(1);
        let column = match place.field {
            Field::PreU => Some(Columns::PRE_U),
            Field::DuOfEdge => Some(Columns::DU),
            Field::RawOfEdge => Some(Columns::RAW),
            Field::FluxOfEdge => Some(Columns::F_E),
            Field::PostU => Some(Columns::POST_U),
            _ => None,
        };
        if let Some(column) = column {
            let columns = self.source.columns(place.at)?;
            return column(&columns).get(index).map(|number| (*number).into());
        }
        let ledger = self.source.ledger(place.at)?;
        let edge = || ledger.edges.get(index);
        Some(match place.field {
            Field::LedgerTick => ledger.tick.into(),
            Field::SumPreU => ledger.sum_pre_u.into(),
            Field::SumPostU => ledger.sum_post_u.into(),
            Field::ZCheck => ledger.z_check.into(),
            Field::EdgeOfLedger => edge()?.e_id.into(),
            Field::FromOfEdge => edge()?.i.into(),
            Field::ToOfEdge => edge()?.j.into(),
            Field::CapOfEdge => edge()?.cap.into(),
            _ => return None,
        })
    }

    fn of_p_block(&self, place: RunPlace) -> Option<Scalar> {
        let block = self.source.p_block(place.at)?;
        let index = (place.index as usize).wrapping_sub(1);
        Some(match place.field {
            Field::PBlockTick => block.tick.into(),
            Field::PBlockSeq => block.seq.into(),
            Field::St => block.s_t.into(),
            Field::Chain => block.c_t.into(),
            Field::EdgeOfPBlock => block.edge_flux_summary.get(index)?.e_id.into(),
            Field::FluxOfPBlock => block.edge_flux_summary.get(index)?.f_e.into(),
            _ => return None,
        })
    }
}

impl Values for RunValues<'_> {
    fn value(&self, place: RunPlace) -> Option<Scalar> {
        match place.field {
            Field::EdgeFrom => self.of_edge(place, |edge| i64::from(edge.from) + 1),
            Field::EdgeTo => self.of_edge(place, |edge| i64::from(edge.to) + 1),
            Field::Conductance => self.of_edge(place, |edge| edge.conductance),
            Field::Capacity => self.of_edge(place, |edge| edge.cap),
            Field::EdgeC => self.of_edge(place, |edge| edge.c),
            Field::Scale => Some(self.plan.topology.scale.into()),
            Field::NodeCount => Some((self.plan.topology.node_count as u64).into()),
            Field::Ticks => Some(self.plan.ticks.into()),
            field if field.is_of_stop() => inside(&self.stopped, place, 1, self.names),
            field => match field.artefact() {
                PlaceKind::Given => inside(&self.documents, place, 1, self.names),
                PlaceKind::Ledgers => self.of_ledger(place),
                PlaceKind::PBlocks => self.of_p_block(place),
                PlaceKind::Metrics => inside(&self.source.metrics(), place, 1, self.names),
                other => {
                    let of = self.names.record_of(place);
                    let record = self.source.record(other.record_kind()?, of)?;
                    inside(&record, place, 2, self.names)
                }
            },
        }
    }

    fn plans(&self) -> Vec<&RunPlan> {
        vec![self.plan]
    }
}

/// The value of a place inside a record or a document, from one of its steps on.
fn inside(value: &Value, place: RunPlace, from: usize, names: &Vocabulary) -> Option<Scalar> {
    let mut value = value;
    for step in &place.field.steps()[from..] {
        value = match step {
            Step::Member(name) => value.get(name)?,
            Step::Named(slot) => match slot.word(place, names) {
                Word::Text(name) => value.get(&name)?,
                Word::Number(_) => return None,
            },
            Step::Position(slot) => match slot.word(place, names) {
                Word::Number(position) => value.as_array()?.get(usize::try_from(position).ok()?)?,
                Word::Text(_) => return None,
            },
            Step::Keyed(keys) => {
                let words: Vec<_> = keys
                    .iter()
                    .map(|(key, slot)| (*key, slot.word(place, names)))
                    .collect();
                element(value, &words)?
            }
        };
    }
    match value {
        // An empty list of a model has no elements to tell of it, and costs bits.
        Value::Array(all) if all.is_empty() && place.field.is_of_model() => Some("[]".into()),
        value => Scalar::of_json(value),
    }
}

/// The element of a list with some keys. Nodes and edges are counted from 1; the values of an input
/// may be an object by the ids of nodes.
fn element<'v>(list: &'v Value, keys: &[(&str, Word)]) -> Option<&'v Value> {
    if let [("node" | "edge" | "span", Word::Number(id))] = keys {
        return match list {
            Value::Array(all) => all.get(usize::try_from(*id).ok()?.checked_sub(1)?),
            _ => list.get(&id.to_string()),
        };
    }
    let has = |element: &&Value, key: &str, word: &Word| match (element.get(key), word) {
        (Some(Value::String(text)), Word::Text(wanted)) => text == wanted,
        (Some(Value::Number(number)), Word::Number(wanted)) => number.as_u64() == Some(*wanted),
        _ => false,
    };
    let all = list.as_array()?;
    let is_it = |element: &&Value| keys.iter().all(|(key, word)| has(element, key, word));
    if let [(_, Word::Number(id))] = keys {
        let likely = usize::try_from(*id).ok().and_then(|id| id.checked_sub(1));
        let likely = likely.and_then(|index| all.get(index)).filter(is_it);
        if likely.is_some() {
            return likely;
        }
    }
    all.iter().find(is_it)
}

/// The key of a record among those of its kind: `at`, and `index` if it takes two.
type Key = (u64, u32);

/// Records in memory.
struct InMemory {
    ledgers: BTreeMap<u64, (Arc<UmxLedger>, Arc<Columns>)>,
    p_blocks: BTreeMap<u64, Arc<PBlock>>,
    others: BTreeMap<RecordKind, BTreeMap<Key, Arc<Value>>>,
    metrics: Arc<Value>,
}

impl InMemory {
    fn new(names: &Vocabulary, texts: impl Fn(RecordKind) -> Vec<Vec<u8>>, metrics: &str) -> Self {
        let mut all = Self {
            ledgers: BTreeMap::new(),
            p_blocks: BTreeMap::new(),
            others: BTreeMap::new(),
            metrics: Arc::new(aether_json::from_str(metrics).expect("metrics are JSON")),
        };
        for kind in RecordKind::ALL {
            for text in texts(kind) {
                all.add(kind, &text, names);
            }
        }
        all
    }

    fn add(&mut self, kind: RecordKind, text: &[u8], names: &Vocabulary) {
        match kind {
            RecordKind::Ledgers => {
                let ledger = UmxLedger::from_text(text).expect("a ledger");
                let columns = Arc::new(Columns::of(&ledger));
                self.ledgers
                    .insert(ledger.tick, (Arc::new(ledger), columns));
            }
            RecordKind::PBlocks => {
                let block = PBlock::from_text(text).expect("a P-block");
                self.p_blocks.insert(block.tick, Arc::new(block));
            }
            _ => {
                let record: Value = aether_json::from_slice(text).expect("records are JSON");
                // A record that no place has belongs to neither run.
                if let Some(key) = key_of(kind, &record, names) {
                    let records = self.others.entry(kind).or_default();
                    records.insert(key, Arc::new(record));
                }
            }
        }
    }
}

/// The key that places have for a record.
pub(crate) fn key_of(kind: RecordKind, record: &Value, names: &Vocabulary) -> Option<Key> {
    let mut path = kind.name().to_owned();
    let rule = kind.info().keys.iter().find(|rule| rule.path.is_empty())?;
    for (number, field) in rule.fields.iter().enumerate() {
        path.push_str(if number == 0 { "[" } else { "," });
        path.push_str(&format!("{field}={}", record.get(field)?));
    }
    path.push(']');
    let place = names.place(&path)?;
    Some(key(kind, place))
}

impl Vocabulary {
    /// A place of the record that has a place, by which the record is found.
    fn record_of(&self, place: RunPlace) -> RunPlace {
        match place.field.is_of_trial() {
            true => Field::ApxiWindow.of(self.described(Trial::of(place.at).pair).0),
            false => place,
        }
    }
}

/// The key of the record that has a place.
pub(crate) const fn key(kind: RecordKind, place: RunPlace) -> Key {
    match kind {
        RecordKind::Envelopes => (place.at, place.index),
        _ => (place.at, 0),
    }
}

impl RecordSource for &InMemory {
    fn ledger(&self, tick: u64) -> Option<Arc<UmxLedger>> {
        Some(Arc::clone(&self.ledgers.get(&tick)?.0))
    }

    fn columns(&self, tick: u64) -> Option<Arc<Columns>> {
        Some(Arc::clone(&self.ledgers.get(&tick)?.1))
    }

    fn p_block(&self, tick: u64) -> Option<Arc<PBlock>> {
        self.p_blocks.get(&tick).cloned()
    }

    fn record(&self, kind: RecordKind, place: RunPlace) -> Option<Arc<Value>> {
        self.others.get(&kind)?.get(&key(kind, place)).cloned()
    }

    fn metrics(&self) -> Arc<Value> {
        Arc::clone(&self.metrics)
    }
}
