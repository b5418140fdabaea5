//! Checks a grammar of AEON windows: ids, ticks, what windows are made of, and their sizes.

use std::collections::{BTreeMap, BTreeSet};

mod entries;

use super::super::aeon::{AeonWindow, Derivation, Grammar, Spans, all_covered, cycles};
use super::super::decode::{List, Name, nearest};
use super::super::documents::{GrammarDocument, WindowDocument};
use super::super::limits::{AEON_SPANS_MAX, AEON_SPANS_TAKEN_MAX, AEON_TICKS_MAX};
use super::super::plan::Window;
use super::super::problem::{Code, Draft, Problems};
use super::super::tree::{Document, Value, shortened};
use super::inputs::HINTS_MAX;
use super::{Known, over_limit, value_at};
use entries::{Entry, Made, entries};

pub(super) use entries::labels;

/// What a grammar is checked against, as far as it is known.
#[derive(Clone, Copy, Default)]
pub(crate) struct AeonBounds<'a> {
    pub(crate) ticks: Option<Known<'a>>,
    /// The windows of the run.
    pub(crate) windows: Option<&'a [Window]>,
}

/// A grammar that was checked.
pub(crate) struct CheckedGrammar {
    /// The ids of its windows, whatever their problems.
    pub(crate) ids: BTreeSet<String>,
    /// `None` if it has problems.
    pub(crate) grammar: Option<Grammar>,
}

/// Checks a grammar; `None` if it has no windows that could be read.
pub(crate) fn grammar(
    document: &Document,
    content: &GrammarDocument,
    bounds: AeonBounds<'_>,
    problems: &mut Problems,
) -> Option<CheckedGrammar> {
    let before = problems.len();
    let (entries, others) = entries(document, content, bounds.ticks, problems)?;
    let index: BTreeMap<&str, usize> = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| (entry.id.as_str(), index))
        .collect();
    let check = Check {
        entries: &entries,
        index: &index,
        others: &others,
        bounds,
    };
    check.parents(problems);
    let press = check.press(problems);
    let order = check.sources(problems);
    let extents = check.extents(&order, &press, problems);
    let ids = index.keys().map(|id| (*id).to_owned());
    let ids = ids.chain(others.iter().cloned()).collect();
    // What is broken was reported when the document was read.
    let is_good = problems.len() == before && others.is_empty();
    let extents: Option<Vec<Extent>> = extents.into_iter().collect();
    let extents = extents.filter(|_| is_good);
    let grammar = extents.map(|extents| check.finish(extents, &press));
    Some(CheckedGrammar { ids, grammar })
}

/// A grammar whose windows were read.
struct Check<'c, 'a> {
    /// Bases first, each group in order of id.
    entries: &'c [Entry<'a>],
    index: &'c BTreeMap<&'c str, usize>,
    /// The ids of windows that cannot be read.
    others: &'c [String],
    bounds: AeonBounds<'c>,
}

impl Check<'_, '_> {
    /// The window of an id. One that does not exist is reported.
    fn find(&self, id: &str, at: Value<'_>, what: &str, problems: &mut Problems) -> Option<usize> {
        let found = self.index.get(id).copied();
        if found.is_none() && !self.others.iter().any(|other| other == id) {
            let near = Near::new(problems);
            let ids = self.index.keys().copied();
            problems.add_on(at, no_such_window(at, id, what, near.of(id, ids)));
        }
        found
    }

