//! Checks descriptors: their windows, streams and numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::super::aeon::{Apxi, DescriptorPlan, DescriptorType, Grammar, Model, Numbers, found_id};
use super::super::decode::{Given, Int, Name, list_of};
use super::super::defaults;
use super::super::documents::{
    ApxiDocument, DescriptorDocument, Numbers as NumbersDocument, ParamsDocument, RunConfig,
};
use super::super::limits::DESCRIPTORS_MAX;
use super::super::plan::{StreamSource, Window};
use super::super::problem::{Code, Draft, Problems};
use super::super::tree::{Document, Kind, Value, shortened};
use super::aeon::{CheckedGrammar, Near, labels as labels_of, no_such_window};
use super::run::flag;
use super::{field_or, over_limit, value_at};

/// What descriptors are checked against, as far as it is known.
#[derive(Clone, Copy)]
pub(crate) struct ApxiBounds<'b> {
    pub(crate) grammar: Option<&'b CheckedGrammar>,
    pub(crate) windows: Option<&'b [Window]>,
    pub(crate) node_count: Option<u64>,
    pub(crate) edge_count: Option<u64>,
}

impl ApxiBounds<'_> {
    /// How many components the vectors of a source have.
    fn components(&self, source: StreamSource) -> Option<u64> {
        match source {
            StreamSource::PostUDeltas | StreamSource::PreU | StreamSource::PostU => self.node_count,
            StreamSource::Fluxes => self.edge_count,
            StreamSource::PrevChain => Some(1),
        }
    }
}

/// Reports descriptors without a grammar.
pub(crate) fn apxi_needs_grammar(document: &Document, run: &RunConfig, problems: &mut Problems) {
    let apxi = value_at(document, run.places.apxi).filter(|_| run.apxi.is_some());
    if let (Some(apxi), None) = (apxi, run.places.aeon_path) {
        let message = "`apxi` is of no use without `aeon_path`";
        let draft = Draft::on_key(apxi, Code::FieldNeedsField, message)
            .help("add `aeon_path`: the grammar whose windows descriptors are tried on");
        problems.add_on(apxi, draft);
    }
}

/// What is tried on the streams; `None` if it has problems.
pub(crate) fn apxi(
    document: &Document,
    content: &ApxiDocument,
    bounds: ApxiBounds<'_>,
    problems: &mut Problems,
) -> Option<Apxi> {
    let before = problems.len();
    let enabled = flag(content.enabled, defaults::APXI);
    let discover = flag(content.discover, defaults::APXI_DISCOVER);
    let mut check = Check {
        bounds,
        discover,
        ids: BTreeMap::new(),
        outside: BTreeSet::new(),
    };
    let mut descriptors = Vec::new();
    if let Some(list) = &content.descriptors {
        if list.len() > DESCRIPTORS_MAX {
            let value = list.value(document);
            over_limit(value, "descriptors", list.len(), DESCRIPTORS_MAX, problems);
            return None;
        }
        list.each(document, problems, |value, descriptor, problems| {
            let Some(descriptor) = descriptor else { return };
            descriptors.extend(check.descriptor(value, &descriptor, problems));
        });
    }
    if enabled && discover {
        let apxi = document.value(content.at);
        check.discovery(field_or(apxi, content.places.discover), problems);
    }
    let residual_scheme = content.residual_scheme.unwrap_or(defaults::RESIDUAL_SCHEME);
    (problems.len() == before).then_some(Apxi {
        enabled,
        residual_scheme,
        discover,
        descriptors,
    })
}

struct Check<'b, 'a> {
    bounds: ApxiBounds<'b>,
    discover: bool,
    /// The places of the ids that were read.
    ids: BTreeMap<String, Value<'a>>,
    /// The windows of the run, by index, whose AEON window leaves them, as far as it was reported.
    outside: BTreeSet<usize>,
}

