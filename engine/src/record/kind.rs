//! The kinds of record: the name of each, its place in the causal order, how it is read, and its
//! columns in a run file.
//!
//! A kind is declared beside its record, as its [`RecordType`], and registered by one line of
//! [`kinds!`] below. Exports, goldens, the run file, the schemas and the pages follow from that.

use super::declare::Described;
use super::{
    AeonView, ApxiView, CodexLibraryEntry, CodexProposal, FromText, IBlock, LedgerEntry, LogEvent,
    Manifest, NapEnvelope, PBlock, SceneFrame, UmxLedger,
};
use crate::canonical::{Encoded, Hash};

/// A record of which a run has many: one array of the export object, one table of the run file.
#[expect(private_bounds, reason = "only this crate's records are records")]
pub trait RecordType: FromText + Described + 'static {
    /// What the kind is to a run and to its readers.
    const INFO: KindInfo;

    /// What a run has in memory when it makes the record: the record itself, or a [`Tick`](super::Tick) for the records that have all its
    /// edges.
    type Made: 'static;

    /// The columns of its table in a run file, in order. The first is the key, a number.
    const COLUMNS: &'static [Column<Self::Made>];

    /// The column with an index of its own, beside the key.
    const INDEX: Option<&'static str> = None;
}

/// What a kind of record is to a run and to its readers.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct KindInfo {
    /// The kind.
    pub kind: RecordKind,
    /// Its name in exports, golden files, run files and on the command line.
    pub name: &'static str,
    /// The stage that produces it.
    pub stage: Stage,
    /// How many of them a run has, for people.
    pub occurs: &'static str,
    /// What the position of a record among those of its kind is.
    pub position: Position,
    /// The field that holds the tick it belongs to; `None` if it belongs to the run.
    pub tick: Option<&'static str>,
    /// The fields that identify a record, and the elements of its lists.
    pub keys: &'static [KeyRule],
    /// The fields in the order in which the stage computes them, `list.field` for those of elements.
    pub reading_order: &'static [&'static str],
    /// Fields that contain or hash the check of the primary window, known only when it closes.
    pub late_fields: &'static [&'static str],
    /// Whether only runs with a grammar of AEON windows have it.
    pub needs_grammar: bool,
}

/// What the position of a record among those of its kind is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Position {
    /// Its tick; every recorded tick has one.
    EveryTick,
    /// Its tick; only some ticks have one.
    SomeTicks,
    /// Its number in run order, from 1.
    Number,
}

/// What identifies a record, or an element of one of its lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyRule {
    /// The path of the list; "" for the records themselves.
    pub path: &'static str,
    /// The fields that identify an element; empty for a vector, whose elements are identified by
    /// position.
    pub fields: &'static [&'static str],
    /// The name of an element.
    pub label: &'static str,
}

impl KeyRule {
    /// What identifies a record among those of its kind.
    pub(super) const fn record(fields: &'static [&'static str], label: &'static str) -> Self {
        Self::list("", fields, label)
    }

    /// What identifies an element of a list.
    pub(super) const fn list(
        path: &'static str,
        fields: &'static [&'static str],
        label: &'static str,
    ) -> Self {
        Self {
            path,
            fields,
            label,
        }
    }

    /// A vector: the position, counted from 1, is the number of a `label`.
    pub(super) const fn vector(path: &'static str, label: &'static str) -> Self {
        Self::list(path, &[], label)
    }
}

/// A stage of the pipeline, which produces artefacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// State and fluxes.
    Umx,
    /// Chain and checkpoints.
    Loom,
    /// Windows and description lengths.
    Press,
    /// Windows of windows, and descriptors.
    Aeon,
    /// What crosses the boundary.
    Envelopes,
    /// Ticks as the boundary sees them.
    Scenes,
    /// The observer.
    Codex,
    /// The hash chain.
    ULedger,
    /// The run in numbers.
    Metrics,
    /// The structured log.
    Log,
}

impl Stage {
    /// All stages, in causal order.
    pub const ALL: [Self; 10] = [
        Self::Umx,
        Self::Loom,
        Self::Press,
        Self::Aeon,
        Self::Envelopes,
        Self::Scenes,
        Self::Codex,
        Self::ULedger,
        Self::Metrics,
        Self::Log,
    ];

    /// The name that reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Umx => "UMX",
            Self::Loom => "Loom",
            Self::Press => "Press",
            Self::Aeon => "AEON",
            Self::Envelopes => "Envelopes",
            Self::Scenes => "Scenes",
            Self::Codex => "Codex",
            Self::ULedger => "U-ledger",
            Self::Metrics => "Metrics",
            Self::Log => "Log",
        }
    }
}

