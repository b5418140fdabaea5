//! The vectors of numbers at the tick of the first divergence: what a report draws.

use serde::{Deserialize, Serialize};

use crate::compare::Pair;
use crate::records;
use crate::steps;
use crate::{Artefact, Change, Json, KeyRule, Tick};
use aether_json::scan::{self, Kind, kind};

/// How many vectors are drawn at most.
const CHARTS_MAX: usize = 4;

/// How many numbers of a vector are drawn at most.
const VALUES_MAX: usize = 512;

/// Artefacts of more bytes than this are not searched for a tick.
const ARTEFACT_MAX: usize = 32_000_000;

/// A vector of a record at the tick of the first divergence, before and after: the state of nodes,
/// say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    /// Where: artefact, tick and field.
    pub title: String,
    /// What the elements are called, if they are counted from 1; empty if they are not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub element: String,
    /// The old numbers, the first 512 of them.
    pub before: Vec<Json>,
    /// The new numbers, likewise.
    pub after: Vec<Json>,
}

/// The vectors that differ at the tick of the first divergence, in causal order.
pub(super) fn charts(pairs: &[Pair<'_>], first: &Change) -> Vec<Chart> {
    let Some(tick) = &first.tick else {
        return Vec::new();
    };
    let mut charts: Vec<Chart> = Vec::new();
    for pair in pairs {
        let Some(field) = pair.schema.and_then(|schema| schema.tick.as_deref()) else {
            continue;
        };
        let [Some(before), Some(after)] =
            [pair.before, pair.after].map(|artefact| record_at(artefact?, field, tick))
        else {
            continue;
        };
        let keys = pair.schema.map_or(&[][..], |schema| &schema.keys);
        for chart in vectors(pair.name, tick, keys, before, after) {
            // What one stage hands on to the next as it is would be drawn twice.
            let same =
                |drawn: &Chart| (&drawn.before, &drawn.after) == (&chart.before, &chart.after);
            if !charts.iter().any(same) {
                charts.push(chart);
            }
        }
    }
    charts.truncate(CHARTS_MAX);
    charts
}

/// The first record of a tick.
fn record_at<'a>(artefact: &'a Artefact, field: &str, tick: &Tick) -> Option<&'a str> {
    if artefact.text().len() > ARTEFACT_MAX {
        return None;
    }
    let steps = steps::quoted_steps(field);
    let text = std::str::from_utf8(artefact.text()).ok()?;
    let mut all = records::all(text)?.into_iter();
    all.find(|record| steps::find(record, &steps) == Some(tick.as_json()))
}

fn vectors(artefact: &str, tick: &Tick, keys: &[KeyRule], before: &str, after: &str) -> Vec<Chart> {
    let members = scan::members(after).unwrap_or_default();
    let vector = |(key, new): scan::Member<'_>| {
        let old = scan::member(before, key)?;
        let [old_numbers, new_numbers] = [numbers(old)?, numbers(new)?];
        let name = crate::walk::unquoted(key);
        let rule = keys
            .iter()
            .find(|rule| rule.path == name && rule.fields.is_empty());
        (old != new).then(|| Chart {
            element: rule.map(|rule| rule.label.clone()).unwrap_or_default(),
            title: format!("{artefact}, tick {tick}: {}", key.trim_matches('"')),
            before: old_numbers,
            after: new_numbers,
        })
    };
    members.into_iter().filter_map(vector).collect()
}

fn numbers(raw: &str) -> Option<Vec<Json>> {
    let elements = (kind(raw) == Kind::Array).then(|| scan::elements(raw))??;
    let is_vector = elements.len() > 1 && elements.iter().all(|e| kind(e) == Kind::Number);
    let shown = elements.into_iter().take(VALUES_MAX);
    is_vector.then(|| shown.map(Json::from_raw).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_numbers_that_differ_are_drawn() {
        let before = r#"{"a":[1,2],"b":[1,2],"c":[1],"d":[1,"x"],"e":[3,4],"f":2}"#;
        let after = r#"{"a":[1,3],"b":[1,2],"c":[2],"d":[2,"x"],"e":[5,6],"f":3}"#;
        let rule = |path: &str, fields: &[&str]| KeyRule {
            path: path.to_owned(),
            fields: fields.iter().map(|&field| field.to_owned()).collect(),
            label: format!("{path}-label"),
        };
        let keys = [rule("e", &["id"]), rule("a", &[])];
        let charts = vectors("ledgers", &3.into(), &keys, before, after);
        let found: Vec<(&str, &str, usize)> = charts
            .iter()
            .map(|chart| (&*chart.title, &*chart.element, chart.after.len()))
            .collect();
        assert_eq!(
            found,
            [
                ("ledgers, tick 3: a", "a-label", 2),
                ("ledgers, tick 3: e", "", 2)
            ]
        );
        let texts: Vec<&str> = charts[0].after.iter().map(Json::as_str).collect();
        assert_eq!(texts, ["1", "3"]);
    }

    #[test]
    fn records_of_artefacts_up_to_a_length_are_drawn() {
        for (more, is_drawn) in [(0, true), (1, false)] {
            let first = r#"{"t":1}"#;
            let rest = ARTEFACT_MAX + more - format!("[\n{first},\n\"\"\n]\n").len();
            let records = [first.to_owned(), format!("\"{}\"", "x".repeat(rest))];
            let artefact = Artefact::from_canonical_records("x", records);
            assert_eq!(artefact.text().len(), ARTEFACT_MAX + more);
            let found = record_at(&artefact, "t", &1.into());
            assert_eq!(found, is_drawn.then_some(first));
        }
    }
}