impl<'a> Check<'_, 'a> {
    fn descriptor(
        &mut self,
        value: Value<'a>,
        descriptor: &DescriptorDocument,
        problems: &mut Problems,
    ) -> Option<DescriptorPlan> {
        let before = problems.len();
        self.id(value, descriptor, problems);
        let sources = self.belongs(value, descriptor, problems);
        let model = model(value, descriptor, problems);
        if let (Some(params), Some(sources)) = (descriptor.params.get(), &sources) {
            self.components(value.document(), params, sources, problems);
        }
        let labels = descriptor.labels.as_ref();
        let labels = labels.map(|list| labels_of(value.document(), Some(list), problems));
        let text = |name: &Given<Name>| name.get().map(|Name(name)| name.clone());
        let plan = DescriptorPlan {
            descriptor_id: text(&descriptor.descriptor_id)?,
            window_id: text(&descriptor.window_id)?,
            stream_id: text(&descriptor.stream_id)?,
            labels,
            model: model?,
        };
        (problems.len() == before).then_some(plan)
    }

    fn id(&mut self, value: Value<'a>, descriptor: &DescriptorDocument, problems: &mut Problems) {
        let Some(Name(id)) = descriptor.descriptor_id.get() else {
            return;
        };
        let at = field_or(value, descriptor.places.descriptor_id);
        let found = descriptor.stream_id.get();
        if self.discover && found.is_some_and(|Name(stream)| *id == found_id(stream)) {
            let message = format!("`{id}` is the id of the descriptor that `discover` finds");
            let draft = Draft::on(at, Code::DuplicateDescriptor, message);
            problems.add_on(at, draft.help("choose another `descriptor_id`"));
        }
        if let Some(first) = self.ids.get(id) {
            let message = format!("the descriptor id `{id}` is used twice");
            let draft = Draft::on(at, Code::DuplicateDescriptor, message);
            problems.add_on(at, draft.related(*first, "first used here"));
        } else {
            self.ids.insert(id.clone(), at);
        }
    }

    /// The sources of the streams to which a descriptor belongs: those of its name, of the windows
    /// of the run that name its window. `None` if they are not known.
    fn belongs(
        &mut self,
        value: Value<'_>,
        descriptor: &DescriptorDocument,
        problems: &mut Problems,
    ) -> Option<Vec<StreamSource>> {
        let Name(id) = descriptor.window_id.get()?;
        let at = field_or(value, descriptor.places.window_id);
        let grammar = self.bounds.grammar?;
        if !grammar.ids.contains(id) {
            let near = Near::new(problems);
            let near = near.of(id, grammar.ids.iter().map(String::as_str));
            problems.add_on(at, no_such_window(at, id, "", near));
            return None;
        }
        let windows = self.bounds.windows?;
        let all = windows.iter().enumerate();
        let naming: Vec<(usize, &Window)> = all
            .filter(|(_, window)| window.aeon_window_id.as_ref() == Some(id))
            .collect();
        if naming.is_empty() {
            let message = format!("no window of the run has the `aeon_window_id` `{id}`");
            let draft = Draft::on(at, Code::UnusedDescriptor, message);
            problems.add_on(at, draft.help(format!(
                "write `aeon_window_id` = \"{id}\" in the window of the run whose streams it describes"
            )));
            return None;
        }
        let Name(stream) = descriptor.stream_id.get()?;
        let streams = naming.iter().flat_map(|(_, window)| &window.streams);
        let of_name = streams.clone().filter(|known| known.name == *stream);
        let sources: Vec<StreamSource> = of_name.map(|known| known.source).collect();
        if sources.is_empty() {
            let at = field_or(value, descriptor.places.stream_id);
            let message = format!(
                "the windows of `{id}` have no stream `{}`",
                shortened(stream)
            );
            let names: BTreeSet<&str> = streams.map(|known| known.name.as_str()).collect();
            let near = Near::new(problems).of(stream, names.iter().copied());
            let help = near.map_or_else(
                || {
                    format!(
                        "their streams are {}",
                        list_of(names.iter().copied(), "and")
                    )
                },
                |near| format!("did you mean `{near}`?"),
            );
            problems.add_on(
                at,
                Draft::on(at, Code::UnusedDescriptor, message).help(help),
            );
            return None;
        }
        if let Some(grammar) = &grammar.grammar {
            for (index, window) in naming {
                let has_stream = window.streams.iter().any(|known| known.name == *stream);
                if has_stream {
                    self.is_within(grammar, (index, window), at, problems);
                }
            }
        }
        Some(sources)
    }

    /// Checks that an AEON window lies within a window of the run that names it.
    fn is_within(
        &mut self,
        grammar: &Grammar,
        (index, window): (usize, &Window),
        at: Value<'_>,
        problems: &mut Problems,
    ) {
        let aeon = window.aeon_window_id.as_ref();
        let Some(aeon) = aeon.and_then(|id| grammar.find(id)) else {
            return;
        };
        let Some(tick) = aeon.spans.tick_outside(&window.ticks) else {
            return;
        };
        if !self.outside.insert(index) {
            return;
        }
        let (first, last) = (window.ticks.start(), window.ticks.end());
        let message = format!(
            "the AEON window `{}` has tick {tick}, which is not in the window `{}`",
            aeon.window_id, window.window_id
        );
        let draft = Draft::on(at, Code::DescriptorOutside, message)
            .expected(format!("an AEON window within the ticks {first} to {last}"));
        problems.add_on(at, draft);
    }

    /// Checks the windows on which descriptors are looked for.
    fn discovery(&mut self, at: Value<'_>, problems: &mut Problems) {
        let grammar = self
            .bounds
            .grammar
            .and_then(|checked| checked.grammar.as_ref());
        if let (Some(grammar), Some(windows)) = (grammar, self.bounds.windows) {
            for window in windows.iter().enumerate() {
                self.is_within(grammar, window, at, problems);
            }
        }
    }

    /// Checks that each list has one number for each component of the streams.
    fn components(
        &self,
        document: &Document,
        params: &ParamsDocument,
        sources: &[StreamSource],
        problems: &mut Problems,
    ) {
        let expected: BTreeSet<u64> = sources
            .iter()
            .filter_map(|source| self.bounds.components(*source))
            .collect();
        let check = |numbers: &NumbersDocument, problems: &mut Problems| {
            let NumbersDocument::Each(list) = numbers else {
                return;
            };
            let Some(expected) = expected.iter().find(|expected| **expected != list.len()) else {
                return;
            };
            let at = list.value(document);
            let message = format!(
                "the list has {} numbers for vectors of {expected} components",
                list.len()
            );
            let draft = Draft::on(at, Code::ComponentCount, message).expected(format!(
                "a list of {expected} integers, or one integer for all"
            ));
            problems.add_on(at, draft);
        };
        let all = [&params.value, &params.intercept, &params.slope];
        for numbers in all.into_iter().flatten() {
            check(numbers, problems);
        }
        if let Some(pattern) = &params.pattern {
            // The problems of the entries were reported with the model.
            let mut entries = Vec::new();
            pattern.each(document, &mut Problems::default(), |_, entry, _| {
                entries.extend(entry);
            });
            entries.iter().for_each(|entry| check(entry, problems));
        }
    }
}

