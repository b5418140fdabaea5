//! The records of the gate: envelopes and scenes.

use aether_json::json;
use serde::Deserialize;

use super::declare::{Described, words};
use super::kind::{
    Cell, Column, KeyRule, KindInfo, Position, RecordKind, RecordType, Stage, count,
};
use crate::canonical::{self, Canonical, EmptyObject, Hash, Object, Writer, lanes};
use crate::config::InputValues;

record! {
    /// `NAPEnvelope_v1`: what crosses the boundary, and where in the chain it does.
    pub struct NapEnvelope {
        /// The run's gid.
        gid: String => "gid",
        /// The layer.
        layer: Layer => "layer",
        /// The session event of a CTRL envelope, else {}.
        meta: EnvelopeMeta => "meta",
        /// The mode, "P" unless configured.
        mode: String => "mode",
        /// The node's name.
        nid: String => "nid",
        /// A check of what is sent.
        payload_ref: i64 => "payload_ref" in "0..M−1",
        /// The chain value before.
        prev_chain: i64 => "prev_chain" in "0.." unit "chain value",
        /// Unique and increasing within a layer.
        seq: u64 => "seq" in "1..",
        constant "sig" => "",
        /// The tick it belongs to.
        tick: u64 => "tick" in "1..T" unit "tick",
        /// Format version.
        v: i64 => "v",
    }
}

record! {
    /// `SceneFrame_v1`: a tick as the boundary sees it.
    pub struct SceneFrame {
        /// C_{t−1}.
        c_prev: i64 => "C_prev" in "0.." unit "chain value",
        /// C_t.
        c_t: i64 => "C_t" in "0..M−1" unit "chain value",
        /// The run's gid.
        gid: String => "gid",
        /// Hash of the tick's UMX ledger.
        ledger_ref: Hash => "ledger_ref",
        /// The check of the window.
        manifest_check: i64 => "manifest_check" in "0..M−1",
        constant "meta" => EmptyObject,
        /// Hash of the tick's DATA envelope.
        nap_envelope_ref: Hash => "nap_envelope_ref",
        /// The envelopes' nid.
        nid: String => "nid",
        /// The entries added before the tick, in order.
        pfna_refs: Vec<String> => "pfna_refs",
        /// State after the tick.
        post_u: Vec<i64> => "post_u" unit "amount",
        /// State before the tick.
        pre_u: Vec<i64> => "pre_u" unit "amount",
        /// The RunConfig's run id.
        run_id: String => "run_id",
        /// The tick.
        tick: u64 => "tick" in "1..T" unit "tick",
        /// The primary window that holds the tick.
        window_id: String => "window_id",
    }
}

/// A scene, written as a [`SceneFrame`] is. Scenes side by side take turns at their lists.
pub(crate) struct SceneText<'s>(pub(crate) &'s SceneFrame);

impl Canonical for SceneText<'_> {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
    }

    fn write_side_by_side<const N: usize>(scenes: [&Self; N], writers: &mut [&mut Writer; N]) {
        for (SceneText(scene), writer) in scenes.into_iter().zip(&mut *writers) {
            let mut object = Object::begin(writer);
            object.field("C_prev", &scene.c_prev);
            object.field("C_t", &scene.c_t);
            object.field("gid", &scene.gid);
            object.field("ledger_ref", &scene.ledger_ref);
            object.field("manifest_check", &scene.manifest_check);
            object.field("meta", &EmptyObject);
            object.field("nap_envelope_ref", &scene.nap_envelope_ref);
            object.field("nid", &scene.nid);
            object.field("pfna_refs", &scene.pfna_refs);
            writer.raw(",\"post_u\":");
        }
        lanes::lists(writers, scenes.map(|SceneText(scene)| &scene.post_u[..]));
        for writer in &mut *writers {
            writer.raw(",\"pre_u\":");
        }
        lanes::lists(writers, scenes.map(|SceneText(scene)| &scene.pre_u[..]));
        for (SceneText(scene), writer) in scenes.into_iter().zip(writers) {
            let mut object = Object::resume(writer);
            object.field("run_id", &scene.run_id);
            object.field("tick", &scene.tick);
            object.field("window_id", &scene.window_id);
            object.end();
        }
    }
}

