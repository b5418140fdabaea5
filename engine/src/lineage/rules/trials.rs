//! The fields of the views of descriptors: what is tried on a stream, and what it costs.
//!
//! The engine's own code tries the descriptors, on vectors that are read here. What it finds depends
//! on every value of the stream at the ticks of the window: each of them decides which model is the
//! shortest, also for a number that is only that of the first tick.

use super::super::place::{Field, RunPlace, Trial};
use super::super::reader::Reader;
use super::super::scalar::Scalar;
use super::press;
use crate::aeon::{self, Ticks};
use crate::config::{
    AeonWindow, Apxi, DescriptorPlan, DescriptorType, Model, Numbers as Given, Spans, StreamPlan,
    StreamSource, Window, stream_source,
};
use crate::error::RunError;
use crate::press::TickView;
use crate::record::{Descriptor, DescriptorEntry, Numbers, UmxLedger};

pub(super) fn compute(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    if place.field.is_of_trial() {
        return of_trial(place, reader);
    }
    let window = place.at;
    reader.tried_on(window)?;
    match place.field {
        Field::ApxiWindow => reader.get(Field::ManifestWindow.of(window)),
        Field::ApxiName => reader.get(Field::ManifestApxName.of(window)),
        Field::ApxiAeonWindow => reader.get(Field::WindowAeonWindow.of(window)),
        Field::ApxiViewScheme => reader.get(Field::ApxiScheme.of_run()),
        _ => None,
    }
}

impl Reader<'_> {
    /// The window of the grammar over whose ticks descriptors are tried on a window's streams.
    fn tried_on(&self, window: u64) -> Option<u64> {
        let is_tried = self.has(Field::ManifestWindow.of(window)) && self.is_on(Field::ApxiEnabled);
        if !is_tried {
            return None;
        }
        let id = self.text(Field::WindowAeonWindow.of(window))?;
        let aeon = self.names.aeon_window_named(&id)?;
        self.made(aeon).map(|_| aeon)
    }

    fn is_on(&self, field: Field) -> bool {
        self.test(field.of_run(), |flag| flag == Some(&Scalar::Flag(true)))
    }

    /// The given descriptor with a position among those of a stream, or how many there are.
    fn given(&self, position: u64, aeon: u64, stream: &str) -> Result<u64, u64> {
        let mut found = 0;
        let mut descriptor = 0;
        while self.has(Field::DescriptorId.of(descriptor)) {
            let is = |field: Field, wanted: &str| {
                self.test(field.of(descriptor), |name| {
                    name.and_then(Scalar::text) == Some(wanted)
                })
            };
            let window = self.names.aeon_window(aeon);
            if is(Field::DescriptorWindow, window) && is(Field::DescriptorStream, stream) {
                if found == position {
                    return Ok(descriptor);
                }
                found += 1;
            }
            descriptor += 1;
        }
        Err(found)
    }
}

/// A field of a descriptor that is tried on a stream of a window.
fn of_trial(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let trial = Trial::of(place.at);
    let (window, stream) = reader.names.described(trial.pair);
    let aeon = reader.tried_on(window)?;
    if !reader.has(Field::StreamId.at(window, stream)) {
        return None;
    }
    let name = reader.names.stream(stream);
    let number = |field: Field| reader.integer(field.at(place.at, 0));
    match place.field {
        Field::TriedScheme => {
            let is_there = match reader.given(trial.position, aeon, name) {
                Ok(_) => true,
                Err(count) => count == trial.position && reader.is_on(Field::ApxiDiscover),
            };
            // A descriptor that is found has an id if there is one.
            let is_there = is_there && reader.has(Field::TriedId.of(place.at));
            return is_there
                .then(|| reader.get(Field::ApxiScheme.of_run()))
                .flatten();
        }
        Field::TriedTotalBits => {
            let bits = number(Field::TriedModelBits)?;
            return Some(bits.checked_add(number(Field::TriedResidualBits)?)?.into());
        }
        _ => {}
    }
    let tried = Tried {
        window,
        stream,
        aeon,
    };
    match reader.given(trial.position, aeon, name) {
        Ok(descriptor) => tried.given(place, descriptor, reader),
        Err(count) if count == trial.position && reader.is_on(Field::ApxiDiscover) => {
            tried.found(place, reader)
        }
        Err(_) => None,
    }
}

/// A stream, and the window of the grammar over whose ticks descriptors are tried on it.
struct Tried {
    window: u64,
    stream: u32,
    aeon: u64,
}

