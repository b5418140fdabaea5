//! [`Vocabulary`]: the names that places of one run, or of two compared runs, refer to, and what a
//! value of either run may depend on: the edges of a node, the inputs of a tick.
//!
//! What differs between the runs is here too: an edge that only one of them has, or whose ends
//! differ. Whether it matters is for the readers of values.

use std::collections::BTreeMap;

use crate::config::RunPlan;

/// The names of two compared runs; or of one run, compared with itself.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    windows: Names,
    streams: Names,
    /// The windows of grammars.
    aeon_windows: Names,
    /// The windows on which descriptors may be tried, each with each of its streams, in order.
    described: Vec<(u64, u32)>,
    /// Tick and id of every input entry, in that order.
    entries: Vec<(u64, String)>,
    /// The streams of a window, by the number of the window.
    streams_of: BTreeMap<u64, Vec<u32>>,
    /// The last tick of each window, by its number.
    ends: Vec<u64>,
    ticks: u64,
    node_count: u32,
    edge_count: u32,
    /// The edges of each node in either run, by node, ascending.
    incident: Vec<Vec<u32>>,
    /// The entries that either run applies more than once.
    repeating: Vec<u64>,
    primes: Vec<u32>,
    /// Ticks in order, each with the last tick of the windows that entries from it on refer to.
    bound_until: Vec<(u64, u64)>,
}

/// Texts by number.
#[derive(Clone, Debug, Default)]
struct Names {
    texts: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

impl Names {
    fn add(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = narrow(self.texts.len());
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }
}

/// A count of nodes, edges or names, which are all fewer than 2^32.
pub(crate) fn narrow(count: usize) -> u32 {
    u32::try_from(count).expect("plans have fewer than 2^32 nodes, edges and names")
}

impl Vocabulary {
    /// The names of two runs.
    #[must_use]
    pub fn of(before: &RunPlan, after: &RunPlan) -> Self {
        let mut all = Self::default();
        let plans = [before, after];
        for plan in plans {
            all.add_windows(plan);
            all.ticks = all.ticks.max(plan.ticks);
            all.node_count = all.node_count.max(narrow(plan.topology.node_count));
            all.edge_count = all.edge_count.max(narrow(plan.topology.edges.len()));
            for entry in plan.inputs.entries() {
                all.entries.push((entry.tick, entry.pfna_id.clone()));
            }
        }
        for plan in plans {
            all.add_aeon(plan);
        }
        all.described.sort_unstable();
        all.described.dedup();
        all.entries.sort();
        all.entries.dedup();
        for plan in plans {
            let repeating = plan.inputs.entries().into_iter();
            let repeating = repeating.filter(|entry| entry.repeat.is_some());
            let named: Vec<_> = repeating
                .filter_map(|entry| all.entry_named(entry.tick, &entry.pfna_id))
                .collect();
            all.repeating.extend(named);
        }
        all.repeating.sort_unstable();
        all.repeating.dedup();
        all.incident = vec![Vec::new(); all.node_count as usize];
        for plan in plans {
            for (edge, id) in plan.topology.edges.iter().zip(1..) {
                for node in [edge.from, edge.to] {
                    all.incident[node as usize].push(id);
                }
            }
        }
        for edges in &mut all.incident {
            edges.sort_unstable();
            edges.dedup();
        }
        all.bound_until = all.bounds(plans);
        all.primes = crate::loom::first_primes(all.node_count as usize);
        all
    }

    /// From which tick on records refer to windows that end at or before which tick. An entry refers
    /// to the primary window that holds its tick, and to others that close with it.
    fn bounds(&self, plans: [&RunPlan; 2]) -> Vec<(u64, u64)> {
        let windows = plans.into_iter().flat_map(|plan| &plan.windows);
        let mut bounds: Vec<(u64, u64)> = windows
            .filter_map(|window| {
                let end = self.end_of_window(self.window_named(&window.window_id)?);
                let from = match window.primary {
                    true => *window.ticks.start(),
                    false => *window.ticks.end(),
                };
                Some((from, end))
            })
            .collect();
        bounds.sort_unstable();
        let mut last = 0;
        for (_, end) in &mut bounds {
            last = last.max(*end);
            *end = last;
        }
        bounds
    }

    fn add_windows(&mut self, plan: &RunPlan) {
        for window in &plan.windows {
            let number = self.windows.add(&window.window_id);
            self.ends.resize(self.windows.texts.len(), 0);
            if let Some(end) = self.ends.get_mut(number as usize) {
                *end = (*end).max(*window.ticks.end());
            }
            let number = u64::from(number);
            for stream in &window.streams {
                let stream = self.streams.add(&stream.name);
                let streams = self.streams_of.entry(number).or_default();
                if !streams.contains(&stream) {
                    streams.push(stream);
                }
            }
        }
    }

