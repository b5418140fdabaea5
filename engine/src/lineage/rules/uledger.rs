//! The fields of the hash chain's entries. A hash depends on every field of the text that it is
//! made of.

use std::collections::BTreeMap;

use super::super::place::{Field, RunPlace};
use super::super::reader::Reader;
use super::super::scalar::Scalar;
use super::{gate, loom, press, umx};
use crate::canonical::Hash;
use crate::record::{FromText as _, Layer, LedgerEntry, LedgerMeta};

pub(super) fn compute(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let (tick, index) = (place.at, place.index);
    if !reader.is_recorded(tick) {
        return None;
    }
    let hash = |hash: Option<Hash>| hash.map(Scalar::from);
    match place.field {
        Field::EntryOfTick => Some(tick.into()),
        Field::ULedgerGid => reader.get(Field::Gid.of_run()),
        Field::ULedgerRunId => reader.get(Field::RunId.of_run()),
        Field::ULedgerWindow => reader.window_id_of(tick),
        Field::ULedgerChain => reader.get(Field::Chain.of(tick)),
        Field::ULedgerCheck => reader.check_of(tick).map(Scalar::from),
        Field::LedgerHash => hash(umx::ledger(tick, reader).map(|ledger| ledger.hash())),
        Field::PBlockHash => hash(loom::p_block(tick, reader).map(|block| block.hash())),
        Field::ManifestHash => {
            let (window, _) = reader.window_of(tick)?;
            hash(hash_of_manifest(window, reader))
        }
        Field::EnvelopeHash => hash(reader.hash_of_envelope(Layer::Data, tick)),
        Field::LibraryHash => library(tick, reader),
        Field::PreviousHash => match tick {
            1 => Some(Scalar::Null),
            _ => hash(hash_of_entry(tick - 1, reader)),
        },
        Field::SceneHash => hash(gate::scene(tick, reader).map(|scene| scene.hash())),
        Field::IBlockHash if reader.has_checkpoint(tick) => {
            hash(loom::i_block(tick, reader).map(|block| block.hash()))
        }
        Field::IngressHash => hash(reader.ingress_hash(tick)),
        Field::EgressHash if reader.is_last(tick) => {
            hash(reader.hash_of_envelope(Layer::Egress, 1))
        }
        Field::CtrlHash => ctrl(tick, index, reader),
        Field::AdditionalHash if reader.additional_closes_at(index.into(), tick) => {
            hash(hash_of_manifest(index.into(), reader))
        }
        _ => None,
    }
}

impl Reader<'_> {
    /// Whether a tick is the last of the run.
    fn is_last(&self, tick: u64) -> bool {
        self.test_count(Field::Ticks.of_run(), |ticks| tick == ticks)
    }
}

/// The hash of the library when the primary window closes: that of the window's last entry.
fn library(tick: u64, reader: &Reader<'_>) -> Option<Scalar> {
    let end = reader.end_of_window(tick)?;
    if tick < end {
        return reader.get(Field::LibraryHash.of(end));
    }
    reader.library_hash(end)
}

/// The hash of a CTRL envelope: that of the start at tick 1, that of the end at tick T.
fn ctrl(tick: u64, position: u32, reader: &Reader<'_>) -> Option<Scalar> {
    let start = (tick == 1).then_some(1);
    let end = reader.is_last(tick).then_some(2);
    let mut sequence = start.into_iter().chain(end);
    let seq = sequence.nth(position as usize)?;
    reader.hash_of_envelope(Layer::Ctrl, seq).map(Scalar::from)
}

pub(super) fn hash_of_manifest(window: u64, reader: &Reader<'_>) -> Option<Hash> {
    press::manifest(window, reader).map(|manifest| manifest.hash())
}

/// The hash of the entry of a tick, from its fields.
pub(super) fn hash_of_entry(tick: u64, reader: &Reader<'_>) -> Option<Hash> {
    entry(tick, reader).map(|entry| entry.hash())
}

fn entry(tick: u64, reader: &Reader<'_>) -> Option<LedgerEntry> {
    let text = |field: Field| reader.text(field.of(tick));
    let hash = |field: Field| reader.hash(field.of(tick));
    let nullable = |field: Field| match reader.get(field.of(tick))? {
        Scalar::Null => Some(None),
        value => Some(Some(value.text()?.parse::<Hash>().ok()?)),
    };
    let optional = |field: Field| match reader.get(field.of(tick)) {
        None => Some(None),
        Some(value) => Some(Some(value.text()?.parse::<Hash>().ok()?)),
    };
    let mut ctrl_hashes = Vec::new();
    for position in 0.. {
        match reader.get(Field::CtrlHash.at(tick, position)) {
            Some(value) => ctrl_hashes.push(value.text()?.parse().ok()?),
            None => break,
        }
    }
    let mut manifest_hashes = BTreeMap::new();
    for window in reader.names.windows() {
        let index = u32::try_from(window).ok()?;
        if let Some(value) = reader.get(Field::AdditionalHash.at(tick, index)) {
            let id = reader.names.window(window).to_owned();
            manifest_hashes.insert(id, value.text()?.parse().ok()?);
        }
    }
    Some(LedgerEntry {
        c_t: reader.integer(Field::ULedgerChain.of(tick))?,
        apx_manifest_hash: hash(Field::ManifestHash)?,
        codex_library_hash: nullable(Field::LibraryHash)?,
        gid: text(Field::ULedgerGid)?,
        loom_block_hash: hash(Field::PBlockHash)?,
        manifest_check: reader.integer(Field::ULedgerCheck.of(tick))?,
        meta: LedgerMeta {
            ctrl_hashes,
            egress_hash: optional(Field::EgressHash)?,
            i_block_hash: optional(Field::IBlockHash)?,
            ingress_hash: optional(Field::IngressHash)?,
            manifest_hashes,
            scene_hash: hash(Field::SceneHash)?,
        },
        nap_envelope_hash: hash(Field::EnvelopeHash)?,
        prev_entry_hash: nullable(Field::PreviousHash)?,
        run_id: text(Field::ULedgerRunId)?,
        tick: reader.count(Field::EntryOfTick.of(tick))?,
        umx_ledger_hash: hash(Field::LedgerHash)?,
        window_id: text(Field::ULedgerWindow)?,
    })
}