impl RecordType for NapEnvelope {
    const INFO: KindInfo = KindInfo {
        kind: RecordKind::Envelopes,
        name: "envelopes",
        stage: Stage::Envelopes,
        occurs: "one per emitted layer and tick that has it",
        position: Position::Number,
        tick: Some("tick"),
        keys: &[KeyRule::record(&["layer", "seq"], "envelope")],
        reading_order: &["prev_chain", "payload_ref"],
        late_fields: &["payload_ref"],
        needs_grammar: false,
    };

    type Made = Self;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::NUMBER,
        Column::new("tick", "INTEGER NOT NULL", |envelope, _| {
            count(envelope.tick)
        }),
        Column::new("layer", "TEXT NOT NULL", |envelope, _| {
            Cell::Text(envelope.layer.name())
        }),
        Column::JSON,
        Column::SHA256,
    ];

    const INDEX: Option<&'static str> = Some("tick");
}

impl RecordType for SceneFrame {
    const INFO: KindInfo = KindInfo {
        kind: RecordKind::Scenes,
        name: "scenes",
        stage: Stage::Scenes,
        occurs: "one per tick",
        position: Position::EveryTick,
        tick: Some("tick"),
        keys: &[
            KeyRule::record(&["tick"], "scene"),
            KeyRule::vector("pre_u", "node"),
            KeyRule::vector("post_u", "node"),
        ],
        reading_order: &[
            "pfna_refs",
            "pre_u",
            "post_u",
            "C_prev",
            "C_t",
            "ledger_ref",
            "window_id",
            "manifest_check",
            "nap_envelope_ref",
        ],
        late_fields: &["manifest_check", "nap_envelope_ref"],
        needs_grammar: false,
    };

    type Made = Self;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::key("tick", |scene, _| count(scene.tick)),
        Column::new("manifest", "INTEGER NOT NULL", |_, row| {
            count(
                row.window_manifest
                    .expect("the manifest of a scene's window is put before it"),
            )
        }),
        Column::new("nap_envelope_ref", "BLOB NOT NULL", |scene, _| {
            Cell::Hash(scene.nap_envelope_ref)
        }),
        Column::new("pfna_refs", "TEXT", |scene, _| {
            if scene.pfna_refs.is_empty() {
                Cell::Null
            } else {
                Cell::OwnedText(canonical::text(&scene.pfna_refs))
            }
        }),
        Column::SHA256,
    ];
}

/// A layer of envelopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Layer {
    /// Session start and end.
    Ctrl,
    /// External inputs of a tick.
    Ingress,
    /// One per tick.
    Data,
    /// After the last tick.
    Egress,
}

impl Layer {
    /// All layers, in the order of a run.
    pub const ALL: [Self; 4] = [Self::Ctrl, Self::Ingress, Self::Data, Self::Egress];

    /// The name as records have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ctrl => "CTRL",
            Self::Ingress => "INGRESS",
            Self::Data => "DATA",
            Self::Egress => "EGRESS",
        }
    }

    /// The layer of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.name() == name)
    }
}

impl Canonical for Layer {
    fn write(&self, writer: &mut Writer) {
        self.name().write(writer);
    }
}

impl Described for Layer {
    fn schema() -> aether_json::Value {
        words(Self::ALL.map(Self::name))
    }
}

/// The `meta` of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "MetaMembers")]
pub enum EnvelopeMeta {
    /// {}.
    Empty,
    /// {"event": "SESSION_START"}.
    SessionStart,
    /// {"event": "SESSION_END"}.
    SessionEnd,
}