    /// The windows of a grammar, and the windows of the run that name one of them.
    fn add_aeon(&mut self, plan: &RunPlan) {
        let Some(aeon) = &plan.aeon else { return };
        for window in aeon.grammar.windows() {
            self.aeon_windows.add(&window.window_id);
        }
        let naming = plan.windows.iter();
        for window in naming.filter(|window| window.aeon_window_id.is_some()) {
            let number = self.windows.add(&window.window_id).into();
            let streams = window.streams.iter();
            let pairs = streams.map(|stream| (number, self.streams.add(&stream.name)));
            self.described.extend(pairs);
        }
    }

    pub(crate) fn window(&self, number: u64) -> &str {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        self.windows.texts.get(at).map_or("", String::as_str)
    }

    pub(crate) fn window_named(&self, text: &str) -> Option<u64> {
        self.windows
            .numbers
            .get(text)
            .map(|number| (*number).into())
    }

    pub(crate) fn aeon_window(&self, number: u64) -> &str {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        let text = self.aeon_windows.texts.get(at);
        text.map_or("", String::as_str)
    }

    pub(crate) fn aeon_window_named(&self, text: &str) -> Option<u64> {
        self.aeon_windows
            .numbers
            .get(text)
            .map(|number| (*number).into())
    }

    /// The numbers of the windows of both grammars.
    pub(crate) fn aeon_windows(&self) -> std::ops::Range<u64> {
        0..self.aeon_windows.texts.len() as u64
    }

    /// A window with one of its streams, on which descriptors may be tried.
    pub(crate) fn described(&self, pair: u64) -> (u64, u32) {
        const KNOWN: &str = "a place of a descriptor has a window and a stream";
        let at = usize::try_from(pair).unwrap_or(usize::MAX);
        *self.described.get(at).expect(KNOWN)
    }

    /// The number of a window with one of its streams.
    pub(crate) fn described_by(&self, window: u64, stream: u32) -> Option<u64> {
        let found = self.described.binary_search(&(window, stream));
        found.ok().map(|pair| pair as u64)
    }

    /// The numbers of all windows.
    pub(crate) fn windows(&self) -> std::ops::Range<u64> {
        0..self.windows.texts.len() as u64
    }

    pub(crate) fn stream(&self, number: u32) -> &str {
        let text = self.streams.texts.get(number as usize);
        text.map_or("", String::as_str)
    }

    pub(crate) fn stream_named(&self, text: &str) -> Option<u32> {
        self.streams.numbers.get(text).copied()
    }

    /// The streams that a window has in either run.
    pub(crate) fn streams_of(&self, window: u64) -> &[u32] {
        self.streams_of.get(&window).map_or(&[], Vec::as_slice)
    }

    /// Tick and id of an input entry.
    pub(crate) fn entry(&self, number: u64) -> (u64, &str) {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        self.entries
            .get(at)
            .map_or((0, ""), |(tick, id)| (*tick, id))
    }

    pub(crate) fn entry_named(&self, tick: u64, id: &str) -> Option<u64> {
        let key = |entry: &(u64, String)| (entry.0, entry.1.as_str()).cmp(&(tick, id));
        let found = self.entries.binary_search_by(key);
        found.ok().map(|number| number as u64)
    }

    /// The entries that either run may apply before a tick, by id.
    pub(crate) fn entries_at(&self, tick: u64) -> Vec<u64> {
        let start = self.entries.partition_point(|(at, _)| *at < tick);
        let end = self.entries.partition_point(|(at, _)| *at <= tick);
        let mut found: Vec<u64> = (start as u64..end as u64).collect();
        let repeating = self.repeating.iter().copied();
        found.extend(repeating.filter(|entry| self.entry(*entry).0 < tick));
        found.sort_by_key(|entry| self.entry(*entry).1);
        found
    }

    /// The ids of the nodes that either run has.
    pub(crate) const fn nodes(&self) -> std::ops::RangeInclusive<u32> {
        1..=self.node_count
    }

    /// The ids of the edges that either run has.
    pub(crate) const fn edges(&self) -> std::ops::RangeInclusive<u32> {
        1..=self.edge_count
    }

    /// The edges that a node has in either run.
    pub(crate) fn edges_of(&self, node: u32) -> &[u32] {
        let index = (node as usize).wrapping_sub(1);
        self.incident.get(index).map_or(&[], Vec::as_slice)
    }

    /// The last tick on which a record of a tick that waits for a window's check may depend.
    pub(crate) fn bound_until(&self, tick: u64) -> u64 {
        let passed = self.bound_until.partition_point(|(at, _)| *at <= tick);
        let end = passed
            .checked_sub(1)
            .map_or(tick, |at| self.bound_until[at].1);
        end.max(tick)
    }

    /// The last tick of a window in either run.
    pub(crate) fn end_of_window(&self, window: u64) -> u64 {
        let at = usize::try_from(window).unwrap_or(usize::MAX);
        self.ends.get(at).copied().unwrap_or(0)
    }

    /// The length of the longer run.
    pub(crate) const fn ticks(&self) -> u64 {
        self.ticks
    }

    /// The first primes, one for each node.
    pub(crate) fn primes(&self) -> &[u32] {
        &self.primes
    }
}
