//! The tables `state` and `flux`: the numbers of a run, decoded from its columns as a query needs
//! them.
//!
//! Both read the run through one [`Source`], which keeps the blocks of the last few ticks, so that a
//! query that compares neighbouring ticks decodes each block once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use aether_engine::config::Names;
use aether_engine::run::Replay;
use aether_engine::store::{StoreError, StoredRun, TickValues};
use aether_vtab::{Column, Ranges, Rows, Table, Value};

use crate::exit::Failure;

/// Most blocks that are kept, and most bytes that they have together. One block is always kept.
const BLOCKS_MAX: usize = 16;
const BLOCK_BYTES_MAX: usize = 64 << 20;

/// What both tables read, and what they know of it.
pub(super) struct Shared {
    source: Mutex<Source>,
    names: Names,
    node_ids: Ids,
    edge_ids: Ids,
    nodes: u64,
    edges: u64,
    /// The last recorded tick.
    last: u64,
}

/// The ids of those that have a name, by name.
type Ids = BTreeMap<Box<str>, i64>;

/// A run, the values that were read last, and why reading failed.
pub(super) struct Source {
    run: StoredRun,
    recent: VecDeque<TickValues>,
    /// The state of tick 0, once it is computed.
    start: Option<Arc<[i64]>>,
    failure: Option<StoreError>,
}

impl Source {
    pub(super) fn shared(run: StoredRun) -> Result<Arc<Shared>, Failure> {
        let names = run.names()?;
        Ok(Arc::new(Shared {
            node_ids: ids(names.nodes()),
            edge_ids: ids(names.edges()),
            names,
            nodes: run.header().node_count as u64,
            edges: run.header().edge_count as u64,
            last: run.ticks_recorded(),
            source: Mutex::new(Self {
                run,
                recent: VecDeque::new(),
                start: None,
                failure: None,
            }),
        }))
    }

    fn values(&mut self, tick: u64) -> Result<TickValues, StoreError> {
        if let Some(values) = self.recent.iter().find_map(|values| values.sibling(tick)) {
            return Ok(values);
        }
        let values = self.run.tick_values(tick)?;
        self.recent.push_front(values.clone());
        let mut bytes = 0;
        let kept = self.recent.iter().take(BLOCKS_MAX).take_while(|values| {
            bytes += values.block_size();
            bytes <= BLOCK_BYTES_MAX
        });
        let kept = kept.count().max(1);
        self.recent.truncate(kept);
        Ok(values)
    }

    /// The state of tick 0; empty if the inputs of tick 0 do not fit, which ended the run.
    fn start(&mut self) -> Result<Arc<[i64]>, StoreError> {
        if let Some(start) = &self.start {
            return Ok(Arc::clone(start));
        }
        let plan = self.run.plan()?;
        let start: Arc<[i64]> = match Replay::from_start(&plan) {
            Ok(replay) => replay.state().into(),
            Err(_) => Arc::new([]),
        };
        self.start = Some(Arc::clone(&start));
        Ok(start)
    }
}

impl Shared {
    /// Reads something. SQLite gets the message of an error, the command the error itself.
    fn read<T>(
        &self,
        read: impl FnOnce(&mut Source) -> Result<T, StoreError>,
    ) -> Result<T, String> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        read(&mut source).map_err(|error| {
            let message = error.to_string();
            source.failure = Some(error);
            message
        })
    }

    /// Why a table could not be read, if one could not.
    pub(super) fn take_failure(&self) -> Option<Failure> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.failure.take().map(Failure::Store)
    }
}

/// `state(tick, node, label, value)`: tick 0 is the state after the inputs of tick 0.
pub(super) struct State(Arc<Shared>);

/// `flux(tick, edge, label, du, raw, f_e)`.
pub(super) struct Flux(Arc<Shared>);

impl State {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self(Arc::clone(shared))
    }
}

impl Flux {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self(Arc::clone(shared))
    }
}

impl Table for State {
    type Rows = States;

    fn columns(&self) -> &[Column] {
        &[
            ("tick", "INTEGER"),
            ("node", "INTEGER"),
            ("label", "TEXT"),
            ("value", "INTEGER"),
        ]
    }

    fn counts(&self) -> [u64; 2] {
        [self.0.last + 1, self.0.nodes]
    }

    fn rows(&self) -> States {
        States {
            place: Place::new(&self.0),
            values: None,
        }
    }

    fn name_column(&self) -> Option<usize> {
        Some(2)
    }

    fn named(&self, name: &str) -> Option<i64> {
        self.0.node_ids.get(name).copied()
    }
}

impl Table for Flux {
    type Rows = Fluxes;

    fn columns(&self) -> &[Column] {
        &[
            ("tick", "INTEGER"),
            ("edge", "INTEGER"),
            ("label", "TEXT"),
            ("du", "INTEGER"),
            ("raw", "INTEGER"),
            ("f_e", "INTEGER"),
        ]
    }

    fn counts(&self) -> [u64; 2] {
        [self.0.last, self.0.edges]
    }

    fn rows(&self) -> Fluxes {
        Fluxes {
            place: Place::new(&self.0),
            values: None,
        }
    }

    fn name_column(&self) -> Option<usize> {
        Some(2)
    }

