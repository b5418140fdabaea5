//! The records of the structured log: its lines and the payload of each event.

use serde::{Deserialize, Deserializer, de::Error as _};
use std::collections::BTreeMap;

use aether_json::Value;

use super::declare::{Described, words};
use super::kind::{
    Cell, Column, KeyRule, KindInfo, Position, RecordKind, RecordType, Stage, count,
};
use crate::canonical::{self, Canonical, Writer};
use crate::error::RunError;

record! {
    /// One line of the structured log.
    pub struct LogEvent {
        /// The part of the engine that the event comes from.
        component: Component => "component",
        derived "event": EventName => event,
        /// The run's gid.
        gid: String => "gid",
        /// What happened.
        payload: LogPayload => "payload",
        /// The RunConfig's run id.
        run_id: String => "run_id",
        /// From 1, without a gap.
        seq: u64 => "seq" in "1..",
        /// The tick that the event belongs to; null before the first.
        tick: Option<u64> => "tick" in "1..T" unit "tick",
        /// The primary window that holds the tick, or the window that closed; null for other events.
        window_id: Option<String> => "window_id",
    }
}

impl RecordType for LogEvent {
    const INFO: KindInfo = KindInfo {
        kind: RecordKind::Log,
        name: "log",
        stage: Stage::Log,
        occurs: "one per event",
        position: Position::Number,
        tick: Some("tick"),
        keys: &[KeyRule::record(&["seq"], "event")],
        reading_order: &["event", "component", "payload"],
        late_fields: &[],
        needs_grammar: false,
    };

    type Made = Self;

    const COLUMNS: &'static [Column<Self>] = &[
        Column::key("seq", |event, _| count(event.seq)),
        Column::new("tick", "INTEGER", |event, _| {
            event.tick.map_or(Cell::Null, count)
        }),
        Column::new("event", "TEXT NOT NULL", |event, _| {
            Cell::Text(event.payload.event())
        }),
        Column::new("component", "TEXT NOT NULL", |event, _| {
            Cell::Text(event.component.name())
        }),
        Column::JSON,
        Column::SHA256,
    ];

    const INDEX: Option<&'static str> = Some("tick");
}

impl LogEvent {
    /// The event as canonical JSON, without a line feed.
    pub fn to_json(&self) -> String {
        canonical::text(self)
    }

    fn event(&self) -> EventName {
        EventName(self.payload.event())
    }
}

/// The name of an event, as its payload gives it.
struct EventName(&'static str);

impl Canonical for EventName {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
    }
}

impl Described for EventName {
    fn schema() -> Value {
        words(LogPayload::EVENTS)
    }
}

