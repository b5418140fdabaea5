//! The fields of P-blocks and checkpoints.

use super::super::place::{Field, RunPlace};
use super::super::reader::Reader;
use super::super::scalar::Scalar;
use crate::config::reduced;
use crate::loom::{next_value, scaled_flux, weighted_sum};
use crate::record::{EdgeFluxSummary, IBlock, PBlock, TopologySnapshotEdge};

pub(super) fn compute(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let (tick, index) = (place.at, place.index);
    if !reader.has_tick(tick) {
        return None;
    }
    match place.field {
        Field::PBlockTick | Field::PBlockSeq => Some(tick.into()),
        Field::EdgeOfPBlock => reader.get(Field::EdgeName.at(0, index)),
        Field::FluxOfPBlock => reader.get(Field::FluxOfEdge.at(tick, index)),
        Field::St => s_t(tick, reader),
        Field::Chain => chain(tick, reader),
        _ => checkpoint(place, reader),
    }
}

/// The profile's number of a tick.
fn s_t(tick: u64, reader: &Reader<'_>) -> Option<Scalar> {
    let number = match reader.text(Field::StMode.of_run())?.as_str() {
        "prime_weighted" => {
            let values = reader.vector(Field::PostU, tick, reader.names.nodes())?;
            weighted_sum(reader.names.primes(), &values)
        }
        "constant" => reader.of_run(Field::StValue)?.into(),
        _ => {
            let offset = reader.of_run(Field::StOffset)?;
            let scale = reader.of_run(Field::StScale)?;
            let maximum = reader.of_run(Field::StMaximum);
            let fluxes = reader.vector(Field::FluxOfEdge, tick, reader.names.edges())?;
            scaled_flux(fluxes.into_iter(), offset, scale, maximum)?
        }
    };
    i64::try_from(number).ok().map(Scalar::from)
}

fn chain(tick: u64, reader: &Reader<'_>) -> Option<Scalar> {
    let constants = (reader.of_run(Field::ChainA)?, reader.of_run(Field::ChainB)?);
    let before = reader.chain_before(tick)?;
    let s_t = reader.integer(Field::St.of(tick))?;
    let next = next_value(constants, before, s_t, tick);
    Some(reduced(next, reader.of_run(Field::Modulus)?).into())
}

impl Reader<'_> {
    /// C_{t−1}.
    pub(super) fn chain_before(&self, tick: u64) -> Option<i64> {
        self.integer(match tick {
            1 => Field::ChainStart.of_run(),
            _ => Field::Chain.of(tick - 1),
        })
    }

    /// Whether a recorded tick has a checkpoint.
    pub(super) fn has_checkpoint(&self, tick: u64) -> bool {
        self.test_count(Field::Spacing.of_run(), |spacing| {
            tick.is_multiple_of(spacing)
        })
    }
}

fn checkpoint(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let (tick, index) = (place.at, place.index);
    if !reader.is_recorded(tick) || !reader.has_checkpoint(tick) {
        return None;
    }
    let edge = |field: Field| reader.get(field.at(0, index));
    match place.field {
        Field::IBlockTick => Some(tick.into()),
        Field::IBlockSpacing => reader.get(Field::Spacing.of_run()),
        Field::IBlockChain => reader.get(Field::Chain.of(tick)),
        Field::IBlockProfile => reader.get(Field::ProfileName.of_run()),
        Field::IBlockPostU => reader.get(Field::PostU.at(tick, index)),
        Field::SnapshotEdge => edge(Field::EdgeName),
        Field::SnapshotFrom => edge(Field::EdgeFrom),
        Field::SnapshotTo => edge(Field::EdgeTo),
        Field::SnapshotK => edge(Field::Conductance),
        Field::SnapshotCap => edge(Field::Capacity),
        Field::SnapshotC => edge(Field::EdgeC),
        Field::SnapshotScale if reader.has_edge(index) => reader.get(Field::Scale.of_run()),
        _ => None,
    }
}

/// The P-block of a tick, from its fields.
pub(super) fn p_block(tick: u64, reader: &Reader<'_>) -> Option<PBlock> {
    let mut edges = Vec::new();
    for id in reader.names.edges() {
        if let Some(e_id) = reader.get(Field::EdgeOfPBlock.at(tick, id)) {
            edges.push(EdgeFluxSummary {
                e_id: e_id.count()?,
                f_e: reader.integer(Field::FluxOfPBlock.at(tick, id))?,
            });
        }
    }
    Some(PBlock {
        c_t: reader.integer(Field::Chain.of(tick))?,
        edge_flux_summary: edges,
        s_t: reader.integer(Field::St.of(tick))?,
        seq: reader.count(Field::PBlockSeq.of(tick))?,
        tick: reader.count(Field::PBlockTick.of(tick))?,
    })
}

/// The checkpoint of a tick, from its fields.
pub(super) fn i_block(tick: u64, reader: &Reader<'_>) -> Option<IBlock> {
    let mut edges = Vec::new();
    for id in reader.names.edges() {
        let Some(e_id) = reader.get(Field::SnapshotEdge.at(tick, id)) else {
            continue;
        };
        let integer = |field: Field| reader.integer(field.at(tick, id));
        let count = |field: Field| reader.count(field.at(tick, id));
        edges.push(TopologySnapshotEdge {
            sc: integer(Field::SnapshotScale)?,
            c: integer(Field::SnapshotC)?,
            cap: integer(Field::SnapshotCap)?,
            e_id: e_id.count()?,
            i: count(Field::SnapshotFrom)?,
            j: count(Field::SnapshotTo)?,
            k: integer(Field::SnapshotK)?,
        });
    }
    Some(IBlock {
        c_t: reader.integer(Field::IBlockChain.of(tick))?,
        w: reader.count(Field::IBlockSpacing.of(tick))?,
        post_u: reader.vector(Field::IBlockPostU, tick, reader.names.nodes())?,
        profile_version: reader.text(Field::IBlockProfile.of(tick))?,
        tick: reader.count(Field::IBlockTick.of(tick))?,
        topology_snapshot: edges,
    })
}
