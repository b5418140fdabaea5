//! Where records go as they are made.

use std::io;

use crate::canonical::Encoded;
use crate::record::{
    CodexLibraryEntry, CodexProposal, IBlock, LedgerEntry, LogEvent, Manifest, NapEnvelope, PBlock,
    SceneFrame, UmxLedger,
};

/// Takes the records of a run, in run order within each kind.
///
/// Records between two commits belong to one primary window (the last commit also brings the end of
/// the run); a sink must be able to drop them again.
pub trait RecordSink {
    /// One record, with its canonical text and hash.
    ///
    /// # Errors
    /// The record could not be kept; the run stops.
    fn put(&mut self, record: &Record<'_>, encoded: Encoded<'_>) -> io::Result<()>;

    /// What was put since the last commit is to stay.
    ///
    /// # Errors
    /// It could not be made to stay; the run stops.
    fn commit(&mut self) -> io::Result<()>;

    /// What was put since the last commit is to go.
    ///
    /// # Errors
    /// It could not be dropped.
    fn roll_back(&mut self) -> io::Result<()>;

    /// Keeps a page of the run's working memory until the next commit or roll-back, so that a
    /// window's length does not show in memory. A sink that has no place says false, and the run
    /// keeps the page itself.
    ///
    /// # Errors
    /// The page could not be kept; the run stops.
    fn set_aside(&mut self, page: &[u8]) -> io::Result<bool> {
        let _ = page;
        Ok(false)
    }

    /// A page that was set aside since the last commit, the first being 0.
    ///
    /// # Errors
    /// The page could not be read; the run stops.
    fn bring_back(&mut self, number: usize) -> io::Result<Vec<u8>> {
        let _ = number;
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// A record of any kind.
#[derive(Clone, Copy, Debug)]
pub enum Record<'r> {
    /// A tick's state and fluxes.
    Ledger(&'r UmxLedger),
    /// A tick on the chain.
    PBlock(&'r PBlock),
    /// A checkpoint.
    IBlock(&'r IBlock),
    /// A window's description lengths.
    Manifest(&'r Manifest),
    /// A tick as the boundary sees it.
    Scene(&'r SceneFrame),
    /// An emitted envelope.
    Envelope(&'r NapEnvelope),
    /// An entry of the hash chain.
    LedgerEntry(&'r LedgerEntry),
    /// A motif of the library as it stands at the end.
    CodexLibraryEntry(&'r CodexLibraryEntry),
    /// A proposal.
    CodexProposal(&'r CodexProposal),
    /// A line of the log.
    Log(&'r LogEvent),
}

/// The kinds of record that an export has an array of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKind {
    /// `ledgers`.
    Ledgers,
    /// `p_blocks`.
    PBlocks,
    /// `i_blocks`.
    IBlocks,
    /// `manifests`.
    Manifests,
    /// `scenes`.
    Scenes,
    /// `envelopes`.
    Envelopes,
    /// `u_ledger`.
    ULedger,
    /// `codex_library`.
    CodexLibrary,
    /// `codex_proposals`.
    CodexProposals,
    /// `log`.
    Log,
}

impl Record<'_> {
    /// The kind of the record.
    pub const fn kind(&self) -> RecordKind {
        match self {
            Self::Ledger(_) => RecordKind::Ledgers,
            Self::PBlock(_) => RecordKind::PBlocks,
            Self::IBlock(_) => RecordKind::IBlocks,
            Self::Manifest(_) => RecordKind::Manifests,
            Self::Scene(_) => RecordKind::Scenes,
            Self::Envelope(_) => RecordKind::Envelopes,
            Self::LedgerEntry(_) => RecordKind::ULedger,
            Self::CodexLibraryEntry(_) => RecordKind::CodexLibrary,
            Self::CodexProposal(_) => RecordKind::CodexProposals,
            Self::Log(_) => RecordKind::Log,
        }
    }
}

impl RecordKind {
    /// All kinds, in causal order.
    pub const ALL: [Self; 10] = [
        Self::Ledgers,
        Self::PBlocks,
        Self::IBlocks,
        Self::Manifests,
        Self::Envelopes,
        Self::Scenes,
        Self::CodexLibrary,
        Self::CodexProposals,
        Self::ULedger,
        Self::Log,
    ];

    /// The name in exports, golden files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ledgers => "ledgers",
            Self::PBlocks => "p_blocks",
            Self::IBlocks => "i_blocks",
            Self::Manifests => "manifests",
            Self::Scenes => "scenes",
            Self::Envelopes => "envelopes",
            Self::ULedger => "u_ledger",
            Self::CodexLibrary => "codex_library",
            Self::CodexProposals => "codex_proposals",
            Self::Log => "log",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
