//! The windows of a grammar, and the fields of their views.
//!
//! The ticks of a window and the windows of the run that it covers are computed apart: which tick a
//! span starts with does not depend on what a base window stands for.

use std::collections::{BTreeMap, BTreeSet};

use super::super::place::{Field, RunPlace};
use super::super::reader::Reader;
use super::super::scalar::Scalar;
use super::uledger;
use crate::config::limits::{AEON_SPANS_MAX, AEON_TICKS_MAX};
use crate::config::{Aggregation, Spans, all_covered};

/// How a window of a grammar is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    OfTicks,
    OfWindows,
}

impl Reader<'_> {
    /// Whether the run has a grammar.
    pub(super) fn has_grammar(&self) -> bool {
        self.has(Field::AeonPath.of_run())
    }

    /// How a window of the grammar is made; `None` if the grammar does not have it.
    pub(super) fn made(&self, window: u64) -> Option<Made> {
        if self.has(Field::BaseId.of(window)) {
            return Some(Made::OfTicks);
        }
        let is_derived = self.has(Field::DerivedId.of(window));
        is_derived.then_some(Made::OfWindows)
    }

    /// The ticks of a window of the grammar.
    pub(super) fn spans(&self, window: u64) -> Option<Spans> {
        let of_ticks = |window: u64| {
            let first = self.count(Field::BaseStart.of(window))?;
            let last = self.count(Field::BaseEnd.of(window))?;
            (1..=last)
                .contains(&first)
                .then(|| Spans::range(first, last))
        };
        let of_windows = |sources: &[&Spans], aggregation: Aggregation| {
            let sources = sources.iter().copied();
            let spans = match aggregation.keeps_repeats() {
                true => Spans::concat(sources),
                false => Spans::union(sources),
            };
            let is_possible =
                spans.tick_count() <= AEON_TICKS_MAX && spans.runs().len() as u64 <= AEON_SPANS_MAX;
            is_possible.then_some(spans)
        };
        self.made_of(window, of_ticks, of_windows)
    }

    /// The windows of the run that the base windows of a window name, each with how often it is
    /// covered.
    fn covered(&self, window: u64) -> Option<BTreeMap<u64, u64>> {
        let of_ticks = |window: u64| {
            let named = self.press(Field::BasePress.of(window))?;
            Some(named.into_iter().map(|press| (press, 1)).collect())
        };
        let of_windows = |sources: &[&BTreeMap<u64, u64>], aggregation: Aggregation| {
            all_covered(sources.iter().copied(), aggregation)
        };
        self.made_of(window, of_ticks, of_windows)
    }

    /// What a window is by what its sources are, down to the base windows. Values of two grammars may
    /// be mixed here, so that windows can form a cycle: then there is nothing.
    fn made_of<T>(
        &self,
        window: u64,
        of_ticks: impl Fn(u64) -> Option<T>,
        of_windows: impl Fn(&[&T], Aggregation) -> Option<T>,
    ) -> Option<T> {
        let mut known: BTreeMap<u64, T> = BTreeMap::new();
        let mut open = BTreeSet::new();
        let mut left = vec![(window, false)];
        while let Some((window, has_sources)) = left.pop() {
            if known.contains_key(&window) {
                continue;
            }
            if self.made(window)? == Made::OfTicks {
                known.insert(window, of_ticks(window)?);
                continue;
            }
            let sources = self.sources(window)?;
            if has_sources {
                let sources: Option<Vec<&T>> = sources.iter().map(|at| known.get(at)).collect();
                let made = of_windows(&sources?, self.aggregation(window)?)?;
                known.insert(window, made);
                continue;
            }
            if !open.insert(window) {
                return None;
            }
            left.push((window, true));
            left.extend(sources.into_iter().map(|source| (source, false)));
        }
        known.remove(&window)
    }

    fn sources(&self, window: u64) -> Option<Vec<u64>> {
        let ids = (0..).map_while(|at| self.get(Field::DerivedSource.at(window, at)));
        ids.map(|id| self.names.aeon_window_named(id.text()?))
            .collect()
    }

    fn aggregation(&self, window: u64) -> Option<Aggregation> {
        let name = self.text(Field::DerivedAggregation.of(window))?;
        let mut all = Aggregation::ALL.into_iter();
        all.find(|known| known.name() == name)
    }

    /// The window of the run that a member of a grammar's window names, if it names one.
    fn press(&self, member: RunPlace) -> Option<Option<u64>> {
        let name = match self.get(member)? {
            Scalar::Null => return Some(None),
            name => name,
        };
        let by_id = self.names.window_named(name.text()?);
        let by_id = by_id.filter(|window| self.has(Field::ManifestWindow.of(*window)));
        let has_name = |window: &u64| {
            let apx_name = Field::ManifestApxName.of(*window);
            self.test(apx_name, |apx_name| apx_name == Some(&name))
        };
        let named = by_id.or_else(|| self.names.windows().find(has_name));
        named.map(Some)
    }
}

pub(super) fn compute(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let (window, index) = (place.at, place.index);
    if !reader.is_complete() {
        return None;
    }
    let made = reader.made(window)?;
    let given = |of_base: Field, of_derived: Field| {
        let field = match made {
            Made::OfTicks => of_base,
            Made::OfWindows => of_derived,
        };
        field.at(window, index)
    };
    match place.field {
        Field::AeonId => reader.get(given(Field::BaseId, Field::DerivedId)),
        Field::AeonKind => Some(
            if made == Made::OfTicks {
                "base"
            } else {
                "derived"
            }
            .into(),
        ),
        Field::AeonAggregation if made == Made::OfTicks => Some(Scalar::Null),
        Field::AeonAggregation => reader.get(Field::DerivedAggregation.of(window)),
        Field::AeonLabel => reader.get(given(Field::BaseLabel, Field::DerivedLabel)),
        Field::AeonParent => reader.get(given(Field::BaseParent, Field::DerivedParent)),
        Field::AeonPress => reader.get(given(Field::BasePress, Field::DerivedPress)),
        Field::AeonSource if made == Made::OfWindows => {
            reader.get(Field::DerivedSource.at(window, index))
        }
        Field::AeonManifest => match reader.press(given(Field::BasePress, Field::DerivedPress))? {
            None => Some(Scalar::Null),
            Some(press) => uledger::hash_of_manifest(press, reader).map(Scalar::from),
        },
        Field::AeonSpan => {
            let spans = reader.spans(window)?;
            let span = spans.runs().get(index as usize / 2)?;
            Some(span[index as usize % 2].into())
        }
        Field::AeonTicks => Some(reader.spans(window)?.tick_count().into()),
        Field::AeonNoBits => reader.covered(window)?.is_empty().then_some(Scalar::Null),
        Field::AeonBits => bits(window, index, reader),
        _ => None,
    }
}

/// The bits of a stream, summed over the windows of the run that a window covers.
fn bits(window: u64, stream: u32, reader: &Reader<'_>) -> Option<Scalar> {
    let mut total: Option<i128> = None;
    for (press, times) in reader.covered(window)? {
        // Not every window has the stream.
        if let Some(bits) = reader.get(Field::TotalBits.at(press, stream)) {
            let bits = i128::from(bits.integer()?).checked_mul(times.into())?;
            total = Some(total.unwrap_or(0).checked_add(bits)?);
        }
    }
    i64::try_from(total?).ok().map(Scalar::from)
}