/// Declares the payloads: for each its event, the component that logs it, and its members as in
/// [`record!`].
macro_rules! payloads {
    ($(
        $(#[doc = $about:literal])+
        $variant:ident($event:literal from $component:ident) {
            $(
                $( $(#[doc = $doc:literal])+ $field:ident : $type:ty => $key:literal )?
                $( constant $constant:literal => $value:literal )?
                ,
            )+
        }
    )+) => {
        /// What happened, by kind.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum LogPayload {
            $(
                $(#[doc = $about])+
                $variant { $($( $(#[doc = $doc])+ $field: $type, )?)+ },
            )+
            /// The run ended early.
            Error(RunError),
        }

        impl LogPayload {
            /// The event's name.
            pub const fn event(&self) -> &'static str {
                match self {
                    $( Self::$variant { .. } => $event, )+
                    Self::Error(_) => ERROR,
                }
            }

            /// The names of the events, the component and the schema of each payload.
            fn declared() -> Vec<(&'static str, Component, Value)> {
                use super::declare::ObjectSchema;
                vec![
                    $( ($event, Component::$component, {
                        let mut object = ObjectSchema::new(&[$($about),+]);
                        $(
                            $( object.member::<$type>($key, &[$($doc),+], true); )?
                            $( object.constant($constant, &$value); )?
                        )+
                        object.finish()
                    }), )+
                    (ERROR, Component::Run, RunError::schema()),
                ]
            }

            /// The payload that has exactly these members.
            fn read(members: BTreeMap<String, Value>) -> Result<Self, aether_json::Error> {
                $({
                    const KEYS: &[&str] = &[$( $($key)? $($constant)? ),+];
                    const _: () = super::declare::assert_ascending(KEYS);
                    #[derive(Deserialize)]
                    struct Members { $($( #[serde(rename = $key)] $field: $type, )?)+ }
                    if members.keys().map(String::as_str).eq(KEYS.iter().copied()) {
                        let members = aether_json::from_value(&Value::Object(members))?;
                        let Members { $($( $field, )?)+ } = members;
                        return Ok(Self::$variant { $($( $field, )?)+ });
                    }
                })+
                aether_json::from_value(&Value::Object(members)).map(Self::Error)
            }
        }

        impl Canonical for LogPayload {
            fn write(&self, writer: &mut Writer) {
                let mut first = true;
                match self {
                    $( Self::$variant { $($( $field, )?)+ } => {
                        $(
                            $( record!(@member writer first $key, $field); )?
                            $( record!(@member writer first $constant, &$value); )?
                        )+
                        debug_assert!(!first, "a payload has a member");
                        writer.raw("}");
                    } )+
                    Self::Error(error) => error.write(writer),
                }
            }
        }
    };
}

/// The payload of the event that records why a run ended early.
const ERROR: &str = "error";

payloads! {
    /// The run begins.
    RunStarted("run_started" from Run) {
        /// E.
        edges: usize => "edges",
        /// N.
        nodes: usize => "nodes",
        /// The profile's name.
        profile: String => "profile",
        /// T.
        ticks: u64 => "ticks",
    }
    /// Inputs were applied before the tick.
    InputsApplied("tick_summary" from Gate) {
        /// Their ids, in order.
        pfna_refs: Vec<String> => "pfna_refs",
    }
    /// The fluxes moved the state.
    TickMoved("tick_summary" from Umx) {
        /// Edges whose flux is not zero.
        moved_edges: u64 => "moved_edges",
        /// Σ post_u.
        sum_post_u: i64 => "sum_post_u",
    }
    /// The tick is on the chain.
    TickChained("tick_summary" from Loom) {
        /// The chain value after the tick.
        c_t: i64 => "C_t",
        /// Whether the tick has a checkpoint.
        checkpoint: bool => "checkpoint",
        /// The tick's s_t.
        s_t: i64 => "s_t",
    }
    /// A window closed.
    WindowClosed("window_closed" from Press) {
        /// Last tick of the window.
        end_tick: u64 => "end_tick",
        /// The manifest's check.
        manifest_check: i64 => "manifest_check",
        /// First tick of the window.
        start_tick: u64 => "start_tick",
    }
    /// A primary window's entries are bound.
    EntriesBound("window_closed" from ULedger) {
        /// How many entries the ledger has.
        entries: u64 => "entries",
    }
    /// A flux pattern occurred a second time.
    MotifFound("codex_event" from Codex) {
        /// Tick of its first use.
        first_tick: u64 => "first_tick",
        constant "kind" => "motif",
        /// The motif.
        motif_id: String => "motif_id",
    }
    /// A motif is proposed.
    MotifProposed("codex_event" from Codex) {
        /// Its `delta_vs_baseline`.
        delta_bits: i64 => "delta_L_total",
        constant "kind" => "proposal",
        /// The motif.
        motif_id: String => "motif_id",
        /// The proposal.
        proposal_id: String => "proposal_id",
    }
    /// The run came to its end.
    RunFinished("run_finished" from Run) {
        /// How many entries the ledger has.
        entries: u64 => "entries",
        /// T.
        ticks: u64 => "ticks",
    }
}

impl LogPayload {
    /// The names of all events.
    pub const EVENTS: [&str; 6] = [
        "run_started",
        "tick_summary",
        "window_closed",
        "codex_event",
        "run_finished",
        ERROR,
    ];

    /// The rows of the table of payloads: event, component, schema.
    pub(super) fn table() -> Vec<(&'static str, &'static str, Value)> {
        let name = |(event, component, schema)| (event, Component::name(component), schema);
        Self::declared().into_iter().map(name).collect()
    }
}

impl<'de> Deserialize<'de> for LogPayload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = BTreeMap::deserialize(deserializer)?;
        Self::read(members).map_err(D::Error::custom)
    }
}

impl Described for LogPayload {
    fn schema() -> Value {
        let payloads = Self::declared().into_iter().map(|(_, _, schema)| schema);
        aether_json::json!({ "anyOf": payloads.collect::<Vec<_>>() })
    }
}

/// The part of the engine that an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Component {
    /// Inputs and envelopes.
    Gate,
    /// State and fluxes.
    Umx,
    /// Chain and checkpoints.
    Loom,
    /// Windows and description lengths.
    Press,
    /// The hash chain.
    ULedger,
    /// The observer.
    Codex,
    /// The run as a whole.
    Run,
}

impl Component {
    /// All components.
    pub const ALL: [Self; 7] = [
        Self::Gate,
        Self::Umx,
        Self::Loom,
        Self::Press,
        Self::ULedger,
        Self::Codex,
        Self::Run,
    ];

    /// The name as events have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Umx => "umx",
            Self::Loom => "loom",
            Self::Press => "press",
            Self::ULedger => "uledger",
            Self::Codex => "codex",
            Self::Run => "run",
        }
    }
}

impl Canonical for Component {
    fn write(&self, writer: &mut Writer) {
        self.name().write(writer);
    }
}

impl Described for Component {
    fn schema() -> Value {
        words(Self::ALL.map(Self::name))
    }
}

impl Canonical for bool {
    fn write(&self, writer: &mut Writer) {
        writer.raw(if *self { "true" } else { "false" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{DiagnosticCheck, Operation};
    use crate::record::FromText as _;

    #[track_caller]
    fn check_round_trip(payload: LogPayload) {
        let event = LogEvent {
            component: Component::ULedger,
            gid: "G".to_owned(),
            payload,
            run_id: "r".to_owned(),
            seq: 1,
            tick: None,
            window_id: None,
        };
        let text = event.to_json();
        assert_eq!(LogEvent::from_text(text.as_bytes()).unwrap(), event);
    }

    #[test]
    fn events_read_back() {
        check_round_trip(LogPayload::TickChained {
            c_t: -1,
            checkpoint: true,
            s_t: i64::MIN,
        });
        check_round_trip(LogPayload::EntriesBound { entries: 3 });
        check_round_trip(LogPayload::RunFinished {
            entries: 3,
            ticks: 3,
        });
        check_round_trip(LogPayload::MotifFound {
            first_tick: 1,
            motif_id: "MOTIF_0001".to_owned(),
        });
        check_round_trip(LogPayload::Error(RunError::Overflow {
            tick: 3,
            operation: Operation::St,
            id: None,
        }));
        check_round_trip(LogPayload::Error(RunError::Diagnostic {
            tick: 3,
            check: DiagnosticCheck::AllowNegative,
            id: Some(1),
            value: -1,
        }));
        check_round_trip(LogPayload::Error(RunError::Cancelled { tick: 3 }));
    }

    #[test]
    fn every_payload_has_its_event_in_the_list() {
        for (event, _, _) in LogPayload::table() {
            assert!(LogPayload::EVENTS.contains(&event), "{event}");
        }
    }

    #[test]
    fn no_two_payloads_have_the_same_members() {
        let mut all: Vec<Vec<String>> = Vec::new();
        for (_, _, schema) in LogPayload::table() {
            let keys = schema["properties"].as_object().into_iter().flatten();
            let keys = keys.map(|(key, _)| key.clone()).collect();
            assert!(!all.contains(&keys), "{keys:?}");
            all.push(keys);
        }
    }
}