    fn named(&self, name: &str) -> Option<i64> {
        self.0.edge_ids.get(name).copied()
    }
}

fn ids<'n>(names: impl Iterator<Item = (u64, &'n str)>) -> Ids {
    names.map(|(id, name)| (name.into(), signed(id))).collect()
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).expect("ticks and ids of a stored run are below 2^63")
}

/// A row by its keys, among all pairs of keys in some ranges.
struct Place {
    shared: Arc<Shared>,
    ranges: Ranges,
    keys: Option<[i64; 2]>,
}

impl Place {
    fn new(shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::clone(shared),
            ranges: Ranges::default(),
            keys: None,
        }
    }

    /// Goes to the first row that is within the ranges; gives its tick.
    fn seek(&mut self, ranges: Ranges, first: i64, ids: u64) -> Option<u64> {
        self.ranges = ranges.within([first..=signed(self.shared.last), 1..=signed(ids)]);
        self.keys = self.ranges.first();
        self.tick()
    }

    /// Goes to the next row; gives its tick if it differs from the one before.
    fn advance(&mut self) -> Option<u64> {
        let before = self.tick();
        self.keys = self.keys.and_then(|keys| self.ranges.after(keys));
        self.tick().filter(|tick| Some(*tick) != before)
    }

    /// Goes to the first row of the next tick, for a tick without rows.
    fn skip_tick(&mut self) -> Option<u64> {
        let [_, ids] = &self.ranges.0;
        self.keys = self.keys.map(|[tick, _]| [tick, *ids.end()]);
        self.advance()
    }

    fn tick(&self) -> Option<u64> {
        self.keys.map(|[tick, _]| tick.unsigned_abs())
    }

    fn id(&self) -> u64 {
        let [_, id] = self.keys.expect("a value is that of a row");
        id.unsigned_abs()
    }

    fn index(&self) -> usize {
        usize::try_from(self.id() - 1).expect("a graph in memory")
    }
}

/// Rows of `state`.
pub(super) struct States {
    place: Place,
    /// The values of the tick; `None` after the last row.
    values: Option<StateValues>,
}

enum StateValues {
    Start(Arc<[i64]>),
    Tick(TickValues),
}

impl States {
    fn load(&mut self, tick: u64) -> Result<(), String> {
        let shared = Arc::clone(&self.place.shared);
        if tick > 0 {
            let values = shared.read(|source| source.values(tick))?;
            self.values = Some(StateValues::Tick(values));
            return Ok(());
        }
        let start = shared.read(Source::start)?;
        if start.is_empty() {
            return match self.place.skip_tick() {
                Some(tick) => self.load(tick),
                None => Ok(()),
            };
        }
        self.values = Some(StateValues::Start(start));
        Ok(())
    }
}

impl Rows for States {
    fn seek(&mut self, ranges: Ranges) -> Result<(), String> {
        let nodes = self.place.shared.nodes;
        match self.place.seek(ranges, 0, nodes) {
            Some(tick) => self.load(tick),
            None => Ok(()),
        }
    }

    fn advance(&mut self) -> Result<(), String> {
        match self.place.advance() {
            Some(tick) => self.load(tick),
            None => Ok(()),
        }
    }

    fn keys(&self) -> Option<[i64; 2]> {
        self.place.keys
    }

    fn value(&self, column: usize) -> Value<'_> {
        if column == 2 {
            return text(self.place.shared.names.node(self.place.id()));
        }
        let index = self.place.index();
        Value::Integer(match &self.values {
            Some(StateValues::Start(states)) => states[index],
            Some(StateValues::Tick(values)) => values.post_u()[index],
            None => unreachable!("the tick of a row is loaded"),
        })
    }
}

/// Rows of `flux`.
pub(super) struct Fluxes {
    place: Place,
    /// The values of the tick; `None` after the last row.
    values: Option<TickValues>,
}

impl Fluxes {
    fn load(&mut self, tick: Option<u64>) -> Result<(), String> {
        if let Some(tick) = tick {
            let shared = &self.place.shared;
            self.values = Some(shared.read(|source| source.values(tick))?);
        }
        Ok(())
    }
}

impl Rows for Fluxes {
    fn seek(&mut self, ranges: Ranges) -> Result<(), String> {
        let edges = self.place.shared.edges;
        let tick = self.place.seek(ranges, 1, edges);
        self.load(tick)
    }

    fn advance(&mut self) -> Result<(), String> {
        let tick = self.place.advance();
        self.load(tick)
    }

    fn keys(&self) -> Option<[i64; 2]> {
        self.place.keys
    }

    fn value(&self, column: usize) -> Value<'_> {
        let index = self.place.index();
        let values = self.values.as_ref().expect("the tick of a row is loaded");
        match column {
            2 => text(self.place.shared.names.edge(self.place.id())),
            3 => Value::Integer(values.du(index)),
            4 => Value::Integer(values.raw()[index]),
            5 => Value::Integer(values.f_e()[index]),
            _ => unreachable!("`flux` has six columns"),
        }
    }
}

/// A name; NULL if there is none.
fn text(name: Option<&str>) -> Value<'_> {
    name.map_or(Value::Null, Value::Text)
}