impl EnvelopeMeta {
    const ALL: [Self; 3] = [Self::Empty, Self::SessionStart, Self::SessionEnd];

    const fn event(self) -> Option<&'static str> {
        match self {
            Self::Empty => None,
            Self::SessionStart => Some("SESSION_START"),
            Self::SessionEnd => Some("SESSION_END"),
        }
    }
}

impl Canonical for EnvelopeMeta {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.optional("event", self.event().as_ref());
        object.end();
    }
}

impl Described for EnvelopeMeta {
    fn schema() -> aether_json::Value {
        json!({
            "type": "object",
            "properties": { "event": words(Self::ALL.into_iter().filter_map(Self::event)) },
            "additionalProperties": false,
        })
    }
}

/// An envelope's `meta` as it is read back.
#[derive(Deserialize)]
struct MetaMembers {
    event: Option<String>,
}

impl TryFrom<MetaMembers> for EnvelopeMeta {
    type Error = String;

    fn try_from(members: MetaMembers) -> Result<Self, String> {
        let event = members.event.as_deref();
        Self::ALL
            .into_iter()
            .find(|meta| meta.event() == event)
            .ok_or_else(|| format!("unknown session event `{}`", event.unwrap_or("null")))
    }
}

/// An external input as an INGRESS envelope refers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppliedEntry<'p> {
    /// The entry's id.
    pub pfna_id: &'p str,
    /// The tick it was made for, 0..T.
    pub tick: u64,
    /// N numbers.
    pub(crate) values: &'p InputValues,
}

impl Canonical for AppliedEntry<'_> {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("pfna_id", self.pfna_id);
        object.field("tick", &self.tick);
        object.field("values", self.values);
        object.end();
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::canonical::INTEGERS;

    fn scene() -> impl Strategy<Value = SceneFrame> {
        let state = || {
            prop_oneof![
                vec(any::<i64>(), 0..3),
                vec(any::<i64>(), INTEGERS - 1..2 * INTEGERS + 2)
            ]
        };
        let numbers = (any::<i64>(), any::<i64>(), any::<i64>(), any::<u64>());
        let texts = (".*", ".*", ".*", ".*", vec(".*", 0..3));
        let hashes = any::<[[u8; 32]; 2]>();
        (numbers, texts, hashes, state(), state()).prop_map(
            |(numbers, texts, hashes, post_u, pre_u)| {
                let (c_prev, c_t, manifest_check, tick) = numbers;
                let (gid, nid, run_id, window_id, pfna_refs) = texts;
                let [ledger_ref, nap_envelope_ref] = hashes.map(Hash::from_bytes);
                SceneFrame {
                    c_prev,
                    c_t,
                    gid,
                    ledger_ref,
                    manifest_check,
                    nap_envelope_ref,
                    nid,
                    pfna_refs,
                    post_u,
                    pre_u,
                    run_id,
                    tick,
                    window_id,
                }
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 32, ..ProptestConfig::default() })]

        #[test]
        fn scenes_side_by_side_are_those_of_the_general_writer(
            scenes in [scene(), scene(), scene(), scene()],
            text_max in prop_oneof![Just(0), Just(usize::MAX)],
        ) {
            let mut writers = [(); 4].map(|()| Writer::encoder(text_max));
            let texts = scenes.each_ref().map(SceneText);
            let hashes = lanes::encode(texts.each_ref(), &mut writers.each_mut());
            prop_assert_eq!(hashes, scenes.each_ref().map(canonical::hash));
            for ((writer, scene), hash) in writers.iter().zip(&scenes).zip(hashes) {
                let (encoded, expected) = (writer.encoded(hash), canonical::text(scene));
                prop_assert_eq!(encoded.length, expected.len() as u64);
                if text_max > 0 {
                    prop_assert_eq!(encoded.text, Some(expected.as_bytes()));
                }
            }
        }
    }
}