    /// The windows that each window leads to.
    fn edges(
        &self,
        problems: &mut Problems,
        mut leads_to: impl FnMut(&Entry<'_>, &mut Problems) -> Vec<usize>,
    ) -> Vec<Vec<usize>> {
        let entries = self.entries.iter();
        entries.map(|entry| leads_to(entry, problems)).collect()
    }

    fn parents(&self, problems: &mut Problems) {
        let edges = self.edges(problems, |entry, problems| {
            let parent = entry.parent.as_ref();
            let parent = parent.and_then(|(id, at)| self.find(id, *at, "parent", problems));
            parent.into_iter().collect()
        });
        for cycle in cycles(&edges).cycles {
            self.report_cycle(&cycle, "parent", problems);
        }
    }

    /// Checks the sources, and returns the windows whose ticks can be known, each after its sources.
    fn sources(&self, problems: &mut Problems) -> Vec<usize> {
        let edges = self.edges(problems, |entry, problems| match &entry.made {
            Made::From {
                sources: Some(sources),
                ..
            } => sources
                .iter()
                .filter_map(|(id, at)| self.find(id, *at, "source", problems))
                .collect(),
            Made::Of(_) | Made::From { .. } => Vec::new(),
        });
        let found = cycles(&edges);
        for cycle in found.cycles {
            self.report_cycle(&cycle, "source", problems);
        }
        found.order
    }

    /// Reports a cycle at the first of its windows.
    fn report_cycle(&self, cycle: &[usize], what: &str, problems: &mut Problems) {
        const SHOWN: usize = 8;
        let ids = cycle.iter().map(|index| self.entries[*index].id.as_str());
        let mut shown: Vec<String> = ids.take(SHOWN).map(|id| format!("`{id}`")).collect();
        if cycle.len() > SHOWN {
            shown.push("…".to_owned());
        }
        let first = &self.entries[cycle[0]];
        shown.push(format!("`{}`", first.id));
        let next = &self.entries[cycle[1 % cycle.len()]].id;
        let at = match &first.made {
            Made::From {
                sources: Some(sources),
                ..
            } if what == "source" => sources.iter().find(|(id, _)| id == next),
            _ => first.parent.as_ref(),
        };
        let at = at.map_or(first.value, |(_, at)| *at);
        let message = format!(
            "AEON windows form a cycle of {what}s: {}",
            shown.join(" → ")
        );
        let draft = Draft::on(at, Code::AeonCycle, message);
        problems.add_on(
            at,
            draft.help(format!("name another {what}, or none, in one of them")),
        );
    }

    /// The window of the run that each window names.
    fn press(&self, problems: &mut Problems) -> Vec<Option<usize>> {
        let Some(windows) = self.bounds.windows else {
            return vec![None; self.entries.len()];
        };
        let by_id = windows.iter().enumerate();
        let by_id: BTreeMap<&str, usize> = by_id
            .map(|(index, window)| (window.window_id.as_str(), index))
            .collect();
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, window) in windows.iter().enumerate() {
            by_name.entry(&window.apx_name).or_default().push(index);
        }
        let find = |entry: &Entry<'_>, problems: &mut Problems| {
            let (name, at) = entry.press.as_ref()?;
            if let Some(index) = by_id.get(name.as_str()) {
                // A `window_id` goes before an `apx_name`, which several windows may have.
                return Some(*index);
            }
            match by_name.get(name.as_str()).map(Vec::as_slice) {
                Some([index]) => Some(*index),
                Some(several) => {
                    let message =
                        format!("`{name}` is the `apx_name` of {} windows", several.len());
                    let draft = Draft::on(*at, Code::AmbiguousPressWindow, message)
                        .expected("the `window_id` of one of them");
                    problems.add_on(*at, draft);
                    None
                }
                None => {
                    let message = format!("the run has no window `{}`", shortened(name));
                    let known = by_id.keys().chain(by_name.keys()).copied();
                    let help = Near::new(problems).of(name, known).map_or_else(
                        || {
                            "write the `window_id` or the `apx_name` of a window of the RunConfig"
                                .to_owned()
                        },
                        |near| format!("did you mean `{near}`?"),
                    );
                    let draft = Draft::on(*at, Code::NoSuchPressWindow, message);
                    problems.add_on(*at, draft.help(help));
                    None
                }
            }
        };
        self.entries
            .iter()
            .map(|entry| find(entry, problems))
            .collect()
    }

    /// The ticks of each window and what it covers, as far as they are known.
    fn extents(
        &self,
        order: &[usize],
        press: &[Option<usize>],
        problems: &mut Problems,
    ) -> Vec<Option<Extent>> {
        let mut extents: Vec<Option<Extent>> = vec![None; self.entries.len()];
        let mut taken = 0_u64;
        for &index in order {
            let entry = &self.entries[index];
            let (aggregation, sources) = match &entry.made {
                Made::Of(range) => {
                    extents[index] = range.map(|[first, last]| Extent {
                        spans: Spans::range(first, last),
                        covered: press[index].into_iter().map(|press| (press, 1)).collect(),
                    });
                    continue;
                }
                Made::From {
                    aggregation: Some(aggregation),
                    sources: Some(sources),
                } => (*aggregation, sources),
                Made::From { .. } => continue,
            };
            let of = |id: &String| extents[*self.index.get(id.as_str())?].as_ref();
            let sources: Option<Vec<&Extent>> = sources.iter().map(|(id, _)| of(id)).collect();
            let Some(sources) = sources else { continue };
            taken += sources.iter().map(|source| source.size()).sum::<u64>();
            if taken > AEON_SPANS_TAKEN_MAX {
                let what = "spans and windows that derived windows take from their sources";
                over_limit(entry.value, what, taken, AEON_SPANS_TAKEN_MAX, problems);
                return extents;
            }
            let covered = all_covered(sources.iter().map(|source| &source.covered), aggregation)
                .expect("each source covers at most AEON_TICKS_MAX times");
            let spans = sources.into_iter().map(|source| &source.spans);
            let spans = match aggregation.keeps_repeats() {
                true => Spans::concat(spans),
                false => Spans::union(spans),
            };
            let spans = within_limits(entry.value, spans, problems);
            extents[index] = spans.map(|spans| Extent { spans, covered });
        }
        extents
    }

    /// The grammar; it has no problems.
    fn finish(&self, extents: Vec<Extent>, press: &[Option<usize>]) -> Grammar {
        const CHECKED: &str = "a window whose ticks are known has an aggregation";
        let windows = self.entries.iter().zip(extents).zip(press);
        let windows = windows.map(|((entry, extent), press)| {
            let Extent { spans, covered } = extent;
            AeonWindow {
                window_id: entry.id.clone(),
                labels: entry.labels.clone(),
                parent_id: entry.parent.as_ref().map(|(id, _)| id.clone()),
                press_window_id: entry.press.as_ref().map(|(id, _)| id.clone()),
                press: *press,
                derivation: match &entry.made {
                    Made::Of(_) => None,
                    Made::From {
                        aggregation,
                        sources,
                    } => Some(Derivation {
                        aggregation: aggregation.expect(CHECKED),
                        source_ids: sources.iter().flatten().map(|(id, _)| id.clone()).collect(),
                    }),
                },
                spans,
                covered,
            }
        });
        Grammar::new(windows.collect())
    }
}

