//! [`Described`]: what the descriptors of a run with a grammar of AEON windows amount to.

use std::collections::BTreeMap;

use aether_engine::config::RunPlan;
use aether_engine::record::{ApxiView, Metrics};
use rusqlite::types::Value;

/// What the descriptors of a run amount to, as columns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Described {
    /// The values of [`Self::COLUMNS`] but for the last.
    pub numbers: [Option<i64>; NUMBERS],
    /// The bits of the best descriptor by window and stream, as JSON.
    pub by_window: String,
}

const NUMBERS: usize = 5;

impl Described {
    /// The names, in files and tables.
    pub const COLUMNS: [&str; NUMBERS + 1] = [
        "aeon_views",
        "apxi_views",
        "descriptors",
        "l_described",
        "l_saved",
        "l_described_by_window",
    ];

    /// The columns in the table of a file.
    pub(crate) const TABLE: &str = "  aeon_views INTEGER,
  apxi_views INTEGER,
  descriptors INTEGER,
  l_described INTEGER,
  l_saved INTEGER,
  l_described_by_window TEXT,
";

    /// What the views of a run amount to.
    pub(crate) fn of(plan: &RunPlan, metrics: &Metrics, views: &Views) -> Self {
        let count = |count: u64| i64::try_from(count).expect("counts of records fit 63 bits");
        let all = || views.0.iter().flat_map(|view| &view.best);
        // Each is below 2^63, but not all of them together need be.
        let described = all().try_fold(0_i64, |sum, (_, bits)| sum.checked_add(*bits));
        let comparable = views.0.iter();
        let comparable = comparable.filter(|view| plan.is_described_as_tallied(&view.window_id));
        let saved = comparable.flat_map(|view| {
            let tallied = &metrics.l_total_by_window[&view.window_id];
            let best = view.best.iter();
            best.map(|(stream, bits)| (tallied[stream] - bits).max(0))
        });
        let by_window: BTreeMap<&str, &BTreeMap<String, i64>> = views
            .0
            .iter()
            .map(|view| (view.window_id.as_str(), &view.best))
            .collect();
        Self {
            numbers: [
                metrics.aeon_views.map(count),
                metrics.apxi_views.map(count),
                Some(count(views.0.iter().map(|view| view.descriptors).sum())),
                described,
                // At most `l_total`.
                Some(saved.sum()),
            ],
            by_window: aether_json::to_string(&by_window).expect("a map of integers is JSON"),
        }
    }

    /// The values of the columns; all are null if the point was not run.
    pub(crate) fn values(described: Option<&Self>) -> Vec<Value> {
        let number = |number: Option<i64>| number.map_or(Value::Null, Value::Integer);
        let numbers = described.map_or([None; NUMBERS], |described| described.numbers);
        let by_window = described.map(|described| described.by_window.clone());
        let by_window = by_window.map_or(Value::Null, Value::Text);
        numbers.map(number).into_iter().chain([by_window]).collect()
    }

    /// Reads the columns from the one with this index on; the inner error is a damaged column.
    pub(crate) fn read(
        row: &rusqlite::Row<'_>,
        first: usize,
    ) -> rusqlite::Result<Result<Option<Self>, &'static str>> {
        let mut numbers = [None; NUMBERS];
        for (index, number) in (first..).zip(&mut numbers) {
            *number = row.get(index)?;
        }
        let Some(by_window) = row.get::<_, Option<String>>(first + NUMBERS)? else {
            return Ok(Ok(None));
        };
        Ok(match aether_json::from_str(&by_window) {
            Ok(aether_json::Value::Object(_)) => Ok(Some(Self { numbers, by_window })),
            _ => Err(Self::COLUMNS[NUMBERS]),
        })
    }
}

/// The views of descriptors that a run made, reduced to what columns need.
#[derive(Clone, Debug, Default)]
pub(crate) struct Views(Vec<View>);

#[derive(Clone, Debug)]
struct View {
    window_id: String,
    descriptors: u64,
    /// The bits of the best descriptor of each stream that has any.
    best: BTreeMap<String, i64>,
}

impl Views {
    pub(crate) fn add(&mut self, view: &ApxiView) {
        let best = view.best();
        let entries = view.descriptors_by_stream.values();
        self.0.push(View {
            window_id: view.window_id.clone(),
            descriptors: entries.map(|entries| entries.len() as u64).sum(),
            best: best
                .map(|(stream, best)| (stream.to_owned(), best.total_bits))
                .collect(),
        });
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }
}
