//! The fields of log lines. Which event a line is follows from the order of all events.

use super::super::place::{Field, RunPlace};
use super::super::reader::Reader;
use super::super::scalar::Scalar;
use crate::record::Component;

/// What a line is about.
#[derive(Clone, Copy)]
enum Event {
    Started,
    Applied(u64),
    Moved(u64),
    Chained(u64),
    /// A motif, by number, that was found at a tick.
    Found(u64, u64),
    /// A window that closed at a tick.
    Closed(u64, u64),
    Bound(u64),
    Proposed(u64),
    Finished,
    Failed,
}

/// The event of the line with a number; `None` if the log is shorter.
fn event(seq: u64, reader: &Reader<'_>) -> Option<Event> {
    let mut left = seq.checked_sub(1)?;
    let mut next = |event: Event| match left {
        0 => Some(event),
        _ => {
            left -= 1;
            None
        }
    };
    // The log of a run that failed in its first window has only the error.
    if (reader.is_complete() || reader.is_recorded(1))
        && let Some(event) = next(Event::Started)
    {
        return Some(event);
    }
    let mut motif = 1;
    for tick in (1..).take_while(|tick| reader.is_recorded(*tick)) {
        if !reader.applied_before(tick).is_empty()
            && let Some(event) = next(Event::Applied(tick))
        {
            return Some(event);
        }
        if let Some(event) = next(Event::Moved(tick)).or_else(|| next(Event::Chained(tick))) {
            return Some(event);
        }
        if reader.test_count(Field::MotifCreated.of(motif), |created| created == tick) {
            if let Some(event) = next(Event::Found(motif, tick)) {
                return Some(event);
            }
            motif += 1;
        }
        let is_bound = reader.primary_closes_at(tick);
        if is_bound {
            let (window, _) = reader.window_of(tick)?;
            if let Some(event) = next(Event::Closed(window, tick)) {
                return Some(event);
            }
        }
        for window in reader.additional() {
            if reader.additional_closes_at(window, tick)
                && let Some(event) = next(Event::Closed(window, tick))
            {
                return Some(event);
            }
        }
        if is_bound && let Some(event) = next(Event::Bound(tick)) {
            return Some(event);
        }
    }
    let mut proposals = (1..).take_while(|number| reader.has(Field::ProposalId.of(*number)));
    if let Some(event) = proposals.find_map(|number| next(Event::Proposed(number))) {
        return Some(event);
    }
    if reader.is_complete() {
        return next(Event::Finished);
    }
    let has_failed = reader.has(Field::ErrorName.of_run());
    has_failed.then(|| next(Event::Failed)).flatten()
}

pub(super) fn compute(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let event = event(place.at, reader)?;
    match place.field {
        Field::LogSeq => Some(place.at.into()),
        Field::LogGid => reader.get(Field::Gid.of_run()),
        Field::LogRunId => reader.get(Field::RunId.of_run()),
        Field::LogComponent => Some(event.component().name().into()),
        Field::LogEventName => Some(event.name().into()),
        Field::LogTick => tick(event, reader),
        Field::LogWindow => window(event, reader),
        _ => payload(place, event, reader),
    }
}

impl Event {
    const fn component(self) -> Component {
        match self {
            Self::Started | Self::Finished | Self::Failed => Component::Run,
            Self::Applied(_) => Component::Gate,
            Self::Moved(_) => Component::Umx,
            Self::Chained(_) => Component::Loom,
            Self::Closed(..) => Component::Press,
            Self::Bound(_) => Component::ULedger,
            Self::Found(..) | Self::Proposed(_) => Component::Codex,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Started => "run_started",
            Self::Applied(_) | Self::Moved(_) | Self::Chained(_) => "tick_summary",
            Self::Closed(..) | Self::Bound(_) => "window_closed",
            Self::Found(..) | Self::Proposed(_) => "codex_event",
            Self::Finished => "run_finished",
            Self::Failed => "error",
        }
    }
}