/// The ticks of a window, and the windows of the run that its base windows name, each with how often
/// it is covered.
#[derive(Clone)]
struct Extent {
    spans: Spans,
    covered: BTreeMap<usize, u64>,
}

impl Extent {
    fn size(&self) -> u64 {
        (self.spans.runs().len() + self.covered.len()) as u64
    }
}

fn within_limits(value: Value<'_>, spans: Spans, problems: &mut Problems) -> Option<Spans> {
    let (ticks, runs) = (spans.tick_count(), spans.runs().len() as u64);
    let mut is_good = true;
    for (what, found, limit) in [
        ("ticks of an AEON window", ticks, AEON_TICKS_MAX),
        ("spans of an AEON window", runs, AEON_SPANS_MAX),
    ] {
        if found > limit {
            over_limit(value, what, found, limit, problems);
            is_good = false;
        }
    }
    is_good.then_some(spans)
}

/// Looks for the name that was meant, unless there are so many problems that it would take long.
pub(super) struct Near {
    is_looked_for: bool,
}

impl Near {
    pub(super) fn new(problems: &Problems) -> Self {
        Self {
            is_looked_for: problems.len() < HINTS_MAX,
        }
    }

    pub(super) fn of<'i>(
        &self,
        name: &str,
        known: impl Iterator<Item = &'i str>,
    ) -> Option<&'i str> {
        self.is_looked_for.then(|| nearest(name, known)).flatten()
    }
}

/// The problem of an id that no window of the grammar has.
pub(super) fn no_such_window(at: Value<'_>, id: &str, what: &str, near: Option<&str>) -> Draft {
    let id = shortened(id);
    let message = match what {
        "" => format!("the grammar has no window `{id}`"),
        what => format!("the {what} `{id}` is not a window of the grammar"),
    };
    let help = near.map_or_else(
        || "write the id of one of the grammar's windows".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Draft::on(at, Code::NoSuchAeonWindow, message).help(help)
}

/// Checks the AEON windows that the windows of a RunConfig name.
pub(crate) fn aeon_window_ids(
    document: &Document,
    list: Option<&List<WindowDocument>>,
    grammar: &CheckedGrammar,
    problems: &mut Problems,
) {
    let Some(list) = list else { return };
    let mut unknown = Vec::new();
    // The problems of the windows were reported when they were checked.
    list.each(document, &mut Problems::default(), |_, window, _| {
        let Some(window) = window else { return };
        let at = value_at(document, window.places.aeon_window_id);
        if let (Some(Name(id)), Some(at)) = (window.aeon_window_id, at)
            && !grammar.ids.contains(&id)
        {
            unknown.push((id, at));
        }
    });
    for (id, at) in unknown {
        let near = Near::new(problems);
        let near = near.of(&id, grammar.ids.iter().map(String::as_str));
        problems.add_on(at, no_such_window(at, &id, "", near));
    }
}