impl Tried {
    fn given(&self, place: RunPlace, descriptor: u64, reader: &Reader<'_>) -> Option<Scalar> {
        let trial = Trial::of(place.at);
        let of = Trial {
            pair: 0,
            position: descriptor,
            pattern: trial.pattern,
        };
        let same = |field: Field| reader.get(field.at(of.at()?, place.index));
        let number = |field: Field| same(field).filter(|number| number.integer().is_some());
        match place.field {
            Field::TriedId => same(Field::DescriptorId),
            Field::TriedKind => same(Field::DescriptorKind),
            Field::TriedWindow => same(Field::DescriptorWindow),
            Field::TriedStream => same(Field::DescriptorStream),
            Field::TriedLabel => same(Field::DescriptorLabel),
            Field::TriedValue => number(Field::GivenValue),
            Field::TriedValueOf => same(Field::GivenValueOf),
            Field::TriedPattern => number(Field::GivenPattern),
            Field::TriedPatternOf => same(Field::GivenPatternOf),
            Field::TriedRepeats => same(Field::GivenRepeats),
            Field::TriedIntercept => number(Field::GivenIntercept),
            Field::TriedInterceptOf => same(Field::GivenInterceptOf),
            Field::TriedSlope => number(Field::GivenSlope),
            Field::TriedSlopeOf => same(Field::GivenSlopeOf),
            Field::TriedStart => same(Field::GivenStart),
            Field::TriedModelBits => {
                let bits = aeon::model_bits(&model(descriptor, reader)?);
                Some(bits.into())
            }
            Field::TriedResidualBits | Field::TriedParameter => {
                let model = model(descriptor, reader)?;
                of_entry(place, &self.entry(Some(model), reader)?)
            }
            _ => None,
        }
    }

    fn found(&self, place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
        of_entry(place, &self.entry(None, reader)?)
    }

    /// What the engine makes of a model, or of what it finds itself.
    fn entry(&self, model: Option<Model>, reader: &Reader<'_>) -> Option<DescriptorEntry> {
        let source = reader.text(Field::StreamSourceName.at(self.window, self.stream))?;
        let source = stream_source(&source)?;
        let scheme = press::scheme(&reader.text(Field::ApxiScheme.of_run())?)?;
        let stream = reader.names.stream(self.stream).to_owned();
        let window_id = reader.names.aeon_window(self.aeon).to_owned();
        let spans = reader.spans(self.aeon)?;
        let mut ticks = Vectors {
            source,
            reader,
            components: model.as_ref().and_then(components),
        };
        let (window, aeon) = tried(&stream, source, &window_id, spans);
        let apxi = Apxi {
            enabled: true,
            residual_scheme: scheme,
            discover: model.is_none(),
            descriptors: model
                .into_iter()
                .map(|model| DescriptorPlan {
                    descriptor_id: String::new(),
                    window_id: window_id.clone(),
                    stream_id: stream.clone(),
                    labels: None,
                    model,
                })
                .collect(),
        };
        let view = aeon::apxi_view(&window, &aeon, &apxi, &mut ticks).ok()?;
        let entries = view.descriptors_by_stream.into_values().flatten();
        entries.into_iter().next()
    }
}

/// A window with one stream, and the window of the grammar that it names.
fn tried(stream: &str, source: StreamSource, id: &str, spans: Spans) -> (Window, AeonWindow) {
    let window = Window {
        window_id: String::new(),
        apx_name: String::new(),
        ticks: spans.first()..=spans.first(),
        primary: false,
        streams: vec![StreamPlan {
            name: stream.to_owned(),
            source,
            hint: None,
            description: String::new(),
        }],
        aeon_window_id: Some(id.to_owned()),
    };
    let aeon = AeonWindow {
        window_id: id.to_owned(),
        labels: Vec::new(),
        parent_id: None,
        press_window_id: None,
        press: None,
        derivation: None,
        spans,
        covered: std::collections::BTreeMap::new(),
    };
    (window, aeon)
}

/// The number of components of a model's lists; `None` if it has none.
fn components(model: &Model) -> Option<usize> {
    let all: Vec<&Given> = match model {
        Model::Const { value } => vec![value],
        Model::Run { pattern, .. } => pattern.iter().collect(),
        Model::Linear {
            intercept, slope, ..
        } => vec![intercept, slope],
    };
    let mut lists = all.into_iter().filter_map(|numbers| match numbers {
        Given::Same(_) => None,
        Given::Each(numbers) => Some(numbers.len()),
    });
    let first = lists.next()?;
    // A length that no vector has, if they differ.
    let is_one = lists.all(|length| length == first);
    Some(if is_one { first } else { usize::MAX })
}

/// The vectors of a stream.
struct Vectors<'r, 'v> {
    source: StreamSource,
    reader: &'r Reader<'v>,
    /// How many components each of them must have. Values of two runs may be mixed here.
    components: Option<usize>,
}

