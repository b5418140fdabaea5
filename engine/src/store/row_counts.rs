//! [`RowCounts`]: how many records of each kind a run file has. The header states it, so that every
//! reader notices a row that is missing or too many.
//!
//! ```text
//! {"codex_library":0,…,"envelopes":11,"i_blocks":1,"ledgers":8,…}
//! ```

use std::collections::BTreeMap;

use super::Damage;
use crate::canonical::{self, Canonical, Writer};
use crate::record::{KINDS, Metrics, Position, RecordKind};

/// The number of records of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowCounts {
    counts: [u64; KINDS.len()],
    /// Whether the run has a grammar of AEON windows, so that their records are counted.
    has_grammar: bool,
}

impl RowCounts {
    pub(super) const fn new(counts: [u64; KINDS.len()], has_grammar: bool) -> Self {
        Self {
            counts,
            has_grammar,
        }
    }

    /// Whether the run has a grammar of AEON windows.
    pub(super) const fn has_grammar(&self) -> bool {
        self.has_grammar
    }

    /// The counts that the metrics of an ended run state. Metrics count neither the events of the log
    /// nor, if the run failed, the motifs of the library.
    pub(super) fn of_metrics(metrics: &Metrics, events: u64, library: u64) -> Self {
        let mut counts = [0; KINDS.len()];
        for kind in RecordKind::ALL {
            counts[kind as usize] = match kind {
                RecordKind::Ledgers | RecordKind::PBlocks | RecordKind::Scenes => {
                    metrics.total_ticks
                }
                RecordKind::IBlocks => metrics.i_blocks,
                RecordKind::Manifests => metrics.apx_manifests,
                RecordKind::AeonViews => metrics.aeon_views.unwrap_or(0),
                RecordKind::ApxiViews => metrics.apxi_views.unwrap_or(0),
                RecordKind::Envelopes => metrics.nap_total(),
                RecordKind::ULedger => metrics.uledger_entries,
                RecordKind::CodexLibrary => library,
                RecordKind::CodexProposals => metrics.codex_proposals,
                RecordKind::Log => events,
            };
        }
        Self::new(counts, metrics.aeon_views.is_some())
    }

    /// The number of records of a kind.
    pub(super) const fn of(&self, kind: RecordKind) -> u64 {
        self.counts[kind as usize]
    }

    /// The number of all records together.
    pub(super) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Number of recorded ticks.
    pub(super) const fn ticks(&self) -> u64 {
        self.of(RecordKind::ULedger)
    }

    /// What is wrong with the counts: kinds of which every tick has one record must have equally
    /// many, and there is a checkpoint every `spacing` ticks.
    pub(super) fn contradiction(&self, spacing: u64) -> Option<Damage> {
        let mut every_tick = RecordKind::ALL
            .into_iter()
            .filter(|kind| kind.info().position == Position::EveryTick);
        let ticks = every_tick.clone().map(|kind| self.of(kind)).max();
        let ticks = ticks.expect("every tick has a ledger");
        let short = every_tick.find(|kind| self.of(*kind) < ticks);
        let missing = |kind: RecordKind, position| Damage::Missing {
            kind: kind.name(),
            position,
        };
        if let Some(kind) = short {
            return Some(missing(kind, self.of(kind) + 1));
        }
        let checkpoints = ticks / spacing.max(1);
        match self.of(RecordKind::IBlocks) {
            found if found < checkpoints => Some(missing(
                RecordKind::IBlocks,
                (found + 1).saturating_mul(spacing),
            )),
            found if found > checkpoints => Some(Damage::Extra {
                kind: RecordKind::IBlocks.name(),
                position: found.saturating_mul(spacing),
            }),
            _ => None,
        }
    }
}

impl Canonical for RowCounts {
    fn write(&self, writer: &mut Writer) {
        let counted = RecordKind::ALL.into_iter();
        let counted = counted.filter(|kind| self.has_grammar || !kind.info().needs_grammar);
        let counts: BTreeMap<&str, u64> =
            counted.map(|kind| (kind.name(), self.of(kind))).collect();
        counts.write(writer);
    }
}

impl RowCounts {
    pub(super) fn to_text(self) -> String {
        canonical::text(&self)
    }

    /// Reads the canonical text; `None` if it is not one.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let named: BTreeMap<String, u64> = aether_json::from_str(text).ok()?;
        let has_grammar = named.contains_key(RecordKind::AeonViews.name());
        let mut all = [0; KINDS.len()];
        for kind in RecordKind::ALL {
            all[kind as usize] = match named.get(kind.name()) {
                Some(count) => *count,
                None if kind.info().needs_grammar && !has_grammar => 0,
                None => return None,
            };
        }
        // Counts are SQLite integers.
        let counts = Self::new(all, has_grammar);
        let is_legal = all.iter().all(|count| i64::try_from(*count).is_ok());
        (is_legal && counts.to_text() == text).then_some(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(ticks: u64, i_blocks: u64) -> RowCounts {
        let metrics = Metrics {
            total_ticks: ticks,
            uledger_entries: ticks,
            i_blocks,
            ..Metrics::default()
        };
        RowCounts::of_metrics(&metrics, 3, 0)
    }

    #[test]
    fn counts_are_read_as_they_were_written() {
        let counts = counts(8, 1);
        assert_eq!(RowCounts::from_text(&counts.to_text()), Some(counts));
        for text in [
            "",
            "{}",
            "[]",
            &counts.to_text().replace("\"log\":3", "\"log\":-3"),
            &counts
                .to_text()
                .replace("\"log\":3", "\"log\":9223372036854775808"),
            &counts
                .to_text()
                .replace("\"log\":3", "\"log\":3,\"logs\":3"),
            &counts.to_text().replace("\"log\":3", "\"log\": 3"),
        ] {
            assert_eq!(RowCounts::from_text(text), None, "{text}");
        }
    }

    /// A run without a grammar counts as before there were any.
    #[test]
    fn only_a_run_with_a_grammar_counts_aeon_windows() {
        let plain = counts(8, 1);
        assert!(!plain.to_text().contains("aeon_views"), "{plain:?}");
        let metrics = Metrics {
            aeon_views: Some(2),
            apxi_views: Some(0),
            ..Metrics::default()
        };
        let counts = RowCounts::of_metrics(&metrics, 3, 0);
        let text = counts.to_text();
        assert!(
            text.starts_with("{\"aeon_views\":2,\"apxi_views\":0,"),
            "{text}"
        );
        assert_eq!(RowCounts::from_text(&text), Some(counts));
        assert_eq!(
            RowCounts::from_text(&text.replace("\"apxi_views\":0,", "")),
            None
        );
        assert_eq!(
            RowCounts::from_text(&text.replace("\"aeon_views\":2,", "")),
            None
        );
    }

    #[test]
    fn counts_that_contradict_each_other_are_damage() {
        assert_eq!(counts(16, 2).contradiction(8), None);
        assert_eq!(counts(15, 1).contradiction(8), None);
        assert_eq!(counts(0, 0).contradiction(8), None);
        let damage = |counts: RowCounts| counts.contradiction(8).unwrap().to_string();
        assert!(damage(counts(16, 1)).contains("`i_blocks` 16 is missing"));
        assert!(damage(counts(16, 3)).contains("`i_blocks` 24"));
        let mut short = counts(16, 2);
        short.counts[RecordKind::Scenes as usize] = 15;
        assert!(damage(short).contains("`scenes` 16 is missing"));
    }
}