fn tick(event: Event, reader: &Reader<'_>) -> Option<Scalar> {
    match event {
        Event::Started => Some(Scalar::Null),
        Event::Applied(tick)
        | Event::Moved(tick)
        | Event::Chained(tick)
        | Event::Found(_, tick)
        | Event::Closed(_, tick)
        | Event::Bound(tick) => Some(tick.into()),
        Event::Proposed(_) | Event::Finished => reader.get(Field::Ticks.of_run()),
        Event::Failed => reader.get(Field::ErrorTick.of_run()),
    }
}

fn window(event: Event, reader: &Reader<'_>) -> Option<Scalar> {
    match event {
        Event::Started | Event::Proposed(_) | Event::Finished | Event::Failed => Some(Scalar::Null),
        Event::Applied(tick)
        | Event::Moved(tick)
        | Event::Chained(tick)
        | Event::Found(_, tick)
        | Event::Bound(tick) => reader.window_id_of(tick),
        Event::Closed(window, _) => reader.get(Field::ManifestWindow.of(window)),
    }
}

fn payload(place: RunPlace, event: Event, reader: &Reader<'_>) -> Option<Scalar> {
    let of_run = |field: Field| reader.get(field.of_run());
    match (event, place.field) {
        (Event::Started, Field::LogEdges) => {
            let edges = reader.names.edges();
            Some((edges.filter(|edge| reader.has_edge(*edge)).count() as u64).into())
        }
        (Event::Started, Field::LogNodes) => of_run(Field::NodeCount),
        (Event::Started, Field::LogProfile) => of_run(Field::ProfileName),
        (Event::Started | Event::Finished, Field::LogTicks)
        | (Event::Finished, Field::LogEntries) => of_run(Field::Ticks),
        (Event::Applied(tick), Field::LogInput) => reader.applied_id(tick, place.index),
        (Event::Moved(tick), Field::LogMoved) => {
            let moved = |edge: &u32| {
                reader.test(Field::FluxOfEdge.at(tick, *edge), |flux| {
                    flux.and_then(Scalar::integer).is_some_and(|flux| flux != 0)
                })
            };
            Some((reader.names.edges().filter(moved).count() as u64).into())
        }
        (Event::Moved(tick), Field::LogSum) => reader.get(Field::SumPostU.of(tick)),
        (Event::Chained(tick), Field::LogChain) => reader.get(Field::Chain.of(tick)),
        (Event::Chained(tick), Field::LogSt) => reader.get(Field::St.of(tick)),
        (Event::Chained(tick), Field::LogCheckpoint) => Some(reader.has_checkpoint(tick).into()),
        (Event::Closed(window, _), Field::LogStart) => reader.get(Field::ManifestStart.of(window)),
        (Event::Closed(_, tick), Field::LogEnd) | (Event::Bound(tick), Field::LogEntries) => {
            Some(tick.into())
        }
        (Event::Closed(window, _), Field::LogCheck) => reader.get(Field::ManifestCheck.of(window)),
        (Event::Found(motif, _), Field::LogFirst) => reader.get(Field::MotifFirst.of(motif)),
        (Event::Found(motif, _), Field::LogMotif) => reader.get(Field::MotifId.of(motif)),
        (Event::Found(..), Field::LogKind) => Some("motif".into()),
        (Event::Proposed(_), Field::LogKind) => Some("proposal".into()),
        (Event::Proposed(number), Field::LogDelta) => reader.get(Field::ProposalDelta.of(number)),
        (Event::Proposed(number), Field::LogMotif) => reader.get(Field::ProposalMotif.of(number)),
        (Event::Proposed(number), Field::LogProposal) => reader.get(Field::ProposalId.of(number)),
        (Event::Failed, Field::LogError) => of_run(Field::ErrorName),
        (Event::Failed, Field::LogErrorTick) => of_run(Field::ErrorTick),
        (Event::Failed, Field::LogErrorId) => of_run(Field::ErrorId),
        (Event::Failed, Field::LogErrorOperation) => of_run(Field::ErrorOperation),
        (Event::Failed, Field::LogErrorCheck) => of_run(Field::ErrorCheck),
        (Event::Failed, Field::LogErrorValue) => of_run(Field::ErrorValue),
        _ => None,
    }
}
