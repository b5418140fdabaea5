//! The fields of ledgers.

use super::super::place::{Field, RunPlace};
use super::super::reader::Reader;
use super::super::scalar::Scalar;
use crate::record::{EdgeFlux, UmxLedger};
use crate::umx;

pub(super) fn compute(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let (tick, index) = (place.at, place.index);
    if !reader.has_tick(tick) {
        return None;
    }
    let given = |field: Field| reader.get(field.at(0, index));
    match place.field {
        Field::LedgerTick => Some(tick.into()),
        Field::EdgeOfLedger => given(Field::EdgeName),
        Field::FromOfEdge => given(Field::EdgeFrom),
        Field::ToOfEdge => given(Field::EdgeTo),
        Field::CapOfEdge => given(Field::Capacity),
        Field::DuOfEdge => du(tick, index, reader),
        Field::RawOfEdge => {
            let conductance = reader.integer(Field::Conductance.at(0, index))?;
            let du = reader.integer(Field::DuOfEdge.at(tick, index))?;
            let scale = reader.of_run(Field::Scale)?;
            umx::raw(conductance, scale, du).map(Scalar::from)
        }
        Field::FluxOfEdge => {
            let raw = reader.integer(Field::RawOfEdge.at(tick, index))?;
            let cap = reader.integer(Field::Capacity.at(0, index))?;
            let du = reader.integer(Field::DuOfEdge.at(tick, index))?;
            Some(umx::flux(raw, cap, du).into())
        }
        Field::PreU => pre_u(tick, index, reader),
        Field::PostU => post_u(tick, index, reader),
        Field::SumPreU => sum(Field::PreU, tick, reader),
        Field::SumPostU => sum(Field::PostU, tick, reader),
        Field::ZCheck => reader.get(Field::SumPreU.of(tick)),
        _ => None,
    }
}

/// pre_u[i] − pre_u[j].
fn du(tick: u64, edge: u32, reader: &Reader<'_>) -> Option<Scalar> {
    let at = |field: Field| {
        let node = reader.count(field.at(0, edge))?;
        reader.integer(Field::PreU.at(tick, u32::try_from(node).ok()?))
    };
    let (from, to) = (at(Field::EdgeFrom)?, at(Field::EdgeTo)?);
    from.checked_sub(to).map(Scalar::from)
}

/// The state after the tick before (or the initial state), and the inputs.
fn pre_u(tick: u64, node: u32, reader: &Reader<'_>) -> Option<Scalar> {
    if !reader.has_node(node) {
        return None;
    }
    let (before, first) = match tick {
        1 => (Field::InitialState.at(0, node), 0),
        _ => (Field::PostU.at(tick - 1, node), tick),
    };
    let mut total = i128::from(reader.integer(before)?);
    for at in first..=tick {
        for entry in reader.applied(at) {
            // An entry may name only some nodes.
            if let Some(value) = reader.get(Field::EntryValue.at(entry, node)) {
                total += i128::from(value.integer()?);
            }
        }
    }
    i64::try_from(total).ok().map(Scalar::from)
}

/// The state before, less the fluxes that leave, plus those that arrive.
fn post_u(tick: u64, node: u32, reader: &Reader<'_>) -> Option<Scalar> {
    let mut total = i128::from(reader.integer(Field::PreU.at(tick, node))?);
    for &edge in reader.names.edges_of(node) {
        let is_end =
            |field: Field| reader.test_count(field.at(0, edge), |end| end == u64::from(node));
        let flux = || reader.integer(Field::FluxOfEdge.at(tick, edge));
        if is_end(Field::EdgeFrom) {
            total -= i128::from(flux()?);
        }
        if is_end(Field::EdgeTo) {
            total += i128::from(flux()?);
        }
    }
    i64::try_from(total).ok().map(Scalar::from)
}

fn sum(field: Field, tick: u64, reader: &Reader<'_>) -> Option<Scalar> {
    let values = reader.vector(field, tick, reader.names.nodes())?;
    let total: i128 = values.into_iter().map(i128::from).sum();
    i64::try_from(total).ok().map(Scalar::from)
}

/// The ledger of a tick, from its fields.
pub(super) fn ledger(tick: u64, reader: &Reader<'_>) -> Option<UmxLedger> {
    let nodes = || reader.names.nodes();
    let mut edges = Vec::new();
    for id in reader.names.edges() {
        let Some(e_id) = reader.get(Field::EdgeOfLedger.at(tick, id)) else {
            continue;
        };
        let integer = |field: Field| reader.integer(field.at(tick, id));
        let count = |field: Field| reader.count(field.at(tick, id));
        edges.push(EdgeFlux {
            cap: integer(Field::CapOfEdge)?,
            du: integer(Field::DuOfEdge)?,
            e_id: e_id.count()?,
            f_e: integer(Field::FluxOfEdge)?,
            i: count(Field::FromOfEdge)?,
            j: count(Field::ToOfEdge)?,
            raw: integer(Field::RawOfEdge)?,
        });
    }
    Some(UmxLedger {
        edges,
        post_u: reader.vector(Field::PostU, tick, nodes())?,
        pre_u: reader.vector(Field::PreU, tick, nodes())?,
        sum_post_u: reader.integer(Field::SumPostU.of(tick))?,
        sum_pre_u: reader.integer(Field::SumPreU.of(tick))?,
        tick: reader.count(Field::LedgerTick.of(tick))?,
        z_check: reader.integer(Field::ZCheck.of(tick))?,
    })
}
