//! Tries the descriptors of a window on its streams, after it has closed.

use std::collections::BTreeMap;

use super::Ticks;
use super::discover::{FoundModel, Search};
use super::model::{Placed, Residual, model_bits};
use crate::config::{
    AeonWindow, Apxi, DescriptorPlan, Model, Numbers as NumbersPlan, Scheme, Spans, StreamPlan,
    Window, found_id,
};
use crate::error::{Operation, RunError};
use crate::press::TickView;
use crate::record::{ApxiView, Descriptor, DescriptorEntry, DescriptorParams, Numbers};

/// Most vectors of all streams of a window that are counted at a time.
const COUNTED_MAX: usize = 1 << 18;

/// A stream with the descriptors that are tried on it.
struct Trials<'p> {
    stream: &'p StreamPlan,
    given: Vec<(&'p DescriptorPlan, Residual)>,
    search: Option<Search>,
    vector: Vec<i128>,
}

/// The view of a window that has closed, over the ticks of the AEON window that it names.
///
/// # Errors
/// A number does not fit 64 bits, or the run is to stop.
pub(crate) fn apxi_view(
    window: &Window,
    aeon: &AeonWindow,
    apxi: &Apxi,
    ticks: &mut dyn Ticks,
) -> Result<ApxiView, RunError> {
    let overflow = RunError::Overflow {
        tick: *window.ticks.end(),
        operation: Operation::Bits,
        id: None,
    };
    let mut streams = streams(window, aeon, apxi);
    let spans = &aeon.spans;
    let first_tick = spans.first();
    if !streams.is_empty() {
        each(spans, ticks, &mut streams, |stream, placed| {
            stream.add(first_tick, placed);
        })?;
    }
    if apxi.discover {
        find_constants(spans, ticks, &mut streams)?;
    }
    let mut descriptors_by_stream = BTreeMap::new();
    for stream in streams {
        let name = stream.stream.name.clone();
        let entries = stream.finish(aeon, apxi.residual_scheme).ok_or(overflow)?;
        if !entries.is_empty() {
            descriptors_by_stream.insert(name, entries);
        }
    }
    Ok(ApxiView {
        aeon_window_id: aeon.window_id.clone(),
        apx_name: window.apx_name.clone(),
        descriptors_by_stream,
        residual_scheme: apxi.residual_scheme,
        window_id: window.window_id.clone(),
    })
}

/// The streams of a window on which something is tried.
fn streams<'p>(window: &'p Window, aeon: &AeonWindow, apxi: &'p Apxi) -> Vec<Trials<'p>> {
    let length = aeon.spans.tick_count();
    let capacity = COUNTED_MAX / window.streams.len().max(1);
    let all = window.streams.iter().map(|stream| {
        let of_stream = |descriptor: &&DescriptorPlan| {
            descriptor.window_id == aeon.window_id && descriptor.stream_id == stream.name
        };
        let given = apxi.descriptors.iter().filter(of_stream);
        Trials {
            stream,
            given: given
                .map(|descriptor| (descriptor, Residual::default()))
                .collect(),
            search: apxi.discover.then(|| Search::new(length, capacity)),
            vector: Vec::new(),
        }
    });
    all.filter(|trials| trials.search.is_some() || !trials.given.is_empty())
        .collect()
}

/// Reads ticks, and visits each stream with each of its vectors.
fn each(
    spans: &Spans,
    ticks: &mut dyn Ticks,
    streams: &mut [Trials<'_>],
    mut visit: impl FnMut(&mut Trials<'_>, Placed<'_>),
) -> Result<(), RunError> {
    let mut k = 0;
    ticks.each(spans, &mut |view: &TickView<'_>| {
        for stream in &mut *streams {
            let mut vector = std::mem::take(&mut stream.vector);
            view.vector(stream.stream.source, &mut vector);
            let placed = Placed {
                vector: &vector,
                k,
                tick: view.tick,
            };
            visit(stream, placed);
            stream.vector = vector;
        }
        k += 1;
    })
}

