//! The steps of a field's path, and what their placeholders stand for at a place.

use std::sync::LazyLock;

use super::super::vocabulary::Vocabulary;
use super::{Field, LAYERS, RunPlace, Trial, Word, layer_at};
use crate::codex;

/// One step of a field's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A member of an object.
    Member(&'static str),
    /// A member whose name depends on the place.
    Named(Slot),
    /// The element of a list with these keys.
    Keyed(Vec<(&'static str, Slot)>),
    /// The element of a list at a position, from 0.
    Position(Slot),
}

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    At,
    Index,
    Window,
    IndexedWindow,
    Stream,
    EntryTick,
    EntryId,
    Motif,
    Proposal,
    Layer,
    AeonWindow,
    Span,
    SpanEnd,
    TrialWindow,
    TrialStream,
    Descriptor,
    Pattern,
}

/// The steps of every field's path.
static STEPS: LazyLock<Vec<Vec<Step>>> = LazyLock::new(|| {
    let all = Field::ALL.iter();
    all.map(|field| steps_of(field.pattern())).collect()
});

fn steps_of(pattern: &'static str) -> Vec<Step> {
    let mut steps = Vec::new();
    for part in pattern.split('.') {
        let (name, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
        steps.push(Slot::of(name).map_or(Step::Member(name), Step::Named));
        while let Some(inside) = rest.strip_prefix('[') {
            let (inside, after) = inside.split_once(']').expect("a pattern closes brackets");
            rest = after;
            steps.push(match Slot::of(inside) {
                Some(slot) => Step::Position(slot),
                None => Step::Keyed(inside.split(',').map(keyed).collect()),
            });
        }
    }
    steps
}

fn keyed(text: &'static str) -> (&'static str, Slot) {
    let (key, slot) = text.split_once('=').expect("a key has a placeholder");
    (key, Slot::of(slot).expect("a placeholder"))
}

impl Field {
    /// The rule that computes its values: `ledgers.edges.raw`.
    pub(crate) fn rule(self) -> String {
        let members = self.steps().iter().filter_map(|step| match step {
            Step::Member(name) => Some(*name),
            Step::Named(_) | Step::Keyed(_) | Step::Position(_) => None,
        });
        members.collect::<Vec<_>>().join(".")
    }

    /// The steps of its path.
    pub(crate) fn steps(self) -> &'static [Step] {
        &STEPS[self as usize]
    }
}

impl Slot {
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "@" => Self::At,
            "#" => Self::Index,
            "@w" => Self::Window,
            "#w" => Self::IndexedWindow,
            "#s" => Self::Stream,
            "@t" => Self::EntryTick,
            "@i" => Self::EntryId,
            "@m" => Self::Motif,
            "@p" => Self::Proposal,
            "#l" => Self::Layer,
            "@a" => Self::AeonWindow,
            "#h" => Self::Span,
            "#e" => Self::SpanEnd,
            "@f" => Self::TrialWindow,
            "@g" => Self::TrialStream,
            "@d" => Self::Descriptor,
            "@q" => Self::Pattern,
            _ => return None,
        })
    }

    /// What the placeholder stands for at a place.
    pub(crate) fn word(self, place: RunPlace, names: &Vocabulary) -> Word {
        let index = u64::from(place.index);
        match self {
            Self::At => Word::Number(place.at),
            Self::Index => Word::Number(index),
            Self::Window => Word::Text(names.window(place.at).to_owned()),
            Self::IndexedWindow => Word::Text(names.window(index).to_owned()),
            Self::Stream => Word::Text(names.stream(place.index).to_owned()),
            Self::EntryTick => Word::Number(names.entry(place.at).0),
            Self::EntryId => Word::Text(names.entry(place.at).1.to_owned()),
            Self::Motif => Word::Text(codex::motif_id(place.at)),
            Self::Proposal => Word::Text(codex::proposal_id(place.at)),
            Self::Layer => Word::Text(layer_at(place.index).name().to_owned()),
            Self::AeonWindow => Word::Text(names.aeon_window(place.at).to_owned()),
            Self::Span => Word::Number(index / 2 + 1),
            Self::SpanEnd => Word::Number(index % 2),
            Self::TrialWindow => {
                let (window, _) = names.described(Trial::of(place.at).pair);
                Word::Text(names.window(window).to_owned())
            }
            Self::TrialStream => {
                let (_, stream) = names.described(Trial::of(place.at).pair);
                Word::Text(names.stream(stream).to_owned())
            }
            Self::Descriptor => Word::Number(Trial::of(place.at).position),
            Self::Pattern => Word::Number(Trial::of(place.at).pattern),
        }
    }

    /// Sets the part of a place that the placeholder stands for; `None` if nothing has that name.
    pub(super) fn fill(self, place: &mut RunPlace, word: &Word, names: &Vocabulary) -> Option<()> {
        let index = |number: u64| u32::try_from(number).ok();
        let numbered = |prefix: &str, text: &str| -> Option<u64> {
            let digits = text.strip_prefix(prefix)?;
            digits.parse().ok().filter(|number| *number > 0)
        };
        match (self, word) {
            // Of an entry, the id, which follows, says which of the tick's entries it is.
            (Self::At | Self::EntryTick, Word::Number(number)) => place.at = *number,
            (Self::Index, Word::Number(number)) => place.index = index(*number)?,
            // Of a trial, until the stream follows, which says which pair it is.
            (Self::Window | Self::TrialWindow, Word::Text(text)) => {
                place.at = names.window_named(text)?;
            }
            (Self::IndexedWindow, Word::Text(text)) => {
                place.index = index(names.window_named(text)?)?;
            }
            (Self::Stream, Word::Text(text)) => place.index = names.stream_named(text)?,
            (Self::EntryId, Word::Text(id)) => place.at = names.entry_named(place.at, id)?,
            (Self::Motif, Word::Text(text)) => place.at = numbered("MOTIF_", text)?,
            (Self::Proposal, Word::Text(text)) => place.at = numbered("PROPOSAL_", text)?,
            (Self::Layer, Word::Text(text)) => {
                let known = LAYERS.iter().position(|layer| layer.name() == text)?;
                place.index = index(known as u64)?;
            }
            (Self::AeonWindow, Word::Text(id)) => place.at = names.aeon_window_named(id)?,
            (Self::Span, Word::Number(number)) => {
                place.index = index(number.checked_sub(1)?.checked_mul(2)?)?;
            }
            (Self::SpanEnd, Word::Number(end @ 0..=1)) => place.index += index(*end)?,
            (Self::TrialStream, Word::Text(text)) => {
                let pair = names.described_by(place.at, names.stream_named(text)?)?;
                let (position, pattern) = (0, 0);
                place.at = Trial {
                    pair,
                    position,
                    pattern,
                }
                .at()?;
            }
            (Self::Descriptor, Word::Number(position)) => {
                let position = *position;
                place.at = Trial {
                    position,
                    ..Trial::of(place.at)
                }
                .at()?;
            }
            (Self::Pattern, Word::Number(pattern)) => {
                let pattern = *pattern;
                place.at = Trial {
                    pattern,
                    ..Trial::of(place.at)
                }
                .at()?;
            }
            _ => return None,
        }
        Some(())
    }
}
