//! The path of a place, and the place of a path.

use super::super::vocabulary::Vocabulary;
use super::steps::Slot;
use super::words::{PathStep, push_member, words_of};
use super::{Field, PlaceKind, RunPlace, Step, Word};

impl Vocabulary {
    /// The path of a place: `ledgers[tick=900].post_u[node=812]`.
    #[must_use]
    pub fn path(&self, place: RunPlace) -> String {
        let mut path = String::new();
        for step in place.field.steps() {
            match step {
                Step::Member(name) => push_member(&mut path, name),
                Step::Named(slot) => match slot.word(place, self) {
                    Word::Text(name) => push_member(&mut path, &name),
                    Word::Number(number) => push_member(&mut path, &number.to_string()),
                },
                Step::Position(slot) => {
                    path.push('[');
                    slot.word(place, self).push_to(&mut path);
                    path.push(']');
                }
                Step::Keyed(keys) => {
                    for (number, (key, slot)) in keys.iter().enumerate() {
                        path.push_str(if number == 0 { "[" } else { "," });
                        path.push_str(key);
                        path.push('=');
                        slot.word(place, self).push_to(&mut path);
                    }
                    path.push(']');
                }
            }
        }
        path
    }

    /// The place of a path; `None` if no value of these runs can be there.
    ///
    /// The path of a record or of an element (`i_blocks[tick=2]`) is that of the value by which it
    /// is identified.
    #[must_use]
    pub fn place(&self, path: &str) -> Option<RunPlace> {
        let words = words_of(path)?;
        let exact = Field::ALL.iter().copied();
        exact
            .filter(|field| field.steps().len() == words.len())
            .find_map(|field| self.matched(field, &words))
            .or_else(|| self.identity(&words))
            .or_else(|| self.first_inside(&words))
    }

    /// The first value of a list or an object of a view, such as a descriptor.
    fn first_inside(&self, words: &[PathStep]) -> Option<RunPlace> {
        let mut fields = Field::ALL.iter().copied().filter(|field| {
            let is_left = |step: &Step| match step {
                Step::Member(_) | Step::Position(_) => true,
                Step::Keyed(keys) => matches!(keys[..], [(_, Slot::Span)]),
                Step::Named(_) => false,
            };
            let is_of_view = matches!(
                field.artefact(),
                PlaceKind::AeonViews | PlaceKind::ApxiViews
            );
            let rest = field.steps().get(words.len()..);
            is_of_view && rest.is_some_and(|rest| rest.iter().all(is_left))
        });
        fields.find_map(|field| self.matched(field, words))
    }

    /// The value that identifies a record or an element.
    fn identity(&self, words: &[PathStep]) -> Option<RunPlace> {
        let PathStep::Keyed(keys) = words.last()? else {
            return None;
        };
        // The last key is the most specific: the seq of a layer, the id of an input.
        let key = PathStep::Member(keys.last()?.0.clone());
        let words: Vec<_> = words.iter().cloned().chain([key]).collect();
        let fields = Field::ALL.iter().copied();
        fields
            .filter(|field| field.steps().len() == words.len())
            .find_map(|field| self.matched(field, &words))
    }

    fn matched(&self, field: Field, words: &[PathStep]) -> Option<RunPlace> {
        let mut place = field.of_run();
        for (step, word) in field.steps().iter().zip(words) {
            match (step, word) {
                (Step::Member(name), PathStep::Member(given)) if name == given => {}
                (Step::Named(slot), PathStep::Member(given)) => {
                    slot.fill(&mut place, &Word::Text(given.clone()), self)?;
                }
                (Step::Position(slot), PathStep::Position(number)) => {
                    slot.fill(&mut place, &Word::Number(*number), self)?;
                }
                (Step::Keyed(keys), PathStep::Keyed(given)) if keys.len() == given.len() => {
                    for ((key, slot), (given, word)) in keys.iter().zip(given) {
                        if key != given {
                            return None;
                        }
                        slot.fill(&mut place, word, self)?;
                    }
                }
                // The values of an entry may be written by the ids of their nodes.
                (Step::Keyed(keys), PathStep::Member(id)) if keys[0].0 == "node" => {
                    slot_of_id(&mut place, id)?;
                }
                _ => return None,
            }
        }
        Some(place)
    }
}

fn slot_of_id(place: &mut RunPlace, id: &str) -> Option<()> {
    place.index = id.parse().ok()?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_their_fields() {
        let names = Vocabulary::default();
        for (path, field, at, index) in [
            ("ledgers[tick=3].edges[e_id=5].raw", Field::RawOfEdge, 3, 5),
            ("ledgers[tick=3].edges[e_id=5]", Field::EdgeOfLedger, 3, 5),
            ("i_blocks[tick=8]", Field::IBlockTick, 8, 0),
            (
                r#"envelopes[layer="DATA",seq=2].payload_ref"#,
                Field::EnvelopePayload,
                2,
                2,
            ),
            (r#"envelopes[layer="DATA",seq=2]"#, Field::EnvelopeSeq, 2, 2),
            ("scenes[tick=4].pfna_refs[1]", Field::SceneInput, 4, 1),
            (
                r#"codex_library[motif_id="MOTIF_0012"].mdl_stats.L_self"#,
                Field::MotifSelfBits,
                12,
                0,
            ),
            ("metrics.nap_total", Field::EnvelopeCount, 0, 0),
        ] {
            assert_eq!(names.place(path), Some(field.at(at, index)), "{path}");
        }
        for path in [
            "",
            "ledgers",
            "ledgers[tick=3]x",
            "ledgers[tick=3",
            "ledgers[tick=-1].z_check",
            "ledgers[e_id=3].z_check",
            "ledgers[tick=3].edges[5].raw",
            r#"envelopes[layer="NEWS",seq=2].payload_ref"#,
            r#"manifests[window_id="W"].manifest_check"#,
        ] {
            assert_eq!(names.place(path), None, "{path}");
        }
    }
}
