//! The fields of the metrics.

use super::super::place::{Field, RunPlace};
use super::super::reader::Reader;
use super::super::scalar::Scalar;
use super::uledger;
use crate::record::Layer;

pub(super) fn compute(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let total = |field: Field| reader.count(field.of_run());
    match place.field {
        Field::MetricsGid => reader.get(Field::Gid.of_run()),
        Field::MetricsRunId => reader.get(Field::RunId.of_run()),
        Field::TotalTicks => match reader.get(Field::StopRecorded.of_run()) {
            Some(stopped) => Some(stopped),
            None => reader.get(Field::Ticks.of_run()),
        },
        Field::WindowCount | Field::ManifestCount => Some(reader.closed_windows().into()),
        Field::IBlockCount => {
            let spacing = total(Field::Spacing)?;
            Some((total(Field::TotalTicks)?.checked_div(spacing)?).into())
        }
        Field::EntryCount => reader.get(Field::TotalTicks.of_run()),
        Field::LastHash => match total(Field::TotalTicks)? {
            0 => Some(Scalar::Null),
            last => uledger::hash_of_entry(last, reader).map(Scalar::from),
        },
        Field::MotifCount => Some(reader.motif_count().into()),
        Field::ProposalCount => Some(reader.proposal_count().into()),
        Field::CtrlCount => emitted(Layer::Ctrl, reader),
        Field::IngressCount => emitted(Layer::Ingress, reader),
        Field::DataCount => emitted(Layer::Data, reader),
        Field::EgressCount => emitted(Layer::Egress, reader),
        Field::EnvelopeCount => {
            let all = [
                Field::CtrlCount,
                Field::IngressCount,
                Field::DataCount,
                Field::EgressCount,
            ];
            let counts = all.into_iter().map(total);
            Some(counts.sum::<Option<u64>>()?.into())
        }
        Field::AppliedCount => {
            let last = total(Field::TotalTicks)?;
            let applied = (1..=last).map(|tick| reader.applied_before(tick).len() as u64);
            Some(applied.sum::<u64>().into())
        }
        Field::AeonViewCount if reader.has_grammar() => {
            let windows = reader.names.aeon_windows();
            let has = |window: &u64| reader.has(Field::AeonId.of(*window));
            Some((windows.filter(has).count() as u64).into())
        }
        Field::ApxiViewCount if reader.has_grammar() => {
            let windows = reader.names.windows();
            let has = |window: &u64| reader.has(Field::ApxiWindow.of(*window));
            Some((windows.filter(has).count() as u64).into())
        }
        Field::AllBits => all_bits(reader),
        Field::BitsOfStream => reader.get(Field::TotalBits.at(place.at, place.index)),
        _ => None,
    }
}

impl Reader<'_> {
    fn closed_windows(&self) -> u64 {
        let windows = self.names.windows();
        windows
            .filter(|window| self.has(Field::ManifestWindow.of(*window)))
            .count() as u64
    }
}

/// How many envelopes of a layer are emitted.
fn emitted(layer: Layer, reader: &Reader<'_>) -> Option<Scalar> {
    if !reader.emits(layer) {
        return Some(0_u64.into());
    }
    let last = || reader.count(Field::TotalTicks.of_run());
    let is_complete = || reader.is_complete();
    let count = match layer {
        Layer::Data => last()?,
        Layer::Ingress => {
            let ticks = 1..=last()?;
            ticks
                .filter(|tick| !reader.applied_before(*tick).is_empty())
                .count() as u64
        }
        Layer::Ctrl => u64::from(reader.is_recorded(1)) + u64::from(is_complete()),
        Layer::Egress => is_complete().into(),
    };
    Some(count.into())
}

fn all_bits(reader: &Reader<'_>) -> Option<Scalar> {
    let mut total: i64 = 0;
    for window in reader.names.windows() {
        for &stream in reader.names.streams_of(window) {
            // A window or a stream that only the other run has has none.
            if let Some(bits) = reader.get(Field::TotalBits.at(window, stream)) {
                total = total.checked_add(bits.integer()?)?;
            }
        }
    }
    Some(total.into())
}