/// A column of a kind's table in a run file: its name, its type in SQL, and its value.
pub struct Column<R> {
    name: &'static str,
    sql_type: &'static str,
    cell: for<'r> fn(&'r R, RowContext<'r>) -> Cell<'r>,
}

/// The values of a row that are not part of its record.
#[derive(Clone, Copy, Debug)]
pub struct RowContext<'r> {
    /// The number of the row within its table, from 1.
    pub number: u64,
    /// The row of the manifest of the record's primary window, if that window is closed.
    pub window_manifest: Option<u64>,
    /// The record's text and hash.
    pub encoded: Encoded<'r>,
}

/// A value in a run file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'r> {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// TEXT.
    Text(&'r str),
    /// TEXT that was made for the row.
    OwnedText(String),
    /// TEXT: canonical JSON.
    Json(&'r [u8]),
    /// BLOB: the 32 bytes of a hash.
    Hash(Hash),
}

/// P-blocks and checkpoints up to this size in bytes are stored as text in a run file; larger ones
/// are rebuilt from the columns.
const SMALL_TEXT_SIZE: usize = 4096;
/// The column of the record itself.
const JSON: &str = "json";

impl<R> Column<R> {
    /// The number of the row within its table.
    pub(super) const NUMBER: Self = Self::key("seq", |_, row| count(row.number));

    /// The record itself.
    pub(super) const JSON: Self = Self::new(JSON, "TEXT NOT NULL", |_, row| {
        Cell::Json(
            row.encoded
                .text
                .expect("a run file asks for every text that it keeps"),
        )
    });

    /// The record itself if it is small, else NULL.
    pub(super) const JSON_IF_SMALL: Self = Self::new(JSON, "TEXT", |_, row| {
        let small = row
            .encoded
            .text
            .filter(|text| text.len() <= SMALL_TEXT_SIZE);
        small.map_or(Cell::Null, Cell::Json)
    });

    /// The record's hash.
    pub(super) const SHA256: Self = Self::new("sha256", "BLOB NOT NULL", |_, row| {
        Cell::Hash(row.encoded.hash)
    });

    /// The key of the table.
    pub(super) const fn key(
        name: &'static str,
        cell: for<'r> fn(&'r R, RowContext<'r>) -> Cell<'r>,
    ) -> Self {
        Self::new(name, "INTEGER PRIMARY KEY", cell)
    }

    pub(super) const fn new(
        name: &'static str,
        sql_type: &'static str,
        cell: for<'r> fn(&'r R, RowContext<'r>) -> Cell<'r>,
    ) -> Self {
        Self {
            name,
            sql_type,
            cell,
        }
    }

    /// The name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The type with its constraints, as SQL.
    pub const fn sql_type(&self) -> &'static str {
        self.sql_type
    }

    /// The value of a record's row.
    pub fn cell<'r>(&self, record: &'r R, row: RowContext<'r>) -> Cell<'r> {
        (self.cell)(record, row)
    }
}

/// A tick or a count as an SQLite integer.
pub(crate) fn count(number: u64) -> Cell<'static> {
    Cell::Integer(i64::try_from(number).expect("ticks and counts of a run are below 2^63"))
}

