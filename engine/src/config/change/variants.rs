//! [`Variants`]: the documents of a run with other values at chosen places.
//!
//! The places are found once. Each variant then costs a copy of the texts that change, and the
//! check of the documents.

use std::ops::Range;

use super::super::load;
use super::super::plan::{ResolvedDocuments, RunPlan};
use super::super::problem::{Code, Draft, Place, Problem, Related, Report};
use super::super::source::{Source, Span};
use super::super::tree::{Document, Kind, Value};
use super::locate::{Slot, Trees, extent};
use super::path::{Part, Path, To};

/// A place in the documents, and where people wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) path: Path,
    /// Where its value was written.
    pub(crate) origin: Place,
}

/// A base, and the places in it at which variants differ.
#[derive(Clone, Debug)]
pub(crate) struct Variants {
    base: ResolvedDocuments,
    settings: Vec<Setting>,
    /// In order of part and place, with the index of the setting whose value is written there.
    slots: Vec<(Slot, usize)>,
    /// The value that each setting has in the base.
    before: Vec<Option<String>>,
    changed: ChangedParts,
}

/// Which documents a variant changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChangedParts {
    parts: [bool; Part::COUNT],
}

impl ChangedParts {
    pub(crate) const fn has(self, part: Part) -> bool {
        self.parts[part as usize]
    }
}

impl Variants {
    /// Finds the places of the settings. Those that name nothing are reported with the index of
    /// the setting, at a span of the text that its path was read from.
    pub(crate) fn new(
        plan: &RunPlan,
        settings: Vec<Setting>,
        report: &mut dyn FnMut(usize, Draft),
    ) -> Self {
        let base = plan.documents.clone();
        let trees = Trees {
            documents: Part::ALL.map(|part| base.text(part).map(parse)),
            names: plan.names(),
        };
        let mut slots: Vec<(Slot, usize)> = Vec::new();
        let mut before = Vec::new();
        for (index, setting) in settings.iter().enumerate() {
            let slot = match trees.find(&setting.path) {
                Ok(slot) => slot,
                Err(draft) => {
                    report(index, *draft);
                    before.push(None);
                    continue;
                }
            };
            let text = base.text(slot.part).expect("the slot is in it");
            before.push((!slot.range.is_empty()).then(|| text[slot.range.clone()].to_owned()));
            slots.push((slot, index));
        }
        let found = slots.clone();
        for (index, setting) in settings.iter().enumerate() {
            slots.extend(followers(&trees, &setting.path, &found).map(|slot| (slot, index)));
        }
        slots.sort_by_key(|(slot, _)| {
            (
                slot.part,
                slot.range.start,
                slot.range.end,
                slot.before.clone(),
            )
        });
        for pair in slots.windows(2) {
            let [(one, first), (other, second)] = pair else {
                unreachable!("windows of two");
            };
            let same = one.range == other.range && one.before == other.before;
            let nested = one.part == other.part && one.range.end > other.range.start;
            if one.part == other.part && (same || nested) {
                let later = *first.max(second);
                let (one, other) = (&settings[*first.min(second)], &settings[later]);
                let message = format!(
                    "`{}` and `{}` set the same value",
                    one.path.text, other.path.text
                );
                let draft = Draft::new(Code::SettingTwice, whole(&other.path), message)
                    .help("set each value once");
                report(later, draft);
            }
        }
        let mut changed = ChangedParts::default();
        for (slot, _) in &slots {
            changed.parts[slot.part as usize] = true;
        }
        Self {
            base,
            settings,
            slots,
            before,
            changed,
        }
    }

    /// The path of each setting and its value in the base; `None` if there is none.
    pub(crate) fn before(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let paths = self
            .settings
            .iter()
            .map(|setting| setting.path.text.as_str());
        paths.zip(self.before.iter().map(Option::as_deref))
    }

    /// The plan of a variant, whose documents are resolved. `values` has the JSON of each setting.
    ///
    /// # Errors
    /// Every problem of the changed documents, at its place there.
    pub(crate) fn plan(&self, values: &[&str]) -> Result<RunPlan, Report> {
        load::plan_of_changed(&self.documents(values), self.changed)
    }

    /// The documents of a variant, which are not checked.
    pub(crate) fn documents(&self, values: &[&str]) -> ResolvedDocuments {
        let mut documents = self.base.clone();
        for part in Part::ALL.into_iter().filter(|part| self.changed.has(*part)) {
            let text = self.text(part, values, &mut |_, _| {});
            match part {
                Part::RunConfig => documents.run_config = text,
                Part::Topology => documents.topology = text,
                Part::Profile => documents.profile = text,
                Part::Pfna => documents.pfna = Some(text),
                Part::Aeon => documents.aeon = Some(text),
            }
        }
        documents
    }

    /// The text of one document, and the bytes in it that each setting wrote.
    fn text(
        &self,
        part: Part,
        values: &[&str],
        wrote: &mut dyn FnMut(usize, Range<usize>),
    ) -> String {
        let base = self
            .base
            .text(part)
            .expect("only documents of the run are changed");
        let mut text = String::with_capacity(base.len() + 64);
        let (mut from, mut added_at) = (0, None);
        let slots = self.slots.iter().filter(|(slot, _)| slot.part == part);
        for (slot, index) in slots {
            text.push_str(&base[from..slot.range.start]);
            if slot.first && added_at == Some(slot.range.start) {
                text.push(',');
            }
            added_at = slot.first.then_some(slot.range.start);
            let start = text.len();
            for piece in [&slot.before, values[*index], &slot.after] {
                text.push_str(piece);
            }
            wrote(*index, start..text.len());
            from = slot.range.end;
        }
        text.push_str(&base[from..]);
        text
    }

