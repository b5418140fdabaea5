//! What a subject says of its artefacts: identity, causal order, time.

use std::ops::RangeInclusive;

/// How the artefacts of one scenario are to be read by the diff.
///
/// Everything here is declared once by the subject, scenario by scenario; the harness knows no
/// artefact of its own but `inputs` (causes, never consequences) and `error`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Names of the stages in causal order, as reports print them (`UMX`, `Loom`, …).
    pub stages: Vec<String>,
    /// One entry an artefact. An artefact that is not listed belongs to no stage, has no tick,
    /// and comes last.
    pub artefacts: Vec<ArtefactSchema>,
    /// Spans of ticks whose end is the time of every field listed in `late_fields`: a window's
    /// check is known only when the window closes.
    pub spans: Vec<RangeInclusive<u64>>,
}

/// How one artefact is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArtefactSchema {
    /// Name of the artefact (`ledgers`).
    pub name: String,
    /// Its stage, one of [`Schema::stages`].
    pub stage: String,
    /// The field of a record that holds its tick, where its records have one.
    pub tick: Option<String>,
    /// What identifies the elements of each array, by path.
    pub keys: Vec<KeyRule>,
    /// Fields of a record in the order in which they are read; dotted for nested ones, without
    /// indices (`pre_u`, `edges.du`, `edges.raw`). Unlisted fields follow by name.
    pub field_order: Vec<String>,
    /// Fields (dotted, as in `field_order`) whose value is known only at the end of the span in
    /// [`Schema::spans`] that holds the record's tick.
    pub late_fields: Vec<String>,
}

/// The identity of an array's elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRule {
    /// Dotted path of the array inside the artefact, without indices: `` for the artefact's own
    /// array, `edges` for the `edges` of each of its records, `topology.edges` inside an object.
    pub path: String,
    /// The fields that together identify an element (`["layer", "seq"]`).
    pub fields: Vec<String>,
    /// What people call an element (`edge`), for texts such as `edge 5`; the path's last part
    /// where empty.
    pub label: String,
}