impl Ticks for Vectors<'_, '_> {
    fn each(
        &mut self,
        spans: &Spans,
        visit: &mut dyn FnMut(&TickView<'_>),
    ) -> Result<(), RunError> {
        for tick in spans.ticks() {
            let none = RunError::Cancelled { tick };
            let (ledger, c_prev) = press::vectors(self.source, tick, self.reader).ok_or(none)?;
            let length = length(self.source, &ledger).ok_or(none)?;
            if *self.components.get_or_insert(length) != length {
                return Err(none);
            }
            let ledger = &UmxLedger { tick, ..ledger };
            visit(&TickView::of_ledger(ledger, c_prev));
        }
        Ok(())
    }
}

/// How many components the vector of a tick has.
fn length(source: StreamSource, ledger: &UmxLedger) -> Option<usize> {
    match source {
        StreamSource::PreU => Some(ledger.pre_u.len()),
        StreamSource::PostU => Some(ledger.post_u.len()),
        StreamSource::PostUDeltas => {
            (ledger.pre_u.len() == ledger.post_u.len()).then_some(ledger.pre_u.len())
        }
        StreamSource::Fluxes => Some(ledger.edges.len()),
        StreamSource::PrevChain => Some(1),
    }
}

/// The model of a given descriptor.
fn model(descriptor: u64, reader: &Reader<'_>) -> Option<Model> {
    let at = |pattern: u64| {
        let position = descriptor;
        let pair = 0;
        Trial {
            pair,
            position,
            pattern,
        }
        .at()
    };
    let numbers = |field: Field, of: Field, at: u64| given_numbers(field, of, at, reader);
    let kind = reader.text(Field::DescriptorKind.of(descriptor))?;
    let kind = DescriptorType::ALL
        .into_iter()
        .find(|known| known.name() == kind)?;
    Some(match kind {
        DescriptorType::Const => Model::Const {
            value: numbers(Field::GivenValue, Field::GivenValueOf, descriptor)??,
        },
        DescriptorType::Run => {
            let mut pattern = Vec::new();
            for entry in 0.. {
                match numbers(Field::GivenPattern, Field::GivenPatternOf, at(entry)?)? {
                    Some(numbers) => pattern.push(numbers),
                    None => break,
                }
            }
            if pattern.is_empty() {
                return None;
            }
            Model::Run {
                pattern,
                repeats: reader.integer(Field::GivenRepeats.of(descriptor))?,
            }
        }
        DescriptorType::Linear => Model::Linear {
            intercept: numbers(Field::GivenIntercept, Field::GivenInterceptOf, descriptor)??,
            slope: numbers(Field::GivenSlope, Field::GivenSlopeOf, descriptor)??,
            start_tick: match reader.get(Field::GivenStart.of(descriptor)) {
                Some(tick) => Some(tick.integer()?),
                None => None,
            },
        },
    })
}

/// A number for all components, or a list of one for each; `Some(None)` if there is neither.
fn given_numbers(field: Field, of: Field, at: u64, reader: &Reader<'_>) -> Option<Option<Given>> {
    match reader.get(field.of(at)) {
        Some(Scalar::Integer(number)) => return Some(Some(Given::Same(number))),
        // How the place of an empty list reads.
        Some(_) => return Some(Some(Given::Each(Vec::new()))),
        None => {}
    }
    let list = (0..).map_while(|component| reader.get(of.at(at, component)));
    let list: Option<Vec<i64>> = list.map(|number| number.integer()).collect();
    let list = list?;
    Some((!list.is_empty()).then_some(Given::Each(list)))
}

/// The value of a descriptor that was tried.
fn of_entry(place: RunPlace, entry: &DescriptorEntry) -> Option<Scalar> {
    Some(match place.field {
        Field::TriedModelBits => entry.model_bits.into(),
        Field::TriedResidualBits => entry.residual_bits.into(),
        Field::TriedParameter => entry.params.into(),
        _ => return of_descriptor(place, &entry.descriptor),
    })
}

fn of_descriptor(place: RunPlace, descriptor: &Descriptor) -> Option<Scalar> {
    let params = &descriptor.params;
    let index = place.index as usize;
    let pattern = || {
        let at = usize::try_from(Trial::of(place.at).pattern).ok()?;
        params.pattern.as_ref()?.get(at)
    };
    let number = match place.field {
        Field::TriedId => return Some(descriptor.descriptor_id.as_str().into()),
        Field::TriedKind => return Some(descriptor.descriptor_type.name().into()),
        Field::TriedWindow => return Some(descriptor.window_id.as_str().into()),
        Field::TriedStream => return Some(descriptor.stream_id.as_str().into()),
        Field::TriedLabel => {
            return Some(descriptor.labels.as_ref()?.get(index)?.as_str().into());
        }
        Field::TriedValue => same(params.value.as_ref()),
        Field::TriedValueOf => each(params.value.as_ref(), index),
        Field::TriedPattern => same(pattern()),
        Field::TriedPatternOf => each(pattern(), index),
        Field::TriedIntercept => same(params.intercept.as_ref()),
        Field::TriedInterceptOf => each(params.intercept.as_ref(), index),
        Field::TriedSlope => same(params.slope.as_ref()),
        Field::TriedSlopeOf => each(params.slope.as_ref(), index),
        Field::TriedRepeats => params.repeats,
        Field::TriedStart => params.start_tick,
        _ => None,
    };
    number.map(Scalar::from)
}

fn same(numbers: Option<&Numbers>) -> Option<i64> {
    match numbers? {
        Numbers::Same(number) => Some(*number),
        Numbers::Each(_) => None,
    }
}

fn each(numbers: Option<&Numbers>, component: usize) -> Option<i64> {
    match numbers? {
        Numbers::Same(_) => None,
        Numbers::Each(numbers) => numbers.get(component).copied(),
    }
}