/// Registers the kinds, in causal order: `Kind => Variant(Type)`.
macro_rules! kinds {
    ($( $(#[doc = $doc:literal])+ $kind:ident => $variant:ident($type:ty), )+) => {
        /// The kinds of record that an export has an array of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum RecordKind {
            $( $(#[doc = $doc])+ $kind, )+
        }

        /// A record of any kind, as a run has it when it is made.
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub enum Record<'r> {
            $( $(#[doc = $doc])+ $variant(&'r <$type as RecordType>::Made), )+
        }

        impl RecordKind {
            /// All kinds, in causal order.
            pub const ALL: [Self; KINDS.len()] = [$(Self::$kind),+];

            /// The JSON Schema of a record of the kind.
            pub(super) fn schema(self) -> aether_json::Value {
                match self {
                    $( Self::$kind => <$type>::schema(), )+
                }
            }

            /// The names and SQL types of the table's columns.
            #[cfg(feature = "store")]
            pub(crate) fn columns(self) -> Vec<(&'static str, &'static str)> {
                match self {
                    $( Self::$kind => columns_of(<$type>::COLUMNS), )+
                }
            }

            /// The longest text of the kind that a run file keeps.
            #[cfg(feature = "store")]
            pub(crate) fn text_max(self) -> usize {
                match self.columns().into_iter().find(|(name, _)| *name == JSON) {
                    Some((_, "TEXT")) => SMALL_TEXT_SIZE,
                    Some(_) => usize::MAX,
                    None => 0,
                }
            }

            /// The column with an index of its own.
            #[cfg(feature = "store")]
            pub(crate) const fn index(self) -> Option<&'static str> {
                match self {
                    $( Self::$kind => <$type>::INDEX, )+
                }
            }
        }

        /// The descriptions of all kinds, in causal order.
        pub const KINDS: &[KindInfo] = &[$(<$type as RecordType>::INFO),+];

        const _: () = {
            $( assert!(matches!(<$type as RecordType>::INFO.kind, RecordKind::$kind)); )+
        };

        impl<'r> Record<'r> {
            /// The kind of the record.
            pub const fn kind(&self) -> RecordKind {
                match self {
                    $( Self::$variant(_) => RecordKind::$kind, )+
                }
            }

            /// The record's row, in the order of the columns.
            #[cfg(feature = "store")]
            pub(crate) fn cells(&self, row: RowContext<'r>) -> Vec<Cell<'r>> {
                match *self {
                    $( Self::$variant(record) => cells_of(<$type>::COLUMNS, record, row), )+
                }
            }
        }
    };
}

kinds! {
    /// A tick's state and fluxes.
    Ledgers => Ledger(UmxLedger),
    /// A tick on the chain.
    PBlocks => PBlock(PBlock),
    /// A checkpoint.
    IBlocks => IBlock(IBlock),
    /// A window's description lengths.
    Manifests => Manifest(Manifest),
    /// A window of the grammar.
    AeonViews => AeonView(AeonView),
    /// The descriptors of a window.
    ApxiViews => ApxiView(ApxiView),
    /// An emitted envelope.
    Envelopes => Envelope(NapEnvelope),
    /// A tick as the boundary sees it.
    Scenes => Scene(SceneFrame),
    /// A motif of the library as it is at the end.
    CodexLibrary => CodexLibraryEntry(CodexLibraryEntry),
    /// A proposal.
    CodexProposals => CodexProposal(CodexProposal),
    /// An entry of the hash chain.
    ULedger => LedgerEntry(LedgerEntry),
    /// A line of the log.
    Log => Log(LogEvent),
}

impl RecordKind {
    /// The description of the kind.
    pub const fn info(self) -> &'static KindInfo {
        &KINDS[self as usize]
    }

    /// The name in exports, golden files and on the command line.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(feature = "store")]
fn columns_of<R>(columns: &[Column<R>]) -> Vec<(&'static str, &'static str)> {
    columns
        .iter()
        .map(|column| (column.name(), column.sql_type()))
        .collect()
}

#[cfg(feature = "store")]
fn cells_of<'r, M>(columns: &[Column<M>], record: &'r M, row: RowContext<'r>) -> Vec<Cell<'r>> {
    columns
        .iter()
        .map(|column| column.cell(record, row))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aether_json::Value;

    /// The schema at a path; lists are passed through to their elements.
    fn at<'s>(schema: &'s Value, path: &str) -> Option<&'s Value> {
        path.split('.')
            .filter(|key| !key.is_empty())
            .try_fold(schema, |schema, key| {
                let schema = schema.get("items").unwrap_or(schema);
                schema["properties"].get(key)
            })
    }

    #[test]
    fn every_field_that_a_kind_names_exists() {
        for info in KINDS {
            let schema = info.kind.schema();
            let of_rules = info.keys.iter().map(|rule| rule.path);
            let of_keys = info.keys.iter().flat_map(|rule| {
                let below = |field: &&str| format!("{}.{field}", rule.path);
                rule.fields.iter().map(below)
            });
            let all = info.reading_order.iter().chain(info.late_fields).copied();
            let all = all.chain(info.tick).chain(of_rules).map(str::to_owned);
            for path in all.chain(of_keys) {
                assert!(at(&schema, &path).is_some(), "{}: `{path}`", info.name);
            }
        }
    }

    #[test]
    fn names_are_unique_and_lead_back_to_their_kind() {
        for kind in RecordKind::ALL {
            assert_eq!(RecordKind::from_name(kind.name()), Some(kind));
            assert_eq!(kind.info().kind, kind);
        }
    }
}
