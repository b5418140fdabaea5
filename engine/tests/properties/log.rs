//! Tests that the log agrees with the records, and is in the order of events.

use proptest::prop_oneof;

use super::generate::{Reach, case};
use super::hold;
use crate::compare::texts;
use crate::oracle::{Case, Json, int, object, text};
use crate::subject;

#[test]
fn the_log_tells_what_the_records_say() {
    let either = prop_oneof![3 => case(Reach::Usual), 1 => case(Reach::Wild)];
    hold("the_log_tells_what_the_records_say", 128, &either, |case| {
        let export = Json::parse(&subject::export(&texts(&case))?);
        if let Some(error) = export.member("run").optional("error") {
            return ends_with(error, export.member("log").list());
        }
        let found = export.member("log").list();
        let expected = expected(&case, &export);
        for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
            if expected.canonical() != found.canonical() {
                let (expected, found) = (expected.canonical(), found.canonical());
                return Err(format!("event {}: {expected} → {found}", index + 1));
            }
        }
        match (expected.len(), found.len()) {
            (expected, found) if expected == found => Ok(()),
            (expected, found) => Err(format!("{expected} events → {found}")),
        }
    });
}

/// Checks a failed run: the committed events are numbered without a gap, and the error is last.
fn ends_with(error: &Json, log: &[Json]) -> Result<(), String> {
    for (index, event) in log.iter().enumerate() {
        if *event.member("seq") != int(index + 1) {
            return Err(format!("event {}: {}", index + 1, event.canonical()));
        }
    }
    let last = log.last().ok_or("the log is empty")?;
    let has_error = last.member("event") == &text("error")
        && last.member("payload") == error
        && last.member("tick") == error.member("tick");
    if has_error {
        Ok(())
    } else {
        Err(format!("the last event is {}", last.canonical()))
    }
}

/// The events of a complete run.
struct Log<'a> {
    case: &'a Case,
    events: Vec<Json>,
}

impl Log<'_> {
    fn event(
        &mut self,
        component: &str,
        event: &str,
        tick: Option<&Json>,
        window: Option<&Json>,
        payload: Json,
    ) {
        let null = |value: Option<&Json>| value.cloned().unwrap_or(Json::Null);
        self.events.push(object([
            ("seq", int(self.events.len() + 1)),
            ("event", text(event)),
            ("component", text(component)),
            ("gid", text(&self.case.topology.gid)),
            ("run_id", text(&self.case.run.run_id)),
            ("tick", null(tick)),
            ("window_id", null(window)),
            ("payload", payload),
        ]));
    }

    /// State and chain of one tick.
    fn tick(&mut self, export: &Json, index: usize) {
        let of = |kind: &str| &export.member(kind).list()[index];
        let (scene, ledger, block) = (of("scenes"), of("ledgers"), of("p_blocks"));
        let (tick, window) = (Some(scene.member("tick")), Some(scene.member("window_id")));
        if !scene.member("pfna_refs").list().is_empty() {
            let payload = part(scene, ["pfna_refs"]);
            self.event("gate", "tick_summary", tick, window, payload);
        }
        let edges = ledger.member("edges").list().iter();
        let mut payload = part(ledger, ["sum_post_u"]);
        let moved = edges
            .filter(|edge| edge.member("f_e").number() != 0)
            .count();
        payload.insert("moved_edges", int(moved));
        self.event("umx", "tick_summary", tick, window, payload);
        let mut payload = part(block, ["C_t", "s_t"]);
        let mut checkpoints = export.member("i_blocks").list().iter();
        let checkpoint = checkpoints.any(|block| Some(block.member("tick")) == tick);
        payload.insert("checkpoint", Json::Bool(checkpoint));
        self.event("loom", "tick_summary", tick, window, payload);
    }

    /// The motif that became one in a tick, and the windows that the tick closed.
    fn closings(&mut self, export: &Json, index: usize) {
        let scene = &export.member("scenes").list()[index];
        let (tick, primary) = (scene.member("tick"), scene.member("window_id"));
        for motif in export.member("codex_library").list() {
            if motif.member("created_at_tick") == tick {
                let mut payload = part(motif, ["motif_id"]);
                payload.insert("kind", text("motif"));
                let first = motif.member("usage_stats").member("first_tick").clone();
                payload.insert("first_tick", first);
                self.event("codex", "codex_event", Some(tick), Some(primary), payload);
            }
        }
        let mut closes = false;
        for manifest in export.member("manifests").list() {
            if manifest.member("end_tick") == tick {
                let window = manifest.member("window_id");
                closes |= window == primary;
                let payload = part(manifest, ["start_tick", "end_tick", "manifest_check"]);
                self.event("press", "window_closed", Some(tick), Some(window), payload);
            }
        }
        if closes {
            let payload = object([("entries", tick.clone())]);
            self.event(
                "uledger",
                "window_closed",
                Some(tick),
                Some(primary),
                payload,
            );
        }
    }
}

fn expected(case: &Case, export: &Json) -> Vec<Json> {
    let mut log = Log {
        case,
        events: Vec::new(),
    };
    let ticks = int(case.run.ticks);
    let started = object([
        ("ticks", ticks.clone()),
        ("nodes", int(case.topology.nodes)),
        ("edges", int(case.topology.edges.len())),
        ("profile", text(&case.profile.name)),
    ]);
    log.event("run", "run_started", None, None, started);
    for index in 0..export.member("ledgers").list().len() {
        log.tick(export, index);
        log.closings(export, index);
    }
    for proposal in export.member("codex_proposals").list() {
        let mut payload = part(proposal, ["proposal_id", "motif_id"]);
        payload.insert("kind", text("proposal"));
        let delta = proposal
            .member("expected_effect")
            .member("delta_L_total")
            .clone();
        payload.insert("delta_L_total", delta);
        log.event("codex", "codex_event", Some(&ticks), None, payload);
    }
    let finished = object([("ticks", ticks.clone()), ("entries", ticks.clone())]);
    log.event("run", "run_finished", Some(&ticks), None, finished);
    log.events
}

/// Some members of a record.
fn part<const LEN: usize>(record: &Json, fields: [&str; LEN]) -> Json {
    object(fields.map(|field| (field, record.member(field).clone())))
}