/// The model of a descriptor; `None` if its parameters have problems.
fn model(
    value: Value<'_>,
    descriptor: &DescriptorDocument,
    problems: &mut Problems,
) -> Option<Model> {
    let descriptor_type = *descriptor.descriptor_type.get()?;
    let params = descriptor.params.get()?;
    let document = value.document();
    let places = &params.places;
    let before = problems.len();
    let (needed, optional): (&[&str], &[&str]) = match descriptor_type {
        DescriptorType::Const => (&["value"], &[]),
        DescriptorType::Run => (&["pattern", "repeats"], &[]),
        DescriptorType::Linear => (&["intercept", "slope"], &["start_tick"]),
    };
    let given = [
        ("value", places.value, params.value.is_some()),
        ("pattern", places.pattern, params.pattern.is_some()),
        ("repeats", places.repeats, params.repeats.is_some()),
        ("intercept", places.intercept, params.intercept.is_some()),
        ("slope", places.slope, params.slope.is_some()),
        ("start_tick", places.start_tick, params.start_tick.is_some()),
    ];
    let name = descriptor_type.name();
    for (field, place, is_given) in given {
        let at = value_at(document, place);
        // A null is the same as absence; a field with problems is there.
        let is_absent = at.is_none_or(|at| at.kind() == Kind::Null);
        if needed.contains(&field) && is_absent {
            let object = document.value(params.at);
            let message = format!("the parameters of {name} have no `{field}`");
            let draft = Draft::on(object, Code::MissingField, message)
                .expected(format!("`{field}`"))
                .help(format!(
                    "{name} has {}",
                    list_of(needed.iter().copied(), "and")
                ));
            problems.add_on(object, draft);
        }
        if let (Some(at), true) = (at, is_given)
            && !needed.contains(&field)
            && !optional.contains(&field)
        {
            let message = format!("`{field}` is not a parameter of {name}");
            let all = needed.iter().chain(optional).copied();
            let draft = Draft::on_key(at, Code::ForeignField, message)
                .help(format!("remove it: {name} has {}", list_of(all, "and")));
            problems.add_on(at, draft);
        }
    }
    let model = match descriptor_type {
        DescriptorType::Const => Model::Const {
            value: numbers(document, params.value, problems)?,
        },
        DescriptorType::Run => Model::Run {
            pattern: pattern(document, params, problems)?,
            repeats: params.repeats?.0,
        },
        DescriptorType::Linear => Model::Linear {
            intercept: numbers(document, params.intercept, problems)?,
            slope: numbers(document, params.slope, problems)?,
            start_tick: params.start_tick.map(|Int(tick)| tick),
        },
    };
    (problems.len() == before).then_some(model)
}

fn numbers(
    document: &Document,
    numbers: Option<NumbersDocument>,
    problems: &mut Problems,
) -> Option<Numbers> {
    Some(match numbers? {
        NumbersDocument::Same(number) => Numbers::Same(number),
        NumbersDocument::Each(list) => {
            let numbers = list.all(document, problems)?;
            Numbers::Each(numbers.into_iter().map(|Int(number)| number).collect())
        }
    })
}

fn pattern(
    document: &Document,
    params: &ParamsDocument,
    problems: &mut Problems,
) -> Option<Vec<Numbers>> {
    let list = params.pattern.as_ref()?;
    if list.len() == 0 {
        let at = list.value(document);
        let draft = Draft::on(at, Code::EmptyPattern, "the pattern is empty")
            .expected("a list of at least one entry");
        problems.add_on(at, draft);
        return None;
    }
    let entries = list.all(document, problems)?;
    let entries = entries
        .into_iter()
        .map(|entry| numbers(document, Some(entry), problems));
    // All of them, so that the problems of each are reported.
    let entries: Vec<Option<Numbers>> = entries.collect();
    entries.into_iter().collect()
}
