//! What the values of a field are part of.

use super::Field;
use crate::record::RecordKind;

/// What a field's values are part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlaceKind {
    /// The documents, and what stopped the run.
    Given,
    Ledgers,
    PBlocks,
    IBlocks,
    Manifests,
    Envelopes,
    Scenes,
    CodexLibrary,
    CodexProposals,
    AeonViews,
    ApxiViews,
    ULedger,
    Metrics,
    Log,
}

impl PlaceKind {
    /// The kind of record; `None` for documents.
    pub(crate) const fn record_kind(self) -> Option<RecordKind> {
        Some(match self {
            Self::Given | Self::Metrics => return None,
            Self::Ledgers => RecordKind::Ledgers,
            Self::PBlocks => RecordKind::PBlocks,
            Self::IBlocks => RecordKind::IBlocks,
            Self::Manifests => RecordKind::Manifests,
            Self::Envelopes => RecordKind::Envelopes,
            Self::Scenes => RecordKind::Scenes,
            Self::CodexLibrary => RecordKind::CodexLibrary,
            Self::CodexProposals => RecordKind::CodexProposals,
            Self::AeonViews => RecordKind::AeonViews,
            Self::ApxiViews => RecordKind::ApxiViews,
            Self::ULedger => RecordKind::ULedger,
            Self::Log => RecordKind::Log,
        })
    }
}

/// The kinds in the order in which fields are declared, each with its last field.
const LAST_FIELDS: [(Field, PlaceKind); 14] = [
    (Field::ErrorValue, PlaceKind::Given),
    (Field::ZCheck, PlaceKind::Ledgers),
    (Field::Chain, PlaceKind::PBlocks),
    (Field::SnapshotC, PlaceKind::IBlocks),
    (Field::TotalBits, PlaceKind::Manifests),
    (Field::EnvelopeChain, PlaceKind::Envelopes),
    (Field::SceneInput, PlaceKind::Scenes),
    (Field::MotifDelta, PlaceKind::CodexLibrary),
    (Field::ProposalTick, PlaceKind::CodexProposals),
    (Field::AeonBits, PlaceKind::AeonViews),
    (Field::TriedStart, PlaceKind::ApxiViews),
    (Field::AdditionalHash, PlaceKind::ULedger),
    (Field::BitsOfStream, PlaceKind::Metrics),
    (Field::LogErrorValue, PlaceKind::Log),
];

/// The kind of each field.
const KINDS: [PlaceKind; Field::ALL.len()] = {
    let mut kinds = [PlaceKind::Given; Field::ALL.len()];
    let (mut field, mut kind) = (0, 0);
    while field < kinds.len() {
        if field > LAST_FIELDS[kind].0 as usize {
            kind += 1;
        }
        kinds[field] = LAST_FIELDS[kind].1;
        field += 1;
    }
    kinds
};

impl Field {
    /// What its values are part of.
    pub(crate) const fn artefact(self) -> PlaceKind {
        KINDS[self as usize]
    }

    /// Whether its values are given, not computed.
    pub(crate) const fn is_given(self) -> bool {
        matches!(self.artefact(), PlaceKind::Given)
    }

    /// Whether its values say how far a run came that was stopped, and why.
    pub(crate) const fn is_of_stop(self) -> bool {
        self as u16 >= Self::StopRecorded as u16 && self as u16 <= Self::ErrorValue as u16
    }

    /// Whether its values are given numbers of a model, which may be lists.
    pub(crate) const fn is_of_model(self) -> bool {
        matches!(
            self,
            Self::GivenValue | Self::GivenPattern | Self::GivenIntercept | Self::GivenSlope
        )
    }

    /// Whether its values are of a descriptor that was tried.
    pub(crate) const fn is_of_trial(self) -> bool {
        self as u16 >= Self::TriedId as u16 && self as u16 <= Self::TriedStart as u16
    }
}

#[cfg(test)]
mod tests {
    use super::super::Step;
    use super::*;

    #[test]
    fn every_field_is_of_the_kind_that_its_path_names() {
        for field in Field::ALL {
            let Some(Step::Member(name)) = field.steps().first() else {
                panic!("{field:?} starts with an artefact");
            };
            let kind = field.artefact();
            let expected = match kind {
                PlaceKind::Given if field.is_of_stop() => "run",
                PlaceKind::Given => "inputs",
                PlaceKind::Metrics => "metrics",
                _ => kind.record_kind().expect("a kind of record").name(),
            };
            assert_eq!(*name, expected, "{field:?}");
        }
    }
}