/// Finds the vector of each stream that occurs most often, and tallies what it leaves over. The ticks
/// are read again for that.
fn find_constants(
    spans: &Spans,
    ticks: &mut dyn Ticks,
    streams: &mut [Trials<'_>],
) -> Result<(), RunError> {
    loop {
        let mut goes_on = false;
        for search in streams
            .iter_mut()
            .filter_map(|stream| stream.search.as_mut())
        {
            goes_on |= search.end_reading();
        }
        if !goes_on {
            break;
        }
        each(spans, ticks, streams, |stream, placed| {
            if let Some(search) = &mut stream.search {
                search.count(placed);
            }
        })?;
    }
    for at in 0..streams.len() {
        let stream = &mut streams[at..=at];
        let Some(tick) = stream[0].search.as_ref().and_then(Search::constant_tick) else {
            continue;
        };
        each(
            &Spans::range(tick, tick),
            ticks,
            stream,
            |stream, placed| {
                if let Some(search) = &mut stream.search {
                    search.set_constant(placed.vector);
                }
            },
        )?;
    }
    let first_tick = spans.first();
    each(spans, ticks, streams, |stream, placed| {
        if let Some(search) = &mut stream.search {
            search.add_to_constant(first_tick, placed);
        }
    })
}

impl Trials<'_> {
    /// Adds a vector of the first reading.
    fn add(&mut self, first_tick: u64, placed: Placed<'_>) {
        for (descriptor, residual) in &mut self.given {
            residual.add(&descriptor.model, first_tick, placed);
        }
        if let Some(search) = &mut self.search {
            search.add(first_tick, placed);
        }
    }

    /// The descriptors in configured order, then the one that was found; `None` if a number of one
    /// that is given does not fit 64 bits.
    fn finish(self, aeon: &AeonWindow, scheme: Scheme) -> Option<Vec<DescriptorEntry>> {
        let given = self.given.iter().map(|(descriptor, residual)| {
            let (p, residual_bits) = residual.bits(scheme)?;
            let bits = (model_bits(&descriptor.model), residual_bits);
            entry(written(descriptor), scheme, p, bits)
        });
        let mut entries = given.collect::<Option<Vec<_>>>()?;
        if let Some(found) = self.search.and_then(|search| search.finish(scheme)) {
            let FoundModel {
                model,
                p,
                model_bits,
                residual_bits,
            } = found;
            let stream_id = &self.stream.name;
            let descriptor = Descriptor {
                descriptor_id: found_id(stream_id),
                descriptor_type: model.descriptor_type(),
                labels: Some(vec!["found".to_owned()]),
                params: params(&model),
                stream_id: stream_id.clone(),
                window_id: aeon.window_id.clone(),
            };
            entries.push(entry(descriptor, scheme, p, (model_bits, residual_bits))?);
        }
        Some(entries)
    }
}

/// `None` if the bits do not fit 64 bits.
fn entry(
    descriptor: Descriptor,
    scheme: Scheme,
    p: u64,
    (model_bits, residual_bits): (u64, u128),
) -> Option<DescriptorEntry> {
    let model_bits = i64::try_from(model_bits).ok()?;
    let residual_bits = i64::try_from(residual_bits).ok()?;
    Some(DescriptorEntry {
        model_bits,
        residual_bits,
        total_bits: model_bits.checked_add(residual_bits)?,
        descriptor,
        params: p,
        residual_scheme: scheme,
    })
}

/// A descriptor as it is written.
fn written(descriptor: &DescriptorPlan) -> Descriptor {
    Descriptor {
        descriptor_id: descriptor.descriptor_id.clone(),
        descriptor_type: descriptor.model.descriptor_type(),
        labels: descriptor.labels.clone(),
        params: params(&descriptor.model),
        stream_id: descriptor.stream_id.clone(),
        window_id: descriptor.window_id.clone(),
    }
}

fn params(model: &Model) -> DescriptorParams {
    let mut params = DescriptorParams::default();
    match model {
        Model::Const { value } => params.value = Some(numbers(value)),
        Model::Run { pattern, repeats } => {
            params.pattern = Some(pattern.iter().map(numbers).collect());
            params.repeats = Some(*repeats);
        }
        Model::Linear {
            intercept,
            slope,
            start_tick,
        } => {
            params.intercept = Some(numbers(intercept));
            params.slope = Some(numbers(slope));
            params.start_tick = *start_tick;
        }
    }
    params
}

fn numbers(numbers: &NumbersPlan) -> Numbers {
    match numbers {
        NumbersPlan::Same(number) => Numbers::Same(*number),
        NumbersPlan::Each(numbers) => Numbers::Each(numbers.clone()),
    }
}
