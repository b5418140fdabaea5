//! Limits how many changes a page shows, so that a browser can display it.

use maud::{Markup, html};

use aether_harness::report::visible_line;
use aether_harness::{Json, visible_pair};

/// Rows of changes on a page.
const ROWS: usize = 20_000;

/// Scenarios that are shown in full; of others only the first divergence is shown.
const CARDS: usize = 1000;

/// Characters of values on a page, and of one value.
const CHARACTERS: usize = 4_000_000;
const VALUE: usize = 4000;

/// What is left of one value once the page is full.
const VALUE_WHEN_FULL: usize = 80;

/// What is left for the rest of a page.
#[derive(Debug)]
pub(super) struct Budget {
    rows: usize,
    cards: usize,
    characters: usize,
    /// Scenarios among which it is shared.
    scenarios: usize,
}

impl Budget {
    /// The budget of a page on which this many scenarios differ.
    pub(super) fn for_page(scenarios: usize) -> Self {
        Self {
            rows: ROWS,
            cards: CARDS,
            characters: CHARACTERS,
            scenarios,
        }
    }

    /// How many of its `wanted` rows the next scenario gets: its fair share; if the scenarios
    /// before it left part of theirs, it gets more. `None` if it is not shown in full at all.
    pub(super) fn rows_of_next(&mut self, wanted: usize) -> Option<usize> {
        let fair = self.rows / self.scenarios.max(1);
        self.scenarios = self.scenarios.saturating_sub(1);
        self.cards = self.cards.checked_sub(1)?;
        let rows = wanted.min(fair);
        self.rows -= rows;
        Some(rows)
    }

    /// Two values side by side, each cut off if it is too long to read or the page is full. What cannot be seen
    /// in them is shown by its number, as the report for people does.
    pub(super) fn pair(&mut self, before: Option<&Json>, after: Option<&Json>) -> [Markup; 2] {
        match (before, after) {
            (Some(before), Some(after)) => {
                let shown = visible_pair(before.as_str(), after.as_str());
                let sizes = [before, after].map(|value| value.as_str().len());
                let [old, new] = [&*shown[0], &*shown[1]];
                [self.text(old, sizes[0]), self.text(new, sizes[1])]
            }
            (before, after) => [self.value(before), self.value(after)],
        }
    }

    /// A value, cut off likewise.
    pub(super) fn value(&mut self, value: Option<&Json>) -> Markup {
        let Some(value) = value else {
            return html! { span.none { "—" } };
        };
        let text = value.as_str();
        self.text(&visible_line(text), text.len())
    }

    fn text(&mut self, text: &str, size: usize) -> Markup {
        let limit = VALUE.min(self.characters.max(VALUE_WHEN_FULL));
        let end = text.char_indices().nth(limit).map(|(end, _)| end);
        self.characters = self.characters.saturating_sub(text.len().min(limit));
        match end {
            None => html! { code { (visible_line(text)) } },
            Some(end) => html! {
                code { (visible_line(&text[..end])) "…" } " " span.kind { (size) " bytes" }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_shared_fairly_and_what_is_left_over_is_used() {
        let mut budget = Budget::for_page(4);
        assert_eq!(budget.rows_of_next(10), Some(10));
        let rest = (ROWS - 10) / 3;
        assert_eq!(budget.rows_of_next(usize::MAX), Some(rest));
        assert_eq!(budget.rows_of_next(0), Some(0));
        assert_eq!(budget.rows_of_next(usize::MAX), Some(ROWS - 10 - rest));
        // More scenarios than were announced get nothing, and no panic.
        assert_eq!(budget.rows_of_next(5), Some(0));
    }

    #[test]
    fn a_page_tells_so_many_scenarios_in_full() {
        let mut budget = Budget::for_page(CARDS + 1);
        assert!((0..CARDS).all(|_| budget.rows_of_next(1) == Some(1)));
        assert_eq!(budget.rows_of_next(1), None);
    }

    #[test]
    fn values_are_cut_shorter_once_the_page_is_full() {
        let long = Json::parse(&format!("\"{}\"", "ü".repeat(VALUE * 2))).unwrap();
        let mut budget = Budget::for_page(1);
        let shown = |budget: &mut Budget| {
            let text = budget.value(Some(&long)).into_string();
            text.matches('ü').count()
        };
        assert_eq!(shown(&mut budget), VALUE - 1);
        while budget.characters > 0 {
            budget.value(Some(&long));
        }
        assert_eq!(shown(&mut budget), VALUE_WHEN_FULL - 1);
    }
}