    /// A report of a variant with its problems where people wrote the settings that cause them.
    pub(crate) fn place(&self, report: Report, values: &[&str]) -> Report {
        let parts = Part::ALL.into_iter().filter(|part| self.changed.has(*part));
        let written: Vec<Written> = parts
            .map(|part| {
                let mut ranges = Vec::new();
                let text = self.text(part, values, &mut |index, range| {
                    ranges.push((range, index));
                });
                Written { part, text, ranges }
            })
            .collect();
        report.map(|problem| self.placed(problem, &written))
    }

    fn placed(&self, mut problem: Problem, written: &[Written]) -> Problem {
        let origin = |place: &Place| {
            let index = written
                .iter()
                .find_map(|written| written.setting_at(place))?;
            Some(self.settings[index].origin.clone())
        };
        let mut explained = false;
        for related in &mut problem.related {
            match origin(&related.place) {
                Some(place) => {
                    related.place = place;
                    explained = true;
                }
                None => self.rename(&mut related.place),
            }
        }
        for place in &mut problem.also {
            match origin(place) {
                Some(setting) => *place = setting,
                None => self.rename(place),
            }
        }
        if let Some(mut place) = origin(&problem.place) {
            std::mem::swap(&mut place, &mut problem.place);
            self.rename(&mut place);
            let message = "here in the changed document".to_owned();
            problem.related.insert(0, Related { message, place });
            return problem;
        }
        self.rename(&mut problem.place);
        if !explained {
            const SHOWN: usize = 3;
            for setting in self.settings.iter().take(SHOWN) {
                let (message, place) = ("this was changed".to_owned(), setting.origin.clone());
                problem.related.push(Related { message, place });
            }
        }
        problem
    }

    /// Names a document by the file that it came from, instead of by what it is.
    fn rename(&self, place: &mut Place) {
        let name = place.path.strip_suffix(".json");
        if let Some(file) = name.and_then(|name| self.base.files.get(name)) {
            place.path = format!("{file} (resolved)");
        }
    }
}

/// A document of a variant, with the bytes that settings wrote.
struct Written {
    part: Part,
    text: String,
    ranges: Vec<(Range<usize>, usize)>,
}

impl Written {
    /// The setting that wrote the text at a place.
    fn setting_at(&self, place: &Place) -> Option<usize> {
        if place.path.strip_suffix(".json") != Some(self.part.name()) || place.line != 1 {
            return None;
        }
        let (at, _) = self.text.char_indices().nth(place.column - 1)?;
        let wrote = self.ranges.iter().find(|(range, _)| range.contains(&at));
        wrote.map(|(_, index)| *index)
    }
}

/// The places that repeat what a setting sets, and change with it.
///
/// The resolved RunConfig has what it takes from the profile; it follows unless it has a value
/// of its own. A PFNA document repeats the ids of the run, and each edge the SC of its topology.
fn followers(
    trees: &Trees<'_>,
    path: &Path,
    found: &[(Slot, usize)],
) -> impl Iterator<Item = Slot> {
    let keys: Vec<&str> = path
        .steps
        .iter()
        .map_while(|step| match &step.to {
            To::Member(key) => Some(key.as_str()),
            _ => None,
        })
        .collect();
    let mut slots = Vec::new();
    let is_whole = keys.len() == path.steps.len();
    let copies: &[(Part, &[&str])] = match (path.part, keys.as_slice()) {
        _ if !is_whole => &[],
        (Part::Profile, ["I_block_spacing_W"]) => &[(Part::RunConfig, &["loom", "W"])],
        (Part::Profile, ["nap_defaults", "v"]) => &[(Part::RunConfig, &["nap", "v"])],
        (Part::Profile, ["nap_defaults", "mode"]) => &[(Part::RunConfig, &["nap", "mode"])],
        (Part::RunConfig, ["gid"]) => &[(Part::Pfna, &["gid"])],
        (Part::RunConfig, ["run_id"]) => &[(Part::Pfna, &["run_id"])],
        _ => &[],
    };
    let own = value(trees, path.part, &keys);
    for (part, copy) in copies {
        if let (Some(own), Some(other)) = (own, value(trees, *part, copy))
            && own.text() == other.text()
        {
            slots.push(slot(*part, other));
        }
    }
    if path.part == Part::Topology && keys == ["SC"] {
        let edges =
            value(trees, Part::Topology, &["edges"]).expect("a resolved topology has edges");
        let scales = edges.children().filter_map(|edge| edge.field("SC"));
        slots.extend(scales.map(|scale| slot(Part::Topology, scale)));
    }
    // What is set by itself does not follow.
    slots.retain(|slot| {
        !found.iter().any(|(set, _)| {
            set.part == slot.part
                && set.range.start <= slot.range.start
                && slot.range.end <= set.range.end
        })
    });
    slots.into_iter()
}

fn value<'t>(trees: &'t Trees<'_>, part: Part, keys: &[&str]) -> Option<Value<'t>> {
    let root = trees.get(part)?.root();
    keys.iter().try_fold(root, |at, key| {
        (at.kind() == Kind::Object).then(|| at.field(key)).flatten()
    })
}

fn slot(part: Part, value: Value<'_>) -> Slot {
    Slot {
        part,
        range: extent(value),
        before: String::new(),
        after: String::new(),
        first: false,
    }
}

fn parse(text: &str) -> Document {
    let parsed = Document::parse_json(Source::new(String::new(), text.to_owned()));
    let (document, _) = parsed.expect("a plan's documents are JSON");
    document
}

/// The span of a whole path in the text that it was read from.
fn whole(path: &Path) -> Span {
    let first = path.steps.first().expect("a path has a step").span;
    let last = path.steps.last().expect("a path has a step").span;
    Span::new(first.start(), last.end())
}
